"""What changed answers would score: graded by the type's own rule, with the targets in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.evaluation.coded_analytes import CodedAnalyte, CodedGrades, Expected
from workbench.evaluation.criteria import ObjectArray
from workbench.evaluation.returns import IntArray
from workbench.investigation.coded_markers import FOUND, UNREADABLE, Graded
from workbench.investigation.coded_panel import GRADERS, CodedPanel


@dataclass(frozen=True)
class Score:
    """Results of one laboratory x analyte: right, graded, and whether that passes."""

    acceptable: int
    graded: int
    passes: bool


def score_now(panel: CodedPanel, laboratory: int, analyte: int) -> Score:
    """As evaluated."""
    graded = panel.graded[analyte]
    row = _row(graded, laboratory)
    right, items = int(graded.round.right[row].sum()), int(graded.round.items[row].sum())
    return Score(right, items, _passes(graded, right, items, bool(graded.round.veto[row])))


def scores_if(
    panel: CodedPanel, laboratory: int, analyte: int, answers: Sequence[ObjectArray]
) -> list[Score]:
    """With other answers, several ways of them at once.

    Parameters
    ----------
    answers : each shape (markers of the analyte, n), "" where nothing would be answered: what is graded then
        counts 0.
    """
    if not answers:
        return []
    graded = panel.graded[analyte]
    row = _row(graded, laboratory)
    now = panel.code[laboratory, panel.columns(analyte)]
    places = np.flatnonzero(np.any([codes != now for codes in answers], axis=(0, 1)))
    in_force = graded.round.items[row]
    items = np.repeat(in_force[None], len(answers), axis=0)
    right = np.repeat(graded.round.right[row][None], len(answers), axis=0)
    critical = np.repeat(graded.round.critical[row][None], len(answers), axis=0)
    if len(places):
        texts = [_texts(panel, laboratory, analyte, codes[:, places], places) for codes in answers]
        again = _grade(graded, int(graded.row[laboratory]), texts, places)
        items[:, places], right[:, places] = _counted(again, in_force[places])
        critical[:, places] = again.critical & (in_force[places] > 0)
    veto = np.asarray(critical.any(axis=1) & graded.given.policy.coded.veto, dtype=bool)
    return [
        Score(int(a), int(k), _passes(graded, int(a), int(k), bool(v)))
        for a, k, v in zip(right.sum(axis=1), items.sum(axis=1), veto, strict=True)
    ]


def _counted(again: CodedGrades, in_force: IntArray) -> tuple[IntArray, IntArray]:
    """Items and right ones of each alternative and sample; what is graded and not answered counts 0."""
    judged = np.isfinite(again.mark)
    full = np.ones(judged.shape, dtype=np.int64) if again.items is None else again.items
    good = np.isin(again.signal, ["acceptable", "warning"]).astype(np.int64)
    right = good if again.right is None else again.right
    items = np.where(in_force > 0, np.where(judged, full, in_force), 0)
    return items, np.where((in_force > 0) & judged, right, 0)


def _row(graded: Graded, laboratory: int) -> int:
    """Row of the round of one laboratory."""
    return int(graded.round.rows_of(graded.position)[graded.row[laboratory]])


def _passes(graded: Graded, right: int, items: int, veto: bool) -> bool:
    mark = graded.given.policy.pass_mark
    return items > 0 and not veto and 100 * right >= mark * items - 1e-9


def _grade(graded: Graded, row: int, texts: list[list[str]], places: IntArray) -> CodedGrades:
    """Grade alternative texts of one row on some samples; consensus targets are taken as they are."""
    given = graded.given
    kind, rows = given.analyte.result_type, [row] * len(texts)
    raw = np.array(texts, dtype=object).reshape(len(texts), len(places))
    listed = kind in ("ordinal", "qualitative")
    system = np.full((len(texts), 4), "", dtype=object) if listed else given.system[rows]
    alternatives = replace(
        given,
        samples=tuple(given.samples[place] for place in places),
        labs=given.labs[rows],
        raw=raw,
        code=np.full(raw.shape, "", dtype=object),
        value=given.value[rows][:, places],
        eligible=given.eligible[rows][:, places],
        system=system,
        rungs=tuple(replace(rung, group=rung.group[rows]) for rung in given.rungs),
        expected=_targets(given, graded.grades, row),
    )
    return GRADERS[kind](alternatives)


def _targets(given: CodedAnalyte, grades: CodedGrades, row: int) -> Mapping[str, Expected]:
    """Expected answers of a row: those set beforehand, and the consensus in force as if it had been."""
    out = dict(given.expected)
    for place, sample in enumerate(given.samples):
        if sample not in out and grades.target[row, place]:
            out[sample] = Expected(grades.target[row, place], (), "characterised")
    return out


def _texts(
    panel: CodedPanel, laboratory: int, analyte: int, codes: ObjectArray, places: IntArray
) -> list[str]:
    """Answers as they would be written on some samples."""
    graded = panel.graded[analyte]
    row = int(graded.row[laboratory])
    columns = panel.columns(analyte)
    kind = panel.markers[columns[0]].result_type
    if kind == "ast":
        raw = graded.given.raw[row, places]
        parts = [panel.markers[c].part for c in columns]
        return [_panel_text(parts, str(text), codes[:, i]) for i, text in enumerate(raw)]
    if panel.markers[columns[0]].part:
        return [
            _types_text([panel.markers[c].part for c in columns], codes[:, i]) for i in range(codes.shape[1])
        ]
    if kind in ("ordinal", "qualitative"):
        return ["?" if code == UNREADABLE else str(code) for code in codes[0]]
    written = _written(graded, row, panel.code[laboratory, columns[0]])
    return [written.get(code, code) for code in codes[0].tolist()]


def _written(graded: Graded, row: int, own: ObjectArray) -> dict[str, str]:
    """Code -> how this laboratory wrote it."""
    raw, code = graded.given.raw[row], graded.given.code[row]
    return {own[i]: str(raw[i] or code[i]) for i in range(len(own)) if own[i] and (raw[i] or code[i])}


def _types_text(types: list[str], found: ObjectArray) -> str:
    """A list of types; nothing where none of them was tested."""
    if not any(found):
        return ""
    return ",".join(t for t, code in zip(types, found, strict=True) if code == FOUND) or "NEG"


def _panel_text(drugs: list[str], raw: str, codes: ObjectArray) -> str:
    """A panel of drugs with the standard it declares; without measurements, for those are not judged."""
    head = raw.split(";")[0].strip()
    items = [f"{drug}:{code}" for drug, code in zip(drugs, codes, strict=True) if code]
    declared = [head] if head and ":" not in head and "=" not in head else []
    return "; ".join([*declared, *items]) if items else ""
