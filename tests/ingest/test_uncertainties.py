"""Uncertainties sent along with results: units, percentages, coverage factors, copies, the form."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.ingest.conftest import HEADER, Reader
from workbench.ingest import DISPOSITIONS, Expectations, Layout, read_submission_file, write_template
from workbench.ingest.templates import HEADER_ROW

BOTH = f"{HEADER},扩展不确定度U,包含因子k"


def stated(read_lines: Reader, line: str, header: str = BOTH) -> Any:
    report = read_lines([line], header)
    assert report.quarantined.empty
    return report.loaded.iloc[0]


@pytest.mark.parametrize(
    ("line", "u", "k"),
    [
        ("007,Glu,2026111,5.10,mmol/L,0.20,2", 0.10, 2.0),
        ("007,Glu,2026111,5.10,mmol/L,±0.20,k=2", 0.10, 2.0),
        ("007,Glu,2026111,5.10,mmol/L,0.26（k=2.6）,", 0.10, 2.6),
        ("007,Glu,2026111,5.10,mmol/L,4.0%,2", 0.102, 2.0),
        ("007,Glu,2026111,92,mg/dL,4,2", 2 * 0.05551, 2.0),
        ("007,Glu,2026111,92 mg/dL,,4,2", 2 * 0.05551, 2.0),
        ("007,Glu,2026111,92,mg/dL,0.20 mmol/L,2", 0.10, 2.0),
        ("007,Glu,2026111,5.10,mmol/L,3.6 mg/dL,2", 1.8 * 0.05551, 2.0),
        ("007,HbA1c,2026111,6.5,%,0.3%,2", 0.15, 2.0),
        ("007,HbA1c,2026111,48,mmol/mol,3,2", 1.5 * 0.09148, 2.0),
    ],
)
def test_standard_uncertainty_in_the_programmes_unit(
    read_lines: Reader, line: str, u: float, k: float
) -> None:
    """A factor applies, an offset does not; the result's own unit unless another is written."""
    row = stated(read_lines, line)
    assert row["u_result"] == pytest.approx(u, rel=1e-12)
    assert row["coverage_factor"] == k
    assert row["u_raw"] == line.split(",")[5]


@pytest.mark.parametrize(
    ("heading", "cell", "u"),
    [
        ("Expanded uncertainty", "0.2", 0.1),
        ("测量不确定度", "0.2", 0.1),
        ("扩展不确定度U(k=2)", "0.2", 0.1),
        ("U (k=2)", "0.2", 0.1),
        ("扩展不确定度 (k=4)", "0.2", 0.05),
        ("扩展不确定度 (mg/dL; k=2)", "4", 2 * 0.05551),
        ("相对扩展不确定度 (%)", "4", 0.102),
        ("扩展不确定度 (%)", "4", 0.102),
        ("Standard uncertainty", "0.1", 0.1),
        ("expanded_u_result", "0.2", 0.1),
        ("u_result", "0.1", 0.1),
    ],
)
def test_headings(read_lines: Reader, heading: str, cell: str, u: float) -> None:
    row = stated(read_lines, f"007,Glu,2026111,5.10,mmol/L,{cell}", f"{HEADER},{heading}")
    assert row["u_result"] == pytest.approx(u, rel=1e-12)


@pytest.mark.parametrize("heading", ["U", "u", "K"])
def test_a_bare_letter_is_not_guessed(read_lines: Reader, heading: str) -> None:
    report = read_lines(["007,Glu,2026111,5.10,mmol/L,0.2"], f"{HEADER},{heading}")
    assert [notice.code for notice in report.notices] == ["unknown_column"]
    assert report.loaded["u_raw"].tolist() == [""]


@pytest.mark.parametrize("cell", ["0", "0.00", "-0.2", "小", "0.2 g/L", "<0.2", "1e16"])
def test_what_cannot_be_used_leaves_the_result(read_lines: Reader, cell: str) -> None:
    row = stated(read_lines, f"007,Glu,2026111,5.10,mmol/L,{cell},2")
    assert (row["value"], row["u_raw"], row["result_state"]) == (5.1, cell, "reported")
    assert math.isnan(row["u_result"])
    assert math.isnan(row["coverage_factor"])
    assert row["flags"].startswith("uncertainty_")
    assert DISPOSITIONS[row["flags"]].action == "flag"


@pytest.mark.parametrize("k", ["0", "-2", "95%", "95", "0.5", "two"])
def test_a_number_that_is_no_coverage_factor(read_lines: Reader, k: str) -> None:
    row = stated(read_lines, f"007,Glu,2026111,5.10,mmol/L,0.2,{k}")
    assert row["flags"] == "coverage_factor_unusable"
    assert math.isnan(row["u_result"])


def test_expanded_and_standard_together(read_lines: Reader) -> None:
    header = f"{HEADER},expanded uncertainty,standard uncertainty"
    agreeing = stated(read_lines, "007,Glu,2026111,5.10,mmol/L,0.23,0.10", header)
    assert (agreeing["u_result"], agreeing["coverage_factor"]) == (pytest.approx(0.1), pytest.approx(2.3))
    assert agreeing["flags"] == ""
    swapped = stated(read_lines, "007,Glu,2026111,5.10,mmol/L,0.10,0.20", header)
    assert swapped["flags"] == "uncertainty_conflict"
    assert math.isnan(swapped["u_result"])


@pytest.mark.parametrize("cell", ["", "-", "无", "/"])
def test_nothing_stated_is_nothing_noted(read_lines: Reader, cell: str) -> None:
    row = stated(read_lines, f"007,Glu,2026111,5.10,mmol/L,{cell},")
    assert (row["u_raw"], row["flags"]) == ("", "")
    assert math.isnan(row["u_result"])


def test_a_large_one_is_used_and_noted(read_lines: Reader) -> None:
    row = stated(read_lines, "007,Glu,2026111,5.10,mmol/L,10.3,2")
    assert row["flags"] == "uncertainty_implausible"
    assert row["u_result"] == pytest.approx(5.15)


def test_copies_of_a_result_share_the_one_uncertainty(read_lines: Reader) -> None:
    plain = "007,Glu,2026111,5.10,mmol/L,,"
    with_u = "007,Glu,2026111,5.10,mmol/L,0.2,2"
    row = read_lines([plain, with_u], BOTH).loaded.iloc[0]
    assert (row["u_result"], row["flags"]) == (0.1, "duplicate_identical")
    other = read_lines([with_u, "007,Glu,2026111,5.10,mmol/L,0.4,2"], BOTH).loaded.iloc[0]
    assert other["flags"] == "uncertainty_conflict,duplicate_identical"
    assert math.isnan(other["u_result"])


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_form_has_room_and_does_not_ask(tmp_path: Path, expectations: Expectations, locale: str) -> None:
    path = tmp_path / "form.xlsx"
    write_template(path, expectations, locale)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    column = {sheet.cell(HEADER_ROW + 1, c).value: c for c in range(1, sheet.max_column + 1)}
    u, k = (column[t] for t in (("扩展不确定度 U", "包含因子 k") if locale == "zh_CN" else
                                ("Expanded uncertainty U", "Coverage factor k")))  # fmt: skip
    sheet.cell(4, 2).value = "007"
    for sample, text in (("2026111", "5.10"), ("2026112", "12.0")):
        sheet.cell(HEADER_ROW + 2, column[sample]).value = text
        sheet.cell(HEADER_ROW + 3, column[sample]).value = "6.5"
    sheet.cell(HEADER_ROW + 2, u).value, sheet.cell(HEADER_ROW + 2, k).value = "4.0%", "2"
    assert [sheet.cell(HEADER_ROW + row, u).protection.locked for row in (2, 3, 4)] == [False, False, True]
    book.save(path)
    loaded = read_submission_file(path, Layout(), expectations).loaded
    glucose = loaded[loaded["analyte"] == "Glu"]
    assert glucose["u_result"].tolist() == pytest.approx([0.102, 0.24])
    hba1c = loaded[(loaded["analyte"] == "HbA1c") & (loaded["value"] == 6.5)]
    assert len(hba1c) == 2
    assert (hba1c["u_raw"] == "").all()
