"""The controls of the criteria laboratory: what they hold as a candidate, and a candidate as what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from workbench.apps.controls import Number, button, choice, several
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters.criteria import Criterion
from workbench.reports.change_parts import HOSPITAL_LEVELS, policy_words
from workbench.reports.criteria_trial import CriteriaLaboratory
from workbench.tuning.candidates import FIGURES, IN_FORCE, KINDS, Candidate, as_in_force
from workbench.wording import text

LADDERS = (
    ((),),
    (("method",), ()),
    (("instrument",), ()),
    (("instrument", "reagent"), ("instrument",), ()),
    (("method", "instrument"), ("method",), ()),
)
"""Peer ladders to choose from, besides the one in force."""
PERSISTENCE = ((3, 2, 2), (2, 2, 2), (5, 3, 3))
"""Window, failures in it, failures in a row."""
_POLICY_CHOICES = {
    "assigned_value": ("algorithm_a", "q_hampel", "median_niqr"),
    "score": ("limit", "z"),
    "not_scored": ("exclude", "credit"),
}


class CriteriaControls:
    """Analyte, rounds, population, limit and policy.

    Parameters
    ----------
    laboratory : whose rules in force the controls start from. analyte : shown first.

    Attributes
    ----------
    boxes : the labelled controls in reading order. watched : the controls whose change means a new candidate.
    """

    def __init__(self, laboratory: CriteriaLaboratory, analyte: str, locale: str) -> None:
        self._laboratory, self._locale = laboratory, locale
        archive = laboratory.rounds.archive
        names = [(laboratory.name(rule.code, locale), rule.code) for rule in archive.rules]
        self.analyte, analyte_box = choice(text("app.analyte", locale), names, analyte)
        self._rounds, rounds_box = several(text("app.rounds", locale), [(r, r) for r in archive.rounds], 4)
        held = {str(level) for level in archive.level}
        levels = [each for each in HOSPITAL_LEVELS if each in held]
        self._levels, levels_box = several(
            text("app.tuning.levels", locale),
            [(text(f"hospital_level.{each}", locale), each) for each in levels],
            4,
        )
        kinds = [(text(f"limit_kind.{kind}", locale), kind) for kind in KINDS]
        self._kind, kind_box = choice(
            text("app.tuning.kind", locale), [(text("app.tuning.in_force", locale), IN_FORCE), *kinds]
        )
        self.percent = Number(text("app.tuning.percent", locale), (0.5, 60.0, 0.5), 10.0)
        unit = self._rule().analyte.unit or ""
        self._absolute = Number(text("app.tuning.absolute", locale, unit=unit), (0.0, 100.0, 0.01), 1.0)
        self._breakpoint = Number(text("app.tuning.breakpoint", locale, unit=unit), (0.0, 1000.0, 0.1), 1.0)
        edges = [
            (text(f"app.tuning.inclusive.{word}", locale), value)
            for word, value in (("yes", True), ("no", False))
        ]
        self._inclusive, edge_box = choice(text("app.tuning.boundary", locale), edges)
        self._preset, preset_box = choice(text("app.tuning.preset", locale), [("–", "")])
        self._policy, policy_boxes = self._policy_controls()
        self.reset = button(text("app.reset", locale))
        self.boxes = [
            analyte_box, rounds_box, levels_box, preset_box, kind_box, self.percent.widget, self._absolute.widget,
            self._breakpoint.widget, edge_box, *policy_boxes, self.reset,
        ]  # fmt: skip
        self.watched: list[Any] = [
            self._rounds, self._levels, self._kind, self.percent.box, self._absolute.box, self._breakpoint.box,
            self._inclusive, *self._policy.values(),
        ]  # fmt: skip
        self.held = False
        self.start()

    def start(self) -> None:
        """Everything as the rules in force of the analyte have it."""
        rule = self._rule()
        self.held = True
        unit = rule.analyte.unit or ""
        for number, key in ((self._absolute, "absolute"), (self._breakpoint, "breakpoint")):
            number.widget.children[0].value = _relabelled(text(f"app.tuning.{key}", self._locale, unit=unit))
        self._preset.options = [("–", ""), *self._presets(rule)]
        self._fill(as_in_force(rule))
        for name, control in self._policy.items():
            value = _plain(name, getattr(rule.policy, name))
            if value not in [each for _, each in control.options]:
                control.options = [
                    (policy_words(name, _given(name, value), self._locale), value),
                    *control.options,
                ]
            control.value = value
        self.held = False
        self.enable()

    def take_preset(self) -> None:
        """Set the limit to the chosen authority's."""
        criterion = self._preset.value
        if criterion:
            self.held = True
            self._fill(as_in_force(replace(self._rule(), criterion=criterion)))
            self.held = False
            self.enable()

    def enable(self) -> None:
        """Only the figures that the kind of limit needs take part."""
        needed = FIGURES.get(self._kind.value, ())
        for name, number in (
            ("percent", self.percent),
            ("absolute", self._absolute),
            ("breakpoint", self._breakpoint),
        ):
            number.disable(name not in needed)

    def preset_control(self) -> Any:
        """The list of other authorities' limits."""
        return self._preset

    def candidate(self) -> Candidate:
        """What the controls hold; only what differs from the rules in force is named."""
        rule = self._rule()
        kind = self._kind.value
        needed = FIGURES.get(kind, ())
        numbers = {"percent": self.percent, "absolute": self._absolute, "breakpoint": self._breakpoint}
        percent, absolute, edge = (
            f"{number.value:.12g}" if name in needed else "" for name, number in numbers.items()
        )
        policy = {
            name: _given(name, control.value)
            for name, control in self._policy.items()
            if control.value != _plain(name, getattr(rule.policy, name))
        }
        found = Candidate(
            (rule.code,), kind, percent, absolute, edge,
            inclusive=bool(self._inclusive.value), policy=policy,
            rounds=tuple(self._rounds.value), levels=tuple(self._levels.value),
        )  # fmt: skip
        start = as_in_force(rule)
        side = start.breakpoint_side
        found = replace(found, breakpoint_side=side)
        same = replace(found, policy={}, rounds=(), levels=()) == start
        return replace(found, kind=IN_FORCE, percent="", absolute="", breakpoint="") if same else found

    def _rule(self) -> AnalyteRule:
        """The rule in force of the chosen analyte."""
        return next(r for r in self._laboratory.rounds.archive.rules if r.code == self.analyte.value)

    def _presets(self, rule: AnalyteRule) -> Sequence[tuple[str, Criterion]]:
        """The limits of all authorities, named by document and as written."""
        own = [rule.criterion] if rule.criterion else []
        found = [each for each in (*own, *rule.others) if each.kind in KINDS]
        return [(f"{each.authority} {each.edition}: {each.raw_text}", each) for each in found]

    def _fill(self, start: Candidate) -> None:
        """Show a candidate's limit."""
        self._kind.value, self._inclusive.value = start.kind, start.inclusive
        for figure, number in (
            (start.percent, self.percent), (start.absolute, self._absolute), (start.breakpoint, self._breakpoint),
        ):  # fmt: skip
            if figure:
                _scale(number, float(figure))
                number.value = float(figure)

    def _policy_controls(self) -> tuple[dict[str, Any], list[Any]]:
        """Estimator, score, minimum, ladder, pass mark, treatment of not-scored, rule over rounds."""
        locale, controls, boxes = self._locale, {}, []
        options: dict[str, list[tuple[str, Any]]] = {
            name: [(text(f"app.tuning.{name}.{value}", locale), value) for value in values]
            for name, values in _POLICY_CHOICES.items()
        }
        options["n_min"] = [(str(n), n) for n in range(2, 31)]
        options["pass_mark"] = [(f"{mark}%", float(mark)) for mark in (60, 70, 75, 80, 90, 100)]
        options["ladder"] = [(policy_words("ladder", ladder, locale), ladder) for ladder in LADDERS]
        options["persistence"] = [
            (policy_words("persistence", _given("persistence", each), locale), each) for each in PERSISTENCE
        ]
        for name in ("assigned_value", "score", "n_min", "ladder", "pass_mark", "not_scored", "persistence"):
            controls[name], box = choice(text(f"app.tuning.{name}", locale), options[name])
            boxes.append(box)
        return controls, boxes


def _plain(name: str, value: Any) -> Any:
    """A field of the policy as the options of its control hold it."""
    if name == "ladder":
        return tuple(tuple(rung) for rung in value)
    if name == "persistence":
        return value.window, value.failures, value.consecutive
    return value


def _given(name: str, value: Any) -> Any:
    """A field of the policy as the policy reads it."""
    if name == "persistence":
        return dict(zip(("window", "failures", "consecutive"), value, strict=True))
    return value


def _scale(number: Number, value: float) -> None:
    """Bounds and step that suit a value: up to five times it, in steps of about a fiftieth."""
    step = float(f"{value / 50:.0e}")
    for control in (number.slider, number.box):
        control.max = max(5 * value, value)
        control.min, control.step = 0.0, step


def _relabelled(words: str) -> str:
    from workbench.apps.look import label

    return label(words)
