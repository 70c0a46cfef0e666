"""Concentrations of the simulated materials and how well laboratories measure them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from workbench.parameters import Analyte, CriteriaBook, Programme

Array = NDArray[np.float64]

RANGES: dict[str, dict[str, tuple[float, float]]] = {
    "1.1": {
        "K": (2.8, 6.8), "Na": (118, 158), "Cl": (82, 118), "Ca": (1.7, 3.2), "Phos": (0.8, 2.6),
        "Glu": (2.8, 17), "Urea": (3.5, 28), "UA": (160, 620), "Cre": (45, 620), "Alb": (25, 52),
        "TP": (45, 82), "TC": (2.6, 7.4), "TG": (0.7, 3.4), "ALT": (25, 210), "AST": (28, 230),
        "TBil": (12, 110), "DBil": (4, 52), "Fe": (9, 42), "Mg": (0.6, 1.9), "ALP": (45, 380),
        "AMS": (50, 420), "CK": (75, 650), "LDH": (130, 560), "GGT": (25, 240), "HBDH": (110, 480),
        "CHE": (3200, 9800), "TBA": (6, 70), "GA": (12, 32), "TIBC": (38, 82), "LPS": (25, 190),
    },
    "1.4": {"HbA1c": (4.9, 11.5)},
    "1.6": {
        "TC": (2.9, 7.6), "TG": (0.8, 3.6), "HDL-C": (0.65, 2.1), "LDL-C": (1.4, 5.1),
        "ApoA1": (0.7, 1.9), "ApoB": (0.5, 1.6), "Lp(a)": (90, 620),
    },
    "2.1": {"WBC": (2.2, 24), "RBC": (2.2, 6.2), "PLT": (45, 480), "MCV": (68, 104), "MCH": (22, 34)},
}  # fmt: skip
"""Lowest and highest level of the materials, in the analyte's unit."""

WIDE_SPREAD = {("1.1", "Fe"): 2.3}
"""Analytes on which laboratories agree badly, as a factor on the usual spread."""

_FRACTIONS = (0.06, 0.28, 0.5, 0.74, 0.95)
_FALLBACK_SHARE = 0.10
"""Allowed deviation assumed where no limit is known, as a share of the level."""


def true_levels(programme: Programme, codes: list[str], n_samples: int, rng: np.random.Generator) -> Array:
    """Level of every analyte in every sample.

    Returns
    -------
    Shape (analytes, samples), analytes in the order of `codes`, each in its own unit. Analytes of one
    material go up and down together, as in materials made from pools; derived red cell indices follow
    from what they are derived from.
    """
    order = rng.permutation(n_samples)
    base = np.resize(_FRACTIONS, n_samples)[order]
    out = np.empty((len(codes), n_samples))
    for row, code in enumerate(codes):
        low, high = _range(programme, programme.analyte(code))
        share = np.clip(base + rng.uniform(-0.05, 0.05, n_samples), 0.0, 1.0)
        out[row] = low + (high - low) * share
    return follow(out, codes)


def follow(values: Array, codes: list[str]) -> Array:
    """Replace derived red cell quantities by what follows from RBC, MCV and MCH (last axes: analyte, sample).

    Hb = RBC x MCH, HCT = RBC x MCV / 1000, MCHC = 1000 MCH / MCV.
    """
    at = {code: values[..., row, :] for row, code in enumerate(codes)}
    if {"RBC", "MCV", "MCH"} <= set(codes):
        derived = {
            "Hb": at["RBC"] * at["MCH"],
            "HCT": at["RBC"] * at["MCV"] / 1000,
            "MCHC": 1000 * at["MCH"] / at["MCV"],
        }
        for code, quantity in derived.items():
            if code in codes:
                values[..., codes.index(code), :] = quantity
    return values


def _range(programme: Programme, analyte: Analyte) -> tuple[float, float]:
    known = RANGES.get(programme.programme_no, {}).get(analyte.analyte)
    if known:
        return known
    low, high = float(analyte.plausible_low or 1), float(analyte.plausible_high or 100)
    middle = float(np.sqrt(max(low, high / 1e4) * high))
    return max(0.6 * middle, low), min(1.8 * middle, high)


def allowed_deviations(programme: Programme, codes: list[str], levels: Array, book: CriteriaBook) -> Array:
    """Allowed deviation at every level, shape of `levels`; a tenth of the level where no limit is known.

    Of a quantity whose plausible values lie close together (specific gravity, pH) it is a tenth of their range.
    """
    out = _FALLBACK_SHARE * np.abs(levels)
    for row, code in enumerate(codes):
        analyte = programme.analyte(code)
        if analyte.plausible_low is not None and analyte.plausible_high is not None:
            room = _FALLBACK_SHARE * float(analyte.plausible_high - analyte.plausible_low)
            out[row] = np.minimum(out[row], room)
        limit = programme.criterion(code, book)
        if limit is None:
            continue
        for column, level in enumerate(levels[row]):
            allowed = limit.allowed_deviation(Decimal(f"{level:.6g}"))
            if allowed is not None:
                out[row, column] = float(allowed)
    return out
