"""Bring a database to the current schema: Alembic without an ini file.

Alembic is imported where it is used: a report never migrates, and would pay 0.2 s for it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from workbench.errors import DataError
from workbench.parameters.home import project_root
from workbench.store.connection import Store, open_store
from workbench.store.schema import IDENTITY, METADATA

if TYPE_CHECKING:
    from alembic.config import Config

COMPARISON: dict[str, Any] = {"compare_type": True, "render_as_batch": True}
"""How schema and database are compared, here and in the migration environment."""


@cache
def newest_version() -> str:
    """Number of the newest migration of the store of results, from the names of their files."""
    return max(
        path.name.partition("_")[0] for path in (migrations_folder() / "versions" / "workbench").glob("*.py")
    )


def refuse_outdated(store: Store) -> None:
    """Refuse a store whose tables are not those this version reads.

    Raises
    ------
    DataError
        naming the versions and the command that brings the store up to date; or that the store has no tables yet.
    """
    with store.reading() as connection:
        try:
            found = connection.execute(text("select version_num from alembic_version")).scalar()
        except (OperationalError, ProgrammingError):
            found = None
    if found != newest_version():
        held = f"is of version {found}" if found else "has no tables"
        url = store.engine.url.render_as_string(hide_password=True)
        raise DataError(
            f"The store {held}, this program reads version {newest_version()}. Bring it up to date: workbench migrate {url}"
        )


def migrations_folder() -> Path:
    """The folder of the migration environment."""
    return project_root() / "sql" / "migrations"


def upgrade(url: str | Path) -> Store:
    """Bring the database at `url` to the newest schema and return its store; harmless when current."""
    store = open_store(url)
    _run(store, METADATA, "workbench")
    return store


def upgrade_names(url: str | Path) -> Store:
    """The same for the store of laboratory names, which has a database of its own."""
    store = open_store(url)
    _run(store, IDENTITY, "identity")
    return store


def _run(store: Store, metadata: MetaData, branch: str) -> None:
    """Run the migrations of one branch inside one transaction."""
    from alembic import command

    with store.writing() as connection:
        command.upgrade(migration_config(connection, metadata, branch), "head")


def migration_config(connection: Connection, metadata: MetaData, branch: str) -> Config:
    """The Alembic settings of one branch ("workbench" or "identity") on an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations_folder()))
    config.set_main_option("version_locations", str(migrations_folder() / "versions" / branch))
    config.set_main_option("path_separator", "newline")
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def differences(connection: Connection, metadata: MetaData = METADATA) -> list[Any]:
    """What a new migration would have to change; empty when database and schema agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    return list(compare_metadata(MigrationContext.configure(connection, opts=COMPARISON), metadata))
