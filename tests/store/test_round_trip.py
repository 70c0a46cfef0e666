"""What goes into the store comes out the same, on SQLite and on PostgreSQL."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from workbench.frames import EVALUATION_FRAMES
from workbench.store import (
    add_submissions,
    evaluation_in_force,
    laboratory_view,
    round_inputs,
    save_evaluation,
    save_programme_round,
)


def test_inputs_are_what_was_saved(store, office, labs):
    given = office.programme_round()
    save_programme_round(store, given, np.random.default_rng(3))
    load = office.returns()
    run = add_submissions(store, "2026-1", "1.1", load)
    assert (run.rows_read, run.rows_loaded, run.rows_quarantined, run.rows_flagged) == (66, 66, 0, 1)

    inputs = round_inputs(store, "2026-1", "1.1")
    assert inputs.closing_at.isoformat() == "2026-04-25T23:59:59"
    key = ["lab_code", "device_id", "analyte", "sample"]
    expected = load.results.sort_values(key, ignore_index=True)
    for name in ("lab_code", "raw", "value", "decimals", "censor", "code", "result_state", "flags"):
        assert inputs.results[name].tolist() == pytest.approx(expected[name].tolist(), nan_ok=True, abs=0)
    assert set(inputs.results["revision"]) == {1}
    assert len(inputs.enrolments) == 36
    assert inputs.samples["matrix"].tolist() == ["冻干人血清"] * 2
    assert inputs.material_checks["s_s"].isna().tolist() == [False, True]
    assert inputs.reference_values["assigned_value"].tolist() == [140.25]
    assert inputs.system_names.loc[lambda t: t["code"] == "I1", "name_zh"].tolist() == ["仪器一"]
    assert inputs.laboratories["revision"].tolist() == [1] * 11 + [0]
    assert inputs.laboratories["returned_at"].isna().sum() == 1
    assert inputs.laboratories["round_alias"].str.fullmatch(r"[A-Z]-\d{3}").all()
    assert inputs.laboratories["round_alias"].is_unique


def test_both_read_paths_give_the_same_frames(store, office):
    office.saved(store, "2025-2")
    office.saved(store, "2026-1", seed=2)
    fast, slow = (round_inputs(store, "2026-1", "1.1", arrow=arrow) for arrow in (True, False))
    for name, frame in fast.frames().items():
        assert len(frame) or name == "decisions"
        assert_frame_equal(frame, slow.frames()[name], check_exact=True)


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_sqlite_and_postgresql_give_the_same_frames(sqlite_store, postgres_store, office, labs):
    stores = sqlite_store, postgres_store
    ids = [(office.saved(one, "2025-2"), office.saved(one, "2026-1", seed=2))[1] for one in stores]
    assert ids[0] == ids[1]
    first, second = (round_inputs(one, "2026-1", "1.1") for one in stores)
    for name, frame in first.frames().items():
        assert_frame_equal(frame, second.frames()[name], check_exact=True)
    first_view, second_view = (laboratory_view(one, ids[0], labs[0]) for one in stores)
    assert first_view.meta == second_view.meta
    for name, frame in first_view.frames().items():
        assert_frame_equal(frame, second_view.frames()[name], check_exact=True)


def test_evaluation_comes_back_as_it_was_saved(store, office, labs):
    evaluation_id = office.saved(store)
    evaluation = office.evaluation(round_inputs(store, "2026-1", "1.1"))
    parts = [laboratory_view(store, evaluation_id, code) for code in labs]
    for frame in EVALUATION_FRAMES:
        if frame.name in ("groups", "histograms", "modes", "findings", "reconciliation", "answer_counts"):
            continue
        together = pd.concat([getattr(part, frame.name) for part in parts], ignore_index=True)
        assert_frame_equal(together, getattr(evaluation, frame.name), check_exact=True)


def test_coded_answers_come_back(store, office, labs):
    office.saved(store, "2025-2")
    evaluation_id = office.saved(store)
    inputs = round_inputs(store, "2026-1", "1.1")
    given = office.programme_round().expected_answers
    assert inputs.expected_answers.to_dict("records") == given.to_dict("records")
    view = laboratory_view(store, evaluation_id, labs[0])
    assert view.expected_answers.to_dict("records") == given.to_dict("records")
    assert set(view.answer_counts["peer_group_level"]) == {"all"}
    assert view.answer_counts["count"].tolist() == [11, 10, 11, 11, 11, 11]
    assert set(view.answer_history["lab_code"]) == {labs[0]}
    assert set(inputs.answer_history["round"]) == {"2025-2"}
    assert inputs.answer_history["mark"].tolist() == [1.0] * 22


def test_history_comes_from_earlier_evaluations_in_force(store, office):
    office.saved(store, "2025-1")
    office.saved(store, "2025-2")
    office.saved(store, "2026-1")
    history = round_inputs(store, "2026-1", "1.1").history
    assert sorted(history["round"].unique()) == ["2025-1", "2025-2"]
    assert set(history.loc[history["analyte"] == "K", "criterion"]) == {"WS/T 403-2024 K 6%"}
    assert set(history.loc[history["analyte"] == "Na", "criterion"]) == {""}
    assert set(round_inputs(store, "2025-1", "1.1").history["round"]) == set()


def test_saving_again_is_idempotent_and_a_newer_one_supersedes(store, office, labs):
    first = office.saved(store)
    inputs = round_inputs(store, "2026-1", "1.1")
    evaluation = office.evaluation(inputs)
    assert save_evaluation(store, evaluation, office.meta(), inputs) == first
    second = save_evaluation(store, evaluation, office.meta(criteria_version="c2"), inputs)
    assert second != first
    in_force = evaluation_in_force(store, "2026-1", "1.1")
    assert in_force is not None
    assert (in_force.evaluation_id, in_force.supersedes, in_force.criteria_version) == (second, first, "c2")
    assert len(laboratory_view(store, first, labs[0]).scores) == 6
