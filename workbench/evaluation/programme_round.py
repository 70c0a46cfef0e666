"""Evaluate one programme-round: snapshot frames in, evaluation frames out.

No clock, no random numbers, no database: the same snapshot gives the same rows in the same order.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.assigned_values import Materials, materials, targets
from workbench.evaluation.consensus import consensus
from workbench.evaluation.decisions import Decided, decided
from workbench.evaluation.inputs import Evaluation, RoundInputs, checked_evaluation
from workbench.evaluation.peer_groups import choose, peer_groups
from workbench.evaluation.returns import returns_of
from workbench.evaluation.rules import analyte_rules
from workbench.evaluation.score_tables import groups_table, scores_table
from workbench.evaluation.scores import Round, scores
from workbench.evaluation.states import counted, states
from workbench.evaluation.verdicts import (
    analyte_verdicts,
    grades,
    laboratory_verdicts,
    policy_of_programme,
)


def evaluate(inputs: RoundInputs) -> Evaluation:
    """Evaluate the quantitative analytes of one programme-round.

    Parameters
    ----------
    inputs : the round as it was frozen.

    Returns
    -------
    Evaluation
        The evaluation frames, each held to its contract. No verdict stands without its group, n,
        way of setting the target and limit beside it.

    Raises
    ------
    DataError
        when the snapshot contradicts itself.
    EvaluationError
        when the programme has no quantitative analyte.

    References
    ----------
    ISO 13528:2022, clauses 7 to 9.
    """
    given, decisions, material = judged_round(inputs)
    scored = scores(given)
    count = counted(given.returns, given.cells, scored.signal, given.rules)
    reason = np.where(scored.undecided, "NS-R", given.cells.reason)
    marks = grades(given, count, reason, inputs.history, inputs.round_code)
    policy = policy_of_programme(given.rules, inputs.programme.evaluation)
    tables: dict[str, pd.DataFrame] = {
        "scores": scores_table(given, scored, reason),
        "groups": groups_table(given, count),
        "analyte_verdicts": analyte_verdicts(given, marks, scored),
        "laboratory_verdicts": laboratory_verdicts(given, marks, inputs.history, inputs.round_code, policy),
    }
    return checked_evaluation(tables)


def judged_round(inputs: RoundInputs) -> tuple[Round, Decided, Materials]:
    """Everything up to the state of each cell: returns, groups, consensus, targets."""
    rules = analyte_rules(inputs.programme, inputs.criteria)
    codes = tuple(rule.code for rule in rules)
    returns = returns_of(inputs, codes)
    decisions = decided(returns, inputs.decisions, inputs.samples)
    groups = peer_groups(returns, rules)
    stats = consensus(returns, groups, rules, decisions)
    chosen = choose(groups, stats.n, rules, returns.analyte)
    material = materials(
        inputs.reference_values, inputs.material_checks, decisions.withdrawn, (codes, returns.samples)
    )
    aims = targets(groups, stats, rules, material)
    cells = states(returns, decisions, aims.reason[chosen.group])
    return Round(returns, rules, groups, stats, chosen, aims, cells), decisions, material
