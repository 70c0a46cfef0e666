"""Performance scores of single results (ISO 13528:2022, clause 9).

All functions work elementwise on broadcast arrays and return unrounded floats. NaN means "not
scored": a missing result, or a divisor that is zero, negative or missing. Nothing is ever divided
by zero, and a missing uncertainty is never taken as zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.statistics.estimates import ArrayLike, FloatArray

_ON_THE_LIMIT = 1e-9
HIGH_UNCERTAINTY = 1.5
"""ISO 13528:2022, 9.8: u(x) above 1.5 s* is flagged."""
WARNING_LIMIT = 2.0
ACTION_LIMIT = 3.0
"""ISO 13528:2022, 9.4.2: |z| <= 2 acceptable, 2 < |z| < 3 warning, |z| >= 3 action."""
NOT_SCORED, ACCEPTABLE, WARNING, ACTION = -1, 0, 1, 2
"""Codes of `score_class`; a worse class has a larger code."""


def _float(value: ArrayLike) -> FloatArray:
    return np.asarray(value, dtype=np.float64)


def _ratio(numerator: FloatArray, divisor: FloatArray) -> FloatArray:
    """Quotient where the divisor is positive, NaN elsewhere."""
    numerator, divisor = np.broadcast_arrays(numerator, divisor)
    out = np.full(numerator.shape, np.nan)
    np.divide(numerator, divisor, out=out, where=divisor > 0)
    return out[()]


def difference(result: ArrayLike, assigned_value: ArrayLike) -> FloatArray:
    """D = x - x_pt, unit of the results (9.3.1, Formula 11)."""
    return (_float(result) - _float(assigned_value))[()]


def percent_difference(result: ArrayLike, assigned_value: ArrayLike) -> FloatArray:
    """D% = 100 (x - x_pt) / |x_pt| in percent; NaN where the assigned value is zero (9.3.1, Formula 12).

    Notes
    -----
    The standard divides by x_pt. The absolute value keeps the sign of D for negative assigned
    values (base excess), and changes nothing for positive ones.

    Examples
    --------
    >>> float(percent_difference(110.0, 100.0))
    10.0
    """
    target = _float(assigned_value)
    return _ratio(100.0 * (_float(result) - target), np.abs(target))


def percent_allowed(result: ArrayLike, assigned_value: ArrayLike, allowable_error: ArrayLike) -> FloatArray:
    """P_A = 100 D / delta_E in percent of the allowed deviation (9.3.6, Formula 13).

    Examples
    --------
    >>> float(percent_allowed(4.7, 4.5, 0.4))  # doctest: +ELLIPSIS
    50.0...
    """
    return _ratio(100.0 * difference(result, assigned_value), _float(allowable_error))


def z_score(result: ArrayLike, assigned_value: ArrayLike, sigma_pt: ArrayLike) -> FloatArray:
    """z = (x - x_pt) / sigma_pt (9.4.1, Formula 14); NaN where sigma_pt is not positive.

    Examples
    --------
    >>> float(z_score(12.0, 10.0, 0.5)), float(z_score(12.0, 10.0, 0.0))
    (4.0, nan)
    """
    return _ratio(difference(result, assigned_value), _float(sigma_pt))


def z_prime_score(
    result: ArrayLike, assigned_value: ArrayLike, sigma_pt: ArrayLike, u_assigned_value: ArrayLike
) -> FloatArray:
    """z' = (x - x_pt) / sqrt(sigma_pt^2 + u(x_pt)^2) (9.5.1, Formula 15).

    NaN where sigma_pt is not positive: without it the score is a zeta score, not z'.
    """
    sigma = _float(sigma_pt)
    widened = np.where(sigma > 0, np.hypot(sigma, _uncertainty(u_assigned_value)), np.nan)
    return _ratio(difference(result, assigned_value), widened)


def zeta_score(
    result: ArrayLike, assigned_value: ArrayLike, u_result: ArrayLike, u_assigned_value: ArrayLike
) -> FloatArray:
    """zeta = (x - x_pt) / sqrt(u(x)^2 + u(x_pt)^2), standard uncertainties (9.6.1, Formula 19).

    NaN where u(x) is missing or not positive: an uncertainty that was not reported is never zero.
    """
    own = _float(u_result)
    combined = np.where(own > 0, np.hypot(own, _uncertainty(u_assigned_value)), np.nan)
    return _ratio(difference(result, assigned_value), combined)


def en_score(
    result: ArrayLike,
    assigned_value: ArrayLike,
    expanded_u_result: ArrayLike,
    expanded_u_assigned_value: ArrayLike,
) -> FloatArray:
    """E_n = (x - x_pt) / sqrt(U(x)^2 + U(x_pt)^2), expanded uncertainties k = 2 (9.7.1, Formula 20).

    NaN as for `zeta_score`. |E_n| >= 1 is a signal.
    """
    return zeta_score(result, assigned_value, expanded_u_result, expanded_u_assigned_value)


def sdi(result: ArrayLike, group_mean: ArrayLike, group_sd: ArrayLike) -> FloatArray:
    """Standard deviation index (x - group mean) / group SD; NaN where the SD is not positive.

    Notes
    -----
    When the group includes the laboratory, |SDI| cannot exceed (n - 1)/sqrt(n): 1.79 with n = 5.
    """
    return z_score(result, group_mean, group_sd)


def widened_allowable_error(allowable_error: ArrayLike, expanded_u_assigned_value: ArrayLike) -> FloatArray:
    """delta_E' = sqrt(delta_E^2 + U(x_pt)^2), unit of the results (9.5.2, Formula 16)."""
    return np.hypot(_float(allowable_error), _uncertainty(expanded_u_assigned_value))[()]


def _uncertainty(value: ArrayLike) -> FloatArray:
    """An uncertainty; negative ones are not one (NaN)."""
    u = _float(value)
    return np.where(u >= 0, u, np.nan)


def score_class(
    score: ArrayLike,
    *,
    warning: float = WARNING_LIMIT,
    action: float = ACTION_LIMIT,
    decimals: int | None = None,
) -> NDArray[np.int8]:
    """Class of a z, z' or zeta score: 0 acceptable, 1 warning, 2 action, -1 not scored (NaN).

    Parameters
    ----------
    score : any shape.
    warning, action : acceptable up to and including `warning`, action from `action` on. For E_n use
        ``warning=1.0, action=1.0``: exactly 1 is then a signal.
    decimals : classify the score rounded to so many decimals, for schemes that print it so.

    Notes
    -----
    A score within 1e-9 of a limit lies on it: 45 % of the results that are exactly three sigma_pt
    away come out below 3 in binary arithmetic.

    Examples
    --------
    >>> score_class([0.5, -2.0, 2.5, 3.0, float("nan")]).tolist()
    [0, 0, 1, 2, -1]
    """
    size = np.abs(_float(score))
    if decimals is not None:
        size = np.round(size, decimals)
    # The action limit is tested last, so that it wins where both limits are equal.
    kind = np.where(size <= warning + _ON_THE_LIMIT, ACCEPTABLE, WARNING)
    kind = np.where(size >= action - _ON_THE_LIMIT, ACTION, kind)
    return np.where(np.isnan(size), NOT_SCORED, kind).astype(np.int8)[()]


def uncertainty_flag(
    u_result: ArrayLike, u_assigned_value: ArrayLike, robust_sd: ArrayLike
) -> NDArray[np.str_]:
    """Credibility of reported standard uncertainties: "a" usual, "b" low, "c" high, "" not reported.

    "b" when u(x) < u(x_pt): below what the assigned value itself carries; "c" when u(x) > 1.5 s*.

    References
    ----------
    ISO 13528:2022, 9.8.

    Examples
    --------
    >>> uncertainty_flag([0.1, 1.0, 9.0, float("nan")], 0.2, 2.0).tolist()
    ['b', 'a', 'c', '']
    """
    own = _float(u_result)
    flag = np.where(
        own < _float(u_assigned_value), "b", np.where(own > HIGH_UNCERTAINTY * _float(robust_sd), "c", "a")
    )
    return np.where(own > 0, flag, "")[()]
