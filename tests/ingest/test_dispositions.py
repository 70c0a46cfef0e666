"""Every line of the table of dispositions, one by one, through whole files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from tests.ingest.coded_cases import CODED_REASONS
from workbench.errors import DataError
from workbench.ingest import (
    DISPOSITIONS,
    AcceptedUnit,
    Expectations,
    IngestReport,
    Layout,
    read_submission_file,
)

HEADER = "lab_code,analyte,sample,value,unit"
GOOD = "007,Glu,2026111,5.10,mmol/L"

# code -> (header, line): the line alone shows the case
TEXT_CASES = {
    "full_width": (HEADER, "007,Glu,2026111,５．１０,mmol/L"),
    "or_equal": (HEADER, "007,Glu,2026111,≤5.1,mmol/L"),
    "censor_words": (HEADER, "007,Glu,2026111,小于5.1,mmol/L"),
    "thousands_comma": (HEADER, '007,Glu,2026111,"1,234.5",mmol/L'),
    "decimal_comma": (HEADER, '007,Glu,2026111,"5,1",mmol/L'),
    "ambiguous_comma": (HEADER, '007,Glu,2026111,"1,234",mmol/L'),
    "scientific": (HEADER, "007,Glu,2026111,5.1E0,mmol/L"),
    "mark_removed": (HEADER, "007,Glu,2026111,5.1↑,mmol/L"),
    "unit_in_value": (HEADER, "007,Glu,2026111,5.1 mmol/L,"),
    "unit_conflict": (HEADER, "007,Glu,2026111,5.1 mmol/L,mg/dL"),
    "float_artefact": (HEADER, "007,Glu,2026111,5.0999999999999996,mmol/L"),
    "negative": (HEADER, "007,Glu,2026111,-5.1,mmol/L"),
    "implausible": (HEADER, "007,Glu,2026111,510,mmol/L"),
    "absurd_value": (HEADER, "007,Glu,2026111,6901234567890123,mmol/L"),
    "date_for_value": (HEADER, "007,Glu,2026111,1月2日,mmol/L"),
    "unreadable": (HEADER, "007,Glu,2026111,五点一,mmol/L"),
    "empty_mark": (HEADER, "007,Glu,2026111,未做,mmol/L"),
    "sample_fault": (HEADER, "007,Glu,2026111,样本破损,mmol/L"),
    "code_spelled_out": (HEADER, "007,HBsAg,2026111,阳性,"),
    "too_many_fields": (HEADER, "007,Glu,2026111,1,234,mmol/L"),
    "lab_code_missing": (HEADER, ",Glu,2026111,5.1,mmol/L"),
    "lab_code_unknown": (HEADER, "999,Glu,2026111,5.1,mmol/L"),
    "lab_code_ambiguous": (HEADER, "7,Glu,2026111,5.1,mmol/L"),
    "analyte_missing": (HEADER, "007,,2026111,5.1,mmol/L"),
    "analyte_unknown": (HEADER, "007,Gluten,2026111,5.1,mmol/L"),
    "analyte_ambiguous": (HEADER, "007,糖,2026111,5.1,mmol/L"),
    "analyte_conflict": (HEADER + ",项目名称", "007,Glu,2026111,5.1,mmol/L,糖化血红蛋白"),
    "sample_missing": (HEADER, "007,Glu,,5.1,mmol/L"),
    "sample_unknown": (HEADER, "007,Glu,2026119,5.1,mmol/L"),
    "sample_ambiguous": (HEADER, "007,Glu,1,5.1,mmol/L"),
    "code_spelling": (HEADER, "lab-3,Glu,2026111,5.1,mmol/L"),
    "zeros_restored": (HEADER, "12,Glu,2026111,5.1,mmol/L"),
    "other_round": (HEADER + ",round", "007,Glu,2026111,5.1,mmol/L,2025-3"),
    "other_programme": (HEADER + ",计划编号", "007,Glu,2026111,5.1,mmol/L,1.2"),
    "system_unknown": (HEADER + ",方法", "007,Glu,2026111,5.1,mmol/L,某法"),
    "unit_spelling": (HEADER, "007,Glu,2026111,5.1,MMOL/l"),
    "unit_converted": (HEADER, "007,Glu,2026111,92,mg/dL"),
    "unit_assumed": (HEADER, "007,Glu,2026111,5.1,"),
    "unit_unknown": (HEADER, "007,Glu,2026111,5.1,g/L"),
    "unit_ambiguous": (HEADER, "007,Glu,2026111,5.1,IU/l"),
    "test_date_future": (HEADER + ",测定日期", "007,Glu,2026111,5.1,mmol/L,2026-04-23"),
    "test_date_before_dispatch": (HEADER + ",测定日期", "007,Glu,2026111,5.1,mmol/L,2026-04-07"),
    "test_date_unreadable": (HEADER + ",测定日期", "007,Glu,2026111,5.1,mmol/L,4/8/26"),
    "test_date_serial": (HEADER + ",测定日期", "007,Glu,2026111,5.1,mmol/L,46130"),
    "uncertainty_relative": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,5.10,mmol/L,4.0%,2"),
    "uncertainty_unreadable": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,5.10,mmol/L,小,2"),
    "uncertainty_not_positive": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,5.10,mmol/L,0.00,2"),
    "uncertainty_unit_unknown": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,5.10,mmol/L,0.2 g/L,2"),
    "uncertainty_implausible": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,5.10,mmol/L,11,2"),
    "uncertainty_without_result": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,<1.0,mmol/L,0.2,2"),
    "uncertainty_conflict": (
        HEADER + ",扩展不确定度,标准不确定度,包含因子",
        "007,Glu,2026111,5.10,mmol/L,0.2,0.2,2",
    ),
    "coverage_factor_assumed": (HEADER + ",扩展不确定度", "007,Glu,2026111,5.10,mmol/L,0.2"),
    "coverage_factor_unusable": (HEADER + ",扩展不确定度,包含因子", "007,Glu,2026111,5.10,mmol/L,0.2,95%"),
    "duplicate_identical": (HEADER, f"{GOOD}\n{GOOD}"),
    "duplicate_conflicting": (HEADER, f"{GOOD}\n007,Glu,2026111,5.2,mmol/L"),
}

Filler = Callable[[Workbook, Any], None]


def _set(**cells: Any) -> Filler:
    def fill(_: Workbook, sheet: Any) -> None:
        for place, value in cells.items():
            sheet[place] = value

    return fill


def _format(place: str, value: Any, number_format: str) -> Filler:
    def fill(_: Workbook, sheet: Any) -> None:
        sheet[place] = value
        sheet[place].number_format = number_format

    return fill


def _hidden(kind: str) -> Filler:
    def fill(book: Workbook, sheet: Any) -> None:
        if kind == "sheet":
            book.create_sheet("front")
            book.active = 1
            sheet.sheet_state = "hidden"
        elif kind == "row":
            sheet.row_dimensions[2].hidden = True
        else:
            sheet.column_dimensions["D"].hidden = True

    return fill


def _merged(reference: str) -> Filler:
    def fill(_: Workbook, sheet: Any) -> None:
        for column, value in enumerate(["007", "Glu", "2026112", "5.3", "mmol/L"], start=1):
            sheet.cell(3, column, value)
        sheet.merge_cells(reference)

    return fill


# code -> what is done to a sheet whose row 2 is GOOD
WORKBOOK_CASES: dict[str, Filler] = {
    "decimals_from_format": _format("D2", 5.1, "0.00"),
    "more_digits_than_shown": _format("D2", 5.1234, "0.0"),
    "percent_format": _format("D2", 0.051, "0.0%"),
    "number_as_text": _format("D2", "5.10", "General"),
    "formula_without_value": _set(D2="=1+4.1"),
    "error_cell": _set(D2="#N/A"),
    "optional_error": _set(F1="method", F2="#REF!"),
    "merged_cell": _merged("A2:A3"),
    "merged_value": _merged("D2:D3"),
    "hidden_row": _hidden("row"),
    "hidden_column": _hidden("column"),
    "hidden_sheet": _hidden("sheet"),
}
ELSEWHERE = {
    "formula": "test_saved_result_of_a_formula_is_read",
    "late": "test_late_file_is_accepted_and_flagged",
    "unknown_column": "test_unknown_columns_are_told",
    "sheet_skipped": "test_sheets_without_results_are_told",
    "header_missing": "test_missing_columns_are_named_all_at_once",
    "header_duplicated": "test_column_twice_is_refused",
    "row_ignored": "test_remarks_under_a_wide_table_are_no_results",
    "encoding_guessed": "test_rare_characters_make_gb18030_a_guess",
    **dict.fromkeys(
        ("lab_not_enrolled", "lab_not_designated", "fee_unsettled"),
        "test_the_year_decides_whose_results_are_questions",
    ),
    "allele_ambiguous": "test_an_allele_that_fits_two_variants_is_kept_out",
    **dict.fromkeys(CODED_REASONS, "test_what_cannot_be_an_answer_is_kept_out_with_its_reason"),
}


@pytest.fixture
def wider(expectations: Expectations) -> Expectations:
    """The round with spellings that collide, to show the ambiguous cases."""
    first, second, third = expectations.analytes
    more = (AcceptedUnit("IU/L", Decimal(2)), AcceptedUnit("iu/L", Decimal(3)))
    first = replace(first, aliases=("糖",), accepted_units=(*first.accepted_units, *more))
    return replace(
        expectations,
        analytes=(first, replace(second, aliases=("糖",)), third),
        samples=(*expectations.samples, "01", "001"),
        lab_codes=(expectations.lab_codes or frozenset()) | {"0007"},
    )


def _outcome(report: IngestReport, code: str) -> list[str]:
    if DISPOSITIONS[code].action == "flag":
        return [flags for flags in report.loaded["flags"] if code in flags.split(",")]
    return [reasons for reasons in report.quarantined["reasons"] if code in reasons.split(",")]


def test_every_disposition_has_its_test() -> None:
    assert {*TEXT_CASES, *WORKBOOK_CASES, *ELSEWHERE} == set(DISPOSITIONS)
    written = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert all(f"def {name}(" in written for name in ELSEWHERE.values())


@pytest.mark.parametrize("code", TEXT_CASES)
def test_case_in_a_text_file(code: str, tmp_path: Path, wider: Expectations) -> None:
    header, line = TEXT_CASES[code]
    path = tmp_path / "case.csv"
    path.write_text(
        f"{header}\n{line}\nLAB-3,Glu,2026112,6.6,mmol/L{',' * header.count(',', 35)}\n", encoding="utf-8"
    )
    report = read_submission_file(path, Layout(), wider)
    assert _outcome(report, code), (report.loaded["flags"].tolist(), report.quarantined["reasons"].tolist())
    assert report.counts.reconcile
    untouched = report.loaded[report.loaded["sample"] == "2026112"].iloc[0]
    assert (untouched["raw"], untouched["flags"]) == ("6.6", "")


@pytest.mark.parametrize("code", WORKBOOK_CASES)
def test_case_in_a_workbook(code: str, tmp_path: Path, expectations: Expectations) -> None:
    book = Workbook()
    sheet = book.active
    for row, line in enumerate((HEADER, GOOD), start=1):
        for column, text in enumerate(line.split(","), start=1):
            sheet.cell(row, column, text).number_format = "@"
    WORKBOOK_CASES[code](book, sheet)
    path = tmp_path / "case.xlsx"
    book.save(path)
    report = read_submission_file(path, Layout(), expectations)
    assert _outcome(report, code), (report.loaded["flags"].tolist(), report.quarantined["reasons"].tolist())
    assert report.counts.reconcile


def test_quarantined_row_keeps_place_reason_and_everything_sent(
    read_lines: Callable[..., IngestReport],
) -> None:
    report = read_lines([GOOD, "999,Gluten,2026119,=cmd|x,g/L"])
    row = report.quarantined.iloc[0]
    assert (row["file"], row["sheet"], row["row"], row["column"]) == ("results.csv", "", 3, "lab_code")
    assert row["reasons"] == "lab_code_unknown,analyte_unknown,sample_unknown"
    assert json.loads(row["params"]) == {"raw": "999"}
    assert json.loads(row["whole_row"]) == {
        "lab_code": "999",
        "analyte": "Gluten",
        "sample": "2026119",
        "value": "=cmd|x",
        "unit": "g/L",
    }
    assert [str(problem) for problem in report.problems] == [
        "results.csv:3:lab_code: laboratory '999' is not enrolled"
    ]


def test_raw_is_kept_digit_for_digit(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(["007,Glu,2026111, ＜０.50 ,mmol/L", "007,Glu,2026112,5.10,mmol/L"])
    assert report.loaded["raw"].tolist() == [" ＜０.50 ", "5.10"]
    assert report.loaded[["value", "decimals", "censor"]].to_numpy().tolist() == [[0.5, 2, -1], [5.1, 2, 0]]


def test_empty_text_and_states(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(["007,Glu,2026111,,mmol/L", "007,Glu,2026112,溶血,mmol/L", "012,HBsAg,2026111,-,"])
    assert report.loaded["result_state"].tolist() == ["not_returned", "unreadable", "reported"]
    assert report.loaded["code"].tolist() == ["", "", "NEG"]
    assert report.loaded["findings"].tolist() == ["", "F17", ""]
    assert report.loaded["value"].isna().all()
    assert report.counts.not_returned == 1


def test_conversion_is_exact_and_only_by_the_analytes_own_table(
    read_lines: Callable[..., IngestReport],
) -> None:
    report = read_lines(
        ["007,Glu,2026111,92.5,mg/dL", "007,HbA1c,2026111,53,mmol/mol", "012,HbA1c,2026111,7,mg/dL"]
    )
    glucose, hba1c = (report.loaded.iloc[i] for i in range(2))
    assert (glucose["value"], glucose["decimals"], glucose["factor"]) == (
        float(Decimal("5.134675")),
        6,
        0.05551,
    )
    assert (glucose["unit_as_sent"], glucose["unit"], glucose["raw"]) == ("mg/dL", "mmol/L", "92.5")
    assert hba1c["value"] == float(Decimal("53") * Decimal("0.09148") + Decimal("2.152"))
    assert report.quarantined["reason"].tolist() == ["unit_unknown"]


def test_copies_are_merged_and_counted(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines(
        [GOOD, "7,Glu,2026111,5.1,MMOL/L", "007,Glu,2026111,,mmol/L", "012,Glu,2026111,5,mmol/L"]
    )
    assert report.loaded["flags"].tolist() == ["duplicate_identical", ""]
    assert report.loaded["raw"].tolist() == ["5.10", "5"]
    counts = report.counts
    assert (counts.read, counts.loaded_clean, counts.flagged, counts.merged, counts.quarantined) == (
        4,
        1,
        3,
        2,
        0,
    )


def test_two_devices_are_two_places(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines([f"{GOOD},A", "007,Glu,2026111,6.2,mmol/L,B"], header=HEADER + ",设备编号")
    assert report.loaded[["device_id", "value", "flags"]].to_numpy().tolist() == [
        ["A", 5.1, ""],
        ["B", 6.2, ""],
    ]


def test_conflicting_results_are_all_kept_out(read_lines: Callable[..., IngestReport]) -> None:
    report = read_lines([GOOD, "012,Glu,2026111,5,mmol/L", "007,Glu,2026111,5.11,mmol/L", GOOD])
    assert report.loaded["lab_code"].tolist() == ["012"]
    assert report.quarantined["row"].tolist() == [2, 4, 5]


def test_late_file_is_accepted_and_flagged(tmp_path: Path, expectations: Expectations) -> None:
    path = tmp_path / "late.csv"
    path.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    in_time = replace(expectations, today=datetime(2026, 4, 25, 23, 59))
    assert read_submission_file(path, Layout(), in_time).loaded["flags"].tolist() == [""]
    late = replace(expectations, today=date(2026, 4, 26))
    report = read_submission_file(path, Layout(), late)
    assert (report.loaded["flags"].tolist(), report.loaded["findings"].tolist()) == (["late"], ["F18"])
    assert report.late_days == 1


def test_test_dates_are_kept(read_lines: Callable[..., IngestReport]) -> None:
    lines = [f"007,Glu,2026111,5,mmol/L,{text}" for text in ("2026年4月20日",)]
    lines += ["007,Glu,2026112,5,mmol/L,46130", "012,Glu,2026111,5,mmol/L,"]
    report = read_lines(lines, header=HEADER + ",测定日期")
    assert report.loaded["tested_on"].dt.strftime("%Y-%m-%d").fillna("").tolist() == [
        "2026-04-20",
        "2026-04-18",
        "",
    ]


def test_days_of_dispatch_and_arrival_are_in_order_and_zero_is_not_negative(
    read_lines: Callable[..., IngestReport],
) -> None:
    lines = ["007,HbA1c,2026111,0,%,2026-04-08", "007,HbA1c,2026112,0.0,%,2026-04-22"]
    report = read_lines(lines, header=HEADER + ",测定日期")
    assert report.loaded[["raw", "flags"]].to_numpy().tolist() == [["0", ""], ["0.0", ""]]


def test_counts_that_do_not_reconcile_stop_the_file(
    monkeypatch: pytest.MonkeyPatch, read_lines: Callable[..., IngestReport]
) -> None:
    monkeypatch.setattr(
        "workbench.ingest.submissions.settle_duplicates", lambda loaded, _: (list(loaded)[1:], [], 0)
    )
    with pytest.raises(DataError, match="do not reconcile"):
        read_lines([GOOD, "012,Glu,2026111,5,mmol/L"])
