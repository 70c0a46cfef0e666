"""A simulated round of a programme of coded answers: reactions, grades, names, genotypes, blood groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.frames import DECISIONS, EXPECTED_ANSWERS, MATERIAL_CHECKS, REFERENCE_VALUES
from workbench.parameters import Programme
from workbench.simulation.coded_answers import Choice, choices
from workbench.simulation.drafts import Draft
from workbench.simulation.province import (
    SAMPLES_A_ROUND,
    SimulatedRound,
    _generator,
    _laboratories,
    _place,
    _Standing,
    closing_time,
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


def simulate_coded_round(
    programme: Programme, round_code: str, seed: int, n_laboratories: int = 60
) -> CodedRound:
    """Simulate one round of a programme whose analytes all have coded answers.

    Parameters
    ----------
    programme : its analytes ordinal, qualitative, identification, genotype or antigen typing.
    round_code : such as "2026-1".
    seed : the same seed gives the same tables; no other programme or round changes them.
    n_laboratories : laboratories of the province.

    Raises
    ------
    ParameterError
        when an analyte's result type has no simulated answers, or the round code is malformed.
    """
    closing_at = closing_time(round_code)
    options = [choices(analyte) for analyte in programme.analytes]
    if missing := [a.analyte for a, found in zip(programme.analytes, options, strict=True) if not found]:
        raise ParameterError(
            f"Programme {programme.programme_no}: no simulated answers for {', '.join(missing)}."
        )
    master = _laboratories(seed, n_laboratories)
    draft = _empty_draft(programme, round_code, _Standing.of(programme, list(programme.codes), seed, master))
    expected = [_truths(found, draft.rng) for found in options]
    _absences(draft)
    _answer(draft, options, expected)
    rows = [
        (code, sample, options[place][chosen].code, "", "characterised", "")
        for place, code in enumerate(draft.codes)
        for sample, chosen in zip(draft.samples, expected[place], strict=True)
    ]
    table = EXPECTED_ANSWERS.checked(pd.DataFrame(rows, columns=EXPECTED_ANSWERS.names))
    return CodedRound(_finished(draft, master, closing_at), table)


def _empty_draft(programme: Programme, round_code: str, standing: _Standing) -> Draft:
    """A draft without numbers: every answer is written text."""
    year, number = (int(part) for part in round_code.split("-"))
    shape = (len(standing.codes), SAMPLES_A_ROUND)
    return Draft(
        programme=programme,
        round_code=round_code,
        is_last=True,
        lab_codes=standing.lab_codes,
        codes=list(standing.codes),
        samples=[f"{year}{number}{n}" for n in range(1, SAMPLES_A_ROUND + 1)],
        equipment=standing.equipment,
        levels=np.ones(shape),
        allowed=np.ones(shape),
        values=np.ones((len(standing.lab_codes), *shape)),
        enrolled=standing.enrolled,
        decimals=np.zeros(standing.enrolled.shape, dtype=np.int64),
        group_bias=standing.group_bias,
        rng=_generator(standing.seed, 4, *_place(programme.programme_no), year, number),
    )


def _truths(found: Sequence[Choice], rng: np.random.Generator) -> list[int]:
    """Which choice each sample is; the first two samples differ."""
    order = rng.permutation(len(found))
    more = rng.integers(len(found), size=SAMPLES_A_ROUND)
    return [int(order[n % len(found)]) if n < 2 else int(more[n]) for n in range(SAMPLES_A_ROUND)]


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


def _answer(draft: Draft, options: Sequence[Sequence[Choice]], expected: Sequence[Sequence[int]]) -> None:
    """Write every answer; a wrong one is another choice of the same analyte."""
    shares = [share for share, _ in COMPETENCE]
    level = draft.rng.choice(len(COMPETENCE), len(draft.lab_codes), p=shares)
    chance = np.array([wrong for _, wrong in COMPETENCE])[level]
    errs = draft.rng.random(draft.values.shape) < chance[:, None, None]
    step = draft.rng.integers(1, 1000, size=draft.values.shape)
    for lab, analyte, sample in np.ndindex(*draft.values.shape):
        found, right = options[analyte], expected[analyte][sample]
        given = right
        if errs[lab, analyte, sample] and len(found) > 1 and draft.enrolled[lab, analyte]:
            given = (right + 1 + int(step[lab, analyte, sample]) % (len(found) - 1)) % len(found)
            draft.note("wrong_answer", lab, analyte, sample, found[given].written)
        draft.text[lab, analyte, sample] = found[given].written


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
