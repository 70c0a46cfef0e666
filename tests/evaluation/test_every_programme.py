"""Every programme of the catalogue has a working evaluation; adding a programme or a type is one entry or one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.evaluation.coded_rounds import CodedSmallRound, add_up, coded, coded_programme
from tests.evaluation.tiny_rounds import BAD, GOOD, SILENT, of_lab, tiny_round
from workbench.errors import EvaluationError
from workbench.evaluation import Evaluation, combined, evaluate
from workbench.evaluation.coded_analytes import CodedAnalyte, CodedGrades
from workbench.evaluation.coded_part import coded_type
from workbench.evaluation.combined import types_of
from workbench.evaluation.result_types import RESULT_TYPES
from workbench.frames import SIGNALS, STATES
from workbench.parameters import catalogue
from workbench.parameters.loading import catalogue as read_catalogue
from workbench.wording.catalogue import known

PROGRAMMES = list(catalogue())
NEVER_GRADED = ("indicator_form", "iqc_comparison")


def evaluated(number: str) -> Evaluation:
    return evaluate(tiny_round(catalogue()[number]).inputs())


def test_the_catalogue_has_its_programmes() -> None:
    assert len(PROGRAMMES) == 107


@pytest.mark.parametrize("number", PROGRAMMES)
def test_every_programme_is_evaluated(number: str) -> None:
    programme, found = catalogue()[number], evaluated(number)
    assert set(found.analyte_verdicts["analyte"]) == set(programme.codes)
    assert set(found.scores["state"]) <= set(STATES)
    assert set(found.scores["signal"]) <= set(SIGNALS)
    assert add_up(found.reconciliation)
    assert found.reconciliation["analyte"].tolist() == [*programme.codes, ""]
    assert "F42" not in set(found.findings["code"])
    kinds = set(found.answers["kind"]) - {""}
    assert all(known(f"error_kind.{kind}") for kind in kinds), kinds
    verdicts = found.laboratory_verdicts.set_index("lab_code")
    silent = of_lab(found.analyte_verdicts, SILENT)
    assert set(silent["acceptable"]) == {0}
    assert verdicts.loc[SILENT, "return_state"] == "not_returned"
    graded = {a.analyte for a in programme.analytes if a.result_type not in NEVER_GRADED}
    if not graded:
        assert set(verdicts["verdict"]) == {"not_scored"}
        assert (found.reconciliation["not_scored"] == len(GOOD) + 1).all()
        return
    without = {code for code in graded if _no_limit(number, code)}
    judged = of_lab(found.analyte_verdicts, *GOOD)
    judged = judged[judged["analyte"].isin(graded - without)]
    assert set(judged["verdict"]) <= {"pass"}, judged[judged["verdict"] != "pass"]
    bad = of_lab(found.analyte_verdicts, BAD)
    bad = bad[bad["analyte"].isin(graded - without)]
    assert set(bad["verdict"]) <= {"fail"}, bad[bad["verdict"] != "fail"][["analyte", "verdict", "reason"]]
    if graded - without:
        assert verdicts.loc[BAD, "verdict"] == "unsatisfactory"
        assert set(verdicts.loc[list(GOOD), "verdict"]) == {"satisfactory"}


def _no_limit(number: str, code: str) -> bool:
    """A quantity whose limit no document at hand gives is not scored."""
    from workbench.parameters import criteria

    programme = catalogue()[number]
    return programme.analyte(code).is_quantitative and programme.criterion(code, criteria()) is None


def test_the_same_round_gives_the_same_rows_in_any_order() -> None:
    inputs = tiny_round(catalogue()["9.2"]).inputs()
    found = evaluate(inputs)
    rng = np.random.default_rng(3)
    shuffled = {name: getattr(inputs, name) for name in ("laboratories", "enrolments", "results")}
    changes = {name: table.iloc[rng.permutation(len(table))] for name, table in shuffled.items()}
    from dataclasses import replace

    again = evaluate(replace(inputs, **changes))
    for name, table in found.frames().items():
        assert table.equals(again.frames()[name]), name


# ---- one entry, one line ------------------------------------------------------------------------

ENTRY = """
discipline: {{category_no: 3, category_zh: 临床免疫, category_en: Immunology}}
programmes:
  - {{programme_no: "3.99", name_zh: 新计划, name_en: New, rounds_per_year: 2, matrix: serum/plasma, result_type: {kind},
      analytes: [{{analyte: {code}, name_zh: 新项目, name_en: New}}]}}
"""


@pytest.mark.parametrize(
    ("kind", "code"), [("qualitative", "NEW-Ab"), ("genotype", "CYP2C19"), ("antigen_typing", "ABO")]
)
def test_a_programme_of_an_existing_type_takes_one_entry(tmp_path, kind: str, code: str) -> None:
    (tmp_path / "03_new.yaml").write_text(ENTRY.format(kind=kind, code=code), encoding="utf-8")
    programme = read_catalogue(tmp_path)["3.99"]
    found = evaluate(tiny_round(programme).inputs())
    assert set(of_lab(found.analyte_verdicts, *GOOD)["verdict"]) == {"pass"}
    assert set(of_lab(found.analyte_verdicts, BAD)["verdict"]) == {"fail"}


def exact_match(given: CodedAnalyte) -> CodedGrades:
    """A whole result type: an answer is right when it is the expected one, letter by letter."""
    blank = CodedGrades.blank(given)
    blank["answer"] = given.raw.copy()
    for place, sample in enumerate(given.samples):
        target = given.expected[sample].code
        blank["target"][:, place] = target
        blank["mark"][:, place] = np.where(given.raw[:, place] == target, 1.0, 0.0)
        blank["signal"][:, place] = np.where(given.raw[:, place] == target, "acceptable", "action")
    return CodedGrades(**blank)


EXACT_MATCH = coded_type("exact_match", ("exact_match",), exact_match)


def test_a_result_type_takes_one_module_and_one_line(monkeypatch) -> None:
    analyte = coded("SEQ", "qualitative").model_copy(update={"result_type": "exact_match"})
    round_ = CodedSmallRound(coded_programme(analyte)).expect("SEQ", ["ACGT"] * 5)
    round_.lab("L1", ["ACGT"] * 5, "SEQ").lab("L2", ["ACGA", *["ACGT"] * 4], "SEQ").lab(
        "L3", [None] * 5, "SEQ"
    )
    with pytest.raises(EvaluationError, match="nothing evaluates the type 'exact_match'"):
        round_.evaluation()
    # the one line: the package's tuple with the new type in it
    types = (*RESULT_TYPES, EXACT_MATCH)
    monkeypatch.setattr(combined, "RESULT_TYPES", types)
    monkeypatch.setattr("workbench.evaluation.result_types.RESULT_TYPES", types)
    found = round_.evaluation()
    assert found.analyte_verdicts["score_percent"].tolist() == [100.0, 80.0, 0.0]
    assert add_up(found.reconciliation)


def test_every_type_of_the_catalogue_has_exactly_one_evaluation() -> None:
    kinds = {a.result_type for p in catalogue().values() for a in p.analytes}
    for kind in kinds:
        assert sum(kind in each.serves for each in RESULT_TYPES) == 1, kind
    assert len(types_of(catalogue()["5.1"])) == 2


def test_details_are_json(request: pytest.FixtureRequest) -> None:
    for number in ("5.1", "8.1", "10.1", "4.4"):
        details = evaluated(number).answers["detail"]
        assert (details != "").any()
        assert all(json.loads(text) for text in details if text)


def test_in_a_mixed_programme_all_passed_is_said_once_and_strictness_by_analyte() -> None:
    found = evaluated("2.3")
    # specific gravity has no limit and is not graded: the nine strips are all there is to pass
    whole = found.sentences[(found.sentences["lab_code"] == GOOD[0]) & (found.sentences["analyte"] == "")]
    assert whole["code"].tolist()[0] == "S01"
    assert json.loads(whole["params"].iloc[0]) == {"k": 9}
    strict = evaluated("9.2").findings.query("code == 'F06'")
    assert set(strict["analyte"]) == set(catalogue()["9.2"].codes)
