"""Excel files as this room writes them: same bytes for same content, and text that stays text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from workbench.errors import DataError, Problem

CREATED = datetime(2000, 1, 1)
"""Creation date of every workbook; a clock would change the bytes."""

LONGEST_TEXT = 32767
"""Characters an Excel cell holds."""

FONT = {"font_name": "等线", "font_size": 10, "valign": "vcenter"}
HEAD = FONT | {"bold": True, "bg_color": "#E7EBEF", "bottom": 1, "num_format": "@", "text_wrap": True}
LOCKED = FONT | {"bg_color": "#F2F2F2", "num_format": "@", "border": 1, "border_color": "#C8CDD2"}
OPEN = FONT | {"locked": False, "num_format": "@", "border": 1, "border_color": "#8A949E"}
TEXT = FONT | {"num_format": "@", "quote_prefix": True}


@contextmanager
def written_workbook(path: Path, title: str, created: datetime = CREATED) -> Iterator[Any]:
    """A workbook that is saved when the block ends.

    Raises
    ------
    DataError
        when the file cannot be written.
    """
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    workbook = xlsxwriter.Workbook(str(path), options)
    workbook.set_properties({"title": title, "created": created})
    yield workbook
    try:
        workbook.close()
    except (OSError, XlsxWriterException) as cause:
        raise DataError(f"{path.name} cannot be written.", [Problem(str(cause), file=str(path))]) from cause


def write_text(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    """One text cell, row and column from 0; a leading =, +, - or @ stays a character."""
    shown = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    if shown:
        sheet.write_string(row, column, shown, style)
    else:
        sheet.write_blank(row, column, None, style)


def write_table(workbook: Any, name: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A sheet of text: one header row, frozen, with a filter, no merged cells, no formulas."""
    sheet = workbook.add_worksheet(name)
    head, text = workbook.add_format(HEAD), workbook.add_format(TEXT)
    for column, heading in enumerate(headings):
        write_text(sheet, 0, column, heading, head)
        longest = max([len(heading), *(len(row[column]) for row in rows[:200])])
        sheet.set_column(column, column, min(40, max(8, 1.6 * longest + 2)))
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            write_text(sheet, number, column, value, text)
    sheet.freeze_panes(1, 0)
    if headings:
        sheet.autofilter(0, 0, max(1, len(rows)), len(headings) - 1)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{len(rows) + 1}"})
