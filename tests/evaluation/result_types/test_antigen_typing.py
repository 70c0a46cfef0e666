"""Blood groups: reading, safety, forward and reverse, the 100 % rule."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.antigen_typing import (
    GRADES,
    PASS_PERCENT,
    WEIGHTS,
    event_verdict,
    forward_reverse,
    grade_typing,
    judge_abo,
    judge_rhd,
)
from workbench.evaluation.result_types.blood_groups import (
    GROUPS,
    REACTIONS,
    RHD_GROUPS,
    can_receive,
    forward_group,
    read_abo,
    read_reaction,
    read_rhd,
    reverse_group,
)
from workbench.evaluation.result_types.reasons import REASONS

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "eqa_scoring.json"

# AABB Technical Manual, table of routine ABO grouping: anti-A, anti-B | A1 cells, B cells -> group.
ROUTINE = [
    ("0", "0", "4+", "4+", "O"),
    ("4+", "0", "0", "4+", "A"),
    ("0", "4+", "4+", "0", "B"),
    ("4+", "4+", "0", "0", "AB"),
]


@pytest.mark.parametrize(("anti_a", "anti_b", "a1_cells", "b_cells", "group"), ROUTINE)
def test_routine_grouping(anti_a: str, anti_b: str, a1_cells: str, b_cells: str, group: str) -> None:
    assert forward_group(anti_a, anti_b) == group
    assert reverse_group(a1_cells, b_cells) == group
    assert forward_group("", anti_b) == reverse_group(a1_cells, "") == ""


@pytest.mark.parametrize("case", ["CLIA-ABO-4-of-5", "CLIA-ABO-5-of-5"])
def test_the_hundred_per_cent_rule_of_the_regulation(case: str) -> None:
    if not REFERENCE.exists():
        pytest.skip("published cases are not at hand")
    found = {c["id"]: c for c in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}[case]
    right, total = found["inputs"]["acceptable"], found["inputs"]["total"]
    graded = grade_typing("ABO", ["A"] * right + ["B"] * (total - right), ["A"] * total)
    verdict = event_verdict(graded, "ABO")
    assert verdict["score_percent"] == found["expected"]["score"]
    assert verdict["satisfactory"] == found["expected"]["satisfactory"]


def test_needed_scores_are_those_of_the_regulation() -> None:
    # 42 CFR 493.859(a), 493.861(a), 493.863(a)
    assert (PASS_PERCENT["ABO"], PASS_PERCENT["RhD"], PASS_PERCENT["AbScr"], PASS_PERCENT["XM"]) == (
        100,
        100,
        80,
        100,
    )
    graded = grade_typing(
        "AbScr", ["阳性", "阴性", "-", "+", "阴性"], ["阳性", "阴性", "阴性", "阳性", "阳性"]
    )
    verdict = event_verdict(graded, "AbScr")
    assert verdict["score_percent"] == 80
    assert verdict["satisfactory"] is True
    assert verdict["unsafe"] == 1


def test_every_wrong_abo_group_is_unsafe_and_the_deadly_ones_weigh_more() -> None:
    graded = grade_typing("ABO-FWD", ["A型", "o", "AB", "x", None], ["A", "A", "A", "A", "A"])
    assert graded["grade"].tolist() == ["right", "unsafe", "unsafe", "wrong", "not_scored"]
    assert graded["error"].tolist() == ["", "abo_wrong", "abo_incompatible", "unreadable", ""]
    assert graded["critical"].tolist() == [False, True, True, False, False]
    assert graded["weight"].tolist() == [0.0, WEIGHTS["abo_wrong"], WEIGHTS["abo_incompatible"], 1.0, 0.0]
    assert graded["reason"].tolist()[3] == "group_unknown"
    assert set(graded["reason"]) <= {"", *REASONS}


def test_rh_variants_by_role() -> None:
    expected = ["D-", "D+", "weak D", "weak D", "weak D", "D+", "DEL"]
    answers = ["RhD阳性", "阴性", "D-", "D-", "D+", "D-", "弱D"]
    roles = ["recipient", "recipient", "recipient", "donor", "donor", "donor", "donor"]
    graded = grade_typing("RhD", answers, expected, roles)
    assert graded["grade"].tolist() == [
        "unsafe",
        "wrong",
        "tolerated",
        "unsafe",
        "tolerated",
        "unsafe",
        "tolerated",
    ]
    assert graded["error"].tolist()[:2] == ["d_false_positive", "d_false_negative"]
    assert graded["signal"].tolist() == [
        "action",
        "action",
        "acceptable",
        "action",
        "acceptable",
        "action",
        "acceptable",
    ]


def test_crossmatch_a_false_compatible_is_unsafe_a_false_incompatible_only_delays() -> None:
    answers = ["相合", "不相合", "4+", "0", "compatible", ""]
    graded = grade_typing("XM", answers, ["相合", "相合", "不相合", "不相合", "incompatible", "相合"])
    assert graded["grade"].tolist() == ["right", "wrong", "right", "unsafe", "unsafe", "not_scored"]
    assert event_verdict(graded, "XM")["weighted_errors"] == 21.0


def test_forward_and_reverse() -> None:
    found = forward_reverse(["A", "A", "O", "AB", "B", ""], ["A", "O", "AB", "AB", "x", "A"])
    assert found["consistent"].tolist()[:4] == [1.0, 0.0, 0.0, 1.0]
    assert found["extra_antibody"].tolist()[1] == "anti-A"
    assert found["missing_antibody"].tolist()[2] == "anti-A,anti-B"
    assert math.isnan(found["consistent"].iloc[4])
    assert math.isnan(found["consistent"].iloc[5])


def test_nothing_returned_is_no_satisfactory_event() -> None:
    verdict = event_verdict(grade_typing("ABO", [None, ""], ["A", "B"]), "ABO")
    assert math.isnan(verdict["score_percent"])
    assert verdict["satisfactory"] is False
    assert event_verdict(grade_typing("ABO", [], []), "ABO")["graded"] == 0


def test_organisers_errors_are_told() -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        grade_typing("ABO", ["A"], ["C"])
    with pytest.raises(EvaluationError, match="Unknown item"):
        grade_typing("XYZ", ["A"], ["A"])


def test_reading() -> None:
    assert [read_abo(t).group for t in ("A", "ab型", "０", "A1", "B 型", "Ax")] == [
        "A",
        "AB",
        "O",
        "A",
        "B",
        "A",
    ]
    assert [read_rhd(t)[0] for t in ("+", "RhD(-)", "弱D型", "部分D", "DEL型", "Rh 阴性")] == [
        "D+", "D-", "weak D", "partial D", "DEL", "D-",
    ]  # fmt: skip
    assert [read_reaction(t)[0] for t in ("++++", "4+", "±", "阴性", "mf", "溶血")] == [
        "4+",
        "4+",
        "w+",
        "0",
        "mf",
        "H",
    ]
    assert read_reaction("7+")[1] == "reaction_unknown"


GROUP = st.sampled_from(GROUPS)


@given(GROUP, GROUP)
def test_only_the_same_group_is_right_and_compatibility_orders_the_groups(one: str, other: str) -> None:
    assert (judge_abo(one, other).grade == "right") == (one == other)
    assert can_receive(one, one)
    assert can_receive("AB", other)
    assert can_receive(one, "O")
    assert one == other or not (can_receive(one, other) and can_receive(other, one))


@given(st.sampled_from(RHD_GROUPS), st.sampled_from(RHD_GROUPS), st.sampled_from(["donor", "recipient"]))
def test_rh_grades(answer: str, expected: str, role: str) -> None:
    found = judge_rhd(answer, expected, role)
    assert found.grade in GRADES
    assert (found.grade == "right") == (answer == expected)
    assert found.grade in ("right", "tolerated") or found.error in WEIGHTS


@given(st.sampled_from(REACTIONS), st.sampled_from(REACTIONS))
def test_forward_group_depends_on_positive_or_negative_only(anti_a: str, anti_b: str) -> None:
    strong = ["4+" if r != "0" else "0" for r in (anti_a, anti_b)]
    assert forward_group(anti_a, anti_b) == forward_group(*strong)


@given(st.lists(st.tuples(st.text(max_size=4), GROUP), max_size=8))
def test_no_answer_is_lost(cases: list[tuple[str, str]]) -> None:
    graded = grade_typing("ABO", [a for a, _ in cases], [e for _, e in cases])
    assert len(graded) == len(cases)
    assert set(graded["reason"]) <= {"", *REASONS}
