"""Probabilities of passing: against printed values, against simulation, and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.statistics import largest_self_included_score
from workbench.tuning.operating import (
    Design,
    p_acceptable,
    p_event,
    p_pass,
    p_pass_in_group,
    p_unsuccessful,
    pass_grid,
)
from workbench.tuning.reachability import Plan, guards
from workbench.tuning.virtual_laboratories import Group, rule_errors, simulate_consensus, simulate_pass

PRINTED = {
    (3, 0.20): (1.0000, 0.9997, 0.9815, 0.7154, 0.1250),
    (3, 0.50): (0.8696, 0.7966, 0.5927, 0.3303, 0.1250),
    (5, 0.20): (1.0000, 1.0000, 0.9996, 0.9102, 0.1875),
    (5, 0.50): (0.9811, 0.9541, 0.8165, 0.5103, 0.1875),
    (10, 0.20): (1.0000, 1.0000, 1.0000, 0.9197, 0.0547),
    (10, 0.50): (0.9911, 0.9684, 0.7936, 0.3597, 0.0547),
}
"""P(pass) at bias 0, 1/4, 1/2, 3/4 and 1 of the limit, by number of samples and SD / limit."""


@pytest.mark.parametrize("key", PRINTED)
def test_table_of_binomial_tails(key: tuple[int, float]) -> None:
    found = p_pass(np.array([0, 0.25, 0.5, 0.75, 1.0]), key[1], Design(samples=key[0]))
    assert found == pytest.approx(PRINTED[key], abs=5e-5)


def test_published_98_and_99_per_cent() -> None:
    # Ehrmeyer and Laessig, Clin Chem 1990;36:1736.
    assert float(p_pass(0.0, 5.0, Design(limit=10.0))) == pytest.approx(0.9811, abs=5e-5)
    assert float(p_pass(0.20, 1 / 3, Design())) == pytest.approx(0.99931, abs=5e-5)


@pytest.mark.parametrize(
    "design",
    [
        Design(),
        Design(samples=10, limit=0.8),
        Design(samples=3, step=0.3, target=0.1),
        Design(step=0.5, target=0.0, limit=1.0),
        Design(step=0.5, limit=1.0, inclusive=False),
        Design(u_target=0.3),
    ],
)
def test_closed_form_and_simulation_agree(design: Design) -> None:
    generator = np.random.Generator(np.random.SFC64(5))
    for bias, sd in ((0.0, 0.4), (0.5, 0.35), (-0.8, 0.25)):
        seen = simulate_pass(bias, sd, design, 200_000, generator)
        assert abs(seen.p_pass - float(p_pass(bias, sd, design))) < 4 * seen.standard_error


def test_a_limit_on_the_grid_matters_only_with_rounding() -> None:
    inside, strict = Design(step=0.5), Design(step=0.5, inclusive=False)
    assert p_acceptable(0, 0.4, inside) > p_acceptable(0, 0.4, strict) + 0.05
    assert p_acceptable(0, 0.4, Design()) == p_acceptable(0, 0.4, Design(inclusive=False))
    fine = p_acceptable(0.2, 0.4, Design(step=1e-4))
    assert float(fine) == pytest.approx(float(p_acceptable(0.2, 0.4, Design())), abs=1e-4)
    assert float(p_acceptable(0, 0.4, Design(limit=0.1, step=1.0, target=0.5))) == 0.0
    with pytest.raises(ValueError, match="SD"):
        p_acceptable(0, 0, Design())


def test_samples_that_differ_are_counted_exactly() -> None:
    p = np.array([0.9, 0.5, 0.99])
    by_hand = {
        3: 0.9 * 0.5 * 0.99,
        2: 0.9 * 0.5 * 0.01 + 0.9 * 0.5 * 0.99 + 0.1 * 0.5 * 0.99 + 0.9 * 0.5 * 0.99,
    }
    for need, value in by_hand.items():
        assert float(p_event(p, need)) == pytest.approx(value)
    grid = pass_grid(np.linspace(0, 1, 5), np.array([0.2, 0.5]), Design())
    assert grid.shape == (2, 5)
    assert (np.diff(grid, axis=1) < 1e-12).all()


def test_small_groups_judge_their_members_mildly() -> None:
    printed = {3: (0.0004, 0.027), 5: (0.0014, 0.0139), 10: (0.0029, 0.0083), 20: (0.0039, 0.0065)}
    for peers, values in printed.items():
        for included, value in zip((True, False), values, strict=True):
            assert 1 - p_pass_in_group(0.25, 0.30, peers, Design(), included=included) == pytest.approx(
                value, abs=6e-4 if value > 0.02 else 6e-5
            )


def test_a_robust_consensus_is_near_the_mean_of_many() -> None:
    generator = np.random.Generator(np.random.SFC64(2))
    seen = simulate_consensus(Group(0.25, 0.30, 40), Design(), 400, generator)
    assert seen.p_pass == pytest.approx(p_pass_in_group(0.25, 0.30, 40, Design()), abs=0.004)
    few = simulate_consensus(Group(0.3, 0.3, 5), Design(), 1000, generator, z_limit=3.0)
    many = simulate_consensus(Group(0.3, 0.3, 50), Design(), 100, generator, z_limit=3.0)
    assert few.p_pass > 0.97
    assert many.p_pass > 0.97
    assert few.laboratories == 5000


def test_two_of_three_over_events() -> None:
    f = 0.2
    assert float(p_unsuccessful(f, 3)) == pytest.approx(3 * f**2 * (1 - f) + f**3)
    assert float(p_unsuccessful(f, 6)) == pytest.approx(0.2463, abs=5e-5)
    rng = np.random.default_rng(3)
    fails = rng.random((200_000, 6)) < f
    windows = np.stack([fails[:, k : k + 3].sum(axis=1) >= 2 for k in range(4)])
    assert windows.any(axis=0).mean() == pytest.approx(float(p_unsuccessful(f, 6)), abs=0.004)


def test_false_failures_and_false_passes() -> None:
    rng = np.random.default_rng(4)
    bias, sd = rng.normal(0, 0.4, 20_000), rng.uniform(0.1, 0.5, 20_000)
    found = rule_errors(bias, sd, Design(), true_limit=1.0)
    tight = rule_errors(bias, sd, Design(limit=0.5), true_limit=1.0)
    assert found.false_fail < 0.02 < tight.false_fail
    assert tight.false_pass < found.false_pass
    good = np.abs(bias) + 1.65 * sd <= 1.0
    p = p_pass(bias, sd, Design())
    assert found.p_pass == pytest.approx(p.mean())
    total = (1 - found.p_pass) * bias.size
    assert found.chance_failures * total == pytest.approx((1 - p[good]).sum())


def test_rules_that_cannot_do_what_they_promise() -> None:
    codes = lambda plan: [guard.code for guard in guards(plan)]  # noqa: E731
    assert codes(Plan(samples=5, limit=1.0, step=0.1, typical_sd=0.3)) == []
    assert codes(Plan(samples=3)) == ["all_must_be_acceptable"]
    assert codes(Plan(samples=5, limit=1.0, step=0.5, typical_sd=0.4)) == [
        "coarse_step",
        "tighter_than_practice",
    ]
    refused = guards(Plan(samples=5, peers=10, z_limit=3.0, own_sigma=True))
    assert refused[0].code == "z_out_of_reach"
    assert refused[0].refuse
    assert codes(Plan(samples=5, peers=11, z_limit=3.0, own_sigma=True)) == ["sigma_of_the_round"]
    rng = np.random.default_rng(1)
    x = np.append(rng.normal(size=9), 1e9)
    assert abs(x[-1] - x.mean()) / x.std(ddof=1) == pytest.approx(
        float(largest_self_included_score(10)), rel=1e-6
    )
