"""Drugs of an isolate as markers: category and MIC together, under a table of breakpoints and a shift."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.evaluation.criteria import FloatArray, ObjectArray
from workbench.evaluation.result_types.isolates import read_cell
from workbench.evaluation.result_types.susceptibility import SUSCEPTIBILITY
from workbench.evaluation.result_types.susceptibility_answers import ReadMic, read_mic
from workbench.investigation.coded_markers import Block, Graded, Marker, judged_wrong, on_laboratories
from workbench.parameters.breakpoints import BreakpointBook, breakpoints
from workbench.parameters.vocabularies import Vocabulary, vocabularies

if TYPE_CHECKING:
    from workbench.investigation.coded_panel import CodedPanel

BY_TABLE, AGAINST_TABLE = 0.985, 0.0075
"""Probability of the category the table gives to the own MIC, and of each other one."""

ON_STEP, ONE_STEP, FURTHER = 0.72, 0.13, 0.01
"""Probability of an MIC on the step, one dilution off (each side), and d dilutions off (FURTHER / d)."""

SPAN = 21
"""Rungs of the dilution ladder."""

CATEGORIES = ("S", "SDD", "I", "R")

Table = tuple[str, int]
"""Standard and year of a table of breakpoints."""


def _organism_path(name: str) -> tuple[str, ...]:
    """Codes from the widest group to the organism; empty when the name is on no list."""
    for vocabulary in (vocabularies()["bacteria"], vocabularies()["fungi"]):
        found = vocabulary.named(name)
        if len(found) == 1:
            return vocabulary.path(found[0].code)
    return ()


def _drug(name: str, drugs: Vocabulary) -> str:
    found = drugs.named(name)
    return found[0].code if len(found) == 1 else ""


def drug_block(place: int, graded: Graded) -> Block:
    """The drugs of an analyte's isolates, one marker a drug: category as sent, expected category, right ones."""
    given, grades = graded.given, graded.grades
    known = vocabularies()["antimicrobials"]
    drugs = sorted(
        {_drug(str(d), known) for each in given.expected.values() for d in each.detail.get("drugs", {})}
        - {""}
    )
    at = {drug: k for k, drug in enumerate(drugs)}
    shape = (grades.answer.shape[0], len(drugs), grades.answer.shape[1])
    code, expected, accepted = (np.full(shape, "", dtype=object) for _ in range(3))
    wrong = np.zeros(shape, dtype=bool)
    judged = judged_wrong(graded)
    for row, sample in np.argwhere(grades.detail != "").tolist():
        for drug in json.loads(grades.detail[row, sample])["drugs"]:
            if drug["drug_code"] in at:
                cell = row, at[drug["drug_code"]], sample
                code[cell] = drug["answer"] or ""
                expected[cell], accepted[cell] = drug["expected"] or "", drug["accepted"] or ""
                wrong[cell] = judged[row, sample] and drug["grade"] not in ("agree", "not_scored")
    _fill_expected(expected)
    code = np.where(expected == "", "", code).astype(object)
    markers = [Marker(place, drug, "ast", codes=CATEGORIES) for drug in drugs]
    grids = [on_laboratories(graded, cells, "") for cells in (code, expected, accepted)]
    return markers, grids[0], grids[1], grids[2], on_laboratories(graded, wrong, False)


def _fill_expected(expected: ObjectArray) -> None:
    """Where a laboratory said nothing on a drug, what is expected of most of the others."""
    for column in range(expected.shape[1]):
        for sample in range(expected.shape[2]):
            said = [code for code in expected[:, column, sample].tolist() if code]
            if said:
                usual = max(sorted(set(said)), key=said.count)
                empty = expected[:, column, sample] == ""
                expected[empty, column, sample] = usual


def _rungs(mic: ReadMic) -> tuple[int, int] | None:
    """Lowest and highest rung an MIC may stand on; None without one."""
    if mic.step is None:
        return None
    if mic.sign in ("<", "<="):
        return -99, mic.step - (mic.sign == "<")
    if mic.sign in (">", ">="):
        return mic.step + (mic.sign == ">"), 99
    return mic.step, mic.step


def mic_density(own: tuple[int, int], reference: tuple[int, int]) -> float:
    """ln p of an MIC given the reference's, both as ranges of rungs; a compatible range is on the step.

    Examples
    --------
    >>> [round(mic_density((k, k), (0, 0)), 2) for k in (0, 1, 3)]
    [-0.33, -2.04, -5.7]
    >>> round(mic_density((-99, -2), (-4, -4)), 2)
    -0.33
    """
    gap = max(own[0] - reference[1], reference[0] - own[1], 0)
    if gap == 0:
        return float(np.log(ON_STEP))
    return float(np.log(ONE_STEP if gap == 1 else FURTHER / gap))


@dataclass(frozen=True)
class DrugAnswer:
    """What a laboratory wrote on one drug: category, range of rungs (None without MIC), as written, its table."""

    category: str
    rungs: tuple[int, int] | None
    measured: str
    table: Table


@dataclass(frozen=True)
class IsolateDensity:
    """Densities of the drugs of a panel.

    Attributes
    ----------
    columns : markers that are drugs. drugs : their codes. paths : organism of each sample, empty without.
    sites : site of each sample. reference : by (column, sample), range of rungs of the reference MIC.
    answers : by (laboratory, column, sample). organiser : the table of the reference.
    """

    columns: tuple[int, ...]
    drugs: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    sites: tuple[str, ...]
    reference: dict[tuple[int, int], tuple[int, int]]
    answers: dict[tuple[int, int, int], DrugAnswer]
    organiser: Table

    @classmethod
    def of(cls, panel: CodedPanel) -> IsolateDensity | None:
        """Read the drugs of a panel; None where it has none. Only the first susceptibility analyte is read."""
        analyte = next((m.analyte for m in panel.markers if m.result_type == "ast"), None)
        if analyte is None:
            return None
        columns = panel.columns(analyte)
        drugs = tuple(panel.markers[c].part for c in columns)
        graded, known = panel.graded[analyte], vocabularies()["antimicrobials"]
        paths, sites = [], []
        reference: dict[tuple[int, int], tuple[int, int]] = {}
        organiser: Table = SUSCEPTIBILITY.organiser
        for place, sample in enumerate(panel.samples):
            expected = graded.given.expected.get(sample)
            paths.append(_organism_path(expected.code) if expected else ())
            detail: Any = expected.detail if expected else {}
            sites.append(str(detail.get("site", "")))
            organiser = (str(detail.get("standard", organiser[0])), int(detail.get("year", organiser[1])))
            for name, values in detail.get("drugs", {}).items():
                drug = _drug(str(name), known)
                rungs = _rungs(read_mic(values.get("mic"), half_steps=True))
                if drug in drugs and rungs is not None:
                    reference[columns[drugs.index(drug)], place] = rungs
        answers = dict(_answers(panel, graded, columns, organiser))
        return cls(tuple(columns), drugs, tuple(paths), tuple(sites), reference, answers, organiser)

    def lay_over(self, laboratory: int, same: FloatArray, cross: FloatArray, anything: FloatArray) -> None:
        """Replace the densities of categories by those of category and MIC where there is an MIC."""
        samples = len(self.paths)
        for c in self.columns:
            for i in range(samples):
                said = self.answers.get((laboratory, c, i))
                if said is None or said.rungs is None:
                    continue
                anything[c, i] -= np.log(SPAN)
                for j in range(samples):
                    same[c, i, j] = self.density(said, (c, j), said.table)
                for other in self.columns:
                    cross[c, other, i] = self.density(said, (other, i), said.table)

    def density(self, said: DrugAnswer, cell: tuple[int, int], table: Table, shift: int = 0) -> float:
        """ln p of category and MIC of a drug and sample under a table and a shift in dilutions."""
        reference = self.reference.get(cell)
        rungs = said.rungs
        if rungs is None:
            return float(-np.log(len(CATEGORIES)))
        if reference is None:
            found = float(-np.log(SPAN))
        else:
            found = mic_density(rungs, (reference[0] + shift, reference[1] + shift))
        return found + self.category_density(said, cell, table)

    def category_density(self, said: DrugAnswer, cell: tuple[int, int], table: Table) -> float:
        """ln p of the category given the own MIC under a table; even odds where the table gives none."""
        by_table = self.category(said, cell, table)
        if not by_table:
            return float(-np.log(3.0))
        return float(np.log(BY_TABLE if said.category == by_table else AGAINST_TABLE))

    def category(self, said: DrugAnswer, cell: tuple[int, int], table: Table) -> str:
        """Category of the own MIC under a table; "" where it is undecided."""
        drug = self.drugs[self.columns.index(cell[0])]
        if said.rungs is None:
            return ""
        return _category(table, self.paths[cell[1]], drug, self.sites[cell[1]], said.rungs)


def _answers(
    panel: CodedPanel, graded: Graded, columns: list[int], organiser: Table
) -> list[tuple[tuple[int, int, int], DrugAnswer]]:
    """Every drug of every laboratory's cells."""
    known, standards = vocabularies()["antimicrobials"], breakpoints().standards
    at = {panel.markers[c].part: c for c in columns}
    out = []
    for laboratory, row in enumerate(graded.row.tolist()):
        if row < 0:
            continue
        for place in range(len(panel.samples)):
            text = str(graded.given.raw[row, place] or graded.given.code[row, place])
            said = read_cell(text, organiser, standards)
            for item in said.items:
                column = at.get(_drug(item.drug, known))
                if column is None or not panel.code[laboratory, column, place]:
                    continue
                zone = item.measured.lower().endswith("mm")
                rungs = None if zone else _rungs(read_mic(item.measured, half_steps=True))
                answer = DrugAnswer(
                    panel.code[laboratory, column, place], rungs, item.measured, (said.standard, said.year)
                )
                out.append(((laboratory, column, place), answer))
    return out


@lru_cache(maxsize=20_000)
def _category(table: Table, path: tuple[str, ...], drug: str, site: str, rungs: tuple[int, int]) -> str:
    limits = breakpoints().find(table[0], table[1], path, drug, site)
    if limits is None:
        return ""
    low, high = max(rungs[0], -12), min(rungs[1], 14)
    found = {limits.by_dilution(step) for step in range(low, max(high, low) + 1)}
    return min(found) if len(found) == 1 else ""


def editions(book: BreakpointBook, own: Table) -> tuple[Table, ...]:
    """Other tables a laboratory may have used: each edition on file, those of its own standard first."""
    found = {(row.standard, year) for row in book for year in (row.edition, row.since) if year}
    others = sorted(found - {own}, key=lambda table: (table[0] != own[0], table))
    return tuple(others)
