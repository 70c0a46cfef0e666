"""Rule sets of internal quality control: which rules, over which points, and every convention they need.

One YAML file a family of sets in `parameters/control_rules/`. What a rule means is written once, in
`workbench/iqc/control_rules.py`; what laboratories do differently is a field of the set here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from workbench.errors import ParameterError, Problem
from workbench.parameters.entry_files import EntryKind, read_entry_files
from workbench.parameters.home import project_root
from workbench.parameters.policy import Strict
from workbench.parameters.yaml_text import fingerprint, yaml_files

Scope = Literal["material", "material_run", "run", "across"]

_SINGLE = ("material",)
_CONSECUTIVE = ("material", "material_run", "run", "across")
_SIDE = ("material", "across")

RULE_SCOPES: Mapping[str, tuple[str, ...]] = {
    "1_2s": _SINGLE,
    "1_2.5s": _SINGLE,
    "1_3s": _SINGLE,
    "1_3.5s": _SINGLE,
    "2_2s": _CONSECUTIVE,
    "R_4s": ("run",),
    "2of3_2s": _CONSECUTIVE,
    "3_1s": _CONSECUTIVE,
    "4_1s": _CONSECUTIVE,
    "6x": _SIDE,
    "8x": _SIDE,
    "9x": _SIDE,
    "10x": _SIDE,
    "12x": _SIDE,
    "7T": _SINGLE,
    "EWMA": _SIDE,
    "CUSUM": _SIDE,
}
"""Rule -> scopes it can be judged over; the first is meant when a line names none."""


class RuleLine(Strict):
    """One rule of a set.

    Attributes
    ----------
    rule : a key of `RULE_SCOPES`.
    scope : ``material`` (last points of one material, over runs), ``material_run`` (replicates of one
        material in one run), ``run`` (all materials of one run), ``across`` (all materials, over runs);
        empty means the rule's usual one.
    action : ``warning`` asks for attention, ``reject`` rejects the run.
    weight : EWMA only, lambda. limit : EWMA: L; CUSUM: h, in SD. slack : CUSUM only, k, in SD.
    """

    rule: str
    scope: Scope | Literal[""] = ""
    action: Literal["warning", "reject"] = "reject"
    weight: float = Field(default=0.2, gt=0, le=1)
    limit: float | None = Field(default=None, gt=0)
    slack: float = Field(default=0.5, ge=0)

    @model_validator(mode="after")
    def _scope_fits(self) -> RuleLine:
        if self.rule not in RULE_SCOPES:
            raise ValueError(f"unknown rule {self.rule!r}; known: {', '.join(RULE_SCOPES)}")
        if self.scope and self.scope not in RULE_SCOPES[self.rule]:
            raise ValueError(f"{self.rule} is judged over {' or '.join(RULE_SCOPES[self.rule])}")
        return self

    @property
    def where(self) -> str:
        """The scope in force."""
        return self.scope or RULE_SCOPES[self.rule][0]

    @property
    def name(self) -> str:
        """Rule and scope in one word, for example ``2_2s:across``; the usual scope is not written."""
        usual = self.where == RULE_SCOPES[self.rule][0]
        return self.rule if usual else f"{self.rule}:{self.where}"


class RuleSet(Strict):
    """Rules that are judged together, and the conventions they are judged by.

    Attributes
    ----------
    rule_set : code. zh, en : names. source : where the set comes from.
    family, sigma_from, sigma_below, levels : a set chosen by sigma: sets of one family cover the sigmas from
        `sigma_from` (inclusive) to `sigma_below` (exclusive) for the numbers of control levels listed.
    rules : the lines, in order of printing.
    boundary : ``exceeds`` (a value on the limit is inside) or ``reaches`` (it is outside).
    on_mean : a value exactly on the mean ``breaks`` a row of one side or is ``skipped``.
    tie : two equal neighbours ``break`` a trend or the second is ``skipped``.
    trend : 7T counts ``points`` (6 steps) or ``steps`` (8 points).
    two_of_three : 2of3_2s fires ``with_current`` (the last point is one of the two) or for ``any_two`` of the
        last three, so that it fires again while the old points are in the window.
    across : rules over all materials are judged at ``run_end`` only, or at ``every_point`` of a run.
    missing_level : a run in which a material was not measured is ``skipped`` or ``breaks`` its row.
    lot_change : with another lot, mean or SD the history ``restarts`` or ``continues`` in SDs.
    after_rejection : after a rejected run the history ``continues``, ``restarts`` with the next run, or goes on
        with the rejected run ``left_out``.
    gate : rules other than 1_2s count only in runs where ``1_2s`` is hit; ``none`` for all runs.
    """

    rule_set: str = Field(min_length=1)
    zh: str
    en: str
    source: str = ""
    family: str = ""
    sigma_from: float | None = None
    sigma_below: float | None = None
    levels: tuple[int, ...] = ()
    rules: tuple[RuleLine, ...] = Field(min_length=1, max_length=32)
    boundary: Literal["exceeds", "reaches"] = "exceeds"
    on_mean: Literal["breaks", "skipped"] = "breaks"
    tie: Literal["breaks", "skipped"] = "breaks"
    trend: Literal["points", "steps"] = "points"
    two_of_three: Literal["with_current", "any_two"] = "with_current"
    across: Literal["run_end", "every_point"] = "run_end"
    missing_level: Literal["skipped", "breaks"] = "skipped"
    lot_change: Literal["restarts", "continues"] = "restarts"
    after_rejection: Literal["continues", "restarts", "left_out"] = "continues"
    gate: Literal["none", "1_2s"] = "none"

    @model_validator(mode="after")
    def _lines_differ(self) -> RuleSet:
        names = [line.name for line in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice")
        if self.gate != "none" and self.gate not in names:
            raise ValueError(f"the gate {self.gate} must be one of the rules")
        return self


_KIND = EntryKind(RuleSet, "rule_sets", ("about", "family", "source", "levels"))


def rule_sets(folder: Path | None = None) -> Mapping[str, RuleSet]:
    """Return the rule sets of `parameters/control_rules/*.yaml` by code, cached until a file changes.

    Raises
    ------
    ParameterError
        with every problem: file, line, column; a code defined twice.

    Examples
    --------
    >>> [line.name for line in rule_sets()["westgard"].rules]
    ['1_2s', '1_3s', '2_2s', '2_2s:run', 'R_4s', '4_1s', '10x']
    """
    place = folder or project_root() / "parameters" / "control_rules"
    return _rule_sets(place, fingerprint(yaml_files(place)))


@lru_cache(maxsize=8)
def _rule_sets(folder: Path, files: tuple[tuple[str, int, int], ...]) -> dict[str, RuleSet]:
    what = "The control rules cannot be read"
    found: dict[str, RuleSet] = {}
    for file in read_entry_files(folder, _KIND, what):
        for row in file.entries:
            if row.rule_set in found:
                problem = Problem(f"rule set {row.rule_set!r} is defined twice", file=f"{file.name}.yaml")
                raise ParameterError(f"{what}: 1 problem; mend the lines named.", [problem])
            found[row.rule_set] = row
    return found


def rule_set_for_sigma(
    sigma: float, levels: int, family: str = "sigma", book: Mapping[str, RuleSet] | None = None
) -> RuleSet:
    """The set of a family for a sigma metric and a number of control levels.

    Parameters
    ----------
    sigma : dimensionless, may be negative; NaN (sigma unknown) takes the strictest set, that of the lowest sigma.
    levels : control materials a run.

    Raises
    ------
    ParameterError
        when the family has no set for it.

    Examples
    --------
    >>> [rule_set_for_sigma(s, 2).rule_set for s in (6.0, 5.99, 4.2, 1.0)]
    ['sigma_6_2_levels', 'sigma_5_2_levels', 'sigma_4_2_levels', 'sigma_3_2_levels']
    """
    known = sigma == sigma
    for row in (rule_sets() if book is None else book).values():
        if row.family != family or levels not in row.levels:
            continue
        low, high = row.sigma_from, row.sigma_below
        if (low is None or (known and sigma >= low)) and (high is None or not known or sigma < high):
            return row
    raise ParameterError(
        f"No rule set of family {family!r} for sigma {sigma:g} with {levels} control levels; add one to "
        "parameters/control_rules/."
    )
