"""Slope of the deviation against the level, and its significance, for many rows of few samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import FloatArray


@dataclass(frozen=True)
class Trends:
    """Least-squares line of y on x for each row, shape (E,); NaN with fewer than three points.

    Attributes
    ----------
    slope : unit of y per unit of x. p_value : two-sided, Student's t with n - 2 degrees of freedom.
    """

    slope: FloatArray
    p_value: FloatArray


def student_two_sided(t: FloatArray, degrees: int) -> FloatArray:
    """Return P(|T| > |t|) of Student's t for whole degrees of freedom, in closed form.

    Parameters
    ----------
    t : any shape; infinite gives 0, NaN stays NaN. degrees : 1 or more.

    References
    ----------
    Abramowitz and Stegun, 26.7.3 and 26.7.4.

    Examples
    --------
    The tabled 5 % points of 1, 3 and 8 degrees of freedom:

    >>> [round(float(student_two_sided(np.array(t), d)), 4) for t, d in [(12.706, 1), (3.182, 3), (2.306, 8)]]
    [0.05, 0.05, 0.05]
    """
    theta = np.arctan(np.abs(t) / math.sqrt(degrees))
    sine, cosine = np.sin(theta), np.cos(theta)
    odd = degrees % 2 == 1
    term = cosine.copy() if odd else np.ones_like(theta)
    total = np.zeros_like(theta)
    for k in range(2 if odd else 1, degrees, 2):
        total = total + term
        term = term * cosine**2 * k / (k + 1)
    inside = 2.0 / math.pi * (theta + sine * total) if odd else sine * total
    return np.clip(1.0 - inside, 0.0, 1.0)


def trends(x: FloatArray, y: FloatArray) -> Trends:
    """Fit each row's line.

    Parameters
    ----------
    x, y : shape (E, S); a sample counts where both are there.

    Notes
    -----
    Equal levels on all samples give no slope (NaN). A perfect line has p = 0.
    """
    both = np.isfinite(x) & np.isfinite(y)
    n = both.sum(axis=1)
    centred_x, centred_y = (_centred(values, both, n) for values in (x, y))
    sxx, syy = (centred_x**2).sum(axis=1), (centred_y**2).sum(axis=1)
    sxy = (centred_x * centred_y).sum(axis=1)
    known = (n >= 3) & (sxx > 0)
    slope = np.divide(sxy, sxx, out=np.full(n.shape, np.nan), where=known)
    rest = np.maximum(syy - slope * sxy, 0.0)
    p_value = np.full(n.shape, np.nan)
    for size in np.unique(n[known]):
        rows = known & (n == size)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = slope[rows] * np.sqrt(sxx[rows] * (size - 2) / rest[rows])
        t = np.where((rest[rows] == 0) & (slope[rows] == 0), 0.0, t)
        p_value[rows] = student_two_sided(t, int(size) - 2)
    return Trends(slope, p_value)


def _centred(values: FloatArray, there: np.ndarray, n: np.ndarray) -> FloatArray:
    """Deviations from the row mean, 0 where there is no value."""
    kept = np.where(there, values, 0.0)
    mean = kept.sum(axis=1) / np.maximum(n, 1)
    return np.where(there, values - mean[:, None], 0.0)
