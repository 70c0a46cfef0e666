"""T-SMP of trueness verification: own value against the reference value, sample by sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import caption, dash_notes, verdict_cell
from workbench.wording import text

_COLUMNS = (
    ("value", "decimal", 18.0), ("reference", "right", 30.0), ("percent_bias", "decimal", 16.0),
    ("limit", "right", 18.0), ("en", "decimal", 14.0), ("conformity", "left", 36.0),
)  # fmt: skip


def trueness_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample: own value, reference value with U (k = 2), bias, limit, E_n, what uncertainty leaves open."""
    fields = [key for key, _, _ in _COLUMNS]
    parts = entry["trueness"]
    columns = (
        Column("sample", text("table.smp.sample", locale), width_mm=18.0),
        *(Column(key, text(f"table.trueness.{key}", locale), align=align, width_mm=width)
          for key, align, width in _COLUMNS),
        Column("verdict", text("table.smp.verdict", locale), width_mm=25.0),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(part["sample"]),
            *(Cell(part["printed"][field]) for field in fields),
            verdict_cell(part["printed"]["verdict"], part["signal"]),
        )
        for part in parts
    )
    notes = (text("table.trueness.note", locale), *dash_notes(parts, locale, fields))
    title = caption(number, "trueness", locale, item=entry["printed"]["name_and_unit"])
    return Table(f"T-TV-{number}", title, columns, rows, notes=notes)
