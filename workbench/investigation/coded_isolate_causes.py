"""Causes of wrong categories and MICs: another table of breakpoints, shifted MICs, a category written wrong."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from workbench.evaluation.criteria import ObjectArray
from workbench.investigation.coded_explanations import CodedExplanation, best_of
from workbench.investigation.coded_isolates import (
    SPAN,
    DrugAnswer,
    IsolateDensity,
    Table,
    editions,
)
from workbench.investigation.coded_panel import CodedPanel
from workbench.investigation.coded_prediction import LabView
from workbench.parameters.breakpoints import breakpoints

SHIFTS = (-3, -2, -1, 1, 2, 3)
"""Dilutions by which all MICs may be off."""

CELL = 0.02
"""Prior of one category that contradicts its own MIC under any table."""


@dataclass(frozen=True)
class Isolates:
    """The drugs of one laboratory: cells with an MIC by (column, sample)."""

    panel: CodedPanel
    view: LabView
    density: IsolateDensity

    @property
    def columns(self) -> tuple[int, ...]:
        """Markers that are drugs."""
        return self.density.columns

    @property
    def said(self) -> dict[tuple[int, int], DrugAnswer]:
        """Answers with an MIC."""
        return {
            (c, i): answer
            for (laboratory, c, i), answer in self.density.answers.items()
            if laboratory == self.view.laboratory and answer.rungs is not None
        }

    @property
    def base(self) -> float:
        """ln p of the answers as they stand."""
        return float(self.view.own[list(self.columns)].sum())

    @property
    def code(self) -> ObjectArray:
        """Shape (drugs, n), categories as sent."""
        return np.asarray(self.view.code[list(self.columns)])


def isolate_causes(isolates: Isolates) -> list[CodedExplanation]:
    """Every hypothesis about the drugs of one laboratory."""
    tested = int(isolates.view.tested[list(isolates.columns)].sum())
    said = isolates.said
    nothing = -tested * log(4.0) - len(said) * log(SPAN)
    return [
        CodedExplanation("ordinary", isolates.base),
        CodedExplanation("none_of_these", nothing),
        *_accident(isolates, tested),
        *_another_table(isolates, said),
        *_shifted(isolates, said),
        *_written_wrong(isolates, said),
    ]


def _accident(isolates: Isolates, tested: int) -> list[CodedExplanation]:
    """One drug of one isolate is anything."""
    out = []
    for k, c in enumerate(isolates.columns):
        for i in np.flatnonzero(isolates.view.wrong[c]).tolist():
            anything = log(3.0) + (log(SPAN) if (c, i) in isolates.said else 0.0)
            density = isolates.base - float(isolates.view.own[c, i]) - anything - log(tested)
            fixed = isolates.code.copy()
            fixed[k, i] = isolates.view.expected[c, i]
            out.append(
                CodedExplanation("one_sample_accident", density, (i,), fixed, reading=isolates.panel.name(c))
            )
    return best_of(out)


def _another_table(isolates: Isolates, said: dict[tuple[int, int], DrugAnswer]) -> list[CodedExplanation]:
    """The categories follow another edition than the declared one; editions that say the same count once."""
    if not said:
        return []
    declared = next(iter(said.values())).table
    seen: dict[tuple[str, ...], Table] = {}
    for table in editions(breakpoints(), declared):
        profile = tuple(_given_by(isolates, answer, cell, table) for cell, answer in said.items())
        seen.setdefault(profile, table)
    own = tuple(isolates.density.category(answer, cell, declared) for cell, answer in said.items())
    tables = [table for profile, table in seen.items() if profile != own]
    out = []
    for table in tables:
        density = isolates.base - log(len(tables))
        for cell, answer in said.items():
            # Where the other table is silent the declared one still holds.
            used = table if isolates.density.category(answer, cell, table) else answer.table
            density += isolates.density.category_density(answer, cell, used)
            density -= isolates.density.category_density(answer, cell, answer.table)
        out.append(
            CodedExplanation(
                "breakpoint_version",
                density,
                (),
                _by_table(isolates, said),
                {},
                f"{table[0]} {table[1]}",
            )
        )
    return best_of(out)


def _given_by(isolates: Isolates, answer: DrugAnswer, cell: tuple[int, int], table: Table) -> str:
    """Category by a table; where it is silent, by the declared one."""
    return isolates.density.category(answer, cell, table) or isolates.density.category(
        answer, cell, answer.table
    )


def _by_table(isolates: Isolates, said: dict[tuple[int, int], DrugAnswer]) -> ObjectArray:
    """Categories as the declared table gives them to the own MICs."""
    out = isolates.code.copy()
    for (c, i), answer in said.items():
        found = isolates.density.category((answer), (c, i), answer.table)
        out[isolates.columns.index(c), i] = found or answer.category
    return out


def _shifted(isolates: Isolates, said: dict[tuple[int, int], DrugAnswer]) -> list[CodedExplanation]:
    """All MICs some dilutions off; the categories follow them."""
    known = {cell: answer for cell, answer in said.items() if cell in isolates.density.reference}
    out = []
    for steps in SHIFTS if len(known) >= 3 else ():
        density = isolates.base - log(len(SHIFTS))
        fixed = isolates.code.copy()
        for cell, answer in known.items():
            density += isolates.density.density(answer, cell, answer.table, steps)
            density -= isolates.density.density(answer, cell, answer.table)
            low, high = answer.rungs or (0, 0)
            moved = DrugAnswer(answer.category, (low - steps, high - steps), answer.measured, answer.table)
            found = isolates.density.category(moved, cell, answer.table)
            fixed[isolates.columns.index(cell[0]), cell[1]] = found or answer.category
        out.append(CodedExplanation("mic_shift", density, (), fixed, {"steps": float(steps)}))
    return best_of(out)


def _written_wrong(isolates: Isolates, said: dict[tuple[int, int], DrugAnswer]) -> list[CodedExplanation]:
    """Categories that no table gives to their own MIC: written down wrong."""
    tables = (*(answer.table for answer in list(said.values())[:1]), *editions(breakpoints(), ("", 0)))
    density, cells = isolates.base, []
    for cell, answer in said.items():
        given = {isolates.density.category(answer, cell, table) for table in (answer.table, *tables)} - {""}
        if given and answer.category not in given:
            density += log(CELL / 3.0) - isolates.density.category_density(answer, cell, answer.table)
            cells.append(cell)
    if not cells:
        return []
    # One factor of the prior of a cell is the prior of the cause itself.
    density -= log(CELL)
    reading = isolates.panel.name(cells[0][0]) if len(cells) == 1 else ""
    samples = tuple(sorted({i for _, i in cells}))
    return [CodedExplanation("clerical_sir", density, samples, _by_table(isolates, said), {}, reading)]
