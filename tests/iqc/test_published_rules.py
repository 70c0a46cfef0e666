"""The rule engine against published single cases and, on random charts, against westgard-python 0.3.0.

Differences from westgard-python, each shown by a test below:

1. Hit on old points. It judges a history rule again at a run in which the material was not measured; here a hit
   stands at the point that completes the row, once.
2. 2of3_2s with an old pair. It fires while any two of the last three points are beyond the limit; here the last
   point must be one of the two (`two_of_three: any_two` gives theirs).
3. R_4s names one pair. It names the highest and the lowest point; here every point beyond +2 SD and below -2 SD of
   the run carries the hit.
4. Order inside a run. Its rules of a run over several materials look at the last two, three or four materials in
   their order of entry, so that 2_2s with three materials never sees the first; here the order is of no account.
5. Replicates. It refuses two points of one material in one run; here they are judged, alone (`material_run`) or in
   the row of their material.
6. Change of lot or target. It has none: a row goes on in SDs; here it begins anew (`lot_change: continues`).
7. Not there: 1_2.5s, 1_3.5s, EWMA, CUSUM. Not here: nothing of theirs.

Differences 1, 2 and 6 are conventions of the rule set and printed on the report with the set.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.iqc.accumulated import cusum_hits, ewma_hits
from workbench.iqc.rule_engine import judge_points
from workbench.iqc.streams import ControlStreams
from workbench.parameters.control_rules import RuleSet, rule_set_for_sigma

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
westgard = pytest.importorskip("westgard", reason="the development package westgard-python is not installed")
from tests.iqc.westgard_peer import (  # noqa: E402
    CURRENT,
    PEER_NAMES,
    peer_violations,
    violations_by_run,
)

RULES = tuple(PEER_NAMES)


def the_set(**conventions: str) -> RuleSet:
    lines = [{"rule": rule} for rule in RULES]
    return RuleSet.model_validate({"rule_set": "t", "zh": "", "en": "", "rules": lines, **conventions})


def chart(z: list[list[float]]) -> ControlStreams:
    """One chart; rows are runs, columns materials, NaN where a material was not measured."""
    table = np.asarray(z, dtype=np.float64)
    run, series = np.nonzero(np.isfinite(table))
    order = np.lexsort((run, series))
    run, series = run[order], series[order]
    return ControlStreams(table[run, series], series, series * 0, run, series * 0)


def random_chart(seed: int, missing: float = 0.0) -> ControlStreams:
    rng = np.random.default_rng(seed)
    levels = int(rng.integers(1, 4))
    z = rng.normal(0, 1.4, (120, levels)) + rng.choice([-1.5, 0, 0, 1.5], (12, 1)).repeat(10, axis=0)
    z[40:50] = np.linspace(-2, 2, 10)[:, None] * rng.choice([-1, 1])
    z = np.round(z * 4) / 4
    absent = rng.random(z.shape) < missing
    absent[absent.all(axis=1), 0] = False
    z[absent] = np.nan
    return chart(z.tolist())


def published(name: str) -> list[dict]:
    path = REFERENCE / f"{name}.json"
    if not path.is_file():
        pytest.skip("the published numbers are not beside the project")
    return json.loads(path.read_text(encoding="utf-8"))["cases"]


def test_published_cases() -> None:
    cases = [c for c in published("westgard_rules") if c["statistic"] == "westgard_single_rule"]
    for case in cases:
        z = case["inputs"]["z"]
        hits = judge_points(chart([[value] for value in z]), the_set()).of(case["inputs"]["rule"])
        assert bool(hits[-1]) == case["expected"]["violated"], case["id"]
    assert len(cases) >= 14


def test_published_cusum_and_ewma() -> None:
    """Montgomery 9.1 signals first at period 29; qcc's EWMA of the same data is inside its limits throughout."""
    for case in published("spc_cusum_ewma"):
        given = case["inputs"]
        z = (np.array(given["x"]) - given["target"]) / given["sigma"]
        if "k" in given:
            first = int(np.flatnonzero(cusum_hits(z, np.array([0]), given["k"], given["h"]))[0]) + 1
            assert first == case["expected"].get("first_signal_period", 29)
        else:
            lam, limit = given["lam"], given["L"]
            value = np.array(case["expected"]["z"]) - given["target"]
            t = np.arange(1, len(value) + 1)
            width = limit * np.sqrt(lam / (2 - lam) * (1 - (1 - lam) ** (2 * t)))
            expected = np.abs(value) > width * given["sigma"]
            assert (ewma_hits(z, np.array([0]), lam, limit)[: len(value)] == expected).all()


@pytest.mark.parametrize("seed", range(16))
def test_random_charts_agree_where_definitions_coincide(seed: int) -> None:
    """All levels in every run, `two_of_three: any_two`: every rule, every point."""
    streams = random_chart(seed)
    ours = judge_points(streams, the_set(two_of_three="any_two"))
    theirs = peer_violations(streams, RULES)
    for rule in RULES:
        if rule == "R_4s":
            runs = np.unique(streams.run[theirs[rule]])
            assert (runs == np.unique(streams.run[ours.of(rule)])).all()
        else:
            assert (ours.of(rule) == theirs[rule]).all(), rule


def test_the_random_charts_hit_every_rule() -> None:
    hit = dict.fromkeys(RULES, 0)
    for seed in range(16):
        ours = judge_points(random_chart(seed), the_set())
        hit = {rule: hit[rule] + int(ours.of(rule).sum()) for rule in RULES}
    assert min(hit.values()) > 0, hit


@pytest.mark.parametrize("seed", range(4))
def test_difference_1_a_material_that_was_not_measured(seed: int) -> None:
    """With missing levels they agree at points, and they fire more often over runs: never where ours is silent."""
    streams = random_chart(50 + seed, missing=0.3)
    ours = judge_points(streams, the_set(two_of_three="any_two"))
    theirs = peer_violations(streams, RULES)
    again = violations_by_run(streams, RULES)
    repeated = 0
    for rule in set(RULES) - {"R_4s"}:
        assert (ours.of(rule) == theirs[rule]).all(), rule
        if rule not in CURRENT:
            repeated += sum(again[rule].values()) - int(ours.of(rule).sum())
    levels = len(np.unique(streams.series))
    assert repeated > 0 or levels == 1


def test_difference_2_an_old_pair() -> None:
    streams = chart([[2.5], [2.5], [0.0]])
    assert peer_violations(streams, ("2of3_2s",))["2of3_2s"].tolist() == [False, False, True]
    assert not judge_points(streams, the_set()).of("2of3_2s").any()
    assert judge_points(streams, the_set(two_of_three="any_two")).of("2of3_2s").tolist() == [
        False,
        False,
        True,
    ]


def test_difference_3_one_pair_or_all_points() -> None:
    streams = chart([[2.2, 2.6, -2.1]])
    assert peer_violations(streams, ("R_4s",))["R_4s"].tolist() == [False, True, True]
    assert judge_points(streams, the_set()).of("R_4s").all()


def test_difference_4_the_order_inside_a_run() -> None:
    from westgard.models import ControlObservation, EvaluationScope, RuleName, RunIdentifier
    from westgard.rules import evaluate_rule

    for z, theirs in (((2.1, 2.2, 0.0), False), ((0.0, 2.1, 2.2), True)):
        rows = tuple(
            ControlObservation("X", str(k), RunIdentifier("1"), k, value) for k, value in enumerate(z)
        )
        scope = EvaluationScope.ACROSS_MATERIAL
        assert evaluate_rule(RuleName.TWO_2S, rows, scope=scope, stream_name="run").violated is theirs
        lines = [{"rule": "2_2s", "scope": "run"}]
        rules = RuleSet.model_validate({"rule_set": "t", "zh": "", "en": "", "rules": lines})
        assert judge_points(chart([list(z)]), rules).of("2_2s:run").sum() == 2


def test_difference_5_replicates() -> None:
    n = np.zeros(2, dtype=np.int64)
    streams = ControlStreams(np.array([2.1, 2.2]), n, n, n, n)
    with pytest.raises(ValueError, match="one observation per material"):
        peer_violations(streams, ("2_2s",))
    assert judge_points(streams, the_set()).of("2_2s").tolist() == [False, True]


def test_difference_6_a_new_lot() -> None:
    n = np.arange(2)
    streams = ControlStreams(np.array([2.1, 2.2]), n * 0, n * 0, n, n)
    assert peer_violations(streams, ("2_2s",))["2_2s"].tolist() == [False, True]
    assert not judge_points(streams, the_set()).of("2_2s").any()
    assert judge_points(streams, the_set(lot_change="continues")).of("2_2s").tolist() == [False, True]


def test_difference_7_rules_of_one_side_only() -> None:
    from westgard.models import RuleName

    theirs = {name.value for name in RuleName}
    assert theirs == set(PEER_NAMES.values())


@pytest.mark.parametrize("levels", [2, 3])
def test_sets_by_sigma_name_the_same_rules(levels: int) -> None:
    from westgard.sigma import recommend_sigma_rules

    for sigma in (6.5, 6.0, 5.9, 5.0, 4.5, 4.0, 3.9, 1.0, -1.0):
        theirs = recommend_sigma_rules(sigma=sigma, control_levels=levels)
        ours = {line.rule for line in rule_set_for_sigma(sigma, levels).rules}
        assert {PEER_NAMES[rule] for rule in ours} == {rule.value for rule in theirs.recommended_rules}
