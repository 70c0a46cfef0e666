"""The immediate method, targets of new lots, reagent lots."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tests.iqc.control_points import small_province
from workbench.iqc.control_table import control_table
from workbench.iqc.immediate_method import immediate_limits, immediate_method
from workbench.iqc.laboratory_cells import laboratory_cells, month_number
from workbench.iqc.new_lots import compare_reagent_lots, lot_steps, new_lot_target

PRINTED = {
    3: (1.15, 1.15), 4: (1.46, 1.49), 5: (1.67, 1.75), 6: (1.82, 1.94), 7: (1.94, 2.10), 8: (2.03, 2.22),
    9: (2.11, 2.32), 10: (2.18, 2.41), 11: (2.23, 2.48), 12: (2.29, 2.55), 13: (2.33, 2.61), 14: (2.37, 2.66),
    15: (2.41, 2.70), 16: (2.44, 2.75), 17: (2.47, 2.79), 18: (2.50, 2.82), 19: (2.53, 2.85), 20: (2.56, 2.88),
}  # fmt: skip
"""Grubbs FE, Beck G. Technometrics 1972;14:847-854, one-sided 5 % and 1 %, rounded to two decimals."""


def test_limits_are_the_published_ones() -> None:
    for n, (warning, rejection) in PRINTED.items():
        found = immediate_limits(n)
        assert found == pytest.approx((warning, rejection), abs=0.0051), n


def test_limits_by_an_independent_formula() -> None:
    for n in range(3, 21):
        for limit, alpha in zip(immediate_limits(n), (0.05, 0.01), strict=True):
            t = stats.t.ppf(1 - alpha / n, n - 2)
            assert limit == pytest.approx((n - 1) / np.sqrt(n) * np.sqrt(t**2 / (n - 2 + t**2)), rel=1e-10)


def test_a_value_out_of_control_is_left_out_of_what_follows() -> None:
    steps = immediate_method([5.0, 5.1, 4.9, 5.05, 8.0, 5.0])
    assert [s.state for s in steps[2:]] == ["in_control", "in_control", "out_of_control", "in_control"]
    assert steps[5].n == 5
    assert steps[5].mean == pytest.approx(np.mean([5.0, 5.1, 4.9, 5.05, 5.0]))


def test_equal_values_and_the_end_of_the_method() -> None:
    assert {s.state for s in immediate_method([5.0] * 10)[2:]} == {"in_control"}
    assert immediate_method([])[:] == ()
    long = immediate_method(np.tile([5.0, 5.1], 12), step=0.1)
    assert {s.state for s in long[2:20]} == {"in_control"}
    assert immediate_method([5.0, 5.1, 5.0])[2].state == "out_of_control"
    assert long[19].state == "in_control"
    assert long[20].state == "chart"


def test_false_alarms_are_as_rare_as_the_level_says() -> None:
    """At n = 8 the largest of either side is above n2s with about 2 x 5 %."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(20_000, 8))
    far = np.abs(x - x.mean(axis=1, keepdims=True)).max(axis=1) / x.std(axis=1, ddof=1)
    assert (far > immediate_limits(8)[0]).mean() == pytest.approx(0.10, abs=0.01)


def test_targets_of_a_new_lot() -> None:
    rng = np.random.default_rng(12)
    x = rng.normal(50, 1, 20)
    found = new_lot_target(x, np.repeat(np.arange(10), 2), 4.0)
    assert (found.state, found.n, found.days) == ("settled", 20, 10)
    assert found.sd == pytest.approx(0.04 * x.mean())
    assert found.own_sd == pytest.approx(x.std(ddof=1))
    assert new_lot_target(x[:5], [1, 1, 2, 3, 3], 4.0).state == "provisional"
    few = new_lot_target([1.0, np.nan], [1, 2], np.nan)
    assert (few.state, few.n) == ("too_few", 1)
    assert np.isnan(few.sd)


def test_reagent_lots_are_equivalent_different_or_undecided() -> None:
    rng = np.random.default_rng(13)
    old = rng.uniform(4, 12, 20)
    for shift, spread, state in ((0.5, 0.5, "acceptable"), (9.0, 0.5, "different"), (3.0, 6.0, "undecided")):
        new = old * (1 + (shift + rng.normal(0, spread, 20)) / 100)
        found = compare_reagent_lots(old, new, 3.0)
        assert found.state == state
        peer = stats.ttest_1samp(100 * (new / old - 1), 0).confidence_interval(0.9)
        assert (found.low, found.high) == pytest.approx((peer.low, peer.high), rel=1e-6)
    assert compare_reagent_lots([5.0], [5.0], 3.0).state == "undecided"


def test_steps_between_lots_measured_in_parallel() -> None:
    table = control_table(small_province(5))
    found = lot_steps(laboratory_cells(table))
    assert len(found.percent) > 20
    assert np.median(found.percent) == pytest.approx(10, abs=1)
    assert set(found.period) <= {month_number("2026-01"), month_number("2026-02"), month_number("2026-03")}
