"""Mandel's h and k: how a laboratory's means and repeatability compare over samples (ISO 5725-2, 8.3.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.quantiles import f_quantile, student_quantile


@dataclass(frozen=True)
class MandelStatistics:
    """Mandel's h and k of one sample.

    Attributes
    ----------
    h : shape (p,), deviation of each laboratory mean from the general mean over the SD of the means,
        dimensionless; NaN where the means do not scatter.
    k : shape (p,), SD within each laboratory over the pooled one, dimensionless; NaN where nothing scatters
        within.
    """

    h: FloatArray
    k: FloatArray


def mandel(results: ArrayLike) -> MandelStatistics:
    """Mandel's h and k of one sample.

    Use it on rounds with replicates, sample by sample: a laboratory whose h keeps its sign is biased, one
    whose k is always large is imprecise.

    Parameters
    ----------
    results : shape (p, n), n >= 2 replicates of each of p >= 2 laboratories, unit of the results; all
        finite. A NaN is refused: leave out incomplete laboratories.

    Returns
    -------
    MandelStatistics
        Dimensionless, unrounded; NaN where all scatter is zero.

    Raises
    ------
    EvaluationError
        With fewer than 2 laboratories or 2 replicates, or a value that is not finite.

    Notes
    -----
    h divides by the SD of the laboratory means. (The R package ILS 0.3 divides by another SD and prints
    wrong h; its k is right.)

    References
    ----------
    ISO 5725-2:2019, 8.3.1; ASTM E691.

    Examples
    --------
    >>> found = mandel([[1.0, 1.2], [1.1, 0.9], [3.0, 3.2]])
    >>> found.k.round(3).tolist()
    [1.0, 1.0, 1.0]
    """
    table = np.asarray(results, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise EvaluationError(
            f"Mandel's statistics need at least 2 laboratories x 2 replicates, found {table.shape}."
        )
    mean, variance = table.mean(axis=1), table.var(axis=1, ddof=1)
    between, within = float(mean.std(ddof=1)), math.sqrt(float(variance.mean()))
    nothing = np.full(mean.size, np.nan)
    h = (mean - mean.mean()) / between if between > 0 else nothing
    return MandelStatistics(h, np.sqrt(variance) / within if within > 0 else nothing)


def mandel_h_critical(laboratories: int, alpha: float = 0.05) -> float:
    """Two-sided critical value of h for p laboratories.

    Use it for the lines of an h chart.

    Parameters
    ----------
    laboratories : p, at least 3.
    alpha : two-sided level, 0 to 1.

    Returns
    -------
    float
        Dimensionless, unrounded; NaN with fewer than 3 laboratories, where h can only be one number.

    Notes
    -----
    From Student's t with p - 2 degrees: (p - 1) t/sqrt(p (p - 2 + t^2)), at most (p - 1)/sqrt(p).

    References
    ----------
    ISO 5725-2:2019, 8.3.1 and Table 6; ASTM E691.

    Examples
    --------
    ISO 5725-2, Table 6, 1 %: p = 8.

    >>> round(mandel_h_critical(8, 0.01), 2)
    2.06
    """
    p = laboratories
    t = student_quantile(1.0 - alpha / 2.0, p - 2)
    return (p - 1) * t / math.sqrt(p * (p - 2 + t * t))


def mandel_k_critical(laboratories: int, replicates: int, alpha: float = 0.05) -> float:
    """One-sided critical value of k for p laboratories with n replicates.

    Use it for the line of a k chart.

    Parameters
    ----------
    laboratories : p, at least 2.
    replicates : n of each laboratory, at least 2.
    alpha : one-sided level, 0 to 1.

    Returns
    -------
    float
        Dimensionless, unrounded; NaN with fewer than 2 laboratories or replicates.

    Notes
    -----
    From F with n - 1 and (p - 1)(n - 1) degrees: sqrt(p F/(F + p - 1)), at most sqrt(p).

    References
    ----------
    ISO 5725-2:2019, 8.3.1 and Table 7; ASTM E691.

    Examples
    --------
    ISO 5725-2, Table 7, 1 %: p = 8, n = 3.

    >>> round(mandel_k_critical(8, 3, 0.01), 2)
    1.96
    """
    p = laboratories
    f = f_quantile(1.0 - alpha, replicates - 1, (p - 1) * (replicates - 1))
    return math.sqrt(p * f / (f + p - 1))
