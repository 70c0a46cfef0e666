"""The ladder: narrowest rung that reaches the minimum, never a sibling; one result per laboratory."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, of, one, programme

LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]
LADDER = (("instrument", "reagent"), ("instrument",), ())


def verdict(small: SmallRound, lab: str) -> pd.Series:
    return one(small.evaluation().analyte_verdicts, lab_code=lab)


def test_the_narrowest_rung_that_reaches_the_minimum_is_used() -> None:
    small = SmallRound(programme(ladder=LADDER, n_min=6))
    small.crowd(LEVELS, prefix="A", instrument="I1", reagent="R1")
    small.crowd(LEVELS, prefix="B", instrument="I2", reagent="R2")
    row = verdict(small, "A00")
    assert (row["peer_group_level"], row["peer_group"], row["peer_n"]) == ("instrument+reagent", "I1|R1", 8)
    assert (row["fallback_from"], row["own_n"]) == ("", 8)
    assert of(small.evaluation().findings, code="F01").empty


def test_a_small_group_falls_back_to_its_parent_with_f01() -> None:
    small = SmallRound(programme(ladder=LADDER, n_min=6))
    small.crowd(LEVELS, prefix="A", instrument="I1", reagent="R1")
    small.crowd(LEVELS, spread=(-0.01, 0.0, 0.01, 0.0, 0.0), prefix="B", instrument="I1", reagent="R2")
    evaluation = small.evaluation()
    row = one(evaluation.analyte_verdicts, lab_code="B00")
    assert (row["peer_group_level"], row["peer_group"], row["peer_n"]) == ("instrument", "I1", 13)
    assert (row["fallback_from"], row["own_n"]) == ("instrument+reagent", 5)
    found = one(evaluation.findings, lab_code="B00", code="F01")
    assert (found["level"], found["organiser_level"]) == (2, 0)
    assert json.loads(found["params"]) == {"n": 5, "n_min": 6, "level": "instrument", "N": 13}
    assert len(of(evaluation.findings, code="F01", lab_code="")) == 1
    assert of(evaluation.findings, code="F01", lab_code="A00").empty


def test_exactly_the_minimum_is_enough() -> None:
    small = SmallRound(programme(ladder=LADDER, n_min=6))
    small.crowd(LEVELS, prefix="A", instrument="I1", reagent="R1")
    small.crowd(LEVELS, spread=(-0.01, 0.0, 0.01, 0.0, 0.0, 0.0), prefix="B", instrument="I1", reagent="R2")
    row = verdict(small, "B00")
    assert (row["peer_group_level"], row["fallback_from"]) == ("instrument+reagent", "")


def test_fallback_never_goes_to_a_sibling() -> None:
    small = SmallRound(programme(ladder=LADDER, n_min=6))
    small.crowd(LEVELS, prefix="A", instrument="I1", reagent="R1")
    small.crowd([2 * x for x in LEVELS], spread=(0.0, 0.0), prefix="B", instrument="I2", reagent="R1")
    row = verdict(small, "B00")
    assert (row["peer_group_level"], row["peer_group"]) == ("all", "")
    narrow = SmallRound(programme(ladder=LADDER[:2], n_min=6), results=small.results, systems=small.systems)
    evaluation = narrow.evaluation()
    assert one(evaluation.analyte_verdicts, lab_code="B00")["verdict"] == "not_scored"
    assert set(of(evaluation.scores, lab_code="B00")["reason"]) == {"NS-N"}
    assert of(evaluation.scores, lab_code="B00")["assigned_value"].isna().all()
    found = one(evaluation.findings, lab_code="B00", code="F02")
    assert json.loads(found["params"]) == {"n": 2}


def test_a_laboratory_without_a_code_is_in_no_group_of_that_dimension() -> None:
    small = SmallRound(programme(ladder=(("reagent",), ()), n_min=3))
    small.crowd(LEVELS, prefix="A", reagent="R1")
    small.crowd(LEVELS, spread=(0.0, 0.01, -0.01, 0.0), prefix="B", reagent="")
    evaluation = small.evaluation()
    assert one(evaluation.analyte_verdicts, lab_code="B00")["peer_group_level"] == "all"
    assert set(of(evaluation.groups, peer_group_level="reagent")["peer_group"]) == {"R1"}


def test_one_thin_sample_does_not_widen_the_group_of_the_others() -> None:
    small = SmallRound(programme(ladder=(("instrument",), ()), n_min=6))
    small.crowd(LEVELS, prefix="A", instrument="I1")
    small.crowd(LEVELS, prefix="B", instrument="I2")
    for key, texts in small.results.items():
        if key[0] not in ("A00", "A01", "B00"):
            small.results[key] = [None, *list(texts)[1:]]
    evaluation = small.evaluation()
    row = one(evaluation.analyte_verdicts, lab_code="A00")
    assert (row["peer_group_level"], row["peer_n"]) == ("instrument", 2)
    assert one(evaluation.scores, lab_code="A00", sample="S1")["reason"] == "NS-N"
    assert one(evaluation.scores, lab_code="A00", sample="S2")["state"] == "scored"


def test_several_devices_of_one_laboratory_count_once() -> None:
    small = SmallRound(programme(n_min=3)).crowd(LEVELS, spread=(-0.01, 0.0, 0.01))
    for device, factor in (("D1", 1.00), ("D2", 1.02), ("D3", 1.04)):
        small.lab(f"BIG/{device}", [f"{x * factor:.3f}" for x in LEVELS])
    evaluation = small.evaluation()
    group = one(evaluation.groups, peer_group_level="all", sample="S1")
    assert group["n"] == 4
    assert len(of(evaluation.analyte_verdicts, lab_code="BIG")) == 3
    found = one(evaluation.findings, code="F19")
    assert (found["lab_code"], found["level"], found["organiser_level"]) == ("", 0, 1)
    assert json.loads(found["params"])["k"] == 3
    assert group["robust_mean"] == pytest.approx(
        one(_merged_by_hand().evaluation().groups, peer_group_level="all", sample="S1")["robust_mean"]
    )


def _merged_by_hand() -> SmallRound:
    small = SmallRound(programme(n_min=3)).crowd(LEVELS, spread=(-0.01, 0.0, 0.01))
    return small.lab("BIG", [f"{x * 1.02:.3f}" for x in LEVELS])


def test_devices_stay_apart_where_the_policy_says_so() -> None:
    small = SmallRound(programme(n_min=3, merge_devices=False)).crowd(LEVELS, spread=(-0.01, 0.0, 0.01))
    small.lab("BIG/D1", [f"{x:.3f}" for x in LEVELS]).lab("BIG/D2", [f"{x:.3f}" for x in LEVELS])
    evaluation = small.evaluation()
    assert one(evaluation.groups, peer_group_level="all", sample="S1")["n"] == 5
    assert of(evaluation.findings, code="F19").empty


def test_excluded_results_set_no_target_but_are_scored_with_f16() -> None:
    small = SmallRound(programme(n_min=6)).crowd(LEVELS).lab("X", [f"{x * 1.08:.3f}" for x in LEVELS])
    before = one(small.evaluation().groups, sample="S1")
    small.row(
        "decisions", decision_id=1, kind="exclude_from_statistics", lab_code="X", analyte="Glu", sample="",
        reason="unit", decided_at=pd.Timestamp("2026-05-01"),
    )  # fmt: skip
    evaluation = small.evaluation()
    after = one(evaluation.groups, sample="S1")
    assert (before["n"], after["n"]) == (9, 8)
    assert before["robust_mean"] > after["robust_mean"]
    assert one(evaluation.scores, lab_code="X", sample="S1")["state"] == "scored"
    assert json.loads(one(evaluation.findings, code="F16")["params"]) == {"why": "unit"}
    small.row(
        "decisions", decision_id=2, kind="keep", lab_code="X", analyte="", sample="", reason="checked",
        decided_at=pd.Timestamp("2026-05-02"),
    )  # fmt: skip
    kept = small.evaluation()
    assert one(kept.groups, sample="S1")["n"] == 9
    assert of(kept.findings, code="F16").empty


def test_three_sd_exclusion_is_by_group_and_only_where_asked() -> None:
    small = SmallRound(programme(n_min=6)).crowd(LEVELS).lab("X", [f"{x * 2:.3f}" for x in LEVELS])
    assert one(small.evaluation().groups, sample="S1")["n"] == 9
    small.programme = programme(n_min=6, exclude_outliers="three_sd")
    evaluation = small.evaluation()
    assert one(evaluation.groups, sample="S1")["n"] == 8
    assert not one(evaluation.scores, lab_code="X", sample="S1")["in_statistics"]
    assert one(evaluation.scores, lab_code="X", sample="S1")["signal"] == "action"
