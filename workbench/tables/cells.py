"""The cells and column heads that the tables share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.display import Cell, Column
from workbench.wording import text

DASH = "–"
DISCLOSURE_MINIMUM = 5
"""Named in notes on suppressed cells where the part itself does not say another minimum."""

TONES = {
    "action": "bad",
    "fail": "bad",
    "unsatisfactory": "bad",
    "unsuccessful": "bad",
    "warning": "warning",
    "not_scored": "not_scored",
    "too_few": "",
}
"""Tone of a cell by the field it prints; what is good stays quiet."""


def columns(table: str, locale: str, *specs: tuple[str, str, float | None]) -> tuple[Column, ...]:
    """Column heads of one table from (key, align, width in mm); the heading is `table.<table>.<key>`."""
    return tuple(
        Column(key, text(f"table.{table}.{key}", locale), align=align, width_mm=width)
        for key, align, width in specs
    )


def verdict_cell(printed: str, field: str, notes: Iterable[int] = ()) -> Cell:
    """The symbol and word of a signal, verdict or status, tinted by what it says."""
    return Cell(printed, tone=TONES.get(field, ""), bold=True, notes=tuple(str(no) for no in notes))


def plain(*texts: str) -> tuple[Cell, ...]:
    """Cells without tone, one a text."""
    return tuple(Cell(content) for content in texts)


def numbers_cell(numbers: Iterable[int]) -> Cell:
    """Finding numbers separated by commas, linked to the first; a dash where there are none."""
    shown = sorted(numbers)
    return Cell(runs(shown) or DASH, href=f"#finding-{shown[0]}" if shown else "")


def runs(numbers: Iterable[int]) -> str:
    """Numbers in rising order, runs of three or more as first and last.

    Examples
    --------
    >>> runs([6, 7, 8, 10, 12, 13])
    '6–8, 10, 12, 13'
    """
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])
    shown = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in found]
    return ", ".join(shown)


def dash_notes(parts: Iterable[Mapping[str, Any]], locale: str, fields: Iterable[str]) -> tuple[str, ...]:
    """One note for each cause of a dash among the printed fields of some parts of the twin.

    Notes
    -----
    A part says in `why` for which field it has no number and for which cause. Only causes of fields
    that are printed as a dash are explained, each once, in order of appearance.
    """
    asked = tuple(fields)
    causes = dict.fromkeys(
        part["why"][field]
        for part in parts
        for field in asked
        if field in part.get("why", {}) and part["printed"].get(field) == DASH
    )
    return tuple(dash_note(cause, locale) for cause in causes)


def dash_note(cause: str, locale: str) -> str:
    """What a dash stands for, in one line."""
    return text("why.dash", locale, why=text(f"why.{cause}", locale, n_min=DISCLOSURE_MINIMUM))


def item_cell(entry: Mapping[str, Any], *, with_unit: bool = False, bold: bool = False) -> Cell:
    """Name and code of an item, with its unit when no column head can hold it."""
    printed = entry["printed"]
    unit = f" {printed['unit']}" if with_unit and printed["unit"] else ""
    return Cell(f"{printed['name']}{unit}", bold=bold)


def caption(number: str, key: str, locale: str, **values: object) -> str:
    """`Table 2.1. ...`: the running number and what the table shows."""
    return text("furniture.table", locale, no=number, caption=text(f"caption.{key}", locale, **values))
