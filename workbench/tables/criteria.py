"""T-CRT: where targets and limits come from. Two tables, so that every column stays readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns, dash_notes, item_cell
from workbench.wording import text

_TARGETS = (
    ("item", "left", 34.0),
    ("source", "left", 66.0),
    ("u", "left", 40.0),
    ("sigma_pt", "left", 35.0),
)
_CRITERIA = (
    ("item", "left", 25.0),
    ("allowable_error", "left", 33.0),
    ("resolved", "left", 34.0),
    ("document", "left", 28.0),
    ("verified", "left", 14.0),
    ("boundary", "left", 12.0),
    ("pass_mark", "right", 12.0),
    ("valid_from", "center", 17.0),
)


def target_values_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item: source of the target, its uncertainty, that against the limit, source of sigma."""
    fields = [key for key, _, _ in _TARGETS if key != "item"]
    parts = [entry["target"] for entry in twin["analytes"]]
    return Table(
        id="T-CRT-targets",
        caption=caption(number, "targets", locale),
        columns=columns("crt", locale, *_TARGETS),
        rows=_rows(twin, parts, fields),
        notes=(text("table.crt.note", locale), *dash_notes(parts, locale, fields)),
    )


def criteria_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item: the limit as written, as resolved at each target, document and clause."""
    fields = [key for key, _, _ in _CRITERIA if key != "item"]
    parts = [entry["criterion"] for entry in twin["analytes"]]
    return Table(
        id="T-CRT",
        caption=caption(number, "crt", locale),
        columns=columns("crt", locale, *_CRITERIA),
        rows=_rows(twin, parts, fields),
        notes=dash_notes(parts, locale, fields),
    )


def _rows(
    twin: Mapping[str, Any], parts: list[Mapping[str, Any]], fields: list[str]
) -> tuple[tuple[Cell, ...], ...]:
    """One row an item: its name, then the printed fields of its part."""
    return tuple(
        (item_cell(entry), *(Cell(part["printed"][field]) for field in fields))
        for entry, part in zip(twin["analytes"], parts, strict=True)
    )
