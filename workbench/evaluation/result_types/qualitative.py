"""Qualitative answers: negative, positive, and what lies between.

The target comes from characterised material, else from a majority of the laboratories. S/CO, Ct and the like are
shown by kit and never scored: their scales differ from kit to kit.
"""

from __future__ import annotations

import numpy as np

from workbench.evaluation.coded_analytes import CodedAnalyte, CodedFinding, CodedGrades, CodedSentence
from workbench.evaluation.coded_part import coded_type
from workbench.evaluation.criteria import FloatArray, ObjectArray
from workbench.evaluation.result_types.listed_answers import (
    Targets,
    answers_on_scale,
    opposite,
    sides,
    signal_of,
)
from workbench.parameters.categories import EQUIVOCAL, CategoryList, categories_of
from workbench.parameters.coded_rules import POINTS, CodedRules
from workbench.statistics.agreement import coded_consensus

UNDECIDED = "indeterminate_target"


def judge_reaction(answer: str, target: str, side: dict[str, str], rules: CodedRules) -> tuple[float, str]:
    """Mark and kind of error of one answer.

    Parameters
    ----------
    answer, target : codes of the list. side : code -> side of the cut-off, see `listed_answers.sides`.

    Returns
    -------
    tuple
        Mark 0 to 1 (NaN: not scored), and "", false_negative, false_positive, indeterminate or
        indeterminate_target.

    Notes
    -----
    A weak positive counts as a positive or as indeterminate, by the rule. Negative and positive never make each
    other right.

    Examples
    --------
    >>> side = {"NEG": "negative", "IND": "equivocal", "WEAK": "positive", "POS": "positive"}
    >>> [judge_reaction(code, "POS", side, CodedRules()) for code in ("POS", "WEAK", "IND", "NEG")]
    [(1.0, ''), (1.0, ''), (0.0, 'indeterminate'), (0.0, 'false_negative')]
    """
    if answer == target or (side[answer] == side[target] != EQUIVOCAL):
        return 1.0, ""
    kind = opposite(side[answer], side[target])
    if kind:
        return 0.0, kind
    if side[target] == EQUIVOCAL:
        return POINTS[rules.indeterminate_target], "" if side[answer] == EQUIVOCAL else UNDECIDED
    return POINTS[rules.indeterminate], "indeterminate"


def grade_qualitative(given: CodedAnalyte) -> CodedGrades:
    """Grade one analyte.

    Notes
    -----
    A consensus of all laboratories needs the least number of answers and the majority of the rules; weak positives
    count with the positives where they are positives. Short of it the sample is not graded for anybody (NS-C).
    Codes accepted beforehand are right, whatever the rule.

    References
    ----------
    ISO 13528:2022, clause 11; 42 CFR 493.931(c)(1).
    """
    known, rules = categories_of(given.analyte), given.policy.coded
    side = sides(known, rules)
    answer = answers_on_scale(given, known)
    targets = Targets.empty(given)
    targets.set_expected(given, known)
    findings = _set_consensus(given, answer, targets, side)
    mark, kind = _marks(answer, targets, side, rules)
    critical = np.isin(kind, list(rules.critical))
    undecided = (kind == UNDECIDED) & np.isnan(mark)
    fields = {
        "answer": answer,
        "target": targets.target,
        "accepted": _accepted(targets, side),
        "target_method": targets.method,
        "mark": mark,
        "signal": np.vectorize(signal_of, otypes=[object])(mark),
        "reason": np.where(undecided & (targets.reason == ""), "NS-R", targets.reason).astype(object),
        "kind": kind,
        "critical": critical,
        "level": targets.level,
    }
    return CodedGrades(
        **(CodedGrades.blank(given) | fields),
        order=known.codes,
        polarity=known.polarities,
        findings=tuple(findings),
        sentences=_sentences(given, targets, kind, known),
    )


def _set_consensus(
    given: CodedAnalyte, answer: ObjectArray, targets: Targets, side: dict[str, str]
) -> list[CodedFinding]:
    """Majority of all laboratories on samples without a target; findings where there is none."""
    majority = given.policy.coded.majority
    found: list[CodedFinding] = []
    for place, sample in enumerate(given.samples):
        if sample in given.expected:
            continue
        voices = [code for code in answer[given.eligible[:, place], place].tolist() if code]
        said = coded_consensus([side[code] or code for code in voices], majority)
        if said.n < given.policy.n_min:
            targets.reason[:, place] = "NS-N"
            found.append(CodedFinding("F02", {"n": said.n}, sample))
        elif not said.is_reached:
            targets.reason[:, place] = "NS-C"
            params = {"p": 100.0 * said.share, "maj": 100.0 * majority}
            found.append(CodedFinding("F21", params, sample))
        else:
            agreeing = [code for code in voices if (side[code] or code) == said.answers[0]]
            targets.target[:, place] = max(sorted(set(agreeing)), key=agreeing.count)
            targets.method[:, place] = "consensus"
    return found


def _accepted(targets: Targets, side: dict[str, str]) -> ObjectArray:
    """Right codes of each target: those given, else every code of its side of the cut-off."""
    by_target = {
        target: "|".join(code for code in side if code == target or (side[code] == side[target] != EQUIVOCAL))
        for target in set(targets.target.ravel().tolist()) - {""}
    }
    ruled = np.array([[by_target.get(t, "") for t in row] for row in targets.target.tolist()], dtype=object)
    return np.where(targets.accepted != "", targets.accepted, ruled.reshape(targets.target.shape)).astype(
        object
    )


def _marks(
    answer: ObjectArray, targets: Targets, side: dict[str, str], rules: CodedRules
) -> tuple[FloatArray, ObjectArray]:
    """Mark and kind of error of every answer that has a target."""
    mark = np.full(answer.shape, np.nan)
    kind = np.full(answer.shape, "", dtype=object)
    known: dict[tuple[str, str, str], tuple[float, str]] = {}
    for row, place in np.argwhere((answer != "") & (targets.target != "")).tolist():
        key = answer[row, place], targets.target[row, place], targets.accepted[row, place]
        if key not in known:
            listed = key[2].split("|") if key[2] else []
            known[key] = (1.0, "") if key[0] in listed else judge_reaction(key[0], key[1], side, rules)
        mark[row, place], kind[row, place] = known[key]
    return mark, kind


def _sentences(
    given: CodedAnalyte, targets: Targets, kind: ObjectArray, known: CategoryList
) -> tuple[CodedSentence, ...]:
    """S30 a weak positive missed, S31 a negative called positive."""
    weak = {sample for sample, each in given.expected.items() if each.detail.get("strength") == "weak"}
    out = []
    for row in range(given.shape[0]):
        missed = [
            given.samples[s]
            for s in np.flatnonzero(kind[row] == "false_negative").tolist()
            if given.samples[s] in weak or known.polarities.get(targets.target[row, s]) == "weak"
        ]
        extra = [given.samples[s] for s in np.flatnonzero(kind[row] == "false_positive").tolist()]
        out += [CodedSentence("S30", {"sample": missed}, row)] if missed else []
        out += [CodedSentence("S31", {"sample": extra}, row)] if extra else []
    return tuple(out)


QUALITATIVE = coded_type("qualitative", ("qualitative",), grade_qualitative)
