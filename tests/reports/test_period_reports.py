"""Reports over several programmes or rounds: their numbers are those of the single reports, and where they go."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reports.test_lab_round_sections import tables
from tests.rounds.round_fixture import write_plan
from workbench.errors import DataError, RenderError
from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue, criteria, load_round, project_root
from workbench.reports.lab_round import open_lab_round
from workbench.reports.lab_summary import open_lab_summary
from workbench.reports.lab_year import certificate_part, open_lab_year
from workbench.reports.period_report import PeriodReport
from workbench.reports.programme_round import open_programme_round
from workbench.reports.programme_year import open_programme_year
from workbench.reports.report_meta import Issue
from workbench.reports.workbook_periods import period_sheets
from workbench.rounds.planning import ProgrammeRound, Wanted, formats_of, plan_reports
from workbench.rounds.summaries import summaries
from workbench.rounds.tasks import ALL, NOTEBOOKS
from workbench.simulation import simulate_province
from workbench.store import (
    EvaluationMeta,
    Submissions,
    add_submissions,
    round_inputs,
    save_evaluation,
    save_programme_round,
    upgrade,
)
from workbench.store import ProgrammeRound as Stored

PROGRAMMES, ROUNDS = ("1.4", "1.6"), ("2025-1", "2025-2")


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan of the second round of a year whose two rounds of two programmes are evaluated."""
    folder = tmp_path_factory.mktemp("year")
    store = upgrade(folder / "eqa.sqlite")
    given = [catalogue()[number] for number in PROGRAMMES]
    for (code, no), made in simulate_province(given, ROUNDS, 7, 30).rounds.items():
        frames = (made.laboratories, made.enrolments, made.samples, made.material_checks)
        planned = Stored(code, no, made.closing_at, *frames, made.reference_values, made.system_names)
        save_programme_round(store, planned, np.random.default_rng(1))
        for head, body in made.loads():
            add_submissions(store, code, no, Submissions(head, body.drop(columns=["revision"])))
        inputs = round_inputs(store, code, no)
        ready = RoundInputs.of(catalogue()[no], code, criteria(), inputs.frames(), inputs.closing_at)
        meta = EvaluationMeta(code, no, "a" * 64, "c" * 64, "0.1.0", "2026-05-18T18:00:00+08:00")
        save_evaluation(store, evaluate(ready), meta, inputs)
    store.close()
    return write_plan(
        folder, store.url, round="2025-2", programmes=list(PROGRAMMES), summaries=["LS", "LA", "PA"]
    )


def issue(plan: Path) -> Issue:
    return Issue(issued_at="2026-05-20T10:00:00+08:00", plan=str(plan))


@cache
def opened(plan: Path, kind: str, lab_code: str, locale: str = "zh_CN") -> PeriodReport:
    database = load_round(plan).database
    if kind == "LS":
        return open_lab_summary(database, "2025-2", lab_code, locale, issue(plan))
    if kind == "LA":
        return open_lab_year(database, "2025-2", lab_code, locale, issue(plan))
    return open_programme_year(database, "2025-2", "1.6", locale, issue(plan))


def a_laboratory(plan: Path) -> str:
    """A laboratory that takes part in both programmes."""
    store = upgrade(load_round(plan).database)
    both = [set(round_inputs(store, "2025-2", number).laboratories["lab_code"]) for number in PROGRAMMES]
    return min(both[0] & both[1])


def notebook_sections(kind: str) -> list[str]:
    path = project_root() / "notebooks" / "reports" / NOTEBOOKS[kind]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = [tag for cell in cells for tag in cell["metadata"].get("tags", []) if tag.startswith("section:")]
    return [tag.removeprefix("section:") for tag in found]


@pytest.mark.parametrize("kind", ["LS", "LA", "PA"])
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_notebook_shows_every_section_and_every_table_fits(year: Path, kind: str, locale: str) -> None:
    report = opened(year, kind, a_laboratory(year), locale)
    names = [part["id"] for part in report.data["sections"]]
    assert notebook_sections(kind) == [*names, "signoff"]
    for name in names:
        section = report.provenance() if name == "provenance" else report.section(name)
        assert section.html()
        assert section.typst()
        for table in tables(section):
            assert table.needed_width_mm <= 175.0, table.id
            assert all(cell.text.strip() for row in table.rows for cell in row)
    assert report.head().report_number == report.data["report"]["number"]
    for sheet in period_sheets(report.data):
        assert all(cell not in ("", None) for row in sheet.rows for cell in row)


def test_the_summary_shows_the_scores_of_the_single_reports(year: Path) -> None:
    lab = a_laboratory(year)
    data, database = opened(year, "LS", lab).data, load_round(year).database
    assert [each["programme_no"] for each in data["programmes"]] == list(PROGRAMMES)
    for each in data["programmes"]:
        own = open_lab_round(database, "2025-2", each["programme_no"], lab, "zh_CN", issue(year)).data
        for name in ("acceptable", "graded", "verdict", "status"):
            assert each[name] == own["verdict"][name]
        assert own["report"]["number"].startswith(each["report_number"])
    failed = sum(each["n_fail"] for each in data["programmes"])
    assert bool(failed) == bool(opened(year, "LS", lab).section("failures").plain().count("■")) or not failed


def test_the_year_agrees_with_each_round(year: Path) -> None:
    lab = a_laboratory(year)
    data, database = opened(year, "LA", lab).data, load_round(year).database
    for each in data["programmes"]:
        assert [row["round"] for row in each["rounds"]] == list(ROUNDS)
        last = open_lab_round(database, "2025-2", each["programme_no"], lab, "zh_CN", issue(year)).data
        assert each["rounds"][-1]["acceptable"] == last["verdict"]["acceptable"]
        assert each["status"] == last["verdict"]["status"]


def test_every_item_is_certified_or_told_why_not(year: Path) -> None:
    data = opened(year, "LA", a_laboratory(year)).data
    certificate = data["certificate"]
    shown = {(i["programme_no"], i["analyte"]) for i in (*certificate["certified"], *certificate["refused"])}
    assert shown == {(item["programme_no"], item["analyte"]) for item in data["items"]}
    good = {(i["programme_no"], i["analyte"]) for i in certificate["certified"]}
    for item in data["items"]:
        passed = all(each["verdict"] == "pass" and not each["late"] for each in item["rounds"])
        assert ((item["programme_no"], item["analyte"]) in good) == (passed and len(item["rounds"]) >= 2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"critical": True}, "critical"),
        ({"returned": False, "verdict": "fail"}, "not_returned"),
        ({"late": True, "verdict": "fail"}, "late"),
        ({"verdict": "fail"}, "failed"),
        ({"verdict": "not_scored"}, "too_few"),
    ],
)
def test_conditions_of_the_certificate(changes: dict[str, Any], reason: str) -> None:
    good = {"verdict": "pass", "late": False, "returned": True, "critical": False}
    item = {
        "programme_no": "1.6",
        "analyte": "TC",
        "device_id": None,
        "name": "TC",
        "rounds": [good, good | changes],
    }
    twin = {"round": "2025", "report": {"number": "EQA-LA-2025-L0001-V1", "status": "final", "issued_at": ""},
            "participant": {"lab_code": "L0001"}}  # fmt: skip
    part = certificate_part(twin, [], [item])
    assert [each["reason"] for each in part["refused"]] == ([reason] if reason else [])
    assert part["number"] == "EQA-CERT-2025-L0001-V1"


def test_the_programme_year_counts_what_its_rounds_count_and_names_nobody(year: Path) -> None:
    report, database = opened(year, "PA", ""), load_round(year).database
    last = open_programme_round(database, "2025-2", "1.6", "zh_CN", issue(year)).data
    rates = {each["analyte"]: each["pass_rate"] for each in last["analytes"]}
    for item in report.data["items"]:
        now = item["rounds"][-1]["rate"]
        assert (now["a"], now["n"]) == (rates[item["analyte"]]["a"], rates[item["analyte"]]["n"])
    labs = round_inputs(upgrade(database), "2025-2", "1.6").laboratories["lab_code"]
    shown = report.twin().json_bytes.decode()
    assert not [lab for lab in labs if lab in shown]


def test_a_laboratory_that_took_no_part_gets_no_summary(year: Path) -> None:
    database = load_round(year).database
    for open_ in (open_lab_summary, open_lab_year):
        with pytest.raises(DataError, match="took part in no"):
            open_(database, "2025-2", "L9999", "en", issue(year))
    with pytest.raises(RenderError, match="has no section"):
        opened(year, "LS", a_laboratory(year)).section("nothing")


def test_the_run_plans_summaries_after_their_programmes(year: Path, tmp_path: Path) -> None:
    plan = load_round(year)
    words = tmp_path / "watch.json"
    words.write_text('{"L0001": ["L0001", "A-1"], "L0002": ["L0002", "A-2"]}')
    keys = {"L0001": "k1", "L0002": "k2", ALL: "k"}
    ready = [ProgrammeRound(n, tmp_path / n, "e", keys, words, {}) for n in PROGRAMMES]
    tasks = [
        t for each in summaries(plan, ready, tmp_path) for t in plan_reports(plan, each, tmp_path, Wanted())
    ]
    numbers = {task.report_number for task in tasks}
    assert {"EQA-LS-2025-2-L0001-V1", "EQA-LA-2025-L0002-V1", "EQA-PA-2025-0106-ALL-V1"} <= numbers
    paths = {task.final_path("pdf") for task in tasks}
    assert {
        "2025-2/summary/labs/L0001.pdf",
        "2025/annual/labs/L0002.pdf",
        "2025/annual/0106/programme.pdf",
    } <= paths
    assert len(paths) == len(tasks)
    assert all("csv" not in task.formats for task in tasks)
    assert "csv" in formats_of(plan, "LR")
    changed = [replace(ready[0], view_keys=keys | {"L0002": "other"}), ready[1]]
    before, after = (summaries(plan, each, tmp_path)[0].view_keys for each in (ready, changed))
    assert before["L0001"] == after["L0001"]
    assert before["L0002"] != after["L0002"]


def test_without_summaries_nothing_is_added(year: Path, tmp_path: Path) -> None:
    plan = load_round(year).model_copy(update={"summaries": ()})
    ready = [ProgrammeRound("1.4", tmp_path, "e", {ALL: "k"}, tmp_path / "w", {})]
    assert summaries(plan, ready, tmp_path) == []
