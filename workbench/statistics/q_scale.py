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
from workbench.statistics.pairs import pair_distances
from workbench.statistics.ragged import Groups, one_group


def _q_scale(ascending: FloatArray) -> float:
    """Formulae (C.22) to (C.25) for one ascending group of at least two results."""
    near = pair_distances(ascending)
    share = near.upto / near.total
    at_zero = near.equal / near.total
    # Where no results are equal, G1 of the smallest distance is half its H1: the same formula.
    height = np.concatenate(([0.0], 0.5 * (share[1:] + share[:-1])))
    wanted = 0.25 + 0.75 * at_zero
    width = float(np.interp(wanted, height, near.distance))
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
