"""Blood groups, antibody screen and cross-match: targets are known, every answer must be right.

ABO, RhD and compatibility allow no error at all; an error that could lead to an incompatible transfusion is
critical and fails the programme's round whatever the count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.result_types.blood_groups import (
    GROUPS,
    RHD_GROUPS,
    can_receive,
    read_abo,
    read_reaction,
    read_rhd,
)

GRADES = ("right", "tolerated", "wrong", "unsafe", "not_scored")
ITEMS = ("ABO", "ABO-FWD", "ABO-REV", "RhD", "AbScr", "XM")


@dataclass(frozen=True)
class Verdict:
    """Grade of one answer, and what kind of error it is: "" when right."""

    grade: str
    error: str = ""


@dataclass(frozen=True)
class TypingRule:
    """Decisions of the organiser.

    Attributes
    ----------
    weights : safety weight of each kind of error, for the weighted error count of a round.
    tolerated_mark : mark (0 to 1) of a tolerated answer (weak D called D positive, a subgroup not named).
    pass_percent : share of right answers an item needs, by item.

    References
    ----------
    42 CFR 493.859(a): ABO group and D (Rho) typing need 100 %; 493.861(a): unexpected antibody detection 80 %;
    493.863(a): compatibility testing 100 %.
    """

    weights: Mapping[str, float]
    tolerated_mark: float = 1.0
    pass_percent: Mapping[str, float] | None = None

    def needed(self, item: str) -> float:
        """Per cent of right answers the item needs."""
        return (self.pass_percent or PASS_PERCENT).get(item, 100.0)


PASS_PERCENT = {"ABO": 100.0, "ABO-FWD": 100.0, "ABO-REV": 100.0, "RhD": 100.0, "XM": 100.0, "AbScr": 80.0}

WEIGHTS = {
    "abo_incompatible": 10.0,
    "false_compatible": 10.0,
    "abo_wrong": 5.0,
    "d_false_negative_donor": 5.0,
    "d_false_positive": 5.0,
    "antibody_missed": 5.0,
    "forward_reverse_conflict": 2.0,
    "d_false_negative": 2.0,
    "false_incompatible": 1.0,
    "antibody_false_positive": 1.0,
    "unreadable": 1.0,
}
"""Kind of error -> safety weight: what could harm a patient weighs more than what only delays."""

TYPING = TypingRule(WEIGHTS)


def judge_abo(answer: str, expected: str) -> Verdict:
    """Judge an ABO group.

    Notes
    -----
    Every wrong group is unsafe: as a recipient or as a donor, this person meets the wrong blood. The kind where
    red cells of the reported group would harm this very person is told apart (abo_incompatible).

    Examples
    --------
    >>> judge_abo("O", "A"), judge_abo("A", "O").error
    (Verdict(grade='unsafe', error='abo_wrong'), 'abo_incompatible')
    """
    if answer == expected:
        return Verdict("right")
    return Verdict("unsafe", "abo_wrong" if can_receive(expected, answer) else "abo_incompatible")


def judge_rhd(answer: str, expected: str, role: str = "recipient") -> Verdict:
    """Judge an RhD group.

    Parameters
    ----------
    role : ``recipient`` or ``donor``.

    Notes
    -----
    Weak D, partial D and DEL are D variants: naming another variant, or D positive, is tolerated for a donor; for a
    recipient D negative is tolerated too, for it protects. A D negative person called D positive could be
    immunised: unsafe. A D positive (or variant) donor called D negative: unsafe for the one who gets the blood.

    Examples
    --------
    >>> judge_rhd("D-", "weak D").grade, judge_rhd("D-", "weak D", "donor").error, judge_rhd("D+", "D-").grade
    ('tolerated', 'd_false_negative_donor', 'unsafe')
    """
    if answer == expected:
        return Verdict("right")
    if expected == "D-":
        return Verdict("unsafe", "d_false_positive")
    variant = expected != "D+"
    if answer == "D-":
        if role == "donor":
            return Verdict("unsafe", "d_false_negative_donor")
        return Verdict("tolerated") if variant else Verdict("wrong", "d_false_negative")
    return Verdict("tolerated") if variant else Verdict("wrong", "d_false_negative")


def judge_screen(answer: str, expected: str) -> Verdict:
    """Judge an antibody screen, "positive" or "negative": a missed antibody is unsafe.

    >>> judge_screen("negative", "positive").error
    'antibody_missed'
    """
    if answer == expected:
        return Verdict("right")
    missed = expected == "positive"
    return Verdict("unsafe", "antibody_missed") if missed else Verdict("wrong", "antibody_false_positive")


def judge_crossmatch(answer: str, expected: str) -> Verdict:
    """Judge a cross-match, "compatible" or "incompatible": a false compatible one is unsafe.

    >>> judge_crossmatch("compatible", "incompatible").grade
    'unsafe'
    """
    if answer == expected:
        return Verdict("right")
    false = expected == "incompatible"
    return Verdict("unsafe", "false_compatible") if false else Verdict("wrong", "false_incompatible")


_SCREEN = {"阳性": "positive", "POS": "positive", "+": "positive", "POSITIVE": "positive"} | {
    "阴性": "negative", "NEG": "negative", "-": "negative", "NEGATIVE": "negative",
}  # fmt: skip
_CROSS = {"相合": "compatible", "COMPATIBLE": "compatible", "主侧次侧相合": "compatible", "可输": "compatible"} | {
    "不相合": "incompatible", "INCOMPATIBLE": "incompatible", "不合": "incompatible", "不可输": "incompatible",
}  # fmt: skip


def _read_word(text: object, words: Mapping[str, str]) -> tuple[str, str]:
    """A word of a closed list, or a graded reaction (any agglutination is positive, or incompatible)."""
    bare = "" if text is None or text != text else str(text).strip().upper()
    if not bare:
        return "", ""
    if bare in words:
        return words[bare], ""
    reaction, reason = read_reaction(bare)
    yes, no = ("positive", "negative") if words is _SCREEN else ("incompatible", "compatible")
    return ("", reason) if reason else (no if reaction == "0" else yes, "")


def _read_group(text: object) -> tuple[str, str]:
    found = read_abo(text)
    return found.group, found.reason


@dataclass(frozen=True)
class _Item:
    """How the answers of one item are read and judged, and which answers there are."""

    read: Callable[[object], tuple[str, str]]
    judge: Callable[[str, str, str], Verdict]
    answers: tuple[str, ...]


def _abo(answer: str, expected: str, _role: str) -> Verdict:
    return judge_abo(answer, expected)


_ABO = _Item(_read_group, _abo, GROUPS)
_ITEMS: dict[str, _Item] = {
    "ABO": _ABO,
    "ABO-FWD": _ABO,
    "ABO-REV": _ABO,
    "RhD": _Item(read_rhd, judge_rhd, RHD_GROUPS),
    "Rh": _Item(read_rhd, judge_rhd, RHD_GROUPS),
    "AbScr": _Item(
        lambda text: _read_word(text, _SCREEN), lambda a, e, _: judge_screen(a, e), ("positive", "negative")
    ),
    "XM": _Item(
        lambda text: _read_word(text, _CROSS),
        lambda a, e, _: judge_crossmatch(a, e),
        ("compatible", "incompatible"),
    ),
}


def grade_typing(
    item: str,
    answers: Iterable[object],
    expected: Iterable[object],
    roles: Iterable[str] | None = None,
    rule: TypingRule = TYPING,
) -> pd.DataFrame:
    """Grade the answers of one item.

    Parameters
    ----------
    item : ABO, ABO-FWD, ABO-REV, RhD (or Rh), AbScr, XM.
    answers, expected : shape (n,), as written.
    roles : shape (n,), recipient or donor of each sample; None: recipients.

    Returns
    -------
    DataFrame
        Grain: one row per answer. ``answer``, ``expected`` (normal forms), ``grade`` (one of GRADES), ``error``
        (kind, a key of the weights), ``weight`` (safety weight, 0 when right), ``mark`` (0 to 1, NaN when not
        scored), ``signal``, ``critical`` (unsafe), ``reason``.

    Raises
    ------
    EvaluationError
        for an unknown item or an expected value that cannot be read.

    Notes
    -----
    What cannot be read is wrong, not unscored: an unreadable blood group is no blood group. Nothing written is not
    scored here.
    """
    if item not in _ITEMS:
        raise EvaluationError(f"Unknown item {item!r} of blood grouping; known: {', '.join(_ITEMS)}.")
    kind = _ITEMS[item]
    given, wanted = list(answers), [_target(item, kind, text) for text in expected]
    people = list(roles) if roles is not None else ["recipient"] * len(given)
    rows = [
        _row(kind, text, target, role, rule) for text, target, role in zip(given, wanted, people, strict=True)
    ]
    names = ("answer", "expected", "grade", "error", "weight", "mark", "signal", "critical", "reason")
    out = pd.DataFrame(rows, columns=list(names))
    return out.astype({"weight": float, "mark": float, "critical": bool})


def possible_answers(item: str) -> tuple[str, ...]:
    """The normal forms an item's answers have, in order; nothing for an unknown item.

    >>> possible_answers("AbScr")
    ('positive', 'negative')
    """
    return _ITEMS[item].answers if item in _ITEMS else ()


def read_typed(item: str, text: object) -> tuple[str, str]:
    """Normal form and reason of one written answer; ("", "") when nothing is written.

    >>> read_typed("ABO", "ab型"), read_typed("XM", "不相合"), read_typed("RhD", "?")
    (('AB', ''), ('incompatible', ''), ('', 'group_unknown'))
    """
    return _ITEMS[item].read(text)


def _target(item: str, kind: _Item, text: object) -> str:
    found, reason = kind.read(text)
    if reason or not found:
        raise EvaluationError(
            f"Expected value {text!r} of {item} cannot be read; allowed: {', '.join(kind.answers)}."
        )
    return found


def _row(kind: _Item, text: object, target: str, role: str, rule: TypingRule) -> tuple[object, ...]:
    answer, reason = kind.read(text)
    if not answer and not reason:
        return "", target, "not_scored", "", 0.0, math.nan, "not_scored", False, ""
    found = Verdict("wrong", "unreadable") if reason else kind.judge(answer, target, role)
    mark = {"right": 1.0, "tolerated": rule.tolerated_mark}.get(found.grade, 0.0)
    return (
        answer,
        target,
        found.grade,
        found.error,
        rule.weights.get(found.error, 0.0) if found.error else 0.0,
        mark,
        "acceptable" if mark > 0 else "action",
        found.grade == "unsafe",
        reason,
    )


def forward_reverse(forward: Iterable[object], reverse: Iterable[object]) -> pd.DataFrame:
    """Whether forward and reverse ABO group agree.

    Parameters
    ----------
    forward, reverse : shape (n,), groups as written.

    Returns
    -------
    DataFrame
        Grain: one row per sample. ``forward``, ``reverse`` (groups), ``consistent`` (1.0, 0.0; NaN unless both can
        be read), ``missing_antibody`` and ``extra_antibody`` (what the reverse group lacks or has too much for the
        forward one, "anti-A,anti-B").

    Notes
    -----
    A weak or missing antibody (the newborn, low immunoglobulins) and an extra one (anti-A1 of an A2, cold
    antibodies) are real discrepancies: reported as they are, they are right when the target has them.

    Examples
    --------
    >>> forward_reverse(["A", "A"], ["A", "AB"]).to_numpy().tolist()[1]
    ['A', 'AB', 0.0, 'anti-B', '']
    """
    rows = []
    for one, other in zip(forward, reverse, strict=True):
        cells, serum = _read_group(one)[0], _read_group(other)[0]
        should, has = _antibodies(cells), _antibodies(serum)
        known = bool(cells and serum)
        rows.append(
            (
                cells,
                serum,
                float(cells == serum) if known else math.nan,
                ",".join(sorted(should - has)) if known else "",
                ",".join(sorted(has - should)) if known else "",
            )
        )
    names = ("forward", "reverse", "consistent", "missing_antibody", "extra_antibody")
    return pd.DataFrame(rows, columns=list(names)).astype({"consistent": float})


def _antibodies(group: str) -> set[str]:
    """Antibodies a person of a group has: against the antigens that are not there."""
    return {f"anti-{antigen}" for antigen in "AB" if group and antigen not in group.replace("O", "")}


def event_verdict(
    graded: pd.DataFrame, item: str, rule: TypingRule = TYPING
) -> dict[str, float | bool | int]:
    """Verdict of one laboratory on one item of a round.

    Returns
    -------
    dict
        ``right``, ``graded`` (counts), ``score_percent`` (NaN without graded answers), ``needed`` (%), ``satisfactory``
        (False without graded answers), ``unsafe`` (count), ``weighted_errors`` (sum of safety weights).

    References
    ----------
    42 CFR 493.859: four of five ABO groups right are 80 %, which is unsatisfactory; five of five satisfactory.
    """
    scored = graded[graded["grade"] != "not_scored"]
    right, n = int((scored["mark"] > 0).sum()), len(scored)
    score = 100.0 * right / n if n else math.nan
    unsafe = int(scored["critical"].sum())
    return {
        "right": right,
        "graded": n,
        "score_percent": score,
        "needed": rule.needed(item),
        "satisfactory": bool(n) and score >= rule.needed(item) and (unsafe == 0 or item == "AbScr"),
        "unsafe": unsafe,
        "weighted_errors": float(np.sum(scored["weight"])),
    }
