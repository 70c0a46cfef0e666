"""Decisions and corrections as drafts: evaluated in memory with and without, entered only once accepted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from workbench.apps.explorer.state import Opened, evaluated, open_programme, snapshot_hash
from workbench.errors import DataError, Problem
from workbench.evaluation import Evaluation
from workbench.frames import ANALYTE_VERDICTS, LABORATORY_VERDICTS, SCORES
from workbench.parameters import Programme
from workbench.parameters.policy import Dimension
from workbench.rounds.corrections import (
    Correction,
    PreparedCorrection,
    enter_correction,
    prepare_correction,
)
from workbench.store import Decision, SnapshotFrames, Store, add_decision, round_inputs, with_decision


@dataclass(frozen=True)
class SplitTrial:
    """An item judged within the groups of one field first; a trial only, the rule itself stands in the catalogue."""

    analyte: str
    field: Dimension


@dataclass(frozen=True)
class Draft:
    """What one change would do.

    Attributes
    ----------
    opened : the round as it stands. change : what is proposed.
    inputs, evaluation : the round with the change, and its full evaluation.
    """

    opened: Opened
    change: Decision | PreparedCorrection | SplitTrial
    inputs: SnapshotFrames
    evaluation: Evaluation

    @cached_property
    def results(self) -> pd.DataFrame:
        """Results whose state or class changes; columns with _old and _new."""
        names = ("raw", "assigned_value", "state", "signal")
        return self._changed("scores", SCORES.key, names, ("state", "signal"))

    @cached_property
    def analytes(self) -> pd.DataFrame:
        """Items of laboratories whose verdict changes."""
        names = ("acceptable", "graded", "verdict")
        return self._changed("analyte_verdicts", ANALYTE_VERDICTS.key, names, ("verdict",))

    @cached_property
    def laboratories(self) -> pd.DataFrame:
        """Laboratories whose verdict on the programme changes."""
        names = ("score_percent", "verdict")
        return self._changed("laboratory_verdicts", LABORATORY_VERDICTS.key, names, ("verdict",))

    @cached_property
    def targets(self) -> pd.DataFrame:
        """Groups used whose target or n changes."""
        key = ("analyte", "sample", "peer_group_level", "peer_group")
        moved = self._changed("groups", key, ("n", "assigned_value", "used"), ("n", "assigned_value"))
        return moved[moved["used_old"] | moved["used_new"]].reset_index(drop=True)

    def counts(self, table: str, field: str) -> Counter[tuple[str, str]]:
        """How many rows of one of the tables above go from what to what."""
        rows = getattr(self, table)
        return Counter(zip(rows[f"{field}_old"], rows[f"{field}_new"], strict=True))

    def _changed(
        self, name: str, key: tuple[str, ...], names: tuple[str, ...], watched: tuple[str, ...]
    ) -> pd.DataFrame:
        """Rows of both evaluations side by side where a watched column differs."""
        columns = [*key, *names]
        old = getattr(self.opened.evaluation, name)[columns]
        new = getattr(self.evaluation, name)[columns]
        both = old.merge(new, on=list(key), suffixes=("_old", "_new"), validate="one_to_one")
        differs = pd.Series(False, index=both.index)
        for column in watched:
            before, after = both[f"{column}_old"], both[f"{column}_new"]
            differs |= (before != after) & ~(before.isna() & after.isna())
        return both[differs].reset_index(drop=True)


def draft(opened: Opened, change: Decision | Correction | SplitTrial) -> Draft:
    """Evaluate the round with a change; nothing is written.

    Raises
    ------
    DataError
        when the change has no reason or a correction cannot be read.
    EvaluationError
        when the round cannot be evaluated any more with the change.
    """
    if isinstance(change, SplitTrial):
        programme = with_split(opened.programme, change)
        return Draft(opened, change, opened.inputs, evaluated(programme, opened.criteria, opened.inputs))
    proposed: Decision | PreparedCorrection
    if isinstance(change, Correction):
        proposed = prepare_correction(opened.programme, opened.inputs, change)
        inputs = proposed.inputs
    else:
        _has_reason(change)
        proposed, inputs = change, with_decision(opened.inputs, change)
    return Draft(opened, proposed, inputs, evaluated(opened.programme, opened.criteria, inputs))


def _has_reason(decision: Decision) -> None:
    if not decision.reason.strip():
        raise DataError("No draft was made.", [Problem("a decision needs its reason", column="reason")])


def with_split(programme: Programme, trial: SplitTrial) -> Programme:
    """The programme with the field as the narrowest rung of one item's ladder."""
    policy = programme.policy(trial.analyte)
    if policy is None:
        raise DataError(f"{trial.analyte} has no rules of evaluation, so no groups to split.")
    rungs = tuple(rung for rung in policy.ladder if rung != (trial.field,))
    split = policy.model_copy(update={"ladder": ((trial.field,), *rungs)})
    own = {**programme.analyte_evaluation, trial.analyte: split}
    return programme.model_copy(update={"analyte_evaluation": own})


def accept(store: Store, proposed: Draft) -> Opened:
    """Record a draft and return the round as it now stands.

    Raises
    ------
    DataError
        when the store has changed since the draft was made, so that it says nothing any more, or when the draft is
        a trial that no store can hold.
    """
    opened, change = proposed.opened, proposed.change
    where = (opened.inputs.round_code, opened.inputs.programme_no)
    if isinstance(change, SplitTrial):
        raise DataError(
            "A split is a rule of the catalogue: enter it in the programme's YAML as the item's ladder."
        )
    if snapshot_hash(round_inputs(store, *where)) != opened.sha256:
        raise DataError("The data have changed since the draft was made; reload and try again.")
    if isinstance(change, PreparedCorrection):
        enter_correction(store, change)
    else:
        add_decision(store, *where, change)
    now = open_programme(store, opened.programme, opened.criteria, where[0], proposed.evaluation)
    if now.sha256 == snapshot_hash(proposed.inputs):
        return now
    return replace(now, evaluation=evaluated(now.programme, now.criteria, now.inputs))
