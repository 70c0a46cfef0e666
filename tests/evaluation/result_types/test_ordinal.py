"""Ordinal answers: distance in grades, the cut-off, consensus by group, ties."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evaluation.coded_rounds import CodedSmallRound, add_up, cell, coded, coded_programme
from workbench.evaluation.result_types.ordinal import judge_grade
from workbench.parameters.categories import Scale, category_lists
from workbench.parameters.coded_rules import CodedRules
from workbench.statistics import answer_entropy

PROTEIN = coded("PRO", "ordinal", categories="urine_protein")
KNOWN = category_lists()["urine_protein"]
TARGET = ["2+", "NEG", "1+", "3+", "TR"]


def small(**policy) -> CodedSmallRound:
    return CodedSmallRound(coded_programme(PROTEIN, **policy))


def test_one_grade_off_is_right_but_never_across_the_cut_off() -> None:
    round_ = small().expect("PRO", TARGET).lab("L1", ["1+", "TR", "2+", "1+", "NEG"], "PRO")
    found = round_.evaluation()
    assert found.scores["signal"].tolist() == ["acceptable", "action", "acceptable", "action", "action"]
    assert found.answers["kind"].tolist() == ["", "false_positive", "", "too_low", "false_negative"]
    assert found.answers["distance"].tolist() == [-1, 1, 1, -2, -1]
    assert found.answers["accepted"].tolist()[:2] == ["1+|2+|3+", "NEG"]


def test_the_consensus_is_that_of_the_group_where_it_is_large_enough() -> None:
    round_ = small(ladder=(("reagent",), ()))
    round_.voices("PRO", ["1+"] * 5, 7, "A", reagent="R1").voices("PRO", ["3+"] * 5, 7, "B", reagent="R2")
    found = round_.evaluation()
    assert cell(found.answers, "A00", "S1")["target"] == "1+"
    assert cell(found.answers, "B00", "S1")[["target", "target_level"]].tolist() == ["3+", "reagent"]
    assert set(found.scores["signal"]) == {"acceptable"}
    counts = found.answer_counts.query("sample == 'S1'")
    assert counts[["peer_group_level", "peer_group", "answer", "position", "count"]].to_numpy().tolist() == [
        ["all", "", "1+", 2, 7], ["all", "", "3+", 4, 7], ["reagent", "R1", "1+", 2, 7], ["reagent", "R2", "3+", 4, 7],
    ]  # fmt: skip


def test_a_tie_is_told_and_the_lower_median_breaks_it() -> None:
    found = small().voices("PRO", ["1+"] * 5, 4, "A").voices("PRO", ["2+"] * 5, 4, "B").evaluation()
    assert cell(found.answers, "A00", "S1")["target"] == "1+"
    tie = found.findings[found.findings["code"] == "F22"].iloc[0]
    assert json.loads(tie["params"]) == {"list": ["1+", "2+"]}
    apart = small().voices("PRO", ["NEG"] * 5, 4, "A").voices("PRO", ["3+"] * 5, 4, "B").evaluation()
    assert set(apart.scores["reason"]) == {"NS-C"}


def test_makers_scales_meet_on_the_common_one(monkeypatch) -> None:
    scale = Scale(dimension="instrument", codes=("UA9",), crosswalk={"1+": "TR", "2+": "1+"})
    crossed = KNOWN.model_copy(update={"scales": (scale,)})
    monkeypatch.setattr("workbench.evaluation.result_types.ordinal.categories_of", lambda analyte: crossed)
    round_ = small().expect("PRO", TARGET)
    found = round_.lab("L1", ["2+"] * 5, "PRO", instrument="UA9").lab("L2", ["2+"] * 5, "PRO").evaluation()
    assert (cell(found.answers, "L1", "S1")["answer"], cell(found.answers, "L2", "S1")["answer"]) == (
        "1+",
        "2+",
    )


def test_steps_without_a_cut_off_know_no_opposite() -> None:
    acidity = coded("pH", "ordinal", categories="urine_ph")
    round_ = CodedSmallRound(coded_programme(acidity)).expect("pH", ["6.0", "7.0", "5.0", "8.0", "6.5"])
    found = round_.lab("L1", ["6.5", "8.0", "5", "7.5", "6.5"], "pH").evaluation()
    assert found.scores["signal"].tolist() == [
        "acceptable",
        "action",
        "acceptable",
        "acceptable",
        "acceptable",
    ]
    assert found.agreements.empty


def test_a_shift_of_every_answer_is_told() -> None:
    found = small().expect("PRO", TARGET).lab("L1", ["3+", "NEG", "3+", "4+", "1+"], "PRO").evaluation()
    assert "S33" not in set(found.sentences["code"])
    found = small().expect("PRO", ["1+"] * 5).lab("L1", ["2+", "3+", "2+", "2+", "2+"], "PRO").evaluation()
    sentence = found.sentences[found.sentences["code"] == "S33"].iloc[0]
    assert json.loads(sentence["params"]) == {"d": 1, "direction": "high"}


def test_the_distribution_is_summarised_by_mode_median_and_entropy() -> None:
    # ISO 13528:2022, clause 11: lower median at an exact half; entropy of (1/2, 1/2) is one bit.
    found = small().voices("PRO", ["1+"] * 5, 4, "A").voices("PRO", ["2+"] * 5, 4, "B").evaluation()
    summary = json.loads(cell(found.answers, "A00", "S1")["detail"])
    assert summary == {"n": 8, "modes": ["1+", "2+"], "median": "1+", "entropy": 1.0}
    assert add_up(found.reconciliation)


def test_entropy_against_scipy() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    for counts in ([3, 5, 2], [1, 1, 1, 1, 6], [10]):
        assert answer_entropy(counts) == pytest.approx(float(scipy_stats.entropy(counts, base=2)))


CODES = st.sampled_from(KNOWN.codes)


@given(answer=CODES, target=CODES, tolerance=st.integers(0, 5))
def test_negative_is_never_positive_however_wide_the_tolerance(
    answer: str, target: str, tolerance: int
) -> None:
    mark, _, distance = judge_grade(answer, target, KNOWN, CodedRules(tolerance=tolerance))
    if (answer == "NEG") != (target == "NEG"):
        assert mark == 0.0
    assert (distance == 0) == (answer == target)


@given(target=st.sampled_from(KNOWN.codes[1:]), tolerance=st.integers(0, 3))
def test_a_worse_answer_never_gets_a_better_mark(target: str, tolerance: int) -> None:
    rules = CodedRules(tolerance=tolerance, near="half")
    marks = [judge_grade(code, target, KNOWN, rules)[0] for code in KNOWN.codes]
    place = KNOWN.grades[target]
    assert marks[place:] == sorted(marks[place:], reverse=True)
    assert marks[: place + 1] == sorted(marks[: place + 1])
