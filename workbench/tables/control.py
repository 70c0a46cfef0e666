"""Tables of internal quality control: the month's rows, cumulative figures, hits, what was left out, the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import DASH, caption, columns, plain
from workbench.wording import printed, text

GRADE_TONES = {"C": "warning", "D": "bad", "N": "not_scored"}
_NUMBERS = ("mean", "sd", "cv")
HITS_SHOWN = 60
"""Points listed at most; the twin holds all."""


def grade_cell(row: Mapping[str, Any]) -> Cell:
    """A grade in its tone; a wrong call is bad whatever the grade."""
    tone = "bad" if row.get("wrong_calls") else GRADE_TONES.get(row["grade"], "")
    return Cell(row["grade"], tone=tone, bold=True)


def rows_table(twin: Mapping[str, Any], locale: str) -> Table:
    """One row per control material: own numbers, the group's, the indices, the grade."""
    heads = columns(
        "iqc",
        locale,
        ("item", "left", 27.0),
        ("material", "left", 20.0),
        ("n", "right", 8.0),
        ("mean", "decimal", 14.0),
        ("sd", "decimal", 14.0),
        ("cv", "decimal", 10.0),
        ("labs", "right", 9.0),
        ("group_mean", "decimal", 14.0),
        ("group_cv", "decimal", 10.0),
        ("bias", "decimal", 11.0),
        ("sdi", "decimal", 11.0),
        ("cvr", "decimal", 9.0),
        ("sigma", "decimal", 9.0),
        ("grade", "center", 9.0),
    )
    rows = [_row(row) for row in twin["rows"]]
    for gone in twin["missing"]:
        blank = [Cell(DASH) for _ in heads[2:-1]]
        name = f"{gone['analyte']} {gone['instrument']}"
        rows.append((Cell(name), Cell(gone["printed"], tone="not_scored"), *blank, Cell(DASH)))
    sources = sorted({row["tea_document"] for row in twin["rows"] if row["tea_document"]})
    notes = [text("iqc.note.shown", locale)]
    if sources:
        notes.append(text("iqc.note.tea", locale, sources=", ".join(sources)))
    if any(row["sigma"] is None for row in twin["rows"]):
        notes.append(text("iqc.note.no_tea", locale))
    title = caption("1", "iqc_rows", locale, month=twin["month"])
    return Table("T-IQC", title, heads, tuple(rows), notes=tuple(notes))


def _row(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    shown = row["printed"]
    name = f"{shown['name']} {shown['unit']}".strip()
    return (
        Cell(name),
        Cell(shown["material"]),
        *plain(shown["n"], *(shown[k] for k in _NUMBERS), shown["group_laboratories"]),
        *plain(*(shown[k] for k in ("group_mean", "group_cv", "bias", "sdi", "cvr", "sigma"))),
        grade_cell(row),
    )


def cumulative_table(twin: Mapping[str, Any], locale: str) -> Table:
    """One row per control material: figures of the whole lot, rule hits, calls where there are any, what it says."""
    called = any(row["n_calls"] for row in twin["rows"])
    heads = columns(
        "iqc",
        locale,
        ("item", "left", 27.0),
        ("material", "left", 20.0),
        ("cn", "right", 11.0),
        ("cmean", "decimal", 15.0),
        ("csd", "decimal", 14.0),
        ("csdi", "decimal", 12.0),
        ("ccvr", "decimal", 11.0),
        *((("calls", "right", 15.0),) if called else ()),
        ("hits", "left", 23.0 if called else 30.0),
        ("hint", "left", 27.0 if called else 35.0),
    )
    keys = ["cumulative_n", "cumulative_mean", "cumulative_sd", "cumulative_sdi", "cumulative_cvr"]
    keys += ["calls"] if called else []
    rows = []
    for row in twin["rows"]:
        shown = row["printed"]
        hint = Cell(row["hint"] or DASH, tone="bad" if row["wrong_calls"] else "")
        names = (Cell(shown["name"]), Cell(shown["material"]))
        rows.append((*names, *plain(*(shown[k] for k in keys)), Cell(shown["hits"]), hint))
    return Table("T-IQC-CUM", caption("2", "iqc_cumulative", locale), heads, tuple(rows))


def hits_table(twin: Mapping[str, Any], locale: str) -> Table | None:
    """Points of the month that hit a rule, in order of time; None without any."""
    found = [
        (point["day"], row["printed"]["name"], row["printed"]["material"], point)
        for row in twin["rows"]
        for point in row["points"]
        if point["rules"]
    ]
    if not found:
        return None
    found.sort(key=lambda hit: (hit[0], hit[1], hit[2]))
    heads = columns(
        "iqc",
        locale,
        ("day", "left", 22.0),
        ("item", "left", 35.0),
        ("material", "left", 25.0),
        ("value", "decimal", 20.0),
        ("z", "decimal", 14.0),
        ("rules", "left", 59.0),
    )
    rows = tuple(
        (
            Cell(day),
            Cell(name),
            Cell(material),
            *plain(printed(point["value"], 3), printed(point["z"], 2, signed=True)),
            Cell(", ".join(rule.replace("_", "-") for rule in point["rules"])),
        )
        for day, name, material, point in found[:HITS_SHOWN]
    )
    return Table("T-IQC-HITS", caption("3", "iqc_hits", locale), heads, rows)


def excluded_table(twin: Mapping[str, Any], locale: str) -> Table | None:
    """Points left out of statistics; None without any."""
    found = [(p["day"], row, p) for row in twin["rows"] for p in row["points"] if not p["counts"]]
    if not found:
        return None
    heads = columns(
        "iqc",
        locale,
        ("day", "left", 25.0),
        ("item", "left", 45.0),
        ("material", "left", 35.0),
        ("value", "decimal", 30.0),
        ("cause", "left", 40.0),
    )
    rows = tuple(
        (
            Cell(day),
            Cell(row["printed"]["name"]),
            Cell(row["printed"]["material"]),
            *plain(printed(point["value"], 3)),
            Cell(point.get("reason") or DASH),
        )
        for day, row, point in sorted(found, key=lambda x: x[0])
    )
    return Table("T-IQC-OUT", caption("4", "iqc_excluded", locale), heads, rows)


def rules_table(rule_set: Mapping[str, Any], number: str, locale: str) -> Table:
    """The lines of a rule set with their exact meaning."""
    heads = columns(
        "iqc",
        locale,
        ("rule", "left", 20.0),
        ("scope", "left", 45.0),
        ("meaning", "left", 90.0),
        ("action", "left", 20.0),
    )
    rows = tuple(
        plain(line["name"], line["scope"], line["meaning"], line["action"]) for line in rule_set["lines"]
    )
    return Table("T-IQC-RULES", caption(number, "iqc_rules", locale, name=rule_set["name"]), heads, rows)


def corrective_table(twin: Mapping[str, Any], locale: str) -> Table:
    """Fields in which the laboratory writes what it did about each row that needs attention."""
    heads = columns(
        "iqc",
        locale,
        ("item", "left", 35.0),
        ("grade", "center", 14.0),
        ("cause", "left", 45.0),
        ("measure", "left", 51.0),
        ("signed", "left", 30.0),
    )
    worst = [row for row in twin["rows"] if row["grade"] in ("C", "D") or row["wrong_calls"]]
    rows = tuple(
        (
            Cell(f"{row['printed']['name']} {row['printed']['material']}"),
            grade_cell(row),
            *(Cell("", blank=True) for _ in range(3)),
        )
        for row in worst
    ) or ((Cell(DASH), Cell(DASH), *(Cell("", blank=True) for _ in range(3))),)
    return Table("T-IQC-CAPA", caption("6", "iqc_corrective", locale), heads, rows)


def simple_table(
    name: str,
    title: str,
    specs: Sequence[tuple[str, str, float | None]],
    rows: Sequence[Sequence[str | Cell]],
    locale: str,
) -> Table:
    """A table of texts under headings of `table.iqc`.

    Parameters
    ----------
    specs : key, align, width in mm of each column.
    """
    heads: tuple[Column, ...] = columns("iqc", locale, *specs)
    cells = tuple(tuple(c if isinstance(c, Cell) else Cell(c or DASH) for c in row) for row in rows)
    return Table(name, title, heads, cells)
