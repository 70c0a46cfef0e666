"""Save an evaluation whole, find the one in force; nothing that was saved is ever changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

import pandas as pd
from sqlalchemy import Connection, insert, select

from workbench.errors import DataError
from workbench.frames import EVALUATION_FRAMES, GROUPS, SNAPSHOT_FRAMES
from workbench.store.connection import Store
from workbench.store.disclosure import suppression
from workbench.store.inputs import SnapshotFrames, earlier_evaluations, round_inputs
from workbench.store.programme_rounds import programme_round_number
from workbench.store.queries import query
from workbench.store.reading import Reading, read_frame
from workbench.store.schema.evaluation import (
    EVALUATION,
    EVALUATION_BASIS,
    EVALUATION_CRITERION,
    INPUT_TABLES,
    OUTCOME_TABLES,
)
from workbench.store.writing import write_frame


class EvaluationFrames(Protocol):
    """What an evaluation hands over: the frames of `EVALUATION_FRAMES` as attributes."""

    @property
    def scores(self) -> pd.DataFrame: ...
    @property
    def groups(self) -> pd.DataFrame: ...
    @property
    def analyte_verdicts(self) -> pd.DataFrame: ...
    @property
    def laboratory_verdicts(self) -> pd.DataFrame: ...
    @property
    def findings(self) -> pd.DataFrame: ...
    @property
    def sentences(self) -> pd.DataFrame: ...
    @property
    def histograms(self) -> pd.DataFrame: ...
    @property
    def modes(self) -> pd.DataFrame: ...
    @property
    def reconciliation(self) -> pd.DataFrame: ...
    @property
    def answers(self) -> pd.DataFrame: ...
    @property
    def answer_counts(self) -> pd.DataFrame: ...
    @property
    def agreements(self) -> pd.DataFrame: ...


@dataclass(frozen=True)
class EvaluationMeta:
    """What identifies an evaluation; the first six fields make its id.

    Parameters
    ----------
    round, programme_no : the programme-round.
    snapshot_sha256 : hash of the data it used.
    criteria_version, code_version : what judged them.
    as_of : date for which criteria were looked up.
    disclosure_min : smallest group whose statistics may be shown.
    criterion_lines : analyte -> one line that identifies the criterion applied.
    saved_at : when.
    """

    round: str
    programme_no: str
    snapshot_sha256: str
    criteria_version: str
    code_version: str
    as_of: str | date
    disclosure_min: int = 5
    criterion_lines: Mapping[str, str] = field(default_factory=dict)
    saved_at: datetime | None = None

    @property
    def evaluation_id(self) -> str:
        """sha256 over what identifies the evaluation: the same inputs give the same id."""
        parts = [
            self.round,
            self.programme_no,
            self.snapshot_sha256,
            self.criteria_version,
            self.code_version,
            str(self.as_of),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class EvaluationRecord:
    """One saved evaluation."""

    evaluation_no: int
    evaluation_id: str
    round: str
    programme_no: str
    closing_at: datetime
    shipped_at: datetime | None
    snapshot_sha256: str
    criteria_version: str
    code_version: str
    as_of: str
    disclosure_min: int
    saved_at: datetime | None
    supersedes: str
    in_force: bool


def save_evaluation(
    store: Store, evaluation: EvaluationFrames, meta: EvaluationMeta, inputs: SnapshotFrames | None = None
) -> str:
    """Save every frame of an evaluation in one transaction; it supersedes the one in force.

    Parameters
    ----------
    store : the database.
    evaluation : its frames.
    meta : what identifies it.
    inputs : the snapshot it used; None reads the present state of the store.

    Returns
    -------
    The evaluation id. An evaluation with that id that is there already is left as it is.

    Raises
    ------
    DataError
        when the programme-round is unknown or a frame breaks its contract.
    """
    checked = {frame.name: frame.checked(getattr(evaluation, frame.name)) for frame in EVALUATION_FRAMES}
    given = inputs or round_inputs(store, meta.round, meta.programme_no)
    hidden = suppression(checked[GROUPS.name], meta.disclosure_min)
    checked[GROUPS.name] = checked[GROUPS.name].assign(suppressed=hidden)
    with store.writing() as connection:
        if _number_of(connection, meta.evaluation_id) is not None:
            return meta.evaluation_id
        number = _save_record(connection, meta)
        _save_frames(connection, number, checked, given)
        _save_criteria(connection, number, meta.criterion_lines)
    store.analyse([EVALUATION, *OUTCOME_TABLES.values(), *INPUT_TABLES.values()])
    return meta.evaluation_id


def evaluation_in_force(store: Store, round_code: str, programme_no: str) -> EvaluationRecord | None:
    """The evaluation that no other supersedes; None when nothing was evaluated yet."""
    found = [record for record in evaluations_of_round(store, round_code, programme_no) if record.in_force]
    return found[0] if found else None


def evaluations_of_round(store: Store, round_code: str, programme_no: str) -> tuple[EvaluationRecord, ...]:
    """All evaluations of a programme-round, oldest first."""
    statement = query("evaluations_of_round", store.dialect)
    with store.reading() as connection:
        found = read_frame(connection, statement, {"round": round_code, "programme_no": programme_no})
    return tuple(record(row) for row in found.sort_values("evaluation_no").to_dict("records"))


def failing_laboratories(store: Store, evaluation_id: str) -> frozenset[str]:
    """Codes of the laboratories with at least one failed analyte in an evaluation."""
    with store.reading() as connection:
        statement = query("failing_laboratories", store.dialect)
        found = read_frame(connection, statement, {"evaluation_id": evaluation_id})
    return frozenset(found["lab_code"])


def evaluation_record(source: Reading | Connection, evaluation_id: str, dialect: str) -> EvaluationRecord:
    """One evaluation by its id.

    Raises
    ------
    DataError
        when the store has no such evaluation.
    """
    found = read_frame(source, query("evaluation_by_id", dialect), {"evaluation_id": evaluation_id})
    if found.empty:
        raise DataError(f"Evaluation {evaluation_id[:12]} is not in the store.")
    return record(found.to_dict("records")[0])


def record(row: Mapping[Any, Any]) -> EvaluationRecord:
    """A row of the evaluation queries as a record; times as datetime or None."""
    times = {
        name: None if pd.isna(row[name]) else row[name].to_pydatetime()
        for name in ("closing_at", "shipped_at", "saved_at")
    }
    whole = {name: int(row[name]) for name in ("evaluation_no", "disclosure_min")}
    return EvaluationRecord(**{**row, **times, **whole, "in_force": bool(row["in_force"])})


def _number_of(connection: Connection, evaluation_id: str) -> int | None:
    statement = select(EVALUATION.c.evaluation_no).where(EVALUATION.c.evaluation_id == evaluation_id)
    return connection.execute(statement).scalar()


def _save_record(connection: Connection, meta: EvaluationMeta) -> int:
    """The evaluation's row and its basis; supersedes the one in force."""
    number = programme_round_number(connection, meta.round, meta.programme_no)
    in_force = connection.execute(
        select(EVALUATION.c.evaluation_no)
        .where(EVALUATION.c.programme_round_id == number)
        .order_by(EVALUATION.c.evaluation_no.desc())
    ).scalar()
    row = {
        "evaluation_id": meta.evaluation_id,
        "programme_round_id": number,
        "snapshot_sha256": meta.snapshot_sha256,
        "criteria_version": meta.criteria_version,
        "code_version": meta.code_version,
        "as_of": str(meta.as_of),
        "disclosure_min": meta.disclosure_min,
        "saved_at": meta.saved_at,
        "supersedes": in_force,
    }
    made = connection.execute(insert(EVALUATION).values(row).returning(EVALUATION.c.evaluation_no))
    evaluation_no = int(made.scalar_one())
    source = Reading(connection.dialect, connection=connection)
    basis = pd.DataFrame({"earlier_no": earlier_evaluations(source, number)}, dtype="int64")
    write_frame(connection, EVALUATION_BASIS, basis, evaluation_no=evaluation_no)
    return evaluation_no


def _save_frames(
    connection: Connection, evaluation_no: int, frames: Mapping[str, pd.DataFrame], inputs: SnapshotFrames
) -> None:
    """Every frame that came out, and those of the input that a report prints."""
    for name, table in OUTCOME_TABLES.items():
        frame = frames[name].assign(row_no=range(1, len(frames[name]) + 1))
        write_frame(connection, table, frame, evaluation_no=evaluation_no)
    kept = {frame.name: frame for frame in SNAPSHOT_FRAMES}
    for name, table in INPUT_TABLES.items():
        frame = kept[name].checked(getattr(inputs, name))
        write_frame(connection, table, frame, evaluation_no=evaluation_no)


def _save_criteria(connection: Connection, evaluation_no: int, lines: Mapping[str, str]) -> None:
    frame = pd.DataFrame({"analyte": list(lines), "criterion": list(lines.values())}, dtype="str")
    write_frame(connection, EVALUATION_CRITERION, frame, evaluation_no=evaluation_no)
