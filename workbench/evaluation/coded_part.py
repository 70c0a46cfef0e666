"""From a grading function to a result type: the frames of a coded round, packed as a part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from workbench.evaluation.agreements import agreements_table
from workbench.evaluation.coded_findings import findings_table, sentences_table
from workbench.evaluation.coded_round import CodedRound, Grade, coded_round
from workbench.evaluation.coded_tables import (
    analyte_verdicts,
    answers_table,
    counts_table,
    groups_table,
    scores_table,
    sums_by_sample,
)
from workbench.evaluation.history import earlier_rounds
from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.parts import Part, ResultType
from workbench.evaluation.programme_history import programme_history
from workbench.evaluation.reconciliation import outcomes_table, reconciliation_table
from workbench.evaluation.verdicts import grades_of_sums, laboratory_verdicts, policy_of_programme

Across = Callable[[CodedRound], Iterable[tuple[int, str, dict[str, Any]]]]
"""Sentences that need several analytes at once: row, code, placeholders."""


def coded_type(name: str, serves: tuple[str, ...], grade: Grade, across: Across | None = None) -> ResultType:
    """A result type from its grading function.

    Parameters
    ----------
    name, serves : of the `ResultType`.
    grade : from one analyte's answers to what they are worth.
    across : further sentences that look at several analytes of a laboratory together.
    """

    def evaluate(inputs: RoundInputs) -> Part:
        return coded_part(inputs, grade, across)

    return ResultType(name, serves, evaluate)


def coded_part(inputs: RoundInputs, grade: Grade, across: Across | None = None) -> Part:
    """Evaluate the coded analytes of a round.

    Raises
    ------
    DataError
        when the snapshot contradicts itself.
    EvaluationError
        when the round has no samples or enrolments, or an expected answer cannot be read.
    """
    given = coded_round(inputs, grade)
    history = earlier_rounds(inputs.history, inputs.round_code)
    sums = given.right.sum(axis=1), given.items.sum(axis=1)
    marks = grades_of_sums(given, sums, given.cells.reason, history, given.veto)
    policy = policy_of_programme(given.rules, inputs.programme.evaluation)
    vetoed = frozenset(given.returns.lab_codes[given.veto].tolist())
    by_lab = sums_by_sample(given) if policy.coded.counting == "samples" else None
    past = programme_history(inputs, history)
    reconciliation = reconciliation_table(given, given.count, inputs.enrolments)
    frames = {
        "scores": scores_table(given),
        "groups": groups_table(given),
        "analyte_verdicts": analyte_verdicts(given, marks),
        "laboratory_verdicts": laboratory_verdicts(given, marks, past, policy, by_lab, vetoed),
        "findings": findings_table(given, inputs, reconciliation),
        "sentences": sentences_table(given, marks, () if across is None else across(given)),
        "reconciliation": reconciliation,
        "answers": answers_table(given),
        "answer_counts": counts_table(given),
        "agreements": agreements_table(given, inputs.answer_history, inputs.round_code),
    }
    return Part(frames, vetoed, outcomes_table(given, given.count))
