"""Control points of all laboratories as a table of numbers: what rules, comparison and watch are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.frames.control import CONTROL_SERIES
from workbench.iqc.streams import BoolArray, ControlStreams, FloatArray, IntArray, Integers, control_z

CHART_KEYS = ("lab_code", "analyte", "instrument", "reagent", "sub_type", "calibrator")
SERIES_KEYS = ("lab_code", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator")
RUNS_A_DAY = 1000
"""A run is written day x 1000 + number of the run on its day."""


@dataclass(frozen=True)
class ControlTable:
    """Points, one entry each, sorted by series and then by run.

    Parameters
    ----------
    series : one row a series, columns of CONTROL_SERIES, in the order of the codes.
    lots : lots of control material in the order of their codes.
    code : shape (n,), ascending: row of `series`.
    lot : shape (n,): place in `lots`.
    run : shape (n,): day since 1970-01-01 x 1000 + number of the run on its day.
    value : shape (n,), unit of the analyte; NaN where there is no number.
    counts : shape (n,): takes part in statistics (not excluded).
    point : shape (n,): number of the point in the store, -1 where it has none.

    Raises
    ------
    DataError
        when the order is not that.
    """

    series: pd.DataFrame
    lots: tuple[str, ...]
    code: Integers
    lot: Integers
    run: Integers
    value: FloatArray
    counts: BoolArray
    point: Integers

    def __post_init__(self) -> None:
        same = self.code[1:] == self.code[:-1]
        if not ((self.code[1:] >= self.code[:-1]).all() and (self.run[1:] >= self.run[:-1])[same].all()):
            raise DataError("Control points must be sorted by series and run.")

    def __len__(self) -> int:
        return len(self.value)

    def take(self, kept: BoolArray | IntArray) -> ControlTable:
        """Some of the points; the series stay."""
        return ControlTable(
            self.series,
            self.lots,
            self.code[kept],
            self.lot[kept],
            self.run[kept],
            self.value[kept],
            self.counts[kept],
            self.point[kept],
        )

    @cached_property
    def day(self) -> Integers:
        """Shape (n,): days since 1970-01-01."""
        return (self.run // RUNS_A_DAY).astype(np.int32)

    @cached_property
    def chart(self) -> IntArray:
        """Shape (number of series,): the chart of each series; charts are numbered in the order of the codes."""
        return pd.factorize(pd.MultiIndex.from_frame(self.series[list(CHART_KEYS)]))[0].astype(np.intp)


def control_table(points: pd.DataFrame, laboratories: pd.DataFrame | None = None) -> ControlTable:
    """The table of a frame of points.

    Parameters
    ----------
    points : columns of CONTROL_POINTS; optional `counts` (false: excluded) and `point_id`.
    laboratories : lab_code, region, hospital_level; None leaves both empty.

    Notes
    -----
    Levels of one chart stand beside each other, lower levels first.
    """
    keys = points[list(SERIES_KEYS)].astype(str)
    series = keys.drop_duplicates().sort_values([*CHART_KEYS, "level"], ignore_index=True)
    code = series.reset_index().merge(keys, on=list(SERIES_KEYS), how="right")["index"].to_numpy()
    lot, lots = pd.factorize(points["qc_lot"].astype(str), sort=True)
    seconds = points["run_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    number = points["run_no"].to_numpy(np.int64)
    run = seconds // 86_400 * RUNS_A_DAY + np.clip(number, 0, RUNS_A_DAY - 1)
    order = np.lexsort((points["replicate"].to_numpy(), run, code))
    counts = points["counts"].to_numpy(bool) if "counts" in points else np.ones(len(points), bool)
    number_of = points["point_id"].to_numpy() if "point_id" in points else np.full(len(points), -1)
    who = series.assign(region="", hospital_level="")
    if laboratories is not None:
        place = laboratories.drop_duplicates("lab_code")[["lab_code", "region", "hospital_level"]]
        who = series.merge(place, on="lab_code", how="left")
    return ControlTable(
        CONTROL_SERIES.checked(who),
        tuple(str(name) for name in lots),
        code[order].astype(np.int32),
        lot[order].astype(np.int32),
        run[order],
        points["value"].to_numpy(np.float64)[order],
        counts[order],
        number_of[order],
    )


def control_streams(table: ControlTable, mean: FloatArray, sd: FloatArray) -> ControlStreams:
    """What the rules look at.

    Parameters
    ----------
    mean, sd : shape (n,), the target in force at each point, unit of the analyte; NaN where there is none.

    Notes
    -----
    Another lot, mean or SD begins a new epoch. Runs are numbered by chart in order of time.
    """
    chart = table.chart[table.code]
    changed = np.zeros(len(table), dtype=bool)
    for column in (table.lot, mean, sd):
        changed[1:] |= column[1:] != column[:-1]
    run = _dense_runs(chart, table.run)
    z = control_z(table.value, mean, sd)
    return ControlStreams(z, table.code, chart, run, np.cumsum(changed, dtype=np.int32))


def _dense_runs(chart: IntArray, run: Integers) -> IntArray:
    """Numbers of runs over all charts, by chart and time."""
    if not len(run):
        return np.zeros(0, np.intp)
    low = int(run.min())
    width = int(run.max()) - low + 1
    return np.unique(chart.astype(np.int64) * width + (run - low), return_inverse=True)[1].astype(np.intp)
