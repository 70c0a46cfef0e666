"""The annex of a programme's report: results of all participants by the alias of this round."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import caption, columns

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
    samples = [sample["sample"] for sample in entry["samples"]]
    (alias,) = columns("results", locale, ("round_alias", "left", 22.0))
    width = floor(10 * 153.0 / max(len(samples), 1)) / 10
    by_alias: dict[str, dict[str, Mapping[str, Any]]] = {}
    results = entry["results"]
    for result in (dict(zip(results["columns"], row, strict=True)) for row in results["rows"]):
        by_alias.setdefault(_who(result), {})[result["sample"]] = result
    return Table(
        id=f"annex-{number}",
        caption=caption(number, "results", locale, item=entry["printed"]["name_and_unit"]),
        columns=(alias, *(Column(code, code, align="right", width_mm=width) for code in samples)),
        rows=tuple(
            (Cell(who), *(_cell(row[code]) for code in samples)) for who, row in sorted(by_alias.items())
        ),
    )


def _who(result: Mapping[str, Any]) -> str:
    """Alias, with the device where a participant has several."""
    return f"{result['round_alias']} {result['device_id'] or ''}".strip()


def _cell(result: Mapping[str, Any]) -> Cell:
    shown = f"{result['printed_symbol']} {result['printed_value']}"
    return Cell(shown, tone=_TONES.get(result["signal"], ""))
