"""Median, MADe and nIQR (ISO 13528:2022, C.2)."""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    FloatArray,
    IntArray,
    RobustEstimate,
    RobustEstimates,
    closed_form,
)
from workbench.statistics.ragged import Groups, one_group

MADE_FACTOR = 1.483
"""ISO 13528:2022, C.2.2; 1 / quantile(0.75) of the normal distribution, as printed there."""
NIQR_FACTOR = 0.7413
"""ISO 13528:2022, C.2.3; half of MADe's factor, as printed there."""


def _picked(groups: Groups, position: IntArray) -> FloatArray:
    """The order statistic at a 0-based position in each group; NaN for an empty group."""
    padded = np.append(groups.values, np.nan)
    return np.where(groups.n > 0, padded[np.minimum(groups.offsets[:-1] + position, padded.size - 1)], np.nan)


def median_groups(groups: Groups) -> FloatArray:
    """Median of each group, shape (n_groups,), unit of the results; NaN for an empty group.

    Use it wherever a location is needed that half of the results cannot spoil.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.

    Returns
    -------
    ndarray
        Shape (n_groups,), unit of the results, unrounded; NaN for a group without results.

    Notes
    -----
    An even number of results: halves are added, so that the largest doubles stay finite.

    References
    ----------
    ISO 13528:2022, C.2.1.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> median_groups(groups).tolist()
    [2.0, 9.0]
    """
    n = groups.n
    lower, upper = _picked(groups, (n - 1) // 2), _picked(groups, n // 2)
    # Halving before adding keeps the largest doubles finite and is exact.
    return np.where(lower == upper, lower, 0.5 * lower + 0.5 * upper)


def ranked_distance(
    values: FloatArray, slices: tuple[IntArray, IntArray], centre: FloatArray, rank: IntArray
) -> FloatArray:
    """The rank-th (0-based) smallest distance to a centre within each slice, all slices side by side.

    The rank + 1 nearest results are neighbours in the ascending slice: of all such windows the
    wanted one minimises the larger end distance, and the two ends move in opposite directions.
    Slices (start, n) may repeat; 0 <= rank < n.
    """
    start, n = slices
    low, high = np.zeros_like(rank), n - 1 - rank
    last_window = high
    for _ in range(int(high.max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        left = centre - values[start + middle]
        right = values[start + middle + rank] - centre
        further = (right < left) & (low < high)
        low = np.where(further, middle + 1, low)
        high = np.where(further, high, middle)
    distance = np.full(centre.shape, np.inf)
    for window in (np.maximum(low - 1, 0), np.minimum(low, last_window)):
        left = centre - values[start + window]
        right = values[start + window + rank] - centre
        distance = np.minimum(distance, np.maximum(left, right))
    return distance


def mad_groups(groups: Groups, centre: FloatArray) -> FloatArray:
    """Median of |x - centre| of each group, unscaled, shape (n_groups,); NaN for an empty group."""
    result = np.full(len(groups), np.nan)
    filled = groups.n > 0
    start, n, middle = groups.offsets[:-1][filled], groups.n[filled], centre[filled]
    lower = ranked_distance(groups.values, (start, n), middle, (n - 1) // 2)
    upper = ranked_distance(groups.values, (start, n), middle, n // 2)
    result[filled] = np.where(lower == upper, lower, 0.5 * lower + 0.5 * upper)
    return result


def quantile_groups(groups: Groups, probability: float) -> FloatArray:
    """Quantile of each group, of type 7 (numpy "linear", Excel QUARTILE.INC).

    Use it for quartiles and percentiles that are printed, always with the same definition.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.
    probability : 0 to 1, no unit; not NaN.

    Returns
    -------
    ndarray
        Shape (n_groups,), unit of the results, unrounded; NaN for a group without results.

    Notes
    -----
    One result: that result at every probability. Other definitions give other quartiles for small groups.

    References
    ----------
    Hyndman & Fan, Am Stat 1996;50:361, type 7; ISO 13528:2022, C.2.3 and Table E.5 (reproduced by it).

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> quantile_groups(groups, 0.25).tolist()
    [1.5, 9.0]
    """
    n = groups.n
    place = np.maximum(n - 1, 0) * probability
    below = np.floor(place).astype(np.intp)
    lower, upper = _picked(groups, below), _picked(groups, np.minimum(below + 1, np.maximum(n - 1, 0)))
    return lower + (place - below) * (upper - lower)


def median_made_groups(groups: Groups) -> RobustEstimates:
    """Median and MADe of each group; see `median_made`.

    Use it for a robust scale of many groups at little cost.

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
    Half of a group's results identical: scale 0, degenerate.

    References
    ----------
    ISO 13528:2022, C.2.2.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = median_made_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (1.483, [False, True])
    """
    centre = median_groups(groups)
    return closed_form(centre, MADE_FACTOR * mad_groups(groups, centre), groups.n, "median_made")


def median_niqr_groups(groups: Groups) -> RobustEstimates:
    """Median and nIQR of each group; see `median_niqr`.

    Use it where a scheme prescribes the nIQR for its groups.

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
    The middle half of a group's results identical: scale 0, degenerate.

    References
    ----------
    ISO 13528:2022, C.2.3.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = median_niqr_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (1.1119, [False, True])
    """
    width = quantile_groups(groups, 0.75) - quantile_groups(groups, 0.25)
    return closed_form(median_groups(groups), NIQR_FACTOR * width, groups.n, "median_niqr")


def median(x: ArrayLike) -> float:
    """Median of the results.

    Use it for the location of few results, or of results that may hold wild ones.

    Parameters
    ----------
    x : any shape, unit of the results; NaN means "no result" and is left out.

    Returns
    -------
    float
        Unit of the results, unrounded; the mean of the middle two for an even number, NaN when nothing is
        left.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Up to half of the results may be wild before it follows them.

    References
    ----------
    ISO 13528:2022, C.2.1.

    Examples
    --------
    >>> median([4.0, 1.0, 2.0, 9.0])
    3.0
    """
    return float(median_groups(one_group(x))[0])


def median_made(x: ArrayLike) -> RobustEstimate:
    """Median and scaled median absolute deviation, MADe = 1.483 med|x - med(x)|.

    Use it for a quick look and to start Algorithm A; up to half of the results may be wild.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result".

    Returns
    -------
    RobustEstimate
        Unrounded, in the unit of the results.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Half of the results identical makes MADe zero: degenerate. One result: scale NaN.

    References
    ----------
    ISO 13528:2022, C.2.1 and C.2.2.

    Examples
    --------
    >>> median_made([1.0, 2.0, 3.0, 4.0, 90.0]).scale
    1.483
    """
    return median_made_groups(one_group(x))[0]


def median_niqr(x: ArrayLike) -> RobustEstimate:
    """Median and normalised interquartile range, nIQR = 0.7413 (Q3 - Q1), quartiles of type 7.

    Use it where a scheme prescribes it (CNAS, NATA); Algorithm A or Q/Hampel use more of the results.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result".

    Returns
    -------
    RobustEstimate
        Unrounded, in the unit of the results.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Quartile definitions differ by a factor of up to 1.4 in nIQR; type 7 reproduces Table E.5.

    References
    ----------
    ISO 13528:2022, C.2.3 and Table E.5.

    Examples
    --------
    >>> median_niqr([1.0, 2.0, 3.0, 4.0, 5.0]).scale
    1.4826
    """
    return median_niqr_groups(one_group(x))[0]
