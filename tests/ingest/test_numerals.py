"""Texts for quantities: digits exact, liberties noted, nothing guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ingest.cells import number_cell
from workbench.ingest.dispositions import FLAGS, REASONS
from workbench.ingest.numerals import decimals_of, read_number


@pytest.mark.parametrize(
    ("text", "number", "censor", "flags"),
    [
        ("5.10", "5.10", 0, ()),
        (" 5 ", "5", 0, ()),
        ("+0.5", "0.5", 0, ()),
        ("-3", "-3", 0, ()),
        (".5", "0.5", 0, ()),
        ("5.", "5", 0, ()),
        ("５．１", "5.1", 0, ("full_width",)),
        ("−3", "-3", 0, ("full_width",)),
        ("５，１", "5.1", 0, ("full_width", "decimal_comma")),
        ("<0.5", "0.5", -1, ()),
        ("< 0.5", "0.5", -1, ()),
        (">500", "500", 1, ()),
        ("＜0.5", "0.5", -1, ("full_width",)),
        ("≤0.5", "0.5", -1, ("or_equal",)),
        ("≥ 9", "9", 1, ("or_equal",)),
        ("<=0.5", "0.5", -1, ("or_equal",)),
        ("小于0.5", "0.5", -1, ("censor_words",)),
        ("大于等于9", "9", 1, ("or_equal",)),
        ("1,5", "1.5", 0, ("decimal_comma",)),
        ("0,123", "0.123", 0, ("decimal_comma",)),
        ("12,3456", "12.3456", 0, ("decimal_comma",)),
        ("1234,567", "1234.567", 0, ("decimal_comma",)),
        ("1,234,567", "1234567", 0, ("thousands_comma",)),
        ("1,234.5", "1234.5", 0, ("thousands_comma",)),
        ("1.234,5", "1234.5", 0, ("decimal_comma",)),
        ("1.5E3", "1500", 0, ("scientific",)),
        ("1.5×10^3", "1500", 0, ("scientific",)),
        ("5.1↑", "5.1", 0, ("mark_removed",)),
        ("5.0999999999999996", "5.1", 0, ("float_artefact",)),
    ],
)
def test_numbers(text: str, number: str, censor: int, flags: tuple[str, ...]) -> None:
    reading = read_number(text)
    assert (reading.number, reading.censor, reading.flags, reading.reason) == (
        Decimal(number),
        censor,
        flags,
        "",
    )


@pytest.mark.parametrize("text", ["1,234", "１，２３４", "<1,234", "-9,999", "1,234 mg/dL"])
def test_one_comma_and_three_digits_is_never_guessed(text: str) -> None:
    assert read_number(text).reason == "ambiguous_comma"


@pytest.mark.parametrize(
    "text",
    ["1月2日", "2-Jan", "Jan-02", "2026-01-02", "2026/1/2", "2026.1.2", "2026年1月", "2026-01-02 00:00:00"],
)
def test_dates_are_not_numbers(text: str) -> None:
    assert read_number(text).reason == "date_for_value"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "阴性",
        "1-2",
        "1/2",
        "5..1",
        "5,1,2",
        "12,34,567",
        "=1+1",
        "+",
        "-",
        "@x",
        "1:80",
        "٣",
        "nan",
        "inf",
        "1 234",
    ],
)
def test_texts_that_are_no_numbers(text: str) -> None:
    reading = read_number(text)
    assert reading.number is None
    assert not reading.reason


@pytest.mark.parametrize("text", ["6901234567890123", "1e15", "-1E300", "1E999"])
def test_absurd_sizes(text: str) -> None:
    assert read_number(text).reason == "absurd_value"


def test_text_behind_a_number_is_handed_on() -> None:
    reading = read_number("<5.10 mmol/L")
    assert (reading.number, reading.censor, reading.rest) == (Decimal("5.10"), -1, "mmol/L")


@given(st.decimals(min_value=-99999, max_value=99999, places=3, allow_nan=False))
def test_plain_decimals_survive_digit_for_digit(number: Decimal) -> None:
    reading = read_number(format(number, "f"))
    assert reading.number is not None
    assert (reading.number, decimals_of(reading.number)) == (number, 3)


@given(st.text(max_size=20))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    reading = read_number(text)
    assert set(reading.flags) <= FLAGS
    assert reading.reason in REASONS | {""}
    assert reading.number is None or not reading.reason


@pytest.mark.parametrize(
    ("value", "number_format", "text", "flags"),
    [
        (5.0999999999999996, "General", "5.1", ()),
        (0.1 + 0.2, "General", "0.3", ("float_artefact",)),
        (5.1, "0.00", "5.10", ("decimals_from_format",)),
        (5, "0.000", "5.000", ("decimals_from_format",)),
        (5.0, "General", "5", ()),
        (5.1234, "0.00", "5.1234", ("more_digits_than_shown",)),
        (1234.5, "#,##0.00", "1234.50", ("decimals_from_format",)),
        (-2.5, "0.00;[Red]-0.00", "-2.50", ("decimals_from_format",)),
        (2.5, '0.00" mmol/L"', "2.50", ("decimals_from_format",)),
        (7, "000", "7", ()),
        (0.051, "0.0%", "5.1%", ("percent_format",)),
        (0.00001, "General", "0.00001", ()),
        (1e22, "General", "1" + "0" * 22, ()),
        (12345678, "General", "12345678", ()),
    ],
)
def test_number_cells(value: float, number_format: str, text: str, flags: tuple[str, ...]) -> None:
    cell = number_cell(value, number_format)
    assert (cell.text, cell.flags) == (text, flags)
