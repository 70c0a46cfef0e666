"""Every result against its target: differences, scores, classes and the signal that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from workbench.evaluation.assigned_values import Targets
from workbench.evaluation.consensus import Consensus
from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray, Reported, interval_signal, judge
from workbench.evaluation.peer_groups import Chosen, PeerGroups
from workbench.evaluation.returns import Returns
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.states import States
from workbench.statistics.ranks import percentile_rank_groups
from workbench.statistics.scores import percent_allowed, percent_difference, sdi, z_score

WARNING, ACTION = 2.0, 3.0
"""|score| <= 2 acceptable, from 3 on action: ISO 13528:2022, 9.4.2."""

CLASS_TOLERANCE = 1e-9
"""Relative tolerance, in the laboratory's favour at 2, that absorbs binary noise at a class boundary."""

_SENT = ("scored", "late", "not_scored", "survey")
"""States in which a plain number can be set against a target."""


@dataclass(frozen=True)
class Scores:
    """Shape (E, S), NaN or "" where there is nothing; see the columns of the same names in the frame.

    `target` is the value the limit was resolved at; `score` divides the difference from the unrounded
    assigned value.
    """

    target: FloatArray
    low: FloatArray
    high: FloatArray
    difference: FloatArray
    percent_difference: FloatArray
    percent_allowed: FloatArray
    score_kind: ObjectArray
    score: FloatArray
    sdi: FloatArray
    percentile: FloatArray
    signal: ObjectArray
    score_signal: ObjectArray
    on_limit: BoolArray
    undecided: BoolArray


@dataclass(frozen=True)
class Round:
    """All that is known when results are judged."""

    returns: Returns
    rules: tuple[AnalyteRule, ...]
    groups: PeerGroups
    stats: Consensus
    chosen: Chosen
    targets: Targets
    cells: States

    @cached_property
    def spread_unusable(self) -> BoolArray:
        """Shape (G, S): robust SD zero or undefined; where sigma_pt is that SD, also more than the allowed
        share identical (F09)."""
        rules = [self.rules[a] for a in self.groups.analyte]
        share = np.array([rule.policy.identical_share_max for rule in rules])[:, None]
        own = np.array([rule.policy.sigma_pt.kind == "robust_sd" for rule in rules], dtype=bool)[:, None]
        return (self.stats.n >= 2) & (self.stats.degenerate | (own & (self.stats.identical > share)))


def score_class(score: FloatArray) -> ObjectArray:
    """Class of z or z' scores: acceptable up to 2 inclusive, action from 3 inclusive, else warning.

    Examples
    --------
    >>> score_class(np.array([2.0, -2.01, 3.0, np.nan])).tolist()
    ['acceptable', 'warning', 'action', 'not_scored']
    """
    size = np.abs(score)
    with np.errstate(invalid="ignore"):
        classes = [
            size <= WARNING * (1 + CLASS_TOLERANCE),
            size >= ACTION * (1 - CLASS_TOLERANCE),
            np.isfinite(size),
        ]
    return np.select(classes, ["acceptable", "action", "warning"], "not_scored").astype(object)


def scores(given: Round) -> Scores:
    """Score every cell.

    Notes
    -----
    Late results are judged for information. Results of states without a number have no scores;
    unreadable and not returned ones carry the signal "action", because they are graded with 0 points.
    Where a group's spread is zero no z is given, nor where sigma_pt is the spread of a group of which more
    than half is identical (F09). A target
    of too few results (NS-N) is not shown: it would give other laboratories' results away.
    """
    group = given.chosen.group
    returns, aims = given.returns, given.targets
    hidden = aims.reason[group] == "NS-N"
    target = np.where(hidden, np.nan, _floats(aims.exact[group]))
    allowed = np.where(hidden, np.nan, aims.error[group])
    shown = returns.numeric & np.isin(given.cells.state, _SENT)
    value = np.where(shown, returns.value, np.nan)
    sigma = np.where(given.spread_unusable[group], np.nan, aims.sigma_score[group])
    sigma = np.where(hidden | (aims.reason[group] == "NS-U"), np.nan, sigma)
    score = z_score(value, aims.value[group], sigma)
    inside, on_limit = _judged(given)
    score_signal = score_class(_rounded(score, given.rules, returns.analyte))
    signal, undecided = _signals(given, inside, score_signal)
    kind = np.where(aims.prime[group], "z_prime", "z")
    return Scores(
        target=target,
        low=target - allowed,
        high=target + allowed,
        difference=value - target,
        percent_difference=percent_difference(value, target),
        percent_allowed=percent_allowed(value, target, allowed),
        score_kind=np.where(np.isfinite(score), kind, "").astype(object),
        score=score,
        sdi=np.where(hidden, np.nan, sdi(value, given.stats.location[group], given.stats.scale[group])),
        percentile=_percentiles(given, value),
        signal=signal,
        score_signal=score_signal,
        on_limit=on_limit & (signal == "acceptable"),
        undecided=undecided,
    )


def _floats(values: ObjectArray) -> FloatArray:
    flat = [np.nan if each is None else float(each) for each in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def _rounded(score: FloatArray, rules: Sequence[AnalyteRule], analyte: np.ndarray) -> FloatArray:
    """Scores rounded before they are classified, where the policy says so."""
    out = score.copy()
    for position, rule in enumerate(rules):
        if rule.policy.score_decimals is not None:
            rows = analyte == position
            out[rows] = np.round(score[rows], rule.policy.score_decimals)
    return out


def _judged(given: Round) -> tuple[BoolArray, BoolArray]:
    """Inside the limit, and exactly on it, shape (E, S)."""
    returns, aims, group = given.returns, given.targets, given.chosen.group
    numeric = np.where(returns.numeric, returns.value, np.nan)
    inclusive = aims.inclusive[group, 0]
    inside = np.zeros(returns.shape, dtype=bool)
    on_limit = np.zeros(returns.shape, dtype=bool)
    for ends_in in (True, False):
        rows = inclusive == ends_in
        reported = Reported(numeric[rows].ravel(), returns.raw[rows].ravel(), returns.decimals[rows].ravel())
        verdict = judge(
            reported,
            aims.exact[group[rows]].ravel(),
            aims.allowed[group[rows]].ravel(),
            inclusive=ends_in,
        )
        shape = inside[rows].shape
        inside[rows], on_limit[rows] = verdict.inside.reshape(shape), verdict.on_limit.reshape(shape)
    return inside, on_limit


def _signals(given: Round, inside: BoolArray, score_signal: ObjectArray) -> tuple[ObjectArray, BoolArray]:
    """The signal that decides, and censored results that stay open, shape (E, S)."""
    by_limit = np.array([rule.policy.score == "limit" for rule in given.rules])[given.returns.analyte]
    numeric = np.where(by_limit[:, None], np.where(inside, "acceptable", "action"), score_signal)
    state = given.cells.state
    conditions = [
        np.isin(state, ["scored", "late"]) & given.returns.numeric,
        np.isin(state, ["unreadable", "not_returned", "late"]),
    ]
    signal = np.select(conditions, [numeric, "action"], "not_scored").astype(object)
    undecided = np.zeros(signal.shape, dtype=bool)
    bounds = (given.returns.state == "reported") & (given.returns.censor != 0)
    for row, column in np.argwhere(bounds & np.isin(state, ["censored", "late"])):
        found = _censored(given, int(row), int(column))
        undecided[row, column] = found == "not_scored" and state[row, column] == "censored"
        signal[row, column] = "action" if found == "not_scored" and state[row, column] == "late" else found
    return signal, undecided


def _censored(given: Round, row: int, column: int) -> str:
    """Signal of one "<" or ">" result."""
    returns, aims, group = given.returns, given.targets, int(given.chosen.group[row])
    target, allowed = aims.exact[group, column], aims.allowed[group, column]
    policy = given.rules[returns.analyte[row]].policy
    if policy.censored == "not_scored" or allowed is None or not np.isfinite(returns.value[row, column]):
        return "not_scored"
    return interval_signal(
        int(returns.censor[row, column]),
        _bound(str(returns.raw[row, column]), float(returns.value[row, column])),
        target - allowed,
        target + allowed,
        inclusive=bool(aims.inclusive[group, column]),
    )


def _bound(raw: str, value: float) -> Decimal:
    """The limit of a censored result, digit for digit where the text gives it."""
    reported = Reported(
        np.array([value]), np.array([raw.strip().lstrip("<>≤≥＜＞= ")], dtype=object), np.zeros(1, np.int64)
    )
    return reported.digits(0)


def _percentiles(given: Round, value: FloatArray) -> FloatArray:
    """Mid-rank within all laboratories, percent."""
    samples = value.shape[1]
    widest = given.groups.widest[given.returns.analyte]
    codes = widest[:, None] * samples + np.arange(samples)
    codes = np.where(np.isfinite(value), codes, -1)
    return np.asarray(percentile_rank_groups(given.stats.values, value.ravel(), codes.ravel())).reshape(
        value.shape
    )
