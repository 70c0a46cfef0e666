"""Agreement of antimicrobial susceptibility results: categories (S, I, R) and MIC."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray

CATEGORIES = ("S", "I", "R")
ESSENTIAL_STEPS = 1.0
"""MICs agree when they are within one two-fold dilution."""
_STEP_NOISE = 0.1
"""MICs are printed rounded (0.06 for 0.0625), so one dilution is up to 1.06 on the log2 scale."""


@dataclass(frozen=True)
class CategoricalAgreement:
    """Counts and rates, each with its own denominator; a rate without a denominator is NaN, not 0.

    Parameters
    ----------
    n : pairs compared.
    agreement : share with the same category, of all.
    very_major_rate : reference R called S, of the reference R.
    major_rate : reference S called R, of the reference S.
    minor_rate : one of the two I, of all.
    very_major, major, minor, resistant, susceptible : the counts.
    """

    n: int
    agreement: float
    very_major_rate: float
    major_rate: float
    minor_rate: float
    very_major: int
    major: int
    minor: int
    resistant: int
    susceptible: int


def _rate(count: int, of: int) -> float:
    return count / of if of > 0 else math.nan


def categorical_agreement_from_counts(
    *, n: int, very_major: int, major: int, minor: int, reference_resistant: int, reference_susceptible: int
) -> CategoricalAgreement:
    """Rates of agreement and of errors from their counts.

    Use it where only a table of counts is at hand; `categorical_agreement` counts by itself.

    Parameters
    ----------
    n : pairs compared.
    very_major, major, minor : counts of errors.
    reference_resistant, reference_susceptible : pairs whose reference is R and S, the denominators of the
        first two.

    Returns
    -------
    CategoricalAgreement
        Shares 0 to 1, unrounded; a rate without a denominator is NaN, not 0.

    Raises
    ------
    EvaluationError
        When there are more errors than pairs.

    Notes
    -----
    The denominators are taken as given: more very major errors than resistant references give a rate above
    1.

    References
    ----------
    ISO 20776-2; CLSI M52.

    Examples
    --------
    >>> found = categorical_agreement_from_counts(
    ...     n=58, very_major=0, major=4, minor=27, reference_resistant=0, reference_susceptible=19
    ... )
    >>> f"{found.agreement:.1%} {found.major_rate:.1%} {found.very_major_rate}"
    '46.6% 21.1% nan'
    """
    errors = very_major + major + minor
    if min(n - errors, very_major, major, minor) < 0:
        raise EvaluationError(f"{errors} errors in {n} pairs cannot be. Check the counts.")
    return CategoricalAgreement(
        n=n,
        agreement=_rate(n - errors, n),
        very_major_rate=_rate(very_major, reference_resistant),
        major_rate=_rate(major, reference_susceptible),
        minor_rate=_rate(minor, n),
        very_major=very_major,
        major=major,
        minor=minor,
        resistant=reference_resistant,
        susceptible=reference_susceptible,
    )


def categorical_agreement(reported: ArrayLike, reference: ArrayLike) -> CategoricalAgreement:
    """Categorical agreement and very major, major and minor errors of S/I/R answers.

    Use it for S/I/R answers of one antibiotic over samples, or of one sample over laboratories.

    Parameters
    ----------
    reported, reference : shape (n,), "S", "I" or "R"; a pair with anything else (NaN, "") is left out.

    Returns
    -------
    CategoricalAgreement
        Counts, and shares 0 to 1, unrounded; a rate without a denominator is NaN, not 0.

    Notes
    -----
    EUCAST's "I" has meant "susceptible, increased exposure" since 2019: minor errors of older and newer
    rounds are not comparable.

    References
    ----------
    ISO 20776-2; CLSI M52.

    Examples
    --------
    >>> found = categorical_agreement(list("SSRI"), list("SRRS"))
    >>> found.very_major, found.major, found.minor, found.agreement
    (1, 0, 1, 0.5)
    """
    said, truth = np.asarray(reported, dtype=np.str_), np.asarray(reference, dtype=np.str_)
    kept = np.isin(said, CATEGORIES) & np.isin(truth, CATEGORIES)
    said, truth = said[kept], truth[kept]
    return categorical_agreement_from_counts(
        n=said.size,
        very_major=int(np.sum((truth == "R") & (said == "S"))),
        major=int(np.sum((truth == "S") & (said == "R"))),
        minor=int(np.sum((said != truth) & ((said == "I") | (truth == "I")))),
        reference_resistant=int(np.sum(truth == "R")),
        reference_susceptible=int(np.sum(truth == "S")),
    )


def essential_agreement(
    reported: ArrayLike, reference: ArrayLike, reported_sign: ArrayLike = "", reference_sign: ArrayLike = ""
) -> BoolArray:
    """Whether MICs agree within one two-fold dilution, elementwise.

    Use it for minimum inhibitory concentrations, whose scale is one of doublings.

    Parameters
    ----------
    reported, reference : MIC, mg/L, any broadcastable shapes, positive; NaN means "no result".
    reported_sign, reference_sign : "", "<=", "<", ">" or ">="; "<=" and "<" reach down without end, ">" and
        ">=" up without end.

    Returns
    -------
    ndarray of bool
        Broadcast shape; False where an MIC is missing or not positive. With signs: whether the two ranges
        come within one dilution of each other; ">" starts one dilution above the printed concentration.

    Notes
    -----
    Printed concentrations are rounded (0.06 for 0.0625): a tenth of a dilution is allowed for it.

    References
    ----------
    ISO 20776-2; CLSI M52.

    Examples
    --------
    >>> essential_agreement([1.0, 2.0, 4.0], [1.0, 1.0, 1.0]).tolist()
    [True, True, False]
    >>> bool(essential_agreement(0.25, 0.06, reported_sign="<="))
    True
    """
    low_a, high_a = _dilution_range(reported, reported_sign)
    low_b, high_b = _dilution_range(reference, reference_sign)
    gap = np.maximum(low_a, low_b) - np.minimum(high_a, high_b)
    return (gap <= ESSENTIAL_STEPS + _STEP_NOISE)[()]


def _dilution_range(mic: ArrayLike, sign: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest log2 MIC that a printed result allows; NaN where there is none."""
    value, mark = np.broadcast_arrays(np.asarray(mic, dtype=np.float64), np.asarray(sign, dtype=np.str_))
    level = np.log2(np.where(value > 0, value, np.nan))
    low = np.where(np.isin(mark, ("<", "<=")), -np.inf, level + (mark == ">"))
    high = np.where(np.isin(mark, (">", ">=")), np.inf, level - (mark == "<"))
    unknown = np.isnan(level)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
