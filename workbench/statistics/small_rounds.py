"""Rounds with very few results (ISO 13528:2022, Annex D)."""

from __future__ import annotations

import math

import numpy as np

from workbench.statistics.estimates import ArrayLike, RobustEstimate
from workbench.statistics.order_statistics import median
from workbench.statistics.ragged import finite

MEAN_DEVIATION_FACTOR = 0.798
"""sqrt(2/pi), as printed: ISO 13528:2022, Formula (D.1)."""
LEAST_FOR_ROBUST = 5
"""Below this number robust estimators reproduce arithmetic, not protection."""


def small_round(x: ArrayLike) -> RobustEstimate:
    """Median, and a standard deviation that needs two or three results only.

    p = 2: |x_1 - x_2|/sqrt(2). p >= 3: sum|x - med|/(0.798 p).

    Use it where fewer than five laboratories measured a sample and something must be said all the same.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.

    Returns
    -------
    RobustEstimate
        Unrounded. One result: scale NaN, degenerate.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    For description. A consensus score from so few results is a comparison with the neighbours.

    References
    ----------
    ISO 13528:2022, D.1.4.2, Notes 3 and 4, Formula (D.1).

    Examples
    --------
    >>> round(small_round([1.0, 3.0]).scale, 12)
    1.414213562373
    """
    values = finite(x)
    centre = median(values)
    if values.size == 2:
        scale = abs(float(values[0]) - float(values[1])) / math.sqrt(2.0)
    elif values.size > 2:
        scale = float(np.sum(np.abs(values - centre))) / (MEAN_DEVIATION_FACTOR * values.size)
    else:
        scale = math.nan
    return RobustEstimate(centre, scale, values.size, 0, not scale > 0, "small_round")
