"""Trueness verification: bias against its limit, uncertainty, designated laboratories."""

from __future__ import annotations

import json
import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.reasons import REASONS
from workbench.evaluation.result_types.trueness import (
    CONFORMITY,
    TruenessRule,
    conformity,
    trueness_summary,
    verify_trueness,
)
from workbench.parameters import Criterion, catalogue, criteria

REFERENCE = Path(__file__).parents[4] / "shared" / "reference" / "iso13528_annexE.json"


def limit(percent: str, analyte: str = "K") -> Criterion:
    return Criterion(
        authority="X", document="x", edition="1", analyte=analyte, matrix="serum/plasma", metric="bias",
        kind="percent", percent=Decimal(percent), valid_from=date(2024, 1, 1), verified=True, trust="high",
        raw_text=f"{percent}%",
    )  # fmt: skip


def results(*rows: dict[str, object]) -> pd.DataFrame:
    base = {"lab_code": "L1", "analyte": "K", "sample": "S1", "value": 4.0, "raw": "4.00"}
    return pd.DataFrame([base | row for row in rows])


def references(value: float = 4.0, u: float = 0.01, sample: str = "S1", analyte: str = "K") -> pd.DataFrame:
    return pd.DataFrame(
        [{"analyte": analyte, "sample": sample, "assigned_value": value, "u_assigned_value": u}]
    )


@pytest.mark.parametrize("case", ["ISO-E4-L04", "ISO-E4-L23", "ISO-E4-L15", "ISO-E4-L29"])
def test_published_en_scores_and_percentages(case: str) -> None:
    if not REFERENCE.exists():
        pytest.skip("published numbers are not at hand")
    found = {c["id"]: c for c in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]}[case]
    given_, expected = found["inputs"], found["expected"]
    share = str(100 * given_["delta_e"] / given_["x_pt"])
    out = verify_trueness(
        results({"value": given_["x"], "raw": str(given_["x"]), "expanded_u": given_["U_x"]}),
        references(given_["x_pt"], given_["U_x_pt"] / given_["k_x_pt"]),
        {"K": limit(share)},
        {"L1"},
    ).iloc[0]
    assert round(out["percent_bias"], 1) == pytest.approx(expected["D_percent"], abs=0.11)
    assert out["en_score"] == pytest.approx(expected["En"], abs=0.006)
    assert out["percent_allowed"] == pytest.approx(expected["PA"], abs=0.3)
    assert out["en_signal"] == (abs(expected["En"]) >= 1)


def test_the_limit_is_inclusive_on_the_digits_sent() -> None:
    # WS/T 403-2024: potassium, bias 2.0 %; 4.08 against 4.00 lies exactly on it.
    potassium = criteria().find("WS/T 403", "K", "serum/plasma", "bias")
    assert potassium is not None
    assert potassium.percent == 2
    rows = results(
        {"value": 4.08, "raw": "4.08"}, {"value": 4.081, "raw": "4.081"}, {"value": 3.92, "raw": "3.92"}
    )
    found = verify_trueness(rows, references(), {"K": potassium}, {"L1"})
    assert found["signal"].tolist() == ["acceptable", "action", "acceptable"]
    assert found["on_limit"].tolist() == [True, False, True]
    assert found["conformity"].tolist() == ["conditional_pass", "conditional_fail", "conditional_pass"]


def test_every_analyte_of_the_chemistry_programme_has_a_bias_limit() -> None:
    programme = catalogue()["8.1"]
    book = criteria()
    lacking = [
        a.analyte
        for a in programme.analytes
        if book.find("WS/T 403", a.analyte, "serum/plasma", "bias") is None
    ]
    assert lacking == []


def test_reasons() -> None:
    rows = results(
        {"lab_code": "L9"}, {"sample": "S2"}, {"analyte": "Na"}, {"value": float("nan")}, {},
    )  # fmt: skip
    refs = pd.concat([references(), references(140.0, 0.1, analyte="Na")])
    found = verify_trueness(rows, refs, {"K": limit("2")}, {"L1"})
    assert found["reason"].tolist() == [
        "not_designated",
        "no_reference_value",
        "no_limit",
        "result_missing",
        "",
    ]
    assert found["signal"].tolist() == ["not_scored"] * 4 + ["acceptable"]
    assert set(found["reason"]) <= {"", *REASONS}
    vague = verify_trueness(results({}), references(u=0.05), {"K": limit("2")}, {"L1"})
    assert vague["reason"].tolist() == ["reference_too_uncertain"]
    wider = verify_trueness(
        results({}), references(u=0.05), {"K": limit("2")}, {"L1"}, TruenessRule(u_share_max=2.0)
    )
    assert wider["reason"].tolist() == [""]


def test_no_uncertainty_of_the_laboratory_no_en() -> None:
    rows = results({}, {"expanded_u": 0.0}, {"expanded_u": -1.0}, {"expanded_u": 0.05})
    found = verify_trueness(rows, references(), {"K": limit("2")}, {"L1"})
    assert found["en_score"].isna().tolist() == [True, True, True, False]
    assert found["en_signal"].tolist() == [False] * 4


def test_guarded_verdicts() -> None:
    bias = np.array([0.5, -1.9, 2.1, -2.6, np.nan])
    found = conformity(bias, np.full(5, 2.0), np.full(5, 0.5))
    assert found.tolist() == ["pass", "conditional_pass", "conditional_fail", "fail", ""]
    assert conformity(np.array([0.0]), np.array([2.0]), np.array([np.nan])).tolist() == ["conditional_pass"]


def test_summary_per_laboratory_and_analyte() -> None:
    rows = results(
        {"value": 4.05}, {"value": 8.2, "sample": "S2", "raw": "8.20"}, {"lab_code": "L2"}, {"lab_code": "L9"},
    )  # fmt: skip
    refs = pd.concat([references(), references(8.0, 0.02, "S2")])
    found = verify_trueness(rows, refs, {"K": limit("2")}, {"L1", "L2"})
    table = trueness_summary(rows, found).set_index("lab_code")
    assert table["verdict"].to_dict() == {"L1": "not_verified", "L2": "verified", "L9": "not_scored"}
    assert table.loc["L1", "within"] == 1
    assert table.loc["L1", "mean_percent_bias"] == pytest.approx((1.25 + 2.5) / 2)
    assert table.loc["L1", "largest_percent_allowed"] == pytest.approx(125)
    assert bool(table.loc["L1", "same_direction"]) is True
    assert table.loc["L9", "reason"] == "not_designated"
    mean = trueness_summary(rows, found, TruenessRule(needs_all=False)).set_index("lab_code")
    assert mean.loc["L1", "verdict"] == "verified"
    assert trueness_summary(rows.iloc[:0], found.iloc[:0]).empty


def test_faulty_input_is_told() -> None:
    with pytest.raises(EvaluationError, match="two reference values"):
        verify_trueness(results({}), pd.concat([references(), references()]), {}, set())
    with pytest.raises(EvaluationError, match="sample"):
        verify_trueness(results({}).drop(columns="sample"), references(), {}, set())


@settings(max_examples=100, deadline=None)
@given(st.floats(1, 100), st.floats(-0.2, 0.2), st.floats(0, 0.02), st.floats(0.01, 0.2))
def test_a_worse_bias_never_gets_a_better_verdict(target: float, bias: float, u: float, share: float) -> None:
    worse = 1.5 * bias
    rows = results(*({"value": target * (1 + b), "raw": ""} for b in (bias, worse)))
    found = verify_trueness(
        rows,
        references(target, u * target),
        {"K": limit(f"{100 * share:.4f}")},
        {"L1"},
        TruenessRule(u_share_max=9),
    )
    rank = {"acceptable": 0, "action": 1, "not_scored": -1}
    first, second = (rank[s] for s in found["signal"])
    assert second >= first
    order = [CONFORMITY.index(c) for c in found["conformity"]]
    assert order[1] >= order[0]
    assert all(math.isfinite(v) or r for v, r in zip(found["percent_bias"], found["reason"], strict=True))
