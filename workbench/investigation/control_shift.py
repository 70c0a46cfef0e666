"""A step in a series of internal control before a round: its day and its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.iqc.streams import Integers

CLIPPED = 12.0
LEAST_SIDE = 5
"""Days on either side of a step."""

SIZE, GAIN = 3.0, 250.0
"""Least size (SD) of a step that is reported, and least gain in sums of squares (variances of the noise)."""


@dataclass(frozen=True)
class ControlStep:
    """A step: day since 1970-01-01 on which it is first seen; its size in SD of the control, medians after and before."""

    day: int
    size: float


def control_step(day: Integers, z: FloatArray) -> ControlStep | None:
    """The step that a series of daily means shows, None without one.

    Parameters
    ----------
    day : shape (d,), ascending. z : shape (d,), mean over the levels of each day; NaN is left out.

    Notes
    -----
    Least squares over every place of the step with five days on either side; z is clipped at 12, so that a blunder
    is no step. The variance of the noise is half the mean square of successive differences.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = rng.standard_normal(90) * 0.7 + np.where(np.arange(90) < 60, 0.0, 4.0)
    >>> control_step(np.arange(90), z).day
    60
    >>> control_step(np.arange(90), rng.standard_normal(90)) is None
    True
    """
    kept = np.isfinite(z)
    days, y = np.asarray(day)[kept], np.clip(z[kept], -CLIPPED, CLIPPED)
    n = len(y)
    if n < 2 * LEAST_SIDE + 1:
        return None
    noise = max(float(np.mean(np.diff(y) ** 2)) / 2.0, 1e-6)
    total = np.cumsum(y)
    place = np.arange(LEAST_SIDE, n - LEAST_SIDE + 1)
    before, after = total[place - 1] / place, (total[-1] - total[place - 1]) / (n - place)
    gain = place * (n - place) / n * (after - before) ** 2 / noise
    best = int(np.argmax(gain))
    if abs(after[best] - before[best]) < SIZE or gain[best] < GAIN:
        return None
    at, whole = int(place[best]), z[kept]
    return ControlStep(int(days[at]), float(np.median(whole[at:]) - np.median(whole[:at])))
