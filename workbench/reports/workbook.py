"""The Excel workbook of a report, made from its twin: sheets of the printed numbers, and the raw data.

The only importer of XlsxWriter. Text is always written as text, so no entry of a laboratory becomes a
formula and leading zeros live; the same twin gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import xlsxwriter

from workbench.reports.workbook_forms import form_sheets
from workbench.reports.workbook_periods import period_sheets
from workbench.reports.workbook_sheets import Cell, Number, Sheet, sheets_of

CREATED = datetime(2000, 1, 1)
"""Written as the creation date, so that bytes repeat; the date of issue stands on the first sheet."""
WIDTH_MOST, WIDTH_LEAST = 40, 8
FONT = "等线"
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def workbook_bytes(twin: Mapping[str, Any]) -> bytes:
    """The workbook of one report.

    Parameters
    ----------
    twin : a twin of kind LR or PR, as built or as read back from its JSON.

    Returns
    -------
    The bytes of an .xlsx file: one header row a sheet, frozen panes, a filter, no formula, no merged
    and no empty cell, no macro, no link.

    Notes
    -----
    Display sheets hold the printed numbers as numbers with a format that shows exactly the printed
    digits; the sheet of data is unrounded. What is not a number is the printed word.
    """
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, _OPTIONS)
    book.set_properties({"title": twin["report"]["number"], "created": CREATED, "author": "", "company": ""})
    writer = _Writer(book, twin)
    for sheet in _sheets(twin):
        writer.write(sheet)
    book.close()
    return stream.getvalue()


def _sheets(twin: Mapping[str, Any]) -> Iterable[Sheet]:
    """The sheets of a kind of report."""
    if "forms" in twin:
        return form_sheets(twin)
    return period_sheets(twin) if "sections" in twin else sheets_of(twin)


@dataclass
class _Writer:
    """Writes sheets into one workbook; keeps a format for each number of decimals."""

    book: Any
    twin: Mapping[str, Any]
    formats: dict[str, Any] = field(default_factory=dict)

    def format(self, number_format: str = "", *, bold: bool = False) -> Any:
        """The cell format of a number format; text wraps and stands at the top."""
        key = f"{number_format}{bold}"
        if key not in self.formats:
            properties = {"font_name": FONT, "font_size": 10, "valign": "top", "bold": bold}
            shown = {"num_format": number_format} if number_format else {"text_wrap": not bold}
            self.formats[key] = self.book.add_format(properties | shown)
        return self.formats[key]

    def write(self, sheet: Sheet) -> None:
        """One sheet: header, rows, panes, filter, widths, print set-up."""
        page = self.book.add_worksheet(sheet.name)
        for column, heading in enumerate(sheet.headings):
            page.write_string(0, column, heading, self.format(bold=True))
        for row, cells in enumerate(sheet.rows, 1):
            for column, cell in enumerate(cells):
                self._cell(page, row, column, cell)
        for column, width in enumerate(_widths(sheet)):
            page.set_column(column, column, width)
        page.freeze_panes(1, sheet.item_columns)
        page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.headings) - 1)
        self._print_setup(page)

    def _cell(self, page: Any, row: int, column: int, cell: Cell) -> None:
        if isinstance(cell, Number):
            page.write_number(row, column, cell.value, self.format(cell.format))
        else:
            page.write_string(row, column, cell, self.format("@"))

    def _print_setup(self, page: Any) -> None:
        """A4 landscape, one page wide, header row repeated, the footer of the printed report."""
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        own = self.twin["participant"] or {}
        subject = " · ".join(
            part
            for part in (own.get("lab_code"), self.twin["programme"]["programme_no"], self.twin["round"])
            if part
        )
        page.set_footer(f"&L{_plain(subject)}&C{_plain(self.twin['report']['number'])}&R&P / &N")


def _plain(content: str) -> str:
    """Text of a footer: an ampersand would start a code."""
    return content.replace("&", "&&")


def _widths(sheet: Sheet) -> Iterable[float]:
    """Column widths that fit the longest value, up to forty."""
    for column, heading in enumerate(sheet.headings):
        longest = max([_width(heading), *(_width(_shown(row[column])) for row in sheet.rows)])
        yield float(min(max(longest + 2, WIDTH_LEAST), WIDTH_MOST))


def _shown(cell: Cell) -> str:
    return cell.printed if isinstance(cell, Number) else cell


def _width(content: str) -> int:
    """Width of a text in digits; Chinese characters count twice."""
    lines: Sequence[str] = content.splitlines() or [""]
    return max(sum(2 if ord(character) > 0x2E7F else 1 for character in line) for line in lines)
