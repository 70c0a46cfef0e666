"""The watch: alerts as a judgement of everything at once would give them, once each, wherever it was interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.iqc.control_table import control_streams
from workbench.iqc.control_targets import targets_in_force
from workbench.iqc.rule_engine import judge_points
from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_schemes import ComparisonScheme, comparison_schemes
from workbench.rounds.control_demonstration import register_year
from workbench.rounds.control_watch import ControlWatch
from workbench.simulation.control_year import (
    ControlYear,
    FaultPlan,
    YearSize,
    control_points_frame,
    simulate_control_year,
)
from workbench.store import Store, upgrade
from workbench.store.control_master import control_targets
from workbench.store.control_points import ControlLoad, add_control_points, exclude_control_points
from workbench.store.control_tables import read_control_table
from workbench.store.control_watch import acknowledge_alert, control_alerts

DEFAULT = comparison_schemes()["default"]
NO_QUESTIONS = pd.DataFrame(columns=["place", "reason", "sent", "content"])


def scheme(**alerts: object) -> ComparisonScheme:
    return ComparisonScheme.model_validate(
        DEFAULT.model_dump() | {"alerts": DEFAULT.alerts.model_dump() | alerts}
    )


def prepared(path: Path, year: ControlYear) -> Store:
    """A store with master data and targets, without points."""
    store = upgrade(path)
    register_year(store, year)
    return store


def add(store: Store, frame: pd.DataFrame, name: str) -> None:
    run = add_control_points(
        store, ControlLoad(frame, NO_QUESTIONS, name, name, len(frame), received_at=datetime(2026, 1, 1))
    )
    assert run.rows_loaded == len(frame)


@pytest.fixture(scope="module")
def year() -> ControlYear:
    return simulate_control_year(
        ("K",), 5, YearSize(laboratories=12, days=90, instruments=2), FaultPlan(rate=0.25, days=30)
    )


@pytest.fixture(scope="module")
def short() -> ControlYear:
    size = YearSize(laboratories=12, days=36, instruments=2)
    return simulate_control_year(("K",), 5, size, FaultPlan(rate=0.25, days=15))


def expected_hits(store: Store, rules: str) -> set[tuple[int, str]]:
    table = read_control_table(store)
    streams = control_streams(table, *targets_in_force(table, control_targets(store)))
    hits = judge_points(streams, rule_sets()[rules])
    return {
        (int(table.point[k]), line.name) for line in hits.lines for k in np.flatnonzero(hits.of(line.name))
    }


@pytest.mark.parametrize("rules", ["twelve", "westgard_classic", "small_shifts"])
def test_day_by_day_the_same_as_everything_at_once(tmp_path: Path, year: ControlYear, rules: str) -> None:
    store = prepared(tmp_path / "a.db", year)
    watch = ControlWatch(store, rule_sets()[rules], scheme(quiet_hours=0, sdi=99))
    for first in range(0, 90, 7):
        add(store, control_points_frame(year, (first, min(first + 6, 89))), f"week {first}")
        watch.run()
    alerts = control_alerts(store)
    found = set(zip(alerts["point_id"].tolist(), alerts["cause"], strict=True))
    expected = expected_hits(store, rules)
    assert len(expected) > 20
    assert found == expected
    assert watch.run() == 0
    assert len(control_alerts(store)) == len(alerts)


def test_an_interrupted_watch_goes_on_where_it_was(tmp_path: Path, short: ControlYear) -> None:
    """Killed again and again in the middle of its work: the same alerts, each once, in store and feed."""
    year = short
    store = prepared(tmp_path / "a.db", year)
    add(store, control_points_frame(year), "year")
    whole = prepared(tmp_path / "b.db", year)
    add(whole, control_points_frame(year), "year")
    ControlWatch(whole, rule_sets()["twelve"], DEFAULT).run()
    feed = tmp_path / "alerts.jsonl"
    program = (
        "import sys; from pathlib import Path; from workbench.store import open_store;"
        "from workbench.rounds.control_watch import ControlWatch;"
        "from workbench.parameters.control_rules import rule_sets;"
        "from workbench.parameters.iqc_schemes import comparison_schemes;"
        "w = ControlWatch(open_store(Path(sys.argv[1])), rule_sets()['twelve'], comparison_schemes()['default'],"
        " Path(sys.argv[2]));\n"
        "while w.step(16): print('.', flush=True)"
    )
    killed = 0
    while True:
        command = [sys.executable, "-c", program, str(tmp_path / "a.db"), str(feed)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(6 * 3**killed):
            if not process.stdout.readline():
                break
        time.sleep(0.003 * (killed + 1))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        code = process.wait()
        if code == 0:
            break
        killed += 1
        with feed.open("a", encoding="utf-8") as file:
            file.write('{"alert_id": 99')
    assert killed >= 2
    columns = ["lab_code", "analyte", "level", "cause", "size", "moment"]
    mine, expected = (
        control_alerts(s)[columns].sort_values(columns, ignore_index=True) for s in (store, whole)
    )
    pd.testing.assert_frame_equal(mine, expected)
    lines = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    assert [line["alert_id"] for line in lines] == control_alerts(store)["alert_id"].tolist()
    assert set(lines[0]) >= {"lab_code", "analyte", "level", "qc_lot", "cause", "size", "moment"}


def test_a_laboratory_off_its_group_is_told_after_days_not_after_one(tmp_path: Path) -> None:
    year = simulate_control_year(
        ("K",), 6, YearSize(laboratories=9, days=12, instruments=1), FaultPlan(rate=0, lot_share=0)
    )
    store = prepared(tmp_path / "a.db", year)
    watch = ControlWatch(store, rule_sets()["sigma_6_2_levels"], scheme(quiet_hours=0))
    frame = control_points_frame(year)
    off = (frame["lab_code"] == "L0003") & (frame["level"] == "1")
    frame.loc[off, "value"] *= 1.08
    days = frame["run_at"].dt.floor("D")
    for number, day in enumerate(sorted(days.unique())):
        add(store, frame[days == day], f"day {number}")
        watch.run()
        alerts = control_alerts(store)
        sdi = alerts[alerts["cause"] == "sdi"]
        assert sdi.empty == (number < 4), number
    assert set(sdi["lab_code"]) == {"L0003"}
    assert set(sdi["peer_group_level"]) == {"instrument+reagent+sub_type+qc_lot"}
    last = sdi.iloc[-1]
    moment = pd.Timestamp(int(last["moment"]), unit="s")
    came_before = (frame["run_at"] < moment) | ((frame["run_at"] == moment) & (frame["lab_code"] <= "L0003"))
    mine = frame[(frame["level"] == "1") & (frame["qc_lot"] == last["qc_lot"]) & came_before]
    labs = [g["value"] for code, g in mine.groupby("lab_code") if code != "L0003"]
    means = np.array([g.mean() for g in labs])
    sd = np.sqrt(np.mean([g.var() for g in labs]) + np.mean((means - means.mean()) ** 2))
    own = mine.loc[mine["lab_code"] == "L0003", "value"].mean()
    assert last["size"] == pytest.approx((own - means.mean()) / sd, rel=1e-6)


def test_the_same_cause_is_not_told_twice_within_its_hours(tmp_path: Path, short: ControlYear) -> None:
    counts = {}
    for hours in (0, 24, 24 * 7):
        store = prepared(tmp_path / f"{hours}.db", short)
        add(store, control_points_frame(short), "year")
        ControlWatch(store, rule_sets()["twelve"], scheme(quiet_hours=hours)).run()
        alerts = control_alerts(store)
        counts[hours] = len(alerts)
        for _, same in alerts.groupby(["lab_code", "analyte", "level", "cause"]):
            apart = np.diff(np.sort(same["moment"]))
            assert (apart > hours * 3600).all() or hours == 0
    assert counts[0] > counts[24 * 7] > 0


def test_excluded_points_are_not_in_the_window_and_alerts_can_be_answered(
    tmp_path: Path, year: ControlYear
) -> None:
    store = prepared(tmp_path / "a.db", year)
    add(store, control_points_frame(year), "year")
    point = int(read_control_table(store).point[0])
    exclude_control_points(store, [point], "bubble", "laboratory", datetime(2026, 5, 1))
    ControlWatch(store, rule_sets()["twelve"], DEFAULT).run()
    alert = int(control_alerts(store)["alert_id"].iloc[0])
    acknowledge_alert(store, alert, "handled", "recalibrated")
    row = control_alerts(store).iloc[0]
    assert (row["state"], row["note"]) == ("handled", "recalibrated")
