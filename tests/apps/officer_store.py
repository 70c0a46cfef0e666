"""A small store as an officer finds it before release: one programme, one round, evaluated once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.parameters import catalogue
from workbench.rounds.prepare import evaluate_programme
from workbench.simulation import simulate_province
from workbench.store import (
    ProgrammeRound,
    Store,
    Submissions,
    add_submissions,
    round_inputs,
    save_programme_round,
    upgrade,
)

PROGRAMME, ROUND = "1.4", "2026-1"
AS_OF = "2026-05-18T18:00:00+08:00"


def filled(folder: Path, laboratories: int = 60, seed: int = 7) -> Store:
    """The store, closed to nobody: results returned, nothing decided, the evaluation in force is of these data."""
    store = upgrade(f"sqlite:///{folder / 'eqa.sqlite'}")
    for given in simulate_province([catalogue()[PROGRAMME]], [ROUND], seed, laboratories).rounds.values():
        frames = (given.laboratories, given.enrolments, given.samples, given.material_checks)
        more = (given.reference_values, given.system_names)
        planned = ProgrammeRound(ROUND, PROGRAMME, given.closing_at, *frames, *more)
        save_programme_round(store, planned, np.random.default_rng(1))
        for head, body in given.loads():
            add_submissions(store, ROUND, PROGRAMME, Submissions(head, body.drop(columns=["revision"])))
    evaluate_programme(store, round_inputs(store, ROUND, PROGRAMME), folder / "outputs", AS_OF)
    return store
