"""Before and after, and what moves together, against scipy and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.iqc.control_points import small_province
from workbench.iqc.control_table import control_table
from workbench.iqc.correlations import bias_agreement, correlations, daily_means, fisher_interval
from workbench.iqc.moments import Moments, segment_moments
from workbench.iqc.periods import period_change


def moments(x: np.ndarray) -> Moments:
    return segment_moments(np.asarray(x, float), np.array([0]))


def test_the_interval_of_a_change_is_that_of_scipy() -> None:
    rng = np.random.default_rng(4)
    before, after = rng.normal(10, 1, 12), rng.normal(11, 2, 30)
    found = period_change(moments(before), moments(after))
    peer = stats.ttest_ind(after, before, equal_var=False).confidence_interval(0.95)
    assert (found.low[0], found.high[0]) == pytest.approx((peer.low, peer.high), rel=1e-9)
    assert found.percent[0] == pytest.approx(100 * (after.mean() / before.mean() - 1), rel=1e-9)


def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    n = 4000
    before = segment_moments(rng.normal(10, 1, 15 * n), np.arange(n) * 15)
    after = segment_moments(rng.normal(10.5, 1.5, 25 * n), np.arange(n) * 25)
    found = period_change(before, after)
    assert ((found.low < 0.5) & (found.high > 0.5)).mean() == pytest.approx(0.95, abs=0.012)
    covered = (found.sd_ratio_low < 1.5) & (found.sd_ratio_high > 1.5)
    assert covered.mean() == pytest.approx(0.95, abs=0.012)


def test_too_few_and_constant_values() -> None:
    two = Moments(np.array([1, 3, 0]), np.array([5.0, 5.0, np.nan]), np.zeros(3))
    found = period_change(two, Moments(np.full(3, 3), np.full(3, 6.0), np.full(3, 2.0)))
    assert np.isnan(found.low[[0, 2]]).all()
    assert found.low[1] < 1.0 < found.high[1]
    assert np.isnan(found.sd_ratio[1])


def test_correlations_of_pairs_with_gaps_are_those_of_numpy() -> None:
    rng = np.random.default_rng(6)
    common = rng.normal(size=200)
    x = common[:, None] * [1, 0.5, 0, 0] + rng.normal(size=(200, 4)) + [5, 100, -3, 0]
    x[rng.random(x.shape) < 0.2] = np.nan
    x[:, 3] = 7.0
    found = correlations(x)
    for a in range(3):
        for b in range(3):
            both = np.isfinite(x[:, a]) & np.isfinite(x[:, b])
            assert found.n[a, b] == both.sum()
            assert found.r[a, b] == pytest.approx(np.corrcoef(x[both, a], x[both, b])[0, 1], rel=1e-9)
    assert np.isnan(found.r[3]).all()
    y = common + rng.normal(size=200)
    interval = stats.pearsonr(common, y).confidence_interval(0.95)
    r = np.array(stats.pearsonr(common, y).statistic)
    low, high = fisher_interval(r, np.array(200.0))
    assert (float(low), float(high)) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_too_few_shared_days_give_no_correlation() -> None:
    x = np.full((30, 2), np.nan)
    x[:9] = np.arange(18).reshape(9, 2)
    assert np.isnan(correlations(x).r[0, 1])
    assert correlations(x, at_least=5).r[0, 1] == pytest.approx(1.0)


def test_laboratories_on_a_shared_lot_move_together_by_day() -> None:
    frame = small_province(2, laboratories=6)
    rng = np.random.default_rng(0)
    days = sorted(frame["run_at"].unique())
    effect = dict(zip(days, rng.normal(0, 0.05, len(days)), strict=True))
    frame["value"] *= 1 + frame["run_at"].map(effect)
    table = control_table(frame)
    series = np.flatnonzero(((table.series["analyte"] == "K") & (table.series["level"] == "1")).to_numpy())
    days_found, columns = daily_means(table, table.value, series)
    assert len(days_found) == len(columns)
    row = frame[(frame["lab_code"] == "L002") & (frame["analyte"] == "K") & (frame["level"] == "1")]
    by_day = row.groupby(row["run_at"].dt.floor("D"))["value"].mean()
    place = list(table.series.iloc[series]["lab_code"]).index("L002")
    np.testing.assert_allclose(columns[np.isfinite(columns[:, place]), place], by_day, rtol=1e-12)
    assert np.median(correlations(columns).r[np.triu_indices(6, 1)]) > 0.5


def test_bias_of_both_kinds() -> None:
    rng = np.random.default_rng(8)
    true = rng.normal(0, 3, 40)
    iqc = true + rng.normal(0, 1, 40)
    eqa = true + 1.0 + rng.normal(0, 1, 40)
    found = bias_agreement(np.append(eqa, np.nan), np.append(iqc, 1.0))
    assert found.n == 40
    assert found.r == pytest.approx(np.corrcoef(eqa, iqc)[0, 1], rel=1e-9)
    assert found.low < found.r < found.high
    assert found.difference == pytest.approx(np.median(eqa - iqc))
    assert found.difference_sd == pytest.approx(
        stats.median_abs_deviation(eqa - iqc, scale="normal"), rel=1e-3
    )
    assert bias_agreement(np.array([]), np.array([])).n == 0
