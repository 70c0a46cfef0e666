"""Simulated rounds of coded programmes: from the seed alone, evaluated, and every analyte adds up."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.evaluation.coded_rounds import add_up
from workbench.errors import ParameterError
from workbench.evaluation import RoundInputs, evaluate
from workbench.ingest import answer_reader
from workbench.parameters import catalogue, criteria
from workbench.parameters.indicators import indicators
from workbench.simulation import simulate_coded_round, simulate_programme_year

PROGRAMMES = [n for n, p in catalogue().items() if any(not a.is_quantitative for a in p.analytes)]
SURVEYS = {"indicator_form", "iqc_comparison"}


@pytest.mark.parametrize("number", PROGRAMMES)
def test_a_coded_programme_is_simulated_and_evaluated(number: str) -> None:
    programme = catalogue()[number]
    made = simulate_coded_round(programme, "2026-1", 7, 12)
    found = evaluate(
        RoundInputs.of(programme, "2026-1", criteria(), made.frames(), closing_at=made.round.closing_at)
    )
    assert add_up(found.reconciliation)
    assert len(made.round.samples) == (programme.samples_per_round or len(made.round.samples))
    if {a.result_type for a in programme.analytes} <= SURVEYS:
        assert found.reconciliation["not_scored"].sum() > 0
        return
    assert found.reconciliation["scored"].sum() > 0
    # whoever answered in time with the expected answer is right, and no other answer was planted
    truth = made.round.truth
    absent = set(truth.loc[truth["kind"].isin(["not_returned", "late", "excused"]), "lab_code"])
    planted = keys(truth[truth["kind"] == "wrong_answer"])
    coded = [a.analyte for a in programme.analytes if not a.is_quantitative]
    judged = found.scores[~found.scores["lab_code"].isin(absent) & found.scores["analyte"].isin(coded)]
    assert not keys(judged[judged["signal"] == "action"]) - planted
    assert keys(judged[judged["signal"] == "acceptable"]) - planted


def keys(table: pd.DataFrame) -> set[tuple[str, ...]]:
    """Laboratory, analyte and sample of each row."""
    return {tuple(row) for row in table[["lab_code", "analyte", "sample"]].to_numpy()}


def test_the_same_seed_gives_the_same_round() -> None:
    one, two, other = (simulate_coded_round(catalogue()["3.1"], "2026-1", seed, 12) for seed in (7, 7, 8))
    assert all(table.equals(two.frames()[name]) for name, table in one.frames().items())
    assert not one.round.results.equals(other.round.results)


def test_a_mixed_programme_keeps_the_model_of_each_analyte() -> None:
    programme = catalogue()["9.2"]
    made = simulate_coded_round(programme, "2026-1", 7, 60)
    results = made.round.results
    numbers = results[(results["analyte"] == "ALT") & (results["result_state"] == "reported")]
    assert pd.to_numeric(numbers["raw"], errors="coerce").notna().mean() > 0.95
    assert numbers.groupby("sample")["value"].nunique().min() > 10
    assert set(made.expected_answers["analyte"]) == set(programme.codes) - {"ALT"}
    kinds = set(made.round.truth["kind"])
    assert {"wrong_answer", "constant_bias", "decimal_shift", "excused", "second_revision"} <= kinds
    assert set(made.round.material_checks["analyte"]) == {"ALT"}


@pytest.mark.parametrize(
    ("number", "organism", "panel"), [("5.1", "ORG-ID", "SUSC"), ("5.6", "F-ORG-ID", "F-SUSC")]
)
def test_susceptibility_is_asked_of_the_organism_that_is_identified(
    number: str, organism: str, panel: str
) -> None:
    made = simulate_coded_round(catalogue()[number], "2026-1", 7, 60)
    codes = made.expected_answers.set_index(["analyte", "sample"])["code"]
    assert codes[organism].to_dict() == codes[panel].to_dict()
    texts = made.round.results.query("analyte == @panel")["raw"]
    read = answer_reader(catalogue()[number].analyte(panel))
    assert read is not None
    # whatever a laboratory writes can be read: standards, MICs with their signs, zones, categories
    assert {read(text).reason for text in texts} == {""}
    assert texts.str.contains(">=|<=").any()
    if number == "5.1":
        assert texts.str.contains("mm").any()
        assert texts.str.contains("EUCAST 2024").any()


def test_a_form_asks_for_what_the_hospital_level_must_report_and_agrees_with_itself() -> None:
    made = simulate_coded_round(catalogue()["10.1"], "2026-1", 7, 60).round
    level = made.laboratories.set_index("lab_code")["hospital_level"]
    asked = made.enrolments.assign(level=made.enrolments["lab_code"].map(level))
    for code, entry in indicators().items():
        assert set(asked.loc[asked["analyte"] == code, "level"]) <= set(entry.required), code
    figures = made.results[made.results["raw"] != ""].pivot_table(
        index="lab_code", columns="analyte", values="raw", aggfunc="first"
    )
    wrong = set(made.truth.loc[made.truth["kind"] == "invalid_figure", "lab_code"])
    form = figures[~figures.index.isin(wrong)].dropna(subset=["QI-CRIT", "QI-CRIT-T", "QI-REJ", "QI-SPTYPE"])
    parts = {code: form[code].str.split("/", expand=True).astype(int) for code in ("QI-CRIT", "QI-CRIT-T")}
    assert len(form) > 10
    assert (parts["QI-CRIT-T"][0] <= parts["QI-CRIT"][0]).all()
    assert (form["QI-REJ"].str.partition("/")[2] == form["QI-SPTYPE"].str.partition("/")[2]).all()


def test_a_year_has_the_rounds_and_samples_of_the_catalogue() -> None:
    for number in ("1.3", "2.4", "4.32", "8.1", "10.1", "10.2"):
        programme = catalogue()[number]
        year = simulate_programme_year(programme, 2026, 7, 12)
        assert len(year) == programme.rounds_per_year
        closings = [made.round.closing_at for made in year]
        assert closings == sorted(set(closings))
        if programme.samples_per_round:
            assert {len(made.round.samples) for made in year} == {programme.samples_per_round}


def test_a_type_without_answers_is_refused() -> None:
    programme = catalogue()["3.1"]
    unknown = programme.analytes[0].model_copy(update={"result_type": "sequence"})
    with pytest.raises(ParameterError, match=r"3\.1"):
        simulate_coded_round(programme.model_copy(update={"analytes": (unknown,)}), "2026-1", 7, 12)
