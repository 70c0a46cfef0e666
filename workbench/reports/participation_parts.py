"""The parts of a programme's twin that count participants: returns, pass rates, the conclusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from workbench.reports.conclusion import watched_items
from workbench.reports.indicator_parts import is_survey
from workbench.reports.reading import Reading
from workbench.statistics.proportions import wilson_interval
from workbench.wording import count_rate, join, percent, symbol, text

_COUNTS = ("enrolled", "scored", "not_scored", "not_returned", "excused", "not_performed", "late")
WATCHED = ("F02", "F04", "F05", "F09", "F11", "F20", "F24", "F26")
"""Findings that the conclusion names."""
NAMED_MOST = 12
SMALL_N = 30
"""Rates with a smaller denominator carry their interval."""


def participation_parts(reading: Reading) -> list[dict[str, Any]]:
    """Laboratories first, then items in catalogue order: enrolled and the outcomes."""
    rows = sorted(reading.rows("reconciliation"), key=lambda row: reading.positions.get(row["analyte"], -1))
    return [
        {"analyte": row["analyte"] or None}
        | {name: int(row[name]) for name in _COUNTS}
        | {"printed": {"name": reading.name(row["analyte"]) if row["analyte"] else "", "unit": ""}}
        for row in rows
    ]


def pass_rate_part(reading: Reading, code: str) -> dict[str, Any]:
    """Participants (x device) that passed an item, of those that were graded."""
    verdicts = Counter(row["verdict"] for row in reading.rows("analyte_verdicts") if row["analyte"] == code)
    returned = {(row["round_alias"], row["device_id"]) for row in reading.scores_of(code) if row["raw"]}
    a, n = verdicts["pass"], verdicts["pass"] + verdicts["fail"]
    low, high = (100 * float(bound) for bound in wilson_interval(a, n)) if n else (None, None)
    interval = (low, high) if low is not None and high is not None and n < SMALL_N else None
    return {
        "a": a,
        "n": n,
        "returned": len(returned),
        "not_scored": verdicts["not_scored"],
        "percent": 100 * a / n if n else None,
        "low": low,
        "high": high,
        "printed": {"rate": count_rate(a, n, reading.locale, interval)},
    }


def programme_verdict_part(reading: Reading, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Laboratories by verdict, and the median pass rate of the items."""
    rows = reading.rows("laboratory_verdicts")
    counts = Counter(row["verdict"] for row in rows)
    rates = [entry["pass_rate"]["percent"] for entry in entries if entry["pass_rate"]["percent"] is not None]
    middle = median(rates) if rates else None
    names = ("satisfactory", "unsatisfactory", "not_scored")
    return {
        **{name: counts[name] for name in names},
        "median_pass_rate": middle,
        "printed": {"median": percent(middle)},
    }


def programme_conclusion(twin: Mapping[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """Participation, verdicts, and the items to watch with the numbers of their findings."""
    locale = reading.locale
    if is_survey(twin["analytes"]):
        return _survey(twin, locale)
    labs = next((part for part in twin["participation"] if part["analyte"] is None), None)
    lines = [text("conclusion.PR.counts", locale, **_returns(labs, twin, locale))] if labs else []
    verdict = twin["verdict"]
    names = ("satisfactory", "unsatisfactory", "not_scored")
    lines.append(text("conclusion.PR.verdicts", locale, **{name: verdict[name] for name in names}))
    critical = [
        f"{entry['printed']['name']} ({entry['coded']['critical']})"
        for entry in twin["analytes"]
        if entry["coded"] and entry["coded"]["critical"]
    ]
    if critical:
        words = text("conclusion.PR.critical_items", locale, list=join(critical, locale))
        lines.append(f"{symbol('action', critical=True)} {words}")
    shown = watched_items(twin["findings"], WATCHED, reading)
    if shown:
        rest = len(shown) - NAMED_MOST
        named = join(shown[:NAMED_MOST], locale)
        named += f"; {text('conclusion.more', locale, n=rest).rstrip('。.')}" if rest > 0 else ""
        lines.append(text("conclusion.PR.watch", locale, list=named))
    elif not critical:
        lines.append(text("conclusion.PR.no_watch", locale))
    return [{"text": line, "code": None, "strong": i == 0, "tone": None} for i, line in enumerate(lines)]


def _survey(twin: Mapping[str, Any], locale: str) -> list[dict[str, Any]]:
    """The box of an indicator report: how many reported, how good the data are; no verdict."""
    states = [entry["coded"]["indicator"]["states"] for entry in twin["analytes"]]
    sums = {name: sum(each[name] for each in states) for name in ("valid", "questioned", "invalid")}
    most = max((entry["pass_rate"]["returned"] for entry in twin["analytes"]), default=0)
    lines = [
        text("indicator.programme_counts", locale, n=most, k=len(states), **sums),
        text("indicator.no_verdict", locale),
    ]
    return [{"text": line, "code": None, "strong": i == 0, "tone": None} for i, line in enumerate(lines)]


def _returns(labs: Mapping[str, Any], twin: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Figures of the first line."""
    returned = labs["scored"] + labs["not_scored"]
    return {
        "enrolled": labs["enrolled"],
        "returned": returned,
        "rate": count_rate(returned, labs["enrolled"] - labs["excused"], locale),
        "late": labs["late"],
        "not_returned": labs["not_returned"],
        "median": twin["verdict"]["printed"]["median"],
    }
