from __future__ import annotations

import math

import numpy as np
import pt13528.assigned_value as pt
import pytest
import scipy.optimize
from statsmodels.stats.meta_analysis import combine_effects

from workbench import statistics as st
from workbench.errors import EvaluationError


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("algorithm_a", "algorithm_a"),
        ("median_niqr", "median"),
        ("q_hampel", "q_hampel"),
        ("mean_sd", "mean"),
    ],
)
def test_consensus_agrees_with_pt13528(corpus, ours, theirs):
    for x in corpus.plain[:200]:
        found, expected = st.consensus(x, ours), pt.consensus(x, theirs)
        assert found.n == expected.p
        assert found.degenerate == (not expected.u_x_pt > 0)
        if not found.degenerate:
            assert found.u_value == pytest.approx(expected.u_x_pt, rel=2e-8)
            assert abs(found.value - expected.x_pt) < 2e-8 * found.scale


@pytest.mark.parametrize("estimator", sorted(st.CONSENSUS))
def test_every_registered_consensus_finds_the_centre_of_clean_results(estimator):
    x = np.random.default_rng(5).normal(100.0, 2.0, 4000)
    found = st.consensus(x, estimator)
    assert abs(found.value - 100.0) < 0.15
    assert abs(found.scale - 2.0) < 0.12
    assert found.u_value == pytest.approx(
        2.0 / math.sqrt(4000) * (1 if "mean_sd" in estimator else 1.25), rel=0.06
    )
    assert st.consensus([], estimator).degenerate


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="algorithm_a"):
        st.consensus([1.0], "nonsense")
    with pytest.raises(ValueError, match="reml"):
        st.weighted_consensus([1.0, 2.0], [1.0, 1.0], "nonsense")
    with pytest.raises(ValueError, match="three_figures"):
        st.algorithm_a([1.0], stop="nonsense")


def test_bootstrap_is_reproducible_and_close_to_theory_and_to_a_plain_loop():
    x = np.random.default_rng(6).normal(50.0, 3.0, 60)
    first = st.bootstrap(x, "algorithm_a", generator=np.random.default_rng(1))
    again = st.bootstrap(x, "algorithm_a", generator=np.random.default_rng(1))
    assert first == again
    assert first.value == st.algorithm_a(x).location
    loop = pt.bootstrap(x, lambda v: st.algorithm_a(v).location, seed=3)
    assert first.u_value == pytest.approx(loop.u_x_pt, rel=0.1)
    exact = st.bootstrap(x, "mean_sd", generator=np.random.default_rng(2), replicates=20_000)
    assert exact.u_value == pytest.approx(x.std() / math.sqrt(60), rel=0.02)


def test_bootstrap_does_not_depend_on_the_order_of_laboratories():
    x = np.random.default_rng(7).normal(size=30)
    found = [st.bootstrap(v, generator=np.random.default_rng(1)) for v in (x, x[::-1])]
    assert found[0] == found[1]


def test_reference_check_and_budget_agree_with_pt13528():
    reference, value = st.value_by_reference(10.5, 0.4), st.AssignedValue(9.8, 0.25, "x", 30, 1.0)
    found, expected = st.reference_check(reference, value), pt.compare_with_reference(10.5, 0.2, 9.8, 0.25)
    assert (found.difference, found.u_difference) == pytest.approx((expected.x_diff, expected.u_diff))
    assert found.ratio == pytest.approx(expected.ratio)
    assert found.investigate is expected.investigate is True
    assert st.uncertainty_budget(1.0, 2.0, 3.0, 4.0) == pytest.approx(
        pt.combine_uncertainty(1.0, 2.0, 3.0, 4.0)
    )


def test_too_few_values_are_refused():
    for call in (
        lambda: st.value_by_crm_comparison([1.0], 20.0, 0.1),
        lambda: st.value_by_experts([1.0]),
        lambda: st.weighted_consensus([1.0], [0.1]),
        lambda: st.weighted_consensus([1.0, 2.0], [0.1, 0.0]),
        lambda: st.value_by_formulation([0.0], [0.1], [1]),
    ):
        with pytest.raises(EvaluationError):
            call()


def test_experts_who_agree_by_chance_do_not_know_better_than_they_say():
    assert st.value_by_experts([10.0, 10.01, 9.99]).u_value < 0.01
    assert st.value_by_experts([10.0, 10.01, 9.99], [0.3, 0.3, 0.3]).u_value == pytest.approx(
        0.3 / math.sqrt(3)
    )


BCG = np.array(
    [
        [4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619], [33, 5036, 47, 5761],
        [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892], [29, 7470, 45, 7232],
        [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338], [27, 16886, 29, 17825],
    ],
    dtype=float,
)  # fmt: skip
"""BCG vaccine trials (Colditz et al., JAMA 1994;271:698): events and non-events, vaccinated and control."""


def bcg_log_risk_ratios() -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = BCG.T
    return np.log(a / (a + b) / (c / (c + d))), np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))


@pytest.mark.parametrize(
    ("method", "value", "u", "tau2"),
    [("dersimonian_laird", -0.7141, 0.1787, 0.3088), ("reml", -0.7145, 0.1798, 0.3132)],
)
def test_published_random_effects_analysis(method, value, u, tau2):
    """Viechtbauer, J Stat Softw 2010;36(3): the metafor analysis of the BCG trials, four decimals."""
    found = st.weighted_consensus(*bcg_log_risk_ratios(), method)
    assert round(found.value, 4) == value
    assert round(found.u_value, 4) == u
    assert round(found.dark_uncertainty**2, 4) == tau2
    assert round(found.cochran_q, 2) == 152.23
    assert round(100 * st.weighted_consensus(*bcg_log_risk_ratios(), "fixed_effect").i_squared, 2) == 92.12


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_dersimonian_laird_and_mandel_paule_agree_with_statsmodels():
    rng, compared = np.random.default_rng(10), 0
    for _ in range(60):
        n = int(rng.integers(3, 15))
        u = rng.uniform(0.2, 2.0, n)
        x = rng.normal(20.0, 1.0, n) + rng.normal(0, u)
        for ours, theirs in (("dersimonian_laird", "chi2"), ("mandel_paule", "iterated")):
            found = st.weighted_consensus(x, u, ours)
            expected = combine_effects(
                x, u**2, method_re=theirs, **({"atol": 1e-14} if theirs == "iterated" else {})
            )
            if not expected.tau2 > 0:
                # statsmodels goes on with a negative variance, or its iteration stopped at zero on the way.
                assert theirs == "iterated" or found.dark_uncertainty == 0
                continue
            compared += 1
            assert found.dark_uncertainty**2 == pytest.approx(expected.tau2, rel=1e-6, abs=1e-9)
            assert found.value == pytest.approx(expected.mean_effect_re, rel=1e-9)
            assert found.u_value == pytest.approx(expected.sd_eff_w_re, rel=1e-7)
            assert found.cochran_q == pytest.approx(expected.q, rel=1e-9)
    assert compared > 60


def test_mandel_paule_is_the_root_of_its_equation():
    rng = np.random.default_rng(12)
    for _ in range(60):
        n = int(rng.integers(3, 15))
        u = rng.uniform(0.2, 2.0, n)
        x = rng.normal(20.0, 1.0, n) + rng.normal(0, u)

        def excess(tau2: float, x=x, u=u) -> float:
            w = 1 / (u**2 + tau2)
            return (w * (x - (w * x).sum() / w.sum()) ** 2).sum() - (x.size - 1)

        root = scipy.optimize.brentq(excess, 0, 1000, xtol=1e-14) if excess(0) > 0 else 0.0
        found = st.weighted_consensus(x, u, "mandel_paule")
        assert found.dark_uncertainty**2 == pytest.approx(root, rel=1e-9, abs=1e-12)


def test_reml_is_where_the_restricted_likelihood_is_largest():
    rng = np.random.default_rng(11)
    for _ in range(30):
        n = int(rng.integers(4, 15))
        u = rng.uniform(0.2, 2.0, n)
        x = rng.normal(20.0, 1.5, n) + rng.normal(0, u)

        def minus_log_likelihood(tau2: float, x=x, u=u) -> float:
            w = 1 / (u**2 + tau2)
            mean = (w * x).sum() / w.sum()
            return 0.5 * (np.log(u**2 + tau2).sum() + np.log(w.sum()) + (w * (x - mean) ** 2).sum())

        best = scipy.optimize.minimize_scalar(
            minus_log_likelihood, bounds=(0, 60), method="bounded", options={"xatol": 1e-10}
        )
        found = st.weighted_consensus(x, u, "reml")
        assert minus_log_likelihood(found.dark_uncertainty**2) <= best.fun + 1e-9


def test_weighted_consensus_follows_the_unit_and_the_origin():
    x, u = bcg_log_risk_ratios()
    for method in st.DARK_UNCERTAINTY:
        base, moved = (
            st.weighted_consensus(x, u, method),
            st.weighted_consensus(1e9 * x + 3e9, 1e9 * u, method),
        )
        assert moved.value == pytest.approx(1e9 * base.value + 3e9, rel=1e-9)
        assert moved.dark_uncertainty == pytest.approx(1e9 * base.dark_uncertainty, rel=1e-7)
