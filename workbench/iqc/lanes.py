"""Eight conditions on a point as eight bits, and rows of points that meet them, by doubling.

Bit i of the byte of a point is one condition (above +2 SD, below -2 SD ...). The bytes of n points in a row joined by
AND hold the conditions that all n meet; rows of 2, 4 and 8 points give those of any length in two or three steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.iqc.streams import BoolArray, FloatArray, IntArray

Bytes = NDArray[np.uint8]

HIGH_2, LOW_2, HIGH_1, LOW_1, ABOVE, BELOW, RISING, FALLING = (1 << k for k in range(8))
BEYOND = {2.0: HIGH_2 | LOW_2, 1.0: HIGH_1 | LOW_1, 0.0: ABOVE | BELOW}
"""Limit in SD -> the bits of its two sides."""
TREND = RISING | FALLING


def conditions(z: FloatArray, *, reaches: bool = False) -> Bytes:
    """The conditions of each point, shape (n,).

    Parameters
    ----------
    z : shape (n,), SD, without NaN.
    reaches : a value on the 1 or 2 SD limit is beyond it. On the mean is never beside it.
    """
    beyond = np.greater_equal if reaches else np.greater
    negative = -z
    found = np.zeros(len(z), dtype=np.uint8)
    for bit, (side, limit) in enumerate(((z, 2.0), (negative, 2.0), (z, 1.0), (negative, 1.0))):
        found |= beyond(side, limit).view(np.uint8) << np.uint8(bit)
    found |= (z > 0.0).view(np.uint8) << np.uint8(4)
    found |= (z < 0.0).view(np.uint8) << np.uint8(5)
    found[1:] |= (z[1:] > z[:-1]).view(np.uint8) << np.uint8(6)
    found[1:] |= (z[1:] < z[:-1]).view(np.uint8) << np.uint8(7)
    return found


class Rows:
    """Conditions met by every one of n points in a row.

    Parameters
    ----------
    lanes : shape (n,), as of `conditions`.
    starts : where each history begins; a row never reaches over a start.
    """

    def __init__(self, lanes: Bytes, starts: IntArray) -> None:
        self._rows = {1: lanes}
        self.starts = starts

    def of(self, length: int) -> Bytes:
        """Shape (n,): conditions of the last `length` points, rows over a start included (see `whole`)."""
        if length not in self._rows:
            half = 1 << ((length - 1).bit_length() - 1)
            front, back = self.of(half), self.of(length - half)
            row = np.zeros_like(front)
            np.bitwise_and(front[half:], back[:-half], out=row[half:])
            self._rows[length] = row
        return self._rows[length]

    def whole(self, hits: BoolArray, points: int) -> BoolArray:
        """Take away hits at points whose history has fewer than `points`; changes `hits` in place."""
        if points > 1 and len(hits):
            short = (self.starts[:, None] + np.arange(points - 1)).ravel()
            hits[short[short < len(hits)]] = False
        return hits
