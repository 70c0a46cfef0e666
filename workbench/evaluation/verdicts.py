"""From signals to grades: analyte in a round, programme in a round, and over rounds."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.history import (
    graded_verdict,
    persistence_status,
    programme_verdicts_before,
    verdicts_before,
)
from workbench.evaluation.returns import DIMENSIONS, IntArray, Returns
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.scores import Round, Scores
from workbench.evaluation.states import Counted, States
from workbench.parameters.policy import EvaluationPolicy

_WHOLE = ("not_performed", "excused", "not_returned", "late", "survey", "sample_fault")
"""States that, when they hold for every sample, are the reason of the analyte's verdict."""


class Gradable(Protocol):
    """What grading needs of a round, whatever its results are."""

    @property
    def returns(self) -> Returns: ...
    @property
    def rules(self) -> tuple[AnalyteRule, ...]: ...
    @property
    def cells(self) -> States: ...


@dataclass(frozen=True)
class Grades:
    """Shape (E,): a, k, verdict, reason, status over rounds of each laboratory x device x analyte."""

    acceptable: IntArray
    graded: IntArray
    verdict: ObjectArray
    reason: ObjectArray
    status: ObjectArray


def grades(given: Gradable, count: Counted, reason: ObjectArray, history: pd.DataFrame) -> Grades:
    """Grade every laboratory x device x analyte.

    Parameters
    ----------
    reason : shape (E, S), NS code of each cell that is not scored.
    history : earlier rounds, oldest first.
    """
    return grades_of_sums(given, (count.acceptable.sum(axis=1), count.graded.sum(axis=1)), reason, history)


def grades_of_sums(
    given: Gradable,
    sums: tuple[IntArray, IntArray],
    reason: ObjectArray,
    history: pd.DataFrame,
    veto: BoolArray | None = None,
) -> Grades:
    """The same from the counts themselves: shape (E,), acceptable and graded results of each row.

    Parameters
    ----------
    veto : shape (E,), rows that fail whatever the score.
    """
    acceptable, graded = (each.astype(np.int64) for each in sums)
    policies = [given.rules[a].policy for a in given.returns.analyte]
    verdict = np.array(
        [
            graded_verdict(int(a), int(k), policy.pass_mark)
            for a, k, policy in zip(acceptable, graded, policies, strict=True)
        ],
        dtype=object,
    )
    if veto is not None:
        verdict[veto] = "fail"
    return Grades(
        acceptable,
        graded,
        verdict,
        _reasons(given.cells.state, reason, verdict),
        _statuses(given.returns, policies, verdict, verdicts_before(history)),
    )


def _reasons(state: ObjectArray, reason: ObjectArray, verdict: ObjectArray) -> ObjectArray:
    """The state that all samples share, or the first NS code where nothing was graded, else ""."""
    out = np.full(len(verdict), "", dtype=object)
    for name in _WHOLE:
        out[(state == name).all(axis=1)] = name
    open_rows = (verdict == "not_scored") & np.isin(out, ["", "survey"])
    for row in np.flatnonzero(open_rows):
        codes = [code for code in reason[row] if code]
        out[row] = codes[0] if codes else str(state[row, 0])
    return out


def _statuses(
    returns: Returns,
    policies: list[EvaluationPolicy],
    verdict: ObjectArray,
    before: dict[tuple[str, str, str], list[str]],
) -> ObjectArray:
    """Status over rounds of each row."""
    keys = zip(returns.lab_codes, returns.device, returns.analyte_codes, strict=True)
    return np.array(
        [
            persistence_status([*before.get(key, []), now], policy.persistence)
            for key, now, policy in zip(keys, verdict, policies, strict=True)
        ],
        dtype=object,
    )


def analyte_verdicts(given: Round, marks: Grades, scored: Scores) -> pd.DataFrame:
    """One row per laboratory x device x analyte."""
    returns, chosen = given.returns, given.chosen
    mean, spread = mean_and_sd(scored.percent_allowed)
    table = pd.DataFrame(
        {
            "lab_code": returns.lab_codes,
            "device_id": returns.device,
            "analyte": returns.analyte_codes,
            **{name: returns.system[:, i] for i, name in enumerate(DIMENSIONS)},
            "acceptable": marks.acceptable,
            "graded": marks.graded,
            "score_percent": percent(marks.acceptable, marks.graded),
            "pass_mark": [given.rules[a].policy.pass_mark for a in returns.analyte],
            "verdict": marks.verdict,
            "reason": marks.reason,
            "status": marks.status,
            "mean_percent_allowed": mean,
            "sd_percent_allowed": spread,
            "peer_group_level": given.groups.level[chosen.group],
            "peer_group": given.groups.name[chosen.group],
            "peer_n": given.stats.n[chosen.group].min(axis=1),
            "fallback_from": np.where(chosen.reached, chosen.fallback_from, ""),
            "own_n": chosen.own_n,
        }
    )
    return table


def mean_and_sd(percent_allowed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Row means and SDs (n - 1) without the NaN; NaN where there are too few."""
    there = np.isfinite(percent_allowed)
    n = there.sum(axis=1)
    total = np.where(there, percent_allowed, 0.0).sum(axis=1)
    mean = np.divide(total, n, out=np.full(n.shape, np.nan), where=n > 0)
    squares = np.where(there, (percent_allowed - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variance = np.divide(squares, n - 1, out=np.full(n.shape, np.nan), where=n > 1)
    return mean, np.sqrt(variance)


def percent(part: IntArray, whole: IntArray) -> FloatArray:
    """100 part / whole, NaN where the whole is zero."""
    return np.divide(100.0 * part, whole, out=np.full(len(whole), np.nan), where=whole > 0)


def laboratory_verdicts(
    given: Gradable,
    marks: Grades,
    history: pd.DataFrame,
    policy: EvaluationPolicy,
    sums_by_lab: tuple[IntArray, IntArray] | None = None,
    vetoed: Set[str] = frozenset(),
) -> pd.DataFrame:
    """One row per laboratory: all acceptable results over all graded ones, not the mean of passes.

    Parameters
    ----------
    sums_by_lab : shape (L,), acceptable and graded where the programme counts otherwise than by result.
    vetoed : codes of laboratories that fail whatever the score.

    References
    ----------
    42 CFR 493.931(c)(5).
    """
    returns = given.returns
    labs = len(returns.labs)
    sums = {
        "acceptable": _summed(returns.lab, marks.acceptable, labs),
        "graded": _summed(returns.lab, marks.graded, labs),
        "n_pass": _summed(returns.lab, marks.verdict == "pass", labs),
        "n_fail": _summed(returns.lab, marks.verdict == "fail", labs),
        "n_not_scored": _summed(returns.lab, marks.verdict == "not_scored", labs),
    }
    if sums_by_lab is not None:
        sums["acceptable"], sums["graded"] = sums_by_lab
    before = programme_verdicts_before(history, policy.pass_mark)
    outcome = [
        "fail" if lab in vetoed else graded_verdict(int(a), int(k), policy.pass_mark)
        for lab, a, k in zip(returns.labs, sums["acceptable"], sums["graded"], strict=True)
    ]
    return pd.DataFrame(
        {
            "lab_code": list(returns.labs),
            **sums,
            "score_percent": percent(sums["acceptable"], sums["graded"]),
            "verdict": [PROGRAMME_WORDS[each] for each in outcome],
            "status": [
                persistence_status([*before.get(lab, []), now], policy.persistence)
                for lab, now in zip(returns.labs, outcome, strict=True)
            ],
            "return_state": return_states(given),
        }
    )


PROGRAMME_WORDS = {"pass": "satisfactory", "fail": "unsatisfactory", "not_scored": "not_scored"}
"""Verdict of an analyte -> the same of a programme."""


def _summed(codes: IntArray, values: np.ndarray, size: int) -> IntArray:
    return np.bincount(codes, weights=values.astype(float), minlength=size).astype(np.int64)


def excused_rows(given: Gradable) -> BoolArray:
    """Shape (E,), rows of which nothing was due: excused, or every sample damaged or lost and nothing sent."""
    state, sent = given.cells.state, given.returns.state != "not_returned"
    spared = np.isin(state, ["excused", "sample_fault", "not_scored", "survey"]) & ~sent
    lost: BoolArray = spared.all(axis=1) & (state == "sample_fault").any(axis=1)
    return (state == "excused").all(axis=1) | lost


def return_states(given: Gradable) -> list[str]:
    """returned, late, not_returned or excused, for each laboratory."""
    returns = given.returns
    labs = len(returns.labs)
    rows = _summed(returns.lab, np.ones(len(returns.lab)), labs)
    excused = _summed(returns.lab, excused_rows(given), labs)
    anything = _summed(returns.lab, (returns.state != "not_returned").any(axis=1), labs) > 0
    out = []
    for lab in range(labs):
        if rows[lab] and excused[lab] == rows[lab]:
            out.append("excused")
        elif not anything[lab]:
            out.append("not_returned")
        else:
            out.append("late" if returns.late_days[lab] > 0 else "returned")
    return out


def policy_of_programme(rules: tuple[AnalyteRule, ...], own: EvaluationPolicy | None) -> EvaluationPolicy:
    """The programme's policy, or its first analyte's where it has none."""
    return own if own is not None else rules[0].policy
