from __future__ import annotations

import math

import numpy as np
import pt13528.scores as pt
import pytest
import scipy.stats

from workbench import statistics as st

NAN = float("nan")


def test_scores_agree_with_pt13528():
    rng = np.random.default_rng(4)
    x, t = rng.normal(10, 2, 300), rng.normal(10, 1, 300)
    s, u, v, limit = (rng.uniform(0.1, 2, 300) for _ in range(4))
    pairs = [
        (st.z_score(x, t, s), [pt.z_score(*row) for row in zip(x, t, s, strict=True)]),
        (st.z_prime_score(x, t, s, u), [pt.z_prime_score(*row) for row in zip(x, t, s, u, strict=True)]),
        (st.zeta_score(x, t, v, u), [pt.zeta_score(*row) for row in zip(x, t, v, u, strict=True)]),
        (st.en_score(x, t, v, u), [pt.en_score(*row) for row in zip(x, t, v, u, strict=True)]),
        (
            st.percent_allowed(x, t, limit),
            [pt.percent_allowed(*row) for row in zip(x, t, limit, strict=True)],
        ),
        (st.percent_difference(x, t), [pt.percent_difference(*row) for row in zip(x, t, strict=True)]),
        (st.difference(x, t), [pt.difference(*row) for row in zip(x, t, strict=True)]),
        (
            st.widened_allowable_error(limit, u),
            [pt.delta_e_prime(*row) for row in zip(limit, u, strict=True)],
        ),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(ours, theirs, rtol=1e-14)


@pytest.mark.parametrize("divisor", [0.0, -1.0, NAN])
def test_nothing_is_divided_by_what_is_not_positive(divisor):
    with np.errstate(all="raise"):
        assert math.isnan(st.z_score(1.0, 2.0, divisor))
        assert math.isnan(st.z_prime_score(1.0, 2.0, divisor, 0.5))
        assert math.isnan(st.zeta_score(1.0, 2.0, divisor, 0.5))
        assert math.isnan(st.en_score(1.0, 2.0, divisor, 0.5))
        assert math.isnan(st.percent_allowed(1.0, 2.0, divisor))
        assert math.isnan(st.sdi(1.0, 2.0, divisor))
        assert math.isnan(st.percent_difference(1.0, 0.0))


def test_a_missing_uncertainty_is_never_zero():
    assert math.isnan(st.z_prime_score(1.0, 2.0, 1.0, NAN))
    assert math.isnan(st.zeta_score(1.0, 2.0, NAN, 0.5))
    assert math.isnan(st.zeta_score(1.0, 2.0, 0.5, NAN))
    assert math.isnan(st.zeta_score(1.0, 2.0, 0.0, 0.5))
    assert st.zeta_score(1.0, 2.0, 0.5, 0.0) == -2.0


def test_a_result_exactly_three_sigma_away_is_an_action_signal():
    targets = np.arange(100, 1000) / 100
    sigma = 0.05
    results = np.round(targets + 3 * sigma, 2)
    z = st.z_score(results, targets, sigma)
    assert (z < 3).mean() > 0.2, "the trap is there"
    assert (st.score_class(z) == 2).all()
    assert (st.score_class(st.z_score(np.round(targets + 2 * sigma, 2), targets, sigma)) == 0).all()


def test_classes():
    found = st.score_class([0.0, 2.0, 2.0001, -2.9, 3.0, -99.0, NAN])
    assert found.tolist() == [0, 0, 1, 1, 2, 2, -1]
    assert st.score_class([2.996], decimals=2).tolist() == [2]
    assert st.score_class([2.996]).tolist() == [1]
    assert st.score_class([0.999, 1.0, -1.2], warning=1.0, action=1.0).tolist() == [0, 2, 2]


def test_a_score_keeps_the_shape_it_was_given():
    assert isinstance(st.z_score(1.0, 2.0, 0.5), float)
    assert st.z_score([[1.0, 2.0]], 2.0, [[0.5], [1.0]]).shape == (2, 2)


def test_combined_scores_against_scipy():
    z = [1.2, -0.3, 2.5, NAN, 0.7]
    kept = np.array([1.2, -0.3, 2.5, 0.7])
    rsz, ssz = st.rescaled_sum(z), st.sum_of_squares(z)
    assert (rsz.n, ssz.n) == (4, 4)
    assert rsz.value == pytest.approx(kept.sum() / 2)
    assert rsz.p_value == pytest.approx(2 * scipy.stats.norm.sf(abs(rsz.value)), rel=1e-12)
    assert ssz.value == pytest.approx((kept**2).sum())
    assert ssz.p_value == pytest.approx(scipy.stats.chi2.sf(ssz.value, 4), rel=1e-12)
    assert math.isnan(st.rescaled_sum([NAN]).value)


def test_variance_index_windows_and_caps():
    assert st.overall_mean_score([400.0, NAN, 10.0, 20.0], window=2) == 15.0
    assert math.isnan(st.overall_mean_score([NAN]))
    assert math.isnan(st.variance_index(1.0, 0.0, 2.0))
    assert st.variance_index_score(9999.0) == 400.0


def test_target_score_anchors():
    """50 at the allowed deviation, 100 at 31.6 % of it, 120 at most, 10 at least."""
    assert st.target_score([105.0, 101.58, 100.0, 300.0], 100.0, 5.0) == pytest.approx(
        [49.97, 100.0, 120.0, 10.0], abs=0.01
    )
    assert st.target_score_is_poor([40.0, 40.0, 60.0], [2.5, 1.0, 2.5], [9.0, 9.0, 9.0], 5.0).tolist() == [
        True,
        False,
        False,
    ]


def test_split_level_scores_do_not_depend_on_the_order_of_the_samples():
    rng = np.random.default_rng(8)
    bias = rng.normal(0, 1, 25)
    a, b = 10 + bias + rng.normal(0, 0.2, 25), 12 + bias + rng.normal(0, 0.2, 25)
    b[7] += 3.0
    found, swapped = st.split_level_scores(a, b), st.split_level_scores(b, a)
    np.testing.assert_allclose(found.z_between, swapped.z_between)
    np.testing.assert_allclose(found.z_within, swapped.z_within)
    assert found.difference_median > 0
    assert np.abs(found.z_within).argmax() == 7
    assert st.youden_correlation(a, b) == pytest.approx(scipy.stats.pearsonr(a, b)[0], rel=1e-12)
    assert math.isnan(st.youden_correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]))


def test_repeatability_statistic_is_chi_square_with_two_degrees_for_many_replicates():
    rng = np.random.default_rng(9)
    data = rng.normal(5.0, 0.7, (20_000, 40))
    found = st.repeatability_statistic(data.mean(axis=1), data.std(axis=1, ddof=1), 40, 5.0, 0.7)
    assert found.mean() == pytest.approx(2.0, abs=0.06)
    assert st.repeatability_p_value(5.991464547) == pytest.approx(0.05)
    assert math.isnan(st.repeatability_statistic(5.0, 0.0, 2, 5.0, 0.7))


def test_small_rounds():
    import pt13528.robust as oracle

    assert st.small_round([1.0, 4.0]).scale == pytest.approx(oracle.sd_two_results(1.0, 4.0))
    assert st.small_round([1.0, 4.0, 6.0]).scale == pytest.approx(oracle.mean_abs_dev_sd([1.0, 4.0, 6.0]))
    assert st.small_round([2.0]).degenerate
    assert st.largest_self_included_score(10) < 3 < st.largest_self_included_score(11)


def test_uncertainty_flags():
    assert st.uncertainty_flag([0.1, 1.0, 9.0, NAN, 0.0], 0.2, 2.0).tolist() == ["b", "a", "c", "", ""]
