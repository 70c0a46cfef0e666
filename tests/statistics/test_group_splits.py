"""A planted split is found in the right field; without one the stated level holds."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.statistics.group_splits import laboratory_deviations, split_by_field, split_by_fields
from workbench.statistics.mixture_split import split_without_field
from workbench.statistics.split_consequences import split_effect


def panel(seed: int, shift: float, n: int = 60, samples: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Results of n laboratories, the second lot of which reads higher by a ratio; and the lots."""
    rng = np.random.default_rng(seed)
    lot = np.where(np.arange(n) % 3 == 0, "lot 2", "lot 1")
    scale = np.exp(rng.normal(0.0, 0.02, (n, samples)) + np.where(lot == "lot 2", shift, 0.0)[:, None])
    return np.array([2.0, 4.0, 5.0, 7.5, 9.0])[:samples] * scale, lot


@pytest.mark.parametrize("seed", range(8))
def test_a_planted_split_is_found_in_its_field_only(seed: int) -> None:
    results, lot = panel(seed, 0.06)
    rng = np.random.default_rng(100 + seed)
    fields = {
        "lot": lot,
        "region": rng.choice(["N", "S", "E"], lot.size),
        "level": rng.choice(["2", "3"], lot.size),
    }
    found = split_by_fields(laboratory_deviations(results), fields, generator=rng)
    assert [f.field for f in found if f.is_split] == ["lot"]
    assert (found[0].low_levels, found[0].high_levels, found[0].n_high) == (("lot 1",), ("lot 2",), 20)
    assert found[0].location_high - found[0].location_low == pytest.approx(0.06, abs=0.01)


def test_without_a_split_the_p_value_keeps_its_level() -> None:
    p = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        levels = rng.choice(["a", "b", "c"], 40)
        p.append(split_by_field(rng.normal(size=40), levels, generator=rng, permutations=199 * 5).p_value)
    share = np.mean(np.array(p) <= 0.10)
    assert 0.03 < share < 0.19  # 0.10 with four standard errors of 150 rounds upwards, three downwards


def test_the_same_seed_gives_the_same_p_and_labels_may_be_renamed() -> None:
    results, lot = panel(3, 0.01)
    y = laboratory_deviations(results)
    one = split_by_field(y, lot, generator=np.random.default_rng(5))
    renamed = split_by_field(y, np.where(lot == "lot 1", "A", "B"), generator=np.random.default_rng(5))
    assert (one.p_value, one.distance) == (renamed.p_value, renamed.distance)


def test_units_do_not_matter_and_missing_results_are_left_out() -> None:
    results, _ = panel(4, 0.06)
    results[0, 1], results[5] = np.nan, np.nan
    first, second = laboratory_deviations(results), laboratory_deviations(1000.0 * results)
    np.testing.assert_allclose(first, second, atol=1e-12)
    assert np.isnan(first[5])
    assert np.isfinite(first[0])


@pytest.mark.parametrize(
    ("values", "levels", "reason"),
    [
        (np.arange(8.0), ["a"] * 4 + ["b"] * 4, "too_few"),
        (np.arange(20.0), ["a"] * 20, "one_level"),
        (np.arange(20.0), ["a"] * 19 + ["b"], "no_cut"),
        (np.zeros(20), ["a"] * 10 + ["b"] * 10, "no_scatter"),
    ],
)
def test_what_cannot_be_tested_says_why(values: np.ndarray, levels: list[str], reason: str) -> None:
    found = split_by_field(values, levels, generator=np.random.default_rng(1))
    assert found.degenerate
    assert found.reason == reason
    assert not found.is_split


def test_too_few_permutations_are_refused() -> None:
    y, levels = np.arange(40.0), ["a", "b"] * 20
    with pytest.raises(ValueError, match="permutations"):
        split_by_field(y, levels, generator=np.random.default_rng(1), permutations=50)
    fields = {str(i): levels for i in range(3)}
    with pytest.raises(ValueError, match="fields need"):
        split_by_fields(y, fields, generator=np.random.default_rng(1), permutations=199)


def test_two_targets_without_a_field_are_seen_and_one_is_not() -> None:
    rng = np.random.default_rng(7)
    two = np.r_[rng.normal(0, 0.01, 60), rng.normal(0.08, 0.01, 30)]
    found = split_without_field(two)
    assert found.is_split
    assert found.mean_high - found.mean_low == pytest.approx(0.08, abs=0.01)
    flagged = [split_without_field(np.random.default_rng(s).normal(0, 0.01, 90)).is_split for s in range(100)]
    assert sum(flagged) <= 5


def test_the_effect_counts_verdicts_that_change() -> None:
    results = np.array([[4.9], [5.0], [5.1], [5.9], [6.0], [6.1]])
    found = split_effect(results, [False] * 3 + [True] * 3, [5.5], [0.45])
    by_hand = (np.abs(results - 5.5) > 0.45).ravel() != np.array([False] * 6)
    assert found.n_changed == by_hand.sum() == 4
