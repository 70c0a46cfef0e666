"""Limits of |SDI| by tag and named group: who is told, beyond which limit and why; once, wherever it was interrupted."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from workbench.apps.monitor.alerts import AlertBook
from workbench.apps.monitor.viewer import Viewer
from workbench.errors import ParameterError
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
from workbench.store.control_groups import control_groups, save_control_group, save_laboratory_tags
from workbench.store.control_points import ControlLoad, add_control_points
from workbench.store.control_watch import control_alerts

DEFAULT = comparison_schemes()["default"]
RULES = rule_sets()["twelve"]
TAGGED = ("L0001", "L0002", "L0003", "L0004")
GROUP = {"region": "R03", "qc_lot": "A"}
COLUMNS = ["lab_code", "level", "cause", "size", "moment", "size_limit", "limit_reason"]


def scheme(**alerts: object) -> ComparisonScheme:
    changed = DEFAULT.alerts.model_dump() | {"quiet_hours": 0} | alerts
    return ComparisonScheme.model_validate(DEFAULT.model_dump() | {"alerts": changed})


@pytest.fixture(scope="module")
def year() -> ControlYear:
    size = YearSize(laboratories=12, days=20, instruments=1)
    return simulate_control_year(("K",), 6, size, FaultPlan(rate=0.2, days=12))


def filled(path: Path, year: ControlYear) -> Store:
    store = upgrade(path)
    register_year(store, year)
    frame = control_points_frame(year)
    nothing = pd.DataFrame(columns=["place", "reason", "sent", "content"])
    add_control_points(store, ControlLoad(frame, nothing, "year", "year", len(frame)))
    save_laboratory_tags(store, pd.DataFrame({"lab_code": TAGGED, "tag": "network"}))
    save_control_group(store, "Region three, first lot", GROUP, datetime(2026, 1, 1))
    save_control_group(store, "Region three, first lot", {"region": "R01"}, datetime(2026, 1, 1), "L0001")
    return store


def sdi_alerts(store: Store, wanted: ComparisonScheme) -> pd.DataFrame:
    ControlWatch(store, RULES, wanted).run()
    found = control_alerts(store)
    return found[found["cause"] == "sdi"].reset_index(drop=True)


@pytest.fixture(scope="module")
def every_sdi(tmp_path_factory: pytest.TempPathFactory, year: ControlYear) -> pd.DataFrame:
    """Every SDI there is, told beyond a limit of almost nothing, with what a limit may be bound to."""
    found = sdi_alerts(filled(tmp_path_factory.mktemp("all") / "a.db", year), scheme(sdi=1e-9))
    places = year.table.series[["lab_code", "region"]].drop_duplicates().set_index("lab_code")["region"]
    return found.assign(region=found["lab_code"].map(places))


def expected(every: pd.DataFrame, limit: pd.Series) -> set[tuple[str, str, int]]:
    told = every[every["size"].abs() > limit]
    return set(zip(told["lab_code"], told["level"], told["moment"], strict=True))


def keys(alerts: pd.DataFrame) -> set[tuple[str, str, int]]:
    return set(zip(alerts["lab_code"], alerts["level"], alerts["moment"], strict=True))


def test_the_strictest_limit_that_fits_holds(
    tmp_path: Path, year: ControlYear, every_sdi: pd.DataFrame
) -> None:
    limits = [{"tag": "network", "sdi": 0.8}, {"group": "Region three, first lot", "sdi": 0.3}]
    store = filled(tmp_path / "a.db", year)
    found = sdi_alerts(store, scheme(sdi=1.2, limits=limits))
    tagged = every_sdi["lab_code"].isin(TAGGED)
    grouped = (every_sdi["region"] == "R03") & (every_sdi["qc_lot"] == "A")
    limit = pd.Series(1.2, every_sdi.index).mask(tagged, 0.8).mask(grouped, 0.3)
    assert keys(found) == expected(every_sdi, limit)
    assert set(found["size_limit"]) == {1.2, 0.8, 0.3}
    for row in found.to_dict("records"):
        reason = json.loads(row["limit_reason"])
        assert reason["sdi"] == row["size_limit"] == min(reason["fitting"].values())
        assert ("tag:network" in reason["fitting"]) == (row["lab_code"] in TAGGED)
        assert reason["wins"] == ("only" if len(reason["fitting"]) == 1 else "strictest")
    rules = control_alerts(store).query("cause != 'sdi'")
    assert len(rules) > 0
    assert rules["size_limit"].isna().all()
    assert set(rules["limit_reason"]) == {""}


def test_the_most_specific_limit_may_be_larger(
    tmp_path: Path, year: ControlYear, every_sdi: pd.DataFrame
) -> None:
    limits = [{"tag": "network", "sdi": 0.3}, {"group": "Region three, first lot", "sdi": 50.0}]
    found = sdi_alerts(
        filled(tmp_path / "a.db", year), scheme(sdi=0.8, limits=limits, limit_wins="most_specific")
    )
    tagged = every_sdi["lab_code"].isin(TAGGED)
    grouped = (every_sdi["region"] == "R03") & (every_sdi["qc_lot"] == "A")
    limit = pd.Series(0.8, every_sdi.index).mask(tagged, 0.3).mask(grouped, 50.0)
    assert keys(found) == expected(every_sdi, limit)
    assert expected(every_sdi, limit.mask(grouped, 0.3)) != keys(found)


def test_an_interrupted_watch_tells_the_same_limits_once(tmp_path: Path, year: ControlYear) -> None:
    """A new watch at every step, as after a crash; and tags that change later do not change what was told."""
    wanted = scheme(
        sdi=1.2, limits=[{"tag": "network", "sdi": 0.5}, {"group": "Region three, first lot", "sdi": 0.4}]
    )
    whole, stores = filled(tmp_path / "a.db", year), filled(tmp_path / "b.db", year)
    feed = tmp_path / "alerts.jsonl"
    ControlWatch(whole, RULES, wanted).run()
    while ControlWatch(stores, RULES, wanted, feed).step(37):
        with feed.open("a", encoding="utf-8") as file:
            file.write('{"alert_id": 99')
    one, other = (control_alerts(s)[COLUMNS].sort_values(COLUMNS, ignore_index=True) for s in (whole, stores))
    pd.testing.assert_frame_equal(one, other)
    save_laboratory_tags(stores, pd.DataFrame({"lab_code": ["L0009"], "tag": "network"}))
    assert ControlWatch(stores, RULES, wanted, feed).run() == 0
    pd.testing.assert_frame_equal(
        control_alerts(stores)[COLUMNS].sort_values(COLUMNS, ignore_index=True), other
    )
    lines = [json.loads(line) for line in feed.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(other)
    told = [line for line in lines if line["cause"] == "sdi"]
    assert any("beyond 0.5 of tag:network, strictest of " in line["why"] for line in told)
    assert all(
        abs(line["size"]) > line["limit"]["sdi"] == min(line["limit"]["fitting"].values()) for line in told
    )
    assert not any("limit" in line for line in lines if line["cause"] != "sdi")


def test_the_monitor_prints_the_limit_and_hides_names_from_a_participant(
    tmp_path: Path, year: ControlYear
) -> None:
    store = filled(tmp_path / "a.db", year)
    sdi_alerts(store, scheme(sdi=1.2, limits=[{"tag": "network", "sdi": 0.4}]))
    organiser = AlertBook(store.url, "K", Viewer("organiser"), "en")
    rows = [row for row in organiser.rows("all") if row["size_limit"] == 0.4]
    assert "(limit 0.4: tag “network”, the strictest of 2 that fit)" in organiser.line(rows[0])
    own = AlertBook(store.url, "K", Viewer("participant", rows[0]["lab_code"]), "zh_CN")
    line = own.line(next(row for row in own.rows("all") if row["size_limit"] == 0.4))
    assert "（限值 0.4）" in line
    assert "network" not in line


def test_limits_of_nobody_are_named(tmp_path: Path, year: ControlYear) -> None:
    store = filled(tmp_path / "a.db", year)
    limits = [
        {"tag": "network", "sdi": 1}, {"tag": "none", "sdi": 1}, {"group": "gone", "sdi": 1},
        {"group": next(iter(control_groups(store))), "sdi": 1},
    ]  # fmt: skip
    assert ControlWatch(store, RULES, scheme(limits=limits)).idle_limits() == ["tag:none", "group:gone"]


@pytest.mark.parametrize(
    ("alerts", "message"),
    [
        ("{sdi: 2.0, limits: [{tag: a, sdi: 2.5}]}", "tag:a is not below sdi 2 and never applies"),
        ("{limits: [{tag: a, group: b, sdi: 1}]}", "either a tag or a group"),
        ("{limits: [{sdi: 1}]}", "either a tag or a group"),
        ("{limits: [{tag: a, sdi: 1}, {tag: a, sdi: 1.5}]}", "more than one limit of tag:a"),
        ("{limits: [{tag: a, sdi: -1}]}", "greater than 0"),
    ],
)
def test_limits_that_make_no_sense_are_refused_with_their_place(
    tmp_path: Path, alerts: str, message: str
) -> None:
    head = "about: x\nschemes:\n  - scheme: s\n    zh: z\n    en: e\n    ladder: [[qc_lot]]\n"
    bands = "    bands: [{grade: A, sdi: 1, cvr: 1}]\n"
    (tmp_path / "s.yaml").write_text(f"{head}{bands}    alerts: {alerts}\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"s\.yaml") as caught:
        comparison_schemes(tmp_path)
    assert message in str(caught.value)
