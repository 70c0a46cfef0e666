"""Mean and standard deviation, and the same after leaving out results beyond k SD."""

from __future__ import annotations

import math

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    FloatArray,
    IntArray,
    RobustEstimate,
    RobustEstimates,
    closed_form,
)
from workbench.statistics.order_statistics import median_groups
from workbench.statistics.ragged import Groups, finite, largest, one_group, positions, slice_sums

USUAL_LIMIT = 3.0
"""Results beyond 3 SD are left out: 42 CFR 493.2 and the Chinese textbooks."""


def mean_sd(x: ArrayLike) -> RobustEstimate:
    """Arithmetic mean and standard deviation (n - 1), summed without rounding error.

    Use it for numbers without blunders: replicates of one laboratory, simulated values, classical checks.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.

    Returns
    -------
    RobustEstimate
        Unit of the results, unrounded; NaN without results, the scale NaN for a single one. Not robust: one
        wild result moves both.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Exact sums (math.fsum) and a second pass about the mean: all digits that doubles can hold.

    References
    ----------
    JCGM 100:2008, 4.2.1 (mean) and 4.2.2 (variance with n - 1).

    Examples
    --------
    NIST StRD, NumAcc1.

    >>> found = mean_sd([10000001.0, 10000003.0, 10000002.0])
    >>> found.location, found.scale
    (10000002.0, 1.0)
    """
    values = finite(x)
    n = values.size
    if n == 0:
        return RobustEstimate(math.nan, math.nan, 0, 0, True, "mean_sd")
    mean = math.fsum(values.tolist()) / n
    # The quotient may be one unit in the last place off; the sum of what is left says so.
    mean += math.fsum((values - mean).tolist()) / n
    if n == 1:
        return RobustEstimate(mean, math.nan, 1, 0, True, "mean_sd")
    apart = values - mean
    unit = float(np.abs(apart).max()) or 1.0
    apart = apart / unit
    squares = math.fsum((apart * apart).tolist()) - math.fsum(apart.tolist()) ** 2 / n
    sd = unit * math.sqrt(max(squares, 0.0) / (n - 1))
    return RobustEstimate(mean, sd, n, 0, not sd > 0, "mean_sd")


def _slice_moments(groups: Groups, start: IntArray, end: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean and SD of one slice of each group; two passes about the median."""
    n = np.maximum(end - start, 1)
    middle, width = median_groups(groups), largest(groups)
    # In units of a power of two near the largest result neither squares nor sums leave the range of doubles.
    exponent = np.frexp(np.where(width > 0, width, 1.0))[1]
    y = np.ldexp(groups.values, -np.repeat(exponent, groups.n))
    y = y - groups.spread(np.ldexp(middle, -exponent))
    mean = slice_sums(y, start, end) / n
    y = y - groups.spread(mean)
    squares = slice_sums(y * y, start, end) - slice_sums(y, start, end) ** 2 / n
    sd = np.ldexp(np.sqrt(np.maximum(squares, 0.0) / np.maximum(n - 1, 1)), exponent)
    mean = middle + np.ldexp(mean, exponent)
    return np.where(end > start, mean, np.nan), np.where(end - start > 1, sd, np.nan)


def mean_sd_groups(groups: Groups) -> RobustEstimates:
    """Arithmetic mean and standard deviation of each group. See `mean_sd`.

    Use it where a scheme prescribes the plain mean of its groups.

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
    One result: the mean is that result. Not robust: one wild result moves both.

    References
    ----------
    JCGM 100:2008, 4.2.1 and 4.2.2.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = mean_sd_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (1.5275, [False, True])
    """
    mean, sd = _slice_moments(groups, groups.offsets[:-1], groups.offsets[1:])
    return closed_form(mean, sd, groups.n, "mean_sd")


def mean_sd_within_groups(
    groups: Groups, *, limit: float = USUAL_LIMIT, repeated: bool = True
) -> RobustEstimates:
    """Mean and SD of each group after leaving out results beyond `limit` SD. See `mean_sd_within`.

    Use it for the target values of a whole round under such a scheme.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.
    limit : SDs beyond which a result is left out; exactly on the limit stays.
    repeated : repeat until nothing more is left out (else one pass).

    Returns
    -------
    RobustEstimates
        One entry per group, unit of the results, unrounded; the scale is NaN, and the group degenerate, where
        there are too few results.

    Notes
    -----
    With ten results or fewer nothing lies beyond 3 SD of a mean that includes it.

    References
    ----------
    42 CFR 493.2, as at `mean_sd_within`.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 4.0, 9.0], [0, 0, 0, 1], 2)
    >>> found = mean_sd_within_groups(groups)
    >>> round(float(found.scale[0]), 4), found.degenerate.tolist()
    (1.5275, [False, True])
    """
    start, end = groups.offsets[:-1].copy(), groups.offsets[1:].copy()
    steps = np.zeros(len(groups), dtype=np.intp)
    mean, sd = _slice_moments(groups, start, end)
    while True:
        width = np.where(sd > 0, limit * sd, np.inf)
        low = positions(groups.values, (start, end), mean - width, right=False)
        high = positions(groups.values, (start, end), mean + width, right=True)
        shrunk = (low != start) | (high != end)
        start, end, steps = low, high, steps + shrunk
        mean, sd = _slice_moments(groups, start, end)
        if not repeated or not shrunk.any():
            break
    found = closed_form(mean, sd, end - start, "")
    rule = f"mean_sd_within:{limit:g}sd:{'repeated' if repeated else 'once'}"
    return RobustEstimates(mean, found.scale, end - start, steps, found.degenerate, rule)


def mean_sd_within(x: ArrayLike, *, limit: float = USUAL_LIMIT, repeated: bool = True) -> RobustEstimate:
    """Mean and SD after leaving out results more than `limit` SD from the mean.

    Use it only where a scheme's rules prescribe it (target values of CLIA type); Algorithm A is the
    better estimator.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    limit : SDs beyond which a result is left out; exactly on the limit stays.
    repeated : repeat until nothing more is left out (else one pass).

    Returns
    -------
    RobustEstimate
        Unit of the results, unrounded; `n` counts the results kept, `iterations` the passes that left
        something out.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    With n <= 10 no result can be 3 SD from a mean that includes it: nothing is ever left out.

    References
    ----------
    42 CFR 493.2 (target value: the mean after removal of results beyond 3 SD).

    Examples
    --------
    >>> x = [10.0, 10.1, 9.9, 10.2, 9.8, 10.0, 10.1, 9.9, 10.0, 10.0, 10.1, 99.0]
    >>> found = mean_sd_within(x)
    >>> found.n, round(found.location, 3)
    (11, 10.009)
    """
    return mean_sd_within_groups(one_group(x), limit=limit, repeated=repeated)[0]
