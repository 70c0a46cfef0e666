"""The sheets of a report over several programmes or rounds: about, then one sheet a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.reports.workbook_sheets import NOTHING, Cell, Sheet, shown_number
from workbench.wording import text

NAME_MOST = 31
"""Longest name a spreadsheet gives a sheet."""
_FORBIDDEN = str.maketrans("", "", "[]:*?/\\")


def period_sheets(twin: Mapping[str, Any]) -> Iterator[Sheet]:
    """The sheets in the order of the sections; a section of lines only stands in the first sheet."""
    locale = twin["locale"]
    yield _about(twin, locale)
    taken = {text("sheet.about", locale)}
    for section in twin["sections"]:
        for table in section["tables"]:
            yield _sheet(free_name(section["title"], taken), table, locale)


def _about(twin: Mapping[str, Any], locale: str) -> Sheet:
    """Number, status, dates, and what the report says in words."""
    report = twin["report"]
    rows: list[tuple[Cell, ...]] = [
        (text("head.report_number", locale), report["number"]),
        (text("head.status", locale), text(f"status.{report['status']}", locale)),
        (text("head.version", locale), f"V{report['version']}"),
        (text("head.issued", locale), report["issued_at"]),
        (text("period.period", locale), twin["round"]),
    ]
    rows += [(section["title"], line) for section in twin["sections"] for line in section["lines"]]
    headings = text("response.field", locale), text("table.prv.value", locale)
    return Sheet(text("sheet.about", locale), headings, tuple(rows))


def free_name(title: str, taken: set[str]) -> str:
    """A sheet's name from a section's title, numbered where it is in use."""
    plain = title.translate(_FORBIDDEN)[: NAME_MOST - 3]
    name = next(n for n in (plain, *(f"{plain} {i}" for i in range(2, 100))) if n not in taken)
    taken.add(name)
    return name


def _sheet(name: str, table: Mapping[str, Any], locale: str) -> Sheet:
    """What a printed table shows; numbers as numbers."""
    headings = tuple(column["heading"] for column in table["columns"])
    numeric = [column["align"] in ("right", "decimal") for column in table["columns"]]
    rows = tuple(
        tuple(
            shown_number(each["text"]) if is_number else each["text"]
            for each, is_number in zip(row, numeric, strict=True)
        )
        for row in table["rows"]
    )
    return Sheet(name, headings, rows or ((text("cell.none", locale), *(NOTHING,) * (len(headings) - 1)),))
