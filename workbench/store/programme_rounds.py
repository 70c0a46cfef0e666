"""Put a programme-round into the store: who takes part, in what, with which samples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from workbench.errors import DataError, Problem
from workbench.frames import (
    ENROLMENTS,
    EXPECTED_ANSWERS,
    MATERIAL_CHECKS,
    REFERENCE_VALUES,
    SAMPLES,
    SYSTEM_NAMES,
)
from workbench.store.aliases import draw_aliases
from workbench.store.connection import Store
from workbench.store.schema.programme_round import (
    ANALYTE_ITEM,
    ENROLMENT,
    EXPECTED_ANSWER,
    LABORATORY,
    MATERIAL_CHECK,
    PARTICIPATION,
    PROGRAMME_ROUND,
    REFERENCE_VALUE,
    SAMPLE,
    SAMPLE_MATERIAL,
    SYSTEM_ITEM,
)
from workbench.store.writing import numbers, upsert, write_frame

SYSTEM_KINDS = ("method", "instrument", "reagent", "calibrator")


@dataclass(frozen=True)
class ProgrammeRound:
    """What the organiser knows of a programme-round before any result comes in.

    Parameters
    ----------
    round, programme_no : which one.
    closing_at : last moment of a return in time; a date without a time means the end of that day.
    laboratories : lab_code, region, hospital_level; round_alias where aliases were drawn already.
    enrolments, samples, material_checks, reference_values, system_names, expected_answers : frames of the
        vocabulary.
    shipped_at : when the samples left; None leaves what is known.
    """

    round: str
    programme_no: str
    closing_at: datetime
    laboratories: pd.DataFrame
    enrolments: pd.DataFrame
    samples: pd.DataFrame
    material_checks: pd.DataFrame = field(default_factory=MATERIAL_CHECKS.empty)
    reference_values: pd.DataFrame = field(default_factory=REFERENCE_VALUES.empty)
    system_names: pd.DataFrame = field(default_factory=SYSTEM_NAMES.empty)
    shipped_at: datetime | None = None
    expected_answers: pd.DataFrame = field(default_factory=EXPECTED_ANSWERS.empty)


def save_programme_round(
    store: Store, programme_round: ProgrammeRound, generator: np.random.Generator | None = None
) -> int:
    """Save a programme-round, or bring it up to date: what is given replaces what was there.

    Aliases once given stay; results stay. A sample or laboratory that has results cannot be taken out.

    Parameters
    ----------
    store : the database.
    programme_round : what to save.
    generator : draws the aliases of laboratories that bring none.

    Returns
    -------
    The store's number of the programme-round.

    Raises
    ------
    DataError
        with every contradiction between the tables, or when aliases are needed without a generator.
    """
    checked = _checked(programme_round)
    try:
        number = _save(store, checked, generator)
    except IntegrityError as error:
        raise DataError(
            f"Programme {checked.programme_no}, round {checked.round}: a sample or laboratory that has "
            "results, or an alias in use, cannot be replaced; withdraw or excuse it by a decision."
        ) from error
    store.analyse([LABORATORY, PARTICIPATION, ENROLMENT, SAMPLE])
    return number


def _save(store: Store, checked: ProgrammeRound, generator: np.random.Generator | None) -> int:
    """Write everything in one transaction."""
    with store.writing() as connection:
        number = _save_round(connection, checked)
        _save_systems(connection, checked)
        save_participants(connection, number, checked.laboratories, generator)
        _save_analytes(connection, checked)
        _save_samples(connection, number, checked.samples)
        _save_material(connection, number, checked)
        _save_enrolments(connection, number, checked)
    return number


def programme_round_number(connection: Connection, round_code: str, programme_no: str) -> int:
    """The store's number of a programme-round.

    Raises
    ------
    DataError
        when it is not in the store.
    """
    table = PROGRAMME_ROUND.c
    found = connection.execute(
        select(table.programme_round_id).where(table.round == round_code, table.programme_no == programme_no)
    ).scalar()
    if found is None:
        raise DataError(f"Programme {programme_no}, round {round_code} is not in the store; save it first.")
    return int(found)


def stored_rounds(store: Store, programme_no: str) -> tuple[str, ...]:
    """Codes of the rounds of a programme that the store holds, by closing date."""
    table = PROGRAMME_ROUND.c
    wanted = select(table.round).where(table.programme_no == programme_no)
    with store.reading() as connection:
        return tuple(connection.execute(wanted.order_by(table.closing_at, table.round)).scalars())


def _checked(given: ProgrammeRound) -> ProgrammeRound:
    """The same with checked frames; all contradictions at once."""
    laboratories = given.laboratories.copy()
    for name in ("region", "hospital_level", "round_alias"):
        laboratories[name] = laboratories[name].fillna("").astype(str) if name in laboratories else ""
    out = ProgrammeRound(
        given.round,
        given.programme_no,
        end_of_day(given.closing_at),
        laboratories,
        ENROLMENTS.checked(given.enrolments),
        SAMPLES.checked(given.samples),
        MATERIAL_CHECKS.checked(given.material_checks),
        REFERENCE_VALUES.checked(given.reference_values),
        SYSTEM_NAMES.checked(given.system_names),
        given.shipped_at,
        EXPECTED_ANSWERS.checked(given.expected_answers),
    )
    if problems := [*_contradictions(out)]:
        raise DataError(f"Programme {out.programme_no}, round {out.round} contradicts itself.", problems)
    return out


def end_of_day(moment: datetime) -> datetime:
    """A date without a time as the last second of that day; other moments unchanged.

    Examples
    --------
    >>> end_of_day(datetime(2026, 4, 25)).isoformat(), end_of_day(datetime(2026, 4, 25, 17)).isoformat()
    ('2026-04-25T23:59:59', '2026-04-25T17:00:00')
    """
    plain = pd.Timestamp(moment).to_pydatetime().replace(microsecond=0)
    return datetime.combine(plain.date(), time(23, 59, 59)) if plain.time() == time() else plain


def _contradictions(given: ProgrammeRound) -> Iterable[Problem]:
    """What one table says and another does not know."""
    codes = given.laboratories["lab_code"]
    for code in codes[codes.duplicated()].unique():
        yield Problem(f"laboratory {code!r} appears twice")
    for code in sorted(set(given.enrolments["lab_code"]) - set(codes)):
        yield Problem(f"{code!r} is enrolled but is not among the laboratories")
    known = set(given.samples["sample"])
    for name, table in (
        ("checks", given.material_checks),
        ("reference values", given.reference_values),
        ("expected answers", given.expected_answers),
    ):
        for sample in sorted(set(table["sample"]) - known):
            yield Problem(f"the {name} name sample {sample!r}, which the round does not have")


def _save_round(connection: Connection, given: ProgrammeRound) -> int:
    row: dict[str, Any] = {
        "round": given.round,
        "programme_no": given.programme_no,
        "closing_at": given.closing_at,
    }
    if given.shipped_at is not None:
        row["shipped_at"] = given.shipped_at
    upsert(connection, PROGRAMME_ROUND, [row], ["round", "programme_no"])
    return programme_round_number(connection, given.round, given.programme_no)


def _save_systems(connection: Connection, given: ProgrammeRound) -> None:
    """Names that are given, and bare codes of systems that the enrolments use without a name."""
    used = {(kind, code) for kind in SYSTEM_KINDS for code in given.enrolments[kind].unique() if code}
    named = given.system_names.to_dict("records")
    upsert(connection, SYSTEM_ITEM, named, ["kind", "code"])
    known = numbers(connection, SYSTEM_ITEM, "system_id", "kind", "code")
    bare = [
        {"kind": kind, "code": code, "name_zh": "", "name_en": ""} for kind, code in sorted(used - set(known))
    ]
    upsert(connection, SYSTEM_ITEM, bare, ["kind", "code"])


def save_participants(
    connection: Connection, number: int, given: pd.DataFrame, generator: np.random.Generator | None
) -> None:
    """Laboratories and their part in this round; an alias once given is kept.

    Parameters
    ----------
    number : the store's number of the programme-round.
    given : lab_code, region, hospital_level, round_alias (empty: to be drawn).
    """
    rows = given[["lab_code", "region", "hospital_level"]].to_dict("records")
    upsert(connection, LABORATORY, rows, ["lab_code"])
    ids = numbers(connection, LABORATORY, "lab_id", "lab_code")
    code_of = {lab_id: code for code, lab_id in ids.items()}
    held = numbers(connection, PARTICIPATION, "lab_id", "round_alias", programme_round_id=number)
    aliases = dict(zip(given["lab_code"], given["round_alias"], strict=True))
    aliases.update({code_of[lab_id]: alias for alias, lab_id in held.items()})
    missing = [code for code in given["lab_code"] if not aliases[code]]
    if missing and generator is None:
        raise DataError(f"{len(missing)} laboratories have no alias; pass a random generator.")
    if missing and generator is not None:
        aliases.update(draw_aliases(missing, generator, taken=aliases.values()))
    participants = [
        {"programme_round_id": number, "lab_id": ids[code], "round_alias": aliases[code]}
        for code in given["lab_code"]
    ]
    upsert(connection, PARTICIPATION, participants, ["programme_round_id", "lab_id"])


def _save_analytes(connection: Connection, given: ProgrammeRound) -> None:
    """Analytes that any table of the round names."""
    tables = (given.enrolments, given.material_checks, given.reference_values, given.expected_answers)
    codes = sorted({str(code) for table in tables for code in table["analyte"].unique()})
    rows = [{"programme_no": given.programme_no, "analyte": code} for code in codes]
    upsert(connection, ANALYTE_ITEM, rows, ["programme_no", "analyte"])


def _save_samples(connection: Connection, number: int, samples: pd.DataFrame) -> None:
    """Lots and samples; a sample that is gone from the list is taken out if nothing hangs on it."""
    lots = samples[["material_lot", "matrix"]].drop_duplicates().to_dict("records")
    upsert(connection, SAMPLE_MATERIAL, lots, ["material_lot", "matrix"])
    lot_ids = numbers(connection, SAMPLE_MATERIAL, "material_id", "material_lot", "matrix")
    rows = [_sample_row(row, number, lot_ids) for row in samples.to_dict("records")]
    held = numbers(connection, SAMPLE, "sample_id", "sample", programme_round_id=number)
    ids = list(held.values())
    for table in (MATERIAL_CHECK, REFERENCE_VALUE, EXPECTED_ANSWER):
        connection.execute(delete(table).where(table.c.sample_id.in_(ids)))
    gone = [held[code] for code in held if code not in set(samples["sample"])]
    connection.execute(delete(SAMPLE).where(SAMPLE.c.sample_id.in_(gone)))
    upsert(connection, SAMPLE, rows, ["programme_round_id", "sample"])


def _sample_row(row: dict[Any, Any], number: int, lot_ids: dict[Any, int]) -> dict[str, Any]:
    return {
        "programme_round_id": number,
        "sample": row["sample"],
        "position": row["position"],
        "material_id": lot_ids[(row["material_lot"], row["matrix"])],
        "withdrawn": row["withdrawn"],
        "reason": row["reason"],
    }


def _save_material(connection: Connection, number: int, given: ProgrammeRound) -> None:
    """Checks of the material, and values and answers that do not come from participants."""
    samples = numbers(connection, SAMPLE, "sample_id", "sample", programme_round_id=number)
    items = numbers(connection, ANALYTE_ITEM, "item_id", "analyte", programme_no=given.programme_no)
    renamed = {"check": "check_kind", "limit": "limit_value"}
    for table, frame in (
        (MATERIAL_CHECK, given.material_checks.rename(columns=renamed)),
        (REFERENCE_VALUE, given.reference_values),
        (EXPECTED_ANSWER, given.expected_answers),
    ):
        keyed = frame.assign(sample_id=frame["sample"].map(samples), item_id=frame["analyte"].map(items))
        write_frame(connection, table, keyed)


def _save_enrolments(connection: Connection, number: int, given: ProgrammeRound) -> None:
    """The enrolment of the round, written anew."""
    labs = numbers(connection, LABORATORY, "lab_id", "lab_code")
    parts = numbers(connection, PARTICIPATION, "participation_id", "lab_id", programme_round_id=number)
    items = numbers(connection, ANALYTE_ITEM, "item_id", "analyte", programme_no=given.programme_no)
    systems = numbers(connection, SYSTEM_ITEM, "system_id", "kind", "code")
    part_ids = list(parts.values())
    connection.execute(delete(ENROLMENT).where(ENROLMENT.c.participation_id.in_(part_ids)))
    frame = given.enrolments
    keyed = frame.assign(
        participation_id=[parts[labs[code]] for code in frame["lab_code"]],
        item_id=frame["analyte"].map(items),
        **{
            f"{kind}_id": pd.Series([systems.get((kind, code)) for code in frame[kind]], dtype="object")
            for kind in SYSTEM_KINDS
        },
    )
    write_frame(connection, ENROLMENT, keyed)
    gone = set(parts) - {labs[code] for code in given.laboratories["lab_code"]}
    connection.execute(
        delete(PARTICIPATION).where(
            PARTICIPATION.c.programme_round_id == number, PARTICIPATION.c.lab_id.in_(gone)
        )
    )
