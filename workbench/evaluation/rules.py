"""The rules of one programme-round, resolved: for each quantitative analyte its policy and its limit."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import EvaluationError, Problem
from workbench.frames import ALL_LABORATORIES
from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.policy import EvaluationPolicy
from workbench.parameters.programmes import Analyte, Programme


@dataclass(frozen=True)
class AnalyteRule:
    """How one analyte of the round is judged.

    Attributes
    ----------
    analyte : the catalogue entry.
    policy : its rules.
    criterion : its limit with figures in the analyte's unit; None: no limit is known.
    others : limits of other authorities on the same measurand, in the analyte's unit.
    """

    analyte: Analyte
    policy: EvaluationPolicy
    criterion: Criterion | None
    others: tuple[Criterion, ...] = ()

    @property
    def code(self) -> str:
        """The analyte's code."""
        return self.analyte.analyte

    @property
    def step(self) -> float:
        """Reporting step, analyte's unit."""
        return 10.0 ** -(self.analyte.decimals or 0)

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the ladder's rungs, narrow to wide."""
        return tuple(level_name(rung) for rung in self.policy.ladder)

    @property
    def gradable(self) -> bool:
        """Whether the deciding rule has what it needs: a limit, or a sigma_pt of its own."""
        if self.policy.score == "limit":
            return self.criterion is not None
        return self.criterion is not None or self.policy.sigma_pt.kind != "allowable_error"


def level_name(dimensions: tuple[str, ...]) -> str:
    """Name of a rung: dimensions joined by "+", or "all".

    Examples
    --------
    >>> level_name(("instrument", "reagent")), level_name(())
    ('instrument+reagent', 'all')
    """
    return "+".join(dimensions) or ALL_LABORATORIES


def analyte_rules(programme: Programme, criteria: CriteriaBook) -> tuple[AnalyteRule, ...]:
    """Resolve the rules of every quantitative analyte, in catalogue order.

    Raises
    ------
    EvaluationError
        when the programme has no quantitative analyte: it belongs to another result type.
    """
    rules = tuple(
        _rule(programme, analyte, criteria) for analyte in programme.analytes if analyte.is_quantitative
    )
    if not rules:
        raise EvaluationError(
            f"Programme {programme.programme_no} has no quantitative analyte.",
            [Problem("evaluate it with the rules of its own result type")],
        )
    return rules


def _rule(programme: Programme, analyte: Analyte, criteria: CriteriaBook) -> AnalyteRule:
    """One analyte's rule."""
    policy = programme.policy(analyte.analyte) or EvaluationPolicy()
    reference = programme.criterion_reference(analyte.analyte)
    others = criteria.others(reference, analyte) if reference is not None else ()
    converted = tuple(found for found in (other.in_unit_of(analyte) for other in others) if found is not None)
    return AnalyteRule(analyte, policy, programme.criterion(analyte.analyte, criteria), converted)
