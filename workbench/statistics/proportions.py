"""Intervals for proportions."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.quantiles import beta_quantile, normal_quantile


def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Wilson score interval of a proportion, elementwise.

    Use it wherever a rate of few results is printed.

    Parameters
    ----------
    successes, trials : counts of equal or broadcastable shape, 0 <= successes <= trials.
    confidence : two-sided confidence level.

    Returns
    -------
    low, high : proportions (0 to 1), unrounded; NaN where there was no trial.

    Raises
    ------
    statistics.StatisticsError
        When the confidence is not between 0 and 1.

    Notes
    -----
    0 of n starts at exactly 0 and n of n ends at exactly 1. Never wider than 0 to 1.

    References
    ----------
    Wilson, J Am Stat Assoc 1927;22:209; Newcombe, Stat Med 1998;17:857, method 3.

    Examples
    --------
    Newcombe's table: 81 of 263 gives 0.2553 to 0.3662.

    >>> low, high = wilson_interval(81, 263)
    >>> f"{low:.4f} {high:.4f}"
    '0.2553 0.3662'
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    n = np.asarray(trials, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    p = np.asarray(successes, dtype=np.float64) / n
    centre, half = p + z * z / (2.0 * n), z * np.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n))
    low, high = (centre - half) / (1.0 + z * z / n), (centre + half) / (1.0 + z * z / n)
    # At 0 and n of n the formula gives 0 and 1 up to rounding noise.
    return np.where(p == 0, 0.0, low)[()], np.where(p == 1, 1.0, high)[()]


def clopper_pearson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact binomial interval of one proportion.

    Use it where coverage must never fall below the level; `wilson_interval` is shorter and on average right.

    Parameters
    ----------
    successes, trials : counts, 0 <= successes <= trials.
    confidence : two-sided level, 0 to 1.

    Returns
    -------
    low, high : float
        Proportions 0 to 1, unrounded; NaN without a trial.

    Notes
    -----
    0 of n starts at 0, n of n ends at 1; the other end is still that of a two-sided interval.

    References
    ----------
    Clopper & Pearson, Biometrika 1934;26:404.

    Examples
    --------
    Newcombe's table: 81 of 263 gives 0.2527 to 0.3676.

    >>> low, high = clopper_pearson_interval(81, 263)
    >>> f"{low:.4f} {high:.4f}"
    '0.2527 0.3676'
    """
    if trials <= 0:
        return math.nan, math.nan
    tail = 0.5 * (1.0 - confidence)
    low = beta_quantile(tail, successes, trials - successes + 1) if successes > 0 else 0.0
    high = beta_quantile(1.0 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return low, high


def binomial_score(successes: int, trials: int, expected_share: float) -> float:
    """a-score: a binomial count on the scale of a z score.

    The mid-p probability of the count under the expected success rate, as a normal quantile; negative when
    there were fewer successes than expected.

    Use it to combine qualitative rounds into a number that can be charted like z.

    Parameters
    ----------
    successes, trials : right answers of the samples tested, over as many rounds as are combined.
    expected_share : success rate of the group, strictly between 0 and 1.

    Returns
    -------
    float
        Dimensionless, unrounded, about N(0, 1) for a laboratory like the group; NaN without a trial, with a
        rate of 0, 1 or NaN, or with more successes than trials.

    Notes
    -----
    The idea follows Accred Qual Assur 2019;24:263, of which only the abstract was read: the numbers need not
    equal that paper's.

    References
    ----------
    Accred Qual Assur 2019;24:263; mid-p: Lancaster, J Am Stat Assoc 1961;56:223.

    Examples
    --------
    >>> abs(binomial_score(5, 10, 0.5)) < 1e-9
    True
    >>> binomial_score(5, 10, 0.9) < -2.5
    True
    """
    if trials <= 0 or not 0.0 < expected_share < 1.0 or not 0 <= successes <= trials:
        return math.nan
    below, at = _binomial_parts(successes, trials, expected_share)
    above = (
        1.0 - below - at
        if below + at < 0.5
        else _binomial_parts(trials - successes, trials, 1.0 - expected_share)[0]
    )
    lower, upper = below + 0.5 * at, above + 0.5 * at
    return normal_quantile(lower) if lower <= upper else -normal_quantile(upper)


def _binomial_parts(count: int, trials: int, share: float) -> tuple[float, float]:
    """P(X < count) and P(X = count)."""
    logs = [
        math.lgamma(trials + 1) - math.lgamma(k + 1) - math.lgamma(trials - k + 1)
        + k * math.log(share) + (trials - k) * math.log1p(-share)
        for k in range(count + 1)
    ]  # fmt: skip
    mass = [math.exp(value) for value in logs]
    return math.fsum(mass[:-1]), mass[-1]
