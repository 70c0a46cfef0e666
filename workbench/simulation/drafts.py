"""The numbers of one programme-round before they are written down: arrays laboratory x analyte x sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.parameters import Programme
from workbench.simulation.levels import WIDE_SPREAD, follow
from workbench.simulation.systems import Equipment

Array = NDArray[np.float64]

GROUP_SD, LABORATORY_SD, WITHIN_SD = 0.18, 0.085, 0.085
"""Spread between systems, between laboratories of a system and between samples, as shares of the limit."""

SLOPPY = ((0.12, 2.0), (0.04, 3.5))
"""Shares of laboratories that are so many times worse."""

STRAY_SHARE, STRAY_SD = 0.04, 1.1
"""Share of laboratory x analyte with a bias of its own, and its size as a share of the limit."""


@dataclass
class Draft:
    """One programme-round in the making.

    Attributes
    ----------
    codes, samples : analyte and sample codes. lab_codes : all laboratories of the province.
    levels, allowed : shape (analytes, samples).
    values : shape (laboratories, analytes, samples), unrounded, in the analyte's unit.
    enrolled : shape (laboratories, analytes). decimals : likewise, reporting digits.
    text : overrides of what is written down, by (laboratory, analyte, sample).
    states : overrides of the result state, likewise.
    stated : laboratory -> how many times the right uncertainty it states; others state none.
    truth : rows of the truth frame.
    """

    programme: Programme
    round_code: str
    is_last: bool
    lab_codes: list[str]
    codes: list[str]
    samples: list[str]
    equipment: Equipment
    levels: Array
    allowed: Array
    values: Array
    enrolled: NDArray[np.bool_]
    decimals: NDArray[np.int64]
    group_bias: Array
    rng: np.random.Generator
    text: dict[tuple[int, int, int], str] = field(default_factory=dict)
    states: dict[tuple[int, int, int], str] = field(default_factory=dict)
    stated: dict[int, float] = field(default_factory=dict)
    first_text: dict[tuple[int, int, int], str] = field(default_factory=dict)
    late_days: dict[int, int] = field(default_factory=dict)
    silent: set[int] = field(default_factory=set)
    excused: dict[int, str] = field(default_factory=dict)
    not_performed: set[tuple[int, int]] = field(default_factory=set)
    withdrawn: dict[int, str] = field(default_factory=dict)
    truth: list[dict[str, Any]] = field(default_factory=list)

    def note(self, kind: str, lab: int | None, analyte: int | None, sample: int | None, detail: str) -> None:
        """Write one row of truth."""
        self.truth.append(
            {
                "kind": kind,
                "lab_code": "" if lab is None else self.lab_codes[lab],
                "analyte": "" if analyte is None else self.codes[analyte],
                "sample": "" if sample is None else self.samples[sample],
                "detail": detail,
            }
        )


def group_biases(n_pairs: int, n_analytes: int, rng: np.random.Generator) -> Array:
    """Bias of every instrument-reagent pair, shape (pairs, analytes), as a share of the limit."""
    return rng.normal(0.0, GROUP_SD, (n_pairs, n_analytes))


def quality(n_laboratories: int, rng: np.random.Generator) -> Array:
    """How much worse than usual each laboratory measures, shape (laboratories,)."""
    out = np.ones(n_laboratories)
    draw = rng.random(n_laboratories)
    edge = 0.0
    for share, factor in SLOPPY:
        out[(draw >= edge) & (draw < edge + share)] = factor
        edge += share
    return out


def measure(draft: Draft, factor: Array) -> None:
    """Fill in `values`: level + system bias + laboratory bias + stray bias + within-laboratory error.

    Every part is drawn as a share of the allowed deviation at the level. Derived red cell indices
    follow from the laboratory's own RBC, MCV and MCH.
    """
    labs, analytes, samples = draft.values.shape
    rng, spread = draft.rng, _spread(draft.programme, draft.codes)
    own = rng.normal(0.0, LABORATORY_SD, (labs, analytes)) * factor[:, None] * spread
    stray = rng.random((labs, analytes)) < STRAY_SHARE
    own = own + np.where(stray, rng.normal(0.0, STRAY_SD, (labs, analytes)), 0.0)
    within = rng.normal(0.0, WITHIN_SD, (labs, analytes, samples)) * factor[:, None, None] * spread[:, None]
    bias = draft.group_bias[draft.equipment.pair] + own
    share = bias[:, :, None] + within
    draft.values[:] = follow(draft.levels + draft.allowed * share, draft.codes)


def _spread(programme: Programme, codes: list[str]) -> Array:
    return np.array([WIDE_SPREAD.get((programme.programme_no, code), 1.0) for code in codes])
