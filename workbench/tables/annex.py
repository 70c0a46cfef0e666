"""The annex of a programme's report: results of all participants by the alias of this round."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import DASH, caption, columns

ANNEX_MM = 153.0
"""Room for the columns of samples."""
_TONES = {"action": "bad", "warning": "warning", "not_scored": "not_scored"}


def results_by_alias_table(twin: Mapping[str, Any], position: int, number: str, locale: str) -> Table:
    """One row per participant of one item, one column per sample, sorted by alias.

    Parameters
    ----------
    twin : the twin of a programme's report.
    position : index of the item in `analytes`.
    number, locale : running number of the table, `zh_CN` or `en`.

    Notes
    -----
    A result is printed as sent; its symbol says how it was judged.
    """
    entry = twin["analytes"][position]
    results = entry["results"]
    (alias,) = columns("results", locale, ("round_alias", "left", 22.0))
    width = floor(10 * ANNEX_MM / max(len(results["samples"]), 1)) / 10
    heads = (
        Column(part["sample"], part["sample"], align="right", width_mm=width) for part in results["samples"]
    )
    participants = results["participants"]
    who = [Cell(f"{name} {device or ''}".strip()) for name, device in participants]
    cells = [_cells(part, len(participants)) for part in results["samples"]]
    return Table(
        id=f"annex-{number}",
        caption=caption(number, "results", locale, item=entry["printed"]["name_and_unit"]),
        columns=(alias, *heads),
        rows=tuple(zip(who, *cells, strict=True)),
    )


def values_of(part: Mapping[str, Any], name: str, n: int) -> list[Any]:
    """One field of all participants: a list as it is, codes as the words they stand for, None where absent."""
    held = part.get(name)
    if held is None:
        return [None] * n
    if isinstance(held, Mapping):
        return [held["levels"][code] for code in held["codes"]]
    return list(held)


def _cells(part: Mapping[str, Any], n: int) -> list[Cell]:
    """Symbol and result of every participant; a printed value that is null is the result as sent."""
    fields = (values_of(part, name, n) for name in ("printed_symbol", "printed_value", "raw", "signal"))
    return [
        Cell(f"{symbol or DASH} {shown or raw or DASH}", tone=_TONES.get(signal or "", ""))
        for symbol, shown, raw, signal in zip(*fields, strict=True)
    ]
