"""A small province with failed laboratories in a store: one programme of quantities over three rounds, one of codes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.evaluation import RoundInputs, evaluate
from workbench.frames import EXPECTED_ANSWERS
from workbench.parameters import catalogue, criteria
from workbench.rounds.control_demonstration import register_year
from workbench.simulation import simulate_coded_round, simulate_province
from workbench.simulation.control_year import FaultPlan, YearSize, control_points_frame, simulate_control_year
from workbench.simulation.province import SimulatedRound
from workbench.store import (
    EvaluationMeta,
    ProgrammeRound,
    Store,
    Submissions,
    add_submissions,
    open_store,
    round_inputs,
    save_evaluation,
    save_programme_round,
    upgrade,
)
from workbench.store.control_points import QUESTION_COLUMNS, ControlLoad, add_control_points

QUANTITIES, CODED = "1.6", "3.1"
ROUNDS = ("2025-2", "2025-3", "2026-1")
CANARY = "CANARY-7F21"
"""In the remark of every laboratory of the last round, followed by its code."""


def filled(folder: Path, laboratories: int = 30) -> str:
    """URL of a store with three evaluated rounds of quantities and one of codes."""
    store = upgrade(folder / "eqa.sqlite")
    made = simulate_province([catalogue()[QUANTITIES]], ROUNDS, 11, laboratories).rounds
    for round_ in made.values():
        _take_in(store, round_, EXPECTED_ANSWERS.empty())
    coded = simulate_coded_round(catalogue()[CODED], ROUNDS[-1], 7, 12)
    _take_in(store, coded.round, coded.expected_answers)
    store.close()
    return store.url


def _take_in(store: Store, made: SimulatedRound, expected: pd.DataFrame) -> None:
    """Save, return and evaluate one programme-round; in the last one the last laboratory returns nothing."""
    code, no = made.round_code, made.programme_no
    frames = (made.laboratories, made.enrolments, made.samples, made.material_checks, made.reference_values)
    planned = ProgrammeRound(code, no, made.closing_at, *frames, made.system_names, expected_answers=expected)
    save_programme_round(store, planned, np.random.default_rng(1))
    for head, body in made.loads():
        silent = head["lab_code"].max() if (code, no) == (ROUNDS[-1], QUANTITIES) else ""
        head, body = (part[part["lab_code"] != silent] for part in (head, body))
        marked = head.assign(comment=CANARY + head["lab_code"].astype(str))
        add_submissions(store, code, no, Submissions(marked, body.drop(columns=["revision"])))
    inputs = round_inputs(store, code, no)
    ready = RoundInputs.of(catalogue()[no], code, criteria(), inputs.frames(), inputs.closing_at)
    meta = EvaluationMeta(code, no, "a" * 64, "c" * 64, "0.1.0", "2026-05-18T18:00:00+08:00")
    save_evaluation(store, evaluate(ready), meta, inputs)


def add_controls(url: str, analyte: str, lab_code: str, factor: float, since: date) -> None:
    """Daily controls of all laboratories; those of one are multiplied from a day on."""
    year = simulate_control_year(
        (analyte,), 5, YearSize(laboratories=30, days=115, instruments=2), FaultPlan(rate=0.0, lot_share=0.0)
    )
    frame = control_points_frame(year)
    off = (frame["lab_code"] == lab_code) & (frame["run_at"] >= np.datetime64(since))
    frame.loc[off, "value"] *= factor
    frame.loc[off, "raw"] = [f"{value:.4f}" for value in frame.loc[off, "value"]]
    store = open_store(url)
    register_year(store, year)
    nothing = pd.DataFrame(columns=list(QUESTION_COLUMNS))
    add_control_points(
        store,
        ControlLoad(frame, nothing, "controls", "controls", len(frame), received_at=datetime(2026, 5, 1)),
    )
    store.close()
