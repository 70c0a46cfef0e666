"""The officer's decisions: a draft is what a full re-evaluation says, and nothing in the store is overwritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from tests.apps.officer_store import AS_OF, PROGRAMME, ROUND, filled
from workbench.apps.round_explorer_drafts import SplitTrial, accept, draft
from workbench.apps.round_explorer_state import (
    Opened,
    checklist,
    counts_of,
    open_programme,
    release_state,
    suspects,
)
from workbench.errors import DataError
from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.parameters import catalogue, criteria
from workbench.rounds.corrections import Correction
from workbench.rounds.prepare import evaluate_programme
from workbench.store import (
    Decision,
    Store,
    add_decision,
    evaluations_of_round,
    open_store,
    programme_counts,
    round_inputs,
)

NOW = datetime(2026, 5, 20, 9, 30)
REASON = "unit of the report form was taken for the programme's"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("officer")
    filled(folder, seed=3).close()
    return folder


@pytest.fixture
def store(home: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of its own for each test."""
    with sqlite3.connect(home / "eqa.sqlite") as source, sqlite3.connect(tmp_path / "eqa.sqlite") as target:
        source.backup(target)
    copied = open_store(f"sqlite:///{tmp_path / 'eqa.sqlite'}")
    yield copied
    copied.close()


@pytest.fixture
def opened(store: Store) -> Opened:
    return open_programme(store, catalogue()[PROGRAMME], criteria(), ROUND)


def excluded(lab_code: str = "L0035", sample: str = "202611", **changes: str) -> Decision:
    fields = {"kind": "exclude_from_statistics", "reason": REASON, "analyte": "HbA1c"} | changes
    return Decision(**fields, decided_at=NOW, lab_code=lab_code, sample=sample)


def fresh(store: Store) -> Evaluation:
    """Everything read and judged again by the engine's own entry."""
    inputs = round_inputs(store, ROUND, PROGRAMME)
    given = RoundInputs.of(catalogue()[PROGRAMME], ROUND, criteria(), inputs.frames(), inputs.closing_at)
    return evaluate(given)


def same(one: Evaluation, other: Evaluation) -> None:
    for name, table in one.frames().items():
        pd.testing.assert_frame_equal(table, other.frames()[name], obj=name)


def rows(store: Store, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as connection:
        return connection.execute(statement).fetchall()


REVISIONS = """select s.revision, s.by_role, s.returned_at, x.raw from submission s
    join participation p using (participation_id) join laboratory l using (lab_id)
    join result x using (submission_id) join sample v using (sample_id)
    where l.lab_code = 'L0035' and v.sample = '202611' order by s.revision"""


def test_a_draft_is_what_a_full_re_evaluation_says(store: Store, opened: Opened) -> None:
    proposed = draft(opened, excluded())
    assert not round_inputs(store, ROUND, PROGRAMME).decisions.size
    same(opened.evaluation, fresh(store))
    now = accept(store, proposed)
    again = fresh(store)
    same(proposed.evaluation, again)
    same(now.evaluation, again)
    signal = ["lab_code", "device_id", "analyte", "sample"]
    old, new = (e.scores.set_index(signal)["signal"] for e in (opened.evaluation, again))
    changed = old.index[old != new]
    assert list(changed)
    assert list(proposed.results.set_index(signal).index) == list(changed)
    assert sum(proposed.counts("results", "signal").values()) == len(changed)
    assert (proposed.targets["n_new"] == proposed.targets["n_old"] - 1).all()
    assert len(proposed.targets)


def test_an_accepted_decision_makes_the_stored_evaluation_stale_until_it_is_run_again(
    store: Store, opened: Opened, tmp_path: Path
) -> None:
    assert not opened.is_stale
    now = accept(store, draft(opened, excluded()))
    assert now.is_stale
    assert "stale" in {point.code for point in checklist(now) if point.is_open}
    evaluate_programme(store, now.inputs, tmp_path / "outputs", AS_OF)
    again = open_programme(store, now.programme, now.criteria, ROUND)
    assert not again.is_stale
    assert "stale" not in {point.code for point in checklist(again)}
    first, second = evaluations_of_round(store, ROUND, PROGRAMME)
    assert (first.in_force, second.in_force, second.supersedes) == (False, True, first.evaluation_id)


def test_a_correction_is_a_new_revision_and_both_stay(store: Store, opened: Opened) -> None:
    before = rows(store, REVISIONS)
    assert [row[0] for row in before] == [1]
    wanted = Correction("L0035", "HbA1c", "202611", "5.92", REASON, NOW)
    proposed = draft(opened, wanted)
    assert rows(store, REVISIONS) == before
    now = accept(store, proposed)
    after = rows(store, REVISIONS)
    assert after[0] == before[0]
    assert after[1] == (2, "organiser", before[0][2], "5.92")
    same(proposed.evaluation, fresh(store))
    same(now.evaluation, proposed.evaluation)
    mine = now.inputs.results[now.inputs.results["lab_code"] == "L0035"].set_index("sample")
    assert mine["raw"].to_dict() == {**_raw(opened), "202611": "5.92"}
    assert set(mine["revision"]) == {2}
    assert now.inputs.decisions["kind"].tolist() == ["correct"]
    assert REASON in now.inputs.decisions["reason"].iloc[0]
    assert "5.92" in now.inputs.decisions["reason"].iloc[0]
    lab = now.inputs.laboratories.set_index("lab_code").loc["L0035"]
    assert lab["late_days"] == 0
    assert programme_counts(store, ROUND)["corrected"].tolist() == [1]


def _raw(opened: Opened) -> dict[str, str]:
    table = opened.inputs.results
    return dict(table.loc[table["lab_code"] == "L0035", ["sample", "raw"]].to_numpy().tolist())


@pytest.mark.parametrize(
    ("raw", "reason", "words"),
    [
        ("5.92", "  ", "needs its reason"),
        ("", REASON, "is no result"),
        ("see note", REASON, "is no result"),
        ("1,234", REASON, "thousands or decimal"),
        ("41.2", REASON, "stands there already"),
    ],
)
def test_what_cannot_be_read_is_no_correction(opened: Opened, raw: str, reason: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        draft(opened, Correction("L0035", "HbA1c", "202611", raw, reason, NOW))


def test_a_result_that_was_never_sent_cannot_be_corrected(opened: Opened) -> None:
    with pytest.raises(DataError, match="no such result was reported"):
        draft(opened, Correction("L9999", "HbA1c", "202611", "5.9", REASON, NOW))


def test_a_decision_without_reason_makes_no_draft(opened: Opened) -> None:
    with pytest.raises(DataError, match="reason"):
        draft(opened, excluded(reason=" "))


def test_a_draft_of_yesterday_is_refused(store: Store, opened: Opened) -> None:
    proposed = draft(opened, excluded())
    add_decision(store, ROUND, PROGRAMME, excluded(sample="202612"))
    with pytest.raises(DataError, match="changed since the draft"):
        accept(store, proposed)
    assert len(round_inputs(store, ROUND, PROGRAMME).decisions) == 1


def test_suspects_show_result_target_and_ratio_until_they_are_answered(store: Store, opened: Opened) -> None:
    found = {(s.lab_code, s.sample): s for s in suspects(opened)}
    unit = found["L0035", "202611"]
    assert (unit.raw, unit.kind, unit.answer) == ("41.2", "unit", "")
    assert unit.ratio == pytest.approx(41.2 / unit.target)
    assert found["L0021", "202611"].other == "202612"
    assert found["L0018", "202612"].kind == "text"
    now = accept(store, draft(opened, excluded(sample="", kind="keep")))
    answers = {(s.lab_code, s.sample): s.answer for s in suspects(now)}
    assert {answers["L0035", sample] for sample in opened.samples} == {"keep"}
    assert answers["L0018", "202612"] == ""


def test_release_is_blocked_until_every_major_finding_has_a_reason(store: Store, opened: Opened) -> None:
    points = checklist(opened)
    assert release_state(points) == "blocked"
    blocking = [point for point in points if point.blocks]
    major = opened.evaluation.findings
    major = major[major["organiser_level"] == 3]
    assert {(p.code, p.analyte, p.sample) for p in blocking} == set(
        map(tuple, major[["code", "analyte", "sample"]].to_numpy())
    )
    for point in blocking:
        kind = f"accept_{point.code}"
        add_decision(
            store, ROUND, PROGRAMME, Decision(kind, "seen", NOW, analyte=point.analyte, sample=point.sample)
        )
    for suspect in suspects(opened):
        add_decision(store, ROUND, PROGRAMME, excluded(suspect.lab_code, suspect.sample, kind="keep"))
    judged = open_programme(store, opened.programme, opened.criteria, ROUND)
    assert [point.code for point in checklist(judged) if point.is_open] == ["stale"]
    assert programme_counts(store, ROUND)["blocking"].tolist() == [""]
    ready = replace(judged, sha256=judged.record.snapshot_sha256 if judged.record else "")
    assert release_state(checklist(ready)) == "ready"
    counts = ready.evaluation.reconciliation.assign(enrolled=lambda table: table["enrolled"] + 1)
    broken = replace(ready, evaluation=replace(ready.evaluation, reconciliation=counts))
    assert [p.code for p in checklist(broken) if p.is_open] == ["F42"] * len(counts)
    with pytest.raises(DataError, match="accept_F42"):
        add_decision(store, ROUND, PROGRAMME, Decision("accept_F42", "it will do", NOW))


def test_the_matrix_of_the_store_counts_what_the_evaluation_counts(store: Store, opened: Opened) -> None:
    (stored,) = programme_counts(store, ROUND).to_dict("records")
    counted = counts_of(opened)
    blocking = set(filter(None, str(counted.pop("blocking")).split(",")))
    assert set(str(stored["blocking"]).split(",")) == blocking
    assert counted.pop("state") == "blocked"
    assert {name: stored[name] for name in counted} == counted


def test_a_split_is_a_trial_that_no_store_takes(store: Store, opened: Opened) -> None:
    trial = draft(opened, SplitTrial("HbA1c", "method"))
    levels = set(trial.evaluation.groups["peer_group_level"])
    assert "method" in levels
    assert len(trial.results)
    with pytest.raises(DataError, match="catalogue"):
        accept(store, trial)
