"""A laboratory's result file -> loaded rows, quarantined rows, problems, and counts that reconcile."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import DataError, Problem
from workbench.frames import INTEGER, NUMBER, TEXT, TIME, Column, Frame
from workbench.ingest.cells import Sheet, expand_merged
from workbench.ingest.dispositions import DISPOSITIONS, findings_of
from workbench.ingest.duplicates import settle_duplicates
from workbench.ingest.expectations import Expectations
from workbench.ingest.files import read_sheets
from workbench.ingest.layout import Header, Layout, find_header
from workbench.ingest.phrases import OWN_SHEETS
from workbench.ingest.results import Judge, Loaded, Rejected, rejected
from workbench.ingest.rows import Candidate, RowCounts, candidates


def _columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


LOADED = Frame(
    "loaded",
    "one row per laboratory x device x analyte x sample of one file",
    ("lab_code", "device_id", "analyte", "sample"),
    _columns(
        ("lab_code", TEXT, "participant code"),
        ("device_id", TEXT, "device, else empty"),
        ("analyte", TEXT, "analyte code of the catalogue"),
        ("sample", TEXT, "sample code as printed on the vial"),
        ("raw", TEXT, "the result exactly as sent, digit for digit"),
        ("value", NUMBER, "programme's unit; NaN where raw is no number"),
        ("decimals", INTEGER, "decimals of value: as sent, or of the exact product after a conversion"),
        ("censor", INTEGER, "-1 for '<', +1 for '>', else 0"),
        ("code", TEXT, "code of a coded result, else empty"),
        ("result_state", TEXT, "reported, not_returned, unreadable or sample_fault"),
        ("unit_as_sent", TEXT, "unit exactly as sent, empty where none was"),
        ("unit", TEXT, "the programme's unit"),
        ("factor", NUMBER, "programme's unit = as sent * factor (+ the unit's offset)"),
        ("method", TEXT, "code, or text as sent when not in the list"),
        ("instrument", TEXT, "likewise"),
        ("reagent", TEXT, "likewise"),
        ("calibrator", TEXT, "likewise"),
        ("tested_on", TIME, "test date"),
        ("comment", TEXT, "the laboratory's remark, untrusted text"),
        ("flags", TEXT, "comma-separated codes of `DISPOSITIONS`"),
        ("findings", TEXT, "comma-separated finding codes the flags lead to"),
        ("file", TEXT, "name of the file"),
        ("sheet", TEXT, "sheet, empty for text files"),
        ("row", INTEGER, "row or line number in the file"),
        ("column", TEXT, "heading of the result's column"),
        ("u_raw", TEXT, "uncertainty exactly as sent, empty where none was"),
        ("u_result", NUMBER, "standard uncertainty, programme's unit; NaN where none can be used"),
        (
            "coverage_factor",
            NUMBER,
            "k as stated, 2 where U came without; NaN for a bare standard uncertainty",
        ),
    ),
)

QUARANTINED = Frame(
    "quarantined",
    "one row per result kept out of the store",
    (),
    _columns(
        ("file", TEXT, "name of the file"),
        ("sheet", TEXT, "sheet, empty for text files"),
        ("row", INTEGER, "row or line number in the file"),
        ("column", TEXT, "column at fault: canonical name, or heading of the result's column"),
        ("reason", TEXT, "first reason, a code of `DISPOSITIONS`"),
        ("reasons", TEXT, "all reasons, comma-separated"),
        ("params", TEXT, "JSON object of the placeholders of the first reason's message"),
        ("whole_row", TEXT, "JSON object heading -> text of the row as sent"),
    ),
)


@dataclass(frozen=True)
class Counts:
    """Every result of a file, once.

    Parameters
    ----------
    read : results offered by the file (rows of a long file; filled or empty cells of a wide one).
    loaded_clean, flagged : loaded without and with a note; copies merged count as flagged.
    quarantined : kept out.
    merged : of the flagged, copies that have no row of their own in `loaded`.
    not_returned : of the loaded, empty results.
    blank_rows, repeated_headers, ignored_rows : rows that offer no result.
    """

    read: int
    loaded_clean: int
    flagged: int
    quarantined: int
    merged: int = 0
    not_returned: int = 0
    blank_rows: int = 0
    repeated_headers: int = 0
    ignored_rows: int = 0

    @property
    def reconcile(self) -> bool:
        """True when nothing was lost or counted twice."""
        return self.read == self.loaded_clean + self.flagged + self.quarantined


@dataclass(frozen=True)
class Notice:
    """One thing noticed about a file or a sheet: a code of `DISPOSITIONS` of the kind "problem"."""

    code: str
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def problem(self, file: str, locale: str) -> Problem:
        """The notice in words with its place."""
        words = DISPOSITIONS[self.code].message(locale, raw=self.column)
        return Problem(words, file, self.sheet or None, self.row, self.column or None)


@dataclass(frozen=True)
class IngestReport:
    """What became of one file.

    Parameters
    ----------
    file, sha256 : name and fingerprint of the file.
    loaded, quarantined : frames `LOADED` and `QUARANTINED`.
    counts : the reconciliation.
    notices : what is worth telling about the file and its sheets.
    late_days : whole days the file came after the closing date.
    """

    file: str
    sha256: str
    loaded: pd.DataFrame
    quarantined: pd.DataFrame
    counts: Counts
    notices: tuple[Notice, ...] = ()
    late_days: int = 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything worth telling about the file and its rows, in English."""
        return self.problems_in("en")

    def problems_in(self, locale: str) -> tuple[Problem, ...]:
        """The notices, then every quarantined row, in the words of a language."""
        rows = (
            Problem(quarantine_message(row, locale), row.file, row.sheet or None, row.row, row.column or None)
            for row in self.quarantined.itertuples(index=False)
        )
        return (*(notice.problem(self.file, locale) for notice in self.notices), *rows)

    @property
    def flagged(self) -> pd.DataFrame:
        """The loaded rows that carry a note."""
        return self.loaded[self.loaded["flags"] != ""]


@dataclass
class _Gathered:
    """What the sheets of a file gave, before repeats are settled."""

    read: int = 0
    loaded: list[Loaded] = field(default_factory=list)
    sources: list[Candidate] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows: RowCounts = field(default_factory=RowCounts)
    sheets: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def quarantine_message(row: Any, locale: str) -> str:
    """The first reason of a row of `QUARANTINED` in words."""
    return DISPOSITIONS[row.reason].message(locale, **json.loads(row.params))


def read_submission_file(path: Path | str, layout: Layout, expectations: Expectations) -> IngestReport:
    """Read one result file.

    Parameters
    ----------
    path : CSV or other delimited text, .xlsx or .xls; the kind is told by content, not by name.
    layout : where the columns stand; `Layout()` recognises the usual headings.
    expectations : the programme-round the results are for.

    Returns
    -------
    IngestReport
        rows sorted as in the file. Nothing is corrected silently: see `dispositions.DISPOSITIONS`.

    Raises
    ------
    DataError
        the file is encrypted, corrupt or of an unknown kind; no sheet has a result header; a result
        header lacks a column or has one twice; the counts do not reconcile.
    """
    path = Path(path)
    content = _content(path)
    sheets = _wanted(read_sheets(content, path.name, layout), layout, path.name)
    judge = Judge(expectations)
    headed, notices = _headers(sheets, layout, judge, path.name)
    gathered = _Gathered(notices=notices)
    for sheet, header in headed:
        _gather(sheet, header, layout, judge, gathered)
    report = _report(path.name, hashlib.sha256(content).hexdigest(), gathered)
    return replace(report, late_days=expectations.late_days)


def _content(path: Path) -> bytes:
    """The bytes of a file."""
    try:
        return path.read_bytes()
    except OSError as cause:
        raise DataError(
            f"{path.name} cannot be opened: {cause.strerror}.", [Problem(str(cause), str(path))]
        ) from cause


def _wanted(sheets: Sequence[Sheet], layout: Layout, name: str) -> list[Sheet]:
    """The sheets the layout asks for."""
    absent = sorted(set(layout.sheets) - {sheet.name for sheet in sheets})
    if absent:
        raise DataError(
            f"{name} lacks sheets.", [Problem("there is no such sheet", name, sheet) for sheet in absent]
        )
    return [sheet for sheet in sheets if not layout.sheets or sheet.name in layout.sheets]


def _headers(
    sheets: Sequence[Sheet], layout: Layout, judge: Judge, name: str
) -> tuple[list[tuple[Sheet, Header]], list[Notice]]:
    """Sheets that hold results with their headers; every broken header is reported in one error."""
    headed: list[tuple[Sheet, Header]] = []
    faults: list[Notice] = []
    skipped: list[Notice] = []
    notices: list[Notice] = []
    for sheet in sheets:
        expand_merged(sheet)
        notices += [Notice(code, sheet.name) for code in sheet.notes]
        header = find_header(sheet.rows, layout, judge.samples)
        broken = _header_faults(header, sheet.name) if header else []
        if header is None or (broken and not header.holds_results):
            skipped += broken
            told = sheet.rows and sheet.name not in OWN_SHEETS
            notices += [Notice("sheet_skipped", sheet.name)] if told else []
            continue
        faults += broken
        notices += [Notice("unknown_column", sheet.name, header.row, text) for text in header.unknown]
        headed.append((sheet, header))
    if faults or not headed:
        nothing = [Problem("no row names a laboratory, an analyte, a sample and a result", file=name)]
        problems = [notice.problem(name, "en") for notice in faults or skipped]
        raise DataError(f"{name} cannot be read: its header is not complete.", problems or nothing)
    return headed, notices


def _header_faults(header: Header, sheet: str) -> list[Notice]:
    """What is missing from a header or stands there twice."""
    return [
        Notice(code, sheet, header.row, column)
        for code, columns in (("header_missing", header.missing), ("header_duplicated", header.duplicated))
        for column in columns
    ]


def _gather(sheet: Sheet, header: Header, layout: Layout, judge: Judge, gathered: _Gathered) -> None:
    """Judge every candidate of one sheet."""
    gathered.sheets.append(sheet.name)
    for candidate in candidates(sheet, header, layout, judge.analytes, gathered.rows):
        gathered.read += 1
        outcome = judge.judge(candidate)
        if isinstance(outcome, Loaded):
            gathered.loaded.append(outcome)
            gathered.sources.append(candidate)
        else:
            gathered.rejected.append(outcome)


def _report(name: str, sha256: str, gathered: _Gathered) -> IngestReport:
    """Settle repeats, build the frames, reconcile."""

    def rejected_of(position: int, reason: str) -> Rejected:
        return rejected(
            gathered.sources[position], [(reason, "value", {"raw": gathered.loaded[position].raw})]
        )

    kept, conflicting, merged = settle_duplicates(gathered.loaded, rejected_of)
    rejected_rows = [*gathered.rejected, *conflicting]
    out = sorted(rejected_rows, key=lambda row: (gathered.sheets.index(row.sheet), row.row))
    clean = sum(not row.flags for row in kept)
    rows = gathered.rows
    counts = Counts(
        *(gathered.read, clean, len(kept) - clean + merged, len(out), merged),
        *(sum(row.result_state == "not_returned" for row in kept), rows.blank_rows),
        *(rows.repeated_headers, len(rows.ignored_rows)),
    )
    if not counts.reconcile:
        raise DataError(f"{name}: counts do not reconcile: {counts}. Nothing may be loaded from it.")
    ignored = [Notice("row_ignored", sheet, row) for sheet, row in rows.ignored_rows]
    notices = (*gathered.notices, *ignored)
    return IngestReport(
        name, sha256, _loaded_frame(kept, name), _quarantined_frame(out, name), counts, notices
    )


def _loaded_frame(rows: Sequence[Loaded], name: str) -> pd.DataFrame:
    """The frame `LOADED`."""
    if not rows:
        return LOADED.empty()
    frame = pd.DataFrame.from_records(rows, columns=Loaded._fields).drop(columns="number")
    frame["tested_on"] = pd.Series([row.tested_on for row in rows], dtype="datetime64[s]")
    known = {flags: findings_of(flags) for flags in frame["flags"].unique()}
    return LOADED.checked(frame.assign(findings=frame["flags"].map(known), file=name))


def _quarantined_frame(rows: Sequence[Rejected], name: str) -> pd.DataFrame:
    """The frame `QUARANTINED`."""
    if not rows:
        return QUARANTINED.empty()
    return QUARANTINED.checked(pd.DataFrame.from_records(rows, columns=Rejected._fields).assign(file=name))
