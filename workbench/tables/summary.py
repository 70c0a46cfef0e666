"""T-SUM: all items of a laboratory in one table."""

from __future__ import annotations

from collections.abc import Mapping
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
    specs = (("item", "left", 30.0), ("device", "left", 16.0), ("peer_group", "left", 23.0), *_COLUMNS[2:])
    heads = columns("sum", locale, *(specs if devices else _COLUMNS))
    notes = dash_notes(entries, locale, ("score_plain", "mean_percent_allowed", "previous"))
    if any(not entry["findings"] for entry in entries):
        notes = (*notes, dash_note("no_finding", locale))
    return Table(
        id="T-SUM",
        caption=caption("1", "sum", locale),
        columns=heads,
        rows=tuple(_row(entry, devices) for entry in entries),
        notes=notes,
    )


def _row(entry: Mapping[str, Any], devices: bool) -> tuple[Cell, ...]:
    printed = entry["printed"]
    verdict = verdict_cell(printed["verdict"], entry["verdict"])
    device = (Cell(entry["device_id"]),) if devices else ()
    return (
        item_cell(entry, with_unit=True, bold=entry["verdict"] == "fail"),
        *device,
        Cell(printed["group"]),
        Cell(str(entry["graded"])),
        Cell(str(entry["acceptable"])),
        Cell(printed["score_plain"]),
        Cell(printed["mean_percent_allowed"]),
        Cell(printed["previous"]),
        verdict,
        numbers_cell(entry["findings"]),
    )
