"""Scales and round axis numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.wording import printed

ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """A linear or logarithmic map from values to points on paper.

    Parameters
    ----------
    low, high : values at the ends; low < high.
    start, end : their places (pt).
    log : logarithmic; both ends above 0.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Place of a value (pt), also outside the axis."""
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def clipped(self, value: float) -> float:
        """Place of a value, moved to the nearer end when outside."""
        return self(min(max(value, self.low), self.high))

    def holds(self, value: float) -> bool:
        """True if the value lies on the axis."""
        return self.low <= value <= self.high


def finite(values: Iterable[float | None]) -> list[float]:
    """The numbers among values that may be missing."""
    return [value for value in values if value is not None and math.isfinite(value)]


def round_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers within an interval, about `count` of them.

    >>> round_ticks(0.0, 97.0)
    [0.0, 20.0, 40.0, 60.0, 80.0]
    >>> round_ticks(-0.3, 0.3, 3)
    [-0.2, 0.0, 0.2]
    """
    step = round_step((high - low) / max(count, 1))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest round step that is not below `least`."""
    if not least > 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(least))
    return next(factor * unit for factor in ROUND_STEPS if factor * unit >= least * (1 - 1e-9))


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5 in each decade of an interval; more digits where that leaves fewer than two."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [factor * 10.0**power for power in range(first, last + 1) for factor in (1, 2, 5)]
    inside = [float(f"{tick:.12g}") for tick in ticks if low <= tick <= high]
    return inside if len(inside) >= 2 else round_ticks(low, high, 3)


def tick_texts(ticks: Sequence[float], signed: bool = False) -> list[str]:
    """Axis numbers, all with the decimals the finest of them needs.

    >>> tick_texts([-0.5, 0.0, 0.5]), tick_texts([100.0, 200.0])
    (['−0.5', '0.0', '0.5'], ['100', '200'])
    """
    decimals = max((decimals_of(tick) for tick in ticks), default=0)
    return [printed(tick, decimals, signed) for tick in ticks]


def decimals_of(value: float) -> int:
    """Decimals a round number needs, six at most."""
    return next((d for d in range(6) if abs(round(value, d) - value) < 1e-9 * max(1.0, abs(value))), 6)


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """An interval widened on both sides; never of zero width."""
    if not high > low:
        room = abs(low) * 0.1 or 1.0
        return low - room, high + room
    room = (high - low) * share
    return low - room, high + room
