"""Every named query runs on both databases and returns the columns its header promises."""

from __future__ import annotations

import pytest

from workbench.errors import DataError
from workbench.store import queries, query, read_frame, reading

PARAMS = {
    "programme_round_id": 1,
    "evaluation_no": 2,
    "evaluation_nos": [1, 2],
    "lab_code": "L0001",
    "round": "2026-1",
    "programme_no": "1.1",
    "year": 2026,
    "kind": "receipts",
    "scope": "2026-1",
}
NO_ROWS = {
    *("decisions", "reports_of_round", "evaluation_by_id", "failing_laboratories"),
    *("round_acceptances", "claims", "year_enrolments", "year_rejections"),
}
"""Queries on tables that the made-up rounds leave empty, or by a hash."""

STATISTICS = ("avg(", "stddev", "percentile", "variance", "median")


def test_every_query_runs(store, office):
    office.saved(store, "2025-2")
    params = PARAMS | {"evaluation_id": office.saved(store), "programme_round_id": 2}
    names = queries.query_names()
    assert len(names) >= 20
    for name in names:
        asked = {key: params[key] for key, _ in queries.named_query(name).params}
        for arrow in (True, False):
            with reading(store, arrow=arrow) as source:
                found = read_frame(source, query(name, store.dialect), asked)
            assert list(found.columns) == [key for key, _ in queries.named_query(name).columns], name
            assert len(found) or name in NO_ROWS, name


@pytest.mark.parametrize("name", queries.query_names())
def test_files_state_grain_and_units_and_hold_no_statistics(name):
    asked = queries.named_query(name)
    assert asked.grain
    assert asked.units
    assert not [word for word in STATISTICS if word in asked.sql.lower()]


def test_a_dialect_may_replace_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(queries, "queries_folder", lambda: tmp_path)
    body = "-- grain: one\n-- units: none\n-- columns: n integer\nselect {} as n\n"
    (tmp_path / "one.sql").write_text(body.format(1), encoding="utf-8")
    (tmp_path / "postgresql").mkdir()
    (tmp_path / "postgresql" / "one.sql").write_text(body.format(2), encoding="utf-8")
    assert "select 2" in str(query("one", "postgresql"))
    assert "select 1" in str(query("one", "sqlite"))


def test_an_unknown_query_and_a_bad_header_are_named(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="no query 'nothing'"):
        query("nothing")
    with pytest.raises(DataError) as caught:
        queries.parse_query("bad", "-- columns: a word\nselect 1 as a", "bad.sql")
    assert len(caught.value.problems) == 3
