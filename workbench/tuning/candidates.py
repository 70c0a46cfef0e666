"""A rule somebody is trying: plain fields that a control, a notebook parameter or a file can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from workbench.errors import ParameterError
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters.criteria import Criterion
from workbench.tuning.changes import RuleChange, changed_rules, draft_limit

IN_FORCE = ""
"""Kind of limit: the one in force."""
KINDS = ("percent", "absolute", "greater_of", "breakpoint", "sd", "fixed_sigma")
"""Kinds of limit that can be tried."""
FIGURES = {
    "percent": ("percent",),
    "absolute": ("absolute",),
    "greater_of": ("percent", "absolute"),
    "breakpoint": ("percent", "absolute", "breakpoint"),
    "sd": ("absolute",),
    "fixed_sigma": ("absolute",),
}
"""Which figures each kind needs."""


@dataclass(frozen=True)
class Candidate:
    """What is tried, on whom.

    Parameters
    ----------
    analytes : codes whose limit and policy are tried; at least one.
    kind : one of `KINDS`, or `IN_FORCE`. percent : per cent of the target. absolute, breakpoint : analyte's
        unit, taken digit for digit; "" where the kind needs none.
    breakpoint_side : which side owns a target at the breakpoint. inclusive : on the limit is acceptable.
    policy : fields of `EvaluationPolicy` that differ from those in force.
    rounds : codes, none means all. levels : hospital levels that are counted, none means all.
    """

    analytes: tuple[str, ...]
    kind: str = IN_FORCE
    percent: str = ""
    absolute: str = ""
    breakpoint: str = ""
    breakpoint_side: str = "low_owns"
    inclusive: bool = True
    policy: Mapping[str, Any] = field(default_factory=dict)
    rounds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()

    def limits(self, rules: Sequence[AnalyteRule]) -> dict[str, Criterion]:
        """Analyte -> limit to try; empty where the limits in force stay.

        Raises
        ------
        ParameterError
            when the kind is unknown or a figure it needs is missing or not above zero.
        """
        if self.kind == IN_FORCE:
            return {}
        if self.kind not in KINDS:
            raise ParameterError(f"Kind of limit {self.kind!r} is none of {', '.join(KINDS)}.")
        figures: dict[str, Any] = {name: getattr(self, name) or None for name in FIGURES[self.kind]}
        missing = [name for name, figure in figures.items() if figure is None]
        if missing:
            raise ParameterError(f"A limit of the kind {self.kind} needs {' and '.join(missing)}.")
        if self.kind == "breakpoint":
            figures["breakpoint_side"] = self.breakpoint_side
        figures["inclusive"] = self.inclusive
        wanted = {rule.code: rule.analyte for rule in rules if rule.code in self.analytes}
        return {code: draft_limit(analyte, self.kind, **figures) for code, analyte in wanted.items()}

    def rules(self, rules: Sequence[AnalyteRule]) -> tuple[AnalyteRule, ...]:
        """The rules in force with the candidate laid over them."""
        return changed_rules(rules, RuleChange(self.limits(rules), dict(self.policy), self.analytes))

    def as_json(self) -> str:
        """The candidate as one line of JSON; what is as by default is left out."""
        plain = {f.name: f.default for f in fields(self)}
        kept = {name: value for name, value in asdict(self).items() if value and value != plain[name]}
        kept |= {} if self.inclusive else {"inclusive": False}
        return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def candidate_of(text: str) -> Candidate:
    """A candidate from its JSON.

    Raises
    ------
    ParameterError
        when the text is no JSON object with fields of a `Candidate`.

    Examples
    --------
    >>> candidate_of('{"analytes": ["K"], "kind": "percent", "percent": "6"}').percent
    '6'
    """
    try:
        found = json.loads(text)
        lists = {name: tuple(found[name]) for name in ("analytes", "rounds", "levels") if name in found}
        return Candidate(**(found | lists))
    except (ValueError, TypeError) as error:
        raise ParameterError(f"The candidate {text!r} cannot be read: {error}.") from error


def as_in_force(rule: AnalyteRule) -> Candidate:
    """The limit in force of one analyte as a candidate to start from; `IN_FORCE` where it has none of `KINDS`."""
    criterion = rule.criterion
    start = Candidate((rule.code,))
    if criterion is None or criterion.kind not in KINDS:
        return start
    percent, absolute, breakpoint_ = (
        f"{value.normalize():f}" if value is not None else ""
        for value in (criterion.percent, criterion.absolute, criterion.breakpoint)
    )
    return replace(
        start,
        kind=criterion.kind,
        percent=percent,
        absolute=absolute,
        breakpoint=breakpoint_,
        breakpoint_side=criterion.breakpoint_side or "low_owns",
        inclusive=criterion.inclusive,
    )
