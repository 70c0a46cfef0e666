"""Take in what laboratories return. A correction is a new revision; nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, insert, select

from workbench.errors import DataError, Problem
from workbench.frames import RESULTS
from workbench.store.connection import Store
from workbench.store.programme_rounds import programme_round_number
from workbench.store.schema.programme_round import (
    ANALYTE_ITEM,
    LABORATORY,
    PARTICIPATION,
    SAMPLE,
)
from workbench.store.schema.submission import INGEST_RUN, QUARANTINE, RESULT, SUBMISSION
from workbench.store.writing import numbers, write_frame

SUBMISSION_STATUSES = ("accepted", "rejected")


@dataclass(frozen=True)
class Submissions:
    """One load of returned results.

    Parameters
    ----------
    submissions : one row per laboratory: lab_code, returned_at; optional received_on, tested_on,
        by_role ("laboratory" or "organiser"), status ("accepted" or "rejected"), comment.
    results : the columns of the `results` frame without revision; result rows of those laboratories.
    quarantine : rows refused on the way in: place, reason, content.
    source : where the rows came from, e.g. a file name without names of people or hospitals.
    source_sha256 : hash of the file.
    received_at : when the load arrived.
    """

    submissions: pd.DataFrame
    results: pd.DataFrame
    quarantine: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["place", "reason", "content"])
    )
    source: str = ""
    source_sha256: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True)
class IngestRun:
    """What one load did; rows_read = rows_loaded + rows_quarantined."""

    ingest_run_id: int
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_flagged: int
    revisions: Mapping[str, int]


def add_submissions(store: Store, round_code: str, programme_no: str, load: Submissions) -> IngestRun:
    """Add one new revision for every laboratory of a load, all or none.

    A revision holds the laboratory's whole return: a correction repeats the results that stay.

    Parameters
    ----------
    store : the database.
    round_code, programme_no : the programme-round, saved before.
    load : what came in.

    Returns
    -------
    The run with its counts and the revision each laboratory got.

    Raises
    ------
    DataError
        with every row that names an unknown laboratory, analyte or sample, or repeats another.
    """
    submissions, results = _checked(load)
    with store.writing() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        keys = _Keys.of(connection, number, programme_no)
        if problems := [*_problems(submissions, results, keys)]:
            raise DataError(f"Programme {programme_no}, round {round_code}: results refused.", problems)
        run_id, counts = _save_run(connection, number, load, results)
        revisions = _save_submissions(connection, submissions, run_id, keys)
        _save_results(connection, results, run_id, keys)
    store.analyse([SUBMISSION, RESULT])
    return IngestRun(run_id, **counts, revisions=revisions)


@dataclass(frozen=True)
class _Keys:
    """Codes of the programme-round -> integer keys."""

    labs: Mapping[str, int]
    items: Mapping[str, int]
    samples: Mapping[str, int]

    @classmethod
    def of(cls, connection: Connection, number: int, programme_no: str) -> _Keys:
        rows = connection.execute(
            select(LABORATORY.c.lab_code, PARTICIPATION.c.participation_id)
            .join_from(PARTICIPATION, LABORATORY)
            .where(PARTICIPATION.c.programme_round_id == number)
        )
        return cls(
            {str(row[0]): int(row[1]) for row in rows},
            numbers(connection, ANALYTE_ITEM, "item_id", "analyte", programme_no=programme_no),
            numbers(connection, SAMPLE, "sample_id", "sample", programme_round_id=number),
        )


def _checked(load: Submissions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables with every column, optional ones filled."""
    submissions = load.submissions.reset_index(drop=True).copy()
    for name, value in (("by_role", "laboratory"), ("status", "accepted"), ("comment", "")):
        submissions[name] = submissions[name].fillna(value) if name in submissions else value
    for name in ("received_on", "tested_on"):
        if name not in submissions:
            submissions[name] = pd.NaT
    results = RESULTS.checked(load.results.assign(revision=0))
    return submissions, results.drop(columns="revision")


def _problems(submissions: pd.DataFrame, results: pd.DataFrame, keys: _Keys) -> Iterable[Problem]:
    """Every reason not to take the load."""
    codes = submissions["lab_code"]
    for code in sorted(codes[codes.duplicated()].unique()):
        yield Problem(f"laboratory {code!r} has two submissions in one load")
    for code in sorted(set(codes) - set(keys.labs)):
        yield Problem(f"laboratory {code!r} does not take part")
    for code in sorted(set(results["lab_code"]) - set(codes)):
        yield Problem(f"results of laboratory {code!r} come without its submission")
    for name, known in (("analyte", keys.items), ("sample", keys.samples)):
        for code in sorted(set(results[name]) - set(known)):
            yield Problem(f"{name} {code!r} does not belong to the programme-round", column=name)
    for code in sorted(codes[pd.isna(submissions["returned_at"])]):
        yield Problem(f"laboratory {code!r} has no time of return", column="returned_at")
    for status in sorted(set(submissions["status"]) - set(SUBMISSION_STATUSES)):
        yield Problem(f"status {status!r} is not one of {', '.join(SUBMISSION_STATUSES)}", column="status")
    for name in ("raw", "u_raw"):
        for row in results.index[results[name].str.contains("\x00", regex=False)]:
            yield Problem(
                "the text holds a zero byte, which no database keeps", row=int(row) + 1, column=name
            )


def _save_run(
    connection: Connection, number: int, load: Submissions, results: pd.DataFrame
) -> tuple[int, dict[str, int]]:
    """The run and its quarantine."""
    counts = {
        "rows_read": len(results) + len(load.quarantine),
        "rows_loaded": len(results),
        "rows_quarantined": len(load.quarantine),
        "rows_flagged": int((results["flags"] != "").sum()),
    }
    row = {
        "programme_round_id": number,
        "source": load.source,
        "source_sha256": load.source_sha256,
        "received_at": load.received_at,
        **counts,
    }
    run_id = int(
        connection.execute(insert(INGEST_RUN).values(row).returning(INGEST_RUN.c.ingest_run_id)).scalar_one()
    )
    rows = load.quarantine.assign(row_no=range(1, len(load.quarantine) + 1))
    write_frame(connection, QUARANTINE, rows, ingest_run_id=run_id)
    return run_id, counts


def _save_submissions(
    connection: Connection, submissions: pd.DataFrame, run_id: int, keys: _Keys
) -> dict[str, int]:
    """One new revision a laboratory; returns laboratory -> revision."""
    parts = [keys.labs[code] for code in submissions["lab_code"]]
    held = connection.execute(
        select(SUBMISSION.c.participation_id, func.max(SUBMISSION.c.revision))
        .where(SUBMISSION.c.participation_id.in_(parts))
        .group_by(SUBMISSION.c.participation_id)
    ).all()
    last = {int(row[0]): int(row[1]) for row in held}
    revisions = [last.get(part, 0) + 1 for part in parts]
    frame = submissions.assign(participation_id=parts, revision=revisions)
    write_frame(connection, SUBMISSION, frame, ingest_run_id=run_id)
    return dict(zip(submissions["lab_code"], revisions, strict=True))


def _save_results(connection: Connection, results: pd.DataFrame, run_id: int, keys: _Keys) -> None:
    """The result rows of the revisions just made."""
    made: dict[Any, int] = numbers(
        connection, SUBMISSION, "submission_id", "participation_id", ingest_run_id=run_id
    )
    keyed = results.assign(
        submission_id=[made[keys.labs[code]] for code in results["lab_code"]],
        item_id=[keys.items[code] for code in results["analyte"]],
        sample_id=[keys.samples[code] for code in results["sample"]],
    )
    write_frame(connection, RESULT, keyed)
