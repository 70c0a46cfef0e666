"""What stands on each sheet of a report's workbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.display import Table
from workbench.reports.twin import CSV_COLUMNS, long_rows, results_of
from workbench.tables import (
    findings_table,
    history_table,
    item_summary_table,
    overall_table,
    pass_rates_table,
    trend_table,
)
from workbench.wording import text, verdict_word

_NUMBER = re.compile(r"[+\u2212-]?\d+(\.\d+)?")
NOTHING = "–"


@dataclass(frozen=True)
class Number:
    """A number of a sheet: its value, its number format, and how it shows."""

    value: float
    format: str
    printed: str


Cell = str | Number


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, one header row, rows, and how many columns stay when scrolling."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    item_columns: int = 1


def shown_number(printed: str) -> Cell:
    """A printed number as a number that shows the same digits; anything else stays text.

    Notes
    -----
    The minus on paper is U+2212, in the workbook it is the sign of the number; a column that prints
    plus signs does so here too.

    Examples
    --------
    >>> shown_number("+14.0"), shown_number("○ 80"), shown_number("−0.17").value
    (Number(value=14.0, format='+0.0;-0.0;0.0', printed='+14.0'), '○ 80', -0.17)
    """
    if not _NUMBER.fullmatch(printed):
        return printed
    plain = printed.replace("\N{MINUS SIGN}", "-")
    decimals = len(plain.partition(".")[2])
    form = "0." + "0" * decimals if decimals else "0"
    signed = f"+{form};-{form};{form}" if plain.startswith("+") else form
    return Number(float(plain), signed, printed)


def sheets_of(twin: Mapping[str, Any]) -> Iterator[Sheet]:
    """The sheets in their order: about, summary, results, history, groups, findings, data."""
    locale = twin["locale"]
    yield about_sheet(twin, locale)
    if twin["kind"] == "LR":
        summary = item_summary_table(twin, locale) if twin["analytes"] else overall_table(twin, locale)
        history = history_table(twin, locale)
    else:
        summary = pass_rates_table(twin, locale=locale, number="2")
        history = trend_table(twin, "pass_rate", "5", locale)
    yield from_table("summary", summary, locale)
    yield results_sheet(twin, locale)
    yield from_table("history", history, locale)
    yield groups_sheet(twin, locale)
    yield from_table("findings", findings_table(twin, "5", locale), locale)
    yield data_sheet(twin, locale)


def _named(name: str, locale: str) -> str:
    return text(f"sheet.{name}", locale)


def from_table(name: str, table: Table, locale: str) -> Sheet:
    """A sheet that shows what a printed table shows; a table without rows says so in one line."""
    headings = tuple(_heading(column.heading, column.unit) for column in table.columns)
    raw = {i for i, column in enumerate(table.columns) if column.align not in ("right", "decimal")}
    rows = tuple(
        tuple(cell.text if i in raw else shown_number(cell.text) for i, cell in enumerate(row))
        for row in table.rows
    )
    if not rows:
        word = table.notes[0] if table.notes else text("cell.none", locale)
        rows = ((word, *(NOTHING,) * (len(headings) - 1)),)
    return Sheet(_named(name, locale), headings, rows)


def _heading(heading: str, unit: str) -> str:
    return f"{heading} ({unit})" if unit else heading


def about_sheet(twin: Mapping[str, Any], locale: str) -> Sheet:
    """Number, status, dates, hashes, how to read, and what each column of the data means."""
    report, provenance = twin["report"], twin["provenance"]
    facts = [
        (text("head.report_number", locale), report["number"]),
        (text("head.status", locale), text(f"status.{report['status']}", locale)),
        (text("head.version", locale), f"V{report['version']}"),
        (text("head.issued", locale), report["issued_at"]),
        (text("head.programme", locale), _programme(twin, locale)),
        (text("head.round", locale), twin["round"]),
        *((text(f"head.{name}", locale), twin["dates"][key] or text("head.not_given", locale))
          for name, key in (("received", "received"), ("tested", "tested"), ("returned", "returned"))
          if twin["participant"]),
        (text("head.closing", locale), twin["dates"]["deadline"] or text("head.not_given", locale)),
        *((text(f"table.prv.{name}", locale), provenance["printed"][name])
          for name in ("snapshot", "criteria_version", "evaluation_id", "evaluated_at", "program")),
        (text("sheet.csv_sha256", locale), provenance["csv_sha256"]),
        (text("section.LR.how-to-read", locale), text("sheet.how_to_read", locale)),
        *((f"{_named('data', locale)}: {name}", text(f"column.{name}", locale)) for name in CSV_COLUMNS),
    ]  # fmt: skip
    headings = text("response.field", locale), text("table.prv.value", locale)
    return Sheet(_named("about", locale), headings, tuple(facts))


def _programme(twin: Mapping[str, Any], locale: str) -> str:
    name = twin["programme"]["name_zh" if locale == "zh_CN" else "name_en"]
    mark = " ※" if twin["programme"]["iso17043"] else ""
    return text(
        "head.programme_name", locale, name=name + mark, programme_no=twin["programme"]["programme_no"]
    )


_RESULT = (
    "assigned_value",
    "range",
    "bias",
    "percent_allowed",
    "score",
    "n",
    "robust_mean",
    "cv",
    "all_robust_mean",
)


def _uncertainty_fields(twin: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that a sheet has only where the laboratory reported an uncertainty."""
    results = [result for entry in twin["analytes"] for result in entry["results"]]
    names = {"expanded_u_result": "expanded_u_result", "zeta": "zeta_score", "en": "en_score"}
    return tuple(
        key for key, name in names.items() if any(result.get(name) is not None for result in results)
    )


def results_sheet(twin: Mapping[str, Any], locale: str) -> Sheet:
    """One row per item and sample as printed; in an anonymous report per participant too."""
    if twin["kind"] == "PR":
        return _anonymous_results(twin, locale)
    keys = ("sample", "result", "assigned_value", "range")
    more = _uncertainty_fields(twin)
    headings = (
        text("table.sum.item", locale),
        text("table.sum.unit", locale),
        *(text(f"table.smp.{key}", locale) for key in keys),
        text("sheet.bias", locale),
        text("table.smp.percent_allowed", locale),
        text("sheet.score", locale),
        *(text(f"table.smp.{key}", locale) for key in more),
        *(
            text(f"table.smp.{key}", locale)
            for key in ("n", "robust_mean", "cv", "all_robust_mean", "verdict")
        ),
    )
    rows = [
        (
            _item(entry),
            entry["printed"]["unit"] or NOTHING,
            result["sample"],
            result["printed"]["value"],
            *(shown_number(result["printed"][field]) for field in (*_RESULT[:5], *more, *_RESULT[5:])),
            result["printed"]["verdict"],
        )
        for entry in twin["analytes"]
        for result in entry["results"]
    ]
    return Sheet(_named("results", locale), headings, _filled(rows, len(headings), locale))


def _anonymous_results(twin: Mapping[str, Any], locale: str) -> Sheet:
    """One row per participant, item and sample."""
    headings = (
        text("table.sum.item", locale),
        text("table.sum.unit", locale),
        text("table.results.round_alias", locale),
        text("table.smp.sample", locale),
        text("table.results.result", locale),
        text("table.results.verdict", locale),
    )
    rows = [
        (
            _item(entry),
            entry["printed"]["unit"] or NOTHING,
            " ".join(part for part in (result["round_alias"], result["device_id"]) if part),
            result["sample"],
            result["printed_value"],
            f"{result['printed_symbol']} {_word(entry, result, locale)}",
        )
        for entry in twin["analytes"]
        for result in results_of(entry)
    ]
    return Sheet(_named("results", locale), headings, _filled(rows, len(headings), locale))


def _word(entry: Mapping[str, Any], result: Mapping[str, Any], locale: str) -> str:
    """The verdict word of a result, by the rule that decides for its item."""
    return verdict_word(f"result_{entry['criterion']['score']}", result["signal"], locale)


_GROUP = ("n", "robust_mean", "robust_sd", "cv", "u", "percent_difference", "pass_rate")


def groups_sheet(twin: Mapping[str, Any], locale: str) -> Sheet:
    """One row per item, sample and group, as far as groups may be shown."""
    headings = (
        text("table.sum.item", locale),
        text("table.smp.sample", locale),
        *(text(f"table.grp.{key}", locale) for key in ("peer_group", "level", *_GROUP)),
        text("table.grp.own", locale),
    )
    rows = [
        (
            _item(entry),
            group["sample"],
            group["printed"]["group"],
            group["printed"]["level"],
            *(shown_number(group["printed"][field]) for field in _GROUP),
            text("cell.yes" if group["own"] else "cell.no", locale),
        )
        for entry in twin["analytes"]
        for group in entry["groups"]
    ]
    return Sheet(_named("groups", locale), headings, _filled(rows, len(headings), locale))


def data_sheet(twin: Mapping[str, Any], locale: str) -> Sheet:
    """The long table of the CSV: machine names, unrounded numbers, everything sent as text."""
    rows = [tuple(_raw(row[name]) for name in CSV_COLUMNS) for row in long_rows(twin)]
    return Sheet(_named("data", locale), CSV_COLUMNS, _filled(rows, len(CSV_COLUMNS), locale))


def _raw(value: Any) -> Cell:
    """A value of the data as it is; nothing is a dash, because an empty cell is an error."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Number(float(value), "General", f"{value:.10g}")
    return str(value)


def _item(entry: Mapping[str, Any]) -> str:
    """Name of an item with its device."""
    return " ".join(part for part in (entry["printed"]["name"], entry.get("device_id")) if part)


def _filled(rows: Sequence[tuple[Cell, ...]], width: int, locale: str) -> tuple[tuple[Cell, ...], ...]:
    """The rows, or one that says there are none."""
    return tuple(rows) or ((text("cell.none", locale), *(NOTHING,) * (width - 1)),)
