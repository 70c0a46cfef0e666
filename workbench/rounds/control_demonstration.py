"""Fills a store with a simulated year of internal quality control, the way real data would come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from workbench.simulation.control_year import (
    ControlYear,
    FaultPlan,
    YearSize,
    control_points_frame,
    simulate_control_year,
)
from workbench.store import Store
from workbench.store.control_master import (
    control_master,
    register_series,
    save_control_master,
    save_control_targets,
)
from workbench.store.control_points import QUESTION_COLUMNS, ControlLoad, add_control_points

ANALYTES = ("K", "Na", "Glu", "Ca", "ALT", "Cre")
SEED = 20261
SIZE = YearSize(laboratories=40, days=120, instruments=4)
DAYS_A_LOAD = 30
FIRST_LOAD = datetime(2026, 1, 31)


def fill_control_demonstration(store: Store, size: YearSize = SIZE) -> ControlYear:
    """Register and take in a simulated year; safe to repeat.

    Parameters
    ----------
    size : laboratories, days and systems.

    Returns
    -------
    The year with the truth about its planted faults.
    """
    year = simulate_control_year(ANALYTES, SEED, size, FaultPlan(rate=0.06, days=40))
    register_year(store, year)
    nothing = pd.DataFrame(columns=list(QUESTION_COLUMNS))
    for first in range(0, size.days, DAYS_A_LOAD):
        frame = control_points_frame(year, (first, min(first + DAYS_A_LOAD, size.days) - 1))
        name = f"demonstration {size.laboratories} laboratories, days {first}"
        received = FIRST_LOAD + timedelta(days=first)
        add_control_points(store, ControlLoad(frame, nothing, name, name, len(frame), received_at=received))
    return year


def register_year(store: Store, year: ControlYear) -> None:
    """Master data and targets of a simulated year; laboratories that are registered keep their entry."""
    series = year.table.series
    kinds = ("instrument", "reagent", "calibrator")
    systems = [(kind, code) for kind in kinds for code in series[kind].unique()]
    places = series[["lab_code", "region", "hospital_level"]].drop_duplicates()
    save_control_master(
        store,
        places[~places["lab_code"].isin(sorted(control_master(store).laboratories))],
        pd.DataFrame(systems, columns=["kind", "code"]).assign(name_zh="", name_en=""),
        pd.DataFrame({"qc_lot": list(year.table.lots), "material": ""}),
    )
    register_series(store, series)
    save_control_targets(store, year.targets)
