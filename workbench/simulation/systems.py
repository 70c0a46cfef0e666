"""Which laboratory measures with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.frames import SYSTEM_NAMES
from workbench.simulation.system_choices import Named, SystemFamily, methods_of

Integers = NDArray[np.int64]

SMALL_GROUP_SIZE = 4
"""Laboratories of the one planted instrument-reagent pair too small for a target of its own."""


@dataclass(frozen=True)
class Equipment:
    """What every laboratory of a programme uses, the same in every round.

    Attributes
    ----------
    instrument, reagent : shape (laboratories,), positions in the family's tuples.
    method : shape (analytes, reagents), position of the method a reagent works by.
    small_group : positions of the laboratories of the planted small group.
    """

    family: SystemFamily
    codes: tuple[str, ...]
    instrument: Integers
    reagent: Integers
    method: Integers
    small_group: Integers

    @property
    def pair(self) -> Integers:
        """Position of the instrument-reagent pair of each laboratory."""
        return self.instrument * len(self.family.reagents) + self.reagent

    def part(self, codes: Sequence[str]) -> Equipment:
        """The same for some of the analytes."""
        rows = [self.codes.index(code) for code in codes]
        return replace(self, codes=tuple(codes), method=self.method[rows])

    def method_code(self, analyte: int, laboratory: int) -> str:
        """Registered method of one laboratory for one analyte."""
        methods = methods_of(self.family, self.codes[analyte])
        return methods[self.method[analyte, self.reagent[laboratory]]].code


def equip(
    systems: SystemFamily, codes: list[str], n_laboratories: int, rng: np.random.Generator
) -> Equipment:
    """Draw instruments and reagents; one pair of instrument and open reagent is kept small.

    The small group's first member is among the first laboratories, so that a demonstration shows it.
    """
    shares = np.asarray(systems.shares) / sum(systems.shares)
    instrument = rng.choice(len(shares), n_laboratories, p=shares)
    n_open = len(systems.reagents) - len(systems.instruments)
    opened = rng.random(n_laboratories) < systems.open_share
    # The last open reagent is kept for the small group.
    choice = len(systems.instruments) + rng.integers(0, max(n_open - 1, 1), n_laboratories)
    reagent = np.where(opened & (n_open > 1), choice, instrument)
    small = np.flatnonzero(instrument == 1)[:SMALL_GROUP_SIZE]
    reagent[small] = len(systems.reagents) - 1
    method = np.array(
        [rng.integers(0, len(methods_of(systems, code)), len(systems.reagents)) for code in codes]
    )
    return Equipment(systems, tuple(codes), instrument, reagent, method, small)


def system_names(equipment: Equipment) -> pd.DataFrame:
    """The SYSTEM_NAMES frame: every method, instrument, reagent and calibrator that can be registered."""
    systems = equipment.family
    rows = [("instrument", item) for item in systems.instruments]
    rows += [("reagent", item) for item in systems.reagents]
    rows += [("calibrator", calibrator(item)) for item in systems.reagents]
    methods = {item.code: item for code in equipment.codes for item in methods_of(systems, code)}
    rows += [("method", methods[code]) for code in sorted(methods)]
    table = pd.DataFrame(
        [(kind, item.code, item.name_zh, item.name_en) for kind, item in rows],
        columns=["kind", "code", "name_zh", "name_en"],
    )
    return SYSTEM_NAMES.checked(table)


def calibrator(reagent: Named) -> Named:
    """The calibrator that belongs to a reagent."""
    return Named(
        f"CAL-{reagent.code}",
        reagent.name_zh.replace("试剂", "校准品"),
        reagent.name_en.replace("reagent", "calibrator"),
    )
