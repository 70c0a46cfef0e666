"""What a report may read of an evaluation.

A laboratory's view is filtered in SQL: no row of another laboratory leaves the database. Group
statistics come disclosed: a suppressed group keeps its key and loses its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import select

from workbench.errors import DataError
from workbench.frames import (
    AGREEMENTS,
    ANALYTE_VERDICTS,
    ANSWER_COUNTS,
    ANSWER_HISTORY,
    ANSWERS,
    EXPECTED_ANSWERS,
    FINDINGS,
    GROUPS,
    HISTOGRAMS,
    HISTORY,
    LABORATORIES,
    LABORATORY_VERDICTS,
    MATERIAL_CHECKS,
    MODES,
    RECONCILIATION,
    REFERENCE_VALUES,
    SAMPLE_HISTORY,
    SAMPLES,
    SCORES,
    SENTENCES,
    SYSTEM_NAMES,
    Frame,
)
from workbench.store.connection import Store
from workbench.store.disclosure import without_small_groups
from workbench.store.evaluations import EvaluationRecord, evaluation_record
from workbench.store.own_deadlines import own_deadlines
from workbench.store.queries import query
from workbench.store.reading import Reading, in_key_order, read_contract, read_frame, reading
from workbench.store.schema.evaluation import (
    EVALUATED_LABORATORY,
    EVALUATION_BASIS,
    INPUT_TABLES,
    OUTCOME_TABLES,
)

OWN_FRAMES = (SCORES, ANALYTE_VERDICTS, LABORATORY_VERDICTS, SENTENCES, ANSWERS, AGREEMENTS)
"""Frames of which a laboratory reads its own rows."""

MATERIAL_FRAMES = (SAMPLES, MATERIAL_CHECKS, REFERENCE_VALUES, SYSTEM_NAMES, EXPECTED_ANSWERS)
"""Frames that concern no laboratory."""

OWN_HISTORY = (HISTORY, SAMPLE_HISTORY, ANSWER_HISTORY)
"""Frames of earlier rounds, of which a laboratory reads its own rows."""

ALIASED_FRAMES = (SCORES, ANALYTE_VERDICTS, LABORATORY_VERDICTS, FINDINGS, ANSWERS, AGREEMENTS)
"""Frames that a programme's view shows under aliases."""


@dataclass(frozen=True)
class RoundView:
    """What one report reads.

    `meta` holds evaluation_id, round, programme_no, snapshot_sha256, criteria_version, code_version,
    as_of, disclosure_min, closing_at, shipped_at; for a laboratory also lab_code, round_alias,
    received_on, tested_on, returned_at, revision, late_days, and due_at where a replacement moved the
    deadline. `groups` has one column more than its
    frame: `suppressed`. `histograms` and `answer_counts` are those of all laboratories and, in a laboratory's
    view, of the groups it was judged by, else of all groups that may be shown. In a programme's view
    `round_alias` stands where `lab_code` stood, devices are numbered, `history` counts per analyte and round,
    and sentences, sample history and answer history are empty.
    """

    meta: dict[str, Any]
    scores: pd.DataFrame
    groups: pd.DataFrame
    analyte_verdicts: pd.DataFrame
    laboratory_verdicts: pd.DataFrame
    findings: pd.DataFrame
    sentences: pd.DataFrame
    histograms: pd.DataFrame
    modes: pd.DataFrame
    reconciliation: pd.DataFrame
    history: pd.DataFrame
    sample_history: pd.DataFrame
    samples: pd.DataFrame
    material_checks: pd.DataFrame
    reference_values: pd.DataFrame
    system_names: pd.DataFrame
    laboratories: pd.DataFrame
    answers: pd.DataFrame = field(default_factory=ANSWERS.empty)
    answer_counts: pd.DataFrame = field(default_factory=ANSWER_COUNTS.empty)
    agreements: pd.DataFrame = field(default_factory=AGREEMENTS.empty)
    expected_answers: pd.DataFrame = field(default_factory=EXPECTED_ANSWERS.empty)
    answer_history: pd.DataFrame = field(default_factory=ANSWER_HISTORY.empty)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Name -> frame."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "meta"}


@dataclass(frozen=True)
class SharedView:
    """What every reader of one evaluation reads alike; read once for many laboratories.

    Parameters
    ----------
    record : the evaluation.
    basis : the earlier evaluations it looked back on.
    frames : group statistics, modes, material, system names; nothing of any one laboratory.
    """

    record: EvaluationRecord
    basis: tuple[int, ...]
    frames: Mapping[str, pd.DataFrame]


def shared_view(store: Store, evaluation_id: str) -> SharedView:
    """The part of a view that concerns no laboratory.

    Raises
    ------
    DataError
        when the evaluation is unknown.
    """
    with reading(store, arrow=False) as source:
        record = evaluation_record(source, evaluation_id, store.dialect)
        number = record.evaluation_no
        return SharedView(record, tuple(basis(source, number)), shared_frames(source, number))


def laboratory_view(store: Store, evaluation: str | SharedView, lab_code: str) -> RoundView:
    """What the report of one laboratory may read.

    Parameters
    ----------
    store : the database.
    evaluation : its id, or its shared part read before.
    lab_code : the laboratory.

    Raises
    ------
    DataError
        when the evaluation is unknown or the laboratory did not take part.
    """
    shared = shared_view(store, evaluation) if isinstance(evaluation, str) else evaluation
    record = shared.record
    number = record.evaluation_no
    params = {"evaluation_no": number, "lab_code": lab_code}
    with reading(store, arrow=False) as source:
        own = _own_rows(source, LABORATORIES, INPUT_TABLES[LABORATORIES.name], number, lab_code)
        frames = {
            frame.name: _own_rows(source, frame, OUTCOME_TABLES[frame.name], number, lab_code)
            for frame in OWN_FRAMES
        }
        for frame in (FINDINGS, HISTOGRAMS, ANSWER_COUNTS):
            statement = query(f"laboratory_{frame.name}", store.dialect)
            frames[frame.name] = read_contract(source, frame, statement, params)
        frames |= _own_history(source, shared.basis, lab_code)
        moved = own_deadlines(source, number, lab_code).get(lab_code)
    if own.empty:
        raise DataError(
            f"Laboratory {lab_code!r} did not take part in {record.round}, {record.programme_no}."
        )
    frames[SCORES.name] = without_small_groups(frames[SCORES.name], record.disclosure_min)
    frames[RECONCILIATION.name] = RECONCILIATION.empty()
    meta = _meta(record, own) | ({"due_at": moved} if moved else {})
    return RoundView(meta, laboratories=own, **frames, **shared.frames)


def shared_frames(source: Reading, number: int) -> dict[str, pd.DataFrame]:
    """Aggregates and material: the same for every reader of an evaluation."""
    params = {"evaluation_no": number}
    modes = query("disclosed_modes", source.dialect.name)
    frames = {GROUPS.name: _groups(source, params), MODES.name: read_contract(source, MODES, modes, params)}
    for frame in MATERIAL_FRAMES:
        table = INPUT_TABLES[frame.name]
        statement = select(*(table.c[name] for name in frame.names)).where(table.c.evaluation_no == number)
        frames[frame.name] = read_contract(source, frame, statement)
    frames[SAMPLES.name] = frames[SAMPLES.name].sort_values(["position", "sample"], ignore_index=True)
    return frames


def basis(source: Reading, number: int) -> list[int]:
    """The earlier evaluations that an evaluation looked back on."""
    table = EVALUATION_BASIS.c
    found = read_frame(source, select(table.earlier_no).where(table.evaluation_no == number))
    return sorted(int(earlier) for earlier in found["earlier_no"])


def _groups(source: Reading, params: dict[str, Any]) -> pd.DataFrame:
    """Groups with the flag that says which are suppressed."""
    found = read_frame(source, query("disclosed_groups", source.dialect.name), params)
    flags = found[[*GROUPS.key, "suppressed"]]
    return in_key_order(GROUPS, found).merge(flags, on=list(GROUPS.key), how="left")


def _own_rows(source: Reading, frame: Frame, table: Any, number: int, lab_code: str) -> pd.DataFrame:
    """One laboratory's rows of a table, filtered by the database."""
    statement = select(*(table.c[name] for name in frame.names)).where(
        table.c.evaluation_no == number, table.c.lab_code == lab_code
    )
    return read_contract(source, frame, statement)


def _own_history(source: Reading, basis: Sequence[int], lab_code: str) -> dict[str, pd.DataFrame]:
    params = {"evaluation_nos": list(basis), "lab_code": lab_code}
    dialect = source.dialect.name
    return {
        frame.name: read_contract(source, frame, query(f"laboratory_{frame.name}", dialect), params)
        for frame in OWN_HISTORY
    }


def _meta(record: EvaluationRecord, own: pd.DataFrame | None = None) -> dict[str, Any]:
    """What a report prints about the evaluation and the laboratory's return."""
    names = (
        "evaluation_id round programme_no snapshot_sha256 criteria_version code_version as_of "
        "disclosure_min closing_at shipped_at"
    )
    meta = {name: getattr(record, name) for name in names.split()}
    if own is not None:
        row = own.iloc[0]
        whole = {name: int(row[name]) for name in ("revision", "late_days")}
        texts = {name: str(row[name]) for name in ("lab_code", "round_alias")}
        times = {name: _time(row[name]) for name in ("received_on", "tested_on", "returned_at")}
        meta |= texts | times | whole
    return meta


def _time(value: Any) -> datetime | None:
    return None if pd.isna(value) else value.to_pydatetime()


def programme_view(store: Store, evaluation_id: str) -> RoundView:
    """What the anonymous report of a programme may read: aliases instead of codes."""
    with reading(store) as source:
        record = evaluation_record(source, evaluation_id, store.dialect)
        number = record.evaluation_no
        frames = {frame.name: _aliased(source, frame, number) for frame in ALIASED_FRAMES}
        frames[SCORES.name] = without_small_groups(frames[SCORES.name], record.disclosure_min)
        frames |= shared_frames(source, number)
        table = OUTCOME_TABLES[RECONCILIATION.name]
        counts = select(*(table.c[name] for name in RECONCILIATION.names)).where(
            table.c.evaluation_no == number
        )
        frames[RECONCILIATION.name] = read_contract(source, RECONCILIATION, counts)
        for frame in (HISTOGRAMS, ANSWER_COUNTS):
            shown = query(f"disclosed_{frame.name}", store.dialect)
            frames[frame.name] = read_contract(source, frame, shown, {"evaluation_no": number})
        laboratories = _participants(source, number)
        frames[HISTORY.name] = _programme_history(source, number)
    empty = {frame.name: frame.empty() for frame in (SENTENCES, SAMPLE_HISTORY, ANSWER_HISTORY)}
    return RoundView(_meta(record), laboratories=laboratories, **frames, **empty)


def _aliased(source: Reading, frame: Frame, number: int) -> pd.DataFrame:
    """Rows of all laboratories under their alias; the code never leaves the database."""
    table, labs = OUTCOME_TABLES[frame.name], EVALUATED_LABORATORY
    joined = table.outerjoin(
        labs, (labs.c.evaluation_no == table.c.evaluation_no) & (labs.c.lab_code == table.c.lab_code)
    )
    others = [table.c[name] for name in frame.names if name != "lab_code"]
    statement = select(labs.c.round_alias, *others).select_from(joined).where(table.c.evaluation_no == number)
    found = read_frame(source, statement).rename(columns={"round_alias": "lab_code"})
    ordered = in_key_order(frame, found).rename(columns={"lab_code": "round_alias"})
    return _numbered_devices(ordered)


def _numbered_devices(table: pd.DataFrame) -> pd.DataFrame:
    """Devices as 1, 2, 3 within each laboratory: a serial number would identify it."""
    if "device_id" not in table or table.empty:
        return table
    ranks = table.groupby("round_alias")["device_id"].rank(method="dense").astype(int).astype(str)
    return table.assign(device_id=ranks.where(table["device_id"] != "", "").astype("str"))


def _participants(source: Reading, number: int) -> pd.DataFrame:
    """Participants by alias, without what could identify one."""
    labs = EVALUATED_LABORATORY.c
    statement = select(labs.round_alias, labs.revision, labs.late_days).where(labs.evaluation_no == number)
    return read_frame(source, statement).sort_values("round_alias", ignore_index=True)


def _programme_history(source: Reading, number: int) -> pd.DataFrame:
    statement = query("programme_history", source.dialect.name)
    found = read_frame(source, statement, {"evaluation_nos": basis(source, number)})
    return found.sort_values(["analyte", "round"], ignore_index=True)
