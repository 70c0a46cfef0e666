"""All rules of a set on all points at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.iqc.control_rules import CONTROL_RULES, Seen, hits_in_runs
from workbench.iqc.histories import (
    Histories,
    across_histories,
    material_histories,
    replicate_histories,
    run_ends,
)
from workbench.iqc.lanes import Bytes, Rows, conditions
from workbench.iqc.streams import BoolArray, ControlStreams, IntArray
from workbench.parameters.control_rules import RuleLine, RuleSet

Mask = NDArray[np.uint32]
_HISTORIES = {
    "material": material_histories,
    "material_run": replicate_histories,
    "across": across_histories,
}


@dataclass(frozen=True)
class RuleHits:
    """Which lines of a set are hit at which points.

    Parameters
    ----------
    mask : shape (n,), order of the streams; bit k of a point: line k is hit there.
    lines : the lines of the set.
    """

    mask: Mask
    lines: tuple[RuleLine, ...]

    def of(self, name: str) -> BoolArray:
        """Shape (n,): points where the line of that name is hit."""
        position = [line.name for line in self.lines].index(name)
        return (self.mask >> np.uint32(position) & np.uint32(1)) != 0

    def by_action(self, action: str) -> BoolArray:
        """Shape (n,): points where a line with that action (``reject``, ``warning``) is hit."""
        return (self.mask & _bits(self.lines, action)) != 0


def _bits(lines: tuple[RuleLine, ...], action: str) -> np.uint32:
    """The bits of the lines with an action."""
    return np.uint32(sum(1 << k for k, line in enumerate(lines) if line.action == action))


def judge_points(streams: ControlStreams, rules: RuleSet) -> RuleHits:
    """Judge every point by every rule of a set.

    Parameters
    ----------
    streams : the points, sorted by series and run.
    rules : lines and conventions.

    Returns
    -------
    RuleHits of shape (n,).

    Notes
    -----
    - A point without z (no target, no result) has no hit and is in no history: its neighbours are neighbours.
    - A row of points never reaches over the beginning of a history (see `histories`).
    - `gate`: in runs without a hit of 1_2s the other lines have none.
    - `after_rejection`: applied run by run from the oldest, after the gate, by lines that reject.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.parameters.control_rules import rule_sets
    >>> n = np.arange(3)
    >>> points = ControlStreams(np.array([2.1, 2.2, 0.0]), n * 0, n * 0, n, n * 0)
    >>> judge_points(points, rule_sets()["westgard"]).of("2_2s").tolist()
    [False, True, False]
    """
    judged = np.isfinite(streams.z)
    mask = np.zeros(len(streams), dtype=np.uint32)
    if judged.all():
        mask = _with_past_rejections(streams, rules)
    elif judged.any():
        mask[judged] = _with_past_rejections(streams.take(judged), rules)
    return RuleHits(mask, rules.rules)


def _judged_once(streams: ControlStreams, rules: RuleSet) -> Mask:
    """Every line with the history as it stands, and the gate."""
    mask = np.zeros(len(streams), dtype=np.uint32)
    lanes = np.empty(len(streams), dtype=np.uint8)
    _judge_histories(material_histories(streams, rules), "material", rules, mask, lanes)
    for scope in ("material_run", "across"):
        if any(line.where == scope for line in rules.rules):
            other = np.zeros_like(mask)
            _judge_histories(_HISTORIES[scope](streams, rules), scope, rules, other, None)
            if scope == "across" and rules.across == "run_end":
                other[~run_ends(streams)] = 0
            mask |= other
    for position, line in enumerate(rules.rules):
        if line.where == "run":
            places = hits_in_runs(CONTROL_RULES[line.rule], lanes, streams.run, streams.n_runs)
            mask[places] |= np.uint32(1 << position)
    return _gated(mask, streams, rules)


def _judge_histories(
    histories: Histories, scope: str, rules: RuleSet, mask: Mask, lanes: Bytes | None
) -> None:
    """Add the hits of the lines of one scope to the mask; keep the conditions of the points in `lanes`."""
    lines = [(k, line) for k, line in enumerate(rules.rules) if line.where == scope]
    in_pieces = [(k, line) for k, line in lines if not CONTROL_RULES[line.rule].stepwise]
    for first, end, starts in histories.chunks():
        z = histories.z[first:end]
        rows = Rows(conditions(z, reaches=rules.boundary == "reaches"), starts)
        if lanes is not None:
            lanes[first:end] = rows.of(1)
        found = np.zeros(end - first, dtype=np.uint32)
        for position, line in in_pieces:
            found |= _hits(Seen(z, rows, line, rules)).astype(np.uint32) << np.uint32(position)
        if histories.places is None:
            mask[first:end] = found
        else:
            mask[histories.places[first:end]] = found
    for position, line in lines:
        if CONTROL_RULES[line.rule].stepwise:
            rows = Rows(np.empty(0, dtype=np.uint8), histories.starts)
            places = np.flatnonzero(_hits(Seen(histories.z, rows, line, rules)))
            mask[histories.at(places)] |= np.uint32(1 << position)


def _hits(seen: Seen) -> BoolArray:
    """The hits of one line; no history rule means no hit."""
    judge = CONTROL_RULES[seen.line.rule].judge
    return np.zeros(len(seen.z), dtype=bool) if judge is None else judge(seen)


def _gated(mask: Mask, streams: ControlStreams, rules: RuleSet) -> Mask:
    """Without a hit of the gate in the run the other lines count nothing."""
    if rules.gate == "none":
        return mask
    position = [line.name for line in rules.rules].index(rules.gate)
    opened = np.zeros(streams.n_runs, dtype=bool)
    opened[streams.run[(mask >> np.uint32(position) & np.uint32(1)) != 0]] = True
    mask[~opened[streams.run]] = 0
    return mask


def _with_past_rejections(streams: ControlStreams, rules: RuleSet) -> Mask:
    """Judge, then once more what comes after each rejected run, with the history the set asks for."""
    mask = _judged_once(streams, rules)
    if rules.after_rejection == "continues":
        return mask
    rejecting = _bits(rules.rules, "reject")
    out = np.zeros(streams.n_runs, dtype=bool)
    here = np.arange(len(streams))
    seen = np.full(len(streams.levels), -1)
    while True:
        chart, run = streams.chart[here], streams.run[here]
        rejected = here[((mask[here] & rejecting) != 0) & (run > seen[chart])]
        first = _first_run(streams, rejected)
        later = run > first[chart]
        if not later.any():
            return mask
        seen = np.where(first < streams.n_runs, first, seen)
        if rules.after_rejection == "restarts":
            here = here[later]
            mask[here] = _judged_once(streams.take(here), rules)
        else:
            out[first[first < streams.n_runs]] = True
            renewed, here = here[later], here[np.isin(chart, chart[later])]
            mask[renewed] = _judged_without(streams, here, out, rules)[renewed]


def _first_run(streams: ControlStreams, rejected: IntArray) -> IntArray:
    """By chart: its first rejected run; the number of runs where there is none."""
    first = np.full(len(streams.levels), streams.n_runs, dtype=np.intp)
    np.minimum.at(first, streams.chart[rejected], streams.run[rejected])
    return first


def _judged_without(streams: ControlStreams, here: IntArray, out: BoolArray, rules: RuleSet) -> Mask:
    """Some charts judged without the runs that are left out; shape of the streams, 0 elsewhere."""
    mask = np.zeros(len(streams), dtype=np.uint32)
    counting = here[~out[streams.run[here]]]
    mask[counting] = _judged_once(streams.take(here).without(out), rules)
    return mask
