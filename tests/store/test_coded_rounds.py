"""Rounds of coded answers through the store: saved, read back, shown to their owners only, on both databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tests.evaluation.tiny_rounds import BAD, SAMPLES, SILENT, tiny_round
from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue, criteria
from workbench.store import (
    EvaluationMeta,
    ProgrammeRound,
    Store,
    Submissions,
    add_submissions,
    freeze,
    laboratory_view,
    load_snapshot,
    programme_view,
    round_inputs,
    save_evaluation,
    save_programme_round,
    view_hash,
    view_hashes,
)

CODE = "2026-1"


def saved(store: Store, number: str, code: str = CODE) -> str:
    """A tiny round of a programme in the store, evaluated; its id."""
    frames = tiny_round(catalogue()[number]).frames()
    labs = frames["laboratories"]
    known = {
        name: frames[name]
        for name in ("enrolments", "samples", "reference_values", "expected_answers")
        if name in frames
    }
    closing = datetime(int(code[:4]), 4 * int(code[-1]), 25)
    plan = ProgrammeRound(code, number, closing, labs[["lab_code", "region", "hospital_level"]], **known)
    save_programme_round(store, plan, np.random.default_rng(3))
    sent = labs[labs["revision"] > 0][["lab_code"]].assign(
        returned_at=pd.Timestamp(closing) - pd.Timedelta(days=2)
    )
    add_submissions(store, code, number, Submissions(sent.reset_index(drop=True), frames["results"]))
    inputs = round_inputs(store, code, number)
    given = RoundInputs.of(catalogue()[number], code, criteria(), inputs.frames(), inputs.closing_at)
    meta = EvaluationMeta(code, number, "5" * 64, "c1", "0.1.0", "2026-05-01")
    return save_evaluation(store, evaluate(given), meta, inputs)


@pytest.mark.parametrize("number", ["2.3", "5.1"])
def test_what_was_evaluated_is_what_is_read(store: Store, number: str) -> None:
    evaluation_id = saved(store, number)
    inputs = round_inputs(store, CODE, number)
    given = RoundInputs.of(catalogue()[number], CODE, criteria(), inputs.frames(), inputs.closing_at)
    evaluation = evaluate(given)
    views = [laboratory_view(store, evaluation_id, code) for code in inputs.laboratories["lab_code"]]
    for name in ("answers", "agreements"):
        together = pd.concat([getattr(view, name) for view in views], ignore_index=True)
        expected = getattr(evaluation, name)
        keys = ["lab_code", "device_id", "analyte", *(["sample"] if name == "answers" else [])]
        assert_frame_equal(
            together.sort_values(keys, ignore_index=True), expected.sort_values(keys, ignore_index=True)
        )
    shown = programme_view(store, evaluation_id)
    assert len(shown.answers) == len(evaluation.answers)
    assert "lab_code" not in shown.answers
    assert_frame_equal(shown.expected_answers, inputs.expected_answers)


def test_a_laboratory_reads_its_own_answers_and_counts_that_may_be_shown(store: Store) -> None:
    evaluation_id = saved(store, "3.1")
    view = laboratory_view(store, evaluation_id, BAD)
    assert set(view.answers["lab_code"]) == {BAD}
    assert set(view.agreements["lab_code"]) == {BAD}
    counts = view.answer_counts
    assert set(counts["peer_group_level"]) <= {"all", "reagent"}
    total = counts[counts["peer_group_level"] == "all"].groupby(["analyte", "sample"])["count"].sum()
    assert (total >= 5).all()
    text = "\n".join(frame.to_csv() for frame in view.frames().values())
    assert "P00" not in text
    assert SILENT not in text


def test_counts_of_a_small_group_stay_hidden(store: Store) -> None:
    evaluation_id = saved(store, "3.1")
    inputs = round_inputs(store, CODE, "3.1")
    enrolments = inputs.enrolments.copy()
    few = enrolments["lab_code"].isin(["P00", "P01"])
    enrolments.loc[few, "reagent"] = "RARE"
    given = RoundInputs.of(catalogue()["3.1"], CODE, criteria(), inputs.frames() | {"enrolments": enrolments})
    meta = EvaluationMeta(CODE, "3.1", "6" * 64, "c1", "0.1.0", "2026-05-01")
    evaluation_id = save_evaluation(store, evaluate(given), meta, inputs)
    for view in (laboratory_view(store, evaluation_id, "P00"), programme_view(store, evaluation_id)):
        assert "RARE" not in set(view.answer_counts["peer_group"])
        assert set(view.answer_counts["peer_group_level"]) == {"all"}


def test_hashes_follow_the_answers(store: Store) -> None:
    evaluation_id = saved(store, "9.2")
    hashes = view_hashes(store, evaluation_id)
    for code in ("P00", BAD):
        assert hashes[code] == view_hash(laboratory_view(store, evaluation_id, code))
    inputs = round_inputs(store, CODE, "9.2")
    given = RoundInputs.of(catalogue()["9.2"], CODE, criteria(), inputs.frames(), inputs.closing_at)
    changed: Any = evaluate(given)
    changed.answers.loc[changed.answers["lab_code"] == BAD, "detail"] = '{"note": 1}'
    meta = EvaluationMeta(CODE, "9.2", "7" * 64, "c1", "0.1.0", "2026-05-01")
    other = view_hashes(store, save_evaluation(store, changed, meta, inputs))
    assert {code for code in other if other[code] != hashes[code]} == {BAD, ""}


def test_answers_of_earlier_rounds_come_back_as_history(store: Store, tmp_path) -> None:
    saved(store, "3.1", "2025-2")
    saved(store, "3.1")
    inputs = round_inputs(store, CODE, "3.1")
    assert set(inputs.answer_history["round"]) == {"2025-2"}
    own = inputs.answer_history[inputs.answer_history["lab_code"] == BAD]
    assert len(own) == len(SAMPLES) * len(catalogue()["3.1"].codes)
    given = RoundInputs.of(catalogue()["3.1"], CODE, criteria(), inputs.frames(), inputs.closing_at)
    agreements = evaluate(given).agreements
    assert set(agreements["rounds"]) == {2}
    snapshot = freeze(inputs, tmp_path)
    loaded = load_snapshot(snapshot.path, snapshot.sha256)
    assert_frame_equal(loaded.expected_answers, inputs.expected_answers)
    assert_frame_equal(loaded.answer_history, inputs.answer_history)
