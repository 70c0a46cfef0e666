"""Identification in a round: which list an item is named from, and whether the item may be graded."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.coded_analytes import (
    SEVERAL,
    CodedAnalyte,
    CodedFinding,
    CodedGrades,
    CodedSentence,
)
from workbench.evaluation.coded_part import coded_type
from workbench.evaluation.result_types.identification import (
    IdentificationRule,
    grade_identification,
    identify,
    item_agreement,
    sample_score,
)
from workbench.parameters.vocabularies import Vocabulary, vocabularies

KNOWN_MATERIAL = ("characterised", "certified")
"""Ways of setting the answer that need no agreement of participants: the strain itself is known."""

_SEPARATORS = re.compile(r"[;；、,，+＋]|\s和\s|\sand\s")


def lists_of(given: CodedAnalyte) -> tuple[Vocabulary, ...]:
    """The controlled lists an analyte's names come from.

    Raises
    ------
    EvaluationError
        when the analyte names none, or one that is not there.
    """
    known = vocabularies()
    names = [name for name in given.analyte.categories.split(SEVERAL) if name]
    if not names or not set(names) <= set(known):
        raise EvaluationError(
            f"Analyte {given.analyte.analyte} names no list of terms; set `categories` to one of "
            f"{', '.join(known)}, several joined by {SEVERAL!r}."
        )
    return tuple(known[name] for name in names)


def grade_items(given: CodedAnalyte) -> CodedGrades:
    """Grade one analyte.

    Notes
    -----
    A sample without an expected answer is not asked for. Where the expected answer is an expert's, an item is
    graded only when the majority of the participants agrees with it (F21, NS-C); characterised material needs no
    agreement, nor does a round with fewer answers than the least number. Of several organisms in one sample the
    score is right answers over organisms present plus organisms reported that are not there.

    References
    ----------
    42 CFR 493.911(b), 493.915(b), 493.917(b).
    """
    lists = lists_of(given)
    rules = given.policy.coded
    rule = IdentificationRule(acceptable_from=rules.acceptable_from, majority=rules.majority)
    blank = CodedGrades.blank(given)
    blank["answer"] = np.full(given.shape, "", dtype=object)
    findings: list[CodedFinding] = []
    sentences: list[CodedSentence] = []
    for place, sample in enumerate(given.samples):
        expected = given.expected.get(sample)
        if expected is None:
            # Not asked for; where no sample has an answer yet, the organiser owes them all.
            blank["reason"][:, place] = "" if given.expected else "NS-E"
            continue
        target = SEVERAL.join(dict.fromkeys((expected.code, *expected.accepted)))
        vocabulary = _list_with(lists, target.split(SEVERAL)[0], (given, sample))
        present = tuple(expected.detail.get("organisms", ()))
        graded = _graded(given, place, (target, present), (lists, vocabulary), rule)
        _fill(blank, place, graded, (expected.code, target, expected.method))
        if expected.detail.get("educational"):
            blank["reason"][:, place] = "NS-X"
        elif expected.method not in KNOWN_MATERIAL:
            findings += _gate(given, blank, (place, sample), graded, rule)
        sentences += _sentences(graded, expected.code)
    order = tuple(term.code for vocabulary in lists for term in vocabulary)
    return CodedGrades(
        **blank, order=order, asked=given.asked, findings=tuple(findings), sentences=tuple(sentences)
    )


def _list_with(lists: Sequence[Vocabulary], code: str, where: tuple[CodedAnalyte, str]) -> Vocabulary:
    """The list that holds the expected term."""
    for vocabulary in lists:
        if code in vocabulary:
            return vocabulary
    raise EvaluationError(
        f"Expected answer {code!r} of {where[0].analyte.analyte}, sample {where[1]}, is in none of the lists "
        f"{', '.join(vocabulary.name for vocabulary in lists)}."
    )


def _graded(
    given: CodedAnalyte,
    place: int,
    target: tuple[str, tuple[str, ...]],
    lists: tuple[Sequence[Vocabulary], Vocabulary],
    rule: IdentificationRule,
) -> pd.DataFrame:
    """The answers on one sample; a name of another of the analyte's lists is known, and wrong."""
    names = _names(given, place)
    graded = grade_identification(names, [target[0]] * len(names), lists[1], rule)
    for other in lists[0]:
        if other is not lists[1]:
            found = identify(names, other)
            taken = (graded["reason"] == "name_unknown") & (found["reason"] == "")
            graded.loc[taken, "answer"] = found.loc[taken, "answer"]
            graded.loc[taken, "how"] = found.loc[taken, "how"]
            graded.loc[taken, "reason"] = ""
    if len(target[1]) > 1:
        _score_mixtures(graded, names, target[1], lists[1])
    return graded


def _names(given: CodedAnalyte, place: int) -> list[str]:
    return [str(text or given.code[row, place]) for row, text in enumerate(given.raw[:, place])]


def _score_mixtures(
    graded: pd.DataFrame, names: Sequence[str], present: Sequence[str], vocabulary: Vocabulary
) -> None:
    """Marks of samples that hold several organisms."""
    for row, text in enumerate(names):
        parts = [part.strip() for part in _SEPARATORS.split(text) if part.strip()]
        if not parts:
            continue
        found = identify(parts, vocabulary)
        codes = [code or f"?{number}" for number, code in enumerate(found["answer"])]
        known = [code for code in codes if code in vocabulary]
        score = sample_score(known, present, vocabulary) / 100.0
        strangers = len(codes) - len(known)
        mark = score * len({*present, *known}) / (len({*present, *known}) + strangers) if strangers else score
        graded.loc[row, "answer"] = "+".join(sorted(known))
        graded.loc[row, "mark"] = mark
        graded.loc[row, "grade"] = "correct" if mark >= 1.0 else "partial" if mark > 0 else "wrong"
        graded.loc[row, "signal"] = "acceptable" if mark >= 1.0 else "action"
        graded.loc[row, ["reason", "critical"]] = ["", False]


def _fill(
    blank: dict[str, np.ndarray], place: int, graded: pd.DataFrame, target: tuple[str, str, str]
) -> None:
    """One sample's columns."""
    right = graded["grade"].isin(["correct", "not_scored"])
    kind = np.where(
        graded["reason"].isin(["name_unknown", "name_ambiguous"]), graded["reason"], graded["grade"]
    )
    blank["answer"][:, place] = graded["answer"].to_numpy(dtype=object)
    blank["target"][:, place], blank["accepted"][:, place], blank["target_method"][:, place] = target
    blank["mark"][:, place] = graded["mark"].to_numpy(dtype=float)
    blank["signal"][:, place] = graded["signal"].to_numpy(dtype=object)
    blank["kind"][:, place] = np.where(right & (graded["reason"] == ""), "", kind)
    blank["critical"][:, place] = graded["critical"].to_numpy(dtype=bool)
    blank["detail"][:, place] = [_detail(row) for row in graded.to_dict("records")]
    missing = (graded["reason"] == "name_missing").to_numpy()
    blank["kind"][missing, place] = ""


def _detail(row: dict[str, object]) -> str:
    """How the name was found, the level reached, and the danger of a confusion."""
    shown = {name: row[name] for name in ("how", "level", "why_zh", "why_en") if row[name]}
    return json.dumps(shown, ensure_ascii=False) if shown else ""


def _gate(
    given: CodedAnalyte,
    blank: dict[str, np.ndarray],
    where: tuple[int, str],
    graded: pd.DataFrame,
    rule: IdentificationRule,
) -> list[CodedFinding]:
    """Without the majority's agreement the item is graded for nobody."""
    place, sample = where
    counted = graded[given.eligible[:, place]]
    found = item_agreement([sample] * len(counted), counted, rule)
    if found.empty or found["n"].iloc[0] < given.policy.n_min or found["gradable"].iloc[0]:
        return []
    blank["reason"][:, place] = "NS-C"
    share = float(found["share"].iloc[0])
    share = 0.0 if math.isnan(share) else share
    return [CodedFinding("F21", {"p": 100.0 * share, "maj": 100.0 * rule.majority}, sample)]


def _sentences(graded: pd.DataFrame, expected: str) -> list[CodedSentence]:
    """S35 dangerous confusion, S34 right as far as it goes."""
    out = []
    for row, (grade, level) in enumerate(zip(graded["grade"], graded["level"], strict=True)):
        if grade == "dangerous":
            out.append(CodedSentence("S35", {"x": expected}, row))
        elif grade == "partial" and level == "genus":
            out.append(CodedSentence("S34", {}, row))
    return out


IDENTIFICATION = coded_type("identification", ("identification",), grade_items)
