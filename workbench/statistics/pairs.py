"""Distances between all pairs of results, counted on distinct values.

Results are reported on a decimal grid, so a group of thousands has a few hundred distinct values;
where it has more, only the distances near the wanted rank are listed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import FloatArray, IntArray

_NOISE = 4.0 * float(np.finfo(np.float64).eps)
"""Differences closer than this share of max|x| are equal: 0.3 - 0.2 is not 0.2 - 0.1 in binary."""
_ALL_PAIRS = 300
"""Up to so many distinct values all their distances are listed (45,000)."""
_BISECTIONS = 60


@dataclass(frozen=True)
class PairDistances:
    """Ascending distinct distances and how many pairs are at most so far apart.

    Parameters
    ----------
    distance : shape (n,), unit of the results; the first entry is 0 (or the start of the window).
    upto : shape (n,), pairs at or below each distance.
    equal, total : pairs of equal results, and all pairs.
    """

    distance: FloatArray
    upto: FloatArray
    equal: float
    total: float


def distinct(ascending: FloatArray, tolerance: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Distinct values of an ascending array and how often each occurs (as floats).

    A gap of no more than the tolerance does not separate two values.
    """
    start = np.flatnonzero(np.concatenate(([True], np.diff(ascending) > tolerance)))
    return ascending[start], np.diff(np.append(start, ascending.size)).astype(np.float64)


def _reach(value: FloatArray, width: float) -> IntArray:
    """For each distinct value, the index after the last one at most `width` above it."""
    if np.isinf(width):
        return np.full(value.size, value.size, dtype=np.intp)
    return np.maximum(np.searchsorted(value, value + width, side="right"), np.arange(1, value.size + 1))


def _pairs_upto(value: FloatArray, before: FloatArray, width: float) -> float:
    """Pairs of unequal results at most `width` apart; `before` counts the results below each value."""
    first = np.arange(1, value.size + 1)
    return float(np.sum(np.diff(before) * (before[_reach(value, width)] - before[first])))


def _bisect(value: FloatArray, before: FloatArray, pairs: float) -> tuple[float, float]:
    """Widths with fewer than, and with at least, the given number of pairs, as close as doubles go."""
    low, high = 0.0, float(value[-1] - value[0])
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if _pairs_upto(value, before, middle) < pairs:
            low = middle
        else:
            high = middle
    return low, high


def _window(value: FloatArray, before: FloatArray, wanted: float, noise: float) -> tuple[float, float]:
    """Widths that enclose the distance at the wanted rank and one more distance on either side."""
    # Copies of one distance that differ by noise must stay on the same side of every bound.
    below, above = _bisect(value, before, wanted)
    below, above = max(below - 2.0 * noise, 0.0), above + 2.0 * noise
    under = _bisect(value, before, _pairs_upto(value, before, below))[0]
    over = _bisect(value, before, _pairs_upto(value, before, above) + 1.0)[1]
    return max(under - 2.0 * noise, 0.0), over + 2.0 * noise


def _listed(value: FloatArray, count: FloatArray, low: float, high: float) -> tuple[FloatArray, FloatArray]:
    """Distances in (low, high] between distinct values and the pairs of results at each."""
    first, last = _reach(value, low), _reach(value, high)
    n = last - first
    i = np.repeat(np.arange(value.size), n)
    j = np.arange(i.size) + np.repeat(first - (np.cumsum(n) - n), n)
    distance = value[j] - value[i]
    order = np.argsort(distance)
    return distance[order], (count[i] * count[j])[order]


def pair_distances(
    ascending: FloatArray, rank: float | None = None, bound: float = float("inf")
) -> PairDistances:
    """Distances around the given rank (all of them unless there are very many).

    Parameters
    ----------
    ascending : shape (n,), n >= 2, unit of the results.
    rank : pairs, the equal ones included, that the wanted distance has at or below it; None for a
        quarter of the unequal pairs, where the Q method reads.
    bound : no distance beyond it is wanted; it spares listing them.

    Notes
    -----
    Distances that differ by binary noise only are one distance, else ties are counted wrongly.
    """
    noise = _NOISE * max(abs(float(ascending[0])), abs(float(ascending[-1])))
    value, count = distinct(ascending, noise)
    before = np.concatenate(([0.0], np.cumsum(count)))
    equal, total = (
        float(np.sum(count * (count - 1.0)) / 2.0),
        float(ascending.size * (ascending.size - 1) / 2),
    )
    # Distances between distinct values may exceed those between results by noise.
    low, high = 0.0, bound + 4.0 * noise
    if value.size > _ALL_PAIRS:
        wanted = 0.25 * (total - equal) if rank is None else rank - equal
        low, high = _window(value, before, wanted, noise)
    distance, pairs = _listed(value, count, low, high)
    distance = np.concatenate(([low], distance))
    pairs = np.concatenate(([equal + _pairs_upto(value, before, low)], pairs))
    distance, pairs = _runs(distance, pairs, noise)
    return PairDistances(distance, np.cumsum(pairs), equal, total)


def _runs(distance: FloatArray, weight: FloatArray, noise: float) -> tuple[FloatArray, FloatArray]:
    """Distinct ascending distances with the weights of their copies added up."""
    start = np.flatnonzero(np.concatenate(([True], np.diff(distance) > noise)))
    return distance[start], np.add.reduceat(weight, start)


def merged(distance: FloatArray, weight: FloatArray, largest: float) -> tuple[FloatArray, FloatArray]:
    """Sort distances, put 0 in front, and merge those that differ by binary noise of results up to `largest`."""
    order = np.argsort(distance, kind="stable")
    ascending = np.concatenate(([0.0], distance[order]))
    return _runs(ascending, np.concatenate(([0.0], weight[order])), _NOISE * largest)
