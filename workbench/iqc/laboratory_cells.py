"""What one laboratory measured in one period: moments by series, lot and month, and over the months of a lot."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.iqc.control_table import ControlTable
from workbench.iqc.moments import Moments, quotient, segment_moments, segment_starts
from workbench.iqc.streams import FloatArray, IntArray, Integers


@dataclass(frozen=True)
class LaboratoryCells:
    """One entry a laboratory x analyte x level x system x lot x period, sorted by series, lot and period.

    Parameters
    ----------
    series, lot : shape (c,), codes of the table. period : shape (c,), months since 1970-01 or another number.
    moments : of the values, unit of the analyte.
    """

    series: Integers
    lot: Integers
    period: Integers
    moments: Moments

    def __len__(self) -> int:
        return len(self.series)

    def take(self, places: IntArray) -> LaboratoryCells:
        """Some of the cells."""
        return LaboratoryCells(
            self.series[places], self.lot[places], self.period[places], self.moments.take(places)
        )


def month_of_day(day: Integers) -> Integers:
    """Months since 1970-01 of days since 1970-01-01; looked up, not computed for each."""
    if not len(day):
        return np.zeros(0, np.int32)
    low, high = int(day.min()), int(day.max())
    known = np.arange(low, high + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    return known[day - low]


def month_text(period: int) -> str:
    """Year and month of a number of months since 1970-01.

    >>> month_text(675)
    '2026-04'
    """
    return f"{1970 + period // 12}-{period % 12 + 1:02d}"


def month_number(month: str) -> int:
    """Months since 1970-01 of a year and month; the inverse of `month_text`."""
    year, number = month.split("-")
    return (int(year) - 1970) * 12 + int(number) - 1


def laboratory_cells(table: ControlTable, period: Integers | None = None) -> LaboratoryCells:
    """Moments of every series, lot and period.

    Parameters
    ----------
    period : shape (n,) of the points, a number each; None: months.

    Notes
    -----
    Points that do not count, and points without a number, are in no cell. Stretches of neighbouring points are summed
    first; a lot that comes back (two lots in parallel) makes further stretches, which are joined.
    """
    kept = table.counts & np.isfinite(table.value)
    whole = bool(kept.all())
    part = table if whole else table.take(kept)
    if period is None:
        period = month_of_day(part.day)
    elif not whole:
        period = period[kept]
    starts = segment_starts(part.code, part.lot, period)
    stretches = segment_moments(part.value, starts)
    return _joined(LaboratoryCells(part.code[starts], part.lot[starts], period[starts], stretches))


def _joined(stretches: LaboratoryCells) -> LaboratoryCells:
    """Stretches of the same series, lot and period as one cell each, sorted."""
    order = np.lexsort((stretches.period, stretches.lot, stretches.series))
    inside = stretches.take(order)
    if not len(inside):
        return inside
    starts = segment_starts(inside.series, inside.lot, inside.period)
    if len(starts) == len(inside):
        return inside
    into = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(inside))))
    moments = inside.moments.merged(into, len(starts))
    return replace(inside.take(starts), moments=moments)


def cumulative(cells: LaboratoryCells) -> Moments:
    """Moments of all periods of the same series and lot up to each cell.

    Notes
    -----
    Total squares: those inside the periods and those between their means (standard texts' "cumulative SD").

    Examples
    --------
    >>> one = np.zeros(2, dtype=int)
    >>> months = Moments(np.array([2, 2]), np.array([1.0, 3.0]), np.array([2.0, 2.0]))
    >>> cumulative(LaboratoryCells(one, one, np.array([0, 1]), months)).sd.round(4).tolist()
    [1.4142, 1.633]
    """
    if not len(cells):
        return cells.moments
    starts = segment_starts(cells.series, cells.lot)
    length = np.diff(np.append(starts, len(cells)))
    base = np.repeat(cells.moments.mean[starts], length)
    apart = cells.moments.mean - base

    def running(x: FloatArray) -> FloatArray:
        total = np.cumsum(x)
        return total - np.repeat(total[starts] - x[starts], length)

    n = running(cells.moments.n.astype(np.float64))
    shift = quotient(running(cells.moments.n * apart), n)
    squares = running(cells.moments.squares + cells.moments.n * apart**2) - n * shift**2
    return Moments(np.rint(n).astype(np.intp), base + shift, np.maximum(squares, 0.0))
