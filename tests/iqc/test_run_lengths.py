"""Theory of rules over one material against published run lengths and against the engine itself."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.iqc.accumulated import cusum_hits
from workbench.iqc.rule_engine import judge_points
from workbench.iqc.run_lengths import cusum_run_length, mean_delay, rule_chain
from workbench.iqc.streams import ControlStreams
from workbench.parameters.control_rules import RuleSet

PUBLISHED = {
    ("1_3s",): {0.0: 370.40, 1.0: 43.89, 2.0: 6.30, 3.0: 2.00},
    ("1_3s", "8x"): {0.0: 152.73, 1.0: 14.58},
}
"""Champ and Woodall 1987, table 1: charts C1 and C14."""
CUSUM = {(5.0, 0.0): 465, (5.0, 0.25): 139, (5.0, 0.5): 38.0, (5.0, 1.0): 10.4, (5.0, 2.0): 4.01,
         (4.0, 0.0): 168, (4.0, 0.25): 74.2, (4.0, 0.5): 26.6, (4.0, 1.0): 8.38, (4.0, 2.0): 3.34}  # fmt: skip
"""Montgomery, Introduction to Statistical Quality Control, table 9.3 (k = 0.5)."""


def set_of(*rules: str) -> RuleSet:
    lines = [{"rule": rule} for rule in rules]
    return RuleSet.model_validate({"rule_set": "t", "zh": "", "en": "", "rules": lines})


def hits(z: np.ndarray, *rules: str) -> np.ndarray:
    """Any hit; rows of z are series."""
    series = np.repeat(np.arange(len(z)), z.shape[1])
    run = np.arange(z.size)
    streams = ControlStreams(z.ravel(), series, series, run, series * 0)
    return (judge_points(streams, set_of(*rules)).mask != 0).reshape(z.shape)


@pytest.mark.parametrize(
    ("rules", "shift", "length"), [(r, d, n) for r, of in PUBLISHED.items() for d, n in of.items()]
)
def test_published_run_lengths(rules: tuple[str, ...], shift: float, length: float) -> None:
    found = mean_delay(rule_chain(rules).found_after(lambda _run: shift, settled=False))
    assert found == pytest.approx(length, abs=0.0051)


@pytest.mark.parametrize(("setting", "length"), CUSUM.items())
def test_published_cusum_run_lengths(setting: tuple[float, float], length: float) -> None:
    limit, shift = setting
    assert cusum_run_length(0.5, limit, shift) == pytest.approx(length, rel=0.006)


@pytest.mark.parametrize(
    "rules", [("1_3s", "2_2s", "4_1s", "10x"), ("1_3s", "2of3_2s", "3_1s", "12x"), ("1_2.5s", "8x")]
)
def test_the_engine_does_what_theory_says(rules: tuple[str, ...]) -> None:
    rng = np.random.default_rng(21)
    chain = rule_chain(rules)
    quiet = hits(rng.standard_normal((400, 600)), *rules)[:, 100:]
    spread = quiet.mean(axis=1).std() / 20
    assert quiet.mean() == pytest.approx(chain.false_alarms(), abs=4 * spread)
    z = rng.standard_normal((6000, 140))
    z[:, 60:] += 1.0
    found = hits(z, *rules)[:, 60:]
    delay = np.where(found.any(axis=1), found.argmax(axis=1) + 1, np.nan)
    expected = chain.found_after(lambda _run: 1.0, runs=80)
    assert np.nanmean(delay) == pytest.approx(mean_delay(expected), abs=4 * np.nanstd(delay) / 77)
    assert found.any(axis=1).mean() == pytest.approx(expected.sum(), abs=0.01)


def test_the_engine_s_cusum_does_what_theory_says() -> None:
    rng = np.random.default_rng(22)
    z = rng.standard_normal((4000, 200)) + 0.75
    found = cusum_hits(z.ravel(), np.arange(4000) * 200, 0.5, 5.0).reshape(z.shape)
    delay = found.argmax(axis=1) + 1
    assert delay.mean() == pytest.approx(cusum_run_length(0.5, 5.0, 0.75), abs=4 * delay.std() / 63)


def test_rules_without_a_theory_are_refused() -> None:
    with pytest.raises(ValueError, match="7T"):
        rule_chain(["1_3s", "7T"])
