"""Blood groups and compatibility: one row per sample, what was expected and reported for every item side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import caption, verdict_cell
from workbench.wording import text

FORWARD, REVERSE = "ABO-FWD", "ABO-REV"


def compatibility_table(entries: Sequence[Mapping[str, Any]], samples: Sequence[str], locale: str) -> Table:
    """One row per sample: expected / own result of each item, forward against reverse group, worst verdict.

    Parameters
    ----------
    entries : the antigen-typing items of the twin. samples : sample codes in vial order.

    Notes
    -----
    Whether forward and reverse group agree is told for the laboratory's own answers.
    """
    by_item = {
        entry["analyte"]: {result["sample"]: result for result in entry["results"]} for entry in entries
    }
    with_reverse = {FORWARD, REVERSE} <= set(by_item)
    width = (175.0 - 17.0 - 27.0 - (16.0 if with_reverse else 0.0)) / max(len(entries), 1)
    columns = [Column("sample", text("table.smp.sample", locale), width_mm=17.0)]
    columns += [Column(e["analyte"], e["analyte"], width_mm=round(width - 0.05, 1)) for e in entries]
    if with_reverse:
        columns.append(
            Column("agree", text("table.coded.forward_reverse", locale), align="center", width_mm=16.0)
        )
    columns.append(Column("verdict", text("table.smp.verdict", locale), width_mm=27.0))
    rows = tuple(_row(sample, by_item, with_reverse, locale) for sample in samples)
    notes = (
        text("table.coded.compatibility_note", locale),
        text("why.dash", locale, why=text("why.not_asked", locale)),
    )
    return Table("T-COMPAT", caption("1.2", "compatibility", locale), tuple(columns), rows, notes=notes)


def _row(
    sample: str, by_item: Mapping[str, Mapping[str, Mapping[str, Any]]], with_reverse: bool, locale: str
) -> tuple[Cell, ...]:
    """One sample over all items."""
    results = [found.get(sample) for found in by_item.values()]
    cells = [Cell(sample), *(_pair(result) for result in results)]
    if with_reverse:
        cells.append(Cell(_agree([by_item[code].get(sample) for code in (FORWARD, REVERSE)], locale)))
    known = [result for result in results if result is not None]
    return (*cells, _verdict(known) if known else Cell("–"))


def _pair(result: Mapping[str, Any] | None) -> Cell:
    """Expected and own answer of one item; wrong ones stand out."""
    if result is None or "coded" not in result:
        return Cell("–")
    bad = result["signal"] == "action"
    return Cell(
        f"{result['coded']['printed']['expected']} / {result['printed']['value']}",
        tone="bad" if bad else "",
        bold=bad,
    )


def _agree(results: Sequence[Mapping[str, Any] | None], locale: str) -> str:
    """Whether the own forward and reverse group are the same; a dash where one is missing."""
    answers = [(result or {}).get("coded", {}).get("answer") for result in results]
    if not all(answers):
        return "–"
    return text("cell.yes" if len(set(answers)) == 1 else "cell.no", locale)


def _verdict(results: Sequence[Mapping[str, Any]]) -> Cell:
    """The worst verdict of a sample."""
    order = ("action", "warning", "not_scored", "acceptable")
    worst = min(results, key=lambda r: (not r.get("coded", {}).get("critical"), order.index(r["signal"])))
    return verdict_cell(worst["printed"]["verdict"], worst["signal"])
