"""Peaks in the distribution of all results, and which registered factor separates them best (F05)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import FloatArray, ObjectArray
from workbench.evaluation.returns import DIMENSIONS
from workbench.evaluation.scores import Round
from workbench.statistics.modality import DensityModes, density_modes, judging_bandwidth, look_bandwidth

MODES_N_MIN = 15
"""Fewer results than this have no shape worth reporting: our choice."""


@dataclass(frozen=True)
class SampleModes:
    """Modes of all results of one analyte on one sample."""

    analyte: int
    sample: int
    modes: DensityModes
    factor: str


def sample_modes(given: Round) -> list[SampleModes]:
    """Modes of every analyte x sample with enough results, in catalogue and vial order.

    Notes
    -----
    The bandwidth judges whether groups matter: 0.75 sigma_pt, or 0.75 s* where sigma_pt is unknown; but
    never less than the one for a look, under which chance alone makes peaks.

    References
    ----------
    ISO 13528:2022, 10.3.
    """
    stats, groups = given.stats, given.groups
    all_rung = len(groups.levels) - 1
    found = []
    for analyte, group in enumerate(groups.widest.tolist()):
        for sample in range(given.returns.shape[1]):
            if group < 0 or stats.n[group, sample] < MODES_N_MIN:
                continue
            rows = np.flatnonzero(stats.taking_part[all_rung, :, sample] & (given.returns.analyte == analyte))
            values = given.returns.value[rows, sample]
            modes = density_modes(values, _bandwidth(given, group, sample))
            if len(modes):
                factor = (
                    _best_factor(given.returns.system[rows], _mode_of(values, modes))
                    if len(modes) > 1
                    else ""
                )
                found.append(SampleModes(analyte, sample, modes, factor))
    return found


def _bandwidth(given: Round, group: int, sample: int) -> float:
    """0.75 sigma_pt, or of s* in its place; never less than the bandwidth for a look."""
    scale, n = float(given.stats.scale[group, sample]), int(given.stats.n[group, sample])
    sigma = float(given.targets.sigma_pt[group, sample])
    judging = judging_bandwidth(sigma if sigma > 0 else scale)
    return float(np.nanmax([judging, look_bandwidth(scale, n), 0.0]))


def _mode_of(values: FloatArray, modes: DensityModes) -> np.ndarray:
    """Position of the nearest mode of each value."""
    return np.argmin(np.abs(values[:, None] - modes.location[None, :]), axis=1)


def _best_factor(system: ObjectArray, mode: np.ndarray) -> str:
    """The dimension whose codes predict the mode best, "" when none does.

    The measure is the share of results whose mode is the commonest of their code, adjusted for the
    number of codes so that a finer dimension does not win by being finer.
    """
    n = len(mode)
    base = np.bincount(mode).max() / n
    best, name = 0.0, ""
    for position, dimension in enumerate(DIMENSIONS):
        codes, of_code = np.unique(system[:, position].astype(str), return_inverse=True)
        if len(codes) < 2 or len(codes) >= n:
            continue
        table = np.zeros((len(codes), int(mode.max()) + 1))
        np.add.at(table, (of_code, mode), 1.0)
        right = table.max(axis=1).sum() / n
        gain = 1.0 - (1.0 - right) / (1.0 - base) * (n - 1) / (n - len(codes))
        if gain > best + 1e-9:
            best, name = gain, dimension
    return name


def modes_table(given: Round, found: list[SampleModes]) -> pd.DataFrame:
    """One row per analyte x sample x mode."""
    rows = [
        {
            "analyte": given.returns.analytes[each.analyte],
            "sample": given.returns.samples[each.sample],
            "mode": number + 1,
            "location": each.modes.location[number],
            "share": each.modes.share[number],
            "factor": each.factor,
        }
        for each in found
        for number in range(len(each.modes))
    ]
    return pd.DataFrame(rows, columns=["analyte", "sample", "mode", "location", "share", "factor"])
