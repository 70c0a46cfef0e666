"""The workbook: sheets, digits, text cells, no formulas, no empty cells, the same bytes twice."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from typing import Any

import openpyxl
import pytest

from tests.reports.stand_in import FAILED, SAMPLES, SILENT, STATES, lab_report, programme_view, reading_of
from workbench.reports.programme_twin import programme_twin
from workbench.reports.twin import CSV_COLUMNS, canonical_json, sealed
from workbench.reports.workbook import workbook_bytes
from workbench.reports.workbook_sheets import Number, shown_number


@cache
def twin_of(subject: str, locale: str = "zh_CN") -> dict[str, Any]:
    if subject == "ALL":
        return sealed(programme_twin(reading_of(programme_view(), "PR", "ALL", locale)))[0]
    return sealed(lab_report(subject, locale))[0]


@cache
def opened(subject: str, locale: str = "zh_CN") -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(twin_of(subject, locale))))


def test_sheets_in_order() -> None:
    assert opened(FAILED).sheetnames == ["说明", "汇总", "结果", "历史", "分组", "提示", "数据"]
    assert opened(FAILED, "en").sheetnames == [
        "About",
        "Summary",
        "Results",
        "History",
        "Groups",
        "Findings",
        "Data",
    ]


@pytest.mark.parametrize("subject", [FAILED, STATES, SILENT, "ALL"])
def test_no_empty_cell_no_formula_no_merge(subject: str) -> None:
    for sheet in opened(subject):
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.value not in (None, ""), (sheet.title, cell.coordinate)
                assert cell.data_type != "f", (sheet.title, cell.coordinate)


def test_displayed_digits_are_the_printed_ones() -> None:
    twin, sheet = twin_of(FAILED), opened(FAILED)["结果"]
    result = twin["analytes"][0]["results"][0]
    row = list(sheet[2])
    target = row[4]
    assert target.value == float(result["printed"]["assigned_value"])
    assert target.number_format == "0.000"
    assert row[6].number_format.startswith("+0.0")
    assert row[3].value == result["raw"]
    assert row[3].data_type == "s"


def test_leading_zeros_and_titres_live() -> None:
    sheet = opened(STATES)["结果"]
    values = {(row[0].value, row[2].value): row[3].value for row in sheet.iter_rows(min_row=2)}
    assert values["载脂蛋白B ApoB", SAMPLES[0]] == "007.10"
    assert values["脂蛋白(a) Lp(a)", SAMPLES[0]] == "<5"
    assert shown_number("1:80") == "1:80"


def test_what_looks_like_a_formula_is_text() -> None:
    twin = json.loads(canonical_json(twin_of(FAILED)))
    twin["analytes"][0]["results"][0]["raw"] = "=1+1"
    twin["analytes"][0]["results"][0]["printed"]["value"] = '=HYPERLINK("http://x")'
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(twin)))
    assert book["结果"]["D2"].value == '=HYPERLINK("http://x")'
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(twin))) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if "worksheets/sheet" in name]
    assert not any("<f>" in sheet or "hyperlink" in sheet.lower() for sheet in sheets)


def test_data_sheet_is_the_csv_unrounded() -> None:
    sheet = opened(FAILED, "en")["Data"]
    assert tuple(cell.value for cell in sheet[1]) == CSV_COLUMNS
    result = twin_of(FAILED, "en")["analytes"][0]["results"][0]
    column = CSV_COLUMNS.index("percent_allowed")
    assert sheet.cell(2, column + 1).value == pytest.approx(result["percent_allowed"], rel=1e-15)


def test_not_scored_is_a_word_never_zero() -> None:
    sheet = opened(STATES, "en")["Summary"]
    row = next(row for row in sheet.iter_rows(min_row=2) if str(row[0].value).startswith("HDL"))
    assert row[4].value == "–"
    assert "Not scored" in str(row[7].value)


def test_same_twin_same_bytes_from_memory_or_file() -> None:
    twin = twin_of(FAILED)
    assert workbook_bytes(twin) == workbook_bytes(json.loads(canonical_json(twin)))


def test_properties_hold_the_number_only() -> None:
    properties = opened(FAILED).properties
    assert properties.title == twin_of(FAILED)["report"]["number"]
    assert not properties.creator


def test_a_signed_number_keeps_its_sign_in_the_format() -> None:
    assert shown_number("−0.17") == Number(-0.17, "0.00", "−0.17")
