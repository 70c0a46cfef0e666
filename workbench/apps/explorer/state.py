"""One programme-round as it stands now, opened for an officer: data, evaluation, suspects, what blocks the release."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.evaluation.reconciliation import discrepancies
from workbench.parameters import CriteriaBook, Programme
from workbench.store import EvaluationRecord, SnapshotFrames, Store, evaluation_in_force, freeze, round_inputs

ANSWERS = ("exclude_from_statistics", "excuse", "keep", "correct", "withdraw")
"""Kinds of decision that answer a suspected blunder."""


@dataclass(frozen=True)
class Opened:
    """One programme-round: what the store holds, and what it is judged to be.

    Attributes
    ----------
    programme, criteria : the parameters in force.
    inputs : the round as the store holds it.
    evaluation : of these inputs.
    record : the evaluation in force in the store; None before the first one.
    sha256 : hash of the inputs, as a snapshot of them would have it.
    """

    programme: Programme
    criteria: CriteriaBook
    inputs: SnapshotFrames
    evaluation: Evaluation
    record: EvaluationRecord | None
    sha256: str

    @property
    def is_stale(self) -> bool:
        """The evaluation in the store was made from other data, or there is none."""
        return self.record is None or self.record.snapshot_sha256 != self.sha256

    @property
    def samples(self) -> tuple[str, ...]:
        """Sample codes in vial order."""
        return tuple(self.inputs.samples["sample"])

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Participant code -> alias of this round."""
        table = self.inputs.laboratories
        return dict(zip(table["lab_code"], table["round_alias"], strict=True))

    @cached_property
    def enrolled(self) -> tuple[str, ...]:
        """Codes of the analytes somebody is enrolled for, in catalogue order."""
        known = set(self.inputs.enrolments["analyte"])
        return tuple(code for code in self.programme.codes if code in known)

    def is_quantitative(self, analyte: str) -> bool:
        """Whether an analyte is measured."""
        return self.programme.analyte(analyte).is_quantitative


def open_programme(
    store: Store,
    programme: Programme,
    criteria: CriteriaBook,
    round_code: str,
    known: Evaluation | None = None,
) -> Opened:
    """Read a programme-round and evaluate it in memory.

    Parameters
    ----------
    known : the evaluation of exactly these data where it is there already.

    Raises
    ------
    DataError
        when the store does not hold the programme-round.
    EvaluationError
        when it cannot be evaluated.
    """
    inputs = round_inputs(store, round_code, programme.programme_no)
    found = known or evaluated(programme, criteria, inputs)
    record = evaluation_in_force(store, round_code, programme.programme_no)
    return Opened(programme, criteria, inputs, found, record, snapshot_hash(inputs))


def evaluated(programme: Programme, criteria: CriteriaBook, inputs: SnapshotFrames) -> Evaluation:
    """The evaluation of a round's frames; nothing is written."""
    return evaluate(
        RoundInputs.of(programme, inputs.round_code, criteria, inputs.frames(), inputs.closing_at)
    )


def snapshot_hash(inputs: SnapshotFrames) -> str:
    """Hash of the inputs, as `freeze` gives it."""
    with tempfile.TemporaryDirectory() as folder:
        return freeze(inputs, folder).sha256


@dataclass(frozen=True)
class Suspect:
    """One result that looks like a blunder.

    Attributes
    ----------
    raw : as sent. target : analyte's unit, NaN without. ratio : result over target, NaN without.
    kind : unit, decimal, swap or text. other : the sample it may have been exchanged with, or "".
    answer : kind of the last decision on it, "" while there is none.
    """

    lab_code: str
    device_id: str
    analyte: str
    sample: str
    raw: str
    target: float
    ratio: float
    kind: str
    other: str
    answer: str


def suspects(opened: Opened) -> tuple[Suspect, ...]:
    """Every result under a finding F17, in the order of the findings, samples in vial order."""
    found = opened.evaluation.findings
    results = _results(opened)
    rows: dict[tuple[str, str, str, str], Suspect] = {}
    for finding in found[found["code"] == "F17"].itertuples(index=False):
        params = json.loads(finding.params)
        for sample, other in _places(opened, str(finding.sample), params):
            for row in results.get((finding.lab_code, finding.analyte, sample), ()):
                suspect = _suspect(opened, row, str(params["kind"]), other)
                rows.setdefault(
                    (suspect.lab_code, suspect.device_id, suspect.analyte, suspect.sample), suspect
                )
    return tuple(rows.values())


def _results(opened: Opened) -> dict[tuple[str, str, str], list[Any]]:
    """Scores that were sent, by laboratory, analyte and sample."""
    table = opened.evaluation.scores
    suspected = set(opened.evaluation.findings.loc[opened.evaluation.findings["code"] == "F17", "lab_code"])
    out: dict[tuple[str, str, str], list[Any]] = {}
    for row in table[table["lab_code"].isin(suspected) & (table["raw"] != "")].itertuples(index=False):
        out.setdefault((row.lab_code, row.analyte, row.sample), []).append(row)
    return out


def _places(opened: Opened, sample: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Samples a finding speaks of, each with the one it may have been exchanged with."""
    if params["kind"] == "swap":
        yield params["a"], params["b"]
        yield params["b"], params["a"]
    else:
        yield from ((code, "") for code in ([sample] if sample else opened.samples))


def _suspect(opened: Opened, row: Any, kind: str, other: str) -> Suspect:
    target = float(row.assigned_value)
    ratio = float(row.value) / target if target else float("nan")
    answer = answered(opened.inputs.decisions, row.lab_code, row.analyte, row.sample)
    return Suspect(
        row.lab_code, row.device_id, row.analyte, row.sample, row.raw, target, ratio, kind, other, answer
    )


def answered(decisions: pd.DataFrame, lab_code: str, analyte: str, sample: str) -> str:
    """Kind of the last decision that covers one result; "" without one."""
    covering = decisions[
        decisions["lab_code"].isin(["", lab_code])
        & decisions["analyte"].isin(["", analyte])
        & decisions["sample"].isin(["", sample])
        & decisions["kind"].isin(ANSWERS)
    ]
    return str(covering["kind"].iloc[-1]) if len(covering) else ""


@dataclass(frozen=True)
class Checkpoint:
    """One line of the release checklist.

    Attributes
    ----------
    code : finding code, or stale, suspects, material.
    analyte, sample : where; "" for all.
    params : placeholders of the finding.
    blocks : the release is impossible while it is open; else it should be looked at.
    reason : why it was accepted, "" while it is open.
    """

    code: str
    analyte: str
    sample: str
    params: dict[str, Any]
    blocks: bool
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """Nobody has accepted it."""
        return not self.reason


def checklist(opened: Opened) -> tuple[Checkpoint, ...]:
    """Findings of level 3, counts that do not reconcile, the stored evaluation, suspects without a decision.

    Notes
    -----
    A finding that holds for several groups is one line. It is accepted by a decision of kind `accept_<code>` on the
    same item and sample; a withdrawal (F26) carries its reason already. F42, and an evaluation in the store that was
    made from other data, cannot be accepted.
    """
    found = opened.evaluation.findings
    major = found[(found["organiser_level"] == 3) & (found["code"] != "F42")]
    points = [
        Checkpoint(row.code, row.analyte, row.sample, json.loads(row.params), True, _accepted(opened, row))
        for row in major.drop_duplicates(["code", "analyte", "sample"]).itertuples(index=False)
    ]
    unequal = discrepancies(opened.evaluation.reconciliation)
    for row in unequal.itertuples(index=False):
        outcome = {"a": row.enrolled, "b": row.scored, "c": row.not_scored, "d": row.not_returned}
        points.append(
            Checkpoint("F42", row.analyte, "", outcome | {"e": row.excused + row.not_performed}, True)
        )
    if opened.is_stale:
        points.append(Checkpoint("stale", "", "", {}, True))
    waiting = sum(not suspect.answer for suspect in suspects(opened))
    if waiting:
        points.append(Checkpoint("suspects", "", "", {"n": waiting}, False))
    unchecked = _unchecked(opened)
    if unchecked:
        points.append(Checkpoint("material", "", "", {"items": unchecked}, False))
    return tuple(points)


def _accepted(opened: Opened, row: Any) -> str:
    """Reason of the last acceptance of a finding, "" without one."""
    withdrawal = str(json.loads(row.params).get("why", "")) if row.code == "F26" else ""
    if withdrawal:
        return withdrawal
    held = opened.inputs.decisions
    mine = held[
        (held["kind"] == f"accept_{row.code}")
        & (held["analyte"] == row.analyte)
        & (held["sample"] == row.sample)
    ]
    return str(mine["reason"].iloc[-1]) if len(mine) else ""


def _unchecked(opened: Opened) -> tuple[str, ...]:
    """Measured items without any check of the material."""
    known = set(opened.inputs.material_checks["analyte"])
    return tuple(code for code in opened.enrolled if opened.is_quantitative(code) and code not in known)


def release_state(points: tuple[Checkpoint, ...]) -> str:
    """blocked, pending or ready."""
    waiting = [point for point in points if point.is_open]
    if any(point.blocks for point in waiting):
        return "blocked"
    return "pending" if waiting else "ready"


def counts_of(opened: Opened) -> dict[str, Any]:
    """The line of the programme matrix, from the evaluation of the data as they stand."""
    evaluation, checks = opened.evaluation, opened.inputs.material_checks
    whole = evaluation.reconciliation.set_index("analyte").loc[""]
    findings = evaluation.findings[evaluation.findings["organiser_level"] > 0]
    failed = checks.loc[~checks["passed"], "check"]
    points = checklist(opened)
    return {
        "enrolled": int(whole["enrolled"]),
        "returned": int(whole["scored"] + whole["not_scored"]),
        "late": int(whole["late"]),
        "not_returned": int(whole["not_returned"]),
        "small_groups": findings.loc[findings["code"] == "F01", "analyte"].nunique(),
        "multimodal": findings.loc[findings["code"] == "F05", "analyte"].nunique(),
        "outliers": int(np.count_nonzero(evaluation.scores["score_signal"] == "action")),
        "blunders": int((findings["code"] == "F17").sum()),
        "homogeneity_failed": int((failed == "homogeneity").sum()),
        "stability_failed": int((failed == "stability").sum()),
        "checks": len(checks),
        "blocking": ",".join(sorted(point.code for point in points if point.blocks and point.is_open)),
        "state": release_state(points),
    }
