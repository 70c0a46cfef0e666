"""Targets: reference or consensus, uncertainty that matters, samples that are not fit, no spread."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from tests.evaluation.small_rounds import SmallRound, limit, of, one, programme
from workbench.evaluation import Evaluation
from workbench.parameters.policy import SigmaRule

LEVELS = [5.0, 6.0, 7.0, 8.0, 9.0]


def codes(evaluation: Evaluation, lab: str = "P00") -> set[str]:
    """Findings a laboratory's report shows: its own and everybody's."""
    table = evaluation.findings
    mine = table[table["lab_code"].isin(["", lab]) & (table["level"] > 0)]
    return set(mine["code"])


def params(evaluation: Evaluation, code: str, **key: str) -> dict[str, object]:
    found = of(evaluation.findings, code=code, **key)
    assert len(found) >= 1
    return json.loads(found.iloc[0]["params"])


def wide(spread: float, **policy: object) -> SmallRound:
    """Eight laboratories evenly spread; s* is about 0.55 times the half-width given in per cent."""
    steps = [spread / 100 * k / 7 for k in (-7, -5, -3, -1, 1, 3, 5, 7)]
    return SmallRound(programme(n_min=6, **policy)).crowd(LEVELS, spread=steps, decimals=4)


def test_a_negligible_uncertainty_changes_nothing() -> None:
    evaluation = wide(1.0).evaluation()
    row = one(evaluation.scores, lab_code="P00", sample="S1")
    assert row["score_kind"] == "z"
    assert row["allowable_error"] == pytest.approx(0.1 * row["assigned_value"])
    assert row["score"] == pytest.approx(row["difference"] / row["sigma_pt"])
    assert "F03" not in codes(evaluation)


def test_an_uncertainty_that_matters_widens_the_limit_and_gives_z_prime() -> None:
    evaluation = wide(5.0).evaluation()
    row = one(evaluation.scores, lab_code="P00", sample="S1")
    u, base = row["u_assigned_value"], 0.1 * row["assigned_value"]
    assert u == pytest.approx(1.25 * row["robust_sd"] / math.sqrt(8))
    assert u >= 0.3 * base / 3
    assert row["score_kind"] == "z_prime"
    assert row["allowable_error"] == pytest.approx(math.hypot(base, 2 * u))
    assert row["sigma_pt"] == pytest.approx(base / 3)
    assert row["score"] == pytest.approx(row["difference"] / math.hypot(base / 3, u))
    assert "F03" in codes(evaluation)
    assert params(evaluation, "F03", lab_code="P00")["ratio"] == pytest.approx(u / (base / 3), rel=1e-3)


def test_a_target_more_uncertain_than_the_bound_is_not_used() -> None:
    evaluation = wide(20.0).evaluation()
    row = one(evaluation.scores, lab_code="P00", sample="S1")
    assert (row["state"], row["reason"], row["signal"]) == ("not_scored", "NS-U", "not_scored")
    assert math.isnan(row["score"])
    assert {"F04"} <= codes(evaluation)
    assert "F03" not in codes(evaluation)
    assert "F04" not in codes(wide(5.0).evaluation())


def with_reference(small: SmallRound, factor: float, u: float = 0.01) -> SmallRound:
    for sample, level in zip(small.samples, LEVELS, strict=True):
        small.row(
            "reference_values", analyte="Glu", sample=sample, assigned_value_method="reference",
            assigned_value=level * factor, u_assigned_value=u, traceability="IFCC",
        )  # fmt: skip
    return small


def test_a_reference_value_is_the_target_where_it_is_preferred() -> None:
    evaluation = with_reference(wide(1.0, prefer_reference=True), 1.05).evaluation()
    row = one(evaluation.scores, lab_code="P00", sample="S1")
    assert (row["assigned_value"], row["assigned_value_method"]) == (5.25, "reference")
    assert row["robust_mean"] == pytest.approx(5.0, rel=1e-3)
    ignored = with_reference(wide(1.0), 1.05).evaluation()
    assert one(ignored.scores, lab_code="P00", sample="S1")["assigned_value_method"] == "algorithm_a"


def test_a_reference_value_needs_no_minimum_of_results() -> None:
    small = SmallRound(programme(n_min=6, prefer_reference=True)).crowd(LEVELS, spread=(0.0, 0.01))
    evaluation = with_reference(small, 1.0).evaluation()
    assert set(evaluation.scores["state"]) == {"scored"}
    assert "F02" not in codes(evaluation)


def test_f20_reference_and_consensus_disagree_beyond_their_uncertainty() -> None:
    agree = with_reference(wide(1.0, prefer_reference=True), 1.0).evaluation()
    assert "F20" not in codes(agree)
    apart = with_reference(wide(1.0, prefer_reference=True), 1.02).evaluation()
    found = of(apart.findings, code="F20")
    assert len(found) == 5
    assert set(zip(found["level"], found["organiser_level"], strict=True)) == {(2, 3)}
    assert params(apart, "F20", sample="S1")["d"] == pytest.approx(0.1, rel=0.02)


def check(small: SmallRound, kind: str, s_s: float, passed: bool = True, sample: str = "S1") -> SmallRound:
    return small.row(
        "material_checks", analyte="Glu", sample=sample, check=kind, n_items=10, n_replicates=2, s_s=s_s,
        s_w=0.01, limit=0.05, passed=passed,
    )  # fmt: skip


def test_f10_an_inhomogeneous_sample_is_allowed_for_in_the_criterion() -> None:
    even = check(wide(1.0), "homogeneity", 0.049).evaluation()
    assert "F10" not in codes(even)
    uneven = check(wide(1.0), "homogeneity", 0.06).evaluation()
    assert "F10" in codes(uneven)
    row = one(uneven.scores, lab_code="P00", sample="S1")
    base = 0.1 * row["assigned_value"]
    assert row["allowable_error"] == pytest.approx(math.hypot(base, 3 * 0.06))
    assert row["score"] == pytest.approx(row["difference"] / math.hypot(base / 3, 0.06))
    assert one(uneven.scores, lab_code="P00", sample="S2")["allowable_error"] == pytest.approx(0.6, rel=1e-3)


def test_a_sample_dominated_by_inhomogeneity_is_not_scored() -> None:
    evaluation = check(wide(1.0), "homogeneity", 0.2).evaluation()
    assert one(evaluation.scores, lab_code="P00", sample="S1")["reason"] == "NS-H"


def test_a_sigma_of_the_round_itself_holds_the_inhomogeneity_already() -> None:
    own = {"sigma_pt": SigmaRule(kind="robust_sd")}
    plain = one(wide(1.0, **own).evaluation().scores, lab_code="P00", sample="S1")
    checked = check(wide(1.0, **own), "homogeneity", 0.2).evaluation()
    row = one(checked.scores, lab_code="P00", sample="S1")
    assert (row["score"], row["allowable_error"]) == (plain["score"], plain["allowable_error"])
    assert "F10" not in codes(checked)
    assert "F10" in codes(check(wide(1.0, **own), "homogeneity", 0.2, passed=False).evaluation())


def test_f11_an_unstable_sample_is_not_scored() -> None:
    evaluation = check(wide(1.0), "stability", 0.2, passed=False).evaluation()
    assert one(evaluation.scores, lab_code="P00", sample="S1")["reason"] == "NS-S"
    assert params(evaluation, "F11") == {"sample": "S1", "treatment": "not_scored"}
    assert one(evaluation.analyte_verdicts, lab_code="P00")["graded"] == 4
    stable = check(wide(1.0), "stability", 0.02).evaluation()
    assert "F11" not in codes(stable)


def identical(same: int, of_all: int, **policy: object) -> Evaluation:
    small = SmallRound(programme(n_min=6, **policy), samples=("S1",))
    for i in range(of_all):
        small.lab(f"P{i:02d}", ["7.40" if i < same else f"7.4{1 + i % 3}"])
    return small.evaluation()


def test_f09_more_than_half_identical_gives_no_z() -> None:
    evaluation = identical(30, 35)
    row = one(evaluation.scores, lab_code="P00")
    assert (row["state"], row["signal"], row["score_kind"]) == ("scored", "acceptable", "")
    assert math.isnan(row["score"])
    assert params(evaluation, "F09", lab_code="P00")["p"] == pytest.approx(100 * 30 / 35)
    half = identical(17, 34)
    assert "F09" not in codes(half)
    assert one(half.scores, lab_code="P00")["score_kind"] == "z"


def test_f09_ties_matter_only_where_the_spread_is_zero_or_is_sigma_pt() -> None:
    by_limit = identical(20, 35)
    assert "F09" not in codes(by_limit)
    assert one(by_limit.groups, peer_group_level="all")["robust_sd"] > 0
    assert one(by_limit.scores, lab_code="P00")["score_kind"] == "z"
    by_spread = identical(20, 35, sigma_pt=SigmaRule(kind="robust_sd"))
    assert "F09" in codes(by_spread)


def test_without_spread_a_z_decided_programme_does_not_score() -> None:
    evaluation = identical(35, 35, score="z")
    assert set(evaluation.scores["reason"]) == {"NS-D"}
    by_limit = identical(35, 35)
    assert set(by_limit.scores["state"]) == {"scored"}
    assert one(by_limit.groups, peer_group_level="all")["degenerate"]
    assert "F09" in codes(by_limit)


def test_f15_a_large_censored_share_goes_to_the_organiser_only() -> None:
    def censored(n: int) -> Evaluation:
        small = wide(1.0)
        for i in range(n):
            small.lab(f"C{i}", ["<1", "6.0", "7.0", "8.0", "9.0"])
        return small.evaluation()

    few, many = censored(2), censored(3)
    assert of(few.findings, code="F15").empty
    found = one(many.findings, code="F15")
    assert (found["sample"], found["level"], found["organiser_level"]) == ("S1", 0, 2)
    assert json.loads(found["params"])["p"] == pytest.approx(100 * 3 / 11)
    assert one(many.groups, sample="S1", peer_group_level="all")["n_censored"] == 3


@pytest.mark.parametrize("estimator", ["algorithm_a", "q_hampel", "median_niqr"])
def test_every_estimator_sets_the_target_it_names(estimator: str) -> None:
    evaluation = wide(1.0, assigned_value=estimator).evaluation()
    row = one(evaluation.scores, lab_code="P00", sample="S1")
    assert row["assigned_value_method"] == estimator
    assert row["assigned_value"] == pytest.approx(5.0, rel=1e-3)
    group = one(evaluation.groups, sample="S1")
    assert (group["estimator"], group["assigned_value"]) == (estimator, row["assigned_value"])


def test_analytes_of_one_programme_may_use_different_estimators() -> None:
    from tests.evaluation.small_rounds import analyte

    both = programme([analyte("Glu"), analyte("K")], n_min=6)
    both = both.model_copy(
        update={
            "analyte_evaluation": {"K": both.evaluation.model_copy(update={"assigned_value": "median_niqr"})}
        }
    )
    small = SmallRound(both, criteria=(limit("Glu"), limit("K")))
    evaluation = small.crowd(LEVELS).crowd(LEVELS, analyte="K").evaluation()
    assert set(of(evaluation.groups, analyte="Glu")["estimator"]) == {"algorithm_a"}
    assert set(of(evaluation.groups, analyte="K")["estimator"]) == {"median_niqr"}
    for code in ("Glu", "K"):
        alone = SmallRound(
            programme(
                [analyte(code)], n_min=6, assigned_value="median_niqr" if code == "K" else "algorithm_a"
            ),
            criteria=(limit(code),),
        ).crowd(LEVELS, analyte=code)
        pd.testing.assert_series_equal(
            of(evaluation.groups, analyte=code)["robust_sd"].reset_index(drop=True),
            alone.evaluation().groups["robust_sd"],
        )


def test_f07_and_f08_sigma_of_the_round_itself() -> None:
    own = {"sigma_pt": SigmaRule(kind="robust_sd"), "score": "z", "criterion": None}
    evaluation = wide(1.0, **own).evaluation()
    assert params(evaluation, "F07") == {
        "n": 8,
        "zmax": pytest.approx(7 / math.sqrt(8)),
        "limit": 3.0,
        "level": "all",
        "group": "",
    }
    assert one(evaluation.findings, code="F08")["level"] == 1
    eleven = SmallRound(programme(n_min=6, **own)).crowd(LEVELS, spread=[k / 500 for k in range(-5, 6)])
    assert of(eleven.evaluation().findings, code="F07").empty
    assert of(wide(1.0).evaluation().findings, code="F08").empty


def test_f34_names_the_early_stop() -> None:
    assert len(of(wide(1.0, stop="three_figures").evaluation().findings, code="F34")) == 1
    assert of(wide(1.0).evaluation().findings, code="F34").empty


def test_no_row_that_is_graded_lacks_rule_group_n_or_method() -> None:
    scores = wide(1.0).evaluation().scores
    graded = scores[scores["signal"] != "not_scored"]
    assert len(graded)
    assert (graded["peer_n"] > 0).all()
    assert (graded["peer_group_level"] != "").all()
    assert (graded["assigned_value_method"] != "").all()
    assert graded["allowable_error"].notna().all()
