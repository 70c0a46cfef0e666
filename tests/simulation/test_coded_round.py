"""Simulated rounds of coded programmes: from the seed alone, evaluated, and every analyte adds up."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.evaluation.coded_rounds import add_up
from workbench.errors import ParameterError
from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue, criteria
from workbench.simulation import simulate_coded_round

SIMULATED = {"ordinal", "qualitative", "identification", "genotype", "antigen_typing"}
PROGRAMMES = [n for n, p in catalogue().items() if {a.result_type for a in p.analytes} <= SIMULATED]


@pytest.mark.parametrize("number", PROGRAMMES)
def test_a_coded_programme_is_simulated_and_evaluated(number: str) -> None:
    programme = catalogue()[number]
    made = simulate_coded_round(programme, "2026-1", 7, 12)
    found = evaluate(
        RoundInputs.of(programme, "2026-1", criteria(), made.frames(), closing_at=made.round.closing_at)
    )
    assert add_up(found.reconciliation)
    assert found.reconciliation["scored"].sum() > 0
    # whoever answered in time with the expected answer is right, and no other answer was planted
    truth = made.round.truth
    absent = set(truth.loc[truth["kind"].isin(["not_returned", "late"]), "lab_code"])
    planted = keys(truth[truth["kind"] == "wrong_answer"])
    judged = found.scores[~found.scores["lab_code"].isin(absent)]
    assert not keys(judged[judged["signal"] == "action"]) - planted
    assert keys(judged[judged["signal"] == "acceptable"]) - planted


def keys(table: pd.DataFrame) -> set[tuple[str, ...]]:
    """Laboratory, analyte and sample of each row."""
    return {tuple(row) for row in table[["lab_code", "analyte", "sample"]].to_numpy()}


def test_the_same_seed_gives_the_same_round() -> None:
    one, two, other = (simulate_coded_round(catalogue()["3.1"], "2026-1", seed, 12) for seed in (7, 7, 8))
    assert all(table.equals(two.frames()[name]) for name, table in one.frames().items())
    assert not one.round.results.equals(other.round.results)


def test_a_type_without_answers_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"10\.1"):
        simulate_coded_round(catalogue()["10.1"], "2026-1", 7, 12)
