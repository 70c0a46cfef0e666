"""The reply form a laboratory fills in for its failed items: parts C to G of an investigation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Block, Cell, Column, Displayed, Line, Prose, Table
from workbench.reports.reading import Reading
from workbench.wording import date_text, join, text

_FIELDS = {
    "C": ("checks", "repeat", "repeat_sample"),
    "D": ("clerical", "method", "technical", "material", "evaluation", "unexplained", "explanation"),
    "E": ("period", "lookback"),
    "F": ("corrective", "preventive", "owner", "due", "evidence"),
    "G": ("remeasurement", "iqc", "next_round"),
}
_CHOICES = ("clerical", "method", "technical", "material", "evaluation", "unexplained")
_LABEL_MM, _FIELD_MM = 60.0, 115.0


def reply_form(twin: Mapping[str, Any], reading: Reading) -> tuple[Displayed, ...]:
    """Introduction, the failed items, then one table of blank fields per part."""
    locale = reading.locale
    due = date_text(reading.meta.due, locale, prose=True)
    names = join([action["printed"]["name"] for action in twin["actions"]], locale)
    intro = Prose(
        (
            Line(text("response.intro", locale, due=due)),
            Line(f"{text('response.items', locale)}: {names}", strong=True),
        )
    )
    blocks = tuple(_part(letter, locale) for letter in _FIELDS)
    return (
        intro,
        *blocks,
        Prose((Line(text("prose.signature_line", locale, label=text("response.signature", locale))),)),
    )


def _part(letter: str, locale: str) -> Block:
    """One part of the form."""
    fields = [name for name in _FIELDS[letter] if name not in _CHOICES]
    parts: list[Displayed] = []
    if letter == "D":
        choices = "　".join(f"□ {text(f'response.D.{name}', locale)}" for name in _CHOICES)
        parts.append(Prose((Line(choices),)))
    heads = (
        Column("field", text("response.field", locale), width_mm=_LABEL_MM),
        Column("entry", text("response.entry", locale), width_mm=_FIELD_MM),
    )
    rows = tuple((Cell(text(f"response.{letter}.{name}", locale)), Cell("", blank=True)) for name in fields)
    title = text(f"response.{letter}", locale)
    parts.append(Table(f"response-{letter}", text("response.to_fill", locale), heads, rows))
    return Block(title, f"response-block-{letter}", tuple(parts), unbreakable=True)
