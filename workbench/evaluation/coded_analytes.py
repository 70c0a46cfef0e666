"""What a coded result type gets, one analyte at a time, and what it gives back.

A coded result is an answer, not a quantity: a grade, a reaction, a name, a genotype. A result type of coded
answers is a function ``grade(CodedAnalyte) -> CodedGrades``; everything else - states, groups, counts,
verdicts, reconciliation - is the same for all and stands in `workbench.evaluation.coded_round`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.returns import IntArray
from workbench.parameters.policy import EvaluationPolicy
from workbench.parameters.programmes import Analyte

SEVERAL = "|"
"""Joins codes any of which is right."""


@dataclass(frozen=True)
class Expected:
    """The answer of one sample that does not come from participants.

    Attributes
    ----------
    code : expected answer on the common scale. accepted : all codes that are right; empty: by the rule.
    method : "characterised", "reference", "expert" ...
    detail : further facts as the result type defines them (organism, reference MIC, known copies).
    """

    code: str
    accepted: tuple[str, ...] = ()
    method: str = "reference"
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rung:
    """One rung of the peer-group ladder: its name, and of each row the group's number, -1 without."""

    name: str
    group: IntArray


@dataclass(frozen=True)
class CodedAnalyte:
    """All answers on one analyte of one round. R rows (laboratory x device), S samples in vial order.

    Attributes
    ----------
    analyte, policy : the catalogue's entry and its rules.
    samples : sample codes. labs : shape (R,), laboratory codes.
    raw, code : shape (R, S), as sent, and the code that ingest matched; "" where there is none.
    value : shape (R, S), a quantity reported beside the answer (S/CO, Ct); NaN without. Never scored.
    eligible : shape (R, S), answers that may set a consensus.
    system : shape (R, 4), codes of method, instrument, reagent, calibrator.
    rungs : the ladder, narrow to wide; the last is all laboratories.
    expected : sample code -> answer not taken from participants.
    """

    analyte: Analyte
    policy: EvaluationPolicy
    samples: tuple[str, ...]
    labs: ObjectArray
    raw: ObjectArray
    code: ObjectArray
    value: FloatArray
    eligible: BoolArray
    system: ObjectArray
    rungs: tuple[Rung, ...]
    expected: Mapping[str, Expected]

    @property
    def shape(self) -> tuple[int, int]:
        """(R, S)."""
        return self.code.shape[0], self.code.shape[1]

    @property
    def asked(self) -> BoolArray:
        """Shape (S,), samples with an expected answer; every sample where none has one yet."""
        there = np.array([sample in self.expected for sample in self.samples], dtype=bool)
        return there if there.any() else np.ones(len(self.samples), dtype=bool)


@dataclass(frozen=True)
class CodedFinding:
    """One finding on an analyte: code, placeholders, sample ("" for all), row (-1: everybody)."""

    code: str
    params: Mapping[str, Any]
    sample: str = ""
    row: int = -1


@dataclass(frozen=True)
class CodedSentence:
    """One sentence on a row's answers: code and placeholders."""

    code: str
    params: Mapping[str, Any]
    row: int


@dataclass(frozen=True)
class CodedGrades:
    """What a result type says of every answer, arrays of shape (R, S).

    Attributes
    ----------
    answer : code on the common scale, after crosswalk and normalisation; "" where there is none.
    target : expected code; accepted : right codes joined by `SEVERAL`; target_method : how it was set.
    mark : 0 to 1; NaN where the answer is not graded.
    signal : one of `workbench.frames.SIGNALS`.
    reason : NS code why the sample cannot be graded for anybody of the group, else "".
    kind : short code of what is wrong, for example "false_negative"; "" when right.
    critical : an error that could harm a patient; vetoes the round where the policy says so.
    distance : signed steps from the target on an ordered scale; NaN elsewhere.
    level : shape (R,), rung whose answers set a consensus target, or "all".
    detail : JSON object of what the type's report shows beside the answer; "" for nothing.
    order : codes in the order tables and figures list them.
    polarity : code -> side of the cut-off ("negative", "positive", "weak", "equivocal"); empty without one.
    items, right : shape (R, S), how many results an answer holds and how many are right (the drugs of a panel);
        None: each answer is one.
    parts : shape (R, S), tuples of what an answer holds, counted one by one; None: the answer itself is counted.
    quantity : shape (R, S), the quantity to be shown; None: the one reported beside the answer.
    asked : shape (S,), samples on which the analyte is asked for; None: all.
    findings, sentences : on the analyte.
    """

    answer: ObjectArray
    target: ObjectArray
    accepted: ObjectArray
    target_method: ObjectArray
    mark: FloatArray
    signal: ObjectArray
    reason: ObjectArray
    kind: ObjectArray
    critical: BoolArray
    distance: FloatArray
    level: ObjectArray
    detail: ObjectArray
    order: tuple[str, ...] = ()
    polarity: Mapping[str, str] = field(default_factory=dict)
    items: IntArray | None = None
    right: IntArray | None = None
    parts: ObjectArray | None = None
    quantity: FloatArray | None = None
    asked: BoolArray | None = None
    findings: tuple[CodedFinding, ...] = ()
    sentences: tuple[CodedSentence, ...] = ()

    @classmethod
    def blank(cls, given: CodedAnalyte) -> dict[str, Any]:
        """Arrays of the right shape that say nothing, by name; change them and pass them on.

        Examples
        --------
        ``CodedGrades(**CodedGrades.blank(given) | {"mark": mark, "signal": signal})``
        """
        rows, samples = given.shape

        def text(word: str = "") -> ObjectArray:
            return np.full((rows, samples), word, dtype=object)

        return {
            "answer": given.code.copy(),
            "target": text(),
            "accepted": text(),
            "target_method": text(),
            "mark": np.full((rows, samples), np.nan),
            "signal": text("not_scored"),
            "reason": text(),
            "kind": text(),
            "critical": np.zeros((rows, samples), dtype=bool),
            "distance": np.full((rows, samples), np.nan),
            "level": np.full(rows, "all", dtype=object),
            "detail": text(),
        }
