"""A year of all programmes: every programme is simulated, evaluated and accounted for, every type is reported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.rounds.round_fixture import write_plan
from workbench.errors import ParameterError
from workbench.evaluation import RoundInputs, evaluate
from workbench.evaluation.reconciliation import OUTCOMES
from workbench.parameters import catalogue, criteria, load_round, programme_folder
from workbench.rounds import demonstration_year
from workbench.rounds.demonstration import fill_round
from workbench.rounds.demonstration_year import YearRequest, run_year, year_plans
from workbench.rounds.planning import database_url
from workbench.rounds.progress import Silent
from workbench.rounds.run import RunOptions, run_round
from workbench.simulation import CodedRound, simulate_programme_year
from workbench.store import upgrade

LABORATORIES, SEED = 10, 7
UNGRADED = {"indicator_form", "iqc_comparison"}


def last_round(number: str) -> CodedRound:
    return simulate_programme_year(catalogue()[number], 2026, SEED, LABORATORIES)[-1]


@pytest.mark.parametrize("number", list(catalogue()))
def test_every_programme_is_simulated_evaluated_and_accounted_for(number: str) -> None:
    programme, made = catalogue()[number], last_round(number)
    code = made.round.round_code
    assert code == f"2026-{programme.rounds_per_year}"
    found = evaluate(
        RoundInputs.of(programme, code, criteria(), made.frames(), closing_at=made.round.closing_at)
    )
    counts = found.reconciliation.set_index("analyte")
    enrolled = made.round.enrolments.groupby("analyte")["lab_code"].nunique()
    assert list(counts.index) == [*programme.codes, ""]
    assert (counts["enrolled"] == counts[list(OUTCOMES)].sum(axis=1)).all()
    assert {code: int(counts.loc[code, "enrolled"]) for code in enrolled.index} == enrolled.to_dict()
    # who returned a result is scored, or every result of his that is not scored says why
    answered = made.round.results[made.round.results["result_state"] == "reported"]
    judged = found.scores.merge(answered[["lab_code", "analyte", "sample"]])
    assert len(judged) == len(answered)
    silent = judged[(judged["signal"] == "not_scored") & (judged["reason"] == "")]
    late = set(made.round.truth.loc[made.round.truth["kind"] == "late", "lab_code"])
    assert set(silent["lab_code"]) <= late


def one_of_each_type() -> list[str]:
    """Programmes that have every result type of the catalogue between them, the most telling first."""
    left = {a.result_type for p in catalogue().values() for a in p.analytes}
    chosen = []
    while left:
        types = {n: {a.result_type for a in p.analytes} & left for n, p in catalogue().items()}
        # of programmes that add the same, the one with the fewest analytes: it is the quickest
        best = max(types, key=lambda n: (len(types[n]), -len(catalogue()[n].analytes)))
        chosen.append(best)
        left -= types[best]
    return chosen


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outputs of a run over one programme of each type: the programme's report and one laboratory's, as HTML."""
    folder = tmp_path_factory.mktemp("types")
    numbers = one_of_each_type()
    path = write_plan(
        folder, f"sqlite:///{folder / 'eqa.sqlite'}", programmes=numbers, laboratories=1,
        languages={"zh_CN": "all"}, formats=["html"],
    )  # fmt: skip
    plan = load_round(path)
    store = upgrade(database_url(plan))
    generator = np.random.default_rng(SEED)
    for number in numbers:
        made = simulate_programme_year(catalogue()[number], 2026, SEED, LABORATORIES)[0]
        fill_round(store, made.round, made.frames(), generator)
    result = run_round(plan, RunOptions(workers=2))
    assert not result.failures, result.failures
    assert result.made == 2 * len(numbers)
    return folder / "outputs" / "2026-1"


@pytest.mark.parametrize("number", one_of_each_type())
def test_every_result_type_is_reported_from_a_simulated_round(reported: Path, number: str) -> None:
    folder = reported / programme_folder(number)
    (own,) = (folder / "labs").glob("*.html")
    for page in (own, folder / "programme.html"):
        text = page.read_text(encoding="utf-8")
        assert catalogue()[number].name_zh in text
        for analyte in catalogue()[number].analytes[:3]:
            assert analyte.name_zh in text
    assert "<h2" in own.read_text(encoding="utf-8")


def test_one_of_each_type_is_all_types() -> None:
    chosen = {a.result_type for n in one_of_each_type() for a in catalogue()[n].analytes}
    assert chosen == {a.result_type for p in catalogue().values() for a in p.analytes}


def test_the_year_has_every_programme_once_in_plans_that_hold() -> None:
    request = YearRequest(folder="outputs/none")
    plans = list(year_plans(request, request.asked))
    assert sorted(n for plan in plans for n in plan.programmes) == sorted(catalogue())
    for plan in plans:
        assert {f"2026-{catalogue()[n].rounds_per_year}" for n in plan.programmes} == {plan.round}
        assert plan.roles.approved.signed_on <= plan.issued_at.date()


def test_an_unknown_programme_is_named() -> None:
    with pytest.raises(ParameterError, match=r"99\.9"):
        _ = YearRequest(programmes=("1.1", "99.9")).asked


def test_a_year_is_counted_goes_on_where_it_stopped_and_names_what_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ("4.25", "10.1")
    request = YearRequest(str(tmp_path / "year"), 8, ("4.25",), workers=2)
    first = run_year(request, Silent())
    assert not first.failures
    (count,) = first.counts
    assert count.adds_up
    assert count.reported
    assert (count.rounds, count.evaluated) == (1, 1)
    assert first.runs[0].made == count.laboratories + 1
    assert first.phases["report"].pieces == first.runs[0].made

    with pytest.raises(ParameterError, match="a year of 8 laboratories"):
        run_year(replace(request, laboratories=9), Silent())

    def fails(programme: object, *others: object) -> tuple[CodedRound, ...]:
        if getattr(programme, "programme_no", "") == "10.1":
            raise ValueError("no such form")
        return simulate_programme_year(programme, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(demonstration_year, "simulate_programme_year", fails)
    second = run_year(YearRequest(request.folder, 8, numbers, workers=2), Silent())
    assert [f.report for f in second.failures] == ["10.1"]
    assert "no such form" in second.failures[0].error
    assert sum(run.made for run in second.runs) == 0
    by_number = {c.programme_no: c for c in second.counts}
    assert by_number["4.25"].reported
    assert not by_number["10.1"].reported
    assert not by_number["10.1"].adds_up
