"""Scores of one laboratory over rounds: charts and running scores."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray

CUSUM_SLACK = 0.5
CUSUM_LIMIT = 5.0
EWMA_WEIGHT = 0.2
EWMA_LIMIT = 3.0
"""Usual settings: Montgomery, Introduction to Statistical Quality Control, chapter 9."""


@dataclass(frozen=True)
class CusumChart:
    """Tabular CUSUM of z scores over rounds.

    Attributes
    ----------
    upper, lower : shape (n,), the two sums, standard deviations, both >= 0.
    is_signal : shape (n,), either sum is above its limit.
    """

    upper: FloatArray
    lower: FloatArray
    is_signal: BoolArray


def cusum(z: ArrayLike, slack: float = CUSUM_SLACK, limit: float = CUSUM_LIMIT) -> CusumChart:
    """Two one-sided cumulative sums of z scores.

    C+ = max(0, z - k + C+), C- = max(0, -z - k + C-); a signal when either is above h.

    Use it to find a small bias that lasts, which no single score shows.

    Parameters
    ----------
    z : shape (n,), z scores, oldest first; NaN is a missed round: the sums stay as they were.
    slack, limit : k and h, in standard deviations.

    Returns
    -------
    CusumChart
        Shape (n,) each, dimensionless, unrounded, without NaN.

    Notes
    -----
    Exactly h is not a signal. The sums are not restarted after a signal. (R's qcc returns the lower
    sum as negative numbers.)

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, 9.1; ISO 13528:2022, 10.8.

    Examples
    --------
    >>> cusum([1.0, 2.0, 3.0, 2.0], limit=4.0).is_signal.tolist()
    [False, False, True, True]
    """
    scores = np.asarray(z, dtype=np.float64).ravel()
    upper, lower = np.zeros(scores.size), np.zeros(scores.size)
    high = low = 0.0
    for index, score in enumerate(scores.tolist()):
        if not math.isnan(score):
            high, low = max(0.0, score - slack + high), max(0.0, -score - slack + low)
        upper[index], lower[index] = high, low
    return CusumChart(upper, lower, (upper > limit) | (lower > limit))


@dataclass(frozen=True)
class EwmaChart:
    """EWMA of z scores with its limit about zero.

    Attributes
    ----------
    value : shape (n,), the average, dimensionless; 0 before the first score.
    limit : shape (n,), half width of the limits, dimensionless; 0 before the first score.
    is_signal : shape (n,), the average lies outside its limits.
    """

    value: FloatArray
    limit: FloatArray
    is_signal: BoolArray


def ewma(z: ArrayLike, weight: float = EWMA_WEIGHT, limit: float = EWMA_LIMIT) -> EwmaChart:
    """Exponentially weighted moving average of z scores, started at zero (the target).

    E_t = w z_t + (1 - w) E_(t-1); limits L sqrt(w/(2 - w) (1 - (1 - w)^(2t))).

    Use it like `cusum`; it shows the present level as well.

    Parameters
    ----------
    z : shape (n,), z scores, oldest first; NaN is a missed round: value and limit stay.
    weight, limit : lambda (0 to 1) and L.

    Returns
    -------
    EwmaChart
        Shape (n,) each, dimensionless, unrounded, without NaN.

    Raises
    ------
    ValueError
        When the weight is not above 0 and at most 1.

    Notes
    -----
    A signal is outside the limit; exactly on it is not. t counts the scores, not the rounds.

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, 9.2.

    Examples
    --------
    >>> ewma([1.0, 1.0], 0.5).value.tolist()
    [0.5, 0.75]
    """
    if not 0 < weight <= 1:
        raise ValueError(f"weight must be above 0 and at most 1, not {weight}")
    scores = np.asarray(z, dtype=np.float64).ravel()
    value, count, here = np.zeros(scores.size), np.cumsum(~np.isnan(scores)), 0.0
    for index, score in enumerate(scores.tolist()):
        if not math.isnan(score):
            here = weight * score + (1.0 - weight) * here
        value[index] = here
    width = limit * np.sqrt(weight / (2.0 - weight) * (1.0 - (1.0 - weight) ** (2 * count)))
    return EwmaChart(value, width, np.abs(value) > width)


@dataclass(frozen=True)
class RunningScores:
    """Bias, consistency and total error over a moving window of rounds.

    Attributes
    ----------
    total_error : shape (n,), A = |B| + 1.65 C, percent; NaN with fewer results in the window than asked for.
    bias : shape (n,), B, trimmed mean, percent; NaN likewise.
    consistency : shape (n,), C, standard deviation, percent; NaN likewise.
    n : shape (n,), results in the window.
    """

    total_error: FloatArray
    bias: FloatArray
    consistency: FloatArray
    n: FloatArray


def _trimmed_mean(ascending: FloatArray, share: float) -> float:
    """Mean without the given share of results at either end (whole results)."""
    cut = int(share * ascending.size)
    return float(ascending[cut : ascending.size - cut].mean())


def running_scores(
    percent_differences: ArrayLike, window: int = 30, *, trim: float = 0.1, least: int = 3
) -> RunningScores:
    """Running A, B and C type scores from percent differences, oldest first.

    Use it for a laboratory's standing over many rounds, where one bad result should not decide.

    Parameters
    ----------
    percent_differences : shape (n,), oldest first, percent; NaN is a missed result and fills no place in the
        window.
    window : results in the window.
    trim : share left out at either end for the bias, 0 to below 0.5.
    least : results needed for a score, 2 or more.

    Returns
    -------
    RunningScores
        Shape (n,) each, percent, unrounded; NaN with fewer than `least` results in the window.

    Notes
    -----
    Same meaning as the A, B and C scores of UK NEQAS; their exact transformation is not published, so
    the numbers are not interchangeable with theirs.

    References
    ----------
    UK NEQAS (meaning of A, B and C); Westgard, Carey & Wold, Clin Chem 1974;20:825 (total error as bias and
    a multiple of the SD); 1.65 is the one-sided 95 % point as usually printed.

    Examples
    --------
    >>> found = running_scores([1.0, 2.0, 3.0], trim=0.0)
    >>> float(found.bias[2]), float(found.consistency[2])
    (2.0, 1.0)
    """
    d = np.asarray(percent_differences, dtype=np.float64).ravel()
    bias, spread, n = (np.full(d.size, np.nan) for _ in range(3))
    for index in range(d.size):
        seen = d[: index + 1]
        inside = np.sort(seen[~np.isnan(seen)][-window:])
        n[index] = inside.size
        if inside.size >= max(least, 2):
            bias[index], spread[index] = _trimmed_mean(inside, trim), inside.std(ddof=1)
    return RunningScores(np.abs(bias) + 1.65 * spread, bias, spread, n)
