"""A broken relation between linked analytes raises number and column causes and lowers analytical ones."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import pytest

from tests.evaluation.small_rounds import SmallRound, analyte, limit, programme
from workbench.investigation.linked_evidence import broken_relations
from workbench.investigation.panel import Panel, panel_of
from workbench.investigation.ranking import LINKED
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.parameters.causes import cause_priors

UNITS = {"RBC": ("10¹²/L", 2), "HCT": ("L/L", 3), "Hb": ("g/L", 0), "MCV": ("fL", 1), "MCH": ("pg", 1)}


def blood_count(**changes: tuple[str, int, str]) -> Panel:
    """Forty laboratories whose indices follow from their counts; changes: laboratory -> analyte, sample, text."""
    rng = np.random.default_rng(3)
    items = [analyte(code, decimals, unit=unit) for code, (unit, decimals) in UNITS.items()]
    limits = tuple(limit(code, "8", unit=unit) for code, (unit, _) in UNITS.items())
    built = SmallRound(programme(items), criteria=limits)
    level = {
        "RBC": [2.54, 4.12, 4.83, 5.47, 6.21],
        "HCT": [0.22, 0.36, 0.42, 0.49, 0.56],
        "Hb": [71, 118, 142, 163, 187],
    }
    for k in range(40):
        lab = f"L{k:02d}"
        bias = 1.15 if lab == "L07" else 1.0
        red = np.round(np.array(level["RBC"]) * rng.normal(1, 0.012, 5), 2)
        packed = np.round(np.array(level["HCT"]) * rng.normal(1, 0.012, 5), 3)
        haemoglobin = np.round(np.array(level["Hb"]) * bias * rng.normal(1, 0.01, 5))
        texts = {
            "RBC": [f"{x:.2f}" for x in red], "HCT": [f"{x:.3f}" for x in packed],
            "Hb": [f"{x:.0f}" for x in haemoglobin], "MCV": [f"{1000 * h / r:.1f}" for h, r in zip(packed, red, strict=True)],
            "MCH": [f"{h / r:.1f}" for h, r in zip(haemoglobin, red, strict=True)],
        }  # fmt: skip
        if lab in changes:
            code, place, text = changes[lab]
            texts[code][place] = text
        for code, row in texts.items():
            built.lab(lab, row, code)
    return panel_of(built.inputs())


def test_only_the_items_of_a_broken_relation_are_named() -> None:
    panel = blood_count(L03=("RBC", 1, "1.42"), L05=("MCV", 2, "78.9"))
    named = {(panel.labs[row], panel.rules[item].code) for row, item in broken_relations(panel)}
    assert ("L03", "RBC") in named
    assert ("L05", "MCV") in named
    assert ("L03", "Hb") not in named
    assert "L07" not in {lab for lab, _ in named}, "a bias that the index follows breaks nothing"


def test_number_causes_gain_and_analytical_ones_lose_by_two_in_ln() -> None:
    panel = blood_count(L03=("RBC", 1, "1.42"))
    found = RoundInvestigation(panel)
    place = panel.laboratory("L03"), panel.analyte("RBC")
    without = RoundInvestigation(panel, priors={c: replace_linked(p) for c, p in cause_priors().items()})
    a, b = found.investigate(*place), without.investigate(*place)
    odds = [r.posterior["digit_transposition"] / r.posterior["one_sample_accident"] for r in (a, b)]
    assert odds[0] / odds[1] == pytest.approx(exp(2 * LINKED), rel=1e-9)
    odds = [r.posterior["digit_transposition"] / r.posterior["sample_swap"] for r in (a, b)]
    assert odds[0] / odds[1] == pytest.approx(exp(LINKED), rel=1e-9)
    assert a.causes[0].family == "report"


def replace_linked(prior: object) -> object:
    """The same share without what relations say."""
    return prior.model_copy(update={"linked": ""})  # type: ignore[attr-defined]


def test_a_bias_that_keeps_the_relations_is_judged_as_before() -> None:
    panel = blood_count()
    place = panel.laboratory("L07"), panel.analyte("Hb")
    assert place not in broken_relations(panel)
    answer = RoundInvestigation(panel).investigate(*place)
    assert answer.causes[0].family == "systematic"


def test_a_relation_that_many_break_tells_nothing() -> None:
    panel = blood_count()
    value = panel.value.copy()
    value[:15, panel.analyte("MCV")] *= 1.1
    assert broken_relations(replace(panel, value=value)) == frozenset()
