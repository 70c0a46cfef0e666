"""One laboratory x analyte under investigation, and one hypothesis about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.investigation.likelihood import log_sum, student
from workbench.investigation.noise_model import NoiseModel


@dataclass(frozen=True)
class Cell:
    """The numeric results of one laboratory on one analyte, and what they are held against.

    m numeric results out of the n samples of the round, in vial order.

    Attributes
    ----------
    samples : positions of the m results in the round.
    value : shape (m,). text : as sent.
    target, limit : shape (m,), of the clean consensus, analyte's unit.
    noise : of an ordinary laboratory.
    usual_decimals : decimals this laboratory mostly reports; most_decimals : the most it ever does.
    judged_target, judged_limit : shape (m,), in force: what the score was made with.
    needed, others : acceptable results needed, and those acceptable or not outside these m.
    graded : results graded in force. counted : shape (m,), those of these m that were graded.
    """

    samples: tuple[int, ...]
    value: FloatArray
    text: tuple[str, ...]
    target: FloatArray
    limit: FloatArray
    noise: NoiseModel
    usual_decimals: int
    most_decimals: int
    judged_target: FloatArray
    judged_limit: FloatArray
    needed: int
    others: int
    graded: int
    counted: BoolArray

    @property
    def size(self) -> int:
        """m."""
        return len(self.value)

    @cached_property
    def sd(self) -> FloatArray:
        """Shape (m,), within-laboratory SD at the targets."""
        return self.noise.sd(self.target)

    @cached_property
    def covariance(self) -> FloatArray:
        """Shape (m, m), of an ordinary laboratory."""
        return self.noise.covariance(self.target)

    @cached_property
    def precision(self) -> FloatArray:
        """Inverse of the covariance."""
        return np.asarray(np.linalg.inv(self.covariance))

    @cached_property
    def typical_limit(self) -> float:
        """Median limit, analyte's unit."""
        return float(np.median(self.limit))

    @cached_property
    def relative_limit(self) -> float:
        """Median of limit over target, as a share."""
        return float(np.median(self.limit / np.maximum(np.abs(self.target), 1e-12)))

    def log_density(self, y: FloatArray) -> FloatArray:
        """Of repaired results, shape (..., m), for an ordinary laboratory."""
        return student(y, self.target, self.covariance)

    def outside(self, y: FloatArray) -> BoolArray:
        """Repaired results beyond the clean limits, shape of y."""
        return np.asarray(np.abs(y - self.target) > self.limit * (1 + 1e-9))

    def acceptable(self, y: FloatArray) -> int:
        """Results that would be acceptable under the rule in force, the others as they were."""
        inside = np.abs(y - self.judged_target) <= self.judged_limit * (1 + 1e-9)
        return int((inside & self.counted).sum()) + self.others


@dataclass(frozen=True)
class Explanation:
    """One hypothesis about a cell.

    Attributes
    ----------
    cause : its name. log_density : ln p(results | cause), penalties included, prior not.
    samples : positions in the cell it concerns; empty for all.
    repaired : shape (m,), results as they would be; None where there is no repair.
    parameters : numbers that fill its sentence. reading : best reading of alternatives, for example a
        group or an analyte.
    spread : the covariance is widened instead of the results repaired.
    """

    cause: str
    log_density: float
    samples: tuple[int, ...] = ()
    repaired: FloatArray | None = None
    parameters: dict[str, float] = field(default_factory=dict)
    reading: str = ""
    spread: bool = False


Repair = tuple[FloatArray, float, tuple[int, ...], dict[str, float], str]
"""Repaired results, log weight, samples, parameters, reading."""


@dataclass(frozen=True)
class Alternatives:
    """Repairs of one cause, each with its share: y shape (K, m), log weight shape (K,), tags."""

    y: FloatArray
    log_weight: FloatArray
    tags: tuple[tuple[tuple[int, ...], dict[str, float], str], ...]

    def explained(self, cause: str, cell: Cell) -> Explanation | None:
        """Sum over the alternatives; the best one is the repair shown."""
        if not len(self.y):
            return None
        found = cell.log_density(self.y) + self.log_weight
        best = int(np.argmax(found))
        samples, parameters, reading = self.tags[best]
        return Explanation(cause, log_sum(found), samples, self.y[best], parameters, reading)


def alternatives(rows: list[Repair]) -> Alternatives:
    """Pack repaired results, log weights and what they are called."""
    if not rows:
        return Alternatives(np.zeros((0, 0)), np.zeros(0), ())
    y = np.stack([row[0] for row in rows])
    return Alternatives(y, np.array([row[1] for row in rows]), tuple(row[2:] for row in rows))
