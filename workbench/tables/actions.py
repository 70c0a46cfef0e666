"""T-ACT: what a laboratory has to act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import columns, item_cell
from workbench.wording import text

_COLUMNS = (
    ("item", "left", 32.0),
    ("score", "right", 22.0),
    ("problem", "left", 62.0),
    ("next_step", "left", 37.0),
    ("due", "center", 22.0),
)


def actions_table(twin: Mapping[str, Any], locale: str) -> Table:
    """One row per item that fails, holds a critical error or was not returned.

    Parameters
    ----------
    twin : the report's twin; `actions` is its list, sorted critical first, then by score, then by
        catalogue order.
    locale : `zh_CN` or `en`.

    Notes
    -----
    Without a row the table holds one line that says so, over the whole width.
    """
    heads = columns("act", locale, *_COLUMNS)
    rows = tuple(_row(action) for action in twin["actions"])
    return Table(
        id="T-ACT",
        caption=text("caption.act", locale),
        columns=heads,
        rows=rows,
        notes=() if rows else (text("prose.actions_empty", locale),),
        cards_on_phone=True,
    )


def _row(action: Mapping[str, Any]) -> tuple[Cell, ...]:
    printed = action["printed"]
    return (
        item_cell(action, bold=True),
        Cell(printed["score"], tone="bad"),
        Cell(printed["problem"]),
        Cell(printed["next_step"]),
        Cell(printed["due"]),
    )
