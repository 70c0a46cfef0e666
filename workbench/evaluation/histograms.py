"""Counts for the distribution figures: one grid of bins per analyte x sample for all its groups.

Bins lie on the reporting grid, so that no result falls on an edge. Everything further from the target
than one and a half times the limit is collected in an end bin on each side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.evaluation.scores import Round

REACH = 1.5
"""Limits shown on each side of the target."""

MOST_BINS = 24
"""Bins between the end bins that a figure of 34 mm can hold."""

_SPREADS = 4.5
"""Robust SDs shown on each side where there is no limit: one and a half times three sigma_pt."""


@dataclass(frozen=True)
class Grid:
    """Inner edges, ascending; the end bins lie outside the first and the last."""

    edges: FloatArray

    @property
    def width(self) -> float:
        """Width of a bin, analyte's unit."""
        return float(self.edges[1] - self.edges[0])

    def counts(self, values: FloatArray) -> np.ndarray:
        """Results per bin, end bins first and last."""
        place = np.searchsorted(self.edges, values, side="right")
        return np.bincount(place, minlength=len(self.edges) + 1)

    @property
    def low(self) -> FloatArray:
        """Lower edge of each bin; an end bin is drawn one bin wide."""
        return np.concatenate(([self.edges[0] - self.width], self.edges))

    @property
    def high(self) -> FloatArray:
        """Upper edge of each bin."""
        return np.concatenate((self.edges, [self.edges[-1] + self.width]))


def bin_grid(values: FloatArray, centre: float, reach: float, step: float) -> Grid:
    """Lay bins on the reporting grid around a target.

    Parameters
    ----------
    values : results of all laboratories. centre : target. reach : half-width shown. step : reporting
        step. All in the analyte's unit.

    Notes
    -----
    The width is the larger of the reporting step and the Freedman-Diaconis width 2 IQR / n^(1/3), a
    whole number of steps, and never so small that more than 24 bins are needed.
    """
    quartiles = np.quantile(values, [0.25, 0.75]) if values.size else np.zeros(2)
    wanted = 2.0 * float(quartiles[1] - quartiles[0]) / max(values.size, 1) ** (1.0 / 3.0)
    least = 2.0 * reach / MOST_BINS
    steps = max(1, int(np.ceil(max(wanted, least) / step - 1e-9)))
    each_side = max(1, int(np.ceil(reach / (steps * step) - 0.5 - 1e-9)))
    first = (np.round(centre / step) - each_side * steps - (steps - 1) // 2) * step - 0.5 * step
    edges = first + steps * step * np.arange(2 * each_side + 2)
    return Grid(edges)


def histograms_table(given: Round, shown: BoolArray) -> pd.DataFrame:
    """Histogram of all laboratories and of every disclosed group that judges somebody.

    Parameters
    ----------
    shown : shape (G, S), groups that may be shown.
    """
    groups, stats = given.groups, given.stats
    used = np.zeros(len(groups.name), dtype=bool)
    used[given.chosen.group] = True
    parts = []
    for analyte, widest in enumerate(groups.widest.tolist()):
        mine = np.flatnonzero((groups.analyte == analyte) & (used | (groups.level == "all")))
        for sample in range(given.returns.shape[1]):
            wanted = mine[shown[mine, sample]]
            if widest < 0 or not shown[widest, sample]:
                continue
            grid = _grid(given, widest, sample)
            counts = [
                grid.counts(stats.values.of(int(group) * given.returns.shape[1] + sample)) for group in wanted
            ]
            parts.append(_rows(given, (analyte, sample), wanted, grid, counts))
    columns = ["analyte", "sample", "peer_group_level", "peer_group", "bin", "low", "high", "count", "tail"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _grid(given: Round, group: int, sample: int) -> Grid:
    """The grid of one analyte x sample, from all laboratories."""
    values = given.stats.values.of(group * given.returns.shape[1] + sample)
    rule = given.rules[given.groups.analyte[group]]
    reach = REACH * float(given.targets.error[group, sample])
    if not reach > 0:
        reach = _SPREADS * float(given.stats.scale[group, sample])
    if not reach > 0:
        reach = float(np.ptp(values)) or rule.step
    return bin_grid(values, float(given.targets.value[group, sample]), reach, rule.step)


def _rows(
    given: Round, place: tuple[int, int], wanted: np.ndarray, grid: Grid, counts: list[np.ndarray]
) -> pd.DataFrame:
    """Rows of all groups of one analyte x sample."""
    bins = len(grid.low)
    tail = np.zeros(bins, dtype=bool)
    tail[[0, -1]] = True
    return pd.DataFrame(
        {
            "analyte": given.returns.analytes[place[0]],
            "sample": given.returns.samples[place[1]],
            "peer_group_level": np.repeat(given.groups.level[wanted], bins),
            "peer_group": np.repeat(given.groups.name[wanted], bins),
            "bin": np.tile(np.arange(bins), len(wanted)),
            "low": np.tile(grid.low, len(wanted)),
            "high": np.tile(grid.high, len(wanted)),
            "count": np.concatenate(counts),
            "tail": np.tile(tail, len(wanted)),
        }
    )
