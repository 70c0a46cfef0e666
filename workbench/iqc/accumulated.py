"""EWMA and CUSUM of many histories at once: one step in time for all of them together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workbench.iqc.streams import BoolArray, FloatArray, IntArray


def _steps(starts: IntArray, n: int) -> Iterator[tuple[int, IntArray]]:
    """For each step in time: how many histories still go on, and where their points stand (longest first)."""
    length = np.diff(np.append(starts, n))
    longest = np.argsort(-length, kind="stable")
    begins, ends = starts[longest], length[longest]
    steps = int(ends[0]) if len(ends) else 0
    active = np.searchsorted(-ends, -np.arange(steps), side="left")
    for t, count in enumerate(active.tolist()):
        yield count, begins[:count] + t


def ewma_hits(z: FloatArray, starts: IntArray, weight: float, limit: float) -> BoolArray:
    """Points where the exponentially weighted mean is outside its limit.

    E_t = w z_t + (1 - w) E_(t-1), E_0 = 0; limit L sqrt(w/(2 - w) (1 - (1 - w)^(2t))).

    Parameters
    ----------
    z : shape (n,), SD, without NaN. starts : where histories begin: E and t start anew.

    Notes
    -----
    Exactly on the limit is inside. The mean is not reset after a hit.

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, 9.2.

    Examples
    --------
    >>> ewma_hits(np.array([0.0, 2.0, 3.0, 3.0]), np.array([0]), 0.2, 3.0).tolist()
    [False, False, True, True]
    """
    hits = np.zeros(len(z), dtype=bool)
    here = np.zeros(len(starts))
    for t, (count, places) in enumerate(_steps(starts, len(z)), start=1):
        here = here[:count]
        here *= 1.0 - weight
        here += weight * z[places]
        width = limit * np.sqrt(weight / (2.0 - weight) * (1.0 - (1.0 - weight) ** (2 * t)))
        hits[places] = np.abs(here) > width
    return hits


def cusum_hits(z: FloatArray, starts: IntArray, slack: float, limit: float) -> BoolArray:
    """Points where one of the two cumulative sums is above its limit.

    C+ = max(0, z - k + C+), C- = max(0, -z - k + C-), both from 0.

    Parameters
    ----------
    z : shape (n,), SD, without NaN. starts : where histories begin: both sums start anew.
    slack, limit : k and h, SD.

    Notes
    -----
    Exactly h is no hit. The sums are not reset after a hit.

    References
    ----------
    Montgomery, Introduction to Statistical Quality Control, 9.1.

    Examples
    --------
    >>> cusum_hits(np.array([1.0, 2.0, 3.0, 2.0]), np.array([0]), 0.5, 4.0).tolist()
    [False, False, True, True]
    """
    hits = np.zeros(len(z), dtype=bool)
    upper, lower = np.zeros(len(starts)), np.zeros(len(starts))
    for count, places in _steps(starts, len(z)):
        now = z[places]
        upper = np.maximum(0.0, upper[:count] + now - slack)
        lower = np.maximum(0.0, lower[:count] - now - slack)
        hits[places] = (upper > limit) | (lower > limit)
    return hits
