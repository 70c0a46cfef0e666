"""Algorithm S: a robust pooled standard deviation or range (ISO 13528:2022, C.4)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray, RobustEstimate, RobustEstimates
from workbench.statistics.quantiles import chi_square_cdf, chi_square_quantile
from workbench.statistics.ragged import Groups, one_group
from workbench.statistics.winsorised_mean import STOPS, third_figure

TABLE_C1 = (
    (1.645, 1.097),
    (1.517, 1.054),
    (1.444, 1.039),
    (1.395, 1.032),
    (1.359, 1.027),
    (1.332, 1.024),
    (1.310, 1.021),
    (1.292, 1.019),
    (1.277, 1.018),
    (1.264, 1.017),
)
"""ISO 13528:2022, Table C.1: limit factor eta and adjustment factor xi for nu = 1 to 10."""
_LIMIT_PROBABILITY = 0.90
_COLLAPSED = 1e-9
_MOST_STEPS = 20_000


def algorithm_s_factors(degrees_of_freedom: float, *, exact: bool = False) -> tuple[float, float]:
    """Limit factor eta and adjustment factor xi of Algorithm S.

    Use it to repeat Algorithm S by hand; `algorithm_s` looks them up itself.

    Parameters
    ----------
    degrees_of_freedom : nu of each SD, above zero; 1 for ranges of duplicates; a NaN is refused.
    exact : the closed form also where Table C.1 has a printed value.

    Returns
    -------
    eta, xi : float
        Dimensionless; as printed, or unrounded from the closed form.

    Raises
    ------
    ValueError
        When the degrees of freedom are not positive.

    Notes
    -----
    Table C.1 for whole nu up to 10, the closed form beyond and between. They agree to half a printed
    unit except for xi at nu = 10: 1.017 printed, 1.0164 exact.

    References
    ----------
    ISO 13528:2022, C.4 and Table C.1.

    Examples
    --------
    >>> algorithm_s_factors(1)
    (1.645, 1.097)
    """
    nu = degrees_of_freedom
    if not nu > 0:
        raise ValueError(f"degrees of freedom must be positive, not {nu}")
    if not exact and nu in range(1, len(TABLE_C1) + 1):
        return TABLE_C1[int(nu) - 1]
    eta = math.sqrt(chi_square_quantile(_LIMIT_PROBABILITY, nu) / nu)
    kept = chi_square_cdf(nu * eta**2, nu + 2)
    return eta, 1.0 / math.sqrt(kept + (1.0 - _LIMIT_PROBABILITY) * eta**2)


def _fixed_point(w: FloatArray, eta: float, xi: float) -> tuple[float, int]:
    """Fixed point for one ascending group on unit scale: solved in closed form for each split."""
    squares = np.concatenate(([0.0], np.cumsum(w * w)))
    here = float(np.median(w)) or math.sqrt(float(np.mean(w * w)))
    least, split = _COLLAPSED * here, -1
    for step in range(1, _MOST_STEPS):
        inside = int(np.searchsorted(w, eta * here, side="right"))
        if inside == split:
            return here, step - 1
        capped = (w.size - inside) * eta**2
        divisor = w.size / xi**2 - capped
        if divisor > 0:
            moved, split = math.sqrt(float(squares[inside]) / divisor), inside
        else:
            moved, split = xi * math.sqrt((float(squares[inside]) + capped * here**2) / w.size), -1
        if moved <= least:
            return 0.0, step
        here = moved
    return here, _MOST_STEPS


def _printed_stop(w: FloatArray, eta: float, xi: float, unit: float) -> tuple[float, int]:
    """Plain iteration until the third significant figure of w* stays."""
    here = float(np.median(w)) or math.sqrt(float(np.mean(w * w)))
    figure = np.array(np.nan)
    for step in range(1, _MOST_STEPS):
        here = xi * math.sqrt(float(np.mean(np.minimum(w, eta * here) ** 2)))
        now = third_figure(np.array(here * unit))
        if now == figure:
            return here, step
        figure = now
    return here, _MOST_STEPS


def algorithm_s_groups(
    groups: Groups, degrees_of_freedom: float, *, stop: str = "converged"
) -> RobustEstimates:
    """Algorithm S for each group of SDs or ranges. See `algorithm_s`.

    Use it for the pooled SD of many samples or methods at once.

    Parameters
    ----------
    groups : SDs or ranges sorted into groups, unit of the results; `group_values` has left out the NaN.
    degrees_of_freedom : nu of each, common to all groups, above zero.
    stop : ``converged`` or ``three_figures``.

    Returns
    -------
    RobustEstimates
        One entry per group; the scale is w*, unit of the results, unrounded, NaN for an empty group; the
        location is NaN throughout.

    Raises
    ------
    ValueError
        For an unknown stopping rule, a negative standard deviation or range, or degrees of freedom that are
        not positive.

    Notes
    -----
    A group with a majority of zeros: scale 0, degenerate. Ranges give a range: divide it by sqrt(2) for
    duplicates.

    References
    ----------
    ISO 13528:2022, C.4, Formulae (C.11) to (C.14) and Table C.1.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 1.2, 0.8], [0, 0, 0], 2)
    >>> algorithm_s_groups(groups, 1).scale.round(4).tolist()
    [1.1115, nan]
    """
    if stop not in STOPS:
        raise ValueError(f"stop is one of {', '.join(STOPS)}, not {stop!r}")
    if groups.values.size and float(groups.values.min()) < 0:
        raise ValueError("standard deviations and ranges cannot be negative")
    eta, xi = algorithm_s_factors(degrees_of_freedom)
    scale, steps = np.full(len(groups), np.nan), np.zeros(len(groups), dtype=np.intp)
    for index, (start, end) in enumerate(pairwise(groups.offsets.tolist())):
        if end == start:
            continue
        unit = float(groups.values[end - 1])
        w = groups.values[start:end] / (unit or 1.0)
        found, steps[index] = _fixed_point(w, eta, xi) if unit else (0.0, 0)
        if stop == "three_figures" and found > 0:
            found, steps[index] = _printed_stop(w, eta, xi, unit)
        scale[index] = found * unit
    nowhere = np.full(len(groups), np.nan)
    return RobustEstimates(nowhere, scale, groups.n, steps, ~(scale > 0), f"algorithm_s:{stop}")


def algorithm_s(w: ArrayLike, degrees_of_freedom: float, *, stop: str = "converged") -> RobustEstimate:
    """Robust pooled value w* of standard deviations or ranges.

    Use it for the repeatability of a round with replicates, or for homogeneity data with one
    careless duplicate.

    Parameters
    ----------
    w : shape (n,), standard deviations (or ranges) of equal degrees of freedom, unit of the results;
        NaN means "none" and is left out.
    degrees_of_freedom : nu of each; for ranges of duplicates nu = 1 and the result is a range: divide
        it by sqrt(2) for a standard deviation.
    stop : ``converged`` or ``three_figures``, as for `algorithm_a`.

    Returns
    -------
    RobustEstimate
        The scale is w*, unrounded; there is no location (NaN).

    Raises
    ------
    ValueError
        For negative values, an unknown stop, or degrees of freedom that are not positive.
    DataError
        When a value is infinite.

    Notes
    -----
    Median zero: the start is the root mean square. A majority of zeros: 0, degenerate.

    References
    ----------
    ISO 13528:2022, C.4, Formulae (C.11) to (C.14) and Table C.1.

    Examples
    --------
    >>> round(algorithm_s([1.0, 1.0, 1.0, 1.0], 1).scale, 3)
    1.097
    """
    return algorithm_s_groups(one_group(w), degrees_of_freedom, stop=stop)[0]
