"""A simulated province, stored and evaluated on SQLite and on PostgreSQL, is judged identically."""

from __future__ import annotations

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from workbench.evaluation import RoundInputs, evaluate
from workbench.frames import EVALUATION_FRAMES
from workbench.parameters import catalogue, criteria
from workbench.simulation import simulate_province
from workbench.store import (
    Decision,
    EvaluationMeta,
    ProgrammeRound,
    Submissions,
    add_decision,
    add_submissions,
    freeze,
    laboratory_view,
    round_inputs,
    save_evaluation,
    save_programme_round,
    view_hash,
    view_hashes,
)

PROGRAMME = "1.1"
ROUNDS = ["2025-2", "2026-1"]
LABORATORIES = 40


@pytest.fixture(scope="module")
def province():
    return simulate_province([catalogue()[PROGRAMME]], ROUNDS, seed=7, n_laboratories=LABORATORIES)


def evaluated(store, province, folder):
    """Both rounds stored and evaluated; the last evaluation with its id and the hash of its input."""
    for (code, number), given in province.rounds.items():
        names = [
            "laboratories",
            "enrolments",
            "samples",
            "material_checks",
            "reference_values",
            "system_names",
        ]
        frames = {name: getattr(given, name) for name in names}
        programme_round = ProgrammeRound(code, number, given.closing_at, **frames)
        save_programme_round(store, programme_round, np.random.default_rng(1))
        for heads, results in given.loads():
            add_submissions(store, code, number, Submissions(heads, results))
        for row in given.decisions.itertuples():
            scope = {"lab_code": row.lab_code, "analyte": row.analyte, "sample": row.sample}
            add_decision(store, code, number, Decision(row.kind, row.reason, row.decided_at, **scope))
        inputs = round_inputs(store, code, number)
        evaluation = evaluate(
            RoundInputs.of(catalogue()[number], code, criteria(), inputs.frames(), inputs.closing_at)
        )
        sha256 = freeze(inputs, folder).sha256
        meta = EvaluationMeta(code, number, sha256, "criteria", "code", "2026-05-01")
        evaluation_id = save_evaluation(store, evaluation, meta, inputs)
    return evaluation, evaluation_id, sha256


@pytest.mark.postgres
@pytest.mark.xdist_group("postgres")
def test_same_evaluation_on_both_databases(province, sqlite_store, postgres_store, tmp_path):
    (first, first_id, first_sha), (second, second_id, second_sha) = (
        evaluated(store, province, tmp_path / store.dialect) for store in (sqlite_store, postgres_store)
    )
    assert first_sha == second_sha
    assert first_id == second_id
    assert len(first.scores) > 30 * LABORATORIES
    for frame in EVALUATION_FRAMES:
        assert_frame_equal(getattr(first, frame.name), getattr(second, frame.name), check_exact=True)
    hashes = view_hashes(sqlite_store, first_id)
    assert hashes == view_hashes(postgres_store, second_id)
    for code in list(hashes)[::10]:
        if code:
            view = laboratory_view(postgres_store, second_id, code)
            assert view_hash(view) == hashes[code]
            assert set(view.histograms["peer_group_level"]) - {"all"}, "own groups are shown"
            assert len(view.history) > 0
