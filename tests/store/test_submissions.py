"""Returns: revisions are added, never overwritten; a load is taken whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from workbench.errors import DataError
from workbench.store import (
    Decision,
    add_decision,
    add_submissions,
    round_inputs,
    save_programme_round,
)

WHERE = "2026-1", "1.1"
OWN = "L0003"


@pytest.fixture
def office_store(store, office):
    save_programme_round(store, office.programme_round(), np.random.default_rng(3))
    add_submissions(store, *WHERE, office.returns())
    return store


def count(store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.execute(text(f"select count(*) from {table}")).scalar_one())


def lab_of(store, code: str) -> pd.Series:
    laboratories = round_inputs(store, *WHERE).laboratories
    return laboratories.set_index("lab_code").loc[code]


def test_a_correction_is_a_new_revision_and_the_old_one_stays(office_store, office):
    before = round_inputs(office_store, *WHERE).results
    run = add_submissions(office_store, *WHERE, office.returns([OWN], seed=5, at="2026-04-22"))
    assert run.revisions == {OWN: 2}
    after = round_inputs(office_store, *WHERE).results
    own = after["lab_code"] == OWN
    assert set(after.loc[own, "revision"]) == {2}
    assert after.loc[own, "raw"].tolist() != before.loc[before["lab_code"] == OWN, "raw"].tolist()
    assert after.loc[~own, "raw"].tolist() == before.loc[before["lab_code"] != OWN, "raw"].tolist()
    assert count(office_store, "result") == 66 + 6
    with office_store.reading() as connection:
        old = connection.execute(
            text(
                "select count(*) from result r join submission s on r.submission_id = s.submission_id "
                "where s.revision = 1"
            )
        ).scalar()
    assert old == 66


def test_what_came_in_time_counts_before_what_came_late(office_store, office):
    add_submissions(office_store, *WHERE, office.returns([OWN], seed=5, at="2026-04-27 09:00"))
    assert (lab_of(office_store, OWN)["revision"], lab_of(office_store, OWN)["late_days"]) == (1, 0)
    add_submissions(office_store, *WHERE, office.returns(["L0012"], at="2026-04-27 09:00"))
    assert (lab_of(office_store, "L0012")["revision"], lab_of(office_store, "L0012")["late_days"]) == (1, 2)


def test_a_rejected_revision_does_not_count(office_store, office):
    load = office.returns([OWN], seed=5, at="2026-04-22")
    add_submissions(
        office_store, *WHERE, replace(load, submissions=load.submissions.assign(status="rejected"))
    )
    assert lab_of(office_store, OWN)["revision"] == 1


def test_all_problems_of_a_load_are_named_at_once_and_nothing_is_kept(office_store, office):
    load = office.returns([OWN, "L0004"])
    results = load.results.copy()
    results.loc[0, "lab_code"] = "L0777"
    results.loc[1, "analyte"] = "Xx"
    results.loc[2, "sample"] = "0000"
    results.loc[3, "raw"] = "1\x002"
    submissions = load.submissions.assign(status=["accepted", "perhaps"])
    with pytest.raises(DataError) as caught:
        add_submissions(office_store, *WHERE, replace(load, results=results, submissions=submissions))
    assert len(caught.value.problems) == 5
    assert (count(office_store, "ingest_run"), count(office_store, "submission")) == (1, 11)


def test_a_load_of_refused_rows_only_is_kept_in_quarantine(office_store, office):
    load = office.returns([])
    refused = pd.DataFrame({"place": ["form.xlsx:1:3"], "reason": ["unit_unknown"], "content": ["=cmd()|"]})
    run = add_submissions(office_store, *WHERE, replace(load, quarantine=refused))
    assert (run.rows_read, run.rows_loaded, run.rows_quarantined) == (1, 0, 1)
    assert count(office_store, "quarantine") == 1


def test_counts_that_do_not_reconcile_are_refused_by_the_database(office_store):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), office_store.writing() as connection:
        connection.execute(text("update ingest_run set rows_read = rows_read + 1"))


def test_aliases_stay_when_the_round_is_saved_again(office_store, office):
    before = round_inputs(office_store, *WHERE).laboratories["round_alias"].tolist()
    save_programme_round(office_store, office.programme_round(), np.random.default_rng(99))
    assert round_inputs(office_store, *WHERE).laboratories["round_alias"].tolist() == before
    assert count(office_store, "result") == 66


def test_a_laboratory_with_results_cannot_be_taken_out(office_store, office):
    given = office.programme_round()
    fewer = replace(
        given,
        laboratories=given.laboratories[given.laboratories["lab_code"] != OWN],
        enrolments=given.enrolments[given.enrolments["lab_code"] != OWN],
    )
    with pytest.raises(DataError, match="cannot be replaced"):
        save_programme_round(office_store, fewer, np.random.default_rng(1))
    assert len(round_inputs(office_store, *WHERE).enrolments) == 36


def test_contradictions_of_a_round_are_named_at_once(store, office):
    given = office.programme_round()
    wrong = replace(
        given,
        laboratories=given.laboratories.iloc[1:],
        reference_values=given.reference_values.assign(sample="none"),
    )
    with pytest.raises(DataError) as caught:
        save_programme_round(store, wrong, np.random.default_rng(1))
    assert len(caught.value.problems) == 2
    with pytest.raises(DataError, match="random generator"):
        save_programme_round(store, given)


def test_decisions_are_numbered_within_the_round_and_withdraw_samples(office_store):
    at = datetime(2026, 4, 28, 9)
    assert add_decision(office_store, *WHERE, Decision("withdraw", "破损", at, sample="2026111")) == 1
    assert add_decision(office_store, *WHERE, Decision("excuse", "停电", at, lab_code=OWN)) == 2
    inputs = round_inputs(office_store, *WHERE)
    assert inputs.samples["withdrawn"].tolist() == [True, False]
    assert inputs.samples["reason"].tolist() == ["破损", ""]
    assert inputs.decisions["lab_code"].tolist() == ["", OWN]
    add_decision(office_store, *WHERE, Decision("keep", "复核", at, sample="2026111"))
    assert not round_inputs(office_store, *WHERE).samples["withdrawn"].any()


def test_a_bad_decision_names_everything_wrong_with_it(office_store):
    wrong = Decision("forget", " ", datetime(2026, 4, 28), lab_code="L0777", analyte="Xx", sample="0")
    with pytest.raises(DataError) as caught:
        add_decision(office_store, *WHERE, wrong)
    assert len(caught.value.problems) == 5
    assert round_inputs(office_store, *WHERE).decisions.empty
