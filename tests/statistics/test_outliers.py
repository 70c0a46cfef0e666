from __future__ import annotations

import numpy as np
import pt13528.outliers as pt
import pytest
import scipy.stats

from workbench import statistics as st
from workbench.errors import EvaluationError


def test_grubbs_and_cochran_agree_with_pt13528():
    rng = np.random.default_rng(1)
    for _ in range(100):
        x = rng.normal(size=int(rng.integers(3, 30)))
        high, low, critical = pt.grubbs(x, 0.01)
        found = st.grubbs(x, 0.01)
        assert found.statistic == pytest.approx(max(high, low), rel=1e-12)
        assert found.critical == pytest.approx(critical, rel=1e-12)
        sds = np.abs(rng.normal(size=int(rng.integers(2, 20))))
        c, critical, index = pt.cochran(sds**2, 3, 0.05)
        test = st.cochran(sds, 3)
        assert (test.statistic, test.critical, test.index) == pytest.approx((c, critical, index), rel=1e-10)


def test_p_values_and_critical_values_say_the_same():
    for n in (4, 8, 20):
        for sides in ("one", "two"):
            critical = st.grubbs_critical(n, 0.05, sides=sides)
            x = sample_with_grubbs(n, critical)
            found = st.grubbs(x, sides=sides)
            assert found.statistic == pytest.approx(critical, rel=1e-9)
            assert found.p_value == pytest.approx(0.05, rel=1e-6)


def sample_with_grubbs(n: int, wanted: float) -> np.ndarray:
    """An evenly spread sample whose last value is moved until its G is the wanted one."""
    base = np.linspace(-1, 1, n)

    def excess(top: float) -> float:
        x = np.append(base[:-1], top)
        return (top - x.mean()) / x.std(ddof=1) - wanted

    import scipy.optimize

    return np.append(base[:-1], scipy.optimize.brentq(excess, 1, 1e6, xtol=1e-12))


def test_tables_without_a_formula_are_confirmed_by_simulation():
    """Dixon and double Grubbs: the tabulated value is exceeded at its level, one side at a time."""
    rng = np.random.default_rng(2)
    for n in (4, 7, 8, 10, 11, 13, 14, 20, 25):
        x = np.sort(rng.normal(size=(40_000, n)), axis=1)
        left = 0 if n < 8 else (1 if n < 14 else 2)
        gap = 1 if n <= 10 else 2
        ratio = (x[:, -1] - x[:, -1 - gap]) / (x[:, -1] - x[:, left])
        whole = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
        kept = x[:, :-2]
        double = ((kept - kept.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / whole
        for alpha, noise in ((0.05, 0.0045), (0.01, 0.0021)):
            assert np.mean(ratio > st.DIXON[alpha][n - 3]) == pytest.approx(alpha, abs=noise + 0.1 * alpha)
            if st.GRUBBS_DOUBLE[alpha][n - 4] > 0:
                level = np.mean(double < st.GRUBBS_DOUBLE[alpha][n - 4])
                assert level == pytest.approx(alpha / 2, abs=noise + 0.1 * alpha)


def test_dixon_uses_the_ratio_that_goes_with_the_number_of_results():
    for n, name in (
        (3, "r10"),
        (7, "r10"),
        (8, "r11"),
        (10, "r11"),
        (11, "r21"),
        (13, "r21"),
        (14, "r22"),
        (25, "r22"),
    ):
        assert st.dixon(np.arange(n, dtype=float)).rule == f"dixon:{name}:0.05"
    high = st.dixon([0.189, 0.167, 0.187, 0.183, 0.186, 0.182, 0.181, 0.184, 0.181, 0.177])
    assert high.values == (0.167,)
    assert st.dixon([1.0, 2.0, 3.0, 4.0, 50.0]).is_outlier


def test_two_outliers_hide_each_other_from_the_single_test_only():
    x = [1.0, 1.1, 0.9, 1.0, 1.05, 0.95, 5.0, 5.1]
    assert not st.grubbs(x).is_outlier
    found = st.grubbs_double(x)
    assert found.is_outlier
    assert found.values == (5.0, 5.1)


def test_tests_refuse_what_they_cannot_judge():
    for call in (
        lambda: st.grubbs([1.0, 2.0]),
        lambda: st.grubbs([1.0, 1.0, 1.0, 1.0]),
        lambda: st.grubbs_double(np.arange(31.0)),
        lambda: st.dixon(np.arange(26.0)),
        lambda: st.cochran([1.0], 2),
        lambda: st.cochran([1.0, -1.0], 2),
        lambda: st.mandel([[1.0, 2.0]]),
    ):
        with pytest.raises(EvaluationError):
            call()


def test_mandel_statistics_by_their_definition():
    table = np.random.default_rng(3).normal(10, 1, (9, 4))
    found = st.mandel(table)
    assert found.h.std(ddof=1) == pytest.approx(1.0)
    assert (found.k**2).mean() == pytest.approx(1.0)
    assert st.mandel_k_critical(9, 4) == pytest.approx(
        np.sqrt(9 * (f := scipy.stats.f.ppf(0.95, 3, 24)) / (f + 8)), rel=1e-10
    )
    assert np.isnan(st.mandel([[1.0, 1.0], [1.0, 1.0]]).h).all()


def test_quantile_functions_agree_with_scipy():
    from workbench.statistics import quantiles as q

    for p in (0.001, 0.05, 0.5, 0.95, 0.9995):
        assert q.normal_quantile(p) == pytest.approx(scipy.stats.norm.ppf(p), rel=1e-12, abs=1e-12)
        assert q.student_quantile(p, 7) == pytest.approx(scipy.stats.t.ppf(p, 7), rel=1e-10, abs=1e-12)
        assert q.chi_square_quantile(p, 9) == pytest.approx(scipy.stats.chi2.ppf(p, 9), rel=1e-10)
        assert q.f_quantile(p, 3, 20) == pytest.approx(scipy.stats.f.ppf(p, 3, 20), rel=1e-9)
        assert q.beta_quantile(p, 3, 20) == pytest.approx(scipy.stats.beta.ppf(p, 3, 20), rel=1e-10)
    for t in (-3.0, 0.0, 0.5, 30.0):
        assert q.student_tail(t, 5) == pytest.approx(scipy.stats.t.sf(t, 5), rel=1e-10)
        assert q.normal_cdf(t) == pytest.approx(scipy.stats.norm.cdf(t), rel=1e-12)
        assert q.f_tail(abs(t), 3, 9) == pytest.approx(scipy.stats.f.sf(abs(t), 3, 9), rel=1e-10)
        assert q.chi_square_tail(abs(t), 3) == pytest.approx(scipy.stats.chi2.sf(abs(t), 3), rel=1e-10)
        assert q.chi_square_cdf(abs(t), 3) == pytest.approx(
            scipy.stats.chi2.cdf(abs(t), 3), rel=1e-10, abs=1e-300
        )
    assert q.normal_quantile(0.0) == -np.inf
