"""Whether a limit on a score, or a pass mark on a few samples, can do what it promises."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray


@dataclass(frozen=True)
class ThresholdReach:
    """What a signal limit and a pass mark amount to.

    Parameters
    ----------
    n : results in the group, the judged one among them.
    limit : signal limit on |z|.
    largest_score : largest |z| anybody in the group can reach; NaN without results.
    reachable : whether the limit can be reached at all.
    least_n : smallest group in which it can.
    samples : samples of one round.
    needed : acceptable samples that the pass mark asks for.
    effective_mark : per cent that `needed` of `samples` is, the mark in truth; NaN without samples.
    """

    n: int
    limit: float
    largest_score: float
    reachable: bool
    least_n: int
    samples: int
    needed: int
    effective_mark: float

    @property
    def all_needed(self) -> bool:
        """Whether a single unacceptable sample fails the round."""
        return self.samples > 0 and self.needed == self.samples


def largest_self_included_score(n: ArrayLike) -> FloatArray:
    """Largest |z| possible when mean and SD include the result itself: (n - 1)/sqrt(n), elementwise.

    "3 SD" cannot be reached below n = 11.

    Use it before a limit on SDI is printed for small groups.

    Parameters
    ----------
    n : any shape, results in the group, the judged one among them; NaN means "no group".

    Returns
    -------
    ndarray
        Shape of n, dimensionless, unrounded; NaN where n is zero or less.

    Notes
    -----
    Reached when all other results are equal; with one result it is 0.

    References
    ----------
    Shiffler, Am Stat 1988;42:79.

    Examples
    --------
    >>> round(float(largest_self_included_score(5)), 2), bool(largest_self_included_score(10) < 3.0)
    (1.79, True)
    """
    size = np.asarray(n, dtype=np.float64)
    there = size > 0
    return np.where(there, (size - 1.0) / np.sqrt(np.where(there, size, 1.0)), np.nan)[()]


def least_n_for_score(limit: float) -> int:
    """Smallest group in which a score of `limit` can be reached by one of its own results.

    Use it to set the smallest peer group of a scheme that judges by the group's own SD.

    Parameters
    ----------
    limit : signal limit on |z|, above zero, dimensionless; a NaN is refused.

    Returns
    -------
    int
        Results in the group, the judged one among them.

    Raises
    ------
    ValueError
        When the limit is not a positive number.

    Notes
    -----
    At that size a result reaches the limit only when all others are nearly equal.

    References
    ----------
    Solves (n - 1)/sqrt(n) >= limit; Shiffler, Am Stat 1988;42:79.

    Examples
    --------
    >>> least_n_for_score(2.0), least_n_for_score(3.0)
    (6, 11)
    """
    if not (limit > 0 and math.isfinite(limit)):
        raise ValueError(f"a signal limit is a positive number, not {limit}")
    n = max(math.floor(((limit + math.sqrt(limit * limit + 4.0)) / 2.0) ** 2) - 1, 2)
    while largest_self_included_score(n) < limit:
        n += 1
    return n


def acceptable_needed(samples: int, pass_mark: float | Decimal) -> int:
    """Acceptable samples that a pass mark asks for, exact in decimals.

    With one to four samples a mark of 80 % asks for all of them.

    Use it to judge a round, and to show beforehand what a mark means with few samples.

    Parameters
    ----------
    samples : graded samples of the round, 0 or more.
    pass_mark : per cent, 0 to 100; a NaN is refused.

    Returns
    -------
    int
        Acceptable samples, 0 without samples.

    Raises
    ------
    ValueError
        When the number of samples is negative or the mark is outside 0 to 100.
    decimal.InvalidOperation
        When the mark is NaN.

    Notes
    -----
    Rounded up, after exact arithmetic: 80 % of 5 is 4, not 5.

    References
    ----------
    42 CFR 493.845: 80 % of a round of five samples.

    Examples
    --------
    >>> [acceptable_needed(k, 80) for k in (1, 2, 3, 4, 5, 10)]
    [1, 2, 3, 4, 4, 8]
    """
    mark = Decimal(repr(pass_mark)) if isinstance(pass_mark, float) else Decimal(pass_mark)
    if samples < 0 or not 0 <= mark <= 100:
        raise ValueError(f"samples {samples} must be 0 or more, the mark {pass_mark} within 0 to 100")
    return int((mark * samples / 100).to_integral_value(ROUND_CEILING))


def threshold_reachability(n: int, limit: float, samples: int, pass_mark: float | Decimal) -> ThresholdReach:
    """What a signal limit and a pass mark amount to, before they are used.

    Use it in the plan of a programme: a limit nobody can reach, or a mark that forgives nothing, is found
    there.

    Parameters
    ----------
    n : results in the group whose mean and SD give the score, the judged one among them.
    limit : signal limit on |z|, dimensionless.
    samples : graded samples of one round.
    pass_mark : per cent of acceptable samples.

    Returns
    -------
    ThresholdReach
        Unrounded; the largest score is NaN without results, the effective mark NaN without samples.

    Raises
    ------
    ValueError
        For a limit that is not positive, or samples or a mark that cannot be.

    Notes
    -----
    sigma_pt from outside the round has no such bound.

    References
    ----------
    Shiffler, Am Stat 1988;42:79; 42 CFR 493.845.

    Examples
    --------
    >>> found = threshold_reachability(8, 3.0, 4, 80)
    >>> found.reachable, found.least_n, found.needed, found.effective_mark
    (False, 11, 4, 100.0)
    """
    largest = float(largest_self_included_score(n))
    needed = acceptable_needed(samples, pass_mark)
    return ThresholdReach(
        n=n,
        limit=limit,
        largest_score=largest,
        reachable=largest >= limit,
        least_n=least_n_for_score(limit),
        samples=samples,
        needed=needed,
        effective_mark=100.0 * needed / samples if samples else math.nan,
    )
