"""T-ITM: the samples as material, with homogeneity, stability and traceability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Table
from workbench.tables.cells import caption, columns, dash_notes, plain

_SHORT = (
    ("sample", "left", 24.0),
    ("matrix", "left", 45.0),
    ("material_lot", "left", 26.0),
    ("homogeneity", "left", 27.0),
    ("stability", "left", 27.0),
    ("traceability", "left", 26.0),
)
_FULL = (
    ("item", "left", 32.0),
    ("sample", "left", 19.0),
    ("homogeneity", "left", 52.0),
    ("stability", "left", 36.0),
    ("traceability", "left", 36.0),
)


def material_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample: matrix, lot, outcome of the checks over all items, traceability."""
    return _table("itm_short", _SHORT, twin["samples"], number, locale)


def checks_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item x sample: homogeneity and stability with their numbers, traceability."""
    return _table("itm", _FULL, twin["material_checks"], number, locale)


def _table(
    name: str,
    specs: tuple[tuple[str, str, float], ...],
    parts: list[Mapping[str, Any]],
    number: str,
    locale: str,
) -> Table:
    """A table whose columns are the printed fields of some parts of the twin."""
    fields = [key for key, _, _ in specs]
    return Table(
        id=f"T-ITM-{number}",
        caption=caption(number, name, locale),
        columns=columns("itm", locale, *specs),
        rows=tuple(plain(*(part["printed"][field] for field in fields)) for part in parts),
        notes=dash_notes(parts, locale, fields),
    )
