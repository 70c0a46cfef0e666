"""Chances that a verdict turns over: against brute force, against resampling, at hand-made borders."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.small_rounds import SPREAD, SmallRound, limit, programme
from tests.tuning.provinces import inputs_of
from workbench.evaluation import RoundInputs
from workbench.tuning.freezing import freeze
from workbench.tuning.judging import NO_VERDICT, Rejudged, rejudge
from workbench.tuning.stability import (
    bootstrap_flips,
    flip_probability,
    leave_one_out_flips,
    verdict_stability,
)

LEVELS = (4.5, 5.0, 6.0, 7.0, 8.0)


def small_round(border: float, spread: tuple[float, ...] = SPREAD) -> RoundInputs:
    """Eight ordinary laboratories and one whose first two results lie at a share of the limit."""
    small = SmallRound(programme(u_upper=10, u_negligible_sigma=10), criteria=(limit(percent="10"),))
    small.crowd(LEVELS, spread, decimals=4)
    near = [f"{level * (1 + 0.10 * (border if i < 2 else 0)):.4f}" for i, level in enumerate(LEVELS)]
    small.lab("near", near)
    return small.inputs()


def row_of(judged: Rejudged, code: str) -> int:
    return [judged.archive.labs[lab] for lab in judged.archive.lab].index(code)


@pytest.mark.parametrize(("border", "low", "high"), [(0.5, 0.0, 0.0), (0.995, 0.2, 0.8), (1.5, 0.0, 0.0)])
def test_only_verdicts_at_the_border_turn_over(border: float, low: float, high: float) -> None:
    judged = rejudge(freeze([small_round(border)]))
    p = flip_probability(judged)
    near = row_of(judged, "near")
    assert low <= p[near] <= high
    assert np.delete(p, near).max() == 0


def test_leaving_out_equals_evaluating_again_without_the_laboratory() -> None:
    wide = tuple(8 * each for each in SPREAD)
    given = small_round(0.93, wide)
    judged = rejudge(freeze([given]))
    base = {judged.archive.labs[lab]: v for lab, v in zip(judged.archive.lab, judged.verdict, strict=True)}
    counts = dict.fromkeys(base, 0)
    for out in base:
        small = SmallRound(programme(u_upper=10, u_negligible_sigma=10), criteria=(limit(percent="10"),))
        texts = {row.lab_code: {} for row in given.results.itertuples()}
        for row in given.results.itertuples():
            texts[row.lab_code][row.sample] = row.raw
        for code, found in texts.items():
            small.lab(code, list(found.values()))
        small.row(
            "decisions", decision_id=1, kind="exclude_from_statistics", lab_code=out, analyte="", sample="",
            reason="left out", decided_at="2026-05-01",
        )  # fmt: skip
        again = rejudge(freeze([small.inputs()]))
        for lab, verdict in zip(again.archive.lab, again.verdict, strict=True):
            counts[again.archive.labs[lab]] += verdict != base[again.archive.labs[lab]]
    found = leave_one_out_flips(judged)
    assert {judged.archive.labs[lab]: n for lab, n in zip(judged.archive.lab, found, strict=True)} == counts
    assert sum(counts.values()) > 0


def test_the_quick_form_agrees_with_resampling() -> None:
    judged = rejudge(freeze(inputs_of("2.1", laboratories=110)))
    quick = flip_probability(judged)
    thorough = bootstrap_flips(judged, np.random.default_rng(1), replicates=200)
    scored = judged.verdict != NO_VERDICT
    difference = np.abs(quick - thorough)[scored]
    assert difference.mean() < 0.03
    both = scored & ((quick > 0.02) | (thorough > 0.02))
    assert both.sum() > 10
    assert np.corrcoef(quick[scored], thorough[scored])[0, 1] > 0.7


def test_the_table_says_what_turns_a_verdict_over() -> None:
    judged = rejudge(freeze(inputs_of("2.1")))
    table = verdict_stability(judged)
    assert len(table) == judged.archive.shape[1]
    unscored = table[table["verdict"] == "not_scored"]
    assert unscored["p_flip"].isna().all()
    assert not unscored["borderline"].any()
    assert 0 < table["borderline"].mean() < 0.4
    assert set(",".join(table["estimators"]).strip(",").split(",")) - {""} <= {"q_hampel", "median_niqr"}
    calm = table[(table["p_flip"] == 0) & (table["leave_one_out"] == 0) & (table["estimators"] == "")]
    assert not calm[~calm["rounded"] & ~calm["stopped"]]["borderline"].any()
