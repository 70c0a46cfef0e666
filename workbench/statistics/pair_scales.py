"""Qn and Sn: standard deviations from pairwise distances, without a location (ISO 13528:2022, C.5.2.1)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    FloatArray,
    IntArray,
    RobustEstimate,
    RobustEstimates,
    closed_form,
)
from workbench.statistics.order_statistics import median_groups, ranked_distance
from workbench.statistics.pairs import pair_distances
from workbench.statistics.ragged import Groups, group_values, one_group

QN_FACTOR = 2.2191
"""ISO 13528:2022/Amd 1:2026, Formula (C.19); the 2022 print has 2.2219."""
QN_SMALL = (0.3994, 0.9937, 0.5132, 0.8440, 0.6122, 0.8588, 0.6699, 0.8734, 0.7201, 0.8891, 0.7574)
"""ISO 13528:2022, Table C.2, p = 2 to 12."""
SN_FACTOR = 1.1926
"""Rousseeuw & Croux, J Am Stat Assoc 1993;88:1273."""
SN_SMALL = (0.743, 1.851, 0.954, 1.351, 0.993, 1.198, 1.005, 1.131)
"""Small-sample factors of Sn, n = 2 to 9: Croux & Rousseeuw 1992, as in robustbase."""


def qn_factor(n: int) -> float:
    """Small-sample factor b_p of Qn for p >= 2 (ISO 13528:2022, Table C.2 and Formulae C.20, C.21)."""
    if n <= 12:
        return QN_SMALL[n - 2]
    if n % 2:
        excess = (1.6019 + (-2.128 - 5.172 / n) / n) / n
    else:
        excess = (3.6756 + (1.965 + (6.987 - 77.0 / n) / n) / n) / n
    return 1.0 / (1.0 + excess)


def _qn(ascending: FloatArray) -> float:
    """The k-th smallest distance, k = h(h-1)/2 and h = floor(p/2) + 1, scaled."""
    n = ascending.size
    half = n // 2 + 1
    rank = half * (half - 1) // 2
    # The shortest stretch of h results holds h(h-1)/2 pairs, so the wanted distance is no longer.
    shortest = float(np.min(ascending[half - 1 :] - ascending[: n - half + 1]))
    near = pair_distances(ascending, rank, shortest)
    kth = near.distance[int(np.searchsorted(near.upto, rank))]
    return float(QN_FACTOR * qn_factor(n) * kth)


def qn_groups(groups: Groups) -> RobustEstimates:
    """Qn of each group, with the median as location. See `qn`.

    Use it for many groups without a clear centre.

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
    Zero, degenerate, where about half of a group's results tie. The location is for company only.

    References
    ----------
    ISO 13528:2022/Amd 1:2026, C.5.2.1.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = qn_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (2.2051, [False, True])
    """
    scale = np.full(len(groups), np.nan)
    for index, (start, end) in enumerate(pairwise(groups.offsets.tolist())):
        if end - start > 1:
            scale[index] = _qn(groups.values[start:end])
    return closed_form(median_groups(groups), scale, groups.n, "qn")


def qn(x: ArrayLike) -> RobustEstimate:
    """Standard deviation by Qn, with small-sample factors.

    Use it where neither symmetry nor a location may be assumed; half of the results may be wild.

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
    Zero, degenerate, when about half of the results tie. Statsmodels has no small-sample factor; old
    editions of R's robustbase had other ones.

    References
    ----------
    ISO 13528:2022/Amd 1:2026, C.5.2.1, Formulae (C.15) to (C.21) and Table C.2.

    Examples
    --------
    >>> round(qn([1.0, 2.0, 3.0, 4.0, 5.0]).scale, 4)
    1.8729
    """
    return qn_groups(one_group(x))[0]


def _sn_factor(n: IntArray) -> FloatArray:
    small = np.array((np.nan, np.nan, *SN_SMALL))
    large = np.where(n % 2 == 1, n / (n - 0.9), 1.0)
    return np.where(n < small.size, small[np.minimum(n, small.size - 1)], large)


def sn_groups(groups: Groups) -> RobustEstimates:
    """Sn of each group, with the median as location. See `sn`.

    Use it for many groups of skewed results.

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
    Zero, degenerate, where about half of a group's results tie. The location is for company only.

    References
    ----------
    Rousseeuw & Croux, J Am Stat Assoc 1993;88:1273.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = sn_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (2.2075, [False, True])
    """
    n = groups.n
    each = np.repeat(n, n)
    slices = (np.repeat(groups.offsets[:-1], n), each)
    # The high median of distances counts the distance of a result to itself.
    himed = ranked_distance(groups.values, slices, groups.values, each // 2)
    typical = group_values(himed, np.repeat(np.arange(len(groups)), n), len(groups))
    low = np.append(typical.values, np.nan)[np.where(n > 0, groups.offsets[:-1] + (n - 1) // 2, -1)]
    return closed_form(median_groups(groups), SN_FACTOR * _sn_factor(n) * low, n, "sn")


def sn(x: ArrayLike) -> RobustEstimate:
    """Standard deviation by Sn, with small-sample factors.

    Use it like `qn`: a little less efficient, and explicit in its definition.

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
    The low median over i of the high median over j of \\|x_i - x_j\\|. Zero, degenerate, when about
    half of the results tie.

    References
    ----------
    Rousseeuw & Croux, J Am Stat Assoc 1993;88:1273.

    Examples
    --------
    >>> round(sn([1.0, 2.0, 3.0, 4.0, 5.0]).scale, 4)
    1.6112
    """
    return sn_groups(one_group(x))[0]
