"""Sheets -> candidates: one for every place where a result can stand, blank rows counted aside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from workbench.ingest.cells import Cell, Sheet, TypedCell, cell_text, sent_text
from workbench.ingest.layout import Header, Layout
from workbench.ingest.matching import CodeBook


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place of a file where a result can stand.

    Parameters
    ----------
    sheet, row, column : the place; column is the heading of the result's column.
    fields : canonical column -> cell, constants and facts above the header included.
    sample, value : the two cells that differ within a wide row.
    flags : what is true of the whole row or sheet.
    fault : reason that keeps the row out whatever it holds, or "".
    cells, header : the whole row and its header, for the record of a quarantined one.
    """

    sheet: str
    row: int
    column: str
    fields: Mapping[str, Cell]
    sample: Cell
    value: Cell
    flags: tuple[str, ...]
    fault: str
    cells: Sequence[Cell]
    header: Header

    def heading(self, name: str) -> str:
        """The file's own heading of a canonical column; the result's column for "value"."""
        index = self.header.columns.get(name, -1)
        if name == "value" or index < 0:
            return self.column if name == "value" else name
        return self.header.texts[index]

    def as_json(self) -> str:
        """The whole row as a JSON object heading -> text; fields without a heading are numbered."""
        headings = self.header.texts
        names = [*headings, *("" for _ in range(len(self.cells) - len(headings)))]
        whole: dict[str, str] = {}
        for index, (name, cell) in enumerate(zip(names, self.cells, strict=False), start=1):
            whole[name if name and name not in whole else f"{name}#{index}"] = sent_text(cell)
        return json.dumps(whole, ensure_ascii=False)


@dataclass
class RowCounts:
    """Rows that are no candidates: why, and how many."""

    blank_rows: int = 0
    repeated_headers: int = 0
    ignored_rows: list[tuple[str, int]] = field(default_factory=list)


def candidates(
    sheet: Sheet, header: Header, layout: Layout, analytes: CodeBook, counts: RowCounts
) -> Iterator[Candidate]:
    """Every candidate of a sheet in the order of the file; `counts` is filled on the way.

    Notes
    -----
    A wide row whose analyte is unknown and whose sample cells are all empty is a remark under the
    table (a signature line, say) and no result: it is listed in `counts.ignored_rows`.
    """
    base: dict[str, Cell] = {**layout.constants, **header.facts}
    if header.heading_unit:
        base["unit"] = header.heading_unit
    sheet_flags = ("hidden_sheet",) if sheet.hidden else ()
    width, expected = len(header.texts), header.row + 1
    for number, cells in sheet.rows:
        if number <= header.row:
            continue
        counts.blank_rows += number - expected if sheet.sparse else 0
        expected = number + 1
        if not any(cell_text(cell) for cell in cells):
            counts.blank_rows += 1
            continue
        if _repeats_header(cells, header):
            counts.repeated_headers += 1
            continue
        fields = _fields(cells, header, base)
        places = _places(cells, header, fields)
        if header.wide and _is_remark(fields, places, analytes):
            counts.ignored_rows.append((sheet.name, number))
            continue
        flags = sheet_flags + (("hidden_row",) if number in sheet.hidden_rows else ())
        fault = "too_many_fields" if any(cell_text(cell) for cell in cells[width:]) else ""
        for sample, value, index in places:
            hidden = ("hidden_column",) if index + 1 in sheet.hidden_columns else ()
            heading = header.texts[index] if 0 <= index < width else ""
            yield Candidate(
                *(sheet.name, number, heading, fields, sample, value),
                *(flags + hidden, fault, cells, header),
            )


def _fields(cells: Sequence[Cell], header: Header, base: Mapping[str, Cell]) -> dict[str, Cell]:
    """Canonical column -> cell; an empty cell gives way to a constant or a fact above the header."""
    fields, width = dict(base), len(cells)
    for name, index in header.columns.items():
        cell = cells[index] if index < width else ""
        if cell != "" or name not in base:
            fields[name] = cell
    return fields


def analyte_text(fields: Mapping[str, Cell]) -> str:
    """What names the analyte: its code, or its name where there is no code."""
    return cell_text(fields.get("analyte", "")) or cell_text(fields.get("analyte_name", ""))


def _is_remark(
    fields: Mapping[str, Cell], places: Sequence[tuple[Cell, Cell, int]], analytes: CodeBook
) -> bool:
    """No result in the row, and nothing that names an analyte."""
    filled = any(cell != "" for _, cell, _ in places)
    return not filled and bool(analytes.find(analyte_text(fields)).reason)


def _places(
    cells: Sequence[Cell], header: Header, fields: Mapping[str, Cell]
) -> list[tuple[Cell, Cell, int]]:
    """Sample, value and column index of each result of a row."""
    if header.wide:
        return [(code, cells[i] if i < len(cells) else "", i) for code, i in header.samples.items()]
    return [(fields.get("sample", ""), fields.get("value", ""), header.columns.get("value", -1))]


def _repeats_header(cells: Sequence[Cell], header: Header) -> bool:
    """The header row again, as in pasted blocks."""
    if isinstance(cells[0], TypedCell) and cells[0].kind == "number":
        return False
    positions = [*header.columns.values(), *header.samples.values()]
    return all(i < len(cells) and cell_text(cells[i]) == header.texts[i] for i in positions)
