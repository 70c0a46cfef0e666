"""The twin of a laboratory's report on one programme and round: everything that is printed, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.frames import ALL_LABORATORIES
from workbench.reports.amendment import amendment_part
from workbench.reports.answer_words import family_of
from workbench.reports.coded_parts import add_coded
from workbench.reports.coded_targets import coded_criterion, coded_target
from workbench.reports.conclusion import action_parts, conclusion_parts
from workbench.reports.criterion_parts import criterion_part, target_part
from workbench.reports.finding_parts import FindingBook, numbers_for, sentence_parts, sentences_by_item
from workbench.reports.group_parts import group_parts, overall_parts, own_group_part
from workbench.reports.history_parts import history_parts, history_rounds, sample_history_parts
from workbench.reports.indicator_parts import is_survey, survey_conclusion
from workbench.reports.reading import Reading, Row
from workbench.reports.result_parts import bias_kind, result_part, score_kind
from workbench.reports.trueness_parts import trueness_parts
from workbench.reports.twin import number
from workbench.reports.twin_parts import dates_part, head_parts, provenance_part, sample_parts
from workbench.wording import MISSING, level_text, score_text, text, verdict

PREVIOUS_SHOWN = 2
_SYSTEM = ("method", "instrument", "reagent", "calibrator")


def lab_twin(reading: Reading) -> dict[str, Any]:
    """Build the twin of one laboratory from its own view of the round.

    Parameters
    ----------
    reading : the laboratory's view with the parameters and the report's own facts.

    Returns
    -------
    A dictionary of the shape of `eqa-report/1.0`, kind LR; unrounded values beside printed forms.

    Notes
    -----
    A laboratory that returned nothing gets a twin with `returned` false and no items in detail.
    """
    laboratory = reading.rows("laboratories")[0]
    overall = reading.rows("laboratory_verdicts")[0]
    book = FindingBook(reading)
    book.gather(reading.rows("findings"))
    returned = overall["return_state"] not in ("not_returned", "excused")
    entries = _entries(reading, book) if returned else []
    if reading.meta.issue.status == "amended":
        book.add("F27", 1, {})
    findings = book.numbered()
    _attach(entries, findings)
    twin = {
        **head_parts(reading, "LR"),
        "participant": {
            "lab_code": laboratory["lab_code"],
            "round_alias": laboratory["round_alias"] or None,
            "device_id": None,
        },
        "dates": dates_part(reading, laboratory),
        "returned": returned,
        "return_state": overall["return_state"],
        "late_days": int(laboratory["late_days"]),
        "remark": laboratory["comment"] or None,
        "verdict": _verdict_part(reading, overall),
        "history_rounds": history_rounds(reading),
        "history_notes": _history_notes(reading),
        "analytes": entries,
        "findings": findings,
        "overall": [] if returned else overall_parts(reading),
        "samples": sample_parts(reading),
        "provenance": provenance_part(reading),
    }
    survey = is_survey(entries)
    twin["actions"] = [] if survey else action_parts(twin, reading)
    twin["conclusion"] = survey_conclusion(twin, reading) if survey else conclusion_parts(twin, reading)
    twin["amendment"] = amendment_part(twin, reading)
    return twin


def _verdict_part(reading: Reading, overall: Row) -> dict[str, Any]:
    """Score and verdict of the programme in this round."""
    locale = reading.locale
    return {
        "score_percent": number(overall["score_percent"]),
        "acceptable": int(overall["acceptable"]),
        "graded": int(overall["graded"]),
        "verdict": overall["verdict"],
        "status": overall["status"],
        "critical": sorted(
            {row["analyte"] for row in reading.rows("answers") if row["critical"]},
            key=lambda code: reading.positions[code],
        ),
        **{name: int(overall[name]) for name in ("n_pass", "n_fail", "n_not_scored")},
        "printed": {
            "score": score_text(number(overall["score_percent"])),
            "verdict": verdict("programme", overall["verdict"], locale),
            "status": verdict("rounds", overall["status"], locale),
        },
    }


def _history_notes(reading: Reading) -> list[str]:
    """The rule over rounds, printed under the history; one line for each different rule."""
    rules = {reading.policy(code).persistence for code in reading.programme.codes}
    ordered = sorted(rules, key=lambda rule: (rule.consecutive, rule.failures, rule.window))
    return [text("table.his.rule", reading.locale, **rule.model_dump()) for rule in ordered]


def _entries(reading: Reading, book: FindingBook) -> list[dict[str, Any]]:
    """One entry per item (x device) in catalogue order."""
    rows = sorted(
        reading.rows("analyte_verdicts"),
        key=lambda row: (reading.positions[row["analyte"]], row["device_id"]),
    )
    sentences = sentences_by_item(reading)
    return [_entry(reading, row, sentences.get((row["device_id"], row["analyte"]), []), book) for row in rows]


def _entry(reading: Reading, row: Row, sentences: list[Row], book: FindingBook) -> dict[str, Any]:
    """One item: what was registered, how it was judged, its samples, groups, history, sentences."""
    code = row["analyte"]
    analyte, scale = reading.analyte(code), reading.scale(code)
    kind = bias_kind(reading.programme.criterion(code, reading.criteria), analyte.result_type)
    results = []
    for score in reading.scores.get((row["device_id"], code), []):
        part, more = result_part(reading, score, kind, scale)
        results.append(part)
        if more:
            book.add("F33", 1, {}, code, score["sample"])
    hidden = any(part["why"].get("assigned_value") == "suppressed" for part in results)
    coded = None if analyte.is_quantitative else add_coded(reading, row, results)
    groups = _groups(reading, row, results)
    entry: dict[str, Any] = {
        "analyte": code,
        "name_zh": analyte.name_zh,
        "name_en": analyte.name_en,
        "unit": analyte.unit,
        "unit_ucum": analyte.ucum,
        "loinc": analyte.loinc,
        "decimals": analyte.decimals,
        "position": reading.positions[code],
        "device_id": row["device_id"] or None,
        "family": coded["family"] if coded else family_of(analyte),
        "coded": coded,
        "trueness": trueness_parts(reading, code, row["device_id"], results),
        **{name: row[name] or None for name in _SYSTEM},
        "peer_group": _peer_group(row),
        "criterion": coded_criterion(reading, code, coded)
        if coded
        else criterion_part(reading, code, results),
        "target": coded_target(reading, results) if coded else target_part(reading, code, results),
        "bias_kind": kind,
        "score_kind": score_kind(results),
        "disclosure_min": scale.disclosure_min,
        **_outcome(row, hidden),
        "history": history_parts(reading, row),
        "sample_history": sample_history_parts(reading, row),
        "results": results,
        "groups": groups,
        "own_group": own_group_part(groups, scale),
        "sentences": sentence_parts(reading, sentences),
        "findings": [],
    }
    entry["previous"] = entry["history"][-PREVIOUS_SHOWN:]
    printed = _printed(reading, entry)
    if coded:
        entry["own_group"]["why"]["percent_difference"] = "coded"
        printed["why"]["mean_percent_allowed"] = "coded"
    printed["printed"]["type"] = text(f"family.{entry['family']}", reading.locale)
    return entry | printed


def _peer_group(row: Row) -> dict[str, Any]:
    """The group the item was judged by."""
    return {
        "level": row["peer_group_level"] or None,
        "group": row["peer_group"] or None,
        "n": int(row["peer_n"]) or None,
        "fallback_from": row["fallback_from"] or None,
        "own_n": int(row["own_n"]),
    }


def _outcome(row: Row, hidden: bool) -> dict[str, Any]:
    """Counts, score, verdict and mean deviation of one item; no deviation from a target that is hidden."""
    numbers = ("score_percent", "pass_mark", "mean_percent_allowed", "sd_percent_allowed")
    row = row | (dict.fromkeys(numbers[2:]) if hidden else {})
    return {
        "acceptable": int(row["acceptable"]),
        "graded": int(row["graded"]),
        **{name: number(row[name]) for name in numbers},
        "verdict": row["verdict"],
        "reason": row["reason"] or None,
        "status": row["status"],
    }


def _groups(reading: Reading, row: Row, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Groups of every sample, own first; of an item that did not fail only the own and all laboratories."""
    own = {
        "level": row["peer_group_level"] or ALL_LABORATORIES,
        "group": row["peer_group"],
        "fallback": row["fallback_from"],
        "only": row["verdict"] != "fail",
    }
    return [
        part
        for result in results
        for part in group_parts(reading, row["analyte"], result["sample"], result["assigned_value"], own)
    ]


def _printed(reading: Reading, entry: dict[str, Any]) -> dict[str, Any]:
    """Printed forms of one item with the causes of their dashes, and its line in the history."""
    code, locale, graded = entry["analyte"], reading.locale, entry["graded"]
    scale, unit = reading.scale(code), reading.unit(code)
    shown_score = score_text(entry["score_percent"], entry["pass_mark"] or 80)
    word = verdict("analyte", entry["verdict"], locale)
    past = " ".join(row["printed"]["plain"] for row in entry["previous"])
    group = entry["peer_group"]
    few = 0 < (group["n"] or 0) < scale.disclosure_min
    own_n = scale.suppressed() if few else str(group["n"]) if group["n"] else MISSING
    hidden = few and not graded
    printed = {
        "name": reading.name(code),
        "unit": unit,
        "name_and_unit": f"{reading.name(code)} {unit}".rstrip(),
        **{name: reading.names.of(name, entry[name] or "") for name in _SYSTEM},
        "group": f"{level_text(group['level'] or ALL_LABORATORIES, locale)} {own_n}",
        "group_names": reading.names.group(group["level"] or "", group["group"] or ""),
        "score": shown_score,
        "score_plain": shown_score.rstrip("%"),
        "mean_percent_allowed": scale.fixed(entry["mean_percent_allowed"], 0, signed=True),
        "previous": past or MISSING,
        "verdict": word,
        "status": verdict("rounds", entry["status"], locale),
        "score_line": _score_line(entry, shown_score, word, scale.fixed(entry["pass_mark"], 0), locale),
    }
    silent = entry["reason"] if entry["reason"] and not entry["reason"].startswith("NS-") else "not_scored"
    why = {} if graded else {"score_plain": silent, "score": silent}
    why |= (
        {}
        if entry["mean_percent_allowed"] is not None
        else {"mean_percent_allowed": "suppressed" if hidden else silent}
    )
    why |= {} if past else {"previous": "first_round"}
    this_round = {
        "round": reading.view.meta["round"],
        "verdict": entry["verdict"],
        "printed": {"percent": shown_score, "score": f"{word[0]} {printed['score_plain']}"},
    }
    return {"why": why, "printed": printed, "this_round": this_round}


def _score_line(entry: Mapping[str, Any], score: str, word: str, pass_mark: str, locale: str) -> str:
    """The last line of the sample table."""
    if not entry["graded"]:
        return text("prose.detail_none", locale, verdict=word)
    counts = {"a": entry["acceptable"], "k": entry["graded"]}
    return text("prose.detail_total", locale, **counts, score=score, pass_mark=pass_mark, verdict=word)


def _attach(entries: list[dict[str, Any]], findings: list[dict[str, Any]]) -> None:
    """Put the numbers of the findings beside the items and samples they hold for."""
    for entry in entries:
        entry["findings"] = numbers_for(findings, entry["analyte"])
        for result in entry["results"]:
            result["findings"] = numbers_for(findings, entry["analyte"], result["sample"])
