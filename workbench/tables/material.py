"""T-ITM: the samples as material, with homogeneity, stability and traceability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Table
from workbench.tables.cells import caption, columns, dash_notes, plain

_SHORT = (
    ("sample", "left", 24.0),
    ("matrix", "left", 47.0),
    ("material_lot", "left", 26.0),
    ("homogeneity", "left", 28.0),
    ("stability", "left", 28.0),
    ("note", "left", 22.0),
)
_FULL = (
    ("analyte", "left", 30.0),
    ("sample", "left", 20.0),
    ("check", "left", 18.0),
    ("design", "left", 32.0),
    ("s_s", "decimal", 22.0),
    ("s_w", "decimal", 21.0),
    ("limit", "decimal", 18.0),
    ("passed", "left", 14.0),
)
_TRACEABILITY = (
    ("analyte", "left", 34.0),
    ("sample", "left", 22.0),
    ("assigned_value", "decimal", 24.0),
    ("u", "decimal", 20.0),
    ("how", "left", 25.0),
    ("traceability", "left", 50.0),
)


def material_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample: matrix, lot, outcome of the checks over all items, withdrawal if any."""
    return _table("T-ITM", _SHORT, twin["samples"], number, locale)


def checks_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item x sample x check: items, replicates, standard deviations, limit, outcome."""
    return _table("T-ITM-checks", _FULL, twin["material_checks"], number, locale)


def traceability_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item x sample whose target does not come from the participants."""
    return _table("T-ITM-values", _TRACEABILITY, twin["reference_values"], number, locale)


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
        id=name,
        caption=caption(number, name, locale),
        columns=columns(name, locale, *specs),
        rows=tuple(plain(*(part["printed"][field] for field in fields)) for part in parts),
        notes=dash_notes(parts, locale, fields),
    )
