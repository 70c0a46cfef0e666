"""The parts of a twin that every kind of report has: report, programme, dates, material, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workbench.reports.printed import Scale
from workbench.reports.reading import Reading, Row, keyed
from workbench.reports.twin import SCHEMA, number
from workbench.wording import MISSING, text, time_text

HASH_SHOWN = 12
_DATES = {
    "received": "received_on",
    "tested": "tested_on",
    "returned": "returned_at",
}


def head_parts(reading: Reading, kind: str) -> dict[str, Any]:
    """Schema, kind, language, report, programme, round."""
    meta, programme = reading.meta, reading.programme
    previous = meta.issue.previous()
    return {
        "schema": SCHEMA,
        "kind": kind,
        "locale": reading.locale,
        "report": {
            "number": meta.number,
            "version": meta.issue.version,
            "status": meta.issue.status,
            "replaces": previous["report"]["number"] if previous else None,
            "issued_at": meta.issue.issued_at,
            "due": meta.due or None,
            "appeal_until": meta.appeal_until or None,
            "organiser": meta.organiser,
            "signed": {role: name for role, (name, _) in meta.signed.items()},
            "signed_on": {role: day for role, (_, day) in meta.signed.items()},
        },
        "programme": {
            "programme_no": programme.programme_no,
            "name_zh": programme.name_zh,
            "name_en": programme.name_en,
            "iso17043": programme.iso17043,
        },
        "round": reading.view.meta["round"],
    }


def dates_part(reading: Reading, laboratory: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Dates of the round and of one laboratory as ISO text; None where there is none."""
    own = laboratory or {}
    dates = {name: _iso(own.get(column)) for name, column in _DATES.items()}
    return {**dates, "deadline": _deadline(reading)}


def _deadline(reading: Reading) -> str | None:
    """The closing of the round, or the laboratory's own where a replacement moved it, with the same offset."""
    planned = reading.meta.closing_at or _iso(reading.view.meta.get("closing_at"))
    own: datetime | None = reading.view.meta.get("due_at")
    if own is None:
        return planned
    zone = datetime.fromisoformat(planned).tzinfo if planned else None
    return own.replace(tzinfo=zone).isoformat()


def _iso(moment: Any) -> str | None:
    """ISO text of a date or time: a date alone when it has no time of day."""
    if moment is None or moment == "" or moment != moment:
        return None
    shown = moment if isinstance(moment, str) else moment.isoformat()
    return shown.removesuffix("T00:00:00") if len(shown) > len("2026-05-20") else shown


def sample_parts(reading: Reading) -> list[dict[str, Any]]:
    """The samples in vial order with the outcome of their checks over all items."""
    checks = keyed(reading.rows("material_checks"), "sample", "check")
    traceable = {row["sample"] for row in reading.rows("reference_values") if row["traceability"]}
    out = []
    for row in reading.samples:
        counts = {
            name: _passed(checks.get((row["sample"], name), [])) for name in ("homogeneity", "stability")
        }
        part: dict[str, Any] = {name: row[name] or None for name in ("sample", "material_lot", "matrix")}
        part |= {"position": int(row["position"]), "withdrawn": bool(row["withdrawn"]), **counts}
        part["why"] = {name: "not_given" for name in ("material_lot", "matrix") if not row[name]}
        part["why"]["traceability"] = "consensus_only"
        shown = {name: _summary(count, reading.locale) for name, count in counts.items()}
        part["printed"] = {
            name: row[name] or MISSING for name in ("sample", "material_lot", "matrix")
        } | shown
        part["printed"]["traceability"] = (
            text("cell.yes", reading.locale) if row["sample"] in traceable else MISSING
        )
        out.append(part)
    return out


def _passed(rows: list[Row]) -> dict[str, int]:
    """How many checks of a sample were done and met."""
    return {"passed": sum(bool(row["passed"]) for row in rows), "total": len(rows)}


def _summary(count: Mapping[str, int], locale: str) -> str:
    """`30 of 30 met`, or not tested."""
    return text("table.itm.summary" if count["total"] else "table.itm.not_tested", locale, **count)


def check_parts(reading: Reading) -> list[dict[str, Any]]:
    """Homogeneity, stability and traceability of each item and sample, with their numbers."""
    checks = keyed(reading.rows("material_checks"), "analyte", "sample")
    values = {(row["analyte"], row["sample"]): row for row in reading.rows("reference_values")}
    places = sorted(
        {*checks, *values}, key=lambda key: (reading.positions[key[0]], reading.sample_codes.index(key[1]))
    )
    return [_check_part(reading, code, sample, checks.get((code, sample), []), values.get((code, sample)))
            for code, sample in places]  # fmt: skip


def _check_part(
    reading: Reading, code: str, sample: str, rows: list[Row], value: Row | None
) -> dict[str, Any]:
    """The checks of one item and sample."""
    scale = reading.scale(code)
    printed = {"item": reading.name(code), "sample": sample}
    part: dict[str, Any] = {"analyte": code, "sample": sample, "why": {}}
    for name in ("homogeneity", "stability"):
        row = next((row for row in rows if row["check"] == name), None)
        part[name] = _check_numbers(row)
        printed[name] = (
            text("table.itm.not_tested", reading.locale) if row is None else _check_text(row, scale)
        )
    part["traceability"] = value["traceability"] if value and value["traceability"] else None
    printed["traceability"] = part["traceability"] or MISSING
    if part["traceability"] is None:
        part["why"]["traceability"] = "consensus_only"
    return part | {"printed": printed}


def _check_numbers(row: Row | None) -> dict[str, Any] | None:
    """One check as data."""
    if row is None:
        return None
    counts = {name: int(row[name]) for name in ("n_items", "n_replicates")}
    return (
        counts
        | {name: number(row[name]) for name in ("s_s", "s_w", "limit")}
        | {"passed": bool(row["passed"])}
    )


def _check_text(row: Row, scale: Scale) -> str:
    """One check in words."""
    result = text("table.itm.passed" if row["passed"] else "table.itm.not_passed", scale.locale)
    shown = {name: scale.uncertainty(number(row[name])) for name in ("s_s", "limit")}
    counts = {"g": int(row["n_items"]), "m": int(row["n_replicates"])}
    return text(f"table.itm.{row['check']}_value", scale.locale, result=result, **shown, **counts)


def provenance_part(reading: Reading) -> dict[str, Any]:
    """What the report rests on; the sha256 of the CSV is added when the twin is sealed."""
    meta = reading.view.meta
    part: dict[str, Any] = {
        "snapshot_sha256": str(meta["snapshot_sha256"]),
        "criteria_version": str(meta["criteria_version"]),
        "evaluation_id": str(meta["evaluation_id"]),
        "as_of": _iso(meta["as_of"]),
        "program": str(meta["code_version"]),
    }
    printed = {
        "snapshot": part["snapshot_sha256"][:HASH_SHOWN],
        "criteria_version": part["criteria_version"][:HASH_SHOWN],
        "evaluation_id": part["evaluation_id"][:HASH_SHOWN],
        "evaluated_at": time_text(part["as_of"], reading.locale),
        "program": part["program"],
    }
    return {**part, "printed": printed}
