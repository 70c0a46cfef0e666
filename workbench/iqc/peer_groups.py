"""Statistics of groups of laboratories, with and without the laboratory itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from workbench.iqc.moments import Moments, quotient
from workbench.iqc.streams import FloatArray, IntArray

Weighting = Literal["laboratories", "points"]


@dataclass(frozen=True)
class GroupSums:
    """What group statistics are made of, one entry a group; shape (g,) each.

    Parameters
    ----------
    laboratories, points : counts. weight, mean : of the laboratories by the weighting.
    between : weighted squares of laboratory means about the mean.
    within, within_count : squares inside laboratories and their degrees of freedom ("points"), or variances of
        laboratories and how many have one ("laboratories").
    cv, cv_count : sum of the laboratories' CVs, per cent, and how many have one.
    pooled, freedom : squares inside laboratories and degrees of freedom, whatever the weighting.
    """

    laboratories: FloatArray
    points: FloatArray
    weight: FloatArray
    mean: FloatArray
    between: FloatArray
    within: FloatArray
    within_count: FloatArray
    cv: FloatArray
    cv_count: FloatArray
    pooled: FloatArray
    freedom: FloatArray

    def take(self, places: IntArray) -> GroupSums:
        """The sums of some groups, repeated as asked."""
        return GroupSums(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class GroupStatistics:
    """Statistics of groups; shape (g,) each.

    Parameters
    ----------
    laboratories, points : counts. mean, sd : unit of the values.
    cv_average : mean of the laboratories' CVs. cv_pooled : from all squares inside laboratories; per cent.
    """

    laboratories: IntArray
    points: IntArray
    mean: FloatArray
    sd: FloatArray
    cv_average: FloatArray
    cv_pooled: FloatArray

    def take(self, places: IntArray) -> GroupStatistics:
        """The statistics of some groups."""
        return GroupStatistics(*(getattr(self, name)[places] for name in self.__dataclass_fields__))


def group_sums(units: Moments, group: IntArray, n_groups: int, weighting: Weighting) -> GroupSums:
    """Sums of groups of laboratories.

    Parameters
    ----------
    units : moments by laboratory x group; a laboratory is in a group once.
    group : shape (u,), its group, 0 to n_groups - 1.
    weighting : ``laboratories``: each counts the same; ``points``: each by its number of points.
    """

    def total(x: FloatArray) -> FloatArray:
        return np.bincount(group, x, n_groups).astype(np.float64)

    own = _own(units, weighting)
    weight = total(own.weight)
    mean = quotient(total(own.weight * own.mean), weight)
    between = total(own.weight * (own.mean - mean[group]) ** 2)
    rest = {
        name: total(getattr(own, name))
        for name in (
            "laboratories",
            "points",
            "within",
            "within_count",
            "cv",
            "cv_count",
            "pooled",
            "freedom",
        )
    }
    return GroupSums(weight=weight, mean=mean, between=between, **rest)


def _own(units: Moments, weighting: Weighting) -> GroupSums:
    """Each laboratory as a group of itself."""
    present = units.n > 0
    freedom = np.maximum(units.n - 1, 0).astype(np.float64)
    spread = units.n > 1
    cv = units.cv
    equal = weighting == "laboratories"
    return GroupSums(
        laboratories=present.astype(np.float64),
        points=units.n.astype(np.float64),
        weight=present.astype(np.float64) if equal else units.n.astype(np.float64),
        mean=np.where(present, units.mean, 0.0),
        between=np.zeros(len(units.n)),
        within=np.where(spread, quotient(units.squares, freedom), 0.0) if equal else units.squares,
        within_count=spread.astype(np.float64) if equal else freedom,
        cv=np.where(np.isfinite(cv), cv, 0.0),
        cv_count=np.isfinite(cv).astype(np.float64),
        pooled=units.squares,
        freedom=freedom,
    )


def without_own(sums: GroupSums, units: Moments, group: IntArray, weighting: Weighting) -> GroupSums:
    """By laboratory x group: the sums of the others.

    Notes
    -----
    M' = (W M - w m)/(W - w); the squares lose w (m - M)^2 W/(W - w). Exact, no second pass over the points.
    """
    own, whole = _own(units, weighting), sums.take(group)
    left = whole.weight - own.weight
    mean = quotient(whole.weight * whole.mean - own.weight * own.mean, left)
    apart = own.weight * (own.mean - whole.mean) ** 2 * quotient(whole.weight, left)
    between = np.maximum(whole.between - np.where(left > 0, apart, whole.between), 0.0)
    rest = {
        name: getattr(whole, name) - getattr(own, name)
        for name in ("laboratories", "points", "within_count", "cv_count", "freedom")
    }
    sizes = {
        name: np.maximum(getattr(whole, name) - getattr(own, name), 0.0)
        for name in ("within", "cv", "pooled")
    }
    return replace(whole, weight=left, mean=mean, between=between, **rest, **sizes)


def group_statistics(sums: GroupSums, weighting: Weighting) -> GroupStatistics:
    """Mean, SD and CVs from sums.

    Notes
    -----
    SD, ``points``: of all points about their mean, divisor N - 1. ``laboratories``: the SD of a point drawn from a
    laboratory drawn at random: mean of the variances inside plus the mean square of laboratory means about their
    mean. Without a laboratory, or without any that has two points, NaN. The CV of a group with mean zero is NaN.

    Examples
    --------
    >>> labs = Moments(np.array([2, 2]), np.array([9.0, 11.0]), np.array([2.0, 2.0]))
    >>> sums = group_sums(labs, np.array([0, 0]), 1, "points")
    >>> found = group_statistics(sums, "points")
    >>> found.mean.tolist(), found.sd.round(4).tolist(), found.cv_pooled.round(3).tolist()
    ([10.0], [1.633], [14.142])
    """
    if weighting == "points":
        variance = quotient(sums.within + sums.between, np.maximum(sums.points - 1.0, 0.0))
    else:
        variance = quotient(sums.within, sums.within_count) + quotient(sums.between, sums.weight)
    pooled = np.sqrt(quotient(sums.pooled, sums.freedom))
    return GroupStatistics(
        laboratories=np.rint(sums.laboratories).astype(np.intp),
        points=np.rint(sums.points).astype(np.intp),
        mean=sums.mean,
        sd=np.sqrt(np.where(sums.freedom > 0, variance, np.nan)),
        cv_average=quotient(sums.cv, sums.cv_count),
        cv_pooled=100.0 * quotient(pooled, np.abs(sums.mean)),
    )
