"""The state of every cell: scored, or why not; and whether it counts.

Precedence, first that holds: not performed, excused, withdrawn or otherwise ungradable sample, sample
fault, not returned, late, unreadable, censored, scored. What no laboratory could be graded on is
never held against one that did not return it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import BoolArray, ObjectArray
from workbench.evaluation.decisions import Decided
from workbench.evaluation.returns import Returns
from workbench.evaluation.rules import AnalyteRule

CREDITED = ("not_scored", "censored")
"""States whose unscored results are credited where the policy credits instead of leaving out."""


@dataclass(frozen=True)
class States:
    """Shape (E, S): state of each cell, and the NS code of cells that are not scored."""

    state: ObjectArray
    reason: ObjectArray


def states(returns: Returns, decisions: Decided, target_reason: ObjectArray) -> States:
    """State of each cell.

    Parameters
    ----------
    target_reason : shape (E, S), "" or the NS code of the target each result would be judged by.
    """
    late = np.broadcast_to((returns.late_days[returns.lab] > 0)[:, None], returns.shape)
    enrolment = np.broadcast_to(returns.enrolment_state[:, None], returns.shape)
    reported = returns.state == "reported"
    survey = target_reason == "NS-X"
    conditions = [
        enrolment == "not_performed",
        (enrolment == "excused") | decisions.excused,
        survey,
        target_reason != "",
        (returns.state == "sample_fault") | decisions.faulty,
        returns.state == "not_returned",
        late,
        (returns.state == "unreadable") | (reported & ~np.isfinite(returns.value)),
        reported & (returns.censor != 0),
    ]
    names = [
        "not_performed",
        "excused",
        "survey",
        "not_scored",
        "sample_fault",
        "not_returned",
        "late",
        "unreadable",
        "censored",
    ]
    state = np.select(conditions, names, "scored").astype(object)
    reason = np.where(np.isin(state, ["not_scored", "survey"]), target_reason, "").astype(object)
    return States(state, reason)


@dataclass(frozen=True)
class Counted:
    """Shape (E, S): cells that count as graded, and as acceptable."""

    graded: BoolArray
    acceptable: BoolArray


def counted(returns: Returns, cells: States, signal: ObjectArray, rules: Sequence[AnalyteRule]) -> Counted:
    """What enters k and a.

    Notes
    -----
    Warnings count as acceptable: only an action signal fails a result. Not returned, late and
    unreadable results are graded with 0 points unless the policy says otherwise; a credited result
    needs a value that was returned.
    """

    def says(name: str, value: str) -> BoolArray:
        claims = np.array([getattr(rule.policy, name) == value for rule in rules], dtype=bool)
        return np.broadcast_to(claims[returns.analyte][:, None], returns.shape)

    state = cells.state
    good = np.isin(signal, ["acceptable", "warning"])
    judged = np.isin(state, ["scored", "censored"]) & (signal != "not_scored")
    late = state == "late"
    judged_late = late & says("late", "score") & (signal != "not_scored")
    zero = (
        ((state == "not_returned") & says("not_returned", "zero"))
        | ((state == "unreadable") & says("unreadable", "zero"))
        | ((state == "not_performed") & says("not_performed", "zero"))
        | (late & says("late", "zero"))
    )
    credit = np.isin(state, CREDITED) & (signal == "not_scored") & says("not_scored", "credit")
    credit &= returns.state == "reported"
    return Counted(judged | judged_late | zero | credit, (good & (judged | judged_late)) | credit)
