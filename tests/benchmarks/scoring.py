"""`score_S_vs_pandas`: 88,194 results in 1,800 peer groups, from raw columns to z and class."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.benchmarks.measure import Entry, compared, cpu_of
from workbench.statistics import algorithm_a_groups, consensus_uncertainty, group_values

N_RESULTS, N_GROUPS, SEED = 88_194, 1_800, 20261125


def load_s() -> tuple[np.ndarray, np.ndarray]:
    """Simulated results rounded to reporting digits (full of ties), 1 % blunders, ragged groups."""
    rng = np.random.default_rng(SEED)
    shares = rng.dirichlet(np.full(N_GROUPS, 1.2))
    codes = np.concatenate(
        [np.repeat(np.arange(N_GROUPS), 5), rng.choice(N_GROUPS, N_RESULTS - 5 * N_GROUPS, p=shares)]
    )
    rng.shuffle(codes)
    level = rng.uniform(1, 200, N_GROUPS)
    values = level[codes] * (1 + rng.normal(0, 0.04, N_RESULTS))
    blunders = rng.random(N_RESULTS) < 0.01
    values[blunders] *= rng.choice([0.1, 10, 18.02], blunders.sum())
    return np.round(values, 1), codes.astype(np.int64)


def ours(values: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The core: all ragged groups at once."""
    fit = algorithm_a_groups(group_values(values, codes, N_GROUPS))
    consensus_uncertainty(fit.scale, fit.n)
    scale = np.where(fit.degenerate, np.nan, fit.scale)
    z = (values - fit.location[codes]) / scale[codes]
    size = np.abs(z)
    return z, (size > 2).astype(np.int8) + (size >= 3)


def algorithm_a_of_one(x: np.ndarray) -> tuple[float, float]:
    """Algorithm A as users write it: iterate until nothing moves."""
    location = float(np.median(x))
    scale = 1.483 * float(np.median(np.abs(x - location))) or float(x.std(ddof=1))
    for _ in range(1000):
        w = np.clip(x, location - 1.5 * scale, location + 1.5 * scale)
        new, spread = float(w.mean()), 1.134 * float(w.std(ddof=1))
        done = abs(new - location) < 1e-10 * scale and abs(spread - scale) < 1e-10 * scale
        location, scale = new, spread
        if done or scale == 0:
            break
    return location, scale


def pandas_way(table: pd.DataFrame) -> pd.DataFrame:
    """The same by groupby-apply, nIQR left out in the peer's favour, and a merge."""
    rows = table.groupby("group")["value"].apply(
        lambda x: pd.Series(algorithm_a_of_one(x.to_numpy()), ["x", "s"])
    )
    fit = rows.unstack()
    out = table.merge(fit, left_on="group", right_index=True)
    out["z"] = (out["value"] - out["x"]) / out["s"]
    out["class"] = pd.cut(out["z"].abs(), [-1, 2, 3, np.inf], labels=["ok", "warning", "action"])
    return out


def score_s_vs_pandas() -> Entry:
    """Check that both agree, then time both in turn."""
    values, codes = load_s()
    table = pd.DataFrame({"group": codes, "value": values})
    z, _ = ours(values, codes)
    theirs = pandas_way(table)["z"].sort_index().to_numpy()
    finite = np.isfinite(z)
    worst = np.max(np.abs(z[finite] - theirs[finite]) / (1 + np.abs(z[finite])))
    if worst > 1e-6:
        raise RuntimeError(f"the two ways disagree: {worst:.2e}")
    mine = cpu_of(lambda: ours(values, codes), 15)
    peer = cpu_of(lambda: pandas_way(table), 3)
    return compared(
        mine, peer, "CPU s", f"Algorithm A, u, z, class of {N_RESULTS} results in {N_GROUPS} groups"
    )
