"""The result cell of a candidate: number with unit, code, or the state that stands for neither."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import NamedTuple

from workbench.ingest.cells import Cell, cell_text
from workbench.ingest.coded_answers import AnswerReader, is_choice
from workbench.ingest.expectations import QUANTITATIVE, Expectations, ExpectedAnalyte
from workbench.ingest.matching import CodeBook, UnitBook, UnitMatch, folded
from workbench.ingest.numerals import read_number
from workbench.ingest.rows import Candidate

_EXACT = Context(prec=60)
"""Digits enough for the exact product of any result and factor."""

EMPTY_MARKS = frozenset(
    folded(mark)
    for mark in (
        *("-", "--", "---", "—", "——", "–", "/", "//", "\\", "n/a", "na", "nil"),
        *("未做", "未测", "未检", "未检测", "未开展", "无"),
    )
)
FAULT_WORDS = frozenset(
    folded(word)
    for word in (
        *("样本异常", "样本破损", "样品破损", "样本破裂", "样本丢失", "样本溢漏"),
        *("sample fault", "sample damaged", "sample lost"),
    )
)


CARRIED = ("formula", "merged_cell")
"""Flags of any cell that are noted; the others concern results only."""

Fault = tuple[str, str, dict[str, str]]
"""Reason, column, placeholders of the message."""


class Notes:
    """What is noted about one candidate while it is judged."""

    def __init__(self, flags: tuple[str, ...]) -> None:
        self.flags = dict.fromkeys(flags)
        self.faults: list[Fault] = []

    def flag(self, *codes: str) -> None:
        """Note liberties, each once, in the order met."""
        for code in codes:
            self.flags[code] = None

    def fault(self, reason: str, column: str, raw: str) -> None:
        """Note why the row cannot be loaded."""
        self.faults.append((reason, column, {"raw": raw}))


class Quantity(NamedTuple):
    """The result cell understood; `number` is in the programme's unit."""

    state: str
    number: Decimal | None = None
    censor: int = 0
    code: str = ""


class ResultReader:
    """The rules on result cells, bound to the analytes of a programme.

    Parameters
    ----------
    expectations : the programme-round.
    """

    def __init__(self, expectations: Expectations) -> None:
        self.units = {analyte.analyte: UnitBook(analyte) for analyte in expectations.analytes}
        self.codes = {a.analyte: _code_book(a) for a in expectations.analytes if a.codes}

    def read(
        self, candidate: Candidate, analyte: ExpectedAnalyte, unit_text: str, notes: Notes
    ) -> tuple[float, Quantity]:
        """Factor and result of a candidate whose analyte is known."""
        text = cell_faults(candidate, notes)
        unit_known = "unit" in candidate.fields
        if text is None:
            return 1.0, Quantity("reported")
        if text == "":
            return 1.0, Quantity("not_returned")
        if analyte.result_type != QUANTITATIVE:
            return 1.0, self._coded(analyte, text, notes)
        plain = folded(text)
        if plain in FAULT_WORDS:
            notes.flag("sample_fault")
            return 1.0, Quantity("sample_fault")
        if plain in EMPTY_MARKS:
            notes.flag("empty_mark")
            return 1.0, Quantity("not_returned")
        return self._quantity(analyte, text, unit_text if unit_text or not unit_known else None, notes)

    def _coded(self, analyte: ExpectedAnalyte, text: str, notes: Notes) -> Quantity:
        """A coded result; with no list of codes any text stands for itself."""
        if analyte.reader is not None:
            return self._answered(analyte, analyte.reader, text, notes)
        book = self.codes.get(analyte.analyte)
        if book is None:
            return Quantity("reported", code=text)
        match = book.find(text)
        if match.reason:
            plain = folded(text)
            for words, state in ((FAULT_WORDS, "sample_fault"), (EMPTY_MARKS, "not_returned")):
                if plain in words:
                    notes.flag("sample_fault" if state == "sample_fault" else "empty_mark")
                    return Quantity(state)
            notes.flag("unreadable")
            return Quantity("unreadable")
        if match.code != text:
            notes.flag("code_spelled_out")
        return Quantity("reported", code=match.code)

    def _answered(self, analyte: ExpectedAnalyte, reader: AnswerReader, text: str, notes: Notes) -> Quantity:
        """A coded result read by its type; what cannot be one is kept out with its reason."""
        found = reader(text)
        if found.reason:
            plain = folded(text)
            for words, state in ((FAULT_WORDS, "sample_fault"), (EMPTY_MARKS, "not_returned")):
                if plain in words:
                    notes.flag("sample_fault" if state == "sample_fault" else "empty_mark")
                    return Quantity(state)
            notes.fault(found.reason, "value", text)
            return Quantity("reported")
        if analyte.choices and found.quantity is None and not is_choice(text, found.code, analyte.choices):
            notes.flag("code_spelled_out")
        return Quantity("reported", found.quantity, code=found.code)

    def _quantity(
        self, analyte: ExpectedAnalyte, text: str, unit_text: str | None, notes: Notes
    ) -> tuple[float, Quantity]:
        """A number with its unit; `unit_text` None: there is a unit column, but the cell is empty."""
        reading = read_number(text)
        notes.flag(*reading.flags)
        units = self.units[analyte.analyte]
        column_unit = units.find(unit_text) if unit_text else None
        if column_unit is not None and column_unit.reason:
            notes.fault(column_unit.reason, "unit", unit_text or "")
        if reading.reason:
            notes.fault(reading.reason, "value", text)
            return 1.0, Quantity("reported")
        inner = units.find(reading.rest) if reading.rest else None
        if reading.number is None or (inner is not None and inner.reason):
            notes.flag("unreadable")
            return 1.0, Quantity("unreadable")
        if inner is not None:
            notes.flag("unit_in_value")
            if column_unit is not None and not column_unit.reason and _size(inner) != _size(column_unit):
                notes.fault("unit_conflict", "unit", f"{reading.rest} / {unit_text}")
        elif unit_text is None and analyte.unit:
            notes.flag("unit_assumed")
        match = inner or column_unit
        number, factor = reading.number, Decimal(1)
        if match is not None and not match.reason:
            notes.flag(*match.flags)
            factor = match.unit.factor
            if match.unit.converts:
                number = _EXACT.add(_EXACT.multiply(number, factor), match.unit.offset)
        if number < 0:
            notes.flag("negative")
        if _implausible(number, analyte):
            notes.flag("implausible")
        return float(factor), Quantity("reported", number, reading.censor)


def cell_faults(candidate: Candidate, notes: Notes) -> str | None:
    """Text of the result cell; None after a fault of the cell itself."""
    cell = candidate.value
    if isinstance(cell, str):
        return cell.strip()
    reasons = {"error": "error_cell", "formula": "formula_without_value", "date": "date_for_value"}
    if "merged_cell" in cell.flags:
        notes.fault("merged_value", candidate.column, cell.text)
        return None
    if cell.kind in reasons:
        notes.fault(reasons[cell.kind], candidate.column, cell.text)
        return None
    notes.flag(*cell.flags)
    return cell_text(cell)


def optional_text(cell: Cell, notes: Notes) -> str:
    """Text of a cell that may be anything; an error value there is flagged and read as empty."""
    if isinstance(cell, str):
        return cell.strip()
    notes.flag(*(flag for flag in cell.flags if flag in CARRIED))
    if cell.kind in ("error", "formula"):
        notes.flag("optional_error")
        return ""
    return cell.text.strip()


def _code_book(analyte: ExpectedAnalyte) -> CodeBook:
    """Allowed codes of a coded analyte with their spellings."""
    pairs = ((code, text) for code, texts in analyte.codes.items() for text in (code, *texts))
    return CodeBook("code", pairs)


def _size(match: UnitMatch) -> tuple[Decimal, Decimal]:
    """What tells two units apart."""
    return match.unit.factor, match.unit.offset


def _implausible(number: Decimal, analyte: ExpectedAnalyte) -> bool:
    """Outside the plausible range, where the analyte has one."""
    low, high = analyte.plausible_low, analyte.plausible_high
    return (low is not None and number < low) or (high is not None and number > high)
