"""Frame -> table, in bulk and inside the caller's transaction.

An Arrow driver would open a connection of its own and so commit apart from the rest; COPY and
executemany on the open connection are nearly as fast and keep a half-written load invisible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Boolean, Connection, DateTime, Float, Integer, Numeric, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

_SQLITE_TIME = "%Y-%m-%d %H:%M:%S.000000"


def write_frame(connection: Connection, table: Table, frame: pd.DataFrame, **constants: Any) -> int:
    """Insert every row of a frame.

    Parameters
    ----------
    connection : inside a transaction.
    table : target; the frame's columns that it does not have are left out.
    frame : rows; NaN, NaT and None become NULL.
    constants : columns with one value for all rows.

    Returns
    -------
    Number of rows written.
    """
    if frame.empty:
        return 0
    columns = [column for column in table.columns if column.name in frame or column.name in constants]
    lite = connection.dialect.name == "sqlite"
    cells = [
        [constants[c.name]] * len(frame) if c.name in constants else _cells(frame[c.name], c.type, lite)
        for c in columns
    ]
    _insert(connection, table, [c.name for c in columns], list(zip(*cells, strict=True)))
    return len(frame)


def _insert(connection: Connection, table: Table, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Insert tuples the fastest way that stays inside the transaction."""
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    driver = connection.connection.driver_connection
    if connection.dialect.driver == "psycopg" and driver is not None:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({marks})", rows)
        return
    connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])


def _cells(values: pd.Series, kind: TypeEngine[Any], lite: bool) -> list[Any]:
    """One column as Python values that the driver stores as the SQL type says."""
    if isinstance(kind, Boolean):
        return [(int(flag) if lite else bool(flag)) for flag in values]
    if isinstance(kind, DateTime):
        times = values.astype("datetime64[s]")
        texts = times.dt.strftime(_SQLITE_TIME) if lite else times.dt.to_pydatetime()
        return [None if gone else time for time, gone in zip(texts, times.isna(), strict=True)]
    plain = values.astype("object")
    if isinstance(kind, Integer):
        return [None if gone else int(x) for x, gone in zip(plain, values.isna(), strict=True)]
    if isinstance(kind, Numeric | Float):
        return [None if gone else float(x) for x, gone in zip(plain, values.isna(), strict=True)]
    return ["" if gone else str(x) for x, gone in zip(plain, values.isna(), strict=True)]


def upsert(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Insert rows, or bring the row with the same key up to date with the other columns given."""
    if not rows:
        return
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
    others = [name for name in rows[0] if name not in key]
    if others:
        changed = {name: insert.excluded[name] for name in others}
        statement = insert.on_conflict_do_update(index_elements=list(key), set_=changed)
    else:
        statement = insert.on_conflict_do_nothing(index_elements=list(key))
    connection.execute(statement, [dict(row) for row in rows])


def numbers(connection: Connection, table: Table, number: str, *codes: str, **where: Any) -> dict[Any, int]:
    """Code -> integer key of a dimension; a tuple of codes where more than one column is named."""
    statement = select(table.c[number], *(table.c[code] for code in codes))
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    rows = connection.execute(statement).all()
    return {(row[1] if len(codes) == 1 else tuple(row[1:])): row[0] for row in rows}
