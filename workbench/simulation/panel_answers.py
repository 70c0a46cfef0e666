"""Susceptibility as laboratories write it: one cell an isolate, by MIC, by zone, or by category alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.evaluation.result_types.susceptibility import SUSCEPTIBILITY
from workbench.parameters.breakpoints import Breakpoint, breakpoints, dilution
from workbench.simulation.isolates import Isolate, concentration

HABITS = (("mic", 0.62), ("strip", 0.1), ("disk", 0.2), ("category", 0.08))
"""How laboratories test: panels with a lowest and highest MIC, gradient strips, disks, or category alone."""

OTHER_STANDARD, OTHER_SHARE = ("EUCAST", 2024), 0.08
"""Another standard, and the share of laboratories that declare it."""

STEPS = ((-1, 0.13), (0, 0.74), (1, 0.13))
"""Dilutions a laboratory's MIC lies off the reference, and how often.

References: ISO 20776-2, essential agreement is within one dilution."""

SEEN_AS = {"S": "R", "R": "S", "I": "R", "SDD": "R"}
"""A wrong category."""

Limits = dict[str, Breakpoint | None]
"""Breakpoints by drug; None: resistant by nature."""


@dataclass(frozen=True)
class PanelSheet:
    """Panels of all laboratories.

    Attributes
    ----------
    isolates : by sample. habit : by laboratory, a name of `HABITS`. standard : by laboratory.
    off : shape (laboratories, samples, drugs), dilutions off the reference. millimetres : likewise, mm into
        the category's side of the breakpoint.
    """

    isolates: Sequence[Isolate]
    asked: NDArray[np.bool_]
    habit: Sequence[str]
    standard: Sequence[tuple[str, int]]
    off: NDArray[np.int64]
    millimetres: NDArray[np.int64]
    mistake: str = "wrong_answer"

    @classmethod
    def draw(
        cls, isolates: Sequence[Isolate], asked: NDArray[np.bool_], rng: np.random.Generator
    ) -> PanelSheet:
        """Draw how each laboratory tests, and how far off each measurement is."""
        labs = len(asked)
        shape = (labs, len(isolates), max(len(isolate.steps) for isolate in isolates))
        names = [name for name, _ in HABITS]
        habit = [str(name) for name in rng.choice(names, labs, p=[share for _, share in HABITS])]
        other = rng.random(labs) < OTHER_SHARE
        return cls(
            isolates,
            asked,
            habit,
            [OTHER_STANDARD if each else SUSCEPTIBILITY.organiser for each in other],
            rng.choice([step for step, _ in STEPS], shape, p=[share for _, share in STEPS]),
            rng.integers(2, 8, shape),
        )

    @property
    def expected(self) -> list[tuple[str, str]]:
        """Organism and panel of every sample."""
        return [(isolate.organism, isolate.detail) for isolate in self.isolates]

    def right(self, laboratory: int, sample: int) -> str:
        """A panel as measured."""
        return self._cell(laboratory, sample, -1)

    def wrong(self, laboratory: int, sample: int, draw: int) -> str:
        """A panel with the category of one drug wrong."""
        return self._cell(laboratory, sample, draw % len(self.isolates[sample].steps))

    def _cell(self, laboratory: int, sample: int, mistaken: int) -> str:
        """The cell of one isolate; the drug at a position carries a wrong category and no measurement."""
        isolate = self.isolates[sample]
        standard, known = _usable(self.standard[laboratory], isolate)
        parts = [] if standard == SUSCEPTIBILITY.organiser else [f"{standard[0]} {standard[1]}"]
        for place, (drug, step) in enumerate(isolate.steps.items()):
            if drug not in known:
                continue
            own, limits = (laboratory, sample, place), known[drug]
            category, measured = ("R", "")
            if limits is not None:
                near = step + int(self.off[own])
                category, measured = _measured(
                    near, limits, self.habit[laboratory], int(self.millimetres[own])
                )
            if place == mistaken:
                category, measured = SEEN_AS[category], ""
            parts.append(f"{drug}:{category} {measured}".strip())
        return "; ".join(parts)


def _usable(declared: tuple[str, int], isolate: Isolate) -> tuple[tuple[str, int], Limits]:
    """The standard an isolate can be read by, with its breakpoints: the organiser's where the declared has too few."""
    for standard in dict.fromkeys((declared, SUSCEPTIBILITY.organiser)):
        known: Limits = {}
        for drug in isolate.steps:
            found = breakpoints().find(*standard, isolate.path, drug)
            if breakpoints().is_intrinsic(standard[0], isolate.path, drug):
                known[drug] = None
            elif found is not None:
                known[drug] = found
        if 2 * len(known) >= len(isolate.steps):
            break
    return standard, known


def _measured(step: int, limits: Breakpoint, habit: str, millimetres: int) -> tuple[str, str]:
    """Category and measurement of one drug."""
    category = limits.by_dilution(step) or ("S" if step <= _rung(limits.mic_s, step) else "R")
    if habit == "category":
        return category, ""
    if habit == "disk" and (zone := _zone(category, limits, millimetres)):
        return category, f"{zone}mm"
    if habit == "strip":
        return category, concentration(step)
    lowest, highest = _rung(limits.mic_s, step) - 1, _rung(limits.mic_r, step)
    if step <= lowest:
        return category, f"<={concentration(lowest)}"
    if limits.resistant_bound == "inclusive" and step >= highest:
        return category, f">={concentration(highest)}"
    return category, concentration(step)


def _rung(bound: object, default: int) -> int:
    """Rung of a breakpoint; the MIC's own where there is none."""
    found = None if bound is None else dilution(float(str(bound)))
    return default if found is None else found


def _zone(category: str, limits: Breakpoint, millimetres: int) -> int | None:
    """A zone that has the category; None where the document gives no such zones."""
    if limits.zone_s is None or limits.zone_r is None:
        return None
    zone = {
        "S": limits.zone_s + millimetres,
        "R": max(limits.zone_r - millimetres, 6),
    }.get(category, (limits.zone_s + limits.zone_r) // 2)
    return zone if limits.by_zone(zone) == category else None
