"""Test dates against the day of dispatch that the plan names, and the form that carries both dates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from tests.rounds.test_reported_uncertainty import CLOSING, PROGRAMME, ROUND, planned
from workbench.ingest import Layout, write_template
from workbench.parameters import catalogue
from workbench.rounds.intake import Arrival, expectations, take_in
from workbench.store import Store, round_inputs, save_programme_round, upgrade

RECEIVED = datetime(2026, 4, 20, 9, tzinfo=UTC)
HEADINGS = "实验室编码,项目编码,样本编号,结果,单位,测定日期"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = upgrade(f"sqlite:///{tmp_path / 'eqa.db'}")
    save_programme_round(opened, planned(), np.random.default_rng(5))
    return opened


@pytest.mark.parametrize(("opens_at", "kept_out"), [(date(2026, 4, 8), 1), (date(2026, 4, 7), 0), (None, 0)])
def test_tested_before_dispatch(store: Store, tmp_path: Path, opens_at: date | None, kept_out: int) -> None:
    path = tmp_path / "results.csv"
    rows = "L0001,Glu,S1,5.10,mmol/L,2026-04-07\nL0001,Glu,S2,9.90,mmol/L,2026-04-08"
    path.write_text(f"{HEADINGS}\n{rows}\n", encoding="utf-8")
    intake = take_in(store, ROUND, PROGRAMME, path, Arrival(RECEIVED, opens_at), Layout())
    assert intake.report.quarantined["reason"].tolist() == ["test_date_before_dispatch"] * kept_out
    assert len(round_inputs(store, ROUND, PROGRAMME).results) == 2 - kept_out


def test_the_form_asks_for_a_date_between_dispatch_and_closing(store: Store, tmp_path: Path) -> None:
    inputs = round_inputs(store, ROUND, PROGRAMME)
    expected = expectations(catalogue()[PROGRAMME], inputs, Arrival(CLOSING, date(2026, 4, 8)))
    path = tmp_path / "form.xlsx"
    write_template(path, expected, "zh_CN")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    dates = [rule for rule in sheet.data_validations.dataValidation if rule.type == "date"]
    origin = date(1899, 12, 30)
    days = [(date(2026, 4, 8) - origin).days, (date(2026, 4, 25) - origin).days]
    assert [[int(rule.formula1), int(rule.formula2)] for rule in dates] == [days]
