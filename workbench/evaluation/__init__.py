"""Results to signals, grades and scores: quantitative evaluation of one programme-round."""

from __future__ import annotations

from workbench.evaluation.inputs import Evaluation, RoundInputs
from workbench.evaluation.programme_round import evaluate

__all__ = ["Evaluation", "RoundInputs", "evaluate"]
