"""Fills a store with a simulated year of internal quality control, the way real data would come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pandas as pd

from workbench.parameters.iqc_items import programme_analytes
from workbench.reports.iqc_evaluation import evaluated_months, year_to
from workbench.rounds.control_plan import ControlPlan, planned_reports
from workbench.rounds.control_reports import FORMATS, make_reports
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
FAULTS = FaultPlan(rate=0.06, days=40)
DAYS_A_LOAD = 30
FIRST_LOAD = datetime(2026, 1, 31)


def simulated_year(size: YearSize = SIZE, analytes: Sequence[str] = ANALYTES) -> ControlYear:
    """The year of the demonstration, not yet in a store."""
    return simulate_control_year(analytes, SEED, size, FAULTS)


def fill_control_demonstration(
    store: Store, size: YearSize = SIZE, analytes: Sequence[str] = ANALYTES
) -> ControlYear:
    """Register and take in a simulated year; safe to repeat.

    Parameters
    ----------
    size : laboratories, days and systems. analytes : codes of quantities.

    Returns
    -------
    The year with the truth about its planted faults.
    """
    year = simulated_year(size, analytes)
    register_year(store, year)
    _take_in(store, year, size, f"demonstration {size.laboratories} laboratories")
    return year


@dataclass(frozen=True)
class ComparisonCount:
    """What became of a year's control points and of the reports on its last month.

    Parameters
    ----------
    points : in the store. laboratories : with a point in the last month.
    series : chart rows of the last month; compared : of these, with a group large enough; too_few : the others.
    planned, made, standing : reports of the month, those made now, those that stand on disk.
    failures : names of reports that failed, with the cause.
    """

    points: int
    laboratories: int
    series: int
    compared: int
    planned: int
    made: int
    standing: int
    failures: tuple[tuple[str, str], ...]

    @property
    def too_few(self) -> int:
        """Rows without a group to be compared with."""
        return self.series - self.compared


def comparison_year(
    store: Store, laboratories: Sequence[str], size: YearSize, plan: ControlPlan, workers: int
) -> ComparisonCount:
    """Fill the year of the comparison programme, evaluate it, and make the reports of its last month.

    Parameters
    ----------
    laboratories : codes of those that take part. size : of the province, days and systems.
    plan : where the reports go; reports that are there are left as they are.

    Notes
    -----
    The items are the quantities of programme 10.2, panels opened; grades of urine strips have no simulated controls.
    """
    analytes = [code for code, entry in programme_analytes().items() if entry.is_quantitative]
    year = simulate_control_year(analytes, SEED, size, FAULTS)
    register_year(store, year)
    _take_in(store, year, size, f"comparison {size.laboratories} laboratories", laboratories)
    reports = planned_reports(replace(plan, laboratories=tuple(laboratories)))
    missing = [r for r in reports if not all((r.folder / f"{r.name}.{end}").is_file() for end in FORMATS)]
    made = list(make_reports(missing, workers))
    evaluated = evaluated_months(plan.database, year_to(plan.month), plan.rules, plan.scheme)
    rows = evaluated.rows[evaluated.rows["month"] == plan.month]
    return ComparisonCount(
        len(evaluated.table),
        rows["lab_code"].nunique(),
        len(rows),
        int((rows["group_laboratories"] > 0).sum()),
        len(reports),
        sum(not trouble for _, _, trouble in made),
        len(reports) - sum(bool(trouble) for _, _, trouble in made),
        tuple((report.name, trouble) for report, _, trouble in made if trouble),
    )


def _take_in(
    store: Store, year: ControlYear, size: YearSize, label: str, laboratories: Sequence[str] | None = None
) -> None:
    """The points of a year, some days a load; of all laboratories, or of some."""
    nothing = pd.DataFrame(columns=list(QUESTION_COLUMNS))
    for first in range(0, size.days, DAYS_A_LOAD):
        frame = control_points_frame(year, (first, min(first + DAYS_A_LOAD, size.days) - 1))
        if laboratories is not None:
            frame = frame[frame["lab_code"].isin(laboratories)].reset_index(drop=True)
        name = f"{label}, days {first}"
        received = FIRST_LOAD + timedelta(days=first)
        add_control_points(store, ControlLoad(frame, nothing, name, name, len(frame), received_at=received))


def register_year(store: Store, year: ControlYear) -> None:
    """Master data and targets of a simulated year; laboratories that are registered keep their entry."""
    master = master_frames(year)
    labs = master["laboratories"]
    there = sorted(control_master(store).laboratories)
    save_control_master(store, labs[~labs["lab_code"].isin(there)], master["systems"], master["lots"])
    register_series(store, master["series"])
    save_control_targets(store, year.targets)


def master_frames(year: ControlYear) -> dict[str, pd.DataFrame]:
    """Laboratories, systems, lots and series of a simulated year, as they are registered."""
    series = year.table.series
    kinds = ("instrument", "reagent", "calibrator")
    systems = [(kind, code) for kind in kinds for code in series[kind].unique()]
    return {
        "laboratories": series[["lab_code", "region", "hospital_level"]].drop_duplicates(),
        "systems": pd.DataFrame(systems, columns=["kind", "code"]).assign(name_zh="", name_en=""),
        "lots": pd.DataFrame({"qc_lot": list(year.table.lots), "material": ""}),
        "series": series,
    }
