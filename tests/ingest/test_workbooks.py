"""Excel files: cell types, formulas, several sheets, old format, damage."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from openpyxl import Workbook

from workbench.errors import DataError
from workbench.ingest import Expectations, IngestReport, Layout, read_submission_file
from workbench.ingest.cells import Sheet, cell_text, expand_merged

HEADER = ("lab_code", "analyte", "sample", "value", "unit", "tested_on")


def _workbook(path: Path, *rows: tuple[Any, ...]) -> Path:
    book = Workbook()
    for row in (HEADER, *rows):
        book.active.append(row)
    book.save(path)
    return path


def _read(path: Path, expectations: Expectations) -> IngestReport:
    return read_submission_file(path, Layout(), expectations)


def test_cell_types(tmp_path: Path, expectations: Expectations) -> None:
    path = _workbook(
        tmp_path / "types.xlsx",
        (7, "Glu", 2026111, 5.0999999999999996, "mmol/L", datetime(2026, 4, 20)),
        (12, "Glu", 2026111.0, 5, "mmol/L", "2026-04-20"),
        ("LAB-3", "Glu", "2026111", True, "mmol/L", None),
        ("007", "Glu", "2026112", datetime(2026, 1, 2), "mmol/L", None),
    )
    report = _read(path, expectations)
    assert report.loaded[["lab_code", "raw", "flags"]].to_numpy().tolist() == [
        ["007", "5.1", "zeros_restored"],
        ["012", "5", "zeros_restored"],
        ["LAB-3", "TRUE", "unreadable"],
    ]
    assert report.loaded["tested_on"].dt.strftime("%Y-%m-%d").fillna("").tolist() == ["2026-04-20"] * 2 + [""]
    assert report.quarantined[["row", "reason"]].to_numpy().tolist() == [[5, "date_for_value"]]


def test_saved_result_of_a_formula_is_read(tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "formula.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("007", "Glu", "2026111"))
        sheet.write_formula(1, 3, "=2+3.1", None, 5.1)
        sheet.write_row(2, 0, ("007", "Glu", "2026112"))
        sheet.write_formula(2, 3, "=1/0", None, "#DIV/0!")
    report = _read(path, expectations)
    assert report.loaded[["raw", "flags"]].to_numpy().tolist() == [["5.1", "formula,unit_assumed"]]
    assert report.quarantined["reason"].tolist() == ["error_cell"]


@pytest.mark.parametrize("text", ["=1+1", "+5.1", "-5.1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_text_that_begins_like_a_formula_is_data(
    text: str, tmp_path: Path, expectations: Expectations
) -> None:
    path = tmp_path / "text.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        for column, cell in enumerate(("007", "Glu", "2026111", text, "mmol/L")):
            sheet.write_string(1, column, cell)
    report = _read(path, expectations)
    assert report.loaded["raw"].tolist() == [text]
    assert "formula" not in report.loaded["flags"].iloc[0]


def test_several_sheets_are_read(tmp_path: Path, expectations: Expectations) -> None:
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(("007", "Glu", "2026111", 5.1, "mmol/L"))
    second = book.create_sheet("second")
    second.append(HEADER)
    second.append(("007", "Glu", "2026112", 6.1, "mmol/L"))
    second.append(("012", "Gluten", "2026112", 6.1, "mmol/L"))
    path = tmp_path / "two.xlsx"
    book.save(path)
    report = _read(path, expectations)
    assert report.loaded[["sheet", "row"]].to_numpy().tolist() == [["Sheet", 2], ["second", 2]]
    assert report.quarantined[["sheet", "row"]].to_numpy().tolist() == [["second", 3]]
    only = read_submission_file(path, Layout(sheets=("Sheet",)), expectations)
    assert (only.counts.read, only.problems) == (1, ())
    with pytest.raises(DataError, match="there is no such sheet"):
        read_submission_file(path, Layout(sheets=("third",)), expectations)


def test_sheets_without_results_are_told(tmp_path: Path, expectations: Expectations) -> None:
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(("007", "Glu", "2026111", 5.1, "mmol/L"))
    book.create_sheet("staff").append(("name", "phone"))
    book.create_sheet("codes").append(("analyte", "unit", "method"))
    book.create_sheet("empty")
    path = tmp_path / "sheets.xlsx"
    book.save(path)
    report = _read(path, expectations)
    assert [(p.sheet, p.message) for p in report.problems] == [
        (name, "sheet has no result header and was not read") for name in ("staff", "codes")
    ]


def test_broken_result_sheet_is_never_skipped(tmp_path: Path, expectations: Expectations) -> None:
    book = Workbook()
    book.active.append(HEADER)
    book.create_sheet("broken").append(("lab_code", "value"))
    path = tmp_path / "broken.xlsx"
    book.save(path)
    with pytest.raises(DataError) as caught:
        _read(path, expectations)
    assert [(p.sheet, p.row) for p in caught.value.problems] == [("broken", 1)] * 2


def test_blank_rows_are_counted(tmp_path: Path, expectations: Expectations) -> None:
    blank = (None,) * 4
    rows = [blank, ("007", "Glu", "2026111", 5.1), blank, blank, ("007", "Glu", "2026112", 5.1)]
    report = _read(_workbook(tmp_path / "blank.xlsx", *rows), expectations)
    assert (report.counts.blank_rows, report.counts.read) == (3, 2)
    assert report.loaded["row"].tolist() == [3, 6]


def test_merged_laboratory_and_analyte_are_filled_down(tmp_path: Path, expectations: Expectations) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(("results of the round", None, None, None))
    sheet.append(("lab_code", "analyte", "sample", "value"))
    sheet.append(("007", "Glu", "2026111", 5.1))
    sheet.append((None, None, "2026112", 5.2))
    for reference in ("A1:D1", "A3:A4", "B3:B4"):
        sheet.merge_cells(reference)
    path = tmp_path / "merged.xlsx"
    book.save(path)
    report = _read(path, expectations)
    assert report.loaded[["lab_code", "analyte", "value", "flags"]].to_numpy().tolist() == [
        ["007", "Glu", 5.1, "merged_cell"],
        ["007", "Glu", 5.2, "merged_cell"],
    ]


def test_range_over_the_whole_sheet_costs_nothing() -> None:
    sheet = Sheet("s", [(1, ["x", "y"]), (900_000, ["", "", "z"])], merged=[(1, 1, 1_048_576, 16_384)])
    expand_merged(sheet)
    assert [[cell_text(cell) for cell in row] for _, row in sheet.rows] == [["x"] * 3, ["x"] * 3]


def test_filled_cell_far_to_the_right_is_refused(tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "far.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write_string("XFD2", "x")
    with pytest.raises(DataError, match="column 16384"):
        _read(path, expectations)


def test_old_workbooks(tmp_path: Path, expectations: Expectations) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("结果")
    two, day = xlwt.easyxf(num_format_str="0.00"), xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, text in enumerate(HEADER):
        sheet.write(0, column, text)
    cells: list[tuple[Any, ...]] = [
        (7, "血糖", 2026111, 5.1, "mmol/L", datetime(2026, 4, 20)),
        ("012", "Glu", "2026111", "5.10", "mmol/L", ""),
        ("LAB-3", "Glu", "2026111", datetime(2026, 1, 2), "mmol/L", ""),
    ]
    for row, values in enumerate(cells, start=1):
        for column, value in enumerate(values):
            style = two if value == 5.1 else day if isinstance(value, datetime) else xlwt.Style.default_style
            sheet.write(row, column, value, style)
    sheet.write_merge(4, 5, 0, 0, "LAB-3")
    for row, sample, text in ((4, "2026111", "6.6"), (5, "2026112", "7.7")):
        for column, value in ((1, "Glu"), (2, sample), (3, text), (4, "mmol/L")):
            sheet.write(row, column, value, xlwt.easyxf(num_format_str="@"))
    sheet.row(2).hidden = True
    path = tmp_path / "old.xls"
    book.save(str(path))
    report = _read(path, expectations)
    assert report.loaded[["lab_code", "raw", "flags"]].to_numpy().tolist() == [
        ["007", "5.10", "zeros_restored,decimals_from_format"],
        ["012", "5.10", "hidden_row,number_as_text"],
        ["LAB-3", "6.6", "merged_cell"],
        ["LAB-3", "7.7", "merged_cell"],
    ]
    assert str(report.loaded["tested_on"].iloc[0].date()) == "2026-04-20"
    assert report.quarantined[["row", "reason"]].to_numpy().tolist() == [[4, "date_for_value"]]


ENCRYPTED = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(400)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (ENCRYPTED, "is encrypted"),
        (b"PK\x03\x04" + bytes(200), "is damaged or is not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "is damaged"),
        (b"<html><table><tr><td>5.1</td></tr></table></html>", "is a page or document"),
        (b"%PDF-1.7", "is a page or document"),
    ],
)
def test_files_that_cannot_be_read(
    content: bytes, message: str, tmp_path: Path, expectations: Expectations
) -> None:
    path = tmp_path / "strange.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"strange\.xlsx {message}") as caught:
        _read(path, expectations)
    assert caught.value.problems


def test_absent_file(tmp_path: Path, expectations: Expectations) -> None:
    with pytest.raises(DataError, match=r"nowhere\.csv cannot be opened"):
        _read(tmp_path / "nowhere.csv", expectations)


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_damaged_bytes_give_a_report_or_a_data_error(
    kind: str, tmp_path: Path, expectations: Expectations
) -> None:
    path = tmp_path / f"sound.{kind}"
    if kind == "xlsx":
        _workbook(path, *[("007", "Glu", "2026111", 5.1 + i, "mmol/L") for i in range(20)])
    else:
        old = xlwt.Workbook()
        sheet = old.add_sheet("s")
        for row in range(20):
            for column, value in enumerate(HEADER if row == 0 else ("007", "Glu", "2026111", 5.1)):
                sheet.write(row, column, value)
        old.save(str(path))
    sound, random_source = path.read_bytes(), random.Random(20260408)
    refused = unnamed = 0
    for _ in range(120):
        broken = bytearray(sound)
        for _ in range(random_source.choice((1, 4, 40))):
            broken[random_source.randrange(len(broken))] = random_source.randrange(256)
        cut = len(broken) if random_source.random() < 0.7 else random_source.randrange(20, len(broken))
        path.write_bytes(bytes(broken[:cut]))
        try:
            assert _read(path, expectations).counts.reconcile
        except DataError as error:
            refused += 1
            unnamed += path.name not in str(error)
    assert refused > 10
    assert unnamed == 0
