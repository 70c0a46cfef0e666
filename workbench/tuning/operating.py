"""Operating characteristics: how probable it is to pass, by true bias and SD, under a rule.

Exact wherever a closed form exists: sums of the normal distribution over the reporting grid, the
Poisson-binomial for the samples of an event, a Markov chain over events, quadrature over what is
common to all samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from workbench.evaluation.criteria import FloatArray

NODES = 61
"""Nodes of the quadrature over a normal variable that is common to all samples."""


@dataclass(frozen=True)
class Design:
    """One event's rule. Everything but `samples` and `pass_mark` is in one unit, for example per cent.

    Attributes
    ----------
    samples : number of samples n. pass_mark : per cent of them that must be acceptable.
    limit : allowed deviation; a z rule |z| <= k with fixed sigma_pt has the limit k sigma_pt.
    inclusive : a deviation equal to the limit is acceptable; matters for rounded results only.
    step : reporting step, 0 for none. target : target as far as rounding goes, its place in the step.
    u_target : standard uncertainty of the target, common to all samples.
    """

    samples: int = 5
    pass_mark: float = 80.0
    limit: float = 1.0
    inclusive: bool = True
    step: float = 0.0
    target: float = 0.0
    u_target: float = 0.0

    @property
    def needed(self) -> int:
        """Acceptable samples needed: the smallest m with 100 m >= mark x n.

        Examples
        --------
        >>> [Design(samples=n).needed for n in (2, 3, 4, 5, 10)]
        [2, 3, 4, 4, 8]
        """
        return int(np.ceil(self.pass_mark * self.samples / 100 - 1e-9))


def p_acceptable(bias: FloatArray | float, sd: FloatArray | float, design: Design) -> FloatArray:
    """Probability that one result is acceptable.

    Parameters
    ----------
    bias, sd : true bias and SD of the laboratory, any shapes that broadcast, unit of the design.
    design : limit, step and target.

    Returns
    -------
    Probability, shape of bias and sd together.

    Raises
    ------
    ValueError
        when an SD is not above zero or the limit is below zero.

    References
    ----------
    With rounding to a step q the sum over the grid v = k q inside the limit of
    Phi((v + q/2 - T - B) / s) - Phi((v - q/2 - T - B) / s).

    Examples
    --------
    >>> round(float(p_acceptable(0.0, 0.5, Design())), 4)
    0.9545
    """
    from scipy.special import ndtr

    shift, spread = np.broadcast_arrays(np.asarray(bias, dtype=float), np.asarray(sd, dtype=float))
    if np.any(spread <= 0) or design.limit < 0:
        raise ValueError("an SD must be above zero and a limit not below zero")
    low, high = -design.limit, design.limit
    if design.step:
        low, high = _grid_edges(design)
        if low > high:
            return np.zeros(shift.shape)
    return np.asarray(ndtr((high - shift) / spread) - ndtr((low - shift) / spread))


def _grid_edges(design: Design) -> tuple[float, float]:
    """Deviations between which a true value is rounded onto a grid point inside the limit."""
    step, noise = design.step, 1e-9
    k_low = np.ceil((design.target - design.limit) / step - noise)
    k_high = np.floor((design.target + design.limit) / step + noise)
    if not design.inclusive:
        k_low += abs(k_low * step - design.target + design.limit) < noise * step
        k_high -= abs(k_high * step - design.target - design.limit) < noise * step
    return (k_low - 0.5) * step - design.target, (k_high + 0.5) * step - design.target


def p_event(acceptable: FloatArray, needed: int) -> FloatArray:
    """Probability that at least so many samples are acceptable.

    Parameters
    ----------
    acceptable : shape (..., n), probability of each sample. needed : samples that must be acceptable.

    Returns
    -------
    shape (...). Exact for samples that differ (Poisson-binomial).

    Examples
    --------
    >>> round(float(p_event(np.full(5, 0.9545), 4)), 4)
    0.9811
    """
    p = np.asarray(acceptable, dtype=float)
    n = p.shape[-1]
    count = np.zeros((n + 1, *p.shape[:-1]))
    count[0] = 1.0
    for sample in range(n):
        one = p[..., sample]
        count[1:] = count[1:] * (1 - one) + count[:-1] * one
        count[0] = count[0] * (1 - one)
    return np.asarray(count[max(needed, 0) :].sum(axis=0))


def p_pass(bias: FloatArray | float, sd: FloatArray | float, design: Design) -> FloatArray:
    """Probability that a laboratory passes one event.

    Parameters
    ----------
    bias, sd : true bias and SD, any shapes that broadcast; no NaN.

    Returns
    -------
    Probability, shape of bias and sd together. Where the target is uncertain, the mean over its
    distribution: one error for all samples of the event.

    References
    ----------
    Ehrmeyer and Laessig, Clin Chem 1990;36:1736: CV 5 %, limit 10 %, no bias, 4 of 5: 98 %.

    Examples
    --------
    >>> round(float(p_pass(0.5, 0.33, Design(samples=3))), 4)
    0.8177
    """
    shift, spread = np.broadcast_arrays(np.asarray(bias, dtype=float), np.asarray(sd, dtype=float))
    if design.u_target:
        return _over_normal(shift, design.u_target, lambda moved: _p_fixed(moved, spread, design))
    return _p_fixed(shift, spread, design)


def _p_fixed(bias: FloatArray, sd: FloatArray, design: Design) -> FloatArray:
    """P(pass) at a target without error; all samples are alike."""
    from scipy.special import bdtrc

    p = p_acceptable(bias, sd, design)
    if design.needed <= 0:
        return np.ones(p.shape)
    return np.asarray(bdtrc(design.needed - 1, design.samples, p))


@cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    """Places and weights of the quadrature over a standard normal variable."""
    x, w = np.polynomial.hermite_e.hermegauss(NODES)
    return x, w / w.sum()


def _over_normal(
    centre: FloatArray, sd: float, probability: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Mean of a probability whose argument is normal around a centre."""
    x, weight = _nodes()
    return np.asarray(sum(w * probability(centre + sd * g) for g, w in zip(x, weight, strict=True)))


def p_pass_in_group(bias_sd: float, sd: float, peers: int, design: Design, *, included: bool = True) -> float:
    """Probability that an ordinary laboratory passes where the mean of its group is the target.

    Parameters
    ----------
    bias_sd, sd : SD of the laboratories' biases, and within a laboratory. peers : laboratories p.
    included : the laboratory's own result is part of the mean.

    Notes
    -----
    Its deviation from the mean has SD x sqrt((p - 1) / p) when it is included and
    SD x sqrt(1 + 1 / (p - 1)) when it is not: small groups judge their members mildly.

    Examples
    --------
    >>> fails = [1 - p_pass_in_group(0.25, 0.30, 5, Design(), included=own) for own in (True, False)]
    >>> [round(p, 4) for p in fails]
    [0.0014, 0.0139]
    """
    if peers < 2:
        raise ValueError("a group has at least two laboratories")
    shrink = np.sqrt((peers - 1) / peers) if included else np.sqrt(1 + 1 / (peers - 1))
    inner = replace(design, u_target=0.0)
    zero = np.zeros(())
    found = _over_normal(
        zero, bias_sd * shrink, lambda moved: _p_fixed(moved, np.asarray(sd * shrink), inner)
    )
    return float(found)


def p_unsuccessful(p_fail: FloatArray | float, events: int) -> FloatArray:
    """Probability to be unsuccessful at some time in K events: two in a row, or two of three.

    Parameters
    ----------
    p_fail : probability to fail one event, any shape; events are independent.

    References
    ----------
    42 CFR 493.845(f). A Markov chain on the outcomes of the last two events.

    Examples
    --------
    >>> round(float(p_unsuccessful(0.2, 6)), 4)
    0.2463
    """
    f = np.asarray(p_fail, dtype=float)
    clear, failed_last, failed_before = np.ones(f.shape), np.zeros(f.shape), np.zeros(f.shape)
    caught = np.zeros(f.shape)
    for _ in range(events):
        caught = caught + f * (failed_last + failed_before)
        clear, failed_last, failed_before = (
            (clear + failed_before) * (1 - f),
            clear * f,
            failed_last * (1 - f),
        )
    return caught


def pass_grid(biases: FloatArray, sds: FloatArray, design: Design) -> FloatArray:
    """P(pass) on a grid, shape (len(sds), len(biases)): the map behind the contour lines."""
    return p_pass(np.asarray(biases)[None, :], np.asarray(sds)[:, None], design)
