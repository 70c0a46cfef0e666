"""The form a laboratory fills in: reads back, keeps digits, gives nothing away, same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from workbench.errors import DataError
from workbench.ingest import Expectations, IngestReport, Layout, read_submission_file, write_template
from workbench.ingest.templates import HEADER_ROW

RESULTS = {"zh_CN": "结果填报", "en": "Results"}
LABELS = {"zh_CN": ("实验室编码", "测定日期"), "en": ("Laboratory code", "Test date")}


@pytest.fixture(params=["zh_CN", "en"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _form(path: Path, expectations: Expectations, locale: str) -> tuple[Workbook, Any]:
    write_template(path, expectations, locale)
    book = load_workbook(path)
    return book, book[RESULTS[locale]]


def _fact(sheet: Any, label: str) -> Any:
    return next(row[1] for row in sheet.iter_rows() if row[0].value == label)


def _fill(
    path: Path, expectations: Expectations, locale: str, cells: Mapping[str, Any], lab: Any
) -> IngestReport:
    book, sheet = _form(path, expectations, locale)
    code, tested = LABELS[locale]
    _fact(sheet, code).value = lab
    _fact(sheet, tested).value = datetime(2026, 4, 20)
    for place, value in cells.items():
        sheet[place].value = value
        sheet[place].data_type = "s"
    book.save(path)
    return read_submission_file(path, Layout(), expectations)


def test_filled_form_reads_back(locale: str, tmp_path: Path, expectations: Expectations) -> None:
    first = HEADER_ROW + 2
    method = {"zh_CN": "M1 | 己糖激酶法", "en": "M1 | Hexokinase"}[locale]
    cells = {f"H{first}": "5.10", f"I{first}": "＜0.5", f"D{first}": method, f"J{first}": "=1+1 夜班"}
    cells |= {f"C{first + 1}": "mmol/mol", f"H{first + 1}": "53", f"H{first + 2}": "NEG"}
    report = _fill(tmp_path / "form.xlsx", expectations, locale, cells, "007")
    assert report.quarantined.empty
    assert report.problems == ()
    columns = ["lab_code", "analyte", "sample", "raw", "result_state", "method", "flags"]
    assert report.loaded[columns].to_numpy().tolist() == [
        ["007", "Glu", "2026111", "5.10", "reported", "M1", ""],
        ["007", "Glu", "2026112", "＜0.5", "reported", "M1", "full_width"],
        ["007", "HbA1c", "2026111", "53", "reported", "", "unit_converted"],
        ["007", "HbA1c", "2026112", "", "not_returned", "", ""],
        ["007", "HBsAg", "2026111", "NEG", "reported", "", ""],
        ["007", "HBsAg", "2026112", "", "not_returned", "", ""],
    ]
    assert report.loaded["comment"].tolist()[:2] == ["=1+1 夜班"] * 2
    assert set(report.loaded["tested_on"].dt.strftime("%Y-%m-%d")) == {"2026-04-20"}
    assert report.counts.read == 6


def test_form_of_another_round_is_kept_out(tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "form.xlsx"
    _fill(path, expectations, "en", {f"H{HEADER_ROW + 2}": "5.10"}, "007")
    report = read_submission_file(path, Layout(), replace(expectations, round="2026-2"))
    assert report.loaded.empty
    assert set(report.quarantined["reason"]) == {"other_round"}


def test_form_without_a_laboratory_code_is_refused(tmp_path: Path, expectations: Expectations) -> None:
    with pytest.raises(DataError, match="required column 'lab_code' is missing"):
        _fill(tmp_path / "form.xlsx", expectations, "zh_CN", {}, None)


def test_code_typed_as_a_number_still_finds_its_laboratory(
    tmp_path: Path, expectations: Expectations
) -> None:
    report = _fill(tmp_path / "form.xlsx", expectations, "zh_CN", {f"H{HEADER_ROW + 2}": "5.1"}, 7)
    assert report.loaded["lab_code"].unique().tolist() == ["007"]
    assert report.loaded["flags"].str.contains("zeros_restored").all()


def test_same_round_gives_the_same_bytes(locale: str, tmp_path: Path, expectations: Expectations) -> None:
    paths = [tmp_path / name for name in ("first.xlsx", "second.xlsx")]
    for path in paths:
        write_template(path, expectations, locale)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert load_workbook(paths[0]).properties.created == datetime(2026, 4, 8)


def test_only_entry_cells_are_open(locale: str, tmp_path: Path, expectations: Expectations) -> None:
    book, sheet = _form(tmp_path / "form.xlsx", expectations, locale)
    assert all(each.protection.sheet for each in book.worksheets)
    first, last = HEADER_ROW + 2, HEADER_ROW + 1 + len(expectations.analytes)
    assert all(sheet.cell(HEADER_ROW + 1, column).protection.locked for column in range(1, 11))
    for row in range(first, last + 1):
        assert [sheet.cell(row, column).protection.locked for column in (1, 2, *range(4, 11))] == [
            True
        ] * 2 + [False] * 7
        assert {sheet.cell(row, column).number_format for column in (8, 9)} == {"@"}
    assert [sheet.cell(row, 3).protection.locked for row in range(first, last + 1)] == [False, False, True]
    assert _fact(sheet, LABELS[locale][0]).number_format == "@"


def test_drop_downs_offer_the_choices(locale: str, tmp_path: Path, expectations: Expectations) -> None:
    book, sheet = _form(tmp_path / "form.xlsx", expectations, locale)
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            name, _, cells = rule.formula1.partition("!")
            offered[str(rule.sqref)] = [row[0].value for row in book[name.strip("'")][cells.replace("$", "")]]
    first = HEADER_ROW + 2
    assert offered[f"C{first}"] == ["mmol/L", "mg/dL"]
    assert [text.split(" | ")[0] for text in offered[f"D{first}"]] == ["M1", "M2"]
    assert offered[f"H{first + 2}:I{first + 2}"] == ["POS", "NEG"]


def test_form_holds_no_other_laboratorys_code(
    locale: str, tmp_path: Path, expectations: Expectations
) -> None:
    book, _ = _form(tmp_path / "form.xlsx", replace(expectations, lab_codes=frozenset({"CANARY-9"})), locale)
    texts = [cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert "CANARY-9" not in texts
    assert not [text for text in texts if str(text).startswith("=")]
    assert not [sheet.merged_cells.ranges for sheet in book.worksheets if sheet.merged_cells.ranges]


def test_many_samples_and_choices(tmp_path: Path, expectations: Expectations) -> None:
    many = replace(expectations, samples=tuple(f"S{number:02d}" for number in range(40)))
    report = _fill(tmp_path / "form.xlsx", many, "en", {f"AU{HEADER_ROW + 2}": "5.1"}, "007")
    filled = report.loaded[report.loaded["result_state"] == "reported"]
    assert filled[["analyte", "sample", "value"]].to_numpy().tolist() == [["Glu", "S39", 5.1]]
