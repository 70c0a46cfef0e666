"""Sigma of processes and funnel limits against published numbers and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError
from workbench.statistics.funnel import funnel_limits, funnel_tail
from workbench.statistics.process_sigma import process_sigma, sigma_of_share

# Nevalainen et al., Arch Pathol Lab Med 2000;124:516, and every Six Sigma table: defects per million -> sigma.
TABLE = {691462: 1.0, 308538: 2.0, 66807: 3.0, 6210: 4.0, 233: 5.0, 3.4: 6.0}


@pytest.mark.parametrize("dpmo", TABLE)
def test_the_six_sigma_table(dpmo: float) -> None:
    assert sigma_of_share(dpmo / 1e6) == pytest.approx(TABLE[dpmo], abs=0.005)


def test_three_sigma_are_66807_defects_per_million() -> None:
    assert 1e6 * scipy.stats.norm.sf(3.0 - 1.5) == pytest.approx(66807, abs=0.5)
    assert sigma_of_share(scipy.stats.norm.sf(1.5)) == pytest.approx(3.0, abs=1e-12)


def test_sigma_of_counts_with_exact_limits() -> None:
    found = process_sigma(12, 4000)
    exact = scipy.stats.binomtest(12, 4000).proportion_ci(0.95, "exact")
    assert (found.dpmo_low, found.dpmo_high) == pytest.approx((1e6 * exact.low, 1e6 * exact.high))
    assert found.sigma_low < found.sigma < found.sigma_high


def test_no_defect_all_defects_no_opportunity() -> None:
    none, every, empty = process_sigma(0, 50), process_sigma(50, 50), process_sigma(0, 0)
    assert none.sigma == none.sigma_high == math.inf
    assert none.dpmo_high == pytest.approx(1e6 * (1 - 0.05 ** (1 / 50)))
    assert every.sigma == every.sigma_low == -math.inf
    assert all(math.isnan(v) for v in (empty.share, empty.sigma, empty.sigma_low, empty.dpmo_high))
    with pytest.raises(EvaluationError):
        process_sigma(3, 2)


def spiegelhalter(n: int, share: float, probability: float) -> float:
    """Appendix A.1.1 of Spiegelhalter (Stat Med 2005;24:1185), spelled out with scipy.stats."""
    law = scipy.stats.binom(n, share)
    count = next(k for k in range(n + 1) if law.cdf(k) > probability)
    step = (law.cdf(count) - probability) / (law.cdf(count) - law.cdf(count - 1))
    return min(max((count - step) / n, 0.0), 1.0)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.93])
def test_limits_are_those_of_the_paper(share: float) -> None:
    sizes = [1, 2, 7, 40, 300]
    for level in (0.95, 0.998):
        low, high = funnel_limits(sizes, share, level)
        tail = (1 - level) / 2
        assert low == pytest.approx([spiegelhalter(n, share, tail) for n in sizes], abs=1e-9)
        assert high == pytest.approx([spiegelhalter(n, share, 1 - tail) for n in sizes], abs=1e-9)


def test_tails_agree_with_scipy() -> None:
    counts, sizes = np.array([0, 3, 9, 10]), np.array([10, 10, 10, 10])
    low, high = funnel_tail(counts, sizes, 0.3)
    assert low == pytest.approx(scipy.stats.binom.cdf(counts, sizes, 0.3))
    assert high == pytest.approx(scipy.stats.binom.sf(counts - 1, sizes, 0.3))


def test_degenerate_funnels() -> None:
    low, high = funnel_limits([0, 10], 0.2)
    assert np.isnan([low[0], high[0]]).all()
    for share in (0.0, 1.0):
        low, high = funnel_limits([5, 10], share)
        assert low.tolist() == high.tolist() == [share, share]
    assert np.isnan(funnel_tail([3], [2], 0.5)).all()


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 5000), st.floats(0.001, 0.999))
def test_limits_hold_the_share_and_narrow_with_size(n: int, share: float) -> None:
    low, high = funnel_limits([n, 16 * n], share)
    assert 0 <= low[0] <= high[0] <= 1
    assert low[1] <= share <= high[1] or n < 40
    assert high[1] - low[1] <= high[0] - low[0] + 1.0 / n


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200), st.integers(1, 200))
def test_more_defects_never_mean_a_better_sigma(defects: int, extra: int) -> None:
    n = 500
    few, many = process_sigma(defects, n), process_sigma(min(defects + extra, n), n)
    assert many.sigma <= few.sigma
    assert few.sigma_low <= few.sigma <= few.sigma_high
