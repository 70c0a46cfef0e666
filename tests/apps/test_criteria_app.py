"""The criteria laboratory without a browser: what the controls hold, what the views say, what is saved."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.apps.stores import PROGRAMME, small_store
from workbench.apps.criteria.app import CriteriaApp
from workbench.apps.frame import Frame, started
from workbench.errors import ParameterError
from workbench.parameters import criteria
from workbench.reports.change_impact import open_change_impact
from workbench.reports.change_parts import flips_table, summary_line
from workbench.reports.criteria_trial import CriteriaLaboratory
from workbench.reports.report_meta import Issue
from workbench.reports.tuned_rounds import TunedRounds, tuned_rounds
from workbench.tuning.candidates import Candidate, as_in_force, candidate_of
from workbench.tuning.judging import PASS

ISSUE = Issue(status="preliminary", issued_at="2026-05-20T10:00:00+08:00")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_store(tmp_path_factory.mktemp("apps"))


@pytest.fixture(scope="module")
def rounds(database: str) -> TunedRounds:
    return tuned_rounds(database, PROGRAMME)


def tight(rounds: TunedRounds, percent: str = "3") -> Candidate:
    return Candidate((rounds.archive.rules[0].code,), "percent", percent)


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html)


def test_a_candidate_survives_being_written(rounds: TunedRounds) -> None:
    for rule in rounds.archive.rules:
        start = as_in_force(rule)
        assert candidate_of(start.as_json()) == start
        if rule.criterion is not None and start.kind:
            tried = start.limits([rule])[rule.code]
            assert (tried.percent, tried.absolute) == (rule.criterion.percent, rule.criterion.absolute)
    for text in ("[]", "{", '{"analytes": ["K"], "color": 1}'):
        with pytest.raises(ParameterError, match="cannot be read"):
            candidate_of(text)
    with pytest.raises(ParameterError, match="needs percent and absolute"):
        Candidate((rounds.archive.rules[0].code,), "greater_of").limits(rounds.archive.rules)


def test_what_is_shown_is_what_the_judgements_say(rounds: TunedRounds) -> None:
    trial = CriteriaLaboratory(rounds).trial(tight(rounds))
    counts = trial.counts("analyte")
    turned = int(((trial.before.verdict == PASS) & (trial.after.verdict != PASS)).sum())
    assert counts.loc["pass", ["fail", "not_scored"]].sum() == turned > 0
    results = trial.counts("result")
    assert len(trial.flips) == results.to_numpy().sum() - np.trace(results.to_numpy())
    rates = trial.rates(("round",))
    assert (rates["before"] * rates["n"]).sum() / rates["n"].sum() == pytest.approx(trial.rate(trial.before))
    assert rates["after"].mean() < rates["before"].mean()
    assert str(int(counts.loc["pass", "fail"])) in summary_line(trial, "en")


def test_only_the_chosen_hospitals_are_counted(rounds: TunedRounds) -> None:
    laboratory = CriteriaLaboratory(rounds)
    parts = [
        laboratory.trial(Candidate(tight(rounds).analytes, "percent", "3", levels=(level,)))
        for level in ("tertiary", "secondary", "primary", "other")
    ]
    whole = laboratory.trial(tight(rounds))
    sums = sum(part.counts("result").to_numpy() for part in parts)
    assert np.array_equal(sums, whole.counts("result").to_numpy())
    assert sum(len(part.flips) for part in parts) == len(whole.flips)


def test_no_participant_is_named(rounds: TunedRounds, database: str) -> None:
    codes = set(rounds.archive.labs)
    trial = CriteriaLaboratory(rounds).trial(tight(rounds))
    shown = str(flips_table(trial, "zh_CN"))
    app = CriteriaApp(database, PROGRAMME, "en")
    report = open_change_impact(database, PROGRAMME, tight(rounds).as_json(), "en", ISSUE, reason="A trial.")
    told = shown + "".join(view.value for view in app._views.values()) + str(report.data)
    told += report.twin().csv_bytes.decode("utf-8-sig")
    assert [code for code in codes if re.search(rf"\b{code}\b", told)] == []
    aliases = set(rounds.aliases.values())
    assert set(trial.flips["alias"]) <= aliases


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_moving_a_control_moves_the_views(database: str, locale: str) -> None:
    app = CriteriaApp(database, PROGRAMME, locale)
    before = {name: view.value for name, view in app._views.items()}
    assert "0" in words(app.frame.status)
    app.controls._kind.value = "percent"
    app.controls.percent.value = 3.0
    after = {name: view.value for name, view in app._views.items()}
    assert {name for name in after if after[name] != before[name]} >= {"matrix", "curve", "flips", "rounds"}
    flips = app.trial.flips if app.trial else None
    assert flips is not None
    app._cells["acceptable"][1].click()
    assert app.chosen == ("acceptable", "failed")
    app.controls.reset.click()
    assert app.chosen is None
    assert app.controls.candidate().as_json() == Candidate((app.controls.analyte.value,)).as_json()


def test_an_impossible_wish_is_told_in_our_words(database: str) -> None:
    app = CriteriaApp(database, PROGRAMME, "en")
    app.controls._kind.value = "percent"
    app.controls.percent.value = 0.0
    assert "not a possible one" in words(app.frame.status)
    assert 'role="alert"' in app.frame.status
    assert app.controls._kind.value == "percent"
    nothing = CriteriaApp("sqlite:////nowhere.sqlite", PROGRAMME, "en")
    assert "workbench demo" in words(nothing.frame.status)


def test_the_unforeseen_gets_a_number_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    frame = Frame("app.tuning.title", "en")

    def broken() -> None:
        raise ZeroDivisionError("<b>secret</b>")

    frame.guarded(broken)()
    assert "secret" not in frame.status
    assert "Traceback" not in frame.status
    (number,) = re.findall(r"number ([0-9a-f]{8})", frame.status)
    assert number in caplog.text
    assert "secret" in caplog.text


def test_the_page_overrules_the_notebook() -> None:
    given = {"programme_no": "1.1", "locale": "zh_CN"}
    assert started(given, "locale=en&programme_no=1.6&x=<b>") == {"programme_no": "1.6", "locale": "en"}


def test_a_draft_is_saved_once_and_read_by_the_loader(database: str, tmp_path: Path) -> None:
    app = CriteriaApp(database, PROGRAMME, "en")
    app.controls._kind.value = "percent"
    app.controls.percent.value = 7.5
    panel = app.saving
    panel.folder = tmp_path / "drafts"
    panel.buttons["save"].click()
    assert "role" in words(app.frame.status)
    for name, value in (
        ("authority", "Centre"),
        ("document", "D"),
        ("edition", "2027"),
        ("role", "statistician"),
    ):
        panel.fields[name].value = value
    panel.reason.value = 'Because of "this": long enough to count.'
    panel.buttons["preview"].click()
    assert "7.5" in panel._preview.value
    assert "<b>" not in panel._preview.value
    panel.buttons["save"].click()
    panel.buttons["save"].click()
    assert len(list(panel.folder.glob("*.yaml"))) == 2
    saved = sorted(panel.folder.glob("*.yaml"))[0]
    assert yaml.safe_load(saved.read_text("utf-8"))["limits"][0]["percent"] == 7.5
    assert criteria(panel.folder).find is not None
    panel.buttons["export"].click()
    assert panel._files.value.count("<a ") == 3
