"""Trueness verification: bias against the bias limit of each sample, with the uncertainty of the reference value."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.reports.printed import Scale
from workbench.reports.reading import Reading
from workbench.reports.twin import number
from workbench.wording import MISSING, consistent, symbol, text, verdict

RESULT_TYPE = "trueness"
_NUMBERS = ("bias", "percent_bias", "limit", "percent_allowed", "expanded_u_reference", "en_score")


def trueness_parts(
    reading: Reading, code: str, device: str, results: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]] | None:
    """One part per sample; None for items that are no trueness verification."""
    if reading.analyte(code).result_type != RESULT_TYPE:
        return None
    scale = reading.scale(code)
    return [_part(reading, (device, code, result["sample"]), result, scale) for result in results]


def _part(
    reading: Reading, key: tuple[str, str, str], result: Mapping[str, Any], scale: Scale
) -> dict[str, Any]:
    """One sample: bias, limit, expanded uncertainty of the reference value, E_n, what the uncertainty leaves open."""
    row = reading.answers.get(key)
    detail = json.loads(row["detail"] or "{}") if row else {}
    part: dict[str, Any] = {"sample": result["sample"], "signal": result["signal"]}
    part |= {name: number(detail.get(name)) for name in _NUMBERS}
    target, limit = result["assigned_value"], part["limit"]
    part["percent_limit"] = 100 * limit / abs(target) if limit is not None and target else None
    part["percent_u"] = (
        100 * part["expanded_u_reference"] / abs(target)
        if part["expanded_u_reference"] is not None and target
        else None
    )
    part["conformity"] = detail.get("conformity") or None
    part["why"] = _causes(part, result)
    part["printed"] = _forms(part, result, scale)
    return part


def _causes(part: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, str]:
    """Why a field is a dash."""
    missing = "no_target" if result["assigned_value"] is None else "no_reported_value"
    why = {name: missing for name in ("percent_bias", "percent_allowed") if part[name] is None}
    if part["percent_limit"] is None:
        why["limit"] = "no_criterion"
    if part["en_score"] is None:
        why["en"] = "no_uncertainty"
    return why | ({} if part["conformity"] else {"conformity": missing})


def _forms(part: Mapping[str, Any], result: Mapping[str, Any], scale: Scale) -> dict[str, str]:
    """Printed forms of one sample."""
    reference = scale.quantity(result["assigned_value"])
    if part["expanded_u_reference"] is not None:
        reference += f" ± {scale.uncertainty(part['expanded_u_reference'])}"
    bounds = () if part["percent_limit"] is None else (-part["percent_limit"], part["percent_limit"])
    limit = MISSING if part["percent_limit"] is None else f"±{scale.fixed(part['percent_limit'], 1)}"
    conformity = MISSING if not part["conformity"] else text(f"conformity.{part['conformity']}", scale.locale)
    return {
        "value": result["printed"]["value"],
        "reference": reference,
        "percent_bias": consistent(part["percent_bias"], 1, bounds, True, scale.rounding)[0],
        "limit": limit,
        "percent_allowed": result["printed"]["percent_allowed"],
        "en": scale.fixed(part["en_score"], 2, signed=True),
        "conformity": conformity,
        "symbol": symbol(part["signal"]),
        "verdict": verdict("result_limit", part["signal"], scale.locale, part["bias"] or 0.0),
    }
