"""Programme 10.2: twelve months of its listed analytes, serology by S/CO and calls, graded urine answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.parameters.iqc_items import programme_analytes
from workbench.reports.iqc_evaluation import EvaluatedControls, evaluated_months, year_to
from workbench.reports.iqc_meta import IqcIssue
from workbench.reports.iqc_month_lab import IqcMonthLab
from workbench.reports.iqc_summary import IqcSummary
from workbench.rounds.control_intake import take_control_file
from workbench.store import upgrade
from workbench.store.control_master import save_control_master

LABS = [f"L{k:04d}" for k in range(1, 7)]
MONTH, OFF = "2026-12", "L0002"
VALUES = {
    "WBC": (5.0, 0.1, 2),
    "INR": (1.1, 0.03, 2),
    "APTT": (32.0, 0.8, 1),
    "Fib": (3.0, 0.1, 2),
    "HbA1c": (5.6, 0.08, 1),
}
SIGNALS = {"HBsAg": {"1": 0.2, "2": 3.5}, "HIV-Ab": {"1": 0.1, "2": 5.0}, "HCV-Ab": {"1": 0.15, "2": 4.0}}
ISSUE = IqcIssue("zh_CN", "2027-01-05T10:00:00+08:00", "示例省临床检验中心")


def written(folder: Path) -> Path:
    """A year, every third day, of six laboratories on one system as one file."""
    rng = np.random.default_rng(10)
    rows = []
    for lab in LABS:
        for day in pd.date_range("2026-01-02", "2026-12-30", freq="3D"):
            for code, (mean, sd, places) in VALUES.items():
                rows.append((lab, code, "1", day, f"{rng.normal(mean, sd):.{places}f}"))
            for code, levels in SIGNALS.items():
                for level, signal in levels.items():
                    wrong = (
                        lab == OFF and code == "HBsAg" and level == "2" and day == pd.Timestamp("2026-12-13")
                    )
                    value = 0.4 if wrong else abs(rng.normal(signal, 0.06 * signal))
                    rows.append((lab, code, level, day, f"{value:.2f}"))
            far = lab == OFF and day == pd.Timestamp("2026-12-16")
            rows.append((lab, "PRO", "1", day, "阴性" if far else ("2+" if rng.random() < 0.9 else "1+")))
    frame = pd.DataFrame(rows, columns=["lab_code", "analyte", "level", "run_at", "value"])
    path = folder / "year.csv"
    frame.assign(qc_lot="Q1", instrument="I1", reagent="R1", run_no=1).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> EvaluatedControls:
    folder = tmp_path_factory.mktemp("programme")
    store = upgrade(folder / "qc.sqlite")
    save_control_master(
        store,
        pd.DataFrame({"lab_code": LABS, "region": "", "hospital_level": ""}),
        pd.DataFrame({"kind": ["instrument", "reagent"], "code": ["I1", "R1"], "name_zh": "", "name_en": ""}),
        pd.DataFrame({"qc_lot": ["Q1"], "material": ""}),
    )
    arrival = take_control_file(store, written(folder), datetime(2027, 1, 1))
    assert arrival.run.rows_quarantined == 0, arrival.intake.messages("en")[:3]
    return evaluated_months(f"sqlite:///{folder / 'qc.sqlite'}", year_to(MONTH), "twelve", "default")


def test_the_list_of_the_programme_is_open_to_every_item() -> None:
    found = programme_analytes()
    assert {"WBC", "RBC", "Hb", "PLT", "PRO", "SG", "PT", "INR", "APTT", "Fib", "HbA1c", *SIGNALS} <= set(
        found
    )
    assert not {"CBC", "UDC", "PT/INR"} & set(found)
    assert all(found[code].is_quantitative for code in SIGNALS)


def test_twelve_months_are_compared(evaluated: EvaluatedControls) -> None:
    assert len(set(evaluated.rows["month"])) == 12
    for code in (*VALUES, *SIGNALS):
        rows = evaluated.rows[evaluated.rows["analyte"] == code]
        assert rows["sdi"].notna().all(), code
        assert (rows["group_laboratories"] == 6).all()


def test_a_wrong_call_is_found_whatever_the_grade(evaluated: EvaluatedControls) -> None:
    rows = evaluated.rows
    wrong = rows[rows["wrong_calls"] > 0]
    found = set(zip(wrong["lab_code"], wrong["analyte"], wrong["level"], wrong["month"], strict=True))
    assert found == {(OFF, "HBsAg", "2", MONTH), (OFF, "PRO", "1", MONTH)}
    assert rows.loc[rows["analyte"] == "HBsAg", "n_calls"].min() >= 9
    assert (rows.loc[rows["analyte"] == "WBC", "n_calls"] == 0).all()


def test_graded_answers_have_calls_and_no_indices(evaluated: EvaluatedControls) -> None:
    rows = evaluated.rows[evaluated.rows["analyte"] == "PRO"]
    assert rows[["mean", "sd", "sdi", "cvr", "sigma", "bias"]].isna().all(axis=None)
    assert set(rows["grade"]) == {"N"}
    assert (rows["n_calls"] == rows["n"]).all()


def test_reports_of_the_month_and_the_year(evaluated: EvaluatedControls) -> None:
    month = IqcMonthLab(evaluated, OFF, ISSUE)
    first = month.conclusion().html()
    assert "定性判读错误 1/" in first
    assert first.index("乙肝表面抗原") < first.index("请立即核查")
    table = month.cumulative().html()
    assert "判读符合" in table
    year = IqcSummary(evaluated, year_to(MONTH), OFF, ISSUE)
    assert year.data["counts"]["submitted"] == year.data["counts"]["months"] == 12
    for name in ("conclusion", "table", "months", "change"):
        assert getattr(year, name)().html()
