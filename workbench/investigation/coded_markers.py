"""Markers: what one coded answer is about - an analyte, one type of a panel of types, one drug of an isolate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from workbench.evaluation.coded_analytes import CodedAnalyte, CodedGrades
from workbench.evaluation.coded_round import CodedRound
from workbench.evaluation.criteria import BoolArray, ObjectArray
from workbench.evaluation.returns import DIMENSIONS, IntArray

UNREADABLE = "?"
"""Code of an answer that is there but on no list."""

FOUND, ABSENT = "POS", "NEG"
"""Codes of one type of a panel."""

_KIT = ("reagent", "instrument", "method")
"""Whose code names the kit: the first that is registered."""


@dataclass(frozen=True)
class Marker:
    """One column of the form.

    Attributes
    ----------
    analyte : position among the panel's analytes. part : type or drug, "" for the analyte's answer as a whole.
    result_type : of the analyte. order : code -> grade of ordinal answers, else empty.
    sides : code -> negative, weak, positive, equivocal; empty without a cut-off.
    exchange : code -> the code it is taken for when categories are inverted; empty without such a pair.
    codes : every code of the list, if there is one.
    """

    analyte: int
    part: str
    result_type: str
    order: Mapping[str, int] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    exchange: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded:
    """Where an analyte was graded: its part of the programme, and of each laboratory the row there, -1 without."""

    round: CodedRound
    position: int
    row: IntArray

    @property
    def given(self) -> CodedAnalyte:
        """What was graded."""
        return self.round.given[self.position]

    @property
    def grades(self) -> CodedGrades:
        """What came of it."""
        return self.round.grades[self.position]


def kits_of(graded: Graded) -> ObjectArray:
    """Shape (L,), code of the kit: reagent, else instrument, else method."""
    system, out = graded.given.system, []
    for row in graded.row.tolist():
        codes = [str(system[row, DIMENSIONS.index(name)]) for name in _KIT] if row >= 0 else []
        out.append(next((code for code in codes if code), ""))
    return np.array(out, dtype=object)


Block = tuple[list[Marker], ObjectArray, ObjectArray, ObjectArray, BoolArray]
"""Markers of one analyte with code, expected, accepted and wrong, each shape (L, markers, n)."""


def on_laboratories(graded: Graded, cells: np.ndarray, empty: object) -> np.ndarray:
    """Rows of an analyte laid on the laboratories of the panel, `empty` where one is not enrolled."""
    out = np.full((len(graded.row), *cells.shape[1:]), empty, dtype=cells.dtype)
    there = graded.row >= 0
    out[there] = cells[graded.row[there]]
    return out


def judged_wrong(graded: Graded) -> BoolArray:
    """Shape (R, n), answers that were judged and have not full marks."""
    rows = graded.round.rows_of(graded.position)
    mark = graded.round.mark[rows]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isfinite(mark) & (mark < 1.0 - 1e-9))


def whole_block(kind: str, place: int, graded: Graded) -> Block:
    """An analyte with one answer a sample."""
    grades, given = graded.grades, graded.given
    written = (given.raw != "") | (given.code != "")
    said = np.where(grades.kind == "not_tested", "", grades.answer)
    code = np.where((said == "") & written & (grades.kind != "not_tested"), UNREADABLE, said).astype(object)
    code = np.where(grades.target == "", "", code).astype(object)
    wrong = judged_wrong(graded) & (code != "")
    listed = grades.order if kind in ("ordinal", "qualitative", "antigen_typing") else ()
    marker = Marker(
        place,
        "",
        kind,
        {c: k for k, c in enumerate(grades.order)} if kind == "ordinal" else {},
        grades.polarity,
        _exchange(kind, grades.order, grades.polarity),
        listed,
    )
    grids = [
        on_laboratories(graded, cells, "")[:, None, :] for cells in (code, grades.target, grades.accepted)
    ]
    return [marker], grids[0], grids[1], grids[2], on_laboratories(graded, wrong, False)[:, None, :]


def _exchange(kind: str, order: tuple[str, ...], sides: Mapping[str, str]) -> dict[str, str]:
    """The pairs of codes that are exchanged when categories are inverted."""
    if kind == "ordinal" and len(order) > 3:
        return {}
    negative = [code for code in order if sides.get(code) == "negative"]
    positive = [code for code in order if sides.get(code) in ("weak", "positive")]
    if negative and positive:
        return {positive[-1]: negative[0], **dict.fromkeys(positive, negative[0]), negative[0]: positive[-1]}
    if len(order) == 2:
        return {order[0]: order[1], order[1]: order[0]}
    for one, other in _OPPOSITES if kind == "antigen_typing" else ():
        if {one, other} <= set(order):
            return {one: other, other: one}
    return {}


_OPPOSITES = (("A", "B"), ("D+", "D-"))
"""Blood groups that are exchanged when a list of codes is read the wrong way round."""

_TYPE_SIDES = {ABSENT: "negative", FOUND: "positive"}


def type_block(place: int, graded: Graded, types: tuple[str, ...]) -> Block:
    """An analyte whose answer is a list of types: one marker a type that somebody reported or that is there."""
    grades = graded.grades
    shape = grades.answer.shape
    kinds = {"": "", "missed": FOUND, "hit": FOUND}
    cells = np.vectorize(_cells_of, otypes=[object])(grades.detail)
    seen = [t for t in types if any(cell.get(t) in ("hit", "missed", "extra") for cell in cells.ravel())]
    code, expected = (np.full((shape[0], len(seen), shape[1]), "", dtype=object) for _ in range(2))
    wrong = np.zeros(code.shape, dtype=bool)
    judged = judged_wrong(graded)
    for k, each in enumerate(seen):
        cell = np.vectorize(lambda found, t=each: found.get(t, ""), otypes=[object])(cells)
        tested = np.isin(cell, ["hit", "missed", "extra", "negative"])
        said = np.where(np.isin(cell, ["hit", "extra"]), FOUND, ABSENT)
        code[:, k] = np.where(tested, said, "")
        true = np.any(np.isin(cell, list(kinds)[1:]), axis=0) | _wanted(grades.target, each)
        expected[:, k] = np.where(true, FOUND, ABSENT)
        wrong[:, k] = np.isin(cell, ["missed", "extra"]) & judged
    markers = [
        Marker(place, each, "genotype", {}, _TYPE_SIDES, {FOUND: ABSENT, ABSENT: FOUND}, (ABSENT, FOUND))
        for each in seen
    ]
    return (
        markers,
        on_laboratories(graded, code, ""),
        on_laboratories(graded, expected, ""),
        on_laboratories(graded, expected, ""),
        on_laboratories(graded, wrong, False),
    )


def _cells_of(detail: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(detail).get("cells", {}) if detail else {}
    return found


def _wanted(target: ObjectArray, kind: str) -> BoolArray:
    """Whether a type is among the expected ones."""
    return np.vectorize(lambda text: kind in text.split("+"), otypes=[bool])(target)
