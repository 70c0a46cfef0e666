"""What a location and scale estimator returns, for one group and for many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

__all__ = ["ArrayLike", "BoolArray", "FloatArray", "IntArray", "RobustEstimate", "RobustEstimates"]


@dataclass(frozen=True)
class RobustEstimate:
    """Location and scale of one group.

    Parameters
    ----------
    location : unit of the results; NaN for an empty group.
    scale : unit of the results; 0 when the scale collapsed, NaN with fewer than two results.
    n : results used.
    iterations : steps taken; 0 for estimators in closed form.
    degenerate : the scale is zero or undefined, so nothing may be divided by it.
    rule : the estimator with its options, for example ``algorithm_a:converged``.
    """

    location: float
    scale: float
    n: int
    iterations: int
    degenerate: bool
    rule: str


@dataclass(frozen=True)
class RobustEstimates:
    """Location and scale of many groups; grain: one entry per group, in group order.

    Attributes
    ----------
    location, scale : shape (n_groups,), unit of the results; NaN as in `RobustEstimate`.
    n, iterations : shape (n_groups,), results used and steps taken.
    degenerate : shape (n_groups,), the scale is zero or undefined.
    rule : the estimator with its options, common to all.
    """

    location: FloatArray
    scale: FloatArray
    n: IntArray
    iterations: IntArray
    degenerate: BoolArray
    rule: str

    def __len__(self) -> int:
        return len(self.location)

    def __getitem__(self, index: int) -> RobustEstimate:
        return RobustEstimate(
            location=float(self.location[index]),
            scale=float(self.scale[index]),
            n=int(self.n[index]),
            iterations=int(self.iterations[index]),
            degenerate=bool(self.degenerate[index]),
            rule=self.rule,
        )


def closed_form(location: FloatArray, scale: FloatArray, n: IntArray, rule: str) -> RobustEstimates:
    """Pack estimates that need no iteration; a scale that is not positive is degenerate."""
    scale = np.where(n >= 2, scale, np.nan)
    return RobustEstimates(location, scale, n, np.zeros(len(n), dtype=np.intp), ~(scale > 0), rule)
