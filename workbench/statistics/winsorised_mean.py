"""Algorithm A: robust mean and robust standard deviation (ISO 13528:2022, C.3).

For a fixed split of a group into low, inside and high results the fixed point of the iteration has
a closed form. A few such steps over all groups together replace dozens of plain iterations and
reach the fixed point itself rather than a neighbourhood of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from workbench.statistics.estimates import (
    ArrayLike,
    BoolArray,
    FloatArray,
    IntArray,
    RobustEstimate,
    RobustEstimates,
)
from workbench.statistics.order_statistics import MADE_FACTOR, mad_groups, median_groups
from workbench.statistics.ragged import Groups, block_bounds, largest, one_group, positions, slice_sums

CUT = 1.5
"""Winsorising limit in robust standard deviations: ISO 13528:2022, Formula (C.7)."""
CORRECTION = 1.134
"""ISO 13528:2022, Formula (C.10), as printed; the exact factor for 1.5 is 1.13338."""
STOPS = ("converged", "three_figures")

_CONVERGED = 1e-13
"""Relative change at which a plain step has reached the fixed point."""
_COLLAPSED = 1e-9
"""Share of the starting scale below which s* is on its way to zero."""
_CLOSED_STEPS = 40
"""After so many closed-form steps plain iterations are mixed in, which cannot cycle."""
_MOST_STEPS = 20_000
_HALF_NOISE = 1e-12
_BLOCK = 1 << 19
"""About so many results are iterated together: more do not fit the processor's cache."""


@dataclass
class _Work:
    """The groups still being iterated: results about their median, in units of a power of two."""

    y: FloatArray
    n: IntArray
    centre: FloatArray
    scale: FloatArray
    least: FloatArray
    """Scales at or below this have collapsed."""
    group: IntArray
    """Which of the caller's groups each one is."""
    low: IntArray
    end: IntArray
    """The split of the last closed-form step; -1 when there was none."""

    def keep(self, wanted: BoolArray) -> _Work:
        """Drop the groups that are finished."""
        if wanted.all():
            return self
        columns = {f.name: getattr(self, f.name)[wanted] for f in fields(self) if f.name != "y"}
        return _Work(y=self.y[np.repeat(wanted, self.n)], **columns)


@dataclass
class _Sums:
    """One split of every group: counts below, inside and above the limits, and sums over the inside."""

    low: IntArray
    inside: IntArray
    high: IntArray
    total: FloatArray
    squares: FloatArray


@dataclass
class _Answer:
    """Where finished groups put their estimates, in the working unit."""

    centre: FloatArray
    scale: FloatArray
    steps: IntArray

    def take(self, work: _Work, done: BoolArray, steps: int) -> None:
        where = work.group[done]
        self.centre[where], self.scale[where], self.steps[where] = work.centre[done], work.scale[done], steps


def _limits(work: _Work) -> tuple[IntArray, IntArray]:
    """Results below the lower limit, and results at or below the upper limit, of each group."""
    start = np.cumsum(work.n) - work.n
    slices = (start, start + work.n)
    low = positions(work.y, slices, work.centre - CUT * work.scale, right=False)
    return low - start, positions(work.y, slices, work.centre + CUT * work.scale, right=True) - start


def _sums(work: _Work, low: IntArray, end: IntArray) -> _Sums:
    start = np.cumsum(work.n) - work.n
    total = slice_sums(work.y, start + low, start + end)
    squares = slice_sums(work.y * work.y, start + low, start + end)
    return _Sums(low, end - low, work.n - end, total, squares)


def _plain_step(work: _Work, sums: _Sums) -> tuple[FloatArray, FloatArray]:
    """One iteration of Formulae (C.7) to (C.10)."""
    below, above = work.centre - CUT * work.scale, work.centre + CUT * work.scale
    centre = (sums.total + sums.low * below + sums.high * above) / work.n
    spread = sums.squares - 2.0 * centre * sums.total + sums.inside * centre**2
    spread = spread + sums.low * (below - centre) ** 2 + sums.high * (above - centre) ** 2
    return centre, CORRECTION * np.sqrt(np.maximum(spread, 0.0) / (work.n - 1))


def _closed_step(work: _Work, sums: _Sums) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The fixed point this split would have, and where it exists."""
    inside = np.maximum(sums.inside, 1)
    mean = sums.total / inside
    pull = CUT * (sums.high - sums.low) / inside
    within = np.maximum(sums.squares - sums.total * mean, 0.0)
    divisor = (work.n - 1) / CORRECTION**2 - CUT**2 * (sums.low + sums.high) - sums.inside * pull**2
    exists = (divisor > 0) & (sums.inside > 0)
    scale = np.sqrt(within / np.where(exists, divisor, 1.0))
    return mean + pull * scale, scale, exists


def _closed_location(work: _Work, sums: _Sums) -> tuple[FloatArray, BoolArray]:
    """The fixed point of the location at a held scale (C.3.2), and where it exists."""
    inside = np.maximum(sums.inside, 1)
    return (sums.total + CUT * (sums.high - sums.low) * work.scale) / inside, sums.inside > 0


def _step(work: _Work, sums: _Sums, step: int, *, held: bool) -> tuple[_Work, BoolArray]:
    """Move every group once; the mask says which of them have stopped moving."""
    centre, scale = _plain_step(work, sums)
    if held:
        scale = work.scale
        closed_centre, exists = _closed_location(work, sums)
        closed_scale = scale
    else:
        closed_centre, closed_scale, exists = _closed_step(work, sums)
    closed = exists & (step <= _CLOSED_STEPS or step % 8 == 0)
    centre, scale = np.where(closed, closed_centre, centre), np.where(closed, closed_scale, scale)
    moved = np.maximum(np.abs(centre - work.centre), np.abs(scale - work.scale))
    still = moved <= _CONVERGED * np.maximum(scale, np.abs(centre))
    low, end = np.where(closed, sums.low, -1), np.where(closed, sums.low + sums.inside, -1)
    return _Work(work.y, work.n, centre, scale, work.least, work.group, low, end), still


def _to_fixed_point(work: _Work, answer: _Answer, *, held: bool) -> None:
    """Step until the split repeats: then the closed form is the fixed point itself."""
    for step in range(1, _MOST_STEPS + 1):
        low, end = _limits(work)
        same = (low == work.low) & (end == work.end)
        answer.take(work, same, step - 1)
        work, low, end = work.keep(~same), low[~same], end[~same]
        if not work.n.size:
            return
        work, still = _step(work, _sums(work, low, end), step, held=held)
        collapsed = work.scale <= work.least
        work.scale = np.where(collapsed, 0.0, work.scale)
        answer.take(work, still | collapsed, step)
        work = work.keep(~(still | collapsed))
    answer.take(work, np.ones(work.n.size, dtype=np.bool_), _MOST_STEPS)


def third_figure(value: FloatArray) -> FloatArray:
    """Round to three significant figures, halves (and what is a half but for noise) away from zero."""
    size = np.floor(np.log10(np.abs(np.where(value == 0, 1.0, value))))
    unit = 10.0 ** np.abs(2 - size)
    # A location exactly between two figures must not flicker with the last bit.
    nudged = value * (1.0 + _HALF_NOISE)
    return np.where(size <= 2, np.rint(nudged * unit) / unit, np.rint(nudged / unit) * unit)


def _to_third_figure(
    work: _Work, answer: _Answer, median: FloatArray, unit: FloatArray, *, held: bool
) -> None:
    """Iterate as printed until the third figures of x* and s* stay; the start is not an iteration."""
    figures: tuple[FloatArray, FloatArray] | None = None
    for step in range(1, _MOST_STEPS + 1):
        centre, scale = _plain_step(work, _sums(work, *_limits(work)))
        work.centre, work.scale = centre, work.scale if held else scale
        here = work.group
        now = (third_figure(median[here] + centre * unit[here]), third_figure(work.scale * unit[here]))
        done = work.scale <= work.least
        work.scale = np.where(done, 0.0, work.scale)
        if figures is not None:
            done |= (now[0] == figures[0]) & (now[1] == figures[1])
        answer.take(work, done, step)
        work, figures = work.keep(~done), (now[0][~done], now[1][~done])
        if not work.n.size:
            return
    answer.take(work, np.ones(work.n.size, dtype=np.bool_), _MOST_STEPS)


def _start(groups: Groups, centre: FloatArray) -> tuple[FloatArray, FloatArray]:
    """MADe, or the SD where MADe is zero (C.3.1, Note 2); and the scale that counts as collapsed."""
    noise = 4.0 * np.finfo(np.float64).eps * largest(groups)
    made = MADE_FACTOR * mad_groups(groups, centre)
    made = np.where(made <= 2.0 * noise, 0.0, made)
    least = np.maximum(_COLLAPSED * made, noise)
    for index in np.flatnonzero((made == 0) & (groups.n >= 2)):
        distance = groups.of(int(index)) - centre[index]
        unequal = np.abs(distance[np.abs(distance) > noise[index]])
        if unequal.size:
            made[index] = unequal.max() * np.std(distance / unequal.max(), ddof=1)
            least[index] = max(_COLLAPSED * float(unequal.min()), noise[index])
    return made, least


def algorithm_a_groups(
    groups: Groups, *, stop: str = "converged", fixed_scale: ArrayLike | None = None
) -> RobustEstimates:
    """Algorithm A for each group, all groups iterated side by side. See `algorithm_a`.

    Use it for a whole round: thousands of groups take hardly longer than one.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.
    stop : ``converged`` or ``three_figures``.
    fixed_scale : one scale, or shape (n_groups,), unit of the results, held while x* is iterated; NaN makes
        its group degenerate.

    Returns
    -------
    RobustEstimates
        One entry per group, unit of the results, unrounded; the scale is NaN, and the group degenerate, with
        fewer than two results (unless a scale is held); the location NaN without any.

    Raises
    ------
    ValueError
        For an unknown stopping rule.

    Notes
    -----
    Ties that drive s* to zero make a group degenerate with scale 0, one result with scale NaN. The same
    results give the same estimates alone and among other groups.

    References
    ----------
    ISO 13528:2022, C.3.1 and C.3.2, Formulae (C.5) to (C.10).

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 3.0, 4.0, 90.0, 5.0], [0, 0, 0, 0, 0, 1], 2)
    >>> found = algorithm_a_groups(groups)
    >>> found.location.round(4).tolist(), found.degenerate.tolist()
    ([4.036, 5.0], [False, True])
    """
    if stop not in STOPS:
        raise ValueError(f"stop is one of {', '.join(STOPS)}, not {stop!r}")
    scales = None if fixed_scale is None else np.asarray(fixed_scale, dtype=np.float64)
    if scales is not None:
        scales = np.broadcast_to(scales, (len(groups),))
    cuts = block_bounds(groups, _BLOCK)
    parts = [
        _one_block(groups.between(first, last), stop, None if scales is None else scales[first:last])
        for first, last in pairwise(cuts)
    ]
    location, scale, steps = (np.concatenate(column) for column in zip(*parts, strict=True))
    rule = f"algorithm_a:{stop}" + ("" if scales is None else ":fixed_scale")
    return RobustEstimates(location, scale, groups.n, steps, ~(scale > 0), rule)


def _one_block(
    groups: Groups, stop: str, fixed_scale: FloatArray | None
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Location, scale and steps of some groups; no group depends on another."""
    held = fixed_scale is not None
    median = median_groups(groups)
    if fixed_scale is None:
        start, least = _start(groups, median)
    else:
        start, least = fixed_scale, np.zeros(len(groups))
    usable = (groups.n >= (1 if held else 2)) & (start > 0) & np.isfinite(start)
    exponent = np.frexp(np.where(usable, start, 1.0))[1]
    unit = np.ldexp(np.ones(len(groups)), exponent)
    answer = _Answer(np.zeros(len(groups)), np.zeros(len(groups)), np.zeros(len(groups), dtype=np.intp))
    with np.errstate(over="ignore", invalid="ignore"):
        y = np.ldexp(groups.values - groups.spread(median), -np.repeat(exponent, groups.n))
        none = np.full(len(groups), -1, dtype=np.intp)
        index = np.arange(len(groups), dtype=np.intp)
        work = _Work(y, groups.n, np.zeros(len(groups)), start / unit, least / unit, index, none, none)
        work = work.keep(usable)
        if stop == "converged":
            _to_fixed_point(work, answer, held=held)
        else:
            _to_third_figure(work, answer, median, unit, held=held)
    scale = np.where(usable, answer.scale * unit, np.where(groups.n >= 2, 0.0, np.nan))
    if held:
        scale = np.where(usable, start, scale)
    elif stop == "three_figures":
        # Stopped on its way to zero: the number reached has no meaning.
        scale = np.where(_one_block(groups, "converged", None)[1] == 0, 0.0, scale)
    return median + answer.centre * unit, scale, answer.steps


def algorithm_a(x: ArrayLike, *, stop: str = "converged", fixed_scale: float | None = None) -> RobustEstimate:
    """Robust mean x* and robust standard deviation s* by Algorithm A.

    Use it for the consensus of a round with a clear majority method; a minority of more than about
    20 % on one side already pulls x*.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    stop : ``converged`` gives the fixed point; ``three_figures`` stops as the standard is worded,
        when the third significant figures of x* and s* stay the same from one iteration to the next.
    fixed_scale : a scale in the unit of the results that is held while x* is iterated (C.3.2).

    Returns
    -------
    RobustEstimate
        Unrounded, in the unit of the results; the rule names the options.

    Raises
    ------
    ValueError
        For an unknown stopping rule.
    DataError
        When a result is infinite.

    Notes
    -----
    - MADe = 0: the iteration starts from the standard deviation (C.3.1, Note 2).
    - s* driven to zero by ties: scale 0, degenerate; nothing may be scored with it.
    - fewer than two results: scale NaN, degenerate.
    - ``three_figures`` depends on the unit and on the origin of the results; it is degenerate where
      the fixed point is.

    References
    ----------
    ISO 13528:2022, C.3.1 and C.3.2, Formulae (C.5) to (C.10).

    Examples
    --------
    ISO 13528:2022, Table E.1, results below the limit deleted: x* 26.81, s* 5.29.

    >>> x = [12, 19, 20, 23, 23, 25, 25, 26, 28, 28, 28, 29, 30, 30, 31, 32, 32, 45]
    >>> estimate = algorithm_a(x)
    >>> f"{estimate.location:.2f} {estimate.scale:.2f}"
    '26.81 5.29'
    """
    return algorithm_a_groups(one_group(x), stop=stop, fixed_scale=fixed_scale)[0]
