"""Causes that one marker's answers can have by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from math import lgamma, log

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.investigation.coded_explanations import (
    EXACT,
    CodedExplanation,
    best_of,
    ordered_density,
    orders,
    put_back,
    swaps,
)
from workbench.investigation.coded_markers import Marker
from workbench.investigation.coded_panel import CodedPanel
from workbench.investigation.coded_prediction import LabView, Predictions

THROUGHOUT = 0.93
"""Share of answers that a systematic error makes what it makes them."""

KIT_SHARE, KIT_MISSES, KIT_COVERS = 0.6, 3.0, -5.0
"""Share of the kit's laboratories that must miss or not test it too; ln by which that raises, its lack lowers."""

WEAK_AGREEMENT, WEAK_MISSED = 0.8, 0.6
"""Agreement of the others below which a positive sample counts as weak; probability that it is missed."""

SHIFTS = (-3, -2, -1, 1, 2, 3)
"""Grades by which a strip reads off."""

CARELESS = (0.5, 8.0)
"""Wrong and right answers that every laboratory is credited with before its other markers are looked at."""

MOST_WRONG = 2
"""Wrong answers of another marker that count at most: a systematic trouble there is no carelessness here."""

COMMON = 0.1
"""Probability among peers from which a wrong answer is nothing special beside an accident."""

AT_LEAST = 0.8
"""Share of the answers that must be what a systematic error makes them before it is considered."""


@dataclass(frozen=True)
class Single:
    """One marker of one laboratory: arrays over the samples.

    Attributes
    ----------
    panel : the round. predictions : of it. view : the laboratory. column : the marker.
    """

    panel: CodedPanel
    predictions: Predictions
    view: LabView
    column: int

    @property
    def marker(self) -> Marker:
        """The marker."""
        return self.panel.markers[self.column]

    @property
    def code(self) -> ObjectArray:
        """Shape (n,), answers."""
        return np.asarray(self.view.code[self.column])

    @property
    def expected(self) -> ObjectArray:
        """Shape (n,), expected codes."""
        return np.asarray(self.view.expected[self.column])

    @cached_property
    def tested(self) -> list[int]:
        """Positions with an answer."""
        return [int(i) for i in np.flatnonzero(self.view.tested[self.column])]

    @cached_property
    def wrong(self) -> list[int]:
        """Positions with a wrong answer."""
        return [int(i) for i in np.flatnonzero(self.view.wrong[self.column])]

    @property
    def own(self) -> FloatArray:
        """Shape (n,), ln p of each answer."""
        return np.asarray(self.view.own[self.column])

    @property
    def size(self) -> int:
        """Codes the marker can have."""
        return int(self.view.size[self.column])

    @cached_property
    def alphabet(self) -> tuple[str, ...]:
        """Codes the marker can have."""
        known = self.predictions.alphabet[self.column]
        return tuple(code for code, there in zip(self.predictions.codes, known, strict=True) if there)

    def probability(self, sample: int, code: str) -> float:
        """Of a code on a sample."""
        return float(self.view.probability[self.column, sample, self.predictions.index[code]])

    def side(self, code: str) -> str:
        """negative, positive (weak ones too), equivocal or ""."""
        found = self.marker.sides.get(code, "")
        return "positive" if found == "weak" else found

    def mapped(self, change: Callable[[str], str], samples: list[int]) -> float:
        """ln p of the answers on some samples if what was seen there was changed before it was written."""
        total = 0.0
        for i in samples:
            p = sum(self.probability(i, seen) for seen in self.alphabet if change(seen) == self.code[i])
            total += log(EXACT * min(p, 1.0) + (1 - EXACT) / self.size)
        return total

    def repaired(self, change: Callable[[int], str]) -> ObjectArray:
        """Shape (1, n), answers with those of every tested sample replaced."""
        out = self.code.copy()
        for i in self.tested:
            out[i] = change(i)
        return np.asarray(out[None, :])


def marker_causes(single: Single, *, alone: bool) -> list[CodedExplanation]:
    """Every hypothesis about one marker with wrong answers.

    Parameters
    ----------
    alone : the programme has one analyte: its samples out of order are told by the causes of the whole panel.
    """
    found = [
        CodedExplanation("ordinary", float(single.own.sum())),
        CodedExplanation("none_of_these", -len(single.tested) * log(single.size)),
        *_accident(single),
        *_scattered(single),
        *_throughout(single, "positive", "systematic_false_positive"),
        *_throughout(single, "negative", "systematic_false_negative"),
        *_kit_limitation(single),
        *_weak_missed(single),
        *_inverted(single),
        *_shifted_grades(single),
        *_confused(single),
    ]
    return found if alone else [*found, *_out_of_order(single)]


def _accident(single: Single) -> list[CodedExplanation]:
    """One answer is anything, the others are ordinary."""
    out = []
    for i in single.wrong:
        if any(single.own[other] < log(COMMON) for other in single.wrong if other != i):
            continue
        density = float(single.own.sum() - single.own[i]) - log(single.size - 1) - log(len(single.tested))
        fixed = single.code.copy()
        fixed[i] = single.expected[i]
        out.append(CodedExplanation("one_sample_accident", density, (i,), fixed[None, :]))
    return best_of(out)


def _scattered(single: Single) -> list[CodedExplanation]:
    """Several answers are anything, as often as this laboratory is wrong on its other markers (beta-binomial)."""
    wrong, right = len(single.wrong), len(single.tested) - len(single.wrong)
    if wrong < 2:
        return []
    view = single.view
    others = [c for c in range(len(view.wrong)) if c != single.column]
    made = float(np.minimum(view.wrong[others].sum(axis=1), MOST_WRONG).sum())
    a, b = CARELESS[0] + made, CARELESS[1] + float(view.tested[others].sum()) - made
    density = _log_beta(a + wrong, b + right) - _log_beta(a, b) - wrong * log(single.size - 1)
    return [CodedExplanation("scattered_errors", density, tuple(single.wrong))]


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _throughout(single: Single, side: str, cause: str) -> list[CodedExplanation]:
    """Every sample reported on one side of the cut-off."""
    codes = [code for code in single.alphabet if single.side(code) == side]
    other = len(single.alphabet) - len(codes)
    hits = [i for i in single.tested if single.side(single.code[i]) == side]
    made = [i for i in hits if i in single.wrong]
    if not codes or not made or not other or len(hits) < AT_LEAST * len(single.tested):
        return []
    usual = {code: sum(single.probability(i, code) for i in single.tested) for code in codes}
    total = sum(usual.values())
    density = 0.0
    for i in single.tested:
        if i in hits:
            density += log(THROUGHOUT * usual[single.code[i]] / total)
        else:
            density += log((1 - THROUGHOUT) / other)
    return [CodedExplanation(cause, density)]


def _kit_limitation(single: Single) -> list[CodedExplanation]:
    """As false negatives, but the kit of many others misses them too."""
    misses = single.view.kit_misses[single.column]
    positive = [i for i in single.tested if single.side(single.expected[i]) == "positive"]
    missed = [i for i in positive if single.side(single.code[i]) == "negative"]
    if not missed or np.isnan(misses).all():
        return []
    share = float(np.mean(misses[missed]))
    rest = [i for i in single.tested if i not in positive]
    density = sum(log(THROUGHOUT if i in missed else 1 - THROUGHOUT) for i in positive)
    density += float(single.own[rest].sum()) + (KIT_MISSES if share >= KIT_SHARE else KIT_COVERS)
    return [CodedExplanation("kit_limitation", density, parameters={"percent": 100.0 * share})]


def _weak_missed(single: Single) -> list[CodedExplanation]:
    """Samples near the cut-off missed, the others ordinary."""
    weak = [
        i
        for i in single.tested
        if single.side(single.expected[i]) == "positive"
        and (
            single.view.misses[single.column, i] > 1 - WEAK_AGREEMENT
            or single.marker.sides.get(single.expected[i]) == "weak"
            or i in _stated_weak(single)
        )
    ]
    missed = [i for i in weak if i in single.wrong and single.side(single.code[i]) != "positive"]
    if not missed:
        return []
    density = sum(log(WEAK_MISSED if i in missed else 1 - WEAK_MISSED) for i in weak)
    density += float(sum(single.own[i] for i in single.tested if i not in weak))
    repaired = single.repaired(lambda i: single.expected[i] if i in missed else single.code[i])
    return [CodedExplanation("weak_positive_missed", density, tuple(missed), repaired)]


def _stated_weak(single: Single) -> list[int]:
    """Samples whose expected answer says that they are weak."""
    expected = single.panel.graded[single.marker.analyte].given.expected
    return [
        place
        for place, sample in enumerate(single.panel.samples)
        if sample in expected and expected[sample].detail.get("strength") == "weak"
    ]


def _inverted(single: Single) -> list[CodedExplanation]:
    """Every category exchanged for its opposite."""
    pairs = single.marker.exchange
    if not pairs or len(single.wrong) < 2:
        return []
    density = single.mapped(lambda seen: pairs.get(seen, seen), single.tested)
    repaired = single.repaired(lambda i: pairs.get(single.code[i], single.code[i]))
    return [CodedExplanation("sign_inversion", density, (), repaired)]


def _graded_by(order: Mapping[str, int], code: str, steps: int, lowest: int) -> str:
    """The code so many grades off, kept inside the scale."""
    if code not in order:
        return code
    codes = sorted(order, key=lambda each: order[each])
    return codes[min(max(order[code] + steps, lowest), len(codes) - 1)]


def _shifted_grades(single: Single) -> list[CodedExplanation]:
    """Positives read some grades too high or too low; negatives stay."""
    order = single.marker.order
    if not order:
        return []
    cut = any(single.side(code) == "negative" for code in order)
    moved = [i for i in single.tested if not cut or single.side(single.expected[i]) == "positive"]
    rest = [i for i in single.tested if i not in moved]
    if len(moved) < 2:
        return []
    out = []
    for steps in SHIFTS:

        def change(seen: str, steps: int = steps) -> str:
            stays = cut and single.side(seen) == "negative"
            return seen if stays else _graded_by(order, seen, steps, 0)

        density = single.mapped(change, moved) + float(single.own[rest].sum()) - log(len(SHIFTS))
        repaired = single.code.copy()
        for i in moved:
            repaired[i] = _graded_by(order, str(single.code[i]), -steps, 0)
        out.append(CodedExplanation("grade_shift", density, (), repaired[None, :], {"steps": float(steps)}))
    return best_of(out)


def _confused(single: Single) -> list[CodedExplanation]:
    """Two names taken for each other throughout, weighted by how often peers confuse them."""
    if single.marker.order or single.marker.sides or single.size < 3:
        return []
    pairs = {(single.expected[i], single.code[i]) for i in single.wrong if single.code[i] != "?"}
    weights = {pair: _peer_confusions(single, pair) for pair in pairs}
    out = []
    for one, other in sorted(pairs):
        exchange = {one: other, other: one}
        places = [i for i in single.tested if single.expected[i] in exchange]
        if len([i for i in places if i in single.wrong]) < 2:
            continue
        for change in (exchange, {one: other}):
            density = single.mapped(partial(_changed, change), places)
            density += float(sum(single.own[i] for i in single.tested if i not in places))
            density += log(weights[one, other]) - log(2.0)
            repaired = single.repaired(partial(_back, single, change))
            reading = f"{one}|{other}"
            out.append(
                CodedExplanation("systematic_confusion", density, tuple(places), repaired, {}, reading)
            )
    return best_of(out)


def _changed(change: Mapping[str, str], seen: str) -> str:
    return change.get(seen, seen)


def _back(single: Single, change: Mapping[str, str], sample: int) -> str:
    """The answer before two names were exchanged; where both became one name, the expected one of the two."""
    code = str(single.code[sample])
    if change.get(code):
        return change[code]
    sources = [one for one, other in change.items() if other == code]
    return sources[0] if sources and single.expected[sample] == sources[0] else code


def _peer_confusions(single: Single, pair: tuple[str, str]) -> float:
    """Share of all wrong answers of the panel on this marker that confuse this pair, never quite zero."""
    panel, column = single.panel, single.column
    wrong: BoolArray = panel.wrong[:, column].copy()
    wrong[single.view.laboratory] = False
    given = list(zip(panel.expected[:, column][wrong], panel.code[:, column][wrong], strict=True))
    hits = sum(each in (pair, pair[::-1]) for each in given)
    pairs = single.size * (single.size - 1) / 2
    return (hits + 1.0) / (len(given) + pairs)


def _out_of_order(single: Single) -> list[CodedExplanation]:
    """This marker's samples exchanged, or shifted from some sample on."""
    out: dict[str, list[CodedExplanation]] = {"sample_swap": [], "shifted_order": []}
    if len(single.wrong) < 2:
        return []
    column = slice(single.column, single.column + 1)
    view, n = single.view, len(single.code)
    for cause, source, weight, size in (*swaps(n, single.tested), *orders(n)):
        density = ordered_density(view.same[column], view.anything[column], source)
        moved = tuple(i for i, j in enumerate(source) if i != j) if cause == "sample_swap" else ()
        repaired = put_back(single.code[None, :], source)
        out[cause].append(CodedExplanation(cause, float(density[0]) + weight, moved, repaired, size))
    return [each for alternatives in out.values() for each in best_of(alternatives)]
