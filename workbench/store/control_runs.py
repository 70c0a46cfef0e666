"""Numbers of runs for points whose source does not number them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from workbench.iqc.control_table import RUNS_A_DAY
from workbench.store.reading import read_frame
from workbench.store.schema import control as tables

SAME_RUN_SECONDS = 1800
"""Points of a chart this close in time belong to one run, unless the run holds such a point already."""

FIRST_TIMED, SLOT_SECONDS = 100, 120
"""A run without a number is 100 and the two-minute slot of its first point: in order of time whenever it arrives."""

_CHART = ["lab_id", "analyte", "instrument", "reagent", "sub_type", "calibrator"]

__all__ = ["RUNS_A_DAY", "number_runs"]


Member = tuple[int, int, int, bool]
"""Series, lot, replicate, manual."""


@dataclass
class _Day:
    """Runs of one chart on one day: number -> times, and who is in it."""

    times: dict[int, list[int]] = field(default_factory=dict)
    members: dict[tuple[int, Member], int] = field(default_factory=dict)

    def add(self, number: int, second: int, member: Member) -> None:
        self.times.setdefault(number, []).append(second)
        self.members[number, member] = second

    def run_for(self, second: int, member: Member) -> int:
        """The run the point belongs to: within reach, it lacks it or holds this very point; one that holds the other
        track of it first, then the nearest."""
        other = (*member[:3], not member[3])
        near = sorted(
            ((number, other) not in self.members, min(abs(second - t) for t in times), number)
            for number, times in self.times.items()
        )
        for _, apart, number in near:
            there = self.members.get((number, member))
            if apart <= SAME_RUN_SECONDS and there in (None, second):
                return number
        number = FIRST_TIMED + second // SLOT_SECONDS
        while number in self.times:
            number += 1
        return number


def number_runs(connection: Connection, points: pd.DataFrame) -> np.ndarray:
    """Number of the run of each point; those that have one keep it.

    Parameters
    ----------
    points : series_id, lot_id, day, second, run_no, replicate, is_manual, track; run_no 0 where there is none.

    Notes
    -----
    The other levels of a run, and the manual value of an automatic point, have the run's number when they come within
    half an hour. Numbers follow the time of day, so that a message that comes late stands where it belongs.
    """
    numbers = points["run_no"].to_numpy(np.int64).copy()
    open_rows = np.flatnonzero(numbers == 0)
    if not len(open_rows):
        return numbers
    chart = _charts(connection)
    days = _days_in_store(connection, points.iloc[open_rows], chart)
    order = points.sort_values(["day", "second", "series_id", "replicate"], kind="stable").index
    for place in order:
        row = points.loc[place]
        where = (chart[int(row["series_id"])], int(row["day"]))
        member = (int(row["series_id"]), int(row["lot_id"]), int(row["replicate"]), bool(row["is_manual"]))
        day = days.setdefault(where, _Day())
        if numbers[place] == 0:
            numbers[place] = day.run_for(int(row["second"]), member)
        day.add(int(numbers[place]), int(row["second"]), member)
    return numbers


def _charts(connection: Connection) -> dict[int, int]:
    """Series -> chart: the levels of one laboratory, analyte and system share one."""
    own = tables.CONTROL_SERIES.c
    rows = read_frame(connection, select(own.series_id, *(own[name] for name in _CHART)))
    code = pd.factorize(pd.MultiIndex.from_frame(rows[_CHART]))[0]
    return dict(zip(rows["series_id"].tolist(), code.tolist(), strict=True))


def _days_in_store(
    connection: Connection, points: pd.DataFrame, chart: dict[int, int]
) -> dict[tuple[int, int], _Day]:
    """What the store holds of the charts and days concerned."""
    own = tables.CONTROL_POINT.c
    wanted = {chart[s] for s in points["series_id"].unique().tolist()}
    series = [s for s, c in chart.items() if c in wanted]
    low, high = int(points["day"].min()) * RUNS_A_DAY, (int(points["day"].max()) + 1) * RUNS_A_DAY
    columns = (own.series_id, own.run, own.lot_id, own.replicate, own.is_manual, own.second)
    days: dict[tuple[int, int], _Day] = {}
    for first in range(0, len(series), 500):
        chosen = own.series_id.in_(series[first : first + 500]) & own.run.between(low, high)
        for s, run, lot, replicate, manual, second in connection.execute(select(*columns).where(chosen)):
            day = days.setdefault((chart[s], run // RUNS_A_DAY), _Day())
            day.add(run % RUNS_A_DAY, second, (s, lot, replicate, bool(manual)))
    return days
