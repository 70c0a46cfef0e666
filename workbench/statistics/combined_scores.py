"""Several scores of one laboratory in one number.

ISO 13528:2022, 9.9, gives no formula and warns against averaging over measurands: combine scores
of one measurand and one class of material, and show the single scores beside the sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike
from workbench.statistics.quantiles import chi_square_tail, normal_cdf
from workbench.statistics.ragged import finite


@dataclass(frozen=True)
class CombinedScore:
    """A combined score, how many scores went in, and how surprising it is for a laboratory without fault.

    Parameters
    ----------
    value : dimensionless; NaN when nothing was scored.
    n : scores that were not NaN.
    p_value : probability of at least so large a value when every score is standard normal.
    """

    value: float
    n: int
    p_value: float


def rescaled_sum(z: ArrayLike) -> CombinedScore:
    """RSZ = sum(z)/sqrt(n): the direction and size of a common bias; N(0, 1) without one.

    Use it to see a bias over the samples or rounds of one measurand that no single score shows.

    Parameters
    ----------
    z : shape (n,), z scores of one measurand; NaN reduces n.

    Returns
    -------
    CombinedScore
        Dimensionless, unrounded; NaN with n = 0 when nothing was scored.

    Raises
    ------
    DataError
        When a score is infinite.

    Notes
    -----
    Errors of opposite sign cancel: look at `sum_of_squares` too. The p value is two-sided.

    References
    ----------
    Analytical Methods Committee, Analyst 1992;117:97.

    Examples
    --------
    >>> rescaled_sum([1.0, 1.0, 1.0, 1.0]).value
    2.0
    """
    scores = finite(z)
    if not scores.size:
        return CombinedScore(math.nan, 0, math.nan)
    value = math.fsum(scores.tolist()) / math.sqrt(scores.size)
    return CombinedScore(value, scores.size, 2.0 * normal_cdf(-abs(value)))


def sum_of_squares(z: ArrayLike) -> CombinedScore:
    """SSZ = sum(z^2): the size of the errors whatever their sign; chi-square with n degrees without any.

    Use it beside `rescaled_sum`, in which errors of opposite sign cancel.

    Parameters
    ----------
    z : shape (n,), z scores of one measurand; NaN reduces n.

    Returns
    -------
    CombinedScore
        Dimensionless, unrounded; p is one-sided (large values); NaN with n = 0 when nothing was scored.

    Raises
    ------
    DataError
        When a score is infinite.

    Notes
    -----
    One wild score dominates: show the single scores beside the sum.

    References
    ----------
    Analytical Methods Committee, Analyst 1992;117:97.

    Examples
    --------
    >>> sum_of_squares([1.0, -2.0, 2.0]).value
    9.0
    """
    scores = finite(z)
    if not scores.size:
        return CombinedScore(math.nan, 0, math.nan)
    value = math.fsum(np.square(scores).tolist())
    return CombinedScore(value, scores.size, chi_square_tail(value, scores.size))
