"""Kinds of error over all participants, counted: numbers only, no laboratory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.reports.reading import Reading, Row, keyed, params_of
from workbench.wording import text

KINDS = ("unit", "swap", "late", "not_returned", "systematic", "random", "single", "other")
_BLUNDERS = {"unit": "unit", "decimal": "unit", "swap": "swap"}
_LIMIT = 100.0


def failure_parts(reading: Reading) -> list[dict[str, Any]]:
    """How many results, items and laboratories failed by each kind of error.

    Notes
    -----
    Wrong answers of coded items count by their own kind, whether the item failed or not. Every other item (x device) of a participant that failed counts under one kind: late or not returned by
    its state, unit and swap by finding F17, else the shape of its deviations by the thresholds of the
    policy; what fits none is `other`. Kinds that did not occur are left out.
    """
    found: dict[str, list[tuple[str, str, int]]] = {kind: [] for kind in KINDS}
    for kind, alias, analyte, results in (*_failed(reading), *_wrong_answers(reading)):
        found.setdefault(kind, []).append((alias, analyte, results))
    return [_part(kind, rows, reading.locale) for kind, rows in found.items() if rows]


def _part(kind: str, rows: list[tuple[str, str, int]], locale: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "n_results": sum(results for _, _, results in rows),
        "n_items": len({analyte for _, analyte, _ in rows}),
        "n_laboratories": len({alias for alias, _, _ in rows}),
        "printed": {"kind": text(f"error_kind.{kind}", locale)},
    }


def _wrong_answers(reading: Reading) -> Iterator[tuple[str, str, str, int]]:
    """Kind, alias and item of every wrong answer of a coded item."""
    late = {
        (r["round_alias"], r["device_id"], r["analyte"])
        for r in reading.rows("scores")
        if r["state"] == "late"
    }
    for row in reading.rows("answers"):
        coded = not reading.analyte(row["analyte"]).is_quantitative
        graded = row["mark"] == row["mark"]
        if (
            coded
            and graded
            and row["kind"]
            and (row["round_alias"], row["device_id"], row["analyte"]) not in late
        ):
            yield row["kind"], row["round_alias"], row["analyte"], 1


def _failed(reading: Reading) -> Iterator[tuple[str, str, str, int]]:
    """Kind, alias, item and number of results not acceptable, of every failed item."""
    scores = keyed(reading.rows("scores"), "round_alias", "device_id", "analyte")
    blunders = {
        (row["round_alias"], row["analyte"]): params_of(row).get("kind", "")
        for row in reading.rows("findings")
        if row["code"] == "F17" and row["round_alias"]
    }
    for verdict in reading.rows("analyte_verdicts"):
        if verdict["verdict"] != "fail":
            continue
        alias, code = verdict["round_alias"], verdict["analyte"]
        if not reading.analyte(code).is_quantitative and not _by_state(reading, scores, verdict):
            continue
        results = scores.get((alias, verdict["device_id"], code), [])
        bad = verdict["graded"] - verdict["acceptable"]
        blunder = _BLUNDERS.get(str(blunders.get((alias, code), "")))
        yield blunder or _kind(reading, verdict, results), alias, code, int(bad)


def _by_state(reading: Reading, scores: Mapping[tuple[str, ...], list[Row]], verdict: Row) -> bool:
    """Whether a coded item failed for being late or not returned; else its answers say why."""
    rows = scores.get((verdict["round_alias"], verdict["device_id"], verdict["analyte"]), [])
    states = {row["state"] for row in rows}
    return "late" in states or states <= {"not_returned"}


def _kind(reading: Reading, verdict: Mapping[str, Any], results: list[Row]) -> str:
    """The kind of error by states and by the shape of the deviations."""
    states = {row["state"] for row in results}
    if "late" in states:
        return "late"
    if verdict["reason"] == "not_returned" or (states and states <= {"not_returned"}):
        return "not_returned"
    limits = reading.policy(verdict["analyte"]).patterns
    shares = [row["percent_allowed"] for row in results if row["percent_allowed"] == row["percent_allowed"]]
    if len(shares) < limits.samples_min:
        return "other"
    mean, sd = verdict["mean_percent_allowed"], verdict["sd_percent_allowed"]
    out = [share for share in shares if abs(share) > _LIMIT]
    inside = [abs(share) for share in shares if abs(share) <= _LIMIT]
    if len(out) == 1 and all(share < limits.accident_others for share in inside):
        return "single"
    if abs(mean) >= limits.constant_mean and sd < limits.constant_sd:
        return "systematic"
    return "random" if min(shares) < 0 < max(shares) and sd >= limits.random_sd else "other"
