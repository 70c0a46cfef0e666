"""PA: one programme's year over all participants, anonymous."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.errors import DataError
from workbench.frames import ALL_LABORATORIES
from workbench.parameters import catalogue, criteria
from workbench.reports.coded_counts import rate_part
from workbench.reports.failure_parts import failure_parts
from workbench.reports.lab_year import provenance_table
from workbench.reports.period_parts import cell, period_twin, programme_name, section_part, table_part
from workbench.reports.period_report import PeriodReport
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue, localised, period_meta, plan_of, report_meta
from workbench.reports.sources import opened_store
from workbench.reports.year_rounds import evaluated_rounds
from workbench.store import programme_view
from workbench.wording import MISSING, count_rate, join, level_text, printed, text

KIND, SUBJECT = "PA", "ALL"
GROUPS_MOST = 40
"""A table of methods names so many groups of an item at most."""


def open_programme_year(
    database: str, round_code: str, programme_no: str, locale: str, issue: Issue | None = None
) -> PeriodReport:
    """Open the annual report of a programme.

    Parameters
    ----------
    round_code : a round of the year, usually its last; rounds after it are not looked at.
    database, programme_no, locale, issue : as of the report on one round.

    Raises
    ------
    DataError
        when no round of the year is evaluated.
    """
    issue = issue or Issue()
    plan, year = plan_of(round_code, database, issue.plan), round_code.partition("-")[0]
    store = opened_store(database)
    found = evaluated_rounds(store, round_code, [programme_no])
    if not found:
        raise DataError(f"Programme {programme_no} has no evaluated round in {year}; evaluate it first.")
    programme = catalogue()[programme_no]
    readings = [
        Reading(
            programme_view(store, record.evaluation_id),
            programme,
            criteria(),
            locale,
            report_meta(plan, "PR", programme_no, SUBJECT, Issue(issued_at=issue.issued_at), locale),
        )
        for record in found
    ]
    meta = period_meta(plan, KIND, (year, programme_no, SUBJECT), issue, locale)
    twin = period_twin(KIND, meta, locale, year) | {
        "programme": {
            "programme_no": programme_no,
            "name_zh": programme.name_zh,
            "name_en": programme.name_en,
            "iso17043": programme.iso17043,
        }
    }
    built = year_twin(twin, readings, locale)
    built["sections"].append(section_part("PA.provenance", locale, (), [provenance_table(found, locale)]))
    return PeriodReport(
        built | {"provenance": {"evaluations": [record.evaluation_id for record in found]}},
        meta,
        programme_name(programme, locale),
    )


def year_twin(twin: dict[str, Any], readings: Sequence[Reading], locale: str) -> dict[str, Any]:
    """The sections of the annual report from the anonymous views of its rounds, oldest first."""
    rounds = [_round(reading, locale) for reading in readings]
    items = [_item(code, readings, locale) for code in readings[-1].programme.codes]
    items = [item for item in items if item["rounds"]]
    comments = list(dict.fromkeys(line for reading in readings for line in reading.meta.comments))
    sections = [
        section_part("PA.conclusion", locale, _conclusion(rounds, items, locale)),
        section_part("PA.participation", locale, (), [_participation(rounds, locale)]),
        section_part("PA.performance", locale, (), [_performance(items, rounds, locale)]),
        section_part("PA.methods", locale, *_methods(readings, locale)),
        section_part("PA.lessons", locale, *_lessons(readings, comments, locale)),
        section_part("PA.material", locale, (), [_material(readings, locale)]),
        section_part("PA.complaints", locale, [text("period.PA.no_complaints", locale)]),
        section_part("PA.next-year", locale, _next_year(readings, locale)),
    ]
    last = rounds[-1]["round"]
    strip = [
        {"name": item["name"]} | {name: rate[name] for name in ("a", "n", "low", "high")}
        for item in items
        if (rate := next((r["rate"] for r in item["rounds"] if r["round"] == last), None)) and rate["n"]
    ]
    return twin | {"rounds": rounds, "items": items, "sections": sections, "strips": {"performance": strip}}


def _round(reading: Reading, locale: str) -> dict[str, Any]:
    """Participation of one round."""
    row = next(row for row in reading.rows("reconciliation") if not row["analyte"])
    returned = int(row["scored"]) + int(row["not_scored"])
    return {
        "round": reading.view.meta["round"],
        **{name: int(row[name]) for name in ("enrolled", "not_returned", "excused", "late")},
        "returned": returned,
        "printed": {"rate": count_rate(returned, int(row["enrolled"]) - int(row["excused"]), locale)},
    }


def _item(code: str, readings: Sequence[Reading], locale: str) -> dict[str, Any]:
    """One item: pass rate of each round, and how many laboratories stand unsuccessful after the last."""
    rounds = []
    status: Counter[str] = Counter()
    for reading in readings:
        rows = [row for row in reading.rows("analyte_verdicts") if row["analyte"] == code]
        if not rows:
            continue
        verdicts = Counter(row["verdict"] for row in rows)
        rate = rate_part(verdicts["pass"], verdicts["pass"] + verdicts["fail"], locale, interval=False)
        rounds.append(
            {"round": reading.view.meta["round"], "rate": rate, "not_scored": verdicts["not_scored"]}
        )
        status = Counter(row["status"] for row in rows)
    return {
        "analyte": code,
        "name": localised(readings[-1].programme.analyte(code), "name", locale),
        "rounds": rounds,
        "unsuccessful": status["unsuccessful"],
        "not_scored": sum(each["not_scored"] for each in rounds),
    }


def _conclusion(
    rounds: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]], locale: str
) -> list[str]:
    """The year in three lines."""
    enrolled, excused, returned = (
        sum(each[name] for each in rounds) for name in ("enrolled", "excused", "returned")
    )
    unsuccessful = sum(item["unsuccessful"] for item in items)
    lines = [
        text("period.PA.counts", locale, rounds=len(rounds), items=len(items),
             rate=count_rate(returned, enrolled - excused, locale)),
        text("period.PA.unsuccessful", locale, n=unsuccessful),
    ]  # fmt: skip
    low = [
        item["name"]
        for item in items
        if any((each["rate"]["percent"] or 100.0) < 80.0 for each in item["rounds"])
    ]
    if low:
        lines.append(text("period.PA.low", locale, list=join(low, locale)))
    return lines


def _participation(rounds: Sequence[Mapping[str, Any]], locale: str) -> dict[str, Any]:
    """One row a round."""
    names = ("enrolled", "returned", "late", "not_returned", "excused")
    specs = (("round", "left", 30.0), *((name, "right", 22.0) for name in names), ("rate", "right", 35.0))
    rows = [(each["round"], *(each[name] for name in names), each["printed"]["rate"]) for each in rounds]
    return table_part("PA_participation", specs, rows, locale)


def _performance(
    items: Sequence[Mapping[str, Any]], rounds: Sequence[Mapping[str, Any]], locale: str
) -> dict[str, Any]:
    """Items in catalogue order: pass rate of each round, standing at the end of the year."""
    codes = [each["round"] for each in rounds]
    ends = (("item", "left", 51.0), ("not_scored", "right", 20.0), ("unsuccessful", "right", 20.0))
    rows = []
    for item in items:
        by_round = {each["round"]: each["rate"] for each in item["rounds"]}
        shown = [_rate_cell(by_round.get(code)) for code in codes]
        rows.append((item["name"], *shown, item["not_scored"], item["unsuccessful"]))
    part, made = (table_part("PA_performance", ends, each, locale) for each in ([], rows))
    width = min(84.0 / max(len(codes), 1), 28.0)
    heads = [{"key": f"r{code}", "heading": code, "align": "right", "width_mm": width} for code in codes]
    columns = [part["columns"][0], *heads, *part["columns"][1:]]
    return part | {"columns": columns, "rows": made["rows"], "notes": made["notes"]}


def _rate_cell(rate: Mapping[str, Any] | None) -> dict[str, Any]:
    """A pass rate with its counts; low ones stand out."""
    if rate is None or not rate["n"]:
        return cell(MISSING)
    return cell(rate["printed"], "warning" if rate["percent"] < 80.0 else "")


def _methods(readings: Sequence[Reading], locale: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Groups of the year that may be shown: members, mean deviation from the target or share acceptable, spread."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for reading in readings:
        targets = _targets(reading)
        for row in reading.rows("groups"):
            row = {**row, "target": targets.get((row["analyte"], row["sample"]))}
            shown = not row["suppressed"] and row["used"] and row["n"]
            if shown and row["peer_group_level"] != ALL_LABORATORIES:
                found.setdefault((row["analyte"], row["peer_group_level"], row["peer_group"]), []).append(row)
    if not found:
        return [text("period.PA.no_methods", locale)], []
    reading = readings[-1]
    order = sorted(found, key=lambda key: (reading.positions[key[0]], -max(r["n"] for r in found[key]), key))
    specs = (
        ("item", "left", 40.0), ("group", "left", 55.0), ("level", "left", 24.0), ("n", "right", 12.0),
        ("bias", "right", 18.0), ("rate", "right", 26.0),
    )  # fmt: skip
    rows, count = [], Counter[str]()
    for key in order:
        count[key[0]] += 1
        if count[key[0]] <= GROUPS_MOST:
            rows.append(_method_row(reading, key, found[key]))
    return [], [table_part("PA_methods", specs, rows, locale, (text("period.PA.methods_note", locale),))]


def _targets(reading: Reading) -> dict[tuple[str, str], float]:
    """The target of all laboratories by item and sample; nothing where there is no number."""
    return {
        (row["analyte"], row["sample"]): row["assigned_value"]
        for row in reading.rows("groups")
        if row["peer_group_level"] == ALL_LABORATORIES and row["assigned_value"] == row["assigned_value"]
    }


def _method_row(
    reading: Reading, key: tuple[str, str, str], rows: Iterable[Mapping[str, Any]]
) -> tuple[Any, ...]:
    """One group over the year."""
    code, level, group = key
    held = list(rows)
    deviations = [
        100 * (row["robust_mean"] - row["target"]) / row["target"]
        for row in held
        if row["target"] and row["robust_mean"] == row["robust_mean"]
    ]
    mean = sum(deviations) / len(deviations) if deviations else None
    a, n = (sum(int(row[name]) for row in held) for name in ("n_acceptable", "n_graded"))
    name = localised(reading.programme.analyte(code), "name", reading.locale)
    counts = max(int(row["n"]) for row in held)
    return (
        name,
        reading.names.group(level, group),
        level_text(level, reading.locale),
        counts,
        printed(mean, 1, signed=True),
        count_rate(a, n, reading.locale),
    )


def _lessons(
    readings: Sequence[Reading], comments: Sequence[str], locale: str
) -> tuple[list[str], list[dict[str, Any]]]:
    """Kinds of error over the year, and what the advisers said."""
    sums: dict[str, Counter[str]] = {}
    names: dict[str, str] = {}
    for reading in readings:
        for part in failure_parts(reading):
            names[part["kind"]] = part["printed"]["kind"]
            sums.setdefault(part["kind"], Counter()).update(
                {"results": part["n_results"], "items": part["n_items"]}
            )
    lines = list(comments) or [text("prose.no_comments", locale)]
    if not sums:
        return [*lines, text("period.PA.no_failures", locale)], []
    specs = (("kind", "left", 95.0), ("results", "right", 40.0), ("items", "right", 40.0))
    rows = [(names[kind], found["results"], found["items"]) for kind, found in sums.items()]
    return lines, [table_part("PA_lessons", specs, rows, locale)]


def _material(readings: Sequence[Reading], locale: str) -> dict[str, Any]:
    """The samples of the year with the outcome of their checks."""
    specs = (
        ("round", "left", 20.0), ("sample", "left", 25.0), ("matrix", "left", 60.0), ("lot", "left", 30.0),
        ("checks", "right", 40.0),
    )  # fmt: skip
    rows = []
    for reading in readings:
        checks = reading.rows("material_checks")
        for row in reading.samples:
            own = [check for check in checks if check["sample"] == row["sample"]]
            shown = count_rate(sum(bool(check["passed"]) for check in own), len(own), locale)
            rows.append(
                (reading.view.meta["round"], row["sample"], row["matrix"], row["material_lot"], shown)
            )
    return table_part("PA_material", specs, rows, locale)


def _next_year(readings: Sequence[Reading], locale: str) -> list[str]:
    """What is to be settled before the next year, from the catalogue."""
    open_points = readings[-1].programme.to_settle
    if not open_points:
        return [text("period.PA.no_changes", locale)]
    return [text("period.PA.to_settle", locale, n=len(open_points))]
