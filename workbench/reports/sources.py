"""The store a report reads, wherever its notebook was started."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import DataError
from workbench.parameters import project_root
from workbench.store import Store, open_store
from workbench.store.migration import refuse_outdated

_SQLITE = "sqlite:///"


def located(database: str) -> str:
    """The URL with the path of an SQLite file made absolute from the project's folder.

    Examples
    --------
    >>> located("postgresql://office@db/eqa"), located("sqlite:////data/eqa.db")
    ('postgresql://office@db/eqa', 'sqlite:////data/eqa.db')
    """
    if not database.startswith(_SQLITE):
        return database
    return f"{_SQLITE}{project_root() / database.removeprefix(_SQLITE)}"


def opened_store(database: str) -> Store:
    """Open the store at a URL.

    Parameters
    ----------
    database : URL; a relative SQLite path is taken from the project's folder, so that a notebook
        opened by hand reads the same file as the command line.

    Raises
    ------
    DataError
        when an SQLite file does not exist: a report never makes an empty database; or when the store is of another version
        than this program.
    """
    store = _existing(database)
    refuse_outdated(store)
    return store


def opened_names(database: str) -> Store:
    """Open the store of laboratory names, a database of its own.

    Raises
    ------
    DataError
        when an SQLite file does not exist.
    """
    return _existing(database)


def _existing(database: str) -> Store:
    """The store at a URL; never a new file."""
    url = located(database)
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        raise DataError(
            f"There is no database {url.removeprefix(_SQLITE)}; make the demonstration with `workbench demo`."
        )
    return open_store(url)
