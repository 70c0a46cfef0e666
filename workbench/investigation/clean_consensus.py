"""Targets for an investigation: a consensus in two passes, so that blunders do not fail good laboratories.

In a peer group of nine, three blunders put a robust mean 20 % too low and failed the six good ones.
The first pass sets blunders aside; the second chooses the rung on what is left and estimates again.
The scores in force are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.returns import DIMENSIONS, IntArray
from workbench.evaluation.rules import level_name
from workbench.investigation.panel import Panel, limits_at
from workbench.statistics.ragged import Groups, group_values
from workbench.statistics.winsorised_mean import algorithm_a_groups

MAD_FACTOR = 1.4826
"""From the median absolute deviation to the SD of a normal distribution."""

N_MIN = 8
"""Fewest laboratories of a group after the first pass."""

MEDIAN_BELOW = 15
"""Below it the median is the target: Algorithm A is not robust enough there."""

FAR_SDS, FAR_LIMITS = 5.0, 2.5
"""A result further than both from the method's median is set aside."""

MAX_SET_ASIDE = 2
"""A laboratory with so many results set aside leaves the groups of that analyte."""


@dataclass(frozen=True)
class GroupTargets:
    """Targets of every group of one analyte at one rung.

    Attributes
    ----------
    rung : its dimensions. names : codes of each group joined by "|". code : shape (L,), -1 without.
    n : shape (G,), smallest number of laboratories on a sample. target : shape (G, n), NaN without.
    """

    rung: tuple[str, ...]
    names: tuple[str, ...]
    code: IntArray
    n: IntArray
    target: FloatArray

    @property
    def level(self) -> str:
        """Name of the rung."""
        return level_name(self.rung)


@dataclass(frozen=True)
class CleanTargets:
    """What the second pass gives.

    Attributes
    ----------
    target, limit : shape (L, A, n), of the narrowest group of at least `N_MIN`; NaN without.
    rung : shape (L, A), position in `groups[a]`, -1 where no group is large enough.
    parent : shape (L, A, n), target of the next wider group, NaN where there is none.
    size : shape (L, A), laboratories of the group.
    set_aside : shape (L, A, n), results kept out of every consensus.
    groups : for each analyte its rungs, narrow to wide; the last is all laboratories.
    """

    target: FloatArray
    limit: FloatArray
    rung: IntArray
    parent: FloatArray
    size: IntArray
    set_aside: BoolArray
    groups: tuple[tuple[GroupTargets, ...], ...]


def clean_targets(panel: Panel) -> CleanTargets:
    """Estimate the targets of a round without its blunders.

    Notes
    -----
    First pass at method level: |x - m| > max(5 s, 2.5 limits). Second pass on the programme's own
    ladder with at least eight laboratories; the median below fifteen, Algorithm A from there on.
    """
    aside = np.zeros(panel.value.shape, dtype=bool)
    groups = []
    target = np.full(panel.value.shape, np.nan)
    parent, limit = target.copy(), target.copy()
    rung = np.full(panel.shape[:2], -1, dtype=np.int64)
    size = np.zeros(panel.shape[:2], dtype=np.int64)
    for analyte in range(panel.shape[1]):
        aside[:, analyte] = _set_aside(panel, analyte)
        taking_part = ~aside[:, analyte] & (aside[:, analyte].sum(axis=1) < MAX_SET_ASIDE)[:, None]
        value = np.where(taking_part, panel.value[:, analyte], np.nan)
        ladder = tuple(dict.fromkeys((*panel.rules[analyte].policy.ladder, ())))
        rungs = tuple(_group_targets(panel, analyte, each, value) for each in ladder)
        groups.append(rungs)
        found = _climbed(rungs, panel.shape)
        target[:, analyte], parent[:, analyte], rung[:, analyte], size[:, analyte] = found
        limit[:, analyte] = limits_at(panel.rules[analyte], target[:, analyte])
    return CleanTargets(target, limit, rung, parent, size, aside, tuple(groups))


def _set_aside(panel: Panel, analyte: int) -> BoolArray:
    """Shape (L, n), results far from the median of their method."""
    value = panel.value[:, analyte]
    code, names = _codes(panel, analyte, ("method",))
    code = np.where(code < 0, len(names), code)
    groups, cells = _grouped(value, code, len(names) + 1)
    centre = _medians(groups)
    spread = _medians(_grouped(np.abs(value - centre[cells]), code, len(names) + 1)[0])
    limit = np.nan_to_num(limits_at(panel.rules[analyte], np.where(np.isfinite(centre), centre, np.nan)))
    with np.errstate(invalid="ignore"):
        far = np.maximum(FAR_SDS * MAD_FACTOR * spread, FAR_LIMITS * limit)
        return np.asarray(np.abs(value - centre[cells]) > far[cells])


def _codes(panel: Panel, analyte: int, rung: tuple[str, ...]) -> tuple[IntArray, tuple[str, ...]]:
    """Group of each laboratory at a rung, -1 where a dimension is missing; and the names."""
    if not rung:
        enrolled = (panel.text[:, analyte] != "").any(axis=1) | (panel.system[:, analyte] != "").any(axis=1)
        return np.where(enrolled, 0, -1).astype(np.int64), ("",)
    columns = panel.system[:, analyte][:, [DIMENSIONS.index(dimension) for dimension in rung]]
    known = (columns != "").all(axis=1)
    joined = np.array(["|".join(row) for row in columns], dtype=object)
    names = tuple(sorted(set(joined[known])))
    place = {name: position for position, name in enumerate(names)}
    return np.array([place.get(name, -1) if k else -1 for name, k in zip(joined, known, strict=True)]), names


def _grouped(value: FloatArray, code: IntArray, groups: int) -> tuple[Groups, IntArray]:
    """Results of each group x sample, and the cell of each result, shape (L, n)."""
    samples = value.shape[1]
    cells = code[:, None] * samples + np.arange(samples)
    inside = np.where(code[:, None] >= 0, cells, -1)
    return group_values(value.ravel(), inside.ravel(), groups * samples), cells


def _medians(groups: Groups) -> FloatArray:
    """Median of each group, NaN for an empty one."""
    n, start = groups.n, groups.offsets[:-1]
    padded = np.append(groups.values, np.nan)
    low = padded[np.minimum(start + np.maximum(n - 1, 0) // 2, groups.values.size)]
    high = padded[np.minimum(start + n // 2, groups.values.size)]
    return np.where(n > 0, 0.5 * (low + high), np.nan)


def _group_targets(panel: Panel, analyte: int, rung: tuple[str, ...], value: FloatArray) -> GroupTargets:
    """Every group of one rung: the median of few, Algorithm A of many."""
    code, names = _codes(panel, analyte, rung)
    groups, _ = _grouped(value, code, max(len(names), 1))
    robust = algorithm_a_groups(groups).location
    target = np.where(groups.n < MEDIAN_BELOW, _medians(groups), robust)
    size = groups.n.reshape(-1, panel.shape[2])
    return GroupTargets(rung, names, code, size.min(axis=1), target.reshape(size.shape))


def _climbed(
    rungs: tuple[GroupTargets, ...], shape: tuple[int, int, int]
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Target, parent's target, rung and size for each laboratory."""
    target = np.full((shape[0], shape[2]), np.nan)
    parent = target.copy()
    rung = np.full(shape[0], -1, dtype=np.int64)
    size = np.zeros(shape[0], dtype=np.int64)
    for position, each in enumerate(rungs):
        enough = (each.code >= 0) & (each.n[np.maximum(each.code, 0)] >= N_MIN)
        first = enough & (rung < 0)
        second = enough & (rung >= 0) & np.isnan(parent).all(axis=1)
        target[first] = each.target[each.code[first]]
        size[first] = each.n[each.code[first]]
        parent[second] = each.target[each.code[second]]
        rung[first] = position
    return target, parent, rung, size


def group_name(targets: CleanTargets, laboratory: int, analyte: int) -> str:
    """Codes of the group that gives a laboratory its target; "" for all laboratories or none."""
    position = int(targets.rung[laboratory, analyte])
    if position < 0:
        return ""
    each = targets.groups[analyte][position]
    return each.names[each.code[laboratory]]


def levels(targets: CleanTargets, analyte: int) -> ObjectArray:
    """Shape (L,), name of the rung in use."""
    names = np.array([each.level for each in targets.groups[analyte]] + [""], dtype=object)
    return names[targets.rung[:, analyte]]
