"""Read everything that an evaluation of one programme-round needs, as one state of the database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import select

from workbench.errors import DataError
from workbench.frames import (
    ANSWER_HISTORY,
    DECISIONS,
    ENROLMENTS,
    EXPECTED_ANSWERS,
    HISTORY,
    LABORATORIES,
    MATERIAL_CHECKS,
    REFERENCE_VALUES,
    RESULTS,
    SAMPLE_HISTORY,
    SAMPLES,
    SNAPSHOT_FRAMES,
    SYSTEM_NAMES,
    Frame,
)
from workbench.store.connection import Store
from workbench.store.decisions import Decision, with_withdrawals
from workbench.store.queries import query
from workbench.store.reading import Reading, in_key_order, read_contract, read_frame, reading
from workbench.store.schema.programme_round import PROGRAMME_ROUND

HISTORY_ROUNDS = 6
"""Earlier rounds of the programme that reports and rules over rounds look back on."""

CURRENT = (ENROLMENTS, MATERIAL_CHECKS, REFERENCE_VALUES, EXPECTED_ANSWERS, DECISIONS, SYSTEM_NAMES)
"""Frames that one query of the same name reads."""


@dataclass(frozen=True)
class SnapshotFrames:
    """What goes into an evaluation: the frames of one programme-round, and which one it is.

    Each frame is checked and in the order of its key.
    """

    round_code: str
    programme_no: str
    closing_at: datetime
    laboratories: pd.DataFrame
    enrolments: pd.DataFrame
    results: pd.DataFrame
    samples: pd.DataFrame
    material_checks: pd.DataFrame
    reference_values: pd.DataFrame
    decisions: pd.DataFrame
    history: pd.DataFrame
    sample_history: pd.DataFrame
    system_names: pd.DataFrame
    expected_answers: pd.DataFrame = field(default_factory=EXPECTED_ANSWERS.empty)
    answer_history: pd.DataFrame = field(default_factory=ANSWER_HISTORY.empty)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Name -> frame, in the order of the vocabulary."""
        return {frame.name: getattr(self, frame.name) for frame in SNAPSHOT_FRAMES}


def round_inputs(store: Store, round_code: str, programme_no: str, *, arrow: bool = True) -> SnapshotFrames:
    """Read the current state of a programme-round.

    Results are those of the revision that counts: the last one returned in time, else the last one.
    History comes from the evaluations in force of the last six earlier rounds, by closing date.

    Raises
    ------
    DataError
        when the programme-round is not in the store.
    """
    with reading(store, arrow=arrow) as source:
        number = _round_number(source, round_code, programme_no)
        frames = {frame.name: _read(source, frame, programme_round_id=number) for frame in CURRENT}
        frames["results"] = _read(source, RESULTS, "current_results", programme_round_id=number)
        samples = _read(source, SAMPLES, programme_round_id=number)
        frames["samples"] = _by_position(with_withdrawals(samples, frames["decisions"]))
        frames["laboratories"], closing_at = _laboratories(source, number)
        earlier = earlier_evaluations(source, number)
        for frame in (HISTORY, SAMPLE_HISTORY, ANSWER_HISTORY):
            frames[frame.name] = _read(source, frame, evaluation_nos=earlier)
    return SnapshotFrames(round_code, programme_no, closing_at, **frames)


def with_decision(inputs: SnapshotFrames, decision: Decision) -> SnapshotFrames:
    """The round as `round_inputs` will read it once the decision is recorded; nothing is written.

    Parameters
    ----------
    inputs : the round as it stands.
    decision : taken as it is; `add_decision` checks it.

    Notes
    -----
    Its number is the next one of the programme-round, as the store gives it.
    """
    held = inputs.decisions
    row = {
        "decision_id": int(held["decision_id"].max()) + 1 if len(held) else 1,
        "decided_at": pd.Timestamp(decision.decided_at),
        **{name: getattr(decision, name) for name in ("kind", "lab_code", "analyte", "sample", "reason")},
    }
    added = DECISIONS.checked(pd.DataFrame([row], columns=DECISIONS.names))
    decisions = in_key_order(DECISIONS, pd.concat([held, added], ignore_index=True) if len(held) else added)
    return replace(inputs, decisions=decisions, samples=with_withdrawals(inputs.samples, decisions))


def earlier_evaluations(source: Reading, programme_round_id: int) -> list[int]:
    """Evaluations in force of the last earlier rounds of the same programme, latest first."""
    statement = query("earlier_evaluations", source.dialect.name)
    found = read_frame(source, statement, {"programme_round_id": programme_round_id})
    return [int(number) for number in found["evaluation_no"].iloc[:HISTORY_ROUNDS]]


def _read(source: Reading, frame: Frame, name: str = "", **params: object) -> pd.DataFrame:
    """One named query as a checked frame."""
    return read_contract(source, frame, query(name or frame.name, source.dialect.name), params)


def _round_number(source: Reading, round_code: str, programme_no: str) -> int:
    table = PROGRAMME_ROUND.c
    statement = select(table.programme_round_id).where(
        table.round == round_code, table.programme_no == programme_no
    )
    found = read_frame(source, statement)
    if found.empty:
        raise DataError(f"Programme {programme_no}, round {round_code} is not in the store; save it first.")
    return int(found["programme_round_id"].iloc[0])


def _by_position(samples: pd.DataFrame) -> pd.DataFrame:
    """Samples in vial order."""
    return samples.sort_values(["position", "sample"], ignore_index=True)


def _laboratories(source: Reading, number: int) -> tuple[pd.DataFrame, datetime]:
    """Participants with their current return, and the closing time of the round."""
    statement = query("current_laboratories", source.dialect.name)
    found = read_frame(source, statement, {"programme_round_id": number})
    if found.empty:
        raise DataError("The programme-round has no participants; save its laboratories first.")
    found["late_days"] = late_days(found["returned_at"], found["due_at"])
    return in_key_order(LABORATORIES, found), found["closing_at"].iloc[0].to_pydatetime()


def late_days(returned_at: pd.Series, closing_at: pd.Series) -> pd.Series:
    """Days after the closing time, begun days counted whole; 0 when in time or not returned.

    Examples
    --------
    >>> times = pd.to_datetime(pd.Series(["2026-04-25 17:00", "2026-04-26 00:10", None]))
    >>> late_days(times, pd.to_datetime(pd.Series(["2026-04-25 23:59:59"] * 3))).tolist()
    [0, 1, 0]
    """
    over = (returned_at - closing_at).dt.total_seconds() / 86400
    return np.ceil(over.clip(lower=0).fillna(0)).astype("int64")
