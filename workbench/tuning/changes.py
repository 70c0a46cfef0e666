"""A change of rules somebody wants to try, and the rules that come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from workbench.errors import ParameterError, Problem
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters.criteria import Criterion
from workbench.parameters.policy import EvaluationPolicy
from workbench.parameters.programmes import Analyte

DRAFT = "draft"
"""Authority of a limit that is being tried."""


@dataclass(frozen=True)
class RuleChange:
    """What differs from the rules in force.

    Attributes
    ----------
    limits : analyte code -> limit to try, figures in the analyte's unit.
    policy : fields of `EvaluationPolicy` -> value, for example {"n_min": 8, "assigned_value": "q_hampel"}.
    analytes : codes the policy holds for; none named means all.
    """

    limits: Mapping[str, Criterion] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)
    analytes: tuple[str, ...] = ()


def changed_rules(rules: Sequence[AnalyteRule], change: RuleChange) -> tuple[AnalyteRule, ...]:
    """Lay a change over the rules in force.

    Raises
    ------
    ParameterError
        when a field or value is none the policy knows.

    Examples
    --------
    >>> changed_rules((), RuleChange(policy={"n_min": 8}))
    ()
    """
    return tuple(_changed(rule, change) for rule in rules)


def _changed(rule: AnalyteRule, change: RuleChange) -> AnalyteRule:
    """One analyte's rule with the change."""
    criterion = change.limits.get(rule.code, rule.criterion)
    if not change.policy or (change.analytes and rule.code not in change.analytes):
        return replace(rule, criterion=criterion)
    try:
        policy = EvaluationPolicy.model_validate(rule.policy.model_dump() | dict(change.policy))
    except ValidationError as error:
        problems = [Problem(f"{'.'.join(map(str, e['loc']))}: {e['msg']}") for e in error.errors()]
        raise ParameterError("The rule to be tried is not a possible one.", problems) from error
    return replace(rule, policy=policy, criterion=criterion)


def draft_limit(analyte: Analyte, kind: str, **figures: Any) -> Criterion:
    """A limit to try, as a criterion.

    Parameters
    ----------
    analyte : the catalogue entry. kind : percent, absolute, greater_of, breakpoint, sd or fixed_sigma.
    figures : percent, absolute, breakpoint (numbers or text, taken digit for digit), breakpoint_side,
        inclusive, valid_from.

    Raises
    ------
    ParameterError
        when a figure the kind needs is missing or not above zero.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> potassium = catalogue()["1.1"].analyte("K")
    >>> draft_limit(potassium, "greater_of", percent="6", absolute="0.2").allowed_deviation(Decimal("5"))
    Decimal('0.3')
    """
    numbers = {
        name: Decimal(str(figures.pop(name)))
        for name in ("percent", "absolute", "breakpoint")
        if figures.get(name) is not None
    }
    unit = "SD" if kind == "sd" else analyte.unit
    raw = " / ".join(f"{name} {number}" for name, number in numbers.items())
    try:
        return Criterion(
            **{
                "authority": DRAFT,
                "document": DRAFT,
                "edition": DRAFT,
                "analyte": analyte.analyte,
                "matrix": analyte.matrix,
                "metric": "eqa",
                "kind": kind,
                "unit": unit,
                "valid_from": date(1900, 1, 1),
                "verified": False,
                "trust": "low",
                "raw_text": f"{kind} {raw}",
                **numbers,
                **figures,
            }
        )
    except ValidationError as error:
        problems = [Problem(str(e["msg"])) for e in error.errors()]
        raise ParameterError(f"The limit of {analyte.analyte} is not a possible one.", problems) from error
