"""Analyte and programme verdicts, and status over rounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.evaluation.small_rounds import SmallRound, analyte, limit, of, one, programme
from workbench.evaluation import Evaluation
from workbench.evaluation.history import graded_verdict, persistence_status
from workbench.parameters.policy import Persistence

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "eqa_scoring.json"
LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]
GOOD = ["5.0", "6.0", "7.0", "8.0", "9.0"]


@pytest.fixture(scope="module")
def published() -> list[dict[str, object]]:
    if not REFERENCE.exists():
        pytest.skip("the reference cases are not beside the project")
    return list(json.loads(REFERENCE.read_text())["cases"])


def test_published_event_scores(published: list[dict[str, object]]) -> None:
    events = [c for c in published if c["statistic"] == "clia_event" and "acceptable" in c["inputs"]]
    assert len(events) >= 4
    for case in events:
        given, expected = case["inputs"], case["expected"]
        mark = 100 if given["analyte_type"] == "ABO/D" else 80
        assert 100 * given["acceptable"] / given["total"] == expected["score"]
        verdict = graded_verdict(given["acceptable"], given["total"], mark)
        assert (verdict == "pass") == expected["satisfactory"]


def test_published_two_of_three(published: list[dict[str, object]]) -> None:
    (case,) = [c for c in published if c["statistic"] == "event_history"]
    words = {"unsatisfactory": "fail", "satisfactory": "pass"}
    events = [words[each] for each in case["inputs"]["events"]]
    assert persistence_status(events, Persistence()) == case["expected"]["status"]


def test_published_five_glucose_samples(published: list[dict[str, object]]) -> None:
    (case,) = [c for c in published if c["statistic"] == "pt_score"]
    given, expected = case["inputs"], case["expected"]
    small = SmallRound(programme(prefer_reference=True))
    small.lab("X", [str(result) for result in given["results"]])
    for sample, target in zip(small.samples, given["targets"], strict=True):
        small.row(
            "reference_values", analyte="Glu", sample=sample, assigned_value_method="expert",
            assigned_value=target, u_assigned_value=float("nan"), traceability="",
        )  # fmt: skip
    evaluation = small.evaluation()
    assert [each == "acceptable" for each in evaluation.scores["signal"]] == expected["acceptable"]
    row = evaluation.analyte_verdicts.iloc[0]
    assert (row["score_percent"], row["verdict"]) == (expected["score"], "pass")


@pytest.mark.parametrize(
    ("wrong", "k", "verdict"),
    [
        (0, 5, "pass"),
        (1, 5, "pass"),
        (2, 5, "fail"),
        (1, 4, "fail"),
        (0, 4, "pass"),
        (1, 3, "fail"),
        (2, 10, "pass"),
        (3, 10, "fail"),
    ],
)
def test_eighty_per_cent_by_number_of_samples(wrong: int, k: int, verdict: str) -> None:
    assert graded_verdict(k - wrong, k, 80) == verdict


@pytest.mark.parametrize(
    ("rounds", "status"),
    [
        ("F", "too_few"),
        ("P", "too_few"),
        ("PP", "successful"),
        ("FP", "successful"),
        ("PF", "successful"),
        ("FF", "unsuccessful"),
        ("FPF", "unsuccessful"),
        ("FFP", "unsuccessful"),
        ("FPP", "successful"),
        ("FFPP", "successful"),
        ("FPPF", "successful"),
        ("FNF", "unsuccessful"),
        ("NNF", "too_few"),
        ("FPN", "successful"),
        ("", "too_few"),
    ],
)
def test_status_over_rounds(rounds: str, status: str) -> None:
    words = {"P": "pass", "F": "fail", "N": "not_scored"}
    assert persistence_status([words[each] for each in rounds], Persistence()) == status


def past(small: SmallRound, lab: str, round_code: str, acceptable: int, **more: object) -> SmallRound:
    given: dict[str, object] = {
        "lab_code": lab, "device_id": "", "analyte": "Glu", "round": round_code, "acceptable": acceptable,
        "graded": 5, "score_percent": 20.0 * acceptable, "verdict": "pass" if acceptable >= 4 else "fail",
        "mean_percent_allowed": 0.0, "criterion": "",
    }  # fmt: skip
    return small.row("history", **(given | more))


def bad(small: SmallRound) -> SmallRound:
    return small.crowd(LEVELS).lab("X", ["9.9", "9.9", "7.0", "8.0", "9.0"])


def test_two_consecutive_failures_make_analyte_and_programme_unsuccessful() -> None:
    evaluation = past(bad(SmallRound(programme())), "X", "2025-3", 3).evaluation()
    assert one(evaluation.analyte_verdicts, lab_code="X")["status"] == "unsuccessful"
    assert one(evaluation.laboratory_verdicts, lab_code="X")["status"] == "unsuccessful"
    assert one(evaluation.analyte_verdicts, lab_code="P00")["status"] == "too_few"


def test_rounds_are_ordered_by_number_and_the_future_is_not_read() -> None:
    small = bad(SmallRound(programme(), round_code="2026-10"))
    past(past(small, "X", "2026-9", 5), "X", "2026-2", 2)
    past(past(small, "X", "2026-8", 5), "X", "2026-11", 0)
    assert one(small.evaluation().analyte_verdicts, lab_code="X")["status"] == "successful"


def two_analytes() -> Evaluation:
    small = SmallRound(programme([analyte("Glu"), analyte("K")]), criteria=(limit("Glu"), limit("K")))
    small.crowd(LEVELS).crowd(LEVELS, analyte="K")
    small.lab("X", GOOD).lab("X", ["9.9", "9.9", "7.0", "8.0", "9.0"], "K")
    small.lab("Y", GOOD).lab("Y", [None] * 5, "K")
    small.lab("Z", GOOD).lab("Z", [None] * 5, "K")
    small.enrolment_states["Z", "K"] = "not_performed"
    return small.evaluation()


def test_the_programme_score_is_all_acceptable_over_all_graded() -> None:
    table = two_analytes().laboratory_verdicts
    x = one(table, lab_code="X")
    assert (x["acceptable"], x["graded"], x["score_percent"]) == (8, 10, 80.0)
    assert (x["verdict"], x["n_pass"], x["n_fail"], x["n_not_scored"]) == ("satisfactory", 1, 1, 0)
    y = one(table, lab_code="Y")
    assert (y["acceptable"], y["graded"], y["verdict"]) == (5, 10, "unsatisfactory")
    z = one(table, lab_code="Z")
    assert (z["acceptable"], z["graded"], z["verdict"], z["n_not_scored"]) == (5, 5, "satisfactory", 1)


def test_rows_come_in_a_fixed_order() -> None:
    evaluation = two_analytes()
    first = of(evaluation.scores, lab_code="X")
    assert first["analyte"].tolist() == ["Glu"] * 5 + ["K"] * 5
    assert first["sample"].tolist() == ["S1", "S2", "S3", "S4", "S5"] * 2
    assert evaluation.laboratory_verdicts["lab_code"].is_monotonic_increasing


def test_mean_and_sd_of_percent_allowed() -> None:
    small = SmallRound(programme(prefer_reference=True), samples=("S1", "S2"))
    small.lab("X", ["10.5", "9.0"])
    for sample in small.samples:
        small.row(
            "reference_values", analyte="Glu", sample=sample, assigned_value_method="reference",
            assigned_value=10.0, u_assigned_value=0.0, traceability="",
        )  # fmt: skip
    row = small.evaluation().analyte_verdicts.iloc[0]
    assert row["mean_percent_allowed"] == pytest.approx(-25.0)
    assert row["sd_percent_allowed"] == pytest.approx(150 / 2**0.5)
