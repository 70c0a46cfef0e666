"""A simulated coded round goes into the store and comes out as it was made."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.coded_rounds import add_up
from workbench.evaluation import RoundInputs, evaluate
from workbench.frames import SNAPSHOT_FRAMES
from workbench.parameters import catalogue, criteria
from workbench.simulation import simulate_coded_round
from workbench.store import (
    ProgrammeRound,
    Submissions,
    add_submissions,
    round_inputs,
    save_programme_round,
    upgrade,
)


@pytest.mark.parametrize("number", ["2.3", "2.4", "2.17", "3.1", "4.3", "5.1", "9.1", "9.2"])
def test_a_simulated_coded_round_is_stored_and_evaluated(tmp_path, number: str) -> None:
    store = upgrade(f"sqlite:///{tmp_path / 'coded.sqlite'}")
    made, where = simulate_coded_round(catalogue()[number], "2026-1", 7, 12), ("2026-1", number)
    frames = {name: table for name, table in made.frames().items() if name not in ("results", "decisions")}
    frames["laboratories"] = frames["laboratories"].drop(columns="round_alias")
    save_programme_round(
        store, ProgrammeRound(*where, made.round.closing_at, **frames), np.random.default_rng(7)
    )
    for submissions, results in made.round.loads():
        load = Submissions(
            submissions.drop(columns="revision"), results.drop(columns="revision"), source="simulation"
        )
        add_submissions(store, *where, load)
    held = round_inputs(store, *where)
    assert len(held.expected_answers) == len(made.expected_answers)
    key = ["lab_code", "analyte", "sample"]
    given = made.round.results.set_index(key)["raw"].sort_index()
    assert held.results.set_index(key)["raw"].sort_index().tolist() == given.tolist()
    frames = {frame.name: getattr(held, frame.name) for frame in SNAPSHOT_FRAMES}
    found = evaluate(RoundInputs.of(catalogue()[number], "2026-1", criteria(), frames))
    assert add_up(found.reconciliation)
    assert found.reconciliation["scored"].sum() > 0
