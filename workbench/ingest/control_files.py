"""Control values from CSV and Excel files: one row a value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Cell, Sheet, TypedCell, cell_text
from workbench.ingest.control_rows import ControlExpectations, ControlIntake, ControlRecord, control_intake
from workbench.ingest.files import read_sheets
from workbench.ingest.layout import Layout, fold_heading

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "lab_code": ("lab_code", "实验室编码", "实验室代码", "参加者编码", "laboratory", "lab"),
    "analyte": ("analyte", "项目编码", "项目代码", "项目", "test"),
    "level": ("level", "水平", "质控水平", "浓度水平"),
    "instrument": ("instrument", "仪器", "仪器编码"),
    "reagent": ("reagent", "试剂", "试剂编码"),
    "sub_type": ("sub_type", "试剂亚型", "亚型"),
    "calibrator": ("calibrator", "校准品", "校准物"),
    "qc_lot": ("qc_lot", "质控品批号", "批号", "质控批号", "control lot"),
    "run_at": ("run_at", "检测时间", "测定时间", "日期", "time", "date", "检测日期"),
    "run_no": ("run_no", "批次", "分析批", "run"),
    "replicate": ("replicate", "重复号", "重复"),
    "value": ("value", "结果", "测定值", "result", "S/CO"),
    "unit": ("unit", "单位"),
    "answer": ("answer", "定性结果", "判读"),
    "operator_flag": ("operator_flag", "操作者标记", "标记", "flag"),
    "track": ("track", "来源方式", "录入方式"),
}
"""Canonical column -> headings it may have."""
REQUIRED = ("analyte", "level", "qc_lot", "run_at")
_TRACK_WORDS = {"自动": "automatic", "接口": "automatic", "手工": "manual", "手动": "manual"}
_SEARCHED_ROWS = 20


def read_control_file(
    path: Path | str, expectations: ControlExpectations, constants: Mapping[str, str] | None = None
) -> ControlIntake:
    """Read a file of control values.

    Parameters
    ----------
    path : .csv, .xlsx or .xls. expectations : the master data.
    constants : canonical column -> text for columns the file has not, for example lab_code.

    Raises
    ------
    DataError
        when the file cannot be read or lacks a required column, every one named.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as cause:
        raise DataError(f"{file.name} cannot be read.", [Problem(str(cause), file=file.name)]) from cause
    fixed = dict(constants or {})
    sheets = read_sheets(content, file.name, Layout())
    records = [record for sheet in sheets for record in _records(sheet, file.name, fixed)]
    sha256 = hashlib.sha256(content + repr(sorted(fixed.items())).encode()).hexdigest()
    return control_intake(file.name, sha256, records, expectations)


def _records(sheet: Sheet, name: str, fixed: Mapping[str, str]) -> Iterator[ControlRecord]:
    """Every filled row below the header of one sheet."""
    if not sheet.rows:
        return
    row_no, columns = _header(sheet.rows, name, fixed)
    for number, cells in sheet.rows:
        texts = [cell_text(cell) for cell in cells]
        if number <= row_no or not any(texts):
            continue
        fields = dict(fixed)
        for column, index in columns.items():
            if index < len(cells):
                cell = cells[index]
                dated = isinstance(cell, TypedCell) and cell.moment is not None
                text = _text(cell) if dated else texts[index]
            else:
                text = ""
            fields[column] = text or fields.get(column, "")
        fields["track"] = _TRACK_WORDS.get(fields.get("track", ""), fields.get("track", ""))
        place = f"{sheet.name}!{number}" if sheet.name else str(number)
        yield ControlRecord(place, fields)


def _text(cell: Cell) -> str:
    """Text of a cell; a date cell with its time of day."""
    if isinstance(cell, TypedCell) and cell.moment is not None:
        return cell.moment.isoformat(sep=" ")[:19]
    return cell_text(cell)


def _header(
    rows: Sequence[tuple[int, Sequence[Cell]]], name: str, fixed: Mapping[str, str]
) -> tuple[int, dict[str, int]]:
    """Row number and columns of the header: the first row that names all that is required."""
    known = {fold_heading(text): column for column, texts in HEADINGS.items() for text in texts}
    best: tuple[int, dict[str, int]] = (0, {})
    for number, cells in rows[:_SEARCHED_ROWS]:
        columns: dict[str, int] = {}
        for index, cell in enumerate(cells):
            column = known.get(fold_heading(cell_text(cell)), "")
            if column:
                columns.setdefault(column, index)
        if len(columns) > len(best[1]):
            best = number, columns
    there = {*best[1], *fixed}
    missing = [c for c in (*REQUIRED, "lab_code") if c not in there]
    if not {"value", "answer"} & there:
        missing.append("value")
    if missing:
        problems = [
            Problem(f"no column {HEADINGS[c][0]} ({HEADINGS[c][1]})", file=name, column=c) for c in missing
        ]
        raise DataError(f"{name} lacks columns of a control file.", problems)
    return best
