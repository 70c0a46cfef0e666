"""Quantities: assigned value, z and percent of the allowed deviation. The rules of ISO 13528, vectorised."""

from __future__ import annotations

from workbench.evaluation.parts import ResultType
from workbench.evaluation.programme_round import quantitative_round

QUANTITATIVE = ResultType("quantitative", ("quantitative", "quantitative_log10"), quantitative_round)
