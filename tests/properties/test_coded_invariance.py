"""What must not change the verdict of a coded round: the order of rows, other laboratories, the names of samples."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.evaluation.tiny_rounds import BAD, tiny_round
from workbench.evaluation import RoundInputs, evaluate
from workbench.parameters import catalogue

NUMBERS = ("2.4", "3.1", "4.4", "5.1", "8.1", "9.3")


@cache
def inputs_of(number: str) -> RoundInputs:
    return tiny_round(catalogue()[number]).inputs()


@settings(deadline=None, max_examples=6)
@given(number=st.sampled_from(NUMBERS), seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(number: str, seed: int) -> None:
    inputs, rng = inputs_of(number), np.random.default_rng(seed)
    tables = {
        name: getattr(inputs, name).iloc[rng.permutation(len(getattr(inputs, name)))]
        for name in ("laboratories", "enrolments", "results", "expected_answers")
    }
    again = evaluate(replace(inputs, **tables))
    for name, table in evaluate(inputs).frames().items():
        pd.testing.assert_frame_equal(table, again.frames()[name])


@pytest.mark.parametrize("number", ["2.4", "4.4", "5.1", "9.3"])
def test_with_targets_set_beforehand_other_laboratories_change_no_answer(number: str) -> None:
    inputs = inputs_of(number)
    few = [BAD, "P00"]
    tables = {
        name: getattr(inputs, name)[getattr(inputs, name)["lab_code"].isin(few)]
        for name in ("laboratories", "enrolments", "results")
    }
    alone = evaluate(replace(inputs, **tables)).answers
    together = evaluate(inputs).answers
    together = together[together["lab_code"].isin(few)].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, together)


@settings(deadline=None, max_examples=10)
@given(number=st.sampled_from(("3.1", "9.3", "4.4")), wrong=st.integers(0, 3))
def test_more_wrong_answers_never_raise_the_score(number: str, wrong: int) -> None:
    inputs = inputs_of(number)
    results = inputs.results.copy()
    bad = inputs.results[inputs.results["lab_code"] == BAD].set_index(["analyte", "sample"])["raw"]
    scores = []
    for count in (wrong, min(wrong + 1, 3)):
        own = (results["lab_code"] == "P00") & results["sample"].isin([f"S{n + 1}" for n in range(count)])
        changed = results.copy()
        changed.loc[own, "raw"] = [
            bad[key] for key in zip(results.loc[own, "analyte"], results.loc[own, "sample"], strict=True)
        ]
        found = evaluate(replace(inputs, results=changed)).laboratory_verdicts.set_index("lab_code")
        scores.append(found.loc["P00", "score_percent"])
    assert scores[1] <= scores[0]
