"""A simulated round of a programme with coded answers, or with coded answers beside quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.frames import DECISIONS, EXPECTED_ANSWERS, MATERIAL_CHECKS, REFERENCE_VALUES
from workbench.parameters import Programme, criteria
from workbench.simulation.answer_sheets import AnswerSheet, answer_sheets
from workbench.simulation.drafts import Draft
from workbench.simulation.material import material_checks, reference_values
from workbench.simulation.province import SimulatedRound, measured_draft, simulate_province
from workbench.simulation.standing import (
    Standing,
    closing_time,
    generator,
    laboratory_list,
    programme_place,
    round_place,
    rounds_of_year,
    sample_codes,
)
from workbench.simulation.systems import system_names
from workbench.simulation.written import (
    current,
    enrolment_table,
    laboratory_table,
    sample_table,
    submission_table,
    written_results,
)

COMPETENCE = ((0.7, 0.01), (0.22, 0.06), (0.08, 0.3))
"""Share of laboratories, and the share of wrong answers they give."""

SILENT_SHARE, LATE_SHARE = 0.04, 0.04
"""Shares of laboratories that return nothing, and that return after closing."""


@dataclass(frozen=True)
class CodedRound:
    """A round and the answers expected of it.

    Attributes
    ----------
    round : the round; its `truth` names wrong answers, late and missing returns.
    expected_answers : frame of the vocabulary, one row per analyte x sample.
    """

    round: SimulatedRound
    expected_answers: pd.DataFrame

    def frames(self) -> dict[str, pd.DataFrame]:
        """Name -> table of the snapshot frames a simulation can know."""
        return {**self.round.frames(), "expected_answers": self.expected_answers}


def simulate_programme_year(
    programme: Programme, year: int, seed: int, n_laboratories: int = 60
) -> tuple[CodedRound, ...]:
    """Simulate every round of a programme in a year, whatever its analytes are.

    Parameters
    ----------
    programme : any of the catalogue; it has as many rounds and samples as the catalogue says.
    seed : the same seed gives the same tables, whichever other programmes are simulated.

    Raises
    ------
    ParameterError
        when an analyte's result type has no simulated answers.
    """
    codes = rounds_of_year(programme, year)
    if all(analyte.is_quantitative for analyte in programme.analytes):
        rounds = simulate_province([programme], codes, seed, n_laboratories).rounds.values()
        return tuple(CodedRound(each, EXPECTED_ANSWERS.empty()) for each in rounds)
    return tuple(
        simulate_coded_round(programme, code, seed, n_laboratories, is_last=code == codes[-1])
        for code in codes
    )


def simulate_coded_round(
    programme: Programme, round_code: str, seed: int, n_laboratories: int = 60, *, is_last: bool = True
) -> CodedRound:
    """Simulate one round of a programme that asks for coded answers, and perhaps for quantities as well.

    Parameters
    ----------
    programme : with at least one analyte that is no quantity.
    round_code : such as "2026-1".
    seed : the same seed gives the same tables; no other programme or round changes them.
    n_laboratories : laboratories of the province.
    is_last : whether quantities have the events planted in the last round.

    Raises
    ------
    ParameterError
        when an analyte's result type has no simulated answers, or the round code is malformed.

    Notes
    -----
    Quantities of a mixed programme are measured, and mistaken, as those of any other programme.
    """
    closing_at = closing_time(round_code, programme.rounds_per_year)
    master = laboratory_list(seed, n_laboratories)
    standing = Standing.of(programme, list(programme.codes), seed, master)
    draft = _empty_draft(programme, round_code, standing)
    sheets = answer_sheets(draft, list(master["hospital_level"]))
    measured = [a.analyte for a in programme.analytes if a.is_quantitative]
    given = {"material_checks": MATERIAL_CHECKS.empty(), "reference_values": REFERENCE_VALUES.empty()}
    if measured:
        part = measured_draft(programme, round_code, standing.part(measured), criteria(), is_last)
        given = {"material_checks": material_checks(part), "reference_values": reference_values(part)}
        _take_over(draft, part)
    else:
        _absences(draft)
    _answer(draft, sheets)
    rows = [
        (draft.codes[place], sample, code, "", "characterised", detail)
        for place, sheet in sheets.items()
        for sample, (code, detail) in zip(draft.samples, sheet.expected, strict=bool(sheet.expected))
    ]
    table = EXPECTED_ANSWERS.checked(pd.DataFrame(rows, columns=EXPECTED_ANSWERS.names))
    finished = _finished(draft, master, closing_at)
    return CodedRound(replace(finished, **given), table)


def _empty_draft(programme: Programme, round_code: str, standing: Standing) -> Draft:
    """A draft without numbers: every answer is written text."""
    samples = sample_codes(programme, round_code)
    place = (*programme_place(programme.programme_no), *round_place(round_code))
    shape = (len(standing.codes), len(samples))
    return Draft(
        programme=programme,
        round_code=round_code,
        is_last=True,
        lab_codes=standing.lab_codes,
        codes=list(standing.codes),
        samples=samples,
        equipment=standing.equipment,
        levels=np.ones(shape),
        allowed=np.ones(shape),
        values=np.ones((len(standing.lab_codes), *shape)),
        enrolled=standing.enrolled.copy(),
        decimals=np.zeros(standing.enrolled.shape, dtype=np.int64),
        group_bias=standing.group_bias,
        rng=generator(standing.seed, 4, *place),
    )


def _take_over(draft: Draft, part: Draft) -> None:
    """Everything measured in a part of the analytes, and who returned late or nothing, into the whole draft."""
    rows = [draft.codes.index(code) for code in part.codes]
    draft.levels[rows], draft.allowed[rows] = part.levels, part.allowed
    draft.values[:, rows], draft.decimals[:, rows] = part.values, part.decimals
    for name in ("text", "states", "first_text"):
        found: Mapping[tuple[int, int, int], str] = getattr(part, name)
        getattr(draft, name).update({(lab, rows[a], s): value for (lab, a, s), value in found.items()})
    draft.not_performed |= {(lab, rows[analyte]) for lab, analyte in part.not_performed}
    for name in ("stated", "late_days", "silent", "excused", "withdrawn"):
        getattr(draft, name).update(getattr(part, name))
    draft.truth += part.truth


def _absences(draft: Draft) -> None:
    """Some laboratories return nothing, some late."""
    drawn = draft.rng.random(len(draft.lab_codes))
    for lab in np.flatnonzero(draft.enrolled.any(axis=1)).tolist():
        if drawn[lab] < SILENT_SHARE:
            draft.silent.add(lab)
            draft.note("not_returned", lab, None, None, "")
        elif drawn[lab] < SILENT_SHARE + LATE_SHARE:
            draft.late_days[lab] = 2
            draft.note("late", lab, None, None, "2 days")


def _answer(draft: Draft, sheets: Mapping[int, AnswerSheet]) -> None:
    """Write every answer; what is left empty is not returned."""
    shares = [share for share, _ in COMPETENCE]
    level = draft.rng.choice(len(COMPETENCE), len(draft.lab_codes), p=shares)
    chance = np.array([wrong for _, wrong in COMPETENCE])[level]
    errs = draft.rng.random(draft.values.shape) < chance[:, None, None]
    step = draft.rng.integers(1, 1000, size=draft.values.shape)
    for place, sheet in sheets.items():
        draft.enrolled[:, place] &= sheet.asked
        for lab, sample in np.ndindex(len(draft.lab_codes), len(draft.samples)):
            key, given = (lab, place, sample), sheet.right(lab, sample)
            if errs[key] and draft.enrolled[lab, place] and given:
                wrong = sheet.wrong(lab, sample, int(step[key]))
                given = wrong or given
                if wrong:
                    draft.note(sheet.mistake, *key, wrong)
            draft.text[key] = given
            if not given:
                draft.states[key] = "not_returned"


def _finished(draft: Draft, master: pd.DataFrame, closing_at: datetime) -> SimulatedRound:
    """Write everything down."""
    submitted = written_results(draft)
    submissions = submission_table(draft, closing_at, [""] * len(draft.lab_codes))
    columns = ["kind", "lab_code", "analyte", "sample", "detail"]
    return SimulatedRound(
        round_code=draft.round_code,
        programme_no=draft.programme.programme_no,
        closing_at=closing_at,
        laboratories=laboratory_table(draft, master, submissions),
        enrolments=enrolment_table(draft),
        results=current(submitted),
        samples=sample_table(draft),
        material_checks=MATERIAL_CHECKS.empty(),
        reference_values=REFERENCE_VALUES.empty(),
        decisions=DECISIONS.empty(),
        system_names=system_names(draft.equipment),
        submissions=submissions,
        submitted=submitted,
        truth=pd.DataFrame(draft.truth, columns=columns).astype("str"),
    )
