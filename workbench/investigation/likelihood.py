"""Densities under which the causes compete."""

from __future__ import annotations

from math import lgamma, log, pi

import numpy as np

from workbench.evaluation.criteria import FloatArray

DEGREES = 5.0
"""Degrees of freedom of the multivariate t: a laboratory's own noise level is unknown."""

ANYTHING = 2 * log(2000.0)
"""Width of the log-uniform density of "none of these": a factor of 2,000 up and down."""


def student(y: FloatArray, centre: FloatArray, covariance: FloatArray) -> FloatArray:
    """Log density of the multivariate t distribution with 5 degrees of freedom.

    Parameters
    ----------
    y, centre : shape (..., n). covariance : scale matrix, shape (n, n) or (..., n, n).

    Returns
    -------
    shape (...).

    Examples
    --------
    >>> round(float(student(np.zeros(1), np.zeros(1), np.eye(1))), 4)
    -0.9686
    """
    n = y.shape[-1]
    factor = np.linalg.cholesky(covariance)
    deviation = np.broadcast_to(y - centre, np.broadcast_shapes(y.shape, centre.shape))
    half = np.linalg.solve(factor, deviation[..., None] if factor.ndim > 2 else deviation.T)
    square = (half[..., 0] ** 2).sum(axis=-1) if factor.ndim > 2 else (half**2).sum(axis=0)
    determinant = 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    constant = lgamma((DEGREES + n) / 2) - lgamma(DEGREES / 2) - n / 2 * log(DEGREES * pi)
    return np.asarray(constant - determinant / 2 - (DEGREES + n) / 2 * np.log1p(square / DEGREES))


def nothing_in_particular(x: FloatArray, step: float) -> float:
    """Log density of "none of these": each result log-uniform over a wide range around itself."""
    return float(-np.log(ANYTHING * np.maximum(np.abs(x), step / 2)).sum())


def log_sum(values: FloatArray) -> float:
    """log of a sum of exponentials; minus infinity for none."""
    if not len(values):
        return -np.inf
    top = float(np.max(values))
    return top + float(np.log(np.exp(values - top).sum())) if np.isfinite(top) else top


def log_mean(values: FloatArray) -> float:
    """log of a mean of exponentials."""
    return log_sum(values) - log(len(values)) if len(values) else -np.inf
