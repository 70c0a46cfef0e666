"""Pairs of laboratories that agree too well: equal results, and noise that goes together.

All pairs by blocked arithmetic; the threshold holds for the whole programme-year. Twins that share an
analyser are not accused: their common bias is part of the worst-case null, and their noise does not
correlate.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.evaluation.criteria import FloatArray
from workbench.evaluation.returns import IntArray
from workbench.investigation.screened_cells import ScreenedCells

FAMILY_ALPHA = 0.01
"""Expected false flags per programme-year over all screens: one in a hundred years."""

EQUAL_SHARE, NOISE_SHARE = 0.25, 0.25
"""Parts of the level spent on equal cells and on noise correlation."""

LEAST_SHARE = 0.35
"""Groups that lie far apart are held to have this share of the equal cells expected within one group."""

MIN_ANALYTES = 10
"""Fewer independent analytes have no test of noise correlation."""

_ROWS, _COLUMNS = 32, 8192
"""A tile of pairs: its counters stay in the second-level cache."""


@dataclass(frozen=True)
class PairScreen:
    """What the screen of pairs found.

    Attributes
    ----------
    pairs : how many were tested, M. alpha : level of the family. log10_threshold : of each test.
    flags : one row per pair: first, second (codes), equal (cells), cells (both reported), expected,
        log10_p (equal cells, Poisson bound), log10_p_twins (worst-case null of a shared analyser),
        r, log10_p_noise, reading: "copied" (beyond what a shared analyser does), "share_analyser"
        (beyond chance only: ask) or "declared".
    """

    pairs: int
    alpha: float
    log10_threshold: float
    flags: pd.DataFrame


FLAG_COLUMNS = [
    "first", "second", "equal", "cells", "expected", "log10_p", "log10_p_twins", "r", "log10_p_noise", "reading",
]  # fmt: skip


def screen_pairs(
    cells: ScreenedCells,
    alpha: float = FAMILY_ALPHA,
    declared: Collection[frozenset[str]] = (),
    independent: IntArray | None = None,
) -> PairScreen:
    """Screen all pairs of laboratories.

    Parameters
    ----------
    alpha : level of the family of all screens of the year; a quarter goes to each test here.
    declared : pairs of codes that are known to share an analyser or an operator.
    independent : shape (C,) flags of cells whose analytes are algebraically independent; None: all.

    Returns
    -------
    PairScreen. A flag is a reason to ask, never a verdict.

    Notes
    -----
    A copy with an offset has no equal cells but correlated noise; a copy of a part has too little noise
    in common but equal cells: both tests are needed.
    """
    labs = len(cells.labs)
    m = labs * (labs - 1) // 2
    if m == 0:
        return PairScreen(0, alpha, float("nan"), pd.DataFrame(columns=FLAG_COLUMNS))
    log10_threshold = float(np.log10(alpha * EQUAL_SHARE / m))
    by_cells = _equal_candidates(cells, log10_threshold)
    by_noise = _noise_candidates(cells, float(np.log10(alpha * NOISE_SHARE / m)), independent)
    found = np.unique(np.concatenate([by_cells, by_noise.pairs]), axis=0)
    rows = _described(cells, found, by_noise, log10_threshold)
    known = {tuple(sorted(pair)) for pair in declared}
    hit = [tuple(sorted(pair)) in known for pair in zip(rows["first"], rows["second"], strict=True)]
    rows.loc[np.array(hit, dtype=bool), "reading"] = "declared"
    rows = rows[rows["reading"] != ""].reset_index(drop=True)
    return PairScreen(m, alpha, log10_threshold, rows[FLAG_COLUMNS])


def poisson_tail(count: FloatArray, expected: FloatArray) -> FloatArray:
    """log10 of P(N >= count), an upper bound for sums of unequal chances.

    Examples
    --------
    >>> round(float(poisson_tail(np.array(3.0), np.array(1.0))), 3)
    -1.095
    """
    from scipy.special import gammainc, gammaln

    count, expected = np.broadcast_arrays(np.asarray(count, dtype=float), np.asarray(expected, dtype=float))
    with np.errstate(divide="ignore"):
        tail = np.log10(gammainc(np.maximum(count, 1e-9), expected))
    leading = (count * np.log(expected) - expected - gammaln(count + 1)) / np.log(10)
    return np.where(count <= 0, 0.0, np.where(np.isfinite(tail), tail, leading))


def least_expected(cells: ScreenedCells) -> float:
    """Equal cells that any two laboratories are held to have by chance; the test errs on their side."""
    top = cells.step / np.sqrt(4 * np.pi * (cells.noise**2 + cells.bias**2))
    return max(1.0, LEAST_SHARE * float(np.minimum(top, 1.0).sum()))


def count_needed(expected: float, log10_threshold: float) -> int:
    """Smallest count whose tail is below the threshold."""
    counts = np.arange(1, 100_000, dtype=float)
    below = poisson_tail(counts[:5000], np.array(expected)) < log10_threshold
    return int(counts[:5000][below][0]) if below.any() else 5000


def _equal_candidates(cells: ScreenedCells, log10_threshold: float) -> IntArray:
    """Pairs with so many equal cells that the exact test may flag them, shape (k, 2)."""
    least = count_needed(least_expected(cells), log10_threshold)
    codes = _byte_codes(cells.units)
    labs = codes.shape[1]
    out = []
    for first in range(0, labs, _ROWS):
        rows = slice(first, min(first + _ROWS, labs))
        for start in range(first, labs, _COLUMNS):
            columns = slice(start, min(start + _COLUMNS, labs))
            count = _equal_counts(codes, rows, columns)
            near = np.argwhere(count >= min(least, 255))
            out.append(near + np.array([first, start]))
    pairs = np.concatenate(out)
    return np.asarray(pairs[pairs[:, 0] < pairs[:, 1]])


def _byte_codes(units: IntArray) -> np.ndarray:
    """Shape (C, L), results of each cell as bytes; different results may share one, equal ones always do.

    Missing results get 0; they are taken off when a pair is looked at exactly.
    """
    mixed = (units * 2654435761 >> 7) % 254 + 1
    spread = np.where(np.ptp(units, axis=0) < 250, units - units.min(axis=0) + 1, mixed)
    return np.ascontiguousarray(np.where(units < 0, 0, spread).astype(np.uint8).T)


def _equal_counts(codes: np.ndarray, rows: slice, columns: slice) -> np.ndarray:
    """Equal cells of a tile of pairs, at most 255; missing results are counted as equal to each other."""
    shape = rows.stop - rows.start, columns.stop - columns.start
    count = np.zeros(shape, dtype=np.uint8)
    wide = np.zeros(shape, dtype=np.uint16) if len(codes) > 255 else None
    same = np.empty(shape, dtype=bool)
    for k, cell in enumerate(codes, start=1):
        np.equal(cell[rows, None], cell[None, columns], out=same)
        np.add(count, same.view(np.uint8), out=count)
        if wide is not None and (k % 255 == 0 or k == len(codes)):
            wide += count
            count[:] = 0
    return count if wide is None else np.minimum(wide, 255).astype(np.uint8)


@dataclass(frozen=True)
class _Noise:
    """Pairs whose noise correlates, and how correlation turns into a normal score."""

    pairs: IntArray
    unit: NDArray[np.float32]
    there: NDArray[np.float32]
    centre: float
    spread: float
    share: float
    log10_threshold: float

    def scores(self, first: IntArray, second: IntArray) -> tuple[FloatArray, FloatArray]:
        """r over the cells both reported, and its centred normal score."""
        a, b = self.unit[first], self.unit[second]
        common = self.there[first] * self.there[second]
        size = np.sqrt((a**2 * common).sum(axis=1) * (b**2 * common).sum(axis=1))
        r = np.divide((a * b).sum(axis=1), size, out=np.zeros(len(a)), where=size > 0)
        degrees = np.maximum(common.sum(axis=1) * self.share, 4.0)
        z = np.arctanh(np.clip(r, -0.999999, 0.999999)) * np.sqrt(degrees - 3)
        return r, (z - self.centre) / self.spread


def _noise_candidates(cells: ScreenedCells, log10_threshold: float, independent: IntArray | None) -> _Noise:
    """Pairs whose noise residuals go together beyond the threshold."""
    from scipy.special import ndtri

    kept = (
        np.ones(len(cells.step), dtype=bool) if independent is None else np.asarray(independent, dtype=bool)
    )
    residual = cells.residual[:, kept].astype(np.float32)
    there = cells.there[:, kept].astype(np.float32)
    share = (cells.samples - 1) / cells.samples
    centre, spread = _null(residual, there, share)
    noise = _Noise(np.zeros((0, 2), dtype=np.int64), residual, there, centre, spread, share, log10_threshold)
    if len(np.unique(cells.group[kept] % max(1, _per_round(cells)))) < MIN_ANALYTES:
        return noise
    wanted = float(-ndtri(10.0**log10_threshold)) * spread + centre
    degrees = max(float(there.sum(axis=1).max()) * share, 4.0)
    # Zeros stand for missing cells, so the product over all cells bounds r from below by the shares reported.
    least = 0.8 * float(np.tanh(wanted / np.sqrt(max(degrees - 3, 1.0))))
    length = np.linalg.norm(residual, axis=1, keepdims=True)
    unit = residual / np.where(length > 0, length, 1.0)
    out = []
    for first in range(0, len(unit), 2000):
        block = unit[first : first + 2000] @ unit[first:].T
        out.append(np.argwhere(block > least) + first)
    pairs = np.concatenate(out)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    _, z = noise.scores(pairs[:, 0], pairs[:, 1])
    kept_pairs = pairs[_log10_upper(z) < log10_threshold]
    return _Noise(kept_pairs, residual, there, centre, spread, share, log10_threshold)


def _per_round(cells: ScreenedCells) -> int:
    """Analytes of a round: groups over rounds."""
    rounds = len(np.unique(cells.vial)) // max(cells.samples, 1)
    return len(np.unique(cells.group)) // max(rounds, 1)


def _log10_upper(z: FloatArray) -> FloatArray:
    """log10 of the upper tail of the standard normal distribution."""
    from scipy.special import log_ndtr

    return np.asarray(log_ndtr(-z) / np.log(10))


def _null(residual: NDArray[np.float32], there: NDArray[np.float32], share: float) -> tuple[float, float]:
    """Centre and spread (at least 1) of the normal score over pairs, from pairs of neighbours in the list."""
    plain = _Noise(np.zeros((0, 2), dtype=np.int64), residual, there, 0.0, 1.0, share, 0.0)
    labs = len(residual)
    lags = [lag for lag in range(1, min(labs, 60)) if labs * lag < 400_000]
    first = np.concatenate([np.arange(labs - lag) for lag in lags])
    second = np.concatenate([np.arange(lag, labs) for lag in lags])
    keep = slice(None, None, max(1, len(first) // 20_000))
    _, z = plain.scores(first[keep], second[keep])
    centre = float(np.median(z))
    return centre, max(1.0, 1.4826 * float(np.median(np.abs(z - centre))))


def _described(cells: ScreenedCells, pairs: IntArray, noise: _Noise, log10_threshold: float) -> pd.DataFrame:
    """The exact figures of some pairs and what they mean."""
    first, second = pairs[:, 0], pairs[:, 1]
    both = cells.there[first] & cells.there[second]
    equal = ((cells.units[first] == cells.units[second]) & both).sum(axis=1)
    ordinary = expected_equal(cells, first, second)
    least = least_expected(cells)
    p = poisson_tail(equal, np.maximum(ordinary, least))
    twins = poisson_tail(equal, np.maximum(expected_equal(cells, first, second, twins=True), least))
    r, z = noise.scores(first, second)
    p_noise = _log10_upper(z)
    by_noise = (p_noise < noise.log10_threshold) & np.isin(_keys(pairs), _keys(noise.pairs))
    copied = (twins < log10_threshold) | by_noise
    reading = np.where(copied, "copied", np.where(p < log10_threshold, "share_analyser", ""))
    codes = np.array(cells.labs, dtype=object)
    return pd.DataFrame(
        {
            "first": codes[first], "second": codes[second], "equal": equal, "cells": both.sum(axis=1),
            "expected": ordinary, "log10_p": p, "log10_p_twins": twins, "r": r, "log10_p_noise": p_noise,
            "reading": reading.astype(object),
        }
    )  # fmt: skip


def _keys(pairs: IntArray) -> IntArray:
    return np.asarray(pairs[:, 0] * np.int64(1 << 32) + pairs[:, 1])


def expected_equal(
    cells: ScreenedCells, first: IntArray, second: IntArray, *, twins: bool = False
) -> FloatArray:
    """Equal cells expected by chance for each pair.

    Parameters
    ----------
    twins : the worst case of a shared analyser: both have one and the same bias and one target.
    """
    variance = 2 * (cells.noise**2 + (0.0 if twins else cells.bias**2))
    top = cells.step / np.sqrt(2 * np.pi * variance)
    out = np.empty(len(first))
    for start in range(0, len(first), 20_000):
        a, b = first[start : start + 20_000], second[start : start + 20_000]
        both = cells.there[a] & cells.there[b]
        apart = np.where(both, cells.target[a] - cells.target[b], 0.0)
        p = top if twins else top * np.exp(-0.5 * apart**2 / variance)
        out[start : start + 20_000] = (np.minimum(p, 1.0) * both).sum(axis=1)
    return out
