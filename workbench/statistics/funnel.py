"""Funnel plots of proportions: exact binomial limits, and how far out a count lies."""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray

WARNING_LEVEL, ACTION_LEVEL = 0.95, 0.998
"""Spiegelhalter, Stat Med 2005;24:1185: limits at 95 % and 99.8 %, about two and three standard deviations."""


def _binomial_cdf(count: FloatArray, n: FloatArray, share: float) -> FloatArray:
    """P(X <= count), 0 below zero."""
    from scipy.special import bdtr

    inside = np.clip(np.floor(count), 0, n)
    return np.where(count < 0, 0.0, bdtr(inside, n.astype(np.int64), share))


def _quantile(probability: float, n: FloatArray, share: float) -> FloatArray:
    """Smallest count whose cumulative probability exceeds the given one."""
    from scipy.special import bdtrik

    guess = np.clip(np.ceil(np.nan_to_num(bdtrik(probability, n, share), nan=0.0)), 0, n)
    for _ in range(3):
        guess = np.where(_binomial_cdf(guess - 1, n, share) > probability, guess - 1, guess)
        guess = np.where(_binomial_cdf(guess, n, share) <= probability, np.minimum(guess + 1, n), guess)
    return guess


def funnel_limits(
    denominators: ArrayLike, share: float, level: float = ACTION_LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Limits within which a proportion lies by chance, for each denominator.

    Use it to compare laboratories whose numbers of cases differ.

    Parameters
    ----------
    denominators : shape (n,), positive counts; 0 gives NaN.
    share : the proportion all are compared with (0 to 1), for example that of all laboratories together.
    level : two-sided probability of lying inside.

    Returns
    -------
    low, high : ndarray, shape (n,)
        Proportions (0 to 1), unrounded, interpolated between neighbouring counts; NaN without a denominator.

    Notes
    -----
    Exact, not normal: at small denominators the normal limits would leave 0 to 1. With a share of 0 or 1 both
    limits are that share.

    References
    ----------
    Spiegelhalter, Stat Med 2005;24:1185, appendix A.1.1.

    Examples
    --------
    >>> low, high = funnel_limits([50, 1000], 0.1)
    >>> [f"{value:.3f}" for value in (*low, *high)]
    ['0.000', '0.071', '0.240', '0.130']
    """
    n = np.atleast_1d(np.asarray(denominators, dtype=np.float64))
    known = np.where(n > 0, n, 1.0)
    tail = 0.5 * (1.0 - level)
    if not 0.0 < share < 1.0:
        flat = np.where(n > 0, share, np.nan)
        return flat, flat.copy()
    low, high = (_interpolated(p, known, share) for p in (tail, 1.0 - tail))
    return np.where(n > 0, np.clip(low, 0, 1), np.nan), np.where(n > 0, np.clip(high, 0, 1), np.nan)


def _interpolated(probability: float, n: FloatArray, share: float) -> FloatArray:
    """The interpolated limit as a proportion: between the quantile count and the one below."""
    count = _quantile(probability, n, share)
    at, below = _binomial_cdf(count, n, share), _binomial_cdf(count - 1, n, share)
    step = np.where(at > below, (at - probability) / np.where(at > below, at - below, 1.0), 0.0)
    return (count - step) / n


def funnel_tail(counts: ArrayLike, denominators: ArrayLike, share: float) -> tuple[FloatArray, FloatArray]:
    """Exact probabilities of a count as low, and of one as high.

    Use it to say how surprising a laboratory's count is.

    Parameters
    ----------
    counts, denominators : shape (n,), whole numbers, 0 <= count <= denominator; NaN means "not reported".
    share : the proportion all are compared with, 0 to 1.

    Returns
    -------
    low, high : ndarray, shape (n,)
        P(X <= count) and P(X >= count), 0 to 1, unrounded; NaN without a denominator or with a count that
        cannot be.

    Notes
    -----
    The count itself is in both, so the two add up to more than 1.

    References
    ----------
    Spiegelhalter, Stat Med 2005;24:1185; the binomial distribution function is exact.

    Examples
    --------
    >>> low, high = funnel_tail([0], [10], 0.5)
    >>> float(low[0]), float(high[0])
    (0.0009765625, 1.0)
    """
    k = np.atleast_1d(np.asarray(counts, dtype=np.float64))
    n = np.atleast_1d(np.asarray(denominators, dtype=np.float64))
    known, usable = np.where(n > 0, n, 1.0), (n > 0) & (k >= 0) & (k <= n)
    at = np.where(usable, k, 0.0)
    low, high = _binomial_cdf(at, known, share), 1.0 - _binomial_cdf(at - 1, known, share)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)
