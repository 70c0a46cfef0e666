"""Ordinal answers: ordered grades, judged by the distance from the target grade.

Grades of two makers' scales meet on one common scale through the crosswalk of the list of answers. A negative is
never right for a positive, nor the other way round, however near the two stand.
"""

from __future__ import annotations

import json

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
from workbench.parameters.categories import CategoryList, categories_of
from workbench.parameters.coded_rules import POINTS, CodedRules
from workbench.statistics.agreement import answer_entropy, ordinal_summary

SHIFT_SAMPLES = 3
"""Fewest answers on which a shift in one direction is told."""


def judge_grade(answer: str, target: str, known: CategoryList, rules: CodedRules) -> tuple[float, str, int]:
    """Mark, kind of error and signed distance in grades of one answer.

    Parameters
    ----------
    answer, target : codes of the list.

    Returns
    -------
    tuple
        Mark 0 to 1 (NaN: not scored); "", false_negative, false_positive, too_high or too_low; grades above (+) or
        below (-) the target.

    Examples
    --------
    >>> from workbench.parameters.categories import category_lists
    >>> protein = category_lists()["urine_protein"]
    >>> [judge_grade(code, "1+", protein, CodedRules())[:2] for code in ("TR", "2+", "3+", "NEG")]
    [(1.0, ''), (1.0, ''), (0.0, 'too_high'), (0.0, 'false_negative')]
    """
    side = sides(known, rules)
    distance = known.grades[answer] - known.grades[target]
    kind = opposite(side[answer], side[target])
    if kind:
        return 0.0, kind, distance
    if distance == 0:
        return 1.0, "", 0
    if abs(distance) <= rules.tolerance:
        return POINTS[rules.near], "", distance
    return 0.0, "too_high" if distance > 0 else "too_low", distance


def grade_ordinal(given: CodedAnalyte) -> CodedGrades:
    """Grade one analyte.

    Notes
    -----
    Without a target set beforehand, the mode of the narrowest group of the ladder that is large enough; where two
    grades tie, the lower median among them, and the tie is told (F22). The sample is graded when the majority of
    the group would be right by that target.

    References
    ----------
    ISO 13528:2022, clause 11 and E.15: ordinal results are summarised by mode, median and distribution.
    """
    known, rules = categories_of(given.analyte), given.policy.coded
    answer = answers_on_scale(given, known)
    targets = Targets.empty(given)
    targets.set_expected(given, known)
    findings = _set_consensus(given, answer, targets, known)
    mark, kind, distance = _marks(answer, targets, known, rules)
    fields = {
        "answer": answer,
        "target": targets.target,
        "accepted": _accepted(targets, known, rules),
        "target_method": targets.method,
        "mark": mark,
        "signal": np.vectorize(signal_of, otypes=[object])(mark),
        "reason": targets.reason,
        "kind": kind,
        "critical": np.isin(kind, list(rules.critical)),
        "distance": distance,
        "level": targets.level,
        "detail": _summaries(given, answer, known),
    }
    polarity = known.polarities if "negative" in known.polarities.values() else {}
    return CodedGrades(
        **(CodedGrades.blank(given) | fields),
        order=known.codes,
        polarity=polarity,
        findings=tuple(findings),
        sentences=_sentences(given, kind, distance),
    )


def _set_consensus(
    given: CodedAnalyte, answer: ObjectArray, targets: Targets, known: CategoryList
) -> list[CodedFinding]:
    """Targets of the groups on samples without one; findings on ties and missing majorities."""
    n_min = given.policy.n_min
    found: dict[tuple[str, str, str], CodedFinding] = {}
    for place, sample in enumerate(given.samples):
        if sample in given.expected:
            continue
        open_rows = np.ones(given.shape[0], dtype=bool)
        last = len(given.rungs) - 1
        for step, rung in enumerate(given.rungs):
            for group in np.unique(rung.group[open_rows & (rung.group >= 0)]).tolist():
                members = rung.group == group
                voices = _voices(given, answer, members, place)
                rows = members & open_rows
                if len(voices) < n_min and step < last:
                    continue
                open_rows &= ~rows
                for finding in _set_group(given, targets, (rows, place, rung.name), (voices, known)):
                    found[finding.code, sample, str(sorted(finding.params.items()))] = finding
        targets.reason[open_rows, place] = "NS-N"
    return list(found.values())


def _voices(given: CodedAnalyte, answer: ObjectArray, members: np.ndarray, place: int) -> list[str]:
    """Answers of a group that count in its distribution."""
    return [code for code in answer[members & given.eligible[:, place], place].tolist() if code]


def _set_group(
    given: CodedAnalyte,
    targets: Targets,
    where: tuple[np.ndarray, int, str],
    what: tuple[list[str], CategoryList],
) -> list[CodedFinding]:
    """Target of one group on one sample, or why there is none."""
    (rows, place, level), (voices, known) = where, what
    rules, sample = given.policy.coded, given.samples[place]
    if len(voices) < given.policy.n_min:
        targets.reason[rows, place] = "NS-N"
        return [CodedFinding("F02", {"n": len(voices)}, sample)]
    summary = ordinal_summary([known.grades[code] for code in voices])
    modes = [known.codes[grade] for grade in summary.modes]
    found = [CodedFinding("F22", {"list": modes}, sample)] if len(modes) > 1 else []
    median = "" if summary.median is None else known.codes[summary.median]
    target = median if median in modes else modes[0] if len(modes) == 1 else ""
    right = sum(judge_grade(code, target, known, rules)[0] > 0 for code in voices) if target else 0
    if right < np.ceil(rules.majority * len(voices) - 1e-9):
        targets.reason[rows, place] = "NS-C"
        params = {"p": 100.0 * right / len(voices), "maj": 100.0 * rules.majority}
        return [*found, CodedFinding("F21", params, sample)]
    targets.target[rows, place] = target
    targets.method[rows, place] = "consensus"
    targets.level[rows] = level
    return found


def _accepted(targets: Targets, known: CategoryList, rules: CodedRules) -> ObjectArray:
    """Right codes of each target, in clinical order."""
    by_target = {
        target: "|".join(c for c in known.codes if judge_grade(c, target, known, rules)[0] > 0)
        for target in set(targets.target.ravel().tolist()) - {""}
    }
    ruled = np.array([[by_target.get(t, "") for t in row] for row in targets.target.tolist()], dtype=object)
    return np.where(targets.accepted != "", targets.accepted, ruled.reshape(targets.target.shape)).astype(
        object
    )


def _marks(
    answer: ObjectArray, targets: Targets, known: CategoryList, rules: CodedRules
) -> tuple[FloatArray, ObjectArray, FloatArray]:
    """Mark, kind of error and distance of every answer that has a target."""
    mark, distance = np.full(answer.shape, np.nan), np.full(answer.shape, np.nan)
    kind = np.full(answer.shape, "", dtype=object)
    for row, place in np.argwhere((answer != "") & (targets.target != "")).tolist():
        code, target = answer[row, place], targets.target[row, place]
        found = judge_grade(code, target, known, rules)
        listed = targets.accepted[row, place].split("|") if targets.accepted[row, place] else []
        if listed:
            near = "too_high" if found[2] > 0 else "too_low"
            found = (1.0, "", found[2]) if code in listed else (0.0, found[1] or near, found[2])
        mark[row, place], kind[row, place], distance[row, place] = found
    return mark, kind, distance


def _summaries(given: CodedAnalyte, answer: ObjectArray, known: CategoryList) -> ObjectArray:
    """Shape (R, S), JSON of the laboratory's widest distribution: n, modes, median, entropy in bits."""
    out = np.full(given.shape, "", dtype=object)
    everybody = np.ones(given.shape[0], dtype=bool)
    for place in range(given.shape[1]):
        summary = ordinal_summary([known.grades[c] for c in _voices(given, answer, everybody, place)])
        if not summary.n or summary.n < given.policy.disclosure_min:
            continue
        described = {
            "n": summary.n,
            "modes": [known.codes[grade] for grade in summary.modes],
            "median": None if summary.median is None else known.codes[summary.median],
            "entropy": answer_entropy(list(summary.counts.values())),
        }
        out[:, place] = json.dumps(described, ensure_ascii=False)
    return out


def _sentences(given: CodedAnalyte, kind: ObjectArray, distance: FloatArray) -> tuple[CodedSentence, ...]:
    """S30, S31 errors across the cut-off; S33 every answer off in one direction."""
    out = []
    for row in range(given.shape[0]):
        for code, name in (("S30", "false_negative"), ("S31", "false_positive")):
            hit = [given.samples[s] for s in np.flatnonzero(kind[row] == name).tolist()]
            out += [CodedSentence(code, {"sample": hit}, row)] if hit else []
        steps = distance[row][np.isfinite(distance[row])]
        if len(steps) >= SHIFT_SAMPLES and (np.all(steps >= 1) or np.all(steps <= -1)):
            least = int(np.abs(steps).min())
            direction = "high" if steps[0] > 0 else "low"
            out.append(CodedSentence("S33", {"d": least, "direction": direction}, row))
    return tuple(out)


ORDINAL = coded_type("ordinal", ("ordinal",), grade_ordinal)
