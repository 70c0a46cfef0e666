"""A whole published round through the evaluation.

Source: CONCALAB-UASD round EA-001-2025, clinical chemistry, 30 laboratories, 16 analytes, one sample:
assigned values and robust SDs printed to two decimals, 459 z scores to two decimals with classes.
The publisher iterates Algorithm A to convergence with the printed constants 1.483 and 1.134, divides by
the robust SD of the same round, computes with unrounded values, and classifies the rounded score.
Agreement asked: every printed digit.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, analyte, of, programme
from workbench.evaluation import Evaluation
from workbench.parameters.policy import SigmaRule

ROUNDS = Path(__file__).parents[3] / "shared" / "rounds"
CLASSES = {"A": "acceptable", "C": "warning", "I": "action"}

pytestmark = pytest.mark.skipif(not ROUNDS.is_dir(), reason="the published round is not beside the project")


def published(name: str) -> pd.DataFrame:
    return pd.read_csv(ROUNDS / f"concalab-2025-{name}.csv", dtype=str)


def evaluated(**policy: object) -> Evaluation:
    results = published("results")
    codes = list(dict.fromkeys(results["analyte_code"]))
    rules = {
        "sigma_pt": SigmaRule(kind="robust_sd"),
        "score": "z",
        "score_decimals": 2,
        "criterion": None,
        "n_min": 12,
    }
    small = SmallRound(
        programme([analyte(code) for code in codes], **(rules | policy)), samples=("EA-001",), criteria=()
    )
    for row in results.itertuples():
        small.lab(row.lab_code, [row.value], row.analyte_code)
    return small.evaluation()


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return evaluated()


def test_every_assigned_value_and_robust_sd_agrees_as_printed(evaluation: Evaluation) -> None:
    expected = published("expected").set_index("analyte_code")
    groups = of(evaluation.groups, peer_group_level="all").set_index("analyte")
    assert len(groups) == len(expected) == 16
    for code, row in expected.iterrows():
        assert groups.at[code, "n"] == int(row["n"])
        assert abs(groups.at[code, "robust_mean"] - float(row["x_pt"])) <= 0.005 + 1e-9, code
        assert abs(groups.at[code, "robust_sd"] - float(row["s_star"])) <= 0.005 + 1e-9, code


def test_all_459_scores_and_classes_agree_as_printed(evaluation: Evaluation) -> None:
    expected = published("expected-z")
    merged = evaluation.scores.merge(
        expected, left_on=["lab_code", "analyte"], right_on=["lab_code", "analyte_code"], validate="1:1"
    )
    assert len(merged) == 459
    printed = [f"{score:.2f}" for score in merged["score"]]
    assert [float(text) for text in printed] == merged["z"].astype(float).tolist()
    assert merged["signal"].tolist() == merged["classification"].map(CLASSES).tolist()
    assert merged["signal"].value_counts().to_dict() == {"acceptable": 415, "warning": 23, "action": 21}


def test_another_stopping_rule_would_not_agree() -> None:
    expected = published("expected-z")
    scores = evaluated(stop="three_figures").scores
    merged = scores.merge(expected, left_on=["lab_code", "analyte"], right_on=["lab_code", "analyte_code"])
    assert (np.abs(merged["score"] - merged["z"].astype(float)) > 0.0051).any()
