from __future__ import annotations

import math

import numpy as np
import pt13528.homogeneity as pt
import pytest
import scipy.stats

from workbench import statistics as st
from workbench.errors import EvaluationError


@pytest.mark.parametrize("replicates", [2, 3, 5])
def test_homogeneity_agrees_with_pt13528_and_with_the_analysis_of_variance(replicates):
    rng = np.random.default_rng(replicates)
    for _ in range(40):
        table = rng.normal(10, 0.3, (10, 1)) * rng.integers(0, 2) + rng.normal(10, 0.2, (10, replicates))
        found, expected = st.homogeneity(table, sigma_pt=0.6), pt.homogeneity(table, sigma_pt=0.6)
        for ours, theirs in (
            (found.mean, expected.mean),
            (found.s_x, expected.s_x),
            (found.s_w, expected.s_w),
            (found.s_s, expected.s_s),
            (found.criterion, expected.criterion),
            (found.expanded_criterion, expected.expanded_criterion),
            (found.f_statistic, expected.f_statistic),
            (found.f_critical, expected.f_critical),
        ):
            assert ours == pytest.approx(theirs, rel=1e-10)
        assert found.is_sufficient == expected.sufficient
        assert found.is_sufficient_expanded == expected.sufficient_expanded
        anova = scipy.stats.f_oneway(*table)
        assert (found.f_statistic, found.f_p_value) == pytest.approx(
            (anova.statistic, anova.pvalue), rel=1e-9
        )


def test_homogeneity_limits_and_edges():
    same = st.homogeneity(np.full((10, 2), 3.0), allowable_error=1.0)
    assert same.is_sufficient
    assert math.isnan(same.f_statistic)
    assert not same.cochran.is_outlier
    assert same.criterion == pytest.approx(0.1)
    unknown = st.homogeneity([[1.0, 1.1], [1.2, 1.0]])
    assert math.isnan(unknown.criterion)
    assert not unknown.is_sufficient
    for bad in ([[1.0, 2.0]], [[1.0], [2.0]], [[1.0, float("nan")], [1.0, 2.0]]):
        with pytest.raises(EvaluationError):
            st.homogeneity(bad)
    careless = np.random.default_rng(1).normal(10, 0.01, (10, 2))
    careless[4, 1] += 1.0
    found = st.homogeneity(careless, sigma_pt=1.0)
    assert found.cochran.is_outlier
    assert found.cochran.index == 4


def test_single_measurements_give_an_upper_bound():
    x = np.random.default_rng(5).normal(10, 0.2, 12)
    found, expected = (
        st.homogeneity_without_replicates(x, sigma_pt=0.9),
        pt.homogeneity_single(x, sigma_pt=0.9),
    )
    assert (found.sd, found.criterion) == pytest.approx((expected.s_s, expected.criterion))
    assert found.is_sufficient == expected.sufficient
    with pytest.raises(EvaluationError):
        st.homogeneity_without_replicates([1.0])


def test_stability_agrees_with_pt13528_and_scipy():
    rng = np.random.default_rng(2)
    for _ in range(40):
        before, after = rng.normal(10, 0.2, (8, 2)), rng.normal(10.1, 0.2, (5, 2))
        found = st.stability(before, after, sigma_pt=0.4, u_before=0.05, u_after=0.07)
        expected = pt.stability(before.ravel(), after.ravel(), sigma_pt=0.4, u_y1=0.05, u_y2=0.07)
        assert found.difference == pytest.approx(expected.difference, rel=1e-9)
        assert (found.is_stable, found.is_stable_expanded) == (expected.stable, expected.stable_expanded)
        assert found.expanded_criterion == pytest.approx(expected.expanded_criterion)
        welch = scipy.stats.ttest_ind(before.mean(axis=1), after.mean(axis=1), equal_var=False)
        assert (found.t_statistic, found.t_p_value) == pytest.approx(
            (abs(welch.statistic), welch.pvalue), rel=1e-9
        )
    assert math.isnan(st.stability([1.0], [1.0, 1.1], sigma_pt=1.0).t_statistic)
    with pytest.raises(EvaluationError):
        st.stability([], [1.0], sigma_pt=1.0)


def test_coded_material():
    assert st.coded_homogeneity(["neg"] * 10, "neg").is_sufficient
    assert not st.coded_homogeneity([], "neg").is_sufficient
    found = st.coded_homogeneity(["pos", "neg", "pos"], "pos")
    assert (found.different, found.counts) == ((1,), {"neg": 1, "pos": 2})


def test_ways_to_set_sigma_agree_with_pt13528_and_scipy():
    import pt13528.sigma_pt as oracle

    for c in (1e-9, 1.19e-7, 1.2e-7, 1.21e-7, 1e-4, 0.138, 0.1385, 0.2, 1.0):
        assert st.horwitz_sigma(c) == pytest.approx(oracle.horwitz(c), rel=1e-12)
    assert np.isnan(st.horwitz_sigma([0.0, -1.0, 1.1])).all()
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 10, 8)
    y = 0.1 + 0.05 * x + rng.normal(0, 0.02, 8)
    line, fit = st.sigma_line(x, y), scipy.stats.linregress(x, y)
    assert (line.slope, line.intercept, line.r_squared) == pytest.approx(
        (fit.slope, fit.intercept, fit.rvalue**2)
    )
    assert math.isnan(st.sigma_line([1, 2, 3], [0.3, 0.2, 0.1]).at(9.0))
    assert st.sigma_from_precision(23.2, 14.3, 3) == pytest.approx(oracle.from_precision(23.2, 14.3, 3))
    assert st.sigma_with_heterogeneity(0.3, 0.1) == pytest.approx(pt.expanded_sigma_pt(0.3, 0.1))
    assert st.sigma_within_bounds(0.5, highest=0.3) == oracle.limit_sigma(0.5, upper=0.3)
    assert math.isnan(st.sigma_from_allowable_error(0.0))
    for refused in (
        lambda: st.sigma_line([1.0, 2.0], [0.1, 0.2]),
        lambda: st.sigma_line([2.0, 2.0, 2.0], [0.1, 0.2, 0.1]),
        lambda: st.sigma_from_precision(1.0, 9.0, 2),
    ):
        with pytest.raises(EvaluationError):
            refused()
    with pytest.raises(ValueError, match="floor"):
        st.sigma_within_bounds(0.5, 0.6, 0.4)


def test_biological_variation_levels_are_one_to_two_to_three():
    limits = [
        st.biological_variation_limits(4.0, 3.0, level) for level in ("optimum", "desirable", "minimum")
    ]
    assert [v.cv for v in limits] == [1.0, 2.0, 3.0]
    assert [v.bias for v in limits] == [0.625, 1.25, 1.875]
    assert limits[1].total_error == pytest.approx(1.65 * 2.0 + 1.25)


def test_every_registered_way_to_set_sigma_says_what_it_takes():
    for way in st.SIGMA_PT.values():
        assert "Examples" in way.__doc__
        assert "References" in way.__doc__
