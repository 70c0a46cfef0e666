"""`workbench calendar`: every programme stands in the plan once a month of dispatch, or as open."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from workbench.cli.commands import app
from workbench.errors import ParameterError
from workbench.parameters import catalogue
from workbench.parameters.calendar import dispatch_calendar


def test_the_plan_holds_every_programme() -> None:
    done = CliRunner().invoke(app, ["calendar", "--year", "2026", "--today", "2026-06-10"])
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    listed = {programme for programme in catalogue() if any(f" {programme} " in line for line in lines)}
    assert listed == set(catalogue())
    assert any(line.startswith("2026-06 due ") and " 8.1 " in line for line in lines)
    assert any(line.startswith("2026-04 past ") for line in lines)
    assert any(line.startswith("2026-09 planned ") and " 4.5 " in line for line in lines)
    assert any(line.startswith("to settle ") and " 1.1 " in line for line in lines)
    assert any(line.startswith("2026-09 planned ") and " 4.32 " in line for line in lines)
    assert any(line.startswith("nothing sent ") and " 10.1 " in line for line in lines)


def test_a_claim_ends_six_days_after_dispatch() -> None:
    assert dispatch_calendar().claim_until(date(2026, 4, 28)) == date(2026, 5, 4)


def test_a_month_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "dispatch.yaml"
    file.write_text("months_by_rounds:\n  1: [13]\nclaim_days: 0\n", "utf-8")
    with pytest.raises(ParameterError) as caught:
        dispatch_calendar(file)
    assert len(caught.value.problems) == 2
    assert all(problem.row is not None for problem in caught.value.problems)
