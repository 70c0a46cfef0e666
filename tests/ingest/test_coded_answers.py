"""Coded answers in result files: normalised, or kept out with a reason; the form offers the list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.coded_cases import CODED_REASONS
from workbench.ingest import (
    DISPOSITIONS,
    Expectations,
    ExpectedAnalyte,
    IngestReport,
    Layout,
    answer_choices,
    answer_reader,
    read_submission_file,
    write_template,
)
from workbench.parameters import Analyte, catalogue
from workbench.parameters.coded_rules import CodedRules
from workbench.parameters.loci import Locus, loci

openpyxl = pytest.importorskip("openpyxl")


def expected(analyte: Analyte) -> ExpectedAnalyte:
    return ExpectedAnalyte(
        analyte.analyte,
        analyte.name_zh,
        analyte.name_en,
        result_type=analyte.result_type,
        choices=answer_choices(analyte),
        reader=answer_reader(analyte),
    )


def expectations(number: str, *codes: str) -> Expectations:
    programme = catalogue()[number]
    analytes = tuple(expected(a) for a in programme.analytes if not codes or a.analyte in codes)
    return Expectations("2026-1", number, analytes, ("S1", "S2"), frozenset({"007"}), today=date(2026, 4, 22))


def read(tmp_path: Path, number: str, analyte: str, *texts: str) -> IngestReport:
    path = tmp_path / "results.csv"
    lines = [f'007,{analyte},S{place},"{text}"' for place, text in enumerate(texts, 1)]
    path.write_text("lab_code,analyte,sample,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return read_submission_file(path, Layout(), expectations(number, analyte))


@pytest.mark.parametrize("reason", CODED_REASONS)
def test_what_cannot_be_an_answer_is_kept_out_with_its_reason(tmp_path: Path, reason: str) -> None:
    number, analyte, text = CODED_REASONS[reason]
    found = read(tmp_path, number, analyte, text)
    assert found.quarantined["reason"].tolist() == [reason]
    assert DISPOSITIONS[reason].action == "quarantine"
    assert text in found.quarantined["whole_row"].iloc[0]
    assert found.loaded.empty
    assert found.counts.reconcile


def test_an_allele_that_fits_two_variants_is_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    egfr = loci()["EGFR"]
    twice = tuple(a.model_copy(update={"names": (*a.names, "两可")}) for a in egfr.alleles)
    book = {"EGFR": Locus(**({n: getattr(egfr, n) for n in Locus.model_fields} | {"alleles": twice}))}
    monkeypatch.setattr("workbench.ingest.coded_answers.loci", lambda: book)
    found = read(tmp_path, "4.5", "EGFR", "两可")
    assert found.quarantined["reason"].tolist() == ["allele_ambiguous"]


@pytest.mark.parametrize(
    ("number", "analyte", "text", "code", "value"),
    [
        ("3.1", "HBsAg", "阳性(+)", "POS", None),
        ("3.1", "HBsAg", "－", "NEG", None),
        ("3.1", "HBsAg", "阳性 12.53", "POS", 12.53),
        ("3.1", "HBsAg", "弱阳性（S/CO=1.20）", "WEAK", 1.20),
        ("2.3", "PRO", "(++)", "2+", None),
        ("5.1", "ORG-ID", "大肠杆菌", "ECO", None),
        ("5.1", "ORG-ID", "ECO；PAE", "ECO+PAE", None),
        ("5.1", "SUSC", "EUCAST 2024; AMP：R ≥32; CIP=S 0.25", "AMP:R; CIP:S", None),
        ("4.4", "THAL-A", "αα/--SEA", "--SEA/αα", None),
        ("4.3", "HPV16/18", "18、16型阳性", "HPV16+HPV18", None),
        ("4.14", "HPV52", "未检测", "NT", None),
        ("9.1", "ABO", "ab 型", "AB", None),
        ("9.3", "XM", "不相合", "incompatible", None),
        ("10.1", "QI-CLOT", "3/1250", "3/1250", None),
    ],
)  # fmt: skip
def test_answers_are_normalised_and_the_text_is_kept(
    tmp_path: Path, number: str, analyte: str, text: str, code: str, value: float | None
) -> None:
    found = read(tmp_path, number, analyte, text)
    row = found.loaded.iloc[0]
    assert (row["raw"], row["code"], row["result_state"]) == (text, code, "reported")
    assert row["value"] == pytest.approx(float("nan") if value is None else value, nan_ok=True)


def test_a_gradient_strip_between_two_dilutions_is_read_where_the_rules_take_it() -> None:
    analyte = catalogue()["5.1"].analyte("SUSC")
    strict, lenient = answer_reader(analyte), answer_reader(analyte, CodedRules(half_steps=True))
    assert strict is not None
    assert lenient is not None
    assert strict("CIP:R 3").reason == "mic_off_ladder"
    assert lenient("CIP:R 3").code == "CIP:R"


def test_damaged_samples_and_blanks_are_states_not_answers(tmp_path: Path) -> None:
    found = read(tmp_path, "5.1", "ORG-ID", "样本破损", "/")
    assert found.loaded["result_state"].tolist() == ["sample_fault", "not_returned"]
    assert found.quarantined.empty


@pytest.mark.parametrize(
    ("number", "locale", "shown"),
    [("3.1", "zh_CN", "弱阳性"), ("2.3", "en", "Trace"), ("4.14", "zh_CN", "未检测")],
)
def test_the_form_offers_the_list_and_reads_it_back(
    tmp_path: Path, number: str, locale: str, shown: str
) -> None:
    given = expectations(number)
    write_template(tmp_path / "form.xlsx", given, locale)
    book = openpyxl.load_workbook(tmp_path / "form.xlsx")
    values = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value}
    assert shown in values
    lists = [
        rule.formula1 for rule in book.worksheets[0].data_validations.dataValidation if rule.type == "list"
    ]
    assert len(lists) >= len([a for a in given.analytes if a.choices])
    for analyte in given.analytes:
        for code, names in analyte.choices.items():
            assert analyte.reader is not None
            assert {analyte.reader(name).code for name in (code, *names)} == {code}, (analyte.analyte, code)


def test_every_choice_of_the_catalogue_is_read_as_itself() -> None:
    for programme in catalogue().values():
        for analyte in programme.analytes:
            reader = answer_reader(analyte)
            for code in answer_choices(analyte):
                assert reader is not None
                assert reader(code).code == code, (programme.programme_no, analyte.analyte, code)


READERS = [answer_reader(catalogue()[n].analyte(a)) for n, a, _ in CODED_REASONS.values()]


@given(text=st.text(max_size=30), place=st.integers(0, len(READERS) - 1))
def test_any_text_gives_a_code_or_a_reason_on_file(text: str, place: int) -> None:
    reader = READERS[place]
    assert reader is not None
    found = reader(text)
    assert found.reason == "" or found.code == ""
    if text.strip():
        assert found.reason == "" or found.reason in DISPOSITIONS
