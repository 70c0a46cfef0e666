"""The coded part of a laboratory's twin: own answers beside what was expected, item by item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.reports.answer_words import AnswerNames, family_of, level_is_all
from workbench.reports.coded_counts import (
    Own,
    agreement_part,
    commonest_wrong,
    counts_part,
    kit_parts,
    rate_part,
)
from workbench.reports.drug_parts import drug_parts, susceptibility_totals
from workbench.reports.indicator_parts import FAMILY, indicator_part
from workbench.reports.picture_slots import picture_of, pictures_of_round
from workbench.reports.reading import Reading, Row
from workbench.reports.twin import number
from workbench.reports.type_parts import cells_of, own_type_parts, type_forms
from workbench.wording import MISSING, join, printed, symbol, text, verdict_word

CONSENSUS = "consensus"
COUNTS_FAMILIES = ("ordinal", "qualitative", "identification", "genotype")
"""Families whose answers are drawn as one distribution a sample; panels and drugs have their own tables, and targets of
blood groups come from the material, not from what others found."""
_SILENT = ("not_returned", "not_performed", "excused", "sample_fault")


def own_group_of(verdict: Mapping[str, Any]) -> Own:
    """Rung and group a laboratory was compared with."""
    return verdict["peer_group_level"] or "", verdict["peer_group"] or ""


def add_coded(reading: Reading, verdict: Row, results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Complete the results of a coded item with the answers; returns the item's own coded part.

    Parameters
    ----------
    reading : the laboratory's view.
    verdict : the item's row of `analyte_verdicts`.
    results : its results as `result_part` made them; each gets `coded`, words of its verdict and the codes of the CSV.
    """
    code = verdict["analyte"]
    names = AnswerNames(reading.analyte(code), reading.locale)
    family, own = family_of(reading.analyte(code)), own_group_of(verdict)
    fallback = bool(verdict["fallback_from"])
    for result in results:
        row = reading.answers.get((verdict["device_id"], code, result["sample"]))
        if row is None:
            continue
        detail = json.loads(row["detail"] or "{}")
        part = _answer_part(row, detail) | {"family": "panel" if "cells" in detail else family}
        part |= _comparison(reading, code, result["sample"], own, names)
        part["why"] = _causes(part, result, fallback)
        part["printed"] = _forms(part, result, names)
        _complete(result, part)
    return _item_part(reading, verdict, results, names)


def _answer_part(row: Row, detail: dict[str, Any]) -> dict[str, Any]:
    """One answer as data."""
    return {
        "answer": row["answer"] or None,
        "target": row["target"] or None,
        "accepted": [code for code in str(row["accepted"]).split("|") if code],
        "target_method": row["target_method"] or None,
        "target_level": row["target_level"] or None,
        "mark": number(row["mark"]),
        "kind": row["kind"] or None,
        "critical": bool(row["critical"]),
        "distance": number(row["distance"]),
        "quantity": number(row["quantity"]),
        "detail": detail,
    }


def _comparison(reading: Reading, code: str, sample: str, own: Own, names: AnswerNames) -> dict[str, Any]:
    """Distribution of the answers and agreement of all laboratories and of the own group."""
    group = None if level_is_all(own[0]) else agreement_part(reading, code, sample, own)
    return {
        "counts": counts_part(reading, code, sample, own, names),
        "agreement": {"all": agreement_part(reading, code, sample, ("all", "")), "own_group": group},
    }


def _causes(part: Mapping[str, Any], result: Mapping[str, Any], fallback: bool) -> dict[str, str]:
    """Why a printed field is a dash."""
    own, everyone = part["agreement"]["own_group"], part["agreement"]["all"]
    silent = result["state"] if result["state"] in _SILENT else None
    no_group = "suppressed" if fallback else "no_own_group"
    why = {
        "expected": "" if part["target"] else "no_target",
        "accepted": "" if part["accepted"] else "no_target",
        "answer": "" if part["answer"] else silent or "not_on_list",
        "distance": "" if part["distance"] is not None else silent or "no_order",
        "quantity": "" if part["quantity"] is not None else "not_collected",
        "mark": "" if part["mark"] is not None else silent or "not_scored",
        "kind": "" if part["kind"] else "no_error",
        "own_n": "" if own else no_group,
        "own_agreement": "" if own and own["n"] else "not_scored" if own else no_group,
        "all_agreement": "" if everyone and everyone["n"] else "not_scored" if everyone else "suppressed",
        "common": "no_wrong_answer" if part["counts"] else "suppressed",
        "mode": "" if part["counts"] else "suppressed",
        "median": "" if part["detail"].get("median") else "suppressed",
        "phenotype": "no_phenotype",
        **dict.fromkeys(THREE_PARTS, "no_three_parts"),
        "expected_phenotype": "no_phenotype",
    }
    return {name: cause for name, cause in why.items() if cause}


def _forms(part: Mapping[str, Any], result: Mapping[str, Any], names: AnswerNames) -> dict[str, str]:
    """Printed forms of one answer."""
    locale, detail = names.locale, part["detail"]
    own, everyone = part["agreement"]["own_group"], part["agreement"]["all"]
    wrong = commonest_wrong(part["counts"], {*part["accepted"], part["target"] or ""})
    accepted = [code for code in part["accepted"] if code != part["target"]]
    forms = {
        "expected": names.of(part["target"] or ""),
        "method": text(f"target_method_short.{part['target_method'] or 'none'}", locale),
        "accepted": names.of("|".join(part["accepted"])),
        "other_accepted": names.of("|".join(accepted)),
        "answer": names.of(part["answer"] or ""),
        "distance": printed(part["distance"], 0, signed=True),
        "mark": printed(part["mark"], 0 if (part["mark"] or 0.0) in (0.0, 1.0) else 2),
        "quantity": printed(part["quantity"], 2),
        "kind": kind_text(part["kind"], locale),
        "own_n": str(own["members"]) if own else MISSING,
        "own_agreement": own["printed"] if own else MISSING,
        "all_agreement": everyone["printed"] if everyone else MISSING,
        "common": join([f"{each['name']} ({each['all']})" for each in wrong], locale) or MISSING,
        "mode": _modes(part["counts"], names),
        "median": names.of(detail.get("median") or ""),
        "phenotype": str(detail.get("phenotype") or MISSING),
        "expected_phenotype": str(detail.get("expected_phenotype") or MISSING),
    }
    return forms | _three_parts(detail) | type_forms(detail, names)


THREE_PARTS = ("genotype_mark", "interpretation_mark", "clerical_mark")


def _three_parts(detail: Mapping[str, Any]) -> dict[str, str]:
    """Marks for genotype, interpretation and writing, where a sample is marked in three parts."""
    return {name: printed(number(detail.get(name)), 1) for name in THREE_PARTS}


def kind_text(kind: str | None, locale: str) -> str:
    """The kind of an error in words; a dash for none."""
    return MISSING if not kind else text(f"error_kind.{kind}", locale)


def _modes(counts: Mapping[str, Any] | None, names: AnswerNames) -> str:
    """The answers given most often."""
    if counts is None or not counts["answers"]:
        return MISSING
    most = max(part["all"] for part in counts["answers"])
    return " / ".join(part["name"] for part in counts["answers"] if part["all"] == most)


def _complete(result: dict[str, Any], part: dict[str, Any]) -> None:
    """Put the coded part and what follows from it into a result."""
    result["coded"] = part
    result["expected_code"], result["reported_code"] = part["target"], part["answer"]
    result["mark"], result["mark_max"] = part["mark"], 1.0
    result["printed"] |= {"assigned_value": part["printed"]["expected"]}


def verdict_text(signal: str, state: str, critical: bool, locale: str, family: str = "") -> str:
    """Symbol and word of a coded answer; a critical error has its own."""
    level = "result_identification" if family == "identification" else "result_coded"
    if critical:
        words = f"{symbol('action', critical=True)} {text('coded_verdict.critical', locale)}"
    else:
        words = f"{symbol(signal, 1.0 if signal == 'warning' else 0.0)} {verdict_word(level, signal, locale)}"
    return text("cell.zero_points", locale, verdict=words) if state == "late" else words


def _item_part(
    reading: Reading, verdict: Row, results: Sequence[dict[str, Any]], names: AnswerNames
) -> dict[str, Any]:
    """What holds for the item as a whole; the words of its results' verdicts are set here."""
    code, locale = verdict["analyte"], names.locale
    coded = [result["coded"] for result in results if "coded" in result]
    family = "panel" if any(part["family"] == "panel" for part in coded) else family_of(names.analyte)
    for result in results:
        critical = bool(result.get("coded", {}).get("critical"))
        words = verdict_text(result["signal"], result["state"], critical, locale, family)
        result["printed"] |= {"verdict": words, "symbol": words[0]}
        if family == "identification" and result["state"] != "not_returned":
            result["picture"] = picture_of(
                pictures_of_round(reading.view.meta["round"]), code, result["sample"]
            )
    own = own_group_of(verdict)
    part: dict[str, Any] = {
        "family": family,
        "critical": [result["sample"] for result in results if result.get("coded", {}).get("critical")],
        "kits": kit_parts(reading, code, own),
        "agreement": _agreement(reading, verdict),
        "rule": rule_text(reading, code, family),
        "quantity": names.categories.quantity if names.categories else "",
    }
    if family == "susceptibility":
        drugs = {result["sample"]: drug_parts(reading, code, result, names) for result in results}
        part |= {"drugs": drugs, "totals": susceptibility_totals(drugs, locale)}
    if family == FAMILY:
        part |= {"indicator": indicator_part(code, results[0] if results else {}, locale)}
    if family == "panel":
        part |= {"types": own_type_parts([(r["sample"], cells_of(r)) for r in results], locale)}
    return part


def _agreement(reading: Reading, verdict: Row) -> dict[str, Any] | None:
    """Sensitivity and specificity of the laboratory over the rounds; None without a cut-off."""
    rows = reading.by_item("agreements").get((verdict["device_id"], verdict["analyte"]), [])
    if not rows:
        return None
    row, locale = rows[0], reading.locale
    sensitivity = rate_part(int(row["positives_found"]), int(row["positives"]), locale)
    specificity = rate_part(int(row["negatives_found"]), int(row["negatives"]), locale)
    why = {"sensitivity": "no_positive"} if not sensitivity["n"] else {}
    why |= {"specificity": "no_negative"} if not specificity["n"] else {}
    score = number(row["a_score"])
    why |= {"a_score": "all_alike"} if score is None else {}
    return {
        "rounds": int(row["rounds"]),
        "sensitivity": sensitivity,
        "specificity": specificity,
        "a_score": score,
        "why": why,
        "printed": {
            "name": reading.name(verdict["analyte"]),
            "unit": "",
            "rounds": str(int(row["rounds"])),
            "sensitivity": sensitivity["printed"],
            "specificity": specificity["printed"],
            "a_score": printed(score, 2, signed=True),
        },
    }


def rule_text(reading: Reading, code: str, family: str) -> str:
    """How an answer of this item is judged, in one line; the figures are the programme's rules."""
    rules, locale = reading.policy(code).coded, reading.locale
    values = {
        "majority": printed(100 * rules.majority, 0),
        "tolerance": rules.tolerance,
        "panel": printed(100 * rules.panel_pass, 0),
        "indeterminate": text(f"counting.{rules.indeterminate}", locale),
        "weak": text(f"weak_rule.{rules.weak_positive}", locale),
    }
    line = text(f"coded_rule.{family}", locale, **values)
    if rules.critical:
        kinds = join([text(f"error_kind.{kind}", locale) for kind in rules.critical], locale)
        line += text("coded_rule.critical", locale, list=kinds)
    return line + (text("coded_rule.veto", locale) if rules.veto else "")
