"""Candidates -> loaded or rejected rows: every rule on one result, applied in one order."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from workbench.ingest.cells import Cell, TypedCell, cell_text, sent_text
from workbench.ingest.expectations import SYSTEM_KINDS, Expectations, day
from workbench.ingest.matching import CodeBook, folded
from workbench.ingest.numerals import decimals_of
from workbench.ingest.quantities import (
    CARRIED,
    Fault,
    Notes,
    Quantity,
    ResultReader,
    cell_faults,
    optional_text,
)
from workbench.ingest.rows import Candidate
from workbench.ingest.tested_on import read_date
from workbench.ingest.uncertainties import Uncertainty, UncertaintyReader

_ROUND = re.compile(r"[0-9]{4}-[0-9]{1,2}$")
_PROGRAMME = re.compile(r"[0-9]+(?:\.[0-9]+)+")


class Loaded(NamedTuple):
    """One result ready for the store; the columns of the frame `LOADED`."""

    lab_code: str
    device_id: str
    analyte: str
    sample: str
    raw: str
    value: float
    decimals: int
    censor: int
    code: str
    result_state: str
    unit_as_sent: str
    unit: str
    factor: float
    method: str
    instrument: str
    reagent: str
    calibrator: str
    tested_on: datetime | None
    comment: str
    flags: str
    sheet: str
    row: int
    column: str
    number: Decimal | None
    u_raw: str
    u_result: float
    coverage_factor: float


class Rejected(NamedTuple):
    """One row kept out; the columns of the frame `QUARANTINED` but for the file."""

    sheet: str
    row: int
    column: str
    reason: str
    reasons: str
    params: str
    whole_row: str


class Judge:
    """The rules, bound to one programme-round.

    Parameters
    ----------
    expectations : the programme-round.
    """

    def __init__(self, expectations: Expectations) -> None:
        self.expectations = expectations
        labs = expectations.lab_codes
        self.labs = CodeBook("lab_code", ((c, c) for c in sorted(labs or ())), anything_goes=labs is None)
        self.samples = CodeBook("sample", ((code, code) for code in expectations.samples))
        self.analytes = CodeBook(
            "analyte", ((a.analyte, text) for a in expectations.analytes for text in a.spellings)
        )
        self.by_code = {analyte.analyte: analyte for analyte in expectations.analytes}
        self.results = ResultReader(expectations)
        self.uncertainties = UncertaintyReader(self.results.units)
        self.systems = {kind: _system_book(expectations, kind) for kind in SYSTEM_KINDS}

    def judge(self, candidate: Candidate) -> Loaded | Rejected:
        """Load or reject one candidate; all faults of a row are collected before it is rejected."""
        fields = candidate.fields
        notes = Notes(self._of_laboratory(fields.get("lab_code", "")) + candidate.flags)
        if candidate.fault:
            notes.fault(candidate.fault, "", "")
        self._same_round(candidate, notes)
        lab = self._key(self.labs, fields.get("lab_code", ""), "lab_code", notes)
        if refusal := self.expectations.refused.get(lab):
            notes.fault(refusal, "lab_code", lab)
        analyte_code = self._analyte(candidate, notes)
        sample = self._key(self.samples, candidate.sample, "sample", notes)
        systems = [self._system(kind, fields.get(kind, ""), notes) for kind in SYSTEM_KINDS]
        tested_on = self._tested_on(fields.get("tested_on", ""), lab, notes)
        analyte = self.by_code.get(analyte_code)
        unit_as_sent = optional_text(fields.get("unit", ""), notes)
        factor, quantity, uncertainty = 1.0, Quantity("reported"), Uncertainty()
        if analyte is None:
            cell_faults(candidate, notes)
        else:
            factor, quantity = self.results.read(candidate, analyte, unit_as_sent, notes)
            uncertainty = self.uncertainties.read(candidate, analyte, (factor, quantity), notes)
        if notes.faults:
            return rejected(candidate, notes.faults)
        number = quantity.number
        return Loaded(
            lab_code=lab,
            device_id=optional_text(fields.get("device_id", ""), notes),
            analyte=analyte_code,
            sample=sample,
            raw=sent_text(candidate.value),
            value=float("nan") if number is None else float(number),
            decimals=0 if number is None else decimals_of(number),
            censor=quantity.censor,
            code=quantity.code,
            result_state=quantity.state,
            unit_as_sent=unit_as_sent,
            unit=analyte.unit if analyte else "",
            factor=factor,
            method=systems[0],
            instrument=systems[1],
            reagent=systems[2],
            calibrator=systems[3],
            tested_on=tested_on,
            comment=optional_text(fields.get("comment", ""), notes),
            flags=",".join(notes.flags),
            sheet=candidate.sheet,
            row=candidate.row,
            column=candidate.column,
            number=number,
            **uncertainty._asdict(),
        )

    def _of_laboratory(self, cell: Cell) -> tuple[str, ...]:
        """Flags that every row of a laboratory carries: late, and what its enrolment lacks."""
        lab = self.labs.find(cell_text(cell)).code
        late = ("late",) if self.expectations.is_late(lab) else ()
        warning = self.expectations.warned.get(lab)
        return (*late, warning) if warning else late

    def _same_round(self, candidate: Candidate, notes: Notes) -> None:
        """Rows that name another round or programme by its number are not ours."""
        for name, own, pattern, reason in (
            ("round", self.expectations.round, _ROUND, "other_round"),
            ("programme_no", self.expectations.programme_no, _PROGRAMME, "other_programme"),
        ):
            text = cell_text(candidate.fields.get(name, ""))
            named = pattern.match(folded(text)) if text else None
            if named and named.group() != folded(own):
                notes.fault(reason, name, text)

    def _key(self, book: CodeBook, cell: Cell, column: str, notes: Notes) -> str:
        """Code of a key column."""
        text = self._needed(cell, column, notes)
        if text is None:
            return ""
        match = book.find(text)
        if match.reason:
            notes.fault(match.reason, column, text)
        elif match.flags:
            notes.flag(*match.flags)
        return match.code

    def _analyte(self, candidate: Candidate, notes: Notes) -> str:
        """Analyte from its code, or its name where there is no code; both must not disagree."""
        fields = candidate.fields
        cell, name = fields.get("analyte", ""), cell_text(fields.get("analyte_name", ""))
        if cell == "" and "analyte_name" in fields:
            return self._key(self.analytes, fields["analyte_name"], "analyte_name", notes)
        code = self._key(self.analytes, cell, "analyte", notes)
        other = self.analytes.find(name) if name else None
        if code and other is not None and other.code and other.code != code:
            notes.fault("analyte_conflict", "analyte", f"{cell_text(cell)} / {name}")
        return code

    def _needed(self, cell: Cell, column: str, notes: Notes) -> str | None:
        """Text of a cell that must be readable; None after a fault."""
        if isinstance(cell, str):
            return cell.strip()
        notes.flag(*(flag for flag in cell.flags if flag in CARRIED))
        if cell.kind in ("error", "formula"):
            notes.fault("error_cell" if cell.kind == "error" else "formula_without_value", column, cell.text)
            return None
        return cell.text.strip()

    def _system(self, kind: str, cell: Cell, notes: Notes) -> str:
        """Code of a method, instrument, reagent or calibrator; unknown ones stay as written."""
        text = optional_text(cell, notes) if cell else ""
        book = self.systems[kind]
        if not text or book is None:
            return text
        match = book.find(text)
        if match.reason:
            notes.flag("system_unknown")
            return text
        return match.code

    def _tested_on(self, cell: Cell, lab: str, notes: Notes) -> datetime | None:
        """Test date, checked against dispatch and arrival."""
        if isinstance(cell, TypedCell) and cell.moment is not None:
            moment, flags = cell.moment, tuple(flag for flag in cell.flags if flag in CARRIED)
        else:
            text = optional_text(cell, notes)
            if not text:
                return None
            moment_or_none, flags = read_date(text)
            if moment_or_none is None:
                notes.flag(*flags)
                return None
            moment = moment_or_none
        notes.flag(*flags)
        opens = self.expectations.opening(lab)
        if opens is not None and moment.date() < day(opens):
            notes.fault("test_date_before_dispatch", "tested_on", moment.date().isoformat())
        elif moment.date() > day(self.expectations.today):
            notes.flag("test_date_future")
        return moment


def _system_book(expectations: Expectations, kind: str) -> CodeBook | None:
    """Choices of one kind with code, names and drop-down labels; None where there are none."""
    choices = expectations.choices(kind)
    if not choices:
        return None
    pairs = [
        (c.code, text)
        for c in choices
        for text in (c.code, c.name_zh, c.name_en, c.label("zh_CN"), c.label("en"))
        if text
    ]
    return CodeBook(kind, pairs)


def rejected(candidate: Candidate, faults: Sequence[Fault]) -> Rejected:
    """The record of a row kept out: the first fault leads, all are listed."""
    reason, column, params = faults[0]
    everything = ",".join(dict.fromkeys(code for code, _, _ in faults))
    return Rejected(
        *(candidate.sheet, candidate.row, candidate.heading(column), reason, everything),
        *(json.dumps(params, ensure_ascii=False), candidate.as_json()),
    )
