"""Pass rates, curves, differences of verdicts, authorities side by side, saved limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, limit, programme
from tests.tuning.provinces import ROUNDS, evaluated, inputs_of
from workbench.errors import EvaluationError, ParameterError
from workbench.evaluation import RoundInputs, evaluate
from workbench.frames import HISTORY
from workbench.parameters import criteria
from workbench.tuning.archive import STATES
from workbench.tuning.changes import RuleChange, changed_rules, draft_limit
from workbench.tuning.criteria_files import DraftFile, criteria_text, save_criteria
from workbench.tuning.freezing import freeze
from workbench.tuning.goals import authorities, state_of_the_art, variation_goals
from workbench.tuning.judging import NO_VERDICT, PASS, VERDICTS, Rejudged, rejudge
from workbench.tuning.over_rounds import laboratory_verdicts, statuses
from workbench.tuning.pass_rates import DIVISIONS, pass_curve, pass_rates, passing_limits, rejudged_curve
from workbench.tuning.verdict_diff import result_diff, transitions, verdict_diff

CALM = {"u_negligible_sigma": 1e9, "u_upper": 1e9}
"""No widening and no refusal for the target's uncertainty."""


def at_percent(archive, percent: str, **policy) -> Rejudged:
    limits = {rule.code: draft_limit(rule.analyte, "percent", percent=percent) for rule in archive.rules}
    return rejudge(archive, changed_rules(archive.rules, RuleChange(limits=limits, policy=policy)))


@pytest.mark.parametrize("programme_no", ["1.1", "2.1"])
def test_the_difference_is_that_of_two_full_evaluations(programme_no: str) -> None:
    inputs = inputs_of(programme_no)
    archive = freeze(inputs)
    limits = {rule.code: draft_limit(rule.analyte, "percent", percent=6) for rule in archive.rules}
    rules = changed_rules(archive.rules, RuleChange(limits=limits))
    before, after = rejudge(archive), rejudge(archive, rules)
    key = ["lab_code", "device_id", "analyte"]
    wanted_results, wanted_verdicts = set(), set()
    pairs = zip(evaluated(inputs, archive.rules), evaluated(inputs, rules), ROUNDS, strict=True)
    for old, new, code in pairs:
        for frame, column, names, out in (
            ("scores", "signal", [*key, "sample"], wanted_results),
            ("analyte_verdicts", "verdict", key, wanted_verdicts),
        ):
            merged = getattr(old, frame).merge(getattr(new, frame), on=names)
            a, b = (merged[f"{column}_{side}"].replace("warning", "acceptable") for side in "xy")
            found = merged[a != b]
            out |= {(code, *row) for row in found[[*names, f"{column}_y"]].itertuples(index=False)}
    mine = result_diff(before, after)
    rows = mine[["round", *key, "sample", "after"]].replace("warning", "acceptable")
    assert set(rows.itertuples(index=False, name=None)) == {tuple(each) for each in wanted_results}
    verdicts = verdict_diff(before, after)[["round", *key, "after"]]
    assert set(verdicts.itertuples(index=False, name=None)) == {tuple(each) for each in wanted_verdicts}
    assert len(mine) > 50
    table = transitions(before, after)
    assert table.to_numpy().sum() == archive.shape[1]
    assert table.to_numpy().sum() - np.trace(table.to_numpy()) == len(verdicts)
    moved = transitions(before, after, "result").to_numpy()
    assert moved.sum() - np.trace(moved) == len(mine)


def test_why_names_the_change_that_alone_turns_a_result() -> None:
    archive = freeze(inputs_of("2.1"))
    before = at_percent(archive, "8", **CALM)
    why = set(result_diff(before, at_percent(archive, "6", **CALM))["why"])
    assert "limit" in why
    assert why <= {"limit", "grading"}
    other = at_percent(archive, "8", assigned_value="median_niqr", **CALM)
    table = result_diff(before, other)
    assert set(table["why"]) <= {"assigned_value", "together", "grading"}
    assert set(table["direction"]) <= {"better", "worse", "scored", "unscored"}
    wider = at_percent(archive, "8", ladder=((),), **CALM)
    assert "peer_group" in set(result_diff(before, wider)["why"])
    with pytest.raises(EvaluationError, match="one archive"):
        result_diff(before, rejudge(freeze(inputs_of("1.4"))))


@pytest.mark.parametrize("pass_mark", [80.0, 100.0, 60.0])
def test_every_point_of_the_curve_is_a_judgement_again(pass_mark: float) -> None:
    archive = freeze(inputs_of("2.1"))
    unknown = np.full(archive.material.s_s.shape, np.nan)
    archive = replace(archive, material=replace(archive.material, s_s=unknown))
    base = at_percent(archive, "10", pass_mark=pass_mark, **CALM)
    # "<" and ">" results keep the judgement they have; everything else follows the limit.
    plain = ~np.isin(base.state, [STATES.index("censored")]).any(axis=0)
    curve = pass_curve(base, rows=plain)
    jumps = np.unique(curve.limits[np.isfinite(curve.limits)])
    between = (0.5 * (jumps[1:] + jumps[:-1]))[np.diff(jumps) > 1e-6]
    for percent in [*between[5::40], 3.0, 7.5]:
        again = at_percent(archive, repr(float(percent)), pass_mark=pass_mark, **CALM)
        assert ((again.verdict == NO_VERDICT) == (base.verdict == NO_VERDICT))[plain].all()
        passed = (again.verdict[plain] == PASS).sum()
        assert passed == round(float(curve.percent_at(float(percent))) / 100 * len(curve.limits))
    assert curve.percent_at(curve.limit_for(90)) >= 90
    table = rejudged_curve(base, [4.0, 8.0])
    assert table["pass_percent"].iloc[1] == pytest.approx(
        at_percent(archive, "8", pass_mark=pass_mark, **CALM).pass_rate
    )


def test_a_limit_one_digit_tighter_than_the_passing_one_fails() -> None:
    small = SmallRound(programme(target_decimals=2, **CALM), criteria=(limit(percent="10"),))
    for lab in range(8):
        small.lab(f"L{lab}", ["4.50"] * 5)
    small.lab("on", ["4.95", "4.05", "4.95", "4.95", "9.99"])
    archive = freeze([small.inputs()])
    judged = rejudge(archive)
    row = [archive.labs[lab] for lab in archive.lab].index("on")
    assert passing_limits(judged)[row] == 10.0
    assert passing_limits(judged, "absolute")[row] == pytest.approx(0.45, abs=1e-12)
    for percent, word in (("10", "pass"), ("9.9999", "fail")):
        assert VERDICTS[at_percent(archive, percent).verdict[row]] == word
    with pytest.raises(ValueError, match="unit"):
        passing_limits(judged, "litres")


def test_rates_add_up_whatever_divides_them() -> None:
    judged = rejudge(freeze(inputs_of("1.6")))
    for name in DIVISIONS:
        table = pass_rates(judged, (name,))
        assert table["n"].sum() == (judged.verdict != NO_VERDICT).sum()
        assert table["passed"].sum() == (judged.verdict == PASS).sum()
        assert table["acceptable"].sum() == judged.acceptable.sum()
    assert len(pass_rates(judged, ("analyte", "round"))) == len(judged.rules) * len(ROUNDS)


@pytest.mark.parametrize("programme_no", ["1.6", "2.1"])
def test_laboratories_and_status_equal_the_evaluation_with_its_history(programme_no: str) -> None:
    first, second = inputs_of(programme_no)
    old = evaluate(first).analyte_verdicts
    history = HISTORY.checked(old.assign(round=first.round_code, criterion=""))
    frames = {name: getattr(second, name) for name in ("laboratories", "enrolments", "results", "samples")}
    frames |= {n: getattr(second, n) for n in ("material_checks", "reference_values", "decisions")}
    given = RoundInputs.of(
        second.programme, second.round_code, second.criteria, frames | {"history": history}
    )
    new = evaluate(given)
    judged = rejudge(freeze([first, second]))
    archive = judged.archive
    found = {
        (archive.labs[archive.lab[e]], judged.rules[archive.analyte_of_block[b]].code): status
        for e, (b, status) in enumerate(zip(archive.block, statuses(judged), strict=True))
        if archive.round_of_block[b] == 1
    }
    wanted = {(row.lab_code, row.analyte): row.status for row in new.analyte_verdicts.itertuples()}
    assert found == wanted
    mine = laboratory_verdicts(judged, second.programme.evaluation)
    mine = mine[mine["round"] == second.round_code].set_index("lab_code")["verdict"]
    theirs = new.laboratory_verdicts.set_index("lab_code")["verdict"]
    assert mine.to_dict() == theirs[theirs.index.isin(mine.index)].to_dict()


def test_authorities_stand_side_by_side() -> None:
    archive = freeze(inputs_of("1.1"))
    table = authorities(archive, "K")
    assert table["in_force"].sum() >= 1
    assert table["in_force"].iloc[0]
    assert {"WS/T 403", "CLIA"} <= set(table["authority"].str.slice(0, 8).str.strip()) or len(table) >= 3
    own = table[table["in_force"]].iloc[0]
    assert (own["better"], own["worse"]) == (0, 0)
    art = state_of_the_art(rejudge(archive)).set_index("analyte")
    assert (art["limit_for_95"] >= art["limit_for_50"]).all()
    assert art.loc["K", "limit_in_cv"] > 1


def test_biological_variation_against_a_published_table() -> None:
    path = Path(__file__).parents[3] / "shared" / "criteria" / "bv_specs.csv"
    if not path.exists():
        pytest.skip("the table of specifications is not beside the project")
    table = pd.read_csv(path)
    table = table[table["cvg_percent"].notna() & table["desirable_tea_percent"].notna()]
    assert len(table) > 5
    for row in table.itertuples():
        goals = variation_goals(row.cvi_percent, row.cvg_percent)
        assert goals["desirable"]["bias"] == pytest.approx(row.desirable_bias_percent, abs=0.0051)
        for level in ("optimum", "desirable", "minimum"):
            printed = getattr(row, f"{level}_tea_percent")
            assert goals[level]["total_error"] == pytest.approx(printed, abs=0.0051)
    with pytest.raises(ValueError, match="below zero"):
        variation_goals(-1, 2)


def test_saved_limits_come_back_through_the_loader(tmp_path: Path) -> None:
    archive = freeze(inputs_of("1.1"))
    item = {rule.code: rule.analyte for rule in archive.rules}
    limits = [
        draft_limit(item["K"], "greater_of", percent="5.50", absolute="0.15", inclusive=False),
        draft_limit(item["Glu"], "breakpoint", percent=7, absolute="0.33", breakpoint="4.7", breakpoint_side="low_owns"),
    ]  # fmt: skip
    draft = DraftFile(
        "省临检",
        '试行："两项" # 2026',
        "2026",
        "3.1",
        date(2026, 3, 1),
        "各家水平已达到，按近三轮数据收紧限值（会议决定）",
    )
    path = save_criteria(tmp_path, limits, draft)
    assert path.read_text(encoding="utf-8") == criteria_text(limits, draft)
    book = criteria(tmp_path)
    found = book.find("省临检", "K", "serum/plasma", "eqa")
    assert found is not None
    assert (found.percent, found.absolute, found.inclusive) == (Decimal("5.5"), Decimal("0.15"), False)
    assert found.valid_from == date(2026, 3, 1)
    assert found.document == draft.document
    glucose = book.find("省临检", "Glu", "serum/plasma", "eqa")
    assert glucose is not None
    assert glucose.allowed_deviation(Decimal("4.7")) == Decimal("0.33")
    rules = changed_rules(archive.rules, RuleChange(limits={"K": found}))
    tried = changed_rules(archive.rules, RuleChange(limits={"K": limits[0]}))
    assert np.array_equal(rejudge(archive, rules).signal, rejudge(archive, tried).signal)
    assert save_criteria(tmp_path, limits, draft) != path
    with pytest.raises(ParameterError, match="20 characters"):
        criteria_text(limits, DraftFile("a", "b", "c", "", date(2026, 1, 1), "short"))
