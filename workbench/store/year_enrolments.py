"""Who is enrolled in which programme of a year: entered in bulk, revised with a reason, never overwritten."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection

from workbench.errors import DataError, Problem
from workbench.store.connection import Store
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading
from workbench.store.schema.programme_round import LABORATORY
from workbench.store.schema.year import YEAR_ENROLMENT
from workbench.store.writing import numbers, upsert, write_frame
from workbench.store.year_intakes import Register, YearLoad, YearRun, fresh_rows, nothing_new, save_intake

KEY = ("lab_code", "programme_no", "device_id")
CONTENT = ("year_state", "fee_settled", "designated")
ENROLLED, WITHDRAWN = "enrolled", "withdrawn"


def add_enrolments(
    store: Store, year: int, load: YearLoad, laboratories: pd.DataFrame | None = None
) -> YearRun:
    """Enter enrolments of a year; a row that differs from the one that holds becomes its next revision.

    Parameters
    ----------
    load : rows with lab_code, programme_no, device_id, year_state (enrolled or withdrawn), fee_settled, designated,
        reason.
    laboratories : lab_code, region, hospital_level of laboratories to register with it.

    Raises
    ------
    DataError
        naming every laboratory that is not registered, every row that stands twice, every change without a reason.

    Notes
    -----
    The same load again adds nothing and is not kept as an intake.
    """
    register = Register("enrolments", str(year), KEY, CONTENT)
    with store.writing() as connection:
        if laboratories is not None and len(laboratories):
            upsert(connection, LABORATORY, laboratories.to_dict("records"), ["lab_code"])
        labs = numbers(connection, LABORATORY, "lab_id", "lab_code")
        _refuse_unknown(load.rows, labs)
        fresh = fresh_rows(register, load, _held(connection, year))
        if (known := nothing_new(connection, register, load, fresh)) is not None:
            return known
        number, run = save_intake(connection, register, load, len(fresh))
        keyed = fresh.assign(lab_id=fresh["lab_code"].map(labs))
        write_frame(connection, YEAR_ENROLMENT, keyed, year=year, intake_id=number)
    store.analyse([YEAR_ENROLMENT])
    return run


def _refuse_unknown(rows: pd.DataFrame, labs: dict[str, int]) -> None:
    unknown = sorted(set(rows["lab_code"]) - set(labs))
    if unknown:
        raise DataError(
            "Enrolment of unknown laboratories.",
            [Problem(f"laboratory {code!r} is not registered", column="lab_code") for code in unknown],
        )


def _held(connection: Connection, year: int) -> pd.DataFrame:
    return read_frame(connection, query("year_enrolments", connection.dialect.name), {"year": year})


def year_enrolments(store: Store, year: int) -> pd.DataFrame:
    """The enrolments of a year that hold: KEY, revision, CONTENT, reason; one row per laboratory x programme x device."""
    with reading(store, arrow=False) as source:
        return read_frame(source, query("year_enrolments", source.dialect.name), {"year": year})


def laboratory_codes(store: Store) -> frozenset[str]:
    """Codes of all laboratories that are registered."""
    with store.reading() as connection:
        return frozenset(numbers(connection, LABORATORY, "lab_id", "lab_code"))
