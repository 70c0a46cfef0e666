"""Trend and drift in a sequence of scores or percent differences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.quantiles import normal_cdf, student_tail


@dataclass(frozen=True)
class TrendTest:
    """A trend test over rounds.

    Parameters
    ----------
    slope : per unit of time, unit of the sequence; NaN when it cannot be estimated.
    statistic : t (line), z (Mann-Kendall) or the ratio; dimensionless.
    p_value : two-sided; NaN when the test cannot be made.
    n : points used.
    """

    slope: float
    statistic: float
    p_value: float
    n: int


def _points(values: ArrayLike, times: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Times and values without the missing ones, in order of time."""
    y = np.asarray(values, dtype=np.float64).ravel()
    t = np.arange(y.size, dtype=np.float64) if times is None else np.asarray(times, dtype=np.float64).ravel()
    kept = ~np.isnan(y) & ~np.isnan(t)
    order = np.argsort(t[kept], kind="stable")
    return t[kept][order], y[kept][order]


def line_trend(values: ArrayLike, times: ArrayLike | None = None) -> TrendTest:
    """Least-squares slope with its t test.

    Use it for a steady drift with ordinary scatter; `mann_kendall` is safer against wild rounds.

    Parameters
    ----------
    values : shape (n,), any unit; NaN is a missed round and is left out.
    times : shape (n,), any unit; None for equally spaced rounds, in which missed ones count; a NaN leaves
        its value out.

    Returns
    -------
    TrendTest
        Unrounded; slope in the unit of the values per unit of time; NaN with fewer than three points or at
        one time.

    Notes
    -----
    Fewer than three points or one time: NaN. Points on an exact line with a slope: p = 0.

    References
    ----------
    Draper & Smith, Applied Regression Analysis, 3rd ed. 1998, chapter 1.

    Examples
    --------
    >>> round(line_trend([0.0, 1.1, 1.9, 3.0]).slope, 2)
    0.98
    """
    t, y = _points(values, times)
    if t.size < 3 or t[0] == t[-1]:
        return TrendTest(math.nan, math.nan, math.nan, t.size)
    dt, dy = t - t.mean(), y - y.mean()
    stt = float(dt @ dt)
    slope = float(dt @ dy) / stt
    residual = dy - slope * dt
    error = math.sqrt(float(residual @ residual) / (t.size - 2) / stt)
    if error == 0:
        return TrendTest(
            slope, math.copysign(math.inf, slope) if slope else 0.0, 0.0 if slope else 1.0, t.size
        )
    return TrendTest(slope, slope / error, 2.0 * student_tail(abs(slope / error), t.size - 2), t.size)


def mann_kendall(values: ArrayLike, times: ArrayLike | None = None) -> TrendTest:
    """Mann-Kendall test with Theil-Sen slope: a monotone trend, robust to single wild rounds.

    Use it for scores over rounds: no shape of the trend is assumed.

    Parameters
    ----------
    values : shape (n,), any unit; NaN is a missed round and is left out.
    times : shape (n,), any unit; None for equally spaced rounds; a NaN leaves its value out.

    Returns
    -------
    TrendTest
        Unrounded; slope in the unit of the values per unit of time; NaN with fewer than three points, the
        slope alone NaN at one time.

    Notes
    -----
    Normal approximation with continuity and tie correction; with fewer than about eight points the p
    value is rough. Fewer than three points: NaN. All equal: z = 0, p = 1.

    References
    ----------
    Mann, Econometrica 1945;13:245; Sen, J Am Stat Assoc 1968;63:1379.

    Examples
    --------
    >>> found = mann_kendall([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    >>> found.slope, round(found.statistic, 3)
    (1.0, 2.63)
    """
    t, y = _points(values, times)
    n = t.size
    if n < 3:
        return TrendTest(math.nan, math.nan, math.nan, n)
    i, j = np.triu_indices(n, k=1)
    apart = t[j] > t[i]
    rise, run = (y[j] - y[i])[apart], (t[j] - t[i])[apart]
    s = float(np.sum(np.sign(rise)))
    ties = np.unique(y, return_counts=True)[1].astype(np.float64)
    variance = (n * (n - 1) * (2 * n + 5) - float(np.sum(ties * (ties - 1) * (2 * ties + 5)))) / 18.0
    z = (s - math.copysign(1.0, s)) / math.sqrt(variance) if s and variance > 0 else 0.0
    slope = float(np.median(rise / run)) if run.size else math.nan
    return TrendTest(slope, z, 2.0 * normal_cdf(-abs(z)), n)


def lag_one_correlation(values: ArrayLike) -> float:
    """Autocorrelation at lag one about the common mean.

    Use it before a test that assumes independent rounds.

    Parameters
    ----------
    values : any shape, in order of time, any unit; NaN is left out and its neighbours become adjacent.

    Returns
    -------
    float
        -1 to 1, unrounded; NaN with fewer than two values or no scatter.

    Notes
    -----
    Biased towards minus 1/n with few values: two values always give -0.5.

    References
    ----------
    NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.12; NIST StRD certifies this coefficient.

    Examples
    --------
    NIST StRD, NumAcc1.

    >>> lag_one_correlation([10000001.0, 10000003.0, 10000002.0])
    -0.5
    """
    y = np.asarray(values, dtype=np.float64).ravel()
    y = y[~np.isnan(y)]
    if y.size < 2:
        return math.nan
    d = y - math.fsum(y.tolist()) / y.size
    total = float(d @ d)
    return float(d[1:] @ d[:-1]) / total if total > 0 else math.nan


def drift_ratio(values: ArrayLike) -> TrendTest:
    """Von Neumann's ratio of successive differences: small when neighbours resemble each other (drift).

    V = sum(d^2)/sum((x - mean)^2), about 2 without drift; p from the normal approximation, one-sided for
    drift; no slope.

    Use it on results in the order of measurement, for example of homogeneity items.

    Parameters
    ----------
    values : any shape, in order of time, any unit; NaN is left out and its neighbours become adjacent.

    Returns
    -------
    TrendTest
        Unrounded; `statistic` is the ratio, dimensionless; the slope is always NaN, everything with fewer
        than four values or no scatter.

    Notes
    -----
    Fewer than four values or no scatter: NaN. Mean 2 and variance 4 (n - 2)/(n^2 - 1) for independent normal
    values.

    References
    ----------
    von Neumann, Ann Math Stat 1941;12:367.

    Examples
    --------
    >>> drift_ratio([1.0, 1.1, 1.2, 1.3, 5.0, 5.1, 5.2, 5.3]).p_value < 0.05
    True
    """
    y = np.asarray(values, dtype=np.float64).ravel()
    y = y[~np.isnan(y)]
    n = y.size
    spread = float(np.sum((y - y.mean()) ** 2)) if n else 0.0
    if n < 4 or not spread > 0:
        return TrendTest(math.nan, math.nan, math.nan, n)
    ratio = float(np.sum(np.diff(y) ** 2)) / spread
    z = (ratio - 2.0) / math.sqrt(4.0 * (n - 2) / (n * n - 1.0))
    return TrendTest(math.nan, ratio, normal_cdf(z), n)
