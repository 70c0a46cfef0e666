"""Agreement of coded answers: proportions, sensitivity and specificity, kappa, ordinal summaries."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.proportions import clopper_pearson_interval, wilson_interval
from workbench.statistics.quantiles import normal_cdf

KAPPA_WEIGHTS = ("none", "linear", "quadratic")


@dataclass(frozen=True)
class Proportion:
    """A proportion with its counts and two intervals.

    Attributes
    ----------
    value : successes over trials, 0 to 1; NaN when there was no trial.
    successes, trials : the counts.
    wilson, exact : (low, high) of the score and of the exact binomial interval, 0 to 1; NaN without a trial.
    """

    value: float
    successes: int
    trials: int
    wilson: tuple[float, float]
    exact: tuple[float, float]


def proportion(successes: int, trials: int, confidence: float = 0.95) -> Proportion:
    """A rate with its count and intervals.

    Use it for every rate of answers that is printed: few samples prove little, and the intervals say so.

    Parameters
    ----------
    successes, trials : counts, 0 <= successes <= trials.
    confidence : two-sided level of both intervals, between 0 and 1.

    Returns
    -------
    Proportion
        Proportions 0 to 1, unrounded; NaN throughout when there was no trial.

    Raises
    ------
    EvaluationError
        When the counts cannot be: negative, or more successes than trials.

    Notes
    -----
    The exact interval never covers less than its level and is the wider one.

    References
    ----------
    Wilson, J Am Stat Assoc 1927;22:209; Clopper & Pearson, Biometrika 1934;26:404.

    Examples
    --------
    Three of three right proves little.

    >>> found = proportion(3, 3)
    >>> f"{found.value:.0%} {found.wilson[0]:.1%} {found.exact[0]:.1%}"
    '100% 43.9% 29.2%'
    """
    if not 0 <= successes <= trials:
        raise EvaluationError(f"{successes} of {trials} is not a proportion. Check the counts.")
    low, high = wilson_interval(successes, trials, confidence)
    exact_low, exact_high = clopper_pearson_interval(successes, trials, confidence)
    value = successes / trials if trials else math.nan
    return Proportion(value, successes, trials, (float(low), float(high)), (exact_low, exact_high))


@dataclass(frozen=True)
class DiagnosticAgreement:
    """Agreement of positive and negative answers with the expected ones.

    Attributes
    ----------
    sensitivity : right among the expected positive.
    specificity : right among the expected negative.
    overall : right among all.
    youden_index : sensitivity + specificity - 1, -1 to 1; NaN when either has no sample.
    """

    sensitivity: Proportion
    specificity: Proportion
    overall: Proportion
    youden_index: float


def diagnostic_agreement(
    reported: ArrayLike, expected: ArrayLike, confidence: float = 0.95
) -> DiagnosticAgreement:
    """Sensitivity and specificity of reported against expected answers.

    Use it for qualitative programmes whose samples are known to be positive or negative.

    Parameters
    ----------
    reported, expected : shape (n,), true for positive, no unit. NaN would be taken as true: leave missing
        answers out first.
    confidence : two-sided level of the intervals, between 0 and 1.

    Returns
    -------
    DiagnosticAgreement
        Proportions 0 to 1 with their counts and intervals, unrounded.

    Notes
    -----
    Without positive (negative) samples the sensitivity (specificity) is NaN with 0 trials, not 0 %.

    References
    ----------
    Youden, Cancer 1950;3:32; intervals as for `proportion`.

    Examples
    --------
    >>> found = diagnostic_agreement([1, 1, 0, 0], [1, 1, 1, 0])
    >>> found.sensitivity.successes, found.sensitivity.trials, found.specificity.value
    (2, 3, 1.0)
    """
    said, truth = np.asarray(reported, dtype=np.bool_), np.asarray(expected, dtype=np.bool_)
    sensitivity = proportion(int(np.sum(said & truth)), int(np.sum(truth)), confidence)
    specificity = proportion(int(np.sum(~said & ~truth)), int(np.sum(~truth)), confidence)
    overall = proportion(int(np.sum(said == truth)), truth.size, confidence)
    return DiagnosticAgreement(sensitivity, specificity, overall, sensitivity.value + specificity.value - 1.0)


@dataclass(frozen=True)
class Kappa:
    """Cohen's kappa with its large-sample standard error and a test of "no agreement but chance".

    Attributes
    ----------
    value : -1 to 1; NaN where chance alone agrees fully, or without answers.
    standard_error : of the value, for an interval; dimensionless.
    p_value : two-sided, under kappa = 0.
    observed, expected : weighted share of agreement found, and by chance, 0 to 1.
    n : pairs of answers.
    """

    value: float
    standard_error: float
    p_value: float
    observed: float
    expected: float
    n: int


def _weights(grades: int, kind: str) -> FloatArray:
    """Weight of each pair of grades: 1 for agreement, less with distance."""
    if kind not in KAPPA_WEIGHTS:
        raise ValueError(f"weights is one of {', '.join(KAPPA_WEIGHTS)}, not {kind!r}")
    grade = np.arange(grades, dtype=np.float64)
    distance = np.abs(grade[:, None] - grade[None, :]) / max(grades - 1, 1)
    if kind == "none":
        return np.eye(grades)
    return 1.0 - (distance if kind == "linear" else distance**2)


def kappa(table: ArrayLike, weights: str = "none") -> Kappa:
    """Cohen's kappa of a square table of counts.

    Use it to compare two raters, or two rounds of one laboratory, where chance alone would agree often.

    Parameters
    ----------
    table : shape (k, k), counts; rows one rater, columns the other, grades in the same order.
    weights : ``none``, ``linear`` or ``quadratic`` by distance of grades (for ordinal answers).

    Returns
    -------
    Kappa
        Dimensionless, unrounded; NaN when both raters used one and the same grade throughout: chance alone
        agrees fully.

    Raises
    ------
    EvaluationError
        When the table is not square, or a count is negative.
    ValueError
        For unknown weights, or a count that is NaN.

    Notes
    -----
    Weights must be chosen beforehand: quadratic weights raise the value. A table without counts gives NaN
    and n = 0; a count must be a number, NaN is refused.

    References
    ----------
    Fleiss, Cohen & Everitt, Psychol Bull 1969;72:323.

    Examples
    --------
    >>> round(kappa([[20, 5], [10, 15]]).value, 3)
    0.4
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or (counts < 0).any():
        raise EvaluationError(f"kappa needs a square table of counts, found shape {counts.shape}.")
    n = float(counts.sum())
    if n == 0:
        return Kappa(math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    p, w = counts / n, _weights(counts.shape[0], weights)
    row, column = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.sum(w * p)), float(np.sum(w * np.outer(row, column)))
    if expected >= 1.0:
        return Kappa(math.nan, math.nan, math.nan, observed, expected, int(n))
    value = (observed - expected) / (1.0 - expected)
    pull = (w @ column)[:, None] + (w.T @ row)[None, :]
    spread = float(np.sum(p * (w - pull * (1.0 - value)) ** 2)) - (value - expected * (1.0 - value)) ** 2
    null = float(np.sum(np.outer(row, column) * (w - pull) ** 2)) - expected**2
    scale = (1.0 - expected) * math.sqrt(n)
    z = value * scale / math.sqrt(null) if null > 0 else math.inf
    error = math.sqrt(max(spread, 0.0)) / scale
    return Kappa(value, error, 2.0 * normal_cdf(-abs(z)), observed, expected, int(n))


@dataclass(frozen=True)
class OrdinalSummary:
    """Mode(s), median grade and distribution of ordinal answers.

    Attributes
    ----------
    modes : grades named most often, ascending; more than one when they tie: report the tie.
    median : median grade, the lower one at an exact half; None without answers.
    n : answers used.
    counts : how often each grade came, by grade.
    """

    modes: tuple[int, ...]
    median: int | None
    n: int
    counts: dict[int, int]


def ordinal_summary(grades: ArrayLike) -> OrdinalSummary:
    """Summarise ordinal answers given as integer grades.

    Use it where answers are steps (-, +, ++): means and standard deviations of grades mean nothing.

    Parameters
    ----------
    grades : any shape, whole numbers, no unit; NaN means "no answer" and is left out.

    Returns
    -------
    OrdinalSummary
        Grades as integers; no modes and no median without answers.

    Notes
    -----
    Fractions of a grade are cut off: pass codes, not means.

    References
    ----------
    ISO 13528:2022, clause 11 and E.15.

    Examples
    --------
    >>> found = ordinal_summary([1, 1, 2, 3])
    >>> found.modes, found.median
    ((1,), 1)
    """
    values = np.asarray(grades, dtype=np.float64).ravel()
    values = np.sort(values[~np.isnan(values)]).astype(np.int64)
    if not values.size:
        return OrdinalSummary((), None, 0, {})
    grade, count = np.unique(values, return_counts=True)
    modes = tuple(int(g) for g in grade[count == count.max()])
    counts = dict(zip(grade.tolist(), count.tolist(), strict=True))
    return OrdinalSummary(modes, int(values[(values.size - 1) // 2]), values.size, counts)


def answer_entropy(counts: ArrayLike) -> float:
    """Shannon entropy of a distribution of answers: 0 where all agree.

    Use it to rank the samples of a round by how much the laboratories disagreed.

    Parameters
    ----------
    counts : any shape, how often each answer came; zero, negative and NaN counts are left out.

    Returns
    -------
    float
        Bits, unrounded, at most log2 of the number of answers; NaN without answers.

    Notes
    -----
    It tells how split the answers are, not which are right: all wrong alike gives 0.

    References
    ----------
    Shannon, Bell Syst Tech J 1948;27:379, section 6.

    Examples
    --------
    >>> answer_entropy([4, 4]), answer_entropy([9]), answer_entropy([2, 1, 1])
    (1.0, 0.0, 1.5)
    """
    n = np.asarray(counts, dtype=np.float64).ravel()
    n = n[n > 0]
    if not n.size:
        return math.nan
    share = n / n.sum()
    return float(-np.sum(share * np.log2(share))) + 0.0


@dataclass(frozen=True)
class CodedConsensus:
    """The most frequent answers and whether they are a majority.

    Attributes
    ----------
    answers : code or, when tied, codes named most often, in order of the code; empty without answers.
    share : of one of them among all, 0 to 1; NaN without answers.
    n : answers counted.
    is_reached : one answer alone reaches the majority asked for.
    """

    answers: tuple[str, ...]
    share: float
    n: int
    is_reached: bool


def coded_consensus(answers: ArrayLike, majority: float = 0.8) -> CodedConsensus:
    """Consensus of coded answers.

    Use it for the assigned value of a qualitative sample where no reference tells it.

    Parameters
    ----------
    answers : any shape, codes; empty codes are left out. NaN is no empty code, it would count as the answer
        "nan": replace it by "".
    majority : share needed, 0 to 1, inclusive: 0.8 in 42 CFR 493 today, 0.9 in older schemes.

    Returns
    -------
    CodedConsensus
        Share 0 to 1, unrounded.

    Notes
    -----
    A tie reports all tied answers and is never a consensus.

    References
    ----------
    42 CFR 493.931(c)(1) (80 % of the participants or of ten referee laboratories); ISO 13528:2022, clause
    11.

    Examples
    --------
    >>> coded_consensus(["pos"] * 8 + ["neg"] * 2)
    CodedConsensus(answers=('pos',), share=0.8, n=10, is_reached=True)
    """
    flat = [str(a) for a in np.asarray(answers).ravel().tolist() if str(a)]
    if not flat:
        return CodedConsensus((), math.nan, 0, False)
    counts = {answer: flat.count(answer) for answer in sorted(set(flat))}
    most = max(counts.values())
    top = tuple(answer for answer, count in counts.items() if count == most)
    # Counts are compared, not shares: 8 of 10 reaches 0.8 exactly.
    reached = len(top) == 1 and most >= math.ceil(majority * len(flat) - 1e-9)
    return CodedConsensus(top, most / len(flat), len(flat), reached)
