"""Every cell that is not a plain number: its state, and whether and how it counts."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, limit, of, one, programme
from workbench.evaluation import Evaluation

LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]
GOOD = ["5.0", "6.0", "7.0", "8.0", "9.0"]


def base(**policy: object) -> SmallRound:
    return SmallRound(programme(**policy)).crowd(LEVELS)


def cell(evaluation: Evaluation, lab: str = "X", sample: str = "S1") -> pd.Series:
    return one(evaluation.scores, lab_code=lab, sample=sample)


def counts(evaluation: Evaluation, lab: str = "X") -> tuple[int, int, str]:
    row = one(evaluation.analyte_verdicts, lab_code=lab)
    return int(row["acceptable"]), int(row["graded"]), str(row["verdict"])


def test_not_enrolled_has_no_row() -> None:
    small = base()
    evaluation = small.lab("X", GOOD).evaluation()
    assert set(of(evaluation.scores, lab_code="Y").index) == set()


def test_not_performed_is_out_of_both_counts() -> None:
    small = base().lab("X", [None] * 5)
    small.enrolment_states["X", "Glu"] = "not_performed"
    evaluation = small.evaluation()
    assert cell(evaluation)["state"] == "not_performed"
    assert counts(evaluation) == (0, 0, "not_scored")
    assert one(evaluation.analyte_verdicts, lab_code="X")["reason"] == "not_performed"


def test_not_performed_can_count_as_zero_where_the_policy_says_so() -> None:
    small = base(not_performed="zero").lab("X", [None] * 5)
    small.enrolment_states["X", "Glu"] = "not_performed"
    assert counts(small.evaluation()) == (0, 5, "fail")


def test_not_returned_is_graded_with_nothing() -> None:
    evaluation = base().lab("X", [None] * 5).evaluation()
    assert cell(evaluation)["state"] == "not_returned"
    assert cell(evaluation)["signal"] == "action"
    assert counts(evaluation) == (0, 5, "fail")
    assert one(evaluation.analyte_verdicts, lab_code="X")["reason"] == "not_returned"
    assert one(evaluation.laboratory_verdicts, lab_code="X")["return_state"] == "not_returned"


def test_one_missing_sample_costs_one() -> None:
    assert counts(base().lab("X", [None, *GOOD[1:]]).evaluation()) == (4, 5, "pass")


def test_late_is_graded_with_nothing_but_informally_judged() -> None:
    small = base().lab("X", [*GOOD[:4], "12.0"])
    small.late["X"] = 2
    evaluation = small.evaluation()
    assert [cell(evaluation, sample=s)["state"] for s in small.samples] == ["late"] * 5
    assert cell(evaluation)["signal"] == "acceptable"
    assert cell(evaluation, sample="S5")["signal"] == "action"
    assert counts(evaluation) == (0, 5, "fail")
    assert not of(evaluation.scores, lab_code="X")["in_statistics"].any()
    assert one(evaluation.laboratory_verdicts, lab_code="X")["return_state"] == "late"


def test_late_can_be_scored_where_the_policy_says_so() -> None:
    small = base(late="score").lab("X", [*GOOD[:4], "12.0"])
    small.late["X"] = 2
    assert counts(small.evaluation()) == (4, 5, "pass")


def test_excused_is_out_of_both_counts() -> None:
    small = base().lab("X", [None] * 5)
    small.enrolment_states["X", "Glu"] = "excused"
    evaluation = small.evaluation()
    assert cell(evaluation)["state"] == "excused"
    assert counts(evaluation) == (0, 0, "not_scored")
    assert one(evaluation.laboratory_verdicts, lab_code="X")["return_state"] == "excused"


def test_a_decision_can_excuse_one_laboratory() -> None:
    small = base().lab("X", [None] * 5)
    small.row(
        "decisions", decision_id=1, kind="excuse", lab_code="X", analyte="", sample="", reason="fire",
        decided_at=pd.Timestamp("2026-04-20"),
    )  # fmt: skip
    evaluation = small.evaluation()
    assert counts(evaluation) == (0, 0, "not_scored")
    assert one(evaluation.laboratory_verdicts, lab_code="X")["verdict"] == "not_scored"


def test_sample_fault_is_out_of_both_counts() -> None:
    small = base().lab("X", GOOD)
    small.result_states["X", "Glu", "S1"] = "sample_fault"
    evaluation = small.evaluation()
    assert cell(evaluation)["state"] == "sample_fault"
    assert counts(evaluation) == (4, 4, "pass")


def fault(small: SmallRound, sample: str) -> SmallRound:
    small.row(
        "decisions", decision_id=1, kind="sample_fault", lab_code="X", analyte="", sample=sample, reason="破损",
        decided_at=pd.Timestamp("2026-04-06"),
    )  # fmt: skip
    return small


def test_a_decision_finds_one_sample_faulty_whatever_was_sent() -> None:
    evaluation = fault(base().lab("X", ["50.0", *GOOD[1:]]), "S1").evaluation()
    assert cell(evaluation)["state"] == "sample_fault"
    assert not cell(evaluation)["in_statistics"]
    assert counts(evaluation) == (4, 4, "pass")
    assert one(evaluation.laboratory_verdicts, lab_code="X")["return_state"] == "returned"
    told = one(evaluation.findings, code="F46")
    assert told[["lab_code", "sample", "params"]].tolist() == ["X", "S1", '{"why": "破损"}']


def test_a_parcel_lost_and_not_replaced_is_excused_and_the_sum_stays_true() -> None:
    """Nothing was sent because nothing arrived; without the decision it counts as not returned."""
    plain = base().lab("X", [None] * 5).evaluation()
    evaluation = fault(base().lab("X", [None] * 5), "").evaluation()
    assert [cell(evaluation, sample=s)["state"] for s in ("S1", "S5")] == ["sample_fault"] * 2
    assert counts(evaluation) == (0, 0, "not_scored")
    for given, outcome in ((plain, "not_returned"), (evaluation, "excused")):
        assert one(given.laboratory_verdicts, lab_code="X")["return_state"] == outcome
        row = one(given.reconciliation, analyte="")
        parts = ["scored", "not_scored", "not_returned", "excused", "not_performed"]
        assert row[outcome] == 1
        assert row["enrolled"] == row[parts].sum()
        assert "F42" not in set(given.findings["code"])


def test_a_lost_parcel_without_a_return_of_what_arrived_is_not_excused() -> None:
    evaluation = fault(base().lab("X", [None] * 5), "S1").evaluation()
    assert one(evaluation.laboratory_verdicts, lab_code="X")["return_state"] == "not_returned"
    assert counts(evaluation) == (0, 4, "fail")


@pytest.mark.parametrize(
    ("text", "signal", "expected"),
    [
        ("<20", "acceptable", (5, 5, "pass")),
        ("<2", "action", (4, 5, "pass")),
        ("<5", "not_scored", (4, 4, "pass")),
        (">2", "acceptable", (5, 5, "pass")),
        (">8", "action", (4, 5, "pass")),
    ],
)
def test_censored_is_judged_as_an_interval(text: str, signal: str, expected: tuple[int, int, str]) -> None:
    evaluation = base().lab("X", [text, *GOOD[1:]]).evaluation()
    row = cell(evaluation)
    assert (row["state"], row["signal"], row["raw"]) == ("censored", signal, text)
    assert row["reason"] == ("NS-R" if signal == "not_scored" else "")
    assert not row["in_statistics"]
    assert counts(evaluation) == expected


def test_censored_is_never_scored_where_the_policy_says_so() -> None:
    evaluation = base(censored="not_scored").lab("X", ["<20", *GOOD[1:]]).evaluation()
    assert cell(evaluation)["reason"] == "NS-R"
    assert counts(evaluation) == (4, 4, "pass")


def test_text_is_unreadable_graded_and_unacceptable_with_f17() -> None:
    evaluation = base().lab("X", ["abc", *GOOD[1:]]).evaluation()
    row = cell(evaluation)
    assert (row["state"], row["signal"], row["raw"]) == ("unreadable", "action", "abc")
    assert counts(evaluation) == (4, 5, "pass")
    assert one(evaluation.findings, lab_code="X", code="F17")["sample"] == "S1"


def withdrawn() -> SmallRound:
    return base().row(
        "decisions", decision_id=1, kind="withdraw", lab_code="", analyte="", sample="S1", reason="clotted",
        decided_at=pd.Timestamp("2026-05-01"),
    )  # fmt: skip


def test_a_withdrawn_sample_leaves_both_counts_for_everybody() -> None:
    small = withdrawn().lab("X", ["50.0", *GOOD[1:]]).lab("N", [None] * 5)
    evaluation = small.evaluation()
    assert (cell(evaluation)["state"], cell(evaluation)["reason"]) == ("not_scored", "NS-E")
    assert counts(evaluation) == (4, 4, "pass")
    assert counts(evaluation, "N") == (0, 4, "fail")
    found = one(evaluation.findings, code="F26")
    assert (found["lab_code"], found["sample"]) == ("", "S1")


def test_not_scored_is_left_out_or_credited_as_the_policy_says() -> None:
    few = SmallRound(programme(n_min=6)).crowd(LEVELS, spread=(0.0, 0.01))
    evaluation = few.evaluation()
    assert set(evaluation.scores["state"]) == {"not_scored"}
    assert set(evaluation.scores["reason"]) == {"NS-N"}
    assert counts(evaluation, "P00") == (0, 0, "not_scored")
    few.programme = programme(n_min=6, not_scored="credit")
    assert counts(few.evaluation(), "P00") == (5, 5, "pass")
    few.lab("X", [None] * 5)
    assert counts(few.evaluation(), "X") == (0, 0, "not_scored")


def test_an_analyte_without_a_limit_is_a_survey_item() -> None:
    evaluation = SmallRound(programme(criterion=None)).crowd(LEVELS).evaluation()
    assert set(evaluation.scores["state"]) == {"survey"}
    assert set(evaluation.scores["reason"]) == {"NS-X"}
    assert counts(evaluation, "P00") == (0, 0, "not_scored")


def test_a_target_outside_the_documents_range_is_not_graded() -> None:
    small = base()
    small.criteria = (limit(range_low="5.5", range_unit="mmol/L"),)
    evaluation = small.evaluation()
    assert cell(evaluation, "P00")["reason"] == "NS-X"
    assert counts(evaluation, "P00") == (4, 4, "pass")


def test_undefined_statistics_are_nan_never_zero() -> None:
    zero = SmallRound(
        programme(), samples=("S1",), criteria=(limit(kind="absolute", percent=None, absolute="1"),)
    )
    for i, text in enumerate(["-0.2", "-0.1", "0.0", "0.0", "0.0", "0.1", "0.2"]):
        zero.lab(f"P{i}", [text])
    row = cell(zero.evaluation(), "P1")
    assert row["assigned_value"] == 0.0
    assert pd.isna(row["percent_difference"])
    assert pd.isna(row["cv"])
    assert row["percent_allowed"] == pytest.approx(-10.0)


def test_a_true_zero_is_a_number() -> None:
    row = cell(base().lab("X", ["0", *GOOD[1:]]).evaluation())
    assert (row["state"], row["value"], row["signal"]) == ("scored", 0.0, "action")


def test_statistics_of_small_groups_are_not_in_the_scores() -> None:
    evaluation = (
        SmallRound(programme(n_min=3, disclosure_min=5)).crowd(LEVELS, spread=(-0.01, 0.0, 0.01)).evaluation()
    )
    row = cell(evaluation, "P00")
    assert row["state"] == "scored"
    assert pd.isna(row["robust_mean"])
    assert pd.isna(row["robust_sd"])
    assert row["peer_n"] == 3
