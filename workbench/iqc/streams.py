"""Control points of all laboratories as columns of numbers, in the order in which rules look at them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import DataError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
Integers = NDArray[np.integer[Any]]
BoolArray = NDArray[np.bool_]

Z_DECIMALS = 9
"""Digits of z that are kept: a value exactly on a limit by its reported digits is then exactly on it."""


def control_z(value: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> FloatArray:
    """Deviation of control values from their targets in SD.

    Parameters
    ----------
    value, mean, sd : shapes that broadcast, unit of the analyte; NaN where there is none.

    Returns
    -------
    Shape of the arguments, dimensionless, rounded to nine decimals; NaN without a value or target and where the
    SD is not above zero.

    Notes
    -----
    (5.3 - 5.1)/0.1 is 2.0000000000000018 in binary floats and would exceed 2. Rounding to nine decimals decides as
    the reported digits do for values and targets of up to eight significant digits.

    Examples
    --------
    >>> control_z([5.3, 5.31, 5.3], 5.1, [0.1, 0.1, 0.0]).tolist()
    [2.0, 2.1, nan]
    """
    x, m, s = (np.asarray(a, dtype=np.float64) for a in (value, mean, sd))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(s > 0, (x - m) / s, np.nan)
    return np.asarray(np.round(z, Z_DECIMALS), dtype=np.float64)


@dataclass(frozen=True)
class ControlStreams:
    """Control points, one entry each, sorted by series and then by run.

    Parameters
    ----------
    z : shape (n,), SD; NaN cannot be judged and takes no part in any history.
    series : shape (n,), ascending; laboratory x analyte x system x level (one material, whatever its lot).
    chart : shape (n,), ascending; laboratory x analyte x system: all levels together.
    run : shape (n,); number of the run in its chart, dense from 0 over all charts, later runs later.
    epoch : shape (n,); another number from the point on where lot, mean or SD of the series changes.
    materials : by chart, its number of series; counted unless given (some points may have been taken away).

    Raises
    ------
    DataError
        when the order is not that.
    """

    z: FloatArray
    series: Integers
    chart: Integers
    run: Integers
    epoch: Integers
    materials: IntArray | None = None

    def __post_init__(self) -> None:
        same = self.series[1:] == self.series[:-1]
        ordered = (self.series[1:] >= self.series[:-1]).all() and (self.run[1:] >= self.run[:-1])[same].all()
        if not ordered:
            raise DataError("Control points must be sorted by series and run; sort them before judging.")

    def __len__(self) -> int:
        return len(self.z)

    def take(self, kept: BoolArray | IntArray) -> ControlStreams:
        """Some of the points, in the same order; charts keep their number of materials."""
        series, chart, run, epoch = (c[kept] for c in (self.series, self.chart, self.run, self.epoch))
        return ControlStreams(self.z[kept], series, chart, run, epoch, self.levels)

    def without(self, runs: BoolArray) -> ControlStreams:
        """The points of the other runs, which are numbered as if those runs had never been.

        Parameters
        ----------
        runs : by number of run, true for those to leave out.
        """
        kept = self.take(~runs[self.run])
        return replace(kept, run=kept.run - np.cumsum(runs)[kept.run])

    @cached_property
    def levels(self) -> IntArray:
        """By chart: its number of materials."""
        if self.materials is not None:
            return self.materials
        return np.bincount(self.chart[self.new_series])

    @cached_property
    def n_runs(self) -> int:
        """Runs that may occur: the highest number and one."""
        return int(self.run.max()) + 1 if len(self) else 0

    @cached_property
    def new_series(self) -> BoolArray:
        """Shape (n,): the first point of a series."""
        first = np.ones(len(self), dtype=bool)
        np.not_equal(self.series[1:], self.series[:-1], out=first[1:])
        return first

    @cached_property
    def new_epoch(self) -> BoolArray:
        """Shape (n,): the first point of a series with another lot or target."""
        changed = np.zeros(len(self), dtype=bool)
        np.not_equal(self.epoch[1:], self.epoch[:-1], out=changed[1:])
        return changed & ~self.new_series

    @cached_property
    def new_run(self) -> BoolArray:
        """Shape (n,): the first point of its series in a run."""
        first = self.new_series.copy()
        first[1:] |= self.run[1:] != self.run[:-1]
        return first

    @cached_property
    def by_run(self) -> IntArray:
        """Positions of the points by run, and by series (level) within a run."""
        return np.argsort(self.run, kind="stable")
