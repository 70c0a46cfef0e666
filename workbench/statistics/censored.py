"""Location and scale when some results are only bounds ("<", ">") or coarse steps.

Every result is an interval: a point, everything below a bound, everything above one, or the step it
was rounded to. The likelihood of a normal distribution is maximised in Olsen's parameters
theta = 1/sigma and delta = mu/sigma, in which it is concave. Not part of ISO 13528, and not robust:
remove blunders first and say so beside the value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray

SIGNS = ("", "<", ">")
MOST_CENSORED = 0.25
"""Above about this share of bounds on one side the location rests on the assumed shape: our choice."""
_MOST_STEPS = 200
_CONVERGED = 1e-12
_FLATTEST = 1e-6
_STEEPEST = 1e8


@dataclass(frozen=True)
class CensoredEstimate:
    """Maximum likelihood location and scale with their standard errors.

    Parameters
    ----------
    location, scale, u_location, u_scale : unit of the results; NaN where the likelihood has no maximum.
    n, n_censored : results, and those that are bounds.
    degenerate : no maximum exists, for example all results are bounds or lie in one step.
    rule : ``censored_normal``.
    """

    location: float
    scale: float
    u_location: float
    u_scale: float
    n: int
    n_censored: int
    degenerate: bool
    rule: str = "censored_normal"


def result_intervals(values: ArrayLike, signs: ArrayLike, step: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Lower and upper ends of reported results.

    Use it to bring reported numbers and signs into the form `censored_normal` takes.

    Parameters
    ----------
    values : shape (n,), reported numbers, unit of the results; NaN means "no result".
    signs : shape (n,), "", "<" or ">".
    step : reporting step of unsigned results, unit of the results; 0 takes them as points.

    Returns
    -------
    low, high : ndarray, shape (n,)
        Ends of each interval, unit of the results, unrounded; -inf or inf for an open end, NaN for a missing
        result.

    Raises
    ------
    ValueError
        For an unknown sign.

    Notes
    -----
    The step does not widen a bound: "<2.0" ends at 2.0.

    References
    ----------
    ISO 13528:2022, Annex E.1 shows what the usual replacements (the number itself, half of it, nothing) do
    to x* and s*; intervals: Tobin, Econometrica 1958;26:24.

    Examples
    --------
    >>> low, high = result_intervals([5.0, 2.0, 90.0], ["", "<", ">"], step=0.5)
    >>> low.tolist(), high.tolist()
    ([4.75, -inf, 90.0], [5.25, 2.0, inf])
    """
    x, sign = np.broadcast_arrays(np.asarray(values, dtype=np.float64), np.asarray(signs, dtype=np.str_))
    unknown = ~np.isin(sign, SIGNS)
    if unknown.any():
        raise ValueError(f"a sign is one of {', '.join(repr(s) for s in SIGNS)}, not {sign[unknown][0]!r}")
    half = 0.5 * step
    low = np.where(sign == "<", -np.inf, np.where(sign == ">", x, x - half))
    high = np.where(sign == ">", np.inf, np.where(sign == "<", x, x + half))
    return np.where(np.isnan(x), np.nan, low), np.where(np.isnan(x), np.nan, high)


@dataclass(frozen=True)
class _Data:
    """Points and intervals on unit scale."""

    point: FloatArray
    low: FloatArray
    high: FloatArray


def _log_probability(low: FloatArray, high: FloatArray) -> FloatArray:
    """log(Phi(high) - Phi(low)) without cancellation in either tail."""
    from scipy.special import log_ndtr

    # In the upper half the mirrored interval keeps the digits.
    mirrored = low > 0
    a, b = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    return log_ndtr(b) + np.log1p(-np.exp(np.minimum(log_ndtr(a) - log_ndtr(b), -1e-16)))


def _objective(data: _Data, delta: float, theta: float) -> float:
    z = theta * data.point - delta
    inside = _log_probability(theta * data.low - delta, theta * data.high - delta)
    return float(data.point.size * math.log(theta) - 0.5 * np.sum(z * z) + np.sum(inside))


def _derivatives(data: _Data, delta: float, theta: float) -> tuple[FloatArray, FloatArray]:
    """Gradient and Hessian of the log-likelihood in (delta, theta)."""
    z = theta * data.point - delta
    n = data.point.size
    gradient = np.array([np.sum(z), n / theta - np.sum(z * data.point)])
    cross = float(np.sum(data.point))
    hessian = np.array([[-n, cross], [cross, -n / theta**2 - float(np.sum(data.point**2))]])
    if data.low.size:
        log_p = _log_probability(theta * data.low - delta, theta * data.high - delta)
        slope = np.zeros((2, data.low.size))
        for end, side in ((data.high, 1.0), (data.low, -1.0)):
            at = np.where(np.isinf(end), 0.0, end)
            u = theta * at - delta
            weight = side * np.where(
                np.isinf(end), 0.0, np.exp(-0.5 * u * u - 0.5 * math.log(2.0 * math.pi) - log_p)
            )
            moved = np.vstack([-np.ones_like(at), at])
            slope += weight * moved
            hessian = hessian - (weight * u * moved) @ moved.T
        gradient = gradient + slope.sum(axis=1)
        hessian = hessian - slope @ slope.T
    return gradient, hessian


def _maximise(data: _Data) -> tuple[float, float, FloatArray] | None:
    """Newton's method with step halving; None when the likelihood rises without end."""
    delta, theta = 0.0, 1.0
    value = _objective(data, delta, theta)
    for _ in range(_MOST_STEPS):
        gradient, hessian = _derivatives(data, delta, theta)
        try:
            step = np.linalg.solve(hessian, -gradient)
        except np.linalg.LinAlgError:
            return None
        share = 1.0 if theta + step[1] > 0 else -0.9 * theta / step[1]
        while share > 1e-12:
            moved = (delta + share * float(step[0]), theta + share * float(step[1]))
            reached = _objective(data, *moved)
            if reached >= value:
                break
            share *= 0.5
        else:
            return delta, theta, hessian
        small = float(np.abs(share * step).max()) <= _CONVERGED * max(1.0, theta)
        (delta, theta), value = moved, reached
        if not _FLATTEST < theta < _STEEPEST:
            return None
        if small:
            return delta, theta, _derivatives(data, delta, theta)[1]
    return None


def _has_maximum(low: FloatArray, high: FloatArray) -> bool:
    """Two things apart are needed: otherwise sigma runs to zero or without end."""
    bounded = np.isfinite(low) & np.isfinite(high)
    if not bounded.any():
        return False
    return bool(low.max() > high.min()) or np.unique(low[bounded & (low == high)]).size > 1


def censored_normal(low: ArrayLike, high: ArrayLike) -> CensoredEstimate:
    """Normal location and scale from results given as intervals.

    Use it when "<" or ">" results may not be left out (that would shift the mean), or when the reporting step
    is coarse beside the scatter, as for pH, specific gravity or INR, where Algorithm A collapses.

    Parameters
    ----------
    low, high : shape (n,), ends of each result, unit of the results; equal for a point, -inf or inf for a
        bound; a pair with a NaN is left out. See `result_intervals`.

    Returns
    -------
    CensoredEstimate
        Unrounded; standard errors from the observed information.

    Raises
    ------
    ValueError
        When a lower end lies above its upper end.

    Notes
    -----
    No maximum exists when all results are bounds, or lie in one step: NaN, degenerate. Above about a quarter
    of bounds on one side the location rests on the assumed shape.

    References
    ----------
    Tobin, Econometrica 1958;26:24; Olsen, Econometrica 1978;46:1211.

    Examples
    --------
    >>> found = censored_normal(*result_intervals([10.0, 11.0, 12.0, 9.0], ["", "", "", "<"]))
    >>> found.n_censored, round(found.location, 2), round(found.scale, 2)
    (1, 10.31, 1.43)
    """
    a, b = np.broadcast_arrays(np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64))
    kept = ~np.isnan(a) & ~np.isnan(b)
    a, b = a[kept].ravel(), b[kept].ravel()
    if (a > b).any():
        raise ValueError("a lower end lies above its upper end")
    n_censored = int(np.sum(np.isinf(a) | np.isinf(b)))
    nothing = CensoredEstimate(math.nan, math.nan, math.nan, math.nan, a.size, n_censored, True)
    if not a.size or not _has_maximum(a, b):
        return nothing
    middle = np.where(np.isinf(a), b, np.where(np.isinf(b), a, 0.5 * a + 0.5 * b))
    centre, unit = (
        float(np.median(middle)),
        float(middle.std()) or float(np.max(b - a, where=np.isfinite(b - a), initial=0.0)),
    )
    point: BoolArray = a == b
    data = _Data((a[point] - centre) / unit, (a[~point] - centre) / unit, (b[~point] - centre) / unit)
    found = _maximise(data)
    if found is None:
        return nothing
    delta, theta, hessian = found
    covariance = np.linalg.inv(-hessian)
    # mu = delta/theta and sigma = 1/theta: first-order propagation.
    to_mu, to_sigma = np.array([1.0, -delta / theta]) / theta, np.array([0.0, -1.0]) / theta**2
    return CensoredEstimate(
        location=centre + unit * delta / theta,
        scale=unit / theta,
        u_location=unit * math.sqrt(float(to_mu @ covariance @ to_mu)),
        u_scale=unit * math.sqrt(float(to_sigma @ covariance @ to_sigma)),
        n=a.size,
        n_censored=n_censored,
        degenerate=False,
    )
