"""Sigma metric, quality goal index, critical errors, and the charts of them.

All per cent of the same level: allowable total error, bias and CV. A sigma says nothing without the source of its
allowable error, so results are handed on with it.

References
----------
Westgard JO. Six Sigma Quality Design and Control. CLSI C24-Ed4, 6. WS/T 641-2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.iqc.moments import quotient
from workbench.iqc.streams import FloatArray

Z_95_ONE_SIDED = 1.65
"""Maximum defect rate of 5 % at the critical shift, as the field's formulas have it."""
Z_95_TWO_SIDED = 1.96
IMPRECISION_BELOW, INACCURACY_ABOVE = 0.8, 1.2
"""Quality goal index: borders between imprecision, both and inaccuracy."""


def _arrays(*given: ArrayLike) -> list[FloatArray]:
    return [np.asarray(a, dtype=np.float64) for a in given]


def sigma_metric(tea: ArrayLike, bias: ArrayLike, cv: ArrayLike) -> FloatArray:
    """(TEa - |bias|)/CV.

    Parameters
    ----------
    tea, bias, cv : shapes that broadcast, per cent; NaN where unknown.

    Returns
    -------
    Dimensionless, unrounded; negative where the bias alone is above TEa; NaN where CV is zero or anything unknown.

    Examples
    --------
    >>> sigma_metric([30.0, 30.0, 10.0], [9.8, -3.6, 12.0], [5.0, 6.0, 2.0]).round(2).tolist()
    [4.04, 4.4, -1.0]
    """
    t, b, c = _arrays(tea, bias, cv)
    return quotient(t - np.abs(b), np.where(c > 0, c, np.nan))


def quality_goal_index(bias: ArrayLike, cv: ArrayLike) -> FloatArray:
    """|bias|/(1.5 CV): what a low sigma comes from; NaN where CV is zero or unknown.

    Notes
    -----
    Below 0.8 imprecision, above 1.2 inaccuracy, between them (borders included) both. Meaningless while sigma is high.

    References
    ----------
    Its use with sigma metrics: PMC12967164.
    """
    b, c = _arrays(bias, cv)
    return quotient(np.abs(b), 1.5 * np.where(c > 0, c, np.nan))


def main_problem(qgi: float) -> str:
    """``imprecision``, ``both``, ``inaccuracy``; empty for NaN.

    >>> [main_problem(q) for q in (0.79, 0.8, 1.2, 1.21)]
    ['imprecision', 'both', 'both', 'inaccuracy']
    """
    if math.isnan(qgi):
        return ""
    if qgi < IMPRECISION_BELOW:
        return "imprecision"
    return "inaccuracy" if qgi > INACCURACY_ABOVE else "both"


def critical_shift(tea: ArrayLike, bias: ArrayLike, cv: ArrayLike) -> FloatArray:
    """Critical systematic error in SDs: (TEa - |bias|)/CV - 1.65."""
    return sigma_metric(tea, bias, cv) - Z_95_ONE_SIDED


def critical_spread(tea: ArrayLike, bias: ArrayLike, cv: ArrayLike) -> FloatArray:
    """Critical random error, a factor of the SD: (TEa - |bias|)/(1.96 CV)."""
    return sigma_metric(tea, bias, cv) / Z_95_TWO_SIDED


@dataclass(frozen=True)
class NormalisedPoints:
    """Points of the normalised sigma chart and of the normalised OPSpecs chart; shape (n,) each.

    Parameters
    ----------
    x : 100 CV/TEa. y : 100 |bias|/TEa. Both dimensionless, per cent of TEa; sigma = (100 - y)/x.
    """

    x: FloatArray
    y: FloatArray


def normalised_points(tea: ArrayLike, bias: ArrayLike, cv: ArrayLike) -> NormalisedPoints:
    """Place of each method on the normalised charts; NaN where TEa is unknown."""
    t, b, c = _arrays(tea, bias, cv)
    return NormalisedPoints(100.0 * quotient(c, t), 100.0 * quotient(np.abs(b), t))


def sigma_line(sigma: float, x: ArrayLike) -> FloatArray:
    """|bias| at each CV on the line of one sigma of the normalised chart: 100 - sigma x, NaN below zero."""
    y = 100.0 - sigma * np.asarray(x, dtype=np.float64)
    return np.where(y >= 0, y, np.nan)


def opspecs_line(detectable_shift: float, x: ArrayLike) -> FloatArray:
    """Largest allowable bias at each CV for a control procedure, normalised: 100 - (dSE + 1.65) x, NaN below zero.

    Parameters
    ----------
    detectable_shift : shift in SDs the procedure detects with the probability asked for (usually 90 %).
    x : 100 CV/TEa.
    """
    return sigma_line(detectable_shift + Z_95_ONE_SIDED, x)


def single_limit_shift(limit: float, n: int, probability: float = 0.9) -> float:
    """Shift in SDs that a single limit (1_2s, 1_3s ...) detects in one run of n points.

    Parameters
    ----------
    limit : SD. n : points a run, all shifted alike. probability : of at least one point beyond the limit.

    Notes
    -----
    1 - P(inside)^n by bisection; P(inside | d) = F(limit - d) - F(-limit - d).

    Examples
    --------
    >>> round(single_limit_shift(3.0, 1), 2), round(single_limit_shift(3.0, 2), 2)
    (4.28, 3.48)
    """
    low, high = 0.0, limit + 10.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        inside = _normal(limit - middle) - _normal(-limit - middle)
        low, high = (middle, high) if 1.0 - inside**n < probability else (low, middle)
    return (low + high) / 2


def _normal(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
