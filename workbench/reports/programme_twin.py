"""The twin of a programme's report on one round: all participants, anonymous."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.frames import ALL_LABORATORIES
from workbench.reports.amendment import amendment_part
from workbench.reports.answer_words import family_of
from workbench.reports.coded_programme import CodedItem
from workbench.reports.coded_targets import coded_criterion, coded_target
from workbench.reports.criterion_parts import criterion_part, target_part
from workbench.reports.failure_parts import failure_parts
from workbench.reports.finding_parts import FindingBook, numbers_for
from workbench.reports.group_parts import group_parts, span
from workbench.reports.history_parts import ROUNDS_SHOWN, round_order
from workbench.reports.participation_parts import (
    participation_parts,
    pass_rate_part,
    programme_conclusion,
    programme_verdict_part,
)
from workbench.reports.printed import Scale
from workbench.reports.reading import Reading, Row, keyed
from workbench.reports.result_parts import bias_kind, histogram_part, result_part
from workbench.reports.twin import RESULT_FIELDS, number, results_by_column
from workbench.reports.twin_parts import check_parts, dates_part, head_parts, provenance_part, sample_parts
from workbench.reports.words import reason_text
from workbench.statistics.modality import judging_bandwidth, kernel_density
from workbench.wording import MISSING, consistent_range, count_rate, text

DENSITY_POINTS, DENSITY_LEAST = 120, 5
_NOBODY = {"level": "", "group": "", "fallback": ""}


def programme_twin(reading: Reading) -> dict[str, Any]:
    """Build the twin of a programme's report from its anonymous view.

    Parameters
    ----------
    reading : the programme's view, the parameters, the report's own facts.

    Returns
    -------
    A dictionary of the shape of `eqa-report/1.0`, kind PR; results by round alias in each item.
    """
    book = FindingBook(reading, "organiser_level")
    book.gather(row for row in reading.rows("findings") if not row["round_alias"])
    entries = [_entry(reading, code) for code in _codes(reading)]
    findings = book.numbered()
    for entry in entries:
        entry["findings"] = numbers_for(findings, entry["analyte"])
    twin = {
        **head_parts(reading, "PR"),
        "participant": None,
        "dates": dates_part(reading, None),
        "verdict": programme_verdict_part(reading, entries),
        "participation": participation_parts(reading),
        "trend_rounds": _trend_rounds(reading),
        "analytes": entries,
        "failures": failure_parts(reading),
        "findings": findings,
        "samples": sample_parts(reading),
        "material_checks": check_parts(reading),
        "provenance": provenance_part(reading),
    }
    twin["conclusion"] = programme_conclusion(twin, reading)
    twin["amendment"] = amendment_part(twin, reading)
    return twin


def _codes(reading: Reading) -> list[str]:
    """Items that were evaluated, in catalogue order."""
    found = {row["analyte"] for row in reading.rows("analyte_verdicts")}
    return sorted(found, key=lambda code: reading.positions[code])


def _trend_rounds(reading: Reading) -> list[str]:
    """The last six rounds, this one last."""
    earlier = sorted({row["round"] for row in reading.rows("history")}, key=round_order)
    return [*earlier[-(ROUNDS_SHOWN - 1) :], reading.view.meta["round"]]


def _entry(reading: Reading, code: str) -> dict[str, Any]:
    """One item over all participants."""
    if not reading.analyte(code).is_quantitative:
        return _coded_entry(reading, code)
    analyte, scale = reading.analyte(code), reading.scale(code)
    samples = [_sample(reading, code, sample, scale) for sample in reading.sample_codes]
    modes = _modes(reading, code, scale)
    for sample in samples:
        sample["density"] = _density(reading, code, sample, modes)
    kind = bias_kind(reading.programme.criterion(code, reading.criteria), analyte.result_type)
    entry: dict[str, Any] = {
        "analyte": code,
        "name_zh": analyte.name_zh,
        "name_en": analyte.name_en,
        "unit": analyte.unit,
        "unit_ucum": analyte.ucum,
        "loinc": analyte.loinc,
        "decimals": analyte.decimals,
        "position": reading.positions[code],
        "device_id": None,
        "disclosure_min": scale.disclosure_min,
        "bias_kind": kind,
        "family": family_of(analyte),
        "coded": None,
        "criterion": criterion_part(reading, code, samples),
        "target": target_part(reading, code, samples),
        "samples": samples,
        "groups": [
            part
            for sample in samples
            for part in group_parts(reading, code, sample["sample"], sample["assigned_value"], _NOBODY)
        ],
        "modes": modes,
        "pass_rate": pass_rate_part(reading, code),
        "results": _results(reading, code, kind, scale),
        "findings": [],
    }
    entry["trend"] = _trend(reading, code, entry)
    return entry | _printed(reading, entry, scale)


def _coded_entry(reading: Reading, code: str) -> dict[str, Any]:
    """One coded item over all participants."""
    analyte, scale, item = reading.analyte(code), reading.scale(code), CodedItem(reading, code)
    asked = {answer["sample"] for _, answer in item.rows}
    samples = [item.sample(sample) for sample in reading.sample_codes if sample in asked]
    coded = item.part(samples)
    entry: dict[str, Any] = {
        "analyte": code,
        "name_zh": analyte.name_zh,
        "name_en": analyte.name_en,
        "unit": analyte.unit,
        "unit_ucum": analyte.ucum,
        "loinc": analyte.loinc,
        "decimals": analyte.decimals,
        "position": reading.positions[code],
        "device_id": None,
        "disclosure_min": scale.disclosure_min,
        "bias_kind": "difference",
        "family": coded["family"],
        "coded": coded,
        "criterion": coded_criterion(reading, code, coded),
        "target": coded_target(reading, samples),
        "samples": samples,
        "groups": [],
        "modes": [],
        "pass_rate": pass_rate_part(reading, code),
        "results": _results(reading, code, "difference", scale, item.symbols()),
        "findings": [],
    }
    entry["trend"] = _trend(reading, code, entry)
    printed = _printed(reading, entry, scale)
    printed["why"]["cv_range"] = "coded"
    return entry | printed


def _sample(reading: Reading, code: str, sample: str, scale: Scale) -> dict[str, Any]:
    """One item and sample over all laboratories."""
    rows = reading.groups.get((code, sample), [])
    row = next((row for row in rows if row["peer_group_level"] == ALL_LABORATORIES), None)
    names = (
        "assigned_value",
        "u_assigned_value",
        "sigma_pt",
        "allowable_error",
        "robust_mean",
        "robust_sd",
        "cv",
    )
    values: dict[str, Any] = {name: number(row[name]) if row else None for name in names}
    target, allowed = values["assigned_value"], values["allowable_error"]
    known = target is not None and allowed is not None
    n = int(row["n"]) if row and not row["suppressed"] else None
    part = {
        "sample": sample,
        "n": n,
        **values,
        "limit_low": target - allowed if known else None,
        "limit_high": target + allowed if known else None,
        "assigned_value_method": (row["assigned_value_method"] or None) if row else None,
        "acceptable": int(row["n_acceptable"]) if row else 0,
        "graded": int(row["n_graded"]) if row else 0,
        "reason": _common_reason(reading, code, sample),
        "group": {"level": ALL_LABORATORIES, "n": n},
    }
    part["histogram"] = histogram_part(
        reading, {"analyte": code, "sample": sample, "peer_group_level": ALL_LABORATORIES, "peer_group": ""}
    )
    part["why"] = _sample_causes(part)
    part["printed"] = _sample_forms(part, scale)
    return part


def _common_reason(reading: Reading, code: str, sample: str) -> str | None:
    """The reason for not scoring that all results of a sample share; None when some are scored."""
    rows = [row for row in reading.scores_of(code) if row["sample"] == sample]
    graded = any(row["signal"] != "not_scored" for row in rows if row["state"] in ("scored", "not_scored"))
    reasons = sorted({row["reason"] for row in rows if row["reason"].startswith("NS-")})
    return reasons[0] if reasons and not graded else None


def _sample_causes(part: Mapping[str, Any]) -> dict[str, str]:
    """Why a figure of a sample is not there."""
    hidden = "suppressed" if part["n"] is None else "no_target"
    fields = {
        "assigned_value": "assigned_value",
        "u": "u_assigned_value",
        "robust_mean": "robust_mean",
        "robust_sd": "robust_sd",
        "cv": "cv",
        "range": "limit_low",
    }
    why = {shown: hidden for shown, name in fields.items() if part[name] is None}
    if not part["graded"]:
        why["acceptable"] = "not_scored" if part["reason"] else hidden
    return why


def _sample_forms(part: Mapping[str, Any], scale: Scale) -> dict[str, str]:
    """Printed forms of one sample."""
    limits = part["limit_low"], part["limit_high"]
    forms = {
        "n": str(part["n"]) if part["n"] is not None else scale.suppressed(),
        "assigned_value": scale.quantity(part["assigned_value"]),
        "u": scale.uncertainty(part["u_assigned_value"]),
        "robust_mean": scale.quantity(part["robust_mean"]),
        "robust_sd": scale.quantity(part["robust_sd"]),
        "cv": scale.cv(part["cv"]),
        "limit_low": scale.quantity(limits[0]),
        "limit_high": scale.quantity(limits[1]),
        "range": consistent_range(*limits, scale.decimals, None, scale.locale)[0],
        "acceptable": count_rate(part["acceptable"], part["graded"], scale.locale),
    }
    if part["reason"]:
        forms["reason"] = f"{part['sample']} {reason_text(part['reason'], scale.locale)}"
    return forms


def _modes(reading: Reading, code: str, scale: Scale) -> list[dict[str, Any]]:
    """Modes of the density, one row each; empty when a sample has one mode only."""
    rows = keyed((row for row in reading.rows("modes") if row["analyte"] == code), "sample")
    out: list[dict[str, Any]] = []
    for sample in reading.sample_codes:
        modes = sorted(rows.get((sample,), []), key=lambda row: row["mode"])
        out.extend(_mode(row, scale) for row in modes if len(modes) > 1)
    return out


def _mode(row: Row, scale: Scale) -> dict[str, Any]:
    location, share = number(row["location"]), number(row["share"])
    return {
        "sample": row["sample"],
        "mode": int(row["mode"]),
        "location": location,
        "share": share,
        "factor": row["factor"] or None,
        "printed": {
            "location": scale.quantity(location),
            "share": scale.fixed(None if share is None else 100 * share, 0),
        },
    }


def _density(
    reading: Reading, code: str, sample: Mapping[str, Any], modes: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The curve behind the modes of a sample; None where there is one mode, or nothing to draw.

    Notes
    -----
    The bandwidth is the one modes are judged with; the curve spans the modes and the limits.
    """
    spots = [mode["location"] for mode in modes if mode["sample"] == sample["sample"]]
    values = [
        row["value"]
        for row in reading.scores_of(code)
        if row["sample"] == sample["sample"] and row["in_statistics"] and number(row["value"]) is not None
    ]
    if not spots or not sample["sigma_pt"] or len(values) < DENSITY_LEAST:
        return None
    bandwidth = judging_bandwidth(sample["sigma_pt"])
    ends = [*spots, *(sample[name] for name in ("limit_low", "limit_high") if sample[name] is not None)]
    low, high = min(ends) - 3 * bandwidth, max(ends) + 3 * bandwidth
    grid = [low + (high - low) * i / DENSITY_POINTS for i in range(DENSITY_POINTS + 1)]
    return {"bandwidth": bandwidth, "grid": grid, "density": kernel_density(values, bandwidth, grid).tolist()}


def _results(
    reading: Reading,
    code: str,
    kind: str,
    scale: Scale,
    symbols: Mapping[tuple[str, str, str], str] | None = None,
) -> dict[str, Any]:
    """Results of all participants by alias, samples in vial order."""
    rows = keyed(reading.scores_of(code), "round_alias", "device_id")
    who = sorted(rows)
    found = {key: {row["sample"]: row for row in rows[key]} for key in who}
    samples = {
        sample: [_annex_result(reading, found[key].get(sample), kind, scale) for key in who]
        for sample in reading.sample_codes
    }
    for sample, results in samples.items():
        for key, result in zip(who, results, strict=True):
            if symbols and (*key, sample) in symbols:
                result["printed_symbol"] = symbols[(*key, sample)]
    return results_by_column([[alias, device or None] for alias, device in who], samples)


def _annex_result(reading: Reading, row: Row | None, kind: str, scale: Scale) -> dict[str, Any]:
    """One result as the annex shows it: what was sent, how it was judged."""
    if row is None:
        return {}
    part, _ = result_part(reading, row, kind, scale)
    shown = {"printed_value": part["printed"]["value"], "printed_symbol": part["printed"]["symbol"]}
    return {name: part.get(name) for name in RESULT_FIELDS} | shown


def _trend(reading: Reading, code: str, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Pass rate by round, this one last."""
    past = [row for row in reading.rows("history") if row["analyte"] == code]
    past.sort(key=lambda row: round_order(row["round"]))
    points = [
        _point(row["round"], int(row["n_pass"]), int(row["n_pass"] + row["n_fail"]), reading) for row in past
    ]
    now = entry["pass_rate"]
    return [*points[-(ROUNDS_SHOWN - 1) :], _point(reading.view.meta["round"], now["a"], now["n"], reading)]


def _point(round_code: str, a: int, n: int, reading: Reading) -> dict[str, Any]:
    """Pass rate of one round."""
    rate = 100 * a / n if n else None
    return {
        "round": round_code,
        "a": a,
        "n": n,
        "pass_rate": rate,
        "printed": {"pass_rate": count_rate(a, n, reading.locale)},
    }


def _printed(reading: Reading, entry: dict[str, Any], scale: Scale) -> dict[str, Any]:
    """Printed forms of one item, with the causes of their dashes."""
    code, locale = entry["analyte"], reading.locale
    unit = reading.unit(code)
    cvs = [sample["cv"] for sample in entry["samples"] if sample["cv"] is not None]
    rate, earlier = entry["pass_rate"], entry["trend"][:-1]
    counts = [sample["n"] for sample in entry["samples"] if sample["n"] is not None]
    printed = {
        "name": reading.name(code),
        "unit": unit,
        "name_and_unit": f"{reading.name(code)} {unit}".rstrip(),
        "returned": str(rate["returned"]),
        "scored": str(rate["n"]),
        "pass_rate": rate["printed"]["rate"],
        "previous": scale.fixed(earlier[-1]["pass_rate"], 1) if earlier else MISSING,
        "source": _short_source(entry, reading),
        "cv_range": span(cvs, scale.cv, locale),
        "allowable_error": entry["criterion"]["printed"]["allowable_error"],
        "n": span(counts, str, locale),
        "type": text(f"family.{entry['family']}", locale),
    }
    why = {} if rate["n"] else {"pass_rate": "not_scored"}
    why |= {} if earlier else {"previous": "first_round"}
    why |= {} if cvs else {"cv_range": "suppressed"}
    return {"why": why, "printed": printed}


def _short_source(entry: Mapping[str, Any], reading: Reading) -> str:
    """How the targets of an item were set, in a few words."""
    methods = dict.fromkeys(sample["assigned_value_method"] or "none" for sample in entry["samples"])
    kind = "assigned_value_method" if entry["coded"] is None else "target_method"
    return "; ".join(text(f"{kind}.{method}", reading.locale) for method in methods)
