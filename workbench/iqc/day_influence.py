"""Cells without the one day that moved them most: so that one day does not fail a laboratory."""

from __future__ import annotations

import numpy as np

from workbench.iqc.control_table import ControlTable
from workbench.iqc.laboratory_cells import LaboratoryCells, month_of_day
from workbench.iqc.moments import Moments, quotient, segment_moments, segment_starts
from workbench.iqc.streams import FloatArray, IntArray


def without_day(whole: Moments, day: Moments) -> Moments:
    """Moments of cells without some of their values, whose own moments are known.

    Notes
    -----
    Exact: mean (n m - k d)/(n - k); squares lose those of the day and k (d - m)^2 n/(n - k). Nothing left: NaN.
    """
    left = (whole.n - day.n).astype(np.float64)
    mean = quotient(whole.n * whole.mean - day.n * day.mean, left)
    apart = day.n * (day.mean - whole.mean) ** 2 * quotient(whole.n.astype(np.float64), left)
    squares = np.where(left > 0, np.maximum(whole.squares - day.squares - apart, 0.0), np.nan)
    return Moments(np.rint(left).astype(np.intp), mean, squares)


def without_worst_day(
    table: ControlTable, cells: LaboratoryCells, centre: FloatArray
) -> tuple[Moments, IntArray]:
    """Moments of monthly cells without the day that lies farthest from a centre.

    Parameters
    ----------
    table : the points the cells were made of. cells : by month.
    centre : shape (c,), what the day's weight is taken from (group mean); NaN: the cell's own mean.

    Returns
    -------
    Moments of shape (c,), and the day left out (days since 1970-01-01).

    Notes
    -----
    Farthest: the largest sum of squares of the day's points about the centre. Of equal days the first.
    """
    kept = table.counts & np.isfinite(table.value)
    kept &= np.isin(month_of_day(table.day), np.unique(cells.period))
    part = table if kept.all() else table.take(kept)
    starts = segment_starts(part.code, part.lot, part.day)
    days = segment_moments(part.value, starts)
    code, lot, day = part.code[starts], part.lot[starts], part.day[starts]
    cell = _cell_of(cells, code, lot, month_of_day(day))
    middle = np.where(np.isfinite(centre), centre, cells.moments.mean)[cell]
    pull = days.squares + days.n * (days.mean - middle) ** 2
    order = np.lexsort((day, -pull, cell))
    first = order[segment_starts(cell[order])]
    return without_day(cells.moments, days.take(first)), day[first].astype(np.intp)


def _cell_of(cells: LaboratoryCells, *codes: np.ndarray) -> IntArray:
    """Place of each stretch of one day among the cells."""
    mine = (cells.series, cells.lot, cells.period)
    key = np.zeros(len(codes[0]), dtype=np.int64)
    own = np.zeros(len(cells), dtype=np.int64)
    for column, of_cell in zip(codes, mine, strict=True):
        low = int(of_cell.min())
        width = int(of_cell.max()) - low + 1
        key = key * width + (column - low)
        own = own * width + (of_cell - low)
    return np.searchsorted(own, key).astype(np.intp)
