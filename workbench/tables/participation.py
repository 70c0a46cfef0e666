"""The tables of a programme's report over all items: participation, pass rates, kinds of error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns, dash_note, dash_notes, item_cell, numbers_cell, plain
from workbench.wording import text

_COUNTS = ("enrolled", "scored", "not_scored", "not_returned", "excused", "not_performed", "late")
_OVERVIEW = (
    ("item", "left", 34.0),
    ("returned", "right", 11.0),
    ("scored", "right", 11.0),
    ("pass_rate", "right", 26.0),
    ("previous", "right", 12.0),
    ("source", "left", 22.0),
    ("cv_range", "right", 15.0),
    ("allowable_error", "left", 33.0),
    ("findings", "center", 11.0),
)
_FAILURES = (
    ("kind", "left", 76.0),
    ("n_results", "right", 33.0),
    ("n_items", "right", 33.0),
    ("n_laboratories", "right", 33.0),
)


def participation_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item, and one for laboratories: enrolled equals the sum of the outcomes.

    Notes
    -----
    `late` is part of `scored` and stands apart from the sum.
    """
    everybody = Cell(text("table.participation.laboratories", locale), bold=True)
    rows = tuple(
        (item_cell(part) if part["analyte"] else everybody, *plain(*(str(part[name]) for name in _COUNTS)))
        for part in twin["participation"]
    )
    specs = (("analyte", "left", 49.0), *((name, "right", 18.0) for name in _COUNTS))
    return Table(
        id="participation",
        caption=caption(number, "participation", locale),
        columns=columns("participation", locale, *specs),
        rows=rows,
    )


def pass_rates_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """Table 1 of a programme's report: one row per item in catalogue order."""
    entries = twin["analytes"]
    specs = _overview_of(entries)
    fields = [key for key, _, _ in specs if key not in {"item", "findings"}]
    rows = tuple(
        (
            item_cell(entry),
            *plain(*(entry["printed"][field] for field in fields)),
            numbers_cell(entry["findings"]),
        )
        for entry in entries
    )
    notes = dash_notes(entries, locale, fields)
    if any(not entry["findings"] for entry in entries):
        notes = (*notes, dash_note("no_finding", locale))
    return Table(
        id="overview-table",
        caption=caption(number, "overview", locale),
        columns=columns("overview", locale, *specs),
        rows=rows,
        notes=notes,
    )


def _overview_of(entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str, float], ...]:
    """The columns: where nothing is measured the kind of result stands for spread and limit."""
    if not entries or any(entry["coded"] is None for entry in entries):
        return _OVERVIEW
    left = tuple(spec for spec in _OVERVIEW if spec[0] not in ("cv_range", "allowable_error"))
    wider = {"item": 36.0, "source": 31.0}
    shown = tuple((key, align, wider.get(key, width)) for key, align, width in left)
    return (
        *shown[:1],
        ("type", "left", 21.0),
        *((k, a, 42.0 if k == "pass_rate" else w) for k, a, w in shown[1:]),
    )


def overall_table(twin: Mapping[str, Any], locale: str) -> Table:
    """One row per item over all laboratories, for a participant that returned nothing."""
    fields = ("returned", "pass_rate", "cv_range")
    parts = twin["overall"]
    specs = (("item", "left", 70.0), *((field, "right", 35.0) for field in fields))
    return Table(
        id="overall",
        caption=caption("1", "overall", locale),
        columns=columns("overview", locale, *specs),
        rows=tuple(
            (item_cell(part), *plain(*(part["printed"][field] for field in fields))) for part in parts
        ),
        notes=dash_notes(parts, locale, fields),
    )


def failures_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per kind of error: how many results, items and laboratories; numbers only."""
    rows = tuple(
        plain(part["printed"]["kind"], *(str(part[key]) for key, _, _ in _FAILURES[1:]))
        for part in twin["failures"]
    )
    return Table(
        id="failures-table",
        caption=caption(number, "failures", locale),
        columns=columns("failures", locale, *_FAILURES),
        rows=rows,
        notes=() if rows else (text("prose.no_failures", locale),),
    )
