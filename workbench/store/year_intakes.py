"""Loads of the year's registers: counts that add up, rows kept out with their place, reasons and content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, insert, select

from workbench.errors import DataError, Problem
from workbench.store.connection import Store
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading
from workbench.store.revisions import CHANGED, KNOWN, against_held
from workbench.store.schema.year import YEAR_INTAKE, YEAR_REJECTION
from workbench.store.writing import write_frame

REJECTED = ("place", "reason", "content")


@dataclass(frozen=True)
class YearLoad:
    """Rows of one register from one source.

    Parameters
    ----------
    rows : what is entered; the function that takes it names the columns.
    rejected : place, reason, content of rows kept out on the way.
    source, source_sha256 : name and hash of the file.
    received_at : when it came, local time.
    """

    rows: pd.DataFrame
    rejected: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(REJECTED)))
    source: str = ""
    source_sha256: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True)
class YearRun:
    """What one load did; rows_read = rows_loaded + rows_known + rows_rejected."""

    rows_read: int
    rows_loaded: int
    rows_known: int
    rows_rejected: int


@dataclass(frozen=True)
class Register:
    """How rows of one register are compared with what the store holds.

    Parameters
    ----------
    kind, scope : of the intake. key, content : see `against_held`.
    """

    kind: str
    scope: str
    key: tuple[str, ...]
    content: tuple[str, ...]


def fresh_rows(register: Register, load: YearLoad, held: pd.DataFrame) -> pd.DataFrame:
    """The rows that add something, each with its revision.

    Raises
    ------
    DataError
        naming every key that stands there twice, and every change without a reason.
    """
    rows = load.rows.reset_index(drop=True)
    key = list(register.key)
    placed = against_held(rows, held, key, register.content)
    twice = placed[placed.duplicated(key)]
    bare = placed[(placed["standing"] == CHANGED) & (placed["reason"].str.strip() == "")]
    problems = [
        Problem(f"{_named(row, key)}: {why}")
        for table, why in ((twice, "stands there twice"), (bare, "a change needs its reason"))
        for row in table[key].itertuples(index=False, name=None)
    ]
    if problems:
        raise DataError(f"The {register.kind} of {register.scope} were refused.", problems)
    return placed[placed["standing"] != KNOWN]


def _named(row: tuple[object, ...], key: Sequence[str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(key, row, strict=True) if str(value))


def save_intake(
    connection: Connection, register: Register, load: YearLoad, loaded: int
) -> tuple[int, YearRun]:
    """Keep the counts and the rejected rows; returns the number of the intake."""
    read = len(load.rows) + len(load.rejected)
    run = YearRun(read, loaded, len(load.rows) - loaded, len(load.rejected))
    row = {
        "kind": register.kind,
        "scope": register.scope,
        "source": load.source,
        "source_sha256": load.source_sha256,
        "received_at": load.received_at,
        "rows_read": run.rows_read,
        "rows_loaded": run.rows_loaded,
        "rows_known": run.rows_known,
        "rows_rejected": run.rows_rejected,
    }
    number = int(
        connection.execute(insert(YEAR_INTAKE).values(row).returning(YEAR_INTAKE.c.intake_id)).scalar_one()
    )
    rows = load.rejected.assign(row_no=range(1, len(load.rejected) + 1))
    write_frame(connection, YEAR_REJECTION, rows, intake_id=number)
    return number, run


def nothing_new(
    connection: Connection, register: Register, load: YearLoad, fresh: pd.DataFrame
) -> YearRun | None:
    """The counts of a load that adds nothing, of which no intake is kept; None where something is to be kept.

    Notes
    -----
    Rows kept out are nothing new when the same file gave as many before.
    """
    own, rejected = YEAR_INTAKE.c, len(load.rejected)
    before = select(own.intake_id).where(
        own.kind == register.kind,
        own.scope == register.scope,
        own.source_sha256 == load.source_sha256,
        own.rows_rejected == rejected,
    )
    if len(fresh) or (rejected and connection.execute(before).first() is None):
        return None
    return YearRun(len(load.rows) + rejected, 0, len(load.rows), rejected)


def year_rejections(store: Store, kind: str, scope: str) -> pd.DataFrame:
    """Rows kept out: intake_id, source, row_no, place, reason, content.

    Parameters
    ----------
    kind : enrolments, receipts or claims. scope : year or round.
    """
    with reading(store, arrow=False) as source:
        statement = query("year_rejections", source.dialect.name)
        return read_frame(source, statement, {"kind": kind, "scope": scope})
