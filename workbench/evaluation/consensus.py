"""Robust statistics of every peer group and sample at once, and who takes part in them.

A laboratory counts once in a group, however many devices it has: its devices are merged by their
median. Late, censored, excused and excluded results are scored but set no target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.decisions import Decided
from workbench.evaluation.peer_groups import PeerGroups
from workbench.evaluation.returns import IntArray, Returns
from workbench.evaluation.rules import AnalyteRule
from workbench.statistics.estimates import RobustEstimates
from workbench.statistics.hampel_mean import q_hampel_groups
from workbench.statistics.order_statistics import median_niqr_groups
from workbench.statistics.ragged import Groups, group_values
from workbench.statistics.winsorised_mean import algorithm_a_groups

OUTLIER_SDS = 3.0
"""Results further than this many robust SDs leave the statistics where the policy says three_sd."""


@dataclass(frozen=True)
class Consensus:
    """Statistics of G groups on S samples, all arrays of shape (G, S) unless named.

    Attributes
    ----------
    n, n_censored : results in the statistics; `<` and `>` results beside them.
    location, scale : robust mean and SD, analyte's unit; NaN without results.
    iterations, degenerate : as the estimator reports.
    identical : largest share of results with one and the same value, 0 without results.
    estimator : shape (G,), name of the estimator.
    eligible : shape (E, S), results that may take part.
    taking_part : shape (R, E, S), results that did at each rung.
    merged : shape (E, S), results that were merged with another device of the same laboratory.
    values : the results of all groups, sorted by group x sample.
    """

    n: IntArray
    n_censored: IntArray
    location: FloatArray
    scale: FloatArray
    iterations: IntArray
    degenerate: BoolArray
    identical: FloatArray
    estimator: ObjectArray
    eligible: BoolArray
    taking_part: BoolArray
    merged: BoolArray
    values: Groups


def consensus(
    returns: Returns, groups: PeerGroups, rules: Sequence[AnalyteRule], decisions: Decided
) -> Consensus:
    """Estimate every group of every rung on every sample."""
    eligible = _eligible(returns, rules, decisions)
    size = (len(groups.name), returns.shape[1])
    codes = _cell_codes(groups, eligible)
    merging = np.array([rule.policy.merge_devices for rule in rules])[returns.analyte]
    entry_value, entry_code, merged = _one_per_laboratory(returns, codes, merging)
    estimates = _estimates(entry_value, entry_code, groups, rules, size[1])
    trimming = np.array([rule.policy.exclude_outliers == "three_sd" for rule in rules])
    if trimming.any():
        codes = _without_outliers(returns, codes, estimates, trimming)
        entry_value, entry_code, merged = _one_per_laboratory(returns, codes, merging)
        estimates = _estimates(entry_value, entry_code, groups, rules, size[1])
    sorted_values = group_values(entry_value, entry_code, size[0] * size[1])
    censored = (returns.state == "reported") & (returns.censor != 0) & ~decisions.left_out
    return Consensus(
        n=estimates.n.astype(np.int64).reshape(size),
        n_censored=_counts(_cell_codes(groups, censored), size),
        location=estimates.location.reshape(size),
        scale=estimates.scale.reshape(size),
        iterations=estimates.iterations.astype(np.int64).reshape(size),
        degenerate=estimates.degenerate.reshape(size),
        identical=identical_share(sorted_values).reshape(size),
        estimator=np.array([rules[a].policy.assigned_value for a in groups.analyte], dtype=object),
        eligible=eligible,
        taking_part=codes >= 0,
        merged=merged,
        values=sorted_values,
    )


def _eligible(returns: Returns, rules: Sequence[AnalyteRule], decisions: Decided) -> BoolArray:
    """Results that may set a target."""
    ok = returns.numeric & (returns.enrolment_state == "enrolled")[:, None] & ~decisions.left_out
    drop_late = np.array([rule.policy.exclude_late for rule in rules])[returns.analyte]
    late = returns.late_days[returns.lab] > 0
    ok &= ~(drop_late & late)[:, None]
    drop_excluded = np.array([rule.policy.exclude_blunders for rule in rules])[returns.analyte]
    return ok & ~(decisions.excluded & drop_excluded[:, None])


def _cell_codes(groups: PeerGroups, wanted: BoolArray) -> IntArray:
    """Shape (R, E, S), number of the group x sample of each wanted result, else -1."""
    samples = wanted.shape[1]
    cell = groups.group[:, :, None] * samples + np.arange(samples)
    return np.where((groups.group[:, :, None] >= 0) & wanted, cell, -1)


def _counts(codes: IntArray, size: tuple[int, int]) -> IntArray:
    """Results per group x sample, shape (G, S)."""
    flat = codes[codes >= 0]
    return np.bincount(flat, minlength=size[0] * size[1]).astype(np.int64).reshape(size)


def _one_per_laboratory(
    returns: Returns, codes: IntArray, merging: BoolArray
) -> tuple[FloatArray, IntArray, BoolArray]:
    """Values and cells with one entry per laboratory x cell, and which results were merged."""
    values = np.broadcast_to(returns.value, codes.shape)
    merged = np.zeros(returns.shape, dtype=bool)
    if not merging.any() or not _several_devices(returns):
        return values.ravel(), codes.ravel(), merged
    holder = np.where(merging, returns.lab, len(returns.labs) + np.arange(len(merging)))
    kept = codes >= 0
    rows = np.broadcast_to(np.arange(len(merging))[:, None], codes.shape)[kept]
    key = codes[kept] * (len(returns.labs) + len(merging)) + holder[rows]
    order = np.lexsort((values[kept], key))
    _, start, count = np.unique(key[order], return_index=True, return_counts=True)
    ordered = values[kept][order]
    middle = 0.5 * (ordered[start + (count - 1) // 2] + ordered[start + count // 2])
    several = np.zeros(codes.shape, dtype=bool)
    several[kept] = np.repeat(count > 1, count)[np.argsort(order, kind="stable")]
    return middle, codes[kept][order][start], np.asarray(several.any(axis=0))


def _several_devices(returns: Returns) -> bool:
    """Whether some laboratory appears twice for one analyte."""
    pair = returns.lab * len(returns.analytes) + returns.analyte
    return len(np.unique(pair)) < len(pair)


def _without_outliers(
    returns: Returns, codes: IntArray, estimates: RobustEstimates, trimming: BoolArray
) -> IntArray:
    """Codes with results beyond three robust SDs of their own group set to -1."""
    centre = np.where(codes >= 0, estimates.location[codes], np.nan)
    spread = np.where(codes >= 0, estimates.scale[codes], np.nan)
    with np.errstate(invalid="ignore"):
        far = np.abs(returns.value - centre) > OUTLIER_SDS * spread
    far &= (spread > 0) & trimming[returns.analyte][:, None]
    return np.where(far, -1, codes)


def _estimates(
    values: FloatArray, codes: IntArray, groups: PeerGroups, rules: Sequence[AnalyteRule], samples: int
) -> RobustEstimates:
    """Each analyte's groups by its own estimator and stopping rule."""
    total = len(groups.name) * samples
    rule_of = [(rule.policy.assigned_value, rule.policy.stop) for rule in rules]
    owner = np.repeat(groups.analyte, samples)
    parts: list[tuple[BoolArray, RobustEstimates]] = []
    for kind in sorted(set(rule_of)):
        mine = np.array([each == kind for each in rule_of])[owner]
        own_codes = np.where((codes >= 0) & mine[codes], codes, -1)
        parts.append((mine, ESTIMATORS[kind[0]](group_values(values, own_codes, total), kind[1])))
    if len(parts) == 1:
        return parts[0][1]
    masks = [mask for mask, _ in parts]

    def joined(field: str) -> np.ndarray:
        return np.select(masks, [getattr(estimates, field) for _, estimates in parts])

    return RobustEstimates(
        joined("location"),
        joined("scale"),
        joined("n"),
        joined("iterations"),
        joined("degenerate").astype(bool),
        "several",
    )


def identical_share(groups: Groups) -> FloatArray:
    """Largest share of equal results in each group; 0 for an empty group."""
    out = np.zeros(len(groups))
    if not groups.values.size:
        return out
    starts = np.zeros(groups.values.size, dtype=bool)
    starts[1:] = groups.values[1:] != groups.values[:-1]
    filled = np.flatnonzero(groups.n > 0)
    starts[groups.offsets[filled]] = True
    first = np.flatnonzero(starts)
    length = np.diff(np.append(first, groups.values.size))
    run_of_group = np.searchsorted(first, groups.offsets[filled])
    out[filled] = np.maximum.reduceat(length, run_of_group) / groups.n[filled]
    return out


ESTIMATORS: dict[str, Callable[[Groups, str], RobustEstimates]] = {
    "algorithm_a": lambda groups, stop: algorithm_a_groups(groups, stop=stop),
    "q_hampel": lambda groups, stop: q_hampel_groups(groups),
    "median_niqr": lambda groups, stop: median_niqr_groups(groups),
}
