"""The newest runs of one chart judged by a rule set: small, without tables, in about a millisecond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from workbench.iqc.rule_engine import judge_points
from workbench.iqc.streams import ControlStreams, control_z
from workbench.parameters.control_rules import RuleSet

POINTS_SEEN = 64
"""Points of a material that are enough for every rule of a finite row."""
_UNBOUNDED = frozenset(("EWMA", "CUSUM"))


class ChartPoint(NamedTuple):
    """One point of a chart: number, series, lot, run (day x 1000 + number), replicate, value."""

    point_id: int
    series_id: int
    lot_id: int
    run: int
    replicate: int
    value: float


@dataclass(frozen=True)
class WatchedHit:
    """One line of the set hit at one point; z in SD."""

    point_id: int
    series_id: int
    run: int
    rule: str
    action: str
    z: float


def points_needed(rules: RuleSet) -> int:
    """Points of each material a set must see to judge the newest one; 0: the whole history.

    Notes
    -----
    Sums over the whole history (EWMA, CUSUM), rejected runs that change what counts, and skipped ties or values on
    the mean reach back without an end.

    Examples
    --------
    >>> from workbench.parameters.control_rules import rule_sets
    >>> points_needed(rule_sets()["twelve"]), points_needed(rule_sets()["small_shifts"])
    (64, 0)
    """
    endless = any(line.rule in _UNBOUNDED for line in rules.rules)
    endless |= rules.after_rejection != "continues" or "skipped" in (rules.on_mean, rules.tie)
    return 0 if endless else POINTS_SEEN


def judge_chart(
    points: Sequence[ChartPoint],
    targets: Mapping[tuple[int, int], tuple[float, float]],
    rules: RuleSet,
    runs: frozenset[int],
) -> list[WatchedHit]:
    """Hits in some runs of one chart.

    Parameters
    ----------
    points : of all levels, in any order, back to where the rules look. targets : (series, lot) -> mean and SD.
    runs : runs whose hits are wanted: those with a new point.

    Notes
    -----
    A point without a target has no hit. A point that comes late is judged with its neighbours in time; what was said
    of later runs stays as it was.
    """
    ordered = sorted(points, key=lambda p: (p.series_id, p.run, p.replicate))
    series = np.array([p.series_id for p in ordered])
    run = np.unique([p.run for p in ordered], return_inverse=True)[1]
    of = [targets.get((p.series_id, p.lot_id), (np.nan, np.nan)) for p in ordered]
    mean, sd = np.array(of, dtype=np.float64).reshape(-1, 2).T
    z = control_z(np.array([p.value for p in ordered], dtype=np.float64), mean, sd)
    key = [(p.lot_id, *target) for p, target in zip(ordered, of, strict=True)]
    changed = [k > 0 and key[k] != key[k - 1] for k in range(len(key))]
    streams = ControlStreams(z, series, series * 0, run, np.cumsum(changed))
    hits = judge_points(streams, rules)
    found = []
    for k in np.flatnonzero(hits.mask).tolist():
        point = ordered[k]
        if point.run not in runs:
            continue
        for bit, line in enumerate(rules.rules):
            if int(hits.mask[k]) >> bit & 1:
                found.append(
                    WatchedHit(
                        point.point_id, point.series_id, point.run, line.name, line.action, float(z[k])
                    )
                )
    return found
