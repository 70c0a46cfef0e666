"""Where a laboratory's own group stands apart from the target it is judged by (F24, S19)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.evaluation.scores import Round, Scores
from workbench.statistics.target_uncertainty import consensus_uncertainty

_SHARE_OF_LIMIT = 0.5
"""A group apart by more than half of the allowed deviation is a finding whatever its uncertainty."""


@dataclass(frozen=True)
class GroupEffects:
    """Shape (E,).

    Attributes
    ----------
    apart : own (finest) group differs from the target on at least half of the samples.
    percent : mean deviation of the group's robust mean from the target, per cent of the target.
    percent_allowed : the same as per cent of the allowed deviation.
    n : smallest n of the group.
    """

    apart: BoolArray
    percent: FloatArray
    percent_allowed: FloatArray
    n: np.ndarray


def group_effects(given: Round, scored: Scores) -> GroupEffects:
    """Compare the finest group of each row with its target.

    Notes
    -----
    Groups under the disclosure minimum say nothing. A group that is the target itself is not apart.

    References
    ----------
    Difference against 2 sqrt(u1^2 + u2^2): ISO 13528:2022, 7.8, applied to two groups.
    """
    own = given.groups.finest
    stats, aims = given.stats, given.targets
    least = np.array([given.rules[a].policy.disclosure_min for a in given.returns.analyte])
    difference = stats.location[own] - scored.target
    u_own = np.nan_to_num(consensus_uncertainty(stats.scale, stats.n))[own]
    u_target = np.nan_to_num(aims.u)[given.chosen.group]
    own_target = (own == given.chosen.group)[:, None] & ~aims.from_reference[given.chosen.group]
    usable = (stats.n[own] >= least[:, None]) & np.isfinite(difference) & ~own_target
    allowed = aims.error[given.chosen.group]
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = np.abs(difference) > 2.0 * np.hypot(u_own, u_target)
        beyond |= np.abs(difference) > _SHARE_OF_LIMIT * allowed
        percent = 100.0 * difference / np.abs(scored.target)
        of_allowed = 100.0 * difference / allowed
    count = usable.sum(axis=1)
    return GroupEffects(
        apart=(count > 0) & (2 * (beyond & usable).sum(axis=1) >= count),
        percent=_mean(percent, usable),
        percent_allowed=_mean(of_allowed, usable),
        n=stats.n[own].min(axis=1),
    )


def _mean(values: FloatArray, kept: BoolArray) -> FloatArray:
    """Row mean of the kept values, NaN where there are none."""
    n = (kept & np.isfinite(values)).sum(axis=1)
    total = np.where(kept & np.isfinite(values), values, 0.0).sum(axis=1)
    return np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
