"""Where a label can stand without touching marks and other labels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Box = tuple[float, float, float, float]
"""Left, right, top, bottom (pt)."""


def around(x: float, y: float, radius: float) -> Box:
    """The box of a mark."""
    return x - radius, x + radius, y - radius, y + radius


@dataclass
class Taken:
    """The boxes in use.

    Parameters
    ----------
    boxes : of marks and labels already placed.
    """

    boxes: list[Box] = field(default_factory=list)

    def is_free(self, box: Box) -> bool:
        """True if the box touches none in use."""
        left, right, top, bottom = box
        return not any(
            left < other[1] and right > other[0] and top < other[3] and bottom > other[2]
            for other in self.boxes
        )

    def first_free(self, candidates: Iterable[Box]) -> int | None:
        """Take the first free candidate and return its number; None when all are in use."""
        for number, box in enumerate(candidates):
            if self.is_free(box):
                self.boxes.append(box)
                return number
        return None
