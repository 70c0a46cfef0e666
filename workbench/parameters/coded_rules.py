"""How coded answers - grades, reactions - are judged. Every default is a decision of the organiser."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Counting = Literal["right", "half", "wrong", "not_scored"]
POINTS: dict[str, float] = {"right": 1.0, "half": 0.5, "wrong": 0.0, "not_scored": float("nan")}
"""Mark of each way of counting."""


class CodedRules(BaseModel):
    """Rules of one programme or analyte, a part of its `EvaluationPolicy`.

    Attributes
    ----------
    majority : share of the answers that must agree with the target before a sample is graded.
    majority_since : date from which that share holds, printed beside it.
    tolerance : grades an ordinal answer may be away from its target on the same side of the cut-off.
    opposite : a negative where a positive grade is expected, or the other way round.
    near : mark of an ordinal answer inside the tolerance but not on the target.
    indeterminate : an indeterminate answer where the target is positive or negative.
    indeterminate_target : a positive or negative answer where the target is indeterminate.
    weak_positive : a weak positive is a positive, or is judged like an indeterminate answer.
    critical : kinds of error that could harm a patient ("false_negative", "false_positive").
    veto : a critical error fails analyte and programme whatever the score.
    counting : the programme's score counts ``results``, or ``samples``, each right only when all of it is.
    panel_pass : share of the drugs of an isolate that must agree.
    acceptable_from : least mark of an acceptable name; the marks of the levels are in the vocabulary.
    partial_mark : mark of the right variants without zygosity, or some of several.
    panel_partial : a sample of types gets the share of its right types as mark, instead of all or nothing.
    near_breakpoint : a drug whose reference value stands next to a breakpoint is not scored, or each category
        next to it is accepted.
    half_steps : MICs of gradient strips between two dilutions are rounded up.

    References
    ----------
    42 CFR 493.931(c)(1) and siblings: 80 % of ten referees or of all participants.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    majority: float = Field(default=0.8, gt=0.5, le=1)
    majority_since: date = date(2025, 1, 1)
    tolerance: int = Field(default=1, ge=0)
    opposite: Literal["wrong"] = "wrong"
    near: Counting = "right"
    indeterminate: Counting = "wrong"
    indeterminate_target: Counting = "not_scored"
    weak_positive: Literal["positive", "indeterminate"] = "positive"
    critical: tuple[Literal["false_negative", "false_positive"], ...] = ()
    veto: bool = False
    counting: Literal["results", "samples"] = "results"
    panel_pass: float = Field(default=0.8, gt=0, le=1)
    acceptable_from: float = Field(default=0.75, gt=0, le=1)
    partial_mark: float = Field(default=0.5, ge=0, le=1)
    panel_partial: bool = False
    near_breakpoint: Literal["not_scored", "accept"] = "not_scored"
    half_steps: bool = False
