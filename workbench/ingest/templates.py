"""The Excel form a laboratory fills in for one programme-round; `read_submission_file` reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.ingest.expectations import QUANTITATIVE, SYSTEM_KINDS, Expectations, ExpectedAnalyte, day
from workbench.ingest.phrases import phrase
from workbench.ingest.workbooks import CREATED, FONT, HEAD, LOCKED, OPEN, write_text, written_workbook

FACTS = ("round", "programme_no", "lab_code", "device_id", "tested_on")
FACT_ROW, HEADER_ROW = 1, 7
LEADING = ("analyte", "analyte_name", "unit", *SYSTEM_KINDS)
TRAILING = ("comment", "expanded_u_result", "coverage_factor")
"""Columns behind the samples; none of them has to be filled in."""
_WIDTHS = {"analyte": 12, "analyte_name": 24, "unit": 12, "comment": 24}


def write_template(path: Path | str, expectations: Expectations, locale: str) -> None:
    """Write the form: instructions, results (analytes as rows, samples as columns), code lists.

    Parameters
    ----------
    path : the .xlsx file to write.
    expectations : the programme-round; its laboratory codes are not written into the form.
    locale : zh_CN or en.

    Raises
    ------
    DataError
        when the file cannot be written.

    Notes
    -----
    Entry cells are formatted as text, so that leading zeros of codes and trailing zeros of results
    stay as typed. Sheets are protected without a password: against slips, not against intent. Same
    expectations, same bytes: the creation date is the day of dispatch, or `workbooks.CREATED`.
    """
    opens = expectations.opens_at
    created = CREATED if opens is None else datetime(opens.year, opens.month, opens.day)
    title = f"{phrase('form.title', locale)} {expectations.programme_no} {expectations.round}"
    with written_workbook(Path(path), title, created) as workbook:
        styles = {
            "head": workbook.add_format(HEAD),
            "locked": workbook.add_format(LOCKED),
            "open": workbook.add_format(OPEN),
            "date": workbook.add_format(OPEN | {"num_format": "yyyy-mm-dd"}),
            "title": workbook.add_format(FONT | {"bold": True, "font_size": 14}),
            "prose": workbook.add_format(FONT | {"text_wrap": True}),
        }
        results = workbook.add_worksheet(phrase("sheet.results", locale))
        instructions = workbook.add_worksheet(phrase("sheet.instructions", locale))
        ranges = _write_lists(workbook, expectations, locale, styles)
        _write_instructions(instructions, expectations, locale, styles)
        _write_facts(results, expectations, locale, styles)
        _write_entries(results, expectations, locale, styles, ranges)


def _write_instructions(
    sheet: Any, expectations: Expectations, locale: str, styles: Mapping[str, Any]
) -> None:
    """How to fill the form in, one sentence a row."""
    closing = expectations.closing_at
    write_text(sheet, 0, 0, phrase("form.title", locale), styles["title"])
    shown = "–" if closing is None else day(closing).isoformat()
    for number in range(1, 10):
        write_text(
            sheet, number, 0, f"{number}. {phrase(f'help.{number}', locale, closing=shown)}", styles["prose"]
        )
    sheet.set_column(0, 0, 100)
    sheet.protect()


def _write_facts(sheet: Any, expectations: Expectations, locale: str, styles: Mapping[str, Any]) -> None:
    """What is true of the whole form: round and programme locked, laboratory, device and date open."""
    write_text(sheet, 0, 0, phrase("form.title", locale), styles["title"])
    for row, name in enumerate(FACTS, start=FACT_ROW):
        write_text(sheet, row, 0, phrase(name, locale), styles["head"])
        given = {"round": expectations.round, "programme_no": expectations.programme_no}.get(name)
        style = "locked" if given else "date" if name == "tested_on" else "open"
        write_text(sheet, row, 1, given or "", styles[style])
    help_text = {"validate": "any", "input_message": phrase("form.help_lab", locale)}
    sheet.data_validation(
        FACT_ROW + FACTS.index("lab_code"), 1, FACT_ROW + FACTS.index("lab_code"), 1, help_text
    )
    _validate_date(sheet, FACT_ROW + FACTS.index("tested_on"), expectations, locale)


def _validate_date(sheet: Any, row: int, expectations: Expectations, locale: str) -> None:
    """Test dates lie between dispatch and closing, where both are known."""
    if expectations.opens_at is None or expectations.closing_at is None:
        return
    first, last = day(expectations.opens_at), day(expectations.closing_at)
    sheet.data_validation(
        *(row, 1, row, 1),
        {
            "validate": "date",
            "criteria": "between",
            "minimum": first,
            "maximum": last,
            "input_message": phrase("form.help_date", locale),
            "error_message": phrase("form.bad_date", locale, first=first, last=last),
        },
    )


def _write_entries(
    sheet: Any,
    expectations: Expectations,
    locale: str,
    styles: Mapping[str, Any],
    ranges: Mapping[str, str],
) -> None:
    """Header and one row an analyte."""
    names = [*LEADING, *("" for _ in expectations.samples), *TRAILING]
    samples = iter(expectations.samples)
    headings = [phrase(name, locale) if name else next(samples) for name in names]
    for column, (name, heading) in enumerate(zip(names, headings, strict=True)):
        write_text(sheet, HEADER_ROW, column, heading, styles["head"])
        sheet.set_column(column, column, _WIDTHS.get(name, 16))
    for row, analyte in enumerate(expectations.analytes, start=HEADER_ROW + 1):
        name = analyte.name_zh if locale == "zh_CN" else analyte.name_en
        write_text(sheet, row, 0, analyte.analyte, styles["locked"])
        write_text(sheet, row, 1, name or analyte.name_zh or analyte.name_en, styles["locked"])
        unit_style = styles["open" if f"unit:{analyte.analyte}" in ranges else "locked"]
        write_text(sheet, row, 2, analyte.unit, unit_style)
        for column in range(len(LEADING) - len(SYSTEM_KINDS), len(headings)):
            uncertain = names[column] in TRAILING[1:]
            closed = uncertain and analyte.result_type != QUANTITATIVE
            write_text(sheet, row, column, "", styles["locked" if closed else "open"])
        _validate_row(sheet, row, analyte, locale, ranges)
        _validate_values(sheet, row, analyte, expectations, (locale, ranges))
    sheet.freeze_panes(HEADER_ROW + 1, 2)
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True})
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD2000"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEADER_ROW)


def _validate_row(
    sheet: Any, row: int, analyte: ExpectedAnalyte, locale: str, ranges: Mapping[str, str]
) -> None:
    """Drop-downs of unit (strict) and of the measuring system (other texts are possible)."""
    for column, name in enumerate(LEADING):
        source = ranges.get(f"unit:{analyte.analyte}" if name == "unit" else name)
        if source is None:
            continue
        strict = name == "unit"
        rule = {
            "validate": "list",
            "source": source,
            "error_type": "stop" if strict else "warning",
            "error_message": phrase("form.bad_choice" if strict else "form.odd_choice", locale),
        }
        sheet.data_validation(row, column, row, column, rule)


def _validate_values(
    sheet: Any,
    row: int,
    analyte: ExpectedAnalyte,
    expectations: Expectations,
    words: tuple[str, Mapping[str, str]],
) -> None:
    """Advice on result cells; a drop-down where the result is a code."""
    if not expectations.samples:
        return
    locale, ranges = words
    first, last = len(LEADING), len(LEADING) + len(expectations.samples) - 1
    source = ranges.get(f"codes:{analyte.analyte}")
    if analyte.result_type == QUANTITATIVE or source is None:
        rule = {"validate": "any", "input_message": phrase("form.help_value", locale)}
    else:
        message = phrase("form.bad_choice", locale)
        rule = {"validate": "list", "source": source, "error_message": message}
        if analyte.reader is not None:
            # a synonym or a quantity beside the answer is read too, so the list advises only
            rule |= {"error_type": "warning", "error_message": phrase("form.odd_choice", locale)}
    sheet.data_validation(row, first, row, last, rule)
    if analyte.result_type == QUANTITATIVE:
        advice = {"validate": "any", "input_message": phrase("form.help_u", locale)}
        place = last + 1 + TRAILING.index("expanded_u_result")
        sheet.data_validation(row, place, row, place, advice)


def _write_lists(
    workbook: Any, expectations: Expectations, locale: str, styles: Mapping[str, Any]
) -> dict[str, str]:
    """The sheet of code lists, one list a column; returns the range of each list."""
    name = phrase("sheet.lists", locale)
    sheet = workbook.add_worksheet(name)
    ranges: dict[str, str] = {}
    for column, (key, (heading, entries)) in enumerate(_lists(expectations, locale).items()):
        write_text(sheet, 0, column, heading, styles["head"])
        for row, entry in enumerate(entries, start=1):
            write_text(sheet, row, column, entry, styles["locked"])
        letter = _letter(column)
        ranges[key] = f"='{name}'!${letter}$2:${letter}${len(entries) + 1}"
        sheet.set_column(column, column, 24)
    sheet.protect()
    return ranges


def _lists(expectations: Expectations, locale: str) -> dict[str, tuple[str, list[str]]]:
    """Key -> heading and entries of every list the form needs."""
    lists: dict[str, tuple[str, list[str]]] = {}
    for kind in SYSTEM_KINDS:
        labels = [choice.label(locale) for choice in expectations.choices(kind)]
        if labels:
            lists[kind] = (phrase("list.of", locale, what=phrase(kind, locale)), labels)
    for analyte in expectations.analytes:
        units = list(dict.fromkeys([analyte.unit, *(unit.unit for unit in analyte.accepted_units)]))
        if len(units) > 1:
            heading = f"{analyte.analyte} {phrase('unit', locale)}"
            lists[f"unit:{analyte.analyte}"] = (heading, units)
        if analyte.codes or analyte.choices:
            heading = phrase("list.codes", locale, analyte=analyte.analyte)
            place = 0 if locale == "zh_CN" else 1
            entries = [names[place] for names in analyte.choices.values()] or list(analyte.codes)
            lists[f"codes:{analyte.analyte}"] = (heading, entries)
    return lists


def _letter(column: int) -> str:
    """Letters of a column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters
