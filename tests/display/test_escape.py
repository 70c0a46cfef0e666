"""Untrusted text can neither run, nor reorder, nor leave its place."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.display.escape import (
    LONGEST_TOKEN,
    has_long_token,
    html_link,
    html_text,
    printable,
    typst_string,
    typst_text,
)
from workbench.display.widths import longest_token, tail_width, text_width

LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def literal_value(literal: str) -> str:
    """What Typst reads from a string literal."""
    escapes = {"n": "\n", "r": "\r", '"': '"', "\\": "\\"}
    return re.sub(
        r"\\(u\{([0-9a-f]+)\}|.)",
        lambda found: chr(int(found[2], 16)) if found[2] else escapes[found[1]],
        literal[1:-1],
    )


@given(st.text(max_size=80))
def test_typst_string_holds_exactly_its_text(text: str) -> None:
    literal = typst_string(text)
    assert LITERAL.fullmatch(literal)
    assert literal_value(literal) == text


@given(st.text(max_size=120))
def test_typst_text_is_literals_and_our_functions_only(text: str) -> None:
    rest = LITERAL.sub("", typst_text(text))
    assert re.fullmatch(r"[()+]*(?:(?:super|sub|linebreak|box)[()+]*)*", rest)


@given(st.text(max_size=120))
def test_html_text_reads_back_as_the_printable_text(text: str) -> None:
    shown = html_text(text)
    assert set(re.findall(r"<[^>]*>", shown)) <= {"<sup>", "</sup>", "<sub>", "</sub>", "<br>"}
    assert '"' not in shown
    plain = html.unescape(re.sub(r"<br>", "\n", re.sub(r"</?su[pb]>", "", shown)))
    for raised, flat in zip(
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+−=()n0123456789+−=()", strict=True
    ):
        text = text.replace(raised, flat)
    assert plain == printable(text)


@pytest.mark.parametrize("mark", ["\u202a", "\u202e", "\u2066", "\x00", "\x1b", "\u2028", "\ud800"])
def test_reordering_and_control_characters_become_visible(mark: str) -> None:
    assert printable(f"1{mark}2") == f"1[U+{ord(mark):04X}]2"


@pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\u200f", "\ufeff", "\u00ad"])
def test_harmless_invisible_characters_vanish(mark: str) -> None:
    assert printable(f"5.{mark}10") == "5.10"


def test_long_tokens_may_break_and_sentences_stay_whole() -> None:
    assert typst_text("W" * 50).count("box()") == 2
    assert has_long_token("W" * 50)
    assert not has_long_token("many short words that go on and on for a while")
    assert longest_token("W" * 500) == pytest.approx(text_width("W" * LONGEST_TOKEN))


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "//evil", "file:///etc", "#a b"]
)
def test_unsafe_links_are_dropped(target: str) -> None:
    assert html_link(target, "x") == "x"


def test_tail_width_is_what_follows_the_units_digit() -> None:
    assert tail_width("−0.20") == pytest.approx(0.278 + 2 * 0.555)
    assert tail_width("4.888～5.512") == pytest.approx(0.278 + 3 * 0.555)
    assert tail_width("<5") == 0
    assert tail_width("未回报") is None
