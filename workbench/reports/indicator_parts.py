"""Quality indicators: own figure among those of its hospital level, sigma, funnel; nothing is passed or failed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.parameters.indicators import Indicator, indicators, required_indicators
from workbench.reports.reading import Reading
from workbench.reports.twin import number
from workbench.wording import MISSING, join, printed, text

PERCENTILES = (5, 25, 50, 75, 95)
FAMILY = "indicator"
STATES = ("valid", "questioned", "invalid", "not_applicable", "missing")
_UNREPORTED = ("not_returned", "not_performed", "excused")


def is_survey(entries: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every item of a report is an indicator: then nothing in it is passed or failed."""
    return bool(entries) and all(entry["family"] == FAMILY for entry in entries)


def figure_text(value: float | None, indicator: Indicator) -> str:
    """A figure for print: a share in % with two decimals below 10 %, minutes without decimals."""
    if value is None:
        return MISSING
    if indicator.kind == "time":
        return printed(value, 0)
    share = 100 * value
    return f"{printed(share, 2 if share < 10 else 1)}%"


def indicator_part(entry_code: str, result: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """One indicator of a laboratory: figure, counts, place among its level, sigma, funnel.

    Parameters
    ----------
    entry_code : indicator.
    result : its result, with the answer's detail.

    Notes
    -----
    Turnaround times have no sigma. Without a defect among n the sigma is above six, and the counts say how much that
    is worth.
    """
    indicator = indicators()[entry_code]
    detail = result.get("coded", {}).get("detail", {})
    state = detail.get("state") or "missing"
    level = detail.get("level") or {}
    value = number(result.get("coded", {}).get("quantity"))
    part: dict[str, Any] = {
        "state": state,
        "kind": indicator.kind,
        "better": indicator.better,
        "value": value,
        "peer_n": level.get("n"),
        "percentiles": [level.get(f"p{p}") for p in PERCENTILES] if level else None,
        **{
            name: detail.get(name)
            for name in ("numerator", "denominator", "percentile", "sigma", "sigma_low")
        },
        **{name: detail.get(name) for name in ("dpmo", "defects", "centre", "outside", "hospital_level")},
    }
    part["why"] = _causes(part)
    part["printed"] = _forms(part, indicator, locale)
    return part


def _causes(part: Mapping[str, Any]) -> dict[str, str]:
    """Why a printed field is a dash."""
    unsent = part["state"] == "missing"
    why = {"value": "not_reported" if unsent else "invalid_figure"} if part["value"] is None else {}
    if part["numerator"] is None:
        why["counts"] = "not_reported" if unsent else "not_a_rate"
    if part["percentiles"] is None:
        why |= dict.fromkeys(
            ("peer_n", *(f"p{p}" for p in PERCENTILES)), "not_reported" if unsent else "suppressed"
        )
    if part["percentile"] is None:
        why["percentile"] = "not_reported" if unsent else "not_compared"
    if part["kind"] == "time" or part["numerator"] is None:
        why["sigma"] = "not_a_rate" if part["kind"] == "time" else "not_reported"
    elif part["sigma"] is None and part["defects"]:
        why["sigma"] = "no_sigma"
    return why


def _forms(part: Mapping[str, Any], indicator: Indicator, locale: str) -> dict[str, str]:
    """Printed forms of one indicator."""
    percentiles = part["percentiles"] or [None] * len(PERCENTILES)
    counts = MISSING
    if part["numerator"] is not None:
        counts = f"{part['numerator']:.0f}/{part['denominator']:.0f}"
    return {
        "value": figure_text(part["value"], indicator),
        "unit": text(f"indicator.unit_{indicator.kind}", locale),
        "counts": counts,
        "better": text(f"indicator.better_{indicator.better}", locale),
        "peer_n": MISSING if part["peer_n"] is None else str(part["peer_n"]),
        **{f"p{p}": figure_text(each, indicator) for p, each in zip(PERCENTILES, percentiles, strict=True)},
        "percentile": printed(part["percentile"], 0),
        "sigma": _sigma(part),
        "state": text(f"indicator.state_{part['state']}", locale),
        "level": text(f"hospital_level.{part['hospital_level'] or 'other'}", locale),
    }


def _sigma(part: Mapping[str, Any]) -> str:
    """The sigma of a defect rate; `> 6` with its counts where there is no defect."""
    if part["kind"] == "time" or part["defects"] is None:
        return MISSING
    if part["defects"] == 0:
        return f">6 (0/{part['denominator']:.0f})"
    return printed(part["sigma"], 1)


def survey_conclusion(twin: Mapping[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """The box of an indicator report: what was reported, what lacks, what stands out; no verdict."""
    locale = reading.locale
    parts = {entry["analyte"]: entry["coded"]["indicator"] for entry in twin["analytes"]}
    counts = {state: sum(part["state"] == state for part in parts.values()) for state in STATES}
    lines = [(text("indicator.counts", locale, n=len(parts), **counts), True)]
    level = next((part["hospital_level"] for part in parts.values() if part["hospital_level"]), "other")
    asked = required_indicators(level, indicators())
    lacking = [code for code in asked if code in parts and parts[code]["state"] == "missing"]
    if lacking:
        names = join([reading.name(code) for code in lacking], locale)
        lines.append((text("indicator.lacking", locale, list=names), True))
    invalid = [code for code, part in parts.items() if part["state"] == "invalid"]
    if invalid:
        names = join([reading.name(code) for code in invalid], locale)
        lines.append((text("indicator.invalid", locale, list=names), True))
    worse = [e for e in twin["analytes"] if any(sentence["code"] == "S60" for sentence in e["sentences"])]
    if worse:
        names = join([entry["printed"]["name"] for entry in worse], locale)
        lines.append((text("indicator.worse", locale, list=names), False))
    lines.append((text("indicator.no_verdict", locale), False))
    return [{"text": line, "code": None, "strong": strong, "tone": None} for line, strong in lines]


def programme_indicator(reading: Reading, code: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One indicator over all laboratories: percentiles of each hospital level, the common rate, points of the funnel.

    Parameters
    ----------
    rows : answers of the indicator, anonymous.
    """
    indicator, locale = indicators()[code], reading.locale
    details = [json.loads(row["detail"] or "{}") for row in rows]
    known = [detail for detail in details if detail]
    levels: dict[str, dict[str, Any]] = {}
    for detail in known:
        for name, found in ((detail["hospital_level"], detail["level"]), ("all", detail["all"])):
            if found:
                levels[name] = found
    points = [
        [detail["denominator"], detail["numerator"] / detail["denominator"]]
        for detail in known
        if detail["state"] == "valid" and detail["denominator"]
    ]
    shown = len(points) >= reading.policy(code).disclosure_min
    return {
        "kind": indicator.kind,
        "better": indicator.better,
        "centre": next((detail["centre"] for detail in known if detail["centre"] is not None), None),
        "points": sorted(points) if shown else [],
        "states": {state: sum(detail["state"] == state for detail in known) for state in STATES},
        "levels": [_level(name, levels[name], indicator, locale) for name in sorted(levels)],
        "printed": {"better": text(f"indicator.better_{indicator.better}", locale)},
    }


def _level(name: str, found: Mapping[str, Any], indicator: Indicator, locale: str) -> dict[str, Any]:
    """Percentiles of one hospital level."""
    forms = {f"p{p}": figure_text(found[f"p{p}"], indicator) for p in PERCENTILES}
    return {
        "hospital_level": name,
        "n": found["n"],
        **{f"p{p}": found[f"p{p}"] for p in PERCENTILES},
        "printed": {"level": text(f"hospital_level.{name}", locale), "n": str(found["n"]), **forms},
    }
