"""The rules once more, slowly: lists, one run after the other, nothing shared with the engine.

A point is a dict with chart, run, series, level, z, epoch and, as found, `hits`: names of lines.
"""

from __future__ import annotations

import copy
import itertools
import math
from typing import Any

from workbench.parameters.control_rules import RuleLine, RuleSet

LIMITS = {"1_2s": 2.0, "1_2.5s": 2.5, "1_3s": 3.0, "1_3.5s": 3.5}
ROWS = {"2_2s": (2, 2.0), "3_1s": (3, 1.0), "4_1s": (4, 1.0)}
SIDES = {"6x": 6, "8x": 8, "9x": 9, "10x": 10, "12x": 12}
Point = dict[str, Any]


def beyond(z: float, limit: float, sign: int, rules: RuleSet) -> bool:
    return sign * z > limit or (rules.boundary == "reaches" and sign * z == limit)


def history_rule(line: RuleLine, row: list[float], rules: RuleSet) -> bool:
    """Whether the last point of a history meets a rule; `row` oldest first."""
    if line.rule in LIMITS:
        return any(beyond(row[-1], LIMITS[line.rule], sign, rules) for sign in (1, -1))
    if line.rule in ROWS:
        n, limit = ROWS[line.rule]
        last = row[-n:]
        return len(last) == n and any(all(beyond(z, limit, s, rules) for z in last) for s in (1, -1))
    if line.rule == "2of3_2s":
        if len(row) < 3:
            return False
        for s in (1, -1):
            marks = [beyond(z, 2.0, s, rules) for z in row[-3:]]
            if sum(marks) >= 2 and (marks[-1] or rules.two_of_three == "any_two"):
                return True
        return False
    if line.rule in SIDES:
        counted = [z for z in row if z != 0] if rules.on_mean == "skipped" else row
        if row[-1] == 0:
            return False
        last = counted[-SIDES[line.rule] :]
        return len(last) == SIDES[line.rule] and (all(z > 0 for z in last) or all(z < 0 for z in last))
    if line.rule == "7T":
        counted = row
        if rules.tie == "skipped":
            counted = [z for k, z in enumerate(row) if k == 0 or z != row[k - 1]]
            if len(row) > 1 and row[-1] == row[-2]:
                return False
        last = counted[-(8 if rules.trend == "steps" else 7) :]
        if len(last) < (8 if rules.trend == "steps" else 7):
            return False
        steps = [b - a for a, b in itertools.pairwise(last)]
        return all(s > 0 for s in steps) or all(s < 0 for s in steps)
    if line.rule == "EWMA":
        e = 0.0
        for z in row:
            e = line.weight * z + (1 - line.weight) * e
        w, limit = line.weight, 3.0 if line.limit is None else line.limit
        return abs(e) > limit * math.sqrt(w / (2 - w) * (1 - (1 - w) ** (2 * len(row))))
    if line.rule == "CUSUM":
        high = low = 0.0
        for z in row:
            high, low = max(0.0, high + z - line.slack), max(0.0, low - z - line.slack)
        limit = 5.0 if line.limit is None else line.limit
        return high > limit or low > limit
    raise AssertionError(line.rule)


def run_rule(line: RuleLine, points: list[Point], rules: RuleSet) -> list[Point]:
    """The points of a run that make it meet a rule."""
    if line.rule == "R_4s":
        high = [p for p in points if beyond(p["z"], 2.0, 1, rules)]
        low = [p for p in points if beyond(p["z"], 2.0, -1, rules)]
        return high + low if high and low else []
    least, limit = (2, 2.0) if line.rule == "2of3_2s" else ROWS[line.rule]
    if line.rule == "2of3_2s" and len(points) < 3:
        return []
    found = []
    for sign in (1, -1):
        out = [p for p in points if beyond(p["z"], limit, sign, rules)]
        found += out if len(out) >= least else []
    return found


class Chart:
    """One chart, run after run."""

    def __init__(self, points: list[Point], rules: RuleSet) -> None:
        self.rules, self.points = rules, [p for p in points if not math.isnan(p["z"])]
        self.materials = {p["series"] for p in points}
        self.begin()
        self.removed = 0

    def begin(self) -> None:
        self.of_material: dict[Any, list[float]] = {series: [] for series in self.materials}
        self.across: list[float] = []
        self.epochs: dict[Any, Any] = {}
        self.last_of: dict[Any, int] = {}
        self.last_run: int | None = None
        self.lacked = False

    def judge(self) -> None:
        rejecting = {line.name for line in self.rules.rules if line.action == "reject"}
        for run in sorted({p["run"] for p in self.points}):
            here = sorted((p for p in self.points if p["run"] == run), key=lambda p: p["series"])
            before = copy.deepcopy(
                (self.of_material, self.across, self.epochs, self.last_of, self.last_run, self.lacked)
            )
            self.restart(run - self.removed, here)
            self.judge_run(here)
            if not any(p["hits"] & rejecting for p in here):
                continue
            if self.rules.after_rejection == "restarts":
                self.begin()
            elif self.rules.after_rejection == "left_out":
                self.of_material, self.across, self.epochs, self.last_of, self.last_run, self.lacked = before
                self.removed += 1

    def restart(self, run: int, here: list[Point]) -> None:
        """Forget what the conventions say is to be forgotten before this run is looked at."""
        series_here = {p["series"] for p in here}
        if self.rules.missing_level == "breaks":
            for series in series_here:
                if series in self.last_of and self.last_of[series] < run - 1:
                    self.of_material[series] = []
            gap = self.last_run is not None and run - self.last_run > 1
            lacks = len(series_here) < len(self.materials)
            if lacks or self.lacked or gap:
                self.across = []
            self.lacked = lacks
        self.last_run = run
        if self.rules.lot_change == "restarts" and any(
            self.epochs.get(p["series"], p["epoch"]) != p["epoch"] for p in here
        ):
            self.across = []
            for p in here:
                if self.epochs.get(p["series"], p["epoch"]) != p["epoch"]:
                    self.of_material[p["series"]] = []
        for p in here:
            self.epochs[p["series"]] = p["epoch"]
            self.last_of[p["series"]] = run

    def judge_run(self, here: list[Point]) -> None:
        in_run: dict[Any, list[float]] = {}
        for k, p in enumerate(here):
            streams = {
                "material": self.of_material[p["series"]],
                "across": self.across,
                "material_run": in_run.setdefault(p["series"], []),
            }
            for row in streams.values():
                row.append(p["z"])
            for line in self.rules.rules:
                early = line.where == "across" and self.rules.across == "run_end" and k < len(here) - 1
                if line.where != "run" and not early and history_rule(line, streams[line.where], self.rules):
                    p["hits"].add(line.name)
        for line in self.rules.rules:
            for p in run_rule(line, here, self.rules) if line.where == "run" else []:
                p["hits"].add(line.name)
        if self.rules.gate != "none" and not any(self.rules.gate in p["hits"] for p in here):
            for p in here:
                p["hits"].clear()


def slow_hits(points: list[Point], rules: RuleSet) -> list[set[str]]:
    """Names of the lines hit, by point, in the order given."""
    for p in points:
        p["hits"] = set()
    for chart in {p["chart"] for p in points}:
        Chart([p for p in points if p["chart"] == chart], rules).judge()
    return [p["hits"] for p in points]
