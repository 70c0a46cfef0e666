"""The rule engine against the slow rules on random points, under every convention; and its borders."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.iqc.slow_rules import slow_hits
from workbench.errors import DataError
from workbench.iqc.control_rules import CONTROL_RULES
from workbench.iqc.rule_engine import judge_points
from workbench.iqc.streams import ControlStreams, control_z
from workbench.parameters.control_rules import RULE_SCOPES, RuleSet, rule_sets

EVERYTHING = [
    {"rule": rule, "scope": scope, "action": "warning" if rule == "1_2s" else "reject"}
    for rule, scopes in RULE_SCOPES.items()
    for scope in scopes
    if (rule, scope) not in {(f"{n}x", "across") for n in (6, 8, 9, 12)}
]
FEW = [
    {"rule": r, "action": "warning" if r == "1_2s" else "reject"} for r in ("1_2s", "1_3s", "2_2s", "4_1s")
]
FEW += [{"rule": "R_4s"}, {"rule": "4_1s", "scope": "across"}, {"rule": "8x"}, {"rule": "7T"}]
FEW += [{"rule": "CUSUM", "scope": "across"}, {"rule": "EWMA"}]


def rule_set(lines: list[dict[str, str]], **conventions: str) -> RuleSet:
    return RuleSet.model_validate({"rule_set": "test", "zh": "", "en": "", "rules": lines, **conventions})


def random_points(seed: int, charts: int = 4, runs: int = 60) -> ControlStreams:
    """Coarse z full of ties and of values on the limits; missing levels, replicates, shifts, lot changes, NaN."""
    rng = np.random.default_rng(seed)
    rows = []
    first_run = 0
    for chart in range(charts):
        levels = int(rng.integers(1, 4))
        used = 0
        shift = np.where(np.arange(runs) > rng.integers(0, runs), rng.choice([0, 0.5, 1.5, -2.5]), 0)
        lots = np.sort(rng.integers(0, runs, 2))
        drift = int(rng.integers(0, runs - 12))
        for run in range(runs):
            before = len(rows)
            for level in range(levels):
                for _ in range(int(rng.choice([0, 1, 1, 1, 1, 2, 4]))):
                    z = float(np.round(rng.normal(shift[run], 1.3) * 4) / 4)
                    if chart % 2 and 0 <= run - drift < 12:
                        z = (run - drift - 6) * 0.5 * (-1) ** chart + float(rng.choice([0, 0, 0, 0, 0.5]))
                    z = np.nan if rng.random() < 0.03 else z
                    epoch = int(np.searchsorted(lots, run + level, side="right"))
                    rows.append((chart * 3 + level, chart, first_run + used, epoch, z))
            used += len(rows) > before
        first_run += used
    rows.sort(key=lambda r: r[0])
    series, chart_of, run_of, epoch, z = (np.array(c) for c in zip(*rows, strict=True))
    return ControlStreams(z, series, chart_of, run_of, epoch)


def as_points(streams: ControlStreams) -> list[dict[str, object]]:
    columns = zip(streams.series, streams.chart, streams.run, streams.epoch, streams.z, strict=True)
    return [
        {"series": int(s), "chart": int(c), "run": int(r), "epoch": int(e), "z": float(z)}
        for s, c, r, e, z in columns
    ]


def agree(streams: ControlStreams, rules: RuleSet) -> int:
    """Compare all lines; returns the number of hits."""
    hits = judge_points(streams, rules)
    slow = slow_hits(as_points(streams), rules)
    for line in rules.rules:
        expected = np.array([line.name in found for found in slow])
        differing = np.flatnonzero(hits.of(line.name) != expected)
        assert differing.size == 0, (line.name, differing[:5], rules)
    return int((hits.mask != 0).sum())


CONVENTIONS = {
    "boundary": ("exceeds", "reaches"),
    "on_mean": ("breaks", "skipped"),
    "tie": ("breaks", "skipped"),
    "trend": ("points", "steps"),
    "two_of_three": ("with_current", "any_two"),
    "across": ("run_end", "every_point"),
    "missing_level": ("skipped", "breaks"),
    "lot_change": ("restarts", "continues"),
}


@pytest.mark.parametrize("choice", range(16))
def test_every_rule_and_scope_as_the_slow_rules_say(choice: int) -> None:
    rng = np.random.default_rng(choice)
    chosen = {name: str(rng.choice(values)) for name, values in CONVENTIONS.items()}
    assert agree(random_points(choice), rule_set(EVERYTHING, **chosen)) > 50


@pytest.mark.parametrize(
    ("after", "gate", "missing"),
    list(itertools.product(("restarts", "left_out"), ("none", "1_2s"), ("skipped", "breaks"))),
)
def test_the_history_after_a_rejected_run(after: str, gate: str, missing: str) -> None:
    for seed in range(4):
        rules = rule_set(FEW, after_rejection=after, gate=gate, missing_level=missing)
        assert agree(random_points(100 + seed), rules) > 20


@given(
    st.integers(0, 10_000), st.sampled_from(sorted(CONVENTIONS)), st.sampled_from(("continues", "left_out"))
)
@settings(max_examples=25, deadline=None)
def test_one_convention_at_a_time(seed: int, name: str, after: str) -> None:
    rules = rule_set(FEW, after_rejection=after, **{name: CONVENTIONS[name][1]})
    agree(random_points(seed, charts=2, runs=30), rules)


def test_pieces_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = random_points(7, charts=9)
    rules = rule_set(EVERYTHING)
    whole = judge_points(streams, rules).mask
    monkeypatch.setattr("workbench.iqc.histories._CHUNK", 7)
    assert (judge_points(streams, rules).mask == whole).all()
    assert whole.any()


def test_laboratories_do_not_see_each_other() -> None:
    streams = random_points(11, charts=6)
    whole = judge_points(streams, rule_set(EVERYTHING)).mask
    for chart in range(6):
        mine = streams.chart == chart
        alone = judge_points(streams.take(mine), rule_set(EVERYTHING)).mask
        assert (alone == whole[mine]).all()


def test_a_mirrored_series_has_the_same_hits() -> None:
    streams = random_points(3)
    mirrored = ControlStreams(-streams.z, streams.series, streams.chart, streams.run, streams.epoch)
    rules = rule_set(EVERYTHING)
    assert (judge_points(streams, rules).mask == judge_points(mirrored, rules).mask).all()


def test_a_value_exactly_on_a_limit_by_its_digits_is_on_it() -> None:
    """5.3 on mean 5.1 and SD 0.1 is 2.0000000000000018 SD in floats."""
    z = control_z(np.array([5.3, 4.9, 5.4, 4.8, 5.301]), 5.1, 0.1)
    assert (np.float64(5.3) - 5.1) / 0.1 > 2
    n = np.arange(5)
    streams = ControlStreams(z, n, n, n, n * 0)
    assert judge_points(streams, rule_sets()["twelve"]).of("1_2s").tolist() == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert not judge_points(streams, rule_sets()["twelve"]).of("1_3s").any()


def test_points_without_a_target_take_no_part() -> None:
    z = np.array([2.1, np.nan, 2.2])
    n = np.arange(3)
    hits = judge_points(ControlStreams(z, n * 0, n * 0, n, n * 0), rule_set(FEW))
    assert hits.of("2_2s").tolist() == [False, False, True]
    empty = judge_points(ControlStreams(z[1:2], n[:1], n[:1], n[:1], n[:1]), rule_set(FEW))
    assert empty.mask.tolist() == [0]


def test_no_points_at_all() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert (
        judge_points(ControlStreams(np.zeros(0), none, none, none, none), rule_set(EVERYTHING)).mask.size == 0
    )


def test_unsorted_points_are_refused() -> None:
    n = np.arange(3)
    with pytest.raises(DataError, match="sorted"):
        ControlStreams(np.zeros(3), n * 0, n * 0, n[::-1], n)


def test_every_rule_of_the_parameters_has_its_function() -> None:
    assert list(CONTROL_RULES) == list(RULE_SCOPES)
    for name, rule in CONTROL_RULES.items():
        assert (rule.judge is None) == (rule.scopes == ("run",)), name
        assert rule.rule == name
