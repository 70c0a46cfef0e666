"""Results of a programme-year side by side, for screens on agreement: laboratories x cells.

A cell is one round x analyte x sample. What the screens give is a reason to ask, never a verdict; no
score changes. They are for the role `integrity` only, on blind codes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.evaluation.returns import IntArray
from workbench.investigation.clean_consensus import MAD_FACTOR
from workbench.investigation.round_investigation import RoundInvestigation

CLIP = 3.0
"""Noise residuals beyond so many SDs count as this: one blunder must not make a correlation."""


@dataclass(frozen=True)
class ScreenedCells:
    """L laboratories (x device), C cells.

    Attributes
    ----------
    labs : codes. value : shape (L, C), NaN where nothing was reported.
    target : shape (L, C), clean consensus of each laboratory's own group, NaN without.
    step : shape (C,), reporting step. noise, bias : shape (C,), within-laboratory SD, and SD of biases.
    group : shape (C,), round x analyte of each cell. vial : shape (C,), round x sample of each cell.
    samples : number of samples of a round.
    """

    labs: tuple[str, ...]
    value: FloatArray
    target: FloatArray
    step: FloatArray
    noise: FloatArray
    bias: FloatArray
    group: IntArray
    vial: IntArray
    samples: int

    @cached_property
    def there(self) -> BoolArray:
        """Shape (L, C), reported and comparable."""
        return np.isfinite(self.value) & np.isfinite(self.target) & (self.value > 0) & (self.target > 0)

    @cached_property
    def units(self) -> IntArray:
        """Shape (L, C), results in whole reporting steps; -1 where there is none."""
        scaled = np.where(self.there, self.value, 0.0) / self.step
        return np.where(self.there, np.rint(scaled), -1).astype(np.int64)

    @cached_property
    def residual(self) -> FloatArray:
        """Shape (L, C), noise of each result in robust SDs of its cell, clipped; 0 where there is none.

        Logarithm of the ratio to the group's target, without the laboratory's mean of the analyte and of
        the vial: a bias, and a factor of a vial, do not correlate two laboratories.
        """
        ratio = np.where(self.there, self.value, 1.0) / np.where(self.there, self.target, 1.0)
        logs = np.where(self.there, np.log(ratio), 0.0)
        logs = logs - _means(logs, self.there, self.group)
        logs = np.where(self.there, logs, 0.0)
        spread = _spreads(logs, self.there)
        scaled = np.clip(logs / spread, -8.0, 8.0)
        scaled = np.where(self.there, scaled - _means(scaled, self.there, self.vial), 0.0)
        return np.clip(scaled / _spreads(scaled, self.there), -CLIP, CLIP) * self.there


def _means(values: FloatArray, there: BoolArray, code: IntArray) -> FloatArray:
    """Mean of each laboratory over the cells of one code, at every cell, shape (L, C)."""
    size = int(code.max(initial=-1)) + 1
    member = np.zeros((len(code), size), dtype=values.dtype)
    member[np.arange(len(code)), code] = 1.0
    total = (values * there) @ member
    count = there.astype(values.dtype) @ member
    return np.asarray((total / np.maximum(count, 1.0))[:, code])


def _spreads(values: FloatArray, there: BoolArray) -> FloatArray:
    """Robust SD of each cell over laboratories, not zero."""
    sizes = np.where(there, np.abs(values), np.nan)
    with np.errstate(all="ignore"):
        found = MAD_FACTOR * np.nanmedian(sizes, axis=0) if len(sizes) else np.ones(values.shape[1])
        mean = np.sqrt(np.nanmean(np.minimum(sizes, CLIP * np.maximum(found, 1e-12)) ** 2, axis=0))
    found = np.where(found > 0, found, mean)
    return np.where(found > 0, found, 1.0)


def screened_cells(
    rounds: Sequence[RoundInvestigation], left_out: Collection[tuple[int, str]] = ()
) -> ScreenedCells:
    """Put the rounds of a programme-year side by side.

    Parameters
    ----------
    rounds : of one programme, with equally many samples. left_out : (round, laboratory code) with a cause
        of the whole panel: two laboratories that both shifted their samples would agree.
    """
    labs = sorted(
        {(lab, dev) for each in rounds for lab, dev in zip(each.panel.labs, each.panel.devices, strict=True)}
    )
    place = {who: k for k, who in enumerate(labs)}
    columns: dict[str, list[np.ndarray]] = {name: [] for name in ("value", "target", "step", "noise", "bias")}
    group: list[np.ndarray] = []
    vial: list[np.ndarray] = []
    for k, each in enumerate(rounds):
        rows = [place[who] for who in zip(each.panel.labs, each.panel.devices, strict=True)]
        out = np.array([(k, lab) in left_out for lab in each.panel.labs])
        _, analytes, samples = each.panel.shape
        value = np.where(out[:, None, None], np.nan, each.panel.value)
        for name, grid in (("value", value), ("target", each.targets.target)):
            whole = np.full((len(labs), analytes * samples), np.nan)
            whole[rows] = grid.reshape(len(rows), -1)
            columns[name].append(whole)
        centre = np.nanmedian(each.targets.target, axis=0)
        columns["noise"].append(np.concatenate([m.sd(centre[a]) for a, m in enumerate(each.noise)]))
        biases = [np.hypot(m.bias_cv * centre[a], m.bias_additive) for a, m in enumerate(each.noise)]
        columns["bias"].append(np.concatenate(biases))
        columns["step"].append(np.repeat([rule.step for rule in each.panel.rules], samples))
        group.append(np.repeat(np.arange(analytes), samples) + k * analytes)
        vial.append(np.tile(np.arange(samples), analytes) + k * samples)
    return ScreenedCells(
        labs=tuple(lab if not device else f"{lab}/{device}" for lab, device in labs),
        group=np.concatenate(group),
        vial=np.concatenate(vial),
        samples=rounds[0].panel.shape[2],
        value=np.concatenate(columns["value"], axis=1),
        target=np.concatenate(columns["target"], axis=1),
        step=np.concatenate(columns["step"]),
        noise=np.concatenate(columns["noise"]),
        bias=np.concatenate(columns["bias"]),
    )
