"""Findings on one laboratory's results: blunders, lateness, limits, other authorities, own group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import (
    BoolArray,
    ObjectArray,
    Reported,
    allowable_error,
    covers,
    judge,
)
from workbench.evaluation.findings import FindingRows, Judged
from workbench.evaluation.history import graded_verdict
from workbench.evaluation.returns import natural_order
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.scores import Round
from workbench.parameters.criteria import Criterion

_COMPARED_METRICS = ("tea", "eqa")
"""Metrics of other authorities that judge a single result."""


def statistics_findings(judged: Judged, rows: FindingRows) -> None:
    """F16 left out of the statistics, F19 devices merged."""
    returns, decisions = judged.given.returns, judged.decisions
    left_out = decisions.excluded & returns.numeric & ~judged.given.stats.eligible
    for row in np.flatnonzero(left_out.any(axis=1)).tolist():
        lab, analyte = returns.lab_codes[row], returns.analyte_codes[row]
        why = next(
            (
                decisions.excluded_why[key]
                for key in ((lab, analyte), (lab, ""), ("", analyte), ("", ""))
                if key in decisions.excluded_why
            ),
            "",
        )
        rows.add("F16", {"why": why}, lab, analyte)
    merged = judged.given.stats.merged.any(axis=1)
    if merged.any():
        pairs = returns.lab[merged] * len(returns.analytes) + returns.analyte[merged]
        _, counts = np.unique(pairs, return_counts=True)
        labs = len(np.unique(returns.lab[merged]))
        rows.add("F19", {"k": int(counts.max()), "laboratories": labs})


def lateness_finding(laboratories: pd.DataFrame, rows: FindingRows) -> None:
    """F18: returned after the closing date."""
    late = laboratories[laboratories["late_days"] > 0].sort_values("lab_code")
    for row in late.itertuples():
        date = "" if pd.isna(row.returned_at) else row.returned_at.date().isoformat()
        rows.add("F18", {"date": date, "days": int(row.late_days)}, row.lab_code)


def fault_findings(decisions: pd.DataFrame, rows: FindingRows) -> None:
    """F46: a sample arrived damaged or not at all and was not replaced."""
    for row in decisions[decisions["kind"] == "sample_fault"].sort_values("decision_id").itertuples():
        rows.add("F46", {"why": row.reason}, row.lab_code, row.analyte, row.sample)


def blunder_findings(judged: Judged, rows: FindingRows) -> None:
    """F17: text, a unit, a decimal point, an exchange of two samples."""
    given, seen, returns = judged.given, judged.seen, judged.given.returns

    def add(row: int, kind: str, factor: float | None, sample: str, **more: Any) -> None:
        params = {"factor": factor, "kind": kind} | more
        rows.add("F17", params, returns.lab_codes[row], returns.analyte_codes[row], sample)

    for row, sample in np.argwhere(given.cells.state == "unreadable").tolist():
        add(row, "text", None, returns.samples[sample])
    for row in np.flatnonzero(seen.factor >= 0).tolist():
        factor = seen.factors[seen.factor[row]]
        add(row, factor.kind, factor.factor, "")
    for row in np.flatnonzero(seen.swap[:, 0] >= 0).tolist():
        a, b = (returns.samples[s] for s in seen.swap[row])
        add(row, "swap", None, "", a=a, b=b)
    single = (seen.single_factor >= 0) & (seen.factor < 0)[:, None] & (seen.swap[:, 0] < 0)[:, None]
    for row, sample in np.argwhere(single).tolist():
        factor = seen.factors[seen.single_factor[row, sample]]
        add(row, factor.kind, factor.factor, returns.samples[sample])


def class_findings(judged: Judged, rows: FindingRows) -> None:
    """F32 exactly on an inclusive limit, F35 limit and score give opposite classes."""
    given, scored, returns = judged.given, judged.scored, judged.given.returns
    by_limit = np.array([rule.policy.score == "limit" for rule in given.rules])[returns.analyte]
    for row, sample in np.argwhere(scored.on_limit & by_limit[:, None]).tolist():
        rows.add("F32", {}, returns.lab_codes[row], returns.analyte_codes[row], returns.samples[sample])
    opposite = (scored.signal == "acceptable") & (scored.score_signal == "action")
    opposite |= (scored.signal == "action") & (scored.score_signal == "acceptable")
    for row, sample in np.argwhere(opposite & by_limit[:, None] & returns.numeric).tolist():
        params = {"a": scored.signal[row, sample], "b": scored.score_signal[row, sample]}
        rows.add("F35", params, returns.lab_codes[row], returns.analyte_codes[row], returns.samples[sample])


def own_group_findings(judged: Judged, rows: FindingRows) -> None:
    """F24: the laboratory's own group stands apart from the target."""
    given, effects, returns = judged.given, judged.effects, judged.given.returns
    graded = np.isin(given.cells.state, ["scored", "late"]).any(axis=1)
    seen: set[int] = set()
    finest = given.groups.finest
    for row in np.flatnonzero(effects.apart & graded).tolist():
        params = {"b": float(effects.percent[row]), "n": int(effects.n[row])}
        rows.add("F24", params, returns.lab_codes[row], returns.analyte_codes[row], only="laboratory")
        group = int(finest[row])
        if group not in seen:
            seen.add(group)
            named = params | {"level": given.groups.level[group], "group": given.groups.name[group]}
            rows.add("F24", named, analyte=returns.analyte_codes[row], only="organiser")


def criterion_change_findings(judged: Judged, rows: FindingRows) -> None:
    """F14: the criterion differs from the one of the last round."""
    history = judged.history[judged.history["criterion"] != ""]
    for rule in judged.given.rules:
        mine = history[history["analyte"] == rule.code]
        if mine.empty or rule.criterion is None:
            continue
        last = max(mine["round"].unique(), key=natural_order)
        old = mine.loc[mine["round"] == last, "criterion"].mode().iloc[0]
        if old != rule.criterion.line:
            rows.add("F14", {"old": old, "new": rule.criterion.line}, analyte=rule.code)


def other_authority_findings(judged: Judged, rows: FindingRows) -> None:
    """F13: another authority's current limit would change a verdict."""
    returns = judged.given.returns
    for analyte, rule in enumerate(judged.given.rules):
        mine = np.flatnonzero(returns.analyte == analyte)
        if rule.criterion is None or rule.policy.score != "limit" or not mine.size:
            continue
        for other in rule.others:
            if _differs(rule, other):
                _compare(judged, rule, other, mine, rows)


def _differs(rule: AnalyteRule, other: Criterion) -> bool:
    """Whether another limit of a comparable metric is another limit."""
    own = rule.criterion
    fields = ("kind", "percent", "absolute", "breakpoint", "breakpoint_side", "inclusive")
    return other.metric in _COMPARED_METRICS and any(getattr(own, f) != getattr(other, f) for f in fields)


def _compare(
    judged: Judged, rule: AnalyteRule, other: Criterion, mine: np.ndarray, rows: FindingRows
) -> None:
    """Judge one analyte again by another limit and name the verdicts that change."""
    given = judged.given
    group = given.chosen.group[mine]
    allowed = _allowed(given, other, np.unique(group), rule.analyte.unit)
    state = given.cells.state[mine]
    again = (state == "scored") & given.returns.numeric[mine]
    reported = Reported(
        np.where(again, given.returns.value[mine], np.nan).ravel(),
        given.returns.raw[mine].ravel(),
        given.returns.decimals[mine].ravel(),
    )
    verdict = judge(
        reported, given.targets.exact[group].ravel(), allowed[group].ravel(), inclusive=other.inclusive
    )
    unknown = _missing(allowed[group]) & again
    acceptable = np.where(again, verdict.inside.reshape(again.shape), judged.count.acceptable[mine])
    graded = judged.count.graded[mine]
    for place in np.flatnonzero(again.any(axis=1) & ~unknown.any(axis=1)).tolist():
        row = int(mine[place])
        mark = rule.policy.pass_mark
        k = int(graded[place].sum())
        now = graded_verdict(int(judged.count.acceptable[row].sum()), k, mark)
        then = graded_verdict(int((acceptable[place] & graded[place]).sum()), k, mark)
        if now != then:
            params = {"other": other.authority, "limit": other.raw_text, "x": then}
            rows.add("F13", params, given.returns.lab_codes[row], rule.code)


def _allowed(given: Round, other: Criterion, groups: np.ndarray, unit: str) -> ObjectArray:
    """Allowed deviation of another criterion for the groups in use, None elsewhere; shape (G, S)."""
    exact, scale = given.targets.exact, given.stats.scale
    out = np.full(exact.shape, None, dtype=object)
    for group in groups.tolist():
        for sample in range(exact.shape[1]):
            if exact[group, sample] is not None and covers(other, exact[group, sample], unit):
                out[group, sample] = allowable_error(other, exact[group, sample], float(scale[group, sample]))
    return out


def _missing(values: ObjectArray) -> BoolArray:
    """Where there is no number."""
    return np.array([each is None for each in values.ravel()], dtype=bool).reshape(values.shape)
