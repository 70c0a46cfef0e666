"""Uncertainties that simulated laboratories state: some, with k = 2, and the truth names the bad ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue, criteria
from workbench.simulation import Province, simulate_province


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate_province([catalogue()["1.4"]], ("2025-3", "2026-1"), 7, 150)


def test_some_laboratories_state_one_in_every_round(province: Province) -> None:
    stating = []
    for item in province.rounds.values():
        rows = item.results[item.results["u_raw"] != ""]
        assert (rows["coverage_factor"] == 2.0).all()
        assert np.allclose(rows["u_raw"].astype(float), 2.0 * rows["u_result"])
        assert item.results.loc[item.results["u_raw"] == "", "u_result"].isna().all()
        assert set(rows["result_state"]) == {"reported"}
        assert (rows["censor"] == 0).all()
        stating.append(set(rows["lab_code"]))
    assert 8 <= len(stating[1]) <= 30
    assert len(stating[0] & stating[1]) >= 0.8 * len(stating[1])


def test_findings_name_those_that_the_truth_names(province: Province) -> None:
    item = province.rounds["2026-1", "1.4"]
    evaluation = evaluate(
        RoundInputs.of(catalogue()["1.4"], "2026-1", criteria(), item.frames(), item.closing_at)
    )
    returned = set(item.results["lab_code"])
    for kind, code in (("uncertainty_too_small", "F43"), ("uncertainty_too_large", "F44")):
        planted = set(item.truth.loc[item.truth["kind"] == kind, "lab_code"]) & returned
        found = set(evaluation.findings.loc[evaluation.findings["code"] == code, "lab_code"])
        assert planted
        assert planted <= found
    scores = evaluation.scores
    with_zeta = scores["zeta_score"].notna()
    assert set(scores.loc[with_zeta, "lab_code"]) <= set(
        item.results.loc[item.results["u_raw"] != "", "lab_code"]
    )
    usual = pd.Series(scores.loc[with_zeta, "zeta_score"]).abs()
    assert usual.median() < 3
