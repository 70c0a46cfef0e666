"""Ranked causes on a province of the tests' own: which planted cause comes first, and false alarms without any."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest

from tests.investigation.simulator import FAULTS, Province, World, plant_all, province
from workbench.evaluation.criteria import FloatArray
from workbench.investigation.evidence import ControlEvidence, Earlier
from workbench.investigation.panel import panel_of
from workbench.investigation.ranking import Ranking
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.statistics.proportions import wilson_interval

WORLDS = (World(1), World(2, "normal", 3), World(3, "laplace", 6, 170, 20, 5, 6.0))
CLERICAL = {"report", "identity"}


@dataclass
class Confusion:
    """Counts by planted cause: what came first, and in how many the planted one was first or second."""

    first: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    strictly: Counter[str] = field(default_factory=Counter)
    one: Counter[str] = field(default_factory=Counter)
    two: Counter[str] = field(default_factory=Counter)
    samples: Counter[bool] = field(default_factory=Counter)
    stated: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, cause: str, places: tuple[int, ...], answer: Ranking) -> None:
        lines = [{each.cause, *each.equivalents} for each in answer.causes]
        self.first[cause][answer.first] += 1
        self.strictly[cause] += answer.first == cause
        self.one[cause] += cause in lines[0]
        self.two[cause] += any(cause in line for line in lines[:2])
        self.stated.append((answer.causes[0].probability, cause in lines[0]))
        if answer.first == cause and places:
            self.samples[answer.causes[0].samples == places] += 1

    def rate(self, counts: Counter[str], cause: str | None = None) -> float:
        total = (
            sum(self.first[cause].values()) if cause else sum(sum(c.values()) for c in self.first.values())
        )
        return (counts[cause] if cause else sum(counts.values())) / total

    def table(self) -> str:
        lines = [f"{'planted':22} {'n':>3} {'first':>6} {'strict':>6} {'in two':>6}  what came first"]
        for cause, found in self.first.items():
            rates = [self.rate(each, cause) for each in (self.one, self.strictly, self.two)]
            what = ", ".join(f"{name} {n}" for name, n in found.most_common())
            lines.append(
                f"{cause:22} {sum(found.values()):3} " + " ".join(f"{r:6.2f}" for r in rates) + f"  {what}"
            )
        rates = [self.rate(each) for each in (self.one, self.strictly, self.two)]
        return "\n".join([*lines, f"{'all':26} " + " ".join(f"{r:6.3f}" for r in rates)])


def confusion_of(worlds: tuple[World, ...], each: int) -> Confusion:
    out = Confusion()
    for world in worlds:
        planted = province(world)
        plant_all(planted, each)
        found = RoundInvestigation(panel_of(planted.inputs()))
        for (lab, analyte), (cause, places) in planted.truth.items():
            out.add(cause, places, found.investigate(lab, analyte))
    return out


@cache
def five_samples() -> Confusion:
    return confusion_of(WORLDS, 7)


def test_the_planted_cause_comes_first() -> None:
    found = five_samples()
    print("\n" + found.table())
    assert set(found.first) == set(FAULTS)
    assert found.rate(found.one) >= 0.90
    assert found.rate(found.two) >= 0.96
    for cause in FAULTS:
        assert found.rate(found.one, cause) >= 0.70, cause
        assert found.rate(found.two, cause) >= 0.85, cause


def test_the_samples_are_named_right() -> None:
    found = five_samples().samples
    assert found[True] / (found[True] + found[False]) >= 0.97


@pytest.mark.parametrize(("samples", "first", "two"), [(3, 0.82, 0.92), (10, 0.92, 0.97)])
def test_with_fewer_and_with_more_samples(samples: int, first: float, two: float) -> None:
    found = confusion_of(tuple(replace(world, samples=samples) for world in WORLDS[:2]), 4)
    print("\n" + found.table())
    assert found.rate(found.one) >= first
    assert found.rate(found.two) >= two


def test_stated_probabilities_are_kept() -> None:
    stated = np.array(five_samples().stated)
    sure = stated[stated[:, 0] >= 0.9]
    wrong = int((sure[:, 1] == 0).sum())
    print(f"\nstated at least 0.9: {len(sure)}, wrong {wrong}")
    assert wrong / len(sure) <= 0.04
    assert stated[:, 0].max() <= 0.99


@cache
def clean_rounds() -> tuple[RoundInvestigation, ...]:
    return tuple(
        RoundInvestigation(panel_of(province(replace(w, seed=w.seed + 40)).inputs())) for w in WORLDS
    )


def test_without_faults_clerical_causes_are_rare() -> None:
    first, sure, total = 0, 0, 0
    for found in clean_rounds():
        for place in found.failures():
            answer = found.investigate(*place).causes[0]
            total += 1
            first += answer.family in CLERICAL
            sure += answer.family in CLERICAL and answer.probability >= 0.8
    print(
        f"\nno faults: {total} cells with an unacceptable result, clerical first {first}, at 0.8 or more {sure}"
    )
    assert total > 30
    assert first <= 0.05 * total + 2 * (0.05 * 0.95 * total) ** 0.5
    assert sure <= max(1, 0.005 * total)


def test_without_faults_no_cause_of_a_whole_panel_is_claimed() -> None:
    claims, rounds = 0, 0
    for found in clean_rounds():
        for lab in range(found.panel.shape[0]):
            claims += found.panel_cause(lab) is not None
            rounds += 1
    print(f"\nno faults: {claims} panel causes claimed in {rounds} laboratory-rounds")
    assert claims <= 1


def _planted_panels(p: Province) -> dict[int, str]:
    """Twelve laboratories with all samples exchanged, shifted, or off by one factor."""
    out = {}
    labs = p.rng.permutation(p.world.laboratories)[:12]
    for k, lab in enumerate(labs):
        kind = ("sample_swap_panel", "shifted_order_panel", "common_factor", "one_vial_factor")[k % 4]
        if kind == "sample_swap_panel":
            order = [1, 0, *range(2, p.world.samples)]
            p.text[lab], p.value[lab] = p.text[lab][:, order], p.value[lab][:, order]
        elif kind == "shifted_order_panel":
            p.text[lab], p.value[lab] = np.roll(p.text[lab], 1, axis=1), np.roll(p.value[lab], 1, axis=1)
        else:
            factor = np.ones(p.world.samples)
            factor[slice(None) if kind == "common_factor" else 2] = p.rng.choice([0.72, 1.3])
            for analyte in range(p.world.analytes):
                p.write(int(lab), analyte, p.value[lab, analyte] * factor)
        out[int(lab)] = kind
    return out


def test_causes_of_a_whole_panel_are_found_and_take_its_analytes() -> None:
    p = province(World(11))
    truth = _planted_panels(p)
    found = RoundInvestigation(panel_of(p.inputs()))
    for lab, kind in truth.items():
        shared = found.panel_cause(lab)
        assert shared is not None
        assert shared.cause == kind
        if kind == "common_factor":
            assert min(abs(shared.factor - f) for f in (0.72, 1.3)) < 0.05
    places = [place for place in found.failures() if place[0] in truth]
    table = found.table(places)
    first = table[table["rank"] == 1]
    assert len(first) > 60
    right = [
        cause == truth[found.panel.laboratory(lab)]
        for lab, cause in zip(first["lab_code"], first["cause"], strict=True)
    ]
    assert np.mean(right) > 0.85


def history(seed: int, drift: dict[tuple[int, int], float]) -> RoundInvestigation:
    """Three rounds; drifting laboratories are off by a tenth, a half and all of a bias."""
    world = World(seed)
    rounds = [province(world)]
    for k in (1, 2):
        rounds.append(province(replace(world, seed=seed + 100 * k), rounds[0]))
    for p, share in zip(rounds, (0.1, 0.5, 1.0), strict=True):
        for (lab, analyte), size in drift.items():
            limit = np.median(p.limit[p.group[lab], analyte] / p.target(lab, analyte))
            p.write(lab, analyte, p.value[lab, analyte] * (1 + share * size * limit))
    panels = [panel_of(p.inputs(f"2026-{k + 1}")) for k, p in enumerate(rounds)]
    return RoundInvestigation(panels[2], (Earlier.of(panels[0]), Earlier.of(panels[1])))


def test_a_drift_is_seen_over_rounds() -> None:
    planted = {(lab, lab % 18): (1.9 if lab % 2 else -1.9) for lab in range(0, 48, 3)}
    found = history(21, planted)
    hits, family = 0, 0
    for place in planted:
        answer = found.investigate(*place)
        two = [each.cause for each in answer.causes[:2]]
        hits += "drift" in two
        family += answer.causes[0].family == "systematic"
    print(f"\ndrift among the first two: {hits} of {len(planted)}, systematic first {family}")
    assert hits >= 0.7 * len(planted)
    assert family >= 0.95 * len(planted)


def test_results_of_the_last_round_sent_again_are_recognised() -> None:
    world = World(31)
    before = province(world)
    now = province(replace(world, seed=131), before)
    lab, analyte = 4, 2
    now.text[lab, analyte], now.value[lab, analyte] = before.text[lab, analyte], before.value[lab, analyte]
    found = RoundInvestigation(panel_of(now.inputs()), (Earlier.of(panel_of(before.inputs("2025-3"))),))
    assert found.investigate(lab, analyte).first == "copied_previous_round"


def test_internal_control_tells_a_real_bias_from_handling() -> None:
    p = province(World(41))
    lab, analyte = 3, 1
    limit = np.median(p.limit[p.group[lab], analyte] / p.target(lab, analyte))
    p.write(lab, analyte, p.value[lab, analyte] * (1 + 1.8 * limit))
    panel = panel_of(p.inputs())
    key = panel.labs[lab], panel.rules[analyte].code
    fine = RoundInvestigation(panel, controls={key: ControlEvidence(0.02, 0.25)})
    assert fine.investigate(lab, analyte).first == "pt_handling"
    same = RoundInvestigation(panel, controls={key: ControlEvidence(1.8, 0.25)})
    assert same.investigate(lab, analyte).causes[0].family == "systematic"
    shifted = RoundInvestigation(panel, controls={key: ControlEvidence(1.8, 0.25, shifted=True)})
    assert shifted.investigate(lab, analyte).first == "lot_shift"


def test_the_counterfactual_applies_the_rule_in_force() -> None:
    p = province(World(51))
    gap = np.abs(p.level[p.group, :, 0] - p.level[p.group, :, 3]) / p.limit[p.group].max(axis=2)
    lab, analyte = (int(k) for k in np.argwhere(gap > 5)[7])
    p.text[lab, analyte, [0, 3]], p.value[lab, analyte, [0, 3]] = (
        p.text[lab, analyte, [3, 0]],
        p.value[lab, analyte, [3, 0]],
    )
    found = RoundInvestigation(panel_of(p.inputs()))
    table = found.table([(lab, analyte)])
    row = table.iloc[0]
    assert row["cause"] == "sample_swap"
    assert row["samples"] == "S1,S4"
    assert (row["acceptable"], row["acceptable_if"], row["passes_if"]) == (3, 5, True)
    assert row["words"] == "very_likely"
    assert row["release"]
    value: FloatArray = found.panel.value[lab, analyte].copy()
    repaired = found.investigate(lab, analyte).causes[0].repaired
    assert repaired is not None
    assert np.array_equal(repaired, value[[3, 1, 2, 0, 4]])


def test_nothing_changes_when_all_change_their_unit_or_their_order() -> None:
    p = province(World(61))
    plant_all(p, 1)
    places = list(p.truth)
    first = RoundInvestigation(panel_of(p.inputs()))
    order = np.arange(p.world.laboratories)[::-1]
    for name in ("value", "text", "group", "registered"):
        setattr(p, name, getattr(p, name)[order])
    second = RoundInvestigation(panel_of(p.inputs()))
    for lab, analyte in places:
        a, b = first.investigate(lab, analyte), second.investigate(int(order[lab]), analyte)
        assert [each.cause for each in a.causes] == [each.cause for each in b.causes]
        assert a.causes[0].probability == pytest.approx(b.causes[0].probability, abs=1e-6)


def test_wilson_bounds_of_the_rates_are_above_the_floor() -> None:
    found = five_samples()
    total = sum(sum(each.values()) for each in found.first.values())
    low = wilson_interval(sum(found.one.values()), total)[0]
    assert low > 0.90
