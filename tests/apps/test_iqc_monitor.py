"""The monitor without a browser: what is compared, what stays hidden, and that nothing of others reaches the page."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ipywidgets import Widget
from ipywidgets.widgets.widget import _instances

from tests.apps.control_store import LAST_DAY, filled
from workbench.apps.monitor.alerts import AlertBook
from workbench.apps.monitor.app import PARAMETERS, IqcMonitor, open_monitor
from workbench.apps.monitor.charts import chart_part, hits_of_rows, judged, parts
from workbench.apps.monitor.entry import EntryDesk
from workbench.apps.monitor.model import (
    DIMENSIONS,
    ControlArchive,
    Wanted,
    compare,
    given_targets,
    kept_days,
    open_archive,
    remaining,
    usual_lot,
)
from workbench.apps.monitor.viewer import Viewer, nested_too_closely, offered, viewer_of
from workbench.apps.monitor.views import SORTS, MonitorView
from workbench.errors import DataError
from workbench.ingest.control_codes import control_code
from workbench.iqc.control_rules import CONTROL_RULES
from workbench.parameters.iqc_schemes import comparison_schemes
from workbench.reports.iqc_evaluation import evaluate_controls
from workbench.store import Store
from workbench.store.control_groups import control_groups, save_control_group
from workbench.store.control_points import control_discrepancies
from workbench.store.control_tables import read_control_table
from workbench.store.control_watch import control_alerts
from workbench.wording import LOCALES

LAB_CODE = re.compile(r"L\d{4}")
SCHEME = comparison_schemes()["default"]
ORGANISER = Viewer()
OWN = Viewer("participant", "L0001")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return filled(tmp_path_factory.mktemp("iqc") / "iqc.sqlite")


@pytest.fixture(scope="module")
def archive(store: Store) -> ControlArchive:
    return open_archive(store.url, "K")


def wanted(archive: ControlArchive, *filters: tuple[str, str], **rest: Any) -> Wanted:
    bare = Wanted("1", (), **rest)
    return replace(bare, filters=(("qc_lot", usual_lot(archive, bare)), *filters))


def points(store: Store, lot: str, instrument: str = "") -> pd.DataFrame:
    """The points a comparison of level 1 is made of, straight from the table."""
    table = read_control_table(store)
    frame = table.series.iloc[table.code].reset_index(drop=True)
    frame = frame.assign(value=table.value, lot=np.asarray(table.lots)[table.lot], counts=table.counts)
    kept = frame["counts"] & (frame["lot"] == lot) & (frame["level"] == "1")
    return frame[kept & (frame["instrument"] == instrument if instrument else True)]


def test_a_row_is_the_laboratory_against_the_others_by_plain_arithmetic(
    store: Store, archive: ControlArchive
) -> None:
    chosen = wanted(archive, ("instrument", "INS0"), days=365)
    rows = compare(archive, chosen).rows
    values = points(store, dict(chosen.filters)["qc_lot"], "INS0").groupby("lab_code")["value"]
    means, sds = values.mean(), values.std()
    assert sorted(rows["lab_code"]) == sorted(means.index)
    for row in rows.itertuples():
        others = [code for code in means.index if code != row.lab_code]
        middle = means[others].mean()
        within = (sds[others] ** 2).mean()
        between = ((means[others] - middle) ** 2).mean()
        assert row.sdi == pytest.approx((means[row.lab_code] - middle) / np.sqrt(within + between))
        assert row.bias == pytest.approx(100 * (means[row.lab_code] - middle) / middle)
        cvs = 100 * sds / means
        assert row.cvr == pytest.approx(cvs[row.lab_code] / cvs[others].mean())
        assert row.sigma == pytest.approx((6.0 - abs(row.bias)) / row.cv)


def test_a_month_agrees_with_the_monthly_report(store: Store, archive: ControlArchive) -> None:
    """The same groups by another road: the monthly comparison of the widest rung."""
    scheme = SCHEME.model_copy(update={"ladder": (("qc_lot",),)})
    made = evaluate_controls(store, [673], _rules("twelve"), scheme).rows
    month = made[(made["month"] == "2026-02") & (made["level"] == "1")]
    lot = month["qc_lot"].mode()[0]
    month = month[month["qc_lot"] == lot].set_index("lab_code")
    days = LAST_DAY - int(np.datetime64("2026-02-01").astype(int)) + 1
    assert days == 29
    rows = compare(archive, replace(wanted(archive), filters=(("qc_lot", lot),), days=days)).rows
    both = rows.set_index("lab_code")
    # One day more than the month: indices agree closely, the laboratories exactly.
    assert set(both.index) == set(month.index)
    assert np.allclose(both["sdi"], month.loc[both.index, "sdi"], atol=0.25)


def _rules(name: str) -> Any:
    from workbench.parameters.control_rules import rule_sets

    return rule_sets()[name]


@pytest.mark.parametrize("dimension", [d for d in DIMENSIONS if d != "sub_type"])
def test_each_filter_says_how_many_laboratories_remain(archive: ControlArchive, dimension: str) -> None:
    chosen = wanted(archive, ("hospital_level", "tertiary"))
    every, counts = remaining(archive, chosen, dimension)
    assert counts
    for value, n in counts.items():
        stacked = chosen.without(dimension)
        stacked = replace(stacked, filters=(*stacked.filters, (dimension, value)))
        labs = archive.laboratory[kept_days(archive, stacked)]
        assert n == len(np.unique(labs)) == compare(archive, stacked).laboratories
        assert n <= every


def test_small_groups_are_hidden_step_by_step(archive: ControlArchive) -> None:
    tagged = compare(archive, wanted(archive, ("tag", "network")))
    assert (tagged.laboratories, tagged.disclosure) == (3, "mean")
    rows = tagged.rows
    assert rows["group_mean"].notna().all()
    assert rows["bias"].notna().all()
    assert rows[["group_sd", "group_cv", "sdi", "cvr"]].isna().all(axis=None)
    assert set(rows["grade"]) == {"N"}
    few = compare(archive, wanted(archive, ("tag", "network"), ("instrument", "INS0")))
    assert 0 < few.laboratories < 3
    assert few.disclosure == "few"
    assert few.rows[["group_mean", "bias", "sigma"]].isna().all(axis=None)
    view = MonitorView(few, ORGANISER, "en")
    assert (view.rows, view.plane(view.charted[0]), view.months(view.charted[0])) == ([], None, None)
    assert "2 laboratories or fewer" in view.group_line()
    assert "Fewer than 3" in view.notice()
    nobody = compare(archive, wanted(archive, ("region", "nowhere")))
    assert nobody.disclosure == "none"
    assert "nowhere" in MonitorView(nobody, ORGANISER, "en").notice()


def test_points_hit_rules_as_their_z_says(archive: ControlArchive) -> None:
    compared = compare(archive, wanted(archive, target="own", days=365))
    found = judged(compared)
    beyond = np.abs(np.nan_to_num(found.z)) > CONTROL_RULES["1_3s"].limit
    assert beyond.any()
    assert (found.hits.of("1_3s") == beyond).all()
    rows = hits_of_rows(compared)
    assert len(rows) == len(compared.rows)
    table = found.table
    for row, hits in zip(compared.rows.itertuples(), rows, strict=True):
        mine = (table.series["lab_code"] == row.lab_code) & (table.series["level"] == "1")
        of = mine.to_numpy()[table.code] & (np.asarray(table.lots)[table.lot] == row.qc_lot)
        assert hits.lines.get("1_3s", 0) == int((beyond & of).sum())


def test_targets_are_the_groups_the_makers_or_the_laboratorys(archive: ControlArchive) -> None:
    for target in ("own", "group"):
        compared = compare(archive, wanted(archive, target=target, days=365))
        part = next(p for p in parts(compared, "en") if p["lab_code"] == "L0002")
        chart = chart_part(compared, part, "en")
        point = next(p for p in chart["points"] if p["z"] is not None and p["qc_lot"] == part["qc_lot"])
        if target == "group":
            assert point["z"] == pytest.approx((point["value"] - part["group_mean"]) / part["group_sd"])
        else:
            mean, sd = given_targets(archive, "own")
            mine = (archive.table.series["lab_code"] == "L0002").to_numpy()[archive.table.code]
            assert np.isclose((point["value"] - mean[mine]) / sd[mine], point["z"]).any()
    mean, _ = given_targets(archive, "maker")
    assert np.isnan(mean).all()
    made = MonitorView(compare(archive, wanted(archive, target="maker")), ORGANISER, "en")
    assert made.chart(made.charted[0])[0] is None


def test_a_rejected_point_stays_hollow_and_lots_are_marked(archive: ControlArchive) -> None:
    view = MonitorView(compare(archive, wanted(archive, target="own", days=365)), ORGANISER, "en")
    part = next(p for p in view.charted if p["lab_code"] == "L0001")
    points_of = chart_part(view.compared, part, "en")["points"]
    figure, _ = view.chart(part)
    assert figure is not None
    assert len({p["qc_lot"] for p in points_of}) == 2
    assert re.search(r">B</text>", figure.svg)
    assert next(p for p in points_of if not p["counts"])["reason"] == "wrong bottle"
    assert "wrong bottle" in figure.svg
    assert "<title>2026-" in figure.svg


@pytest.mark.parametrize("sort", SORTS)
def test_the_grade_table_is_sorted_by_choice(archive: ControlArchive, sort: str) -> None:
    view = MonitorView(compare(archive, wanted(archive)), ORGANISER, "en")
    shown = [row[0].text for row in view.grades(sort).rows]
    assert sorted(shown) == sorted(p["lab_code"] for p in view.rows)
    by = {p["lab_code"]: p for p in view.rows}
    values = {
        "code": list(range(len(shown))) if shown == sorted(shown) else [1, 0],
        "grade": [-ord(by[c]["grade"]) for c in shown],
        "sdi": [-abs(by[c]["sdi"]) for c in shown],
        "cvr": [-by[c]["cvr"] for c in shown],
        "sigma": [by[c]["sigma"] for c in shown],
        "hits": [-by[c]["hits"].rejected for c in shown],
        "n": [by[c]["n"] for c in shown],
    }[sort]
    assert values == sorted(values)


def test_sigma_follows_the_source_of_the_allowable_error(archive: ControlArchive) -> None:
    rows = {tea: compare(archive, wanted(archive, tea=tea)).rows for tea in (0, 3)}
    assert set(rows[0]["tea"]) == {6.0}
    assert rows[0]["tea_source"].str.startswith("WS/T 403-2024").all()
    assert rows[3]["tea_source"].str.startswith("42 CFR").all()
    assert (rows[0]["sigma"] != rows[3]["sigma"]).all()


class TestPrivacy:
    def test_an_address_never_widens_what_is_seen(self) -> None:
        own = {"role": "participant", "lab_code": "L0001"}
        wide = {"role": "organiser", "lab_code": ""}
        assert viewer_of(own, wide, {}) == Viewer("participant", "L0001")
        assert viewer_of(own, own | {"lab_code": "L0002"}, {}) == Viewer("participant", "L0001")
        assert viewer_of(wide, own, {}) == Viewer("participant", "L0001")
        server = {"WORKBENCH_ROLE": "participant", "WORKBENCH_LAB_CODE": "L0003"}
        assert viewer_of(wide, wide, server) == Viewer("participant", "L0003")
        for role, code in (("participant", ""), ("owner", "")):
            with pytest.raises(DataError):
                Viewer(role, code)

    def test_groups_that_differ_by_one_laboratory_are_not_both_shown(self, archive: ControlArchive) -> None:
        """Every pair of nested groups a participant may see differs by none or by three laboratories."""
        series = archive.table.series
        system = series.set_index("lab_code").loc[["L0001"], "instrument"].iloc[0]
        stranger = series.loc[
            (series["instrument"] == system) & (series["lab_code"] != "L0001"), "lab_code"
        ].iloc[0]
        near = (series["instrument"] == system) & (series["lab_code"] != stranger)
        series = series.assign(region=np.where(near, "near", "far"))
        archive = replace(archive, table=replace(archive.table, series=series))
        own = archive.table.series.set_index("lab_code").loc[["L0001"]].iloc[0]
        bare = wanted(archive)
        lot = dict(bare.filters)["qc_lot"]
        values = {name: own[name] for name in ("instrument", "hospital_level", "region", "reagent")} | {
            "qc_lot": lot
        }
        shown = []
        hidden = 0
        for size in range(len(values) + 1):
            for names in combinations(values, size):
                chosen = replace(bare, filters=tuple((n, values[n]) for n in names))
                labs = frozenset(archive.laboratory[kept_days(archive, chosen)].tolist())
                too_close = nested_too_closely(archive, OWN, chosen, SCHEME.laboratories_shown)
                hidden += too_close
                if len(labs) >= SCHEME.laboratories_shown and not too_close:
                    shown.append(labs)
        chosen = replace(bare, filters=(("instrument", system), ("region", "near"), ("qc_lot", lot)))
        view = MonitorView(compare(archive, chosen), OWN, "en")
        assert (view.state, view.rows) == ("nested", [])
        assert view.plane(view.charted[0]) is view.months(view.charted[0]) is None
        assert "own" in view.chart(view.charted[0])[1]
        told = MonitorView(compare(archive, bare), OWN, "en")
        assert view.label(view.charted[0]).count(" · ") == told.label(told.charted[0]).count(" · ") - 1
        assert MonitorView(compare(archive, chosen), ORGANISER, "en").state == "full"
        assert hidden
        for a in shown:
            for b in shown:
                assert not (a < b and len(b - a) < 3), (len(a), len(b))

    def test_a_participant_filters_by_its_own_values_only(self, archive: ControlArchive) -> None:
        for dimension in DIMENSIONS:
            _, counts = remaining(archive, wanted(archive), dimension)
            mine = offered(archive, OWN, dimension, counts)
            assert len(mine) <= {"qc_lot": 2, "tag": 0}.get(dimension, 1)

    @pytest.mark.parametrize("locale", LOCALES)
    def test_no_other_code_reaches_the_page(self, store: Store, archive: ControlArchive, locale: str) -> None:
        Widget.close_all()
        monitor = opened(store, role="participant", lab_code="L0001", locale=locale)
        for dimension, box in monitor.filters.lists.items():
            for _, value in box.options:
                monitor.filters.lists[dimension].value = value
                assert codes_in_state() <= {"L0001"}
            box.value = ""
        for control, values in ((monitor.sort, SORTS), (monitor.target, ("maker", "own", "group"))):
            for value in values:
                control.value = value
        monitor.alerts.show.value = "all"
        monitor.exports._files()
        assert codes_in_state() == {"L0001"}
        assert monitor.plane.value
        Widget.close_all()
        opened(store, locale=locale)
        assert len(codes_in_state()) == 16

    def test_nothing_is_exported_of_others(self, store: Store) -> None:
        monitor = opened(store, role="participant", lab_code="L0001")
        assert monitor.exports.request("L0001").lab_code == "L0001"
        for code in ("L0002", ""):
            with pytest.raises(DataError):
                monitor.exports.request(code)


def opened(store: Store, query: str = "", **values: str) -> IqcMonitor:
    given = {
        "database": store.url,
        "role": "organiser",
        "lab_code": "",
        "analyte": "",
        "level": "",
        "locale": "en",
    }
    rest: dict[str, Any] = {"organiser": "EQA", "cards": "", "card_folder": ""}
    rest |= {"days": 90, "rules": "twelve", "target": "group", "filters": ""}
    assert set(given | rest) == set(PARAMETERS)
    return open_monitor(given | rest | values, query, clock=lambda: datetime(2026, 3, 3, 8))


def codes_in_state() -> set[str]:
    """Participant codes in all that is sent to a browser."""
    state = [widget.get_state() for widget in _instances.values()]
    assert len(state) > 50
    return set(LAB_CODE.findall(json.dumps(state, default=str)))


@pytest.fixture
def monitor(store: Store) -> Iterator[IqcMonitor]:
    yield opened(store)
    Widget.close_all()


def test_a_click_on_a_laboratory_changes_the_chart(monitor: IqcMonitor) -> None:
    before = monitor.chart.value
    key = next(k for k in monitor._parts if k[0] == "L0009")
    monitor.laboratory.value = key
    assert "L0009" in monitor.chart.value
    assert monitor.chart.value != before
    assert "L0009" in monitor.plane.value


def test_a_filter_answers_quickly(monitor: IqcMonitor) -> None:
    times = []
    for value in ("INS0", "INS1", ""):
        start = time.perf_counter()
        monitor.filters.lists["instrument"].value = value
        times.append(time.perf_counter() - start)
    assert min(times) < 0.3, times


def test_a_group_is_saved_used_and_kept_apart(monitor: IqcMonitor, store: Store) -> None:
    monitor.filters.lists["instrument"].value = "INS1"
    monitor.name.value = " Type  one "
    monitor.save.click()
    assert "Type one" in monitor.frame.status
    lot = monitor.filters.lists["qc_lot"].value
    assert control_groups(store)["Type one"] == {"instrument": "INS1", "qc_lot": lot}
    assert control_groups(store, "L0001") == {}
    monitor.clear.click()
    assert monitor.filters.chosen == ()
    monitor.saved.value = "Type one"
    assert dict(monitor.filters.chosen) == {"instrument": "INS1", "qc_lot": lot}
    with pytest.raises(DataError, match="name"):
        save_control_group(store, "", {"instrument": "INS1"}, datetime(2026, 1, 1))
    with pytest.raises(DataError, match="filter"):
        save_control_group(store, "x", {}, datetime(2026, 1, 1))


def test_a_link_leads_to_the_same_state(monitor: IqcMonitor, store: Store) -> None:
    monitor.filters.lists["instrument"].value = "INS1"
    monitor.level.value = "2"
    monitor.filters.lists["instrument"].value = "INS0"
    monitor.days.value, monitor.rules.value, monitor.target.value = 60, "westgard", "own"
    again = opened(store, monitor.link().removeprefix("?"))
    assert again.wanted == monitor.wanted
    assert again.line.value == monitor.line.value


def test_alerts_can_be_those_of_the_group(monitor: IqcMonitor) -> None:
    monitor.alerts.show.value = "all"
    every = len(monitor.alerts.list.options)
    monitor.filters.lists["tag"].value = "network"
    assert len(monitor.alerts.list.options) == every
    monitor.alerts.only.value = True
    codes = set(LAB_CODE.findall(json.dumps(monitor.alerts.list.options)))
    assert codes
    assert codes <= {"L0001", "L0002", "L0003"}


def test_an_alert_is_acknowledged_with_a_text(store: Store) -> None:
    book = AlertBook(store.url, "K", OWN, "en")
    rows = book.rows("all")
    assert {row["lab_code"] for row in rows} == {"L0001"}
    number = int(rows[0]["alert_id"])
    with pytest.raises(DataError, match="at least"):
        book.acknowledge(number, "handled", "ok")
    book.acknowledge(number, "handled", "Calibrated again, as L0002 did.")
    saved = control_alerts(store).set_index("alert_id").loc[number]
    assert (saved["state"], saved["note"]) == ("handled", "Calibrated again, as L0002 did.")
    assert number not in {row["alert_id"] for row in book.rows("new")}
    assert next(r for r in book.rows("all") if r["alert_id"] == number)["note"] == ""
    other = control_alerts(store)
    foreign = int(other[other["lab_code"] != "L0001"]["alert_id"].iloc[0])
    with pytest.raises(DataError):
        book.acknowledge(foreign, "read", "not mine at all")


class TestEntry:
    def test_two_tracks_of_a_point_are_compared_and_count_once(self, tmp_path: Path) -> None:
        store = filled(tmp_path / "own.sqlite", watched=False)
        desk = EntryDesk(store.url, "K", OWN, "en")
        assert desk.differences() is None
        table = read_control_table(store, lab_code="L0001")
        series = table.series.reset_index(drop=True)
        place = int(np.flatnonzero(series.loc[table.code, "level"].to_numpy() == "1")[-1])
        day = np.datetime64(int(table.day[place]), "D")
        row = series.loc[int(table.code[place])]
        form = {"lab_code": "L0001", "level": "1", "qc_lot": table.lots[int(table.lot[place])],
                "instrument": row["instrument"], "run_at": f"{day}T08:00", "run_no": "1", "value": "9.99"}  # fmt: skip
        said = desk.enter(desk.code_of(form), datetime(2026, 3, 3))
        assert "1 new" in said[0]
        again = read_control_table(store, lab_code="L0001")
        assert len(again) == len(table)
        assert not (again.value == 9.99).any()
        assert len(control_discrepancies(store)) == 1
        shown = desk.differences()
        assert shown is not None
        assert [cell.text for cell in shown.rows[0]][-1] == "9.99"
        assert "not counted again" in desk.enter(desk.code_of(form), datetime(2026, 3, 3))[0]
        more = desk.enter(desk.code_of(form | {"value": "8.88"}), datetime(2026, 3, 3))
        assert "another value" in more[-1]
        fresh = form | {"run_at": "2026-04-09T08:00", "value": "4.00"}
        desk.enter(desk.code_of(fresh), datetime(2026, 4, 9))
        assert len(read_control_table(store, lab_code="L0001")) == len(table) + 1

    def test_a_code_of_another_laboratory_is_refused(self, store: Store) -> None:
        desk = EntryDesk(store.url, "K", OWN, "en")
        point = {"analyte": "K", "level": "1", "qc_lot": "A", "value": "4"}
        code = control_code({"lab_code": "L0002", "run_at": "2026-03-05"}, [point])
        with pytest.raises(DataError, match="not your laboratory"):
            desk.enter(code, datetime(2026, 3, 5))
        with pytest.raises(DataError, match="Value"):
            desk.code_of({"lab_code": "L0001", "level": "1", "qc_lot": "A", "run_at": "2026-03-05"})
        with pytest.raises(DataError):
            desk.code_of(
                {"lab_code": "L0002", "level": "1", "qc_lot": "A", "run_at": "2026-03-05", "value": "4"}
            )
        said = desk.enter(code.replace("4;", "5;"), datetime(2026, 3, 5))
        assert any("damaged" in sentence for sentence in said)
