"""Susceptibility in a round: one isolate a sample, its drugs written in one cell, each drug judged by itself.

The cell reads "CLSI 2024; AMP:R >=32; CIP:S <=0.25; FOX:R 12mm": the laboratory's standard and edition first, where
they differ from the organiser's, then drug, category and MIC or zone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.coded_analytes import (
    CodedAnalyte,
    CodedFinding,
    CodedGrades,
    CodedSentence,
    Expected,
)
from workbench.evaluation.coded_part import coded_type
from workbench.evaluation.result_types.susceptibility import (
    SUSCEPTIBILITY,
    SusceptibilityLists,
    SusceptibilityRule,
    grade_susceptibility,
)
from workbench.evaluation.result_types.susceptibility_answers import PanelItem, read_panel
from workbench.parameters.breakpoints import BreakpointBook, breakpoints
from workbench.parameters.vocabularies import vocabularies

SHOWN = (
    "drug_code",
    "answer",
    "measured",
    "expected",
    "accepted",
    "grade",
    "mark",
    "critical",
    "essential",
    "intrinsic",
    "contradicts_own",
    "reason",
    "measured_reason",
    "reference_mic",
    "reference_zone",
)
"""Columns of a drug kept in the detail of an answer."""


@cache
def _lists(book: BreakpointBook) -> SusceptibilityLists:
    words = vocabularies()
    return SusceptibilityLists(book, (words["bacteria"], words["fungi"]), words["antimicrobials"])


@dataclass(frozen=True)
class Declared:
    """What one cell says: the standard and year it declares, and its drugs."""

    standard: str
    year: int
    items: tuple[PanelItem, ...]


def read_cell(text: str, organiser: tuple[str, int], standards: frozenset[str]) -> Declared:
    """Split a cell into the declared standard and the drugs.

    Examples
    --------
    >>> said = read_cell("EUCAST 2024; CIP:I 0.5", ("CLSI", 2024), frozenset({"CLSI", "EUCAST"}))
    >>> said.standard, said.year, said.items[0].category
    ('EUCAST', 2024, 'I')
    """
    items = read_panel(text)
    if items and items[0].drug.upper() in standards and items[0].category[:4].isdecimal():
        return Declared(items[0].drug.upper(), int(items[0].category[:4]), items[1:])
    return Declared(*organiser, items)


def grade_isolates(given: CodedAnalyte) -> CodedGrades:
    """Grade one analyte: every drug of every isolate.

    Notes
    -----
    The detail of an expected answer holds `drugs` (drug -> category, mic, zone; any may be missing), `standard` and
    `year` of the organiser and `site`; its code is the organism. A sample without one is not asked for. Drugs a
    laboratory did not report are not judged; drugs that are not expected are listed, and judged only where the
    organism is resistant to them by nature. The programme's score counts drugs. A sample is acceptable when its
    share of right drugs reaches the rule's and no error is very major.

    References
    ----------
    42 CFR 493.911(b): responses are scored per drug. CLSI M52 for the classes of error.
    """
    lists = _lists(breakpoints())
    found = [
        _sample(given, place, given.expected[sample], lists)
        for place, sample in enumerate(given.samples)
        if sample in given.expected
    ]
    pairs = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    blank = CodedGrades.blank(given)
    blank["answer"] = np.full(given.shape, "", dtype=object)
    if not given.expected:
        blank["reason"] = np.full(given.shape, "NS-E", dtype=object)
    for place, sample in enumerate(given.samples):
        if sample in given.expected:
            blank["target"][:, place] = given.expected[sample].code
            blank["target_method"][:, place] = given.expected[sample].method
            if given.expected[sample].detail.get("educational"):
                blank["reason"][:, place] = "NS-X"
    items = np.tile(_expected_counts(given), (given.shape[0], 1))
    right = np.zeros(given.shape, dtype=np.int64)
    parts = np.empty(given.shape, dtype=object)
    parts.fill(())
    if len(pairs):
        for cell, drugs in _by_cell(pairs).items():
            items[cell], right[cell] = _cell(given, blank, cell, drugs)
            parts[cell] = _said(drugs)
    return CodedGrades(
        **blank,
        asked=given.asked,
        items=items,
        right=right,
        parts=parts,
        order=_part_order(pairs),
        findings=_findings(given, pairs),
        sentences=_sentences(pairs),
    )


def _expected_counts(given: CodedAnalyte) -> np.ndarray:
    """Shape (S,), drugs a laboratory that returns nothing answers for."""
    return np.array(
        [
            max(len(given.expected[s].detail.get("drugs", {})), 1) if s in given.expected else 1
            for s in given.samples
        ],
        dtype=np.int64,
    )


def _organiser(expected: Expected) -> tuple[str, int]:
    standard, year = SUSCEPTIBILITY.organiser
    return str(expected.detail.get("standard", standard)), int(expected.detail.get("year", year))


def _sample(given: CodedAnalyte, place: int, expected: Expected, lists: SusceptibilityLists) -> pd.DataFrame:
    """One row per laboratory x drug of one isolate, graded."""
    organiser = _organiser(expected)
    drugs = expected.detail.get("drugs")
    if not isinstance(drugs, Mapping) or not lists.organism_path(expected.code):
        raise EvaluationError(
            f"Expected answer of {given.analyte.analyte}, sample {given.samples[place]}: the code must be an "
            "organism of the lists, and the detail hold its drugs."
        )
    known = {lists.drug(str(name)): dict(each) for name, each in drugs.items()}
    rows = []
    for row in range(given.shape[0]):
        text = str(given.raw[row, place] or given.code[row, place])
        said = read_cell(text, organiser, lists.book.standards)
        for item in said.items:
            reference = known.get(lists.drug(item.drug))
            rows.append(_pair((row, place), item, said, (expected, reference)))
    frame = pd.DataFrame(rows, columns=_PAIR)
    rules = given.policy.coded
    rule = replace(
        SUSCEPTIBILITY, organiser=organiser, near=rules.near_breakpoint, half_steps=rules.half_steps
    )
    graded = _unlisted(grade_susceptibility(frame, lists, rule), frame, rule)
    return pd.concat(
        [frame[["row", "place", "measured", "reference_mic", "reference_zone", "listed"]], graded], axis=1
    )


_PAIR = [
    *("row", "place", "organism", "drug", "category", "standard", "year", "site", "mic", "zone", "measured"),
    *("reference_mic", "reference_zone", "reference_category", "listed"),
]


def _pair(
    cell: tuple[int, int], item: PanelItem, said: Declared, target: tuple[Expected, Mapping[str, Any] | None]
) -> tuple[Any, ...]:
    """One drug as `grade_susceptibility` takes it."""
    expected, reference = target
    values = reference or {}
    by_zone = item.measured.lower().endswith("mm")
    return (
        *cell,
        expected.code,
        item.drug,
        item.category,
        said.standard,
        said.year,
        str(values.get("site", expected.detail.get("site", ""))),
        "" if by_zone else item.measured,
        item.measured if by_zone else "",
        item.measured,
        values.get("mic"),
        values.get("zone"),
        values.get("category"),
        reference is not None,
    )


def _unlisted(graded: pd.DataFrame, frame: pd.DataFrame, rule: SusceptibilityRule) -> pd.DataFrame:
    """Drugs nobody asked for are not scored, but for those the organism is resistant to by nature."""
    extra = ~frame["listed"].astype(bool) & ~(graded["intrinsic"] & (graded["grade"] == "very_major"))
    graded.loc[extra, ["grade", "signal", "critical"]] = ["not_scored", "not_scored", False]
    graded.loc[extra, "mark"] = math.nan
    return graded


Drug = dict[str, Any]
"""One drug of one laboratory's isolate, a row of the graded pairs."""


def _by_cell(pairs: pd.DataFrame) -> dict[tuple[int, int], list[Drug]]:
    """Row and place -> drugs in the order written; what is missing is None."""
    plain = pairs.astype(object).where(pairs.notna(), None)
    out: dict[tuple[int, int], list[Drug]] = {}
    for drug in plain.to_dict("records"):
        out.setdefault((int(drug["row"]), int(drug["place"])), []).append(drug)
    return out


def _said(drugs: list[Drug]) -> tuple[str, ...]:
    """Drug and category of every drug that can be read."""
    return tuple(f"{d['drug_code']}:{d['answer']}" for d in drugs if d["drug_code"] and d["answer"])


def _cell(
    given: CodedAnalyte, blank: dict[str, np.ndarray], cell: tuple[int, int], drugs: list[Drug]
) -> tuple[int, int]:
    """Fill in one laboratory's isolate; returns its judged drugs and the right ones."""
    said = _said(drugs)
    blank["answer"][cell] = "; ".join(said)
    shown = [{name: drug[name] for name in SHOWN} for drug in drugs]
    other = any(drug["other_standard"] for drug in drugs)
    blank["detail"][cell] = json.dumps({"drugs": shown, "other_standard": other}, ensure_ascii=False)
    scored = [drug for drug in drugs if drug["grade"] != "not_scored"]
    if not scored:
        near = any(drug["reason"] == "near_breakpoint" for drug in drugs)
        blank["reason"][cell] = "NS-B" if near else "NS-M" if said else ""
        return 1, 0
    marks = [float(drug["mark"]) for drug in scored]
    mark = math.fsum(marks) / len(marks)
    grades = {drug["grade"] for drug in scored}
    worst = next((grade for grade in ("very_major", "major", "minor") if grade in grades), "")
    good = mark >= given.policy.coded.panel_pass - 1e-9 and worst != "very_major"
    blank["mark"][cell] = mark
    blank["signal"][cell] = "action" if not good else "acceptable" if mark >= 1.0 else "warning"
    blank["kind"][cell] = worst
    blank["critical"][cell] = worst == "very_major"
    return len(scored), sum(each >= 1.0 for each in marks)


def _part_order(pairs: pd.DataFrame) -> tuple[str, ...]:
    """Drug by drug, each from susceptible to resistant."""
    if pairs.empty:
        return ()
    drugs = sorted(set(pairs["drug_code"]) - {""})
    return tuple(f"{drug}:{category}" for drug in drugs for category in ("S", "SDD", "I", "R"))


def _findings(given: CodedAnalyte, pairs: pd.DataFrame) -> tuple[CodedFinding, ...]:
    """F25 another standard, F39 no resistant isolate."""
    if pairs.empty:
        return ()
    out = []
    for row, part in pairs[pairs["other_standard"]].groupby("row", sort=True):
        text = next(text for text in given.raw[int(row)].tolist() if text)
        said = read_cell(str(text), SUSCEPTIBILITY.organiser, breakpoints().standards)
        sample = given.samples[int(part["place"].iloc[0])]
        out.append(CodedFinding("F25", {"std": said.standard, "year": str(said.year)}, sample, int(row)))
    judged = pairs[pairs["grade"] != "not_scored"]
    resistant = set(judged.loc[judged["expected"] == "R", "drug_code"])
    lacking = sorted(set(judged["drug_code"]) - resistant)
    if lacking:
        out.append(CodedFinding("F39", {"drugs": lacking}))
    return tuple(out)


def _sentences(pairs: pd.DataFrame) -> tuple[CodedSentence, ...]:
    """S42 resistant by nature, S40 very major errors, S41 same MIC but another category."""
    if pairs.empty:
        return ()
    out: list[CodedSentence] = []
    rules = (
        ("S42", pairs["intrinsic"] & (pairs["grade"] == "very_major")),
        ("S40", ~pairs["intrinsic"] & (pairs["grade"] == "very_major")),
        ("S41", (pairs["essential"] == 1.0) & pairs["grade"].isin(["minor", "major"])),
    )
    for code, mask in rules:
        for row, part in pairs[mask].groupby("row", sort=True):
            params: dict[str, Any] = {"drug": _unique(part["drug_code"])}
            if code == "S42":
                params["organism"] = _unique(part["organism_code"])
            out.append(CodedSentence(code, params if code != "S41" else {}, int(row)))
    return tuple(out)


def _unique(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in values))


SUSCEPTIBILITIES = coded_type("susceptibility", ("ast",), grade_isolates)
