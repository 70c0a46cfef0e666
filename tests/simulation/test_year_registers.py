"""Registers of a simulated round tell the same story as its returns, and the store takes them once."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from workbench.parameters import catalogue
from workbench.parameters.calendar import dispatch_calendar
from workbench.rounds.demonstration import fill_round
from workbench.simulation import SimulatedRound, simulate_province, year_registers
from workbench.store import Store, round_inputs, upgrade
from workbench.store.claims import round_claims
from workbench.store.parcels import round_parcels
from workbench.store.year_enrolments import year_enrolments

PROGRAMME = "1.1"


@pytest.fixture(scope="module")
def item() -> SimulatedRound:
    (made,) = simulate_province([catalogue()[PROGRAMME]], ["2026-1"], 20261, 60).rounds.values()
    return made


def test_the_registers_agree_with_the_returns(item: SimulatedRound) -> None:
    found = year_registers(item, designated=False)
    assert set(found.enrolments["lab_code"]) == set(item.laboratories["lab_code"])
    assert 0 < (~found.enrolments["fee_settled"]).sum() < len(found.enrolments) / 20
    assert set(found.receipts["lab_code"]) == set(item.submissions["lab_code"])
    assert (found.receipts["received_on"] >= pd.Timestamp(found.dispatched_on)).all()
    claims = found.claims
    assert set(claims["claim_state"]) == {"sample_fault", "replaced", "refused"}
    planted = item.truth[item.truth["kind"] == "sample_fault"]
    claimed = claims[claims["claim_state"] == "sample_fault"]
    assert set(zip(claimed["lab_code"], claimed["sample"], strict=True)) == set(
        zip(planted["lab_code"], planted["sample"], strict=True)
    )
    last = pd.Timestamp(dispatch_calendar().claim_until(found.dispatched_on))
    assert claims["claimed_on"].between(pd.Timestamp(found.dispatched_on), last).all()
    replaced = claims[claims["claim_state"] == "replaced"].iloc[0]
    assert replaced["due_at"] == item.closing_at + timedelta(days=3)
    received = found.receipts.set_index("lab_code")["received_on"][replaced["lab_code"]]
    assert received >= replaced["replaced_on"]


def test_the_store_takes_them_once(item: SimulatedRound, tmp_path: object) -> None:
    store: Store = upgrade(f"sqlite:///{tmp_path}/year.sqlite")
    for _ in range(2):
        fill_round(store, item, item.frames(), np.random.default_rng(1))
    found = year_registers(item, designated=False)
    assert len(year_enrolments(store, 2026)) == len(found.enrolments)
    assert len(round_claims(store, "2026-1", PROGRAMME)) == len(found.claims)
    parcels = round_parcels(store, "2026-1", PROGRAMME)
    assert parcels["received_on"].notna().sum() == len(found.receipts)
    assert (parcels["dispatch_revision"] == 2).sum() == 1
    with store.reading() as connection:
        assert connection.execute(text("select count(*) from year_intake")).scalar() == 3
    decisions = round_inputs(store, "2026-1", PROGRAMME).decisions
    assert set(decisions["kind"]) == {"sample_fault"}
