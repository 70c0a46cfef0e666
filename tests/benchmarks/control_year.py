"""A simulated year of 500 laboratories x 20 analytes x 2 levels, from intake to reports; alone, several minutes:
`python -m tests.benchmarks.control_year [laboratories] [reports]`.

Prints seconds of each stage, detection delay and false alarms beside theory, and what a month of reports costs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import pandas as pd

from workbench.parameters.control_rules import rule_sets
from workbench.reports.iqc_evaluation import evaluated_months, year_to
from workbench.rounds.control_demonstration import register_year
from workbench.rounds.control_plan import ControlPlan, planned_reports
from workbench.rounds.control_reports import make_report, make_reports
from workbench.simulation.control_year import (
    FIRST_DAY,
    FaultPlan,
    YearSize,
    control_points_frame,
    simulate_control_year,
)
from workbench.simulation.fault_detection import fault_detection
from workbench.store import upgrade
from workbench.store.control_points import ControlLoad, add_control_points

ANALYTES = (
    *("K", "Na", "Cl", "Ca", "Phos", "Glu", "Urea", "UA", "Cre", "Alb", "TP", "TC", "TG", "ALT", "AST", "TBil", "ALP"),
    *("AMS", "CK", "LDH"),
)  # fmt: skip
SEED, CHUNK_DAYS, MONTH, WORKERS = 20261125, 30, "2026-12", 2


def said(what: str, start: float) -> float:
    """Print the seconds since a start; the time of now."""
    print(f"{what}: {time.perf_counter() - start:.1f} s", flush=True)
    return time.perf_counter()


def main(laboratories: int = 500, reports: int = 20) -> None:
    """Run every stage once."""
    start = time.perf_counter()
    size = YearSize(laboratories=laboratories, instruments=max(laboratories // 12, 1))
    year = simulate_control_year(ANALYTES, SEED, size, FaultPlan(rate=0.02))
    start = said(f"simulated {len(year.table):,} points, {len(year.truth)} faults", start)
    for name in ("one_material", "twelve"):
        found, alarms = fault_detection(year, rule_sets()[name])
        with pd.option_context("display.width", 200, "display.max_columns", 20):
            print(f"rule set {name}\n{found.round(3).to_string()}\n{alarms.round(5).to_string()}")
    start = said("detection and false alarms, two sets", start)
    with tempfile.TemporaryDirectory() as folder:
        store = upgrade(Path(folder) / "qc.sqlite")
        register_year(store, year)
        nothing = pd.DataFrame(columns=["place", "reason", "sent", "content"])
        for first in range(0, size.days, CHUNK_DAYS):
            frame = control_points_frame(year, (first, min(first + CHUNK_DAYS, size.days) - 1))
            load = ControlLoad(
                frame, nothing, f"days {first}", f"days {first}", len(frame), received_at=datetime(2027, 1, 1)
            )
            add_control_points(store, load)
        start = said("taken in", start)
        database = f"sqlite:///{folder}/qc.sqlite"
        evaluated = evaluated_months(database, year_to(MONTH), "twelve", "default")
        grades = evaluated.rows["grade"].value_counts().to_dict()
        start = said(f"read and evaluated, {len(evaluated.rows):,} rows, grades {grades}", start)
        codes = tuple(sorted(set(evaluated.rows["lab_code"])))[:reports]
        plan = ControlPlan(
            database, MONTH, ("lab",), codes, "zh_CN", "EQA", "2027-01-05T10:00:00+08:00", "twelve", "default", Path(folder)
        )  # fmt: skip
        planned = planned_reports(plan)
        make_report(planned[0])
        start = said("indexed, first report", start)
        made = [path for _, files, _ in make_reports(planned, WORKERS) for path in files]
        each = (time.perf_counter() - start) / max(len(codes), 1)
        said(f"{len(made)} files of {len(codes)} reports, {each:.2f} s a report", start)
        print(
            f"projected, not measured: {laboratories} reports in {laboratories * each / 60:.1f} min, {WORKERS} workers"
        )
    print(f"first day {FIRST_DAY}, month {MONTH}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
