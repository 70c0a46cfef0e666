"""LA: one laboratory's year over all its programmes, and the data of its certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import DataError
from workbench.parameters import catalogue
from workbench.reports.period_parts import (
    TONES,
    cell,
    is_programme_of_surveys,
    period_twin,
    programme_name,
    section_part,
    table_part,
)
from workbench.reports.period_report import PeriodReport
from workbench.reports.reading import Row, records
from workbench.reports.report_meta import Issue, localised, period_meta, plan_of
from workbench.reports.sources import opened_store
from workbench.reports.year_rounds import evaluated_rounds
from workbench.store import EvaluationRecord, Store, laboratory_view, shared_view
from workbench.wording import MISSING, count_rate, join, score_text, symbol, text, verdict

KIND = "LA"
GRADED_LEAST = 2
"""Graded rounds an item needs for a certificate; one where the programme has one round a year."""


@dataclass(frozen=True)
class YearRound:
    """What one laboratory's report of the year needs of one round of one programme."""

    record: EvaluationRecord
    laboratory: Row
    overall: Row
    verdicts: list[Row]
    critical: frozenset[str]


def open_lab_year(
    database: str, round_code: str, lab_code: str, locale: str, issue: Issue | None = None
) -> PeriodReport:
    """Open the annual summary of one laboratory.

    Parameters
    ----------
    round_code : a round of the year, usually its last; its plan says who signs. Rounds after it are not looked at.
    database, lab_code, locale, issue : as of a report on one programme.

    Raises
    ------
    DataError
        when the laboratory took part in no evaluated programme of the year.
    """
    issue = issue or Issue()
    plan, year = plan_of(round_code, database, issue.plan), round_code.partition("-")[0]
    store = opened_store(database)
    rounds = [
        found for record in evaluated_rounds(store, round_code) if (found := _round(store, record, lab_code))
    ]
    if not rounds:
        raise DataError(f"Laboratory {lab_code!r} took part in no evaluated programme of {year}.")
    meta = period_meta(plan, KIND, (year, "", lab_code), issue, locale)
    twin = period_twin(KIND, meta, locale, year, lab_code)
    return PeriodReport(year_twin(twin, rounds, locale), meta)


def _round(store: Store, record: EvaluationRecord, lab_code: str) -> YearRound | None:
    """The laboratory's rows of one round; None when it did not take part."""
    try:
        view = laboratory_view(store, shared_view(store, record.evaluation_id), lab_code)
    except DataError:
        return None
    answers = records(view.answers)
    return YearRound(
        record,
        records(view.laboratories)[0],
        records(view.laboratory_verdicts)[0],
        records(view.analyte_verdicts),
        frozenset(row["analyte"] for row in answers if row["critical"]),
    )


def year_twin(twin: dict[str, Any], rounds: Sequence[YearRound], locale: str) -> dict[str, Any]:
    """The sections of the annual summary from the rounds of the year, oldest first."""
    programmes = [_programme(number, rounds, locale) for number in _numbers(rounds)]
    judged = [number for number in _numbers(rounds) if not is_programme_of_surveys(catalogue()[number])]
    items = [item for number in judged for item in _items(number, rounds, locale)]
    certificate = certificate_part(twin, programmes, items)
    codes = sorted({each.record.round for each in rounds}, key=_order)
    sections = [
        section_part("LA.conclusion", locale, _conclusion(programmes, items, certificate, locale)),
        section_part("LA.year-table", locale, (), [_year_table(programmes, codes, locale)]),
        section_part("LA.heatmap", locale, (), [_heatmap(items, codes, locale)]),
        section_part("LA.multi-round", locale, *_multi_round(items, locale)),
        section_part("LA.certificate-data", locale, *_certificate(certificate, locale)),
        section_part(
            "LA.provenance", locale, (), [provenance_table([each.record for each in rounds], locale)]
        ),
    ]
    provenance = {"evaluations": [each.record.evaluation_id for each in rounds]}
    return twin | {
        "programmes": programmes,
        "items": items,
        "certificate": certificate,
        "sections": sections,
        "provenance": provenance,
    }


def _order(round_code: str) -> tuple[int, int]:
    year, _, number = round_code.partition("-")
    return int(year), int(number)


def _numbers(rounds: Sequence[YearRound]) -> list[str]:
    """Programmes in the order of the catalogue."""
    taken = {each.record.programme_no for each in rounds}
    return [number for number in catalogue() if number in taken]


def _programme(number: str, rounds: Sequence[YearRound], locale: str) -> dict[str, Any]:
    """One programme's rounds: score, verdict, whether it was returned in time."""
    own = [each for each in rounds if each.record.programme_no == number]
    results = [
        {
            "round": each.record.round,
            "acceptable": int(each.overall["acceptable"]),
            "graded": int(each.overall["graded"]),
            "verdict": each.overall["verdict"],
            "return_state": each.overall["return_state"],
        }
        for each in own
    ]
    last = max(own, key=lambda each: _order(each.record.round))
    bad = any(result["verdict"] == "unsatisfactory" for result in results)
    judged = any(result["verdict"] != "not_scored" for result in results)
    annual = "unsatisfactory" if bad else "satisfactory" if judged else "not_scored"
    return {
        "programme_no": number,
        "name": programme_name(catalogue()[number], locale),
        "rounds": results,
        "annual": annual,
        "status": last.overall["status"],
    }


def _items(number: str, rounds: Sequence[YearRound], locale: str) -> list[dict[str, Any]]:
    """The items of one programme (x device) with their verdict in every round."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    programme = catalogue()[number]
    for each in (each for each in rounds if each.record.programme_no == number):
        for row in each.verdicts:
            key = row["analyte"], row["device_id"]
            name = localised(programme.analyte(row["analyte"]), "name", locale)
            shown = " ".join(part for part in (name, row["device_id"]) if part)
            item = found.setdefault(
                key,
                {
                    "programme_no": number,
                    "analyte": key[0],
                    "device_id": key[1] or None,
                    "name": shown,
                    "rounds": [],
                },
            )
            graded = int(row["graded"])
            item["rounds"].append(
                {
                    "round": each.record.round,
                    "verdict": row["verdict"],
                    "score_percent": 100 * int(row["acceptable"]) / graded if graded else None,
                    "late": int(each.laboratory["late_days"]) > 0,
                    "returned": row["reason"] != "not_returned",
                    "critical": row["analyte"] in each.critical,
                }
            )
            item["status"] = row["status"]
    positions = {code: place for place, code in enumerate(programme.codes)}
    return sorted(found.values(), key=lambda item: (positions[item["analyte"]], item["device_id"] or ""))


def certificate_part(
    twin: Mapping[str, Any], programmes: Sequence[Mapping[str, Any]], items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Items that met the year's conditions, and of the others why not.

    Notes
    -----
    Conditions: every round returned in time, no unsatisfactory round of the item, no critical error, at least two
    graded rounds (one where the programme has one round a year). Indicators and surveys are not certified.
    """
    certified, refused = [], []
    for item in items:
        reason = _refusal(item)
        head = {name: item[name] for name in ("programme_no", "analyte", "device_id", "name")}
        (refused.append(head | {"reason": reason}) if reason else certified.append(head))
    in_time = all(r["return_state"] == "returned" for each in programmes for r in each["rounds"])
    year = str(twin["round"])
    return {
        "number": twin["report"]["number"].replace(f"-{KIND}-", "-CERT-"),
        "lab_code": twin["participant"]["lab_code"],
        "year": year,
        "valid_until": f"{int(year) + 1}-12-31",
        "participation": in_time,
        "certified": certified,
        "refused": refused,
        "issued_at": twin["report"]["issued_at"],
        "preliminary": twin["report"]["status"] != "final",
    }


def _refusal(item: Mapping[str, Any]) -> str:
    """Why an item is not certified; empty when it is."""
    rounds = item["rounds"]
    needed = min(GRADED_LEAST, catalogue()[item["programme_no"]].rounds_per_year)
    checks = (
        ("critical", any(each["critical"] for each in rounds)),
        ("not_returned", any(not each["returned"] for each in rounds)),
        ("late", any(each["late"] for each in rounds)),
        ("failed", any(each["verdict"] == "fail" for each in rounds)),
        ("too_few", sum(each["verdict"] == "pass" for each in rounds) < needed),
    )
    return next((name for name, hit in checks if hit), "")


def _conclusion(
    programmes: Sequence[Mapping[str, Any]],
    items: Sequence[Mapping[str, Any]],
    certificate: Mapping[str, Any],
    locale: str,
) -> list[str]:
    """The year in four lines."""
    rounds = [result for each in programmes for result in each["rounds"]]
    returned = sum(result["return_state"] == "returned" for result in rounds)
    lines = [
        text("period.LA.counts", locale, k=len(programmes), items=len(items), certified=len(certificate["certified"]),
             rate=count_rate(returned, len(rounds), locale))
    ]  # fmt: skip
    bad = [each["name"] for each in programmes if each["annual"] == "unsatisfactory"]
    if bad:
        lines.append(text("period.LA.unsatisfactory", locale, list=join(bad, locale)))
    persistent = [item["name"] for item in items if item["status"] == "unsuccessful"]
    if persistent:
        lines.append(text("conclusion.LR.unsuccessful", locale, list=join(persistent, locale)))
    proof = "participation_yes" if certificate["participation"] else "participation_no"
    return [*lines, text(f"period.LA.{proof}", locale)]


def _year_table(programmes: Sequence[Mapping[str, Any]], codes: Sequence[str], locale: str) -> dict[str, Any]:
    """Programmes by rounds: score, verdict, annual verdict."""
    rows = []
    for each in programmes:
        by_round = {result["round"]: result for result in each["rounds"]}
        shown = [_score_cell(by_round.get(code)) for code in codes]
        words = verdict("programme", each["annual"], locale)
        rows.append((each["name"], *shown, cell(words, TONES.get(each["annual"], ""), bold=True)))
    return _by_round(
        "LA_year", (("programme", "left", 70.0), ("annual", "left", 25.0)), codes, (rows, locale)
    )


def _by_round(
    name: str, ends: tuple[tuple[str, str, float], ...], codes: Sequence[str], filled: tuple[list[Any], str]
) -> dict[str, Any]:
    """A table with one column a round between its first column and the others."""
    rows, locale = filled
    width = 80.0 / max(len(codes), 1)
    part = table_part(name, ends, [], locale)
    rounds = [
        {"key": f"r{code}", "heading": code, "align": "left", "width_mm": min(width, 26.0)} for code in codes
    ]
    made = table_part(name, ends, rows, locale)
    return part | {
        "columns": [part["columns"][0], *rounds, *part["columns"][1:]],
        "rows": made["rows"],
        "notes": made["notes"],
    }


def _score_cell(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """Score and symbol of one round; a dash where there was none."""
    if result is None:
        return cell(MISSING)
    shown = score_text(100 * result["acceptable"] / result["graded"]) if result["graded"] else MISSING
    return cell(f"{symbol(result['verdict'])} {shown}", TONES.get(result["verdict"], ""))


def _heatmap(items: Sequence[Mapping[str, Any]], codes: Sequence[str], locale: str) -> dict[str, Any]:
    """Items by rounds: symbol and score, tinted where failed."""
    rows = []
    for item in items:
        by_round = {each["round"]: each for each in item["rounds"]}
        rows.append((item["programme_no"], item["name"], *(_item_cell(by_round.get(code)) for code in codes)))
    specs = (("programme", "left", 17.0), ("item", "left", 70.0))
    width = min(84.0 / max(len(codes), 1), 26.0)
    part = table_part("LA_heatmap", specs, [], locale)
    made = table_part("LA_heatmap", specs, rows, locale)
    rounds = [{"key": f"r{code}", "heading": code, "align": "left", "width_mm": width} for code in codes]
    return part | {"columns": [*part["columns"], *rounds], "rows": made["rows"], "notes": made["notes"]}


def _item_cell(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """One item in one round."""
    if result is None:
        return cell(MISSING)
    critical = bool(result["critical"])
    mark = symbol("action", critical=True) if critical else symbol(result["verdict"])
    shown = MISSING if result["score_percent"] is None else score_text(result["score_percent"])
    return cell(f"{mark} {shown}", "bad" if critical else TONES.get(result["verdict"], ""))


def _multi_round(items: Sequence[Mapping[str, Any]], locale: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Items that failed in some round, with their standing over the rounds."""
    shown = [item for item in items if any(each["verdict"] == "fail" for each in item["rounds"])]
    if not shown:
        return [text("period.LA.no_failures", locale)], []
    specs = (
        ("programme", "left", 20.0),
        ("item", "left", 75.0),
        ("failed", "left", 45.0),
        ("status", "left", 35.0),
    )
    rows = [
        (
            item["programme_no"],
            item["name"],
            join([each["round"] for each in item["rounds"] if each["verdict"] == "fail"], locale),
            cell(verdict("rounds", item["status"], locale), TONES.get(item["status"], "")),
        )
        for item in shown
    ]
    return [], [table_part("LA_multi_round", specs, rows, locale)]


def _certificate(certificate: Mapping[str, Any], locale: str) -> tuple[list[str], list[dict[str, Any]]]:
    """What the certificate will say, and of the other items why they are not on it."""
    key = "certificate_preliminary" if certificate["preliminary"] else "certificate"
    key = key if certificate["certified"] else "certificate_none"
    lines = [text(f"period.LA.{key}", locale, number=certificate["number"], until=certificate["valid_until"])]
    lines.append(text("period.LA.conditions", locale))
    specs = (("programme", "left", 25.0), ("item", "left", 95.0), ("result", "left", 55.0))
    rows: list[tuple[Any, ...]] = [
        (item["programme_no"], item["name"], text("period.LA.certified", locale))
        for item in certificate["certified"]
    ]
    rows += [
        (
            item["programme_no"],
            item["name"],
            cell(text(f"period.refusal.{item['reason']}", locale), "not_scored"),
        )
        for item in certificate["refused"]
    ]
    return lines, [table_part("LA_certificate", specs, rows, locale)]


def provenance_table(found: Sequence[EvaluationRecord], locale: str) -> dict[str, Any]:
    """The evaluations a report on a year rests on."""
    specs = (
        ("programme", "left", 75.0),
        ("round", "left", 20.0),
        ("evaluation", "left", 40.0),
        ("snapshot", "left", 40.0),
    )
    rows = [
        (
            programme_name(catalogue()[record.programme_no], locale),
            record.round,
            record.evaluation_id[:12],
            record.snapshot_sha256[:12],
        )
        for record in found
    ]
    return table_part("evaluations", specs, rows, locale)
