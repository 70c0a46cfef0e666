"""Qualitative answers: targets, what lies between negative and positive, agreement over rounds."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation.coded_rounds import CodedSmallRound, add_up, cell, coded, coded_programme
from tests.evaluation.small_rounds import SmallRound
from workbench.errors import EvaluationError
from workbench.evaluation.agreements import a_score
from workbench.evaluation.result_types.listed_answers import sides
from workbench.evaluation.result_types.qualitative import judge_reaction
from workbench.parameters.categories import category_lists
from workbench.parameters.coded_rules import CodedRules

TARGET = ["POS", "NEG", "POS", "NEG", "POS"]
HIV = coded("HIV-Ab", "qualitative")


def small(**policy) -> CodedSmallRound:
    return CodedSmallRound(coded_programme(HIV, **policy))


def test_characterised_material_sets_the_target_whatever_participants_say() -> None:
    found = small().expect("HIV-Ab", TARGET).voices("HIV-Ab", ["阴性"] * 5, 9).evaluation()
    row = cell(found.answers, "P00", "S1")
    assert (row["target"], row["target_method"], row["kind"], row["mark"]) == (
        "POS",
        "characterised",
        "false_negative",
        0.0,
    )
    assert found.laboratory_verdicts["score_percent"].unique().tolist() == [40.0]
    assert add_up(found.reconciliation)


@pytest.mark.parametrize(("agreeing", "reason"), [(8, ""), (7, "NS-C")])
def test_a_consensus_needs_eighty_percent_inclusive(agreeing: int, reason: str) -> None:
    # 42 CFR 493.931(c)(1): 80 % of participants; 8 of 10 reaches it exactly.
    found = (
        small()
        .voices("HIV-Ab", ["POS"] * 5, agreeing)
        .voices("HIV-Ab", ["NEG"] * 5, 10 - agreeing, "Q")
        .evaluation()
    )
    row = cell(found.scores, "Q00", "S1")
    assert row["reason"] == reason
    assert row["signal"] == ("action" if not reason else "not_scored")
    assert ("F21" in set(found.findings["code"])) == bool(reason)


def test_too_few_answers_are_no_consensus() -> None:
    found = small().voices("HIV-Ab", ["POS"] * 5, 5).evaluation()
    assert set(found.scores["reason"]) == {"NS-N"}
    assert found.reconciliation["not_scored"].tolist() == [5, 5]


def test_weak_positives_count_by_the_rule() -> None:
    as_positive = (
        small().voices("HIV-Ab", ["POS"] * 5, 5).voices("HIV-Ab", ["弱阳性"] * 5, 3, "Q").evaluation()
    )
    assert set(as_positive.scores["signal"]) == {"acceptable"}
    apart = small(coded={"weak_positive": "indeterminate"})
    apart.expect("HIV-Ab", TARGET).voices("HIV-Ab", ["POS", "NEG", "W+", "NEG", "POS"], 6)
    assert cell(apart.evaluation().answers, "P00", "S3")["kind"] == "indeterminate"


@pytest.mark.parametrize(
    ("counting", "signal", "mark"),
    [
        ("wrong", "action", 0.0),
        ("right", "acceptable", 1.0),
        ("half", "warning", 0.5),
        ("not_scored", "not_scored", math.nan),
    ],
)
def test_indeterminate_answers_count_by_the_rule(counting: str, signal: str, mark: float) -> None:
    round_ = (
        small(coded={"indeterminate": counting})
        .expect("HIV-Ab", TARGET)
        .lab("L1", ["可疑", *TARGET[1:]], "HIV-Ab")
    )
    found = round_.evaluation()
    assert cell(found.scores, "L1", "S1")["signal"] == signal
    assert cell(found.answers, "L1", "S1")["mark"] == pytest.approx(mark, nan_ok=True)


def test_a_critical_error_vetoes_where_the_rule_says_so() -> None:
    for veto in (False, True):
        round_ = small(pass_mark=80, coded={"critical": ("false_negative",), "veto": veto}).expect(
            "HIV-Ab", TARGET
        )
        found = round_.lab("L1", ["NEG", *TARGET[1:]], "HIV-Ab").lab("L2", TARGET, "HIV-Ab").evaluation()
        verdict = found.laboratory_verdicts.set_index("lab_code")["verdict"]
        assert verdict["L2"] == "satisfactory"
        assert verdict["L1"] == ("unsatisfactory" if veto else "satisfactory")
        critical = found.findings[found.findings["code"] == "F45"]
        assert critical["lab_code"].tolist() == ["L1"]
        assert ("S03" in set(found.sentences["code"])) == veto


def test_nothing_returned_is_zero_and_unreadable_text_is_not_a_negative() -> None:
    round_ = (
        small()
        .expect("HIV-Ab", TARGET)
        .lab("L1", [None] * 5, "HIV-Ab")
        .lab("L2", ["看不清", *TARGET[1:]], "HIV-Ab")
    )
    found = round_.evaluation()
    assert cell(found.scores, "L2", "S1")["state"] == "unreadable"
    score = found.analyte_verdicts.set_index("lab_code")["score_percent"]
    assert (score["L1"], score["L2"]) == (0.0, 80.0)
    assert add_up(found.reconciliation)


def test_an_expected_answer_that_is_none_is_refused() -> None:
    with pytest.raises(EvaluationError, match="HIV-Ab, sample S1"):
        small().expect("HIV-Ab", ["reactiv", *TARGET[1:]]).voices("HIV-Ab", TARGET, 2).evaluation()


def test_a_withdrawn_sample_leaves_both_counts() -> None:
    round_ = small().expect("HIV-Ab", TARGET).lab("L1", ["NEG", *TARGET[1:]], "HIV-Ab")
    round_.row(
        "decisions",
        decision_id=1,
        kind="withdraw",
        lab_code="",
        analyte="",
        sample="S1",
        reason="溶血",
        decided_at="2026-05-01",
    )
    found = round_.evaluation()
    assert found.analyte_verdicts[["acceptable", "graded"]].to_numpy().tolist() == [[4, 4]]
    assert cell(found.scores, "L1", "S1")["reason"] == "NS-E"


def test_sensitivity_and_specificity_add_up_over_rounds() -> None:
    round_ = (
        small().expect("HIV-Ab", TARGET).lab("L1", ["NEG", *TARGET[1:]], "HIV-Ab").lab("L2", TARGET, "HIV-Ab")
    )
    for sample, answer, target in (("A1", "POS", "POS"), ("A2", "POS", "NEG")):
        round_.row(
            "answer_history", lab_code="L1", device_id="", analyte="HIV-Ab", round="2025-2", sample=sample, answer=answer,
            target=target, mark=float(answer == target),
        )  # fmt: skip
    row = round_.evaluation().agreements.set_index("lab_code").loc["L1"]
    assert row[["rounds", "positives", "positives_found", "negatives", "negatives_found"]].tolist() == [
        2,
        4,
        3,
        3,
        2,
    ]
    # Wilson 95 % of 3 of 4: 30.1-95.4 % (Newcombe, Stat Med 1998;17:857, by its formula)
    assert row["sensitivity_low"] == pytest.approx(0.3006, abs=5e-4)
    assert row["sensitivity_high"] == pytest.approx(0.9544, abs=5e-4)


def test_the_a_score_is_the_binomial_deviate() -> None:
    # five samples, each right in 90 % of laboratories: three right are (3 - 4.5) / sqrt(5 x 0.09)
    assert a_score(3, 4.5, 5 * 0.09) == pytest.approx(-2.236, abs=1e-3)


CODES = st.sampled_from(["NEG", "IND", "WEAK", "POS"])


@given(answer=CODES, target=CODES, weak=st.sampled_from(["positive", "indeterminate"]))
def test_opposite_sides_are_never_right(answer: str, target: str, weak: str) -> None:
    rules = CodedRules(weak_positive=weak, indeterminate="right", indeterminate_target="right")
    side = sides(category_lists()["reaction"], rules)
    mark, kind = judge_reaction(answer, target, side, rules)
    if {side[answer], side[target]} == {"negative", "positive"}:
        assert mark == 0.0
        assert kind in ("false_negative", "false_positive")
    if answer == target:
        assert (mark, kind) == (1.0, "")


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(8)))
def test_the_order_of_laboratories_does_not_matter(order: list[int]) -> None:
    answers = [["POS", "NEG", "POS", "NEG", "POS"]] * 7 + [["NEG"] * 5]
    first = small()
    for place in order:
        first.lab(f"L{place}", answers[place], "HIV-Ab")
    found = first.evaluation()
    assert found.analyte_verdicts.set_index("lab_code")["acceptable"].to_dict() == {
        f"L{i}": 5 if i < 7 else 2 for i in range(8)
    }


def test_results_of_a_quantitative_analyte_beside_it_stay_their_own() -> None:
    glucose = coded("Glu", "quantitative", decimals=2, unit="mmol/L")
    mixed = CodedSmallRound(coded_programme(HIV, glucose, criterion={"authority": "T", "metric": "eqa"}))
    mixed.crowd([5.0, 6.0, 7.0, 8.0, 9.0]).expect("HIV-Ab", TARGET).voices("HIV-Ab", TARGET, 8)
    alone = SmallRound(mixed.programme.model_copy(update={"analytes": (glucose,)}), criteria=mixed.criteria)
    alone.crowd([5.0, 6.0, 7.0, 8.0, 9.0])
    found, own = mixed.evaluation(), alone.evaluation()
    scores = found.scores[found.scores["analyte"] == "Glu"].reset_index(drop=True)
    pd.testing.assert_frame_equal(scores, own.scores)
    assert found.laboratory_verdicts["graded"].tolist() == [10] * 8
    assert add_up(found.reconciliation)
    assert found.reconciliation["analyte"].tolist() == ["HIV-Ab", "Glu", ""]
    assert found.sentences[found.sentences["code"] == "S01"]["params"].unique().tolist() == ['{"k": 2}']
