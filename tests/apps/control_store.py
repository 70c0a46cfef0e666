"""A small store of control points for the monitor's tests: two instruments, planted faults, alerts, one point left out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd

from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_schemes import comparison_schemes
from workbench.rounds.control_demonstration import register_year
from workbench.rounds.control_watch import ControlWatch
from workbench.simulation.control_year import (
    FIRST_DAY,
    ControlYear,
    FaultPlan,
    YearSize,
    control_points_frame,
    simulate_control_year,
)
from workbench.store import Store, upgrade
from workbench.store.control_groups import save_laboratory_tags
from workbench.store.control_points import ControlLoad, add_control_points, exclude_control_points
from workbench.store.control_tables import read_control_table

SIZE = YearSize(laboratories=16, days=60, instruments=2)
LAST_DAY = FIRST_DAY + SIZE.days - 1


def control_year() -> ControlYear:
    return simulate_control_year(("K",), 7, SIZE, FaultPlan(rate=0.3, days=25))


def filled(path: Path, *, watched: bool = True) -> Store:
    """Master data, points, a tag on three laboratories, one excluded point; alerts by the watch."""
    store, year = upgrade(f"sqlite:///{path}"), control_year()
    register_year(store, year)
    frame = control_points_frame(year)
    questions = pd.DataFrame(columns=["place", "reason", "sent", "content"])
    add_control_points(
        store, ControlLoad(frame, questions, "year", "year", len(frame), received_at=datetime(2026, 3, 2, 9))
    )
    save_laboratory_tags(store, pd.DataFrame({"lab_code": ["L0001", "L0002", "L0003"], "tag": "network"}))
    own = read_control_table(store, lab_code="L0001")
    exclude_control_points(store, [int(own.point[50])], "wrong bottle", "QA", datetime(2026, 3, 1))
    if watched:
        ControlWatch(store, rule_sets()["twelve"], comparison_schemes()["default"]).run()
    return store
