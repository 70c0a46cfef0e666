"""Results to signals, grades and scores: one programme-round of any result types."""

from __future__ import annotations

from workbench.evaluation.combined import evaluate
from workbench.evaluation.inputs import Evaluation, RoundInputs

__all__ = ["Evaluation", "RoundInputs", "evaluate"]
