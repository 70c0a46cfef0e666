"""T-SUM: all items of a laboratory in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import (
    caption,
    columns,
    dash_note,
    dash_notes,
    item_cell,
    numbers_cell,
    verdict_cell,
)

_PRINTED = {"score_percent": "score_plain"}
"""Columns whose printed form has another name."""
_COLUMNS = (
    ("item", "left", 39.0),
    ("peer_group", "left", 34.0),
    ("graded", "right", 12.0),
    ("acceptable", "right", 13.0),
    ("score_percent", "right", 11.0),
    ("mean_percent_allowed", "right", 16.0),
    ("previous", "right", 16.0),
    ("verdict", "left", 21.0),
    ("findings", "center", 13.0),
)


def item_summary_table(twin: Mapping[str, Any], locale: str) -> Table:
    """One row per item (x device) in catalogue order, always.

    Parameters
    ----------
    twin : the twin of a laboratory's report.
    locale : `zh_CN` or `en`.
    """
    entries = twin["analytes"]
    devices = any(entry["device_id"] for entry in entries)
    with_device = (
        ("item", "left", 30.0),
        ("device", "left", 16.0),
        ("peer_group", "left", 23.0),
        *_COLUMNS[2:],
    )
    specs: tuple[tuple[str, str, float], ...] = with_device if devices else _COLUMNS
    kinds = {entry["coded"] is None for entry in entries}
    if False in kinds:
        specs = _with_type(specs, mixed=True in kinds)
    heads = columns("sum", locale, *specs)
    keys = [key for key, _, _ in specs]
    fields = [_PRINTED.get(key, key) for key in keys]
    notes = dash_notes(entries, locale, fields)
    if any(not entry["findings"] for entry in entries):
        notes = (*notes, dash_note("no_finding", locale))
    return Table(
        id="T-SUM",
        caption=caption("1", "sum", locale),
        columns=heads,
        rows=tuple(_row(entry, keys) for entry in entries),
        notes=notes,
    )


def _with_type(specs: tuple[tuple[str, str, float], ...], mixed: bool) -> tuple[tuple[str, str, float], ...]:
    """The columns of a programme with coded items: the kind of result; no mean deviation where nothing is measured."""
    kind = ("type", "left", 16.0)
    if not mixed:
        return (specs[0], kind, *(spec for spec in specs[1:] if spec[0] != "mean_percent_allowed"))
    narrow = {"item": 30.0, "peer_group": specs[1][2] - 8.0 if specs[1][0] == "peer_group" else 23.0}
    first = tuple((key, align, narrow.get(key, width)) for key, align, width in specs)
    return (first[0], kind, *first[1:])


def _row(entry: Mapping[str, Any], keys: Sequence[str]) -> tuple[Cell, ...]:
    printed = entry["printed"]
    cells = {
        "item": item_cell(entry, with_unit=True, bold=entry["verdict"] == "fail"),
        "device": Cell(entry["device_id"] or "–"),
        "type": Cell(printed["type"]),
        "peer_group": Cell(printed["group"]),
        "graded": Cell(str(entry["graded"])),
        "acceptable": Cell(str(entry["acceptable"])),
        "score_percent": Cell(printed["score_plain"]),
        "mean_percent_allowed": Cell(printed["mean_percent_allowed"]),
        "previous": Cell(printed["previous"]),
        "verdict": verdict_cell(printed["verdict"], entry["verdict"]),
        "findings": numbers_cell(entry["findings"]),
    }
    return tuple(cells[key] for key in keys)
