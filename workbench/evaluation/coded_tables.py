"""The tables of a coded round: scores, groups, answers, counts of answers, verdicts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.coded_round import CodedRound
from workbench.evaluation.criteria import ObjectArray
from workbench.evaluation.returns import DIMENSIONS, IntArray
from workbench.evaluation.verdicts import Grades, percent
from workbench.frames import GROUPS, SCORES

COUNTED = "count"
"""Estimator of a group of coded answers: a distribution, no mean."""


def _keys(given: CodedRound) -> dict[str, np.ndarray]:
    """Laboratory, device, analyte and sample of every cell, row by row."""
    returns, samples = given.returns, given.returns.shape[1]
    return {
        "lab_code": np.repeat(returns.lab_codes, samples),
        "device_id": np.repeat(returns.device, samples),
        "analyte": np.repeat(returns.analyte_codes, samples),
        "sample": np.tile(np.array(returns.samples, dtype=object), returns.shape[0]),
    }


def scores_table(given: CodedRound) -> pd.DataFrame:
    """One row per laboratory x device x analyte x sample; quantities are NaN, see `answers_table`."""
    returns, chosen = given.returns, given.chosen
    group, widest = chosen.group, given.groups.widest[returns.analyte]
    samples = returns.shape[1]
    signal = given.signal
    columns = {
        **_keys(given),
        "raw": returns.raw.ravel(),
        "decimals": returns.decimals.ravel(),
        "censor": returns.censor.ravel(),
        "state": given.cells.state.ravel(),
        "reason": given.cells.reason.ravel(),
        "in_statistics": given.eligible.ravel(),
        "assigned_value_method": given.grid("target_method").ravel(),
        "score_kind": "",
        "peer_group_level": np.repeat(given.groups.level[group], samples),
        "peer_group": np.repeat(given.groups.name[group], samples),
        "peer_n": given.n[group].ravel(),
        "all_n": given.n[widest].ravel(),
        "signal": signal.ravel(),
        "score_signal": signal.ravel(),
        "on_limit": False,
    }
    table = pd.DataFrame(columns)[given.asked.ravel()].reset_index(drop=True)
    return table.assign(**{c.name: np.nan for c in SCORES.columns if c.name not in table})


def groups_table(given: CodedRound) -> pd.DataFrame:
    """One row per analyte x sample x rung x group."""
    groups, samples = given.groups, given.returns.shape[1]
    acceptable, graded = (_in_groups(given, mask) for mask in (given.count.acceptable, given.count.graded))
    number = len(groups.level)
    used = np.isin(np.arange(number), given.chosen.group)
    table = pd.DataFrame(
        {
            "analyte": np.repeat(np.array(given.returns.analytes, dtype=object)[groups.analyte], samples),
            "sample": np.tile(np.array(given.returns.samples, dtype=object), number),
            "peer_group_level": np.repeat(groups.level, samples),
            "peer_group": np.repeat(groups.name, samples),
            "n": given.n.ravel(),
            "n_censored": 0,
            "estimator": COUNTED,
            "iterations": 0,
            "degenerate": False,
            "assigned_value_method": _methods(given).ravel(),
            "n_acceptable": acceptable.ravel(),
            "n_graded": graded.ravel(),
            "used": np.repeat(used, samples),
        }
    )
    asked = np.array([np.ones(samples, bool) if g.asked is None else g.asked for g in given.grades])
    table = table[asked[groups.analyte].ravel()].reset_index(drop=True)
    return table.assign(**{c.name: np.nan for c in GROUPS.columns if c.name not in table})


def _in_groups(given: CodedRound, mask: np.ndarray) -> IntArray:
    """Shape (G, S), members' cells where a mask of shape (E, S) holds."""
    out = np.zeros(given.n.shape, dtype=np.int64)
    for rung in given.groups.group:
        inside = rung >= 0
        np.add.at(out, rung[inside], mask[inside].astype(np.int64))
    return out


def _methods(given: CodedRound) -> ObjectArray:
    """Shape (G, S), how the target of each analyte x sample was set; the first word any member has."""
    methods = given.grid("target_method")
    out = np.full(given.n.shape, "", dtype=object)
    for position in range(len(given.returns.analytes)):
        rows = methods[given.rows_of(position)]
        words = [next((word for word in column if word), "") for column in rows.T]
        out[given.groups.analyte == position] = np.array(words, dtype=object)
    return out


def answers_table(given: CodedRound) -> pd.DataFrame:
    """One row per laboratory x device x analyte x sample; an answer that was not sent is empty."""
    samples = given.returns.shape[1]
    level = np.full(given.returns.shape[0], "all", dtype=object)
    for position, each in enumerate(given.grades):
        level[given.rows_of(position)] = each.level
    shown = ["scored", "late", "not_performed", "survey"]
    kind = np.where(np.isin(given.cells.state, shown), given.grid("kind"), "")
    quantity = given.returns.value.copy()
    for position, each in enumerate(given.grades):
        if each.quantity is not None:
            quantity[given.rows_of(position)] = each.quantity
    table = pd.DataFrame(
        {
            **_keys(given),
            "code": np.where(given.returns.state == "reported", given.returns.code, "").ravel(),
            "answer": given.grid("answer").ravel(),
            "target": given.grid("target").ravel(),
            "accepted": given.grid("accepted").ravel(),
            "target_method": given.grid("target_method").ravel(),
            "target_level": np.repeat(level, samples),
            "mark": given.mark.ravel(),
            "kind": kind.ravel(),
            "critical": given.critical.ravel(),
            "distance": given.grid("distance").ravel(),
            "quantity": quantity.ravel(),
            "detail": given.grid("detail").ravel(),
        }
    )
    return table[given.asked.ravel()].reset_index(drop=True)


def counts_table(given: CodedRound) -> pd.DataFrame:
    """One row per analyte x sample x rung x group x answer; answers in the order of their list."""
    answer = given.grid("answer")
    rows = []
    for position, grades in enumerate(given.grades):
        order = {code: place for place, code in enumerate(grades.order)}
        for rung in given.groups.ladders[position]:
            rows += _counts(given, (position, rung), answer, order)
    names = ["analyte", "sample", "peer_group_level", "peer_group", "answer", "position", "count"]
    return pd.DataFrame(sorted(rows, key=lambda r: (*r[:4], r[5], r[4])), columns=names)


def _counts(
    given: CodedRound, where: tuple[int, int], answer: ObjectArray, order: dict[str, int]
) -> list[tuple[str, str, str, str, str, int, int]]:
    """Counts of one analyte at one rung."""
    position, rung = where
    returns, groups = given.returns, given.groups
    parts = given.grades[position].parts
    found: dict[tuple[int, int, str], int] = {}
    for own, row in enumerate(given.rows_of(position).tolist()):
        group = int(groups.group[rung, row])
        for sample in np.flatnonzero(given.eligible[row]).tolist():
            held = (str(answer[row, sample]),) if parts is None else parts[own, sample]
            for code in held if group >= 0 else ():
                if code:
                    found[group, sample, code] = found.get((group, sample, code), 0) + 1
    return [
        (
            returns.analytes[position],
            returns.samples[sample],
            str(groups.level[group]),
            str(groups.name[group]),
            code,
            order.get(code, len(order)),
            count,
        )
        for (group, sample, code), count in found.items()
    ]


def analyte_verdicts(given: CodedRound, marks: Grades) -> pd.DataFrame:
    """One row per laboratory x device x analyte."""
    returns, chosen = given.returns, given.chosen
    return pd.DataFrame(
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
            "mean_percent_allowed": np.nan,
            "sd_percent_allowed": np.nan,
            "peer_group_level": given.groups.level[chosen.group],
            "peer_group": given.groups.name[chosen.group],
            "peer_n": given.n[chosen.group].min(axis=1),
            "fallback_from": np.where(chosen.reached, chosen.fallback_from, ""),
            "own_n": chosen.own_n,
        }
    )


def sums_by_sample(given: CodedRound) -> tuple[IntArray, IntArray]:
    """Shape (L,), samples of each laboratory that are wholly right, and samples with anything graded."""
    labs, samples = len(given.returns.labs), given.returns.shape[1]
    graded = np.zeros((labs, samples), dtype=np.int64)
    right = np.zeros((labs, samples), dtype=np.int64)
    np.add.at(graded, given.returns.lab, given.items)
    np.add.at(right, given.returns.lab, given.right)
    return ((graded > 0) & (right == graded)).sum(axis=1), (graded > 0).sum(axis=1)
