"""Single laboratories whose results look made up: too little noise, too near the median, favourite digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.pair_screen import FAMILY_ALPHA, poisson_tail
from workbench.investigation.screened_cells import ScreenedCells

SINGLE_SHARE = 0.25
"""Part of the level spent on single laboratories; the three tests share it equally."""

MIN_CELLS = 60
"""Fewer cells say nothing on a laboratory's noise."""

FINE = 6.0
"""Last digits are free where the spread of results is so many steps."""

FAVOURITES = 0.2
"""Share of last digits 0 and 5 by chance."""


@dataclass(frozen=True)
class SingleScreen:
    """What the screen of single laboratories found.

    Attributes
    ----------
    laboratories : how many were tested. log10_threshold : of each test.
    flags : one row per laboratory and test: lab_code, test ("little_noise", "near_median" or "digits"),
        cells, statistic, expected, log10_p.
    """

    laboratories: int
    log10_threshold: float
    flags: pd.DataFrame


def screen_laboratories(cells: ScreenedCells, alpha: float = FAMILY_ALPHA) -> SingleScreen:
    """Screen every laboratory with at least 60 cells.

    Parameters
    ----------
    alpha : level of the family of all screens of the year; a quarter goes here.

    Notes
    -----
    Nearness to the median weighs only where results of others could be known: after the deadline of
    others, or on the last day.
    """
    enough = cells.there.sum(axis=1) >= MIN_CELLS
    count = int(enough.sum())
    threshold = float(np.log10(alpha * SINGLE_SHARE / 3 / max(count, 1)))
    rows = []
    for name, test in TESTS.items():
        statistic, expected, log10_p = test(cells, enough)
        for lab in np.flatnonzero(enough & (log10_p < threshold)):
            rows.append(
                {
                    "lab_code": cells.labs[lab],
                    "test": name,
                    "cells": int(cells.there[lab].sum()),
                    "statistic": float(statistic[lab]),
                    "expected": float(expected[lab]),
                    "log10_p": float(log10_p[lab]),
                }
            )
    columns = ["lab_code", "test", "cells", "statistic", "expected", "log10_p"]
    return SingleScreen(count, threshold, pd.DataFrame(rows, columns=columns))


_Test = tuple[FloatArray, FloatArray, FloatArray]


def _little_noise(cells: ScreenedCells, enough: np.ndarray) -> _Test:
    """Mean squared noise residual against the other laboratories."""
    n = np.maximum(cells.there.sum(axis=1), 1)
    return _low(np.log(np.maximum((cells.residual**2).sum(axis=1) / n, 1e-12)), enough)


def _near_median(cells: ScreenedCells, enough: np.ndarray) -> _Test:
    """Median distance from the target against the other laboratories."""
    with np.errstate(invalid="ignore"):
        size = np.abs(cells.value - cells.target) / np.hypot(cells.noise, cells.bias)
    size = np.where(cells.there, size, np.nan)
    found = np.full(len(size), np.nan)
    found[enough] = np.nanmedian(size[enough], axis=1)
    return _low(np.log(np.maximum(np.nan_to_num(found, nan=1.0), 1e-6)), enough)


def _low(logs: FloatArray, enough: np.ndarray) -> _Test:
    """How far a logarithm lies below those of the others, by their robust spread."""
    from scipy.special import log_ndtr

    centre = float(np.median(logs[enough])) if enough.any() else 0.0
    spread = 1.4826 * float(np.median(np.abs(logs[enough] - centre))) if enough.any() else 1.0
    z = (logs - centre) / max(spread, 1e-9)
    return np.exp(logs), np.full(len(logs), np.exp(centre)), np.asarray(log_ndtr(z) / np.log(10))


def _digits(cells: ScreenedCells, enough: np.ndarray) -> _Test:
    """Last digits 0 and 5 where the spread of results leaves them free."""
    free = np.hypot(cells.noise, cells.bias) > FINE * cells.step
    counted = cells.there & free
    favourite = (counted & (cells.units % 5 == 0)).sum(axis=1).astype(float)
    expected = FAVOURITES * counted.sum(axis=1)
    return favourite, expected, poisson_tail(favourite, np.maximum(expected, 1e-9))


TESTS = {"little_noise": _little_noise, "near_median": _near_median, "digits": _digits}
"""Tests of one laboratory; each gives statistic, expected value and log10 p, shape (L,)."""
