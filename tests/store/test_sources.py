"""An organiser's own database with another schema comes in through its site's SQL files alone."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from workbench.errors import DataError, ParameterError
from workbench.store import import_source, open_source, round_inputs
from workbench.store.source_mapping import read_mapping, sites, sources_folder

SITE = "example_hospital_lis"
WHERE = "2026-1", "1.1"
DDL = Path(__file__).with_name("example_hospital_lis.sql").read_text(encoding="utf-8")


@pytest.fixture
def lis(tmp_path) -> Path:
    path = tmp_path / "lis.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(DDL)
    connection.close()
    return path


def test_a_round_comes_in(store, lis):
    run = import_source(store, SITE, str(lis), *WHERE)
    assert run is not None
    assert (run.rows_read, run.rows_loaded, run.rows_quarantined, run.rows_flagged) == (9, 8, 1, 1)
    inputs = round_inputs(store, *WHERE)
    assert inputs.closing_at.isoformat() == "2026-04-25T23:59:59"
    assert inputs.laboratories[["lab_code", "hospital_level", "late_days", "comment"]].values.tolist() == [
        ["H-001", "tertiary", 0, "late courier"],
        ["H-002", "secondary", 1, ""],
    ]
    assert sorted(set(inputs.enrolments["instrument"])) == ["A1", "A2", "AN-99"]
    results = inputs.results.set_index(["lab_code", "analyte", "sample"])
    assert results.loc[("H-001", "K", "2026111"), ["raw", "value", "decimals"]].tolist() == ["4.10", 4.1, 2]
    assert results.loc[("H-001", "K", "2026112"), ["raw", "value", "censor"]].tolist() == ["<1.0", 1.0, -1]
    assert results.loc[("H-001", "Mg", "2026112"), ["raw", "result_state"]].tolist() == [
        "haemolysed",
        "unreadable",
    ]
    assert ("H-002", "Mg", "2026111") not in results.index


def test_refused_rows_are_kept_with_their_reason(store, lis):
    import_source(store, SITE, str(lis), *WHERE)
    with store.reading() as connection:
        rows = connection.execute(text("select reason, content from quarantine")).all()
    assert [tuple(row) for row in rows] == [("sample_unknown", "H-002 | 9999 | K | 4.2")]


def test_importing_again_adds_only_what_changed(store, lis):
    import_source(store, SITE, str(lis), *WHERE)
    assert import_source(store, SITE, str(lis), *WHERE) is None
    with sqlite3.connect(lis) as connection:
        connection.execute("update value_sheet set kal_val = '4.11' where mail_key = 10 and vial = '2026111'")
    connection.close()
    run = import_source(store, SITE, str(lis), *WHERE)
    assert run is not None
    assert run.revisions == {"H-001": 2}
    assert set(round_inputs(store, *WHERE).results["revision"]) == {1, 2}


def test_their_database_is_left_alone(lis):
    before = lis.read_bytes()
    source = open_source(str(lis), SITE)
    source.programme_round(*WHERE)
    assert lis.read_bytes() == before
    assert not lis.with_name("lis.db-wal").exists()
    with pytest.raises(Exception, match="readonly"), source.engine.begin() as connection:
        connection.execute(text("delete from hospital"))


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_the_same_site_on_postgresql(lis, new_postgres_url):
    url = new_postgres_url()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(DDL)
    engine.dispose()
    first, second = open_source(str(lis), SITE), open_source(url, SITE)
    for name in first.mapping.tables:
        left, right = (one.table(name, *WHERE) for one in (first, second))
        order = list(left.columns)
        assert left.sort_values(order).values.tolist() == right.sort_values(order).values.tolist(), name
    second.engine.dispose()


def test_dates_that_do_not_fit_are_all_named(lis):
    with sqlite3.connect(lis) as connection:
        connection.execute("update incoming_mail set sent = '2026-04-20'")
    connection.close()
    with pytest.raises(DataError) as caught:
        open_source(str(lis), SITE).table("submissions", *WHERE)
    assert [problem.column for problem in caught.value.problems] == ["returned_at"] * 2


def test_a_missing_column_query_or_file_is_named(lis, tmp_path):
    folder = tmp_path / "sources"
    shutil.copytree(sources_folder() / SITE, folder / SITE)
    (folder / SITE / "samples.sql").write_text("select vial from vial_list", encoding="utf-8")
    (folder / SITE / "round.sql").write_text("select nothing from survey", encoding="utf-8")
    source = open_source(str(lis), SITE, folder)
    with pytest.raises(DataError) as caught:
        source.table("samples", *WHERE)
    assert [problem.column for problem in caught.value.problems] == ["pos", "lot", "matrix_text"]
    with pytest.raises(DataError, match="query of 'round' failed"):
        source.table("round", *WHERE)
    with pytest.raises(DataError, match="no database file"):
        open_source(str(tmp_path / "none.db"), SITE)


def test_everything_wrong_with_a_mapping_is_named_with_its_line(tmp_path):
    home = tmp_path / "bad"
    home.mkdir()
    (home / "source.yaml").write_text(
        "tables:\n  round: {query: none.sql, columns: {}, colour: red}\n  pets: {query: none.sql}\n",
        encoding="utf-8",
    )
    with pytest.raises(ParameterError) as caught:
        read_mapping("bad", tmp_path)
    text_ = str(caught.value)
    for part in (
        "'laboratories' is missing",
        "unknown entry 'colour'",
        "no file 'none.sql'",
        "none of our tables",
    ):
        assert part in text_
    assert any(problem.row == 2 for problem in caught.value.problems)
    with pytest.raises(ParameterError, match="no site 'elsewhere'"):
        read_mapping("elsewhere", tmp_path)


def test_every_shipped_site_can_be_read():
    assert SITE in sites()
    for site in sites():
        assert read_mapping(site).tables
