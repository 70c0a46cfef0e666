"""The standard uncertainty of a consensus, and when it may be ignored (ISO 13528:2022, 7.7.3 and 9.2)."""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray

CONSENSUS_FACTOR = 1.25
"""ISO 13528:2022, Formula (6); about sqrt(pi/2), the efficiency of the median."""
NEGLIGIBLE_SIGMA = 0.3
"""ISO 13528:2022, Formula (10): u(x_pt) < 0.3 sigma_pt ..."""
NEGLIGIBLE_LIMIT = 0.1
"""... or u(x_pt) < 0.1 delta_E."""


def consensus_uncertainty(scale: ArrayLike, n: ArrayLike) -> FloatArray:
    """u(x_pt) = 1.25 s*/sqrt(p), elementwise, unit of the results.

    Use it for robust consensus values; for plain means the factor 1.25 is left out (`consensus_groups`).

    Parameters
    ----------
    scale : any shape, robust standard deviation of the results by any estimator of Annex C, unit of the
        results; NaN means "degenerate".
    n : number of results, same shape or one number.

    Returns
    -------
    ndarray
        Broadcast shape, unit of the results, unrounded; NaN where n is zero or the scale is not positive
        (degenerate).

    Notes
    -----
    It says nothing of a bias common to the participants, nor of the stability of the items.

    References
    ----------
    ISO 13528:2022, 7.7.3, Formula (6); Amd 1:2026 extends it to the estimators of C.5.

    Examples
    --------
    >>> float(consensus_uncertainty(2.0, 25))
    0.5
    """
    s, p = np.asarray(scale, dtype=np.float64), np.asarray(n, dtype=np.float64)
    usable = (s > 0) & (p > 0)
    return np.where(usable, CONSENSUS_FACTOR * s / np.sqrt(np.where(usable, p, 1.0)), np.nan)[()]


def uncertainty_is_negligible(
    u_assigned_value: ArrayLike, sigma_pt: ArrayLike, allowable_error: ArrayLike | None = None
) -> BoolArray:
    """Whether u(x_pt) may be ignored: u < 0.3 sigma_pt or u < 0.1 delta_E, elementwise.

    Use it to choose between z and z'.

    Parameters
    ----------
    u_assigned_value : any shape, standard uncertainty, unit of the results; NaN means "not known".
    sigma_pt : broadcastable, unit of the results; NaN means "not set".
    allowable_error : delta_E, broadcastable, unit of the results; NaN or None means "no limit".

    Returns
    -------
    ndarray of bool
        Broadcast shape. A missing uncertainty (NaN) is not negligible; neither is any against a missing
        sigma_pt and a missing delta_E.

    Notes
    -----
    Strict: exactly 0.3 sigma_pt is not negligible.

    References
    ----------
    ISO 13528:2022, 9.2.1, Formula (10).

    Examples
    --------
    With sigma_pt = s* of the same round it is a question of p only: true from 18 results on.

    >>> [bool(uncertainty_is_negligible(consensus_uncertainty(1.0, p), 1.0)) for p in (17, 18)]
    [False, True]
    """
    u = np.asarray(u_assigned_value, dtype=np.float64)
    small = u < NEGLIGIBLE_SIGMA * np.asarray(sigma_pt, dtype=np.float64)
    if allowable_error is not None:
        small = small | (u < NEGLIGIBLE_LIMIT * np.asarray(allowable_error, dtype=np.float64))
    return small[()]
