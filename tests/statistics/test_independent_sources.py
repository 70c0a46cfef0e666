"""Every robust estimator against a second, independent implementation on the fuzzed corpus.

Development oracles: pt13528 (LGPL, never a dependency), statsmodels, scipy. What is compared is the
ragged form, so a mistake in the grouping shows here too.
"""

from __future__ import annotations

import numpy as np
import pt13528.robust as pt
import pytest
import scipy.stats
from statsmodels.robust.scale import qn_scale

from workbench import statistics as st
from workbench.statistics.pair_scales import qn_factor


def compared(found: st.RobustEstimates, oracle: list[tuple[float, float]], tolerance: float) -> None:
    """Location within the tolerance in scales, scale relatively; zero scales on both sides or none."""
    location, scale = (np.array(column) for column in zip(*oracle, strict=True))
    n = len(oracle)
    np.testing.assert_array_equal(found.degenerate[:n], ~(scale > 0))
    live = scale > 0
    assert live.sum() > n / 2
    assert np.abs(found.scale[:n][live] / scale[live] - 1.0).max() < tolerance
    assert (np.abs(found.location[:n] - location)[live] / scale[live]).max() < tolerance


def test_median_and_made_agree_with_scipy_and_pt13528(corpus):
    found = st.median_made_groups(corpus.groups)
    scipy_mad = [1.483 * scipy.stats.median_abs_deviation(x) for x in corpus.plain[:1500]]
    np.testing.assert_allclose(found.scale[:1500], scipy_mad, rtol=1e-14)
    compared(found, [(pt.median(x), pt.made(x)) for x in corpus.plain], 1e-13)


def test_median_and_niqr_agree_with_numpy_and_pt13528(corpus):
    found = st.median_niqr_groups(corpus.groups)
    compared(found, [(float(np.median(x)), pt.niqr(x)) for x in corpus.plain], 1e-13)


def test_algorithm_a_reaches_the_fixed_point_pt13528_approaches(corpus):
    found = st.algorithm_a_groups(corpus.groups)
    oracle = [pt.algorithm_a(x) for x in corpus.plain]
    compared(found, [(r.location, r.scale) for r in oracle], 2e-8)
    assert found.iterations.mean() < 5
    assert np.mean([r.iterations for r in oracle]) > 15


def test_algorithm_a_as_worded_agrees_with_pt13528(corpus):
    found = st.algorithm_a_groups(corpus.groups, stop="three_figures")
    fixed_point = st.algorithm_a_groups(corpus.groups)
    oracle = [pt.algorithm_a(x, tol="iso2022") for x in corpus.plain]
    scale, steps = np.array([r.scale for r in oracle]), np.array([r.iterations for r in oracle])
    live = ~found.degenerate
    np.testing.assert_array_equal(found.degenerate, fixed_point.degenerate)
    # A figure that lies exactly on a half is rounded by the last bit there, up here.
    same = live & (found.iterations == steps)
    assert same.sum() >= 0.999 * live.sum()
    np.testing.assert_allclose(found.scale[same], scale[same], rtol=1e-12)


def test_algorithm_a_with_a_held_scale_agrees_with_pt13528(corpus):
    scale = st.q_method_groups(corpus.groups).scale[:1000]
    codes = np.repeat(np.arange(1000), [x.size for x in corpus.plain[:1000]])
    groups = st.group_values(np.concatenate(corpus.plain[:1000]), codes, 1000)
    found = st.algorithm_a_groups(groups, fixed_scale=scale)
    assert found.rule == "algorithm_a:converged:fixed_scale"
    for index, x in enumerate(corpus.plain[:1000]):
        if scale[index] > 0 and np.ptp(x) > 0:
            expected = pt.algorithm_a(x, update_scale=False, scale=scale[index])
            assert abs(found.location[index] - expected.location) < 2e-8 * scale[index]


@pytest.mark.parametrize("degrees", range(1, 11))
def test_algorithm_s_agrees_with_pt13528(corpus, degrees):
    for x in corpus.plain[:160]:
        w = np.abs(x - np.median(x))
        expected = pt.algorithm_s(w, degrees)
        found = st.algorithm_s(w, degrees)
        assert found.degenerate == expected.degenerate
        assert found.scale == pytest.approx(expected.scale, rel=1e-7)  # the oracle's own stop
        worded = st.algorithm_s(w, degrees, stop="three_figures")
        if expected.scale > 0:
            assert worded.scale == pytest.approx(pt.algorithm_s(w, degrees, tol="iso2022").scale, rel=1e-12)


def test_q_method_agrees_with_pt13528(corpus):
    oracle = [(pt.median(x), pt.q_method(x)) for x in corpus.plain]
    compared(st.q_method_groups(corpus.groups), oracle, 1e-9)


def test_q_hampel_agrees_with_pt13528(corpus):
    found = st.q_hampel_groups(corpus.groups)
    oracle = [(pt.hampel(x, s), s) for x, s in zip(corpus.plain[:1200], found.scale.tolist(), strict=False)]
    compared(found, oracle, 1e-9)


def test_iterative_hampel_agrees_with_pt13528(corpus):
    scale = st.q_method_groups(corpus.groups).scale
    found = st.hampel_groups(corpus.groups, scale, method="iterative")
    for index, x in enumerate(corpus.plain[:1200]):
        if scale[index] > 0:
            expected = pt.hampel(x, float(scale[index]), method="iterative")
            assert abs(found.location[index] - expected) < 1e-9 * scale[index]


def test_qn_agrees_with_pt13528_and_with_statsmodels_once_its_factor_is_added(corpus):
    found = st.qn_groups(corpus.groups)
    for index, x in enumerate(corpus.plain):
        assert found.scale[index] == pytest.approx(pt.qn(x), rel=1e-12, abs=1e-15 * np.abs(x).max())
        if x.size > 2:
            corrected = qn_scale(x, c=2.2191) * qn_factor(x.size)
            assert found.scale[index] == pytest.approx(corrected, rel=1e-9, abs=1e-14 * np.abs(x).max())


def test_qn_and_q_method_of_many_distinct_values_equal_the_full_list_of_pairs():
    rng = np.random.default_rng(7)
    for x in (rng.normal(size=900), rng.standard_cauchy(700), np.round(rng.lognormal(3, 1, 1100), 2)):
        distance = np.sort(np.abs(np.subtract.outer(x, x))[np.triu_indices(x.size, 1)])
        half = x.size // 2 + 1
        kth = distance[half * (half - 1) // 2 - 1]
        assert st.qn(x).scale == pytest.approx(2.2191 * qn_factor(x.size) * kth, rel=1e-9)
        assert st.q_method(x).scale == pytest.approx(q_by_definition(distance, np.abs(x).max()), rel=1e-6)


def q_by_definition(distance: np.ndarray, largest: float) -> float:
    """Formulae (C.22) to (C.25) on the sorted list of all distances, rounded free of binary noise."""
    unit = 8 * np.finfo(float).eps * largest
    value, count = np.unique(np.round(distance / unit) * unit, return_counts=True)
    h1 = np.cumsum(count) / distance.size
    at_zero = h1[0] if value[0] == 0 else 0.0
    before = np.concatenate(([0.0], h1[:-1]))
    g1 = np.where(value == 0, 0.0, 0.5 * (h1 + before))
    width = np.interp(0.25 + 0.75 * at_zero, np.concatenate(([0.0], g1)), np.concatenate(([0.0], value)))
    return float(width / (np.sqrt(2) * scipy.stats.norm.ppf(0.625 + 0.375 * at_zero)))


def test_sn_equals_its_definition(corpus):
    found = st.sn_groups(corpus.groups)
    factors = (0.743, 1.851, 0.954, 1.351, 0.993, 1.198, 1.005, 1.131)
    for index, x in enumerate(corpus.plain[:1500]):
        n = x.size
        himed = np.sort(np.abs(np.subtract.outer(x, x)), axis=1)[:, n // 2]
        factor = factors[n - 2] if n < 10 else (n / (n - 0.9) if n % 2 else 1.0)
        expected = 1.1926 * factor * np.sort(himed)[(n + 1) // 2 - 1]
        assert found.scale[index] == pytest.approx(expected, rel=1e-12)


def test_mean_and_sd_of_groups_agree_with_numpy_and_with_the_exact_sums(corpus):
    found = st.mean_sd_groups(corpus.groups)
    for index, x in enumerate(corpus.plain[:2000]):
        unit = float(np.abs(x).max())
        assert abs(found.location[index] - x.mean()) < 1e-14 * unit
        assert found.scale[index] == pytest.approx(x.std(ddof=1), rel=1e-10, abs=1e-15 * unit)
        assert found.scale[index] == pytest.approx(st.mean_sd(x).scale, rel=1e-10, abs=1e-15 * unit)


def test_mean_within_three_sd_equals_a_plain_loop(corpus):
    found = st.mean_sd_within_groups(corpus.groups)
    once = st.mean_sd_within_groups(corpus.groups, repeated=False)
    for index, x in enumerate(corpus.plain[:1500]):
        kept = np.sort(x)
        first = True
        while kept.size > 1:
            inside = np.abs(kept - kept.mean()) <= 3.0 * kept.std(ddof=1) * (1 + 1e-12)
            if first:
                assert once.n[index] == inside.sum()
                first = False
            if inside.all():
                break
            kept = kept[inside]
        assert found.n[index] == kept.size


def test_q_method_and_q_hampel_of_replicates_agree_with_pt13528():
    rng = np.random.default_rng(12)
    for _ in range(60):
        labs = int(rng.integers(2, 15))
        results = [
            np.round(rng.normal(rng.normal(10, 0.5), 0.2, int(rng.integers(1, 5))), 1) for _ in range(labs)
        ]
        values, code = np.concatenate(results), np.repeat(np.arange(labs), [r.size for r in results])
        order = rng.permutation(values.size)
        found, expected = st.q_hampel_replicates(values[order], code[order]), pt.q_hampel(results)
        assert found.n == labs
        assert found.degenerate == expected.degenerate
        assert found.scale == pytest.approx(expected.scale, rel=1e-9, abs=1e-12)
        assert abs(found.location - expected.location) < 1e-9
        assert st.q_method_replicates(values, code).scale == found.scale
