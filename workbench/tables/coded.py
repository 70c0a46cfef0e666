"""T-SMP of coded answers: what was expected, what was answered, how others answered, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import caption, dash_notes, item_cell, verdict_cell
from workbench.tables.sample_parts import MOST_SAMPLES, parts_by_samples
from workbench.wording import text

Spec = tuple[str, str, float]

_ORDINAL: tuple[Spec, ...] = (
    ("value", "left", 17.0), ("answer", "left", 17.0), ("expected", "left", 17.0), ("accepted", "left", 24.0),
    ("distance", "right", 11.0), ("mark", "right", 9.0), ("mode", "left", 16.0), ("all_agreement", "right", 20.0),
)  # fmt: skip
_QUALITATIVE: tuple[Spec, ...] = (
    ("expected", "left", 20.0), ("method", "left", 25.0), ("value", "left", 20.0),
    ("own_n", "right", 11.0), ("own_agreement", "right", 22.0), ("all_agreement", "right", 22.0),
    ("mark", "right", 10.0),
)  # fmt: skip
_IDENTIFICATION: tuple[Spec, ...] = (
    ("expected", "left", 32.0), ("value", "left", 32.0), ("mark", "right", 10.0),
    ("all_agreement", "right", 22.0), ("common", "left", 35.0),
)  # fmt: skip
_GENOTYPE: tuple[Spec, ...] = (
    ("expected", "left", 31.0), ("value", "left", 31.0), ("answer", "left", 31.0), ("kind", "left", 25.0),
    ("mark", "right", 9.0),
)  # fmt: skip
_GENOTYPE_MARKS: tuple[Spec, ...] = (
    ("expected", "left", 24.0), ("value", "left", 30.0), ("answer", "left", 22.0), ("kind", "left", 18.0),
    ("genotype_mark", "right", 9.0), ("interpretation_mark", "right", 9.5), ("clerical_mark", "right", 9.5),
    ("mark", "right", 9.0),
)  # fmt: skip
_PANEL: tuple[Spec, ...] = (
    ("expected", "left", 27.0), ("value", "left", 27.0), ("missed", "left", 25.0), ("extra", "left", 25.0),
    ("outside", "left", 26.0),
)  # fmt: skip
_ANTIGEN: tuple[Spec, ...] = (
    ("expected", "left", 25.0), ("value", "left", 25.0), ("answer", "left", 25.0), ("kind", "left", 31.0),
    ("all_agreement", "right", 24.0),
)  # fmt: skip
_SUSCEPTIBILITY: tuple[Spec, ...] = (
    ("expected", "left", 45.0),
    ("answer", "left", 61.0),
    ("mark", "right", 20.0),
)
SPECS = {
    "ordinal": _ORDINAL,
    "qualitative": _QUALITATIVE,
    "identification": _IDENTIFICATION,
    "genotype": _GENOTYPE,
    "panel": _PANEL,
    "antigen": _ANTIGEN,
    "susceptibility": _SUSCEPTIBILITY,
}
"""Columns between the sample and the verdict, by family."""
_SAMPLE_MM, _VERDICT_MM, _QUANTITY_MM = 17.0, 27.0, 12.0
_NARROWER = {"method": 20.0, "value": 16.0, "expected": 18.0}
"""Widths (mm) beside a column of a quantity."""
DRUGS: tuple[Spec, ...] = (
    ("drug", "left", 43.0), ("reference", "right", 20.0), ("own", "right", 22.0), ("essential", "center", 18.0),
    ("reference_category", "center", 17.0), ("own_category", "center", 17.0), ("error", "left", 38.0),
)  # fmt: skip
TYPES: tuple[Spec, ...] = (
    ("type", "left", 23.0), ("hit", "right", 14.0), ("missed", "right", 14.0), ("sensitivity", "right", 45.0),
    ("extra", "right", 14.0), ("specificity", "right", 45.0), ("outside", "right", 20.0),
)  # fmt: skip
TOTALS = ("ca", "ea", "vme", "me", "minor")


def heads(specs: Sequence[Spec], locale: str) -> tuple[Column, ...]:
    """Column heads; the heading is `table.coded.<key>`."""
    return tuple(Column(key, text(f"table.coded.{key}", locale), align=align, width_mm=width)
                 for key, align, width in specs)  # fmt: skip


def coded_detail_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample of one coded item; the last line gives score, pass mark and verdict.

    Parameters
    ----------
    entry : one element of the twin's `analytes`, with its coded part.
    number : running number of the table, e.g. `2.3`.
    locale : `zh_CN` or `en`.

    Notes
    -----
    The columns are those of the item's family. A quantity reported beside the answer has a column where some sample
    has one, and is not scored. Samples nobody was asked for (no answer, no target) keep their row.
    """
    results = [result for result in entry["results"] if "coded" in result]
    with_quantity = any(result["coded"]["quantity"] is not None for result in results)
    three = any("genotype_mark" in result["coded"]["detail"] for result in results)
    specs = _GENOTYPE_MARKS if three else _specs(entry["family"], with_quantity)
    fields = [key for key, _, _ in specs]
    parts = [{"why": r["coded"]["why"], "printed": printed_of(r)} for r in results]
    reasons = dict.fromkeys(r["printed"]["reason"] for r in results if r["printed"].get("reason"))
    notes = (
        entry["coded"]["rule"],
        entry["printed"]["score_line"],
        *reasons,
        *dash_notes(parts, locale, fields),
    )
    if three:
        notes = (*notes, text("table.coded.three_parts_note", locale))
    if with_quantity:
        notes = (*notes, text("table.coded.quantity_note", locale, quantity=entry["coded"]["quantity"]))
    columns = (
        Column("sample", text("table.smp.sample", locale), width_mm=_SAMPLE_MM),
        *heads(specs, locale),
        Column("verdict", text("table.smp.verdict", locale), width_mm=_VERDICT_MM),
    )
    title = caption(number, "coded_smp", locale, item=entry["printed"]["name"])
    rows = tuple(_row(result, fields) for result in results)
    return Table(f"T-SMP-{number}", title, columns, rows, notes=notes)


def _specs(family: str, with_quantity: bool) -> tuple[Spec, ...]:
    """The columns of a family, with one for the quantity."""
    specs = SPECS.get(family, _QUALITATIVE)
    if not with_quantity:
        return specs
    narrow = tuple((key, align, _NARROWER.get(key, width)) for key, align, width in specs)
    return (*narrow[:3], ("quantity", "right", _QUANTITY_MM), *narrow[3:])


def printed_of(result: Mapping[str, Any]) -> dict[str, str]:
    """Printed forms of a coded result: its own, and those of its answer."""
    forms: dict[str, str] = {**result["coded"]["printed"], "value": result["printed"]["value"]}
    return forms


def _row(result: Mapping[str, Any], fields: Sequence[str]) -> tuple[Cell, ...]:
    """One sample; a field the family does not have is a dash that a note explains."""
    forms = printed_of(result)
    tone = "action" if result["coded"]["critical"] else result["signal"]
    verdict = verdict_cell(result["printed"]["verdict"], tone, result["findings"])
    return (Cell(result["sample"]), *(Cell(forms.get(field, "–")) for field in fields), verdict)


_GRID_MM = 105.0
"""Room for the columns of samples in the grid of answers."""


def answers_grid(entries: Sequence[Mapping[str, Any]], samples: Sequence[str], locale: str) -> list[Table]:
    """Page 1 of coded items: one row per item, one column per sample, each cell own answer and symbol.

    Parameters
    ----------
    entries : the coded items of the twin.
    samples : sample codes in vial order.

    Notes
    -----
    A long answer shows its symbol only; it stands in full in the detail. Samples that an item was not asked for show
    a dash. Many samples take several tables.
    """
    width = min(26.0, _GRID_MM / min(max(len(samples), 1), MOST_SAMPLES))
    columns = (
        Column("item", text("table.sum.item", locale), width_mm=36.0),
        *(Column(f"s{sample}", sample, width_mm=width) for sample in samples),
        Column("agree", text("table.coded.agree", locale), align="right", width_mm=13.0),
        Column("verdict", text("table.sum.verdict", locale), width_mm=21.0),
    )
    room = int(width / 2.1)
    rows = tuple(_grid_row(entry, samples, room) for entry in entries)
    asked = any(cell.text == "–" for row in rows for cell in row)
    notes: tuple[str, ...] = (text("table.coded.grid_note", locale),)
    if asked:
        notes = (*notes, text("why.dash", locale, why=text("why.not_asked", locale)))
    table = Table("T-GRID", caption("1.1", "coded_grid", locale), columns, rows, notes=notes)
    return parts_by_samples(table, 2, _GRID_MM, locale)


def _grid_row(entry: Mapping[str, Any], samples: Sequence[str], room: int) -> tuple[Cell, ...]:
    """One item."""
    by_sample = {result["sample"]: result for result in entry["results"]}
    cells = [_grid_cell(by_sample.get(sample), room) for sample in samples]
    count = Cell(f"{entry['acceptable']}/{entry['graded']}" if entry["graded"] else "–")
    verdict = verdict_cell(entry["printed"]["verdict"], entry["verdict"])
    return (item_cell(entry, bold=entry["verdict"] == "fail"), *cells, count, verdict)


def _grid_cell(result: Mapping[str, Any] | None, room: int) -> Cell:
    """Own answer and symbol of one sample."""
    if result is None:
        return Cell("–")
    symbol, shown = result["printed"]["symbol"], result["printed"]["value"]
    long = sum(2 if ord(char) > 0x2E7F else 1 for char in shown) > room
    tone = {"action": "bad", "warning": "warning", "not_scored": "not_scored"}.get(result["signal"], "")
    return Cell(symbol if long else f"{shown} {symbol}", tone=tone, bold=tone == "bad")


def drugs_table(parts: Sequence[Mapping[str, Any]], sample: str, number: str, locale: str) -> Table:
    """One row per drug of one isolate: reference and own value, agreement, categories, class of error."""
    fields = [key for key, _, _ in DRUGS]
    tones = {"very_major": "bad", "major": "bad", "minor": "warning", "not_scored": "not_scored"}
    rows = tuple(
        (
            *(Cell(part["printed"][field]) for field in fields[:-1]),
            Cell(part["printed"]["error"], tone=tones.get(part["grade"], ""), bold=True),
        )
        for part in parts
    )
    reasons = dict.fromkeys(
        text("table.coded.drug_reason", locale, drug=p["printed"]["drug"], why=p["printed"]["reason"])
        for p in parts
        if p["printed"].get("reason")
    )
    notes = (*reasons, *dash_notes(parts, locale, fields))
    title = caption(number, "coded_drugs", locale, sample=sample)
    return Table(f"T-AST-{number}", title, heads(DRUGS, locale), rows, notes=notes)


def totals_table(totals: Mapping[str, Any], number: str, locale: str) -> Table:
    """Agreement and errors of all isolates with their denominators."""
    rows = tuple(
        (
            Cell(text(f"table.coded.total_{key}", locale)),
            Cell(text(f"table.coded.basis_{key}", locale)),
            Cell(totals["printed"][key], bold=True),
        )
        for key in TOTALS
    )
    columns = (
        Column("measure", text("table.coded.measure", locale), width_mm=60.0),
        Column("basis", text("table.coded.basis", locale), width_mm=60.0),
        Column("rate", text("table.coded.rate", locale), align="right", width_mm=55.0),
    )
    notes = dash_notes([totals], locale, TOTALS)
    return Table(f"T-AST-TOTAL-{number}", caption(number, "coded_totals", locale), columns, rows, notes=notes)


def types_table(parts: Sequence[Mapping[str, Any]], number: str, locale: str, item: str) -> Table:
    """One row per type of a panel: found of present, extra of absent, outside the kit."""
    fields = [key for key, _, _ in TYPES]
    rows = tuple(tuple(Cell(part["printed"][field]) for field in fields) for part in parts)
    notes = (text("table.coded.types_note", locale), *dash_notes(parts, locale, fields))
    title = caption(number, "coded_types", locale, item=item)
    return Table(f"T-TYP-{number}", title, heads(TYPES, locale), rows, notes=notes)
