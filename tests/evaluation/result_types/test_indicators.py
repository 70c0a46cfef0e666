"""Quality indicators: validity, required sets, percentiles, orientation, funnel."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.indicators import (
    STATES,
    IndicatorRule,
    check_form,
    form_contradictions,
    indicator_percentiles,
    indicator_positions,
    missing_indicators,
)
from workbench.evaluation.result_types.reasons import REASONS
from workbench.parameters import catalogue
from workbench.parameters.indicators import indicators, required_indicators

BOOK = indicators()


def form(*rows: dict[str, object]) -> pd.DataFrame:
    base = {
        "lab_code": "L1",
        "hospital_level": "tertiary",
        "indicator": "QI-CLOT",
        "numerator": 1,
        "denominator": 1000,
    }
    return pd.DataFrame([base | row for row in rows])


def test_the_book_is_the_list_of_the_programme() -> None:
    assert list(BOOK) == [analyte.analyte for analyte in catalogue()["10.1"].analytes]
    assert all(row.document for row in BOOK.values())


def test_nineteen_are_required_of_tertiary_and_of_secondary_hospitals() -> None:
    # The programme's text: 19 compulsory items, two of them by level of hospital.
    assert [len(required_indicators(level, BOOK)) for level in ("tertiary", "secondary", "primary", "?")] == [
        19,
        19,
        17,
        17,
    ]
    assert set(required_indicators("tertiary", BOOK)) ^ set(required_indicators("secondary", BOOK)) == {
        "QI-NEQA-PART", "QI-NEQA-FAIL", "QI-PEQA-PART", "QI-PEQA-FAIL",
    }  # fmt: skip
    assert missing_indicators("secondary", [], BOOK) == required_indicators("secondary", BOOK)


def test_orientation_of_every_indicator() -> None:
    high = {code for code, row in BOOK.items() if row.better == "high"}
    assert high == {
        "QI-IQC-COV",
        "QI-EQA-PART",
        "QI-ALT",
        "QI-NEQA-PART",
        "QI-PEQA-PART",
        "QI-CRIT",
        "QI-CRIT-T",
    }


def test_validity() -> None:
    rows = form(
        {},
        {"numerator": 1001},
        {"numerator": 0, "denominator": 0},
        {"numerator": 2, "denominator": 0},
        {"numerator": None},
        {"numerator": None, "denominator": None},
        {"numerator": -1},
        {"numerator": 1.5},
        {"numerator": 300},
        {"indicator": "QI-TAT-LAB", "numerator": None, "denominator": None, "minutes": 45},
        {"indicator": "QI-TAT-LAB", "numerator": None, "denominator": None, "minutes": 0},
        {"indicator": "QI-TAT-LAB", "numerator": None, "denominator": None, "minutes": 0.5},
        {"indicator": "QI-PEQA-PART", "numerator": None, "denominator": None},
    )
    found = check_form(rows, BOOK)
    assert found["state"].tolist() == [
        "valid", "invalid", "not_applicable", "invalid", "invalid", "missing", "invalid", "invalid", "questioned",
        "valid", "invalid", "questioned", "missing",
    ]  # fmt: skip
    assert found["reason"].tolist() == [
        "", "numerator_above_denominator", "denominator_zero", "numerator_above_denominator", "numerator_missing",
        "numerator_missing", "not_a_count", "not_a_count", "implausible", "", "time_not_positive", "implausible",
        "numerator_missing",
    ]  # fmt: skip
    assert found["signal"].tolist()[5] == "action"
    assert found["signal"].tolist()[12] == "not_scored"
    assert found["value"].tolist()[0] == 0.001
    assert found["value"].tolist()[9] == 45
    assert set(found["reason"]) <= {"", *REASONS}


def test_windows() -> None:
    rows = form(
        {"window_start": "2025-01-01", "window_end": "2025-12-31"},
        {"window_start": "2025-01-01", "window_end": "2025-01-31"},
        {"window_start": "2024-07-01", "window_end": "2025-06-30"},
    )
    assert check_form(rows, BOOK)["reason"].tolist() == ["", "wrong_window", ""]
    year = IndicatorRule(window=(pd.Timestamp("2025-01-01"), pd.Timestamp("2025-12-31")))
    assert check_form(rows, BOOK, year)["reason"].tolist() == ["", "wrong_window", "wrong_window"]


def test_percentiles_by_level_and_orientation() -> None:
    rows = form(*({"lab_code": f"L{k}", "numerator": k} for k in range(1, 12)))
    rows = pd.concat(
        [rows, rows.assign(indicator="QI-CRIT", numerator=900 + rows["numerator"])], ignore_index=True
    )
    checked = check_form(rows, BOOK)
    table = indicator_percentiles(rows, checked)
    clot = table[(table["indicator"] == "QI-CLOT") & (table["hospital_level"] == "tertiary")].iloc[0]
    assert [clot[f"p{p}"] for p in (5, 25, 50, 75, 95)] == pytest.approx(
        list(np.quantile(np.arange(1, 12) / 1000, [0.05, 0.25, 0.5, 0.75, 0.95]))
    )
    placed = indicator_positions(rows, checked, BOOK)
    assert placed["percentile"].iloc[0] > placed["percentile"].iloc[10]
    assert placed["percentile"].iloc[11] < placed["percentile"].iloc[21]
    few = indicator_positions(rows.iloc[:3], checked.iloc[:3], BOOK)
    assert few["percentile"].isna().all()
    assert indicator_percentiles(rows.iloc[:3], checked.iloc[:3]).empty


def test_questioned_figures_do_not_move_the_peers() -> None:
    clean = form(*({"lab_code": f"L{k}", "numerator": k} for k in range(1, 9)))
    dirty = pd.concat([clean, form({"lab_code": "L99", "numerator": 900})], ignore_index=True)
    one, two = (indicator_percentiles(f, check_form(f, BOOK)) for f in (clean, dirty))
    pd.testing.assert_frame_equal(one, two)
    placed = indicator_positions(dirty, check_form(dirty, BOOK), BOOK)
    assert placed["outside"].tolist() == [False] * 8 + [True]


def test_sigma_counts_what_lacks_where_high_is_good() -> None:
    rows = form({"indicator": "QI-CRIT", "numerator": 999}, {"numerator": 0})
    placed = indicator_positions(rows, check_form(rows, BOOK), BOOK)
    assert placed["defects"].tolist() == [1.0, 0.0]
    assert placed["dpmo"].tolist() == [1000.0, 0.0]
    assert placed["sigma"].iloc[1] == math.inf
    assert placed["sigma_low"].iloc[1] < 5


def test_the_funnel_marks_the_bad_side_only() -> None:
    rows = form(*({"lab_code": f"L{k}", "numerator": n} for k, n in enumerate([20, 21, 19, 20, 60, 1])))
    placed = indicator_positions(rows, check_form(rows, BOOK), BOOK)
    assert placed["outside"].tolist() == [False, False, False, False, True, False]
    assert (placed["funnel_low"] < placed["centre"]).all()
    crit = rows.assign(indicator="QI-CRIT", numerator=1000 - rows["numerator"])
    assert (
        indicator_positions(crit, check_form(crit, BOOK), BOOK)["outside"].tolist()
        == placed["outside"].tolist()
    )


def test_contradictions_of_one_form() -> None:
    rows = form(
        {"indicator": "QI-CRIT", "numerator": 90, "denominator": 100},
        {"indicator": "QI-CRIT-T", "numerator": 95, "denominator": 100},
        {"indicator": "QI-SPTYPE", "denominator": 5000},
        {"indicator": "QI-SPTUBE", "denominator": 500},
        {"indicator": "QI-TAT-LAB", "minutes": 90},
        {"indicator": "QI-TAT-TOT", "minutes": 60},
    )
    assert form_contradictions(rows)["check"].tolist() == [
        "part_above_whole",
        "other_denominator",
        "time_above_total",
    ]
    assert form_contradictions(rows.iloc[:1]).empty


def test_faulty_forms_are_told() -> None:
    with pytest.raises(EvaluationError, match="QI-X"):
        check_form(form({"indicator": "QI-X"}), BOOK)
    with pytest.raises(EvaluationError, match="hospital_level"):
        check_form(pd.DataFrame({"lab_code": ["L1"], "indicator": ["QI-CLOT"]}), BOOK)
    assert check_form(form().reindex(columns=["lab_code", "hospital_level", "indicator"]), BOOK).empty


COUNT = st.none() | st.integers(-2, 50) | st.floats(0, 50)


@settings(max_examples=80, deadline=None)
@given(COUNT, COUNT, st.sampled_from(list(BOOK)), st.sampled_from(["tertiary", "primary", "unknown"]))
def test_a_value_only_where_the_figure_can_be_true(
    numerator: float | None, denominator: float | None, code: str, level: str
) -> None:
    row = form(
        {"numerator": numerator, "denominator": denominator, "indicator": code, "hospital_level": level}
    )
    found = check_form(row.assign(minutes=numerator), BOOK).iloc[0]
    assert found["state"] in STATES
    assert math.isnan(found["value"]) == (found["state"] not in ("valid", "questioned"))
    assert (found["reason"] == "") == (found["state"] == "valid")
    if BOOK[code].kind == "rate" and not math.isnan(found["value"]):
        assert 0 <= found["value"] <= 1
