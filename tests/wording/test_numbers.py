"""The rules for numbers on paper, one by one."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import WorkbenchError
from workbench.wording import (
    consistent,
    consistent_range,
    count_rate,
    percent,
    printed,
    range_text,
    rounded,
    score_text,
    significant,
)

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (2.345, 2, "2.34"),
        (0.105, 2, "0.10"),
        (2.355, 2, "2.36"),
        (0.5, 0, "0"),
        (1.5, 0, "2"),
        (2.5, 0, "2"),
        (2.500001, 0, "3"),
        (1.005, 2, "1.00"),
        (1.015, 2, "1.02"),
        (Decimal("2.345"), 2, "2.34"),
        (np.float64(2.345), 2, "2.34"),
        (1e-7, 3, "0.000"),
        (1e22, 0, "10000000000000000000000"),
        (-0.004, 2, "0.00"),
        (7, 2, "7.00"),
    ],
)
def test_one_rounding_half_to_even(value: float, decimals: int, expected: str) -> None:
    assert rounded(value, decimals) == expected


def test_rounding_is_never_successive() -> None:
    assert rounded(2.3451, 2) == "2.35"
    assert rounded(0.4546, 0) == "0"


def test_half_up_is_a_choice_and_others_are_refused() -> None:
    assert rounded(2.345, 2, "half_up") == "2.35"
    with pytest.raises(WorkbenchError, match="down"):
        rounded(2.345, 2, "down")


@given(FINITE, st.integers(0, 6))
def test_rounding_is_within_half_a_unit(value: float, decimals: int) -> None:
    assert abs(Decimal(rounded(value, decimals)) - Decimal(repr(value))) <= Decimal(1).scaleb(-decimals) / 2


def test_minus_is_u2212_and_zero_has_no_sign() -> None:
    assert printed(-1.5, 1) == "\u22121.5"
    assert printed(-0.001, 2) == "0.00"
    assert printed(-0.001, 2, signed=True) == "0.00"
    assert printed(3.2, 1, signed=True) == "+3.2"
    assert printed(-3.2, 1, signed=True) == "\u22123.2"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), np.nan])
def test_no_number_prints_a_dash(value: float | None) -> None:
    assert printed(value, 2) == percent(value) == significant(value) == score_text(value) == "–"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2.996, ("2.996", True)),
        (-2.996, ("\u22122.996", True)),
        (2.994, ("2.99", False)),
        (3.0, ("3.00", False)),
        (3.004, ("3.004", True)),
        (1.9996, ("1.9996", True)),
        (2.00000001, ("2.000001", True)),
        (1.5, ("1.50", False)),
    ],
)
def test_z_never_contradicts_its_class(value: float, expected: tuple[str, bool]) -> None:
    assert consistent(value, 2, (-3, -2, 2, 3)) == expected


def test_float_noise_on_the_limit_counts_as_on_it() -> None:
    assert consistent(100.00000000000001, 0, (-100, 100)) == ("100", False)


@given(st.floats(-5, 5, allow_nan=False), st.integers(0, 3))
def test_the_printed_class_is_the_class(value: float, decimals: int) -> None:
    shown = float(consistent(value, decimals, (-3, -2, 2, 3))[0].replace("\u2212", "-"))
    for boundary in (-3, -2, 2, 3):
        if abs(value - boundary) > 1e-8:
            assert (shown > boundary) == (value > boundary)
            assert shown != boundary


def test_a_range_never_contradicts_the_result_beside_it() -> None:
    assert consistent_range(0.8755, 1.1845, 3, 1.1845, "en") == ("0.876 to 1.1845", True)
    assert consistent_range(0.8755, 1.1844, 3, 1.1843, "zh_CN") == ("0.876～1.1844", True)
    assert consistent_range(0.8755, 1.1844, 3, 1.0, "en") == ("0.876 to 1.184", False)
    assert consistent_range(0.8755, 1.1844, 3, None, "en") == ("0.876 to 1.184", False)
    assert consistent_range(float("nan"), None, 3, 1.0, "en") == ("–", False)


def test_ranges_by_language() -> None:
    assert range_text(4.888, 5.512, 3, "zh_CN") == "4.888～5.512"
    assert range_text(-1.0, 1.0, 1, "en") == "\u22121.0 to 1.0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0063, "0.0063"),
        (0.0996, "0.10"),
        (9.96, "10"),
        (1234.0, "1200"),
        (0.0, "0"),
        (-0.25, "\u22120.25"),
        (0.5, "0.50"),
    ],
)
def test_two_significant_figures(value: float, expected: str) -> None:
    assert significant(value) == expected


def test_scores_print_whole_or_with_one_decimal() -> None:
    assert [score_text(v) for v in (100.0, 60.0, 100 * 145 / 150)] == ["100%", "60%", "96.7%"]


def test_a_percentage_carries_its_count() -> None:
    assert count_rate(145, 150, "en") == "96.7% (145/150)"
    assert count_rate(145, 150, "zh_CN", prose=True) == "96.7%（145/150）"
    assert count_rate(0, 0, "en") == "–"
    assert count_rate(2, 3, "zh_CN", (20.77, 93.85)) == "66.7% (2/3；95% 区间 20.8%～93.8%)"
