"""The store a report reads, wherever its notebook was started."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import DataError
from workbench.parameters import project_root
from workbench.store import Store, open_store

_SQLITE = "sqlite:///"


def opened_store(database: str) -> Store:
    """Open the store at a URL.

    Parameters
    ----------
    database : URL; a relative SQLite path is taken from the project's folder, so that a notebook
        opened by hand reads the same file as the command line.

    Raises
    ------
    DataError
        when an SQLite file does not exist: a report never makes an empty database.
    """
    if not database.startswith(_SQLITE):
        return open_store(database)
    path = Path(database.removeprefix(_SQLITE))
    file = path if path.is_absolute() else project_root() / path
    if not file.is_file():
        raise DataError(f"There is no database {file}; make the demonstration with `workbench demo`.")
    return open_store(f"{_SQLITE}{file}")
