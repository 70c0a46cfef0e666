"""Rounds with next to nothing in them, contradictions in the snapshot, and verdicts on a knife's edge."""

from __future__ import annotations

import json
from decimal import Decimal
from statistics import NormalDist

import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, analyte, limit, of, one, programme
from workbench.errors import DataError, EvaluationError
from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.evaluation.programme_round import judged_round
from workbench.evaluation.scores import scores
from workbench.evaluation.stability import flip_probability
from workbench.evaluation.states import counted
from workbench.frames import EVALUATION_FRAMES
from workbench.parameters.criteria import CriteriaBook

LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]


def holds_its_contract(evaluation: Evaluation) -> None:
    for frame in EVALUATION_FRAMES:
        assert list(evaluation.frames()[frame.name].columns) == frame.names


def test_nothing_was_returned() -> None:
    small = SmallRound(programme())
    for i in range(3):
        small.lab(f"P{i}", [None] * 5)
    evaluation = small.evaluation()
    holds_its_contract(evaluation)
    assert set(evaluation.scores["state"]) <= {"not_scored", "not_returned"}
    assert set(evaluation.laboratory_verdicts["return_state"]) == {"not_returned"}
    assert one(evaluation.reconciliation, analyte="Glu")["not_returned"] == 3


def test_a_round_without_enrolments_or_samples_is_refused() -> None:
    frames = SmallRound(programme()).crowd(LEVELS).frames()
    with pytest.raises(EvaluationError, match="no enrolments") as caught:
        evaluate(
            RoundInputs.of(
                programme(), "2026-1", CriteriaBook([limit()]), {"laboratories": frames["laboratories"]}
            )
        )
    assert "no samples" in str(caught.value)


def test_one_laboratory_one_sample() -> None:
    evaluation = SmallRound(programme(), samples=("S1",)).lab("X", ["5.0"]).evaluation()
    holds_its_contract(evaluation)
    row = evaluation.scores.iloc[0]
    assert (row["reason"], row["signal"]) == ("NS-N", "not_scored")
    assert pd.isna(row["assigned_value"])


def test_an_analyte_nobody_is_enrolled_for_has_no_groups() -> None:
    small = SmallRound(programme([analyte("Glu"), analyte("K")]), criteria=(limit("Glu"), limit("K"))).crowd(
        LEVELS
    )
    evaluation = small.evaluation()
    assert set(evaluation.groups["analyte"]) == {"Glu"}
    assert one(evaluation.reconciliation, analyte="K")["enrolled"] == 0


def test_contradictions_are_named_all_at_once() -> None:
    frames = SmallRound(programme()).crowd(LEVELS).frames()
    frames["laboratories"] = frames["laboratories"].iloc[1:]
    frames["results"] = frames["results"].replace({"sample": {"S5": "S9"}})
    with pytest.raises(DataError) as caught:
        evaluate(RoundInputs.of(programme(), "2026-1", CriteriaBook([limit()]), frames))
    assert "P00" in str(caught.value)
    assert "S9" in str(caught.value)


def test_a_programme_without_numbers_is_refused() -> None:
    coded = analyte(result_type="qualitative", decimals=None)
    with pytest.raises(EvaluationError, match="no quantitative analyte"):
        judged_round(SmallRound(programme([coded])).crowd(LEVELS).inputs())


def test_a_type_nobody_is_enrolled_for_adds_nothing() -> None:
    mixed = programme([analyte("Glu"), analyte("Pos", result_type="qualitative", decimals=None)])
    assert set(SmallRound(mixed).crowd(LEVELS).evaluation().scores["analyte"]) == {"Glu"}


@pytest.mark.parametrize("inside_by", [0.25, 0.5, 1.0])
def test_the_probability_of_a_flip_is_the_normal_tail(inside_by: float) -> None:
    u = 0.02
    small = SmallRound(programme(prefer_reference=True), samples=("S1",))
    small.lab("X", [f"{5.5 - inside_by * u:.4f}"]).lab("FAR", ["5.0"])
    small.row(
        "reference_values", analyte="Glu", sample="S1", assigned_value_method="reference", assigned_value=5.0,
        u_assigned_value=u, traceability="",
    )  # fmt: skip
    given, _, _ = judged_round(small.inputs())
    count = counted(given.returns, given.cells, scores(given).signal, given.rules)
    far, near = flip_probability(given, count)
    assert near == pytest.approx(1 - NormalDist().cdf(inside_by), abs=0.011)
    assert far == 0.0
    findings = of(small.evaluation().findings, code="F38")
    assert [json.loads(text)["k"] for text in findings["params"]] == ([1] if inside_by < 0.84 else [])


@pytest.mark.parametrize("score", ["limit", "z"])
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_verdict_on_the_limit_is_stable_when_the_target_is_certain(score: str, inclusive: bool) -> None:
    """Of 2.75 - 2.50 and 0.25, or 4.95 - 4.50 and 0.45, no two are equal in binary numbers."""
    targets = ("2.5", "4.5", "4.95", "8.2", "1.1")
    small = SmallRound(programme(prefer_reference=True, score=score), criteria=(limit(inclusive=inclusive),))
    for sample, target in zip(small.samples, targets, strict=True):
        small.row(
            "reference_values", analyte="Glu", sample=sample, assigned_value_method="reference",
            assigned_value=float(target), u_assigned_value=0.0, traceability="",
        )  # fmt: skip
    for sign in (1, -1):
        texts = [str(Decimal(target) * (1 + sign * Decimal("0.1"))) for target in targets]
        small.lab(f"P{sign}", texts)
    given, _, _ = judged_round(small.inputs())
    count = counted(given.returns, given.cells, scores(given).signal, given.rules)
    assert flip_probability(given, count).tolist() == [0.0, 0.0]
    signals = set(small.evaluation().scores["signal"])
    assert signals == {"acceptable" if inclusive and score == "limit" else "action"}
