"""What a simulated province is before any round: its laboratories, who takes part, when rounds close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from workbench.errors import ParameterError
from workbench.parameters import Programme
from workbench.simulation.drafts import group_biases, quality
from workbench.simulation.remarks import canary
from workbench.simulation.system_choices import family
from workbench.simulation.systems import Equipment, equip

SAMPLES_A_ROUND = 5
"""Samples of a programme whose number the organiser has not decided; a survey has one form a round."""

SURVEYS = ("indicator_form", "iqc_comparison")
"""Result types whose one "sample" is the period asked for."""

CLOSING = {1: (4, 24), 2: (7, 24), 3: (11, 6)}
"""Month and day a round closes, at 17:00; a fourth or later round closes on 18 December."""

MONTHLY_DAY = 24
"""Day on which the rounds of a programme of more than three a year close, spread over its months."""

LEVELS = (("tertiary", 0.24), ("secondary", 0.46), ("primary", 0.22), ("other", 0.08))
REGIONS = tuple(f"R{n:02d}" for n in range(1, 12))
ENROLLED = {"1.1": 0.95, "1.4": 0.66, "1.6": 0.78, "2.1": 0.98}
RARE = {"GA": 0.35, "TIBC": 0.45, "LPS": 0.5, "TBA": 0.7, "HBDH": 0.6, "CHE": 0.65, "Fe": 0.62, "Lp(a)": 0.7}
"""Share of laboratories enrolled in a programme, and of those in an analyte that not all offer."""


def generator(seed: int, *parts: int) -> np.random.Generator:
    """A generator that depends on seed and place only."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=parts)))


def programme_place(programme_no: str) -> tuple[int, int]:
    """Category and number of a programme, as a place of `generator`.

    Examples
    --------
    >>> programme_place("2.14")
    (2, 14)
    """
    category, _, number = programme_no.partition(".")
    return int(category), int(number)


def round_place(round_code: str) -> tuple[int, int]:
    """Year and number of a round.

    Raises
    ------
    ParameterError
        when the round code is not of the form "2026-1".

    Examples
    --------
    >>> round_place("2026-1")
    (2026, 1)
    """
    year, _, number = round_code.partition("-")
    if not (year.isdecimal() and number.isdecimal()):
        raise ParameterError(f"Round code {round_code!r} is not of the form '2026-1'.")
    return int(year), int(number)


def closing_time(round_code: str, rounds_a_year: int = 3) -> datetime:
    """When a simulated round closes.

    Parameters
    ----------
    rounds_a_year : up to three rounds have dates of their own; more are spread over the months.

    Examples
    --------
    >>> closing_time("2026-1").isoformat(), closing_time("2026-5", 12).isoformat()
    ('2026-04-24T17:00:00', '2026-05-24T17:00:00')
    """
    year, number = round_place(round_code)
    month, day = CLOSING.get(number, (12, 18))
    if rounds_a_year > len(CLOSING) and number <= rounds_a_year <= 12:
        month, day = 12 * number // rounds_a_year, MONTHLY_DAY
    return datetime(year, month, day, 17)


def rounds_of_year(programme: Programme, year: int) -> tuple[str, ...]:
    """Codes of all rounds of a programme in a year, as many as the catalogue says.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> rounds_of_year(catalogue()["5.1"], 2026)
    ('2026-1', '2026-2')
    """
    return tuple(f"{year}-{number}" for number in range(1, programme.rounds_per_year + 1))


def sample_codes(programme: Programme, round_code: str) -> list[str]:
    """Codes of the samples of one round: as many as the catalogue says.

    Examples
    --------
    >>> from workbench.parameters import catalogue
    >>> [sample_codes(catalogue()[number], "2026-1") for number in ("8.1", "10.1")]
    [['202611', '202612'], ['202611']]
    """
    year, number = round_place(round_code)
    survey = all(analyte.result_type in SURVEYS for analyte in programme.analytes)
    count = programme.samples_per_round or (1 if survey else SAMPLES_A_ROUND)
    return [f"{year}{number}{n:0{len(str(count))}d}" for n in range(1, count + 1)]


def laboratory_list(seed: int, count: int) -> pd.DataFrame:
    """The laboratories; the first ones are the same however many there are.

    Returns
    -------
    lab_code, name_zh, name_en, region, hospital_level, canary.
    """
    rows = []
    for number in range(1, count + 1):
        rng = generator(seed, 0, number)
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
class Standing:
    """What stays the same in every round of a programme.

    Attributes
    ----------
    codes : analytes. enrolled, digits : shape (laboratories, analytes) and (laboratories,).
    quality : shape (laboratories,), how much worse than usual each measures.
    group_bias : shape (instrument-reagent pairs, analytes), as a share of the limit.
    """

    seed: int
    codes: list[str]
    lab_codes: list[str]
    equipment: Equipment
    enrolled: np.ndarray
    digits: np.ndarray
    quality: np.ndarray
    group_bias: np.ndarray

    @classmethod
    def of(cls, programme: Programme, codes: list[str], seed: int, master: pd.DataFrame) -> Standing:
        """Draw who takes part in a programme, and with what."""
        rng = generator(seed, 1, *programme_place(programme.programme_no))
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

    def part(self, codes: list[str]) -> Standing:
        """The same for some of the analytes."""
        rows = [self.codes.index(code) for code in codes]
        return Standing(
            self.seed,
            codes,
            self.lab_codes,
            self.equipment.part(codes),
            self.enrolled[:, rows],
            self.digits,
            self.quality,
            self.group_bias[:, rows],
        )
