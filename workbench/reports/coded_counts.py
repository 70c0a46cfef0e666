"""Counts of coded answers and agreement of groups, as far as they may be disclosed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.frames import ALL_LABORATORIES
from workbench.reports.answer_words import AnswerNames
from workbench.reports.reading import Reading, Row
from workbench.statistics.proportions import wilson_interval
from workbench.wording import MISSING, count_rate, level_text, text

Own = tuple[str, str]
"""Rung and group of the laboratory; two empty texts in anonymous reports."""
SMALL_N = 30
"""Rates with a smaller denominator carry their interval."""


def rate_part(a: int, n: int, locale: str, *, interval: bool = True) -> dict[str, Any]:
    """A share a of n with its Wilson interval (%), unrounded and printed.

    Examples
    --------
    >>> rate_part(3, 3, "en")["printed"]
    '100% (3/3; 95% interval 43.9% to 100.0%)'
    """
    low, high = (100 * float(bound) for bound in wilson_interval(a, n)) if n else (None, None)
    shown = (low, high) if interval and low is not None and high is not None and n < SMALL_N else None
    return {
        "a": a,
        "n": n,
        "percent": 100 * a / n if n else None,
        "low": low,
        "high": high,
        "printed": count_rate(a, n, locale, shown),
    }


def counts_part(
    reading: Reading, code: str, sample: str, own: Own, names: AnswerNames
) -> dict[str, Any] | None:
    """How often each answer was given: by all laboratories and by the own group.

    Returns
    -------
    dict or None
        None where fewer laboratories answered than may be shown. `own_group` of an answer is None where the own
        group is too small, or is all laboratories.
    """
    least = reading.policy(code).disclosure_min
    everyone = reading.answer_counts.get((code, sample, ALL_LABORATORIES, ""), [])
    level = reading.answer_levels.get((code, sample), {})
    n = level.get((ALL_LABORATORIES, ""), 0)
    if n < least:
        return None
    group = [] if own[0] in ("", ALL_LABORATORIES) else reading.answer_counts.get((code, sample, *own), [])
    own_n = level.get(own, 0) if group else 0
    held = {row["answer"]: int(row["count"]) for row in group} if own_n >= least else None
    rows = sorted(everyone, key=lambda row: (row["position"], row["answer"]))
    answers = [
        {
            "answer": row["answer"],
            "name": names.of(row["answer"]),
            "position": int(row["position"]),
            "all": int(row["count"]),
            "own_group": None if held is None else held.get(row["answer"], 0),
        }
        for row in rows
    ]
    return {"n": n, "own_n": own_n if held is not None else None, "answers": answers}


def agreement_part(reading: Reading, code: str, sample: str, own: Own) -> dict[str, Any] | None:
    """Share of a group's graded answers that are acceptable on one sample; None where it may not be shown."""
    for row in reading.groups.get((code, sample), []):
        if (row["peer_group_level"], row["peer_group"]) == own and not row["suppressed"]:
            a, n = int(row["n_acceptable"]), int(row["n_graded"])
            return {"members": int(row["n"])} | rate_part(a, n, reading.locale, interval=False)
    return None


def kit_parts(reading: Reading, code: str, own: Own) -> list[dict[str, Any]]:
    """Agreement of every group that may be shown, over all samples; own group first, then by n.

    Notes
    -----
    Groups of a rung that nobody was compared at are left out. Small groups are counted in one part of their own.
    """
    totals: dict[Own, list[Row]] = {}
    small: set[Own] = set()
    for sample in reading.sample_codes:
        for row in reading.groups.get((code, sample), []):
            key = row["peer_group_level"], row["peer_group"]
            if row["suppressed"]:
                small.add(key)
            elif int(row["n_graded"]):
                totals.setdefault(key, []).append(row)
    levels = {key[0] for key in totals} | {own[0]}
    parts = [_kit(reading, key, rows, own) for key, rows in totals.items() if key not in small]
    parts.sort(key=lambda part: (not part["own"], -part["members"], part["level"], part["group"] or ""))
    hidden = [key for key in small if key[0] in levels]
    return [*parts, _small(reading, code, hidden)] if hidden else parts


def _kit(reading: Reading, key: Own, rows: list[Row], own: Own) -> dict[str, Any]:
    """One group over all samples."""
    a, n = (sum(int(row[name]) for row in rows) for name in ("n_acceptable", "n_graded"))
    members = max(int(row["n"]) for row in rows)
    rate = rate_part(a, n, reading.locale)
    return {
        "level": key[0],
        "group": key[1] or None,
        "members": members,
        **{name: rate[name] for name in ("a", "n", "percent", "low", "high")},
        "own": key == own,
        "suppressed": False,
        "printed": {
            "group": reading.names.group(*key),
            "level": level_text(key[0], reading.locale),
            "n": str(members),
            "agreement": rate["printed"],
        },
    }


def _small(reading: Reading, code: str, keys: list[Own]) -> dict[str, Any]:
    """The groups too small to show, counted."""
    locale = reading.locale
    return {
        "level": "others",
        "group": None,
        "members": None,
        **dict.fromkeys(("a", "n", "percent", "low", "high")),
        "own": False,
        "suppressed": True,
        "why": {"agreement": "suppressed"},
        "printed": {
            "group": text("cell.small_groups", locale, groups=len(keys)),
            "level": level_text(min(key[0] for key in keys), locale),
            "n": reading.scale(code).suppressed(),
            "agreement": MISSING,
        },
    }


def commonest_wrong(
    counts: Mapping[str, Any] | None, accepted: set[str], most: int = 3
) -> list[dict[str, Any]]:
    """The wrong answers given most often, at most three, each with its count."""
    if counts is None:
        return []
    wrong = [part for part in counts["answers"] if part["answer"] not in accepted]
    wrong.sort(key=lambda part: (-part["all"], part["position"], part["answer"]))
    return [{name: part[name] for name in ("answer", "name", "all")} for part in wrong[:most]]
