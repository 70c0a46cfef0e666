"""The tables of a programme's report over all items: participation, pass rates, kinds of failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns, dash_note, dash_notes, item_cell, numbers_cell, plain
from workbench.wording import text

_COUNTS = ("enrolled", "scored", "not_scored", "not_returned", "excused", "not_performed", "late")
_OVERVIEW = (
    ("analyte", "left", 40.0),
    ("returned", "right", 14.0),
    ("graded", "right", 14.0),
    ("pass_rate", "right", 33.0),
    ("previous", "right", 15.0),
    ("source", "left", 18.0),
    ("cv", "right", 20.0),
    ("limit", "left", 25.0),
    ("findings", "center", 11.0),
)


def participation_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item, and one for laboratories: enrolled equals the sum of the outcomes.

    Notes
    -----
    `late` is part of `scored` and stands apart from the sum.
    """
    rows = tuple(
        (item_cell(part) if part["analyte"] else Cell(text("table.participation.laboratories", locale), bold=True),
         *plain(*(str(part[name]) for name in _COUNTS)))
        for part in twin["participation"]
    )  # fmt: skip
    return Table(
        id="participation",
        caption=caption(number, "participation", locale),
        columns=columns(
            "participation", locale, ("analyte", "left", 56.0), *((name, "right", 17.0) for name in _COUNTS)
        ),
        rows=rows,
        notes=(text("notice.participation", locale),),
    )


def pass_rates_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """Table 1 of a programme's report: one row per item in catalogue order."""
    fields = [key for key, _, _ in _OVERVIEW if key not in {"analyte", "findings"}]
    entries = twin["analytes"]
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
        id="PR-overview",
        caption=caption(number, "PR-overview", locale),
        columns=columns("PR-overview", locale, *_OVERVIEW),
        rows=rows,
        notes=notes,
    )


def failures_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per item with failures: how often each kind of error is suspected; numbers only."""
    kinds = tuple(twin["failure_kinds"])
    rows = tuple(
        (item_cell(part), *plain(*(str(part["counts"][kind]) for kind in kinds))) for part in twin["failures"]
    )
    width = round(127.0 / max(len(kinds), 1), 1)
    return Table(
        id="failures",
        caption=caption(number, "failures", locale),
        columns=columns(
            "failures", locale, ("analyte", "left", 48.0), *((kind, "right", width) for kind in kinds)
        ),
        rows=rows,
        notes=(text("notice.failure_kinds" if rows else "notice.no_failure", locale),),
    )
