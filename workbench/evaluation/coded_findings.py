"""Findings and sentences of a coded round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.coded_round import CodedRound
from workbench.evaluation.findings import FindingRows, all_must_be_right
from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.params import params_text
from workbench.evaluation.reconciliation import discrepancies
from workbench.evaluation.result_findings import fault_findings, lateness_finding
from workbench.evaluation.sentences import PER_ANALYTE, PER_PROGRAMME, Sentence
from workbench.evaluation.verdicts import Grades

KIT_LEAST, KIT_SHARE = 5, 0.8
"""A kit is named where fewer than 80 % of at least five laboratories with it agree."""


def findings_table(given: CodedRound, inputs: RoundInputs, reconciliation: pd.DataFrame) -> pd.DataFrame:
    """All findings of the round."""
    rows = FindingRows()
    lateness_finding(inputs.laboratories, rows)
    fault_findings(inputs.decisions, rows)
    _withdrawals(given, rows)
    _strictness(given, rows)
    _small_groups(given, rows)
    _exclusions(given, rows)
    _critical_errors(given, rows)
    _of_types(given, rows)
    for row in discrepancies(reconciliation).itertuples():
        params = {"a": row.enrolled, "b": row.scored, "c": row.not_scored, "d": row.not_returned}
        params["e"] = row.excused + row.not_performed
        rows.add("F42", params, analyte=row.analyte)
    return rows.table(given.returns.analytes, given.returns.samples)


def _withdrawals(given: CodedRound, rows: FindingRows) -> None:
    """F26."""
    for (analyte, sample), why in given.decisions.withdrawal.items():
        if analyte in ("", *given.returns.analytes):
            rows.add("F26", {"item": sample or analyte, "why": why}, analyte=analyte, sample=sample)


def _strictness(given: CodedRound, rows: FindingRows) -> None:
    """F06: so few graded results that all must be right; once where it holds for every analyte alike."""
    graded = given.items.sum(axis=1)
    found = {}
    for position, rule in enumerate(given.rules):
        most = int(graded[given.rows_of(position)].max(initial=0))
        if all_must_be_right(most, rule.policy.pass_mark):
            found[rule.code] = {"k": most, "pass": rule.policy.pass_mark}
    if len(found) == len(given.rules) and len({params_text(**params) for params in found.values()}) == 1:
        rows.add("F06", next(iter(found.values())))
        return
    for code, params in found.items():
        rows.add("F06", params, analyte=code)


def _small_groups(given: CodedRound, rows: FindingRows) -> None:
    """F28: some group is too small to be shown."""
    least = np.array([rule.policy.disclosure_min for rule in given.rules])[given.groups.analyte]
    if ((given.n > 0) & (given.n < least[:, None])).any():
        rows.add("F28", {"n_min": int(least.min())})


def _exclusions(given: CodedRound, rows: FindingRows) -> None:
    """F16: left out of the distribution by decision."""
    returns, decisions = given.returns, given.decisions
    sent = (returns.state == "reported") & decisions.excluded
    for row in np.flatnonzero(sent.any(axis=1)).tolist():
        lab, analyte = str(returns.lab_codes[row]), str(returns.analyte_codes[row])
        why = decisions.excluded_why.get((lab, analyte)) or decisions.excluded_why.get((lab, ""), "")
        rows.add("F16", {"why": why}, lab, analyte)


def _critical_errors(given: CodedRound, rows: FindingRows) -> None:
    """F45: an error that could harm a patient; for the organiser without the laboratory's name in its text."""
    returns, kind = given.returns, given.grid("kind")
    target, answer = given.grid("target"), given.grid("answer")
    for row, sample in np.argwhere(given.critical).tolist():
        rule = given.rules[returns.analyte[row]]
        params = {
            "item": str(returns.analyte_codes[row]),
            "sample": returns.samples[sample],
            "kind": str(kind[row, sample]),
            "answer": str(answer[row, sample]),
            "target": str(target[row, sample]),
            "veto": rule.policy.coded.veto,
        }
        place = (str(returns.lab_codes[row]), str(returns.analyte_codes[row]), returns.samples[sample])
        rows.add("F45", params, *place)


def _of_types(given: CodedRound, rows: FindingRows) -> None:
    """What each result type found on its analytes."""
    for position, grades in enumerate(given.grades):
        own = given.rows_of(position)
        analyte = given.returns.analytes[position]
        for found in grades.findings:
            lab = "" if found.row < 0 else str(given.returns.lab_codes[own[found.row]])
            rows.add(found.code, dict(found.params), lab, analyte, found.sample)


# ---- sentences ----------------------------------------------------------------------------------


def sentences_table(
    given: CodedRound, marks: Grades, across: Iterable[tuple[int, str, dict[str, Any]]] = ()
) -> pd.DataFrame:
    """One row per sentence, programme first, then catalogue order, in the order of printing.

    Parameters
    ----------
    across : row, code and placeholders of sentences that looked at several analytes.
    """
    returns = given.returns
    rows: list[tuple[str, str, str, int, str, str]] = []
    by_lab: dict[str, list[int]] = defaultdict(list)
    for row, lab in enumerate(returns.lab_codes.tolist()):
        by_lab[lab].append(row)
    for lab, own in by_lab.items():
        chosen = list(_of_programme(given, marks, own))[:PER_PROGRAMME]
        rows += [(lab, "", "", n, code, params_text(**p)) for n, (code, p) in enumerate(chosen, 1)]
    for row, sentences in _of_analytes(given, across).items():
        who = str(returns.lab_codes[row]), str(returns.device[row]), str(returns.analyte_codes[row])
        rows += [
            (*who, n, code, params_text(**params))
            for n, (code, params) in enumerate(sentences[:PER_ANALYTE], 1)
        ]
    order = {code: place for place, code in enumerate(("", *returns.analytes))}
    rows.sort(key=lambda r: (r[0], order[r[2]], r[1], r[3]))
    return pd.DataFrame(rows, columns=["lab_code", "device_id", "analyte", "position", "code", "params"])


def _of_programme(given: CodedRound, marks: Grades, rows: list[int]) -> Iterator[Sentence]:
    """S01 to S07 of one laboratory."""
    codes = given.returns.analyte_codes

    def items(chosen: list[int]) -> list[str]:
        return list(dict.fromkeys(str(codes[row]) for row in chosen))

    graded = [row for row in rows if marks.graded[row] > 0]
    unreturned = [row for row in rows if (given.cells.state[row] == "not_returned").any()]
    failed = [row for row in graded if marks.verdict[row] == "fail"]
    vetoed = [row for row in rows if given.veto[row]]
    if vetoed:
        yield "S03", {"item": items(vetoed)}
    if graded and not unreturned and all(marks.acceptable[row] == marks.graded[row] for row in graded):
        yield "S01", {"k": len(items(graded))}
    if failed:
        yield "S02", {"m": len(items(failed)), "list": items(failed)}
    if unreturned:
        yield "S04", {"item": items(unreturned)}
    unsuccessful = [row for row in rows if marks.status[row] == "unsuccessful"]
    if unsuccessful:
        yield "S05", {"item": items(unsuccessful)}
    for row in rows:
        wrong = np.flatnonzero(given.count.graded[row] & ~given.count.acceptable[row])
        if marks.verdict[row] == "pass" and wrong.size == 1:
            yield "S06", {"item": [str(codes[row])], "sample": [given.returns.samples[wrong[0]]]}
    yield from _not_scored(given, marks, rows)


def _not_scored(given: CodedRound, marks: Grades, rows: list[int]) -> Iterator[Sentence]:
    """S07, one for each reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        code, reason = str(given.returns.analyte_codes[row]), str(marks.reason[row])
        if marks.verdict[row] == "not_scored" and reason.startswith("NS-") and code not in by_reason[reason]:
            by_reason[reason].append(code)
    for reason, codes in by_reason.items():
        yield "S07", {"item": codes, "reason": reason}


def _of_analytes(
    given: CodedRound, across: Iterable[tuple[int, str, dict[str, Any]]]
) -> dict[int, list[Sentence]]:
    """Sentences that looked at several analytes, those of the types, then S32 where the kit shares the error."""
    found: dict[int, list[Sentence]] = defaultdict(list)
    for row, code, params in across:
        found[row].append((code, params))
    for position, grades in enumerate(given.grades):
        own = given.rows_of(position)
        for sentence in grades.sentences:
            found[int(own[sentence.row])].append((sentence.code, dict(sentence.params)))
    for row, params in _kits(given):
        found[row].append(("S32", params))
    return {row: found[row] for row in sorted(found)}


def _kits(given: CodedRound) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with an error whose kit fails others too."""
    if "reagent" not in given.groups.levels:
        return
    rung = given.groups.levels.index("reagent")
    group = given.groups.group[rung]
    judged = np.isin(given.cells.state, ["scored"]) & given.eligible
    good = judged & np.isin(given.signal, ["acceptable", "warning"])
    for number in np.unique(group[group >= 0]).tolist():
        members = np.flatnonzero(group == number)
        n = int(judged[members].any(axis=1).sum())
        total, right = int(judged[members].sum()), int(good[members].sum())
        if n < KIT_LEAST or not total or right / total >= KIT_SHARE:
            continue
        for row in members[(judged[members] & ~good[members]).any(axis=1)].tolist():
            yield row, {"n": n, "p": 100.0 * right / total}
