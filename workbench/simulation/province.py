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
from workbench.simulation.drafts import Draft, group_biases, measure, quality
from workbench.simulation.levels import allowed_deviations, true_levels
from workbench.simulation.material import material_checks, reference_values
from workbench.simulation.mistakes import plant
from workbench.simulation.remarks import canary, remarks
from workbench.simulation.stated_uncertainty import state_uncertainties
from workbench.simulation.system_choices import family
from workbench.simulation.systems import Equipment, equip, system_names
from workbench.simulation.written import (
    current,
    enrolment_table,
    laboratory_table,
    sample_table,
    submission_table,
    written_results,
)

SAMPLES_A_ROUND = 5
CLOSING = {1: (4, 24), 2: (7, 24), 3: (11, 6)}
"""Month and day a round closes, at 17:00; a fourth or later round closes on 18 December."""

LEVELS = (("tertiary", 0.24), ("secondary", 0.46), ("primary", 0.22), ("other", 0.08))
REGIONS = tuple(f"R{n:02d}" for n in range(1, 12))
ENROLLED = {"1.1": 0.95, "1.4": 0.66, "1.6": 0.78, "2.1": 0.98}
RARE = {"GA": 0.35, "TIBC": 0.45, "LPS": 0.5, "TBA": 0.7, "HBDH": 0.6, "CHE": 0.65, "Fe": 0.62, "Lp(a)": 0.7}
"""Share of laboratories enrolled in a programme, and of those in an analyte that not all offer."""


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
    closings = {code: closing_time(code) for code in rounds}
    master = _laboratories(seed, n_laboratories)
    out: dict[tuple[str, str], SimulatedRound] = {}
    for programme in programmes:
        codes = [a.analyte for a in programme.analytes if a.is_quantitative]
        if not codes:
            raise ParameterError(f"Programme {programme.programme_no} has no quantitative analyte.")
        standing = _Standing.of(programme, codes, seed, master)
        for code in rounds:
            draft = _draft(programme, code, standing, book, code == rounds[-1])
            out[code, programme.programme_no] = _finish(draft, master, closings[code])
    ordered = sorted(out, key=lambda key: list(rounds).index(key[0]))
    return Province(seed, master, {key: out[key] for key in ordered})


def closing_time(round_code: str) -> datetime:
    """When a simulated round closes.

    Examples
    --------
    >>> closing_time("2026-1").isoformat()
    '2026-04-24T17:00:00'
    """
    year, _, number = round_code.partition("-")
    if not (year.isdecimal() and number.isdecimal()):
        raise ParameterError(f"Round code {round_code!r} is not of the form '2026-1'.")
    month, day = CLOSING.get(int(number), (12, 18))
    return datetime(int(year), month, day, 17)


def _generator(seed: int, *parts: int) -> np.random.Generator:
    """A generator that depends on seed and place only."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=parts)))


def _place(programme_no: str) -> tuple[int, int]:
    category, _, number = programme_no.partition(".")
    return int(category), int(number)


def _laboratories(seed: int, count: int) -> pd.DataFrame:
    """The master list; its first laboratories are the same however many there are."""
    rows = []
    for number in range(1, count + 1):
        rng = _generator(seed, 0, number)
        level = rng.choice([name for name, _ in LEVELS], p=[share for _, share in LEVELS])
        rows.append(
            (
                f"L{number:04d}",
                f"模拟实验室{number:03d}",
                f"Simulated laboratory {number:03d}",
                str(rng.choice(REGIONS)),
                str(level),
                canary(rng),
            )
        )
    columns = ["lab_code", "name_zh", "name_en", "region", "hospital_level", "canary"]
    return pd.DataFrame(rows, columns=columns).astype("str")


@dataclass(frozen=True)
class _Standing:
    """What stays the same in every round of a programme."""

    seed: int
    codes: list[str]
    lab_codes: list[str]
    equipment: Equipment
    enrolled: np.ndarray
    digits: np.ndarray
    quality: np.ndarray
    group_bias: np.ndarray

    @classmethod
    def of(cls, programme: Programme, codes: list[str], seed: int, master: pd.DataFrame) -> _Standing:
        rng = _generator(seed, 1, *_place(programme.programme_no))
        labs = list(master["lab_code"])
        systems = family(programme.programme_no)
        equipment = equip(systems, codes, len(labs), rng)
        takes_part = rng.random(len(labs)) < ENROLLED.get(programme.programme_no, 0.8)
        takes_part[equipment.small_group] = True
        offered = np.array([RARE.get(code, 0.97) for code in codes])
        offered[0] = 1.0
        enrolled = takes_part[:, None] & (rng.random((len(labs), len(codes))) < offered)
        pairs = len(systems.instruments) * len(systems.reagents)
        bias = group_biases(pairs, len(codes), rng)
        habit = rng.choice((-1, 0, 1), len(labs), p=(0.06, 0.9, 0.04))
        return cls(seed, codes, labs, equipment, enrolled, habit, quality(len(labs), rng), bias)


def _draft(
    programme: Programme, round_code: str, standing: _Standing, book: CriteriaBook, is_last: bool
) -> Draft:
    """Measure and make mistakes."""
    year, number = (int(part) for part in round_code.split("-"))
    rng = _generator(standing.seed, 2, *_place(programme.programme_no), year, number)
    levels = true_levels(programme, standing.codes, SAMPLES_A_ROUND, rng)
    allowed = allowed_deviations(programme, standing.codes, levels, book)
    draft = Draft(
        programme=programme,
        round_code=round_code,
        is_last=is_last,
        lab_codes=standing.lab_codes,
        codes=standing.codes,
        samples=[f"{year}{number}{n}" for n in range(1, SAMPLES_A_ROUND + 1)],
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
    state_uncertainties(draft, _generator(standing.seed, 3, *_place(programme.programme_no)))
    return draft


def _decimals(programme: Programme, standing: _Standing, allowed: np.ndarray) -> np.ndarray:
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
