"""Judge an archive under given rules: signals, counts and verdicts of every row, in milliseconds.

Targets and limits come from `workbench.evaluation` itself, once per group and sample in use. Cells are
compared in floats; within a millionth of the limit the reported digits decide, as they do there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.evaluation.assigned_values import Targets, targets
from workbench.evaluation.consensus import Consensus
from workbench.evaluation.criteria import NEAR_LIMIT, BoolArray, FloatArray, ObjectArray, interval_signal
from workbench.evaluation.peer_groups import PeerGroups
from workbench.evaluation.returns import IntArray
from workbench.evaluation.rules import AnalyteRule, level_name
from workbench.evaluation.scores import ACTION, CLASS_TOLERANCE, WARNING
from workbench.evaluation.states import CREDITED
from workbench.statistics.scores import z_score
from workbench.tuning.archive import CENSORED, NUMERIC, REPORTED, STATES, Archive, ByteArray
from workbench.tuning.estimation import Estimated, consensus_key, estimate

SIGNALS = ("acceptable", "warning", "action", "not_scored")
VERDICTS = ("fail", "pass", "not_scored")
REASONS = ("", "NS-E", "NS-S", "NS-H", "NS-X", "NS-N", "NS-D", "NS-U", "NS-R")

ACCEPTABLE, WARNED, FAILED, UNSCORED = range(4)
FAIL, PASS, NO_VERDICT = range(3)
_CODE = {name: code for code, name in enumerate(STATES)}


@dataclass(frozen=True)
class Rejudged:
    """What a rule makes of an archive. E rows, S samples, U groups in use.

    Attributes
    ----------
    archive, rules, estimated : what was judged, by what, and the groups it was judged in.
    targets : of every used group on every sample, arrays of shape (U, S).
    state, reason, signal : shape (S, E), codes of `STATES`, `REASONS` and `SIGNALS`.
    acceptable, graded : shape (E,), a and k of each laboratory x device x analyte x round.
    verdict : shape (E,), code of `VERDICTS`.
    """

    archive: Archive
    rules: tuple[AnalyteRule, ...]
    estimated: Estimated
    targets: Targets
    state: ByteArray
    reason: ByteArray
    signal: ByteArray
    acceptable: IntArray
    graded: IntArray
    verdict: ByteArray

    @cached_property
    def exact_floats(self) -> FloatArray:
        """Shape (U, S), the targets limits are resolved at."""
        return _floats(self.targets.exact)

    @cached_property
    def level(self) -> ObjectArray:
        """Shape (U,), name of the rung of each used group."""
        names = np.array([level_name(rung) for rung in self.estimated.rungs], dtype=object)
        return names[self.estimated.rung]

    @cached_property
    def group_name(self) -> ObjectArray:
        """Shape (U,), codes of each used group joined by "|"."""
        estimated = self.estimated
        pairs = zip(estimated.rung, estimated.number, strict=True)
        names = [self.archive.group_name(estimated.rungs[rung], int(number)) for rung, number in pairs]
        return np.array(names, dtype=object)

    @property
    def pass_rate(self) -> float:
        """Per cent of rows with a verdict that pass; NaN without any."""
        scored = int((self.verdict != NO_VERDICT).sum())
        return 100.0 * float((self.verdict == PASS).sum()) / scored if scored else float("nan")


def rejudge(
    archive: Archive, rules: Sequence[AnalyteRule] | None = None, estimated: Estimated | None = None
) -> Rejudged:
    """Judge every result of an archive.

    Parameters
    ----------
    archive : the results.
    rules : one per analyte of the archive, see `changed_rules`; None: those in force.
    estimated : the consensus of an earlier call; used again where the rules leave it as it is.

    Returns
    -------
    Rejudged, equal to a full evaluation of each round.

    Notes
    -----
    Without a change of ladder, minimum, estimator or participants only limits are compared again.
    """
    rules = archive.rules if rules is None else tuple(rules)
    if estimated is None or estimated.key != consensus_key(rules):
        estimated = estimate(archive, rules)
    aims = archive_targets(archive, rules, estimated)
    reason = _reason_codes(aims.reason)
    numeric = _numeric_signals(archive, rules, estimated, aims)
    state = _states(archive, estimated, reason)
    signal = _signals(archive, state, numeric)
    undecided = _judge_bounds(archive, rules, (estimated, aims), (state, signal))
    acceptable, graded = _counts(archive, rules, state, signal)
    told = np.isin(state, (_CODE["not_scored"], _CODE["survey"]))
    reasons = np.where(told, _spread(reason, estimated.group), 0).astype(np.uint8)
    for cell in undecided:
        reasons[cell] = REASONS.index("NS-R")
    verdict = _verdicts(archive, rules, acceptable, graded)
    return Rejudged(archive, rules, estimated, aims, state, reasons, signal, acceptable, graded, verdict)


def archive_targets(archive: Archive, rules: Sequence[AnalyteRule], estimated: Estimated) -> Targets:
    """Targets and limits of the used groups, by the evaluation's own rules; arrays of shape (U, S)."""
    nothing = np.zeros((0, 0), dtype=np.int64)
    text = np.full(len(estimated.block), "", dtype=object)
    groups = PeerGroups((), nothing, text, text, estimated.block, ())
    names = np.array([rule.policy.assigned_value for rule in rules], dtype=object)
    stats = Consensus(
        n=estimated.n,
        n_censored=nothing,
        location=estimated.location,
        scale=estimated.scale,
        iterations=nothing,
        degenerate=estimated.degenerate,
        identical=estimated.identical,
        estimator=names[archive.analyte_of_block[estimated.block]],
        eligible=nothing.astype(bool),
        taking_part=nothing.astype(bool),
        merged=nothing.astype(bool),
        values=None,  # type: ignore[arg-type]
    )
    return targets(groups, stats, [rules[a] for a in archive.analyte_of_block], archive.material)


def _reason_codes(reason: ObjectArray) -> ByteArray:
    """Shape (U, S), codes of `REASONS`."""
    out = np.zeros(reason.shape, dtype=np.uint8)
    for code, name in enumerate(REASONS[1:], start=1):
        out[reason == name] = code
    return out


def _floats(values: ObjectArray) -> FloatArray:
    flat = [np.nan if each is None else float(each) for each in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def _spread(per_group: np.ndarray, group: IntArray) -> np.ndarray:
    """Numbers of the groups at every cell: (U, S) to (S, E)."""
    columns = np.ascontiguousarray(per_group.T)
    return np.stack([column[group] for column in columns]) if len(columns) else columns


def _numeric_signals(
    archive: Archive, rules: Sequence[AnalyteRule], estimated: Estimated, aims: Targets
) -> ByteArray:
    """Shape (S, E), signal of every plain number against its limit, or by its score."""
    by_score = np.array([rule.policy.score == "z" for rule in rules])
    if by_score.all():
        out = np.full(archive.shape, FAILED, dtype=np.uint8)
    else:
        out = np.where(_inside(archive, estimated, aims), ACCEPTABLE, FAILED).astype(np.uint8)
    for position in np.flatnonzero(by_score):
        rows = _rows(archive, int(position))
        out[:, rows] = _score_signals(archive, rules[int(position)], (estimated, aims), rows)
    return out


def _rows(archive: Archive, analyte: int) -> slice:
    """The rows of one analyte."""
    rounds = len(archive.rounds)
    return slice(int(archive.start[analyte * rounds]), int(archive.start[(analyte + 1) * rounds]))


def _inside(archive: Archive, estimated: Estimated, aims: Targets) -> BoolArray:
    """Shape (S, E), inside the limit: floats, and digits where floats cannot tell."""
    target = _floats(aims.exact)
    band = NEAR_LIMIT * np.maximum(np.abs(aims.error), 1e-6 * np.abs(target))
    out = np.empty(archive.shape, dtype=bool)
    group = estimated.group
    for sample in range(archive.shape[0]):
        deviation = np.abs(archive.value[sample] - target[:, sample][group])
        sure = deviation < (aims.error - band)[:, sample][group]
        near = deviation <= (aims.error + band)[:, sample][group]
        near ^= sure
        for row in np.flatnonzero(near):
            place = int(group[row]), sample
            distance = abs(archive.reported(sample, int(row)) - aims.exact[place])
            allowed = aims.allowed[place]
            sure[row] = distance < allowed or (distance == allowed and bool(aims.inclusive[place]))
        out[sample] = sure
    return out


def _score_signals(
    archive: Archive, rule: AnalyteRule, judged_in: tuple[Estimated, Targets], rows: slice
) -> ByteArray:
    """Shape (S, rows of the analyte), class of the z score."""
    estimated, aims = judged_in
    own = rule.policy.sigma_pt.kind == "robust_sd"
    crowded = estimated.identical > rule.policy.identical_share_max
    useless = (estimated.n >= 2) & (estimated.degenerate | (own & crowded))
    useless |= (aims.reason == "NS-N") | (aims.reason == "NS-U")
    sigma = np.where(useless, np.nan, aims.sigma_score)
    group = estimated.group[rows]
    score = z_score(archive.value[:, rows], _spread(aims.value, group), _spread(sigma, group))
    if rule.policy.score_decimals is not None:
        score = np.round(score, rule.policy.score_decimals)
    size = np.abs(score)
    with np.errstate(invalid="ignore"):
        out = np.where(size >= ACTION * (1 - CLASS_TOLERANCE), FAILED, WARNED)
        out = np.where(size <= WARNING * (1 + CLASS_TOLERANCE), ACCEPTABLE, out)
    return np.where(np.isfinite(size), out, UNSCORED).astype(np.uint8)


def _states(archive: Archive, estimated: Estimated, reason: ByteArray) -> ByteArray:
    """Shape (S, E), states with the targets' own reasons laid over."""
    kind = np.where(reason == 0, 0, np.where(reason == REASONS.index("NS-X"), 2, 1)).astype(np.uint8)
    if not kind.any():
        return archive.state
    table = np.tile(np.arange(len(STATES), dtype=np.uint8), (3, 1))
    told = [code for code, name in enumerate(STATES) if name not in ("not_performed", "excused", "absent")]
    table[1, told], table[2, told] = _CODE["not_scored"], _CODE["survey"]
    return table.ravel()[_spread(kind, estimated.group) * np.uint8(len(STATES)) + archive.state]


def _signals(archive: Archive, state: ByteArray, numeric: ByteArray) -> ByteArray:
    """Shape (S, E), the signal that decides; "<" and ">" results are still open."""
    table = np.full((2, len(STATES), 4), UNSCORED, dtype=np.uint8)
    for name in ("unreadable", "not_returned", "late"):
        table[:, _CODE[name], :] = FAILED
    for name in ("scored", "late"):
        table[1, _CODE[name], :] = np.arange(4)
    plain = (archive.flags & NUMERIC).astype(np.uint8) * np.uint8(4 * len(STATES))
    plain += state * np.uint8(4)
    plain += numeric
    return table.ravel()[plain]


def _judge_bounds(
    archive: Archive,
    rules: Sequence[AnalyteRule],
    judged_in: tuple[Estimated, Targets],
    cells: tuple[ByteArray, ByteArray],
) -> list[tuple[int, int]]:
    """Set the signals of "<" and ">" results; returns the cells that stay open."""
    estimated, aims = judged_in
    state, signal = cells
    open_cells = []
    waiting = ((archive.flags & CENSORED) != 0) & np.isin(state, (_CODE["censored"], _CODE["late"]))
    for sample, row in np.argwhere(waiting):
        cell = int(sample), int(row)
        place = int(estimated.group[row]), int(sample)
        rule = rules[archive.analyte_of_block[archive.block[row]]]
        found = "not_scored"
        if (
            rule.policy.censored != "not_scored"
            and aims.allowed[place] is not None
            and cell in archive.bounds
        ):
            censor, bound = archive.bounds[cell]
            target, allowed = aims.exact[place], aims.allowed[place]
            inclusive = bool(aims.inclusive[place])
            found = interval_signal(censor, bound, target - allowed, target + allowed, inclusive=inclusive)
        is_late = state[cell] == _CODE["late"]
        if found == "not_scored" and not is_late:
            open_cells.append(cell)
        signal[cell] = FAILED if found == "not_scored" and is_late else SIGNALS.index(found)
    return open_cells


def _count_tables(rule: AnalyteRule) -> tuple[ByteArray, ByteArray]:
    """Whether a cell counts as acceptable and as graded, by reported x state x signal."""
    policy = rule.policy
    acceptable = np.zeros((2, len(STATES), 4), dtype=np.uint8)
    graded = np.zeros_like(acceptable)
    judged = ["scored", "censored", *(["late"] if policy.late == "score" else [])]
    for name in judged:
        graded[:, _CODE[name], :UNSCORED] = 1
        acceptable[:, _CODE[name], :FAILED] = 1
    for name in ("not_returned", "unreadable", "not_performed", "late"):
        if getattr(policy, name) == "zero":
            graded[:, _CODE[name], :] = 1
    if policy.not_scored == "credit":
        for name in CREDITED:
            graded[1, _CODE[name], UNSCORED] = acceptable[1, _CODE[name], UNSCORED] = 1
    return acceptable.ravel(), graded.ravel()


def _counts(
    archive: Archive, rules: Sequence[AnalyteRule], state: ByteArray, signal: ByteArray
) -> tuple[IntArray, IntArray]:
    """Shape (E,), a and k."""
    index = ((archive.flags & REPORTED) != 0).astype(np.uint8) * np.uint8(4 * len(STATES))
    index += state * np.uint8(4)
    index += signal
    out = np.zeros((2, archive.shape[1]), dtype=np.uint8)
    tables = [_count_tables(rule) for rule in rules]
    first = 0
    for position in range(len(rules)):
        is_last = position + 1 == len(rules)
        if not is_last and all(map(np.array_equal, tables[position], tables[position + 1])):
            continue
        rows = slice(_rows(archive, first).start, _rows(archive, position).stop)
        for which, table in enumerate(tables[position]):
            for cells in index[:, rows]:
                out[which, rows] += table[cells]
        first = position + 1
    return out[0].astype(np.int64), out[1].astype(np.int64)


def _verdicts(
    archive: Archive, rules: Sequence[AnalyteRule], acceptable: IntArray, graded: IntArray
) -> ByteArray:
    """Pass, fail or nothing graded; the mark itself passes."""
    marks = np.array([rule.policy.pass_mark for rule in rules])
    rounds = len(archive.rounds)
    sizes = [_rows(archive, a).stop - _rows(archive, a).start for a in range(len(rules))] if rounds else []
    mark = np.repeat(marks, sizes) if len(set(marks.tolist())) > 1 else marks[0]
    passed = 100 * acceptable >= mark * graded
    return np.where(graded == 0, NO_VERDICT, np.where(passed, PASS, FAIL)).astype(np.uint8)
