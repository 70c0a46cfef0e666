"""The migrations make exactly the tables that the schema modules describe, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from workbench.errors import DataError
from workbench.store import open_store, upgrade, upgrade_names
from workbench.store.migration import differences, migration_config, newest_version, refuse_outdated
from workbench.store.schema import IDENTITY, METADATA


def test_autogenerate_finds_nothing_to_do(store):
    with store.reading() as connection:
        assert differences(connection) == []


def test_every_table_is_there_and_names_are_not(store):
    with store.reading() as connection:
        found = set(inspect(connection).get_table_names())
    assert found == {*METADATA.tables, "alembic_version"}
    assert not found & set(IDENTITY.tables)


def test_upgrading_again_keeps_the_data(store, office):
    office.saved(store)
    again = upgrade(store.url)
    with again.reading() as connection:
        assert connection.execute(text("select count(*) from score")).scalar() == 66
    again.close()


def test_a_store_that_missed_the_year_gets_it(sqlite_store):
    """Stores of before held revision 0006 without the tables of 0004."""
    with sqlite_store.writing() as connection:
        for table in ("claim", "receipt", "dispatch", "year_enrolment", "year_rejection", "year_intake"):
            connection.execute(text(f"drop table {table}"))
        for column in ("size_limit", "limit_reason"):  # what 0008 adds
            connection.execute(text(f"alter table control_alert drop column {column}"))
        connection.execute(text("update alembic_version set version_num = '0006'"))
    with upgrade(sqlite_store.url).reading() as connection:
        assert differences(connection) == []


def test_names_have_a_database_of_their_own(tmp_path):
    names = upgrade_names(tmp_path / "names.db")
    with names.reading() as connection:
        assert differences(connection, IDENTITY) == []
        assert set(inspect(connection).get_table_names()) == {*IDENTITY.tables, "alembic_version"}


def test_comparison_can_fail(sqlite_store):
    with sqlite_store.writing() as connection:
        connection.execute(text("alter table laboratory add column name text"))
    with sqlite_store.reading() as connection:
        assert [change[0] for change in differences(connection)] == ["remove_column"]


def test_opening_touches_nothing(tmp_path):
    open_store(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_a_store_of_another_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    from alembic.script import ScriptDirectory

    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    store = open_store(url)
    with pytest.raises(DataError, match=r"has no tables.*workbench migrate"):
        refuse_outdated(store)
    with upgrade(url).writing() as connection:
        scripts = ScriptDirectory.from_config(migration_config(connection, METADATA, "workbench"))
        assert scripts.get_current_head() == newest_version()
    refuse_outdated(store)
    with store.writing() as connection:
        connection.execute(text("update alembic_version set version_num = '0001'"))
    with pytest.raises(DataError, match=f"version 0001, this program reads version {newest_version()}"):
        refuse_outdated(store)
