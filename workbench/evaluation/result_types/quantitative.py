"""Quantities: assigned value, z and percent of the allowed deviation. The rules of ISO 13528, vectorised."""

from __future__ import annotations

from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.parts import Part, ResultType
from workbench.evaluation.programme_round import evaluate


def quantitative_part(inputs: RoundInputs) -> Part:
    """Evaluate the quantitative analytes; every frame is there."""
    return Part(evaluate(inputs).frames())


QUANTITATIVE = ResultType("quantitative", ("quantitative", "quantitative_log10"), quantitative_part)
