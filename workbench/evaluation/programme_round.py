"""Evaluate the quantitative analytes of one programme-round: snapshot frames in, evaluation frames out.

No clock, no random numbers, no database: the same snapshot gives the same rows in the same order.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError, Problem
from workbench.evaluation.assigned_values import Materials, materials, targets
from workbench.evaluation.consensus import consensus
from workbench.evaluation.decisions import Decided, decided
from workbench.evaluation.disclosure import disclosed_groups
from workbench.evaluation.findings import (
    FindingRows,
    Judged,
    commutability_finding,
    distribution_findings,
    group_size_findings,
    material_findings,
    rule_findings,
    stability_finding,
    uncertainty_findings,
)
from workbench.evaluation.group_effects import group_effects
from workbench.evaluation.histograms import histograms_table
from workbench.evaluation.history import earlier_rounds
from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.linked_analytes import linked_findings
from workbench.evaluation.modes import modes_table, sample_modes
from workbench.evaluation.parts import Part
from workbench.evaluation.patterns import patterns
from workbench.evaluation.peer_groups import choose, peer_groups
from workbench.evaluation.reconciliation import discrepancies, outcomes_table, reconciliation_table
from workbench.evaluation.reported_uncertainty import uncertainty_credibility
from workbench.evaluation.result_findings import (
    blunder_findings,
    class_findings,
    criterion_change_findings,
    fault_findings,
    lateness_finding,
    other_authority_findings,
    own_group_findings,
    statistics_findings,
)
from workbench.evaluation.returns import Returns, returns_of
from workbench.evaluation.rules import analyte_rules
from workbench.evaluation.score_tables import groups_table, scores_table
from workbench.evaluation.scores import Round, scores
from workbench.evaluation.sentences import sentences_table
from workbench.evaluation.states import counted, states
from workbench.evaluation.verdicts import (
    analyte_verdicts,
    grades,
    laboratory_verdicts,
    policy_of_programme,
)


def quantitative_round(inputs: RoundInputs) -> Part:
    """Evaluate the quantitative analytes of one programme-round.

    Parameters
    ----------
    inputs : the round as it was frozen.

    Returns
    -------
    Part
        All evaluation frames of quantities. No verdict stands without its group, n,
        way of setting the target and limit beside it.

    Raises
    ------
    DataError
        when the snapshot contradicts itself.
    EvaluationError
        when the programme has no quantitative analyte, or the round no samples or enrolments.

    References
    ----------
    ISO 13528:2022, clauses 7 to 9.
    """
    given, decisions, material = judged_round(inputs)
    scored = scores(given)
    count = counted(given.returns, given.cells, scored.signal, given.rules)
    reason = np.where(scored.undecided, "NS-R", given.cells.reason)
    history = earlier_rounds(inputs.history, inputs.round_code)
    marks = grades(given, count, reason, history)
    policy = policy_of_programme(given.rules, inputs.programme.evaluation)
    judged = Judged(
        given=given,
        scored=scored,
        count=count,
        decisions=decisions,
        material=material,
        seen=patterns(given, scored),
        effects=group_effects(given, scored),
        modes=sample_modes(given),
        history=history,
    )
    reconciliation = reconciliation_table(given, count, inputs.enrolments)
    return Part(
        {
            "scores": scores_table(given, scored, reason),
            "groups": groups_table(given, count),
            "analyte_verdicts": analyte_verdicts(given, marks, scored),
            "laboratory_verdicts": laboratory_verdicts(given, marks, history, policy),
            "findings": findings_table(judged, inputs, reconciliation),
            "sentences": sentences_table(judged, marks),
            "histograms": histograms_table(given, disclosed_groups(given)),
            "modes": modes_table(given, judged.modes),
            "reconciliation": reconciliation,
        },
        outcomes=outcomes_table(given, count),
    )


def findings_table(judged: Judged, inputs: RoundInputs, reconciliation: pd.DataFrame) -> pd.DataFrame:
    """All findings of the round."""
    rows = FindingRows()
    for finder in FINDERS:
        finder(judged, rows)
    commutability_finding(judged, inputs.samples, rows)
    lateness_finding(inputs.laboratories, rows)
    fault_findings(inputs.decisions, rows)
    _linked(judged, inputs, rows)
    for row in discrepancies(reconciliation).itertuples():
        params = {"a": row.enrolled, "b": row.scored, "c": row.not_scored, "d": row.not_returned}
        params["e"] = row.excused + row.not_performed
        rows.add("F42", params, analyte=row.analyte)
    return rows.table(judged.given.returns.analytes, judged.given.returns.samples)


LINKED_SHARE_MAX = 0.25
"""A relation that breaks in more laboratories than this tells of the material, not of transcription."""


def _linked(judged: Judged, inputs: RoundInputs, rows: FindingRows) -> None:
    """F36 and F37: results of one laboratory on one sample that do not fit together.

    Processed material may not keep a relation that holds in patients' blood: where more than
    `LINKED_SHARE_MAX` of the laboratories break it, nobody is told.
    """
    rules = judged.given.rules
    reported = inputs.results[inputs.results["result_state"] == "reported"]
    found = linked_findings(reported, {rule.code: rule.analyte.unit for rule in rules})
    reporting = reported.groupby("analyte")["lab_code"].nunique()
    broken = found.groupby("check")["lab_code"].nunique()
    enrolled = set(zip(judged.given.returns.lab_codes, judged.given.returns.analyte_codes, strict=True))
    for row in found.to_dict("records"):
        first, *others = str(row["analytes"]).split(",")
        analyte = str(row["suspect"]) or first
        most = LINKED_SHARE_MAX * int(reporting[[first, *others]].min())
        if (row["lab_code"], analyte) not in enrolled or int(broken[row["check"]]) > most:
            continue
        params: dict[str, object] = {"a": first, "b": others, "d": float(row["difference_percent"])}
        if row["finding"] == "F37":
            params = {"sum": float(row["found"])}
        rows.add(str(row["finding"]), params, str(row["lab_code"]), analyte, str(row["sample"]))


def _refuse_empty(inputs: RoundInputs, returns: Returns) -> None:
    """Without samples or enrolments there is nothing to evaluate."""
    rows, samples = returns.shape
    problems = [
        Problem(f"the round has no {what}; enter them first", sheet=sheet)
        for found, what, sheet in ((rows, "enrolments", "enrolments"), (samples, "samples", "samples"))
        if not found
    ]
    if problems:
        name = f"Programme {inputs.programme.programme_no}, round {inputs.round_code}"
        raise EvaluationError(f"{name} cannot be evaluated.", problems)


def judged_round(inputs: RoundInputs) -> tuple[Round, Decided, Materials]:
    """Everything up to the state of each cell: returns, groups, consensus, targets."""
    rules = analyte_rules(inputs.programme, inputs.criteria)
    codes = tuple(rule.code for rule in rules)
    returns = returns_of(inputs, codes)
    _refuse_empty(inputs, returns)
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


FINDERS = (
    group_size_findings,
    uncertainty_findings,
    distribution_findings,
    rule_findings,
    material_findings,
    statistics_findings,
    blunder_findings,
    class_findings,
    own_group_findings,
    criterion_change_findings,
    other_authority_findings,
    stability_finding,
    uncertainty_credibility,
)
"""Every finder of findings, in no order that matters: the rows are sorted."""
