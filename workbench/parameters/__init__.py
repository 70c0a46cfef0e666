"""Parameters: YAML files of programmes, acceptance limits and rounds as frozen, checked models."""

from __future__ import annotations

from workbench.parameters.checks import CheckRow, catalogue_check
from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.home import programme_folder, project_root
from workbench.parameters.loading import catalogue, criteria
from workbench.parameters.policy import (
    CriterionRef,
    EvaluationPolicy,
    PatternThresholds,
    Persistence,
    SigmaRule,
)
from workbench.parameters.programmes import Analyte, Catalogue, Programme, UnitConversion, programme_order
from workbench.parameters.rounds import Contact, Organiser, ProgrammePlan, Roles, RoundPlan, load_round

__all__ = [
    "Analyte",
    "Catalogue",
    "CheckRow",
    "Contact",
    "CriteriaBook",
    "Criterion",
    "CriterionRef",
    "EvaluationPolicy",
    "Organiser",
    "PatternThresholds",
    "Persistence",
    "Programme",
    "ProgrammePlan",
    "Roles",
    "RoundPlan",
    "SigmaRule",
    "UnitConversion",
    "catalogue",
    "catalogue_check",
    "criteria",
    "load_round",
    "programme_folder",
    "programme_order",
    "project_root",
]
