"""T-FND: what a reader must know, as numbered rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns
from workbench.wording import text

_COLUMNS = (
    ("no", "right", 10.0),
    ("level", "left", 18.0),
    ("applies_to", "left", 47.0),
    ("content", "left", 100.0),
)
_TONES = {3: "bad", 2: "warning", 1: ""}


def findings_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per finding, by level and then in catalogue order; one line when there is none.

    Notes
    -----
    The code of the finding stands at the end of its text, so that it can be quoted.
    """
    rows = tuple(_row(finding) for finding in twin["findings"])
    return Table(
        id="T-FND",
        caption=caption(number, "fnd", locale),
        columns=columns("fnd", locale, *_COLUMNS),
        rows=rows,
        notes=() if rows else (text("prose.no_findings", locale),),
    )


def _row(finding: Mapping[str, Any]) -> tuple[Cell, ...]:
    printed = finding["printed"]
    return (
        Cell(str(finding["no"]), anchor=f"finding-{finding['no']}"),
        Cell(printed["level"], tone=_TONES[finding["level"]]),
        Cell(printed["applies_to"]),
        Cell(f"{printed['text']} [{finding['code']}]"),
    )
