"""Genotypes in a round: one locus an analyte, or one type of a panel an analyte.

An analyte is its own locus (`parameters/genotypes`), or names a panel in `categories` and is one type of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.coded_analytes import CodedAnalyte, CodedFinding, CodedGrades, CodedSentence
from workbench.evaluation.coded_part import coded_type
from workbench.evaluation.coded_round import system_of
from workbench.evaluation.result_types.genotype import (
    FULL_MARK,
    GenotypeRule,
    grade_genotype,
    three_part_marks,
)
from workbench.evaluation.result_types.genotype_calls import read_call
from workbench.evaluation.result_types.type_panels import (
    PanelRule,
    TypeAnswer,
    panel_cells,
    panel_samples,
    read_types,
    says_not_tested,
)
from workbench.parameters.categories import category_lists
from workbench.parameters.loci import Locus, loci
from workbench.statistics.agreement import coded_consensus

FOUND, ABSENT = "POS", "NEG"
_INTERPRETATION = re.compile(
    r"(.*?)[\s;；,，|]*(?:解释|结论|interpretation)\s*[:：]\s*(.*)", re.IGNORECASE | re.DOTALL
)
_GENOTYPE_KINDS = {"exact": "", "not_scored": ""}


def locus_of(given: CodedAnalyte) -> Locus:
    """The locus or panel an analyte belongs to.

    Raises
    ------
    EvaluationError
        when there is none.
    """
    known = loci()
    name = given.analyte.categories or given.analyte.analyte
    if name not in known:
        raise EvaluationError(
            f"Analyte {given.analyte.analyte} is no locus of parameters/genotypes; add it, or set `categories` to one of "
            f"{', '.join(known)}."
        )
    return known[name]


def grade_loci(given: CodedAnalyte) -> CodedGrades:
    """Grade one analyte by what it is: a diplotype or set of variants, a panel, or one type of a panel."""
    locus = locus_of(given)
    if locus.kind != "panel":
        return _grade_genotypes(given, locus)
    if given.analyte.analyte in locus.by_code:
        return _grade_type(given, given.analyte.analyte)
    return _grade_panel(given, locus)


def _texts(given: CodedAnalyte, place: int) -> list[str]:
    """Answers on one sample as written."""
    return [str(text or given.code[row, place]) for row, text in enumerate(given.raw[:, place])]


# ---- loci ---------------------------------------------------------------------------------------


def _grade_genotypes(given: CodedAnalyte, locus: Locus) -> CodedGrades:
    """Every sample of one locus; a sample without an expected genotype takes the majority's."""
    blank, others = CodedGrades.blank(given), loci()
    blank["answer"] = np.full(given.shape, "", dtype=object)
    findings: list[CodedFinding] = []
    sentences: list[CodedSentence] = []
    for place, sample in enumerate(given.samples):
        said = [split_interpretation(text) for text in _texts(given, place)]
        texts, expected = [genotype for genotype, _ in said], given.expected.get(sample)
        if expected is None:
            target, found = _majority(given, place, locus)
            findings += found
            if not target:
                blank["answer"][:, place] = [read_call(text, locus, others).text(locus) for text in texts]
                blank["reason"][:, place] = "NS-N" if found[0].code == "F02" else "NS-C"
                continue
            method = "consensus"
        else:
            target, method = expected.code, expected.method
            if expected.detail.get("educational"):
                blank["reason"][:, place] = "NS-X"
        rule = GenotypeRule(partial_mark=given.policy.coded.partial_mark)
        graded = grade_genotype(texts, [target] * len(texts), locus, others, rule)
        _fill(blank, place, graded, method)
        if expected is not None and "interpretations" in expected.detail:
            sentences += _three_parts(blank, place, graded, ([why for _, why in said], expected.detail))
        hit = np.flatnonzero((graded["grade"] == "equivalent").to_numpy())
        sentences += [CodedSentence("S36", {"p": locus.equivalent_mark}, int(row)) for row in hit]
    return CodedGrades(
        **blank,
        order=_order(blank["answer"], blank["target"]),
        findings=tuple(findings),
        sentences=tuple(sentences),
    )


def split_interpretation(text: str) -> tuple[str, str]:
    """Genotype and interpretation of one cell.

    Examples
    --------
    >>> split_interpretation("*2/*17；解释：中间代谢型"), split_interpretation("*1/*1")
    (('*2/*17', '中间代谢型'), ('*1/*1', ''))
    """
    match = _INTERPRETATION.fullmatch(text.strip())
    return (match[1].strip(), match[2].strip()) if match else (text, "")


def _three_parts(
    blank: dict[str, np.ndarray],
    place: int,
    graded: pd.DataFrame,
    said: tuple[list[str], Mapping[str, Any]],
) -> list[CodedSentence]:
    """Marks for genotype, interpretation and writing, 2 each; the mark becomes their share of 6.

    The expected detail's `interpretations` says what each interpretation is worth: correct, minor, major or
    critical; one that is not among them is major. A name that had to be normalised is one clerical error.
    """
    texts, detail = said
    worth = {str(text): str(kind) for text, kind in detail["interpretations"].items()}
    kinds = [worth.get(text, "major") for text in texts]
    clerical = graded["renamed"].to_numpy(dtype=float) if detail.get("clerical") else np.zeros(len(graded))
    marks = three_part_marks(graded, kinds, clerical)
    parts = marks[["genotype_mark", "interpretation_mark", "clerical_mark"]].to_numpy(dtype=float)
    scored = np.isfinite(parts[:, 0])
    share = parts.sum(axis=1) / (3 * FULL_MARK)
    blank["mark"][scored, place] = share[scored]
    blank["critical"][scored, place] = marks["poor"].to_numpy(dtype=bool)[scored]
    right = (blank["signal"][:, place] == "acceptable") & (np.array(kinds) != "critical")
    blank["signal"][scored, place] = np.where(
        right, np.where(share >= 1.0, "acceptable", "warning"), "action"
    )[scored]
    sentences = []
    for row in np.flatnonzero(scored).tolist():
        shown = json.loads(blank["detail"][row, place] or "{}")
        shown |= dict(
            zip(("genotype_mark", "interpretation_mark", "clerical_mark"), parts[row].tolist(), strict=True)
        )
        blank["detail"][row, place] = json.dumps(shown | {"interpretation": texts[row]}, ensure_ascii=False)
        if blank["kind"][row, place] == "" and kinds[row] == "critical":
            blank["kind"][row, place] = "critical_interpretation"
        if graded["grade"].iloc[row] == "exact" and clerical[row]:
            sentences.append(CodedSentence("S37", {}, row))
    return sentences


def _majority(given: CodedAnalyte, place: int, locus: Locus) -> tuple[str, list[CodedFinding]]:
    """The genotype most laboratories report, in its recommended form; or "" and why there is none."""
    majority = given.policy.coded.majority
    texts = [text for text, ok in zip(_texts(given, place), given.eligible[:, place], strict=True) if ok]
    calls = [read_call(text, locus) for text in texts]
    said = coded_consensus([call.text(locus) for call in calls if not call.reason], majority)
    if said.n < given.policy.n_min:
        return "", [CodedFinding("F02", {"n": said.n}, given.samples[place])]
    if not said.is_reached:
        params = {"p": 100.0 * said.share, "maj": 100.0 * majority}
        return "", [CodedFinding("F21", params, given.samples[place])]
    return said.answers[0], []


def _fill(blank: dict[str, np.ndarray], place: int, graded: pd.DataFrame, method: str) -> None:
    """One sample's columns."""
    kind = graded["grade"].map(lambda grade: _GENOTYPE_KINDS.get(grade, grade))
    unreadable = (graded["reason"] != "") & (graded["grade"] == "wrong")
    kind = kind.where(~unreadable, "unreadable_genotype")
    kind = kind.where(graded["reason"] != "not_tested", "not_tested")
    blank["answer"][:, place] = graded["answer"].to_numpy(dtype=object)
    blank["target"][:, place] = graded["expected"].to_numpy(dtype=object)
    blank["accepted"][:, place] = graded["expected"].to_numpy(dtype=object)
    blank["target_method"][:, place] = method
    blank["mark"][:, place] = graded["mark"].to_numpy(dtype=float)
    blank["signal"][:, place] = graded["signal"].to_numpy(dtype=object)
    blank["kind"][:, place] = kind.to_numpy(dtype=object)
    blank["critical"][:, place] = graded["critical"].to_numpy(dtype=bool)
    names = ("renamed", "expected_phenotype", "phenotype", "reason")
    blank["detail"][:, place] = [
        json.dumps({name: row[name] for name in names if row[name]}, ensure_ascii=False)
        for row in graded.to_dict("records")
    ]


def _order(*grids: np.ndarray) -> tuple[str, ...]:
    """Every answer there is, in alphabetical order: genotypes have no order of their own."""
    return tuple(sorted({str(code) for grid in grids for code in grid.ravel().tolist()} - {""}))


# ---- panels -------------------------------------------------------------------------------------


def _grade_panel(given: CodedAnalyte, panel: Locus) -> CodedGrades:
    """A list of types a sample: right when no type in the kit's scope is missed and none is extra."""
    blank = CodedGrades.blank(given)
    blank["answer"] = np.full(given.shape, "", dtype=object)
    parts = np.empty(given.shape, dtype=object)
    parts.fill(())
    sentences: list[CodedSentence] = []
    for place, sample in enumerate(given.samples):
        expected = given.expected.get(sample)
        if expected is None:
            blank["reason"][:, place] = "NS-E"
            continue
        wanted = read_types(expected.code, panel)
        if wanted.reason:
            raise EvaluationError(f"Expected types {expected.code!r} of sample {sample} cannot be read.")
        answers = [read_types(text, panel) for text in _texts(given, place)]
        scopes = [
            expected.detail.get("scopes", {}).get(system_of(given, row)["reagent"])
            for row in range(given.shape[0])
        ]
        cells = panel_cells(answers, [wanted.found] * len(answers), panel, scopes)
        rule = PanelRule(partial=given.policy.coded.panel_partial)
        _fill_panel(blank, place, (panel_samples(cells, rule), cells), answers)
        blank["target"][:, place] = _shown(wanted)
        blank["accepted"][:, place] = _shown(wanted)
        blank["target_method"][:, place] = expected.method
        if expected.detail.get("educational"):
            blank["reason"][:, place] = "NS-X"
        for row, answer in enumerate(answers):
            parts[row, place] = answer.found or ((ABSENT,) if not answer.reason else ())
        sentences += _panel_sentences(cells, wanted)
    order = (ABSENT, *panel.by_code)
    return CodedGrades(**blank, order=order, parts=parts, sentences=tuple(sentences))


def _shown(answer: TypeAnswer) -> str:
    """Types joined, or the word for none."""
    return "" if answer.reason else "+".join(answer.found) or ABSENT


def _fill_panel(
    blank: dict[str, np.ndarray],
    place: int,
    judged: tuple[pd.DataFrame, pd.DataFrame],
    answers: list[TypeAnswer],
) -> None:
    """One sample's columns."""
    found, cells = judged
    missed, extra = found["missed"].to_numpy() > 0, found["extra"].to_numpy() > 0
    unread = np.array([answer.reason == "type_unknown" for answer in answers], dtype=bool)
    untested = np.array([answer.reason == "not_tested" for answer in answers], dtype=bool)
    kind = np.select(
        [untested, unread, missed & extra, missed, extra],
        ["not_tested", "unreadable", "missed_and_extra", "missed", "extra"],
        "",
    )
    blank["answer"][:, place] = [_shown(answer) for answer in answers]
    blank["mark"][:, place] = np.where(unread, 0.0, found["mark"].to_numpy(dtype=float))
    blank["signal"][:, place] = np.where(unread, "action", found["signal"].to_numpy(dtype=object))
    blank["kind"][:, place] = kind.astype(object)
    scope = (found["reason"] == "outside_scope").to_numpy()
    blank["reason"][scope, place] = "NS-K"
    by_row = {row: dict(zip(part["type"], part["cell"], strict=True)) for row, part in cells.groupby("row")}
    blank["detail"][:, place] = [json.dumps({"cells": by_row[row]}) for row in range(len(answers))]


def _panel_sentences(cells: pd.DataFrame, wanted: TypeAnswer) -> list[CodedSentence]:
    """S38 types missed and extra, S39 types outside the kit."""
    out = []
    for row, part in cells.groupby("row", sort=True):
        listed = {
            cell: part.loc[part["cell"] == cell, "type"].tolist() for cell in ("missed", "extra", "outside")
        }
        if listed["missed"] or listed["extra"]:
            out.append(CodedSentence("S38", {"miss": listed["missed"], "extra": listed["extra"]}, int(row)))
        beyond = [kind for kind in listed["outside"] if kind in wanted.found]
        if beyond:
            out.append(CodedSentence("S39", {"types": beyond}, int(row)))
    return out


def _grade_type(given: CodedAnalyte, code: str) -> CodedGrades:
    """One type of a panel: found or not; a type outside the kit's scope is not scored unless reported."""
    known = category_lists()["nucleic_acid"]
    blank = CodedGrades.blank(given)
    blank["answer"] = np.full(given.shape, "", dtype=object)
    sentences: list[CodedSentence] = []
    for place, sample in enumerate(given.samples):
        expected = given.expected.get(sample)
        if expected is None:
            blank["reason"][:, place] = "NS-E"
            continue
        target = known.named(expected.code)
        if target not in (FOUND, ABSENT):
            raise EvaluationError(
                f"Expected answer {expected.code!r} of {code}, sample {sample}: write POS or NEG."
            )
        blank["target"][:, place] = blank["accepted"][:, place] = target
        blank["target_method"][:, place] = expected.method
        scopes = expected.detail.get("scopes", {})
        for row, text in enumerate(_texts(given, place)):
            scope = scopes.get(system_of(given, row)["reagent"])
            _fill_type(blank, (row, place), (text, known.named(text)), scope is None or code in scope)
            kind = blank["kind"][row, place]
            if kind in ("missed", "extra"):
                params = {
                    "miss": [code] if kind == "missed" else [],
                    "extra": [code] if kind == "extra" else [],
                }
                sentences.append(CodedSentence("S38", params, row))
        if expected.detail.get("educational"):
            blank["reason"][:, place] = "NS-X"
    return CodedGrades(
        **blank,
        order=known.codes,
        polarity=known.polarities,
        sentences=tuple(_once(sentences)),
    )


def _once(sentences: list[CodedSentence]) -> list[CodedSentence]:
    """One sentence a row: of several samples the first."""
    seen: dict[int, CodedSentence] = {}
    for sentence in sentences:
        seen.setdefault(sentence.row, sentence)
    return list(seen.values())


def _fill_type(
    blank: dict[str, np.ndarray], cell: tuple[int, int], said: tuple[str, str], in_scope: bool
) -> None:
    """One answer on one type."""
    text, answer = said
    target = blank["target"][cell]
    if not text:
        return
    if says_not_tested(text):
        blank["kind"][cell] = "not_tested"
        return
    blank["answer"][cell] = answer
    if not in_scope and answer != FOUND:
        blank["reason"][cell] = "NS-K"
        return
    if not answer:
        blank["mark"][cell], blank["signal"][cell], blank["kind"][cell] = 0.0, "action", "unreadable"
        return
    positive = answer in (FOUND, "WEAK")
    right = positive == (target == FOUND) and answer != "IND"
    blank["mark"][cell] = float(right)
    blank["signal"][cell] = "acceptable" if right else "action"
    blank["kind"][cell] = (
        "" if right else "indeterminate" if answer == "IND" else "extra" if positive else "missed"
    )


GENOTYPE = coded_type("genotype", ("genotype",), grade_loci)
