"""Every quantitative programme of the catalogue, and a simulated province with planted errors."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, of
from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.frames import SIGNALS, SNAPSHOT_FRAMES, STATES
from workbench.parameters import catalogue, criteria
from workbench.simulation import simulate_province

QUANTITATIVE = [no for no, each in catalogue().items() if any(a.is_quantitative for a in each.analytes)]


@pytest.mark.parametrize("programme_no", QUANTITATIVE)
def test_every_quantitative_programme_can_be_evaluated(programme_no: str) -> None:
    given = catalogue()[programme_no]
    rng = np.random.default_rng(1)
    small = SmallRound(given, criteria=tuple(criteria()))
    for item in (each for each in given.analytes if each.is_quantitative):
        level = 300.0 * 10.0 ** -(item.decimals or 0)
        for lab in range(9):
            values = level * np.array([0.5, 0.8, 1.0, 1.5, 2.2]) * (1 + 0.01 * rng.standard_normal(5))
            small.lab(f"L{lab}", [f"{value:.{item.decimals}f}" for value in values], item.analyte)
    evaluation = small.evaluation()
    assert set(evaluation.scores["state"]) <= set(STATES)
    assert set(evaluation.scores["signal"]) <= set(SIGNALS)
    for code in evaluation.scores["analyte"].unique():
        known = given.criterion(code, criteria()) is not None
        graded = of(evaluation.analyte_verdicts, analyte=code)["graded"]
        assert known or given.policy(code).score == "z" or (graded == 0).all()
    assert of(evaluation.findings, code="F42").empty


@pytest.fixture(scope="module")
def simulated() -> tuple[Evaluation, pd.DataFrame]:
    programme = catalogue()["1.6"]
    round_ = next(iter(simulate_province([programme], ["2026-1"], seed=7).rounds.values()))
    frames = {f.name: getattr(round_, f.name) for f in SNAPSHOT_FRAMES if hasattr(round_, f.name)}
    return evaluate(RoundInputs.of(programme, "2026-1", criteria(), frames)), round_.truth


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("wrong_unit", {"S10"}),
        ("sample_swap", {"S11"}),
        ("constant_bias", {"S12", "S13"}),
        ("proportional_bias", {"S13"}),
        ("random_error", {"S14"}),
        ("single_accident", {"S15"}),
        ("wrong_group", {"S16"}),
    ],
)
def test_planted_errors_are_named_first_or_second(
    simulated: tuple[Evaluation, pd.DataFrame], kind: str, wanted: set[str]
) -> None:
    evaluation, truth = simulated
    planted = truth[truth["kind"] == kind]
    if planted.empty:
        pytest.skip("this seed plants none")
    named = Counter[bool]()
    for row in planted.itertuples():
        sentences = of(evaluation.sentences, lab_code=row.lab_code)
        sentences = sentences[(sentences["position"] <= 2) & (sentences["analyte"] != "")]
        if row.analyte:
            sentences = of(sentences, analyte=row.analyte)
        named[bool(set(sentences["code"]) & wanted)] += 1
    assert named[True] >= 0.8 * named.total()


def test_unplanted_laboratories_are_seldom_accused_of_clerical_errors(
    simulated: tuple[Evaluation, pd.DataFrame],
) -> None:
    evaluation, truth = simulated
    innocent = ~evaluation.sentences["lab_code"].isin(set(truth["lab_code"]))
    clerical = evaluation.sentences["code"].isin(["S10", "S11"])
    assert (innocent & clerical).sum() <= 0.002 * len(evaluation.analyte_verdicts)
