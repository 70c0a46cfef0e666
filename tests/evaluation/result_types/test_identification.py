"""Identification: names, levels, dangerous confusions, agreement per item."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError, ParameterError
from workbench.evaluation.result_types.identification import (
    GRADES,
    IdentificationRule,
    compare,
    confusion_table,
    grade_identification,
    identify,
    item_agreement,
    sample_score,
)
from workbench.evaluation.result_types.reasons import REASONS
from workbench.parameters.vocabularies import vocabularies

LISTS = vocabularies()
BACTERIA = LISTS["bacteria"]


def test_every_field_of_the_programmes_has_a_list_of_use() -> None:
    needed = {"blood_cells", "urine_sediment", "parasites", "gram_stain", "acid_fast", "bacteria", "fungi"}
    assert needed | {"fungal_morphology", "antimicrobials"} == set(LISTS)
    for name in ("blood_cells", "urine_sediment", "parasites", "bacteria", "fungi"):
        assert len(LISTS[name]) >= 60, name


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_name_of_every_term_leads_back_to_it(name: str) -> None:
    vocabulary = LISTS[name]
    for term in vocabulary:
        for written in (term.code, term.zh, term.en, *term.synonyms, *term.old_names):
            found = vocabulary.named(written)
            assert [one.code for one in found] == [term.code], f"{name} {written}"


def test_names_are_matched_however_written() -> None:
    written = [
        "Ｅ．ＣＯＬＩ",
        "escherichia  coli",
        "大肠杆菌",
        "ECO",
        "Enterobacter aerogenes",
        "Clostridium difficile",
    ]
    found = identify(written, BACTERIA)
    assert found["answer"].tolist() == ["ECO", "ECO", "ECO", "ECO", "KAE", "CDF"]
    assert found["how"].tolist()[-2:] == ["old_name", "old_name"]
    odd = identify([None, float("nan"), "  ", "Foo bar", "S. typhi"], BACTERIA)
    assert odd["reason"].tolist() == ["name_missing"] * 3 + ["name_unknown", ""]


def test_an_abbreviation_that_fits_two_species_is_ambiguous() -> None:
    parasites = LISTS["parasites"]
    # E. coli is one species here (Entamoeba); in bacteria it is another: fields do not mix.
    assert parasites.named("E. coli")[0].code == "ECOL"
    fungi = LISTS["fungi"]
    assert identify(["C. krusei"], fungi)["answer"].tolist() == ["C-KRU"]
    blood = LISTS["blood_cells"]
    assert identify(["异型淋巴细胞"], blood)["answer"].tolist() == ["LYM-REACTIVE"]


def test_levels_reached_and_shared() -> None:
    graded = grade_identification(
        ["K. pneumoniae", "肺炎克雷伯菌复合群", "Klebsiella sp.", "K. oxytoca", "E. coli", "nonsense", ""],
        ["KPN"] * 7,
        BACTERIA,
    )
    assert graded["grade"].tolist() == [
        "correct",
        "partial",
        "partial",
        "partial",
        "wrong",
        "wrong",
        "not_scored",
    ]
    assert graded["mark"].tolist()[:6] == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert graded["signal"].tolist()[:4] == ["acceptable", "acceptable", "action", "action"]
    assert pd.isna(graded["mark"].iloc[6])
    assert set(graded["reason"]) - {""} <= set(REASONS)


def test_more_than_was_asked_for_is_correct() -> None:
    assert compare("KPN", "KLE", BACTERIA).grade == "correct"
    gram = LISTS["gram_stain"]
    assert compare("GPC-CLUSTER", "GPC-ANY", gram).mark == 1.0
    assert compare("GPC-ANY", "GPC-CLUSTER", gram).mark == 1.0


def test_dangerous_confusions_have_no_mark_and_say_why() -> None:
    graded = grade_identification(
        ["布氏杆菌", "Haemophilus influenzae", "S. epidermidis", "革兰阴性杆菌"],
        ["BRU", "BRM", "SAU", "SPN"],
        BACTERIA,
        IdentificationRule(unknown="not_scored"),
    )
    assert graded["critical"].tolist() == [False, True, True, False]
    assert graded.loc[1, "mark"] == 0
    assert "生物安全" in graded.loc[1, "why_zh"]
    assert graded.loc[3, "grade"] == "not_scored"
    gram = LISTS["gram_stain"]
    assert compare("GNR-ANY", "GPC-CLUSTER", gram).grade == "dangerous"
    assert compare("GPC-PAIR", "GN-DIPLO", gram).grade == "dangerous"
    apl = compare("MYELO", "PROMYELO-ABN", LISTS["blood_cells"])
    assert (apl.grade, apl.mark) == ("dangerous", 0.0)
    assert compare("PVIV-RING", "PFAL-RING", LISTS["parasites"]).grade == "dangerous"


def test_any_of_several_expected_answers_is_right() -> None:
    graded = grade_identification(["阴沟肠杆菌", "E. hormaechei"], ["ECL|EHO", "ECL|EHO"], BACTERIA)
    assert graded["grade"].tolist() == ["correct", "correct"]


def test_an_expected_answer_outside_the_list_is_the_organisers_error() -> None:
    with pytest.raises(EvaluationError, match="XYZ"):
        grade_identification(["E. coli"], ["XYZ"], BACTERIA)


def test_item_below_the_majority_is_not_graded() -> None:
    names = ["E. coli"] * 8 + ["K. pneumoniae"] * 2 + ["E. coli"] * 7 + ["K. pneumoniae"] * 3 + [""]
    items = ["I1"] * 10 + ["I2"] * 10 + ["I3"]
    graded = grade_identification(names, ["ECO"] * 21, BACTERIA)
    found = item_agreement(items, graded).set_index("item")
    assert found.loc["I1", ["n", "n_correct", "gradable", "reason"]].tolist() == [10, 8, True, ""]
    assert found.loc["I2", ["share", "gradable", "reason"]].tolist() == [0.7, False, "NS-C"]
    assert found.loc["I3", ["n", "reason"]].tolist() == [0, "NS-N"]


def test_confusion_table_counts_every_answer_given() -> None:
    names = ["E. coli"] * 3 + ["Shigella sonnei"] * 5 + ["foo", ""]
    graded = grade_identification(names, ["SSO"] * 10, BACTERIA)
    table = confusion_table(graded)
    assert table["n"].sum() == 9
    assert table["of"].unique().tolist() == [9]
    assert table["answer"].tolist() == ["SSO", "ECO", "name_unknown"]
    assert table["grade"].tolist() == ["correct", "dangerous", "wrong"]
    assert confusion_table(graded, n_min=10).empty
    assert confusion_table(graded.iloc[:0]).empty


def test_sample_score_of_the_regulation() -> None:
    # 42 CFR 493.911: one principal organism reported rightly and one more that was not present: 1/(1+1) = 50 %.
    assert sample_score(["ECO", "PAE"], ["ECO"], BACTERIA) == 50.0
    assert sample_score(["ECO"], ["ECO"], BACTERIA) == 100.0
    assert sample_score(["ECO"], ["ECO", "PAE"], BACTERIA) == 50.0
    assert sample_score(["KPN"], ["ECO"], BACTERIA) == 0.0
    assert sample_score([], ["ECO"], BACTERIA) == 0.0
    assert sample_score(["ECO", "ECO"], ["ECO"], BACTERIA) == 100.0
    assert pd.isna(sample_score([], [], BACTERIA))


CODES = st.sampled_from([term.code for term in BACTERIA])


@settings(max_examples=150, deadline=None)
@given(CODES, CODES)
def test_marks_stay_within_bounds_and_follow_the_grade(answer: str, expected: str) -> None:
    found = compare(answer, expected, BACTERIA)
    assert found.grade in GRADES
    assert 0.0 <= found.mark <= 1.0
    assert (found.mark == 1.0) == (found.grade == "correct")
    assert found.grade != "dangerous" or found.confusion is not None
    assert compare(expected, expected, BACTERIA).mark == 1.0


@settings(max_examples=100, deadline=None)
@given(CODES)
def test_a_right_answer_further_up_never_earns_more(expected: str) -> None:
    marks = [compare(code, expected, BACTERIA).mark for code in BACTERIA.path(expected)]
    assert marks == sorted(marks)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["E. coli", "foo", "", "K. oxytoca", "金葡菌"]), max_size=12), st.randoms())
def test_rows_are_kept_and_their_order_does_not_matter(names: list[str], rng: object) -> None:
    graded = grade_identification(names, ["ECO"] * len(names), BACTERIA)
    assert len(graded) == len(names)
    order = list(range(len(names)))
    rng.shuffle(order)  # type: ignore[attr-defined]
    shuffled = grade_identification([names[i] for i in order], ["ECO"] * len(names), BACTERIA)
    pd.testing.assert_frame_equal(shuffled, graded.iloc[order].reset_index(drop=True))


def test_every_fault_of_a_list_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "marks: {reached: {species: 1}}\n"
        "confusions: [{expected: A, reported: Q, zh: 甲, en: a}]\n"
        "terms:\n"
        "  - {code: A, zh: 甲, en: alpha, rank: species, parent: NOWHERE}\n"
        "  - {code: B, zh: 乙, en: alpha, rank: genus}\n",
        encoding="utf-8",
    )
    with pytest.raises(ParameterError) as caught:
        vocabularies(tmp_path)
    told = str(caught.value)
    for word in ("NOWHERE", "'alpha' means A, B", "rank 'genus' has no mark", "unknown term 'Q'"):
        assert word in told


def test_a_repeated_code_and_an_unknown_key_are_told(tmp_path: Path) -> None:
    head = "marks: {reached: {species: 1}}\nterms:\n"
    row = "  - {code: A, zh: 甲, en: a, rank: species}\n"
    (tmp_path / "x.yaml").write_text(head + row + row, encoding="utf-8")
    with pytest.raises(ParameterError, match="'A' is repeated"):
        vocabularies(tmp_path)
    (tmp_path / "x.yaml").write_text(head + row.replace("rank", "rnk"), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"x\.yaml:3"):
        vocabularies(tmp_path)
