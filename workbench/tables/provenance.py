"""T-PRV: what a number can be traced to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Table
from workbench.tables.cells import caption, columns, dash_notes, plain
from workbench.wording import text

_ROWS = ("snapshot", "criteria_version", "evaluation_id", "evaluated_at", "program", "twin_sha256", "verify")


def provenance_table(twin: Mapping[str, Any], json_sha256: str, number: str, locale: str) -> Table:
    """One row per thing the report rests on.

    Parameters
    ----------
    twin : the sealed twin.
    json_sha256 : of the twin's JSON bytes; printed here because nothing can hold its own.
    number, locale : running number of the table, `zh_CN` or `en`.
    """
    part = twin["provenance"]
    here = {"twin_sha256": json_sha256, "verify": text("table.prv.verify_value", locale)}
    printed = part["printed"] | here
    return Table(
        id="T-PRV",
        caption=caption(number, "prv", locale),
        columns=columns("prv", locale, ("item", "left", 65.0), ("value", "left", 110.0)),
        rows=tuple(plain(text(f"table.prv.{name}", locale), printed[name]) for name in _ROWS),
        notes=dash_notes((part,), locale, _ROWS),
    )
