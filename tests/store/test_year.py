"""The year's registers: bulk, idempotent, revised with a reason; what they change in the evaluation's inputs."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from workbench.errors import DataError
from workbench.store import (
    add_submissions,
    laboratory_view,
    round_inputs,
    save_programme_round,
    view_hash,
    view_hashes,
)
from workbench.store.claims import add_claims, round_claims
from workbench.store.parcels import add_dispatch, add_receipts, dispatch_log, round_parcels
from workbench.store.year_enrolments import add_enrolments, year_enrolments
from workbench.store.year_intakes import YearLoad, year_rejections
from workbench.store.year_participants import add_enrolled

WHERE = ("2026-1", "1.1")
LEFT = date(2026, 4, 1)


@pytest.fixture
def round_store(store, office):
    save_programme_round(store, office.programme_round(), np.random.default_rng(3))
    return store


def enrolments(codes, **changes):
    row = {
        "programme_no": "1.1",
        "device_id": "",
        "year_state": "enrolled",
        "fee_settled": True,
        "designated": False,
        "reason": "",
    }
    return YearLoad(pd.DataFrame({"lab_code": list(codes)}).assign(**{**row, **changes}))


def receipts(codes, day, **changes):
    row = {"received_on": pd.Timestamp(day), "condition": "intact", "reason": ""}
    return YearLoad(pd.DataFrame({"lab_code": list(codes)}).assign(**{**row, **changes}))


def claims(code, state="open", **changes):
    row = {
        "lab_code": code,
        "sample": "",
        "claimed_on": pd.Timestamp("2026-04-05"),
        "claim_kind": "loss",
        "claim_state": state,
        "replaced_on": pd.NaT,
        "decided_on": pd.NaT if state == "open" else pd.Timestamp("2026-04-06"),
        "reason": "" if state == "open" else "冷链中断",
        "due_at": pd.NaT,
    }
    frame = pd.DataFrame([{**row, **changes}])
    return YearLoad(
        frame.assign(**{c: pd.to_datetime(frame[c]) for c in ("replaced_on", "decided_on", "due_at")})
    )


def counted(store, table):
    with store.reading() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar()


def test_enrolment_is_idempotent_and_revised_with_a_reason(round_store, labs):
    first = add_enrolments(round_store, 2026, enrolments(labs))
    assert (first.rows_read, first.rows_loaded, first.rows_known) == (12, 12, 0)
    again = add_enrolments(round_store, 2026, enrolments(labs))
    assert (again.rows_loaded, again.rows_known) == (0, 12)
    assert counted(round_store, "year_intake") == 1
    with pytest.raises(DataError, match="needs its reason"):
        add_enrolments(round_store, 2026, enrolments(labs[:2], fee_settled=False))
    third = add_enrolments(round_store, 2026, enrolments(labs[:2], fee_settled=False, reason="退款"))
    assert third.rows_loaded == 2
    held = year_enrolments(round_store, 2026).set_index("lab_code")
    assert held.loc[labs[0], ["revision", "fee_settled", "reason"]].tolist() == [2, False, "退款"]
    assert held.loc[labs[2], "revision"] == 1
    assert counted(round_store, "year_enrolment") == 14
    assert year_enrolments(round_store, 2025).empty


def test_unknown_laboratories_and_repeats_are_refused_together(round_store, labs):
    with pytest.raises(DataError) as caught:
        add_enrolments(round_store, 2026, enrolments(["X1", "X2"]))
    assert len(caught.value.problems) == 2
    with pytest.raises(DataError, match="stands there twice"):
        add_enrolments(round_store, 2026, enrolments([labs[0], labs[0]]))
    assert counted(round_store, "year_enrolment") == 0


def test_rows_kept_out_are_kept_once(round_store, labs):
    rejected = pd.DataFrame({"place": ["f.csv:3"], "reason": ["lab_code_unknown"], "content": ["{}"]})
    load = YearLoad(enrolments(labs[:1]).rows, rejected, "f.csv", "a" * 64, datetime(2026, 1, 5))
    for _ in range(2):
        assert add_enrolments(round_store, 2026, load).rows_rejected == 1
    assert counted(round_store, "year_intake") == 1
    assert year_rejections(round_store, "enrolments", "2026")["place"].tolist() == ["f.csv:3"]


def test_a_laboratory_that_withdraws_is_excused_with_its_reason(round_store, labs):
    add_enrolments(round_store, 2026, enrolments(labs))
    add_enrolments(round_store, 2026, enrolments(labs[:1], year_state="withdrawn", reason="停业"))
    states = round_inputs(round_store, *WHERE).enrolments
    own = states["lab_code"] == labs[0]
    assert set(states.loc[own, "enrolment_state"]) == {"excused"}
    assert set(states.loc[own, "reason"]) == {"停业"}
    assert set(states.loc[~own, "enrolment_state"]) == {"enrolled"}


def test_who_is_enrolled_becomes_a_participant_once(round_store, labs):
    new = pd.DataFrame({"lab_code": ["L0100", "L0101"], "region": "R2", "hospital_level": "primary"})
    add_enrolments(round_store, 2026, enrolments(labs))
    add_enrolments(round_store, 2026, enrolments(["L0100"], device_id="D7", designated=True), new)
    add_enrolments(round_store, 2026, enrolments(["L0101"]))
    before = round_inputs(round_store, *WHERE)
    rng = np.random.default_rng(7)
    assert add_enrolled(round_store, *WHERE, ("K", "Na"), rng, designated_only=True) == 1
    assert add_enrolled(round_store, *WHERE, ("K", "Na"), rng) == 1
    assert add_enrolled(round_store, *WHERE, ("K", "Na"), rng) == 0
    inputs = round_inputs(round_store, *WHERE)
    fresh = inputs.enrolments[inputs.enrolments["lab_code"] == "L0100"]
    assert fresh["device_id"].tolist() == ["D7", "D7"]
    assert fresh["analyte"].tolist() == ["K", "Na"]
    assert len(inputs.enrolments) == len(before.enrolments) + 4
    assert inputs.laboratories["round_alias"].is_unique
    old = inputs.laboratories["lab_code"].isin(labs)
    assert inputs.laboratories.loc[old, "round_alias"].tolist() == before.laboratories["round_alias"].tolist()


def test_dispatch_is_recorded_once_and_corrected_with_a_reason(round_store, labs):
    assert add_dispatch(round_store, *WHERE, LEFT) == 12
    assert add_dispatch(round_store, *WHERE, LEFT) == 0
    with pytest.raises(DataError, match="give a reason"):
        add_dispatch(round_store, *WHERE, date(2026, 4, 2))
    assert add_dispatch(round_store, *WHERE, date(2026, 4, 2), "快递推迟一天") == 12
    log = dispatch_log(round_store, *WHERE, labs[0])
    assert [(row["revision"], row["cause"], row["dispatched_on"].day) for row in log] == [
        (1, "dispatch", 1),
        (2, "correction", 2),
    ]


def test_a_receipt_reaches_the_frame_of_laboratories(round_store, labs):
    assert add_receipts(round_store, *WHERE, receipts(labs[:3], "2026-04-03")).rows_loaded == 3
    assert add_receipts(round_store, *WHERE, receipts(labs[:3], "2026-04-03")).rows_known == 3
    with pytest.raises(DataError, match="needs its reason"):
        add_receipts(round_store, *WHERE, receipts(labs[:1], "2026-04-04"))
    add_receipts(round_store, *WHERE, receipts(labs[:1], "2026-04-04", reason="签收单更正"))
    received = round_inputs(round_store, *WHERE).laboratories.set_index("lab_code")["received_on"]
    assert received[labs[0]] == pd.Timestamp("2026-04-04")
    assert received[labs[1]] == pd.Timestamp("2026-04-03")
    assert pd.isna(received[labs[5]])
    assert counted(round_store, "receipt") == 4
    with pytest.raises(DataError, match="refused"):
        add_receipts(round_store, *WHERE, receipts(["X1"], "2026-04-03"))


def test_a_replacement_dispatches_again_and_moves_one_deadline(round_store, office, labs):
    add_dispatch(round_store, *WHERE, LEFT)
    add_claims(round_store, *WHERE, claims(labs[0]))
    assert round_parcels(round_store, *WHERE).set_index("lab_code").loc[labs[0], "open_claims"] == 1
    moved = pd.Timestamp("2026-04-30 23:59:59")
    decided = claims(labs[0], "replaced", replaced_on="2026-04-06", due_at=moved)
    assert add_claims(round_store, *WHERE, decided).rows_loaded == 1
    assert add_claims(round_store, *WHERE, decided).rows_known == 1
    log = dispatch_log(round_store, *WHERE, labs[0])
    assert [(row["cause"], row["due_at"]) for row in log] == [
        ("dispatch", None),
        ("replacement", moved.to_pydatetime()),
    ]
    parcel = round_parcels(round_store, *WHERE).set_index("lab_code").loc[labs[0]]
    assert (parcel["first_on"].day, parcel["dispatched_on"].day, parcel["open_claims"]) == (1, 6, 0)
    returned = office.returns(labs[:2], at="2026-04-28 10:00")
    add_submissions(round_store, *WHERE, returned)
    late = round_inputs(round_store, *WHERE).laboratories.set_index("lab_code")["late_days"]
    assert late[labs[:2]].tolist() == [0, 3]


def test_the_return_that_counts_follows_the_moved_deadline(round_store, office, labs):
    """With the round's deadline the first return would count, as the last one in time."""
    add_dispatch(round_store, *WHERE, LEFT)
    decided = claims(
        labs[0], "replaced", replaced_on="2026-04-06", due_at=pd.Timestamp("2026-04-30 23:59:59")
    )
    add_claims(round_store, *WHERE, decided)
    for at, seed in (("2026-04-20 10:00", 1), ("2026-04-28 10:00", 2)):
        add_submissions(round_store, *WHERE, office.returns(labs[:2], at=at, seed=seed))
    inputs = round_inputs(round_store, *WHERE)
    assert inputs.laboratories.set_index("lab_code").loc[labs[:2], "revision"].tolist() == [2, 1]
    revisions = inputs.results.groupby("lab_code")["revision"].first()
    assert revisions[labs[:2]].tolist() == [2, 1]


def test_a_sample_fault_becomes_a_decision_once(round_store, labs):
    add_dispatch(round_store, *WHERE, LEFT)
    faulty = claims(labs[1], "sample_fault", sample="2026112", claim_kind="damage")
    add_claims(round_store, *WHERE, faulty)
    add_claims(round_store, *WHERE, faulty)
    decisions = round_inputs(round_store, *WHERE).decisions
    assert decisions[["kind", "lab_code", "sample", "reason"]].to_numpy().tolist() == [
        ["sample_fault", labs[1], "2026112", "冷链中断"]
    ]
    assert round_claims(round_store, *WHERE)["claim_state"].tolist() == ["sample_fault"]


def test_a_claim_of_a_stranger_or_on_no_sample_changes_nothing(round_store, labs):
    with pytest.raises(DataError):
        add_claims(round_store, *WHERE, claims("X1"))
    with pytest.raises(DataError, match="not recorded"):
        add_claims(round_store, *WHERE, claims(labs[0], "sample_fault", sample="999"))
    assert counted(round_store, "claim") == counted(round_store, "decision") == 0


def test_a_moved_deadline_is_read_by_its_laboratory_only(round_store, office, labs):
    add_dispatch(round_store, *WHERE, LEFT)
    evaluation = office.saved(round_store)
    before = view_hashes(round_store, evaluation)
    moved = pd.Timestamp("2026-04-30 23:59:59")
    add_claims(round_store, *WHERE, claims(labs[0], "replaced", replaced_on="2026-04-06", due_at=moved))
    own, other = (laboratory_view(round_store, evaluation, code) for code in labs[:2])
    assert own.meta["due_at"] == moved
    assert "due_at" not in other.meta
    after = view_hashes(round_store, evaluation)
    assert {code for code in before if before[code] != after[code]} == {labs[0]}
    assert after[labs[0]] == view_hash(own)
