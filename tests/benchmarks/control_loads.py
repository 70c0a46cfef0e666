"""Seven million control points: 500 laboratories x 20 analytes x 2 levels x 350 days, as columns."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from workbench.iqc.control_table import RUNS_A_DAY, ControlTable, control_streams
from workbench.iqc.streams import ControlStreams

LABORATORIES, ANALYTES, LEVELS, DAYS, SEED = 500, 20, 2, 350, 20261125
FIRST_DAY = 20_454
"""2026-01-01."""


@cache
def control_load() -> tuple[ControlTable, np.ndarray, np.ndarray]:
    """Table, and the target of every point; two lots a year, small biases, a shift in 2 % of the series."""
    rng = np.random.default_rng(SEED)
    n_series = LABORATORIES * ANALYTES * LEVELS
    of_series = pd.MultiIndex.from_product(
        [
            [f"L{k:04d}" for k in range(LABORATORIES)],
            [f"A{k:02d}" for k in range(ANALYTES)],
            ["1", "2"],
        ],
        names=["lab_code", "analyte", "level"],
    ).to_frame(index=False)
    system = rng.integers(0, 12, (LABORATORIES, ANALYTES)).repeat(LEVELS, axis=1).ravel()
    series = of_series.assign(
        region="",
        hospital_level="",
        instrument=[f"I{s // 3}" for s in system],
        reagent=[f"R{s}" for s in system],
        sub_type="",
        calibrator="",
    )
    level = rng.uniform(2, 200, ANALYTES * LEVELS)[np.arange(n_series) % (ANALYTES * LEVELS)]
    day = np.arange(DAYS)
    lot_of_day = (day >= DAYS // 2).astype(np.int32)
    z = rng.standard_normal((n_series, DAYS), dtype=np.float32).astype(np.float64)
    z += rng.normal(0, 0.3, (n_series, 1))
    shifted = rng.random(n_series) < 0.02
    z[shifted, 200:] += 1.5
    code = np.repeat(np.arange(n_series, dtype=np.int32), DAYS)
    lot = np.tile(lot_of_day, n_series)
    mean = level[code] * np.where(lot, 1.08, 1.0)
    sd = 0.03 * mean
    value = np.round(mean + z.ravel() * sd, 3)
    run = np.tile((FIRST_DAY + day) * RUNS_A_DAY + 1, n_series)
    n = len(value)
    table = ControlTable(series, ("A", "B"), code, lot, run, value, np.ones(n, bool), np.arange(n))
    return table, mean, sd


@cache
def stream_load() -> ControlStreams:
    """The points as the rules see them."""
    return control_streams(*control_load())
