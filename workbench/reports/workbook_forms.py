"""The sheets of a report that are filled in by typing: the fields of its forms, one sheet a section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.reports.workbook_periods import free_name, period_sheets
from workbench.reports.workbook_sheets import Sheet
from workbench.wording import text


def form_sheets(twin: Mapping[str, Any]) -> Iterator[Sheet]:
    """The printed sheets, then the forms: the first column says what belongs there, the others are empty to type in."""
    printed = list(period_sheets(twin))
    yield from printed
    taken = {sheet.name for sheet in printed}
    titles = {section["id"]: section["title"] for section in twin["sections"]}
    for name, forms in twin["forms"].items():
        title = titles.get(name) or text(f"section.{twin['kind']}.{name}", twin["locale"])
        for form in forms:
            headings = tuple(column["heading"] for column in form["columns"])
            blank = ("",) * (len(headings) - 1)
            yield Sheet(free_name(title, taken), headings, tuple((row, *blank) for row in form["rows"]))
