"""Before and after: the change of mean and SD between two periods, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.iqc.moments import Moments, quotient
from workbench.iqc.streams import FloatArray


@dataclass(frozen=True)
class PeriodChange:
    """Change of each series between two periods; shape (c,) each.

    Parameters
    ----------
    difference, low, high : mean after minus mean before and its interval, unit of the values.
    percent, percent_low, percent_high : the same in per cent of the mean before.
    sd_ratio, sd_ratio_low, sd_ratio_high : SD after over SD before and its interval.
    """

    difference: FloatArray
    low: FloatArray
    high: FloatArray
    percent: FloatArray
    percent_low: FloatArray
    percent_high: FloatArray
    sd_ratio: FloatArray
    sd_ratio_low: FloatArray
    sd_ratio_high: FloatArray


def period_change(before: Moments, after: Moments, confidence: float = 0.95) -> PeriodChange:
    """Compare two periods of the same series.

    Parameters
    ----------
    before, after : moments of the same shape (c,): of days' means where points of one day go together, so that the
        interval does not believe in more information than there is.
    confidence : of the intervals, two-sided.

    Notes
    -----
    Mean: Welch's t interval. SD: F interval, exact for normal values. NaN where a period has fewer than two values.
    A constant period has SD zero: its ratio is NaN, its interval of the mean is that of the other period.

    References
    ----------
    Welch BL. Biometrika 1947;34:28-35. Snedecor GW, Cochran WG. Statistical Methods, 8th ed., 6.12.

    Examples
    --------
    >>> one = Moments(np.array([4]), np.array([10.0]), np.array([3.0]))
    >>> two = Moments(np.array([4]), np.array([12.0]), np.array([3.0]))
    >>> found = period_change(one, two)
    >>> found.difference.tolist(), found.low.round(3).tolist(), found.sd_ratio.tolist()
    ([2.0], [0.27], [1.0])
    """
    from scipy.special import fdtri, stdtrit

    tail = (1.0 - confidence) / 2.0
    n1, n2 = (np.where(m.n > 1, m.n, np.nan) for m in (before, after))
    v1, v2 = before.sd**2 / n1, after.sd**2 / n2
    error = np.sqrt(v1 + v2)
    freedom = quotient((v1 + v2) ** 2, v1**2 / (n1 - 1) + v2**2 / (n2 - 1))
    half = np.where(error == 0, 0.0, stdtrit(freedom, 1.0 - tail) * error)
    difference = after.mean - before.mean
    per = quotient(np.full(len(difference), 100.0), np.abs(before.mean))
    ratio = quotient(after.sd, before.sd)
    low = ratio / np.sqrt(fdtri(n2 - 1, n1 - 1, 1.0 - tail))
    high = ratio * np.sqrt(fdtri(n1 - 1, n2 - 1, 1.0 - tail))
    return PeriodChange(
        difference,
        difference - half,
        difference + half,
        per * difference,
        per * (difference - half),
        per * (difference + half),
        ratio,
        low,
        high,
    )
