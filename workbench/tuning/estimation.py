"""Consensus of an archive: the peer group that judges each row, and the statistics of those groups.

The arithmetic is that of `workbench.evaluation`, laid out for many rounds at once: only groups that
set somebody's target are estimated, unless outliers are trimmed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.consensus import ESTIMATORS, OUTLIER_SDS, identical_share
from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.evaluation.returns import IntArray
from workbench.evaluation.rules import AnalyteRule
from workbench.statistics.ragged import group_values
from workbench.tuning.archive import ENROLLED, EXCLUDED, EXCUSED, LATE, NUMERIC, Archive, Rung

_CODES = 60_000
"""Groups x samples estimated in one go: below 2**16 the sort by group is a radix sort."""


@dataclass(frozen=True)
class Estimated:
    """Which group judges whom, and its statistics. U groups are in use, in order of blocks.

    Attributes
    ----------
    key : what of the rules this depends on; see `consensus_key`.
    group : shape (E,), position among the used groups.
    reached : shape (E,), whether a rung of the ladder reached the minimum.
    block, rung, number : shape (U,), block, position in `rungs`, number in the archive's grouping.
    rungs : the rungs of all ladders, narrow to wide; the last is all laboratories.
    n, location, scale, degenerate, identical : shape (U, S).
    """

    key: tuple[object, ...]
    group: IntArray
    reached: BoolArray
    block: IntArray
    rung: IntArray
    number: IntArray
    rungs: tuple[Rung, ...]
    n: IntArray
    location: FloatArray
    scale: FloatArray
    degenerate: BoolArray
    identical: FloatArray


@dataclass(frozen=True)
class Members:
    """Who takes part where: for each rung the group of each row and the results that count."""

    rungs: tuple[Rung, ...]
    group: tuple[IntArray, ...]
    part: tuple[BoolArray, ...]
    block: tuple[IntArray, ...]


_CONSENSUS_FIELDS = (
    "ladder",
    "n_min",
    "assigned_value",
    "stop",
    "exclude_outliers",
    "exclude_late",
    "exclude_blunders",
    "merge_devices",
)


def consensus_key(rules: Sequence[AnalyteRule]) -> tuple[object, ...]:
    """What of the rules the consensus depends on: equal keys, equal consensus."""
    return tuple(tuple(getattr(rule.policy, name) for name in _CONSENSUS_FIELDS) for rule in rules)


def estimate(archive: Archive, rules: Sequence[AnalyteRule] | None = None) -> Estimated:
    """Choose every row's group and estimate the groups in use.

    Parameters
    ----------
    archive : the results. rules : one per analyte of the archive; None: those in force.

    Notes
    -----
    Laboratories with several devices count once in a group, by the median of their results. Where the
    policy trims outliers, all groups are estimated twice, as the evaluation does.
    """
    rules = archive.rules if rules is None else tuple(rules)
    members = members_of(archive, rules)
    if any(rule.policy.exclude_outliers == "three_sd" for rule in rules):
        members = _trimmed(archive, rules, members)
    counts = [_counts(archive, members, rung, rules) for rung in range(len(members.rungs))]
    choice, number, reached = _choose(archive, rules, members, counts)
    used = [np.unique(number[choice == rung]) for rung in range(len(members.rungs))]
    return _estimated(archive, rules, members, (choice, number, reached), used)


def eligible(archive: Archive, rules: Sequence[AnalyteRule]) -> BoolArray:
    """Shape (S, E), results that may set a target."""
    flags = archive.flags
    ok = (flags & (NUMERIC | ENROLLED | EXCUSED)) == (NUMERIC | ENROLLED)
    for name, bit in (("exclude_late", LATE), ("exclude_blunders", EXCLUDED)):
        drops = _per_block(archive, [getattr(rule.policy, name) for rule in rules])[archive.block]
        ok &= ~(((flags & bit) != 0) & drops)
    return ok


def taking_part(archive: Archive, rule: AnalyteRule, rows: IntArray) -> BoolArray:
    """Shape (S, rows), results of some rows of one analyte that may set a target."""
    flags = archive.flags[:, rows]
    ok = (flags & (NUMERIC | ENROLLED | EXCUSED)) == (NUMERIC | ENROLLED)
    for drops, bit in ((rule.policy.exclude_late, LATE), (rule.policy.exclude_blunders, EXCLUDED)):
        if drops:
            ok &= (flags & bit) == 0
    return np.asarray(ok)


def members_of(archive: Archive, rules: Sequence[AnalyteRule]) -> Members:
    """Groups of every rung that some analyte's ladder uses, and who may take part in them."""
    rungs = _rungs(rules)
    part = eligible(archive, rules)
    codes, blocks = [], []
    for rung in rungs:
        grouping = archive.grouping(rung)
        uses = [not rung or rung in rule.policy.ladder for rule in rules]
        codes.append(np.where(_per_block(archive, uses)[archive.block], grouping.code, -1))
        blocks.append(grouping.block)
    return Members(rungs, tuple(codes), (part,) * len(rungs), tuple(blocks))


def _rungs(rules: Sequence[AnalyteRule]) -> tuple[Rung, ...]:
    """Rungs of all ladders, more dimensions first, all laboratories last."""
    seen = dict.fromkeys(rung for rule in rules for rung in rule.policy.ladder if rung)
    return (*sorted(seen, key=lambda rung: -len(rung)), ())


def _per_block(archive: Archive, per_analyte: Sequence[object]) -> np.ndarray:
    """One number per analyte for each of its blocks."""
    return np.array(per_analyte)[archive.analyte_of_block]


def _merged_rows(archive: Archive, rules: Sequence[AnalyteRule]) -> IntArray:
    """Rows of laboratories whose devices count as one."""
    rows = archive.several_devices
    merges = _per_block(archive, [rule.policy.merge_devices for rule in rules])
    return rows[merges[archive.block[rows]]] if rows.size else rows


def _counts(archive: Archive, members: Members, rung: int, rules: Sequence[AnalyteRule]) -> IntArray:
    """Results in the statistics of each group of a rung, shape (S, G)."""
    code, part = members.group[rung], members.part[rung]
    size = len(members.block[rung])
    merged = _merged_rows(archive, rules)
    single = code >= 0
    single[merged] = False
    out = np.empty((part.shape[0], size), dtype=np.int64)
    for sample in range(part.shape[0]):
        out[sample] = np.bincount(code[single & part[sample]], minlength=size)
        several = merged[part[sample, merged] & (code[merged] >= 0)]
        if several.size:
            pairs = np.unique(code[several] * len(archive.labs) + archive.lab[several])
            out[sample] += np.bincount(pairs // len(archive.labs), minlength=size)
    return out


def _choose(
    archive: Archive, rules: Sequence[AnalyteRule], members: Members, counts: list[IntArray]
) -> tuple[IntArray, IntArray, BoolArray]:
    """Climb the ladders: rung, group number at that rung, and whether the minimum was reached."""
    n_min = _per_block(archive, [rule.policy.n_min for rule in rules])
    whole = np.zeros((counts[-1].shape[0], archive.n_blocks), dtype=np.int64)
    whole[:, members.block[-1]] = counts[-1]
    enough: BoolArray = whole >= n_min
    possible: BoolArray = np.asarray(enough.any(axis=0))
    choice = np.full(archive.shape[1], -1, dtype=np.int64)
    number = np.full(archive.shape[1], -1, dtype=np.int64)
    reached = np.zeros(archive.shape[1], dtype=bool)
    for position, rung in enumerate(members.rungs):
        block, code = members.block[position], members.group[position]
        least = _least(counts[position], enough[:, block])
        good = (least >= n_min[block]) & possible[block]
        in_ladder = _per_block(archive, [rung in rule.policy.ladder for rule in rules])[archive.block]
        take = ~reached & (code >= 0) & in_ladder
        choice[take], number[take] = position, code[take]
        reached[take] = good[code[take]]
    homeless = choice < 0
    choice[homeless] = len(members.rungs) - 1
    number[homeless] = members.group[-1][homeless]
    return choice, number, reached


def _least(n: IntArray, counts: BoolArray) -> IntArray:
    """Shape (G,), smallest n over the samples that count; over all samples where none does."""
    wanted = counts | ~counts.any(axis=0)
    return np.where(wanted, n, np.iinfo(np.int64).max).min(axis=0, initial=np.iinfo(np.int64).max)


def _trimmed(archive: Archive, rules: Sequence[AnalyteRule], members: Members) -> Members:
    """Results beyond three robust SDs of their own group leave its statistics."""
    trims = _per_block(archive, [rule.policy.exclude_outliers == "three_sd" for rule in rules])[archive.block]
    parts = []
    for rung in range(len(members.rungs)):
        used = [np.zeros(0, dtype=np.int64)] * len(members.rungs)
        used[rung] = np.arange(len(members.block[rung]))
        nobody = np.full(archive.shape[1], -1), np.full(archive.shape[1], -1), trims
        found = _estimated(archive, rules, members, nobody, used)
        place = np.empty(len(used[rung]), dtype=np.int64)
        place[found.number] = np.arange(len(found.number))
        code = members.group[rung]
        at = place[np.maximum(code, 0)]
        with np.errstate(invalid="ignore"):
            far = np.abs(archive.value - found.location[at].T) > OUTLIER_SDS * found.scale[at].T
        far &= (found.scale[at].T > 0) & trims & (code >= 0)
        parts.append(members.part[rung] & ~far)
    return Members(members.rungs, members.group, tuple(parts), members.block)


def _estimated(
    archive: Archive,
    rules: Sequence[AnalyteRule],
    members: Members,
    chosen: tuple[IntArray, IntArray, BoolArray],
    used: list[IntArray],
) -> Estimated:
    """Number the used groups by block and estimate them in batches of blocks."""
    rung = np.repeat(np.arange(len(used)), [each.size for each in used])
    number = np.concatenate(used)
    block = np.concatenate([members.block[r][each] for r, each in enumerate(used)])
    order = np.lexsort((number, rung, block))
    rung, number, block = rung[order], number[order], block[order]
    places = [np.full(len(each), -1, dtype=np.int64) for each in members.block]
    for r, place in enumerate(places):
        place[number[rung == r]] = np.flatnonzero(rung == r)
    statistics = [
        _batch(archive, rules, members, places, bounds, block) for bounds in _batches(block, archive.shape[0])
    ]
    choice, chosen_number, reached = chosen
    group = np.full(archive.shape[1], -1, dtype=np.int64)
    for r, place in enumerate(places):
        mine = choice == r
        group[mine] = place[chosen_number[mine]]
    n, location, scale, degenerate, identical = (
        np.concatenate([each[k] for each in statistics]) for k in range(5)
    )
    return Estimated(
        consensus_key(rules),
        group,
        reached,
        block,
        rung,
        number,
        members.rungs,
        n.astype(np.int64),
        location,
        scale,
        degenerate.astype(bool),
        identical,
    )


def _batches(block: IntArray, samples: int) -> list[tuple[int, int]]:
    """Ranges of used groups that do not cut a block and stay below the number of codes."""
    if not block.size:
        return [(0, 0)]
    ends = np.append(np.flatnonzero(np.diff(block)) + 1, block.size)
    out, first = [], 0
    for place, end in enumerate(ends):
        is_last = place + 1 == ends.size
        if is_last or (ends[place + 1] - first) * samples > _CODES:
            out.append((first, int(end)))
            first = int(end)
    return out


def _batch(
    archive: Archive,
    rules: Sequence[AnalyteRule],
    members: Members,
    places: list[IntArray],
    bounds: tuple[int, int],
    block: IntArray,
) -> tuple[np.ndarray, ...]:
    """n, location, scale, degenerate, identical share of one range of used groups, shape (u, S)."""
    low, high = bounds
    samples = archive.shape[0]
    if low == high:
        return tuple(np.zeros((0, samples)) for _ in range(5))
    rows = slice(int(archive.start[block[low]]), int(archive.start[block[high - 1] + 1]))
    values, codes = _entries(archive, rules, members, places, (rows, low))
    kinds = [(rule.policy.assigned_value, rule.policy.stop) for rule in rules]
    kind_of = archive.analyte_of_block[block[low:high]]
    out = [np.zeros((high - low) * samples) for _ in range(5)]
    for kind in sorted({kinds[a] for a in np.unique(kind_of)}):
        mine = np.repeat(np.array([kinds[a] == kind for a in kind_of]), samples)
        own = codes if mine.all() else np.where(mine[codes], codes, -1)
        groups = group_values(values, own, mine.size)
        found = ESTIMATORS[kind[0]](groups, kind[1])
        parts = (found.n, found.location, found.scale, found.degenerate, identical_share(groups))
        for target, part in zip(out, parts, strict=True):
            target[mine] = np.asarray(part, dtype=np.float64)[mine]
    return tuple(each.reshape(high - low, samples) for each in out)


def _entries(
    archive: Archive,
    rules: Sequence[AnalyteRule],
    members: Members,
    places: list[IntArray],
    window: tuple[slice, int],
) -> tuple[FloatArray, IntArray]:
    """Values and group x sample codes of all that takes part in the used groups of some rows."""
    rows, first = window
    samples = archive.shape[0]
    merged = _merged_rows(archive, rules)
    merged = merged[(merged >= rows.start) & (merged < rows.stop)] - rows.start
    values, codes = [], []
    for rung, place in enumerate(places):
        if not (place >= 0).any():
            continue
        code = members.group[rung][rows]
        used = np.where(code >= 0, place[np.maximum(code, 0)] - first, -1)
        used = np.where((code >= 0) & (place[np.maximum(code, 0)] >= 0), used, -1)
        part = members.part[rung][:, rows] & (used >= 0)
        cell = used * samples + np.arange(samples)[:, None]
        if merged.size:
            extra = _merged(archive, rows, merged, (part, cell))
            part = part.copy()
            part[:, merged] = False
            values.append(extra[0])
            codes.append(extra[1])
        values.append(archive.value[:, rows][part])
        codes.append(cell[part])
    return np.concatenate(values), np.concatenate(codes)


def _merged(
    archive: Archive, rows: slice, merged: IntArray, cells: tuple[BoolArray, IntArray]
) -> tuple[FloatArray, IntArray]:
    """One value per laboratory and cell: the median of its devices."""
    part, cell = cells[0][:, merged], cells[1][:, merged]
    lab = np.broadcast_to(archive.lab[rows][merged], part.shape)
    value = archive.value[:, rows][:, merged]
    key = cell[part] * len(archive.labs) + lab[part]
    order = np.lexsort((value[part], key))
    _, start, count = np.unique(key[order], return_index=True, return_counts=True)
    ordered = value[part][order]
    middle = 0.5 * (ordered[start + (count - 1) // 2] + ordered[start + count // 2])
    return middle, cell[part][order][start]
