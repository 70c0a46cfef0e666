"""Intervals for proportions."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray


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
