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
    """D = x - x_pt, elementwise.

    Use it where deviations are compared with a limit in the unit of the results.

    Parameters
    ----------
    result, assigned_value : any broadcastable shapes, unit of the results; NaN means "no result" and "no
        value".

    Returns
    -------
    ndarray
        Broadcast shape, unit of the results, unrounded; NaN where either is missing.

    Notes
    -----
    Binary arithmetic: 4.95 - 4.5 is not exactly 0.45. Verdicts on a limit are made in decimals elsewhere.

    References
    ----------
    ISO 13528:2022, 9.3.1, Formula (11).

    Examples
    --------
    >>> difference([5.0, float("nan")], 4.5).tolist()
    [0.5, nan]
    """
    return (_float(result) - _float(assigned_value))[()]


def percent_difference(result: ArrayLike, assigned_value: ArrayLike) -> FloatArray:
    """D% = 100 (x - x_pt)/|x_pt|, elementwise.

    Use it where limits are a percentage of the assigned value.

    Parameters
    ----------
    result, assigned_value : any broadcastable shapes, unit of the results; NaN means "no result" and "no
        value".

    Returns
    -------
    ndarray
        Broadcast shape, percent, unrounded; NaN where either is missing or the assigned value is zero.

    Notes
    -----
    The standard divides by x_pt. The absolute value keeps the sign of D for negative assigned
    values (base excess), and changes nothing for positive ones.

    References
    ----------
    ISO 13528:2022, 9.3.1, Formula (12).

    Examples
    --------
    >>> float(percent_difference(110.0, 100.0))
    10.0
    """
    target = _float(assigned_value)
    return _ratio(100.0 * (_float(result) - target), np.abs(target))


def percent_allowed(result: ArrayLike, assigned_value: ArrayLike, allowable_error: ArrayLike) -> FloatArray:
    """P_A = 100 D/delta_E, elementwise.

    Use it to print deviations of different analytes on one scale: beyond 100 either way is a signal.

    Parameters
    ----------
    result, assigned_value : any broadcastable shapes, unit of the results; NaN means "no result" and "no
        value".
    allowable_error : delta_E, unit of the results; NaN means "no limit".

    Returns
    -------
    ndarray
        Broadcast shape, percent of the allowed deviation, unrounded; NaN where anything is missing or
        delta_E is not positive.

    Notes
    -----
    Signed like D. Whether exactly 100 is acceptable is a matter of the scheme.

    References
    ----------
    ISO 13528:2022, 9.3.6, Formula (13).

    Examples
    --------
    >>> float(percent_allowed(4.7, 4.5, 0.4))  # doctest: +ELLIPSIS
    50.0...
    """
    return _ratio(100.0 * difference(result, assigned_value), _float(allowable_error))


def z_score(result: ArrayLike, assigned_value: ArrayLike, sigma_pt: ArrayLike) -> FloatArray:
    """z = (x - x_pt)/sigma_pt, elementwise.

    Use it where sigma_pt is fit for the purpose and u(x_pt) is negligible (`uncertainty_is_negligible`).

    Parameters
    ----------
    result, assigned_value, sigma_pt : any broadcastable shapes, unit of the results; NaN means "no result",
        "no value", "not set".

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; NaN where anything is missing or sigma_pt is not positive.

    Notes
    -----
    Classify with `score_class`, which knows results exactly on a limit.

    References
    ----------
    ISO 13528:2022, 9.4.1, Formula (14).

    Examples
    --------
    >>> float(z_score(12.0, 10.0, 0.5)), float(z_score(12.0, 10.0, 0.0))
    (4.0, nan)
    """
    return _ratio(difference(result, assigned_value), _float(sigma_pt))


def z_prime_score(
    result: ArrayLike, assigned_value: ArrayLike, sigma_pt: ArrayLike, u_assigned_value: ArrayLike
) -> FloatArray:
    """z' = (x - x_pt)/sqrt(sigma_pt^2 + u(x_pt)^2), elementwise.

    Use it where the uncertainty of the assigned value is not negligible.

    Parameters
    ----------
    result, assigned_value, sigma_pt, u_assigned_value : any broadcastable shapes, unit of the results; NaN
        means "no result", "no value", "not set", "not known".

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; NaN where anything is missing, u(x_pt) is negative or
        sigma_pt is not positive: without it the score is a zeta score, not z'.

    Notes
    -----
    It flatters: at u = 0.7 sigma_pt every score shrinks by 18 %.

    References
    ----------
    ISO 13528:2022, 9.5.1, Formula (15).

    Examples
    --------
    >>> z_prime_score([12.0, 12.0], 10.0, [3.0, 0.0], 4.0).tolist()
    [0.4, nan]
    """
    sigma = _float(sigma_pt)
    widened = np.where(sigma > 0, np.hypot(sigma, _uncertainty(u_assigned_value)), np.nan)
    return _ratio(difference(result, assigned_value), widened)


def zeta_score(
    result: ArrayLike, assigned_value: ArrayLike, u_result: ArrayLike, u_assigned_value: ArrayLike
) -> FloatArray:
    """zeta = (x - x_pt)/sqrt(u(x)^2 + u(x_pt)^2), elementwise.

    Use it to judge a result together with the uncertainty reported for it.

    Parameters
    ----------
    result, assigned_value : any broadcastable shapes, unit of the results; NaN means "no result" and "no
        value".
    u_result, u_assigned_value : standard uncertainties, unit of the results; NaN means "not reported".

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; NaN where anything is missing, u(x_pt) is negative or u(x)
        is not positive: an uncertainty that was not reported is never zero.

    Notes
    -----
    A large u(x) makes any result look good: see `uncertainty_flag`.

    References
    ----------
    ISO 13528:2022, 9.6.1, Formula (19).

    Examples
    --------
    >>> zeta_score([15.0, 15.0], 10.0, [3.0, float("nan")], 4.0).tolist()
    [1.0, nan]
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
    """E_n = (x - x_pt)/sqrt(U(x)^2 + U(x_pt)^2), elementwise.

    Use it for calibration laboratories and reference measurements.

    Parameters
    ----------
    result, assigned_value : any broadcastable shapes, unit of the results; NaN means "no result" and "no
        value".
    expanded_u_result, expanded_u_assigned_value : expanded uncertainties of one coverage factor, usually k =
        2, unit of the results; NaN means "not reported".

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; NaN as for `zeta_score`.

    Notes
    -----
    |E_n| >= 1 is a signal, exactly 1 too: ``score_class(en, warning=1.0, action=1.0)``.

    References
    ----------
    ISO 13528:2022, 9.7.1, Formula (20).

    Examples
    --------
    >>> float(en_score(15.0, 10.0, 3.0, 4.0))
    1.0
    """
    return zeta_score(result, assigned_value, expanded_u_result, expanded_u_assigned_value)


def sdi(result: ArrayLike, group_mean: ArrayLike, group_sd: ArrayLike) -> FloatArray:
    """Standard deviation index (x - group mean)/group SD, elementwise.

    Use it to describe where a result stands in its peer group; z judges it.

    Parameters
    ----------
    result, group_mean, group_sd : any broadcastable shapes, unit of the results; NaN means "no result" and
        "no group".

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; NaN where anything is missing or the SD is not positive.

    Notes
    -----
    When the group includes the laboratory, |SDI| cannot exceed (n - 1)/sqrt(n): 1.79 with n = 5.

    References
    ----------
    ISO 13528:2022, 9.4.1 with the numbers of the group; bound: Shiffler, Am Stat 1988;42:79.

    Examples
    --------
    >>> sdi([12.0, 12.0], 10.0, [0.8, 0.0]).tolist()
    [2.5, nan]
    """
    return z_score(result, group_mean, group_sd)


def widened_allowable_error(allowable_error: ArrayLike, expanded_u_assigned_value: ArrayLike) -> FloatArray:
    """delta_E' = sqrt(delta_E^2 + U(x_pt)^2), elementwise.

    Use it in place of delta_E where the uncertainty of the assigned value is not negligible.

    Parameters
    ----------
    allowable_error : any shape, delta_E, unit of the results; NaN means "no limit".
    expanded_u_assigned_value : U(x_pt), k = 2, unit of the results; NaN means "not known".

    Returns
    -------
    ndarray
        Broadcast shape, unit of the results, unrounded; NaN where either is missing or U is negative.

    Notes
    -----
    U = 0 leaves delta_E as it is.

    References
    ----------
    ISO 13528:2022, 9.5.2, Formula (16).

    Examples
    --------
    >>> widened_allowable_error([3.0, float("nan")], 4.0).tolist()
    [5.0, nan]
    """
    return np.hypot(_float(allowable_error), _uncertainty(expanded_u_assigned_value))[()]


def _uncertainty(value: ArrayLike) -> FloatArray:
    """An uncertainty; negative ones are not one (NaN)."""
    u = _float(value)
    return np.where(u >= 0, u, np.nan)
