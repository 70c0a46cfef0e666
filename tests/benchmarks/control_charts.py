"""Control rules and monthly comparison of 7 million points; alone: `python -m tests.benchmarks.control_charts`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping

import numpy as np

from tests.benchmarks.control_loads import DAYS, control_load, stream_load
from tests.benchmarks.measure import Entry
from workbench.iqc.comparison import CellKeys, compare_cells
from workbench.iqc.laboratory_cells import laboratory_cells, month_of_day
from workbench.iqc.rule_engine import judge_points
from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_schemes import comparison_schemes

REPEATS = 5
PEER_CHARTS = 8
STACK = ("instrument", "reagent", "qc_lot")

RULES_SQL = """
CREATE OR REPLACE TABLE hits AS
SELECT series, run,
  abs(z) > 2 AS "1_2s", abs(z) > 2.5 AS "1_2.5s", abs(z) > 3 AS "1_3s", abs(z) > 3.5 AS "1_3.5s",
  coalesce(n2 = 2 AND (low2 > 2 OR high2 < -2), false) AS "2_2s",
  max(z) OVER r > 2 AND min(z) OVER r < -2 AND abs(z) > 2 AS "R_4s",
  n3 = 3 AND ((z > 2 AND above3 >= 2) OR (z < -2 AND below3 >= 2)) AS "2of3_2s",
  n3 = 3 AND (low3 > 1 OR high3 < -1) AS "3_1s", n4 = 4 AND (low4 > 1 OR high4 < -1) AS "4_1s",
  n8 = 8 AND (low8 > 0 OR high8 < 0) AS "8x", n10 = 10 AND (low10 > 0 OR high10 < 0) AS "10x",
  n7 = 7 AND (rising7 = 6 OR falling7 = 6) AS "7T"
FROM (
  SELECT *,
    count(*) OVER w2 n2, min(z) OVER w2 low2, max(z) OVER w2 high2,
    count(*) OVER w3 n3, min(z) OVER w3 low3, max(z) OVER w3 high3,
    count(*) FILTER (z > 2) OVER w3 above3, count(*) FILTER (z < -2) OVER w3 below3,
    count(*) OVER w4 n4, min(z) OVER w4 low4, max(z) OVER w4 high4,
    count(*) OVER w8 n8, min(z) OVER w8 low8, max(z) OVER w8 high8,
    count(*) OVER w10 n10, min(z) OVER w10 low10, max(z) OVER w10 high10,
    count(*) OVER w7 n7, sum(up) OVER w6 rising7, sum(down) OVER w6 falling7
  FROM (
    SELECT *, (z > lag(z) OVER p)::int up, (z < lag(z) OVER p)::int down FROM points
    WINDOW p AS (PARTITION BY series, epoch ORDER BY run)
  )
  WINDOW
    w2 AS (PARTITION BY series, epoch ORDER BY run ROWS 1 PRECEDING),
    w3 AS (PARTITION BY series, epoch ORDER BY run ROWS 2 PRECEDING),
    w4 AS (PARTITION BY series, epoch ORDER BY run ROWS 3 PRECEDING),
    w6 AS (PARTITION BY series, epoch ORDER BY run ROWS 5 PRECEDING),
    w7 AS (PARTITION BY series, epoch ORDER BY run ROWS 6 PRECEDING),
    w8 AS (PARTITION BY series, epoch ORDER BY run ROWS 7 PRECEDING),
    w10 AS (PARTITION BY series, epoch ORDER BY run ROWS 9 PRECEDING)
)
WINDOW r AS (PARTITION BY run)
"""

MONTH_SQL = """
CREATE OR REPLACE TABLE compared AS
WITH cells AS (
  SELECT series, lot, month, count(*) n, avg(value) mean, stddev_samp(value) sd
  FROM points GROUP BY ALL
), named AS (
  SELECT c.*, s.lab, s.analyte, s.level, s.instrument, s.reagent FROM cells c JOIN series s USING (series)
), sums AS (
  SELECT analyte, level, instrument, reagent, lot, month, count(*) k, avg(mean) gm,
         var_pop(mean) between_labs, avg(sd * sd) within_labs, avg(100 * sd / mean) gcv
  FROM named GROUP BY ALL
)
SELECT n.*, k, gm, sqrt(within_labs + between_labs) gsd, gcv, 100 * sd / mean cv,
       100 * (mean - gm) / gm bias, (mean - gm) / sqrt(within_labs + between_labs) sdi, 100 * sd / mean / gcv cvr
FROM named n JOIN sums USING (analyte, level, instrument, reagent, lot, month)
"""


def fastest(function: Callable[[], object], repeats: int = REPEATS) -> float:
    """Wall seconds of the fastest of several calls after one to warm up; both sides alike."""
    function()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


def rules_vs_duckdb() -> Entry:
    """The twelve rules; raises where the two do not mark the same points."""
    import duckdb
    import pyarrow as pa

    streams, rules = stream_load(), rule_sets()["twelve"]
    ours = fastest(lambda: judge_points(streams, rules))
    hits = judge_points(streams, rules)
    peer = duckdb.connect()
    points = pa.table({name: getattr(streams, name) for name in ("series", "epoch", "run", "z")})
    peer.register("arrow_points", points)
    peer.execute("CREATE TABLE points AS SELECT * FROM arrow_points")
    theirs = fastest(lambda: peer.execute(RULES_SQL), 1)
    columns = ", ".join(f'count(*) FILTER ("{line.name}")' for line in rules.rules)
    counted = peer.execute(f"SELECT {columns} FROM hits").fetchone()
    mine = tuple(int(hits.of(line.name).sum()) for line in rules.rules)
    if counted != mine:
        raise RuntimeError(f"the two find different hits: {mine} and {counted}")
    what = f"12 rules, {len(streams):,} points, {sum(mine):,} equal hits; peer: DuckDB window functions, all threads"
    return Entry(round(ours, 4), round(theirs, 3), round(theirs / ours, 1), "s", what)


def rules_vs_westgard_python() -> Entry:
    """Seconds a million points; the peer measured on a few charts as long as ours."""
    from westgard.history import evaluate_custom_rule_sequence

    from tests.iqc.westgard_peer import peer_rule_set, peer_series
    from workbench.iqc.streams import ControlStreams

    streams, rules = stream_load(), rule_sets()["twelve"]
    ours = fastest(lambda: judge_points(streams, rules)) / len(streams)
    n = np.arange(DAYS)
    drawn = np.random.default_rng(1).normal(size=(PEER_CHARTS, DAYS))
    charts = [peer_series(ControlStreams(z, n * 0, n * 0, n, n * 0)) for z in drawn]
    given = peer_rule_set()
    theirs = fastest(lambda: [evaluate_custom_rule_sequence(series=c, rule_set=given) for c in charts], 1)
    theirs /= drawn.size
    what = (
        f"a million points; ours measured on {len(streams):,} points, 12 rules; peer: westgard-python, 13 rules, "
        f"measured on {PEER_CHARTS} charts of {DAYS} points and extrapolated"
    )
    return Entry(round(ours * 1e6, 4), round(theirs * 1e6, 2), round(theirs / ours), "s", what)


def iqc_month_vs_duckdb() -> Entry:
    """Month statistics of every series and their groups; raises where the indices differ."""
    import duckdb
    import pyarrow as pa

    table, _, _ = control_load()
    scheme = comparison_schemes()["default"].model_copy(update={"leave_one_out": False})
    month = month_of_day(table.day)

    def ours() -> tuple[object, ...]:
        cells = laboratory_cells(table, month)
        found = compare_cells(CellKeys(table, cells), cells.moments, STACK, scheme)
        return cells, found.sdi(cells.moments), found.bias(cells.moments), found.cvr(cells.moments, scheme)

    mine = fastest(ours)
    peer = duckdb.connect()
    peer.register(
        "p", pa.table({"series": table.code, "lot": table.lot, "month": month, "value": table.value})
    )
    names = ("lab_code", "analyte", "level", "instrument", "reagent")
    coded = {name: table.series[name].astype("category").cat.codes.to_numpy(np.int32) for name in names}
    coded["lab"] = coded.pop("lab_code")
    peer.register("s", pa.table({"series": np.arange(len(table.series), dtype=np.int32), **coded}))
    peer.execute("CREATE TABLE points AS SELECT * FROM p; CREATE TABLE series AS SELECT * FROM s")
    theirs = fastest(lambda: peer.execute(MONTH_SQL))
    _, sdi, bias, cvr = ours()
    found = peer.execute("SELECT sdi, bias, cvr FROM compared ORDER BY series, lot, month").fetchnumpy()
    for name, column in (("sdi", sdi), ("bias", bias), ("cvr", cvr)):
        np.testing.assert_allclose(column, np.asarray(found[name]), rtol=1e-6, atol=1e-8)
    what = (
        f"n, mean, SD, CV, bias, SDI, CVR of {len(sdi):,} laboratory cells of {len(table):,} points against "
        f"{'+'.join(STACK)}, equal to 6 digits; peer: DuckDB, all threads"
    )
    return Entry(round(mine, 4), round(theirs, 4), round(theirs / mine, 2), "s", what)


def entries() -> Mapping[str, Callable[[], Entry]]:
    """The entries by name."""
    return {
        "rules_vs_duckdb": rules_vs_duckdb,
        "rules_vs_westgard_python": rules_vs_westgard_python,
        "iqc_month_vs_duckdb": iqc_month_vs_duckdb,
    }


if __name__ == "__main__":
    for name, make in entries().items():
        print(json.dumps({name: make().as_dict()}, indent=1))
