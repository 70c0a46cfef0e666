"""Causes that all analytes of one laboratory share: samples exchanged or shifted, a common factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.cell import Cell
from workbench.investigation.likelihood import student
from workbench.parameters.programmes import Analyte

WIDE_SHARE, WIDE_LIMITS = 0.02, 3.0
"""A single blunder cannot vote: every density is mixed with a wide one."""

CLIP, ACCEPTED, VOTES, VOTE, AGREEMENT = 12.0, 6.0, 3, 1.5, 0.70
"""Most one analyte counts; ln needed in all; analytes with a say; what a say is; share in favour."""

LEAST_FACTOR = 0.05
"""A common factor nearer to 1 is a laboratory's ordinary bias."""

RATIOS = frozenset({"MCV", "MCH", "MCHC", "RDW", "RDW-CV", "RDW-SD", "MPV", "PDW", "A/G", "GA", "HbA1c"})
"""Analytes that dilution does not change."""

RATIO_UNITS = frozenset({"%", "fL", "pg"})
UNKNOWN_UNITS = frozenset({"", "s", "秒", "INR"})
"""Units of ratios and indices, and of those whose change with dilution is not known."""


@dataclass(frozen=True)
class PanelCause:
    """A cause that takes all analytes of a laboratory-round.

    Attributes
    ----------
    cause : sample_swap_panel, shifted_order_panel, common_factor or one_vial_factor.
    evidence : ln in favour. samples : positions in the round, empty for all.
    order : position each reported result belongs to, None for factors. factor : common factor, 1 without.
    analytes : with a say.
    """

    cause: str
    evidence: float
    samples: tuple[int, ...]
    order: tuple[int, ...] | None
    factor: float
    analytes: int

    def repaired(self, cell: Cell, exponent: float | None) -> FloatArray | None:
        """Results of one cell as they would be; None where the cell cannot tell."""
        if self.order is not None:
            place = {sample: i for i, sample in enumerate(cell.samples)}
            if len(place) != len(self.order):
                return None
            return np.asarray(cell.value[[place[s] for s in self.order]])
        if exponent is None:
            return None
        factor = np.ones(cell.size)
        for i, sample in enumerate(cell.samples):
            if not self.samples or sample in self.samples:
                factor[i] = self.factor**exponent
        return np.asarray(cell.value / factor)


def dilution_exponent(analyte: Analyte) -> float | None:
    """How a result follows dilution: 1 for concentrations and activities, 0 for ratios, None if not known."""
    if analyte.analyte in RATIOS or analyte.unit in RATIO_UNITS:
        return 0.0
    return None if analyte.unit in UNKNOWN_UNITS else 1.0


def panel_cause(
    cells: Mapping[int, Cell], analytes: Mapping[int, Analyte], samples: int
) -> PanelCause | None:
    """The cause all analytes agree on, or None.

    Parameters
    ----------
    cells, analytes : by position of the analyte; cells with all samples reported count for orders.
    samples : samples of the round.
    """
    found = [
        each
        for each in (
            _best_order(list(cells.values()), samples),
            _best_factor(cells, analytes, samples),
        )
        if each is not None
    ]
    return max(found, key=lambda each: each.evidence, default=None)


def _orders(samples: int) -> list[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Orders tried: every exchange of two, one place on or back, reversal."""
    plain = list(range(samples))
    out: list[tuple[str, tuple[int, ...], tuple[int, ...]]] = []
    for i in range(samples):
        for j in range(i + 1, samples):
            order = plain.copy()
            order[i], order[j] = j, i
            out.append(("sample_swap_panel", tuple(order), (i, j)))
    if samples > 2:
        for order in (plain[1:] + plain[:1], plain[-1:] + plain[:-1], plain[::-1]):
            out.append(("shifted_order_panel", tuple(order), ()))
    return out


def _best_order(cells: list[Cell], samples: int) -> PanelCause | None:
    """The order most analytes speak for."""
    whole = [cell for cell in cells if cell.size == samples]
    if len(whole) < VOTES or samples < 2:
        return None
    orders = _orders(samples)
    gain = np.empty((len(whole), len(orders)))
    for row, cell in enumerate(whole):
        y = np.stack([cell.value, *(cell.value[list(order)] for _, order, _ in orders)])
        density = cell.log_density(y)
        wide = cell.covariance + np.diag((WIDE_LIMITS * cell.limit) ** 2)
        floor = float(student(cell.value, cell.target, wide)) + np.log(WIDE_SHARE)
        mixed = np.logaddexp(density, floor)
        gain[row] = np.clip(mixed[1:] - mixed[0], -CLIP, CLIP)
    best = int(np.argmax(gain.sum(axis=0)))
    says = np.abs(gain[:, best]) > VOTE
    total = float(gain[:, best].sum())
    in_favour = (gain[:, best] > VOTE).sum()
    if total <= ACCEPTED or says.sum() < VOTES or in_favour < AGREEMENT * says.sum():
        return None
    cause, order, pair = orders[best]
    return PanelCause(cause, total, pair, order, 1.0, int(says.sum()))


_GRID = np.linspace(-1.5, 1.5, 1201)


def _best_factor(
    cells: Mapping[int, Cell], analytes: Mapping[int, Analyte], samples: int
) -> PanelCause | None:
    """A factor on the whole set, or on one vial."""
    exponents = {a: dilution_exponent(analytes[a]) for a in cells}
    usable = [a for a, e in exponents.items() if e is not None and (cells[a].value > 0).all()]
    if len(usable) < VOTES:
        return None
    power = np.array([exponents[a] for a in usable], dtype=float)
    logs = np.full((len(usable), samples), np.nan)
    noise = np.full((len(usable), samples), np.nan)
    bias = np.array([cells[a].noise.bias_cv for a in usable])
    for row, a in enumerate(usable):
        cell = cells[a]
        logs[row, list(cell.samples)] = np.log(cell.value / cell.target)
        noise[row, list(cell.samples)] = cell.sd / cell.target
    own = np.nanmedian(logs, axis=1)
    counts = np.isfinite(logs).sum(axis=1)
    spread = np.sqrt(np.nanmean(noise**2, axis=1))
    found = [_factor("common_factor", own, bias**2 + spread**2 / counts, power, ())]
    for sample in range(samples):
        rest = np.isfinite(logs[:, sample]) & (counts > 2)
        if rest.sum() >= VOTES:
            deviation = logs[rest, sample] - own[rest]
            variance = noise[rest, sample] ** 2 * (1 + 1 / counts[rest])
            found.append(_factor("one_vial_factor", deviation, variance, power[rest], (sample,)))
    good = [each for each in found if each is not None]
    return max(good, key=lambda each: each.evidence, default=None)


def _factor(
    cause: str, logs: FloatArray, variance: FloatArray, power: FloatArray, samples: tuple[int, ...]
) -> PanelCause | None:
    """Bayes factor of a wide against a narrow common factor, by a grid."""
    v = (variance + 0.004**2) * 1.8
    deviation = logs[:, None] - power[:, None] * _GRID
    density = 0.9 * np.exp(-0.5 * deviation**2 / v[:, None]) / np.sqrt(2 * np.pi * v[:, None]) + 0.1 / 1.6
    whole = np.log(density).sum(axis=0)
    wide, narrow = (np.exp(-0.5 * (_GRID / sd) ** 2) / (sd * np.sqrt(2 * np.pi)) for sd in (0.45, 0.006))
    top = whole.max()
    evidence = float(
        np.log((np.exp(whole - top) * wide).sum() / max((np.exp(whole - top) * narrow).sum(), 1e-300))
    )
    g = float(_GRID[int(np.argmax(whole + np.log(wide)))])
    if evidence <= ACCEPTED or abs(g) <= LEAST_FACTOR:
        return None
    says = int((power != 0).sum())
    agree = np.abs(logs[power != 0] - g) < 3 * np.sqrt(v[power != 0])
    if says < VOTES or agree.mean() < AGREEMENT:
        return None
    return PanelCause(cause, evidence, samples, None, float(np.exp(g)), says)
