"""Scores of a laboratory on two similar samples: between- and within-laboratory z, Youden pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.order_statistics import median, median_niqr
from workbench.statistics.quantiles import chi_square_tail
from workbench.statistics.scores import z_score


@dataclass(frozen=True)
class SplitLevelScores:
    """Between- and within-laboratory z scores of a sample pair.

    Attributes
    ----------
    z_between : shape (n,), dimensionless, reacts to what both samples share (bias); NaN where a sample is
        missing or the nIQR is zero.
    z_within : shape (n,), dimensionless, reacts to what sets the samples apart; NaN likewise.
    sum_median, sum_niqr : of (A + B)/sqrt(2), unit of the results.
    difference_median, difference_niqr : of (B - A)/sqrt(2), median >= 0, unit of the results.
    """

    z_between: FloatArray
    z_within: FloatArray
    sum_median: float
    sum_niqr: float
    difference_median: float
    difference_niqr: float


def split_level_scores(a: ArrayLike, b: ArrayLike) -> SplitLevelScores:
    """Robust between- and within-laboratory z scores of a sample pair.

    S = (A + B)/sqrt(2), d = (B - A)/sqrt(2) with the sign that makes median d >= 0; each centred on its
    median and divided by its nIQR.

    Use it for two samples of nearly the same level: bias and scatter within a laboratory come apart.

    Parameters
    ----------
    a, b : shape (n,), results of each laboratory on the two samples, unit of the results; NaN means "no
        result" and leaves the laboratory out.

    Returns
    -------
    SplitLevelScores
        Unrounded; NaN for a laboratory without either result, and for all where the nIQR is zero.

    Notes
    -----
    Classify with `score_class`. Samples of different levels need another model: the difference then holds
    the bias.

    References
    ----------
    CNAS-GL002; NATA Guide to Proficiency Testing (robust z scores).

    Examples
    --------
    >>> found = split_level_scores([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 3.1, 4.0, 5.2, 6.0])
    >>> float(found.z_between[2]), bool(found.z_between[4] > 1)
    (0.0, True)
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    total, apart = (first + second) / math.sqrt(2.0), (second - first) / math.sqrt(2.0)
    if median(apart) < 0:
        apart = -apart
    s, d = median_niqr(total), median_niqr(apart)
    return SplitLevelScores(
        z_score(total, s.location, s.scale),
        z_score(apart, d.location, d.scale),
        s.location,
        s.scale,
        d.location,
        d.scale,
    )


def youden_correlation(a: ArrayLike, b: ArrayLike) -> float:
    """Pearson correlation of the results on two samples.

    Use it beside a Youden plot: a high value shows that laboratories differ by bias rather than by chance.

    Parameters
    ----------
    a, b : shape (n,), results of each laboratory on the two samples, each in its own unit; NaN means "no
        result" and leaves the pair out.

    Returns
    -------
    float
        -1 to 1, unrounded; NaN with fewer than three pairs or without spread.

    Notes
    -----
    Not robust: one laboratory far out on both samples makes it high.

    References
    ----------
    ISO 13528:2022, 10.5 and E.12.

    Examples
    --------
    >>> round(youden_correlation([1.0, 2.0, 3.0], [2.0, 4.0, 6.5]), 3)
    0.998
    """
    pair = np.vstack([np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)])
    pair = pair[:, ~np.isnan(pair).any(axis=0)]
    if pair.shape[1] < 3 or (pair.max(axis=1) == pair.min(axis=1)).any():
        return math.nan
    first, second = pair - pair.mean(axis=1, keepdims=True)
    return float(np.dot(first, second) / np.sqrt(np.dot(first, first) * np.dot(second, second)))


def repeatability_statistic(
    mean: ArrayLike, sd: ArrayLike, replicates: int, location: float, within_sd: float
) -> FloatArray:
    """Joint statistic of laboratory mean and repeatability, chi-square with two degrees of freedom.

    m ((mean_i - x*)/w*)^2 + 2 (m - 1) ln^2(s_i/w*), elementwise.

    Use it where laboratories sent replicates: it finds those that are biased, scatter too much, or too
    little.

    Parameters
    ----------
    mean, sd : shape (n,), of m replicates per laboratory, unit of the results; NaN means "no results".
    replicates : m, at least 2.
    location, within_sd : robust mean of the means, and pooled SD by Algorithm S, unit of the results.

    Returns
    -------
    ndarray
        Shape (n,), dimensionless, unrounded; NaN where a mean is missing or an SD is not positive, and
        throughout when `within_sd` is not positive or m is below 2.

    Notes
    -----
    Judge it with `repeatability_p_value`. Replicates that are all equal have no logarithm of their SD: NaN.

    References
    ----------
    ISO 13528:2022, 10.6 and E.13.

    Examples
    --------
    A mean one within-SD off, with the usual scatter:

    >>> repeatability_statistic([1.1, 1.1], [0.1, 0.0], 2, 1.0, 0.1).round(6).tolist()
    [2.0, nan]
    """
    m, s = np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64)
    if not within_sd > 0 or replicates < 2:
        return np.full(m.shape, np.nan)
    usable = s > 0
    spread = np.log(np.where(usable, s, 1.0) / within_sd)
    value = replicates * ((m - location) / within_sd) ** 2 + 2.0 * (replicates - 1) * spread**2
    return np.where(usable, value, np.nan)[()]


def repeatability_p_value(statistic: float) -> float:
    """Probability of so large a joint statistic for a laboratory without fault.

    Use it on single values of `repeatability_statistic`.

    Parameters
    ----------
    statistic : dimensionless, >= 0; NaN means "not scored".

    Returns
    -------
    float
        P(chi-square with 2 degrees > statistic), 0 to 1, unrounded; NaN for NaN.

    Notes
    -----
    With many laboratories small values come by chance: 1 in 20 lies below 0.05.

    References
    ----------
    ISO 13528:2022, 10.6 and E.13.

    Examples
    --------
    >>> round(repeatability_p_value(5.991), 3), repeatability_p_value(0.0)
    (0.05, 1.0)
    """
    return chi_square_tail(statistic, 2.0) if not math.isnan(statistic) else math.nan
