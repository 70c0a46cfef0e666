"""Who may read what: canaries planted in every other laboratory's rows never come out."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from sqlalchemy import event

from workbench.errors import DataError
from workbench.store import (
    laboratory_view,
    programme_view,
    round_inputs,
    save_evaluation,
    view_hash,
    view_hashes,
)
from workbench.store.schema.evaluation import INPUT_TABLES, OUTCOME_TABLES

OWN = "L0001"


def everything(view) -> str:
    """All that a view holds, as text."""
    return "\n".join([str(view.meta), *(frame.to_csv() for frame in view.frames().values())])


def test_no_other_code_or_alias_in_a_laboratory_view(evaluated_store, office, labs):
    evaluation_id = office.meta().evaluation_id
    laboratories = round_inputs(evaluated_store, "2026-1", "1.1").laboratories
    content = everything(laboratory_view(evaluated_store, evaluation_id, OWN))
    own_alias = laboratories.loc[laboratories["lab_code"] == OWN, "round_alias"].iloc[0]
    assert own_alias in content
    others = {*laboratories["lab_code"], *laboratories["round_alias"]} - {OWN, own_alias}
    assert len(others) == 22
    assert not [word for word in others if word in content]
    assert "CANARY" not in content


def test_no_row_of_another_laboratory_leaves_the_database(sqlite_store, office):
    evaluation_id = office.saved(sqlite_store)
    fetched: list[tuple[object, ...]] = []

    def spy(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().lower().startswith(("select", "with", "--")):
            fetched.extend(connection.connection.driver_connection.execute(statement, parameters).fetchall())

    event.listen(sqlite_store.engine, "after_cursor_execute", spy)
    laboratory_view(sqlite_store, evaluation_id, OWN)
    codes = {cell for row in fetched for cell in row if re.fullmatch(r"L\d{4}", str(cell))}
    assert len(fetched) > 50
    assert codes == {OWN}


def test_every_table_with_laboratories_is_filtered(sqlite_store, office):
    """A laboratory's view of a frame with a lab_code is its own rows; new frames must join this list."""
    evaluation_id = office.saved(sqlite_store)
    view = laboratory_view(sqlite_store, evaluation_id, OWN)
    for name, table in {**OUTCOME_TABLES, **INPUT_TABLES}.items():
        if "lab_code" in table.c:
            assert set(getattr(view, name)["lab_code"]) <= {OWN, ""}, name


def test_findings_are_own_or_of_the_programme_and_meant_for_the_laboratory(evaluated_store, office):
    findings = laboratory_view(evaluated_store, office.meta().evaluation_id, OWN).findings
    assert sorted(zip(findings["lab_code"], findings["code"], strict=True)) == [("", "F14"), (OWN, "F01")]


def test_small_groups_lose_their_numbers(evaluated_store, office):
    evaluation_id = office.meta().evaluation_id
    for view in (
        laboratory_view(evaluated_store, evaluation_id, OWN),
        programme_view(evaluated_store, evaluation_id),
    ):
        small = view.groups[view.groups["suppressed"]]
        assert set(small["peer_group_level"]) == {"instrument"}
        assert small[["robust_mean", "robust_sd", "cv", "assigned_value"]].isna().all(axis=None)
        assert (small[["n", "n_acceptable", "n_graded"]] == 0).all(axis=None)
        shown = view.groups[~view.groups["suppressed"]]
        assert set(shown["peer_group_level"]) == {"all"}
        assert shown["robust_mean"].notna().all()
        assert set(view.histograms["peer_group_level"]) == {"all"}
        assert len(view.modes) == 6


def test_own_scores_hide_the_statistics_of_a_small_group(evaluated_store, office):
    inputs = round_inputs(evaluated_store, "2026-1", "1.1")
    evaluation = office.evaluation(inputs)
    evaluation.scores.loc[evaluation.scores["analyte"] == "K", "peer_n"] = 3
    evaluation_id = save_evaluation(evaluated_store, evaluation, office.meta(code_version="2"), inputs)
    scores = laboratory_view(evaluated_store, evaluation_id, OWN).scores
    assert scores.loc[scores["analyte"] == "K", "robust_mean"].isna().all()
    assert scores.loc[scores["analyte"] == "Na", "robust_mean"].notna().all()
    assert (scores["signal"] == "acceptable").all()


def test_programme_view_is_anonymous(store, office, labs):
    office.saved(store, "2025-2")
    view = programme_view(store, office.saved(store))
    content = everything(view)
    assert not [code for code in labs if code in content]
    for name in (
        "scores",
        "analyte_verdicts",
        "laboratory_verdicts",
        "laboratories",
        "answers",
        "agreements",
    ):
        frame = getattr(view, name)
        assert "lab_code" not in frame
        assert frame["round_alias"].str.fullmatch(r"[A-Z]-\d{3}").all()
    assert not {"region", "hospital_level", "comment", "returned_at"} & set(view.laboratories)
    assert view.reconciliation["analyte"].tolist() == ["", "K", "Mg", "Na"]
    assert view.history[["analyte", "round", "n_pass"]].values.tolist() == [
        [analyte, "2025-2", 12] for analyte in ("K", "Mg", "Na")
    ]
    assert view.sentences.empty


def test_devices_are_numbered_in_the_programme_view(evaluated_store, office):
    inputs = round_inputs(evaluated_store, "2026-1", "1.1")
    evaluation = office.evaluation(inputs)
    evaluation.scores["device_id"] = "SERIAL-" + evaluation.scores["lab_code"]
    evaluation_id = save_evaluation(evaluated_store, evaluation, office.meta(code_version="2"), inputs)
    assert set(programme_view(evaluated_store, evaluation_id).scores["device_id"]) == {"1"}


def test_hashes_equal_the_hash_of_the_view(store, office, labs):
    office.saved(store, "2025-2")
    evaluation_id = office.saved(store)
    hashes = view_hashes(store, evaluation_id)
    assert set(hashes) == {*labs, ""}
    assert len(set(hashes.values())) == len(labs) + 1
    for code in labs:
        assert hashes[code] == view_hash(laboratory_view(store, evaluation_id, code))
    assert hashes[""] == view_hash(programme_view(store, evaluation_id))


def test_hashes_follow_content_and_nothing_else(evaluated_store, office, labs):
    first = view_hashes(evaluated_store, office.meta().evaluation_id)
    inputs = round_inputs(evaluated_store, "2026-1", "1.1")
    later = office.meta(snapshot_sha256="9" * 64, as_of="2026-06-01", saved_at=pd.Timestamp("2026-06-01"))
    same = view_hashes(
        evaluated_store, save_evaluation(evaluated_store, office.evaluation(inputs), later, inputs)
    )
    assert same == first
    changed = office.evaluation(inputs)
    changed.scores.loc[changed.scores["lab_code"] == OWN, "signal"] = "action"
    other = view_hashes(
        evaluated_store, save_evaluation(evaluated_store, changed, office.meta(code_version="3"), inputs)
    )
    assert {code for code in other if other[code] != first[code]} == {OWN, ""}


def test_a_view_shows_the_return_that_was_evaluated(evaluated_store, office):
    from workbench.store import add_submissions

    evaluation_id = office.meta().evaluation_id
    add_submissions(evaluated_store, "2026-1", "1.1", office.returns([OWN], seed=9, at="2026-04-21 08:00"))
    meta = laboratory_view(evaluated_store, evaluation_id, OWN).meta
    assert (meta["revision"], meta["returned_at"].isoformat()) == (1, "2026-04-20T10:30:00")


def test_unknown_laboratory_and_evaluation_are_named(evaluated_store, office):
    evaluation_id = office.meta().evaluation_id
    with pytest.raises(DataError, match="L9999"):
        laboratory_view(evaluated_store, evaluation_id, "L9999")
    with pytest.raises(DataError, match="Evaluation feed"):
        laboratory_view(evaluated_store, "feed", OWN)
