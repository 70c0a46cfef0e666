"""Excel workbooks of today (.xlsx): cell types, formats, formulas, hidden and merged cells kept."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import Element

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.cell import column_index_from_string, range_boundaries
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Cell, Sheet, TypedCell, number_cell
from workbench.ingest.numerals import looks_numeric

LARGEST_CONTENT = 400 * 2**20
"""Bytes a workbook may unpack to; a result file has some megabytes, a zip bomb has no limit."""
LAST_COLUMN = 1000
"""A filled cell beyond it is refused: no form is as wide."""

_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, SyntaxError, KeyError, ValueError, TypeError, AttributeError),
    *(IndexError, OSError, EOFError, RuntimeError, OverflowError),
)
"""What the package raises for archives and XML that are not what they claim to be."""


class _Parser(WorkSheetParser):
    """The package's parser, which also remembers where formulas stand."""

    def parse_cell(self, element: Element) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        cell["formula"] = element.find(FORMULA_TAG) is not None
        return cell


def read_xlsx(content: bytes, name: str) -> list[Sheet]:
    """All worksheets of a workbook.

    Raises
    ------
    DataError
        when the archive is damaged, is no workbook, or unpacks to more than `LARGEST_CONTENT`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LARGEST_CONTENT:
            raise DataError(
                f"{name} unpacks to {size} bytes, more than any result file.", [Problem("too large", name)]
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            return [_sheet(worksheet) for worksheet in workbook.worksheets]
    except _DAMAGE as cause:
        raise DataError(
            f"{name} is damaged or is not an Excel workbook.",
            [
                Problem(
                    f"open it in Excel and save it again as .xlsx ({type(cause).__name__}: {cause})",
                    file=name,
                )
            ],
        ) from cause


def _sheet(worksheet: Any) -> Sheet:
    """One worksheet."""
    workbook = worksheet.parent
    sheet = Sheet(worksheet.title, [], sparse=True, hidden=worksheet.sheet_state != "visible")
    with worksheet._get_source() as source:
        parser = _Parser(
            *(source, worksheet._shared_strings),
            data_only=True,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,
            timedelta_formats=workbook._timedelta_formats,
        )
        for number, parsed in parser.parse():
            cells = _row(worksheet, parsed)
            if cells:
                sheet.rows.append((number, cells))
    sheet.hidden_rows = {int(row) for row, attributes in parser.row_dimensions.items() if _hidden(attributes)}
    sheet.hidden_columns = _hidden_columns(parser.column_dimensions)
    sheet.merged = [_merged_range(entry.ref) for entry in getattr(parser.merged_cells, "mergeCell", ())]
    return sheet


def _hidden(attributes: dict[str, Any]) -> bool:
    return str(attributes.get("hidden", "0")).lower() in ("1", "true")


def _hidden_columns(dimensions: dict[str, dict[str, Any]]) -> set[int]:
    """Numbers of the hidden columns."""
    hidden: set[int] = set()
    for letter, attributes in dimensions.items():
        if _hidden(attributes):
            first = int(attributes.get("min") or column_index_from_string(letter))
            hidden.update(range(first, min(int(attributes.get("max") or first), first + 1000) + 1))
    return hidden


def _merged_range(reference: str) -> tuple[int, int, int, int]:
    """Rows before columns."""
    first_column, first_row, last_column, last_row = range_boundaries(reference)
    return first_row, first_column, last_row, last_column


def _row(worksheet: Any, parsed: Sequence[dict[str, Any]]) -> list[Cell]:
    """Cells of a row up to the last filled one; absent cells are empty text."""
    cells: list[Cell] = []
    for entry in parsed:
        formula = entry.pop("formula")
        cell = _cell(ReadOnlyCell(worksheet, **entry), formula)
        if cell != "":
            if entry["column"] > LAST_COLUMN:
                raise ValueError(f"column {entry['column']} of sheet {worksheet.title!r} is filled")
            cells.extend([""] * (entry["column"] - 1 - len(cells)))
            cells.append(cell)
    return cells


def _cell(source: ReadOnlyCell, formula: bool) -> Cell:
    """One cell with its type."""
    value = source.value
    if value is None:
        return TypedCell("formula", "", ("formula",)) if formula else ""
    typed = _typed(value, source)
    if not formula:
        return typed
    return TypedCell("text", typed, ("formula",)) if isinstance(typed, str) else typed.flagged("formula")


def _typed(value: object, source: ReadOnlyCell) -> Cell:
    """Text stays text, everything else says what it is."""
    if source.data_type == "e":
        return TypedCell("error", str(value))
    if isinstance(value, bool):
        return TypedCell("boolean", str(value).upper())
    if isinstance(value, int | float):
        return number_cell(value, source.number_format or "General")
    if isinstance(value, datetime):
        return TypedCell("date", value.isoformat(" "), moment=value)
    if isinstance(value, date):
        return TypedCell("date", value.isoformat(), moment=datetime(value.year, value.month, value.day))
    if isinstance(value, str):
        deliberate = source.number_format == "@" or not looks_numeric(value)
        return value if deliberate else TypedCell("text", value, ("number_as_text",))
    return TypedCell("date", value.isoformat() if isinstance(value, time) else str(value))
