"""Genotypes: names, impossible genotypes, grades, three-part marks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError, ParameterError
from workbench.evaluation.result_types.genotype import (
    GRADES,
    GenotypeRule,
    compare_calls,
    grade_genotype,
    three_part_marks,
)
from workbench.evaluation.result_types.genotype_calls import read_call
from workbench.evaluation.result_types.reasons import REASONS
from workbench.parameters import catalogue
from workbench.parameters.loci import loci
from workbench.statistics import PERSISTENCE_RULES

BOOK = loci()

# CPIC guidelines, Table 1 of each: CYP2C19 (Clin Pharmacol Ther 2022;112:959), CYP2C9 (2020;108:191),
# SLCO1B1 (2022;111:1007). Diplotype -> phenotype.
CPIC = {
    "CYP2C19": {
        "*17/*17": "UM", "*1/*17": "RM", "*1/*1": "NM", "*1/*2": "IM", "*1/*3": "IM", "*2/*17": "IM",
        "*2/*2": "PM", "*3/*3": "PM", "*2/*3": "PM",
    },
    "CYP2C9": {
        "*1/*1": "NM", "*1/*2": "IM", "*1/*3": "IM", "*2/*2": "IM", "*2/*3": "PM", "*3/*3": "PM",
    },
    "SLCO1B1": {
        "*1/*1": "normal", "*1/*37": "normal", "*1/*5": "decreased", "*1/*15": "decreased",
        "*37/*5": "decreased", "*5/*5": "poor", "*5/*15": "poor", "*15/*15": "poor",
    },
}  # fmt: skip

# HbVar and the EMQN guideline (Eur J Hum Genet 2015;23:426): traditional and HGVS names of one allele.
GLOBIN = {
    "CD41-42 (-TTCT)": None,
    "CD41/42": "HBB:c.126_129delCTTT",
    "IVS-Ⅱ-654": "HBB:c.316-197C>T",
    "-28": "HBB:c.-78A>G",
    "CD17": "HBB:c.52A>T",
    "CD26": "HBB:c.79G>A",
    "CD71-72": "HBB:c.216_217insA",
    "CD27-28": "HBB:c.84_85insC",
    "IVS-I-5": "HBB:c.92+5G>C",
    "-29": "HBB:c.-79A>G",
    "CAP+1": "HBB:c.-50A>C",
    "Int": "HBB:c.2T>G",
}


def text_of(written: str, locus: str) -> str:
    return read_call(written, BOOK[locus], BOOK).text(BOOK[locus])


def reason_of(written: str, locus: str) -> str:
    return read_call(written, BOOK[locus], BOOK).reason


def test_every_genotype_analyte_of_the_catalogue_has_a_locus() -> None:
    analytes = {a.analyte for p in catalogue().values() for a in p.analytes if a.result_type == "genotype"}
    panel = set(BOOK["HPV-PANEL"].by_code)
    assert analytes - set(BOOK) - panel == set()


@pytest.mark.parametrize("locus", CPIC)
def test_phenotypes_are_those_of_the_guidelines(locus: str) -> None:
    for written, expected in CPIC[locus].items():
        one, other = read_call(written, BOOK[locus]).alleles
        found = BOOK[locus].phenotype(other, one)
        assert found is not None
        assert found.phenotype == expected, written


def test_traditional_and_hgvs_names_are_one_allele() -> None:
    for traditional, description in GLOBIN.items():
        if description is not None:
            assert text_of(f"{traditional}/N", "THAL-B") == text_of(f"{description}/=", "THAL-B") != ""
    assert reason_of("CD41-42 (-TTCT)/N", "THAL-B") == "allele_unknown"
    assert text_of("Hb Constant Spring 杂合", "THAL-A") == text_of("HBA2:c.427T>C/αα", "THAL-A") == "αCSα/αα"


def test_alleles_are_unordered_and_however_written() -> None:
    same = ["--SEA/-α3.7", "-α^3.7/－－SEA", "3.7/SEA", "-a3.7 / --sea", "右侧缺失型/东南亚型缺失"]
    assert {text_of(written, "THAL-A") for written in same} == {"--SEA/-α3.7"}
    assert {text_of(w, "MTHFR-C677T") for w in ("CT", "T/C", "677CT", "C677T 杂合子", "c.665C>T 杂合")} == {
        "C/T"
    }
    assert {text_of(w, "APOE") for w in ("E3/E4", "ε4ε3", "e3e4", "3/4")} == {"E3/E4"}
    assert {text_of(w, "ALDH2") for w in ("GA", "*1/*2", "p.E504K 杂合", "Glu487Lys het")} == {"*1/*2"}
    assert {text_of(w, "CYP2C19") for w in ("CYP2C19*2/*17", "*17*2", "2/17")} == {"*2/*17"}
    assert text_of("野生型", "VKORC1") == "G/G"


def test_impossible_genotypes_have_a_reason_and_are_never_repaired() -> None:
    cases = {
        ("*1/*2/*17", "CYP2C19"): "too_many_alleles",
        ("*2", "CYP2C19"): "too_few_alleles",
        ("*99/*1", "CYP2C19"): "allele_unknown",
        ("CD17/N", "THAL-A"): "wrong_locus",
        ("L858R", "KRAS"): "wrong_locus",
        ("CD17/CD17 杂合", "THAL-B"): "contradicts_itself",
        ("CD17/CD41-42 纯合", "THAL-B"): "contradicts_itself",
        ("L858R; 野生型", "EGFR"): "contradicts_itself",
        ("235delC 杂合; 235delC 纯合", "DEAF"): "contradicts_itself",
        ("", "EGFR"): "genotype_missing",
        ("未检测", "EGFR"): "not_tested",
        ("E3E5", "APOE"): "allele_unknown",
    }
    for (written, locus), reason in cases.items():
        assert reason_of(written, locus) == reason, written
        assert reason in REASONS


def test_grades_of_a_diplotype() -> None:
    sent = ["*3/*2", "*2/*2", "*1/*2", "*1/*1", "*1/*2/*3", "未检测", None]
    graded = grade_genotype(sent, ["*2/*3"] * 7, BOOK["CYP2C19"], BOOK)
    assert graded["grade"].tolist() == [
        "exact", "equivalent", "critical", "critical", "wrong", "not_scored", "not_scored",
    ]  # fmt: skip
    assert graded["mark"].tolist()[:5] == [1.0, 0.5, 0.0, 0.0, 0.0]
    assert graded["signal"].tolist() == ["acceptable"] * 2 + ["action"] * 3 + ["not_scored"] * 2
    assert graded["phenotype"].tolist()[:3] == ["PM", "PM", "IM"]
    assert graded["renamed"].tolist()[:2] == [True, False]
    assert set(graded["reason"]) == {"", "too_many_alleles", "not_tested", "genotype_missing"}
    lenient = grade_genotype(
        ["*9/*9"], ["*2/*3"], BOOK["CYP2C19"], rule=GenotypeRule(unreadable="not_scored")
    )
    assert lenient["signal"].tolist() == ["not_scored"]


def test_thalassaemia_a_missed_alpha_zero_is_critical_another_beta_allele_is_wrong() -> None:
    alpha = grade_genotype(["αα/αα", "-α4.2/αα", "-α3.7/--SEA"], ["--SEA/αα"] * 3, BOOK["THAL-A"])
    assert alpha["grade"].tolist() == ["critical", "critical", "wrong"]
    beta = grade_genotype(["CD17/N", "-28/N"], ["CD41-42/N"] * 2, BOOK["THAL-B"])
    assert beta["grade"].tolist() == ["equivalent", "critical"]
    # Same class of allele, another mutation: no marks, for a family is tested for the mutation.
    assert beta["mark"].tolist() == [0.0, 0.0]
    assert beta["signal"].tolist() == ["action", "action"]


def test_blood_group_from_genotype() -> None:
    graded = grade_genotype(["A/A", "A1/O2", "B/O", "O1/O2"], ["A1/O1"] * 4, BOOK["ABO-GENE"])
    assert graded["phenotype"].tolist() == ["A", "A", "B", "O"]
    assert graded["grade"].tolist() == ["critical", "equivalent", "critical", "critical"]


def test_somatic_variants() -> None:
    egfr = BOOK["EGFR"]
    sent = [
        "19外显子缺失",
        "p.E746_A750del",
        "c.2240_2254del",
        "L858R",
        "WT",
        "19del; T790M",
        "E746_A750del; L747_T751del",
    ]
    graded = grade_genotype(sent, ["p.Glu746_Ala750del"] * 7, egfr, BOOK)
    assert graded["grade"].tolist() == [
        "equivalent", "exact", "wrong", "wrong", "critical", "critical", "critical",
    ]  # fmt: skip
    assert graded["mark"].tolist()[:2] == [1.0, 1.0]
    wild = grade_genotype(["未检出突变", "L858R"], ["野生型"] * 2, egfr)
    assert wild["grade"].tolist() == ["exact", "critical"]


def test_zygosity_of_deafness_variants() -> None:
    sent = ["GJB2 c.235delC 纯合", "GJB2 235delC", "235delC 杂合", "c.299_300delAT 纯合"]
    graded = grade_genotype(sent, ["GJB2:c.235del hom"] * 4, BOOK["DEAF"])
    assert graded["grade"].tolist() == ["exact", "partial", "critical", "wrong"]
    two = "c.235del 杂合; c.299_300del 杂合"
    graded = grade_genotype(
        [two, "c.299_300del 杂合; c.235del 杂合", "c.235del 杂合"], [two] * 3, BOOK["DEAF"]
    )
    assert graded["grade"].tolist() == ["exact", "exact", "critical"]


def test_an_unreadable_target_is_the_organisers_error() -> None:
    with pytest.raises(EvaluationError, match="THAL-A"):
        grade_genotype(["αα/αα"], ["--XYZ/αα"], BOOK["THAL-A"])


def test_three_part_marks_and_persistent_poor_performance() -> None:
    # UK NEQAS for Molecular Genetics: three parts of 2.00. EMQN: a critical genotype or interpretation error is
    # poor performance; genotype in one round and interpretation in the next count as two of three.
    graded = grade_genotype(["*2/*2", "*1/*2", "未检测"], ["*2/*2"] * 3, BOOK["CYP2C19"])
    marks = three_part_marks(graded, ["minor", "correct", ""], [1, 0, float("nan")])
    assert marks["genotype_mark"].tolist()[:2] == [2.0, 0.0]
    assert marks["interpretation_mark"].tolist()[:2] == [1.5, 2.0]
    assert marks["clerical_mark"].tolist()[:2] == [1.5, 2.0]
    assert marks.iloc[2, :3].isna().all()
    assert marks["poor"].tolist() == [False, True, False]
    critical = three_part_marks(graded.iloc[:1], ["critical"], [0])
    assert critical["interpretation_mark"].tolist() == [0.0]
    assert critical["poor"].tolist() == [True]
    assert PERSISTENCE_RULES
    with pytest.raises(EvaluationError, match="odd"):
        three_part_marks(graded.iloc[:1], ["odd"], [0])


DIPLOTYPES = [locus for locus in BOOK.values() if locus.kind == "diplotype"]


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, tuple[str, str], tuple[str, str]]:
    locus = draw(st.sampled_from(DIPLOTYPES))
    codes = st.sampled_from(list(locus.by_code))
    return locus.locus, (draw(codes), draw(codes)), (draw(codes), draw(codes))


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_order_never_matters_and_only_the_same_genotype_is_exact(
    case: tuple[str, tuple[str, str], tuple[str, str]],
) -> None:
    name, own, target = case
    locus = BOOK[name]
    answer, turned = read_call("/".join(own), locus), read_call("/".join(reversed(own)), locus)
    expected = read_call("/".join(target), locus)
    assert answer == turned
    grade = compare_calls(answer, expected, locus)
    assert grade in GRADES
    assert (grade == "exact") == (sorted(own) == sorted(target))
    assert grade == compare_calls(expected, answer, locus)
    assert read_call(answer.text(locus), locus) == answer


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_no_text_is_lost_and_every_reason_is_known(texts: list[str]) -> None:
    for locus in (BOOK["THAL-B"], BOOK["DEAF"], BOOK["EGFR"]):
        target = "野生型"
        graded = grade_genotype(texts, [target] * len(texts), locus, BOOK)
        assert len(graded) == len(texts)
        assert set(graded["reason"]) <= {"", *REASONS}
        assert (graded["mark"].isna() == (graded["grade"] == "not_scored")).all()


def test_faults_of_a_locus_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "loci:\n"
        "  - {locus: X, zh: 甲, en: x, kind: diplotype, wild: N, document: d, critical_functions: [lost],\n"
        "     alleles: [{code: A, group: G}, {code: A}]}\n",
        encoding="utf-8",
    )
    with pytest.raises(ParameterError) as caught:
        loci(tmp_path)
    told = str(caught.value)
    for word in ("'A' is repeated", "'N' is not listed", "group 'G'", "'lost'"):
        assert word in told


def test_frames_keep_their_shape_without_rows() -> None:
    empty = grade_genotype([], [], BOOK["EGFR"])
    assert len(empty) == 0
    assert isinstance(empty, pd.DataFrame)


@pytest.mark.parametrize(
    ("locus", "text"),
    [
        ("THAL-RARE", "未检出; HKαα"),
        ("THAL-B", "未检出缺失型；CD41-42/N"),
        ("EGFR", "未见突变, p.(Leu858Arg)"),
        ("EGFR", "no mutation in exon 19; L858R"),
    ],
)
def test_nothing_found_in_one_place_does_not_hide_what_was_found_in_another(locus: str, text: str) -> None:
    call = read_call(text, loci()[locus], loci())
    assert call.reason
    assert not call.alleles
