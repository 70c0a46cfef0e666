"""The report on a change: both languages, the flips as data, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.apps.stores import PROGRAMME, small_store
from workbench.reports.criteria_trial import CriteriaLaboratory
from workbench.reports.tuned_rounds import tuned_rounds
from workbench.rounds.control_reports import ControlReport, make_report
from workbench.tuning.candidates import Candidate


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_store(tmp_path_factory.mktemp("impact"))


def test_is_whole_and_reproducible_in_both_languages(database: str, tmp_path: Path) -> None:
    rounds = tuned_rounds(database, PROGRAMME)
    tried = Candidate(
        tuple(rule.code for rule in rounds.archive.rules[:2]), "percent", "3", policy={"n_min": 8}
    )
    trial = CriteriaLaboratory(rounds).trial(tried)
    made: dict[str, list[Path]] = {}
    for name, locale in (("a", "zh_CN"), ("b", "zh_CN"), ("c", "en")):
        values: dict[str, Any] = {
            "database": database, "programme_no": PROGRAMME, "candidate": tried.as_json(), "locale": locale,
            "motive": "<script>alert(1)</script> limits differ", "issued_at": "2026-05-20T10:00:00+08:00",
        }  # fmt: skip
        made[name] = make_report(ControlReport("change_impact.ipynb", values, tmp_path / name, "r"))
    for first, second in zip(made["a"], made["b"], strict=True):
        assert first.read_bytes() == second.read_bytes()
    html, pdf, twin, table = (path.read_bytes() for path in made["c"])
    assert pdf.startswith(b"%PDF")
    shown = html.decode("utf-8")
    assert "<script>alert" not in shown.replace('type="application/json"', "")
    assert "Not retroactive" in shown
    assert shown.count("<svg") == 5
    assert json.loads(twin)["candidate"] == tried.as_json()
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    assert len(rows) == len(trial.flips) > 0
    assert {row["alias"] for row in rows} == set(trial.flips["alias"])
