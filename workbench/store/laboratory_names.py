"""Names of laboratories: a database of its own, and a log entry for every name that is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import insert, select

from workbench.errors import DataError
from workbench.store.connection import Store
from workbench.store.reading import read_frame
from workbench.store.schema.identity import ACCESS_LOG, LABORATORY_NAME
from workbench.store.writing import upsert

_NAME_COLUMNS = ("lab_code", "name", "address", "contact")


@dataclass(frozen=True)
class Access:
    """Who reads a name, what for, when."""

    who: str
    purpose: str
    at: datetime


@dataclass(frozen=True)
class LaboratoryName:
    """One laboratory's name and address."""

    lab_code: str
    name: str
    address: str
    contact: str


def save_names(names_store: Store, table: pd.DataFrame) -> None:
    """Insert names, or bring them up to date.

    Parameters
    ----------
    names_store : made by `upgrade_names`; never the database of results.
    table : lab_code, name; optional address, contact.
    """
    filled = table.assign(**{name: "" for name in _NAME_COLUMNS if name not in table})
    rows = filled[list(_NAME_COLUMNS)].fillna("").to_dict("records")
    with names_store.writing() as connection:
        upsert(connection, LABORATORY_NAME, rows, ["lab_code"])


def laboratory_name(names_store: Store, lab_code: str, access: Access) -> LaboratoryName:
    """Read one laboratory's name; the access is logged in the same transaction.

    Raises
    ------
    DataError
        when the code has no name, or who and what for are not stated.
    """
    if not access.who.strip() or not access.purpose.strip():
        raise DataError("A name is read by somebody for a purpose; state both.")
    with names_store.writing() as connection:
        entry = {"at": access.at, "who": access.who, "purpose": access.purpose, "lab_code": lab_code}
        connection.execute(insert(ACCESS_LOG), entry)
        columns = [LABORATORY_NAME.c[name] for name in _NAME_COLUMNS]
        row = connection.execute(select(*columns).where(LABORATORY_NAME.c.lab_code == lab_code)).first()
    if row is None:
        raise DataError(f"Laboratory {lab_code!r} has no name in this store.")
    return LaboratoryName(*row)


def access_log(names_store: Store) -> pd.DataFrame:
    """Every access, oldest first: at, who, purpose, lab_code."""
    columns = ACCESS_LOG.c
    statement = select(columns.at, columns.who, columns.purpose, columns.lab_code).order_by(columns.access_no)
    with names_store.reading() as connection:
        return read_frame(connection, statement)
