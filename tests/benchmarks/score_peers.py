"""Scoring of whole rounds beside pandas, pt13528, DuckDB and a compiled kernel."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import duckdb
import numpy as np
import pandas as pd
import pt13528

from tests.benchmarks.compiled import score_compiled
from tests.benchmarks.loads import Load, load, load_m, load_s
from tests.benchmarks.measure import Entry, compared, cpu_of
from tests.benchmarks.scoring import pandas_way
from workbench.statistics import RobustEstimates, algorithm_a_groups, consensus_uncertainty, group_values
from workbench.statistics.ragged import Groups

SQL_ITERATIONS = 25
BLOCK = 1 << 19
WORK = "Algorithm A, u, z and class of"


def timed(function: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    """The result of one call and its CPU seconds."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def fit_of(data: Load) -> RobustEstimates:
    return algorithm_a_groups(group_values(data.values, data.codes, data.n_groups))


def classes(z: np.ndarray) -> np.ndarray:
    size = np.abs(z)
    return (size > 2).view(np.int8) + (size >= 3).view(np.int8)


def ours(data: Load) -> tuple[np.ndarray, np.ndarray]:
    """From raw columns to z and class, all groups at once."""
    fit = fit_of(data)
    consensus_uncertainty(fit.scale, fit.n)
    scale = np.where(fit.degenerate, np.nan, fit.scale)
    z, kind = np.empty(data.values.size), np.empty(data.values.size, dtype=np.int8)
    for start in range(0, z.size, BLOCK):
        rows = slice(start, start + BLOCK)
        code = data.codes[rows]
        z[rows] = (data.values[rows] - fit.location[code]) / scale[code]
        kind[rows] = classes(z[rows])
    return z, kind


def ours_in_group_order(values: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same from a snapshot whose rows are in order of groups and values."""
    groups = Groups(values, offsets)
    fit = algorithm_a_groups(groups)
    z = values - groups.spread(fit.location)
    z /= groups.spread(np.where(fit.degenerate, np.nan, fit.scale))
    return z, classes(z)


def must_agree(mine: np.ndarray, theirs: np.ndarray, tolerance: float = 1e-6) -> None:
    """Raise unless all z that both have are equal, and both have nearly all."""
    both = np.isfinite(mine) & np.isfinite(theirs)
    if both.mean() < 0.98:
        raise RuntimeError(f"only {both.mean():.1%} of the results can be compared")
    worst = np.max(np.abs(mine[both] - theirs[both]) / (1 + np.abs(mine[both])))
    if worst > tolerance:
        raise RuntimeError(f"the two ways disagree: {worst:.2e}")


def pandas_z(data: Load) -> np.ndarray:
    table = pd.DataFrame({"group": data.codes, "value": data.values})
    return pandas_way(table)["z"].sort_index().to_numpy()


def pt13528_z(data: Load) -> np.ndarray:
    """One `round_record` per group; groups it refuses (no spread) stay without a score."""
    z = np.full(data.values.size, np.nan)
    for rows in pd.Series(data.codes).groupby(data.codes).indices.values():
        try:
            record = pt13528.round_record(data.values[rows], statistic="z")
        except ValueError:
            continue
        z[rows] = [row["score"] for row in record.rows()]
    return z


_ITERATION = """
create or replace temp table fit as
select g, avg(w) as x, 1.134 * stddev_samp(w) as s
from (select g, least(greatest(v, x - 1.5 * s), x + 1.5 * s) as w from results join fit using (g))
group by g"""
_START = """
create or replace temp table fit as
select g, median(v) as x, 1.483 * mad(v) as s from results group by g"""
_SCORE = """
select i, (v - x) / nullif(s, 0) as z, case when abs(z) >= 3 then 2 when abs(z) > 2 then 1 else 0 end as class
from results join fit using (g)"""


def duckdb_z(data: Load) -> np.ndarray:
    """Algorithm A by repeated SQL, as far as 25 iterations come."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        frame = pd.DataFrame({"i": np.arange(data.values.size), "g": data.codes, "v": data.values})
        connection.register("frame", frame)
        connection.execute("create temp table results as select * from frame")
        connection.execute(_START)
        for _ in range(SQL_ITERATIONS):
            connection.execute(_ITERATION)
        found = connection.execute(_SCORE).fetchnumpy()
    z = np.full(data.values.size, np.nan)
    z[np.asarray(found["i"])] = np.ma.filled(found["z"], np.nan)
    return z


def beside(data: Load, peer: Callable[[Load], np.ndarray], name: str, runs: int) -> Entry:
    """Our time beside a peer's whole run on the same load, after their z were compared."""
    mine = ours(data)[0]
    seconds = []
    for _ in range(runs):
        theirs, spent = timed(lambda: peer(data))
        seconds.append(spent)
    must_agree(mine, theirs)
    return compared(
        cpu_of(lambda: ours(data), 9), seconds, "CPU s", f"{WORK} {data.size}; {name}, n = {runs}"
    )


def beside_duckdb(data: Load) -> Entry:
    """25 iterations do not reach the fixed point everywhere: nine z in ten must agree to 0.01."""
    mine = ours(data)[0]
    theirs, seconds = timed(lambda: duckdb_z(data))
    apart = np.abs(mine - theirs) / (1 + np.abs(mine))
    if not np.nanquantile(apart, 0.9) < 0.01:
        raise RuntimeError(f"DuckDB disagrees: {np.nanquantile(apart, 0.9):.2e}")
    what = f"{WORK} {data.size}; DuckDB, {SQL_ITERATIONS} iterations in SQL, one thread, n = 1"
    return compared(cpu_of(lambda: ours(data), 9), [seconds], "CPU s", what)


def beside_compiled(data: Load) -> Entry:
    """From a sorted snapshot: ratio = compiled / ours; 1 / 1.6 = 0.63 is the goal."""
    groups = group_values(data.values, data.codes, data.n_groups)
    must_agree(
        ours_in_group_order(groups.values, groups.offsets)[0],
        score_compiled(groups.values, groups.offsets)[0],
    )
    mine = cpu_of(lambda: ours_in_group_order(groups.values, groups.offsets), 9)
    peer = cpu_of(lambda: score_compiled(groups.values, groups.offsets), 9)
    what = f"{WORK} {data.size} from a sorted snapshot; numba kernel, same closed-form steps"
    return compared(mine, peer, "CPU s", what)


def scaling(data: Load, big: Load, runs: tuple[int, int]) -> Entry:
    """Ten times the laboratories and groups: ratio = seconds of ten times the data / seconds of once."""
    once = float(np.median(cpu_of(lambda: ours(data), runs[0])))
    ten = float(np.median(cpu_of(lambda: ours(big), runs[1])))
    what = f"{WORK} {big.size} (ours) beside {data.size} (peer): times longer, at most 11"
    return Entry(round(ten, 6), round(once, 6), round(ten / once, 2), "CPU s", what)


def entries() -> Mapping[str, Callable[[], Entry]]:
    """The scoring entries by name; the loads are made on first use, once."""
    return {
        "score_S_vs_pandas": lambda: beside(load_s(), pandas_z, "pandas groupby.apply", 3),
        "score_S_vs_pt13528": lambda: beside(load_s(), pt13528_z, "pt13528 round_record per group", 3),
        "score_M_vs_pandas": lambda: beside(load_m(), pandas_z, "pandas groupby.apply", 3),
        "score_M_vs_pt13528": lambda: beside(load_m(), pt13528_z, "pt13528 round_record per group", 1),
        "score_M_vs_duckdb": lambda: beside_duckdb(load_m()),
        "score_M_sorted_vs_compiled": lambda: beside_compiled(load_m()),
        "scaling_10x": lambda: scaling(load_s(), load(6_000, 120), (15, 7)),
        "scaling_10x_from_M": lambda: scaling(load_m(), load(120_000, 400), (9, 3)),
    }
