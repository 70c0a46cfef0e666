"""Where a result stands among others."""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.ragged import Groups, finite


def percentile_rank(value: ArrayLike, among: ArrayLike) -> FloatArray:
    """Percentile rank: share of results below, plus half of those equal.

    Use it to tell a laboratory where it stands; it judges nothing.

    Parameters
    ----------
    value : results to be placed, any shape; NaN stays NaN.
    among : shape (n,), the results of the group (the laboratory's own included or not, as given).

    Returns
    -------
    ndarray
        Percent, 0 to 100, unrounded, shape of `value`; NaN where the group is empty.

    Raises
    ------
    DataError
        When a result of the group is infinite.

    Notes
    -----
    Ties share one rank, so that equal results print equal percentiles. The median of a symmetric
    group has rank 50.

    References
    ----------
    Parzen, Stat Sci 2004;19:652 (mid-distribution function).

    Examples
    --------
    >>> percentile_rank([1.0, 2.0, 9.0], [1.0, 2.0, 2.0, 3.0]).tolist()
    [12.5, 50.0, 100.0]
    """
    wanted = np.asarray(value, dtype=np.float64)
    group = np.sort(finite(among))
    if not group.size:
        return np.full(wanted.shape, np.nan)[()]
    below = np.searchsorted(group, wanted, side="left")
    upto = np.searchsorted(group, wanted, side="right")
    return np.where(np.isnan(wanted), np.nan, 50.0 * (below + upto) / group.size)[()]


def percentile_rank_groups(groups: Groups, value: ArrayLike, codes: ArrayLike) -> FloatArray:
    """Percentile rank of each value in its own group.

    Use it for all laboratories of a round at once.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.
    value : shape (n,), unit of the results; NaN means "no result" and stays NaN.
    codes : shape (n,), the group in which each value is to be placed; negative for none.

    Returns
    -------
    ndarray
        Shape (n,), percent, 0 to 100, unrounded; NaN for a negative code, a missing value or an empty group.

    Raises
    ------
    IndexError
        When a code names a group that is not there.

    Notes
    -----
    Ties as for `percentile_rank`.

    References
    ----------
    Parzen, Stat Sci 2004;19:652 (mid-distribution function).

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 2.0, 4.0], [0, 0, 0, 1], 2)
    >>> percentile_rank_groups(groups, [1.0, 4.0, 1.0], [0, 1, -1]).round(1).tolist()
    [16.7, 50.0, nan]
    """
    wanted, code = np.asarray(value, dtype=np.float64), np.asarray(codes)
    rank = np.full(wanted.shape, np.nan)
    order = np.argsort(code, kind="stable")
    used, start = np.unique(code[order], return_index=True)
    for group, rows in zip(used.tolist(), np.split(order, start[1:]), strict=True):
        if group >= 0:
            rank[rows] = percentile_rank(wanted[rows], groups.of(group))
    return rank
