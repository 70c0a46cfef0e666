"""Groups of unequal size as one sorted array with offsets.

Sorting the values inside each slice after a radix pass over the group codes is several times
cheaper than one index sort: a sort of values only is vectorised, a sort of indices is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.errors import DataError
from workbench.statistics.estimates import ArrayLike, FloatArray, IntArray

_RADIX_GROUPS = 1 << 16
"""Up to here codes fit 16 bits and numpy's stable argsort is a radix sort."""
_ROWS = 1 << 17
"""So many results are brought into group order at a time: more do not fit the processor's cache."""


@dataclass(frozen=True)
class Groups:
    """Results sorted by group, ascending inside each group.

    Parameters
    ----------
    values : shape (n_results,), unit of the results, all finite.
    offsets : shape (n_groups + 1,); group g is ``values[offsets[g]:offsets[g + 1]]``.
    """

    values: FloatArray
    offsets: IntArray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def n(self) -> IntArray:
        """Results per group, shape (n_groups,)."""
        return np.diff(self.offsets)

    def of(self, group: int) -> FloatArray:
        """The ascending values of one group."""
        return self.values[self.offsets[group] : self.offsets[group + 1]]

    def between(self, first: int, last: int) -> Groups:
        """Groups first to last - 1, without copying their results."""
        start, end = self.offsets[first], self.offsets[last]
        return Groups(self.values[start:end], self.offsets[first : last + 1] - start)

    def spread(self, per_group: FloatArray) -> FloatArray:
        """Repeat one number per group for each of its results, shape (n_results,)."""
        return np.repeat(per_group, self.n)


def block_bounds(groups: Groups, size: int) -> list[int]:
    """First group of each block of about `size` results, and the number of groups; one block at least."""
    inner = np.searchsorted(groups.offsets[1:-1], np.arange(size, groups.values.size, size), side="left") + 1
    return sorted({0, len(groups), *np.minimum(inner, len(groups)).tolist()}) if len(groups) else [0, 0]


def finite(values: ArrayLike) -> FloatArray:
    """Return a flat float copy without the NaN.

    Raises
    ------
    DataError
        When a value is infinite: that is a reading error, not a result.
    """
    flat = np.array(values, dtype=np.float64).ravel()
    if np.isinf(flat).any():
        raise DataError("A result is infinite. Correct the value or leave the cell empty.")
    return flat[~np.isnan(flat)]


def one_group(values: ArrayLike) -> Groups:
    """Make a single group of all values; NaN means "no result" and is left out."""
    flat = finite(values)
    flat.sort()
    return Groups(flat, np.array([0, flat.size], dtype=np.intp))


def group_values(values: ArrayLike, codes: ArrayLike, n_groups: int) -> Groups:
    """Sort results into their groups.

    Use it once per analyte, sample and peer-group level, then give the `Groups` to any
    ``*_groups`` estimator.

    Parameters
    ----------
    values : shape (n,), unit of the results; NaN means "no result" and is left out.
    codes : shape (n,), integer group of each result, 0 <= code < n_groups; a negative code leaves
        the result out.
    n_groups : number of groups; groups without results stay, with n = 0.

    Returns
    -------
    Groups
        Values ascending within each group, unit of the results, unrounded, without NaN.

    Raises
    ------
    ValueError
        When a code is n_groups or more, or the shapes differ.
    DataError
        When a value is infinite.

    Notes
    -----
    Codes decide alone: the order of the input changes nothing in the estimates.

    References
    ----------
    ISO 13528:2022, 10.3 (subgroups of a round); 42 CFR 493.2 (peer group).

    Examples
    --------
    >>> groups = group_values([3.0, 1.0, 9.0, 2.0], [0, 0, 2, 0], 3)
    >>> groups.values.tolist(), groups.offsets.tolist()
    ([1.0, 2.0, 3.0, 9.0], [0, 3, 3, 4])
    """
    numbers = np.asarray(values, dtype=np.float64)
    group = np.asarray(codes)
    if numbers.shape != group.shape or numbers.ndim != 1:
        raise ValueError(f"values {numbers.shape} and codes {group.shape} must be flat and of equal length")
    kept = ~np.isnan(numbers) & (group >= 0)
    if not kept.all():
        numbers, group = numbers[kept], group[kept]
    if group.size and int(group.max()) >= n_groups:
        raise ValueError(f"group code {int(group.max())} is not below n_groups = {n_groups}")
    if np.isinf(numbers).any():
        raise DataError("A result is infinite. Correct the value or leave the cell empty.")
    offsets = np.zeros(n_groups + 1, dtype=np.intp)
    np.cumsum(np.bincount(group.astype(np.intp, copy=False), minlength=n_groups), out=offsets[1:])
    ordered = _in_group_order(numbers, group, offsets)
    bounds = offsets.tolist()
    for start, end in pairwise(bounds):
        if end - start > 1:
            ordered[start:end].sort()
    return Groups(ordered, offsets)


def _in_group_order(numbers: FloatArray, group: IntArray, offsets: IntArray) -> FloatArray:
    """Bring results of one group together, each group in order of rows, a block of rows at a time."""
    n_groups = offsets.size - 1
    code = np.uint16 if n_groups <= _RADIX_GROUPS else np.int64
    if group.size <= _ROWS:
        return numbers[np.argsort(group.astype(code, copy=False), kind="stable")]
    ordered = np.empty(numbers.size)
    free = offsets[:-1].copy()
    for start in range(0, group.size, _ROWS):
        part = group[start : start + _ROWS].astype(code)
        count = np.bincount(part, minlength=n_groups)
        # Ascending places: the block is read at random inside the cache and written in order.
        place = np.arange(part.size) + np.repeat(free - (np.cumsum(count) - count), count)
        ordered[place] = numbers[start : start + _ROWS][np.argsort(part, kind="stable")]
        free += count
    return ordered


def slice_sums(values: FloatArray, start: IntArray, end: IntArray) -> FloatArray:
    """Sum of ``values[start:end]`` for ascending, disjoint slices; 0 for an empty one."""
    bounds = np.empty(2 * start.size, dtype=np.intp)
    bounds[::2], bounds[1::2] = start, end
    # The appended zero makes the end of the last slice a valid index; an empty slice would
    # return an element instead of zero.
    return np.where(end > start, np.add.reduceat(np.append(values, 0.0), bounds)[::2], 0.0)


def positions(
    values: FloatArray, groups: tuple[IntArray, IntArray], limit: FloatArray, *, right: bool
) -> IntArray:
    """Index of the first value not below (with right: above) a limit in each slice, side by side.

    `groups` is (start, end) of each slice; every slice is ascending.
    """
    low, high = groups[0].copy(), groups[1].copy()
    last = values.size - 1
    for _ in range(int((high - low).max(initial=0)).bit_length()):
        middle = (low + high) >> 1
        value = values[np.minimum(middle, last)]
        before = ((value <= limit) if right else (value < limit)) & (low < high)
        low = np.where(before, middle + 1, low)
        high = np.where(before, high, middle)
    return low


def largest(groups: Groups) -> FloatArray:
    """Largest |x| of each group; 0 for an empty one."""
    padded = np.append(groups.values, 0.0)
    first, last = padded[groups.offsets[:-1]], padded[np.maximum(groups.offsets[1:] - 1, 0)]
    return np.where(groups.n > 0, np.maximum(np.abs(first), np.abs(last)), 0.0)
