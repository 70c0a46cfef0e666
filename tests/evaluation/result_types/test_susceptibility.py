"""Susceptibility: breakpoints as data, error classes, near breakpoints, rates with their denominators."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError, ParameterError
from workbench.evaluation.result_types.reasons import REASONS
from workbench.evaluation.result_types.susceptibility import (
    GRADES,
    SUSCEPTIBILITY,
    SusceptibilityLists,
    SusceptibilityRule,
    error_class,
    grade_susceptibility,
    susceptibility_rates,
)
from workbench.evaluation.result_types.susceptibility_answers import read_category, read_mic, read_panel
from workbench.parameters.breakpoints import breakpoints, dilution
from workbench.parameters.vocabularies import vocabularies

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "qualitative_ast.json"
BOOK = breakpoints()
WORDS = vocabularies()
LISTS = SusceptibilityLists(BOOK, (WORDS["bacteria"], WORDS["fungi"]), WORDS["antimicrobials"])

# CLSI M100 34th ed. 2024, Table 2A-1/2B-1/2C/2D; EUCAST v. 14.0 2024: categories of single MICs (mg/L).
PUBLISHED = [
    ("CLSI", 2024, "ECO", "CIP", "0.25", "S"),
    ("CLSI", 2024, "ECO", "CIP", "0.5", "I"),
    ("CLSI", 2024, "ECO", "CIP", "1", "R"),
    ("CLSI", 2018, "ECO", "CIP", "1", "S"),
    ("CLSI", 2024, "SAL-TYP", "CIP", "0.12", "I"),
    ("CLSI", 2024, "KPN", "FEP", "8", "SDD"),
    ("CLSI", 2024, "KPN", "MEM", "4", "R"),
    ("CLSI", 2024, "ECO", "AMK", "16", "R"),
    ("CLSI", 2022, "ECO", "AMK", "16", "S"),
    ("CLSI", 2024, "ECO", "TZP", "16", "SDD"),
    ("CLSI", 2024, "PAE", "MEM", "4", "I"),
    ("CLSI", 2024, "SAU", "VAN", "4", "I"),
    ("CLSI", 2024, "SEP", "VAN", "4", "S"),
    ("CLSI", 2024, "EFM", "VAN", "32", "R"),
    ("CLSI", 2024, "C-ALB", "FLU", "4", "SDD"),
    ("CLSI", 2024, "C-GLA", "FLU", "16", "SDD"),
    ("EUCAST", 2024, "ECO", "CIP", "0.5", "I"),
    ("EUCAST", 2024, "ECO", "CTX", "2", "I"),
    ("EUCAST", 2024, "ECO", "CTX", "4", "R"),
    ("EUCAST", 2024, "ECO", "AMP", "8", "S"),
    ("EUCAST", 2024, "ECO", "AMP", "16", "R"),
    ("EUCAST", 2024, "PAE", "CAZ", "4", "I"),
    ("EUCAST", 2024, "KPN", "MEM", "8", "I"),
]


def path_of(code: str) -> tuple[str, ...]:
    return LISTS.organism_path(code)


def pairs(*rows: dict[str, object]) -> pd.DataFrame:
    base = {"organism": "ECO", "drug": "CIP", "category": "S", "standard": "CLSI", "year": 2024}
    return pd.DataFrame([base | row for row in rows])


@pytest.mark.parametrize(("standard", "year", "organism", "drug", "mic", "category"), PUBLISHED)
def test_categories_of_published_breakpoints(
    standard: str, year: int, organism: str, drug: str, mic: str, category: str
) -> None:
    row = BOOK.find(standard, year, path_of(organism), drug)
    assert row is not None
    step = dilution(float(mic))
    assert step is not None
    assert row.by_dilution(step) == category


def test_zones_and_bounds_differ_between_the_standards() -> None:
    clsi, eucast = (BOOK.find(name, 2024, path_of("ECO"), "CIP") for name in ("CLSI", "EUCAST"))
    assert clsi is not None
    assert eucast is not None
    assert [clsi.by_zone(z) for z in (26, 25, 22, 21)] == ["S", "I", "I", "R"]
    assert [eucast.by_zone(z) for z in (25, 24, 22, 21)] == ["S", "I", "I", "R"]


def test_every_row_names_document_and_clause_and_known_codes() -> None:
    assert len(BOOK) > 150
    for row in BOOK:
        assert row.document
        assert row.clause
        assert row.trust in ("high", "medium", "low")
        assert path_of(row.organism), row.organism
        assert LISTS.drug(row.drug) == row.drug
    for _, row in BOOK.intrinsic:
        assert path_of(row.organism), row.organism
        assert all(LISTS.drug(drug) == drug for drug in row.drugs)


def test_published_error_rates() -> None:
    if not REFERENCE.exists():
        pytest.skip("published numbers are not at hand")
    cases = {c["id"]: c for c in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}
    case = cases["AST-cipro-disk"]
    counts, expected = case["inputs"], case["expected"]
    n, susceptible = counts["n"], counts["susceptible_by_reference"]
    agree = n - counts["VME"] - counts["ME"] - counts["mE"]
    # As many isolates of each kind as the abstract counts, graded through the whole module.
    rows = [{"reference_category": "S", "category": "R"}] * counts["ME"]
    rows += [{"reference_category": "S", "category": "S"}] * (susceptible - counts["ME"])
    rows += [{"reference_category": "I", "category": "S"}] * counts["mE"]
    rows += [{"reference_category": "R", "category": "R"}] * (n - susceptible - counts["mE"])
    rates = susceptibility_rates(grade_susceptibility(pairs(*rows), LISTS)).iloc[0]
    assert rates["agree"] == agree
    assert 100 * rates["agreement"] == pytest.approx(expected["CA_percent"], abs=case["tolerance"])
    assert 100 * rates["minor_rate"] == pytest.approx(expected["mE_percent"], abs=case["tolerance"])
    assert 100 * rates["major_rate"] == pytest.approx(expected["ME_percent"], abs=case["tolerance"])


def test_score_of_the_regulation_counts_drugs() -> None:
    # 42 CFR 493.911(b): amikacin, cephalothin and tobramycin, two of three right: 2/3 x 100 = 67 percent.
    graded = grade_susceptibility(
        pairs(
            {"drug": "AMK", "category": "S", "reference_mic": "1"},
            {"drug": "CZO", "category": "S", "reference_mic": "64"},
            {"drug": "TOB", "category": "S", "reference_mic": "0.5"},
        ),
        LISTS,
    )
    assert round(100 * (graded["signal"] == "acceptable").mean()) == 67
    assert graded["grade"].tolist() == ["agree", "very_major", "agree"]
    assert graded["critical"].tolist() == [False, True, False]


def test_error_classes() -> None:
    assert error_class("R", "S") == "major"
    assert error_class("S", "SDD") == error_class("I", "R") == "minor"


def test_near_a_breakpoint_is_not_graded_or_each_category_accepted() -> None:
    rows = pairs(
        *({"reference_mic": mic, "category": c} for mic, c in (("0.25", "I"), ("0.06", "S"), ("4", "R")))
    )
    graded = grade_susceptibility(rows, LISTS)
    assert graded["reason"].tolist() == ["near_breakpoint", "", ""]
    assert graded["signal"].tolist() == ["not_scored", "acceptable", "acceptable"]
    assert graded["accepted"].tolist()[0] == "I|S"
    lenient = SusceptibilityRule(SUSCEPTIBILITY.marks, near="accept")
    assert grade_susceptibility(rows, LISTS, lenient)["grade"].tolist() == ["agree", "agree", "agree"]
    exact = SusceptibilityRule(SUSCEPTIBILITY.marks, margin_dilutions=0)
    assert grade_susceptibility(rows, LISTS, exact)["grade"].tolist() == ["minor", "agree", "agree"]
    zones = pairs({"reference_zone": 26}, {"reference_zone": 30}, {"reference_zone": 10, "category": "R"})
    assert grade_susceptibility(zones, LISTS)["reason"].tolist() == ["near_breakpoint", "", ""]


def test_graded_under_the_standard_the_laboratory_declares() -> None:
    rows = pairs({"reference_mic": "0.25", "year": 2018}, {"reference_mic": "0.06", "standard": "EUCAST"})
    graded = grade_susceptibility(rows, LISTS)
    assert graded["grade"].tolist() == ["agree", "agree"]
    assert graded["other_standard"].tolist() == [True, True]
    odd = grade_susceptibility(pairs({"standard": "BSAC"}, {"standard": None, "reference_mic": "1"}), LISTS)
    assert odd["reason"].tolist() == ["standard_unknown"] * 2
    none = grade_susceptibility(pairs({"drug": "VAN", "reference_mic": "1"}), LISTS)
    assert none["reason"].tolist() == ["no_breakpoint"]


def test_intrinsic_resistance_comes_before_any_measurement() -> None:
    rows = pairs(
        {"organism": "KPN", "drug": "AMP", "category": "S", "reference_mic": "2"},
        {"organism": "克柔念珠菌", "drug": "氟康唑", "category": "R", "reference_mic": "1"},
    )
    graded = grade_susceptibility(rows, LISTS)
    assert graded["intrinsic"].tolist() == [True, True]
    assert graded["grade"].tolist() == ["very_major", "agree"]


def test_essential_agreement_and_a_category_that_contradicts_its_own_mic() -> None:
    rows = pairs(
        {"mic": "0.03", "reference_mic": "0.06"},
        {"mic": "0.25", "reference_mic": "0.06"},
        {"mic": "≤0.25", "reference_mic": "0.06"},
        {"mic": ">4", "reference_mic": "0.06", "category": "S"},
        {"mic": "", "reference_mic": "0.06"},
    )
    graded = grade_susceptibility(rows, LISTS)
    assert graded["essential"].tolist()[:4] == [1.0, 0.0, 1.0, 0.0]
    assert math.isnan(graded["essential"].iloc[4])
    assert graded["contradicts_own"].tolist() == [False, False, False, True, False]


def test_what_cannot_be_read_has_a_reason_and_stays() -> None:
    rows = pairs(
        {"organism": "Foo bar"},
        {"drug": "XYZ"},
        {"category": "Q"},
        {"mic": "3", "reference_mic": "0.03"},
        {"mic": "abc", "reference_mic": "0.03"},
        {"zone": "99", "reference_mic": "0.03"},
        {"category": None, "reference_mic": "0.03"},
    )
    graded = grade_susceptibility(rows, LISTS)
    assert len(graded) == len(rows)
    assert graded["reason"].tolist() == [
        "organism_unknown",
        "drug_unknown",
        "category_unknown",
        "",
        "",
        "",
        "",
    ]
    assert graded["measured_reason"].tolist()[3:6] == ["mic_off_ladder", "mic_unreadable", "zone_impossible"]
    assert graded["grade"].tolist()[3] == "agree"
    assert graded["grade"].tolist()[6] == "not_scored"
    assert set(graded["reason"]) | set(graded["measured_reason"]) <= {"", *REASONS}


def test_rates_without_a_denominator_are_nan_not_zero() -> None:
    graded = grade_susceptibility(pairs({"reference_mic": "0.03"}, {"reference_mic": "0.25"}), LISTS)
    rates = susceptibility_rates(graded).iloc[0]
    assert math.isnan(rates["very_major_rate"])
    assert rates["major_rate"] == 0.0
    assert rates["near"] == 1
    assert rates["n"] == 1
    assert susceptibility_rates(graded.iloc[:0]).empty


def test_faulty_input_is_told() -> None:
    with pytest.raises(EvaluationError, match="standard"):
        grade_susceptibility(pd.DataFrame({"organism": ["ECO"]}), LISTS)
    with pytest.raises(EvaluationError, match="cannot be read"):
        grade_susceptibility(pairs({"reference_mic": "abc"}), LISTS)
    with pytest.raises(EvaluationError, match="Reference category"):
        grade_susceptibility(pairs({"reference_category": "Q"}), LISTS)


def test_reading() -> None:
    assert [read_category(t)[0] for t in ("敏感", "s", "剂量依赖敏感", "中介", "Ｒ", "")] == [
        "S",
        "S",
        "SDD",
        "I",
        "R",
        "",
    ]
    assert read_mic("2/38").step == 1
    assert read_mic("0.38", half_steps=True).step == -1
    assert read_mic(">=32 mg/L").sign == ">="
    assert read_mic("0").reason == "mic_unreadable"
    assert [i.drug for i in read_panel("AMP:R >=32; CIP=S；MEM S 0.25;")] == ["AMP", "CIP", "MEM"]
    assert read_panel("AMP:R >=32")[0].measured == ">=32"


LADDER = [
    "0.001",
    "0.002",
    "0.004",
    "0.008",
    "0.015",
    "0.016",
    "0.03",
    "0.032",
    "0.06",
    "0.064",
    "0.12",
    "0.125",
]


def test_printed_dilutions_are_on_the_ladder_and_half_steps_are_not() -> None:
    assert [dilution(float(text)) for text in LADDER] == [-10, -9, -8, -7, -6, -6, -5, -5, -4, -4, -3, -3]
    assert [dilution(2.0**n) for n in range(-3, 11)] == list(range(-3, 11))
    for text in ("0.19", "0.38", "0.75", "1.5", "3", "6", "12", "24", "48", "96"):
        assert dilution(float(text)) is None
    assert dilution(0) is None
    assert dilution(-1) is None
    assert dilution(float("inf")) is None


ROWS = st.sampled_from([row for row in BOOK if row.mic_s is not None or row.mic_r is not None])
ORDER = {"S": 0, "SDD": 1, "I": 1, "": 1, "R": 2}


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_a_higher_mic_is_never_more_susceptible(row: object) -> None:
    ranks = [ORDER[row.by_dilution(step)] for step in range(-10, 12)]  # type: ignore[attr-defined]
    assert ranks == sorted(ranks)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["0.03", "0.25", "1", "8", ">8", "<=0.06"]),
    st.sampled_from(["S", "I", "SDD", "R", "Q", ""]),
    st.sampled_from(["0.5", "3", "", "x", "<=0.25"]),
)
def test_one_of_the_grades_and_a_mark_that_fits(reference: str, category: str, mic: str) -> None:
    graded = grade_susceptibility(
        pairs({"reference_mic": reference, "category": category, "mic": mic}), LISTS
    ).iloc[0]
    assert graded["grade"] in GRADES
    assert (
        math.isnan(graded["mark"]) == (graded["grade"] == "not_scored") == (graded["signal"] == "not_scored")
    )


def test_a_faulty_row_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "standard: CLSI\nedition: 2024\ndocument: d\nresistant_bound: inclusive\nsince: 2024\ntrust: high\n"
        "breakpoints:\n  - {organism: ECO, drug: CIP, mic_s: 3, mic_r: 4, between: I}\n",
        encoding="utf-8",
    )
    with pytest.raises(ParameterError, match=r"x\.yaml:8.*two-fold"):
        breakpoints(tmp_path)
