"""Bias of external assessment beside internal control: a laboratory that is off in both is seen in both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.rounds.test_control_watch import add
from workbench.errors import DataError
from workbench.iqc.laboratory_cells import month_number
from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_schemes import comparison_schemes
from workbench.reports.iqc_evaluation import evaluate_controls
from workbench.rounds import control_correlation
from workbench.rounds.control_correlation import bias_table
from workbench.rounds.control_demonstration import register_year
from workbench.simulation.control_year import FaultPlan, YearSize, control_points_frame, simulate_control_year
from workbench.store import Store, upgrade


@pytest.fixture
def store(tmp_path: Path) -> Store:
    size = YearSize(laboratories=20, days=31, instruments=1)
    year = simulate_control_year(("K", "Glu"), 8, size, FaultPlan(rate=0, lot_share=0))
    opened = upgrade(tmp_path / "qc.sqlite")
    register_year(opened, year)
    frame = control_points_frame(year)
    number = frame["lab_code"].str[1:].astype(int)
    frame["value"] *= 1 + 0.004 * (number - 10.5)
    add(opened, frame, "year")
    return opened


def test_a_shared_bias_is_seen_in_both(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    labs = [f"L{k:04d}" for k in range(1, 21)]
    eqa = pd.DataFrame(
        [(lab, a, 5.0 + 0.4 * (k - 9.5) + rng.normal(0, 0.3), 5) for k, lab in enumerate(labs) for a in ("K", "Glu", "Na")],
        columns=["lab_code", "analyte", "eqa_bias", "samples"],
    )  # fmt: skip
    monkeypatch.setattr(control_correlation, "evaluation_in_force", lambda *_: object())
    monkeypatch.setattr(control_correlation, "eqa_biases", lambda *_: eqa)
    months = [month_number("2026-01")]
    made = evaluate_controls(store, months, rule_sets()["twelve"], comparison_schemes()["default"])
    pairs, agreement = bias_table(store, "2026-1", "1.1", made.rows)
    assert len(pairs) == 40
    assert set(pairs["analyte"]) == {"K", "Glu"}
    assert pairs.groupby("analyte")["eqa_bias"].median().abs().max() < 1e-9
    whole = agreement[agreement["analyte"] == ""].iloc[0]
    assert whole["n"] == 40
    assert whole["r"] == pytest.approx(np.corrcoef(pairs["eqa_bias"], pairs["iqc_bias"])[0, 1])
    assert whole["r"] > 0.9
    assert whole["same_side"] > 0.8


def test_a_round_without_an_evaluation_is_named(store: Store) -> None:
    with pytest.raises(DataError, match="2026-1 has no evaluation"):
        bias_table(store, "2026-1", "1.1", pd.DataFrame())
