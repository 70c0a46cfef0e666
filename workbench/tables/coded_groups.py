"""Tables of coded items that look at several laboratories or rounds: kits, agreement, rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import caption, dash_notes, item_cell
from workbench.wording import text

_KITS = (("group", "left", 66.0), ("level", "left", 27.0), ("n", "right", 18.0), ("agreement", "right", 64.0))
_AGREEMENT = (
    ("item", "left", 32.0), ("rounds", "right", 11.0), ("sensitivity", "right", 59.0),
    ("specificity", "right", 59.0), ("a_score", "right", 14.0),
)  # fmt: skip
_RULES = (
    ("item", "left", 30.0), ("type", "left", 20.0), ("source", "left", 38.0), ("majority", "left", 26.0),
    ("rule", "left", 49.0), ("pass_mark", "right", 12.0),
)  # fmt: skip


def _heads(specs: Sequence[tuple[str, str, float]], locale: str) -> tuple[Column, ...]:
    return tuple(Column(key, text(f"table.coded_groups.{key}", locale), align=align, width_mm=width)
                 for key, align, width in specs)  # fmt: skip


def kits_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per group that may be shown: laboratories and share of their graded answers that are acceptable."""
    fields = [key for key, _, _ in _KITS]
    parts = entry["coded"]["kits"]
    rows = tuple(tuple(Cell(part["printed"][field], bold=part["own"]) for field in fields) for part in parts)
    title = caption(number, "coded_kits", locale, item=entry["printed"]["name"])
    return Table(
        f"T-GRP-{number}", title, _heads(_KITS, locale), rows, notes=dash_notes(parts, locale, fields)
    )


def agreement_table(entries: Sequence[Mapping[str, Any]], number: str, locale: str) -> Table:
    """One row per item with a cut-off: sensitivity and specificity of the laboratory over the rounds."""
    fields = [key for key, _, _ in _AGREEMENT if key != "item"]
    parts = [entry["coded"]["agreement"] for entry in entries]
    rows = tuple(
        (item_cell(entry), *(Cell(part["printed"][field]) for field in fields))
        for entry, part in zip(entries, parts, strict=True)
    )
    notes = (text("table.coded_groups.a_score_note", locale), *dash_notes(parts, locale, fields))
    title = caption(number, "coded_agreement", locale)
    return Table(f"T-AGR-{number}", title, _heads(_AGREEMENT, locale), rows, notes=notes)


def coded_rules_table(entries: Sequence[Mapping[str, Any]], number: str, locale: str) -> Table:
    """One row per coded item: kind of result, source of the expected answers, majority, rule, pass mark."""
    rows, parts = [], []
    for entry in entries:
        forms = {**entry["criterion"]["printed"], **entry["target"]["printed"]}
        parts.append({"why": entry["target"]["why"], "printed": forms})
        rows.append((item_cell(entry), *(Cell(forms[key]) for key, _, _ in _RULES[1:])))
    notes = dash_notes(parts, locale, [key for key, _, _ in _RULES])
    title = caption(number, "coded_rules", locale)
    return Table("T-CRT-coded", title, _heads(_RULES, locale), tuple(rows), notes=notes)
