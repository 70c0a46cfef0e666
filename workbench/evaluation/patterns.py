"""What the deviations of one laboratory x analyte look like together: the conditions of S10 to S19.

Each is a hypothesis about the cause, computed for all rows at once. Where a unit, a swap or a single
accident explains the results, the patterns of systematic and random error are not claimed as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.scores import Round, Scores
from workbench.evaluation.trends import trends
from workbench.evaluation.verdicts import mean_and_sd

DECIMAL_FACTORS = (10.0, 100.0, 1000.0)

_FAR_FROM_ONE = 2.5
"""A unit factor is recognisable when it is so many tolerances (in logarithms) away from 1."""


@dataclass(frozen=True)
class UnitFactor:
    """A factor by which results would be off, and what would explain it.

    `kind` is "unit" or "decimal"; `reported` and `expected` are the two units.
    """

    factor: float
    offset: float
    kind: str
    reported: str
    expected: str

    def repaired(self, value: FloatArray) -> FloatArray:
        """What the results would be had they been reported as asked."""
        return value / self.factor + self.offset


@dataclass(frozen=True)
class Patterns:
    """Shape (E,) unless named; False or -1 where a pattern does not hold.

    Attributes
    ----------
    enough : as many numeric results as a pattern needs.
    mean, sd : of PA %, signed. slope : of D on the target. peak : largest |PA| %.
    factor : position in `factors` of the unit factor on most samples, -1 without (S10).
    swap : shape (E, 2), samples whose exchange explains the results, -1 without (S11).
    constant, proportional, random : S12, S13, S14.
    accident : the only sample that is out, -1 without (S15).
    near_limit : S17.
    single_factor : shape (E, S), factor of a single result near a unit or decimal factor, -1 without.
    factors : all factors met.
    """

    enough: BoolArray
    mean: FloatArray
    sd: FloatArray
    slope: FloatArray
    peak: FloatArray
    factor: np.ndarray
    swap: np.ndarray
    constant: BoolArray
    proportional: BoolArray
    random: BoolArray
    accident: np.ndarray
    near_limit: BoolArray
    single_factor: np.ndarray
    factors: tuple[UnitFactor, ...]


def patterns(given: Round, scored: Scores) -> Patterns:
    """Compute every pattern of every row.

    Notes
    -----
    A constant error under a limit in per cent makes PA % vary with the level; S12 therefore also holds
    where D itself is steady. S13 and S14 need a deviation that matters: some |PA| at or above the
    threshold of the constant error.
    """
    numbers = _Thresholds(tuple(given.rules[a] for a in given.returns.analyte))
    share = scored.percent_allowed
    there = np.isfinite(share)
    enough = there.sum(axis=1) >= numbers.of("samples_min")
    size = np.where(there, np.abs(share), -np.inf)
    peak = size.max(axis=1, initial=-np.inf)
    mean, sd = mean_and_sd(share)
    factors, single = _factors(given, scored)
    factor = np.where(enough, _common(single, there, numbers.of("blunder_share")), -1)
    swap = _swaps(given, scored, size)
    swap[(factor >= 0) | ~enough] = -1
    accident = _accidents(size, numbers.of("accident_others"))
    accident[~enough | (factor >= 0)] = -1
    open_rows = enough & (factor < 0) & (swap[:, 0] < 0) & (accident < 0)
    line = trends(scored.target, scored.difference)
    with np.errstate(invalid="ignore"):
        significant = line.p_value < numbers.of("slope_p")
    kinds = _error_kinds(scored.difference, (mean, sd, peak), significant, numbers)
    grows = np.sign(line.slope) == np.sign(mean)
    return Patterns(
        enough=enough,
        mean=mean,
        sd=sd,
        slope=line.slope,
        peak=np.where(np.isfinite(peak), peak, np.nan),
        factor=factor,
        swap=swap,
        constant=open_rows & kinds[0],
        proportional=open_rows & significant & grows & (peak >= numbers.of("constant_mean")),
        random=open_rows & kinds[1],
        accident=accident,
        near_limit=enough & (peak >= numbers.of("near_limit")) & (peak <= 100.0),
        single_factor=single,
        factors=factors,
    )


@dataclass(frozen=True)
class _Thresholds:
    """Thresholds of the sentences, one per row."""

    rules: Sequence[AnalyteRule]

    def of(self, name: str) -> FloatArray:
        return np.array([float(getattr(rule.policy.patterns, name)) for rule in self.rules])


def _error_kinds(
    difference: FloatArray,
    shape: tuple[FloatArray, FloatArray, FloatArray],
    significant: BoolArray,
    numbers: _Thresholds,
) -> tuple[BoolArray, BoolArray]:
    """Constant and random error, without regard to other explanations."""
    mean, sd, peak = shape
    there = np.isfinite(difference)
    above, below = ((np.where(there, difference, 0.0) * sign > 0).any(axis=1) for sign in (1, -1))
    mean_difference, sd_difference = mean_and_sd(difference)
    with np.errstate(invalid="ignore"):
        steady = (sd < numbers.of("constant_sd")) | (sd_difference < 0.5 * np.abs(mean_difference))
        constant = ~(above & below) & (np.abs(mean) >= numbers.of("constant_mean")) & steady & ~significant
        random = above & below & (sd >= numbers.of("random_sd")) & (peak >= numbers.of("constant_mean"))
    return constant, random


def unit_factors(rule: AnalyteRule) -> list[UnitFactor]:
    """Factors that a wrong unit, a double conversion or a shifted decimal point would give.

    Notes
    -----
    Factors too near 1 to be told from ordinary error are left out (mEq/L for mmol/L of a monovalent
    ion is 1).
    """
    unit = rule.analyte.unit
    found = []
    for conversion in rule.analyte.unit_conversions:
        factor, offset = float(conversion.factor), float(conversion.offset)
        found.append(UnitFactor(1.0 / factor, offset, "unit", conversion.unit, unit))
        if offset == 0:
            found.append(UnitFactor(factor, 0.0, "unit", conversion.unit, unit))
    for power in DECIMAL_FACTORS:
        for factor in (power, 1.0 / power):
            found.append(UnitFactor(factor, 0.0, "decimal", f"{factor:g} {unit}".strip(), unit))
    least = _FAR_FROM_ONE * math.log1p(rule.policy.patterns.blunder_tolerance_percent / 100.0)
    return [each for each in found if abs(math.log(each.factor)) >= least or each.offset != 0]


def _factors(given: Round, scored: Scores) -> tuple[tuple[UnitFactor, ...], np.ndarray]:
    """All factors, and for each result that is out the nearest one within tolerance, -1 without."""
    returns = given.returns
    every: list[UnitFactor] = []
    single = np.full(returns.shape, -1, dtype=np.int64)
    with np.errstate(invalid="ignore"):
        out = np.abs(scored.percent_allowed) > 100.0
    value = np.where(returns.numeric & (returns.value != 0), returns.value, np.nan)
    for position, rule in enumerate(given.rules):
        rows = np.flatnonzero((returns.analyte == position) & out.any(axis=1))
        if not rows.size:
            continue
        tolerance = rule.policy.patterns.blunder_tolerance_percent / 100.0
        nearest = np.full((rows.size, returns.shape[1]), tolerance)
        for candidate in unit_factors(rule):
            with np.errstate(invalid="ignore", divide="ignore"):
                apart = np.abs(candidate.repaired(value[rows]) / scored.target[rows] - 1.0)
                better = out[rows] & (apart < nearest)
            if better.any():
                every.append(candidate)
                nearest[better] = apart[better]
                single[rows] = np.where(better, len(every) - 1, single[rows])
    return tuple(every), single


def _common(single: np.ndarray, there: BoolArray, least_share: FloatArray) -> np.ndarray:
    """The factor that at least the given share of a row's results has, -1 without."""
    out = np.full(len(single), -1, dtype=np.int64)
    n = there.sum(axis=1)
    for row in np.flatnonzero((single >= 0).any(axis=1)):
        factors, counts = np.unique(single[row][single[row] >= 0], return_counts=True)
        best = int(np.argmax(counts))
        if counts[best] >= least_share[row] * n[row]:
            out[row] = factors[best]
    return out


def _swaps(given: Round, scored: Scores, size: FloatArray) -> np.ndarray:
    """The pair of samples, both out, whose exchange brings both in while nothing else is out."""
    rows, samples = size.shape
    found = np.full((rows, 2), -1, dtype=np.int64)
    n_out = (size > 100.0).sum(axis=1)
    value = np.where(given.returns.numeric, given.returns.value, np.nan)
    allowed = given.targets.error[given.chosen.group]
    with np.errstate(invalid="ignore"):
        for a, b in combinations(range(samples), 2):
            both_out = (size[:, a] > 100.0) & (size[:, b] > 100.0) & (n_out == 2)
            fits = np.abs(value[:, a] - scored.target[:, b]) <= allowed[:, b]
            fits &= np.abs(value[:, b] - scored.target[:, a]) <= allowed[:, a]
            found[both_out & fits] = (a, b)
    return found


def _accidents(size: FloatArray, others_below: FloatArray) -> np.ndarray:
    """The only sample out while all others are well inside, -1 without."""
    out = size > 100.0
    ordered = np.sort(size, axis=1)
    second = ordered[:, -2] if size.shape[1] > 1 else np.full(len(size), np.inf)
    alone = (out.sum(axis=1) == 1) & (second < others_below)
    return np.where(alone, np.argmax(size, axis=1), -1)


@dataclass(frozen=True)
class OtherGroup:
    """Another group that a row's results fit (S16)."""

    level: str
    name: str
    n: int


def fitting_groups(given: Round, scored: Scores, rows: np.ndarray) -> dict[int, OtherGroup]:
    """For rows that are out in their own group on half of the samples or more: the group they fit.

    Notes
    -----
    Every numeric result must lie inside the limit around that group's robust mean. Groups the row
    belongs to, groups under the minimum, and rows judged by a fallback group are left out; of several
    the closest is named.
    """
    value = np.where(given.returns.numeric, given.returns.value, np.nan)
    found: dict[int, OtherGroup] = {}
    for row in rows.tolist():
        if given.chosen.fallback_from[row] or not given.chosen.reached[row]:
            continue
        with np.errstate(invalid="ignore"):
            out = np.abs(scored.percent_allowed[row]) > 100.0
        there = np.isfinite(value[row])
        if 2 * out.sum() < there.sum():
            continue
        fit = _closest(given, row, value[row], there)
        if fit is not None:
            found[row] = fit
    return found


def _closest(given: Round, row: int, value: FloatArray, there: BoolArray) -> OtherGroup | None:
    """The closest group that holds all the values."""
    groups, stats = given.groups, given.stats
    rule = given.rules[given.returns.analyte[row]]
    other = (groups.analyte == given.returns.analyte[row]) & (groups.level != "all")
    other[groups.group[:, row][groups.group[:, row] >= 0]] = False
    candidates = np.flatnonzero(other & (stats.n[:, there].min(axis=1) >= rule.policy.n_min))
    if not candidates.size:
        return None
    apart = np.abs(value[there] - stats.location[candidates][:, there])
    with np.errstate(invalid="ignore", divide="ignore"):
        share = apart / given.targets.error[candidates][:, there]
    worst = np.where(np.isfinite(share), share, np.inf).max(axis=1)
    inside = np.flatnonzero(worst <= 1.0)
    if not inside.size:
        return None
    best = candidates[inside[np.argmin(share[inside].mean(axis=1))]]
    return OtherGroup(str(groups.level[best]), str(groups.name[best]), int(stats.n[best].min()))
