"""An archive judged again equals a full evaluation, cell by cell, whatever changes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, limit, programme
from tests.tuning.provinces import PROGRAMMES, ROUNDS, cells_of, evaluated, inputs_of, rows_of
from workbench.errors import EvaluationError, ParameterError
from workbench.parameters import catalogue
from workbench.tuning.archive import select
from workbench.tuning.changes import RuleChange, changed_rules, draft_limit
from workbench.tuning.freezing import freeze
from workbench.tuning.judging import ACCEPTABLE, FAILED, SIGNALS, Rejudged, rejudge

CELLS = ["lab_code", "device_id", "analyte", "sample", "state", "reason", "signal"]
ROWS = [
    "lab_code",
    "device_id",
    "analyte",
    "acceptable",
    "graded",
    "verdict",
    "peer_group_level",
    "peer_group",
]


def tight_limits(programme_no: str) -> dict:
    return {
        each.analyte: draft_limit(each, "greater_of", percent=5, absolute="0.1", inclusive=False)
        for each in catalogue()[programme_no].analytes
        if each.is_quantitative
    }


CHANGES = {
    "in_force": lambda no: RuleChange(),
    "limits": lambda no: RuleChange(limits=tight_limits(no), policy={"target_decimals": 2}),
    "consensus": lambda no: RuleChange(
        policy={"assigned_value": "q_hampel", "n_min": 9, "ladder": (("method",), ())}
    ),
    "counting": lambda no: RuleChange(policy={"not_scored": "credit", "pass_mark": 90.0, "late": "score"}),
    "trimmed": lambda no: RuleChange(
        policy={"assigned_value": "median_niqr", "exclude_outliers": "three_sd"}
    ),
    "z": lambda no: RuleChange(policy={"score": "z", "score_decimals": 2, "censored": "not_scored"}),
}


@pytest.mark.parametrize("programme_no", PROGRAMMES)
@pytest.mark.parametrize("change", CHANGES)
def test_equals_a_full_evaluation(programme_no: str, change: str) -> None:
    if programme_no == "1.1" and change in ("trimmed", "z", "counting"):
        pytest.skip("the other three programmes try this change; the largest one is slow to evaluate")
    inputs = inputs_of(programme_no)
    archive = freeze(inputs)
    rules = changed_rules(archive.rules, CHANGES[change](programme_no))
    judged = rejudge(archive, rules)
    for given, evaluation in zip(inputs, evaluated(inputs, rules), strict=True):
        same_rows(cells_of(judged, given.round_code), evaluation.scores, CELLS, 4)
        same_rows(rows_of(judged, given.round_code), evaluation.analyte_verdicts, ROWS, 3)


def same_rows(mine: pd.DataFrame, theirs: pd.DataFrame, columns: list[str], key: int) -> None:
    left, right = (
        table[columns].astype(object).sort_values(columns[:key]).reset_index(drop=True)
        for table in (mine, theirs)
    )
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_a_result_on_its_limit_is_judged_by_its_digits() -> None:
    small = SmallRound(programme(target_decimals=2), criteria=(limit(percent="10"),))
    for lab in range(8):
        small.lab(f"L{lab}", ["4.50"] * 5)
    small.lab("on", ["4.95"] * 5)
    small.lab("over", ["4.951"] * 5)
    archive = freeze([small.inputs()])
    judged = rejudge(archive)
    names = {archive.labs[lab]: row for row, lab in enumerate(archive.lab)}
    assert SIGNALS[judged.signal[0, names["on"]]] == "acceptable"
    assert SIGNALS[judged.signal[0, names["over"]]] == "action"
    strict = rejudge(
        archive, changed_rules(archive.rules, RuleChange(limits={"Glu": limit(inclusive=False)}))
    )
    assert SIGNALS[strict.signal[0, names["on"]]] == "action"


def test_the_consensus_is_used_again_where_only_limits_change() -> None:
    archive = freeze(inputs_of("1.6"))
    before = rejudge(archive)
    rules = changed_rules(archive.rules, RuleChange(limits=tight_limits("1.6")))
    after = rejudge(archive, rules, before.estimated)
    assert after.estimated is before.estimated
    assert np.array_equal(after.signal, rejudge(archive, rules).signal)
    other = changed_rules(archive.rules, RuleChange(policy={"n_min": 12}))
    assert rejudge(archive, other, before.estimated).estimated is not before.estimated


def test_one_analyte_and_one_round_can_be_selected() -> None:
    archive = freeze(inputs_of("1.6"))
    code = archive.rules[1].code
    part = select(archive, [code], [ROUNDS[1]])
    whole = rejudge(archive)
    assert part.rounds == (ROUNDS[1],)
    assert [rule.code for rule in part.rules] == [code]
    block = 1 * 2 + 1
    rows = slice(archive.start[block], archive.start[block + 1])
    assert np.array_equal(rejudge(part).signal, whole.signal[:, rows])
    with pytest.raises(KeyError, match="nothing"):
        select(archive, ["nothing"])


def test_a_wider_limit_never_fails_a_result_that_was_inside() -> None:
    archive = freeze(inputs_of("2.1"))
    judged: list[Rejudged] = []
    for percent in ("4", "8", "16"):
        limits = {rule.code: draft_limit(rule.analyte, "percent", percent=percent) for rule in archive.rules}
        judged.append(rejudge(archive, changed_rules(archive.rules, RuleChange(limits=limits))))
    group = judged[0].estimated.group
    for tight, wide in itertools.pairwise(judged):
        both = (tight.state == 0) & (wide.state == 0)
        both &= (wide.targets.error >= tight.targets.error).T[:, group]
        assert both.sum() > 1000
        assert not (both & (tight.signal == ACCEPTABLE) & (wide.signal == FAILED)).any()
        assert (both & (tight.signal == FAILED) & (wide.signal == ACCEPTABLE)).any()


def test_impossible_rules_are_refused_by_name() -> None:
    archive = freeze(inputs_of("1.4"))
    with pytest.raises(ParameterError, match="n_min"):
        changed_rules(archive.rules, RuleChange(policy={"n_min": 0}))
    with pytest.raises(ParameterError, match="percent"):
        draft_limit(archive.rules[0].analyte, "percent")
    given = draft_limit(archive.rules[0].analyte, "percent", percent="7.5")
    assert given.allowed_deviation(Decimal(200)) == Decimal("15")


def test_an_archive_is_of_one_programme() -> None:
    with pytest.raises(EvaluationError):
        freeze([*inputs_of("1.4"), inputs_of("1.6")[0]])
    with pytest.raises(EvaluationError):
        freeze([inputs_of("1.4")[0], replace(inputs_of("1.4")[0])])
