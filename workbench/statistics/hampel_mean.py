"""Hampel's redescending location and its pairing with the Q method (ISO 13528:2022, C.5.3, C.5.4)."""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    FloatArray,
    RobustEstimate,
    RobustEstimates,
)
from workbench.statistics.order_statistics import median_groups
from workbench.statistics.pairs import distinct
from workbench.statistics.q_scale import q_method_replicates, q_scale_groups
from workbench.statistics.ragged import Groups, one_group

BENDS = (1.5, 3.0, 4.5)
"""Where the influence turns flat, turns down and ends: ISO 13528:2022, Formula (C.30)."""
METHODS = ("finite", "iterative")

_REACH = 32.0
"""First look for solutions this many scales around the median."""
_ZERO = 1e-12
"""A summed influence below this is zero: each term is at most 1.5."""
_ITERATIVE_STOP = 0.01
"""ISO 13528:2022, C.5.3.2: stop at a change below 0.01 s* / sqrt(p)."""
_MOST_STEPS = 1000


def _influence_sum(at: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    """Sum of psi(y - t) over all results, for every t of an ascending array; y is ascending."""
    a, b, c = BENDS
    count = np.concatenate(([0.0], np.cumsum(weight)))
    total = np.concatenate(([0.0], np.cumsum(weight * y)))
    edges = [np.searchsorted(y, at + bend) for bend in (-c, -b, -a, a, b, c)]
    n = [count[edges[k + 1]] - count[edges[k]] for k in range(5)]
    s = [total[edges[k + 1]] - total[edges[k]] for k in range(5)]
    rising = (s[2] - n[2] * at) + a * (n[3] - n[1])
    return rising + (c * n[4] - (s[4] - n[4] * at)) - (c * n[0] + (s[0] - n[0] * at))


def _solutions(y: FloatArray, weight: FloatArray, reach: float) -> FloatArray:
    """All zeros of the summed influence with |t| <= reach; y in scales about the median."""
    node = np.unique(np.concatenate([y + bend for bend in BENDS] + [y - bend for bend in BENDS]))
    node = node[np.abs(node) <= reach]
    near = np.abs(y) <= reach + BENDS[-1]
    value = _influence_sum(node, y[near], weight[near])
    value[np.abs(value) < _ZERO * weight.sum()] = 0.0
    left, right = value[:-1], value[1:]
    crossing = np.flatnonzero(left * right < 0)
    step = (node[1:] - node[:-1])[crossing]
    inner = node[crossing] - left[crossing] * step / (right[crossing] - left[crossing])
    return np.concatenate((node[value == 0.0], inner))


def _finite(y: FloatArray, weight: FloatArray) -> float:
    """The solution nearest to the median (0); two equally near ones give the median."""
    widest = float(np.abs(y).max()) + BENDS[-1]
    found = _solutions(y, weight, min(_REACH, widest))
    if not found.size and widest > _REACH:
        found = _solutions(y, weight, widest)
    if not found.size:
        return 0.0
    distance = np.abs(found)
    nearest = found[distance <= distance.min() + _ZERO]
    return 0.0 if nearest.max() - nearest.min() > 2.0 * _ZERO else float(nearest[0])


def _iterative(y: FloatArray, weight: FloatArray) -> tuple[float, int]:
    """Reweighting from the median until the change is below 0.01 / sqrt(p) scales."""
    a, b, c = BENDS
    here, stop = 0.0, _ITERATIVE_STOP / np.sqrt(weight.sum())
    for step in range(1, _MOST_STEPS + 1):
        distance = np.abs(y - here)
        influence = np.where(distance <= b, np.minimum(distance, a), np.clip(c - distance, 0.0, None))
        share = weight * np.where(distance > 0, influence / np.where(distance > 0, distance, 1.0), 1.0)
        if not share.sum() > 0:
            return 0.0, step
        moved = float(np.sum(share * y) / share.sum())
        if abs(moved - here) < stop:
            return moved, step
        here = moved
    return here, _MOST_STEPS


def hampel_groups(groups: Groups, scale: ArrayLike, *, method: str = "finite") -> RobustEstimates:
    """Hampel location of each group with its own scale. See `hampel`.

    Use it for many groups whose robust standard deviations are known already.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.
    scale : one scale, or shape (n_groups,), unit of the results; NaN means "no scale".
    method : ``finite`` or ``iterative``, as for `hampel`.

    Returns
    -------
    RobustEstimates
        One entry per group, unit of the results, unrounded; the scale as given. NaN for an empty group; the
        median, degenerate, where the scale is NaN or not positive.

    Raises
    ------
    ValueError
        For an unknown method.

    Notes
    -----
    A group of its own never depends on another: the same results give the same bits alone and in company.

    References
    ----------
    ISO 13528:2022, C.5.3.

    Examples
    --------
    The result of 50 lies beyond 4.5 scales and has no influence.

    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 3.0, 50.0, 7.0, 9.0], [0, 0, 0, 0, 1, 1], 2)
    >>> hampel_groups(groups, [1.0, 1.0]).location.tolist()
    [2.0, 8.0]
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")
    location = median_groups(groups)
    held = np.broadcast_to(np.asarray(scale, dtype=np.float64), location.shape).copy()
    steps = np.zeros(len(groups), dtype=np.intp)
    for index in np.flatnonzero((groups.n > 0) & (held > 0) & np.isfinite(held)):
        value, weight = distinct(groups.of(int(index)))
        y = (value - location[index]) / held[index]
        if method == "finite":
            shift = _finite(y, weight)
        else:
            shift, steps[index] = _iterative(y, weight)
        location[index] += held[index] * shift
    return RobustEstimates(location, held, groups.n, steps, ~(held > 0), f"hampel:{method}")


def hampel(x: ArrayLike, scale: float, *, method: str = "finite") -> RobustEstimate:
    """Hampel's location at a given robust standard deviation.

    Use it with the Q method's scale; results beyond 4.5 scales have no influence at all.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    scale : robust standard deviation in the unit of the results.
    method : ``finite`` solves the estimating equation exactly (C.5.3.3); ``iterative`` reweights until
        the change is below 0.01 s*/sqrt(p) (C.5.3.2). Do not mix the two in one programme.

    Returns
    -------
    RobustEstimate
        Location unrounded; scale as given.

    Raises
    ------
    ValueError
        For an unknown method.
    DataError
        When a result is infinite.

    Notes
    -----
    - scale zero or NaN: the median, degenerate.
    - several solutions: the one nearest to the median; two equally near: the median.

    References
    ----------
    ISO 13528:2022, C.5.3.

    Examples
    --------
    >>> hampel([1.0, 2.0, 3.0, 4.0, 5.0, 90.0], 1.5).location
    3.0
    """
    return hampel_groups(one_group(x), scale, method=method)[0]


def q_hampel_groups(groups: Groups) -> RobustEstimates:
    """Q method scale and finite-step Hampel location of each group. See `q_hampel`.

    Use it for many small groups at once.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.

    Returns
    -------
    RobustEstimates
        One entry per group, unit of the results, unrounded; the scale is NaN, and the group degenerate, where
        there are too few results.

    Notes
    -----
    All results of a group identical: scale 0, degenerate, the location is that result.

    References
    ----------
    ISO 13528:2022, C.5.4.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = q_hampel_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (2.7739, [False, True])
    """
    found = hampel_groups(groups, q_scale_groups(groups))
    return RobustEstimates(
        found.location, found.scale, found.n, found.iterations, found.degenerate, "q_hampel"
    )


def q_hampel(x: ArrayLike) -> RobustEstimate:
    """Q/Hampel: the Q method's scale with the finite-step Hampel location.

    Use it for small rounds and where a strong minority is likely.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.

    Returns
    -------
    RobustEstimate
        Unrounded, in the unit of the results; degenerate when all results are identical.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Fewer than two results: scale NaN, degenerate, the location is the median. All identical: scale 0,
    degenerate.

    References
    ----------
    ISO 13528:2022, C.5.4.

    Examples
    --------
    >>> q_hampel([1.0, 2.0, 3.0, 4.0, 5.0]).location
    3.0
    """
    return q_hampel_groups(one_group(x))[0]


def q_hampel_replicates(values: ArrayLike, laboratory: ArrayLike) -> RobustEstimate:
    """Q/Hampel from replicates: Q method over all pairs of laboratories, Hampel location of their means.

    Use it when every laboratory sent replicates, in unequal numbers or not.

    Parameters
    ----------
    values : shape (n,), replicates of all laboratories, unit of the results; NaN means "no result" and is
        left out.
    laboratory : shape (n,), integer code of the laboratory of each replicate.

    Returns
    -------
    RobustEstimate
        Unit of the results, unrounded; `n` counts laboratories. NaN throughout without results; one
        laboratory: its mean, scale NaN, degenerate.

    Notes
    -----
    The scale is a reproducibility SD: it holds the scatter within laboratories too.

    References
    ----------
    ISO 13528:2022, C.5.4.

    Examples
    --------
    >>> q_hampel_replicates([1.0, 1.2, 2.0, 2.2, 3.0, 3.2], [0, 0, 1, 1, 2, 2]).location
    2.1
    """
    x, code = np.asarray(values, dtype=np.float64).ravel(), np.asarray(laboratory).ravel()
    order = np.lexsort((x, code))
    order = order[~np.isnan(x[order])]
    lab = np.unique(code[order], return_inverse=True)[1]
    means = np.bincount(lab, x[order]) / np.bincount(lab)
    q = q_method_replicates(x, code)
    found = hampel(means, q.scale)
    return RobustEstimate(found.location, q.scale, q.n, 0, q.degenerate, "q_hampel:replicates")
