"""Simulated isolates: an organism with the reference MIC of each drug, from the breakpoints on file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from workbench.evaluation.result_types.susceptibility import SUSCEPTIBILITY
from workbench.parameters.breakpoints import Breakpoint, BreakpointBook, breakpoints, dilution
from workbench.parameters.vocabularies import Term, vocabularies

MOST_DRUGS, FEWEST_DRUGS = 8, 3
"""Drugs of a panel, and of an organism that is worth sending out."""

SPECIES_A_GROUP = 2
"""Organisms taken of those that have the same breakpoints."""

RESISTANT_SHARE, NEAR_SHARE = 0.3, 0.03
"""Shares of drugs the isolate is resistant to, and whose MIC stands next to a breakpoint."""


@dataclass(frozen=True)
class TestedOrganism:
    """An organism that can be identified, with the organiser's breakpoints by drug; None: resistant by nature."""

    term: Term
    path: tuple[str, ...]
    limits: Mapping[str, Breakpoint | None]


@dataclass(frozen=True)
class Isolate:
    """One sample: the organism, its place in the list, and the reference MIC by drug as a power of two, mg/L."""

    organism: str
    path: tuple[str, ...]
    steps: Mapping[str, int]

    @property
    def detail(self) -> str:
        """Detail of the expected answer: JSON of drugs with their MIC, standard and year of the organiser."""
        standard, year = SUSCEPTIBILITY.organiser
        drugs = {drug: {"mic": concentration(step)} for drug, step in self.steps.items()}
        return json.dumps({"drugs": drugs, "standard": standard, "year": year})


def concentration(step: int) -> str:
    """A rung of the dilution ladder in mg/L.

    Examples
    --------
    >>> concentration(5), concentration(-2)
    ('32', '0.25')
    """
    return f"{2.0**step:g}"


@cache
def tested_organisms(vocabulary: str) -> tuple[TestedOrganism, ...]:
    """Organisms of a list for which at least `FEWEST_DRUGS` drugs have breakpoints, a few of every kind.

    Examples
    --------
    >>> "ECO" in [organism.term.code for organism in tested_organisms("bacteria")]
    True
    """
    words, book = vocabularies()[vocabulary], breakpoints()
    taken: dict[frozenset[tuple[str, str]], int] = {}
    out = []
    for term in words:
        limits = _limits(words.path(term.code), book)
        if words.marks.reached[term.rank] < 1 or len(limits) < FEWEST_DRUGS:
            continue
        kind = frozenset((drug, row.organism) for drug, row in limits.items() if row)
        taken[kind] = taken.get(kind, 0) + 1
        if taken[kind] <= SPECIES_A_GROUP:
            out.append(TestedOrganism(term, tuple(words.path(term.code)), limits))
    return tuple(out)


def _limits(path: tuple[str, ...], book: BreakpointBook) -> dict[str, Breakpoint | None]:
    """Drug -> breakpoints that know susceptible and resistant MICs; None where it is resistant by nature."""
    standard, year = SUSCEPTIBILITY.organiser
    drugs = dict.fromkeys(row.drug for row in book if row.standard == standard)
    found: dict[str, Breakpoint | None] = {}
    for drug in drugs:
        row = book.find(standard, year, path, drug)
        if row is not None and row.mic_s is not None and row.mic_r is not None:
            found[drug] = None if book.is_intrinsic(standard, path, drug) else row
    return found


def draw_isolate(organism: TestedOrganism, rng: np.random.Generator) -> Isolate:
    """An isolate of an organism with a panel of drugs."""
    names = list(organism.limits)
    chosen = sorted(rng.permutation(len(names))[:MOST_DRUGS].tolist())
    steps = {names[place]: _step(organism.limits[names[place]], rng) for place in chosen}
    return Isolate(organism.term.code, organism.path, steps)


def _step(limits: Breakpoint | None, rng: np.random.Generator) -> int:
    """A reference MIC: clearly susceptible or resistant, seldom next to the breakpoint."""
    away, draw = int(rng.integers(1, 4)), float(rng.random())
    if limits is None:
        return 6
    low, high = (dilution(bound) or 0 for bound in (limits.mic_s or 1, limits.mic_r or 1))
    if draw < NEAR_SHARE:
        return low
    return min(high + away, 10) if draw < NEAR_SHARE + RESISTANT_SHARE else max(low - away, -9)
