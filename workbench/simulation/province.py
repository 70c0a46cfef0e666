"""A simulated province: laboratories, their systems, and every round they return. Same seed, same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.frames import DECISIONS, SNAPSHOT_FRAMES
from workbench.parameters import CriteriaBook, Programme, criteria
from workbench.simulation.drafts import Draft, measure
from workbench.simulation.levels import allowed_deviations, true_levels
from workbench.simulation.material import material_checks, reference_values
from workbench.simulation.mistakes import plant
from workbench.simulation.remarks import remarks
from workbench.simulation.standing import (
    Standing,
    closing_time,
    generator,
    laboratory_list,
    programme_place,
    round_place,
    sample_codes,
)
from workbench.simulation.stated_uncertainty import state_uncertainties
from workbench.simulation.systems import system_names
from workbench.simulation.written import (
    current,
    enrolment_table,
    laboratory_table,
    sample_table,
    submission_table,
    written_results,
)


@dataclass(frozen=True)
class SimulatedRound:
    """One programme-round as the store takes it.

    Attributes
    ----------
    closing_at : local time without offset.
    laboratories, enrolments, samples, material_checks, reference_values, decisions, system_names,
        results : frames of the vocabulary; `results` holds the current revision.
    submissions : lab_code, revision, received_on, tested_on, returned_at, comment; every revision.
    submitted : `results` of every revision.
    truth : what was planted: kind, lab_code, analyte, sample, detail.
    """

    round_code: str
    programme_no: str
    closing_at: datetime
    laboratories: pd.DataFrame
    enrolments: pd.DataFrame
    results: pd.DataFrame
    samples: pd.DataFrame
    material_checks: pd.DataFrame
    reference_values: pd.DataFrame
    decisions: pd.DataFrame
    system_names: pd.DataFrame
    submissions: pd.DataFrame
    submitted: pd.DataFrame
    truth: pd.DataFrame

    def frames(self) -> dict[str, pd.DataFrame]:
        """Name -> table of the snapshot frames a simulation can know; history comes from evaluations."""
        names = [frame.name for frame in SNAPSHOT_FRAMES if hasattr(self, frame.name)]
        return {name: getattr(self, name) for name in names}

    def loads(self) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Submissions and results of the first revision, then of the second: one load each."""
        for revision in sorted(self.submissions["revision"].unique()):
            head = self.submissions["revision"] == revision
            body = self.submitted["revision"] == revision
            yield self.submissions[head].reset_index(drop=True), self.submitted[body].reset_index(drop=True)


@dataclass(frozen=True)
class Province:
    """All laboratories and all rounds.

    Attributes
    ----------
    laboratories : lab_code, name_zh, name_en, region, hospital_level, canary.
    rounds : (round code, programme number) -> round, rounds in time order.
    """

    seed: int
    laboratories: pd.DataFrame
    rounds: Mapping[tuple[str, str], SimulatedRound]

    @property
    def truth(self) -> pd.DataFrame:
        """What was planted in all rounds, with round and programme_no in front."""
        tables = [
            item.truth.assign(round=item.round_code, programme_no=item.programme_no)
            for item in self.rounds.values()
        ]
        columns = ["round", "programme_no", "kind", "lab_code", "analyte", "sample", "detail"]
        return pd.concat(tables, ignore_index=True)[columns]


def simulate_province(
    programmes: Sequence[Programme],
    rounds: Sequence[str],
    seed: int,
    n_laboratories: int = 150,
    book: CriteriaBook | None = None,
) -> Province:
    """Simulate rounds of quantitative programmes, with planted mistakes and the truth about them.

    Parameters
    ----------
    programmes : programmes with at least one quantitative analyte.
    rounds : round codes such as "2025-3", in time order; some events are planted in the last only.
    seed : the same seed gives the same tables, byte for byte; a programme-round does not depend on
        which other programmes or rounds are simulated, but for being the last.
    n_laboratories : laboratories of the province.
    book : acceptance limits; the project's own by default.

    Raises
    ------
    ParameterError
        when a programme has no quantitative analyte or a round code is not of the form "2026-1".

    Notes
    -----
    Spread and biases are drawn as shares of the allowed deviation, so that about 95 % of analytes pass.
    """
    book = criteria() if book is None else book
    for code in rounds:
        round_place(code)
    master = laboratory_list(seed, n_laboratories)
    out: dict[tuple[str, str], SimulatedRound] = {}
    for programme in programmes:
        codes = [a.analyte for a in programme.analytes if a.is_quantitative]
        if not codes:
            raise ParameterError(f"Programme {programme.programme_no} has no quantitative analyte.")
        standing = Standing.of(programme, codes, seed, master)
        for code in rounds:
            draft = measured_draft(programme, code, standing, book, code == rounds[-1])
            closing_at = closing_time(code, programme.rounds_per_year)
            out[code, programme.programme_no] = _finish(draft, master, closing_at)
    ordered = sorted(out, key=lambda key: list(rounds).index(key[0]))
    return Province(seed, master, {key: out[key] for key in ordered})


def measured_draft(
    programme: Programme, round_code: str, standing: Standing, book: CriteriaBook, is_last: bool
) -> Draft:
    """Measure quantities and make mistakes: one programme-round before it is written down.

    Parameters
    ----------
    standing : laboratories and systems; its analytes are quantities.
    is_last : whether the events of the last round are planted as well.
    """
    place = programme_place(programme.programme_no)
    rng = generator(standing.seed, 2, *place, *round_place(round_code))
    samples = sample_codes(programme, round_code)
    levels = true_levels(programme, standing.codes, len(samples), rng)
    allowed = allowed_deviations(programme, standing.codes, levels, book)
    draft = Draft(
        programme=programme,
        round_code=round_code,
        is_last=is_last,
        lab_codes=standing.lab_codes,
        codes=standing.codes,
        samples=samples,
        equipment=standing.equipment,
        levels=levels,
        allowed=allowed,
        values=np.zeros((len(standing.lab_codes), *levels.shape)),
        enrolled=standing.enrolled,
        decimals=_decimals(programme, standing, allowed),
        group_bias=standing.group_bias.copy(),
        rng=rng,
    )
    measure(draft, standing.quality)
    plant(draft)
    state_uncertainties(draft, generator(standing.seed, 3, *place))
    return draft


def _decimals(programme: Programme, standing: Standing, allowed: np.ndarray) -> np.ndarray:
    """Digits each laboratory reports: the programme's, or by habit one fewer or more.

    One fewer only where the step stays well inside the allowed deviation.
    """
    usual = np.array([programme.analyte(code).decimals or 0 for code in standing.codes])
    digits = usual[None, :] + standing.digits[:, None]
    coarse = 10.0 ** (-digits) > 0.3 * allowed.min(axis=1)[None, :]
    return np.where(coarse | (digits < 0), usual[None, :], digits).astype(np.int64)


def _finish(draft: Draft, master: pd.DataFrame, closing_at: datetime) -> SimulatedRound:
    """Write everything down."""
    checks, references = material_checks(draft), reference_values(draft)
    submitted = written_results(draft)
    texts = remarks(list(master["canary"]), draft.rng)
    submissions = submission_table(draft, closing_at, texts)
    truth = pd.DataFrame(draft.truth, columns=["kind", "lab_code", "analyte", "sample", "detail"])
    return SimulatedRound(
        round_code=draft.round_code,
        programme_no=draft.programme.programme_no,
        closing_at=closing_at,
        laboratories=laboratory_table(draft, master, submissions),
        enrolments=enrolment_table(draft),
        results=current(submitted),
        samples=sample_table(draft),
        material_checks=checks,
        reference_values=references,
        decisions=DECISIONS.empty(),
        system_names=system_names(draft.equipment),
        submissions=submissions,
        submitted=submitted,
        truth=truth.astype("str"),
    )
