"""Fills a database with the simulated province, the way real data would come: rounds, returns, decisions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.parameters import RoundPlan, catalogue, programme_folder, project_root
from workbench.rounds.planning import database_url
from workbench.rounds.prepare import evaluate_programme
from workbench.rounds.progress import Watcher
from workbench.simulation import SimulatedRound, simulate_province, year_registers
from workbench.store import (
    Decision,
    ProgrammeRound,
    SnapshotFrames,
    Store,
    Submissions,
    add_decision,
    add_submissions,
    evaluation_in_force,
    round_inputs,
    save_programme_round,
    upgrade,
)
from workbench.store.claims import add_claims
from workbench.store.parcels import add_dispatch, add_receipts
from workbench.store.year_enrolments import add_enrolments
from workbench.store.year_intakes import YearLoad

EARLIER_ROUNDS = ("2025-1", "2025-2", "2025-3")
SEED = 20261
N_LABORATORIES = 150


def fill_demonstration(plan: RoundPlan, watcher: Watcher, n_laboratories: int = N_LABORATORIES) -> None:
    """Create the store of a plan and fill it with earlier rounds and the plan's own; safe to repeat.

    Parameters
    ----------
    plan : the round whose database and programmes are filled.
    watcher : is told what was filled.
    n_laboratories : size of the province.

    Notes
    -----
    A programme-round that already holds results is left as it is. Earlier rounds are evaluated at once,
    so that the plan's round has a history.
    """
    store = upgrade(database_url(plan))
    rounds = (*EARLIER_ROUNDS, plan.round)
    programmes = [catalogue()[number] for number in plan.programmes]
    province = simulate_province(programmes, rounds, SEED, n_laboratories)
    generator = np.random.default_rng(SEED)
    for item in province.rounds.values():
        fill_round(store, item, item.frames(), generator)
        if item.round_code != plan.round:
            evaluate_earlier(store, item, (project_root() / plan.outputs).resolve())
    watcher.say("filled", laboratories=n_laboratories, rounds=len(rounds), programmes=len(programmes))


def _is_filled(store: Store, item: SimulatedRound) -> bool:
    """Whether every simulated revision is in the store."""
    try:
        held = round_inputs(store, item.round_code, item.programme_no)
    except DataError:
        return False
    returned = int((held.laboratories["revision"] > 0).sum())
    return returned == item.submissions["lab_code"].nunique() and _taken(held) == len(item.decisions)


def _taken(held: SnapshotFrames) -> int:
    """Decisions that do not come from a claim."""
    return int((held.decisions["kind"] != "sample_fault").sum())


def fill_round(
    store: Store, item: SimulatedRound, known: Mapping[str, pd.DataFrame], generator: np.random.Generator
) -> None:
    """Put one programme-round into the store unless it is there.

    Parameters
    ----------
    item : the round; what the organiser knows goes in first, then what the laboratories return.
    known : name -> table of its frames, with the expected answers where there are any.
    generator : the store draws the aliases with it.
    """
    if _is_filled(store, item):
        return
    where = (item.round_code, item.programme_no)
    frames = {name: table for name, table in known.items() if name not in ("results", "decisions")}
    # the store draws the aliases, as it does for real participants
    frames["laboratories"] = frames["laboratories"].drop(columns="round_alias")
    save_programme_round(store, ProgrammeRound(*where, item.closing_at, **frames), generator)
    _fill_year(store, item)
    held = round_inputs(store, *where).laboratories.set_index("lab_code")["revision"]
    for submissions, results in item.loads():
        new = submissions[submissions["revision"] > submissions["lab_code"].map(held)]
        rows = results[results["lab_code"].isin(set(new["lab_code"]))]
        if len(new):
            source = f"simulation-{item.round_code}-{programme_folder(item.programme_no)}"
            load = Submissions(new.drop(columns="revision"), rows.drop(columns="revision"), source=source)
            add_submissions(store, *where, load)
    _decide(store, item)


def _fill_year(store: Store, item: SimulatedRound) -> None:
    """Enrolment, dispatch, receipts and claims of one programme-round, as files would bring them."""
    where = (item.round_code, item.programme_no)
    found = year_registers(item, catalogue()[item.programme_no].restricted)
    source = f"simulation-{item.round_code}-{programme_folder(item.programme_no)}"
    moment = datetime.combine(found.dispatched_on, time())

    def load(rows: pd.DataFrame) -> YearLoad:
        return YearLoad(rows, source=source, received_at=moment)

    add_enrolments(store, int(item.round_code[:4]), load(found.enrolments))
    add_dispatch(store, *where, found.dispatched_on)
    add_receipts(store, *where, load(found.receipts))
    add_claims(store, *where, load(found.claims))


def _decide(store: Store, item: SimulatedRound) -> None:
    known = _taken(round_inputs(store, item.round_code, item.programme_no))
    for row in item.decisions.sort_values("decision_id").iloc[known:].itertuples(index=False):
        moment = row.decided_at.to_pydatetime()
        decision = Decision(row.kind, row.reason, moment, row.lab_code, row.analyte, row.sample)
        add_decision(store, item.round_code, item.programme_no, decision)


def evaluate_earlier(store: Store, item: SimulatedRound, outputs: Path) -> None:
    """Evaluate a round that is no longer the current one, unless it has been."""
    if evaluation_in_force(store, item.round_code, item.programme_no) is None:
        folder = outputs / item.round_code / programme_folder(item.programme_no)
        inputs = round_inputs(store, item.round_code, item.programme_no)
        evaluate_programme(store, inputs, folder, item.closing_at.isoformat())
