"""The simulated rounds S and M: labs x 30 analytes x 5 samples, each cell split into peer groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

ANALYTES, SAMPLES, SEED = 30, 5, 20261125


@dataclass(frozen=True)
class Load:
    """Raw columns: one entry per result, in order of laboratories."""

    values: np.ndarray
    codes: np.ndarray
    n_groups: int

    @property
    def size(self) -> str:
        return f"{self.values.size:,} results in {self.n_groups:,} groups"


def load(laboratories: int, peers: int) -> Load:
    """Results rounded to reporting digits (full of ties), 1 % blunders, 2 % missing, ragged groups."""
    rng = np.random.default_rng(SEED)
    cells = ANALYTES * SAMPLES
    # Five laboratories of every peer group are certain; the others follow uneven market shares.
    peer = np.empty((laboratories, ANALYTES), dtype=np.int64)
    for analyte in range(ANALYTES):
        rest = rng.choice(peers, laboratories - 5 * peers, p=rng.dirichlet(np.full(peers, 1.2)))
        peer[:, analyte] = rng.permutation(np.concatenate([np.repeat(np.arange(peers), 5), rest]))
    cell = np.arange(cells)
    codes = cell[None, :] * peers + peer[:, cell // SAMPLES]
    level = rng.uniform(1, 200, cells)
    centre = np.repeat(level, peers) * rng.normal(1, 0.03, cells * peers)
    values = centre[codes] * rng.normal(1, 0.04, codes.shape)
    blunder = rng.random(codes.shape) < 0.01
    values[blunder] *= rng.choice([0.1, 10, 18.02], int(blunder.sum()))
    unit = np.where(level < 10, 100.0, 10.0)
    values = np.rint(values * unit) / unit
    kept = (rng.random(codes.shape) >= 0.02).ravel()
    return Load(values.ravel()[kept], codes.ravel()[kept], cells * peers)


@cache
def load_s() -> Load:
    """600 laboratories, 1,800 peer groups."""
    return load(600, 12)


@cache
def load_m() -> Load:
    """12,000 laboratories, 6,000 peer groups."""
    return load(12_000, 40)
