"""What a score amounts to, and whether the uncertainty behind it can be believed (ISO 13528:2022, clause 9)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.statistics.estimates import ArrayLike

_ON_THE_LIMIT = 1e-9
HIGH_UNCERTAINTY = 1.5
"""ISO 13528:2022, 9.8: u(x) above 1.5 s* is flagged."""
WARNING_LIMIT = 2.0
ACTION_LIMIT = 3.0
"""ISO 13528:2022, 9.4.2: |z| <= 2 acceptable, 2 < |z| < 3 warning, |z| >= 3 action."""
NOT_SCORED, ACCEPTABLE, WARNING, ACTION = -1, 0, 1, 2
"""Codes of `score_class`; a worse class has a larger code."""


def score_class(
    score: ArrayLike,
    *,
    warning: float = WARNING_LIMIT,
    action: float = ACTION_LIMIT,
    decimals: int | None = None,
) -> NDArray[np.int8]:
    """Class of a z, z' or zeta score: 0 acceptable, 1 warning, 2 action, -1 not scored (NaN).

    Use it for every signal: the limits, and what lies on them, are then the same everywhere.

    Parameters
    ----------
    score : any shape, dimensionless; NaN means "not scored".
    warning, action : acceptable up to and including `warning`, action from `action` on. For E_n use
        ``warning=1.0, action=1.0``: exactly 1 is then a signal.
    decimals : classify the score rounded to so many decimals, for schemes that print it so.

    Returns
    -------
    ndarray of int8
        Shape of the score; codes NOT_SCORED -1, ACCEPTABLE 0, WARNING 1, ACTION 2. An infinite score is an
        action.

    Notes
    -----
    A score within 1e-9 of a limit lies on it: 45 % of the results that are exactly three sigma_pt
    away come out below 3 in binary arithmetic.

    References
    ----------
    ISO 13528:2022, 9.4.2 (z), 9.5 and 9.6 (z', zeta alike), 9.7 (E_n).

    Examples
    --------
    >>> score_class([0.5, -2.0, 2.5, 3.0, float("nan")]).tolist()
    [0, 0, 1, 2, -1]
    """
    size = np.abs(np.asarray(score, dtype=np.float64))
    if decimals is not None:
        size = np.round(size, decimals)
    # The action limit is tested last, so that it wins where both limits are equal.
    kind = np.where(size <= warning + _ON_THE_LIMIT, ACCEPTABLE, WARNING)
    kind = np.where(size >= action - _ON_THE_LIMIT, ACTION, kind)
    return np.where(np.isnan(size), NOT_SCORED, kind).astype(np.int8)[()]


def uncertainty_flag(
    u_result: ArrayLike, u_assigned_value: ArrayLike, robust_sd: ArrayLike
) -> NDArray[np.str_]:
    """Credibility of reported standard uncertainties, elementwise.

    Use it before zeta or E_n scores are believed.

    "b" when u(x) < u(x_pt): below what the assigned value itself carries; "c" when u(x) > 1.5 s*.

    Parameters
    ----------
    u_result, u_assigned_value : any broadcastable shapes, standard uncertainties, unit of the results; NaN
        means "not reported" and "not known".
    robust_sd : s* of the round, unit of the results; NaN means "degenerate".

    Returns
    -------
    ndarray of str
        Broadcast shape; "a" usual, "b" low, "c" high, "" not reported (NaN or not positive). Against a NaN
        nothing is low or high.

    Notes
    -----
    A flag is a question to the laboratory, not a verdict.

    References
    ----------
    ISO 13528:2022, 9.8.

    Examples
    --------
    >>> uncertainty_flag([0.1, 1.0, 9.0, float("nan")], 0.2, 2.0).tolist()
    ['b', 'a', 'c', '']
    """
    own = np.asarray(u_result, dtype=np.float64)
    flag = np.where(
        own < np.asarray(u_assigned_value, dtype=np.float64),
        "b",
        np.where(own > HIGH_UNCERTAINTY * np.asarray(robust_sd, dtype=np.float64), "c", "a"),
    )
    return np.where(own > 0, flag, "")[()]
