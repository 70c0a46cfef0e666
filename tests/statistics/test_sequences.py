from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from workbench import statistics as st

NAN = float("nan")


def test_a_missed_round_changes_neither_chart():
    z = [1.0, 2.0, -0.5, 3.0]
    gappy = [1.0, NAN, 2.0, NAN, -0.5, 3.0]
    places = [0, 2, 4, 5]
    for chart in (st.cusum, st.ewma):
        whole, part = chart(z), chart(gappy)
        first = "upper" if chart is st.cusum else "value"
        np.testing.assert_array_equal(getattr(part, first)[places], getattr(whole, first))
        assert not np.isnan(getattr(part, first)).any()
    np.testing.assert_allclose(st.ewma(gappy).limit[places], st.ewma(z).limit)


def test_exactly_on_the_decision_limit_is_no_signal():
    assert st.cusum([4.5, 0.5], limit=4.0).is_signal.tolist() == [False, False]
    assert st.cusum([4.75], limit=4.0).is_signal.tolist() == [True]
    assert st.cusum([-4.75], limit=4.0).is_signal.tolist() == [True]
    with pytest.raises(ValueError, match="weight"):
        st.ewma([1.0], weight=0.0)


def test_running_scores_by_their_definition():
    d = np.random.default_rng(1).normal(3.0, 2.0, 50)
    found = st.running_scores(d, window=10, trim=0.1)
    inside = np.sort(d[30:40])
    assert found.bias[39] == pytest.approx(scipy.stats.trim_mean(inside, 0.1))
    assert found.consistency[39] == pytest.approx(inside.std(ddof=1))
    assert found.total_error[39] == pytest.approx(abs(found.bias[39]) + 1.65 * found.consistency[39])
    assert np.isnan(found.bias[:2]).all()
    assert found.n[:12].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]


def test_trends_agree_with_scipy():
    rng = np.random.default_rng(2)
    for _ in range(40):
        n = int(rng.integers(5, 30))
        t = np.sort(rng.uniform(0, 10, n))
        y = np.round(0.2 * t + rng.normal(0, 1, n), 1)
        line, fit = st.line_trend(y, t), scipy.stats.linregress(t, y)
        assert (line.slope, line.p_value) == pytest.approx((fit.slope, fit.pvalue), rel=1e-9)
        found = st.mann_kendall(y, t)
        assert found.slope == pytest.approx(scipy.stats.theilslopes(y, t)[0])
        s = sum(np.sign(y[j] - y[i]) for i in range(n) for j in range(i + 1, n))
        ties = np.unique(y, return_counts=True)[1]
        variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
        z = (s - np.sign(s)) / math.sqrt(variance)
        assert found.statistic == pytest.approx(z, abs=1e-12)
        assert found.p_value == pytest.approx(2 * scipy.stats.norm.sf(abs(z)), rel=1e-9)


def test_trends_of_nothing_and_of_no_change():
    assert math.isnan(st.line_trend([1.0, 2.0]).p_value)
    assert math.isnan(st.mann_kendall([1.0, NAN, NAN]).p_value)
    assert st.line_trend([1.0, 1.0, 1.0]).p_value == 1.0
    assert st.line_trend([1.0, 2.0, 3.0]).p_value == 0.0
    assert st.mann_kendall([2.0, 2.0, 2.0, 2.0]).p_value == 1.0
    assert math.isnan(st.lag_one_correlation([1.0, 1.0]))
    assert math.isnan(st.drift_ratio([1.0, 1.0, 1.0, 1.0]).statistic)


def test_drift_ratio_has_its_stated_mean_variance_and_level():
    rng = np.random.default_rng(3)
    found = [st.drift_ratio(x) for x in rng.normal(size=(4000, 20))]
    ratio = np.array([f.statistic for f in found])
    assert ratio.mean() == pytest.approx(2.0, abs=0.03)
    assert ratio.var() == pytest.approx(4 * 18 / 399, rel=0.08)
    assert np.mean([f.p_value < 0.05 for f in found]) == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize(
    ("rule", "severities", "expected"),
    [
        ("two_of_three", [1, 0, 1], True),
        ("two_of_three", [1, 1], True),
        ("two_of_three", [1, 0, 0, 1], False),
        ("two_of_three", [1], False),
        ("two_of_three", [1, NAN, 1], True),
        ("two_of_three", [], False),
        ("two_consecutive", [1, 0, 1], False),
        ("three_consecutive", [0, 1, 1, 1], True),
        ("three_consecutive", [1, 1, 1, 0], False),
        ("action_or_two_warnings", [0, 0, 2], True),
        ("action_or_two_warnings", [2, 0, 1], False),
        ("action_or_two_warnings", [0, 1, 1], True),
        ("trace_elements", [1, 1, 0, 0, 0, 1], True),
        ("trace_elements", [2, 0, 0, 2], True),
        ("trace_elements", [2, 0, 0, 0, 2], False),
    ],
)
def test_persistent_failure(rule, severities, expected):
    assert st.persistence(severities, st.PERSISTENCE_RULES[rule]).is_persistent is expected


def test_every_persistence_rule_can_fire_and_names_its_source():
    for rule in st.PERSISTENCE_RULES.values():
        assert st.persistence([2] * 12, rule).is_persistent
        assert not st.persistence([0] * 12, rule).is_persistent
        assert rule.source
