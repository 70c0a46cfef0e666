"""Consensus of few laboratories with reported uncertainties: random effects with dark uncertainty.

Each value x_i has its own standard uncertainty u_i; what the values scatter beyond that is a common
between-laboratory standard deviation tau, the dark uncertainty. Weights are 1/(u_i^2 + tau^2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.quantiles import chi_square_tail

_CONVERGED = 1e-13
_MOST_STEPS = 500


@dataclass(frozen=True)
class WeightedConsensus:
    """A weighted mean with its standard uncertainty.

    Parameters
    ----------
    value, u_value : unit of the results.
    dark_uncertainty : tau, unit of the results; 0 when the reported uncertainties explain the scatter.
    weights : shape (n,), sum 1.
    cochran_q, p_value : heterogeneity about the fixed-effect mean, chi-square with n - 1 degrees.
    i_squared : share of the scatter beyond the reported uncertainties, 0 to 1.
    rule : the method.
    """

    value: float
    u_value: float
    dark_uncertainty: float
    weights: FloatArray
    cochran_q: float
    p_value: float
    i_squared: float
    rule: str


def _weighted(x: FloatArray, variance: FloatArray, tau2: float) -> tuple[FloatArray, float]:
    """Weights and weighted mean at a given between-laboratory variance."""
    w = 1.0 / (variance + tau2)
    return w, float(np.sum(w * x) / np.sum(w))


def _cochran(x: FloatArray, variance: FloatArray, tau2: float) -> float:
    w, mean = _weighted(x, variance, tau2)
    return float(np.sum(w * (x - mean) ** 2))


def _dersimonian_laird(x: FloatArray, variance: FloatArray) -> float:
    """The moment estimate in closed form."""
    w = 1.0 / variance
    spare = float(np.sum(w) - np.sum(w * w) / np.sum(w))
    return max(0.0, (_cochran(x, variance, 0.0) - (x.size - 1)) / spare)


def _mandel_paule(x: FloatArray, variance: FloatArray) -> float:
    """The tau^2 at which the weighted sum of squares is n - 1; Newton steps on a convex, falling curve."""
    tau2 = 0.0
    for _ in range(_MOST_STEPS):
        w, mean = _weighted(x, variance, tau2)
        excess = float(np.sum(w * (x - mean) ** 2)) - (x.size - 1)
        if excess <= 0 and tau2 == 0.0:
            return 0.0
        step = excess / float(np.sum(w * w * (x - mean) ** 2))
        tau2 = max(0.0, tau2 + step)
        if abs(step) <= _CONVERGED * tau2:
            break
    return tau2


def _reml(x: FloatArray, variance: FloatArray) -> float:
    """Restricted maximum likelihood by Fisher scoring from the DerSimonian-Laird start."""
    tau2 = _dersimonian_laird(x, variance)
    for _ in range(_MOST_STEPS):
        w, mean = _weighted(x, variance, tau2)
        total, squares = float(np.sum(w)), float(np.sum(w * w))
        score = float(np.sum(w * w * (x - mean) ** 2)) - (total - squares / total)
        information = squares - 2.0 * float(np.sum(w**3)) / total + (squares / total) ** 2
        moved = max(0.0, tau2 + score / information)
        if abs(moved - tau2) <= _CONVERGED * max(moved, tau2):
            return moved
        tau2 = moved
    return tau2


def _fixed_effect(x: FloatArray, variance: FloatArray) -> float:
    """No dark uncertainty."""
    return 0.0


DARK_UNCERTAINTY: dict[str, Callable[[FloatArray, FloatArray], float]] = {
    "dersimonian_laird": _dersimonian_laird,
    "mandel_paule": _mandel_paule,
    "reml": _reml,
    "fixed_effect": _fixed_effect,
}
"""Every way to estimate tau^2 from values and their variances."""


def weighted_consensus(
    values: ArrayLike, u_values: ArrayLike, method: str = "dersimonian_laird"
) -> WeightedConsensus:
    """Weighted mean of values with standard uncertainties, with dark uncertainty.

    Use it for reference laboratories and expert groups that report credible uncertainties; not for a
    whole round, where uncertainties are rarely comparable.

    Parameters
    ----------
    values, u_values : shape (n,), n >= 2, unit of the results; a pair with a NaN is left out.
    method : a key of `DARK_UNCERTAINTY`.

    Returns
    -------
    WeightedConsensus
        Unit of the results, unrounded; without NaN.

    Raises
    ------
    EvaluationError
        With fewer than two pairs, or an uncertainty that is not positive.
    ValueError
        For an unknown method.

    Notes
    -----
    Two values: the dark uncertainty is hardly known. u of the mean takes tau as known, so it is too small
    for few values.

    References
    ----------
    DerSimonian & Laird, Control Clin Trials 1986;7:177; Mandel & Paule, Anal Chem 1970;42:1194;
    Viechtbauer, J Educ Behav Stat 2005;30:261 (REML).

    Examples
    --------
    >>> found = weighted_consensus([10.0, 10.0, 10.0], [1.0, 1.0, 1.0])
    >>> found.value, found.dark_uncertainty, round(found.u_value, 4)
    (10.0, 0.0, 0.5774)
    """
    if method not in DARK_UNCERTAINTY:
        raise ValueError(f"method is one of {', '.join(DARK_UNCERTAINTY)}, not {method!r}")
    pair = np.vstack([np.asarray(values, dtype=np.float64), np.asarray(u_values, dtype=np.float64)])
    x, u = pair[:, ~np.isnan(pair).any(axis=0)]
    if x.size < 2 or not (u > 0).all():
        raise EvaluationError(
            f"A weighted consensus needs at least 2 values with positive uncertainties, {int((u > 0).sum())} found."
        )
    # On unit scale neither squares nor weights leave the range of doubles.
    unit, centre = float(u.max()), float(np.median(x))
    y, variance = (x - centre) / unit, (u / unit) ** 2
    tau2 = DARK_UNCERTAINTY[method](y, variance)
    w, mean = _weighted(y, variance, tau2)
    q = _cochran(y, variance, 0.0)
    return WeightedConsensus(
        value=centre + unit * mean,
        u_value=unit / math.sqrt(float(np.sum(w))),
        dark_uncertainty=unit * math.sqrt(tau2),
        weights=w / np.sum(w),
        cochran_q=q,
        p_value=chi_square_tail(q, x.size - 1),
        i_squared=max(0.0, 1.0 - (x.size - 1) / q) if q > 0 else 0.0,
        rule=method,
    )
