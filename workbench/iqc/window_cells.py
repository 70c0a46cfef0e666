"""Values of days joined over a window: what a filter is answered from without reading points again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.iqc.comparison import combined_codes
from workbench.iqc.day_influence import without_day
from workbench.iqc.laboratory_cells import LaboratoryCells
from workbench.iqc.moments import Moments
from workbench.iqc.streams import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class WindowCells:
    """Some days joined.

    Parameters
    ----------
    cells : one entry a series x lot, sorted by these; their period is 0.
    days : the days they were made of. into : shape (d,), the cell of each day.
    """

    cells: LaboratoryCells
    days: LaboratoryCells
    into: IntArray

    def spared(self, centre: FloatArray) -> Moments:
        """Moments of the cells without the day that lies farthest from a centre.

        Parameters
        ----------
        centre : shape (c,), usually the group's mean; NaN: the cell's own mean.

        Notes
        -----
        Farthest: the largest sum of squares of the day's values about the centre; of equal days the first.
        """
        own = self.days.moments
        middle = np.where(np.isfinite(centre), centre, self.cells.moments.mean)[self.into]
        pull = own.squares + own.n * (own.mean - middle) ** 2
        order = np.lexsort((self.days.period, -pull, self.into))
        first = order[np.unique(self.into[order], return_index=True)[1]]
        return without_day(self.cells.moments, own.take(first))


def window_cells(days: LaboratoryCells, kept: BoolArray) -> WindowCells:
    """Join the days that are kept, by series and lot.

    Parameters
    ----------
    days : cells whose period is a day, sorted by series, lot and day. kept : shape of the days.

    Examples
    --------
    >>> zero = np.zeros(2, dtype=int)
    >>> two = Moments(np.array([1, 1]), np.array([1.0, 3.0]), np.zeros(2))
    >>> found = window_cells(LaboratoryCells(zero, zero, np.array([5, 6]), two), np.ones(2, bool))
    >>> found.cells.moments.mean.tolist(), found.cells.moments.squares.tolist()
    ([2.0], [2.0])
    """
    inside = days.take(np.flatnonzero(kept))
    if not len(inside):
        return WindowCells(inside, inside, np.zeros(0, np.intp))
    into = combined_codes([inside.series, inside.lot])
    first = np.unique(into, return_index=True)[1]
    moments = inside.moments.merged(into, len(first))
    series, lot = inside.series[first], inside.lot[first]
    return WindowCells(LaboratoryCells(series, lot, np.zeros(len(first), np.intp), moments), inside, into)
