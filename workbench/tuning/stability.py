"""Verdict stability: how probable it is that a verdict turns over for reasons that are not the laboratory's.

The target's uncertainty, one laboratory of the group left out, another admissible estimator, rounding
of the target, another stopping rule.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.consensus import ESTIMATORS
from workbench.evaluation.criteria import BoolArray, FloatArray, allowable_error, exact
from workbench.evaluation.returns import IntArray
from workbench.evaluation.rules import AnalyteRule
from workbench.statistics.ragged import group_values
from workbench.tuning.changes import RuleChange, changed_rules
from workbench.tuning.estimation import taking_part
from workbench.tuning.judging import FAILED, NO_VERDICT, PASS, Rejudged, rejudge
from workbench.tuning.pass_rates import needed

QUANTILES = 201
"""Equally probable places of the target's common error."""

UNSTABLE = 0.05
"""A verdict more likely than this to turn over is a borderline one."""

LARGEST_GROUP = 250
"""Above it one laboratory more or less moves a robust mean by less than a hundredth of its SD."""

_SLOPE = 1e-3
"""Relative step at which the slope of a limit over its target is taken."""


def verdict_stability(judged: Rejudged) -> pd.DataFrame:
    """One row per laboratory x device x analyte x round, in the order of the archive.

    Returns
    -------
    verdict; p_flip: chance to turn over under the target's uncertainty; leave_one_out: how many
    laboratories of the group turn it over when left out, -1 where the group is too large to matter;
    estimators: names of the other admissible estimators that do, joined by ","; rounded: the target
    rounded to the reporting step does; stopped: the other stopping rule does; borderline: any does,
    or p_flip is above 0.05. NaN and nothing where there is no verdict.
    """
    archive = judged.archive
    estimators, rounded, stopped = _other_rules(judged)
    p, alone = flip_probability(judged), leave_one_out_flips(judged)
    scored = judged.verdict != NO_VERDICT
    codes = np.array([rule.code for rule in judged.rules], dtype=object)
    borderline = (p > UNSTABLE) | (alone > 0) | (estimators != "") | rounded | stopped
    return pd.DataFrame(
        {
            "round": np.array(archive.rounds, dtype=object)[archive.round_of_block[archive.block]],
            "analyte": codes[archive.analyte_of_block[archive.block]],
            "lab_code": np.array(archive.labs, dtype=object)[archive.lab],
            "device_id": np.array(archive.devices, dtype=object)[archive.device],
            "verdict": np.array(("fail", "pass", "not_scored"), dtype=object)[judged.verdict],
            "p_flip": np.where(scored, p, np.nan),
            "leave_one_out": np.where(scored, alone, 0),
            "estimators": np.where(scored, estimators, ""),
            "rounded": rounded & scored,
            "stopped": stopped & scored,
            "borderline": borderline & scored,
        }
    )


def _flipped(judged: Rejudged, other: Rejudged) -> BoolArray:
    """Rows whose verdict is another, both having one."""
    both = (judged.verdict != NO_VERDICT) & (other.verdict != NO_VERDICT)
    return np.asarray(both & (judged.verdict != other.verdict))


def _other_rules(judged: Rejudged) -> tuple[np.ndarray, BoolArray, BoolArray]:
    """Estimators that turn a verdict over, rounding of the target, the other stopping rule."""
    archive, rules = judged.archive, judged.rules
    names = np.full(archive.shape[1], "", dtype=object)
    for name in ESTIMATORS:
        if all(rule.policy.assigned_value == name for rule in rules):
            continue
        other = rejudge(archive, changed_rules(rules, RuleChange(policy={"assigned_value": name})))
        hit = _flipped(judged, other)
        names[hit] = np.where(names[hit] == "", name, names[hit] + f",{name}")
    rounded = tuple(
        changed_rules([rule], RuleChange(policy={"target_decimals": rule.analyte.decimals or 0}))[0]
        for rule in rules
    )
    swaps = {"converged": "three_figures", "three_figures": "converged"}
    stopped = tuple(
        changed_rules([rule], RuleChange(policy={"stop": swaps[rule.policy.stop]}))[0] for rule in rules
    )
    return (
        names,
        _flipped(judged, rejudge(archive, rounded, judged.estimated)),
        _flipped(judged, rejudge(archive, stopped)),
    )


def flip_probability(judged: Rejudged) -> FloatArray:
    """Chance that each verdict turns over under the uncertainty of its targets.

    Returns
    -------
    shape (E,), 0 to 1; 0 where nothing is graded.

    Notes
    -----
    The targets of an event move together: T + g u with one standard normal g for all samples, because
    a group's mean is off on all of them by the same biases of its members. Limits move with their
    targets. Cells that are not compared with a limit stay as they are; verdicts that go by z keep 0.
    """
    archive, group = judged.archive, judged.estimated.group
    g = _normal_quantiles(QUANTILES)
    u = np.nan_to_num(judged.targets.u)
    slope = _limit_slope(judged)
    by_limit = np.array([rule.policy.score == "limit" for rule in judged.rules])
    moves = by_limit[archive.analyte_of_block[archive.block]]
    need = needed(judged)
    flips = np.zeros(archive.shape[1])
    base = _inside(judged, judged.exact_floats, judged.targets.error)
    plain = np.isfinite(archive.value) & np.isfinite(judged.exact_floats[group].T) & (judged.state == 0)
    for place in g:
        target = judged.exact_floats + place * u
        inside = _inside(judged, target, judged.targets.error + place * u * slope)
        change = ((inside.astype(np.int8) - base) * plain).sum(axis=0)
        passed = judged.acceptable + change >= need
        flips += passed != (judged.verdict == PASS)
    return np.where((judged.verdict != NO_VERDICT) & moves, flips / len(g), 0.0)


def _inside(judged: Rejudged, target: FloatArray, limit: FloatArray) -> BoolArray:
    """Shape (S, E), inside moved limits; at the limits in force as they were judged."""
    if limit is judged.targets.error:
        return np.asarray(judged.signal < FAILED)
    group = judged.estimated.group
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(judged.archive.value - target[group].T) <= limit[group].T)


def _normal_quantiles(n: int) -> FloatArray:
    """Middles of n equally probable slices of the standard normal distribution."""
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(n) + 0.5) / n))


def _limit_slope(judged: Rejudged) -> FloatArray:
    """Shape (U, S), change of the limit with its target; 0 for absolute limits."""
    out = np.zeros(judged.exact_floats.shape)
    analyte = judged.archive.analyte_of_block[judged.estimated.block]
    for place in np.argwhere(np.isfinite(judged.targets.error) & np.isfinite(judged.exact_floats)):
        group, sample = int(place[0]), int(place[1])
        criterion = judged.rules[analyte[group]].criterion
        if criterion is None or criterion.kind in ("sd", "fixed_sigma", "absolute", "qualitative"):
            continue
        target = judged.exact_floats[group, sample]
        ends = [allowable_error(criterion, exact(target * (1 + h))) for h in (0.0, _SLOPE)]
        if target and ends[0] is not None and ends[1] is not None:
            out[group, sample] = float(ends[1] - ends[0]) / (_SLOPE * target)
    return out


def leave_one_out_flips(judged: Rejudged) -> IntArray:
    """How many laboratories of its group turn a verdict over when left out of the consensus.

    Returns
    -------
    shape (E,); -1 for groups of more than 250, 0 where nothing is graded or the target is a reference.

    Notes
    -----
    The laboratory itself is among those left out. Groups keep their members and their rung.
    """
    archive, estimated = judged.archive, judged.estimated
    out = np.zeros(archive.shape[1], dtype=np.int64)
    by_group = np.argsort(estimated.group, kind="stable")
    bounds = np.searchsorted(estimated.group[by_group], np.arange(len(estimated.block) + 1))
    slope, need = _limit_slope(judged), needed(judged)
    for group in range(len(estimated.block)):
        rows = by_group[bounds[group] : bounds[group + 1]]
        rows = rows[judged.verdict[rows] != NO_VERDICT]
        values = _group_values(judged, group)
        if not rows.size or judged.targets.from_reference[group].all():
            continue
        if values.shape[1] > LARGEST_GROUP:
            out[rows] = -1
            continue
        located = _without_each(values, judged.rules[archive.analyte_of_block[estimated.block[group]]])
        out[rows] = _flips_at(judged, group, rows, located, (slope[group], need[rows]))
    return out


def _group_values(judged: Rejudged, group: int) -> FloatArray:
    """Shape (S, n), results that set the target of a group, NaN where a member has none."""
    archive, estimated = judged.archive, judged.estimated
    block = int(estimated.block[group])
    rows = slice(int(archive.start[block]), int(archive.start[block + 1]))
    code = archive.grouping(estimated.rungs[int(estimated.rung[group])]).code[rows]
    mine = np.flatnonzero(code == estimated.number[group]) + rows.start
    part = taking_part(archive, judged.rules[archive.analyte_of_block[block]], mine)
    values = np.where(part, archive.value[:, mine], np.nan)
    if judged.rules[archive.analyte_of_block[block]].policy.merge_devices:
        values = _merged(values, archive.lab[mine])
    return values[:, ~np.isnan(values).all(axis=0)]


def _merged(values: FloatArray, lab: IntArray) -> FloatArray:
    """One column per laboratory: the median of its devices."""
    labs, which = np.unique(lab, return_inverse=True)
    if labs.size == lab.size:
        return values
    out = np.full((values.shape[0], labs.size), np.nan)
    for column in range(labs.size):
        own = values[:, which == column]
        some = ~np.isnan(own).all(axis=1)
        out[some, column] = np.nanmedian(own[some], axis=1)
    return out


def _without_each(values: FloatArray, rule: AnalyteRule) -> FloatArray:
    """Shape (n, S), location of the group without each member."""
    samples, n = values.shape
    repeated = np.broadcast_to(values, (n, samples, n)).copy()
    repeated[np.arange(n), :, np.arange(n)] = np.nan
    codes = np.repeat(np.arange(n * samples), n)
    groups = group_values(repeated.ravel(), codes, n * samples)
    found = ESTIMATORS[rule.policy.assigned_value](groups, rule.policy.stop)
    return np.asarray(found.location).reshape(n, samples)


def _flips_at(
    judged: Rejudged,
    group: int,
    rows: IntArray,
    located: FloatArray,
    numbers: tuple[FloatArray, IntArray],
) -> IntArray:
    """How many of the targets (k, S) turn each row of a group over."""
    slope, need = numbers
    target, error = judged.exact_floats[group], judged.targets.error[group]
    moved = np.where(np.isfinite(located), located, target)
    moved = np.where(judged.targets.from_reference[group], target, moved)
    limit = error + slope * (moved - target)
    value = judged.archive.value[:, rows].T
    with np.errstate(invalid="ignore"):
        inside = np.abs(value[None] - moved[:, None]) <= limit[:, None]
    plain = (judged.state[:, rows].T == 0) & np.isfinite(value) & np.isfinite(error)
    base = judged.signal[:, rows].T < FAILED
    same = np.all(moved == target, axis=1)
    change = ((inside.astype(np.int8) - base) * plain).sum(axis=2)
    change[same] = 0
    passed = judged.acceptable[rows] + change >= need
    return np.asarray((passed != (judged.verdict[rows] == PASS)).sum(axis=0))


def bootstrap_flips(
    judged: Rejudged,
    generator: np.random.Generator,
    replicates: int = 400,
    groups: Sequence[int] | None = None,
) -> FloatArray:
    """Chance to turn over by resampling the laboratories of each group jointly for all samples.

    Parameters
    ----------
    groups : used groups to resample, None: all. Rows of other groups stay NaN.

    Notes
    -----
    The thorough form of `flip_probability`: it needs no assumption on the target's error, and takes
    replicates x results.
    """
    archive, estimated = judged.archive, judged.estimated
    out = np.full(archive.shape[1], np.nan)
    slope, need = _limit_slope(judged), needed(judged)
    for group in range(len(estimated.block)) if groups is None else groups:
        rows = np.flatnonzero((estimated.group == group) & (judged.verdict != NO_VERDICT))
        if not rows.size:
            continue
        values = _group_values(judged, group)
        rule = judged.rules[archive.analyte_of_block[estimated.block[group]]]
        drawn = generator.integers(0, values.shape[1], (replicates, values.shape[1]))
        located = _resampled(values, drawn, rule)
        flips = _flips_at(judged, group, rows, located, (slope[group], need[rows]))
        out[rows] = flips / replicates
    return out


def _resampled(values: FloatArray, drawn: IntArray, rule: AnalyteRule) -> FloatArray:
    """Shape (replicates, S), location of each resampled group."""
    samples = values.shape[0]
    results = values[:, drawn].transpose(1, 0, 2)
    codes = np.repeat(np.arange(len(drawn) * samples), drawn.shape[1])
    groups = group_values(results.ravel(), codes, len(drawn) * samples)
    found = ESTIMATORS[rule.policy.assigned_value](groups, rule.policy.stop)
    return np.asarray(found.location).reshape(len(drawn), samples)
