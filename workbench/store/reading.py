"""Query -> frame: through an Arrow driver where one is installed, else through SQLAlchemy in chunks.

Both ways give the same frame: dtypes come from the statement's typed columns, not from the driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Connection,
    DateTime,
    Executable,
    Float,
    Integer,
    Numeric,
    Select,
    TextualSelect,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.types import TypeEngine

from workbench.errors import DataError
from workbench.frames import Frame
from workbench.store.connection import Store
from workbench.store.sqlite_gate import gate

CHUNK_ROWS = 100_000
"""Rows fetched at a time without an Arrow driver: bounds memory at about 100 MB."""

ARROW_DRIVERS = {"sqlite": "adbc_driver_sqlite", "postgresql": "adbc_driver_postgresql"}
"""Dialect -> Arrow driver that is used when installed."""

_SQLITE_TYPE_ROWS = 1 << 30
"""The driver settles a column's type on its first batch, so that the batch must hold every row."""

Statement = Select[Any] | TextualSelect


@dataclass(frozen=True)
class Reading:
    """One read transaction: `arrow` is set where an Arrow driver reads, else `connection`."""

    dialect: Dialect
    connection: Connection | None = None
    arrow: Any = None


@contextmanager
def reading(store: Store, *, arrow: bool = True) -> Iterator[Reading]:
    """Open a read transaction in which every `read_frame` sees one state of the database.

    Parameters
    ----------
    store : the database.
    arrow : False keeps to SQLAlchemy, which starts faster and suits a few hundred rows.
    """
    with _arrow_turn(store, arrow) as free:
        if free:
            with _arrow_reading(store) as source:
                yield source
            return
    with store.reading() as connection:
        yield Reading(connection.dialect, connection=connection)


@contextmanager
def _arrow_turn(store: Store, wanted: bool) -> Iterator[bool]:
    """Whether an Arrow driver may read now; holds the SQLite file's gate meanwhile."""
    driver = ARROW_DRIVERS.get(store.dialect, "")
    if not wanted or not driver or find_spec(driver) is None:
        yield False
    elif store.dialect != "sqlite":
        yield True
    elif store.sqlite_file is None:
        yield False
    else:
        with gate(store.sqlite_file).arrow() as free:
            yield free


@contextmanager
def _arrow_reading(store: Store) -> Iterator[Reading]:
    """One transaction of the Arrow driver."""
    driver = import_module(f"{ARROW_DRIVERS[store.dialect]}.dbapi")
    connection = driver.connect(_arrow_uri(store))
    try:
        if store.dialect == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield Reading(_arrow_dialect(store), arrow=connection)
    finally:
        connection.close()


def read_frame(
    source: Reading | Connection, statement: Statement, params: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Run a statement and return its rows.

    Parameters
    ----------
    source : a `Reading`, or an open connection (then SQLAlchemy reads).
    statement : a Core select, or a named query; its columns carry types.
    params : values of its parameters; a list for an expanding one.

    Returns
    -------
    One column per selected column. Text is `str`, whole numbers int64 (float64 with NaN when NULL
    occurs), quantities float64, flags bool (NULL is False), times datetime64[s].

    Raises
    ------
    DataError
        when the statement has no typed columns.
    """
    types = {column.name: column.type for column in statement.selected_columns}
    if not types:
        raise DataError("A statement without typed columns cannot become a frame.")
    if isinstance(source, Connection):
        return _read_chunks(source, statement, params, types)
    if source.arrow is not None:
        return _typed(_read_arrow(source, statement, params), types)
    assert source.connection is not None
    return _read_chunks(source.connection, statement, params, types)


def read_contract(
    source: Reading | Connection, frame: Frame, statement: Statement, params: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """The same as a checked frame of the vocabulary, in the order of its key."""
    return in_key_order(frame, read_frame(source, statement, params))


def in_key_order(frame: Frame, table: pd.DataFrame) -> pd.DataFrame:
    """A checked frame sorted by its key, or by all columns where it has none.

    Databases sort text by different rules, so that the order is made here.
    """
    checked = frame.checked(table)
    keys = list(frame.key) or frame.names
    return checked.sort_values(keys, kind="stable", ignore_index=True) if len(checked) else checked


def _read_chunks(
    connection: Connection,
    statement: Statement,
    params: Mapping[str, Any] | None,
    types: Mapping[str, TypeEngine[Any]],
) -> pd.DataFrame:
    """Read in chunks of bounded size; each column goes straight into its dtype."""
    executable: Executable = statement
    result = connection.execute(executable, dict(params or {}), execution_options={"stream_results": True})
    names = list(result.keys())
    chunks = [
        pd.DataFrame(
            {
                name: _array(cells, types[name])
                for name, cells in zip(names, zip(*rows, strict=True), strict=True)
            }
        )
        for rows in result.partitions(CHUNK_ROWS)
    ]
    if not chunks:
        return pd.DataFrame({name: _array((), types[name]) for name in names})
    return pd.concat(chunks, ignore_index=True) if len(chunks) > 1 else chunks[0]


def _array(cells: Sequence[Any], kind: TypeEngine[Any]) -> Any:
    """Python values of one column as an array of the dtype of its SQL type."""
    if isinstance(kind, Boolean):
        return np.array([bool(cell) for cell in cells], dtype=bool)
    if isinstance(kind, Integer):
        return np.array(cells, dtype="float64" if None in cells else "int64")
    if isinstance(kind, Numeric | Float):
        return np.array(cells, dtype="float64")
    if isinstance(kind, DateTime):
        return np.array(cells, dtype="datetime64[s]")
    return pd.array(list(cells), dtype="str")


def _read_arrow(source: Reading, statement: Statement, params: Mapping[str, Any] | None) -> pd.DataFrame:
    """Compile for the driver and fetch one Arrow table."""
    compiled = statement.params(dict(params or {})).compile(dialect=source.dialect)
    expanded = compiled.construct_expanded_state()
    with source.arrow.cursor() as cursor:
        if source.dialect.name == "sqlite":
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _SQLITE_TYPE_ROWS})
        cursor.execute(expanded.statement, list(expanded.positional_parameters or ()) or None)
        return _compact(cursor.fetch_arrow_table()).to_pandas(timestamp_as_object=False)


def _compact(table: Any) -> Any:
    """A copy in memory of its own size.

    Notes
    -----
    The driver reserves room for `_SQLITE_TYPE_ROWS` rows a column. Text columns of a frame share that memory, and a
    process that keeps hundreds of gigabytes reserved cannot fork.
    """
    return table.take(np.arange(table.num_rows))


def _arrow_uri(store: Store) -> str:
    """Where the Arrow driver connects to; an SQLite file is opened for reading only."""
    if store.sqlite_file is not None:
        return f"{Path(store.sqlite_file).absolute().as_uri()}?mode=ro"
    return make_url(store.url).set(drivername="postgresql").render_as_string(hide_password=False)


def _arrow_dialect(store: Store) -> Dialect:
    """A dialect that writes parameters as the Arrow driver wants them."""
    if store.dialect == "postgresql":
        arrow_dialect: Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
        return arrow_dialect
    return store.engine.dialect


def _typed(table: pd.DataFrame, types: Mapping[str, TypeEngine[Any]]) -> pd.DataFrame:
    """Cast every column to the dtype of its SQL type."""
    return pd.DataFrame({name: _cast(table[name], kind) for name, kind in types.items()})


def _cast(values: pd.Series, kind: TypeEngine[Any]) -> pd.Series:
    """One column in the dtype of its SQL type."""
    if isinstance(kind, Boolean):
        return values.astype("object").where(values.notna(), False).astype(bool)
    if isinstance(kind, Integer):
        return values.astype("float64" if values.isna().any() else "int64")
    if isinstance(kind, Numeric | Float):
        return values.astype("float64")
    if isinstance(kind, DateTime):
        return pd.to_datetime(values).astype("datetime64[s]")
    if values.dtype == "str":
        return values
    return values.astype("object").where(values.notna(), None).astype("str")
