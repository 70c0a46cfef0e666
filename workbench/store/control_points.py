"""Control points in: once each, whatever the source sends again; two tracks compared, never counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from sqlalchemy import Connection, insert, select, update

from workbench.errors import DataError, Problem
from workbench.store.connection import Store
from workbench.store.control_master import series_numbers
from workbench.store.control_runs import RUNS_A_DAY, number_runs
from workbench.store.reading import read_frame, reading
from workbench.store.schema import control as tables
from workbench.store.writing import numbers, upsert, write_frame

_KEY = ["series_id", "run", "lot_id", "replicate"]
_CHUNK = 500
QUESTION_COLUMNS = ("place", "reason", "sent", "content")
CONTRADICTION = "contradicts"
"""Reason of a point that is there already, from the same track, with another value."""


@dataclass(frozen=True)
class ControlLoad:
    """One source of control points.

    Parameters
    ----------
    points : CONTROL_POINTS; run_no 0 means that the source does not number its runs.
    questions : place, reason, sent, content of records kept out.
    source, source_sha256 : its name, without names of people or hospitals, and its hash.
    rows_read : records of the source; rows_merged : of them exact copies.
    received_at : when it came.
    """

    points: pd.DataFrame
    questions: pd.DataFrame
    source: str
    source_sha256: str
    rows_read: int
    rows_merged: int = 0
    received_at: datetime | None = None


@dataclass(frozen=True)
class ControlRun:
    """What one load did; read = loaded + known + quarantined.

    Parameters
    ----------
    repeated : the source had been read before, nothing was done.
    """

    intake_id: int
    rows_read: int
    rows_loaded: int
    rows_known: int
    rows_quarantined: int
    repeated: bool = False


def add_control_points(store: Store, load: ControlLoad) -> ControlRun:
    """Add the points of a source, all or none; a source that was read before changes nothing.

    Notes
    -----
    - A point that is there with the same text is known; with another text from the same track it is a question.
    - The manual value of a point that also came automatically stays out of use, whichever came first.

    Raises
    ------
    DataError
        naming laboratories or lots that are not registered.
    """
    with store.writing() as connection:
        before = _run_of(connection, load.source_sha256)
        if before is not None:
            return before
        keyed = _keyed(connection, load.points)
        held = _held(connection, keyed)
        merged = keyed.merge(held, on=[*_KEY, "is_manual"], how="left", suffixes=("", "_held"))
        known = merged["raw_held"].notna().to_numpy()
        contrary = known & (merged["raw_held"] != merged["raw"]).to_numpy()
        questions = pd.concat([load.questions, _contradictions(keyed[contrary])], ignore_index=True)
        fresh = keyed[~known]
        kept_out = load.rows_read - load.rows_merged - len(keyed) + int(contrary.sum())
        counts = {
            "rows_read": load.rows_read,
            "rows_loaded": len(fresh),
            "rows_known": int((known & ~contrary).sum()) + load.rows_merged,
            "rows_quarantined": kept_out,
        }
        intake_id = _save_intake(connection, load, counts)
        rows = questions[list(QUESTION_COLUMNS)].assign(row_no=range(1, len(questions) + 1), state="open")
        write_frame(connection, tables.CONTROL_QUESTION, rows, intake_id=intake_id)
        _save_points(connection, fresh, held, intake_id)
    if len(load.points) > _CHUNK:
        store.analyse([tables.CONTROL_POINT])
    return ControlRun(
        intake_id,
        counts["rows_read"],
        counts["rows_loaded"],
        counts["rows_known"],
        counts["rows_quarantined"],
    )


def _run_of(connection: Connection, sha256: str) -> ControlRun | None:
    """What the load of the same source did."""
    own = tables.CONTROL_INTAKE.c
    names = (own.intake_id, own.rows_read, own.rows_loaded, own.rows_known, own.rows_quarantined)
    row = connection.execute(select(*names).where(own.source_sha256 == sha256)).one_or_none()
    if row is None:
        return None
    intake_id, read, loaded, known, quarantined = (int(x) for x in row)
    return ControlRun(intake_id, read, loaded, known, quarantined, repeated=True)


def _keyed(connection: Connection, points: pd.DataFrame) -> pd.DataFrame:
    """Points with the numbers of series and lots, run and second of the day."""
    lots = numbers(connection, tables.CONTROL_LOT, "lot_id", "qc_lot")
    unknown = sorted(set(points["qc_lot"]) - set(lots))
    if unknown:
        raise DataError(
            "Points of unknown lots.", [Problem(f"control lot {x!r} is not registered") for x in unknown]
        )
    moment = points["run_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    frame = points.reset_index(drop=True).assign(
        series_id=series_numbers(connection, points).to_numpy() if len(points) else np.zeros(0, np.int64),
        lot_id=points["qc_lot"].map(lots).to_numpy(),
        second=moment % 86_400,
        day=moment // 86_400,
        is_manual=(points["track"] == "manual").to_numpy(),
    )
    numbered = number_runs(connection, frame)
    return frame.assign(run=frame["day"] * RUNS_A_DAY + numbered)


def _held(connection: Connection, keyed: pd.DataFrame) -> pd.DataFrame:
    """Points of these series and days that are in the store, both tracks."""
    own = tables.CONTROL_POINT.c
    columns = [own[name] for name in (*_KEY, "is_manual", "raw", "point_id")]
    found = []
    if len(keyed):
        low, high = int(keyed["run"].min()), int(keyed["run"].max())
        for chunk in _chunks(keyed["series_id"].unique().tolist()):
            statement = select(*columns).where(own.series_id.in_(chunk), own.run.between(low, high))
            found.append(read_frame(connection, statement))
    frame = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    if frame.empty:
        frame = pd.DataFrame({c.name: pd.Series(dtype="int64") for c in columns})
        frame = frame.astype({"raw": "str", "is_manual": "bool"})
    return frame


def _chunks(values: list[int]) -> Iterator[list[int]]:
    for first in range(0, len(values), _CHUNK):
        yield values[first : first + _CHUNK]


def _contradictions(rows: pd.DataFrame) -> pd.DataFrame:
    """Questions about points whose value in the store is another."""
    columns = ["lab_code", "analyte", "level", "qc_lot", "run_at", "raw"]
    content = [row.to_json(force_ascii=False, date_format="iso") for _, row in rows[columns].iterrows()]
    return pd.DataFrame(
        {"place": rows["message_id"].to_numpy(), "reason": CONTRADICTION, "sent": rows["raw"].to_numpy(), "content": content}
    )  # fmt: skip


def _save_intake(connection: Connection, load: ControlLoad, counts: dict[str, int]) -> int:
    row = {
        "source": load.source,
        "source_sha256": load.source_sha256,
        "received_at": load.received_at,
        **counts,
    }
    statement = insert(tables.CONTROL_INTAKE).values(row).returning(tables.CONTROL_INTAKE.c.intake_id)
    return int(connection.execute(statement).scalar_one())


def _save_points(connection: Connection, fresh: pd.DataFrame, held: pd.DataFrame, intake_id: int) -> None:
    """New points; of a point with both tracks the automatic one is in use."""
    everything = pd.concat([held, fresh[[*_KEY, "is_manual"]]], ignore_index=True)
    automatic = everything.loc[~everything["is_manual"], _KEY].drop_duplicates().assign(both=True)
    shadowed = fresh[_KEY].merge(automatic, on=_KEY, how="left")["both"].notna().to_numpy()
    rows = fresh.assign(in_use=~(fresh["is_manual"].to_numpy() & shadowed))
    rows = rows.sort_values(["run", "series_id"], kind="stable")
    write_frame(connection, tables.CONTROL_POINT, rows, intake_id=intake_id)
    manual = held[held["is_manual"]].merge(fresh.loc[~fresh["is_manual"], _KEY], on=_KEY)
    for chunk in _chunks(manual["point_id"].tolist()):
        connection.execute(
            update(tables.CONTROL_POINT)
            .where(tables.CONTROL_POINT.c.point_id.in_(chunk))
            .values(in_use=False)
        )


def exclude_control_points(
    store: Store, point_ids: Iterable[int], reason: str, decided_by: str, decided_at: datetime
) -> None:
    """Leave points out of statistics, with the reason; again with another reason replaces it.

    Raises
    ------
    DataError
        without a reason: a value is only left out for a proven cause.
    """
    if not reason.strip():
        raise DataError("A control value is left out for a proven cause only; name it.")
    rows = [
        {"point_id": int(k), "reason": reason, "decided_by": decided_by, "decided_at": decided_at}
        for k in point_ids
    ]
    with store.writing() as connection:
        upsert(connection, tables.CONTROL_EXCLUSION, rows, ("point_id",))


def control_exclusions(store: Store) -> dict[int, str]:
    """Point -> why it was left out."""
    own = tables.CONTROL_EXCLUSION.c
    with store.reading() as connection:
        return {int(row[0]): str(row[1]) for row in connection.execute(select(own.point_id, own.reason))}


def control_discrepancies(store: Store) -> pd.DataFrame:
    """Points with both tracks whose values differ: series_id, run, replicate, automatic, manual; texts as sent."""
    one, other = tables.CONTROL_POINT.alias("one"), tables.CONTROL_POINT.alias("other")
    same = [one.c[name] == other.c[name] for name in _KEY]
    statement = select(
        one.c.series_id, one.c.run, one.c.replicate, one.c.raw.label("automatic"), other.c.raw.label("manual")
    ).where(*same, ~one.c.is_manual, other.c.is_manual, one.c.value != other.c.value)
    with reading(store, arrow=False) as source:
        return read_frame(source, statement).sort_values(["series_id", "run", "replicate"], ignore_index=True)


def control_questions(store: Store) -> pd.DataFrame:
    """Open questions: intake_id, row_no, source, place, reason, sent, content."""
    own = tables.CONTROL_QUESTION.c
    statement = (
        select(own.intake_id, own.row_no, tables.CONTROL_INTAKE.c.source, *(own[n] for n in QUESTION_COLUMNS))
        .join_from(tables.CONTROL_QUESTION, tables.CONTROL_INTAKE)
        .where(own.state == "open")
        .order_by(own.intake_id, own.row_no)
    )
    with reading(store, arrow=False) as source:
        return read_frame(source, statement)


def close_questions(store: Store, rows: Iterable[tuple[int, int]]) -> None:
    """Mark questions answered; each by intake_id and row_no."""
    own = tables.CONTROL_QUESTION.c
    with store.writing() as connection:
        for intake_id, row_no in rows:
            chosen = (own.intake_id == intake_id) & (own.row_no == row_no)
            connection.execute(update(tables.CONTROL_QUESTION).where(chosen).values(state="answered"))
