"""Performance scores of single results (ISO 13528:2022, clause 9).

All functions work elementwise on broadcast arrays and return unrounded floats. NaN means "not
scored": a missing result, or a divisor that is zero, negative or missing. Nothing is ever divided
by zero, and a missing uncertainty is never taken as zero.
"""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray


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
