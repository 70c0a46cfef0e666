"""Damage and loss claimed by laboratories, and what the organiser decided: replaced, or a sample fault."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Connection

from workbench.store.connection import Store
from workbench.store.decisions import Decision, insert_decision
from workbench.store.parcels import add_replacements, participation_numbers, refuse_strangers
from workbench.store.programme_rounds import programme_round_number
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading
from workbench.store.schema.year import CLAIM
from workbench.store.writing import write_frame
from workbench.store.year_intakes import Register, YearLoad, YearRun, fresh_rows, nothing_new, save_intake

KEY = ("lab_code", "sample", "claimed_on")
CONTENT = ("claim_kind", "claim_state", "replaced_on", "decided_on")
OPEN, REPLACED, SAMPLE_FAULT, REFUSED = "open", "replaced", "sample_fault", "refused"


def add_claims(store: Store, round_code: str, programme_no: str, load: YearLoad) -> YearRun:
    """Enter claims and the decisions on them, all or none.

    Parameters
    ----------
    load : rows with lab_code, sample (empty: the whole parcel), claimed_on, claim_kind (damage or loss), claim_state
        (open, replaced, sample_fault or refused), replaced_on, decided_on, reason, due_at: the deadline a replacement
        moves to, NaT for that of the programme-round.

    Raises
    ------
    DataError
        naming every laboratory that does not take part, every row that stands twice, every change without a reason.

    Notes
    -----
    `replaced` adds a dispatch of that laboratory; `sample_fault` adds the decision of that kind on laboratory and
    sample, from which the results get the state sample_fault. Both happen once: the same row again is known.
    """
    register = Register("claims", round_code, KEY, CONTENT)
    with store.writing() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        parts = participation_numbers(connection, number)
        refuse_strangers(load.rows, parts, register.kind)
        fresh = fresh_rows(register, load, _held(connection, number))
        if (known := nothing_new(connection, register, load, fresh)) is not None:
            return known
        intake, run = save_intake(connection, register, load, len(fresh))
        keyed = fresh.assign(participation_id=fresh["lab_code"].map(parts))
        write_frame(connection, CLAIM, keyed, intake_id=intake)
        _replace(connection, number, fresh)
        _find_faulty(connection, (number, programme_no), fresh)
    return run


def _replace(connection: Connection, number: int, fresh: pd.DataFrame) -> None:
    """One parcel a laboratory and day, however many samples it replaces."""
    rows = fresh[fresh["claim_state"] == REPLACED].sort_values("replaced_on")
    add_replacements(connection, rows.drop_duplicates("lab_code", keep="last"), number)


def _find_faulty(connection: Connection, where: tuple[int, str], fresh: pd.DataFrame) -> None:
    number, programme_no = where
    for row in fresh[fresh["claim_state"] == SAMPLE_FAULT].itertuples(index=False):
        moment: datetime = pd.Timestamp(row.decided_on).to_pydatetime()
        decision = Decision("sample_fault", row.reason, moment, row.lab_code, "", row.sample)
        insert_decision(connection, number, programme_no, decision)


def _held(connection: Connection, number: int) -> pd.DataFrame:
    return read_frame(connection, query("claims", connection.dialect.name), {"programme_round_id": number})


def round_claims(store: Store, round_code: str, programme_no: str) -> pd.DataFrame:
    """The claims of a programme-round that hold: KEY, revision, CONTENT, reason."""
    with reading(store, arrow=False) as source:
        assert source.connection is not None
        return _held(source.connection, programme_round_number(source.connection, round_code, programme_no))
