"""Homogeneity of the proficiency test items (ISO 13528:2022, Annex B.2 and B.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.moments import mean_sd
from workbench.statistics.outliers import CochranTest, cochran
from workbench.statistics.quantiles import chi_square_quantile, f_quantile, f_tail

SIGMA_SHARE = 0.3
"""ISO 13528:2022, Formula (B.1): s_s <= 0.3 sigma_pt."""
LIMIT_SHARE = 0.1
"""ISO 13528:2022, Formula (B.2): s_s <= 0.1 delta_E."""
_CONFIDENCE = 0.95
_NOISE = 1e-13
"""Relative error that sums of some hundred doubles may gather."""


@dataclass(frozen=True)
class HomogeneityCheck:
    """What a homogeneity study shows; standard deviations in the unit of the results.

    Parameters
    ----------
    items, replicates : g items measured m times each.
    mean : general mean.
    s_x, s_w, s_s : SD of item means, within items, and between items.
    criterion, expanded_criterion : largest s_s allowed; NaN without sigma_pt and delta_E.
    is_sufficient, is_sufficient_expanded : s_s is not above the criterion.
    f_statistic, f_critical, f_p_value : one-way analysis of variance; NaN without within-item scatter.
    cochran : test of the within-item variances, to be looked at first.
    """

    items: int
    replicates: int
    mean: float
    s_x: float
    s_w: float
    s_s: float
    criterion: float
    is_sufficient: bool
    expanded_criterion: float
    is_sufficient_expanded: bool
    f_statistic: float
    f_critical: float
    f_p_value: float
    cochran: CochranTest


def check_criterion(sigma_pt: float | None, allowable_error: float | None) -> float:
    """Largest between-item SD that does no harm: 0.3 sigma_pt, else 0.1 delta_E.

    Use it for homogeneity and stability alike.

    Parameters
    ----------
    sigma_pt, allowable_error : unit of the results; sigma_pt decides when both are given; None means "not
        set", NaN "not known".

    Returns
    -------
    float
        Unit of the results, unrounded; NaN when neither is set, or the one that decides is NaN.

    Notes
    -----
    The two are one criterion where sigma_pt = delta_E/3. Nothing meets a NaN criterion.

    References
    ----------
    ISO 13528:2022, B.2.2, Formulae (B.1) and (B.2).

    Examples
    --------
    >>> check_criterion(None, 3.0)  # doctest: +ELLIPSIS
    0.3000...
    """
    if sigma_pt is not None:
        return SIGMA_SHARE * sigma_pt
    return LIMIT_SHARE * allowable_error if allowable_error is not None else math.nan


def meets(value: float, limit: float, size: float) -> bool:
    """Whether a deviation is not above its limit; noise of the arithmetic on numbers of a size does not decide.

    Notes
    -----
    4.03 - 4.00 is 0.03 on paper and a little more in binary: a value so near its limit stands on it. NaN limit: False.

    Examples
    --------
    >>> 4.03 - 4.00 <= 0.03, meets(4.03 - 4.00, 0.03, 4.03)
    (False, True)
    """
    return value <= limit + _NOISE * abs(size)


def expanded_criterion_factors(items: int, replicates: int = 2) -> tuple[float, float]:
    """F1 = chi2(0.95, g-1)/(g-1) and F_m = (F(0.95, g-1, g(m-1)) - 1)/m.

    Use it when the homogeneity study has few items and the plain criterion fails by sampling error alone.

    Parameters
    ----------
    items, replicates : g >= 2 and m >= 2, counts; Table B.1 prints m = 2, g = 7 to 20.

    Returns
    -------
    f1, f_m : float
        Dimensionless, unrounded, never NaN; f1 falls towards 1 and f_m towards 0 with the number of items.

    Raises
    ------
    ValueError
        With fewer than 2 items or 2 replicates.

    Notes
    -----
    Table B.1 is reproduced to its two printed decimals.

    References
    ----------
    ISO 13528:2022, B.2.3 and Table B.1.

    Examples
    --------
    >>> f1, f2 = expanded_criterion_factors(10)
    >>> f"{f1:.2f} {f2:.2f}"
    '1.88 1.01'
    """
    if items < 2 or replicates < 2:
        raise ValueError(f"needs at least 2 items and 2 replicates, not {items} and {replicates}")
    f1 = chi_square_quantile(_CONFIDENCE, items - 1) / (items - 1)
    f = f_quantile(_CONFIDENCE, items - 1, items * (replicates - 1))
    return f1, (f - 1.0) / replicates


def _table(results: ArrayLike) -> FloatArray:
    table = np.asarray(results, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 2:
        raise EvaluationError(
            f"A homogeneity check needs at least 2 items with 2 replicates each, found shape {table.shape}."
        )
    if not np.isfinite(table).all():
        raise EvaluationError("A homogeneity check needs every replicate. Leave out incomplete items.")
    return table


def homogeneity(
    results: ArrayLike,
    *,
    sigma_pt: float | None = None,
    allowable_error: float | None = None,
    alpha: float = 0.05,
) -> HomogeneityCheck:
    """Judge whether the items are alike enough for the round.

    Use it before the items are sent; a failed check calls for `sigma_with_heterogeneity` or another batch.

    Parameters
    ----------
    results : shape (g, m), replicates of each item measured in random order under repeatability, unit
        of the results; all finite. The standard asks for g >= 10 and m >= 2.
    sigma_pt, allowable_error : sigma_pt decides when both are given.
    alpha : level of the F test and of Cochran's test.

    Returns
    -------
    HomogeneityCheck
        Unrounded.

    Raises
    ------
    EvaluationError
        With fewer than two items or replicates, or a missing value.

    Notes
    -----
    - s_s = sqrt(max(0, s_x^2 - s_w^2/m)).
    - The F test is an alternative and not equivalent: a very precise method rejects differences that
      do no harm.
    - No within-item scatter at all: F is undefined (NaN), the criterion still holds.

    References
    ----------
    ISO 13528:2022, B.2.2, B.2.3, B.2.4, B.3, Formulae (B.4) to (B.16).

    Examples
    --------
    >>> found = homogeneity([[1.0, 1.2], [1.1, 1.0], [0.9, 1.1]], sigma_pt=1.0)
    >>> found.s_s, found.is_sufficient
    (0.0, True)
    """
    table = _table(results)
    g, m = table.shape
    within = table.var(axis=1, ddof=1)
    s_x2, s_w2 = float(table.mean(axis=1).var(ddof=1)), float(within.mean())
    s_s = math.sqrt(max(0.0, s_x2 - s_w2 / m))
    criterion = check_criterion(sigma_pt, allowable_error)
    f1, f_m = expanded_criterion_factors(g, m)
    expanded = math.sqrt(f1 * criterion**2 + f_m * s_w2)
    f = m * s_x2 / s_w2 if s_w2 > 0 else math.nan
    size = float(np.abs(table).max())
    return HomogeneityCheck(
        items=g,
        replicates=m,
        mean=float(table.mean()),
        s_x=math.sqrt(s_x2),
        s_w=math.sqrt(s_w2),
        s_s=s_s,
        criterion=criterion,
        is_sufficient=meets(s_s, criterion, size),
        expanded_criterion=expanded,
        is_sufficient_expanded=meets(s_s, expanded, size),
        f_statistic=f,
        f_critical=f_quantile(1.0 - alpha, g - 1, g * (m - 1)),
        f_p_value=f_tail(f, g - 1, g * (m - 1)) if s_w2 > 0 else math.nan,
        cochran=cochran(np.sqrt(within), m, alpha=alpha),
    )


@dataclass(frozen=True)
class SingleMeasurementCheck:
    """Homogeneity where no replicates are possible.

    Attributes
    ----------
    items : items measured.
    mean, sd : of the items, unit of the results; `sd` includes the method's repeatability, so it is an upper
        bound of s_s.
    criterion : largest SD allowed, unit of the results; NaN without sigma_pt and delta_E.
    is_sufficient : `sd` is not above the criterion; False against NaN.
    """

    items: int
    mean: float
    sd: float
    criterion: float
    is_sufficient: bool


def homogeneity_without_replicates(
    results: ArrayLike, *, sigma_pt: float | None = None, allowable_error: float | None = None
) -> SingleMeasurementCheck:
    """Judge homogeneity from one measurement per item.

    Use it where an item is used up by one measurement.

    Parameters
    ----------
    results : shape (g,), g >= 2, unit of the results; NaN means "not measured" and is left out.
    sigma_pt, allowable_error : unit of the results; sigma_pt decides when both are given.

    Returns
    -------
    SingleMeasurementCheck
        Unit of the results, unrounded; the criterion is NaN, and nothing sufficient, without sigma_pt and
        delta_E.

    Raises
    ------
    EvaluationError
        With fewer than 2 items.

    Notes
    -----
    Failing may only mean that the method scatters too much: measure replicates where it is possible.

    References
    ----------
    ISO 13528:2022, B.1.2.

    Examples
    --------
    >>> homogeneity_without_replicates([1.0, 1.1, 0.9], sigma_pt=0.5).is_sufficient
    True
    """
    found = mean_sd(results)
    if found.n < 2:
        raise EvaluationError(f"A homogeneity check needs at least 2 items, {found.n} found.")
    criterion = check_criterion(sigma_pt, allowable_error)
    is_sufficient = meets(found.scale, criterion, found.location)
    return SingleMeasurementCheck(found.n, found.location, found.scale, criterion, is_sufficient)


@dataclass(frozen=True)
class CodedMaterialCheck:
    """Homogeneity (or stability) of a qualitative material: every item must give the expected answer.

    Attributes
    ----------
    items : items examined.
    different : positions of the items that gave another answer, from 0.
    counts : how often each answer came, by answer.
    is_sufficient : there are items, and none is different.
    """

    items: int
    different: tuple[int, ...]
    counts: dict[str, int]
    is_sufficient: bool


def coded_homogeneity(answers: ArrayLike, expected: str) -> CodedMaterialCheck:
    """Judge a qualitative or ordinal material: all items, usually ten or more, must show one answer.

    Use it before a qualitative round is sent, and on the items kept back at its end (stability).

    Parameters
    ----------
    answers : shape (g,), one coded answer per item, as text. NaN or "" is an answer other than the expected
        one: leave out items that were not examined.
    expected : the code each item should give.

    Returns
    -------
    CodedMaterialCheck
        Counts and positions, no unit.

    Notes
    -----
    No items at all is not sufficient.

    References
    ----------
    ISO 13528:2022, clause 11 (practice: the same result on every item).

    Examples
    --------
    >>> coded_homogeneity(["pos", "pos", "neg"], "pos").different
    (2,)
    """
    flat = [str(answer) for answer in np.asarray(answers).ravel().tolist()]
    different = tuple(index for index, answer in enumerate(flat) if answer != expected)
    counts = {answer: flat.count(answer) for answer in sorted(set(flat))}
    return CodedMaterialCheck(len(flat), different, counts, bool(flat) and not different)
