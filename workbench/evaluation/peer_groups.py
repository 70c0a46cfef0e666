"""Peer groups: who is compared with whom, and which rung of the ladder sets a laboratory's target.

The narrowest rung whose group reaches the minimum is used; a group that is too small falls back to
the next wider rung, never to a sibling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.evaluation.criteria import BoolArray, ObjectArray
from workbench.evaluation.returns import DIMENSIONS, IntArray, Returns
from workbench.evaluation.rules import AnalyteRule, level_name
from workbench.frames import ALL_LABORATORIES


@dataclass(frozen=True)
class PeerGroups:
    """All groups of all rungs, numbered through.

    Attributes
    ----------
    levels : names of the rungs, R of them; the last is "all".
    group : shape (R, E), group number, -1 where the analyte does not use the rung or the laboratory
        registered no code for one of its dimensions.
    level, name : shape (G,), rung and codes joined by "|".
    analyte : shape (G,), position of the analyte.
    ladders : for each analyte the positions of its rungs, narrow to wide.
    """

    levels: tuple[str, ...]
    group: IntArray
    level: ObjectArray
    name: ObjectArray
    analyte: IntArray
    ladders: tuple[tuple[int, ...], ...]

    @cached_property
    def widest(self) -> IntArray:
        """Shape (A,), group number of all laboratories of each analyte, -1 without enrolment."""
        out = np.full(len(self.ladders), -1, dtype=np.int64)
        everybody = self.level == ALL_LABORATORIES
        out[self.analyte[everybody]] = np.flatnonzero(everybody)
        return out

    @cached_property
    def finest(self) -> IntArray:
        """Shape (E,), the narrowest group each row belongs to."""
        out = np.full(self.group.shape[1], -1, dtype=np.int64)
        for rung in range(len(self.levels)):
            out = np.where(out < 0, self.group[rung], out)
        return out


def peer_groups(returns: Returns, rules: Sequence[AnalyteRule]) -> PeerGroups:
    """Number the groups of every rung that some analyte uses, and of all laboratories."""
    rungs = _rungs(rules)
    levels = tuple(level_name(rung) for rung in rungs)
    numbered, level, name, analyte = [], [], [], []
    offset = 0
    for rung in rungs:
        users = np.array([rung in rule.policy.ladder or not rung for rule in rules])
        codes, names, owners = _numbered(returns, rung, users[returns.analyte])
        numbered.append(np.where(codes >= 0, codes + offset, -1))
        offset += len(names)
        level += [level_name(rung)] * len(names)
        name += names
        analyte += owners
    ladders = tuple(tuple(levels.index(each) for each in rule.levels) for rule in rules)
    return PeerGroups(
        levels,
        np.stack(numbered),
        np.array(level, dtype=object),
        np.array(name, dtype=object),
        np.array(analyte, dtype=np.int64),
        ladders,
    )


def _rungs(rules: Sequence[AnalyteRule]) -> list[tuple[str, ...]]:
    """Rungs in the order they first appear, more dimensions first, all laboratories last."""
    seen: dict[tuple[str, ...], None] = {}
    for rule in rules:
        seen.update(dict.fromkeys(rule.policy.ladder))
    seen.pop((), None)
    return [*sorted(seen, key=lambda rung: -len(rung)), ()]


def _numbered(
    returns: Returns, rung: tuple[str, ...], used: BoolArray
) -> tuple[IntArray, list[str], list[int]]:
    """Group number of each row at one rung, with the names and analytes of the groups, in name order."""
    columns = [returns.system[:, DIMENSIONS.index(dimension)] for dimension in rung]
    keys: dict[tuple[int, str], list[int]] = {}
    for row in np.flatnonzero(used):
        codes = [column[row] for column in columns]
        if all(codes):
            keys.setdefault((int(returns.analyte[row]), "|".join(codes)), []).append(int(row))
    out = np.full(returns.shape[0], -1, dtype=np.int64)
    ordered = sorted(keys)
    for number, key in enumerate(ordered):
        out[keys[key]] = number
    return out, [name for _, name in ordered], [analyte for analyte, _ in ordered]


@dataclass(frozen=True)
class Chosen:
    """Which group judges each row.

    Attributes
    ----------
    group : shape (E,), group whose statistics stand beside the result.
    reached : shape (E,), whether a rung of the ladder reached the minimum.
    fallback_from : shape (E,), the rung that was too small, "" where the first rung was used.
    own_n : shape (E,), smallest n of the finest group over the samples that count.
    """

    group: IntArray
    reached: BoolArray
    fallback_from: ObjectArray
    own_n: IntArray


def choose(groups: PeerGroups, n: IntArray, rules: Sequence[AnalyteRule], analyte: IntArray) -> Chosen:
    """Climb the ladder.

    Parameters
    ----------
    groups : all groups. n : shape (G, S), results in the statistics. analyte : shape (E,).

    Notes
    -----
    One rung serves all samples of an analyte: the narrowest that reaches n_min on every sample on
    which all laboratories together reach it. A sample on which not even they do does not widen the
    group of the others. Where no rung reaches the minimum the widest one of the ladder is kept for
    display and `reached` is False.
    """
    n_min = np.array([rule.policy.n_min for rule in rules])
    widest = groups.widest
    counts = np.where(widest[:, None] >= 0, n[widest], 0) >= n_min[:, None]
    least = _least(n, counts[groups.analyte])
    group = np.full(len(analyte), -1, dtype=np.int64)
    reached = np.zeros(len(analyte), dtype=bool)
    fallback = np.full(len(analyte), "", dtype=object)
    for position in range(len(rules)):
        rows = np.flatnonzero(analyte == position)
        possible = counts[position].any()
        for rung in groups.ladders[position]:
            own = groups.group[rung, rows]
            open_rows = ~reached[rows]
            enough = possible & (own >= 0) & (np.where(own >= 0, least[own], 0) >= n_min[position])
            take = open_rows & (own >= 0)
            group[rows[take]] = own[take]
            fallback[rows[open_rows & ~enough & (fallback[rows] == "")]] = groups.levels[rung]
            reached[rows[open_rows & enough]] = True
    group = np.where(group >= 0, group, widest[analyte])
    finest = groups.finest
    return Chosen(group, reached, fallback, least[finest])


def _least(n: IntArray, counts: BoolArray) -> IntArray:
    """Shape (G,), smallest n over the samples that count; over all samples where none does."""
    high = np.iinfo(np.int64).max
    wanted = np.where(counts.any(axis=1, keepdims=True), counts, True)
    return np.where(wanted, n, high).min(axis=1, initial=high)
