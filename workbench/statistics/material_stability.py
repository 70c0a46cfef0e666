"""Stability of the proficiency test items over the round and in transport (ISO 13528:2022, B.4 to B.6)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike
from workbench.statistics.material_homogeneity import check_criterion, meets
from workbench.statistics.quantiles import student_tail
from workbench.statistics.ragged import finite

_EXPANSION = 2.0
"""ISO 13528:2022, Formula (B.18)."""


@dataclass(frozen=True)
class StabilityCheck:
    """Means on two occasions and whether they agree.

    Attributes
    ----------
    mean_before, mean_after : means of the items, unit of the results.
    difference : absolute difference of the means, unit of the results.
    criterion : 0.3 sigma_pt, else 0.1 delta_E, unit of the results; NaN without either.
    is_stable : the difference is not above the criterion; False against NaN.
    expanded_criterion : criterion + 2 sqrt(u1^2 + u2^2), unit of the results.
    is_stable_expanded : the same against the expanded criterion.
    t_statistic, t_p_value : Welch's test of the item means, two-sided, dimensionless; NaN when an occasion
        has fewer than two items or nothing scatters.
    """

    mean_before: float
    mean_after: float
    difference: float
    criterion: float
    is_stable: bool
    expanded_criterion: float
    is_stable_expanded: bool
    t_statistic: float
    t_p_value: float


def _item_means(results: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """One mean per item; a flat array already holds one value per item."""
    table = np.asarray(results, dtype=np.float64)
    means = finite(table if table.ndim == 1 else table.mean(axis=1))
    if not means.size:
        raise EvaluationError("A stability check needs results on both occasions.")
    return means


def stability(
    before: ArrayLike,
    after: ArrayLike,
    *,
    sigma_pt: float | None = None,
    allowable_error: float | None = None,
    u_before: float | None = None,
    u_after: float | None = None,
) -> StabilityCheck:
    """Judge whether the items changed between two occasions (or at home against after transport).

    Use it at the end of a round, and for transport: items kept at home before, items that travelled after.

    Parameters
    ----------
    before, after : shape (g, m) replicates, or (g,) item means, unit of the results; NaN means "not
        measured": an item with a missing replicate is left out.
    sigma_pt, allowable_error : unit of the results; sigma_pt decides when both are given.
    u_before, u_after : standard uncertainties of the two means for the expanded criterion, unit of the
        results; by default the SD of item means over sqrt(items), 0 for a single item.

    Returns
    -------
    StabilityCheck
        Unit of the results, unrounded; without sigma_pt and delta_E the criteria are NaN and nothing is
        stable.

    Raises
    ------
    EvaluationError
        When an occasion has no results.

    Notes
    -----
    The t test uses one mean per item: pooling portions would understate the standard error.

    References
    ----------
    ISO 13528:2022, B.5.1 to B.5.4 and B.6.3, Formulae (B.17) and (B.18).

    Examples
    --------
    >>> found = stability([1.00, 1.02, 0.98], [1.05, 1.06], sigma_pt=0.2)
    >>> round(found.difference, 3), found.is_stable
    (0.055, True)
    """
    first, second = _item_means(before), _item_means(after)
    difference = abs(float(first.mean()) - float(second.mean()))
    errors = [float(v.std(ddof=1)) / math.sqrt(v.size) if v.size > 1 else 0.0 for v in (first, second)]
    criterion = check_criterion(sigma_pt, allowable_error)
    u = [error if given is None else given for error, given in zip(errors, (u_before, u_after), strict=True)]
    expanded = criterion + _EXPANSION * math.hypot(*u)
    size = float(np.abs(first).max())
    t, p = _welch(difference, errors, (first.size, second.size))
    return StabilityCheck(
        mean_before=float(first.mean()),
        mean_after=float(second.mean()),
        difference=difference,
        criterion=criterion,
        is_stable=meets(difference, criterion, size),
        expanded_criterion=expanded,
        is_stable_expanded=meets(difference, expanded, size),
        t_statistic=t,
        t_p_value=p,
    )


def _welch(difference: float, errors: list[float], items: tuple[int, int]) -> tuple[float, float]:
    """Welch's t of two means and its two-sided p value."""
    total = math.hypot(*errors)
    if min(items) < 2 or not total > 0:
        return math.nan, math.nan
    parts = [(error / total) ** 4 / (n - 1) for error, n in zip(errors, items, strict=True)]
    t = difference / total
    return t, 2.0 * student_tail(t, 1.0 / sum(parts))
