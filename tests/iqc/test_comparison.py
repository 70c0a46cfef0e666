"""Comparison of laboratories against the same numbers made slowly with pandas, and its borders."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.iqc.control_points import places, small_province
from workbench.iqc.allowed_errors import AllowedErrors, allowed_errors
from workbench.iqc.comparison import CellKeys, compare_cells, comparison_rows
from workbench.iqc.control_table import control_table
from workbench.iqc.laboratory_cells import laboratory_cells, month_number, month_text
from workbench.parameters import catalogue, criteria
from workbench.parameters.iqc_schemes import ComparisonScheme, comparison_schemes

DEFAULT = comparison_schemes()["default"]
NONE = AllowedErrors({})
KEYS = ["lab_code", "analyte", "level", "qc_lot", "month"]


def scheme(**changes: object) -> ComparisonScheme:
    return ComparisonScheme.model_validate(DEFAULT.model_dump() | changes)


@pytest.fixture(scope="module")
def province() -> pd.DataFrame:
    frame = small_province(1)
    return frame.assign(month=frame["run_at"].dt.strftime("%Y-%m"))


def rows_of(frame: pd.DataFrame, **changes: object) -> pd.DataFrame:
    return comparison_rows(control_table(frame, places(frame)), scheme(**changes), NONE)


def test_own_numbers_are_those_of_pandas(province: pd.DataFrame) -> None:
    rows = rows_of(province).set_index(KEYS)
    slow = province.groupby(KEYS)["value"].agg(["size", "mean", "std"])
    assert len(rows) == len(slow)
    slow = slow.loc[rows.index]
    np.testing.assert_array_equal(rows["n"], slow["size"])
    np.testing.assert_allclose(rows["mean"], slow["mean"], rtol=1e-12)
    np.testing.assert_allclose(rows["sd"], slow["std"], rtol=1e-9)
    np.testing.assert_allclose(rows["cv"], 100 * slow["std"] / slow["mean"], rtol=1e-9)


def test_cumulative_numbers_are_those_of_all_points_of_the_lot_so_far(province: pd.DataFrame) -> None:
    for row in rows_of(province).sample(40, random_state=0).itertuples():
        same = province[
            (province["lab_code"] == row.lab_code)
            & (province["analyte"] == row.analyte)
            & (province["level"] == row.level)
            & (province["qc_lot"] == row.qc_lot)
            & (province["month"] <= row.month)
        ]["value"]
        assert row.cumulative_n == len(same)
        assert row.cumulative_mean == pytest.approx(same.mean(), rel=1e-12)
        assert (row.cumulative_sd == pytest.approx(same.std(), rel=1e-9)) or len(same) == 1


@pytest.mark.parametrize("weighting", ["laboratories", "points"])
@pytest.mark.parametrize("cvr_against", ["average", "pooled"])
@pytest.mark.parametrize("leave_one_out", [True, False])
def test_indices_are_those_of_a_slow_calculation(
    province: pd.DataFrame, weighting: str, cvr_against: str, leave_one_out: bool
) -> None:
    chosen = {"weighting": weighting, "cvr_against": cvr_against, "leave_one_out": leave_one_out}
    rows = rows_of(province, ladder=[["instrument", "qc_lot"]], **chosen)
    checked = 0
    for row in rows.sample(60, random_state=2).itertuples():
        same = province[
            (province["analyte"] == row.analyte)
            & (province["level"] == row.level)
            & (province["month"] == row.month)
            & (province["qc_lot"] == row.qc_lot)
            & (province["instrument"] == row.instrument)
        ]
        others = same[same["lab_code"] != row.lab_code] if leave_one_out else same
        laboratories = same["lab_code"].nunique()
        assert row.group_laboratories == (laboratories if laboratories >= 3 else 0)
        if row.group_laboratories < DEFAULT.laboratories_graded:
            assert np.isnan(row.sdi)
            assert np.isnan(row.group_sd)
            continue
        labs = [g["value"] for _, g in others.groupby("lab_code")]
        means = np.array([g.mean() for g in labs])
        two = [g for g in labs if len(g) > 1]
        if weighting == "points":
            mean, sd = others["value"].mean(), others["value"].std()
        else:
            mean = means.mean()
            sd = np.sqrt(np.mean([g.var() for g in two]) + np.mean((means - mean) ** 2))
        average = np.mean([100 * g.std() / g.mean() for g in two])
        pooled = sum((len(g) - 1) * g.var() for g in two) / sum(len(g) - 1 for g in two)
        cv = average if cvr_against == "average" else 100 * np.sqrt(pooled) / mean
        assert row.group_mean == pytest.approx(mean, rel=1e-10)
        assert row.group_sd == pytest.approx(sd, rel=1e-8)
        assert row.sdi == pytest.approx((row.mean - mean) / sd, rel=1e-7, abs=1e-9)
        assert row.bias == pytest.approx(100 * (row.mean - mean) / mean, rel=1e-7, abs=1e-9)
        assert (row.cvr == pytest.approx(row.cv / cv, rel=1e-8)) or np.isnan(row.cv)
        checked += 1
    assert checked > 20


def test_two_laboratories_give_no_comparison_and_four_give_no_grade(province: pd.DataFrame) -> None:
    for laboratories, compared in ((2, False), (4, True)):
        few = province[province["lab_code"] < f"L{laboratories:03d}"]
        rows = rows_of(few, ladder=[["qc_lot"]])
        alone = rows["group_laboratories"] < 3
        assert rows.loc[alone, ["group_mean", "bias", "sdi", "cvr", "sigma"]].isna().all(axis=None)
        assert (rows["group_mean"].notna().any()) == compared
        assert rows["group_sd"].isna().all()
        assert set(rows["grade"]) == {"N"}


def test_the_ladder_widens_only_as_far_as_it_must(province: pd.DataFrame) -> None:
    rows = rows_of(
        province, ladder=[["instrument", "reagent", "qc_lot"], ["instrument", "qc_lot"], ["qc_lot"]]
    )
    for row in rows.itertuples():
        if row.peer_group_level == "instrument+qc_lot":
            assert row.peer_group == f"{row.instrument}|{row.qc_lot}"
            narrow = province[
                (province["analyte"] == row.analyte)
                & (province["level"] == row.level)
                & (province["month"] == row.month)
                & (province["qc_lot"] == row.qc_lot)
                & (province["instrument"] == row.instrument)
                & (province["reagent"] == row.reagent)
            ]
            assert narrow["lab_code"].nunique() < 3
    assert rows["peer_group_level"].nunique() >= 1


def test_over_lots_values_are_taken_in_per_cent_of_their_lot(province: pd.DataFrame) -> None:
    """Lot B is 10 % higher; over lots nobody is off by that."""
    rows = rows_of(province, ladder=[["region"]])
    assert rows["bias"].abs().max() < 6
    both = rows[rows["month"] == "2026-02"]
    assert {"A", "B"} <= set(both["qc_lot"])
    within = rows[(rows["month"] == "2026-02") & (rows["qc_lot"] == "B")]
    np.testing.assert_allclose(within["group_mean"] * (1 + within["bias"] / 100), within["mean"], rtol=1e-9)


def test_every_stack_of_dimensions_can_be_asked_for(province: pd.DataFrame) -> None:
    table = control_table(province, places(province))
    cells = laboratory_cells(table)
    keys = CellKeys(table, cells)
    for stack in (("region",), ("hospital_level", "qc_lot"), ("instrument", "reagent", "sub_type", "region")):
        found = compare_cells(keys, cells.moments, stack, DEFAULT)
        assert found.laboratories.min() >= 1
        assert len(found.sdi(cells.moments)) == len(cells)


def test_order_and_unit_change_nothing(province: pd.DataFrame) -> None:
    rows = rows_of(province)
    shuffled = rows_of(province.sample(frac=1, random_state=9))
    pd.testing.assert_frame_equal(rows, shuffled)
    scaled = rows_of(province.assign(value=province["value"] * 18.02))
    for name in ("sdi", "cvr", "bias", "cumulative_sdi"):
        np.testing.assert_allclose(rows[name], scaled[name], rtol=1e-6, atol=1e-8)
    assert (rows["grade"] == scaled["grade"]).all()


def test_excluded_points_are_in_no_statistic(province: pd.DataFrame) -> None:
    wild = province.copy()
    hit = wild.sample(30, random_state=3).index
    wild.loc[hit, "value"] = 9999.0
    counts = ~wild.index.isin(hit)
    with_mark = rows_of(wild.assign(counts=counts))
    without = rows_of(province.drop(index=hit))
    pd.testing.assert_frame_equal(with_mark, without)


def test_one_day_does_not_fail_a_laboratory(province: pd.DataFrame) -> None:
    mine = (province["lab_code"] == "L000") & (province["analyte"] == "K") & (province["level"] == "1")
    mine &= province["qc_lot"] == "A"
    days = sorted(province.loc[mine & (province["month"] == "2026-01"), "run_at"].unique())
    for spoiled, expected in ((days[:1], True), (days[:6], False)):
        bad = province.copy()
        hit = mine & bad["run_at"].isin(spoiled)
        bad.loc[hit, "value"] *= 1.6
        settings = {"ladder": [["qc_lot"]], "points_graded": 10}
        spared = rows_of(bad, **settings).set_index(KEYS).loc[("L000", "K", "1", "A", "2026-01")]
        strict = rows_of(bad, one_day="counts", **settings).set_index(KEYS)
        assert strict.loc[("L000", "K", "1", "A", "2026-01"), "grade"] == "D"
        assert bool(spared["one_day"]) == expected
        assert (spared["grade"] in "AB") == expected


def test_sigma_with_the_source_of_its_allowable_error(province: pd.DataFrame) -> None:
    analytes = [a for p in catalogue().values() for a in p.analytes if p.programme_no == "1.1"]
    allowed = allowed_errors(analytes, DEFAULT.tea, criteria())
    rows = comparison_rows(control_table(province), DEFAULT, allowed)
    potassium = rows[(rows["analyte"] == "K") & rows["sigma"].notna()]
    assert (potassium["tea_source"].str.startswith("WS/T 403-2024")).all()
    np.testing.assert_allclose(potassium["tea"], 6.0)
    np.testing.assert_allclose(
        potassium["sigma"], (potassium["tea"] - potassium["bias"].abs()) / potassium["cv"], rtol=1e-9
    )


def test_only_the_months_asked_for(province: pd.DataFrame) -> None:
    table = control_table(province)
    every = comparison_rows(table, DEFAULT, NONE)
    march = comparison_rows(table, DEFAULT, NONE, [month_number("2026-03")])
    expected = every[every["month"] == "2026-03"].reset_index(drop=True)
    pd.testing.assert_frame_equal(march, expected)
    assert month_text(month_number("2026-03")) == "2026-03"
    assert comparison_rows(table, DEFAULT, NONE, [0]).empty
