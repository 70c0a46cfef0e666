"""Tables of quality indicators: own figures among the peers', definitions, percentiles by hospital level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.parameters.indicators import indicators
from workbench.tables.cells import caption, dash_notes
from workbench.wording import text

_OWN = (
    ("counts", "right", 22.0), ("value", "right", 15.0), ("better", "center", 9.0), ("peer_n", "right", 11.0),
    ("p25", "right", 15.0), ("p50", "right", 15.0), ("p75", "right", 15.0), ("percentile", "right", 11.0),
    ("sigma", "right", 16.0), ("state", "left", 14.0),
)  # fmt: skip
_LEVELS = (
    ("level", 24.0),
    ("n", 12.0),
    ("p5", 17.0),
    ("p25", 17.0),
    ("p50", 17.0),
    ("p75", 17.0),
    ("p95", 17.0),
)
_ITEM_MM = 32.0


def _heads(specs: Sequence[tuple[str, str, float]], locale: str) -> tuple[Column, ...]:
    return tuple(
        Column(key, text(f"table.indicators.{key}", locale), align=align, width_mm=width)
        for key, align, width in specs
    )


def _name(entry: Mapping[str, Any], locale: str) -> Cell:
    """Name of an indicator without its code: the code is for machines."""
    return Cell(entry["name_zh" if locale == "zh_CN" else "name_en"])


def indicators_table(entries: Sequence[Mapping[str, Any]], locale: str) -> Table:
    """One row per indicator of a laboratory; no word of passing or failing.

    Notes
    -----
    The percentile is turned so that 100 is best.
    """
    fields = [key for key, _, _ in _OWN]
    parts = [entry["coded"]["indicator"] for entry in entries]
    tones = {"invalid": "bad", "questioned": "warning", "missing": "not_scored"}
    rows = tuple(
        (
            _name(entry, locale),
            *(Cell(part["printed"][field]) for field in fields[:-1]),
            Cell(part["printed"]["state"], tone=tones.get(part["state"], "")),
        )
        for entry, part in zip(entries, parts, strict=True)
    )
    item = Column("item", text("table.indicators.item", locale), width_mm=_ITEM_MM)
    notes = (text("table.indicators.note", locale), *dash_notes(parts, locale, fields))
    return Table("T-QI", caption("1", "indicators", locale), (item, *_heads(_OWN, locale)), rows, notes=notes)


def definitions_table(entries: Sequence[Mapping[str, Any]], number: str, locale: str) -> Table:
    """One row per indicator: what is counted over what, window, document."""
    specs = (("item", 40.0), ("numerator", 45.0), ("denominator", 45.0), ("document", 45.0))
    columns = tuple(
        Column(key, text(f"table.indicators.{key}", locale), width_mm=width) for key, width in specs
    )
    rows = []
    for entry in entries:
        known = indicators()[entry["analyte"]]
        zh = locale == "zh_CN"
        above = known.numerator_zh if zh else known.numerator_en
        below = known.denominator_zh if zh else known.denominator_en
        minutes = text("indicator.median_minutes", locale)
        rows.append(
            (_name(entry, locale), Cell(above or minutes), Cell(below or minutes), Cell(known.document))
        )
    return Table("T-QI-DEF", caption(number, "indicator_definitions", locale), columns, tuple(rows))


def levels_table(entries: Sequence[Mapping[str, Any]], number: str, locale: str) -> Table:
    """One row per indicator and hospital level with enough laboratories: n and percentiles."""
    columns = (
        Column("item", text("table.indicators.item", locale), width_mm=54.0),
        *(Column(key, text(f"table.indicators.{key}", locale), align="left" if key == "level" else "right",
                 width_mm=width) for key, width in _LEVELS),
    )  # fmt: skip
    rows = tuple(
        (_name(entry, locale), *(Cell(part["printed"][key]) for key, _ in _LEVELS))
        for entry in entries
        for part in entry["coded"]["indicator"]["levels"]
    )
    notes = (
        text("table.indicators.levels_note", locale, n_min=entries[0]["disclosure_min"] if entries else 5),
    )
    return Table("T-QI-LEVELS", caption(number, "indicator_levels", locale), columns, rows, notes=notes)


def sentences_table(entries: Sequence[Mapping[str, Any]], locale: str) -> Table:
    """One row per indicator with something to say: what stands out, and what the counts are worth."""
    rows = tuple(
        (
            _name(entry, locale),
            Cell(" ".join(dict.fromkeys(sentence["text"] for sentence in entry["sentences"]))),
        )
        for entry in entries
        if entry["sentences"]
    )
    columns = (
        Column("item", text("table.indicators.item", locale), width_mm=60.0),
        Column("remark", text("table.indicators.remark", locale), width_mm=115.0),
    )
    notes = () if rows else (text("indicator.no_remarks", locale),)
    return Table("T-QI-REMARKS", caption("2", "indicator_remarks", locale), columns, rows, notes=notes)
