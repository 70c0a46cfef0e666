"""Two groups hidden in one declared peer group, told apart by a recorded field (reagent, lot, region ...)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray, IntArray

LEAST_SHARE = 0.15
"""Each side of a cut holds at least this share of the laboratories: our choice."""
LEAST_SIDE = 6
"""Each side of a cut holds at least this many laboratories: our choice."""
LEAST_DISTANCE = 2.5
"""A split is flagged when the sides lie this many pooled robust SDs apart: our choice."""
LEVEL = 0.01
"""Level of the permutation test after Holm's correction over the fields: our choice."""
PERMUTATIONS = 999
"""The smallest p is 1/(permutations + 1): with 199 Holm over three fields could never reach 0.01."""

_MADE = 1.4826
_BLOCK = 2_000_000
"""Permuted results held in memory at once."""


@dataclass(frozen=True)
class FieldSplit:
    """The best cut of a group by the levels of one field.

    Attributes
    ----------
    field : name of the field; "" when tested alone.
    n : laboratories with a deviation and a recorded level.
    low_levels, high_levels : the levels on either side, by ascending median; empty without an admissible cut.
    n_low, n_high : laboratories on either side.
    location_low, location_high : medians of the sides, unit of the deviations; NaN without a cut.
    u_low, u_high : standard uncertainties 1.25 s/sqrt(n) of the two, unit of the deviations.
    pooled_sd : robust SD about the sides' medians, unit of the deviations.
    distance : difference of medians over `pooled_sd`, dimensionless; inf when neither side scatters.
    p_value : permutation test, the maximum over cuts; NaN without an admissible cut.
    holm_p_value : the same after Holm's correction over the fields tested together.
    is_split : `distance` >= 2.5 and `holm_p_value` <= 0.01.
    reason : why nothing could be tested: "too_few", "one_level", "no_cut"; "no_scatter" when the pooled
        SD is zero (tested all the same); "" otherwise.
    """

    field: str
    n: int
    low_levels: tuple[str, ...]
    high_levels: tuple[str, ...]
    n_low: int
    n_high: int
    location_low: float
    location_high: float
    u_low: float
    u_high: float
    pooled_sd: float
    distance: float
    p_value: float
    holm_p_value: float
    is_split: bool
    reason: str

    @property
    def degenerate(self) -> bool:
        """Whether nothing could be tested, or the results have no scatter to measure with."""
        return self.reason != ""


def laboratory_deviations(results: ArrayLike) -> FloatArray:
    """Mean over the samples of ln x - median, one number a laboratory: noise shrinks by the root of samples.

    Use it on the laboratories of one declared group, then look for splits in the numbers.

    Parameters
    ----------
    results : shape (n_laboratories, n_samples), unit of the results; NaN means "no result" or "set aside";
        results that are not positive have no logarithm and are left out.

    Returns
    -------
    ndarray, shape (n_laboratories,)
        Natural logarithm of a ratio, dimensionless, unrounded; NaN for a laboratory without results.

    Raises
    ------
    ValueError
        When `results` is not two-dimensional.

    Notes
    -----
    The median is that of the laboratories that have a result for the sample.

    References
    ----------
    ISO 13528:2022, 10.3 (subgroups in the results of a round); the statistic is our own.

    Examples
    --------
    >>> laboratory_deviations([[10.0, 20.0], [11.0, 22.0], [9.0, float("nan")]]).round(3).tolist()
    [-0.024, 0.071, -0.105]
    """
    table = np.asarray(results, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"results must have the shape (laboratories, samples), not {table.shape}")
    log = np.full(table.shape, np.nan)
    np.log(table, out=log, where=table > 0)
    present = ~np.isnan(log)
    centre = _median(np.where(present, log, np.inf), present.sum(axis=0), axis=0)
    total = np.where(present, log - centre, 0.0).sum(axis=1)
    count = present.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def split_by_field(
    deviations: ArrayLike,
    levels: ArrayLike,
    *,
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
    field: str = "",
) -> FieldSplit:
    """Look for the cut of one field's levels that parts a group in two.

    The levels are ordered by their medians and every cut with at least 15 % and six laboratories on
    both sides is tried. The permutation test repeats ordering and choice of the cut, so that looking at
    many cuts costs nothing.

    Use it for one field that is under suspicion; for all recorded fields `split_by_fields` corrects for
    looking.

    Parameters
    ----------
    deviations : shape (n,), one number a laboratory, as from `laboratory_deviations`; NaN is left out.
    levels : shape (n,), level of the field as text; "" means "not recorded" and is left out.
    generator : seeded random generator: the same seed gives the same p value.
    permutations : relabellings drawn.
    field : name of the field, kept in the result.

    Returns
    -------
    FieldSplit
        Unrounded; `holm_p_value` equals `p_value` for a field tested alone.

    Raises
    ------
    ValueError
        When the shapes differ, or the permutations are too few to reach the level of 0.01.

    Notes
    -----
    - p is (1 + relabellings with at least this distance)/(1 + permutations), never 0.
    - Fewer than twelve laboratories, one level, or no admissible cut: nothing is tested, the reason says
      why.
    - More than half of the results tied within the sides: the pooled SD is the ordinary one of the
      residuals. No scatter at all: distance inf, reason "no_scatter"; 0 if the medians agree too.
    - The median absolute residual survives a few laboratories on the wrong side, so with fewer than about
      ten laboratories a side a relabelling near the true one looks as clear, and p cannot get small.
    - A difference on processed material is no proof of a difference on patients' samples.

    References
    ----------
    ISO 13528:2022, 10.3; Phipson & Smyth, Stat Appl Genet Mol Biol 2010;9:39 (p values that are never 0).

    Examples
    --------
    >>> y = np.concatenate([np.linspace(-0.02, 0.02, 15), np.linspace(0.18, 0.22, 15)])
    >>> found = split_by_field(y, ["lot 1"] * 15 + ["lot 2"] * 15, generator=np.random.default_rng(1))
    >>> found.is_split, found.high_levels, found.p_value
    (True, ('lot 2',), 0.001)
    """
    if 1.0 / (permutations + 1) > LEVEL:
        raise ValueError(
            f"{permutations} permutations cannot reach p = {LEVEL:g}; take {PERMUTATIONS} or more"
        )
    value, level = np.asarray(deviations, dtype=np.float64).ravel(), np.asarray(levels, dtype=str).ravel()
    if value.shape != level.shape:
        raise ValueError(f"deviations {value.shape} and levels {level.shape} must be of equal length")
    kept = np.isfinite(value) & (level != "")
    names, code = np.unique(level[kept], return_inverse=True)
    group = _Levels(np.asarray(names, dtype=str), code.astype(np.intp))
    nothing = _untested(field, int(kept.sum()), group)
    if nothing is not None:
        return nothing
    y = value[kept]
    best = _best_cut(y[None, :], group)
    if not best.distance[0] >= 0:
        return _empty(field, y.size, "no_cut")
    larger = _larger(y, group, float(best.distance[0]), generator, permutations)
    return _found(field, y, group, best.low_side[0], (1 + larger) / (1 + permutations))


def split_by_fields(
    deviations: ArrayLike,
    fields: Mapping[str, ArrayLike],
    *,
    generator: np.random.Generator,
    permutations: int = PERMUTATIONS,
) -> tuple[FieldSplit, ...]:
    """Test every recorded field of a group for a split, with Holm's correction over the fields.

    Use it after every round, group by group, and look at the flagged ones by hand.

    Parameters
    ----------
    deviations : shape (n,), one number a laboratory, as from `laboratory_deviations`; NaN is left out.
    fields : levels of each field, shape (n,), by name; "" means "not recorded".
    generator : seeded random generator, used for one field after the other.
    permutations : relabellings drawn for each field.

    Returns
    -------
    tuple of FieldSplit
        One entry a field: splits first, then by descending distance; fields without a test last.

    Raises
    ------
    ValueError
        When the permutations are too few: the smallest p times the number of fields must reach 0.01
        (999 are enough for ten fields).

    Notes
    -----
    Fields that tell the same laboratories apart are flagged together; the first has the clearest split.

    References
    ----------
    Holm, Scand J Stat 1979;6:65; ISO 13528:2022, 10.3.

    Examples
    --------
    >>> y = np.concatenate([np.linspace(-0.02, 0.02, 15), np.linspace(0.18, 0.22, 15)])
    >>> fields = {"region": ["N", "S"] * 15, "lot": ["1"] * 15 + ["2"] * 15}
    >>> found = split_by_fields(y, fields, generator=np.random.default_rng(1))
    >>> [(f.field, f.is_split) for f in found]
    [('lot', True), ('region', False)]
    """
    if len(fields) / (permutations + 1) > LEVEL:
        least = int(np.ceil(len(fields) / LEVEL)) - 1
        raise ValueError(f"{len(fields)} fields need at least {least} permutations to reach p = {LEVEL:g}")
    alone = [
        split_by_field(deviations, levels, generator=generator, permutations=permutations, field=name)
        for name, levels in fields.items()
    ]
    adjusted = _holm(np.array([found.p_value for found in alone]))
    done = [
        replace(found, holm_p_value=p, is_split=bool(found.distance >= LEAST_DISTANCE and p <= LEVEL))
        for found, p in zip(alone, adjusted.tolist(), strict=True)
    ]
    return tuple(
        sorted(done, key=lambda f: (not f.is_split, np.isnan(f.p_value), -np.nan_to_num(f.distance)))
    )


@dataclass(frozen=True)
class _Levels:
    """Names of the levels, and the level of each laboratory as an index."""

    names: np.ndarray[tuple[int, ...], np.dtype[np.str_]]
    code: IntArray


@dataclass(frozen=True)
class _Cuts:
    """Distance of the best cut of each row, and which laboratories lie on its low side."""

    distance: FloatArray
    low_side: BoolArray


def _untested(field: str, n: int, group: _Levels) -> FieldSplit | None:
    """The result where there is nothing to test."""
    if n < 2 * LEAST_SIDE:
        return _empty(field, n, "too_few")
    return _empty(field, n, "one_level") if group.names.size < 2 else None


def _empty(field: str, n: int, reason: str) -> FieldSplit:
    nan = float("nan")
    return FieldSplit(field, n, (), (), 0, 0, nan, nan, nan, nan, nan, nan, nan, nan, False, reason)


def _median(ascending_or_not: FloatArray, count: IntArray, axis: int = 1) -> FloatArray:
    """Median along an axis of what is not +inf, `count` values each; NaN for none."""
    ordered = np.sort(ascending_or_not, axis=axis)
    last = ordered.shape[axis] - 1
    low, high = np.clip((count - 1) // 2, 0, last), np.clip(count // 2, 0, last)
    pick = [np.take_along_axis(ordered, np.expand_dims(k, axis), axis).squeeze(axis) for k in (low, high)]
    both = np.isfinite(pick[0]) & np.isfinite(pick[1])
    return np.where(both, 0.5 * np.where(both, pick[0], 0.0) + 0.5 * np.where(both, pick[1], 0.0), np.nan)


def _best_cut(rows: FloatArray, group: _Levels) -> _Cuts:
    """For each row of deviations: the admissible cut with the largest distance; -inf for none."""
    n, k = rows.shape[1], group.names.size
    centre = np.column_stack([np.median(rows[:, group.code == level], axis=1) for level in range(k)])
    rank = np.argsort(np.argsort(centre, axis=1, kind="stable"), axis=1, kind="stable")[:, group.code]
    best, side = np.full(len(rows), -np.inf), np.zeros(rows.shape, dtype=bool)
    least = max(LEAST_SIDE, int(np.ceil(LEAST_SHARE * n - 1e-9)))
    for cut in range(1, k):
        low = rank < cut
        count = low.sum(axis=1)
        usable = np.flatnonzero((count >= least) & (n - count >= least))
        if usable.size:
            distance = _distance(rows[usable], low[usable])[0]
            wins = distance > best[usable]
            best[usable[wins]], side[usable[wins]] = distance[wins], low[usable[wins]]
    return _Cuts(best, side)


def _distance(rows: FloatArray, low: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Difference of the sides' medians over the pooled robust SD, and that SD, one a row."""
    count = low.sum(axis=1)
    below = _median(np.where(low, rows, np.inf), count)
    above = _median(np.where(low, np.inf, rows), rows.shape[1] - count)
    residual = rows - np.where(low, below[:, None], above[:, None])
    scale = _MADE * np.median(np.abs(residual), axis=1)
    ordinary = np.sqrt((residual * residual).sum(axis=1) / (rows.shape[1] - 2))
    scale = np.where(scale > 0, scale, ordinary)
    apart = above - below
    ratio = np.divide(apart, scale, out=np.where(apart > 0, np.inf, 0.0), where=scale > 0)
    return ratio, scale


def _larger(
    y: FloatArray, group: _Levels, distance: float, generator: np.random.Generator, permutations: int
) -> int:
    """How many relabellings part the group at least as far."""
    block, found = max(1, _BLOCK // y.size), 0
    for start in range(0, permutations, block):
        rows = generator.permuted(np.tile(y, (min(block, permutations - start), 1)), axis=1)
        found += int((_best_cut(rows, group).distance >= distance * (1.0 - 1e-12)).sum())
    return found


def _found(field: str, y: FloatArray, group: _Levels, low: BoolArray, p: float) -> FieldSplit:
    """Pack the best cut of the results as they are."""
    distance, scale = (float(part[0]) for part in _distance(y[None, :], low[None, :]))
    in_order = sorted(range(group.names.size), key=lambda k: float(np.median(y[group.code == k])))
    is_low = {k: bool(low[group.code == k][0]) for k in in_order}
    n_low = int(low.sum())
    return FieldSplit(
        field=field,
        n=y.size,
        low_levels=tuple(str(group.names[k]) for k in in_order if is_low[k]),
        high_levels=tuple(str(group.names[k]) for k in in_order if not is_low[k]),
        n_low=n_low,
        n_high=y.size - n_low,
        location_low=float(np.median(y[low])),
        location_high=float(np.median(y[~low])),
        u_low=1.25 * scale / np.sqrt(n_low),
        u_high=1.25 * scale / np.sqrt(y.size - n_low),
        pooled_sd=scale,
        distance=distance,
        p_value=p,
        holm_p_value=p,
        is_split=bool(distance >= LEAST_DISTANCE and p <= LEVEL),
        reason="" if scale > 0 else "no_scatter",
    )


def _holm(p: FloatArray) -> FloatArray:
    """Holm's step-down p values; NaN (not tested) stays and does not count."""
    out = np.full(p.size, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * np.arange(order.size, 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out
