"""Rows kept out, written back for a person to mend: place, reason, and the row as it was sent."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

from workbench.ingest.cells import plain_digits
from workbench.ingest.dispositions import DISPOSITIONS
from workbench.ingest.phrases import phrase
from workbench.ingest.submissions import IngestReport, quarantine_message
from workbench.ingest.workbooks import write_table, written_workbook

_PLACE = ("file", "sheet", "row", "column")
_NOTED = ("lab_code", "analyte", "sample", "raw", "value", "unit_as_sent", "unit", "factor", "flags")


def write_quarantine(path: Path | str, report: IngestReport, locale: str) -> None:
    """Write a workbook of what was not loaded, what was loaded with a note, and the counts.

    Parameters
    ----------
    path : the .xlsx file to write.
    report : what became of one file.
    locale : zh_CN or en.

    Raises
    ------
    DataError
        when the file cannot be written.

    Notes
    -----
    Every cell is text, so that whatever a laboratory wrote can never become a formula. Same report,
    same bytes.
    """
    title = f"{phrase('sheet.quarantined', locale)} {report.file}"
    with written_workbook(Path(path), title) as workbook:
        headings, rows = _quarantined(report, locale)
        write_table(workbook, phrase("sheet.quarantined", locale), headings, rows)
        headings, rows = _flagged(report, locale)
        write_table(workbook, phrase("sheet.flagged", locale), headings, rows)
        headings, rows = _summary(report, locale)
        write_table(workbook, phrase("sheet.summary", locale), headings, rows)


def _quarantined(report: IngestReport, locale: str) -> tuple[list[str], list[list[str]]]:
    """Place, reason and the original row under its own headings."""
    table = report.quarantined
    whole = [json.loads(text) for text in table["whole_row"]]
    originals = list(dict.fromkeys(name for row in whole for name in row))
    headings = [phrase(name, locale) for name in (*_PLACE, "reason", "explanation")]
    rows = [
        [
            *(str(getattr(row, name)) for name in _PLACE),
            row.reasons,
            quarantine_message(row, locale),
            *(sent.get(name, "") for name in originals),
        ]
        for row, sent in zip(table.itertuples(), whole, strict=True)
    ]
    return headings + originals, rows


def _flagged(report: IngestReport, locale: str) -> tuple[list[str], list[list[str]]]:
    """Every loaded row that carries a note, with the note in words."""
    headings = [phrase(name, locale) for name in (*_PLACE, *_NOTED, "explanation")]
    rows = []
    for row in report.flagged.to_dict("records"):
        number = plain_digits(row["value"], row["decimals"]) if row["value"] == row["value"] else ""
        shown = row | {"value": number, "factor": f"{row['factor']:.12g}", "days": report.late_days}
        words = [DISPOSITIONS[flag].message(locale, **shown) for flag in row["flags"].split(",")]
        joined = ("；" if locale == "zh_CN" else "; ").join(words)
        rows.append([*(str(shown[name]) for name in (*_PLACE, *_NOTED)), joined])
    return headings, rows


def _summary(report: IngestReport, locale: str) -> tuple[list[str], list[list[str]]]:
    """The counts, then every problem of the file."""
    counts = [
        [phrase(f"count.{entry.name}", locale), str(getattr(report.counts, entry.name)), "", "", ""]
        for entry in fields(report.counts)
    ]
    problems = [
        [p.message, "", p.sheet or "", "" if p.row is None else str(p.row), str(p.column or "")]
        for p in report.problems_in(locale)
    ]
    headings = [f"{phrase('sheet.summary', locale)} / {phrase('problem', locale)}", "n"]
    return headings + [phrase(name, locale) for name in _PLACE[1:]], [*counts, *problems]
