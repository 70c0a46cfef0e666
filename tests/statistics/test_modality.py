from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from workbench import statistics as st

NEWCOMB = np.array(
    [28, 26, 33, 24, 34, -44, 27, 16, 40, -2, 29, 22, 24, 21, 25, 30, 23, 29, 31, 19, 24, 20, 36, 32, 36, 28, 25, 21, 28,
     29, 37, 25, 28, 26, 30, 32, 36, 26, 30, 22, 36, 23, 27, 27, 28, 27, 31, 27, 26, 33, 26, 32, 32, 24, 39, 28, 24, 25,
     32, 25, 29, 27, 28, 29, 16, 23], dtype=float)  # fmt: skip
"""Newcomb's passage times of light, 1882 (Stigler, Ann Stat 1977;5:1055)."""


def test_kernel_density_agrees_with_scipy():
    x = np.random.default_rng(1).normal(size=50)
    at = np.linspace(-3, 3, 31)
    kernel = scipy.stats.gaussian_kde(x, bw_method=0.3 / x.std(ddof=1))
    np.testing.assert_allclose(st.kernel_density(x, 0.3, at), kernel(at), rtol=1e-10)


def test_no_modes_are_made_of_rounding_noise():
    """A Fourier transform shows more than a hundred maxima on these data; there is one body and two blunders."""
    found = st.density_modes(NEWCOMB, st.look_bandwidth(st.algorithm_a(NEWCOMB).scale, NEWCOMB.size))
    assert len(found) == 1
    assert found.location[0] == pytest.approx(27.5, abs=1.0)
    assert found.share[0] > 0.95


def test_two_method_groups_are_two_modes_with_their_shares():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(5.0, 0.1, 70), rng.normal(6.0, 0.1, 30), [99.0]])
    found = st.density_modes(x, st.judging_bandwidth(0.2))
    np.testing.assert_allclose(found.location, [5.0, 6.0], atol=0.05)
    np.testing.assert_allclose(found.share, [70 / 101, 30 / 101], atol=0.011)
    assert len(st.density_modes(x, st.judging_bandwidth(2.0))) == 1


def test_a_small_group_is_not_a_mode():
    x = np.concatenate([np.linspace(4.8, 5.2, 91), np.full(9, 7.0)])
    assert len(st.density_modes(x, 0.1)) == 1
    x = np.concatenate([np.linspace(4.8, 5.2, 89), np.full(11, 7.0)])
    assert len(st.density_modes(x, 0.1)) == 2


def test_modes_of_tied_few_and_no_results():
    assert st.density_modes([5.0] * 30, 0.1).location == pytest.approx([5.0])
    assert len(st.density_modes([], 0.1)) == 0
    for unusable in (0.0, -1.0, float("nan"), float("inf")):
        assert len(st.density_modes([1.0, 2.0], unusable)) == 0
    assert math.isnan(st.look_bandwidth(0.0, 10))


def test_modes_with_a_blunder_a_million_times_off_stay_cheap_and_right():
    x = np.append(np.random.default_rng(3).normal(5, 0.1, 200), 5e6)
    assert st.density_modes(x, 0.1).location == pytest.approx([5.0], abs=0.1)


def dip_by_definition(x: np.ndarray) -> float:
    """The least d for which a unimodal distribution function stays within d of the results': a linear programme.

    Unknown: the function just before and just after each distinct value; convex before the modal value, concave
    after it, continuous everywhere else.
    """
    value, count = np.unique(x, return_counts=True)
    after = np.cumsum(count) / x.size
    before = after - count / x.size
    k = value.size
    best = math.inf
    for mode in range(k):
        # left[i] for i <= mode (value just before the mode at i = mode), right[i] for i >= mode.
        n_left, n_right = mode + 1, k - mode
        size = n_left + n_right + 1
        rows, bounds = [], []

        def add(parts, limit, rows=rows, bounds=bounds, size=size):
            row = np.zeros(size)
            for place, factor in parts:
                row[place] += factor
            rows.append(row)
            bounds.append(limit)

        d = size - 1
        place = lambda i, side: i if side == "left" else n_left + i - mode  # noqa: B023, E731
        for i in range(k):
            sides = ("left", "right") if i == mode else (("left",) if i < mode else ("right",))
            for side in sides:
                p = place(i, side)
                if not (i == mode and side == "left"):
                    add([(p, -1.0), (d, -1.0)], -after[i])
                    if i != mode:
                        add([(p, 1.0), (d, -1.0)], before[i])
                if i == mode and side == "left":
                    add([(p, 1.0), (d, -1.0)], before[i])
                if i == mode and side == "right":
                    add([(p, 1.0), (d, -1.0)], after[i])
                if i == mode and side == "left":
                    add([(p, -1.0), (d, -1.0)], -before[i])
        add([(place(mode, "left"), 1.0), (place(mode, "right"), -1.0)], 0.0)
        for side, first, last, sign in (("left", 0, mode, 1.0), ("right", mode, k - 1, -1.0)):
            for i in range(first, last - 1):
                w1, w2 = value[i + 1] - value[i], value[i + 2] - value[i + 1]
                parts = [
                    (place(i, side), -sign / w1),
                    (place(i + 1, side), sign / w1 + sign / w2),
                    (place(i + 2, side), -sign / w2),
                ]
                add(parts, 0.0)
            for i in range(first, last):
                add([(place(i, side), 1.0), (place(i + 1, side), -1.0)], 0.0)
        cost = np.zeros(size)
        cost[d] = 1.0
        found = scipy.optimize.linprog(
            cost, A_ub=np.array(rows), b_ub=np.array(bounds), bounds=[(0, 1)] * (size - 1) + [(0, None)]
        )
        if found.success:
            best = min(best, found.fun)
    return best


def test_dip_equals_its_definition():
    rng = np.random.default_rng(4)
    samples = [rng.normal(size=int(rng.integers(4, 12))) for _ in range(25)]
    samples += [np.round(rng.normal(0, 1.5, 12)) for _ in range(15)]
    samples += [np.concatenate([rng.normal(0, 0.3, 6), rng.normal(5, 0.3, 5)]) for _ in range(15)]
    for x in samples:
        assert st.dip_statistic(x) == pytest.approx(max(dip_by_definition(x), 0.5 / x.size), abs=1e-7)


def test_dip_of_clear_cases():
    assert st.dip_statistic([3.0] * 5) == pytest.approx(0.1)
    assert st.dip_statistic(np.arange(20.0)) == pytest.approx(1 / 40)
    two = np.concatenate([np.zeros(50) + np.linspace(0, 1e-3, 50), np.ones(50) + np.linspace(0, 1e-3, 50)])
    assert st.dip_statistic(two) == pytest.approx(0.25, abs=0.01)
    assert math.isnan(st.dip_statistic([]))
    for a, b in itertools.product((2.0, 1e-9, 1e9), (0.0, -7.0)):
        assert st.dip_statistic(a * two + b * a) == pytest.approx(st.dip_statistic(two), rel=1e-6)


def test_dip_test_is_seeded_and_knows_one_peak_from_two():
    rng = np.random.default_rng(5)
    one, two = rng.normal(size=60), np.concatenate([rng.normal(0, 1, 30), rng.normal(7, 1, 30)])
    first = st.dip_test(two, generator=np.random.default_rng(1), replicates=200)
    assert first == st.dip_test(two, generator=np.random.default_rng(1), replicates=200)
    assert first.p_value < 0.02
    assert st.dip_test(one, generator=np.random.default_rng(1), replicates=200).p_value > 0.1
