"""Excel workbooks of 1997 to 2003 (.xls)."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

import xlrd
from xlrd.compdoc import CompDocError

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Cell, Sheet, TypedCell, number_cell
from workbench.ingest.numerals import looks_numeric


def read_xls(content: bytes, name: str) -> list[Sheet]:
    """All worksheets of a workbook.

    Raises
    ------
    DataError
        when the workbook is encrypted or damaged.

    Notes
    -----
    The format's reader gives the saved results of formulas but not where formulas stand, so that
    they are not flagged here.
    """
    try:
        workbook = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=_Silent())
        return [_sheet(workbook, sheet) for sheet in workbook.sheets()]
    except xlrd.XLRDError as cause:
        encrypted = "encrypt" in str(cause).lower()
        what = "is encrypted" if encrypted else "is damaged or is not an Excel workbook"
        advice = "remove the password and send it again" if encrypted else "save it again as .xlsx"
        raise DataError(f"{name} {what}.", [Problem(advice, file=name)]) from cause
    except (
        CompDocError,
        AssertionError,
        IndexError,
        KeyError,
        ValueError,
        struct.error,
        OverflowError,
    ) as cause:
        raise DataError(f"{name} is damaged.", [Problem("save it again as .xlsx", file=name)]) from cause


class _Silent:
    """The reader's diagnostics go nowhere; what matters is raised."""

    def write(self, text: str) -> int:
        """Swallow the text."""
        return len(text)


def _sheet(workbook: Any, source: Any) -> Sheet:
    """One worksheet."""
    sheet = Sheet(source.name, [], sparse=True, hidden=source.visibility != 0)
    for index in range(source.nrows):
        cells = [_cell(workbook, source, index, column) for column in range(source.row_len(index))]
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            sheet.rows.append((index + 1, cells))
    sheet.hidden_rows = {row + 1 for row, info in source.rowinfo_map.items() if info.hidden}
    sheet.hidden_columns = {column + 1 for column, info in source.colinfo_map.items() if info.hidden}
    sheet.merged = [(top + 1, left + 1, bottom, right) for top, bottom, left, right in source.merged_cells]
    return sheet


def _cell(workbook: Any, source: Any, row: int, column: int) -> Cell:
    """One cell with its type."""
    kind, value = source.cell_type(row, column), source.cell_value(row, column)
    if kind == xlrd.XL_CELL_TEXT:
        deliberate = _format(workbook, source, row, column) == "@" or not looks_numeric(value)
        return value if deliberate else TypedCell("text", value, ("number_as_text",))
    if kind == xlrd.XL_CELL_NUMBER:
        whole = value.is_integer() and abs(value) < 2**53
        return number_cell(int(value) if whole else value, _format(workbook, source, row, column))
    if kind == xlrd.XL_CELL_DATE:
        return _date(value, workbook.datemode)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return TypedCell("boolean", "TRUE" if value else "FALSE")
    if kind == xlrd.XL_CELL_ERROR:
        return TypedCell("error", xlrd.error_text_from_code.get(value, "#ERROR"))
    return ""


def _format(workbook: Any, source: Any, row: int, column: int) -> str:
    """The cell's number format."""
    style = workbook.xf_list[source.cell_xf_index(row, column)]
    return str(workbook.format_map[style.format_key].format_str)


def _date(value: float, datemode: int) -> TypedCell:
    """A date cell; times without a day keep no moment."""
    try:
        moment: datetime = xlrd.xldate.xldate_as_datetime(value, datemode)
    except (ValueError, OverflowError):
        return TypedCell("date", str(value))
    return TypedCell("date", moment.isoformat(" "), moment=moment if value >= 1 else None)
