"""Investigate a round of coded answers: every analyte with a wrong answer, with its ranked causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError, Problem
from workbench.evaluation import RoundInputs
from workbench.evaluation.criteria import FloatArray, ObjectArray
from workbench.investigation.coded_explanations import CodedExplanation
from workbench.investigation.coded_isolate_causes import Isolates, isolate_causes
from workbench.investigation.coded_marker_causes import Single, marker_causes
from workbench.investigation.coded_names import badly_named
from workbench.investigation.coded_panel import CodedPanel, coded_panel_of, is_right
from workbench.investigation.coded_panel_causes import Shared, put_right, shared_causes
from workbench.investigation.coded_prediction import LabView, Predictions
from workbench.investigation.coded_ranking import Candidate, ranked_candidates, with_equals
from workbench.investigation.coded_scoring import score_now
from workbench.investigation.likelihood import log_sum
from workbench.investigation.ranking import GATE, SHOWN, RankedCause, Ranking
from workbench.parameters.causes import CausePrior, coded_cause_priors

PANEL_MARGIN = 1.5
"""ln by which a cause of several markers must beat those of each marker together."""

PANEL_CELLS = 2
"""Fewest wrong answers that a cause of several markers must put right."""

OWN_TROUBLE = 0.02
"""Share of markers with a trouble of their own beside a cause of several markers."""


@dataclass(frozen=True)
class Unit:
    """What is explained together: one marker, or all drugs of an analyte; with its hypotheses.

    Attributes
    ----------
    columns : markers. own : ln p of the answers of each as they stand. found : hypotheses, empty where nothing
        is wrong. score : of each, ln prior + ln p.
    evidence : ln p of the answers under all of them together.
    """

    columns: tuple[int, ...]
    own: tuple[float, ...]
    found: tuple[CodedExplanation, ...]
    score: FloatArray
    evidence: float


@dataclass(frozen=True)
class Explained:
    """One laboratory: its answers, its units, the causes of several markers with their scores."""

    view: LabView
    units: tuple[Unit, ...]
    apart: float
    shared: tuple[tuple[Shared, float], ...]

    @property
    def leading(self) -> Shared | None:
        """The cause of several markers that beats those of each marker, if one does."""
        best = max(self.shared, key=lambda pair: pair[1], default=None)
        return best[0] if best is not None and best[1] > self.apart else None


@dataclass(frozen=True)
class CodedInvestigation:
    """Everything needed to explain the wrong answers of one round.

    Attributes
    ----------
    panel : the round. priors : shares of causes; the project's own by default.
    """

    panel: CodedPanel
    priors: Mapping[str, CausePrior] = field(default_factory=coded_cause_priors)
    _known: dict[int, Explained] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def predictions(self) -> Predictions:
        """What peers answer."""
        return Predictions(self.panel)

    @cached_property
    def _drugs(self) -> frozenset[int]:
        first = next((m.analyte for m in self.panel.markers if m.result_type == "ast"), None)
        return frozenset(() if first is None else self.panel.columns(first))

    def investigate(self, laboratory: int, analyte: int, marker: str = "") -> Ranking:
        """Rank the causes of one laboratory x analyte.

        Parameters
        ----------
        laboratory, analyte : positions in the panel. marker : type of a panel to be looked at; by default the
            one with most wrong answers, among those that the best cause of several markers speaks of.

        Raises
        ------
        EvaluationError
            when nothing of the analyte is wrong.

        Notes
        -----
        A name that is not on the controlled list is a fact and stands first, whatever else is wrong. A cause of
        several markers competes with the causes of each marker together; it loses 1.5 in ln, and
        must put two wrong answers right. A hypothesis is no proof: nothing is applied to a score.
        """
        explained = self._explained(laboratory)
        units = [
            u for u in explained.units if u.found and self.panel.markers[u.columns[0]].analyte == analyte
        ]
        if marker:
            units = [u for u in units if marker in {self.panel.markers[c].part for c in u.columns}]
        if not units:
            lab, code = self.panel.labs[laboratory], self.panel.analytes[analyte]
            raise EvaluationError(f"Nothing is wrong with {code} of {lab}.", [Problem("no wrong answer")])
        wrong, best = explained.view.wrong, explained.leading

        def rank(unit: Unit) -> tuple[bool, int]:
            columns = list(unit.columns)
            return best is not None and bool(best.touched[columns].any()), int(wrong[columns].sum())

        unit = max(units, key=rank)
        names = badly_named(self.panel, laboratory, analyte)
        if not names:
            return self._ranking(explained, unit, analyte)
        if len(names) == int(wrong[list(unit.columns)].sum()):
            return self._by_rule(laboratory, analyte, names, ())
        return self._by_rule(laboratory, analyte, names, self._ranking(explained, unit, analyte).causes)

    def failures(self) -> list[tuple[int, int]]:
        """Laboratory x analyte with at least one answer that has not full marks."""
        out: list[tuple[int, int]] = []
        for laboratory, column in np.argwhere(self.panel.wrong.any(axis=2)).tolist():
            place = laboratory, self.panel.markers[column].analyte
            if place not in out[-len(self.panel.analytes) :]:
                out.append(place)
        return out

    def _explained(self, laboratory: int) -> Explained:
        if laboratory not in self._known:
            self._known[laboratory] = self._explain(laboratory)
        return self._known[laboratory]

    def _explain(self, laboratory: int) -> Explained:
        """Hypotheses of every unit, and of several together."""
        view = self.predictions.view(laboratory)
        groups: list[tuple[int, ...]] = [(c,) for c in range(self.panel.shape[1]) if c not in self._drugs]
        if self._drugs:
            groups.append(tuple(sorted(self._drugs)))
        units = tuple(self._unit(view, group) for group in groups)
        apart = sum(unit.evidence for unit in units)
        shared = []
        for each in shared_causes(self.panel, self.predictions, view) if view.wrong.any() else ():
            if put_right(each, self.panel, view) >= PANEL_CELLS:
                shared.append((each, self._shared_score(each, units)))
        return Explained(view, units, apart, tuple(shared))

    def _unit(self, view: LabView, columns: tuple[int, ...]) -> Unit:
        """The hypotheses of one unit."""
        own = tuple(view.own[list(columns)].sum(axis=1).tolist())
        if not view.wrong[list(columns)].any():
            return Unit(columns, own, (), np.zeros(0), sum(own))
        if columns[0] in self._drugs and view.isolates is not None:
            found = isolate_causes(Isolates(self.panel, view, view.isolates))
        else:
            single = Single(self.panel, self.predictions, view, columns[0])
            found = marker_causes(single, alone=len(self.panel.analytes) == 1)
        score = np.array(
            [e.log_density + log(self.priors[e.cause].prior) - self._gate(view, columns, e) for e in found]
        )
        return Unit(columns, own, tuple(found), score, log_sum(score))

    def _gate(self, view: LabView, columns: tuple[int, ...], each: CodedExplanation) -> float:
        """What a repair loses that leaves as many answers wrong."""
        if each.repaired is None:
            return 0.0
        place = np.array(columns)
        tested = view.tested[place]
        now = ~is_right(self.panel, view.laboratory, view.code[place], place) & tested
        left = ~is_right(self.panel, view.laboratory, each.repaired, place) & tested
        return GATE if left.sum() >= now.sum() else 0.0

    def _shared_score(self, each: Shared, units: Sequence[Unit]) -> float:
        """ln prior + ln p of all answers of the laboratory under a cause of several markers.

        Markers that fail each for itself are so many events; that so many of this laboratory's markers fail is
        the chance of each further one.
        """
        margin = PANEL_MARGIN if len(units) > 1 else 0.0
        total = log(self.priors[each.cause].prior) + each.weight - margin
        failing = [unit for unit in units if unit.found]
        explained = sum(bool(each.touched[list(unit.columns)].any()) for unit in failing)
        total += (explained - 1) * log(len(units) / len(failing))
        for unit in units:
            total += self._with_shared(each, unit)[0]
        return total

    def _with_shared(self, each: Shared, unit: Unit) -> tuple[float, float]:
        """ln p of a unit's answers under a cause of several markers, and the share that cause itself has of it."""
        touched = [c for c in unit.columns if each.touched[c]]
        if not touched:
            return unit.evidence, 0.0
        density = float(sum(each.density[c] for c in touched))
        density += sum(unit.own[k] for k, c in enumerate(unit.columns) if not each.touched[c])
        own = log(OWN_TROUBLE) + unit.evidence
        both = float(np.logaddexp(density, own))
        return both, float(np.exp(density - both))

    def _ranking(self, explained: Explained, unit: Unit, analyte: int) -> Ranking:
        """Own causes of a unit and those of several markers in one list."""
        weights = np.array([explained.apart, *(score for _, score in explained.shared)])
        weights = np.exp(weights - log_sum(weights))
        own, candidates = float(weights[0]), []
        by_cause: dict[str, list[tuple[float, Shared]]] = {}
        for (each, _), weight in zip(explained.shared, weights[1:].tolist(), strict=True):
            share = self._with_shared(each, unit)[1]
            own += weight * (1 - share)
            if share > 0:
                by_cause.setdefault(each.cause, []).append((weight * share, each))
        for cause, each_of in by_cause.items():
            best = max(each_of, key=lambda pair: pair[0])[1]
            probability = sum(p for p, _ in each_of)
            candidates.append(
                Candidate(
                    cause, probability, best.samples, best.repaired, best.parameters, best.reading, True
                )
            )
        posterior = np.exp(unit.score - unit.evidence)
        for found, p in zip(unit.found, posterior.tolist(), strict=True):
            repaired = None if found.repaired is None else self._laid(explained.view, unit, found.repaired)
            candidates.append(
                Candidate(
                    found.cause, own * p, found.samples, repaired, found.parameters, found.reading, False
                )
            )
        candidates = with_equals(candidates, explained.view, unit.columns)
        return ranked_candidates(
            self.panel, (explained.view.laboratory, analyte), unit.columns, candidates, self.priors
        )

    def _by_rule(
        self, laboratory: int, analyte: int, names: tuple[int, ...], others: tuple[RankedCause, ...]
    ) -> Ranking:
        """The answer where the controlled list itself says what is wrong; causes of the other answers after it."""
        columns = tuple(self.panel.columns(analyte))
        repaired = self.panel.code[laboratory].copy()
        for place in names:
            repaired[columns[0], place] = self.panel.expected[laboratory, columns[0], place]
        found = Candidate("nomenclature", 1.0, names, repaired, {}, "", shared=False)
        answer = ranked_candidates(self.panel, (laboratory, analyte), columns, [found], self.priors)
        return replace(answer, causes=(*answer.causes, *others[: SHOWN - 1]))

    def _laid(self, view: LabView, unit: Unit, repaired: ObjectArray) -> ObjectArray:
        """A unit's repaired answers among all the others as they are."""
        out = view.code.copy()
        out[list(unit.columns)] = repaired
        return out

    def table(self, places: Sequence[tuple[int, int]] | None = None) -> pd.DataFrame:
        """One row per laboratory x device x analyte x rank, at most four ranks; all failures by default."""
        rows = []
        for laboratory, analyte in self.failures() if places is None else places:
            answer = self.investigate(laboratory, analyte)
            rows += [self._row(laboratory, analyte, answer, rank) for rank in range(len(answer.causes))]
        return pd.DataFrame(rows, columns=CODED_COLUMNS)

    def _row(self, laboratory: int, analyte: int, answer: Ranking, rank: int) -> dict[str, object]:
        """One ranked cause as a row."""
        each, panel = answer.causes[rank], self.panel
        now = score_now(panel, laboratory, analyte)
        return {
            "lab_code": panel.labs[laboratory],
            "device_id": panel.devices[laboratory],
            "analyte": panel.analytes[analyte],
            "marker": each.marker,
            "rank": rank + 1,
            "cause": each.cause,
            "family": each.family,
            "probability": each.probability,
            "words": each.words,
            "undetermined": answer.undetermined,
            "samples": ",".join(panel.samples[s] for s in each.samples),
            "reading": each.reading,
            "parameters": dict(each.parameters),
            "equivalents": ",".join(each.equivalents),
            "acceptable": now.acceptable,
            "graded": now.graded,
            "failed": not now.passes,
            "acceptable_if": each.acceptable,
            "passes_if": each.passes,
            "release": each.release and each.words in ("likely", "very_likely"),
        }


CODED_COLUMNS = [
    "lab_code", "device_id", "analyte", "marker", "rank", "cause", "family", "probability", "words",
    "undetermined", "samples", "reading", "parameters", "equivalents", "acceptable", "graded", "failed",
    "acceptable_if", "passes_if", "release",
]  # fmt: skip
"""One row per laboratory x device x analyte x rank."""


def coded_investigation(inputs: RoundInputs) -> CodedInvestigation:
    """The investigation of the coded analytes of a round.

    Raises
    ------
    EvaluationError
        when the programme has no coded analytes, or the round cannot be evaluated.
    """
    return CodedInvestigation(coded_panel_of(inputs))
