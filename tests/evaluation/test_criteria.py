"""Limits at a target and the judgement at the limit, exact on the reported digits."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.small_rounds import SmallRound, limit, one, programme
from workbench.errors import EvaluationError
from workbench.evaluation.criteria import ALLOWED, Reported, allowable_error, exact, interval_signal, judge
from workbench.parameters.criteria import Criterion

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "boundary_exact.json"
TWELVE_LIMITS = ("3", "4", "5", "6", "8", "9", "10", "12", "15", "20", "25", "30")


def judged(result: str, target: str, allowed: Decimal, inclusive: bool = True) -> tuple[bool, bool]:
    reported = Reported(np.array([float(result)]), np.array([result], dtype=object), np.array([0]))
    one_target = np.array([Decimal(target)], dtype=object)
    found = judge(reported, one_target, np.array([allowed], dtype=object), inclusive=inclusive)
    return bool(found.inside[0]), bool(found.on_limit[0])


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference cases are not beside the project")
def test_published_boundary_cases() -> None:
    cases = json.loads(REFERENCE.read_text())["cases"]
    assert len(cases) >= 5
    for case in cases:
        given, expected = case["inputs"], case["expected"]
        allowed = allowable_error(limit(percent=str(given["limit_percent"])), given["target"])
        assert allowed is not None
        assert judged(given["result"], given["target"], allowed) == (
            expected["acceptable_inclusive"],
            expected["on_the_limit"],
        )
        assert judged(given["result"], given["target"], allowed, inclusive=False) == (
            expected["acceptable_strict"],
            False,
        )


def test_every_result_exactly_on_a_percent_limit_is_judged_by_its_digits() -> None:
    on_limit = naive_wrong = 0
    for hundredths in range(100, 1000):
        target = Decimal(hundredths) / 100
        for percent in TWELVE_LIMITS:
            allowed = allowable_error(limit(percent=percent), target)
            assert allowed is not None
            for result in (target + allowed, target - allowed):
                if result != result.quantize(Decimal("0.01")):
                    continue
                text = f"{result:.2f}"
                on_limit += 1
                naive_wrong += not abs(float(text) - float(target)) <= float(target) * float(percent) / 100
                assert judged(text, str(target), allowed) == (True, True)
                assert judged(text, str(target), allowed, inclusive=False) == (False, False)
    assert on_limit > 1500
    assert naive_wrong > 0.3 * on_limit  # the trap is real: floats alone would fail a third


@pytest.mark.parametrize("step", ["0.01", "0.0001", "0.0000000001"])
def test_one_step_over_the_limit_is_outside(step: str) -> None:
    over = str(Decimal("4.95") + Decimal(step))
    under = str(Decimal("4.95") - Decimal(step))
    assert judged(over, "4.50", Decimal("0.45")) == (False, False)
    assert judged(under, "4.50", Decimal("0.45")) == (True, False)


@pytest.mark.parametrize(
    ("changes", "target", "expected"),
    [
        ({"kind": "percent", "percent": Decimal(10)}, "4.50", "0.4500"),
        ({"kind": "absolute", "percent": None, "absolute": Decimal("0.2")}, "4.50", "0.2"),
        ({"kind": "greater_of", "percent": Decimal(10), "absolute": Decimal("0.5")}, "4.50", "0.5"),
        ({"kind": "greater_of", "percent": Decimal(10), "absolute": Decimal("0.5")}, "5.50", "0.55"),
        ({"kind": "fixed_sigma", "percent": None, "absolute": Decimal("0.1")}, "4.50", "0.3"),
        ({"kind": "percent", "percent": Decimal(10)}, "-4.50", "0.45"),
    ],
)
def test_allowed_deviation_of_each_kind(changes: dict[str, object], target: str, expected: str) -> None:
    assert allowable_error(limit(**changes), target) == Decimal(expected)


@pytest.mark.parametrize(
    ("side", "at", "expected"),
    [
        ("low_owns", "3.30", "0.2"),
        ("low_owns", "3.31", "0.1986"),
        ("high_owns", "3.30", "0.198"),
        ("high_owns", "3.29", "0.2"),
    ],
)
def test_breakpoint_goes_by_the_target_and_says_who_owns_equality(side: str, at: str, expected: str) -> None:
    potassium = limit(
        "K", "6", kind="breakpoint", absolute=Decimal("0.2"), breakpoint=Decimal("3.3"), breakpoint_side=side
    )
    assert allowable_error(potassium, at) == Decimal(expected)


def test_sd_limits_need_the_groups_sd() -> None:
    three_sd = limit(kind="sd", percent=None, absolute=Decimal(3))
    assert allowable_error(three_sd, "5.0", group_sd=0.25) == Decimal("0.75")
    with pytest.raises(EvaluationError, match="SD"):
        allowable_error(three_sd, "5.0")


def test_every_kind_of_criterion_has_a_function() -> None:
    kinds = set(Criterion.model_fields["kind"].annotation.__args__)
    assert kinds == set(ALLOWED)
    assert allowable_error(limit(kind="qualitative", percent=None), "5.0") is None
    assert allowable_error(limit(), float("nan")) is None


def test_a_computed_target_is_the_decimal_it_stands_for() -> None:
    assert exact(4.499999999999999) == Decimal("4.5")
    assert exact(0.1 + 0.2) == Decimal("0.3")
    assert exact("4.50") == Decimal("4.50")


def test_after_a_unit_conversion_the_number_is_judged_not_the_text() -> None:
    reported = Reported(np.array([4.95]), np.array(["89.2"], dtype=object), np.array([2]))
    assert reported.digits(0) == Decimal("4.95")


@pytest.mark.parametrize(
    ("censor", "low", "high", "inclusive", "signal"),
    [
        (-1, "2", "4", True, "acceptable"),
        (-1, "2", "5", False, "acceptable"),
        (-1, "2", "5", True, "not_scored"),
        (-1, "5", "7", True, "action"),
        (-1, "4", "6", True, "not_scored"),
        (1, "6", "8", True, "acceptable"),
        (1, "5", "8", True, "not_scored"),
        (1, "3", "5", True, "action"),
        (1, "4", "6", True, "not_scored"),
    ],
)
def test_censored_results_are_judged_as_intervals(
    censor: int, low: str, high: str, inclusive: bool, signal: str
) -> None:
    assert interval_signal(censor, Decimal(5), Decimal(low), Decimal(high), inclusive=inclusive) == signal


def test_on_the_limit_through_the_whole_evaluation() -> None:
    flat = [["5.0"] for _ in range(8)]
    small = SmallRound(programme(n_min=6), samples=("S1",))
    for i, texts in enumerate(flat):
        small.lab(f"P{i}", texts)
    small.lab("ON", ["5.5"]).lab("OVER", ["5.51"])
    scores = small.evaluation().scores
    on = one(scores, lab_code="ON")
    assert (on["signal"], bool(on["on_limit"])) == ("acceptable", True)
    assert one(scores, lab_code="OVER")["signal"] == "action"
    small.criteria = (limit(inclusive=False),)
    strict = small.evaluation().scores
    assert (one(strict, lab_code="ON")["signal"], bool(one(strict, lab_code="ON")["on_limit"])) == (
        "action",
        False,
    )


def test_target_decimals_resolve_the_limit_at_the_rounded_target() -> None:
    small = SmallRound(programme(n_min=6, target_decimals=1), samples=("S1",))
    for i, text in enumerate(["4.9", "4.98", "5.0", "5.0", "5.03", "5.1", "5.1"]):
        small.lab(f"P{i}", [text])
    small.lab("ON", ["5.5"])
    row = one(small.evaluation().scores, lab_code="ON")
    assert row["assigned_value"] == 5.0
    assert row["allowable_error"] == 0.5
    assert bool(row["on_limit"])
    assert row["robust_mean"] != 5.0
