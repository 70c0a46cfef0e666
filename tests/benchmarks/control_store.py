"""`watch_one_point_ms`: one new point judged while 7 million are stored; alone: `python -m tests.benchmarks.control_store`."""

from __future__ import annotations

import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.control_loads import DAYS, FIRST_DAY, control_load
from tests.benchmarks.measure import Entry
from workbench.iqc.control_table import SERIES_KEYS
from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_schemes import ComparisonScheme, comparison_schemes
from workbench.rounds.control_watch import ControlWatch
from workbench.store import Store, upgrade
from workbench.store.control_groups import save_control_group, save_laboratory_tags
from workbench.store.control_master import register_series, save_control_master, save_control_targets
from workbench.store.control_points import ControlLoad, add_control_points

NEW_POINTS, GOAL_MS, CHUNK = 200, 10.0, 500_000
_INSERT = (
    "INSERT INTO control_point (series_id, lot_id, run, replicate, is_manual, second, raw, value, answer, "
    "operator_flag, message_id, in_use, intake_id) VALUES (?, ?, ?, 1, 0, 28800, '', ?, '', '', '', 1, 1)"
)


def filled(path: Path) -> Store:
    """A store with the points of the load, written in order of days as they would have come."""
    table, mean, sd = control_load()
    store = upgrade(path)
    systems = [(k, code) for k in ("instrument", "reagent") for code in table.series[k].unique()]
    save_control_master(
        store,
        table.series[["lab_code", "region", "hospital_level"]].drop_duplicates(),
        pd.DataFrame([*systems, ("calibrator", "")], columns=["kind", "code"]).assign(name_zh="", name_en=""),
        pd.DataFrame({"qc_lot": list(table.lots), "material": ""}),
    )
    register_series(store, table.series)
    first = np.flatnonzero(np.concatenate([[True], (np.diff(table.code) != 0) | (np.diff(table.lot) != 0)]))
    keys = table.series.iloc[table.code[first]][["lab_code", "analyte", "level", "instrument"]].reset_index(
        drop=True
    )
    lots = np.asarray(table.lots, dtype=object)[table.lot[first]]
    save_control_targets(store, keys.assign(qc_lot=lots, mean=mean[first], sd=sd[first], target_source="own"))
    labs = sorted(table.series["lab_code"].unique())
    save_laboratory_tags(store, pd.DataFrame({"lab_code": labs[::3], "tag": "network"}))
    first_system = {"instrument": table.series["instrument"].iloc[0], "tag": "network"}
    save_control_group(store, "first system", first_system, datetime(2026, 1, 1))
    _write_points(path)
    return store


def limited_scheme() -> ComparisonScheme:
    """SDI limits by tag and group so small that they are looked up at every point."""
    scheme = comparison_schemes()["default"]
    limits = [{"tag": "network", "sdi": 1.5}, {"group": "first system", "sdi": 1e-9}]
    alerts = scheme.alerts.model_dump() | {"limits": limits}
    return ComparisonScheme.model_validate(scheme.model_dump() | {"alerts": alerts})


def _write_points(path: Path) -> None:
    """Seven million rows at the speed of the driver: the intake is not what is measured."""
    load, _, _ = control_load()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("INSERT INTO control_intake VALUES (1, 'load', 'load', NULL, 0, 0, 0, 0)")
        keys = pd.read_sql_query(
            "SELECT series_id, lab_code, analyte, level, instrument, reagent FROM control_series JOIN laboratory USING (lab_id)",
            connection,
        )
        names = ["lab_code", "analyte", "level", "instrument", "reagent"]
        number = load.series[names].merge(keys, on=names, how="left")["series_id"].to_numpy()
        order = np.lexsort((load.code, load.run))
        for start in range(0, len(order), CHUNK):
            part = order[start : start + CHUNK]
            columns = (number[load.code[part]], load.lot[part] + 1, load.run[part], load.value[part])
            connection.executemany(_INSERT, zip(*(c.tolist() for c in columns), strict=True))
        connection.execute("INSERT INTO control_watch SELECT 'watch', max(point_id) FROM control_point")
        connection.execute("ANALYZE control_point")


def watch_one_point_ms() -> Entry:
    """Median milliseconds from a stored point to its judgement in the store; raises when a planted shift is missed."""
    table, mean, sd = control_load()
    with tempfile.TemporaryDirectory() as folder:
        store = filled(Path(folder) / "qc.sqlite")
        watch = ControlWatch(store, rule_sets()["twelve"], limited_scheme())
        rng = np.random.default_rng(3)
        chosen = rng.choice(len(table.series), NEW_POINTS + 1, replace=False)
        last = np.searchsorted(table.code, chosen, side="right") - 1
        frame = table.series.iloc[chosen][list(SERIES_KEYS)].reset_index(drop=True)
        day = np.datetime64(FIRST_DAY + DAYS, "D").astype("datetime64[s]").astype(datetime)
        value = mean[last] + 3.8 * sd[last]
        nothing = pd.DataFrame(columns=["place", "reason", "sent", "content"])
        seconds = []
        for k in range(len(frame)):
            point = frame.iloc[[k]].assign(
                qc_lot="B", run_at=day, run_no=1, replicate=1, raw="x", value=value[k], answer="",
                track="automatic", operator_flag="", message_id="",
            )  # fmt: skip
            add_control_points(store, ControlLoad(point, nothing, f"p{k}", f"p{k}", 1))
            with store.kept_open():
                start = time.perf_counter()
                if watch.step() != 1:
                    raise RuntimeError("the new point was not judged")
                seconds.append(time.perf_counter() - start)
        with store.reading() as connection:
            caught = connection.exec_driver_sql(
                "SELECT count(DISTINCT point_id) FROM control_alert WHERE cause = '1_3.5s'"
            ).scalar()
        store.close()
    if caught != len(frame):
        raise RuntimeError(f"{caught} of {len(frame)} points beyond 3.5 SD were told")
    ms = 1000 * statistics.median(seconds[1:])
    worst = 1000 * float(np.quantile(seconds[1:], 0.95))
    what = (
        f"one point with {len(table):,} stored in SQLite: 12 rules on its chart, SDI of 28 days against its group, limits "
        f"by tag and named group, alert written; median of {NEW_POINTS}, 95th centile {worst:.1f} ms, first step of a watch {1000 * seconds[0]:.0f} ms; "
        "peer: the goal"
    )
    return Entry(round(ms, 2), GOAL_MS, round(GOAL_MS / ms, 2), "ms", what)


def entries() -> Mapping[str, Callable[[], Entry]]:
    """The entries by name."""
    return {"watch_one_point_ms": watch_one_point_ms}


if __name__ == "__main__":
    print(json.dumps({name: make().as_dict() for name, make in entries().items()}, indent=1))
