"""One database by its URL: an engine made when first needed, reads and writes as transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from workbench.errors import DataError
from workbench.store.sqlite_gate import gate

BUSY_SECONDS = 60.0
"""How long a writer waits for another one on SQLite before it gives up."""

ANALYSIS_ROWS = 1000
"""Rows per index that SQLite's ANALYZE looks at; enough to choose the right index."""


@dataclass(frozen=True)
class Store:
    """One database. Holds no open connection until it is used, so it may cross a process border.

    Parameters
    ----------
    url : SQLAlchemy URL with the driver, e.g. "sqlite:////data/eqa.db".
    """

    url: str

    @cached_property
    def engine(self) -> Engine:
        """The engine; made at first use."""
        return _engine(make_url(self.url))

    @property
    def dialect(self) -> str:
        """Name of the dialect: sqlite, postgresql ..."""
        return make_url(self.url).get_backend_name()

    @property
    def sqlite_file(self) -> str | None:
        """Path of the SQLite file; None for other dialects and for a database in memory."""
        url = make_url(self.url)
        named = self.dialect == "sqlite" and url.database not in (None, "", ":memory:")
        return url.database if named else None

    def _turn(self) -> AbstractContextManager[None]:
        """The right to open connections; see `sqlite_gate`."""
        return gate(self.sqlite_file).python() if self.sqlite_file else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose statements all see one state of the database."""
        with self._turn(), self.engine.connect() as connection:
            if connection.dialect.name != "sqlite":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept whole or not at all; on SQLite it queues behind other writers."""
        with self._turn(), self.engine.execution_options(immediate=True).begin() as connection:
            yield connection

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Hold an idle connection, for a process that reads and writes every moment.

        The last connection that closes an SQLite file writes its log back and waits for the disk; with one held
        open that happens now and then, not at every step. Other threads wait meanwhile.
        """
        with self._turn(), self.engine.connect():
            yield

    def analyse(self, tables: Iterable[Table]) -> None:
        """Renew the planner's statistics of some tables after a load, or it picks poor indexes."""
        names = [table.name for table in tables]
        lite = self.dialect == "sqlite"
        commands = [f"ANALYZE {name}" for name in names] if lite else [f"ANALYZE {', '.join(names)}"]
        if lite:
            commands.insert(0, f"PRAGMA analysis_limit = {ANALYSIS_ROWS}")
        with self._turn(), self.engine.connect() as opened:
            connection = opened.execution_options(isolation_level="AUTOCOMMIT")
            for command in commands:
                connection.execute(text(command))

    def close(self) -> None:
        """Close pooled connections."""
        if "engine" in self.__dict__:
            self.engine.dispose()


def open_store(url: str | Path) -> Store:
    """Return the store at a URL, without touching the database yet.

    Parameters
    ----------
    url : SQLAlchemy URL, or the path of an SQLite file.

    Raises
    ------
    DataError
        when the text is no URL.

    Examples
    --------
    >>> open_store("eqa.db").url
    'sqlite:///eqa.db'
    >>> open_store("postgresql://office@db/eqa").url
    'postgresql+psycopg://office@db/eqa'
    """
    named = f"sqlite:///{url}" if isinstance(url, Path) or "://" not in url else url
    try:
        parsed = make_url(named)
    except ArgumentError as error:
        raise DataError(f"{url!r} is no database URL; write e.g. sqlite:///folder/eqa.db.") from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return Store(parsed.render_as_string(hide_password=False))


def _engine(url: URL) -> Engine:
    """An engine that speaks our transactions."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
    arguments: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
    if url.database and url.database != ":memory:":
        Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
        arguments["poolclass"] = NullPool
    engine = create_engine(url, **arguments)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Write-ahead log, foreign keys on; Python's own BEGIN off, because it starts too late."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the lock at once: a reader that turns writer cannot wait for it."""
    if connection.get_isolation_level() == "AUTOCOMMIT":
        return
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
