"""`workbench demo --all` prints what a year came to, and its exit code says whether all of it stands."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from workbench.cli import demonstration
from workbench.cli.commands import REPORTS_FAILED, app
from workbench.rounds.demonstration_year import YearRequest, YearResult
from workbench.rounds.run import Failure
from workbench.rounds.year_count import Phase, ProgrammeCount, projected_seconds

OUTCOMES = {"scored": 15, "not_scored": 3, "not_returned": 1, "excused": 1, "not_performed": 0}
COUNT = ProgrammeCount("5.1", 2, 2, 10, 1, 10, 20, OUTCOMES, {"NS-B": 3})
PHASES = {"fill": Phase(4.0, 2), "evaluate": Phase(6.0, 2), "report": Phase(11.0, 11)}
RESULT = YearResult((COUNT,), (), (), None, PHASES, 30.0)


def called(
    result: YearResult, monkeypatch: pytest.MonkeyPatch, *options: str
) -> tuple[int, str, list[YearRequest]]:
    asked: list[YearRequest] = []
    monkeypatch.setattr(demonstration, "run_year", lambda request, _: asked.append(request) or result)
    done = CliRunner().invoke(app, ["demo", "--all", *options])
    return done.exit_code, done.output, asked


def test_a_whole_year_is_printed_and_projected(monkeypatch: pytest.MonkeyPatch) -> None:
    code, printed, asked = called(RESULT, monkeypatch, "--laboratories", "12", "--only", "5.1")
    assert code == 0
    assert asked == [YearRequest(laboratories=12, programmes=("5.1",))]
    assert "2/2  20 = 15 + 3 + 1 + 1 + 0  1+10/10  [NS-B:3]" in printed
    assert "evaluated 1 of 1, reported 1 of 1, reconciliation adds up 1 of 1" in printed
    hours = projected_seconds(PHASES, 12, (1000, 107, 200)) / 3600
    assert f"1000 laboratories x 107 programmes, last round reported: {round(hours, 2)} h" in printed


@pytest.mark.parametrize(
    "spoilt",
    [
        replace(COUNT, laboratory_reports=9),
        replace(COUNT, evaluated=1),
        replace(COUNT, enrolled=21),
        replace(COUNT, reasons={}),
        replace(COUNT, unexplained=1),
        replace(COUNT, programme_reports=0),
    ],
)
def test_whatever_is_missing_is_marked_and_is_no_success(
    spoilt: ProgrammeCount, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, printed, _ = called(replace(RESULT, counts=(spoilt,)), monkeypatch)
    assert code == REPORTS_FAILED
    assert "INCOMPLETE" in printed


def test_failures_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = replace(RESULT, failures=(Failure("LR 5.1 L0003 zh_CN", "no font", ""),))
    code, printed, _ = called(failed, monkeypatch)
    assert code == REPORTS_FAILED
    assert "failed: LR 5.1 L0003 zh_CN: no font" in printed


def test_json_has_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    _, printed, _ = called(RESULT, monkeypatch, "--json")
    facts = json.loads(printed.strip().splitlines()[-1])
    assert (facts["evaluated"], facts["reported"], facts["reports"], facts["failed"]) == (1, 1, 11, 0)
