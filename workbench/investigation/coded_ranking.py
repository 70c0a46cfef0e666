"""Hypotheses about coded answers ranked: probabilities, words, what each would change by the type's own rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.evaluation.criteria import ObjectArray
from workbench.investigation.coded_panel import CodedPanel
from workbench.investigation.coded_prediction import LabView
from workbench.investigation.coded_scoring import Score, scores_if
from workbench.investigation.ranking import (
    CLOSE,
    FAMILY_SURE,
    MOST,
    SHOWN,
    WORDS,
    RankedCause,
    Ranking,
    words_for,
)
from workbench.parameters.causes import CausePrior

THROUGHOUT = ("systematic_false_positive", "systematic_false_negative", "kit_limitation")
"""Causes that make the same table as an accident where only one answer of a marker is wrong."""


SAME_TABLE = (
    "sample_swap", "sample_swap_panel", "shifted_order", "shifted_order_panel", "wrong_column", "column_shift",
    "systematic_confusion", "sign_inversion",
)  # fmt: skip
"""Causes that cannot be told apart where they put back the very same answers."""


@dataclass(frozen=True)
class Candidate:
    """One hypothesis with its posterior probability.

    Attributes
    ----------
    cause, samples, parameters, reading : as in `RankedCause`. repaired : shape (C, n), all answers of the
        laboratory as they would be; None without a repair. shared : it speaks of several markers.
    equivalents : causes that make the same table.
    """

    cause: str
    probability: float
    samples: tuple[int, ...]
    repaired: ObjectArray | None
    parameters: Mapping[str, float]
    reading: str
    shared: bool
    equivalents: tuple[str, ...] = ()


def with_equals(candidates: list[Candidate], view: LabView, columns: tuple[int, ...]) -> list[Candidate]:
    """Print causes on one line that make the very same table: one wrong answer, or one repair.

    Notes
    -----
    A marker with one positive sample that is missed looks the same as a marker that misses all; two causes of
    several markers that put back the same answers cannot be told apart either.
    """
    out = list(candidates)
    if int(view.wrong[list(columns)].sum()) == 1:
        out = _joined(out, [c for c in out if c.cause == "one_sample_accident" or c.cause in THROUGHOUT])
    tables: dict[tuple[str, ...], list[Candidate]] = {}
    for each in out:
        if each.cause in SAME_TABLE and each.repaired is not None:
            tables.setdefault(tuple(each.repaired.ravel().tolist()), []).append(each)
    for same in tables.values():
        out = _joined(out, same)
    return out


def _joined(candidates: list[Candidate], same: Sequence[Candidate]) -> list[Candidate]:
    """The most probable of some candidates takes the shares of all and names the others."""
    there = [c for c in same if c.probability > 0]
    if len(there) < 2:
        return candidates
    first, *rest = sorted(there, key=lambda c: -c.probability)
    most = first.probability
    names = tuple(c.cause for c in rest if c.probability >= 0.05 * most)
    joined = replace(first, probability=sum(c.probability for c in there), equivalents=names)
    return [joined, *(c for c in candidates if c not in there)]


def ranked_candidates(
    panel: CodedPanel,
    place: tuple[int, int],
    columns: tuple[int, ...],
    candidates: Sequence[Candidate],
    priors: Mapping[str, CausePrior],
) -> Ranking:
    """Words, families and counterfactual scores of the candidates of one laboratory x analyte.

    Parameters
    ----------
    place : laboratory and analyte. columns : markers that are explained.
    """
    order = sorted(candidates, key=lambda c: -c.probability)
    families: dict[str, float] = {}
    for each in order:
        family = priors[each.cause].family
        families[family] = families.get(family, 0.0) + each.probability
    best = max(families, key=lambda name: families[name])
    shown = [each for each in order[:SHOWN] if each.probability > 0]
    own = panel.columns(place[1])
    repaired = [each.repaired[own] for each in shown if each.repaired is not None]
    scores = iter(scores_if(panel, *place, repaired))
    causes = tuple(
        _line(panel, columns, each, priors[each.cause], None if each.repaired is None else next(scores))
        for each in shown
    )
    return Ranking(
        causes=causes,
        undetermined=_undetermined(causes),
        family=best if families[best] >= FAMILY_SURE and best != "none" else "",
        posterior={each.cause: each.probability for each in order},
    )


def _line(
    panel: CodedPanel,
    columns: tuple[int, ...],
    each: Candidate,
    prior: CausePrior,
    score: Score | None,
) -> RankedCause:
    """One candidate with its counterfactual score."""
    answers: tuple[str, ...] = ()
    if each.repaired is not None:
        answers = tuple(_shown(panel, columns, each.repaired[:, i]) for i in range(each.repaired.shape[1]))
    return RankedCause(
        cause=each.cause,
        family=prior.family,
        probability=min(each.probability, MOST),
        words=words_for(each.probability),
        samples=each.samples,
        parameters=each.parameters,
        reading=each.reading,
        repaired=None,
        acceptable=None if score is None else score.acceptable,
        passes=None if score is None else score.passes,
        fit=float("nan"),
        equivalents=each.equivalents,
        release=prior.release,
        answers=answers,
        marker=panel.markers[columns[0]].part if len(columns) == 1 else "",
    )


def _shown(panel: CodedPanel, columns: tuple[int, ...], codes: ObjectArray) -> str:
    """The answer of one sample: its code, or drug by drug."""
    if len(columns) == 1:
        return str(codes[columns[0]])
    return "; ".join(f"{panel.name(c)}:{codes[c]}" for c in columns if codes[c])


def _undetermined(causes: Sequence[RankedCause]) -> str:
    """Why no cause is named."""
    first = causes[0]
    if first.family == "none":
        return first.cause
    if first.probability < WORDS[-1][0]:
        return "too_weak"
    other = causes[1] if len(causes) > 1 else first
    close = other.family != first.family and first.probability - other.probability < CLOSE
    return "two_causes" if close else ""
