"""T-HIS: the last six rounds of each item, and the trend of a programme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import (
    DASH,
    caption,
    columns,
    dash_note,
    dash_notes,
    item_cell,
    plain,
    verdict_cell,
)

ROUNDS_SHOWN = 6


def history_table(twin: Mapping[str, Any], locale: str) -> Table:
    """One row per item, one column per round, this round last, then the status over rounds.

    Parameters
    ----------
    twin : the twin of a laboratory's report; `history_rounds` names the rounds, oldest first.
    locale : `zh_CN` or `en`.

    Notes
    -----
    A round in which the item has no score shows a dash, explained below the table.
    """
    rounds = tuple(twin["history_rounds"])
    width = round(94.0 / max(len(rounds), 1), 1)
    first, last = columns("T-HIS", locale, ("analyte", "left", 40.0), ("status", "left", 41.0))
    heads = (first, *(Column(f"round_{code}", code, width_mm=width) for code in rounds), last)
    rows = tuple(_row(entry, rounds) for entry in twin["analytes"])
    missing = any(cell.text == DASH for row in rows for cell in row)
    notes = (dash_note("no_round", locale),) if missing else ()
    return Table("T-HIS", caption("3", "T-HIS", locale), heads, rows, notes=(*notes, *twin["history_notes"]))


def _row(entry: Mapping[str, Any], rounds: tuple[str, ...]) -> tuple[Cell, ...]:
    past = {row["round"]: row for row in entry["history"]}
    cells = [_past_cell(past.get(code)) for code in rounds]
    status = verdict_cell(entry["printed"]["status_line"], entry["status"])
    return (item_cell(entry), *cells, status)


def _past_cell(row: Mapping[str, Any] | None) -> Cell:
    """Symbol and score of one round."""
    if row is None:
        return Cell(DASH)
    return verdict_cell(row["printed"]["score"], row["verdict"])


_TREND = (("round", "left", 35.0), ("cv", "right", 60.0), ("pass_rate", "right", 80.0))


def trend_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per round of one item: robust CV over its samples and pass rate, oldest first."""
    rows = tuple(
        plain(point["round"], point["printed"]["cv"], point["printed"]["pass_rate"])
        for point in entry["trend"]
    )
    return Table(
        f"T-TRD-{number}",
        caption(number, "PR-trend", locale, analyte=entry["printed"]["name_and_unit"]),
        columns("PR-trend", locale, *_TREND),
        rows,
        notes=dash_notes(entry["trend"], locale, ("cv", "pass_rate")),
    )
