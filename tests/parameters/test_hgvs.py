"""Normal forms of variant names against the HGVS recommendations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.parameters.hgvs import AMINO_ACIDS, normalise_dna, normalise_protein, one_letter

# HGVS nomenclature v21 (hgvs-nomenclature.org): what is deleted or duplicated is not repeated (DNA: deletion,
# duplication); three-letter codes, "Ter" or "*" for a stop (protein: general).
DNA = {
    "NM_004006.2:c.5697delA": "c.5697del",
    "NM_004006.2:c.20dupT": "c.20dup",
    "c.20_23dupTGGA": "c.20_23dup",
    "c.6775_6777delGAGinsC": "c.6775_6777delinsC",
    "c.1234_1235insACGT": "c.1234_1235insACGT",
    "NM_000441.2(SLC26A4):c.919-2a>g": "c.919-2A>G",
    "c.（126_129del）": "c.126_129del",
    "NC_012920.1:m.1555A→G": "m.1555A>G",
    "c.176_191del16": "c.176_191del",
    "HBB:c.–78A＞G": "c.-78A>G",
}
PROTEIN = {
    "NP_003997.1:p.Trp24Cys": "p.Trp24Cys",
    "p.(Trp24Cys)": "p.Trp24Cys",
    "p.W24*": "p.Trp24Ter",
    "p.Trp24X": "p.Trp24Ter",
    "p.Val7del": "p.Val7del",
    "p.K23_V25del": "p.Lys23_Val25del",
    "p.Ala3_Ser5dup": "p.Ala3_Ser5dup",
    "p.His4_Gln5insAla": "p.His4_Gln5insAla",
    "p.Cys28delinsTrpVal": "p.Cys28delinsTrpVal",
    "p.R97fs*23": "p.Arg97fsTer23",
    "v600e": "p.Val600Glu",
}


@pytest.mark.parametrize("written", DNA)
def test_dna_descriptions(written: str) -> None:
    assert normalise_dna(written) == DNA[written]


@pytest.mark.parametrize("written", PROTEIN)
def test_protein_descriptions(written: str) -> None:
    assert normalise_protein(written) == PROTEIN[written]


@pytest.mark.parametrize("text", ["", "19del", "fs", "CD41-42", "*2", "野生型", "p.", "V600", "ins"])
def test_what_is_no_protein_change_is_none(text: str) -> None:
    assert normalise_protein(text) == ""


LETTERS = st.sampled_from([letter for letter in AMINO_ACIDS if letter not in "XU"])


@given(LETTERS, st.integers(1, 9999), LETTERS)
def test_one_and_three_letters_are_the_same_change(first: str, place: int, last: str) -> None:
    short = f"{first}{place}{last}"
    long = normalise_protein(short)
    assert one_letter(long) == short
    assert normalise_protein(long) == long == normalise_protein(f"p.({long[2:]})")


@given(st.text("acgtACGTdelinsup.0123456789_>-+()c:mNM X→＞", max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_dna(normalise_dna(text)) == normalise_dna(text)
