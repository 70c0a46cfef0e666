"""Analytical causes: bias of any form, scatter, single accidents, carry-over, storage."""

from __future__ import annotations

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.cell import Cell, Explanation
from workbench.investigation.likelihood import log_mean, student

BIAS_WIDTHS = (1.0, 2.2)
"""SD of a constant bias in limits, of a proportional one in relative limits."""

MIXED_WIDTHS = (1.0, 2.0)

SCATTER = (0.6, 1.0, 1.6, 3.0)
"""SD of an imprecise laboratory in limits."""

ACCIDENT = (3.0, 8.0, 30.0)
"""SD of a single accident in limits."""

CARRY_WIDTH = 0.13
"""SD of a carry-over fraction."""

CARRY_APART = 3.0
"""Carry-over shows only after a sample so many limits away."""


def constant_bias(cell: Cell) -> Explanation:
    """All results off by one amount."""
    ones = np.ones(cell.size)
    width = [k * cell.typical_limit for k in BIAS_WIDTHS]
    weight = cell.precision @ ones
    bias = float(weight @ (cell.value - cell.target) / (weight @ ones))
    se = float(1 / np.sqrt(weight @ ones))
    density = _widened(cell, [a**2 * np.outer(ones, ones) for a in width])
    parameters = {"bias": bias, "low": bias - 2 * se, "high": bias + 2 * se}
    return Explanation("constant_bias", density, (), cell.value - bias, parameters)


def proportional_bias(cell: Cell) -> Explanation:
    """All results off by one share."""
    target = cell.target
    width = [k * cell.relative_limit for k in BIAS_WIDTHS]
    factor, se = proportional_factor(cell)
    density = _widened(cell, [p**2 * np.outer(target, target) for p in width])
    percent = 100 * (factor - 1)
    parameters = {"percent": percent, "low": percent - 200 * se, "high": percent + 200 * se}
    repaired = cell.value / factor if factor > 0 else cell.value
    return Explanation("proportional_bias", density, (), repaired, parameters)


def proportional_factor(cell: Cell) -> tuple[float, float]:
    """Factor by which results are off, by weighted least squares, and its standard error."""
    weight = cell.target / cell.sd**2
    whole = float(weight @ cell.target)
    return float(weight @ cell.value) / whole, float(1 / np.sqrt(whole))


def mixed_bias(cell: Cell) -> Explanation:
    """A bias that changes with concentration."""
    ones, target = np.ones(cell.size), cell.target
    added = [
        (k * cell.typical_limit) ** 2 * np.outer(ones, ones)
        + (k * cell.relative_limit) ** 2 * np.outer(target, target)
        for k in MIXED_WIDTHS
    ]
    design = np.column_stack([ones, target]) / cell.sd[:, None]
    found, *_ = np.linalg.lstsq(design, cell.value / cell.sd, rcond=None)
    slope = float(found[1])
    repaired = (cell.value - found[0]) / slope if slope > 0.05 else cell.value
    parameters = {"bias": float(found[0]), "percent": 100 * (slope - 1)}
    return Explanation("mixed_bias", _widened(cell, added), (), repaired, parameters)


def _widened(cell: Cell, added: list[FloatArray]) -> float:
    """ln of the mean density over covariances widened by one of several matrices."""
    return log_mean(student(cell.value, cell.target, cell.covariance + np.stack(added)))


def imprecision(cell: Cell) -> Explanation:
    """Scatter without direction."""
    added = [np.diag((k * cell.limit) ** 2) for k in SCATTER]
    scaled = (cell.value - cell.target) / cell.limit
    sd = float(scaled.std(ddof=1)) if cell.size > 1 else float("nan")
    parameters = {"sd_percent_allowed": 100 * sd}
    return Explanation("imprecision", _widened(cell, added), (), None, parameters, spread=True)


def one_sample_accident(cell: Cell) -> Explanation:
    """One result off, for any reason."""
    matrices, places = [], []
    for i in range(cell.size):
        for k in ACCIDENT:
            added = np.zeros((cell.size, cell.size))
            added[i, i] = (k * cell.limit[i]) ** 2
            matrices.append(added)
            places.append(i)
    found = student(cell.value, cell.target, cell.covariance + np.stack(matrices))
    place = places[int(np.argmax(found))]
    repaired = cell.value.copy()
    repaired[place] = cell.target[place]
    return Explanation("one_sample_accident", log_mean(found), (place,), repaired, spread=True)


def carry_over(cell: Cell) -> Explanation | None:
    """Each result drawn towards the sample before it."""
    direction = np.append(0.0, cell.target[:-1] - cell.target[1:])
    follows = np.diff(np.append(-1, cell.samples)) == 1
    direction[~follows] = 0.0
    if not (np.abs(direction) > CARRY_APART * cell.limit).any():
        return None
    weight = cell.precision @ direction
    information = float(weight @ direction) + 1 / CARRY_WIDTH**2
    share = float(weight @ (cell.value - cell.target)) / information
    added = CARRY_WIDTH**2 * np.outer(direction, direction)
    density = float(student(cell.value, cell.target, cell.covariance + added))
    density += _log_positive(share * np.sqrt(information))
    return Explanation("carry_over", density, (), cell.value - share * direction, {"percent": 100 * share})


def _log_positive(ratio: float) -> float:
    """ln of twice the probability that a normal estimate of this ratio to its error is positive."""
    from scipy.special import log_ndtr

    return float(np.log(2) + log_ndtr(ratio))


def late_testing(cell: Cell, direction: int) -> Explanation:
    """A proportional change in the direction in which the analyte is known to change on storage.

    Parameters
    ----------
    direction : -1 for analytes that fall on storage, +1 for those that rise.
    """
    found = proportional_bias(cell)
    factor, se = proportional_factor(cell)
    density = found.log_density + _log_positive(direction * (factor - 1) / max(se, 1e-9))
    return Explanation("late_testing", density, (), None, found.parameters, spread=True)


def target_suspect(cell: Cell, parent: FloatArray) -> Explanation:
    """The results fit the target of the wider group.

    Parameters
    ----------
    parent : shape (m,), targets of the next wider group.
    """
    density = float(student(cell.value, parent, cell.noise.covariance(parent)))
    return Explanation("target_suspect", density, (), cell.value - parent + cell.target)
