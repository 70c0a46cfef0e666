"""From a laboratory's file to its report: uncertainties read, stored, evaluated, shown, on both databases."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.evaluation import RoundInputs, evaluate
from workbench.frames import ENROLMENTS, REFERENCE_VALUES, SAMPLES
from workbench.ingest import Layout
from workbench.parameters import catalogue, criteria
from workbench.reports.lab_round import LabRound
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue, plan_of, report_meta
from workbench.reports.workbook_sheets import results_sheet
from workbench.rounds.intake import Arrival, Intake, take_in
from workbench.store import (
    EvaluationMeta,
    ProgrammeRound,
    Store,
    freeze,
    laboratory_view,
    load_snapshot,
    open_store,
    round_inputs,
    save_evaluation,
    save_programme_round,
    upgrade,
)
from workbench.tables import sample_detail_table

ROUND, PROGRAMME, ANALYTE = "2026-1", "8.1", "Glu"
"""Trueness verification: the assigned value is a reference value, so that E_n is defined."""

REFERENCE = {"S1": (5.00, 0.02), "S2": (10.00, 0.03)}
LABS = [f"L{n:04d}" for n in range(1, 9)]
CLOSING = datetime(2026, 4, 25, 23, 59, 59)
HEADINGS = "实验室编码,项目编码,样本编号,结果,单位,扩展不确定度U,包含因子k"
ROWS = """
L0001,Glu,S1,5.10,mmol/L,0.12,2
L0001,Glu,S2,9.80,mmol/L,2.0%,2
L0002,Glu,S1,92,mg/dL,4,2.2
L0002,Glu,S2,<10,mmol/L,0.2,2
L0003,Glu,S1,5.05,mmol/L,0.10,
L0003,Glu,S2,10.10,mmol/L,0,2
L0004,Glu,S1,4.95,mmol/L,abc,2
L0004,Glu,S2,10.00,mmol/L,,
"""
EXPECTED = {
    ("L0001", "S1"): (0.06, 2.0, 5.10),
    ("L0001", "S2"): (0.098, 2.0, 9.80),
    ("L0002", "S1"): (4 * 0.05551 / 2.2, 2.2, 92 * 0.05551),
    ("L0003", "S1"): (0.05, 2.0, 5.05),
}
"""Standard uncertainty, k and value in mmol/L, worked out by hand from ROWS."""

DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
]


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that holds the programme-round before anything is returned."""
    local = f"sqlite:///{tmp_path / 'eqa.db'}"
    url = request.getfixturevalue("new_postgres_url")() if request.param == "postgresql" else local
    upgrade(url).close()
    opened = open_store(url)
    save_programme_round(opened, planned(), np.random.default_rng(5))
    yield opened
    opened.close()


def planned() -> ProgrammeRound:
    """Eight laboratories, one item, two samples with reference values."""
    system = {"method": "M1", "instrument": "I1", "reagent": "R1", "calibrator": "C1"}
    enrolments = pd.DataFrame({"lab_code": LABS, "device_id": "", "analyte": ANALYTE, **system})
    samples = pd.DataFrame({"sample": list(REFERENCE), "position": [1, 2], "material_lot": "B1"})
    references = pd.DataFrame(
        [(ANALYTE, sample, "reference", value, u, "JCTLM") for sample, (value, u) in REFERENCE.items()],
        columns=REFERENCE_VALUES.names,
    )
    return ProgrammeRound(
        ROUND,
        PROGRAMME,
        CLOSING,
        pd.DataFrame({"lab_code": LABS, "region": "R1", "hospital_level": "tertiary"}),
        ENROLMENTS.checked(enrolments.assign(enrolment_state="enrolled", reason="")),
        SAMPLES.checked(samples.assign(matrix="fresh frozen serum", withdrawn=False, reason="")),
        reference_values=references,
    )


def returned(store: Store, folder: Path) -> Intake:
    """The file of four laboratories that state an uncertainty, and of four that do not."""
    others = "\n".join(
        f"{lab},Glu,{sample},{value * (1 + shift):.2f},mmol/L,,"
        for lab, shift in zip(LABS[4:], (-0.01, 0.0, 0.005, 0.01), strict=True)
        for sample, (value, _) in REFERENCE.items()
    )
    path = folder / "results.csv"
    path.write_text(f"{HEADINGS}\n{ROWS.strip()}\n{others}\n", encoding="utf-8")
    received = datetime(2026, 4, 20, 9, tzinfo=UTC)
    return take_in(store, ROUND, PROGRAMME, path, Arrival(received), Layout())


def test_from_file_to_report(store: Store, tmp_path: Path) -> None:
    intake = returned(store, tmp_path)
    assert intake.report.quarantined.empty
    assert intake.run is not None
    assert intake.run.rows_loaded == 16
    inputs = round_inputs(store, ROUND, PROGRAMME)
    snapshot = freeze(inputs, tmp_path / "snapshots")
    frozen = load_snapshot(snapshot.path, snapshot.sha256)
    programme = catalogue()[PROGRAMME]
    evaluation = evaluate(RoundInputs.of(programme, ROUND, criteria(), frozen.frames(), CLOSING))
    meta = EvaluationMeta(ROUND, PROGRAMME, snapshot.sha256, "criteria", "code", "2026-05-01")
    number = save_evaluation(store, evaluation, meta, inputs)
    for lab in LABS:
        for row in laboratory_view(store, number, lab).scores.itertuples():
            held(lab, row)
    shown(store, number)


def held(lab: str, row: object) -> None:
    """One row of the stored scores against the figures worked out by hand."""
    expected = EXPECTED.get((lab, str(row.sample)))  # type: ignore[attr-defined]
    found = [getattr(row, name) for name in ("u_result", "expanded_u_result", "zeta_score", "en_score")]
    if expected is None:
        assert all(math.isnan(value) for value in found), (lab, row)
        return
    u, k, value = expected
    target, u_target = REFERENCE[str(row.sample)]  # type: ignore[attr-defined]
    by_hand = [
        u,
        k * u,
        (value - target) / math.sqrt(u**2 + u_target**2),
        (value - target) / math.sqrt((k * u) ** 2 + (2 * u_target) ** 2),
    ]
    assert found == pytest.approx(by_hand, rel=1e-12)


def report(store: Store, number: str, lab: str, locale: str) -> LabRound:
    """A laboratory's report of the stored evaluation."""
    facts = report_meta(plan_of(ROUND), "LR", PROGRAMME, lab, Issue(), locale)
    return LabRound(
        Reading(laboratory_view(store, number, lab), catalogue()[PROGRAMME], criteria(), locale, facts)
    )


def shown(store: Store, number: str) -> None:
    """Columns, note, dashes with their cause and workbook; absent where nothing was stated."""
    data = report(store, number, "L0001", "zh_CN").data
    entry = next(e for e in data["analytes"] if e["analyte"] == ANALYTE)
    table = sample_detail_table(entry, "2.1", "zh_CN")
    heads = [column.heading for column in table.columns]
    place = {name: heads.index(name) for name in ("ζ", "En")}
    assert [row[place["ζ"]].text for row in table.rows] == ["+1.58", "−1.95"]
    assert [row[place["En"]].text for row in table.rows] == ["+0.79", "−0.98"]
    notes = " ".join(table.notes)
    assert [part in notes for part in ("扩展不确定度 U：S1 0.12", "S2 0.20")] == [True, True], notes
    sheet = results_sheet(data, "zh_CN")
    assert {"本室 U", "ζ", "En"} <= set(sheet.headings)
    assert all(len(row) == len(sheet.headings) for row in sheet.rows)
    mixed = report(store, number, "L0002", "en").data["analytes"][0]
    assert "The result is < or >" in " ".join(sample_detail_table(mixed, "2.1", "en").notes)
    plain = report(store, number, "L0005", "en")
    table = sample_detail_table(plain.data["analytes"][0], "2.1", "en")
    assert not {"ζ", "En"} & {column.heading for column in table.columns}
    assert not {"ζ", "En", "Your U"} & set(results_sheet(plain.data, "en").headings)
