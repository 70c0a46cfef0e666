"""Ways to set the standard deviation for proficiency assessment, sigma_pt (ISO 13528:2022, clause 8)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray

ERROR_DIVISOR = 3.0
"""sigma_pt = delta_E/3: ISO 13528:2022, 4.3.2."""
LEAST_ROUNDS = 3
"""ISO 13528:2022, 8.3.2: previous rounds needed for a line."""
HORWITZ_LOW = 1.2e-7
HORWITZ_HIGH = 0.138
"""Mass fractions between which Horwitz' power law holds: Thompson, Analyst 2000;125:385."""


def sigma_from_allowable_error(allowable_error: ArrayLike, divisor: float = ERROR_DIVISOR) -> FloatArray:
    """sigma_pt from a maximum permissible error: delta_E/3, elementwise.

    Use it where a regulation or experts give a limit for the single result.

    Parameters
    ----------
    allowable_error : any shape, unit of the results (or percent); NaN means "no limit".
    divisor : 3 in the standard, dimensionless, not zero.

    Returns
    -------
    ndarray
        Shape and unit of the allowable error, unrounded; NaN where delta_E is missing or not positive.

    Notes
    -----
    With 3, |z| = 3 and the limit are the same line.

    References
    ----------
    ISO 13528:2022, 4.3.2 and 8.2.

    Examples
    --------
    >>> float(sigma_from_allowable_error(0.6))
    0.19999999999999998
    """
    limit = np.asarray(allowable_error, dtype=np.float64)
    return np.where(limit > 0, limit, np.nan)[()] / divisor


def sigma_from_round(robust_sd: ArrayLike) -> FloatArray:
    """sigma_pt = s* of the same round, elementwise.

    Use it only where nothing tells what is needed for a purpose.

    Parameters
    ----------
    robust_sd : any shape, unit of the results; NaN or 0 means "degenerate".

    Returns
    -------
    ndarray
        Shape and unit of the robust SD, unrounded; NaN where it is degenerate.

    Notes
    -----
    z then measures rank among the participants, not fitness for a purpose, and u(x_pt) < 0.3 sigma_pt becomes
    a question of the number of results only: true from 18 on.

    References
    ----------
    ISO 13528:2022, 8.6.

    Examples
    --------
    >>> sigma_from_round([0.5, 0.0]).tolist()
    [0.5, nan]
    """
    scale = np.asarray(robust_sd, dtype=np.float64)
    return np.where(scale > 0, scale, np.nan)[()]


@dataclass(frozen=True)
class SigmaLine:
    """Straight line of robust SD on assigned value over previous rounds.

    Attributes
    ----------
    slope : dimensionless.
    intercept : unit of the results.
    r_squared : share of the variance explained, 0 to 1.
    rounds : rounds it was fitted to.
    """

    slope: float
    intercept: float
    r_squared: float
    rounds: int

    def at(self, assigned_value: ArrayLike) -> FloatArray:
        """sigma_pt at an assigned value, unit of the results; NaN where the line is not positive."""
        sigma = self.intercept + self.slope * np.asarray(assigned_value, dtype=np.float64)
        return np.where(sigma > 0, sigma, np.nan)[()]


def sigma_line(assigned_values: ArrayLike, robust_sds: ArrayLike) -> SigmaLine:
    """Fit the least-squares line of s* on x_pt over previous rounds.

    Use it where the spread of earlier rounds is thought fit for the purpose and depends on the level.

    Parameters
    ----------
    assigned_values, robust_sds : shape (n,), n >= 3, unit of the results; a pair with a NaN is left out.

    Returns
    -------
    SigmaLine
        Unrounded; `at` gives sigma_pt at a level, NaN where the line is not positive.

    Raises
    ------
    EvaluationError
        With fewer than three rounds, or all at one value.

    Notes
    -----
    Least squares without weights: one wild round moves the line. Outside the levels fitted it is a guess;
    see `sigma_within_bounds`.

    References
    ----------
    ISO 13528:2022, 8.3.2 and E.8.

    Examples
    --------
    >>> line = sigma_line([1.0, 2.0, 3.0], [0.2, 0.3, 0.4])
    >>> round(float(line.at(5.0)), 6)
    0.6
    """
    pair = np.vstack(
        [np.asarray(assigned_values, dtype=np.float64), np.asarray(robust_sds, dtype=np.float64)]
    )
    x, y = pair[:, ~np.isnan(pair).any(axis=0)]
    if x.size < LEAST_ROUNDS or x.min() == x.max():
        raise EvaluationError(
            f"A line over previous rounds needs at least {LEAST_ROUNDS} at unequal values, {x.size} found."
        )
    dx, dy = x - x.mean(), y - y.mean()
    sxx, syy, sxy = float(dx @ dx), float(dy @ dy), float(dx @ dy)
    slope = sxy / sxx
    r_squared = sxy**2 / (sxx * syy) if syy > 0 else 1.0
    return SigmaLine(slope, float(y.mean() - slope * x.mean()), r_squared, x.size)


def sigma_within_bounds(
    sigma: ArrayLike, lowest: ArrayLike | None = None, highest: ArrayLike | None = None
) -> FloatArray:
    """sigma_pt with a floor and a ceiling, elementwise.

    Use it on a sigma_pt from results, so that one quiet or wild round does not change the scale of z.

    Parameters
    ----------
    sigma : any shape, unit of the results; NaN means "not set" and stays NaN.
    lowest, highest : one number or the shape of `sigma`, unit of the results; None for no bound.

    Returns
    -------
    ndarray
        Broadcast shape, unit of the results, unrounded; NaN where `sigma` or a bound is NaN.

    Raises
    ------
    ValueError
        When a floor lies above its ceiling.

    Notes
    -----
    On a bound it stays there: bounds are inclusive.

    References
    ----------
    ISO 13528:2022, 8.6.2.

    Examples
    --------
    >>> sigma_within_bounds([0.1, 0.5, 2.0], 0.2, 1.0).tolist()
    [0.2, 0.5, 1.0]
    """
    low = -math.inf if lowest is None else np.asarray(lowest, dtype=np.float64)
    high = math.inf if highest is None else np.asarray(highest, dtype=np.float64)
    if np.any(np.greater(low, high)):
        raise ValueError("the floor of sigma_pt lies above its ceiling")
    return np.clip(np.asarray(sigma, dtype=np.float64), low, high)[()]


def horwitz_sigma(mass_fraction: ArrayLike) -> FloatArray:
    """Predicted reproducibility SD as a mass fraction (Horwitz, as modified by Thompson), elementwise.

    0.22 c below 1.2e-7; 0.02 c^0.8495 up to 0.138; 0.01 sqrt(c) above. NaN outside 0 < c <= 1.

    Use it for chemical analysis over many orders of concentration where nothing better is known.

    Parameters
    ----------
    mass_fraction : dimensionless (mg/kg times 1e-6).

    Returns
    -------
    ndarray
        Shape of the mass fraction, itself a mass fraction, unrounded; NaN outside 0 < c <= 1.

    Notes
    -----
    The pieces meet within 0.1 % at both joints.

    References
    ----------
    ISO 13528:2022, 8.4, Formula (8); Thompson, Analyst 2000;125:385.

    Examples
    --------
    >>> round(1e6 * float(horwitz_sigma(1.195e-6)), 3)
    0.186
    """
    c = np.asarray(mass_fraction, dtype=np.float64)
    inside = (c > 0) & (c <= 1)
    safe = np.where(inside, c, 1.0)
    middle = np.where(c < HORWITZ_LOW, 0.22 * safe, 0.02 * safe**0.8495)
    return np.where(inside, np.where(c > HORWITZ_HIGH, 0.01 * np.sqrt(safe), middle), np.nan)[()]


def sigma_from_precision(sigma_reproducibility: float, sigma_repeatability: float, replicates: int) -> float:
    """sigma_pt = sqrt(sigma_R^2 - sigma_r^2 (1 - 1/m)) from a precision experiment, unit of the results.

    Use it where a collaborative study tells what the method can do.

    Parameters
    ----------
    sigma_reproducibility, sigma_repeatability : sigma_R and sigma_r of the method, unit of the results,
        sigma_r <= sigma_R; a NaN is refused.
    replicates : m, results averaged by each participant, at least 1.

    Returns
    -------
    float
        Unit of the results, unrounded.

    Raises
    ------
    EvaluationError
        When sigma_r is too large for sigma_R, or either is NaN.
    ValueError
        With fewer than one replicate.

    Notes
    -----
    One replicate: sigma_pt = sigma_R.

    References
    ----------
    ISO 13528:2022, 8.5.1, Formula (9).

    Examples
    --------
    >>> round(sigma_from_precision(23.2, 14.3, 2), 1)
    20.9
    """
    if replicates < 1:
        raise ValueError(f"replicates must be at least 1, not {replicates}")
    variance = sigma_reproducibility**2 - sigma_repeatability**2 * (1.0 - 1.0 / replicates)
    if not variance > 0:
        raise EvaluationError("sigma_r is too large for sigma_R. Check the precision data of the method.")
    return math.sqrt(variance)


def sigma_with_heterogeneity(sigma_pt: ArrayLike, between_item_sd: ArrayLike) -> FloatArray:
    """sigma'_pt = sqrt(sigma_pt^2 + s_s^2) for a material that failed homogeneity, elementwise.

    Use it when the items are sent all the same: no laboratory is blamed for the item it got.

    Parameters
    ----------
    sigma_pt, between_item_sd : any broadcastable shapes, unit of the results; NaN means "not known".

    Returns
    -------
    ndarray
        Broadcast shape, unit of the results, unrounded; NaN where either is NaN.

    Notes
    -----
    The other ways are another batch, or the heterogeneity in u(x_pt); never more than one of them.

    References
    ----------
    ISO 13528:2022, B.2.5 a), Formula (B.3).

    Examples
    --------
    >>> float(sigma_with_heterogeneity(3.0, 4.0))
    5.0
    """
    return np.hypot(np.asarray(sigma_pt, dtype=np.float64), np.asarray(between_item_sd, dtype=np.float64))[()]


QUALITY_LEVELS = {"optimum": (0.25, 0.125), "desirable": (0.5, 0.25), "minimum": (0.75, 0.375)}
"""Shares of CV_I allowed for imprecision, and of sqrt(CV_I^2 + CV_G^2) allowed for bias: Fraser 1997."""
ONE_SIDED_95 = 1.65
"""TEa = 1.65 CV + bias, as printed."""


@dataclass(frozen=True)
class VariationLimits:
    """Limits from biological variation.

    Attributes
    ----------
    cv : allowable imprecision, percent.
    bias : allowable bias without its sign, percent.
    total_error : allowable total error, percent.
    """

    cv: float
    bias: float
    total_error: float


def biological_variation_limits(
    cv_within: float, cv_between: float, level: str = "desirable"
) -> VariationLimits:
    """Allowable CV, bias and total error from biological variation.

    Use it for measurands of monitoring and diagnosis without a limit of their own.

    Parameters
    ----------
    cv_within, cv_between : CV_I within and CV_G between subjects, percent; NaN means "not known".
    level : ``optimum``, ``desirable`` or ``minimum``.

    Returns
    -------
    VariationLimits
        Percent, unrounded; NaN where a CV that is needed is NaN.

    Raises
    ------
    ValueError
        For an unknown level of quality.

    Notes
    -----
    With 1.65 as printed (one-sided 95 %); the exact quantile is 1.645.

    References
    ----------
    Fraser et al., Ann Clin Biochem 1997;34:8.

    Examples
    --------
    >>> found = biological_variation_limits(6.0, 8.0)
    >>> found.cv, found.bias, round(found.total_error, 2)
    (3.0, 2.5, 7.45)
    """
    if level not in QUALITY_LEVELS:
        raise ValueError(f"level is one of {', '.join(QUALITY_LEVELS)}, not {level!r}")
    for_cv, for_bias = QUALITY_LEVELS[level]
    cv, bias = for_cv * cv_within, for_bias * math.hypot(cv_within, cv_between)
    return VariationLimits(cv, bias, ONE_SIDED_95 * cv + bias)


SIGMA_PT: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "allowable_error": sigma_from_allowable_error,
        "previous_rounds": sigma_line,
        "horwitz": horwitz_sigma,
        "precision_experiment": sigma_from_precision,
        "same_round": sigma_from_round,
        "biological_variation": biological_variation_limits,
    }
)
"""Every way to set sigma_pt (a fixed one needs no function); each takes what its docstring says."""
