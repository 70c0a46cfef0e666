"""All pairs of 12,000 laboratories; alone: `python -m tests.benchmarks.screening`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

import numpy as np

from tests.benchmarks.measure import Entry
from workbench.investigation.pair_screen import screen_pairs
from workbench.investigation.screened_cells import ScreenedCells

LABORATORIES, ANALYTES, SAMPLES, COPIES, GOAL = 12_000, 30, 5, 40, 3.0


def national_round() -> tuple[ScreenedCells, set[frozenset[str]]]:
    """Peers with biases of their own, 2 % missing, and 80 planted pairs: copies, half of them nudged."""
    rng = np.random.default_rng(20261125)
    cells = ANALYTES * SAMPLES
    peer = rng.integers(0, 12, LABORATORIES)
    level = rng.uniform(80, 300, cells)
    target = (level * np.repeat(rng.normal(1, 0.03, (12, ANALYTES)), SAMPLES, axis=1))[peer]
    bias = np.repeat(rng.normal(0, 0.02, (LABORATORIES, ANALYTES)), SAMPLES, axis=1)
    value = np.rint(target * (1 + bias + 0.02 * rng.standard_normal(target.shape)))
    chosen = rng.permutation(LABORATORIES)[: 4 * COPIES].reshape(-1, 2)
    for k, (a, b) in enumerate(chosen):
        nudge = np.where(rng.random(cells) < 0.35, rng.choice([-1, 1], cells), 0) if k % 2 else 0
        value[b] = value[a] + nudge
    value[rng.random(value.shape) < 0.02] = np.nan
    labs = tuple(f"L{k:05d}" for k in range(LABORATORIES))
    group, vial = np.repeat(np.arange(ANALYTES), SAMPLES), np.tile(np.arange(SAMPLES), ANALYTES)
    step = np.ones(cells)
    data = ScreenedCells(labs, value, target, step, 0.02 * level, 0.02 * level, group, vial, SAMPLES)
    return data, {frozenset((labs[a], labs[b])) for a, b in chosen}


def pairs_12000_s() -> Entry:
    """Seconds of the whole screen; raises when a planted copy is missed or more than one pair too many."""
    cells, planted = national_round()
    start = time.perf_counter()
    found = screen_pairs(cells)
    seconds = time.perf_counter() - start
    pairs = {frozenset(row) for row in found.flags[["first", "second"]].itertuples(index=False)}
    if planted - pairs or len(pairs - planted) > 1:
        raise RuntimeError(f"{len(planted - pairs)} copies missed, {len(pairs - planted)} pairs too many")
    what = f"{found.pairs:,} pairs x {len(cells.step)} cells, {len(planted)} copies found; peer: the goal"
    return Entry(round(seconds, 3), GOAL, round(GOAL / seconds, 2), "s", what)


def entries() -> Mapping[str, Callable[[], Entry]]:
    """The entries by name."""
    return {"pairs_12000_s": pairs_12000_s}


if __name__ == "__main__":
    print(json.dumps({name: make().as_dict() for name, make in entries().items()}, indent=1))
