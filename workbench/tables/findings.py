"""T-FND: what a reader must know, as numbered rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns
from workbench.wording import text

_COLUMNS = (
    ("no", "right", 10.0),
    ("level", "left", 16.0),
    ("applies_to", "left", 44.0),
    ("content", "left", 95.0),
    ("code", "left", 10.0),
)
_TONES = {3: "bad", 2: "warning", 1: ""}


def findings_table(twin: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per finding, by level and then in catalogue order; one line when there is none."""
    rows = tuple(
        (
            Cell(str(finding["no"])),
            Cell(finding["printed"]["level"], tone=_TONES[finding["level"]], bold=finding["level"] == 3),
            Cell(finding["printed"]["applies_to"]),
            Cell(finding["printed"]["text"]),
            Cell(finding["code"]),
        )
        for finding in twin["findings"]
    )
    return Table(
        id="T-FND",
        caption=caption(number, "T-FND", locale),
        columns=columns("T-FND", locale, *_COLUMNS),
        rows=rows,
        notes=() if rows else (text("notice.no_finding", locale),),
    )
