from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from workbench import statistics as st
from workbench.errors import EvaluationError


def test_intervals_agree_with_scipy_and_statsmodels():
    for n in (1, 3, 20, 150):
        for r in sorted({0, 1, n // 2, n - 1, n}):
            found = st.proportion(r, n)
            exact = scipy.stats.binomtest(r, n).proportion_ci(0.95, "exact")
            assert found.exact == pytest.approx((exact.low, exact.high), rel=1e-9, abs=1e-12)
            assert found.wilson == pytest.approx(
                proportion_confint(r, n, method="wilson"), rel=1e-9, abs=1e-12
            )
    assert math.isnan(st.proportion(0, 0).value)
    with pytest.raises(EvaluationError):
        st.proportion(4, 3)


def test_wilson_interval_is_elementwise():
    low, high = st.wilson_interval([0, 5, 0], [10, 10, 0])
    assert low[0] == 0.0
    assert low[1] < 0.5 < high[1]
    assert np.isnan([low[2], high[2]]).all()


def test_sensitivity_and_specificity_keep_their_denominators():
    found = st.diagnostic_agreement([True, False, True], [True, True, True])
    assert (found.sensitivity.successes, found.sensitivity.trials) == (2, 3)
    assert found.specificity.trials == 0
    assert math.isnan(found.specificity.value)
    assert math.isnan(found.youden_index)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")]
)
def test_kappa_agrees_with_statsmodels(ours, theirs):
    rng = np.random.default_rng(4)
    for _ in range(30):
        table = rng.integers(0, 30, (4, 4)) + 20 * np.eye(4, dtype=int)
        found, expected = st.kappa(table, ours), cohens_kappa(table, wt=theirs)
        assert found.value == pytest.approx(expected.kappa, rel=1e-12)
        assert found.standard_error == pytest.approx(expected.std_kappa, rel=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue_two_sided, rel=1e-7, abs=1e-300)


def test_kappa_edges():
    assert st.kappa([[5, 0], [0, 5]]).value == 1.0
    assert math.isnan(st.kappa([[10, 0], [0, 0]]).value)
    assert math.isnan(st.kappa([[0, 0], [0, 0]]).value)
    with pytest.raises(EvaluationError):
        st.kappa([[1, 2, 3], [1, 2, 3]])


def test_binomial_score_is_about_standard_normal_and_agrees_with_scipy():
    for k, n, p in ((5, 10, 0.5), (3, 20, 0.4), (19, 20, 0.9), (0, 5, 0.95), (100, 300, 0.5)):
        mid = scipy.stats.binom.cdf(k - 1, n, p) + 0.5 * scipy.stats.binom.pmf(k, n, p)
        assert st.binomial_score(k, n, p) == pytest.approx(scipy.stats.norm.ppf(mid), rel=1e-7, abs=1e-9)
    scores = [st.binomial_score(int(k), 200, 0.8) for k in np.random.default_rng(5).binomial(200, 0.8, 3000)]
    assert np.mean(scores) == pytest.approx(0.0, abs=0.06)
    assert np.std(scores) == pytest.approx(1.0, abs=0.05)
    assert math.isnan(st.binomial_score(1, 2, 1.0))


def test_ordinal_ties_are_reported_and_the_lower_median_taken():
    found = st.ordinal_summary([1, 1, 2, 2, float("nan")])
    assert found.modes == (1, 2)
    assert found.median == 1
    assert found.counts == {1: 2, 2: 2}
    assert st.ordinal_summary([]).median is None


def test_coded_consensus_counts_instead_of_comparing_floats():
    assert st.coded_consensus(["a"] * 7 + ["b"] * 3, 0.7).is_reached
    assert not st.coded_consensus(["a"] * 79 + ["b"] * 21).is_reached
    assert not st.coded_consensus(["a", "b"], 0.5).is_reached
    assert st.coded_consensus(["a", "b", ""]).answers == ("a", "b")
    assert not st.coded_consensus([]).is_reached


def test_categorical_errors_have_their_own_denominators():
    reference = list("RRRSSSSIIX")
    reported = list("SRISRSISIS")
    found = st.categorical_agreement(reported, reference)
    assert found.n == 9
    assert (found.very_major, found.major, found.minor) == (1, 1, 3)
    assert found.very_major_rate == pytest.approx(1 / 3)
    assert found.major_rate == pytest.approx(1 / 4)
    assert found.minor_rate == pytest.approx(3 / 9)
    assert math.isnan(st.categorical_agreement(["S"], ["S"]).very_major_rate)
    with pytest.raises(EvaluationError):
        st.categorical_agreement_from_counts(
            n=1, very_major=1, major=1, minor=0, reference_resistant=1, reference_susceptible=1
        )


def test_essential_agreement_with_printed_and_open_ended_mics():
    assert st.essential_agreement([0.12, 0.06, 0.5, 0.25], 0.125).tolist() == [True, True, False, True]
    assert bool(st.essential_agreement(8.0, 16.0, reported_sign=">"))
    assert not bool(st.essential_agreement(32.0, 4.0, reported_sign=">"))
    assert not bool(st.essential_agreement(float("nan"), 4.0))
    assert not bool(st.essential_agreement(0.0, 4.0))
    assert bool(st.essential_agreement(0.25, 0.06, "<=", "<="))


def test_percentile_ranks_agree_with_scipy():
    rng = np.random.default_rng(6)
    group = np.round(rng.normal(5, 1, 40), 1)
    ours = st.percentile_rank(group, group)
    np.testing.assert_allclose(
        ours, [scipy.stats.percentileofscore(group, v, "mean") for v in group], rtol=1e-12
    )
    assert math.isnan(st.percentile_rank(1.0, []))
    assert math.isnan(st.percentile_rank(float("nan"), group))
    codes = rng.integers(-1, 3, 40)
    grouped = st.percentile_rank_groups(st.group_values(group, codes, 3), group, codes)
    for code in range(3):
        np.testing.assert_allclose(
            grouped[codes == code], st.percentile_rank(group[codes == code], group[codes == code])
        )
    assert np.isnan(grouped[codes < 0]).all()
