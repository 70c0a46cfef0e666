"""Susceptibility: the drugs of an isolate one by one, and the errors with their own denominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.reports.answer_words import AnswerNames
from workbench.reports.coded_counts import rate_part
from workbench.reports.reading import Reading
from workbench.reports.words import reason_text
from workbench.wording import MISSING, symbol, text
from workbench.wording.catalogue import known

_REASONS = {"near_breakpoint": "NS-B"}
RESISTANT, SUSCEPTIBLE = "R", "S"


def drug_parts(
    reading: Reading, code: str, result: Mapping[str, Any], names: AnswerNames
) -> list[dict[str, Any]]:
    """One part per drug a laboratory reported for one isolate, in the order it was asked for."""
    drugs = result.get("coded", {}).get("detail", {}).get("drugs", [])
    return [drug_part(each, names) for each in drugs]


def drug_part(each: Mapping[str, Any], names: AnswerNames) -> dict[str, Any]:
    """One drug: reference, own value and category, essential agreement, class of error."""
    locale = names.locale
    reference = each["reference_mic"] if each["reference_mic"] is not None else each["reference_zone"]
    grade = each["grade"]
    part = {
        name: each[name]
        for name in ("drug_code", "answer", "expected", "grade", "mark", "essential", "intrinsic", "critical")
    }
    why = {} if reference is not None else {"reference": "no_reference"}
    why |= {} if each["measured"] else {"own": "not_collected"}
    why |= {} if each["essential"] is not None else {"essential": "no_essential"}
    why |= {} if each["expected"] else {"reference_category": "no_target"}
    why |= {} if each["answer"] else {"own_category": "not_on_list"}
    forms = {
        "drug": names.of(each["drug_code"] or "") if each["drug_code"] else MISSING,
        "reference": _measured(reference, each["reference_mic"] is None),
        "own": str(each["measured"] or MISSING),
        "essential": _essential(each["essential"]),
        "reference_category": each["expected"] or MISSING,
        "own_category": each["answer"] or MISSING,
        "error": drug_verdict(grade, locale),
    }
    reason = str(each["reason"] or "")
    if grade == "not_scored" and reason:
        shown = _REASONS.get(reason)
        forms["reason"] = reason_text(shown, locale) if shown else drug_reason(reason, locale)
    return part | {"reason": reason or None, "reference": reference, "why": why, "printed": forms}


def drug_reason(reason: str, locale: str) -> str:
    """Why a drug is not judged, in words."""
    key = f"drug_reason.{reason}"
    return text(key if known(key) else "drug_reason.other", locale)


def _measured(value: Any, zone: bool) -> str:
    """A reference MIC as sent, a zone with its unit."""
    if value is None:
        return MISSING
    shown = value if isinstance(value, str) else f"{value:g}"
    return f"{shown} mm" if zone and not str(shown).endswith("mm") else str(shown)


def _essential(value: float | None) -> str:
    """Symbol of the essential agreement."""
    if value is None:
        return MISSING
    return symbol("acceptable") if value >= 1.0 else symbol("action")


def drug_verdict(grade: str, locale: str) -> str:
    """Symbol and word of a class of error."""
    shown = {
        "agree": symbol("acceptable"),
        "minor": symbol("warning", 1.0),
        "major": symbol("action"),
        "very_major": symbol("action", critical=True),
        "not_scored": symbol("not_scored"),
    }
    return f"{shown[grade]} {text(f'drug_error.{grade}', locale)}"


def susceptibility_totals(
    samples: Mapping[str, Sequence[Mapping[str, Any]]], locale: str, interval: bool = True
) -> dict[str, Any]:
    """Agreement and errors over all isolates, each with its own denominator.

    Parameters
    ----------
    samples : isolate -> its drugs as `drug_part` gives them.
    interval : rates with fewer than 30 carry their 95 % interval.

    Notes
    -----
    Categorical agreement and minor errors are over all graded pairs, very major errors over the reference-resistant
    ones, major errors over the reference-susceptible ones, essential agreement over the pairs with two MICs. Without
    a resistant isolate the very major errors are undefined, not 0 %.
    """
    drugs = [each for parts in samples.values() for each in parts]
    graded = [each for each in drugs if each["grade"] != "not_scored"]
    resistant = [each for each in graded if each["expected"] == RESISTANT]
    susceptible = [each for each in graded if each["expected"] == SUSCEPTIBLE]
    measured = [each for each in drugs if each["essential"] is not None]
    counts = {
        "ca": (sum(each["grade"] == "agree" for each in graded), len(graded)),
        "ea": (sum(each["essential"] >= 1.0 for each in measured), len(measured)),
        "vme": (sum(each["grade"] == "very_major" for each in resistant), len(resistant)),
        "me": (sum(each["grade"] == "major" for each in susceptible), len(susceptible)),
        "minor": (sum(each["grade"] == "minor" for each in graded), len(graded)),
    }
    rates = {name: rate_part(a, n, locale, interval=interval) for name, (a, n) in counts.items()}
    causes = {"ca": "not_scored", "ea": "no_essential", "vme": "no_resistant", "me": "no_susceptible"}
    why = {name: causes.get(name, "not_scored") for name, rate in rates.items() if not rate["n"]}
    return {**rates, "why": why, "printed": {name: rate["printed"] for name, rate in rates.items()}}
