"""Laboratories enrolled for the year -> participants of a programme-round, so that who returns nothing is counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection, select

from workbench.store.connection import Store
from workbench.store.parcels import participation_numbers
from workbench.store.programme_rounds import programme_round_number, save_participants
from workbench.store.queries import query
from workbench.store.reading import read_frame
from workbench.store.schema.programme_round import ANALYTE_ITEM, ENROLMENT, LABORATORY, PARTICIPATION
from workbench.store.writing import numbers, upsert, write_frame
from workbench.store.year_enrolments import ENROLLED

Pair = tuple[str, str]
"""Laboratory and device."""


def add_enrolled(
    store: Store,
    round_code: str,
    programme_no: str,
    analytes: Sequence[str],
    generator: np.random.Generator,
    designated_only: bool = False,
) -> int:
    """Enter as participants those who are enrolled for the year of a round and are none yet.

    Parameters
    ----------
    analytes : what each new participant is enrolled in; its systems become known with its return.
    generator : draws the aliases.
    designated_only : leave out who is not designated.

    Returns
    -------
    Number of laboratory x device pairs entered.

    Notes
    -----
    Who takes part already keeps analytes and systems. A laboratory enrolled without a device is there when it takes
    part with any; one enrolled with a device needs that one.
    """
    with store.writing() as connection:
        number = programme_round_number(connection, round_code, programme_no)
        statement = query("year_enrolments", connection.dialect.name)
        year = read_frame(connection, statement, {"year": int(round_code[:4])})
        missing = _missing(
            year[year["programme_no"] == programme_no], _present(connection, number), designated_only
        )
        if not missing:
            return 0
        known = read_frame(
            connection, select(LABORATORY.c.lab_code, LABORATORY.c.region, LABORATORY.c.hospital_level)
        )
        new = known[known["lab_code"].isin({lab for lab, _ in missing})]
        save_participants(connection, number, new.assign(round_alias=""), generator)
        rows = [{"programme_no": programme_no, "analyte": analyte} for analyte in analytes]
        upsert(connection, ANALYTE_ITEM, rows, ["programme_no", "analyte"])
        items = numbers(connection, ANALYTE_ITEM, "item_id", "analyte", programme_no=programme_no)
        parts = participation_numbers(connection, number)
        asked = [(parts[lab], device, items[code]) for lab, device in missing for code in analytes]
        frame = pd.DataFrame(asked, columns=["participation_id", "device_id", "item_id"])
        write_frame(connection, ENROLMENT, frame, enrolment_state=ENROLLED, reason="")
    store.analyse([PARTICIPATION, ENROLMENT])
    return len(missing)


def _present(connection: Connection, number: int) -> set[Pair]:
    """Pairs that take part."""
    statement = (
        select(LABORATORY.c.lab_code, ENROLMENT.c.device_id)
        .select_from(PARTICIPATION.join(LABORATORY).join(ENROLMENT))
        .where(PARTICIPATION.c.programme_round_id == number)
        .distinct()
    )
    return {(str(lab), str(device)) for lab, device in connection.execute(statement)}


def _missing(year: pd.DataFrame, present: set[Pair], designated_only: bool) -> list[Pair]:
    """Pairs enrolled for the year that do not take part, in code order."""
    wanted = year[(year["year_state"] == ENROLLED) & (year["designated"] | (not designated_only))]
    labs = {lab for lab, _ in present}
    pairs = wanted[["lab_code", "device_id"]].itertuples(index=False, name=None)
    return sorted(
        (lab, device) for lab, device in pairs if (lab, device) not in present and (device or lab not in labs)
    )
