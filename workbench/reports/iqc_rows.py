"""One row of a laboratory: a material on a system in a month, unrounded and as printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd

from workbench.iqc.control_table import RUNS_A_DAY, SERIES_KEYS
from workbench.iqc.sigma_metric import main_problem
from workbench.parameters import Analyte, criteria
from workbench.parameters.iqc_items import control_analytes
from workbench.reports.iqc_evaluation import GROUP_KEYS, EvaluatedControls
from workbench.reports.report_meta import localised
from workbench.reports.twin import number
from workbench.wording import join, printed, text

NUMBERS = (
    *("n", "mean", "sd", "cv", "group_laboratories", "group_points", "group_mean", "group_sd", "group_cv"),
    *("bias", "sdi", "cvr", "tea", "sigma", "qgi", "cumulative_n", "cumulative_mean", "cumulative_sd"),
    *("cumulative_sdi", "cumulative_cvr", "n_calls", "wrong_calls"),
)
"""Numbers of a row, by their name in the comparison."""
MATERIAL_KEYS = SERIES_KEYS[1:]
"""What tells the materials of one laboratory apart: analyte, level and system."""
EPOCH = date(1970, 1, 1)
_INDEX_DECIMALS = {
    "bias": 1,
    "sdi": 2,
    "cvr": 2,
    "sigma": 1,
    "qgi": 2,
    "cumulative_sdi": 2,
    "cumulative_cvr": 2,
}
_SIGNED = ("bias", "sdi", "cumulative_sdi")


def row_part(row: Mapping[str, Any], locale: str, analyte: Analyte | None = None) -> dict[str, Any]:
    """The numbers of one comparison row and how they print.

    Parameters
    ----------
    analyte : the catalogue's entry; None: looked up, which takes some milliseconds.
    """
    analyte = analyte or control_analytes().get(str(row["analyte"]))
    values = {name: number(row[name]) for name in NUMBERS}
    return {
        **{
            name: row[name]
            for name in (*SERIES_KEYS[1:], "qc_lot", "month", "peer_group_level", "grade", "tea_source")
        },
        "name_zh": analyte.name_zh if analyte else str(row["analyte"]),
        "name_en": analyte.name_en if analyte else str(row["analyte"]),
        "unit": analyte.unit if analyte else "",
        "tea_document": document_of(str(row["tea_source"])),
        "one_day": bool(row["one_day"]),
        "main_problem": main_problem(float("nan") if values["qgi"] is None else float(values["qgi"])),
        **values,
        "printed": _printed(row, values, analyte, locale),
    }


def document_of(tea_source: str) -> str:
    """The document of a source, without the limit behind it.

    >>> document_of("WS/T 403-2024 TEa 6 %")
    'WS/T 403-2024'
    """
    return _document_of(tea_source, criteria().version)


@lru_cache(maxsize=256)
def _document_of(tea_source: str, version: str) -> str:
    """The same while the criteria are those of a version."""
    documents = sorted({row.document for row in criteria()}, key=len, reverse=True)
    return next((d for d in documents if tea_source.startswith(d)), tea_source)


def _printed(
    row: Mapping[str, Any], values: Mapping[str, Any], analyte: Analyte | None, locale: str
) -> dict[str, str]:
    """Texts of the numbers; means and SDs with one decimal more than the analyte reports."""
    places = (analyte.decimals or 0) + 1 if analyte else 3
    shown = {name: printed(values[name], places) for name in ("mean", "group_mean", "cumulative_mean")}
    shown |= {name: printed(values[name], places + 1) for name in ("sd", "group_sd", "cumulative_sd")}
    shown |= {name: printed(values[name], 2) for name in ("cv", "group_cv")}
    shown |= {name: printed(values[name], k, signed=name in _SIGNED) for name, k in _INDEX_DECIMALS.items()}
    shown |= {name: str(values[name]) for name in ("n", "cumulative_n", "group_laboratories")}
    shown["tea"] = printed(values["tea"], 1)
    right = values["n_calls"] - values["wrong_calls"]
    shown["calls"] = f"{right}/{values['n_calls']}" if values["n_calls"] else printed(None, 0)
    shown["name"] = localised(analyte, "name", locale) if analyte else str(row["analyte"])
    shown["material"] = text("iqc.material", locale, level=row["level"], lot=row["qc_lot"])
    shown["unit"] = analyte.unit if analyte else ""
    stack = [part for part in str(row["peer_group_level"]).split("+") if part]
    shown["peer_group_level"] = join([text(f"iqc.dimension.{part}", locale) for part in stack], locale)
    few = row["group_laboratories"] == 0
    shown["group_laboratories"] = text("iqc.too_few", locale) if few else shown["group_laboratories"]
    shown["system"] = " · ".join(str(row[k]) for k in ("instrument", "reagent", "sub_type") if row[k])
    return shown


def point_parts(evaluated: EvaluatedControls, series: int, months: Iterable[int]) -> list[dict[str, Any]]:
    """Points of one series in some months: day, lot, value, z, whether it counts, lines hit."""
    table = evaluated.table
    rejecting = {line.name for line in evaluated.rules.rules if line.action == "reject"}
    found = []
    for place in evaluated.places(series, list(months)).tolist():
        rules = evaluated.rules_at(place)
        found.append(
            {
                "day": (EPOCH + timedelta(days=int(table.run[place]) // RUNS_A_DAY)).isoformat(),
                "run": int(table.run[place]) % RUNS_A_DAY,
                "qc_lot": table.lots[int(table.lot[place])],
                "value": number(float(table.value[place])),
                "z": number(float(evaluated.z[place])),
                "counts": bool(table.counts[place]),
                "reason": evaluated.reasons.get(int(table.point[place]), ""),
                "rules": rules,
                "rejected": any(rule in rejecting for rule in rules),
            }
        )
    return found


def series_number(evaluated: EvaluatedControls, row: Mapping[str, Any]) -> int:
    """Row of the table's series that a comparison row belongs to."""
    return evaluated.series_of[tuple(str(row[name]) for name in SERIES_KEYS)]


def months_of(rows: pd.DataFrame) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    """The months of every material of a laboratory, oldest first; of several lots of a month the one with most points.

    Parameters
    ----------
    rows : comparison rows of one laboratory.

    Returns
    -------
    By `MATERIAL_KEYS`.
    """
    names = ("n", "mean", "cv", "bias", "sdi", "cvr", "sigma")
    found: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
    ordered = rows.sort_values(["month", "n"])[[*MATERIAL_KEYS, "month", "qc_lot", "grade", *names]]
    for row in ordered.to_dict("records"):
        key = tuple(str(row[name]) for name in MATERIAL_KEYS)
        shown = {"month": row["month"], "qc_lot": row["qc_lot"], "grade": row["grade"]}
        found.setdefault(key, {})[row["month"]] = shown | {n: number(row[n]) for n in names}
    return {key: list(months.values()) for key, months in found.items()}


def in_month(evaluated: EvaluatedControls, lab_code: str, month: str) -> pd.DataFrame:
    """A laboratory's comparison rows of one month."""
    rows = evaluated.of_laboratory.get(lab_code, evaluated.rows.iloc[:0])
    return rows[rows["month"] == month]


def plane_dots(evaluated: EvaluatedControls, row: Mapping[str, Any]) -> list[list[float]]:
    """SDI and CVR of the other laboratories of the same material, month and group; none below the minimum.

    Notes
    -----
    Without codes, rounded to two decimals and sorted by value, so that no order tells who is who.
    """
    if row["group_laboratories"] < evaluated.scheme.laboratories_graded:
        return []
    rows = evaluated.of_material[tuple(str(row[name]) for name in GROUP_KEYS)]
    pairs = rows.loc[rows["lab_code"] != row["lab_code"], ["sdi", "cvr"]].dropna().round(2).to_numpy()
    return sorted([float(a), float(b)] for a, b in pairs)
