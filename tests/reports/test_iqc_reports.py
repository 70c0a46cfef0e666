"""Reports on internal quality control: twins, what they must never hold, files of both languages, the share card."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.rounds.test_control_watch import add, prepared
from workbench.reports.iqc_evaluation import EvaluatedControls, evaluated_months, year_to
from workbench.reports.iqc_meta import IqcIssue
from workbench.reports.iqc_month_group import IqcMonthGroup, group_twin
from workbench.reports.iqc_month_lab import IqcMonthLab
from workbench.reports.iqc_month_twin import CSV_COLUMNS, month_twin
from workbench.reports.iqc_summary import IqcSummary, summary_twin
from workbench.reports.share_card import HEIGHT, WIDTH, CardLink, share_card
from workbench.simulation.control_year import FaultPlan, YearSize, control_points_frame, simulate_control_year
from workbench.store.control_points import exclude_control_points
from workbench.store.control_tables import read_control_table

MONTH, LAB = "2026-03", "L0003"
ISSUES = {
    "zh_CN": IqcIssue("zh_CN", "2026-04-05T10:00:00+08:00", "示例省临床检验中心"),
    "en": IqcIssue("en", "2026-04-05T10:00:00+08:00", "Example Centre"),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two systems of seven laboratories, one laboratory 2 % high, a system of two, a value left out."""
    path = tmp_path_factory.mktemp("iqc") / "qc.sqlite"
    size = YearSize(laboratories=14, days=90, instruments=2)
    year = simulate_control_year(("K", "Glu"), 4, size, FaultPlan(rate=0.1, days=30))
    store = prepared(path, year)
    frame = control_points_frame(year)
    high = (frame["lab_code"] == LAB) & (frame["analyte"] == "K")
    frame.loc[high, "value"] = (frame.loc[high, "value"] * 1.05).round(3)
    add(store, frame, "year")
    point = read_control_table(store, lab_code=LAB, analytes=["K"]).point[80]
    exclude_control_points(store, [int(point)], "probe blocked", "laboratory", datetime(2026, 4, 1))
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def evaluated(database: str) -> EvaluatedControls:
    return evaluated_months(database, year_to(MONTH), "twelve", "default")


def test_a_row_prints_what_the_comparison_found(evaluated: EvaluatedControls) -> None:
    twin = month_twin(evaluated, LAB, ISSUES["en"])
    rows = evaluated.rows[(evaluated.rows["lab_code"] == LAB) & (evaluated.rows["month"] == MONTH)]
    assert len(twin["rows"]) == len(rows) > 3
    for row, source in zip(twin["rows"], rows.to_dict("records"), strict=True):
        assert row["sdi"] == pytest.approx(source["sdi"], nan_ok=True)
        assert row["printed"]["sdi"].replace("−", "-") == f"{row['sdi']:+.2f}"
        assert row["grade"] == source["grade"]
        assert len(row["points"]) == source["n"] + sum(not p["counts"] for p in row["points"])
        values = [p["value"] for p in row["points"] if p["counts"]]
        assert np.mean(values) == pytest.approx(row["mean"])
    potassium = [r for r in twin["rows"] if r["analyte"] == "K"]
    assert {r["grade"] for r in potassium} == {"D"}
    assert potassium[0]["tea_document"] == "WS/T 403-2024"
    left_out = [p for r in potassium for p in r["points"] if not p["counts"]]
    assert [p["reason"] for p in left_out] == ["probe blocked"]


def test_counts_of_the_first_page_are_those_of_the_rows(evaluated: EvaluatedControls) -> None:
    twin = month_twin(evaluated, LAB, ISSUES["zh_CN"])
    counts = twin["counts"]
    assert sum(counts["grades"].values()) == counts["rows"] == counts["compared"] + counts["too_few"]
    assert counts["rejected"] == sum(p["rejected"] for r in twin["rows"] for p in r["points"]) > 0
    assert any("σ" in line["text"] for line in twin["conclusion"] if line["tone"] == "bad")
    assert len(twin["rule_set"]["lines"]) == 12
    assert len(twin["rule_set"]["conventions"]) == 10


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_no_report_of_a_laboratory_holds_another_one(evaluated: EvaluatedControls, locale: str) -> None:
    months = year_to(MONTH)
    twins = [month_twin(evaluated, LAB, ISSUES[locale]), summary_twin(evaluated, months, LAB, ISSUES[locale])]
    for twin in twins:
        assert set(re.findall(r"L\d{4}", json.dumps(twin, ensure_ascii=False))) == {LAB}
    assert not re.findall(r"L\d{4}", json.dumps(group_twin(evaluated, ISSUES[locale]), ensure_ascii=False))


def test_other_laboratories_are_dots_without_an_order(evaluated: EvaluatedControls) -> None:
    for row in month_twin(evaluated, LAB, ISSUES["en"])["rows"]:
        assert row["dots"] == sorted(row["dots"])
        assert len(row["dots"]) <= row["group_laboratories"] - 1


def test_small_groups_show_nothing(database: str) -> None:
    from workbench.iqc.laboratory_cells import month_number
    from workbench.parameters.control_rules import rule_sets
    from workbench.parameters.iqc_schemes import comparison_schemes
    from workbench.reports.iqc_evaluation import evaluate_controls
    from workbench.reports.sources import opened_store

    strict = comparison_schemes()["default"].model_copy(
        update={"laboratories_shown": 9, "laboratories_graded": 9}
    )
    found = evaluate_controls(
        opened_store(database), [month_number(MONTH)], rule_sets()["twelve"],
        strict.model_copy(update={"ladder": (("instrument", "qc_lot"),)}),
    )  # fmt: skip
    twin = month_twin(found, LAB, ISSUES["zh_CN"])
    for row in twin["rows"]:
        assert row["sdi"] is row["group_mean"] is row["cvr"] is None
        assert row["grade"] == "N"
        assert row["hint"] == "该批号参与实验室不足，无法比对"
        assert row["printed"]["group_laboratories"] == "≤2"
    groups = group_twin(found, ISSUES["zh_CN"])
    assert groups["counts"]["hidden"] == groups["counts"]["groups"]
    assert all(row["mean"] is row["sd"] is None for row in groups["rows"])


def test_groups_are_those_of_the_comparison(evaluated: EvaluatedControls) -> None:
    twin = group_twin(evaluated, ISSUES["en"])
    rows = evaluated.rows[evaluated.rows["month"] == MONTH]
    for group in twin["rows"]:
        same = rows[
            (rows["analyte"] == group["analyte"])
            & (rows["level"] == group["level"])
            & (rows["qc_lot"] == group["qc_lot"])
            & (rows["instrument"] == group["instrument"])
        ]
        assert group["laboratories"] == same["lab_code"].nunique()
        assert group["mean"] == pytest.approx(same["mean"].mean())
        assert group["sd"] == pytest.approx(same["mean"].std())
        assert sum(group["grades"].values()) == len(same)
    assert twin["lots"] == [] or {lot["old"] for lot in twin["lots"]} == {"A"}


def test_sigma_of_all_laboratories_is_counted_without_a_name(evaluated: EvaluatedControls) -> None:
    part = group_twin(evaluated, ISSUES["en"])["sigma"]
    rows = evaluated.rows[(evaluated.rows["month"] == MONTH) & (evaluated.rows["group_laboratories"] >= 5)]
    rows = rows[rows["sigma"].notna()]
    assert len(part["dots"]) == len(rows) > 20
    assert part["dots"] == sorted(part["dots"])
    assert sum(sum(m["classes"]) for m in part["materials"]) == len(rows)
    for material in part["materials"]:
        same = rows[(rows["analyte"] == material["analyte"]) & (rows["level"] == material["level"])]
        assert material["classes"][0] == int((same["sigma"] < 3).sum())
        assert material["classes"][-1] == int((same["sigma"] >= 6).sum())
        assert material["median"] == pytest.approx(same["sigma"].median())
        assert material["tea_source"].startswith(material["printed"]["tea_source"])
    by_rule = {line["name"]: line for line in part["procedures"]}
    assert by_rule["1-3s, N=2"]["slope"] == pytest.approx(3.48 + 1.65, abs=0.01)
    held = (rows["tea"] - rows["bias"].abs()) / rows["cv"] >= by_rule["1-3s, N=2"]["slope"]
    assert abs(by_rule["1-3s, N=2"]["inside"] - int(held.sum())) <= 1


def test_a_lot_without_a_target_is_judged_by_the_immediate_method(database: str, tmp_path: Path) -> None:
    """Two lots of 18 days nobody has given a target for, one value far off."""
    year = simulate_control_year(
        ("K",), 9, YearSize(laboratories=6, days=36, instruments=1), FaultPlan(rate=0.0)
    )
    store = prepared(tmp_path / "new.sqlite", year)
    with store.writing() as connection:
        connection.exec_driver_sql("delete from control_target")
    frame = control_points_frame(year)
    mine = (frame["lab_code"] == LAB) & (frame["level"] == "1")
    frame.loc[frame.index[mine][11], ["value", "raw"]] = [9.99, "9.99"]
    add(store, frame, "new")
    found = evaluated_months(f"sqlite:///{tmp_path / 'new.sqlite'}", year_to("2026-01"), "twelve", "default")
    for locale, issue in ISSUES.items():
        report = IqcMonthLab(found, LAB, issue)
        parts = report.data["new_lots"]
        assert {(part["level"], part["qc_lot"]) for part in parts} == {(x, y) for x in "12" for y in "AB"}
        first = next(part for part in parts if (part["level"], part["qc_lot"]) == ("1", "A"))
        states = [step["state"] for step in first["steps"]]
        assert len(states) == int((mine & (frame["qc_lot"] == "A")).sum()) > 15
        assert states[:2] == ["collecting", "collecting"]
        assert [k for k, state in enumerate(states) if state == "out_of_control"] == [11]
        assert states.count("in_control") + states.count("warning") == len(states) - 3
        after, values = first["steps"][-1], [s["value"] for s in first["steps"]]
        kept = [v for k, v in enumerate(values) if k != 11]
        assert after["mean"] == pytest.approx(np.mean(kept))
        assert after["upper"] == pytest.approx((max(kept) - np.mean(kept)) / np.std(kept, ddof=1), abs=0.02)
        html = report.new_lots().html()
        assert {"zh_CN": "失控", "en": "out of control"}[locale] in html
        assert report.new_lots().typst()


def test_a_lot_with_a_target_is_not_new(evaluated: EvaluatedControls) -> None:
    report = IqcMonthLab(evaluated, LAB, ISSUES["en"])
    assert report.data["new_lots"] == []
    assert "No lot without a target" in report.new_lots().html()


def test_a_period_counts_its_months_and_finds_a_change(evaluated: EvaluatedControls) -> None:
    twin = summary_twin(evaluated, year_to(MONTH), LAB, ISSUES["en"])
    assert twin["counts"]["submitted"] == 3
    assert sum(twin["counts"]["grades"].values()) == sum(len(r["months"]) for r in twin["rows"])
    for row in twin["rows"]:
        change = row["change"]
        if change:
            assert change["low"] < change["difference"] < change["high"]
            assert change["is_change"] == (change["low"] > 0 or change["high"] < 0)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_every_section_shows_itself(evaluated: EvaluatedControls, locale: str) -> None:
    issue = ISSUES[locale]
    reports = [
        (
            IqcMonthLab(evaluated, LAB, issue),
            "table plane charts cumulative new_lots exclusions criteria signoff",
        ),
        (IqcMonthGroup(evaluated, issue), "table plane sigma lots criteria"),
        (IqcSummary(evaluated, year_to(MONTH), LAB, issue), "table months change criteria"),
    ]
    for report, names in reports:
        for name in ("head", "conclusion", *names.split(), "provenance", "how_to_read"):
            shown = getattr(report, name)()
            assert shown.html()
            assert shown.typst()
        sheet = report.twin().csv_bytes.decode("utf-8-sig").splitlines()
        assert sheet[0] == ",".join(CSV_COLUMNS)
        assert len(sheet) == len(report.data["rows"]) + 1


def test_the_same_evaluation_gives_the_same_bytes(evaluated: EvaluatedControls) -> None:
    first, again = (IqcMonthLab(evaluated, LAB, ISSUES["en"]).twin() for _ in range(2))
    assert first.json_bytes == again.json_bytes


def test_a_month_without_data_says_so(evaluated: EvaluatedControls) -> None:
    report = IqcMonthLab(evaluated, "L9999", ISSUES["zh_CN"])
    assert "没有可统计的质控数据" in report.table().html()
    assert "不附质控图" in report.charts().html()


def test_the_share_card_is_a_picture_without_a_laboratory(evaluated: EvaluatedControls) -> None:
    twin = month_twin(evaluated, LAB, ISSUES["zh_CN"])
    link = CardLink("https://eqa.example.org/r/9fK2mQ7xLtA3", date(2026, 4, 12))
    png = share_card(twin, twin["rows"][0], link)
    picture = Image.open(io.BytesIO(png))
    assert picture.size == (WIDTH, HEIGHT)
    assert picture.info == {}
    assert LAB.encode() not in png
    with pytest.raises(ValueError, match="must not name"):
        share_card(twin, twin["rows"][0], CardLink(f"https://eqa.example.org/{LAB}", date(2026, 4, 12)))


def test_files_of_the_command(database: str, tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "workbench.cli",
        "iqc",
        "report",
        database,
        "--month",
        MONTH,
        "--lab",
        LAB,
        "--kind",
        "lab",
        "--locale",
        "en",
    ]
    words += [
        "--out",
        str(tmp_path),
        "--issued-at",
        "2026-04-05T10:00:00+08:00",
        "--cards",
        "https://x.org/r",
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / MONTH / "labs"
    assert sorted(p.name for p in folder.iterdir()) == [
        f"{LAB}.en.{e}" for e in ("card.png", "csv", "html", "json", "pdf")
    ]
    assert (folder / f"{LAB}.en.pdf").read_bytes().startswith(b"%PDF-1.7")
    html = (folder / f"{LAB}.en.html").read_text(encoding="utf-8")
    assert set(re.findall(r"\bL\d{4}\b", html)) == {LAB}
    links = json.loads((tmp_path / MONTH / "links.json").read_text())
    assert [entry["file"] for entry in links.values()] == [f"{LAB}.en.html"]
    assert all(LAB not in token for token in links)


def test_the_points_of_a_series_are_found_without_a_copy_of_the_column(evaluated: EvaluatedControls) -> None:
    code = evaluated.table.code
    last = len(evaluated.table.series) - 1
    for series in (0, last // 2, last):
        first, end = evaluated.bounds(series)
        assert (code[first:end] == series).all()
        assert end - first == (code == series).sum() > 0
