"""Identification: a name against a controlled hierarchy, marked by the level reached.

For cells, sediments, parasites, stains, organisms by culture or mass spectrometry. Names are normalised
first (old names, synonyms, abbreviations); what is not in the list gets a reason, never a guess.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.parameters.vocabularies import Confusion, Vocabulary

GRADES = ("correct", "partial", "wrong", "dangerous", "not_scored")
ALTERNATIVES = "|"
"""Joins expected codes any of which is right."""


@dataclass(frozen=True)
class IdentificationRule:
    """Decisions of the organiser.

    Attributes
    ----------
    acceptable_from : least mark (0 to 1) of an acceptable answer.
    majority : share of right answers below which an item is not graded (NS-C).
    unknown : a name that is not in the list is ``wrong`` or ``not_scored``.

    References
    ----------
    42 CFR 493.911(b) and siblings: 80 % agreement of referees or participants.
    """

    acceptable_from: float = 0.75
    majority: float = 0.8
    unknown: str = "wrong"


def identify(names: Iterable[object], vocabulary: Vocabulary) -> pd.DataFrame:
    """Normalise written names.

    Parameters
    ----------
    names : shape (n,), as sent; None, NaN and blanks are missing.

    Returns
    -------
    DataFrame
        One row per name: ``answer`` (code or empty), ``how`` (code, name, synonym, old_name, abbreviation or
        empty), ``reason`` (name_missing, name_unknown, name_ambiguous or empty).

    Examples
    --------
    >>> from workbench.parameters.vocabularies import vocabularies
    >>> identify(["大肠杆菌", "Xanthomonas maltophilia", "Bacillus x"], vocabularies()["bacteria"]).to_numpy().tolist()
    [['ECO', 'synonym', ''], ['SMAL', 'old_name', ''], ['', '', 'name_unknown']]
    """
    written = ["" if _is_missing(name) else str(name) for name in names]
    known = {text: _identify_one(text, vocabulary) for text in set(written)}
    return pd.DataFrame([known[text] for text in written], columns=["answer", "how", "reason"], dtype=object)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _identify_one(text: str, vocabulary: Vocabulary) -> tuple[str, str, str]:
    """Code, kind of name and reason of one written name."""
    if not text.strip():
        return "", "", "name_missing"
    found = vocabulary.named(text)
    if len(found) == 1:
        return found[0].code, found[0].how, ""
    return "", "", "name_ambiguous" if found else "name_unknown"


@dataclass(frozen=True)
class Comparison:
    """One answer against one expected term: grade, mark 0 to 1, rank of the level reached, the confusion met."""

    grade: str
    mark: float
    level: str
    confusion: Confusion | None = None


def compare(answer: str, expected: str, vocabulary: Vocabulary) -> Comparison:
    """Compare two terms of the hierarchy.

    Parameters
    ----------
    answer, expected : codes of the vocabulary.

    Notes
    -----
    The expected term, or one below it, is correct. A term above it is right as far as it goes: the mark of
    its rank. Anything else is wrong, with the mark of the nearest term both stand under; a confusion on the
    list of dangerous ones has no mark at all, whatever the two share.

    Examples
    --------
    >>> from workbench.parameters.vocabularies import vocabularies
    >>> bacteria = vocabularies()["bacteria"]
    >>> [compare(code, "KPN", bacteria).mark for code in ("KPN", "KPC-CX", "KLE", "KOX", "ECO")]
    [1.0, 0.75, 0.5, 0.25, 0.0]
    >>> compare("SEP", "SAU", bacteria).grade
    'dangerous'
    """
    own, target = vocabulary.path(answer), vocabulary.path(expected)
    if expected in own:
        return Comparison("correct", 1.0, vocabulary[expected].rank)
    if answer in target:
        rank = vocabulary[answer].rank
        return _marked(vocabulary.marks.reached.get(rank, 0.0), rank)
    met = next((row for row in vocabulary.confusions if _is_met(row, own, target)), None)
    if met is not None:
        return Comparison("dangerous", 0.0, "", met)
    common = [code for code in target if code in own]
    rank = vocabulary[common[-1]].rank if common else ""
    return _marked(vocabulary.marks.shared.get(rank, 0.0), rank)


def _marked(mark: float, rank: str) -> Comparison:
    if mark >= 1.0:
        return Comparison("correct", 1.0, rank)
    return Comparison("partial" if mark > 0 else "wrong", mark, rank)


def _is_met(row: Confusion, own: Sequence[str], target: Sequence[str]) -> bool:
    """Whether the answer (path `own`) is the dangerous confusion of the target's path."""
    return (row.expected in target and row.reported in own) or (
        row.both and row.reported in target and row.expected in own
    )


def _best(answer: str, expected: str, vocabulary: Vocabulary) -> Comparison:
    """The comparison with the alternative the answer fits best; dangerous only if with every one."""
    found = [compare(answer, code, vocabulary) for code in expected.split(ALTERNATIVES)]
    return max(found, key=lambda one: (one.mark, one.grade != "dangerous"))


def grade_identification(
    names: Iterable[object],
    expected: Iterable[str],
    vocabulary: Vocabulary,
    rule: IdentificationRule | None = None,
) -> pd.DataFrame:
    """Grade written names against expected terms.

    Parameters
    ----------
    names : shape (n,), as sent.
    expected : shape (n,), codes; alternatives joined by "|".

    Returns
    -------
    DataFrame
        Grain: one row per answer. ``expected``, ``answer``, ``how``, ``level`` (rank reached), ``grade`` (one of
        GRADES), ``mark`` (0 to 1; NaN when not scored), ``signal`` (acceptable, action or not_scored),
        ``critical`` (dangerous confusion), ``why_zh``, ``why_en`` (of the confusion), ``reason``.

    Raises
    ------
    EvaluationError
        when an expected code is not in the vocabulary.

    Notes
    -----
    A missing answer is not scored here: whether it counts as zero is the programme's rule for not returned.

    References
    ----------
    42 CFR 493.911-.919: an answer is judged at the level of identification the laboratory's service covers.
    """
    settled = rule or IdentificationRule()
    out = identify(names, vocabulary)
    out.insert(0, "expected", np.asarray(list(expected), dtype=object))
    _check_expected(out["expected"], vocabulary)
    known = {pair: _graded(pair, vocabulary, settled) for pair in set(zip(*_pair_columns(out), strict=True))}
    rows = [known[pair] for pair in zip(*_pair_columns(out), strict=True)]
    graded = pd.DataFrame(rows, columns=list(_GRADED), index=out.index).astype(
        {"mark": float, "critical": bool}
    )
    return pd.concat([out[["expected", "answer", "how"]], graded, out[["reason"]]], axis=1)


_GRADED = ("level", "grade", "mark", "signal", "critical", "why_zh", "why_en")


def _pair_columns(frame: pd.DataFrame) -> tuple[list[str], list[str], list[str]]:
    return frame["answer"].tolist(), frame["expected"].tolist(), frame["reason"].tolist()


def _check_expected(expected: pd.Series, vocabulary: Vocabulary) -> None:
    codes = {code for text in set(expected) for code in str(text).split(ALTERNATIVES)}
    unknown = sorted(code for code in codes if code not in vocabulary)
    if unknown:
        raise EvaluationError(
            f"Expected answers not in the vocabulary {vocabulary.name}: {', '.join(unknown)}. "
            f"Add the terms to parameters/vocabularies/{vocabulary.name}.yaml or correct the target."
        )


def _graded(
    pair: tuple[str, str, str], vocabulary: Vocabulary, rule: IdentificationRule
) -> tuple[str, str, float, str, bool, str, str]:
    """The graded columns of one combination of answer, expected and reason."""
    answer, expected, reason = pair
    if reason == "name_missing" or (reason and rule.unknown == "not_scored"):
        return "", "not_scored", math.nan, "not_scored", False, "", ""
    if reason:
        return "", "wrong", 0.0, "action", False, "", ""
    found = _best(answer, expected, vocabulary)
    good = found.grade != "dangerous" and found.mark >= rule.acceptable_from
    why = (found.confusion.zh, found.confusion.en) if found.confusion else ("", "")
    return (
        found.level,
        found.grade,
        found.mark,
        "acceptable" if good else "action",
        found.confusion is not None,
        *why,
    )


def item_agreement(
    items: Iterable[object], graded: pd.DataFrame, rule: IdentificationRule | None = None
) -> pd.DataFrame:
    """Agreement per item, and whether the item may be graded.

    Parameters
    ----------
    items : shape (n,), item or sample of each row of `graded`.
    graded : of `grade_identification`.

    Returns
    -------
    DataFrame
        Grain: one row per item, in order of first appearance. ``item``, ``n`` answers (missing ones left out),
        ``n_correct``, ``n_partial``, ``n_dangerous``, ``share`` (correct of n, NaN without answers), ``gradable``
        (share reaches the majority), ``reason`` (NS-C where it does not, NS-N without answers).

    Notes
    -----
    Counts are compared, so that 8 of 10 reaches 80 % exactly.
    """
    settled = rule or IdentificationRule()
    frame = pd.DataFrame({"item": list(items), "grade": graded["grade"].to_numpy()})
    frame["counts"] = (graded["reason"] != "name_missing").to_numpy()
    found = frame.groupby("item", sort=False).agg(n=("counts", "sum")).reset_index()
    for grade in ("correct", "partial", "dangerous"):
        sums = (frame["grade"] == grade).groupby(frame["item"], sort=False).sum()
        found[f"n_{grade}"] = found["item"].map(sums).astype("int64")
    found["share"] = np.where(found["n"] > 0, found["n_correct"] / found["n"].clip(lower=1), np.nan)
    found["gradable"] = (found["n"] > 0) & (
        found["n_correct"] >= np.ceil(settled.majority * found["n"] - 1e-9)
    )
    found["reason"] = np.select([found["gradable"], found["n"] == 0], ["", "NS-N"], "NS-C")
    return found


def confusion_table(graded: pd.DataFrame, n_min: int = 1) -> pd.DataFrame:
    """What was answered for each expected term.

    Parameters
    ----------
    graded : of `grade_identification`. n_min : fewer answers to an expected term are not shown (disclosure).

    Returns
    -------
    DataFrame
        Grain: one row per expected term x answer, most frequent first within a term. ``expected``, ``answer``
        (code; the reason for names that are not in the list), ``grade``, ``n``, ``of`` (answers to that term),
        ``share``.
    """
    given = graded[graded["reason"] != "name_missing"]
    shown = given.assign(answer=given["answer"].where(given["answer"] != "", given["reason"]))
    counts = shown.groupby(["expected", "answer", "grade"], sort=True).size().rename("n").reset_index()
    counts["of"] = counts.groupby("expected")["n"].transform("sum")
    counts["share"] = counts["n"] / counts["of"]
    counts = counts[counts["of"] >= n_min]
    return counts.sort_values(["expected", "n", "answer"], ascending=[True, False, True], ignore_index=True)


def sample_score(answers: Iterable[str], expected: Iterable[str], vocabulary: Vocabulary) -> float:
    """Score of a sample that holds several organisms.

    Right answers divided by the organisms present plus the organisms reported that are not there.

    Parameters
    ----------
    answers, expected : codes; a repeated code counts once.

    Returns
    -------
    float
        Per cent, 0 to 100; NaN when nothing is present and nothing was reported.

    References
    ----------
    42 CFR 493.911(b) (and 493.915, 493.917 for fungi and parasites): 1 / (1 + 1) x 100 = 50 per cent.

    Examples
    --------
    >>> from workbench.parameters.vocabularies import vocabularies
    >>> sample_score(["ECO", "PAE"], ["ECO"], vocabularies()["bacteria"])
    50.0
    """
    present, reported = set(expected), set(answers)
    right = {
        code for code in present if any(compare(one, code, vocabulary).grade == "correct" for one in reported)
    }
    extra = [
        one
        for one in reported
        if not any(compare(one, code, vocabulary).grade == "correct" for code in present)
    ]
    total = len(present) + len(extra)
    return 100.0 * len(right) / total if total else math.nan
