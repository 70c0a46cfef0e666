"""Lots in their first values, before they have a target: judged by the immediate method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from workbench.display import Cell, Displayed, Line, Prose, Table
from workbench.iqc.control_table import RUNS_A_DAY
from workbench.iqc.immediate_method import FIRST, LAST, immediate_method
from workbench.iqc.laboratory_cells import month_number
from workbench.parameters.iqc_items import control_analytes
from workbench.reports.iqc_evaluation import EvaluatedControls
from workbench.reports.iqc_rows import EPOCH, series_number
from workbench.reports.twin import number
from workbench.tables.cells import DASH, caption
from workbench.tables.control import simple_table
from workbench.wording import printed, text

TABLES_SHOWN = 6
"""Lots whose table is printed at most, those out of control first; the twin holds all."""
_TONES = {"out_of_control": "bad", "warning": "warning"}
_SPECS: tuple[tuple[str, str, float | None], ...] = (
    ("position", "right", 11.0), ("day", "left", 21.0), ("value", "decimal", 19.0), ("mean", "decimal", 19.0),
    ("sd", "decimal", 20.0), ("si_upper", "decimal", 18.0), ("si_lower", "decimal", 18.0), ("n2s", "decimal", 14.0),
    ("n3s", "decimal", 14.0), ("state", "left", 22.0),
)  # fmt: skip


def new_lot_parts(
    evaluated: EvaluatedControls, lab_code: str, rows: Sequence[Mapping[str, Any]], locale: str
) -> list[dict[str, Any]]:
    """Every lot of a laboratory with one of its first 20 values in a month and no target for it.

    Parameters
    ----------
    lab_code : the laboratory. rows : of its twin.

    Notes
    -----
    Values left out of statistics for a proven cause are not judged. A lot with fewer than three values is not there.
    """
    found = [_part(evaluated, {**row, "lab_code": lab_code}, locale) for row in rows]
    return [part for part in found if part is not None]


def _part(evaluated: EvaluatedControls, row: Mapping[str, Any], locale: str) -> dict[str, Any] | None:
    """The steps of one lot, None where it is not new."""
    table = evaluated.table
    series = series_number(evaluated, row)
    begin, end = evaluated.bounds(series)
    places = begin + np.flatnonzero(
        np.asarray(table.lots, dtype=object)[table.lot[begin:end]] == row["qc_lot"]
    )
    places = places[table.counts[places] & np.isfinite(table.value[places])][:LAST]
    asked = places[evaluated.month[places] == month_number(row["month"])]
    if len(places) < FIRST or not len(asked) or not np.isnan(evaluated.mean[asked]).all():
        return None
    analyte = control_analytes().get(str(row["analyte"]))
    decimals = (analyte.decimals or 0) if analyte else 2
    steps = immediate_method(table.value[places], 10.0**-decimals)
    listed = []
    for place, step in zip(places.tolist(), steps, strict=True):
        day = (EPOCH + timedelta(days=int(table.run[place]) // RUNS_A_DAY)).isoformat()
        numbers = {k: number(getattr(step, k)) for k in ("mean", "sd", "upper", "lower", "n2s", "n3s")}
        value = number(float(table.value[place]))
        said = {"position": step.position, "day": day, "value": value, "state": step.state, **numbers}
        listed.append(said | {"printed": _printed(said, decimals, locale)})
    keys = ("analyte", "level", "qc_lot", "instrument", "reagent", "sub_type", "calibrator")
    shown = {k: row["printed"][k] for k in ("name", "material", "system")}
    return {k: row[k] for k in keys} | {"steps": listed, "printed": shown}


def _printed(step: Mapping[str, Any], decimals: int, locale: str) -> dict[str, str]:
    """One value as it prints."""
    shown = {"position": str(step["position"]), "day": step["day"], "value": printed(step["value"], decimals)}
    shown |= {"mean": printed(step["mean"], decimals + 1), "sd": printed(step["sd"], decimals + 2)}
    shown |= {"si_upper": printed(step["upper"], 2), "si_lower": printed(step["lower"], 2)}
    shown |= {k: printed(step[k], 2) for k in ("n2s", "n3s")}
    return shown | {"state": text(f"iqc.immediate.{step['state']}", locale)}


def new_lot_displays(
    parts: Sequence[Mapping[str, Any]], number_of: str, locale: str
) -> tuple[Displayed, ...]:
    """A table a lot, those out of control first, and how the method judges; nothing without a new lot.

    Parameters
    ----------
    parts : as of `new_lot_parts`. number_of : of the tables, to which a running number is added.
    """
    if not parts:
        return ()
    worst = sorted(parts, key=lambda part: -_worst(part))[:TABLES_SHOWN]
    tables = [_table(part, f"{number_of}.{k}", locale) for k, part in enumerate(worst, start=1)]
    said = [Line(text("iqc.note.immediate", locale))]
    if len(parts) > TABLES_SHOWN:
        said.append(Line(text("iqc.note.more_new_lots", locale, n=len(parts) - TABLES_SHOWN)))
    return (Prose(tuple(said)), *tables)


def _worst(part: Mapping[str, Any]) -> int:
    """2 with a value out of control, 1 with a warning, else 0."""
    states = {step["state"] for step in part["steps"]}
    return 2 if "out_of_control" in states else int("warning" in states)


def _table(part: Mapping[str, Any], number_of: str, locale: str) -> Table:
    """The values of one lot."""
    cells = []
    for step in part["steps"]:
        shown = [step["printed"][key] or DASH for key, _, _ in _SPECS[:-1]]
        tone = _TONES.get(step["state"], "")
        cells.append([*shown, Cell(step["printed"]["state"], tone=tone, bold=bool(tone))])
    title = caption(number_of, "iqc_new_lot", locale, **part["printed"])
    return simple_table(f"T-IQC-NEW-{number_of}", title, _SPECS, cells, locale)
