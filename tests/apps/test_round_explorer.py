"""The officer's decisions: a draft is what a full re-evaluation says, and nothing in the store is overwritten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.apps.officer_store import AS_OF, PROGRAMME, ROUND, filled
from workbench.apps.explorer.app import ROLE_SETTING, RoundExplorerApp
from workbench.apps.explorer.drafts import SplitTrial, accept, draft
from workbench.apps.explorer.groups import group_tree
from workbench.apps.explorer.model import VIEWS, Proposal, RoundExplorer, splits_of
from workbench.apps.explorer.state import (
    Opened,
    checklist,
    counts_of,
    evaluated,
    open_programme,
    release_state,
    suspects,
)
from workbench.apps.explorer.views import Filters
from workbench.errors import DataError
from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.parameters import catalogue, criteria
from workbench.reports.answer_words import AnswerNames
from workbench.rounds.corrections import Correction
from workbench.rounds.prepare import evaluate_programme
from workbench.simulation import simulate_coded_round
from workbench.store import (
    Decision,
    ProgrammeRound,
    Store,
    Submissions,
    add_decision,
    add_submissions,
    evaluations_of_round,
    open_store,
    programme_counts,
    round_inputs,
    save_programme_round,
    upgrade,
)

NOW = datetime(2026, 5, 20, 9, 30)
REASON = "unit of the report form was taken for the programme's"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("officer")
    filled(folder, seed=3).close()
    return folder


@pytest.fixture
def store(home: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of its own for each test."""
    with sqlite3.connect(home / "eqa.sqlite") as source, sqlite3.connect(tmp_path / "eqa.sqlite") as target:
        source.backup(target)
    copied = open_store(f"sqlite:///{tmp_path / 'eqa.sqlite'}")
    yield copied
    copied.close()


@pytest.fixture
def opened(store: Store) -> Opened:
    return open_programme(store, catalogue()[PROGRAMME], criteria(), ROUND)


def excluded(lab_code: str = "L0035", sample: str = "202611", **changes: str) -> Decision:
    fields = {"kind": "exclude_from_statistics", "reason": REASON, "analyte": "HbA1c"} | changes
    return Decision(**fields, decided_at=NOW, lab_code=lab_code, sample=sample)


def fresh(store: Store) -> Evaluation:
    """Everything read and judged again by the engine's own entry."""
    inputs = round_inputs(store, ROUND, PROGRAMME)
    given = RoundInputs.of(catalogue()[PROGRAMME], ROUND, criteria(), inputs.frames(), inputs.closing_at)
    return evaluate(given)


def same(one: Evaluation, other: Evaluation) -> None:
    for name, table in one.frames().items():
        pd.testing.assert_frame_equal(table, other.frames()[name], obj=name)


def rows(store: Store, statement: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as connection:
        return connection.execute(statement).fetchall()


REVISIONS = """select s.revision, s.by_role, s.returned_at, x.raw from submission s
    join participation p using (participation_id) join laboratory l using (lab_id)
    join result x using (submission_id) join sample v using (sample_id)
    where l.lab_code = 'L0035' and v.sample = '202611' order by s.revision"""


def test_a_draft_is_what_a_full_re_evaluation_says(store: Store, opened: Opened) -> None:
    proposed = draft(opened, excluded())
    assert not round_inputs(store, ROUND, PROGRAMME).decisions.size
    same(opened.evaluation, fresh(store))
    now = accept(store, proposed)
    again = fresh(store)
    same(proposed.evaluation, again)
    same(now.evaluation, again)
    signal = ["lab_code", "device_id", "analyte", "sample"]
    old, new = (e.scores.set_index(signal)["signal"] for e in (opened.evaluation, again))
    changed = old.index[old != new]
    assert list(changed)
    assert list(proposed.results.set_index(signal).index) == list(changed)
    assert sum(proposed.counts("results", "signal").values()) == len(changed)
    assert (proposed.targets["n_new"] == proposed.targets["n_old"] - 1).all()
    assert len(proposed.targets)


def test_an_accepted_decision_makes_the_stored_evaluation_stale_until_it_is_run_again(
    store: Store, opened: Opened, tmp_path: Path
) -> None:
    assert not opened.is_stale
    now = accept(store, draft(opened, excluded()))
    assert now.is_stale
    assert "stale" in {point.code for point in checklist(now) if point.is_open}
    evaluate_programme(store, now.inputs, tmp_path / "outputs", AS_OF)
    again = open_programme(store, now.programme, now.criteria, ROUND)
    assert not again.is_stale
    assert "stale" not in {point.code for point in checklist(again)}
    first, second = evaluations_of_round(store, ROUND, PROGRAMME)
    assert (first.in_force, second.in_force, second.supersedes) == (False, True, first.evaluation_id)


def test_a_correction_is_a_new_revision_and_both_stay(store: Store, opened: Opened) -> None:
    before = rows(store, REVISIONS)
    assert [row[0] for row in before] == [1]
    wanted = Correction("L0035", "HbA1c", "202611", "5.92", REASON, NOW)
    proposed = draft(opened, wanted)
    assert rows(store, REVISIONS) == before
    now = accept(store, proposed)
    after = rows(store, REVISIONS)
    assert after[0] == before[0]
    assert after[1] == (2, "organiser", before[0][2], "5.92")
    same(proposed.evaluation, fresh(store))
    same(now.evaluation, proposed.evaluation)
    mine = now.inputs.results[now.inputs.results["lab_code"] == "L0035"].set_index("sample")
    assert mine["raw"].to_dict() == {**_raw(opened), "202611": "5.92"}
    assert set(mine["revision"]) == {2}
    assert now.inputs.decisions["kind"].tolist() == ["correct"]
    assert REASON in now.inputs.decisions["reason"].iloc[0]
    assert "5.92" in now.inputs.decisions["reason"].iloc[0]
    lab = now.inputs.laboratories.set_index("lab_code").loc["L0035"]
    assert lab["late_days"] == 0
    assert programme_counts(store, ROUND)["corrected"].tolist() == [1]


def _raw(opened: Opened) -> dict[str, str]:
    table = opened.inputs.results
    return dict(table.loc[table["lab_code"] == "L0035", ["sample", "raw"]].to_numpy().tolist())


@pytest.mark.parametrize(
    ("raw", "reason", "words"),
    [
        ("5.92", "  ", "needs its reason"),
        ("", REASON, "is no result"),
        ("see note", REASON, "is no result"),
        ("1,234", REASON, "thousands or decimal"),
        ("41.2", REASON, "stands there already"),
    ],
)
def test_what_cannot_be_read_is_no_correction(opened: Opened, raw: str, reason: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        draft(opened, Correction("L0035", "HbA1c", "202611", raw, reason, NOW))


def test_a_result_that_was_never_sent_cannot_be_corrected(opened: Opened) -> None:
    with pytest.raises(DataError, match="no such result was reported"):
        draft(opened, Correction("L9999", "HbA1c", "202611", "5.9", REASON, NOW))


def test_a_decision_without_reason_makes_no_draft(opened: Opened) -> None:
    with pytest.raises(DataError, match="reason"):
        draft(opened, excluded(reason=" "))


def test_a_draft_of_yesterday_is_refused(store: Store, opened: Opened) -> None:
    proposed = draft(opened, excluded())
    add_decision(store, ROUND, PROGRAMME, excluded(sample="202612"))
    with pytest.raises(DataError, match="changed since the draft"):
        accept(store, proposed)
    assert len(round_inputs(store, ROUND, PROGRAMME).decisions) == 1


def test_suspects_show_result_target_and_ratio_until_they_are_answered(store: Store, opened: Opened) -> None:
    found = {(s.lab_code, s.sample): s for s in suspects(opened)}
    unit = found["L0035", "202611"]
    assert (unit.raw, unit.kind, unit.answer) == ("41.2", "unit", "")
    assert unit.ratio == pytest.approx(41.2 / unit.target)
    assert found["L0021", "202611"].other == "202612"
    assert found["L0018", "202612"].kind == "text"
    now = accept(store, draft(opened, excluded(sample="", kind="keep")))
    answers = {(s.lab_code, s.sample): s.answer for s in suspects(now)}
    assert {answers["L0035", sample] for sample in opened.samples} == {"keep"}
    assert answers["L0018", "202612"] == ""


def test_release_is_blocked_until_every_major_finding_has_a_reason(store: Store, opened: Opened) -> None:
    points = checklist(opened)
    assert release_state(points) == "blocked"
    blocking = [point for point in points if point.blocks]
    major = opened.evaluation.findings
    major = major[major["organiser_level"] == 3]
    assert {(p.code, p.analyte, p.sample) for p in blocking} == set(
        map(tuple, major[["code", "analyte", "sample"]].to_numpy())
    )
    for point in blocking:
        kind = f"accept_{point.code}"
        add_decision(
            store, ROUND, PROGRAMME, Decision(kind, "seen", NOW, analyte=point.analyte, sample=point.sample)
        )
    for suspect in suspects(opened):
        add_decision(store, ROUND, PROGRAMME, excluded(suspect.lab_code, suspect.sample, kind="keep"))
    judged = open_programme(store, opened.programme, opened.criteria, ROUND)
    assert [point.code for point in checklist(judged) if point.is_open] == ["stale"]
    assert programme_counts(store, ROUND)["blocking"].tolist() == [""]
    ready = replace(judged, sha256=judged.record.snapshot_sha256 if judged.record else "")
    assert release_state(checklist(ready)) == "ready"
    counts = ready.evaluation.reconciliation.assign(enrolled=lambda table: table["enrolled"] + 1)
    broken = replace(ready, evaluation=replace(ready.evaluation, reconciliation=counts))
    assert [p.code for p in checklist(broken) if p.is_open] == ["F42"] * len(counts)
    with pytest.raises(DataError, match="accept_F42"):
        add_decision(store, ROUND, PROGRAMME, Decision("accept_F42", "it will do", NOW))


def test_the_matrix_of_the_store_counts_what_the_evaluation_counts(store: Store, opened: Opened) -> None:
    (stored,) = programme_counts(store, ROUND).to_dict("records")
    counted = counts_of(opened)
    blocking = set(filter(None, str(counted.pop("blocking")).split(",")))
    assert set(str(stored["blocking"]).split(",")) == blocking
    assert counted.pop("state") == "blocked"
    assert {name: stored[name] for name in counted} == counted


def test_the_tree_follows_the_registered_systems(opened: Opened) -> None:
    nodes = group_tree(opened, "HbA1c", "202611")
    whole, *groups = nodes
    used = opened.evaluation.scores.query("sample == '202611' and in_statistics")
    every = opened.evaluation.groups.query("sample == '202611' and peer_group_level == 'all'").iloc[0]
    assert whole.codes == ()
    assert (whole.n, whole.robust_mean) == (len(used), pytest.approx(every["robust_mean"], rel=1e-6))
    methods = [node for node in groups if len(node.codes) == 1]
    assert sum(node.n for node in methods) == whole.n
    for method in methods:
        children = [n for n in groups if len(n.codes) == 2 and n.codes[0] == method.codes[0]]
        assert sum(child.n for child in children) == method.n
    rung = opened.evaluation.groups.query("sample == '202611' and peer_group_level == 'method+instrument'")
    known = {row.peer_group: row.robust_mean for row in rung.itertuples() if row.n}
    means = {"|".join(n.codes): n.robust_mean for n in groups if len(n.codes) == 2 and n.n}
    for name in set(known) & set(means):
        assert means[name] == pytest.approx(known[name], rel=1e-6)


def explorer(store: Store, role: str = "organiser", locale: str = "en") -> RoundExplorer:
    return RoundExplorer(store, ROUND, locale, role)


def everything(model: RoundExplorer, opened: Opened, now: datetime) -> str:
    naming = model.naming(opened, now)
    parts = [part for name in VIEWS for part in model.view(naming, name, Filters())]
    return "\n".join(part.html() for part in parts)


@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_advisers_see_aliases_where_the_organiser_sees_codes(
    store: Store, opened: Opened, locale: str
) -> None:
    told = excluded(reason="L0035 and L0021 have exchanged their vials")
    now = accept(store, draft(opened, told))
    codes, aliases = set(opened.aliases), {opened.aliases["L0035"], opened.aliases["L0021"]}
    shown = everything(explorer(store, "adviser", locale), now, NOW)
    assert not {code for code in codes if code in shown}
    assert all(alias in shown for alias in aliases)
    assert "L0035" in everything(explorer(store, locale=locale), now, NOW)


def test_advisers_decide_nothing(store: Store, opened: Opened) -> None:
    adviser = explorer(store, "adviser")
    with pytest.raises(DataError, match="no decisions"):
        adviser.propose(opened, Proposal("excuse", REASON, "L0035"), NOW)
    with pytest.raises(DataError, match="no decisions"):
        adviser.accept(draft(opened, excluded()))
    with pytest.raises(DataError, match="not one of"):
        explorer(store, "guest")


def test_the_address_of_a_page_cannot_raise_the_role(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"database": store.url, "round_code": ROUND, "programme_no": "", "locale": "en"}
    for own, asked, role in (
        ("organiser", "adviser", "adviser"),
        ("adviser", "organiser", "adviser"),
        ("organiser", "organiser", "organiser"),
    ):
        monkeypatch.setenv("QUERY_STRING", f"role={asked}")
        assert RoundExplorerApp({**given, "role": own}).model.role == role
    monkeypatch.setenv(ROLE_SETTING, "adviser")
    assert RoundExplorerApp({**given, "role": "organiser"}).model.role == "adviser"


def test_the_address_opens_the_view_it_was_copied_from(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "database": store.url,
        "round_code": ROUND,
        "programme_no": "",
        "role": "organiser",
        "locale": "en",
    }
    given |= {"view": "participation", "analyte": "", "sample": ""}
    monkeypatch.setenv("QUERY_STRING", f"programme_no={PROGRAMME}&view=groups&analyte=HbA1c&sample=202612")
    app = RoundExplorerApp(given, lambda: NOW)
    assert "sample 202612" in app.body.value
    copied = app.link.value.partition('href="?')[2].partition('"')[0].replace("&amp;", "&")
    assert "database" not in copied
    monkeypatch.setenv("QUERY_STRING", copied)
    assert RoundExplorerApp(given, lambda: NOW).body.value == app.body.value


def test_a_missing_store_or_round_is_told_in_words(store: Store, tmp_path: Path) -> None:
    given = {"programme_no": "", "role": "organiser", "locale": "en", "round_code": ROUND}
    missing = tmp_path / "none.sqlite"
    app = RoundExplorerApp({**given, "database": f"sqlite:///{missing}"})
    assert "There is no database" in app.frame.status
    assert not missing.exists()
    app = RoundExplorerApp({**given, "database": store.url, "round_code": "2030-1"})
    assert "no programme of round 2030-1" in app.frame.status


def test_a_change_of_the_proposal_takes_the_draft_away(store: Store) -> None:
    given = {"database": store.url, "round_code": ROUND, "programme_no": PROGRAMME}
    app = RoundExplorerApp({**given, "role": "organiser", "locale": "en"}, lambda: NOW)
    panel = app.decision
    panel.suspect.value = next(each for _, each in panel.suspect.options if each and each.lab_code == "L0035")
    panel.reason.value = REASON
    panel.preview.click()
    assert app.draft is not None
    assert not panel.accept.disabled
    panel.sample.value = "202615"
    assert app.draft is None
    assert panel.accept.disabled
    panel.accept.click()
    assert not len(round_inputs(store, ROUND, PROGRAMME).decisions)


def test_checking_all_programmes_judges_the_data_as_they_stand(store: Store, opened: Opened) -> None:
    add_decision(store, ROUND, PROGRAMME, excluded())
    model = explorer(store)
    assert "stale" not in model.matrix()[0]["blocking"]
    told: list[tuple[int, int]] = []
    lines = model.judge([PROGRAMME], lambda done, total: told.append((done, total)))
    assert told == [(0, 1)]
    assert "stale" in model.matrix(lines)[0]["blocking"]
    assert "stale" in model.matrix_table(model.matrix(lines)).plain()


def test_every_action_becomes_its_decision_and_says_what_it_lacks(store: Store, opened: Opened) -> None:
    model = explorer(store)
    place = ("L0035", "", "HbA1c", "202611")
    for action in ("exclude_from_statistics", "excuse", "keep"):
        change = model.propose(opened, Proposal(action, REASON, *place), NOW).change
        assert change == Decision(action, REASON, NOW, "L0035", "HbA1c", "202611")
    withdrawn = model.propose(opened, Proposal("withdraw", REASON, *place), NOW)
    assert withdrawn.change == Decision("withdraw", REASON, NOW, "", "HbA1c", "202611")
    assert set(withdrawn.results["state_new"]) <= {"not_scored", "excused", "not_returned"}
    accepted = Proposal("accept_finding", REASON, "", "", "HbA1c", "202611", finding="F05")
    assert model.propose(opened, accepted, NOW).change == Decision(
        "accept_F05", REASON, NOW, "", "HbA1c", "202611"
    )
    assert model.propose(opened, accepted, NOW).results.empty
    for lacking, words_ in (
        (Proposal("excuse", REASON), "needs a laboratory"),
        (Proposal("withdraw", REASON), "laboratory or a sample"),
        (Proposal("accept_finding", REASON), "no blocking finding"),
        (Proposal("excuse", "", "L0035"), "reason"),
    ):
        with pytest.raises(DataError, match=words_):
            model.propose(opened, lacking, NOW)


def test_the_workbook_holds_every_table_and_the_draft(store: Store, opened: Opened, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    model = explorer(store)
    proposed = draft(opened, excluded())
    naming = model.naming(opened, NOW)
    path = tmp_path / "explorer.xlsx"
    path.write_bytes(model.export(naming, Filters(), model.matrix(), proposed))
    book = openpyxl.load_workbook(path)
    assert {"matrix", "checklist", "suspects", "material", "reconciliation"} <= set(book.sheetnames)
    rows_ = list(book["draft changed_results"].iter_rows(values_only=True))
    assert len(rows_) == 1 + len(proposed.results)
    assert rows_[1][0] == proposed.results["lab_code"].iloc[0]


def test_no_answer_of_a_panel_is_shown_before_the_round_closes(tmp_path: Path) -> None:
    store = upgrade(f"sqlite:///{tmp_path / 'coded.sqlite'}")
    made, where = simulate_coded_round(catalogue()["4.3"], ROUND, 7, 14), (ROUND, "4.3")
    frames = {name: table for name, table in made.frames().items() if name not in ("results", "decisions")}
    frames["laboratories"] = frames["laboratories"].drop(columns="round_alias")
    save_programme_round(
        store, ProgrammeRound(*where, made.round.closing_at, **frames), np.random.default_rng(7)
    )
    for head, body in made.round.loads():
        load = Submissions(head.drop(columns="revision"), body.drop(columns="revision"))
        add_submissions(store, *where, load)
    genotyped = open_programme(store, catalogue()["4.3"], criteria(), ROUND)
    answers = set(genotyped.inputs.results["raw"]) - {""}
    answers = {answer for answer in answers if len(answer) > 2}
    model = explorer(store)
    closing = genotyped.inputs.closing_at
    before = everything(model, genotyped, closing - timedelta(minutes=1))
    after = everything(model, genotyped, closing)
    names = AnswerNames(catalogue()["4.3"].analytes[0], "en")
    shown = {names.of(code) for code in genotyped.evaluation.answer_counts["answer"]}
    assert "hidden until closing" in before
    assert "hidden until closing" not in after
    told = {name for name in shown if len(name) > 2 and name in after}
    assert told
    assert not {name for name in told | answers if name in before}


def test_the_field_behind_two_peaks_is_found_and_its_consequence_counted(opened: Opened) -> None:
    """Half of the laboratories have a calibrator that reads a fifth higher on one sample."""
    programme, held = opened.programme, opened.inputs
    enrolled, results = held.enrolments, held.results.copy()
    half = sorted(enrolled["lab_code"].unique())[::2]
    enrolled = enrolled.assign(calibrator=np.where(enrolled["lab_code"].isin(half), "CAL-B", "CAL-A"))
    level = dict(zip(opened.samples, (10.0, 6.0, 9.0, 8.0, 5.0), strict=True))
    noise = 1 + np.random.default_rng(5).normal(0, 0.01, len(results))
    lifted = results["lab_code"].isin(half) & (results["sample"] == "202611")
    results["value"] = (results["sample"].map(level) * noise * np.where(lifted, 1.2, 1.0)).round(2)
    inputs = replace(held, enrolments=enrolled, results=results)
    judged = evaluated(programme, criteria(), inputs)
    shifted = Opened(programme, criteria(), inputs, judged, None, "shifted")
    (found,) = splits_of(shifted)
    assert found.best is not None
    assert (found.best.field, found.best.high_levels) == ("calibrator", ("CAL-B",))
    assert found.effect is not None
    assert found.effect.matters[0]
    assert found.effect.n_changed > 20
    assert found.trial == len(draft(shifted, SplitTrial("HbA1c", "calibrator")).results) > 10


def test_a_split_is_a_trial_that_no_store_takes(store: Store, opened: Opened) -> None:
    trial = draft(opened, SplitTrial("HbA1c", "method"))
    levels = set(trial.evaluation.groups["peer_group_level"])
    assert "method" in levels
    assert len(trial.results)
    with pytest.raises(DataError, match="catalogue"):
        accept(store, trial)
