"""T-HIS: the last six rounds of each item, and the trend of a programme."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import (
    DASH,
    caption,
    columns,
    dash_note,
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
    width = floor(10 * 94.0 / max(len(rounds), 1)) / 10
    first, last = columns("his", locale, ("item", "left", 40.0), ("standing", "left", 41.0))
    heads = (first, *(Column(f"round_{code}", code, width_mm=width) for code in rounds), last)
    rows = tuple(_row(entry, rounds) for entry in twin["analytes"])
    missing = any(cell.text.endswith(DASH) for row in rows for cell in row)
    notes = (dash_note("no_round", locale),) if missing else ()
    title = caption("3", "his", locale, n=len(rounds))
    return Table("T-HIS", title, heads, rows, notes=(*twin["history_notes"], *notes))


def _row(entry: Mapping[str, Any], rounds: tuple[str, ...]) -> tuple[Cell, ...]:
    past = {row["round"]: row for row in (*entry["history"], entry["this_round"])}
    cells = [_past_cell(past.get(code)) for code in rounds]
    status = verdict_cell(entry["printed"]["status"], entry["status"])
    return (item_cell(entry), *cells, status)


def _past_cell(row: Mapping[str, Any] | None) -> Cell:
    """Symbol and score of one round."""
    if row is None:
        return Cell(DASH)
    return verdict_cell(row["printed"]["score"], row["verdict"])


def trend_table(twin: Mapping[str, Any], quantity: str, number: str, locale: str) -> Table:
    """One row per item, one column per round: robust CV (`cv`) or pass rate (`pass_rate`) of a programme."""
    rounds = tuple(twin["trend_rounds"])
    width = floor(10 * 125.0 / max(len(rounds), 1)) / 10
    (first,) = columns("trend", locale, ("item", "left", 50.0))
    heads = (first, *(Column(f"round_{code}", code, align="right", width_mm=width) for code in rounds))
    rows = tuple(
        (item_cell(entry), *plain(*(_point(entry, code, quantity) for code in rounds)))
        for entry in twin["analytes"]
    )
    missing = any(cell.text == DASH for row in rows for cell in row)
    title = caption(number, "trend_cv" if quantity == "cv" else "trend_pass", locale)
    return Table(
        f"trend-{quantity}", title, heads, rows, notes=(dash_note("no_round", locale),) if missing else ()
    )


def _point(entry: Mapping[str, Any], round_code: str, quantity: str) -> str:
    """One quantity of one round, a dash where the item was not in it."""
    points = {point["round"]: point["printed"] for point in entry["trend"]}
    return str(points[round_code][quantity]) if round_code in points else DASH
