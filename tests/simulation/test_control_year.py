"""A simulated year of controls: same seed same points, truth as planted, found as theory says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.iqc.control_table import control_streams
from workbench.parameters.control_rules import rule_sets
from workbench.simulation.control_year import ControlYear, FaultPlan, YearSize, simulate_control_year
from workbench.simulation.fault_detection import fault_detection

ANALYTES = ("K", "Glu", "Ca")


@pytest.fixture(scope="module")
def year() -> ControlYear:
    return simulate_control_year(ANALYTES, 7, YearSize(laboratories=120), FaultPlan(rate=0.06))


def test_the_same_seed_gives_the_same_points() -> None:
    first, again, other = (
        simulate_control_year(("K",), seed, YearSize(laboratories=6, days=60)) for seed in (3, 3, 4)
    )
    assert (first.table.value == again.table.value).all()
    pd.testing.assert_frame_equal(first.truth, again.truth)
    assert (first.table.value != other.table.value).any()


def test_counts_keys_and_targets(year: ControlYear) -> None:
    assert len(year.table) == 120 * len(ANALYTES) * 2 * 365
    assert not year.table.series.duplicated(["lab_code", "analyte", "level", "instrument"]).any()
    targets = year.targets
    assert len(targets) == 120 * len(ANALYTES) * 2 * 2
    assert set(targets["qc_lot"]) == {"A", "B"}
    assert (targets["sd"] > 0).all()
    for name, decimals in year.decimals.items():
        mine = (year.table.series["analyte"] == name).to_numpy()[year.table.code]
        np.testing.assert_allclose(
            year.table.value[mine], np.round(year.table.value[mine], decimals), atol=1e-9
        )


def test_what_was_planted_is_in_the_points(year: ControlYear) -> None:
    z = control_streams(year.table, year.mean, year.sd).z
    kinds = set(year.truth["kind"])
    assert kinds == {"shift", "drift", "sd_increase", "reagent_lot"}
    series = year.table.series
    checked = 0
    shared = set(
        year.truth.loc[year.truth["kind"] == "reagent_lot", "analyte"]
        + "|"
        + year.truth.loc[year.truth["kind"] == "reagent_lot", "instrument"]
    )
    for row in year.truth[year.truth["lab_code"] != ""].itertuples():
        if f"{row.analyte}|{row.instrument}" in shared:
            continue
        mine = (series["lab_code"] == row.lab_code) & (series["analyte"] == row.analyte)
        inside = (
            mine.to_numpy()[year.table.code]
            & (year.table.day >= row.from_day)
            & (year.table.day <= row.to_day)
        )
        before = mine.to_numpy()[year.table.code] & (year.table.day < row.from_day)
        if row.kind == "shift":
            assert z[inside].mean() == pytest.approx(row.size, abs=0.4)
        if row.kind == "sd_increase":
            assert z[inside].std() == pytest.approx(row.size, rel=0.25)
        if row.kind == "drift":
            last = inside & (year.table.day > row.to_day - 10)
            assert z[last].mean() == pytest.approx(row.size * 55, abs=1.2)
        assert abs(z[before].mean()) < 0.45
        checked += 1
    assert checked > 20


def test_faults_are_found_as_soon_as_theory_says_and_rules_cry_wolf_as_rarely(year: ControlYear) -> None:
    found, alarms = fault_detection(year, rule_sets()["one_material"])
    assert found["found"].sum() >= 150
    steps = found[found["kind"].isin(["shift", "reagent_lot", "drift"]) & (found["series"] >= 20)]
    assert len(steps) >= 3
    assert (steps["found_share"] > 0.95).all()
    apart = (steps["mean_delay"] - steps["delay_theory"]).abs() / steps["mean_delay_error"].clip(lower=0.2)
    assert (apart < 4).all(), found
    rate = alarms.iloc[0]
    assert rate["points"] > 50_000
    assert abs(rate["rate"] - rate["rate_theory"]) < 4 * rate["rate_error"]


def test_theory_is_left_out_where_there_is_none(year: ControlYear) -> None:
    found, alarms = fault_detection(year, rule_sets()["twelve"])
    assert found["delay_theory"].isna().all()
    assert alarms["rate_theory"].isna().all()
    assert alarms["rate"].iloc[0] > 0.03
