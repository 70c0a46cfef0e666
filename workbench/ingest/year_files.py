"""Files of the year's registers: enrolment, receipts, claims. Bad rows are kept out with every reason, the rest loads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Cell, Sheet, cell_text, sent_text
from workbench.ingest.files import read_sheets
from workbench.ingest.layout import Layout, fold_heading
from workbench.ingest.matching import CodeBook
from workbench.ingest.year_fields import FIELDS, Field, Reading
from workbench.parameters.calendar import dispatch_calendar
from workbench.wording import text

Rule = Callable[[Mapping[str, Any]], Iterator[tuple[str, str]]]
"""A row read -> (reason code, column) of everything that speaks against it."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "enrolments": (
        *("lab_code", "programme_no", "device_id", "fee_settled", "designated", "year_state"),
        *("reason", "region", "hospital_level"),
    ),
    "receipts": ("lab_code", "programme_no", "received_on", "condition", "reason"),
    "claims": (
        *("lab_code", "programme_no", "sample", "claim_kind", "claimed_on", "claim_state", "replaced_on"),
        *("decided_on", "reason"),
    ),
}
"""Kind of file -> its columns; the order is free."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "enrolments": ("lab_code", "programme_no", "fee_settled"),
    "receipts": ("lab_code", "programme_no", "received_on"),
    "claims": ("lab_code", "programme_no", "claim_kind", "claimed_on"),
}


@dataclass(frozen=True)
class YearExpectations:
    """What a file may name.

    Parameters
    ----------
    lab_codes : registered laboratories; None accepts every code.
    programmes : numbers.
    rules : what is asked of a row that could be read, in order.
    """

    lab_codes: frozenset[str] | None
    programmes: frozenset[str]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class YearRejection:
    """A row kept out: its place, (reason, column) pairs, what stood there, and the whole row."""

    sheet: str
    row: int
    reasons: tuple[tuple[str, str], ...]
    sent: Mapping[str, str]

    def problems(self, file: str, locale: str) -> Iterator[Problem]:
        """Each reason in words, with its place."""
        for reason, column in self.reasons:
            raw, days = self.sent.get(column, ""), dispatch_calendar().claim_days
            words = text(f"year.reason.{reason}", locale, raw=raw, days=days)
            yield Problem(words, file, self.sheet or None, self.row, column or None)


@dataclass(frozen=True)
class YearFile:
    """What became of one file.

    Parameters
    ----------
    rows : one row per row that is in order, with `sheet` and `row` besides the columns of its kind.
    rejected : the others.
    unknown : headings nobody asked for.
    """

    file: str
    sha256: str
    kind: str
    rows: pd.DataFrame
    rejected: tuple[YearRejection, ...]
    unknown: tuple[str, ...] = ()

    def problems(self, locale: str) -> list[Problem]:
        """Every rejected row and ignored heading in words."""
        ignored = [
            Problem(text("year.heading_ignored", locale, raw=name), self.file) for name in self.unknown
        ]
        return ignored + [each for row in self.rejected for each in row.problems(self.file, locale)]

    def rejected_frame(self) -> pd.DataFrame:
        """place, reason, content, as the store keeps them."""
        rows = [
            (
                ":".join(part for part in (self.file, row.sheet, str(row.row)) if part),
                ",".join(dict.fromkeys(reason for reason, _ in row.reasons)),
                json.dumps(row.sent, ensure_ascii=False),
            )
            for row in self.rejected
        ]
        return pd.DataFrame(rows, columns=["place", "reason", "content"], dtype="str")

    def without(self, refused: Mapping[int, tuple[str, str]]) -> YearFile:
        """The same with some rows, by position, moved to the rejected ones."""
        out = [
            YearRejection(row.sheet, row.row, (refused[place],), row.sent)
            for place, row in enumerate(self.rows.itertuples(index=False))
            if place in refused
        ]
        kept = self.rows[[place not in refused for place in range(len(self.rows))]]
        rejected = tuple(sorted((*self.rejected, *out), key=lambda row: (row.sheet, row.row)))
        return YearFile(self.file, self.sha256, self.kind, kept, rejected, self.unknown)


@dataclass
class _Gathered:
    rows: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[YearRejection] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def read_year_file(path: Path | str, kind: str, expectations: YearExpectations) -> YearFile:
    """Read an enrolment, receipt or claim file.

    Parameters
    ----------
    path : CSV or other delimited text, .xlsx or .xls; the first filled row of a sheet is its header.
    kind : a key of `COLUMNS`.
    expectations : known codes and rules.

    Raises
    ------
    DataError
        when the file cannot be opened, is no table, or a sheet lacks a heading. Bad rows are no error.

    Notes
    -----
    Every problem of a row is named, not the first one. Headings in Chinese or English, in any spelling of case, width
    and blanks. A second row for the same key is kept out; the first stands.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise DataError(
            f"{path.name} cannot be opened: {cause.strerror}.", [Problem(str(cause), str(path))]
        ) from cause
    reader = _Reader(kind, expectations)
    gathered = _Gathered()
    missing: list[Problem] = []
    for sheet in read_sheets(content, path.name, Layout()):
        missing += _read_sheet(sheet, path.name, reader, gathered)
    if missing:
        raise DataError(f"{path.name} cannot be read: its header is not complete.", missing)
    columns = [*COLUMNS[kind], "sheet", "row", "sent"]
    rows = pd.DataFrame(gathered.rows, columns=columns)
    digest = hashlib.sha256(content).hexdigest()
    return YearFile(
        path.name, digest, kind, rows, tuple(gathered.rejected), tuple(dict.fromkeys(gathered.unknown))
    )


def _read_sheet(sheet: Sheet, file: str, reader: _Reader, gathered: _Gathered) -> list[Problem]:
    """Add one sheet's rows; returns the headings it lacks."""
    filled = [(number, cells) for number, cells in sheet.rows if any(cell_text(cell) for cell in cells)]
    if not filled:
        return []
    first, header = filled[0]
    places = {
        name: place
        for place, cell in enumerate(header)
        if (name := reader.headings.get(fold_heading(cell_text(cell))))
    }
    missing = [name for name in REQUIRED[reader.kind] if name not in places]
    if missing:
        return [Problem("add this heading", file, sheet.name or None, first, name) for name in missing]
    known = set(places.values())
    gathered.unknown += [
        cell_text(c) for place, c in enumerate(header) if place not in known and cell_text(c)
    ]
    for number, cells in filled[1:]:
        row, reasons, sent = reader.read(
            {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
        )
        if reasons:
            gathered.rejected.append(YearRejection(sheet.name, number, tuple(reasons), sent))
        else:
            gathered.rows.append({**row, "sheet": sheet.name, "row": number, "sent": sent})
    return []


class _Reader:
    """The rules of one kind of file, bound to what it may name."""

    def __init__(self, kind: str, expectations: YearExpectations) -> None:
        self.kind = kind
        labs = expectations.lab_codes
        self.labs = CodeBook("lab_code", ((c, c) for c in sorted(labs or ())), anything_goes=labs is None)
        self.programmes = expectations.programmes
        self.rules = expectations.rules
        self.fields: dict[str, Field] = {name: FIELDS[name] for name in COLUMNS[kind]}
        self.headings = {
            fold_heading(word): name for name, f in self.fields.items() for word in (name, *f.headings)
        }
        self.seen: set[tuple[Any, ...]] = set()

    def read(self, cells: Mapping[str, Cell]) -> tuple[dict[str, Any], list[tuple[str, str]], dict[str, str]]:
        """Values by column, reasons against the row, and the texts as sent."""
        sent = {name: sent_text(cell) for name, cell in cells.items() if sent_text(cell)}
        row: dict[str, Any] = {}
        reasons: list[tuple[str, str]] = []
        for name, kind in self.fields.items():
            found = self._value(name, kind, cells.get(name, ""))
            row[name] = found.value
            if found.reason:
                reasons.append((found.reason, name))
        if not reasons:
            for rule in self.rules:
                reasons += rule(row)
        if not reasons and (key := self._key(row)) in self.seen:
            reasons.append(("repeated", "lab_code"))
        elif not reasons:
            self.seen.add(key)
        return row, reasons, sent

    def _key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        names = ("lab_code", "programme_no", "device_id", "sample", "claimed_on")
        return tuple(row[name] for name in names if name in row)

    def _value(self, name: str, kind: Field, cell: Cell) -> Reading:
        if name == "lab_code":
            match = self.labs.find(cell_text(cell))
            return Reading(match.code, match.reason)
        if name == "programme_no":
            return self._programme(cell)
        return kind.read(cell, required=name in REQUIRED[self.kind])

    def _programme(self, cell: Cell) -> Reading:
        """A number of the catalogue; 1.1 in a number cell may have been 1.10, and is then not guessed."""
        said = cell_text(cell)
        if not said:
            return Reading("", "programme_missing")
        typed = not isinstance(cell, str) and cell.kind == "number"
        fitting = {said, *({f"{said}0"} if typed and "." in said else ())} & self.programmes
        if len(fitting) == 1:
            return Reading(fitting.pop())
        return Reading("", "programme_ambiguous" if fitting else "programme_unknown")
