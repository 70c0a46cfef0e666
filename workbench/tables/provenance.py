"""T-PRV: what a number can be traced to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Table
from workbench.tables.cells import caption, columns, dash_notes, plain
from workbench.wording import text

HASH_SHOWN = 12
_ROWS = ("snapshot_sha256", "criteria_version", "evaluation_id", "as_of", "program", "json_sha256")


def provenance_table(twin: Mapping[str, Any], json_sha256: str, number: str, locale: str) -> Table:
    """One row per thing the report rests on.

    Parameters
    ----------
    twin : the sealed twin.
    json_sha256 : of the twin's JSON bytes; printed here because nothing can hold its own.
    number, locale : running number of the table, `zh_CN` or `en`.
    """
    part = twin["provenance"]
    printed = part["printed"] | {"json_sha256": json_sha256}
    rows = tuple(plain(text(f"table.T-PRV.{name}", locale), printed[name]) for name in _ROWS)
    return Table(
        id="T-PRV",
        caption=caption(number, "T-PRV", locale),
        columns=columns("T-PRV", locale, ("what", "left", 55.0), ("value", "left", 120.0)),
        rows=rows,
        notes=(*dash_notes((part,), locale, _ROWS), text("notice.verify", locale)),
    )
