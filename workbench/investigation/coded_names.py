"""Names that are not wrong in substance: a term that is not on the list, or a wider one than was asked for."""

from __future__ import annotations

import numpy as np

from workbench.evaluation.coded_analytes import SEVERAL
from workbench.evaluation.result_types.identified_items import lists_of
from workbench.investigation.coded_panel import CodedPanel
from workbench.parameters.vocabularies import Vocabulary

OFF_THE_LIST = ("name_unknown", "name_ambiguous")
"""Kinds of error of a name that the controlled list does not know, or knows several times."""


def badly_named(panel: CodedPanel, laboratory: int, analyte: int) -> tuple[int, ...]:
    """Samples whose names are off the list, or wider than the target where those are half of what is wrong; else ().

    Notes
    -----
    A rule, not a probability: the controlled list decides.
    """
    graded = panel.graded[analyte]
    column = panel.columns(analyte)[0]
    if panel.markers[column].result_type != "identification":
        return ()
    wrong = np.flatnonzero(panel.wrong[laboratory, column]).tolist()
    lists = lists_of(graded.given)
    row = int(graded.row[laboratory])
    found, strange = [], False
    for place in wrong:
        off = graded.grades.kind[row, place] in OFF_THE_LIST
        targets = (
            panel.accepted[laboratory, column, place] or panel.expected[laboratory, column, place]
        ).split(SEVERAL)
        strange |= off
        if off or _is_wider(panel.code[laboratory, column, place], targets, lists):
            found.append(int(place))
    return tuple(found) if strange or 2 * len(found) >= len(wrong) else ()


def _is_wider(answer: str, targets: list[str], lists: tuple[Vocabulary, ...]) -> bool:
    """Whether an answer is a parent of one of the targets."""
    return any(target in words and answer in words.path(target)[:-1] for words in lists for target in targets)
