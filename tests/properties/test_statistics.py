"""What must hold for any results: unit, origin, order, breakdown, and no division by what is not there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workbench import statistics as st

reported = some.lists(some.integers(-500, 500), min_size=2, max_size=40).map(lambda v: np.array(v) / 10)
"""Results on a decimal grid, so that ties are the rule."""
factor = some.sampled_from([2.0**-40, 0.25, 2.0, 2.0**30])
"""Powers of two: the product is exact, so equality is what is tested and not rounding."""

SINGLE = {
    "algorithm_a": st.algorithm_a,
    "median_made": st.median_made,
    "median_niqr": st.median_niqr,
    "q_method": st.q_method,
    "q_hampel": st.q_hampel,
    "qn": st.qn,
    "sn": st.sn,
    "mean_sd": st.mean_sd,
    "mean_sd_within": st.mean_sd_within,
}


@pytest.mark.parametrize("name", SINGLE)
@settings(max_examples=60, deadline=None)
@given(x=reported, a=factor, shift=some.integers(-64, 64))
def test_estimates_follow_unit_and_origin(name, x, a, shift):
    base, moved = SINGLE[name](x), SINGLE[name](a * (x + shift))
    size = np.abs(x).max() + abs(shift) + 1.0
    assert moved.degenerate == base.degenerate
    assert abs(moved.location / a - (base.location + shift)) < 1e-9 * size
    assert abs(moved.scale / a - base.scale) < 1e-9 * size


@pytest.mark.parametrize("name", SINGLE)
@settings(max_examples=40, deadline=None)
@given(x=reported)
def test_mirrored_results_give_the_mirrored_estimate(name, x):
    base, mirrored = SINGLE[name](x), SINGLE[name](-x)
    assert abs(mirrored.location + base.location) < 1e-9 * (1 + np.abs(x).max())
    assert mirrored.scale == pytest.approx(base.scale, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", SINGLE)
@settings(max_examples=40, deadline=None)
@given(x=reported, seed=some.integers(0, 2**31))
def test_the_order_of_laboratories_is_irrelevant(name, x, seed):
    assert SINGLE[name](np.random.default_rng(seed).permutation(x)) == SINGLE[name](x)


@pytest.mark.parametrize("name", SINGLE)
@settings(max_examples=40, deadline=None)
@given(x=some.lists(some.floats(-1e300, 1e300), max_size=12))
def test_a_scale_is_positive_or_the_estimate_is_degenerate(name, x):
    with np.errstate(over="ignore", under="ignore"):
        found = SINGLE[name](x)
    assert found.degenerate == (not found.scale > 0)
    assert found.n <= len(x)
    if found.n and np.abs(x).max(initial=0) < 1e150:
        assert min(x) <= found.location <= max(x) or math.isclose(
            found.location, min(x), rel_tol=1e-9, abs_tol=1e-12
        )


@pytest.mark.parametrize(
    ("name", "share"),
    [("algorithm_a", 0.2), ("median_made", 0.45), ("q_hampel", 0.45), ("median_niqr", 0.24)],
)
@settings(max_examples=30, deadline=None)
@given(seed=some.integers(0, 2**31), n=some.integers(20, 60), far=some.sampled_from([1e2, 1e6, 1e12]))
def test_location_stays_among_the_good_results_while_some_go_to_infinity(name, share, seed, n, far):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    bad = int(share * n)
    x[:bad] = far * (1 + rng.random(bad))
    found = SINGLE[name](x)
    assert abs(found.location) < 4.0
    assert found.scale < 12.0


@settings(max_examples=60, deadline=None)
@given(x=reported)
def test_the_fixed_point_of_algorithm_a_is_one(x):
    found = st.algorithm_a(x)
    if not found.degenerate:
        w = np.clip(x, found.location - 1.5 * found.scale, found.location + 1.5 * found.scale)
        assert w.mean() == pytest.approx(found.location, abs=1e-9 * found.scale)
        assert 1.134 * w.std(ddof=1) == pytest.approx(found.scale, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(x=reported)
def test_the_hampel_location_solves_its_equation_or_is_the_median(x):
    found = st.q_hampel(x)
    if not found.degenerate and found.location != st.median(x):
        u = (x - found.location) / found.scale
        size = np.abs(u)
        psi = np.where(size <= 3, np.minimum(size, 1.5), np.maximum(4.5 - size, 0)) * np.sign(u)
        assert abs(psi.sum()) < 1e-9 * x.size


@settings(max_examples=100, deadline=None)
@given(
    deviations=some.lists(some.floats(0, 1e6), min_size=2, max_size=10),
    sigma=some.floats(1e-6, 1e6),
    target=some.floats(-1e6, 1e6),
)
def test_a_worse_deviation_never_gets_a_better_class(deviations, sigma, target):
    kind = st.score_class(st.z_score(target + np.sort(deviations), target, sigma))
    assert (np.diff(kind) >= 0).all()


@settings(max_examples=60, deadline=None)
@given(x=reported, a=factor, shift=some.integers(-64, 64))
def test_consensus_scores_are_unchanged_by_unit_and_origin(x, a, shift):
    found, moved = st.q_hampel(x), st.q_hampel(a * (x + shift))
    z = st.z_score(x, found.location, found.scale)
    np.testing.assert_allclose(st.z_score(a * (x + shift), moved.location, moved.scale), z, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(successes=some.integers(0, 200), failures=some.integers(0, 200))
def test_intervals_hold_the_proportion_and_the_exact_one_is_wider_than_nothing(successes, failures):
    found = st.proportion(successes, successes + failures)
    if successes + failures:
        for low, high in (found.wilson, found.exact):
            assert 0 <= low <= found.value + 1e-12
            assert found.value - 1e-12 <= high <= 1
            assert high > low


@settings(max_examples=40, deadline=None)
@given(x=reported, width=some.floats(0.05, 50))
def test_modes_hold_at_most_all_results(x, width):
    found = st.density_modes(x, width)
    assert len(found) >= (1 if x.size <= 10 else 0)
    assert found.share.sum() <= 1 + 1e-12
    assert (np.diff(found.location) > 0).all()
    assert (found.location >= x.min() - width).all()
    assert (found.location <= x.max() + width).all()


@settings(max_examples=40, deadline=None)
@given(z=some.lists(some.floats(-6, 6), max_size=30))
def test_charts_are_mirrored_with_their_scores(z):
    chart, mirrored = st.cusum(z), st.cusum([-v for v in z])
    np.testing.assert_array_equal(chart.upper, mirrored.lower)
    np.testing.assert_array_equal(st.ewma(z).value, -st.ewma([-v for v in z]).value)


@settings(max_examples=40, deadline=None)
@given(
    x=some.lists(some.floats(-100, 100), min_size=2, max_size=12),
    seed=some.integers(0, 2**31),
    method=some.sampled_from(sorted(st.DARK_UNCERTAINTY)),
)
def test_a_weighted_consensus_lies_among_its_values(x, seed, method):
    u = np.random.default_rng(seed).uniform(0.1, 5.0, len(x))
    found = st.weighted_consensus(x, u, method)
    assert min(x) - 1e-9 <= found.value <= max(x) + 1e-9
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.u_value > 0
    assert found.dark_uncertainty >= 0
