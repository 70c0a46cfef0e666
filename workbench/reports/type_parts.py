"""Panels of types (HPV and the like): what was found of what was there, type by type.

A type that was not tested, or lies outside the kit, is never a negative: it counts nowhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.reports.answer_words import AnswerNames
from workbench.reports.coded_counts import rate_part
from workbench.wording import MISSING, join

CELLS = ("hit", "missed", "extra", "negative", "outside", "not_tested")


def cells_of(result: Mapping[str, Any]) -> dict[str, str]:
    """Type -> what happened to it in one sample; empty without an answer."""
    cells: dict[str, str] = result.get("coded", {}).get("detail", {}).get("cells", {})
    return cells


REACTIONS = ("POS", "NEG")
_UNTESTED = ("not_performed", "not_returned", "excused", "sample_fault")


def reaction_cell(
    target: str | None, answer: str | None, kind: str | None, where: tuple[str, str | None]
) -> str:
    """What happened to a type that is an item of its own, found or not.

    Parameters
    ----------
    target, answer : codes of the reaction. kind : of the error. where : state of the result, NS code.

    Examples
    --------
    >>> reaction_cell("POS", "NEG", "missed", ("scored", None)), reaction_cell("NEG", "", None, ("not_performed", None))
    ('missed', 'not_tested')
    """
    state, reason = where
    if reason == "NS-K":
        return "outside"
    if state in _UNTESTED or not answer:
        return "not_tested"
    if kind in ("missed", "extra"):
        return kind
    return "hit" if target == REACTIONS[0] else "negative"


def type_forms(detail: Mapping[str, Any], names: AnswerNames) -> dict[str, str]:
    """Types missed, reported too many and outside the kit, in words; nothing where the answer is no panel."""
    cells = detail.get("cells")
    if not cells:
        return {}
    listed = {
        cell: [kind for kind, found in cells.items() if found == cell]
        for cell in ("missed", "extra", "outside")
    }
    return {cell: join(kinds, names.locale) or MISSING for cell, kinds in listed.items()}


def own_type_parts(samples: Sequence[tuple[str, Mapping[str, str]]], locale: str) -> list[dict[str, Any]]:
    """One part per type over the samples of a laboratory: found of present, extra of absent, outside.

    Parameters
    ----------
    samples : sample and its cells by type.
    """
    kinds = dict.fromkeys(kind for _, cells in samples for kind in cells)
    return [_type_part(kind, (cells.get(kind, "") for _, cells in samples), locale) for kind in kinds]


def _type_part(kind: str, found: Iterable[str], locale: str) -> dict[str, Any]:
    """Counts and rates of one type."""
    counts = Counter(found)
    sensitivity = rate_part(counts["hit"], counts["hit"] + counts["missed"], locale, interval=False)
    specificity = rate_part(counts["negative"], counts["negative"] + counts["extra"], locale, interval=False)
    why = {} if sensitivity["n"] else {"sensitivity": "no_positive"}
    why |= {} if specificity["n"] else {"specificity": "no_negative"}
    return {
        "type": kind,
        **{cell: counts[cell] for cell in CELLS},
        "sensitivity": sensitivity,
        "specificity": specificity,
        "why": why,
        "printed": {
            "type": kind,
            "sensitivity": sensitivity["printed"],
            "specificity": specificity["printed"],
            **{cell: str(counts[cell]) for cell in CELLS},
        },
    }
