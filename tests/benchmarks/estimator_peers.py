"""Q/Hampel, the bootstrap and Qn beside their peers, and what importing the core costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
import pt13528
from statsmodels.robust._qn import _qn

from tests.benchmarks.loads import load_m
from tests.benchmarks.measure import Entry, compared, cpu_of
from workbench.statistics import bootstrap, group_values, q_hampel_groups, qn_groups
from workbench.statistics.pair_scales import QN_FACTOR, qn_factor
from workbench.statistics.ragged import Groups

Q_GROUPS, BOOTSTRAP_N, REPLICATES = 150, 100, 1000


def medium_groups() -> Groups:
    data = load_m()
    return group_values(data.values, data.codes, data.n_groups)


def must_equal(mine: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    if not np.allclose(mine, theirs, rtol=tolerance, atol=0):
        raise RuntimeError(f"the two ways disagree: {np.nanmax(np.abs(mine / theirs - 1)):.2e}")


def q_hampel_vs_pt13528() -> Entry:
    whole = medium_groups()
    # Every 40th group: one peer group of each cell, large and small ones.
    chosen = [whole.of(g) for g in range(0, len(whole), len(whole) // Q_GROUPS)]
    offsets = np.concatenate(([0], np.cumsum([x.size for x in chosen])))
    groups = Groups(np.concatenate(chosen), offsets)
    start = time.process_time()
    theirs = [pt13528.robust.q_hampel(x) for x in chosen]
    peer = time.process_time() - start
    mine = q_hampel_groups(groups)
    must_equal(mine.location, np.array([r.location for r in theirs]), 1e-8)
    must_equal(mine.scale, np.array([r.scale for r in theirs]), 1e-8)
    what = f"Q/Hampel of {len(chosen)} groups, {groups.values.size:,} results; pt13528, n = 1"
    return compared(cpu_of(lambda: q_hampel_groups(groups), 5), [peer], "CPU s", what)


def bootstrap_vs_pt13528() -> Entry:
    x = np.round(np.random.default_rng(1).normal(100, 4, BOOTSTRAP_N), 1)

    def mine() -> float:
        return bootstrap(x, generator=np.random.default_rng(7), replicates=REPLICATES).u_value

    def theirs() -> float:
        return pt13528.assigned_value.bootstrap(
            x, lambda a: pt13528.robust.algorithm_a(a).location, REPLICATES, 7
        ).u_x_pt

    # The draws need not be the same ones: Monte-Carlo error of two times 1,000 replicates.
    must_equal(np.array([mine()]), np.array([theirs()]), 0.1)
    what = f"u of Algorithm A from {REPLICATES} resamples of n = {BOOTSTRAP_N}; pt13528, n = 3"
    return compared(cpu_of(mine, 15), cpu_of(theirs, 3), "CPU s", what)


def qn_m_vs_statsmodels() -> Entry:
    groups = medium_groups()
    bounds = list(pairwise(groups.offsets.tolist()))

    def theirs() -> np.ndarray:
        return np.array([_qn(groups.values[a:b], QN_FACTOR) for a, b in bounds])

    factor = np.array([qn_factor(int(n)) for n in groups.n])
    peer = theirs()
    if not np.allclose(qn_groups(groups).scale, peer * factor, rtol=1e-9, atol=1e-9):
        raise RuntimeError("Qn disagrees with statsmodels")
    what = f"Qn of {groups.values.size:,} results in {len(groups):,} groups; statsmodels' compiled _qn, n = 3"
    return compared(cpu_of(lambda: qn_groups(groups), 3), cpu_of(theirs, 3), "CPU s", what)


_IMPORT = """
import time
a = time.process_time()
import numpy
b = time.process_time()
from workbench.statistics import algorithm_a_groups, consensus_uncertainty, group_values, z_score
print(b - a, time.process_time() - b)
"""


def import_over_numpy_ms() -> Entry:
    """CPU of importing the scoring core after numpy, beside numpy itself, in cold processes.

    Compiled modules are kept, as on a user's machine; the first process writes them.
    """
    usual = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    runs = [
        subprocess.run(
            [sys.executable, "-c", _IMPORT], capture_output=True, text=True, check=True, env=usual
        ).stdout.split()
        for _ in range(11)
    ]
    numpy_ms, core_ms = ([1000 * float(r[k]) for r in runs] for k in (0, 1))
    return compared(
        core_ms, numpy_ms, "CPU ms", "import of the scoring core over numpy (ours), of numpy (peer)"
    )


def entries() -> Mapping[str, Callable[[], Entry]]:
    """The estimator entries by name."""
    return {
        "q_hampel_vs_pt13528": q_hampel_vs_pt13528,
        "bootstrap_vs_pt13528": bootstrap_vs_pt13528,
        "qn_M_vs_statsmodels": qn_m_vs_statsmodels,
        "import_over_numpy_ms": import_over_numpy_ms,
    }
