"""Count, mean and sum of squares of many cells at once, and how cells join."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.iqc.streams import BoolArray, FloatArray, IntArray, Integers


@dataclass(frozen=True)
class Moments:
    """First two moments of cells of values.

    Parameters
    ----------
    n : shape (c,), values. mean : shape (c,), unit of the values; NaN without a value.
    squares : shape (c,), sum of squared deviations from the mean, unit squared.
    """

    n: IntArray
    mean: FloatArray
    squares: FloatArray

    @property
    def sd(self) -> FloatArray:
        """Sample SD (n - 1), unit of the values; NaN with fewer than two."""
        return np.sqrt(quotient(self.squares, np.where(self.n > 1, self.n - 1.0, np.nan)))

    @property
    def cv(self) -> FloatArray:
        """Per cent of the absolute mean; NaN with fewer than two values or a mean of zero."""
        return 100.0 * quotient(self.sd, np.abs(self.mean))

    def take(self, places: IntArray | BoolArray) -> Moments:
        """Some of the cells."""
        return Moments(self.n[places], self.mean[places], self.squares[places])

    def scaled(self, factor: FloatArray) -> Moments:
        """The moments of values multiplied by a factor of their cell."""
        return Moments(self.n, self.mean * factor, self.squares * factor**2)

    def merged(self, into: Integers, n_cells: int) -> Moments:
        """Cells joined: as if all their values were one.

        Parameters
        ----------
        into : shape (c,), the new cell of each cell, 0 to n_cells - 1.

        Notes
        -----
        Squares are those within the cells and n (mean - M)^2 between them. Without the second term ("pooled") the
        SD would hide shifts.

        Examples
        --------
        >>> months = Moments(np.array([2, 2]), np.array([1.0, 3.0]), np.array([2.0, 2.0]))
        >>> months.merged(np.array([0, 0]), 1).sd.round(4).tolist()
        [1.633]
        """
        mean = np.where(self.n > 0, self.mean, 0.0)
        n: FloatArray = np.bincount(into, self.n, n_cells).astype(np.float64)
        joined = quotient(np.bincount(into, self.n * mean, n_cells).astype(np.float64), n)
        apart = np.where(self.n > 0, mean - joined[into], 0.0)
        squares = np.bincount(into, self.squares + self.n * apart**2, n_cells).astype(np.float64)
        return Moments(n.astype(np.intp), joined, squares)


def quotient(above: FloatArray, below: FloatArray) -> FloatArray:
    """Element by element; NaN where the divisor is zero or NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(below != 0, above / np.where(below != 0, below, 1.0), np.nan))


def segment_starts(*codes: Integers) -> IntArray:
    """Where any of the codes changes: the first position of each stretch of equal codes.

    Parameters
    ----------
    codes : shape (n,) each, n > 0.
    """
    changed = codes[0][1:] != codes[0][:-1]
    for code in codes[1:]:
        changed |= code[1:] != code[:-1]
    return np.concatenate([[0], np.flatnonzero(changed) + 1]) if len(codes[0]) else np.zeros(0, np.intp)


def segment_moments(values: FloatArray, starts: IntArray) -> Moments:
    """Moments of stretches of neighbouring values.

    Parameters
    ----------
    values : shape (n,), without NaN. starts : shape (c,), ascending, the first 0.

    Notes
    -----
    Two passes in the order of memory: the mean, then deviations from it.

    Examples
    --------
    >>> segment_moments(np.array([1.0, 3.0, 5.0]), np.array([0, 2])).mean.tolist()
    [2.0, 5.0]
    """
    if not len(values):
        return Moments(np.zeros(0, np.intp), np.zeros(0), np.zeros(0))
    n = np.diff(np.append(starts, len(values)))
    mean = np.add.reduceat(values, starts) / n
    squares = np.empty(len(starts))
    first = 0
    while first < len(starts):
        end = int(np.searchsorted(starts, starts[first] + _CHUNK))
        end = max(end, first + 1)
        low = starts[first]
        high = starts[end] if end < len(starts) else len(values)
        apart = values[low:high] - np.repeat(mean[first:end], n[first:end])
        apart *= apart
        squares[first:end] = np.add.reduceat(apart, starts[first:end] - low)
        first = end
    return Moments(n, mean, squares)


_CHUNK = 1 << 15
"""Values worked on at a time: they fit the processor's cache."""
