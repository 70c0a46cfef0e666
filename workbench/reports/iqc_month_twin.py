"""The twin of a laboratory's month of internal quality control: everything that is printed, as data."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from workbench.iqc.laboratory_cells import month_number, month_text
from workbench.parameters.iqc_items import control_analytes
from workbench.parameters.iqc_schemes import ComparisonScheme
from workbench.reports.iqc_evaluation import EvaluatedControls
from workbench.reports.iqc_meta import IqcIssue, provenance, report_head
from workbench.reports.iqc_new_lots import new_lot_parts
from workbench.reports.iqc_rows import (
    MATERIAL_KEYS,
    in_month,
    months_of,
    plane_dots,
    point_parts,
    row_part,
    series_number,
)
from workbench.reports.iqc_rule_words import rule_parts
from workbench.reports.twin import canonical_json, inert_text, sha256
from workbench.wording import join, text

CSV_COLUMNS = (
    *("report_number", "lab_code", "month", "analyte", "level", "qc_lot", "instrument", "reagent", "sub_type", "calibrator"),
    *("n", "mean", "sd", "cv", "group_level", "group_labs", "group_mean", "group_sd", "group_cv", "bias_percent", "sdi"),
    *("cvr", "cumulative_sdi", "cumulative_cvr", "tea", "tea_source", "sigma_metric", "rule_hits", "grade", "state"),
)  # fmt: skip
_RENAMED = {
    "group_level": "peer_group_level",
    "group_labs": "group_laboratories",
    "bias_percent": "bias",
    "sigma_metric": "sigma",
}
BEST_SHOWN = 4
"""Rows named on page 1 at most."""


def month_twin(evaluated: EvaluatedControls, lab_code: str, issue: IqcIssue) -> dict[str, Any]:
    """Build the twin of one laboratory.

    Parameters
    ----------
    evaluated : the year that ends with the month; only this laboratory's rows and group numbers are taken.
    """
    locale, month = issue.locale, evaluated.last
    analytes = control_analytes()
    months = months_of(evaluated.of_laboratory.get(lab_code, evaluated.rows.iloc[:0]))
    rows = []
    for row in in_month(evaluated, lab_code, month).to_dict("records"):
        part = row_part(row, locale, analytes.get(str(row["analyte"])))
        rows.append(_row(evaluated, row, part, months, locale))
    twin = {
        **report_head("IM", month, lab_code, issue),
        "month": month,
        "months": [month_text(k) for k in evaluated.months],
        "rows": rows,
        "new_lots": new_lot_parts(evaluated, lab_code, rows, locale),
        "missing": _missing(evaluated, lab_code, month, locale),
        "scheme": scheme_part(evaluated, locale),
        "rule_set": rule_parts(evaluated.rules, locale),
        "provenance": provenance(evaluated),
    }
    twin["counts"] = _counts(evaluated, rows)
    twin["conclusion"] = _conclusion(twin, locale)
    return twin


def _row(
    evaluated: EvaluatedControls,
    row: Mapping[Any, Any],
    part: dict[str, Any],
    months: Mapping[tuple[str, ...], list[dict[str, Any]]],
    locale: str,
) -> dict[str, Any]:
    """One material: its numbers, its points of the month, its twelve months, the others' places."""
    series = series_number(evaluated, row)
    points = [
        p
        for p in point_parts(evaluated, series, [month_number(row["month"])])
        if p["qc_lot"] == row["qc_lot"]
    ]
    counted = [rule for point in points for rule in point["rules"]]
    hits = {line.name: counted.count(line.name) for line in evaluated.rules.rules if line.name in counted}
    part |= {
        "points": points,
        "hits": hits,
        "months": months[tuple(str(row[name]) for name in MATERIAL_KEYS)],
        "dots": plane_dots(evaluated, row),
    }
    part["printed"]["hits"] = join([f"{rule_name(r)}×{n}" for r, n in hits.items()], locale) or "–"
    part["rejected"] = sum(p["rejected"] for p in points)
    part["hint"] = _hint(part, evaluated.scheme, locale)
    part["state"] = "compared" if part["group_laboratories"] else "too_few"
    return part


def rule_name(rule: str) -> str:
    """A rule as printed: hyphens, no subscripts.

    >>> rule_name("2of3_2s"), rule_name("10x:across")
    ('2of3-2s', '10x:across')
    """
    return rule.replace("_", "-")


def _hint(part: Mapping[str, Any], scheme: ComparisonScheme, locale: str) -> str:
    """What the row says in one sentence, or nothing."""
    if not part["group_laboratories"]:
        return text("iqc.hint.too_few", locale)
    if part["wrong_calls"]:
        return text("iqc.hint.wrong_calls", locale, wrong=part["wrong_calls"], n=part["n_calls"])
    if part["one_day"]:
        return text("iqc.hint.one_day", locale)
    low = part["sigma"] is not None and part["sigma"] < scheme.worst_sigma and part["grade"] == scheme.worst
    said = text("iqc.hint.low_sigma", locale, sigma=part["printed"]["sigma"]) if low else ""
    if part["grade"] in (scheme.one_index, scheme.worst) and part["main_problem"]:
        said += text(f"iqc.hint.{part['main_problem']}", locale)
    return said


def _missing(evaluated: EvaluatedControls, lab_code: str, month: str, locale: str) -> list[dict[str, str]]:
    """Materials with points in an earlier month of the year and none in this one."""
    rows = evaluated.of_laboratory.get(lab_code, evaluated.rows.iloc[:0])
    keys = ["analyte", "level", "instrument", "reagent"]
    now = set(map(tuple, rows.loc[rows["month"] == month, keys].to_numpy(str)))
    gone = [k for k in dict.fromkeys(map(tuple, rows[keys].to_numpy(str))) if k not in now]
    word = text("iqc.not_submitted", locale)
    return [dict(zip(keys, key, strict=True)) | {"printed": word} for key in gone]


def _counts(evaluated: EvaluatedControls, rows: list[dict[str, Any]]) -> dict[str, Any]:
    grades = {
        g: sum(r["grade"] == g for r in rows) for g in (*evaluated.scheme.grades, evaluated.scheme.not_graded)
    }
    return {
        "rows": len(rows),
        "items": len({r["analyte"] for r in rows}),
        "compared": sum(bool(r["group_laboratories"]) for r in rows),
        "too_few": sum(not r["group_laboratories"] for r in rows),
        "grades": grades,
        "points": sum(len(r["points"]) for r in rows),
        "rejected": sum(r["rejected"] for r in rows),
        "excluded": sum(not p["counts"] for r in rows for p in r["points"]),
        "wrong_calls": sum(r["wrong_calls"] or 0 for r in rows),
    }


def _conclusion(twin: Mapping[str, Any], locale: str) -> list[dict[str, Any]]:
    """Page 1: counts, then the rows that need attention, worst first."""
    counts = twin["counts"]
    grades = " · ".join(f"{g} {n}" for g, n in counts["grades"].items())
    lines: list[dict[str, Any]] = [
        {"text": text("iqc.conclusion.counts", locale, **{k: counts[k] for k in ("items", "rows", "compared", "too_few")})},
        {"text": text("iqc.conclusion.grades", locale, grades=grades), "strong": True},
        {"text": text("iqc.conclusion.rules", locale, points=counts["points"], rejected=counts["rejected"])},
    ]  # fmt: skip
    order = {"D": 0, "C": 1}
    worst = sorted(
        (r for r in twin["rows"] if r["grade"] in order or r["wrong_calls"]),
        key=lambda r: (not r["wrong_calls"], order.get(r["grade"], 2), -abs(r["sdi"] or 0)),
    )
    for row in worst[:BEST_SHOWN]:
        shown = row["printed"]
        values = {name: shown[name] for name in ("name", "material", "sdi", "cvr")}
        line = text("iqc.conclusion.row", locale, grade=row["grade"], **values)
        lines.append({"text": f"{line}{row['hint']}", "tone": "bad" if row["grade"] == "D" else "warning"})
    if not worst:
        lines.append({"text": text("iqc.conclusion.good", locale)})
    if len(worst) > BEST_SHOWN:
        lines.append({"text": text("iqc.conclusion.more", locale, n=len(worst) - BEST_SHOWN)})
    if twin["missing"]:
        lines.append({"text": text("iqc.conclusion.missing", locale, n=len(twin["missing"]))})
    return [{"strong": False, "tone": ""} | line for line in lines]


def scheme_part(evaluated: EvaluatedControls, locale: str) -> dict[str, Any]:
    """How groups, statistics and grades were made, in words."""
    scheme = evaluated.scheme
    stacks = [join([text(f"iqc.dimension.{d}", locale) for d in stack], locale) for stack in scheme.ladder]
    bands = [
        text("iqc.scheme.band", locale, grade=b.grade, sdi=f"{b.sdi:g}", cvr=f"{b.cvr:g}")
        for b in scheme.bands
    ]
    values = {
        "worst": scheme.worst,
        "worst_sdi": f"{scheme.worst_sdi:g}",
        "worst_sigma": f"{scheme.worst_sigma:g}",
        "one": scheme.one_index,
        "both": scheme.both_indices,
        "none": scheme.not_graded,
        "points": scheme.points_graded,
        "laboratories": scheme.laboratories_graded,
    }
    lines = [
        text("iqc.scheme.ladder", locale, ladder=" → ".join(stacks), n=scheme.laboratories_shown),
        text(f"iqc.scheme.weighting.{scheme.weighting}", locale),
        text("iqc.scheme.leave_one_out" if scheme.leave_one_out else "iqc.scheme.whole", locale),
        text(f"iqc.scheme.cvr.{scheme.cvr_against}", locale),
        " ".join(bands) + " " + text("iqc.scheme.grades", locale, **values),
        text(f"iqc.scheme.one_day.{scheme.one_day}", locale),
        text("iqc.scheme.sigma", locale),
    ]
    return {"scheme": scheme.scheme, "lines": lines}


def iqc_csv(twin: Mapping[str, Any]) -> bytes:
    r"""One line a row: UTF-8 with byte-order mark, lines ended by \r\n, decimal points."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    for row in twin["rows"]:
        line = {name: row.get(_RENAMED.get(name, name)) for name in CSV_COLUMNS}
        line["report_number"] = twin["report"]["number"]
        line["lab_code"] = (twin["participant"] or {}).get("lab_code")
        line["rule_hits"] = "|".join(f"{rule}:{n}" for rule, n in row.get("hits", {}).items())
        writer.writerow({name: inert_text(value) for name, value in line.items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def sealed_iqc(twin: dict[str, Any]) -> tuple[dict[str, Any], bytes, bytes]:
    """The finished twin with its two files: (twin, JSON bytes, CSV bytes)."""
    table = iqc_csv(twin)
    finished = twin | {"provenance": twin["provenance"] | {"csv_sha256": sha256(table)}}
    return finished, canonical_json(finished), table
