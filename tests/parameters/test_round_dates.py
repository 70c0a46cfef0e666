"""The day of dispatch in a round's plan."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench.errors import ParameterError
from workbench.parameters import RoundPlan, load_round, project_root

DEMO = "parameters/rounds/demo-2026-1.yaml"


def plan(folder: Path, **changes: Any) -> RoundPlan:
    given = yaml.safe_load((project_root() / DEMO).read_text(encoding="utf-8"))
    given = {name: value for name, value in (given | changes).items() if value is not None}
    path = folder / "plan.yaml"
    path.write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
    return load_round(path)


def test_a_plan_need_not_name_it(tmp_path: Path) -> None:
    assert plan(tmp_path, opens_at=None).opening("1.1") is None


def test_a_programme_may_have_its_own(tmp_path: Path) -> None:
    own = {"1.4": {"opens_at": date(2026, 4, 9)}}
    found = plan(tmp_path, opens_at=date(2026, 4, 2), programme_plans=own)
    assert (found.opening("1.1"), found.opening("1.4")) == (date(2026, 4, 2), date(2026, 4, 9))


@pytest.mark.parametrize("where", ["round", "programme"])
def test_it_does_not_lie_after_the_closing_date(tmp_path: Path, where: str) -> None:
    late = {"opens_at": date(2026, 4, 25)}
    changes = late if where == "round" else {"programme_plans": {"1.4": late}}
    with pytest.raises(ParameterError, match="opens on 2026-04-25, after it closes"):
        plan(tmp_path, **changes)
    assert plan(tmp_path, opens_at=date(2026, 4, 24)).opening("1.1") == date(2026, 4, 24)
