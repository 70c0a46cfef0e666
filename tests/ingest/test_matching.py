"""Codes and units: never a wrong match, at worst none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.ingest import AcceptedUnit, ExpectedAnalyte
from workbench.ingest.matching import CodeBook, UnitBook

CODES = st.sets(st.text("0123456789", min_size=1, max_size=5), min_size=1, max_size=8)


@given(CODES, st.data())
def test_lost_zeros_never_lead_to_a_wrong_code(codes: set[str], data: st.DataObject) -> None:
    book = CodeBook("lab_code", [(code, code) for code in sorted(codes)])
    sent = data.draw(st.sampled_from(sorted(codes)))
    assert book.find(sent) == book.find(f" {sent} ")
    assert (book.find(sent).code, book.find(sent).flags) == (sent, ())
    stripped = sent.lstrip("0")
    rivals = [code for code in codes if code.lstrip("0") == stripped]
    match = book.find(stripped)
    if not stripped:
        assert match.reason == "lab_code_missing"
    elif stripped in codes:
        assert match.code == stripped
    elif len(rivals) == 1:
        assert (match.code, match.flags) == (sent, ("zeros_restored",))
    else:
        assert match.reason == "lab_code_ambiguous"


def test_case_decides_where_it_tells_codes_apart() -> None:
    book = CodeBook("analyte", [("Ca", "Ca"), ("CA", "CA")])
    assert (book.find("Ca").code, book.find("CA").code) == ("Ca", "CA")
    assert book.find("ca").reason == "analyte_ambiguous"


@pytest.mark.parametrize(
    "text", ["10^9/L", "×10^9/L", "x10^9/L", "10⁹/L", "10*9/L", "10E9/L", "１０^９/Ｌ", "10^9/l"]
)
def test_spellings_of_a_power_of_ten(text: str) -> None:
    assert UnitBook(ExpectedAnalyte("WBC", unit="10^9/L")).find(text).reason == ""


@pytest.mark.parametrize(
    ("text", "found"), [("µmol/L", True), ("umol/L", True), ("μmol/l", True), ("mmol/L", False)]
)
def test_spellings_of_micro(text: str, found: bool) -> None:
    match = UnitBook(ExpectedAnalyte("Cre", unit="μmol/L")).find(text)
    assert (match.reason == "") is found


def test_units_that_differ_only_in_case_are_never_guessed() -> None:
    book = UnitBook(
        ExpectedAnalyte("X", unit="mU/L", accepted_units=(AcceptedUnit("MU/L", Decimal(10) ** 9),))
    )
    assert (book.find("mU/L").unit.factor, book.find("MU/L").unit.factor) == (1, Decimal(10) ** 9)
    assert book.find("mu/l").reason == "unit_ambiguous"


def test_second_spelling_of_the_own_unit_is_noted_not_converted() -> None:
    book = UnitBook(ExpectedAnalyte("K", unit="mmol/L", accepted_units=(AcceptedUnit("mEq/L"),)))
    assert (book.find("mEq/L").flags, book.find("mmol/L").flags) == (("unit_spelling",), ())
