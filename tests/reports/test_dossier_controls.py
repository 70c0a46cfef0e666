"""Internal control about the time of a round: what it adds to the causes, and what the dossier shows of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.reports.investigation_fixture import QUANTITIES, ROUNDS, add_controls, filled
from workbench.investigation.control_shift import control_step
from workbench.investigation.evidence import relative_bias
from workbench.reports.control_evidence import EPOCH, window_means
from workbench.reports.control_parts import control_parts
from workbench.reports.investigated_round import InvestigatedRound, investigated_round
from workbench.reports.investigation_case import Case, open_case
from workbench.reports.investigation_dossier import open_investigation_dossier
from workbench.reports.report_meta import Issue

SINCE = date(2026, 3, 20)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return filled(tmp_path_factory.mktemp("controls"))


@pytest.fixture(scope="module")
def pair(url: str) -> tuple[Case, Case]:
    """Two laboratories with a bias in one analyte: the first one's controls shifted as well, the other's did not."""
    before = investigated_round(url, ROUNDS[-1], QUANTITIES)
    assert before.controls is None
    chosen = biased(before)
    (lab, analyte, factor), (other, _, _) = chosen
    add_controls(url, analyte, lab, factor, SINCE)
    now = investigated_round(url, ROUNDS[-1], QUANTITIES)
    return open_case(now, lab, analyte, "en"), open_case(now, other, analyte, "en")


def biased(found: InvestigatedRound) -> list[tuple[str, str, float]]:
    """Two laboratories with the largest biases below a factor of two in one analyte."""
    inv = found.investigation
    assert inv is not None
    rows = []
    for at, rule in enumerate(inv.panel.rules):
        ranked = []
        for lab, code in enumerate(inv.panel.labs):
            cell = inv.cell(lab, at)
            if cell is None or inv.panel.late[lab]:
                continue
            ratio = cell.value / cell.target
            size = abs(relative_bias(cell.value, cell.target, cell.limit))
            if size > 1.0 and np.ptp(ratio) < 0.3 and 0.5 < np.median(ratio) < 2.0:
                ranked.append((size, code, rule.code, float(np.median(ratio))))
        rows.append(sorted(ranked, reverse=True)[:2])
    best = max(rows, key=len)
    assert len(best) == 2, rows
    return [row[1:] for row in best]


def test_controls_that_shifted_with_the_round_speak_for_a_lot_or_calibrator(pair: tuple[Case, Case]) -> None:
    case, _ = pair
    assert case.round.controls is not None
    lines = control_parts(case)["lines"]
    assert "Both shifted: calibrator or lot." in lines
    step = case.round.controls.step(case.lab_code, case.analyte)
    assert step is not None
    assert abs((EPOCH - SINCE).days + step.day) <= 1
    assert case.ranking is not None
    assert case.ranking.first == "lot_shift"


def test_controls_that_stayed_speak_for_handling_or_reporting(pair: tuple[Case, Case]) -> None:
    _, case = pair
    assert case.round.controls is not None
    assert "Controls fine, EQA failed: look at sample handling and reporting." in control_parts(case)["lines"]
    assert case.round.controls.step(case.lab_code, case.analyte) is None
    assert case.ranking is not None
    assert case.ranking.posterior["pt_handling"] > case.ranking.posterior.get("lot_shift", 0.0)
    bare = replace(case.investigation, controls={})
    assert "pt_handling" not in bare.investigate(*case.place).posterior  # type: ignore[misc]


def test_few_laboratories_are_not_flagged_by_controls(pair: tuple[Case, Case]) -> None:
    controls = pair[0].round.controls
    assert controls is not None
    analyte = pair[0].analyte
    steps = {lab: controls.step(lab, analyte) for lab in controls.table.series["lab_code"].unique()}
    assert {lab for lab, step in steps.items() if step is not None} == {pair[0].lab_code}
    off = [lab for (lab, _), each in controls.evidence.items() if abs(each.bias) > 0.8]
    assert off == [pair[0].lab_code]


def test_means_are_those_of_the_points_and_small_groups_have_none(pair: tuple[Case, Case]) -> None:
    controls = pair[0].round.controls
    assert controls is not None
    row = controls.means.iloc[0]
    table = controls.table
    mine = (
        (table.code == row["series"])
        & (table.day >= controls.window[0])
        & (table.day <= controls.window[1])
        & (np.asarray(table.lots)[table.lot] == row["qc_lot"])
    )
    assert row["mean"] == pytest.approx(table.value[mine].mean())
    assert row["n"] == mine.sum()
    few = table.take(np.isin(table.code, np.flatnonzero(table.series["lab_code"] <= "L0005")))
    assert window_means(few, controls.window)["group"].isna().all()


def test_the_dossier_charts_own_controls_and_names_no_other_laboratory(pair: tuple[Case, Case]) -> None:
    case = pair[0]
    which = (ROUNDS[-1], QUANTITIES, case.lab_code, case.analyte)
    issue = Issue(status="preliminary", issued_at="2026-05-20T10:00:00+08:00")
    report = open_investigation_dossier(case.round.database, which, "en", issue, release="all")
    facts = report.section("facts")
    html = facts.html()
    assert html.count("Figure 5.") == 2
    assert "Both shifted" in html
    assert facts.typst()
    others = set(case.round.inputs.laboratories["lab_code"]) - {case.lab_code}
    assert not set(re.findall(r"\bL\d{4}\b", html + report._sealed[1].decode("utf-8"))) & others


def test_a_step_is_found_where_it_was_put_and_not_where_there_is_none() -> None:
    rng = np.random.default_rng(3)
    found, false = [], 0
    for _ in range(40):
        noise = rng.standard_normal(100) * 0.7
        at = int(rng.integers(50, 90))
        step = control_step(np.arange(100), noise + np.where(np.arange(100) < at, 0.0, 5.0))
        found.append(step is not None and abs(step.day - at) <= 1)
        false += control_step(np.arange(100), noise) is not None
    assert all(found)
    assert false == 0
