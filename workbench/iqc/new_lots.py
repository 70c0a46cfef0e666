"""New lots: targets of a control material from parallel runs, and reagent lots compared on the same samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from workbench.iqc.laboratory_cells import LaboratoryCells
from workbench.iqc.moments import quotient
from workbench.iqc.streams import FloatArray, IntArray
from workbench.statistics.moments import mean_sd

VALUES_WANTED, DAYS_WANTED = 20, 10
"""Values of a new lot, and days they come from, before the old one ends."""
FEWEST_VALUES, FEWEST_DAYS = 4, 3
"""For a mean that must be used before that."""


@dataclass(frozen=True)
class NewLotTarget:
    """Target of a new lot of control material.

    Parameters
    ----------
    n, days : values and days. mean : of the values, unit of the analyte.
    own_sd : of the values; NaN with fewer than two. sd : SD to use: mean x CV of the old lot.
    state : ``settled`` (20 values of 10 days), ``provisional`` (4 of 3) or ``too_few``.
    """

    n: int
    days: int
    mean: float
    own_sd: float
    sd: float
    state: str


def new_lot_target(values: ArrayLike, days: ArrayLike, old_cv: float) -> NewLotTarget:
    """Mean of a new lot run beside the old one; its SD by the CV the laboratory has had for long.

    Parameters
    ----------
    values : shape (n,), unit of the analyte; NaN is left out. days : shape (n,), day of each.
    old_cv : cumulative CV of the old lot, per cent.

    Notes
    -----
    The SD of a few days knows neither calibrations nor reagent lots: limits made of it are too narrow. Without an old
    CV (NaN) the own SD is used.

    References
    ----------
    WS/T 641-2018; CLSI C24-Ed4, 7.

    Examples
    --------
    >>> found = new_lot_target([10.0, 10.2, 9.8, 10.0], [1, 2, 3, 4], 3.0)
    >>> found.mean, found.sd, found.state
    (10.0, 0.3, 'provisional')
    """
    x = np.asarray(values, dtype=np.float64)
    kept = np.isfinite(x)
    x, n_days = x[kept], len(np.unique(np.asarray(days)[kept]))
    n = len(x)
    mean = float(x.mean()) if n else math.nan
    own = float(x.std(ddof=1)) if n > 1 else math.nan
    sd = own if math.isnan(old_cv) else abs(mean) * old_cv / 100.0
    state = "too_few"
    if n >= FEWEST_VALUES and n_days >= FEWEST_DAYS:
        state = "settled" if n >= VALUES_WANTED and n_days >= DAYS_WANTED else "provisional"
    return NewLotTarget(n, n_days, mean, own, sd, state)


@dataclass(frozen=True)
class ReagentLots:
    """Two reagent lots on the same samples.

    Parameters
    ----------
    n : samples measured with both. percent, low, high : mean difference new minus old and its interval, per cent.
    largest : the largest single difference, per cent, with its sign. limit : allowed, per cent.
    state : ``acceptable`` (interval within the limit), ``different`` (interval beyond it) or ``undecided``.
    """

    n: int
    percent: float
    low: float
    high: float
    largest: float
    limit: float
    state: str


def compare_reagent_lots(
    old: ArrayLike, new: ArrayLike, limit: float, confidence: float = 0.9
) -> ReagentLots:
    """Judge a new reagent lot by samples measured with both lots.

    Parameters
    ----------
    old, new : shape (n,), unit of the analyte, the same samples in the same order; NaN: no pair.
    limit : allowed mean difference, per cent (a part of the allowable error).
    confidence : of the two-sided interval; 0.9 makes two one-sided tests at 5 %.

    Notes
    -----
    Patients' samples, not controls: a difference of controls between reagent lots may be that of the material only.
    With fewer than three pairs undecided.

    References
    ----------
    CLSI EP26-A, 6; Schuirmann DJ. J Pharmacokinet Biopharm 1987;15:657-680 (two one-sided tests).

    Examples
    --------
    >>> compare_reagent_lots([5.0, 7.0, 9.0], [5.05, 7.07, 9.09], 4.0).state
    'acceptable'
    """
    from scipy.special import stdtrit

    x, y = (np.asarray(a, dtype=np.float64) for a in (old, new))
    percent = 100.0 * quotient(y - x, np.abs(x))
    percent = percent[np.isfinite(percent)]
    n = len(percent)
    largest = float(percent[np.argmax(np.abs(percent))]) if n else math.nan
    if n < 3:
        return ReagentLots(
            n, float(percent.mean()) if n else math.nan, math.nan, math.nan, largest, limit, "undecided"
        )
    found = mean_sd(percent)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2.0)) * found.scale / math.sqrt(n)
    low, high = found.location - half, found.location + half
    state = "undecided"
    if -limit <= low and high <= limit:
        state = "acceptable"
    elif low > limit or high < -limit:
        state = "different"
    return ReagentLots(n, found.location, low, high, largest, limit, state)


@dataclass(frozen=True)
class LotSteps:
    """Lots that followed each other in the same laboratories and periods; shape (m,) each.

    Parameters
    ----------
    series, period : of the laboratory's cell. old, new : codes of lots, the old one the lower.
    percent : mean of the new over mean of the old lot, less 100, per cent.
    """

    series: IntArray
    period: IntArray
    old: IntArray
    new: IntArray
    percent: FloatArray


def lot_steps(cells: LaboratoryCells) -> LotSteps:
    """Difference between two lots that a laboratory measured in the same period.

    Notes
    -----
    The difference of a laboratory's own means: its bias drops out. Three lots in a period make two steps, between
    neighbours. One row per laboratory x analyte x level x system x period x pair of lots.
    """
    order = np.lexsort((cells.lot, cells.period, cells.series))
    inside = cells.take(order)
    beside = np.flatnonzero(
        (inside.series[1:] == inside.series[:-1]) & (inside.period[1:] == inside.period[:-1])
    )
    old, new = inside.take(beside), inside.take(beside + 1)
    percent = 100.0 * quotient(new.moments.mean - old.moments.mean, np.abs(old.moments.mean))
    return LotSteps(
        old.series.astype(np.intp),
        old.period.astype(np.intp),
        old.lot.astype(np.intp),
        new.lot.astype(np.intp),
        percent,
    )
