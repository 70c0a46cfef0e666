"""Over rounds: a round failed by veto, or scored by samples, counts as it was printed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluation.coded_rounds import CodedSmallRound, coded, coded_programme

TARGET = ["POS", "NEG", "POS", "NEG", "POS"]
HIV = coded("HIV-Ab", "qualitative")


def past(round_: CodedSmallRound, code: str, acceptable: int, verdict: str, **more: Any) -> None:
    given = {
        "lab_code": "L1",
        "device_id": "",
        "analyte": "HIV-Ab",
        "round": code,
        "acceptable": acceptable,
        "graded": 5,
    }
    scored = {
        "score_percent": 20.0 * acceptable,
        "verdict": verdict,
        "mean_percent_allowed": float("nan"),
        "criterion": "",
    }
    round_.row("history", **(given | scored | more))


@pytest.mark.parametrize(("verdict", "status"), [("fail", "unsuccessful"), ("pass", "successful")])
def test_two_of_three_rounds_failed_by_veto_are_unsuccessful(verdict: str, status: str) -> None:
    rules = {"critical": ("false_negative",), "veto": True}
    round_ = CodedSmallRound(coded_programme(HIV, coded=rules)).expect("HIV-Ab", TARGET)
    # four of five reach the pass mark of 80 %: only a veto can have failed the round
    past(round_, "2025-1", 4, verdict)
    past(round_, "2025-2", 5, "pass")
    found = round_.lab("L1", ["NEG", *TARGET[1:]], "HIV-Ab").evaluation()
    assert found.laboratory_verdicts["verdict"].tolist() == ["unsatisfactory"]
    assert found.laboratory_verdicts["status"].tolist() == [status]


def test_a_pass_mark_of_its_own_is_no_veto() -> None:
    strict = coded_programme(HIV, pass_mark=100, coded={"veto": True})
    round_ = CodedSmallRound(strict).expect("HIV-Ab", TARGET)
    past(round_, "2025-1", 4, "fail")
    found = round_.lab("L1", TARGET, "HIV-Ab").evaluation()
    assert found.laboratory_verdicts[["verdict", "status"]].to_numpy().tolist() == [
        ["satisfactory", "successful"]
    ]


def test_earlier_rounds_count_samples_where_the_programme_does() -> None:
    two = coded("HCV-Ab", "qualitative")
    round_ = CodedSmallRound(coded_programme(HIV, two, coded={"counting": "samples"}))
    round_.expect("HIV-Ab", TARGET).expect("HCV-Ab", TARGET)
    wrong = ["NEG", "POS", *TARGET[2:]]
    round_.lab("L1", TARGET, "HIV-Ab").lab("L1", wrong, "HCV-Ab")
    for code in ("HIV-Ab", "HCV-Ab"):
        past(round_, "2025-2", 5 if code == "HIV-Ab" else 3, "pass", analyte=code)
        for place, sample in enumerate(("A1", "A2", "A3", "A4", "A5")):
            mark = 0.0 if code == "HCV-Ab" and place < 2 else 1.0
            round_.row(
                "answer_history", lab_code="L1", device_id="", analyte=code, round="2025-2", sample=sample, answer="POS",
                target="POS", mark=mark,
            )  # fmt: skip
    verdict = round_.evaluation().laboratory_verdicts.iloc[0]
    # eight of ten results would pass; three of five samples do not, now as then
    assert verdict[["acceptable", "graded", "verdict", "status"]].tolist() == [
        3,
        5,
        "unsatisfactory",
        "unsuccessful",
    ]
