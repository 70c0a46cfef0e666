from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from workbench import statistics as st


def scipy_fit(low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """The same likelihood through scipy's own censored-data fit."""
    return scipy.stats.norm.fit(scipy.stats.CensoredData(interval=np.column_stack([low, high])))


def log_likelihood(low, high, mean, sd):
    point = low == high
    inside = scipy.stats.norm.cdf(high[~point], mean, sd) - scipy.stats.norm.cdf(low[~point], mean, sd)
    return scipy.stats.norm.logpdf(low[point], mean, sd).sum() + np.log(inside).sum()


def test_agrees_with_scipy_on_bounds_and_steps():
    rng = np.random.default_rng(1)
    for k in range(40):
        x = rng.normal(50.0, 4.0, int(rng.integers(8, 60)))
        values, signs = x.copy(), np.full(x.size, "", dtype="<U1")
        signs[x < 46], values[x < 46] = "<", 46.0
        if k % 2:
            signs[x > 55], values[x > 55] = ">", 55.0
        step = 0.0 if k % 3 else 5.0
        if step:
            values = np.where(signs == "", np.round(values / step) * step, values)
        low, high = st.result_intervals(values, signs, step)
        found = st.censored_normal(low, high)
        if found.degenerate:
            continue
        mean, sd = scipy_fit(low, high)
        assert (
            log_likelihood(low, high, found.location, found.scale)
            >= log_likelihood(low, high, mean, sd) - 1e-9
        )
        assert found.location == pytest.approx(mean, abs=2e-3 * sd)
        assert found.scale == pytest.approx(sd, rel=3e-3)
        assert found.n_censored == (signs != "").sum()


def test_without_bounds_it_is_the_mean_and_the_likelihood_sd():
    x = np.random.default_rng(2).normal(7.0, 0.3, 40)
    found = st.censored_normal(x, x)
    assert found.location == pytest.approx(x.mean(), rel=1e-12)
    assert found.scale == pytest.approx(x.std(), rel=1e-10)
    assert found.u_location == pytest.approx(x.std() / math.sqrt(40), rel=1e-8)
    assert found.u_scale == pytest.approx(x.std() / math.sqrt(80), rel=1e-8)


def test_standard_error_covers_the_truth_at_its_level():
    rng = np.random.default_rng(3)
    hit = 0
    for _ in range(400):
        x = rng.normal(10.0, 1.0, 50)
        signs = np.where(x < 9.3, "<", "")
        found = st.censored_normal(*st.result_intervals(np.maximum(x, 9.3), signs))
        hit += abs(found.location - 10.0) < 1.96 * found.u_location
    assert 0.91 < hit / 400 < 0.98


def test_results_in_coarse_steps_have_a_scale_where_algorithm_a_collapses():
    """30 of 35 identical results, the usual picture for pH."""
    x = np.array([7.4] * 30 + [7.3, 7.3, 7.5, 7.5, 7.5])
    assert st.algorithm_a(x).degenerate
    found = st.censored_normal(*st.result_intervals(x, "", step=0.1))
    assert not found.degenerate
    assert 0.02 < found.scale < 0.06
    assert found.location == pytest.approx(7.403, abs=0.005)


@pytest.mark.parametrize(
    ("values", "signs", "step"),
    [
        ([5.0, 5.0, 5.0], ["<", "<", "<"], 0.0),
        ([5.0, 5.0], ["", ""], 0.0),
        ([5.0, 5.0, 5.0], ["", "", ""], 0.1),
        ([5.0, 9.0], ["<", ">"], 0.0),
        ([], [], 0.0),
        ([5.0], [""], 0.0),
        ([5.0, 6.0], ["", "<"], 0.0),
    ],
)
def test_no_maximum_is_said_and_not_divided_by(values, signs, step):
    with np.errstate(all="raise", under="ignore"):
        found = st.censored_normal(*st.result_intervals(values, np.array(signs, dtype=str), step))
    assert found.degenerate
    assert math.isnan(found.scale)


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="sign"):
        st.result_intervals([1.0], ["~"])
    with pytest.raises(ValueError, match="upper end"):
        st.censored_normal([2.0], [1.0])


def test_follows_the_unit_and_the_origin():
    x = np.random.default_rng(4).normal(5.0, 1.0, 30)
    low, high = st.result_intervals(np.maximum(x, 4.5), np.where(x < 4.5, "<", ""))
    base = st.censored_normal(low, high)
    for a, b in ((1e-9, 0.0), (1e9, 3e9), (2.0, -100.0)):
        moved = st.censored_normal(a * low + b, a * high + b)
        assert moved.location == pytest.approx(a * base.location + b, rel=1e-7)
        assert moved.scale == pytest.approx(a * base.scale, rel=1e-6)
    mirrored = st.censored_normal(-high, -low)
    assert mirrored.location == pytest.approx(-base.location, rel=1e-9)
