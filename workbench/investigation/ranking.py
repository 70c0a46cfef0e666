"""Hypotheses of one cell ranked: posterior probabilities, words for them, and what each would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.cell import Cell, Explanation
from workbench.parameters.causes import CausePrior

GATE = 3.9
"""ln by which a repair loses that leaves as many results unacceptable: it is not a cause."""

MOST = 0.99
"""No probability above it is stated."""

WORDS = ((0.95, "very_likely"), (0.80, "likely"), (0.50, "leaning"))

SHOWN = 4
"""Causes shown of one cell."""

FAMILY_SURE = 0.80
"""A family is named where its causes together reach it, though none of them does alone."""

CLOSE = 0.10
"""Two causes of different families nearer than this leave the cell undetermined."""

POOR_FIT = 0.001
"""Goodness of fit below which even the best cause does not explain the results."""

WORTH_SAYING = 0.05
"""Least probability at which a mistake with digits is named beside an accident on the same sample."""

LINKED = 2.0
"""ln by which a broken relation between linked analytes raises number and column causes and lowers analytical ones."""

SAME = (frozenset({"unit_factor", "decimal_slip"}), frozenset({"sample_swap", "shifted_order"}))
"""Causes that numbers cannot tell apart when they repair to the same results."""


@dataclass(frozen=True)
class RankedCause:
    """One line of the answer.

    Attributes
    ----------
    cause, family : names. probability : posterior, at most 0.99. words : key of its words, "" below 0.5.
    samples : positions in the cell it concerns, empty for all. parameters, reading : what fills its sentence.
    repaired : shape (m,), results as they would be; None without a repair.
    acceptable, passes : under the rule in force with the repair, targets and limits as they are; None without.
    fit : p of the chi-square of the repaired residuals, NaN without a repair.
    equivalents : causes that numbers cannot tell from it. release : may be told when at least likely.
    answers : coded results as they would be, one a sample of the round; empty without a repair, and always for
        quantities. marker : the type, drug or pad it concerns, "" for the analyte as a whole.
    """

    cause: str
    family: str
    probability: float
    words: str
    samples: tuple[int, ...]
    parameters: Mapping[str, float]
    reading: str
    repaired: FloatArray | None
    acceptable: int | None
    passes: bool | None
    fit: float
    equivalents: tuple[str, ...]
    release: bool
    answers: tuple[str, ...] = ()
    marker: str = ""


@dataclass(frozen=True)
class Ranking:
    """The answer for one cell.

    Attributes
    ----------
    causes : most probable first, at most four. undetermined : why no cause is named, "" where one is.
    family : the family that is sure, "" without. posterior : every cause tried, most probable first.
    """

    causes: tuple[RankedCause, ...]
    undetermined: str
    family: str
    posterior: Mapping[str, float]

    @property
    def first(self) -> str:
        """Name of the most probable cause, determined or not."""
        return self.causes[0].cause


def words_for(probability: float) -> str:
    """Key of the words for a posterior probability; "" where nothing is claimed.

    Examples
    --------
    >>> [words_for(p) for p in (0.97, 0.85, 0.6, 0.3)]
    ['very_likely', 'likely', 'leaning', '']
    """
    return next((word for least, word in WORDS if probability >= least), "")


def ranked(
    cell: Cell,
    found: Sequence[Explanation],
    priors: Mapping[str, CausePrior],
    *,
    target_doubtful: bool = False,
    linked: bool = False,
) -> Ranking:
    """Rank the hypotheses of one cell.

    Parameters
    ----------
    found : all hypotheses tried, among them `ordinary` and `none_of_these`.
    priors : of each cause. target_doubtful : the group fell back to all laboratories, or is suspect.
    linked : a relation of the analyte with others of the laboratory does not hold.

    Notes
    -----
    Posterior is prior x density over all hypotheses. A repair that leaves as many results outside the
    limits is set back. Hypotheses are never proofs: nothing is applied to a score.
    """
    shares = [priors[each.cause] for each in found]
    score = np.array(
        [
            each.log_density + log(share.prior) - _gate(cell, each) + (_relation(share) if linked else 0.0)
            for each, share in zip(found, shares, strict=True)
        ]
    )
    posterior = np.exp(score - score.max())
    posterior /= posterior.sum()
    merged, equivalents = _merged(found, posterior)
    equivalents = _with_digits(found, posterior, equivalents)
    order = np.argsort(-merged, kind="stable")
    causes = tuple(
        _line(cell, found[i], float(merged[i]), priors, equivalents[i])
        for i in order[:SHOWN]
        if merged[i] > 0
    )
    families: dict[str, float] = {}
    for each, p in zip(found, posterior, strict=True):
        family = priors[each.cause].family
        families[family] = families.get(family, 0.0) + float(p)
    best = max(families, key=lambda name: families[name])
    return Ranking(
        causes=causes,
        undetermined=_undetermined(causes, target_doubtful),
        family=best if families[best] >= FAMILY_SURE and best not in ("none", "organiser") else "",
        posterior={found[i].cause: float(posterior[i]) for i in np.argsort(-posterior, kind="stable")},
    )


def _gate(cell: Cell, each: Explanation) -> float:
    """What a repair loses that repairs nothing."""
    if each.repaired is None:
        return 0.0
    before, after = int(cell.outside(cell.value).sum()), int(cell.outside(each.repaired).sum())
    return GATE if after >= before else 0.0


def _relation(share: CausePrior) -> float:
    """What a broken relation adds to a cause."""
    return {"raises": LINKED, "lowers": -LINKED}.get(share.linked, 0.0)


def _merged(found: Sequence[Explanation], posterior: FloatArray) -> tuple[FloatArray, list[tuple[str, ...]]]:
    """Join causes that repair to the same results: the more probable one takes both shares."""
    out = posterior.copy()
    equivalents: list[tuple[str, ...]] = [()] * len(found)
    for pair in SAME:
        places = [i for i, each in enumerate(found) if each.cause in pair]
        if len(places) != 2:
            continue
        strong, weak = sorted(places, key=lambda i: -posterior[i])
        one, other = found[strong].repaired, found[weak].repaired
        if one is not None and other is not None and np.allclose(one, other, rtol=1e-9):
            out[strong] += out[weak]
            out[weak] = 0.0
            equivalents[strong] = (found[weak].cause,)
    return out, equivalents


def _with_digits(
    found: Sequence[Explanation], posterior: FloatArray, equivalents: list[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """An accident on one sample may be a mistake with its digits: all readings stand on its line."""
    place = {each.cause: i for i, each in enumerate(found)}
    accident = place.get("one_sample_accident")
    if accident is None:
        return equivalents
    readings = tuple(
        cause
        for cause in ("digit_transposition", "digit_typo")
        if cause in place
        and found[place[cause]].samples == found[accident].samples
        and posterior[place[cause]] >= WORTH_SAYING
    )
    out = equivalents.copy()
    out[accident] = (*out[accident], *readings)
    return out


def _line(
    cell: Cell,
    each: Explanation,
    probability: float,
    priors: Mapping[str, CausePrior],
    equivalents: tuple[str, ...],
) -> RankedCause:
    """One hypothesis with its counterfactual score."""
    acceptable = passes = None
    if each.repaired is not None:
        acceptable = cell.acceptable(each.repaired)
        passes = acceptable >= cell.needed
    return RankedCause(
        cause=each.cause,
        family=priors[each.cause].family,
        probability=min(probability, MOST),
        words=words_for(probability),
        samples=tuple(cell.samples[i] for i in each.samples),
        parameters=each.parameters,
        reading=each.reading,
        repaired=each.repaired,
        acceptable=acceptable,
        passes=passes,
        fit=goodness_of_fit(cell, each),
        equivalents=equivalents,
        release=priors[each.cause].release,
    )


def goodness_of_fit(cell: Cell, each: Explanation) -> float:
    """p of the chi-square of the repaired residuals; NaN where nothing is repaired."""
    from scipy.special import chdtrc

    if each.repaired is None:
        return float("nan")
    residual = each.repaired - cell.target
    square = float(residual @ cell.precision @ residual)
    return float(chdtrc(cell.size, square))


def _undetermined(causes: Sequence[RankedCause], target_doubtful: bool) -> str:
    """Why no cause is named."""
    first = causes[0]
    if first.family == "none":
        return first.cause
    if first.probability < WORDS[-1][0]:
        return "too_weak"
    other = causes[1] if len(causes) > 1 else first
    if other.family != first.family and first.probability - other.probability < CLOSE:
        return "two_causes"
    if target_doubtful or first.family == "organiser":
        return "target_doubtful"
    return "poor_fit" if first.fit < POOR_FIT else ""
