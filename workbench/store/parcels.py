"""Parcels of a programme-round: dispatched, arrived; by revision, the last one holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select

from workbench.errors import DataError, Problem
from workbench.store.connection import Store
from workbench.store.programme_rounds import programme_round_number
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading
from workbench.store.schema.programme_round import LABORATORY, PARTICIPATION
from workbench.store.schema.year import DISPATCH, RECEIPT
from workbench.store.writing import write_frame
from workbench.store.year_intakes import Register, YearLoad, YearRun, fresh_rows, nothing_new, save_intake

RECEIPT_CONTENT = ("received_on", "condition")
CONDITIONS = ("intact", "damaged", "incomplete")


def round_parcels(store: Store, round_code: str, programme_no: str) -> pd.DataFrame:
    """One row per laboratory of a programme-round.

    Returns
    -------
    lab_code, first_on (day of dispatch), dispatched_on (the same, or of the replacement), dispatch_revision, due_at,
    received_on, condition, receipt_revision, returned_at, open_claims, excused; NaT where something has not been.

    Raises
    ------
    DataError
        when the programme-round is not in the store.
    """
    with reading(store, arrow=False) as source:
        assert source.connection is not None
        number = programme_round_number(source.connection, round_code, programme_no)
        return read_parcels(source.connection, number)


def read_parcels(connection: Connection, programme_round_id: int) -> pd.DataFrame:
    """The same inside the caller's transaction."""
    statement = query("round_parcels", connection.dialect.name)
    return read_frame(connection, statement, {"programme_round_id": programme_round_id})


def participation_numbers(connection: Connection, programme_round_id: int) -> dict[str, int]:
    """Laboratory -> its participation."""
    rows = connection.execute(
        select(LABORATORY.c.lab_code, PARTICIPATION.c.participation_id)
        .join_from(PARTICIPATION, LABORATORY)
        .where(PARTICIPATION.c.programme_round_id == programme_round_id)
    )
    return {str(row[0]): int(row[1]) for row in rows}


def refuse_strangers(rows: pd.DataFrame, parts: dict[str, int], what: str) -> None:
    """Raise DataError naming every laboratory that does not take part."""
    strangers = sorted(set(rows["lab_code"]) - set(parts))
    if strangers:
        problems = [
            Problem(f"laboratory {code!r} does not take part", column="lab_code") for code in strangers
        ]
        raise DataError(f"The {what} were refused.", problems)


def add_dispatch(
    store: Store, round_code: str, programme_no: str, dispatched_on: date, reason: str = ""
) -> int:
    """Record that the parcels of a programme-round left; returns how many were recorded.

    Parameters
    ----------
    dispatched_on : day, local.
    reason : needed where another day is recorded already, which becomes a correction.

    Notes
    -----
    Idempotent. Laboratories that take part by now and have no dispatch get one; replaced parcels are left alone.

    Raises
    ------
    DataError
        when the programme-round is not in the store, or a day is changed without a reason.
    """
    moment = pd.Timestamp(dispatched_on)
    with store.writing() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        parts = participation_numbers(connection, number)
        held = read_parcels(connection, number)
        plain = held[held["first_on"].isna() | (held["first_on"] == held["dispatched_on"])]
        wrong = plain[plain["dispatched_on"].notna() & (plain["dispatched_on"] != moment)]
        if len(wrong) and not reason.strip():
            day = wrong["dispatched_on"].iloc[0].date()
            raise DataError(
                f"Programme {programme_no}, round {round_code} left on {day}: give a reason for another day."
            )
        new = plain[plain["dispatched_on"].isna()].assign(cause="dispatch", reason="")
        again = wrong.assign(cause="correction", reason=reason)
        rows = pd.concat([new, again], ignore_index=True)
        write_frame(connection, DISPATCH, _dispatches(rows, parts), dispatched_on=moment.to_pydatetime())
    return len(rows)


def _dispatches(rows: pd.DataFrame, parts: dict[str, int]) -> pd.DataFrame:
    """Rows of `dispatch` without the day; the deadline stays that of the programme-round."""
    return pd.DataFrame(
        {
            "participation_id": rows["lab_code"].map(parts),
            "revision": rows["dispatch_revision"] + 1,
            "cause": rows["cause"],
            "reason": rows["reason"],
        }
    )


def add_replacements(connection: Connection, rows: pd.DataFrame, programme_round_id: int) -> None:
    """Dispatch again to some laboratories, inside the caller's transaction.

    Parameters
    ----------
    rows : lab_code, replaced_on, due_at (NaT: that of the programme-round), reason; one row per laboratory.
    """
    if rows.empty:
        return
    held = read_parcels(connection, programme_round_id).set_index("lab_code")["dispatch_revision"]
    parts = participation_numbers(connection, programme_round_id)
    out = rows.assign(
        participation_id=rows["lab_code"].map(parts),
        revision=rows["lab_code"].map(held) + 1,
        dispatched_on=rows["replaced_on"],
        cause="replacement",
    )
    write_frame(connection, DISPATCH, out)


def add_receipts(store: Store, round_code: str, programme_no: str, load: YearLoad) -> YearRun:
    """Enter receipts of parcels; a row that differs from the one that holds becomes its next revision.

    Parameters
    ----------
    load : rows with lab_code, received_on, condition (intact, damaged or incomplete), reason.

    Raises
    ------
    DataError
        naming every laboratory that does not take part, every row that stands twice, every change without a reason.
    """
    register = Register("receipts", round_code, ("lab_code",), RECEIPT_CONTENT)
    with store.writing() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        parts = participation_numbers(connection, number)
        refuse_strangers(load.rows, parts, register.kind)
        fresh = fresh_rows(register, load, held_receipts(read_parcels(connection, number)))
        if (known := nothing_new(connection, register, load, fresh)) is not None:
            return known
        intake, run = save_intake(connection, register, load, len(fresh))
        keyed = fresh.assign(participation_id=fresh["lab_code"].map(parts))
        write_frame(connection, RECEIPT, keyed, intake_id=intake)
    return run


def held_receipts(parcels: pd.DataFrame) -> pd.DataFrame:
    """lab_code, received_on, condition, revision of the laboratories whose parcel has arrived."""
    arrived = parcels[parcels["receipt_revision"] > 0]
    return arrived.rename(columns={"receipt_revision": "revision"})[
        ["lab_code", *RECEIPT_CONTENT, "revision"]
    ]


def dispatch_log(store: Store, round_code: str, programme_no: str, lab_code: str) -> list[dict[str, Any]]:
    """Every dispatch to one laboratory, the first one first: revision, dispatched_on, due_at, cause, reason."""
    own = DISPATCH.c
    with store.reading() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        part = participation_numbers(connection, number).get(lab_code)
        columns = (own.revision, own.dispatched_on, own.due_at, own.cause, own.reason)
        found = connection.execute(
            select(*columns).where(own.participation_id == part).order_by(own.revision)
        )
        return [dict(row) for row in found.mappings()]
