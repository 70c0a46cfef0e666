"""Reported uncertainties: kept as sent, frozen, migrated to, read from a site, seen by their owner only."""

from __future__ import annotations

import math
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic import command
from sqlalchemy import text

from tests.store.test_sources import DDL, SITE
from workbench.store import (
    add_submissions,
    freeze,
    import_source,
    laboratory_view,
    load_snapshot,
    round_inputs,
    save_evaluation,
    save_programme_round,
    upgrade,
)
from workbench.store.migration import differences, migration_config
from workbench.store.schema import METADATA
from workbench.store.source_mapping import sources_folder
from workbench.store.stated_uncertainties import with_uncertainties

WHERE = "2026-1", "1.1"
SENT = ["u_raw", "u_result", "coverage_factor"]


def stating(office, store, labs, u=0.1):
    """A round in which two laboratories state an uncertainty; its inputs."""
    save_programme_round(store, office.programme_round(), np.random.default_rng(3))
    load = office.returns()
    states = load.results["lab_code"].isin(labs[:2])
    given = {"u_raw": np.where(states, "±0,2", ""), "u_result": np.where(states, u, np.nan)}
    results = load.results.assign(**given, coverage_factor=np.where(states, 2.0, np.nan))
    add_submissions(store, *WHERE, replace(load, results=results))
    return round_inputs(store, *WHERE)


def test_what_was_sent_comes_back_and_freezes(store, office, labs, tmp_path):
    inputs = stating(office, store, labs)
    stated = inputs.results[inputs.results["u_raw"] != ""]
    assert set(stated["lab_code"]) == set(labs[:2])
    assert stated[SENT].drop_duplicates().to_numpy().tolist() == [["±0,2", 0.1, 2.0]]
    assert inputs.results.loc[inputs.results["u_raw"] == "", "u_result"].isna().all()
    snapshot = freeze(inputs, tmp_path)
    assert freeze(inputs, tmp_path / "again").sha256 == snapshot.sha256
    pd.testing.assert_frame_equal(load_snapshot(snapshot.path).results, inputs.results)


def test_the_hash_of_the_input_depends_on_it(sqlite_store, office, labs, tmp_path):
    inputs = stating(office, sqlite_store, labs)
    other = replace(inputs, results=inputs.results.assign(u_result=inputs.results["u_result"] * 1.01))
    assert freeze(other, tmp_path).sha256 != freeze(inputs, tmp_path).sha256


def test_a_laboratory_sees_its_own_only(store, office, labs):
    inputs = stating(office, store, labs, u=0.123456789)
    evaluation = office.evaluation(inputs)
    evaluation.scores["zeta_score"] = evaluation.scores["u_result"] * 10
    evaluation.scores["expanded_u_result"] = evaluation.scores["u_result"] * 2
    number = save_evaluation(store, evaluation, office.meta(), inputs)
    own = laboratory_view(store, number, labs[0]).scores
    columns = ["u_result", "expanded_u_result", "zeta_score"]
    assert own[columns].drop_duplicates().to_numpy().tolist() == [[0.123456789, 0.246913578, 1.23456789]]
    assert laboratory_view(store, number, labs[5]).scores[columns].isna().all(axis=None)


def test_a_database_of_before_is_brought_up_with_its_rows(evaluated_store):
    """Down to the first schema and up again: rows stay, the new columns hold nothing."""
    with evaluated_store.writing() as connection:
        command.downgrade(migration_config(connection, METADATA, "workbench"), "0001")
    with evaluated_store.reading() as connection:
        assert differences(connection) != []
    upgrade(evaluated_store.url).close()
    with evaluated_store.reading() as connection:
        assert differences(connection) == []
        held = "select count(*), count(u_result), count(coverage_factor), max(u_raw) from result"
        assert tuple(connection.execute(text(held)).one()) == (66, 0, 0, "")
        scores = "select count(*), count(u_result), count(expanded_u_result) from score"
        assert tuple(connection.execute(text(scores)).one()) == (66, 0, 0)


def test_a_zero_byte_in_it_is_refused(sqlite_store, office, labs):
    save_programme_round(sqlite_store, office.programme_round(), np.random.default_rng(3))
    load = office.returns()
    with pytest.raises(Exception, match="zero byte"):
        add_submissions(sqlite_store, *WHERE, replace(load, results=load.results.assign(u_raw="0\x00")))


@pytest.mark.parametrize(
    ("sent", "u", "k", "flags"),
    [
        (("0.2", "", "2.5"), 0.08, 2.5, ""),
        (("", "0.1", ""), 0.1, math.nan, ""),
        (("0.2", "", ""), 0.1, 2.0, "coverage_factor_assumed"),
        (("0", "", "2"), math.nan, math.nan, "uncertainty_not_positive"),
        (("-0.2", "", "2"), math.nan, math.nan, "uncertainty_not_positive"),
        (("small", "", "2"), math.nan, math.nan, "uncertainty_unreadable"),
        (("0.2", "", "95"), math.nan, math.nan, "coverage_factor_unusable"),
        (("", "", "2"), math.nan, math.nan, ""),
    ],
)
def test_statements_of_a_site(sent, u, k, flags):
    names = ["expanded_u_result", "u_result", "coverage_factor"]
    rows = with_uncertainties(pd.DataFrame([[5.1, "", *sent]], columns=["value", "flags", *names]))
    got = rows.iloc[0]
    assert (got["u_raw"], got["flags"]) == (sent[0] or sent[1], flags)
    assert got["u_result"] == pytest.approx(u, nan_ok=True)
    assert got["coverage_factor"] == pytest.approx(k, nan_ok=True)


def test_a_site_supplies_it_and_a_change_of_it_is_a_new_revision(sqlite_store, tmp_path):
    lis, folder = tmp_path / "lis.db", tmp_path / "sources"
    with sqlite3.connect(lis) as connection:
        connection.executescript(DDL)
        connection.execute("alter table value_sheet add column u95 text")
        connection.execute("update value_sheet set u95 = '0.30' where mail_key = 11")
    connection.close()
    shutil.copytree(sources_folder() / SITE, folder / SITE)
    query, mapping = folder / SITE / "results.sql", folder / SITE / "source.yaml"
    query.write_text(query.read_text().replace("    w.kal_val,", "    w.u95,\n    w.kal_val,"))
    old = "results.sql\n    columns: {lab_code: hosp_no,"
    words = mapping.read_text()
    assert old in words
    mapping.write_text(words.replace(old, f"{old} expanded_u_result: u95,"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workbench.store.source_mapping.sources_folder", lambda: Path(folder))
        import_source(sqlite_store, SITE, str(lis), *WHERE)
        results = round_inputs(sqlite_store, *WHERE).results
        stated = results[results["lab_code"] == "H-002"]
        assert stated[SENT].drop_duplicates().to_numpy().tolist() == [["0.30", 0.15, 2.0]]
        assert (results.loc[results["lab_code"] == "H-001", "u_raw"] == "").all()
        assert import_source(sqlite_store, SITE, str(lis), *WHERE) is None
        with sqlite3.connect(lis) as connection:
            connection.execute("update value_sheet set u95 = '0.40' where mail_key = 11")
        connection.close()
        run = import_source(sqlite_store, SITE, str(lis), *WHERE)
    assert run is not None
    assert run.revisions == {"H-002": 2}
