"""Screens for agreement and invention: planted ones found, innocent ones left alone, the stated level kept."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.investigation.simulator import Province, World, province
from workbench.investigation.pair_screen import (
    count_needed,
    expected_equal,
    least_expected,
    poisson_tail,
    screen_pairs,
)
from workbench.investigation.panel import panel_of
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.investigation.screened_cells import ScreenedCells, screened_cells
from workbench.investigation.single_screen import screen_laboratories

KINDS = ("exact", "near", "partial", "offset")


def year(seed: int, change=lambda rounds, rng: None) -> list[Province]:  # type: ignore[no-untyped-def]
    world = World(seed, laboratories=80)
    rounds = [province(world)]
    rounds.append(province(replace(world, seed=seed + 500), rounds[0]))
    change(rounds, np.random.default_rng(seed))
    return rounds


def cells_of(rounds: list[Province], left_out: tuple[tuple[int, str], ...] = ()) -> ScreenedCells:
    found = [RoundInvestigation(panel_of(p.inputs(f"2026-{k + 1}"))) for k, p in enumerate(rounds)]
    return screened_cells(found, left_out)


@cache
def null_year(seed: int) -> ScreenedCells:
    return cells_of(year(seed))


def copy(p: Province, kind: str, source: int, to: int, rng: np.random.Generator) -> None:
    """Let one laboratory write down another's results, changed a little."""
    for analyte in range(p.world.analytes):
        x = p.value[source, analyte].copy()
        if kind == "partial" and analyte % 20 >= 0.45 * p.world.analytes:
            continue
        if kind == "near":
            x += p.step[analyte] * np.where(rng.random(x.size) < 0.35, rng.choice([-1, 1], x.size), 0)
        if kind == "offset":
            x = x * 1.01
        p.write(to, analyte, x)


def planted_copies(rounds: list[Province], rng: np.random.Generator) -> None:
    for k in range(8):
        for p in rounds:
            p.group[2 * k + 1] = p.group[2 * k]
            p.registered[2 * k + 1] = p.registered[2 * k]
            copy(p, KINDS[k % 4], 2 * k, 2 * k + 1, rng)


def planted_twins(rounds: list[Province], rng: np.random.Generator) -> None:
    """Six pairs on one analyser: one bias, noise of their own."""
    for k in range(6):
        a, b = 2 * k, 2 * k + 1
        for p in rounds:
            p.group[b], p.registered[b] = p.group[a], p.registered[a]
            for analyte in range(p.world.analytes):
                share = p.limit[p.group[a], analyte] / p.world.spread
                bias = share * rng.standard_normal()
                for lab in (a, b):
                    noise = share * rng.standard_normal(p.world.samples)
                    p.write(lab, analyte, p.target(lab, analyte) + bias + noise)


def test_copies_are_found_whatever_was_done_to_them() -> None:
    cells = cells_of(year(5, planted_copies))
    found = screen_pairs(cells)
    pairs = {
        frozenset(row): reading
        for *row, reading in found.flags[["first", "second", "reading"]].itertuples(index=False)
    }
    wanted = {frozenset((f"L{2 * k:03d}", f"L{2 * k + 1:03d}")) for k in range(8)}
    print("\n" + found.flags.round(3).to_string())
    assert {pair for pair, reading in pairs.items() if reading == "copied"} == wanted
    assert set(pairs) == wanted
    assert found.pairs == 80 * 79 // 2
    offset = found.flags[found.flags["second"].isin(["L007", "L015"])]
    assert (offset["r"] > 0.9).all()


def test_twins_on_one_analyser_are_not_accused() -> None:
    cells = cells_of(year(6, planted_twins))
    flags = screen_pairs(cells).flags
    assert not (flags["reading"] == "copied").any()
    pair = frozenset(("L000", "L001"))
    close = screen_pairs(cells_of(year(5, planted_copies)), declared=[pair]).flags
    mine = close[(close["first"] == "L000") & (close["second"] == "L001")]
    assert mine["reading"].tolist() == ["declared"]


def test_nothing_is_flagged_where_nobody_copied() -> None:
    flags = [len(screen_pairs(null_year(seed)).flags) for seed in (70, 71, 72)]
    single = [len(screen_laboratories(null_year(seed)).flags) for seed in (70, 71, 72)]
    assert sum(flags) == 0
    assert sum(single) == 0


@pytest.mark.parametrize("level", [1e-1, 1e-2, 1e-3])
def test_the_tails_hold_on_null_data(level: float) -> None:
    """Equal cells seen by chance stay below the stated tail: the Poisson bound errs on the safe side."""
    seen = expected = 0.0
    for seed in (70, 71, 72):
        cells = null_year(seed)
        labs = len(cells.labs)
        first, second = np.triu_indices(labs, 1)
        both = cells.there[first] & cells.there[second]
        equal = ((cells.units[first] == cells.units[second]) & both).sum(axis=1)
        mean = np.maximum(expected_equal(cells, first, second), least_expected(cells))
        seen += float((poisson_tail(equal, mean) < np.log10(level)).sum())
        expected += level * first.size
    print(f"\npairs beyond {level:g}: seen {seen:.0f}, stated at most {expected:.1f}")
    assert seen <= expected + 3 * expected**0.5


def test_noise_scores_of_innocent_pairs_are_normal() -> None:
    from workbench.investigation.pair_screen import _noise_candidates

    cells = null_year(70)
    noise = _noise_candidates(cells, -9.0, None)
    first, second = np.triu_indices(len(cells.labs), 1)
    _, z = noise.scores(first, second)
    assert abs(np.median(z)) < 0.2
    assert 0.8 < z.std() < 1.2
    assert (z > 3.09).mean() < 0.003


def test_a_panel_fault_is_left_out() -> None:
    def shift(rounds: list[Province], rng: np.random.Generator) -> None:
        for lab in (3, 9):
            rounds[0].text[lab] = np.roll(rounds[0].text[lab], 1, axis=1)
            rounds[0].value[lab] = np.roll(rounds[0].value[lab], 1, axis=1)

    rounds = year(8, shift)
    together = screen_pairs(cells_of(rounds)).flags
    assert len(together) == 1
    assert screen_pairs(cells_of(rounds, ((0, "L003"), (0, "L009")))).flags.empty


def test_results_made_up_are_found_one_by_one() -> None:
    def invent(rounds: list[Province], rng: np.random.Generator) -> None:
        for p in rounds:
            for analyte in range(p.world.analytes):
                t = p.target(11, analyte)
                p.write(11, analyte, t * (1 + 0.0005 * rng.standard_normal(t.size)))
                unit = 5 * p.step[analyte]
                p.write(12, analyte, np.rint(p.value[12, analyte] / unit) * unit)

    flags = screen_laboratories(cells_of(year(9, invent))).flags
    found = set(flags[["lab_code", "test"]].itertuples(index=False, name=None))
    assert {("L011", "little_noise"), ("L011", "near_median"), ("L012", "digits")} <= found
    assert set(flags["lab_code"]) == {"L011", "L012"}


def test_counts_and_tails() -> None:
    from math import exp, log10

    assert float(poisson_tail(np.array(1.0), np.array(0.5))) == pytest.approx(log10(1 - exp(-0.5)))
    assert float(poisson_tail(np.array(0.0), np.array(0.5))) == 0.0
    assert float(poisson_tail(np.array(400.0), np.array(1.0))) < -300
    need = count_needed(4.0, -10.0)
    assert float(poisson_tail(np.array(float(need)), np.array(4.0))) < -10
    assert float(poisson_tail(np.array(need - 1.0), np.array(4.0))) >= -10
