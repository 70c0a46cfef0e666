"""Answers that cannot be answers: every one is kept out with its reason, every other one arrives as it was sent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.coded_rounds import add_up
from workbench.evaluation import RoundInputs, evaluate
from workbench.frames import HISTORY, SAMPLE_HISTORY
from workbench.ingest import Layout, read_submission_file
from workbench.parameters import catalogue, criteria
from workbench.rounds.demonstration import fill_round
from workbench.rounds.intake import Arrival, expectations, take_in
from workbench.simulation import CodedRound, simulate_coded_round, simulate_programme_year
from workbench.simulation.invalid_codes import STRANGE_ROWS, SpoiltReturns, impossible_answers, spoil
from workbench.store import SnapshotFrames, round_inputs, upgrade

SEED, LABORATORIES = 7, 12
SPOILT = [n for n, p in catalogue().items() if any(map(impossible_answers, p.analytes))]


def first_round(number: str) -> CodedRound:
    programme = catalogue()[number]
    if all(a.is_quantitative for a in programme.analytes):
        return simulate_programme_year(programme, 2026, SEED, LABORATORIES)[0]
    return simulate_coded_round(programme, "2026-1", SEED, LABORATORIES)


def written(returns: SpoiltReturns, folder: Path) -> Path:
    path = folder / "returns.csv"
    path.write_text(returns.csv(), encoding="utf-8")
    return path


def in_time(made: CodedRound) -> Arrival:
    return Arrival(made.round.closing_at - timedelta(days=2))


def test_only_a_text_that_stands_for_itself_cannot_be_spoilt() -> None:
    assert set(catalogue()) - set(SPOILT) == {"10.2"}


@pytest.mark.parametrize("number", SPOILT)
def test_what_cannot_be_an_answer_is_kept_out_and_nothing_else_is(tmp_path: Path, number: str) -> None:
    programme, made = catalogue()[number], first_round(number)
    returns = spoil(made, programme, SEED)
    history = {"history": HISTORY.empty(), "sample_history": SAMPLE_HISTORY.empty()}
    held = SnapshotFrames("2026-1", number, made.round.closing_at, **made.frames(), **history)
    report = read_submission_file(
        written(returns, tmp_path), Layout(), expectations(programme, held, in_time(made))
    )
    # a file's first line is its heading
    refused = dict(zip(report.quarantined["row"] - 2, report.quarantined["reason"], strict=True))
    assert refused == returns.reasons
    sent = [json.loads(text)["value"] for text in report.quarantined["whole_row"]]
    assert sent == returns.rows["value"].iloc[list(refused)].tolist()
    kept = returns.rows.drop(index=list(returns.reasons))
    key = ["lab_code", "analyte", "sample"]
    arrived = report.loaded.set_index(key)["raw"].sort_index()
    assert arrived.tolist() == kept.set_index(key)["value"].sort_index().tolist()
    assert report.counts.reconcile
    assert report.counts.read == len(returns.rows)


@pytest.mark.parametrize("number", ["2.3", "4.4", "5.1", "9.2", "10.1"])
def test_spoilt_returns_reach_the_store_with_their_reasons(tmp_path: Path, number: str) -> None:
    programme, made = catalogue()[number], first_round(number)
    store = upgrade(f"sqlite:///{tmp_path / 'spoilt.sqlite'}")
    nothing = {"submissions": made.round.submissions.iloc[:0], "submitted": made.round.submitted.iloc[:0]}
    fill_round(store, replace(made.round, **nothing), made.frames(), np.random.default_rng(SEED))
    returns = spoil(made, programme, SEED)
    taken = take_in(store, "2026-1", number, written(returns, tmp_path), in_time(made), Layout())
    with store.reading() as connection:
        kept = connection.exec_driver_sql("select reason, content from quarantine").all()
    assert sorted(reason for reason, _ in kept) == sorted(returns.reasons.values())
    assert taken.run is not None
    inputs = round_inputs(store, "2026-1", number)
    assert int((inputs.results["result_state"] == "reported").sum()) == len(returns.rows) - len(kept)
    found = evaluate(RoundInputs.of(programme, "2026-1", criteria(), inputs.frames(), inputs.closing_at))
    assert add_up(found.reconciliation)
    # nobody is judged on a text that was kept out
    spoilt = returns.rows.iloc[[at for at in returns.reasons if at < len(returns.rows) - len(STRANGE_ROWS)]]
    judged = found.scores.merge(spoilt, on=["lab_code", "analyte", "sample"])
    assert len(judged) == len(spoilt)
    assert "acceptable" not in set(judged["signal"])


def test_the_same_seed_spoils_the_same_cells() -> None:
    made, programme = first_round("5.1"), catalogue()["5.1"]
    one, two, other = (spoil(made, programme, seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.rows, two.rows)
    assert one.reasons == two.reasons != other.reasons
