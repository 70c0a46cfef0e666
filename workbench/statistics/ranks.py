"""Where a result stands among others."""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.ragged import Groups, finite


def percentile_rank(value: ArrayLike, among: ArrayLike) -> FloatArray:
    """Percentile rank: share of results below, plus half of those equal.

    Parameters
    ----------
    value : results to be placed, any shape; NaN stays NaN.
    among : shape (n,), the results of the group (the laboratory's own included or not, as given).

    Returns
    -------
    ndarray
        Percent, 0 to 100, shape of `value`; NaN where the group is empty.

    Notes
    -----
    Ties share one rank, so that equal results print equal percentiles. The median of a symmetric
    group has rank 50.

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
    """Percentile rank of each value in its own group, percent; NaN for a negative code or no group.

    Parameters
    ----------
    groups : results sorted into groups.
    value : shape (n,), unit of the results.
    codes : shape (n,), the group in which each value is to be placed.
    """
    wanted, code = np.asarray(value, dtype=np.float64), np.asarray(codes)
    rank = np.full(wanted.shape, np.nan)
    order = np.argsort(code, kind="stable")
    used, start = np.unique(code[order], return_index=True)
    for group, rows in zip(used.tolist(), np.split(order, start[1:]), strict=True):
        if group >= 0:
            rank[rows] = percentile_rank(wanted[rows], groups.of(group))
    return rank
