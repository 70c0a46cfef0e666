"""Results in the wrong place: samples exchanged or shifted, another column, another group's code."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.cell import Cell, Explanation, Repair, alternatives
from workbench.investigation.likelihood import log_sum, student
from workbench.investigation.noise_model import NoiseModel

APART = 2.0
"""Targets nearer than so many limits cannot tell an exchange."""

NEIGHBOUR = 2.0
"""Weight of a neighbouring column of the form."""


@dataclass(frozen=True)
class OtherTargets:
    """Targets of another analyte or another group that the results may belong to.

    Attributes
    ----------
    name : code of the analyte or group. target : shape (m,). noise : its noise.
    log_weight : evidence from places or codes; 0 for none.
    """

    name: str
    target: FloatArray
    noise: NoiseModel
    log_weight: float = 0.0


def sample_swap(cell: Cell) -> Explanation | None:
    """Two samples exchanged."""
    pairs = [
        (i, j)
        for i in range(cell.size)
        for j in range(i + 1, cell.size)
        if abs(cell.target[i] - cell.target[j]) > APART * max(cell.limit[i], cell.limit[j])
    ]
    count = log(max(cell.size * (cell.size - 1) / 2, 1))
    rows: list[Repair] = []
    for i, j in pairs:
        y = cell.value.copy()
        y[[i, j]] = y[[j, i]]
        rows.append((y, -count, (i, j), {}, ""))
    return alternatives(rows).explained("sample_swap", cell)


def shifted_order(cell: Cell) -> Explanation | None:
    """All results one place on or back, or in reverse."""
    if cell.size < 3:
        return None
    weight = -log(3)
    rows: list[Repair] = [(np.roll(cell.value, -k), weight, (), {"places": float(k)}, "") for k in (1, -1)]
    rows.append((cell.value[::-1].copy(), weight, (), {"places": 0.0}, "reversed"))
    return alternatives(rows).explained("shifted_order", cell)


def wrong_column(cell: Cell, columns: list[OtherTargets]) -> Explanation | None:
    """The results of another analyte.

    Parameters
    ----------
    columns : targets of the other analytes for this laboratory, `log_weight` by their place in the form.
    """
    apart = [each for each in columns if (np.abs(each.target - cell.target) > APART * cell.limit).any()]
    return _elsewhere("wrong_column", cell, apart)


def wrong_method_code(cell: Cell, groups: list[OtherTargets]) -> Explanation | None:
    """The results of another group of the same analyte.

    Parameters
    ----------
    groups : the other groups of the rung, `log_weight` from reagents and the last round's code.
    """
    return _elsewhere("wrong_method_code", cell, groups, normalised=False)


def _elsewhere(
    cause: str, cell: Cell, others: list[OtherTargets], *, normalised: bool = True
) -> Explanation | None:
    """Sum over other targets; the best is named."""
    if not others:
        return None
    target = np.stack([each.target for each in others])
    covariance = np.stack([each.noise.covariance(each.target) for each in others])
    weight = np.array([each.log_weight for each in others])
    weight = weight - (log_sum(weight) if normalised else log(len(others)))
    found = student(cell.value, target, covariance) + weight
    best = int(np.argmax(found))
    moved = cell.value - target[best] + cell.target if cause == "wrong_method_code" else None
    ratio = float(np.median(target[best] / np.where(cell.target == 0, np.nan, cell.target)))
    return Explanation(cause, log_sum(found), (), moved, {"ratio": ratio}, others[best].name, moved is None)
