"""The Q method: a robust standard deviation from all pairwise differences (ISO 13528:2022, C.5.2.2)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    FloatArray,
    RobustEstimate,
    RobustEstimates,
    closed_form,
)
from workbench.statistics.order_statistics import median_groups
from workbench.statistics.pairs import merged, pair_distances
from workbench.statistics.quantiles import normal_quantile
from workbench.statistics.ragged import Groups, one_group


def _read_scale(distance: FloatArray, share: FloatArray) -> float:
    """Formulae (C.24) and (C.25) from ascending distances, the first being 0, and H1 at each."""
    at_zero = float(share[0])
    # Where no results are equal, G1 of the smallest distance is half its H1: the same formula.
    height = np.concatenate(([0.0], 0.5 * (share[1:] + share[:-1])))
    width = float(np.interp(0.25 + 0.75 * at_zero, height, distance))
    return width / (math.sqrt(2.0) * normal_quantile(0.625 + 0.375 * at_zero))


def _q_scale(ascending: FloatArray) -> float:
    """Formulae (C.22) to (C.25) for one ascending group of at least two results."""
    near = pair_distances(ascending)
    if near.equal == near.total:
        return 0.0
    if near.distance[0] == 0.0:
        return _read_scale(near.distance, near.upto / near.total)
    # A window of the distances: 0 goes in front again, with the pairs of equal results.
    distance = np.concatenate(([0.0], near.distance))
    return _read_scale(distance, np.concatenate(([near.equal], near.upto)) / near.total)


def q_scale_groups(groups: Groups) -> FloatArray:
    """Q method scale of each group, shape (n_groups,); NaN with fewer than two results."""
    bounds = groups.offsets.tolist()
    scale = np.full(len(groups), np.nan)
    for index, (start, end) in enumerate(pairwise(bounds)):
        if end - start > 1:
            scale[index] = _q_scale(groups.values[start:end])
    return scale


def q_method_groups(groups: Groups) -> RobustEstimates:
    """Q method for each group, with the median as location. See `q_method`.

    Use it for the scale of many small groups at once.

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
    All results of a group identical: scale 0, degenerate. The location is for company only.

    References
    ----------
    ISO 13528:2022, C.5.2.2.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = q_method_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (2.7739, [False, True])
    """
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

    Raises
    ------
    DataError
        When a result is infinite.

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


def q_method_replicates(values: ArrayLike, laboratory: ArrayLike) -> RobustEstimate:
    """Reproducibility SD by the Q method from replicates.

    Every pair of laboratories has the same weight, however many replicates they sent.

    Use it where laboratories sent replicates in unequal numbers.

    Parameters
    ----------
    values : shape (n,), replicates of all laboratories, unit of the results; NaN is left out.
    laboratory : shape (n,), integer code of the laboratory of each replicate.

    Returns
    -------
    RobustEstimate
        The scale, unit of the results, unrounded; `n` counts laboratories, the location is the median of
        their means. NaN without results.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Memory grows with the square of the number of replicates. One laboratory: NaN, degenerate.

    References
    ----------
    ISO 13528:2022, C.5.2.2, Formulae (C.22) and (C.23).

    Examples
    --------
    >>> single = q_method([1.0, 2.0, 4.0]).scale
    >>> q_method_replicates([1.0, 1.0, 2.0, 4.0], [0, 0, 1, 2]).scale == single
    True
    """
    x, code = np.asarray(values, dtype=np.float64).ravel(), np.asarray(laboratory).ravel()
    # One order for all orders of the input: the sums below then agree to the last bit.
    order = np.lexsort((x, code))
    order = order[~np.isnan(x[order])]
    x, lab = x[order], np.unique(code[order], return_inverse=True)[1]
    count = np.bincount(lab).astype(np.float64)
    means = np.bincount(lab, x) / count
    location = float(median_groups(one_group(means))[0])
    if count.size < 2:
        return RobustEstimate(location, math.nan, count.size, 0, True, "q_method:replicates")
    i, j = np.triu_indices(x.size, k=1)
    apart = lab[i] != lab[j]
    i, j = i[apart], j[apart]
    distance, weight = merged(
        np.abs(x[i] - x[j]), 1.0 / (count[lab[i]] * count[lab[j]]), float(np.abs(x).max())
    )
    share = np.cumsum(weight) * 2.0 / (count.size * (count.size - 1))
    scale = 0.0 if distance.size == 1 else _read_scale(distance, share)
    return RobustEstimate(location, scale, count.size, 0, not scale > 0, "q_method:replicates")
