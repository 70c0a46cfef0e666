"""Zeta and E_n against published figures, in cases where they are not defined, and 9.8."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.small_rounds import SmallRound, limit, of, one, programme
from workbench.evaluation import Evaluation, RoundInputs, evaluate

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "iso13528_annexE.json"


def judged(round_: SmallRound, **uncertainties: tuple[float, float]) -> Evaluation:
    """Evaluate with u and k of all results of some laboratories."""
    frames = round_.frames()
    results = frames["results"]
    for number, name in enumerate(("u_result", "coverage_factor")):
        stated = {lab: pair[number] for lab, pair in uncertainties.items()}
        results[name] = results["lab_code"].map(stated).astype(float)
    inputs = RoundInputs.of(round_.programme, round_.round_code, round_.inputs().criteria, frames)
    return evaluate(inputs)


def crowd(**policy: Any) -> SmallRound:
    return SmallRound(programme(**policy), samples=("S1",)).crowd([5.0])


def with_reference(round_: SmallRound, value: float, u: float) -> SmallRound:
    return round_.row(
        "reference_values",
        analyte="Glu", sample="S1", assigned_value_method="reference", assigned_value=value,
        u_assigned_value=u, traceability="reference procedure",
    )  # fmt: skip


def published() -> list[dict[str, Any]]:
    if not PUBLISHED.exists():
        return []
    cases = json.loads(PUBLISHED.read_text(encoding="utf-8"))["cases"]
    return [c for c in cases if c["id"].startswith("ISO-E4-") and c["statistic"] == "scores"]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="published figures are not at hand")
def test_annex_e4_through_the_evaluation() -> None:
    """ISO 13528:2022, Annex E.4: mercury in feed, laboratories with their own k."""
    checked = 0
    for case in published():
        i, expected = case["inputs"], case["expected"]
        if not i.get("U_x") or not math.isfinite(expected["En"]):
            continue
        spread = (-0.02, -0.01, -0.005, 0.0, 0.0, 0.005, 0.01, 0.02)
        round_ = SmallRound(
            programme(prefer_reference=True), samples=("S1",), criteria=(limit(percent="45"),)
        )
        round_.crowd([i["x_pt"]], spread, decimals=5).lab("X", [repr(i["x"])])
        with_reference(round_, i["x_pt"], i["U_x_pt"] / i["k_x_pt"])
        row = one(judged(round_, X=(i["U_x"] / i["k_x"], i["k_x"])).scores, lab_code="X")
        assert row["zeta_score"] == pytest.approx(expected["zeta"], abs=case["tolerance"]["zeta"] + 1e-9)
        assert row["en_score"] == pytest.approx(expected["En"], abs=case["tolerance"]["En"] + 1e-9)
        checked += 1
    assert checked == 4


def test_a_consensus_gives_zeta_by_its_own_uncertainty_but_no_en() -> None:
    row = one(judged(crowd(), P00=(0.05, 2.0)).scores, lab_code="P00")
    u_target = 1.25 * row["robust_sd"] / math.sqrt(row["peer_n"])
    assert row["zeta_score"] == pytest.approx(row["difference"] / math.hypot(0.05, u_target))
    assert (row["u_result"], row["expanded_u_result"]) == (0.05, 0.1)
    assert math.isnan(row["en_score"])


def test_a_standard_uncertainty_is_expanded_by_two() -> None:
    round_ = with_reference(crowd(prefer_reference=True), 5.0, 0.02)
    row = one(judged(round_, P00=(0.05, math.nan)).scores, lab_code="P00")
    assert row["expanded_u_result"] == pytest.approx(0.1)
    assert row["en_score"] == pytest.approx(row["difference"] / math.hypot(0.1, 0.04))
    assert row["en_score"] == pytest.approx(row["zeta_score"] / 2)


@pytest.mark.parametrize("u", [0.0, -0.05, math.nan])
def test_no_uncertainty_is_never_zero(u: float) -> None:
    scores = judged(with_reference(crowd(prefer_reference=True), 5.0, 0.02), P00=(u, 2.0)).scores
    assert scores[["u_result", "zeta_score", "en_score"]].isna().all(axis=None)


def test_a_reference_without_uncertainty_gives_neither() -> None:
    row = one(
        judged(with_reference(crowd(prefer_reference=True), 5.0, math.nan), P00=(0.05, 2.0)).scores,
        lab_code="P00",
    )
    assert math.isnan(row["zeta_score"])
    assert math.isnan(row["en_score"])


def test_a_target_of_too_few_results_gives_neither() -> None:
    few = SmallRound(programme(), samples=("S1",)).crowd([5.0], (-0.01, 0.0, 0.01))
    row = one(judged(few, P00=(0.05, 2.0)).scores, lab_code="P00")
    assert row["reason"] == "NS-N"
    assert math.isnan(row["zeta_score"])


def test_a_censored_result_has_no_zeta() -> None:
    row = one(judged(crowd().lab("X", ["<4"]), X=(0.05, 2.0)).scores, lab_code="X")
    assert math.isnan(row["zeta_score"])
    assert math.isnan(row["u_result"])


def test_the_verdict_does_not_depend_on_it() -> None:
    plain, stated = judged(crowd()), judged(crowd(), P00=(1e-6, 2.0), P01=(50.0, 2.0))
    row = one(stated.scores, lab_code="P00")
    assert abs(row["zeta_score"]) > 3
    assert row["signal"] == "acceptable"
    for name in ("analyte_verdicts", "laboratory_verdicts"):
        assert getattr(plain, name).equals(getattr(stated, name))
    assert np.array_equal(plain.scores["score"], stated.scores["score"], equal_nan=True)


def test_findings_on_uncertainties_that_cannot_be_right() -> None:
    """ISO 13528:2022, 9.8: below u(x_pt), above 1.5 s*."""
    scores = one(judged(crowd()).scores, lab_code="P00")
    u_target, s = scores["u_assigned_value"], scores["robust_sd"]
    stated = {"P00": 0.99 * u_target, "P01": 1.01 * u_target, "P02": 1.49 * s, "P03": 1.51 * s}
    findings = judged(crowd(), **{lab: (u, 2.0) for lab, u in stated.items()}).findings
    assert list(of(findings, code="F43")["lab_code"]) == ["P00"]
    assert list(of(findings, code="F44")["lab_code"]) == ["P03"]
    assert json.loads(of(findings, code="F44")["params"].iloc[0])["ratio"] == pytest.approx(1.51)
    assert (of(findings, code="F43")["organiser_level"] == 0).all()
