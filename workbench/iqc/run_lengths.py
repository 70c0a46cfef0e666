"""What rules over one material do by theory: false alarms a point, and runs until a fault is found.

A history of independent normal z falls into zones by the limits of the rules. What a set still needs to know of the
past are a few counters (points in a row beyond each limit, on one side), which make a Markov chain. Its probabilities
are exact: no simulation, nothing of the rule engine.

References
----------
Champ CW, Woodall WH. Exact results for Shewhart control charts with supplementary runs rules. Technometrics
1987;29:393-399. Brook D, Evans DA. Biometrika 1972;59:539-549 (CUSUM).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.iqc.streams import BoolArray, FloatArray

SINGLE = {"1_2s": 2.0, "1_2.5s": 2.5, "1_3s": 3.0, "1_3.5s": 3.5}
ROW = {"2_2s": (2, 2.0), "3_1s": (3, 1.0), "4_1s": (4, 1.0)}
SIDE = {"6x": 6, "8x": 8, "9x": 9, "10x": 10, "12x": 12}
KNOWN = frozenset((*SINGLE, *ROW, *SIDE, "2of3_2s"))
"""Rules of one material whose past is a matter of zones; 7T compares neighbours, EWMA and CUSUM add."""

_HORIZON = 20_000
"""Runs after which a fault counts as never found."""

State = tuple[int, ...]


@dataclass(frozen=True)
class RuleChain:
    """The Markov chain of a set of rules.

    Parameters
    ----------
    edges : shape (m - 1,), borders of the zones, ascending, SD.
    following : shape (s, m), state that follows each state by the zone of the next point.
    hit : shape (s, m), whether a rule is hit at that point.
    """

    edges: FloatArray
    following: np.ndarray
    hit: BoolArray

    def zones(self, shift: float, scale: float = 1.0) -> FloatArray:
        """Probability of each zone, shape (m,), when z has that mean and SD."""
        below = np.array([_normal((edge - shift) / scale) for edge in self.edges])
        return np.diff(np.concatenate([[0.0], below, [1.0]]))

    def settled(self) -> FloatArray:
        """Shape (s,): how often each state is met long after the start, in control; hits do not end the history."""
        here = np.zeros(len(self.following))
        here[0] = 1.0
        p = self.zones(0.0)
        for _ in range(200):
            here = self._moved(here, p[None, :] * here[:, None])
        return here

    def _moved(self, here: FloatArray, flow: FloatArray) -> FloatArray:
        return np.bincount(self.following.ravel(), flow.ravel(), len(here)).astype(np.float64)

    def false_alarms(self) -> float:
        """Probability that a point in control hits a rule, long after the start."""
        flow = self.settled()[:, None] * self.zones(0.0)[None, :]
        return float(flow[self.hit].sum())

    def found_after(
        self, shift: Callable[[int], float], scale: float = 1.0, *, settled: bool = True, runs: int = _HORIZON
    ) -> FloatArray:
        """Probability that the first hit after the onset of a fault falls on run 1, 2, ...; shape (runs,) at most.

        Parameters
        ----------
        shift : mean of z at run 1, 2, ... of the fault, SD; a constant step or a drift. scale : SD of z.
        settled : the fault meets a history in control; False: a history that begins with it.
        runs : runs looked at.
        """
        here = self.settled() if settled else np.eye(1, len(self.following))[0]
        found = []
        for run in range(1, runs + 1):
            flow = here[:, None] * self.zones(shift(run), scale)[None, :]
            found.append(float(flow[self.hit].sum()))
            flow[self.hit] = 0.0
            here = self._moved(here, flow)
            if here.sum() < 1e-9:
                break
        return np.array(found)


def mean_delay(found: FloatArray) -> float:
    """Mean run of the first hit, counted from 1, of faults that are found; NaN where none is."""
    total = float(found.sum())
    return float((np.arange(1, len(found) + 1) * found).sum()) / total if total > 0 else math.nan


def rule_chain(rules: Sequence[str]) -> RuleChain:
    """The chain of rules over one material, strict limits, the last point one of the two in 2of3_2s.

    Raises
    ------
    ValueError
        naming rules that are not of zones.

    Examples
    --------
    >>> round(1 / rule_chain(["1_3s"]).false_alarms(), 2)
    370.4
    >>> chain = rule_chain(["1_3s", "8x"])
    >>> round(mean_delay(chain.found_after(lambda run: 1.0, settled=False)), 2)
    14.58
    """
    unknown = sorted(set(rules) - KNOWN)
    if unknown:
        raise ValueError(f"no theory of zones for {', '.join(unknown)}")
    limits = sorted({SINGLE[r] for r in rules if r in SINGLE} | {ROW[r][1] for r in rules if r in ROW})
    limits = sorted({*limits, *([2.0] if "2of3_2s" in rules else [])})
    edges = np.array([-x for x in reversed(limits)] + [0.0] + limits)
    middles = [_between(edges, k) for k in range(len(edges) + 1)]
    counters = _Counters(rules)
    states: dict[State, int] = {counters.start: 0}
    waiting, following, hit = [counters.start], [], []
    while waiting:
        state = waiting.pop(0)
        row = [counters.after(state, z) for z in middles]
        for later, _ in row:
            if later not in states:
                states[later] = len(states)
                waiting.append(later)
        following.append([states[later] for later, _ in row])
        hit.append([struck for _, struck in row])
    return RuleChain(edges, np.array(following), np.array(hit))


class _Counters:
    """What must be known of the past: a signed count a limit, and the last two points for 2of3_2s."""

    def __init__(self, rules: Sequence[str]) -> None:
        self.single = [SINGLE[r] for r in rules if r in SINGLE]
        needed: dict[float, list[int]] = {}
        for r in rules:
            if r in ROW:
                needed.setdefault(ROW[r][1], []).append(ROW[r][0])
            if r in SIDE:
                needed.setdefault(0.0, []).append(SIDE[r])
        self.rows = sorted((limit, min(lengths)) for limit, lengths in needed.items())
        self.pairs = "2of3_2s" in rules
        # The last two count as "beyond": 0 or a side; 9 stands for no point yet.
        self.start: State = (*(0 for _ in self.rows), *((9, 9) if self.pairs else ()))

    def after(self, state: State, z: float) -> tuple[State, bool]:
        """State after a point, and whether it hits."""
        hit = any(abs(z) > limit for limit in self.single)
        counts = []
        for count, (limit, length) in zip(state, self.rows, strict=False):
            side = (z > limit) - (z < -limit)
            now = 0 if side == 0 else count + side if count * side >= 0 else side
            hit |= abs(now) >= length
            counts.append(max(-(length - 1), min(length - 1, now)))
        if not self.pairs:
            return tuple(counts), hit
        before, last = state[-2:]
        side = (z > 2.0) - (z < -2.0)
        hit |= side != 0 and before != 9 and side in (before, last)
        return (*counts, last, side), hit


def _between(edges: FloatArray, zone: int) -> float:
    """A value inside a zone."""
    if zone == 0:
        return float(edges[0]) - 1.0
    if zone == len(edges):
        return float(edges[-1]) + 1.0
    return float(edges[zone - 1] + edges[zone]) / 2.0


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def cusum_run_length(slack: float, limit: float, shift: float, parts: int = 200) -> float:
    """Mean run of the first signal of a two-sided CUSUM started at zero, under a constant shift.

    Parameters
    ----------
    slack, limit, shift : k, h and the mean of z, SD. parts : pieces the range 0 to h is cut into.

    Notes
    -----
    1/ARL = 1/ARL+ + 1/ARL-, one-sided ones by Brook and Evans.

    Examples
    --------
    >>> round(cusum_run_length(0.5, 5.0, 0.0)), round(cusum_run_length(0.5, 5.0, 1.0), 1)
    (465, 10.4)
    """
    return 1.0 / sum(1.0 / _one_sided(slack, limit, d, parts) for d in (shift, -shift))


def _one_sided(slack: float, limit: float, shift: float, parts: int) -> float:
    """Mean run length of C = max(0, C + z - k) from zero."""
    width = 2.0 * limit / (2 * parts - 1)
    centres = width * np.arange(parts)
    upper = centres[None, :] + width / 2 - centres[:, None] + slack - shift
    below = np.vectorize(_normal)(upper)
    move = np.diff(below, axis=1, prepend=0.0)
    length: FloatArray = np.linalg.solve(np.eye(parts) - move, np.ones(parts))
    return float(length[0])
