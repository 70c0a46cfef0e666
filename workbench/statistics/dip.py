"""Hartigan's dip: how far a set of results is from having one peak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray, IntArray
from workbench.statistics.ragged import finite

_REPLICATES = 500


@dataclass(frozen=True)
class DipTest:
    """Dip of a set of results, and how surprising it is for one peak.

    Attributes
    ----------
    statistic : the dip, a difference of probabilities, 1/(2n) to 1/4; NaN without results.
    p_value : share of uniform samples (the least favourable one-peaked shape) with so large a dip; NaN
        without results.
    n : results used.
    """

    statistic: float
    p_value: float
    n: int


@dataclass(frozen=True)
class _Steps:
    """Distinct values with n F just before and just after each."""

    value: FloatArray
    before: FloatArray
    after: FloatArray


def _hull(x: FloatArray, y: FloatArray, sign: float) -> IntArray:
    """Corners of the greatest convex minorant (sign 1) or least concave majorant (sign -1)."""
    corner: list[int] = []
    for index in range(x.size):
        while len(corner) > 1:
            a, b = corner[-2], corner[-1]
            turn = (y[b] - y[a]) * (x[index] - x[a]) - (y[index] - y[a]) * (x[b] - x[a])
            if sign * turn < 0:
                break
            corner.pop()
        corner.append(index)
    return np.array(corner, dtype=np.intp)


def _narrow(steps: _Steps, low: int, high: int) -> tuple[float, float, int, int]:
    """One round on the distinct values low to high.

    Returns the widest gap between majorant and minorant, the dip outside the new modal interval, and
    that interval.
    """
    here = slice(low, high + 1)
    x, before, after = steps.value[here], steps.before[here], steps.after[here]
    convex, concave = _hull(x, before, 1.0), _hull(x, after, -1.0)
    below, above = np.interp(x, x[convex], before[convex]), np.interp(x, x[concave], after[concave])
    gap_concave, gap_convex = above[concave] - below[concave], above[convex] - below[convex]
    # Equal results may themselves be the mode: then the interval shrinks to that one value.
    if gap_concave.max() >= gap_convex.max():
        right = int(concave[int(np.argmax(gap_concave))])
        left = int(convex[max(int(np.searchsorted(convex, right, side="right")) - 1, 0)])
    else:
        left = int(convex[int(np.argmax(gap_convex))])
        right = int(concave[min(int(np.searchsorted(concave, left, side="left")), concave.size - 1)])
    outside = max(
        float((after - below)[:left].max(initial=0.0)), float((above - before)[right + 1 :].max(initial=0.0))
    )
    return float(max(gap_concave.max(), gap_convex.max())), outside, low + left, low + right


def dip_statistic(x: ArrayLike) -> float:
    """Largest distance between the results' distribution function and the closest unimodal one.

    Use it as a second opinion beside `density_modes`, on numbers with few ties.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.

    Returns
    -------
    float
        Difference of probabilities, unrounded, between 1/(2n) and 1/4 (1/2 for a single result); NaN without
        results.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Ties inflate the dip: with reported results do not use it alone.

    References
    ----------
    Hartigan & Hartigan, Ann Stat 1985;13:70; Hartigan, Appl Stat 1985;34:320 (AS 217).

    Examples
    --------
    >>> dip_statistic([1.0, 1.1, 1.2, 8.0, 8.1, 8.2]) > dip_statistic([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    True
    """
    value, count = np.unique(finite(x), return_counts=True)
    if not value.size:
        return float("nan")
    after = np.cumsum(count).astype(np.float64)
    n = float(after[-1])
    # The smallest and the largest result as 0 and 1: no product of differences overflows.
    span = float(value[-1] - value[0]) or 1.0
    steps = _Steps((value - value[0]) / span, after - count, after)
    low, high, dip = 0, value.size - 1, 1.0
    while True:
        gap, outside, left, right = _narrow(steps, low, high)
        if gap <= dip:
            break
        dip = max(dip, outside)
        if (left, right) == (low, high):
            break
        low, high = left, right
    return dip / (2.0 * n)


def dip_test(x: ArrayLike, *, generator: np.random.Generator, replicates: int = _REPLICATES) -> DipTest:
    """Dip test of one peak against several, with a simulated p value.

    Use it to judge whether a gap between groups of results may be chance.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    generator : seeded random generator: the same seed gives the same p value.
    replicates : uniform samples of the same size drawn.

    Returns
    -------
    DipTest
        Unrounded; NaN with n = 0 without results.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    p is (1 + samples with at least this dip)/(1 + replicates), never 0.

    References
    ----------
    Hartigan & Hartigan, Ann Stat 1985;13:70; Phipson & Smyth, Stat Appl Genet Mol Biol 2010;9:39 (p values
    that are never 0).

    Examples
    --------
    >>> x = [1.0, 1.1, 1.2, 1.3, 8.0, 8.1, 8.2, 8.3]
    >>> dip_test(x, generator=np.random.default_rng(1)).p_value < 0.05
    True
    """
    values = finite(x)
    if not values.size:
        return DipTest(float("nan"), float("nan"), 0)
    observed = dip_statistic(values)
    drawn = generator.random((replicates, values.size))
    larger = sum(dip_statistic(sample) >= observed for sample in drawn)
    return DipTest(observed, (1 + larger) / (1 + replicates), values.size)
