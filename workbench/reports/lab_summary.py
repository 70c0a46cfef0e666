"""LS: one laboratory's round over all its programmes, on one sheet for the director."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from workbench.errors import DataError
from workbench.parameters import catalogue, criteria
from workbench.reports.coded_counts import rate_part
from workbench.reports.lab_twin import lab_twin
from workbench.reports.period_parts import (
    SURVEYS,
    TONES,
    cell,
    is_programme_of_surveys,
    period_twin,
    programme_name,
    section_part,
    table_part,
)
from workbench.reports.period_report import PeriodReport
from workbench.reports.prepared import prepared_round
from workbench.reports.reading import Reading
from workbench.reports.report_meta import Issue, period_meta, plan_of, report_meta
from workbench.reports.twin_parts import provenance_part
from workbench.store import laboratory_view
from workbench.wording import MISSING, count_rate, date_text, join, text

KIND = "LS"
SHARED_SIGN_ITEMS, SHARED_SIGN_PERCENT = 3, 50.0
"""So many items of one instrument off the same way by at least half of what is allowed are told together."""
NAMES_MOST = 12
"""A line names so many items and counts the others."""


def open_lab_summary(
    database: str, round_code: str, lab_code: str, locale: str, issue: Issue | None = None
) -> PeriodReport:
    """Open the summary of one laboratory from the evaluations in force.

    Parameters
    ----------
    database, round_code, lab_code, locale, issue : as of a report on one programme.

    Raises
    ------
    DataError
        when the laboratory took part in no evaluated programme of the round.
    """
    issue = issue or Issue()
    plan = plan_of(round_code, database, issue.plan)
    twins, pending = [], []
    for number in (each for each in catalogue() if each in plan.programmes):
        try:
            ready = prepared_round(database, round_code, number)
        except DataError:
            pending.append(number)
            continue
        try:
            view = laboratory_view(ready.store, ready.shared, lab_code)
        except DataError:
            continue
        meta = report_meta(plan, "LR", number, lab_code, Issue(issued_at=issue.issued_at), locale)
        reading = Reading(view, catalogue()[number], criteria(), locale, meta, ready.rows)
        twins.append(lab_twin(reading) | {"provenance": provenance_part(reading)})
    if not twins:
        raise DataError(f"Laboratory {lab_code!r} took part in no evaluated programme of {round_code}.")
    meta = period_meta(plan, KIND, (round_code, "", lab_code), issue, locale)
    twin = period_twin(KIND, meta, locale, round_code, lab_code)
    return PeriodReport(summary_twin(twin, twins, pending, locale), meta)


def summary_twin(
    twin: dict[str, Any], twins: Sequence[Mapping[str, Any]], pending: Sequence[str], locale: str
) -> dict[str, Any]:
    """The sections of the summary from the twins of the programmes.

    Parameters
    ----------
    twin : the head.
    twins : of the reports on the single programmes, in the order of the catalogue.
    pending : programmes of the round that are not evaluated yet.
    """
    programmes = [_programme(each, locale) for each in twins]
    failures = [failure for each in twins for failure in _failures(each)]
    actions = [(each, action) for each in twins for action in each["actions"]]
    sections = [
        section_part("LS.conclusion", locale, _conclusion(programmes, twins, pending, locale)),
        section_part("LS.actions", locale, *_actions(actions, programmes, locale)),
        section_part("LS.programmes", locale, (), [_programmes_table(programmes, locale)]),
        section_part("LS.failures", locale, *_failures_part(failures, locale)),
        section_part("LS.cross", locale, _cross(twins, locale)),
        section_part("LS.dates", locale, _dates(twins, locale)),
        section_part("LS.provenance", locale, (), [_provenance(twins, locale)]),
    ]
    strip = [
        {"name": each["name"]} | {name: rate[name] for name in ("a", "n", "low", "high")}
        for each in programmes
        if (rate := rate_part(each["acceptable"], each["graded"], locale))["n"]
    ]
    provenance = {"evaluations": [each["provenance"]["evaluation_id"] for each in twins]}
    return twin | {
        "programmes": programmes,
        "failures": failures,
        "sections": sections,
        "strips": {"programmes": strip},
        "provenance": provenance,
    }


def _programme(twin: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """One programme as data."""
    verdict, number = twin["verdict"], twin["programme"]["programme_no"]
    missing = sum(entry["reason"] == "not_returned" for entry in twin["analytes"])
    return {
        "programme_no": number,
        "name": programme_name(catalogue()[number], locale),
        **{name: verdict[name] for name in ("n_pass", "n_fail", "n_not_scored", "acceptable", "graded")},
        **{name: verdict[name] for name in ("score_percent", "verdict", "status", "critical")},
        "not_returned": missing if twin["returned"] else verdict["n_fail"],
        "returned": twin["returned"],
        "return_state": twin["return_state"],
        "survey": is_programme_of_surveys(catalogue()[number]),
        "report_number": twin["report"]["number"].rpartition("-V")[0],
        "printed": dict(verdict["printed"]),
    }


def _conclusion(
    programmes: Sequence[Mapping[str, Any]],
    twins: Sequence[Mapping[str, Any]],
    pending: Sequence[str],
    locale: str,
) -> list[str]:
    """Counts over all programmes, critical errors, what is still to come."""
    judged = [each for each in programmes if not each["survey"]]
    sums = {name: sum(each[name] for each in judged) for name in ("n_pass", "n_fail", "n_not_scored")}
    returned = sum(each["returned"] for each in programmes)
    rate = count_rate(returned, len(programmes), locale)
    lines = [text("period.LS.counts", locale, k=len(programmes), items=sum(sums.values()), rate=rate, **sums)]
    critical = [
        entry["printed"]["name"]
        for twin in twins
        for entry in twin["analytes"]
        if entry["analyte"] in twin["verdict"]["critical"]
    ]
    if critical:
        lines.append(f"◆ {text('conclusion.LR.critical', locale, list=join(critical, locale))}")
    bad = [each["name"] for each in programmes if each["verdict"] == "unsatisfactory"]
    if bad:
        lines.append(text("period.LS.unsatisfactory", locale, list=join(bad, locale)))
    unreturned = [each["name"] for each in programmes if each["return_state"] == "not_returned"]
    if unreturned:
        lines.append(text("period.LS.unreturned", locale, list=join(unreturned, locale)))
    surveys = [each["name"] for each in programmes if each["survey"]]
    if surveys:
        lines.append(text("period.LS.surveys", locale, list=join(surveys, locale)))
    unscored = [
        entry["printed"]["name"]
        for twin in twins
        for entry in twin["analytes"]
        if entry["verdict"] == "not_scored" and entry["family"] not in SURVEYS
    ]
    if unscored:
        lines.append(text("period.LS.not_scored", locale, list=_named(unscored, locale)))
    if pending:
        names = join([programme_name(catalogue()[number], locale) for number in pending], locale)
        lines.append(text("period.LS.pending", locale, list=names))
    return lines


def _named(names: Sequence[str], locale: str) -> str:
    """A list of at most twelve names; of more the first and how many there are."""
    if len(names) <= NAMES_MOST:
        return join(list(names), locale)
    shown = text("list.separator", locale).join(names[:NAMES_MOST])
    return text("period.LS.more", locale, list=shown, n=len(names))


def _actions(
    actions: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]],
    programmes: Sequence[Mapping[str, Any]],
    locale: str,
) -> tuple[list[str], list[dict[str, Any]]]:
    """The action lists of all programmes, critical errors first."""
    if not actions:
        unreturned = [each["name"] for each in programmes if each["return_state"] == "not_returned"]
        if unreturned:
            return [text("period.LS.unreturned", locale, list=join(unreturned, locale))], []
        return [text("prose.actions_empty", locale)], []
    ordered = sorted(actions, key=lambda pair: pair[1]["code"] != "S03")
    specs = (
        ("programme", "left", 32.0), ("item", "left", 35.0), ("score", "right", 20.0), ("problem", "left", 45.0),
        ("next_step", "left", 25.0), ("due", "center", 18.0),
    )  # fmt: skip
    rows = [
        (
            programme_name(catalogue()[twin["programme"]["programme_no"]], locale),
            cell(action["printed"]["name"], bold=True),
            cell(action["printed"]["score"], "bad", bold=True),
            action["printed"]["problem"],
            action["printed"]["next_step"],
            action["printed"]["due"],
        )
        for twin, action in ordered
    ]
    return [], [table_part("LS_actions", specs, rows, locale)]


def _programmes_table(programmes: Sequence[Mapping[str, Any]], locale: str) -> dict[str, Any]:
    """One row per programme in the order of the catalogue; no ranking."""
    specs = (
        ("programme", "left", 38.0), ("n_pass", "right", 11.0), ("n_fail", "right", 12.0),
        ("n_not_scored", "right", 14.0), ("not_returned", "right", 12.0), ("score", "right", 27.0),
        ("verdict", "left", 25.0), ("status", "left", 22.0), ("report", "right", 14.0),
    )  # fmt: skip
    rows = []
    for each in programmes:
        score = count_rate(each["acceptable"], each["graded"], locale)
        rows.append(
            (
                each["name"],
                each["n_pass"],
                each["n_fail"],
                each["n_not_scored"],
                each["not_returned"],
                score,
                cell(each["printed"]["verdict"], TONES.get(each["verdict"], ""), bold=True),
                cell(each["printed"]["status"], TONES.get(each["status"], "")),
                each["report_number"].split("-")[-2],
            )
        )
    note = text("period.LS.report_note", locale, number=programmes[0]["report_number"])
    return table_part("LS_programmes", specs, rows, locale, (note,))


def _failures(twin: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every unacceptable result of an item that failed, or that is critical."""
    out = []
    for entry in twin["analytes"]:
        critical = (entry["coded"] or {}).get("critical", [])
        for result in entry["results"]:
            if result["signal"] == "action" and (entry["verdict"] == "fail" or result["sample"] in critical):
                sentence = next(iter(entry["sentences"]), None)
                out.append(
                    {
                        "programme_no": twin["programme"]["programme_no"],
                        "analyte": entry["analyte"],
                        "sample": result["sample"],
                        "item": entry["printed"]["name"],
                        "value": result["printed"]["value"],
                        "target": result["printed"]["assigned_value"],
                        "range": result["printed"]["range"] if entry["coded"] is None else MISSING,
                        "verdict": result["printed"]["verdict"],
                        "cause": sentence["text"] if sentence else MISSING,
                    }
                )
    return out


def _failures_part(
    failures: Sequence[Mapping[str, Any]], locale: str
) -> tuple[list[str], list[dict[str, Any]]]:
    """The unacceptable results of failed items."""
    if not failures:
        return [text("period.LS.no_failures", locale)], []
    specs = (
        ("programme", "left", 11.0), ("item", "left", 25.0), ("sample", "left", 14.0), ("value", "right", 16.0),
        ("target", "right", 16.0), ("range", "right", 27.0), ("verdict", "left", 26.0), ("cause", "left", 40.0),
    )  # fmt: skip
    rows = [
        (
            each["programme_no"],
            *(each[name] for name in ("item", "sample", "value", "target", "range")),
            cell(each["verdict"], "bad", bold=True),
            text("period.LS.as_above", locale) if _same_item(before, each) else each["cause"],
        )
        for before, each in pairwise([{}, *failures])
    ]
    return [], [table_part("LS_failures", specs, rows, locale)]


def _same_item(before: Mapping[str, Any], each: Mapping[str, Any]) -> bool:
    """Whether two results belong to one item."""
    return all(before.get(name) == each[name] for name in ("programme_no", "analyte"))


def _cross(twins: Sequence[Mapping[str, Any]], locale: str) -> list[str]:
    """What only shows when programmes are read together."""
    return [*_same_names(twins, locale), *_shared_signs(twins, locale)] or [
        text("period.LS.no_cross", locale)
    ]


def _same_names(twins: Sequence[Mapping[str, Any]], locale: str) -> list[str]:
    """Items of one name in several programmes, judged apart."""
    where: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for twin in twins:
        for entry in twin["analytes"]:
            where[entry["analyte"]].append(twin["programme"]["programme_no"])
            names[entry["analyte"]] = entry["printed"]["name"]
    shared = {code: found for code, found in where.items() if len(set(found)) > 1}
    return [
        text("period.LS.same_name", locale, item=names[code], list=join(list(dict.fromkeys(found)), locale))
        for code, found in shared.items()
    ]


def _shared_signs(twins: Sequence[Mapping[str, Any]], locale: str) -> list[str]:
    """Instruments several of whose items are off the same way."""
    off: dict[tuple[str, int], list[str]] = defaultdict(list)
    for twin in twins:
        for entry in twin["analytes"]:
            mean = entry["mean_percent_allowed"]
            if mean is not None and abs(mean) >= SHARED_SIGN_PERCENT and entry["instrument"]:
                off[entry["printed"]["instrument"], 1 if mean > 0 else -1].append(entry["printed"]["name"])
    return [
        text(
            f"period.LS.shared_{'high' if sign > 0 else 'low'}",
            locale,
            instrument=name,
            list=join(items, locale),
        )
        for (name, sign), items in off.items()
        if len(items) >= SHARED_SIGN_ITEMS
    ]


def _dates(twins: Sequence[Mapping[str, Any]], locale: str) -> list[str]:
    """Dates that bind the laboratory."""
    report = twins[0]["report"]
    return [
        text("period.LS.due", locale, date=date_text(report["due"], locale, prose=True)),
        text("period.LS.appeal", locale, date=date_text(report["appeal_until"], locale, prose=True)),
    ]


def _provenance(twins: Sequence[Mapping[str, Any]], locale: str) -> dict[str, Any]:
    """The evaluations the summary rests on."""
    specs = (("programme", "left", 95.0), ("evaluation", "left", 40.0), ("snapshot", "left", 40.0))
    rows = [
        (
            programme_name(catalogue()[twin["programme"]["programme_no"]], locale),
            twin["provenance"]["printed"]["evaluation_id"],
            twin["provenance"]["printed"]["snapshot"],
        )
        for twin in twins
    ]
    return table_part("evaluations", specs, rows, locale)
