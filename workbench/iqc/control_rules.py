"""What each control rule means: one function, one line of the table, one printed definition.

A hit stands at a point: the last point of the row that meets the rule (`history` rules), or every point of the run
that takes part (`run` rules). z is the deviation from the target of the point's own material in SDs of that material.
Where laboratories differ (boundary, value on the mean, ties ...) the convention is a field of the rule set.

References
----------
Westgard JO, Barry PL, Hunt MR, Groth T. Clin Chem 1981;27:493-501 (1_2s, 1_3s, 2_2s, R_4s, 4_1s, 10x).
GB/T 20468-2006 and WS/T 641-2018: internal quality control of quantitative measurements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.iqc.accumulated import cusum_hits, ewma_hits
from workbench.iqc.lanes import BEYOND, FALLING, RISING, TREND, Bytes, Rows
from workbench.iqc.streams import BoolArray, FloatArray, IntArray, Integers
from workbench.parameters.control_rules import RULE_SCOPES, RuleLine, RuleSet
from workbench.statistics.sequences import CUSUM_LIMIT, EWMA_LIMIT


@dataclass(frozen=True)
class Seen:
    """What a history rule looks at.

    Parameters
    ----------
    z : shape (n,), SD. rows : the conditions of the points and where histories begin.
    line, conventions : the line of the set that is judged, and the set.
    """

    z: FloatArray
    rows: Rows
    line: RuleLine
    conventions: RuleSet


@dataclass(frozen=True)
class ControlRule:
    """One rule.

    Parameters
    ----------
    rule : its name. points : points it needs. limit : SD, 0 for the mean, NaN where none is compared.
    needed : how many of the points must be beyond the limit on one side.
    error : what it is for: random, systematic, either.
    judge : hits of a history, shape (n,); None for a rule of the run only.
    stepwise : judged on all histories at once, step by step in time, not in pieces.
    """

    rule: str
    points: int
    limit: float
    needed: int
    error: str
    judge: Callable[[Seen], BoolArray] | None
    stepwise: bool = False

    @property
    def scopes(self) -> tuple[str, ...]:
        """Scopes it can be judged over, its usual one first."""
        return RULE_SCOPES[self.rule]


def beyond_limit(seen: Seen) -> BoolArray:
    """1_2s, 1_2.5s, 1_3s, 1_3.5s: the point is beyond the limit on either side."""
    limit = CONTROL_RULES[seen.line.rule].limit
    beyond = np.greater_equal if seen.conventions.boundary == "reaches" else np.greater
    found: BoolArray = beyond(np.abs(seen.z), limit)
    return found


def row_beyond_limit(seen: Seen) -> BoolArray:
    """2_2s, 3_1s, 4_1s: the last 2, 3 or 4 points are all beyond the same limit on the same side.

    Notes
    -----
    A value that is not beyond the limit (with `boundary: exceeds` also one exactly on it) breaks the row.
    """
    rule = CONTROL_RULES[seen.line.rule]
    return seen.rows.whole((seen.rows.of(rule.points) & BEYOND[rule.limit]) != 0, rule.points)


def two_of_three(seen: Seen) -> BoolArray:
    """2of3_2s: two of the last three points are beyond the same 2 SD limit.

    Notes
    -----
    Three points must exist. With `two_of_three: with_current` the last point is one of the two, so that an old
    pair does not fire again; with ``any_two`` it does.
    """
    lanes = seen.rows.of(1)
    before, earlier = _shifted(lanes, 1), _shifted(lanes, 2)
    found = lanes & (before | earlier)
    if seen.conventions.two_of_three == "any_two":
        found = found | (before & earlier)
    return seen.rows.whole((found & BEYOND[2.0]) != 0, 3)


def row_on_one_side(seen: Seen) -> BoolArray:
    """6x, 8x, 9x, 10x, 12x: the last n points are all above the mean, or all below it.

    Notes
    -----
    A value exactly on the mean breaks the row, or with `on_mean: skipped` is not counted and breaks nothing.
    """
    points = CONTROL_RULES[seen.line.rule].points
    kept = None if seen.conventions.on_mean == "breaks" else seen.z != 0
    return _row(seen, BEYOND[0.0], points, kept)


def trend(seen: Seen) -> BoolArray:
    """7T: seven points in a row, each higher than the one before, or each lower.

    Notes
    -----
    With `trend: steps` seven steps are asked for, that is eight points. Two equal neighbours break the row, or
    with `tie: skipped` the second is not counted.
    """
    steps = 7 if seen.conventions.trend == "steps" else 6
    kept = None
    if seen.conventions.tie == "skipped":
        kept = (seen.rows.of(1) & TREND) != 0
        kept[seen.rows.starts] = True
    return _row(seen, TREND, steps, kept, points=steps + 1)


def ewma(seen: Seen) -> BoolArray:
    """EWMA: the exponentially weighted mean of z since the history began is outside its limit."""
    limit = EWMA_LIMIT if seen.line.limit is None else seen.line.limit
    return ewma_hits(seen.z, seen.rows.starts, seen.line.weight, limit)


def cusum(seen: Seen) -> BoolArray:
    """CUSUM: a one-sided cumulative sum of z since the history began is above its limit."""
    limit = CUSUM_LIMIT if seen.line.limit is None else seen.line.limit
    return cusum_hits(seen.z, seen.rows.starts, seen.line.slack, limit)


def _shifted(lanes: Bytes, by: int) -> Bytes:
    """The bytes of the points before."""
    moved = np.zeros_like(lanes)
    moved[by:] = lanes[:-by]
    return moved


def _row(seen: Seen, bits: int, length: int, kept: BoolArray | None, points: int = 0) -> BoolArray:
    """A row of `length` points that share one of the bits, among the points that are kept."""
    points = points or length
    if kept is None or kept.all():
        return seen.rows.whole((seen.rows.of(length) & bits) != 0, points)
    places = np.flatnonzero(kept)
    starts = np.unique(np.concatenate([[0], np.cumsum(kept)[seen.rows.starts] - kept[seen.rows.starts]]))
    lanes = seen.rows.of(1)[places]
    if bits == TREND:
        lanes = _steps_between(seen.z[places], lanes)
    rows = Rows(lanes, starts[starts < len(places)].astype(np.intp))
    hits = np.zeros(len(kept), dtype=bool)
    hits[places] = rows.whole((rows.of(length) & bits) != 0, points)
    return hits


def _steps_between(z: FloatArray, lanes: Bytes) -> Bytes:
    """Rising and falling of each kept point against the kept point before it."""
    found = lanes & np.uint8(255 - TREND)
    found[1:] |= (z[1:] > z[:-1]).astype(np.uint8) * np.uint8(RISING)
    found[1:] |= (z[1:] < z[:-1]).astype(np.uint8) * np.uint8(FALLING)
    return found


_RULES = (
    ControlRule("1_2s", 1, 2.0, 1, "either", beyond_limit),
    ControlRule("1_2.5s", 1, 2.5, 1, "either", beyond_limit),
    ControlRule("1_3s", 1, 3.0, 1, "either", beyond_limit),
    ControlRule("1_3.5s", 1, 3.5, 1, "either", beyond_limit),
    ControlRule("2_2s", 2, 2.0, 2, "systematic", row_beyond_limit),
    ControlRule("R_4s", 2, 2.0, 1, "random", None),
    ControlRule("2of3_2s", 3, 2.0, 2, "systematic", two_of_three),
    ControlRule("3_1s", 3, 1.0, 3, "systematic", row_beyond_limit),
    ControlRule("4_1s", 4, 1.0, 4, "systematic", row_beyond_limit),
    ControlRule("6x", 6, 0.0, 6, "systematic", row_on_one_side),
    ControlRule("8x", 8, 0.0, 8, "systematic", row_on_one_side),
    ControlRule("9x", 9, 0.0, 9, "systematic", row_on_one_side),
    ControlRule("10x", 10, 0.0, 10, "systematic", row_on_one_side),
    ControlRule("12x", 12, 0.0, 12, "systematic", row_on_one_side),
    ControlRule("7T", 7, np.nan, 7, "systematic", trend),
    ControlRule("EWMA", 1, np.nan, 1, "systematic", ewma, stepwise=True),
    ControlRule("CUSUM", 1, np.nan, 1, "systematic", cusum, stepwise=True),
)
CONTROL_RULES: Mapping[str, ControlRule] = {rule.rule: rule for rule in _RULES}
"""Every rule by name, in the usual order."""


def hits_in_runs(rule: ControlRule, lanes: Bytes, run: Integers, n_runs: int) -> IntArray:
    """Positions of the points that make their run meet a rule, whatever the order of its points.

    R_4s: one point above +2 SD and one below -2 SD. 2_2s, 3_1s, 4_1s: as many points of the run as the rule needs
    beyond its limit on one side. 2of3_2s: two of them in a run of three or more.

    Parameters
    ----------
    lanes : shape (n,), conditions of the points. run : shape (n,), their runs, 0 to n_runs - 1.
    """
    high, low = _sides(rule.limit)
    places = np.flatnonzero(lanes & np.uint8(high | low))
    above = (lanes[places] & np.uint8(high)) != 0
    of = run[places]
    n_high = np.bincount(of[above], minlength=n_runs)
    n_low = np.bincount(of[~above], minlength=n_runs)
    if rule.rule == "R_4s":
        taken = (n_high > 0) & (n_low > 0)
        return places[taken[of]]
    enough = np.where(above, n_high[of], n_low[of]) >= rule.needed
    if rule.points > rule.needed:
        enough &= np.bincount(run, minlength=n_runs)[of] >= rule.points
    return places[enough]


def _sides(limit: float) -> tuple[int, int]:
    """The bits of the two sides of a limit: above, below."""
    both = BEYOND[limit]
    high = both & -both
    return high, both ^ high
