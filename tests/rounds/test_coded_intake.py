"""From a laboratory's form to its evaluation: coded answers chosen, written, refused, judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.coded_rounds import add_up
from workbench.frames import ENROLMENTS, EXPECTED_ANSWERS, SAMPLES
from workbench.ingest import Layout, write_template
from workbench.parameters import catalogue
from workbench.rounds.intake import Arrival, expectations, take_in
from workbench.rounds.prepare import evaluate_programme
from workbench.store import (
    ProgrammeRound,
    Store,
    laboratory_view,
    open_store,
    programme_view,
    round_inputs,
    save_programme_round,
    upgrade,
)

openpyxl = pytest.importorskip("openpyxl")

ROUND, PROGRAMME, LABS = "2026-1", "5.1", ("L0001", "L0002", "L0003")
SENT = datetime(2026, 4, 20, 10, 0)
DRUGS = '{"drugs": {"AMP": {"category": "R"}, "MEM": {"category": "S"}}}'
ANSWERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "L0001": {"ORG-ID": ("大肠埃希菌", "金葡菌"), "SUSC": ("AMP:R ≥32; MEM:S", "AMP:R; MEM:S")},
    "L0002": {"ORG-ID": ("Bacillus x", "表皮葡萄球菌"), "SUSC": ("AMP:S; MEM:S", "MEM:R 3")},
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store that holds the round before anything is returned."""
    url = f"sqlite:///{tmp_path / 'eqa.db'}"
    upgrade(url).close()
    opened = open_store(url)
    analytes = catalogue()[PROGRAMME].codes
    who = pd.MultiIndex.from_product([LABS, [""], analytes], names=["lab_code", "device_id", "analyte"])
    blank = dict.fromkeys(("method", "instrument", "reagent", "calibrator", "reason"), "")
    enrolments = who.to_frame(index=False).assign(**blank, enrolment_state="enrolled")
    samples = pd.DataFrame(
        {
            "sample": ["S1", "S2"],
            "position": [1, 2],
            "material_lot": "B1",
            "matrix": "冻干菌株",
            "withdrawn": False,
            "reason": "",
        }
    )
    expected = pd.DataFrame(
        [(a, s, code, "", "characterised", DRUGS if a == "SUSC" else "")
         for s, code in (("S1", "ECO"), ("S2", "SAU" )) for a in analytes],
        columns=EXPECTED_ANSWERS.names,
    )  # fmt: skip
    expected.loc[(expected["analyte"] == "SUSC") & (expected["sample"] == "S2"), "code"] = "KPN"
    plan = ProgrammeRound(
        ROUND, PROGRAMME, datetime(2026, 4, 25), pd.DataFrame({"lab_code": list(LABS)}),
        ENROLMENTS.checked(enrolments), SAMPLES.checked(samples), expected_answers=expected,
    )  # fmt: skip
    save_programme_round(opened, plan, np.random.default_rng(5))
    return opened


def filled(store: Store, folder: Path, lab: str) -> Path:
    """The form of one laboratory, filled in by hand."""
    given = expectations(catalogue()[PROGRAMME], round_inputs(store, ROUND, PROGRAMME), Arrival(SENT))
    path = folder / f"{lab}.xlsx"
    write_template(path, given, "zh_CN")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    rows = {str(row[0].value): row for row in sheet.iter_rows() if row[0].value}
    heads = {str(cell.value): cell.column for cell in rows["项目编码"]}
    rows["实验室编码"][1].value = lab
    for analyte, texts in ANSWERS[lab].items():
        for sample, text in zip(("S1", "S2"), texts, strict=True):
            sheet.cell(rows[analyte][0].row, heads[sample]).value = text
    book.save(path)
    return path


def test_a_form_goes_all_the_way_and_nothing_is_lost(store: Store, tmp_path: Path) -> None:
    reports = {
        lab: take_in(store, ROUND, PROGRAMME, filled(store, tmp_path, lab), Arrival(SENT), Layout()).report
        for lab in ANSWERS
    }
    assert reports["L0001"].quarantined.empty
    refused = reports["L0002"].quarantined
    assert sorted(refused["reason"]) == ["mic_off_ladder", "name_unknown"]
    assert all(report.counts.reconcile for report in reports.values())
    with store.reading() as connection:
        kept = connection.exec_driver_sql("select reason, content from quarantine order by reason").all()
    assert [reason for reason, _ in kept] == ["mic_off_ladder", "name_unknown"]
    assert "MEM:R 3" in kept[0][1]

    inputs = round_inputs(store, ROUND, PROGRAMME)
    codes = inputs.results.set_index(["lab_code", "analyte", "sample"])["code"]
    assert codes["L0001", "ORG-ID", "S1"] == "ECO"
    assert codes["L0001", "SUSC", "S1"] == "AMP:R; MEM:S"
    evaluation_id, _ = evaluate_programme(store, inputs, tmp_path / "out", "2026-05-01")
    own = laboratory_view(store, evaluation_id, "L0002")
    verdicts = own.analyte_verdicts.set_index("analyte")[["acceptable", "graded", "verdict"]]
    assert verdicts.loc["ORG-ID"].tolist() == [0, 2, "fail"]
    assert verdicts.loc["SUSC"].tolist() == [1, 4, "fail"]
    critical = own.findings[own.findings["code"] == "F45"]
    assert sorted(critical["analyte"]) == ["ORG-ID", "SUSC"]
    best = laboratory_view(store, evaluation_id, "L0001")
    assert best.laboratory_verdicts["verdict"].tolist() == ["satisfactory"]
    whole = programme_view(store, evaluation_id)
    assert add_up(whole.reconciliation)
    assert whole.reconciliation.set_index("analyte")["not_returned"].tolist() == [1, 1, 1]
    # evaluating again changes nothing
    assert evaluate_programme(store, inputs, tmp_path / "out", "2026-05-01")[0] == evaluation_id
