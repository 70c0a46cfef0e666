"""The Q method: a robust standard deviation from all pairwise differences (ISO 13528:2022, C.5.2.2)."""

from __future__ import annotations

from itertools import pairwise
from statistics import NormalDist

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    FloatArray,
    RobustEstimate,
    RobustEstimates,
    closed_form,
)
from workbench.statistics.order_statistics import median_groups
from workbench.statistics.ragged import Groups, one_group

_NOISE = 4.0 * float(np.finfo(np.float64).eps)
"""Differences closer than this share of max|x| are equal: 0.3 - 0.2 is not 0.2 - 0.1 in binary."""


def distinct(ascending: FloatArray, tolerance: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Distinct values of an ascending array and how often each occurs (as floats).

    Values within the tolerance of the first of their run count as one.
    """
    fresh = np.concatenate(([True], np.diff(ascending) > tolerance))
    start = np.flatnonzero(fresh)
    return ascending[start], np.diff(np.append(start, ascending.size)).astype(np.float64)


def pair_distances(ascending: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distinct distances between results, ascending, and the number of pairs at each.

    The first distance is 0 with the pairs of equal results (possibly none). Shape (n_distances,),
    unit of the results; distances that differ by binary noise only are one.
    """
    noise = _NOISE * max(abs(float(ascending[0])), abs(float(ascending[-1])))
    value, count = distinct(ascending, noise)
    i, j = np.triu_indices(value.size, k=1)
    distance = value[j] - value[i]
    order = np.argsort(distance, kind="stable")
    distance, pairs = distance[order], (count[i] * count[j])[order]
    distance = np.concatenate(([0.0], distance))
    pairs = np.concatenate(([float(np.sum(count * (count - 1)) / 2)], pairs))
    start = np.flatnonzero(np.concatenate(([True], np.diff(distance) > noise)))
    return distance[start], np.add.reduceat(pairs, start)


def _q_scale(ascending: FloatArray) -> float:
    """Formulae (C.22) to (C.25) for one ascending group of at least two results."""
    distance, pairs = pair_distances(ascending)
    share = np.cumsum(pairs) / pairs.sum()
    at_zero = float(share[0])
    height = np.concatenate(([0.0], 0.5 * (share[1:] + share[:-1])))
    if at_zero == 0.0 and distance.size > 1:
        height[1] = 0.5 * share[1]
    wanted = 0.25 + 0.75 * at_zero
    width = float(np.interp(wanted, height, distance))
    return width / (np.sqrt(2.0) * NormalDist().inv_cdf(min(0.625 + 0.375 * at_zero, 1.0 - 1e-16)))


def q_scale_groups(groups: Groups) -> FloatArray:
    """Q method scale of each group, shape (n_groups,); NaN with fewer than two results."""
    bounds = groups.offsets.tolist()
    scale = np.full(len(groups), np.nan)
    for index, (start, end) in enumerate(pairwise(bounds)):
        if end - start > 1:
            scale[index] = _q_scale(groups.values[start:end])
    return scale


def q_method_groups(groups: Groups) -> RobustEstimates:
    """Q method for each group, with the median as location. See `q_method`."""
    return closed_form(median_groups(groups), q_scale_groups(groups), groups.n, "q_method")


def q_method(x: ArrayLike) -> RobustEstimate:
    """Robust standard deviation by the Q method, one result per laboratory.

    Use it where a large minority may differ or where many results are tied: it needs no location
    and stays positive with more than half of the results identical.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.

    Returns
    -------
    RobustEstimate
        The scale, unrounded; the location is the median, for company only.

    Notes
    -----
    All results identical: scale 0, degenerate. Fewer than two: NaN, degenerate. Differences that
    differ by binary noise only are merged before counting.

    References
    ----------
    ISO 13528:2022, C.5.2.2, Formulae (C.22) to (C.25).

    Examples
    --------
    >>> round(q_method([1.0, 2.0, 4.0]).scale, 4)
    2.7739
    """
    return q_method_groups(one_group(x))[0]
