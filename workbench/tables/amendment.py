"""The changes of an amended report that its box has no room for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns
from workbench.wording import text

_COLUMNS = (
    ("item", "left", 50.0),
    ("sample", "left", 22.0),
    ("field", "left", 35.0),
    ("old", "left", 34.0),
    ("new", "left", 34.0),
)


def changes_table(
    changes: Sequence[Mapping[str, Any]], names: Mapping[str, str], number: str, locale: str
) -> Table:
    """One row per printed form that differs from the replaced report.

    Parameters
    ----------
    changes : part of the twin's `amendment.changes`.
    names : analyte code -> name as printed.
    number, locale : running number of the table, `zh_CN` or `en`.
    """
    return Table(
        id="amendment-rest",
        caption=caption(number, "amendment", locale),
        columns=columns("amendment", locale, *_COLUMNS),
        rows=tuple(_row(change, names, locale) for change in changes),
    )


def _row(change: Mapping[str, Any], names: Mapping[str, str], locale: str) -> tuple[Cell, ...]:
    nothing = text("cell.none", locale)
    whole = text("table.fnd.programme", locale)
    code = change["analyte"]
    return (
        Cell(names.get(code, code) if code else whole),
        Cell(change["sample"] or nothing),
        Cell(text(f"amendment.field.{change['field']}", locale)),
        Cell(change["old"] or nothing),
        Cell(change["new"] or nothing),
    )
