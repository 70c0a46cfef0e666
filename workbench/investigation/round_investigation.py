"""Investigate a round: every failed analyte of every laboratory with its ranked causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, log

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError, Problem
from workbench.evaluation.criteria import FloatArray
from workbench.investigation.analytical_causes import (
    carry_over,
    constant_bias,
    imprecision,
    late_testing,
    mixed_bias,
    one_sample_accident,
    proportional_bias,
    target_suspect,
)
from workbench.investigation.cell import Cell, Explanation
from workbench.investigation.clean_consensus import CleanTargets, clean_targets
from workbench.investigation.evidence import (
    ControlEvidence,
    Earlier,
    decimals,
    drift_evidence,
    earlier_biases,
    other_columns,
    other_groups,
    relative_bias,
)
from workbench.investigation.identity_causes import (
    sample_swap,
    shifted_order,
    wrong_column,
    wrong_method_code,
)
from workbench.investigation.likelihood import nothing_in_particular
from workbench.investigation.linked_evidence import broken_relations
from workbench.investigation.noise_model import NoiseModel, pooled_noise_models
from workbench.investigation.number_causes import (
    copied,
    decimal_slip,
    digit_transposition,
    digit_typo,
    dilution_forgotten,
    range_limits,
    rounding_coarse,
    unit_factor,
)
from workbench.investigation.panel import Panel
from workbench.investigation.panel_causes import PanelCause, dilution_exponent, panel_cause
from workbench.investigation.ranking import MOST, RankedCause, Ranking, ranked, words_for
from workbench.parameters.causes import CausePrior, cause_priors

LABILE = {"CK": -1, "LDH": -1, "TBil": -1, "DBil": -1, "Glu": -1, "CK-MB-act": -1, "ALP": 1, "K": 1}
"""Direction in which an analyte changes when reconstituted samples are tested late."""

SMALL_GROUP, MANY_FAILED = 15, 0.25
"""A target is doubted in a smaller group, or where more of the group fails."""

PANEL_MARGIN = 3.0
"""ln by which an analyte's own explanation must beat the cause of the whole panel."""

CHANGE_POINT = 3.0
"""ln by which a bias with a change point of the controls before the round is a shift of lot or calibrator."""


@dataclass(frozen=True)
class RoundInvestigation:
    """Everything needed to explain the failures of one round.

    Attributes
    ----------
    panel : the round. earlier : rounds before it, oldest first.
    controls : internal control by laboratory code and analyte code, where there is any.
    priors : shares of causes; the project's own by default.
    """

    panel: Panel
    earlier: tuple[Earlier, ...] = ()
    controls: Mapping[tuple[str, str], ControlEvidence] = field(default_factory=dict)
    priors: Mapping[str, CausePrior] = field(default_factory=cause_priors)

    @cached_property
    def targets(self) -> CleanTargets:
        """Consensus without blunders."""
        return clean_targets(self.panel)

    @cached_property
    def noise(self) -> tuple[NoiseModel, ...]:
        """Noise of each analyte, from all rounds there are."""
        codes = [rule.code for rule in self.panel.rules]
        rounds = [(self.panel, self.targets)]
        for each in self.earlier:
            if [rule.code for rule in each.panel.rules] == codes:
                rounds.append((each.panel, each.targets))
        return pooled_noise_models(rounds)

    @cached_property
    def broken(self) -> frozenset[tuple[int, int]]:
        """Laboratory and analyte of relations between linked analytes that do not hold."""
        return broken_relations(self.panel)

    def cell(self, laboratory: int, analyte: int) -> Cell | None:
        """One laboratory x analyte; None with fewer than two results that can be held against a target."""
        panel, targets = self.panel, self.targets
        limit = targets.limit[laboratory, analyte]
        kept = np.flatnonzero(np.isfinite(panel.value[laboratory, analyte]) & (limit > 0))
        if kept.size < 2:
            return None
        usual, most = decimals(panel, laboratory, analyte)
        value = panel.value[laboratory, analyte, kept]
        judged, allowed = panel.target[laboratory, analyte, kept], panel.limit[laboratory, analyte, kept]
        graded = int(panel.graded[laboratory, analyte])
        counted = panel.counted[laboratory, analyte, kept]
        inside = int((counted & (np.abs(value - judged) <= allowed * (1 + 1e-9))).sum())
        mark = panel.rules[analyte].policy.pass_mark
        return Cell(
            samples=tuple(kept.tolist()),
            value=value,
            text=tuple(panel.text[laboratory, analyte, kept]),
            target=targets.target[laboratory, analyte, kept],
            limit=limit[kept],
            noise=self.noise[analyte],
            usual_decimals=usual,
            most_decimals=most,
            judged_target=judged,
            judged_limit=allowed,
            needed=ceil(mark * graded / 100 - 1e-9),
            others=int(panel.acceptable[laboratory, analyte]) - inside,
            graded=graded,
            counted=counted,
        )

    def numeric_cell(self, laboratory: int, analyte: int) -> Cell:
        """One laboratory x analyte.

        Raises
        ------
        EvaluationError
            with fewer than two numeric results that can be held against a target.
        """
        cell = self.cell(laboratory, analyte)
        if cell is None:
            code = self.panel.rules[analyte].code
            raise EvaluationError(
                f"Nothing can be said on {code} of {self.panel.labs[laboratory]}.",
                [Problem("fewer than two numeric results that can be held against a target")],
            )
        return cell

    def explanations(self, laboratory: int, analyte: int, cell: Cell) -> list[Explanation]:
        """Every hypothesis that can be tried on a cell."""
        rule = self.panel.rules[analyte].analyte
        place = (laboratory, analyte)
        last = self.earlier[-1] if self.earlier else None
        columns = other_columns(self.panel, self.targets, self.noise, place, list(cell.samples))
        groups = other_groups(self.panel, self.targets, self.noise[analyte], place, last)
        found = [
            Explanation("ordinary", float(cell.log_density(cell.value))),
            Explanation("none_of_these", nothing_in_particular(cell.value, cell.noise.step)),
            unit_factor(cell, rule),
            decimal_slip(cell),
            digit_transposition(cell),
            digit_typo(cell),
            rounding_coarse(cell),
            *range_limits(cell),
            *copied(cell, self._values_before(laboratory, analyte, cell)),
            dilution_forgotten(cell),
            sample_swap(cell),
            shifted_order(cell),
            wrong_column(cell, columns),
            wrong_method_code(cell, groups),
            imprecision(cell),
            one_sample_accident(cell),
            carry_over(cell),
            *self._systematic(laboratory, analyte, cell),
            *self._organisers(laboratory, analyte, cell),
        ]
        return [each for each in found if each is not None and np.isfinite(each.log_density)]

    def _values_before(self, laboratory: int, analyte: int, cell: Cell) -> FloatArray | None:
        """The previous round's results on the same places, None without."""
        if not self.earlier:
            return None
        before = self.earlier[-1]
        row = before.row(self.panel.labs[laboratory], self.panel.devices[laboratory])
        code = self.panel.rules[analyte].code
        known = code in [rule.code for rule in before.panel.rules]
        if row is None or not known or before.panel.shape[2] != self.panel.shape[2]:
            return None
        return np.asarray(before.panel.value[row, before.panel.analyte(code), list(cell.samples)])

    def _systematic(self, laboratory: int, analyte: int, cell: Cell) -> list[Explanation]:
        """Biases, with what earlier rounds and internal control say of them."""
        code = self.panel.rules[analyte].code
        proportional = proportional_bias(cell)
        found = [constant_bias(cell), proportional, mixed_bias(cell)]
        bias = relative_bias(cell.value, cell.target, cell.limit)
        who = self.panel.labs[laboratory], self.panel.devices[laboratory]
        drift = drift_evidence(
            earlier_biases(list(self.earlier), *who, code), bias, cell.noise, cell.relative_limit
        )
        if drift is not None:
            found.append(replace(proportional, cause="drift", log_density=proportional.log_density + drift))
        control = self.controls.get((who[0], code))
        if control is not None and abs(bias) > 0.5:
            factor = control.log_factor(bias, handling=False)
            found = [replace(each, log_density=each.log_density + factor) for each in found]
            found.append(replace(proportional, cause="pt_handling"))
            if control.shifted:
                best = max(found[:3], key=lambda each: each.log_density + self._log_prior(each.cause))
                gain = self._log_prior(best.cause) - self._log_prior("lot_shift") + CHANGE_POINT
                found.append(replace(best, cause="lot_shift", log_density=best.log_density + gain))
        if self.panel.late[laboratory] and code in LABILE:
            found.append(late_testing(cell, LABILE[code]))
        return found

    def _log_prior(self, cause: str) -> float:
        """ln of a cause's share."""
        return log(self.priors[cause].prior)

    def _organisers(self, laboratory: int, analyte: int, cell: Cell) -> list[Explanation]:
        """The target itself, where it may be doubted."""
        parent = self.targets.parent[laboratory, analyte, list(cell.samples)]
        if not np.isfinite(parent).all() or not self._doubtful_group(laboratory, analyte):
            return []
        return [target_suspect(cell, parent)]

    def _doubtful_group(self, laboratory: int, analyte: int) -> bool:
        """Whether the group is small, or much of it fails."""
        rung = int(self.targets.rung[laboratory, analyte])
        if rung < 0:
            return False
        code = self.targets.groups[analyte][rung].code
        mine = (code == code[laboratory]) & (self.panel.graded[:, analyte] > 0)
        failed = float(self.panel.failed[mine, analyte].mean()) if mine.any() else 0.0
        return failed > MANY_FAILED or (self.targets.size[laboratory, analyte] < SMALL_GROUP and failed > 0.1)

    def panel_cause(self, laboratory: int) -> PanelCause | None:
        """The cause all analytes of a laboratory agree on, None without."""
        cells = {a: self.cell(laboratory, a) for a in range(self.panel.shape[1])}
        known = {a: cell for a, cell in cells.items() if cell is not None}
        analytes = {a: self.panel.rules[a].analyte for a in known}
        return panel_cause(known, analytes, self.panel.shape[2])

    def investigate(self, laboratory: int, analyte: int, shared: PanelCause | None = None) -> Ranking:
        """Rank the causes of one laboratory x analyte.

        Parameters
        ----------
        shared : what `panel_cause` says of the laboratory; it takes the analyte unless the analyte's own
            best explanation beats it by 3 in ln.

        Raises
        ------
        EvaluationError
            when the laboratory has fewer than two numeric results with a target.
        """
        cell = self.numeric_cell(laboratory, analyte)
        found = self.explanations(laboratory, analyte, cell)
        rung = int(self.targets.rung[laboratory, analyte])
        ladder = self.panel.rules[analyte].policy.ladder
        fell_back = len(ladder) > 1 and not self.targets.groups[analyte][rung].rung
        linked = (laboratory, analyte) in self.broken
        answer = ranked(cell, found, self.priors, target_doubtful=fell_back, linked=linked)
        return answer if shared is None else self._with_panel(cell, analyte, shared, (answer, found))

    def _with_panel(
        self, cell: Cell, analyte: int, shared: PanelCause, own: tuple[Ranking, list[Explanation]]
    ) -> Ranking:
        """The cause of the panel first, unless the analyte's own is much better."""
        answer, found = own
        repaired = shared.repaired(cell, dilution_exponent(self.panel.rules[analyte].analyte))
        if repaired is None or cell.outside(repaired).sum() >= cell.outside(cell.value).sum():
            return answer
        best = max(each.log_density for each in found if each.cause == answer.first)
        if best - float(cell.log_density(repaired)) > PANEL_MARGIN:
            return answer
        acceptable = cell.acceptable(repaired)
        prior = self.priors[shared.cause]
        first = RankedCause(
            shared.cause, prior.family, MOST, words_for(MOST), shared.samples, {"factor": shared.factor}, "",
            repaired, acceptable, acceptable >= cell.needed, float("nan"), (), prior.release,
        )  # fmt: skip
        return Ranking(
            (first, *answer.causes[:3]), "", prior.family, {shared.cause: MOST, **answer.posterior}
        )

    def failures(self) -> list[tuple[int, int]]:
        """Laboratory x analyte with at least one unacceptable numeric result and enough to look at."""
        suspicious = self.panel.unacceptable.any(axis=2) | self.panel.failed
        places = [(int(row), int(a)) for row, a in np.argwhere(suspicious)]
        return [place for place in places if self.cell(*place) is not None]

    def table(self, places: Sequence[tuple[int, int]] | None = None) -> pd.DataFrame:
        """One row per laboratory x device x analyte x rank, at most four ranks; all failures by default."""
        rows = []
        shared: dict[int, PanelCause | None] = {}
        for laboratory, analyte in self.failures() if places is None else places:
            if laboratory not in shared:
                shared[laboratory] = self.panel_cause(laboratory)
            answer = self.investigate(laboratory, analyte, shared[laboratory])
            rows += [self._row(laboratory, analyte, answer, rank) for rank in range(len(answer.causes))]
        return pd.DataFrame(rows, columns=TABLE_COLUMNS)

    def _row(self, laboratory: int, analyte: int, answer: Ranking, rank: int) -> dict[str, object]:
        """One ranked cause as a row."""
        each, panel = answer.causes[rank], self.panel
        return {
            "lab_code": panel.labs[laboratory],
            "device_id": panel.devices[laboratory],
            "analyte": panel.rules[analyte].code,
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
            "acceptable": int(panel.acceptable[laboratory, analyte]),
            "graded": int(panel.graded[laboratory, analyte]),
            "failed": bool(panel.failed[laboratory, analyte]),
            "acceptable_if": each.acceptable,
            "passes_if": each.passes,
            "fit": each.fit,
            "release": each.release and each.words in ("likely", "very_likely"),
        }


TABLE_COLUMNS = [
    "lab_code", "device_id", "analyte", "rank", "cause", "family", "probability", "words", "undetermined",
    "samples", "reading", "parameters", "equivalents", "acceptable", "graded", "failed", "acceptable_if",
    "passes_if", "fit", "release",
]  # fmt: skip
"""One row per laboratory x device x analyte x rank."""
