"""Master data of internal quality control: laboratories, systems and lots come before any value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection, select

from workbench.errors import DataError, Problem
from workbench.frames.control import CONTROL_SERIES, CONTROL_TARGETS
from workbench.store.connection import Store
from workbench.store.reading import read_frame, reading
from workbench.store.schema import control as tables
from workbench.store.schema.programme_round import LABORATORY, SYSTEM_ITEM
from workbench.store.writing import numbers, upsert, write_frame

SERIES_KEY = CONTROL_SERIES.key
KINDS = ("instrument", "reagent", "calibrator")


@dataclass(frozen=True)
class ControlMaster:
    """What is registered.

    Parameters
    ----------
    laboratories, instruments, reagents, calibrators, lots : codes.
    systems : (laboratory, analyte, instrument or "") -> registered (instrument, reagent, sub_type, calibrator).
    """

    laboratories: frozenset[str]
    instruments: frozenset[str]
    reagents: frozenset[str]
    calibrators: frozenset[str]
    lots: frozenset[str]
    systems: Mapping[tuple[str, str, str], frozenset[tuple[str, str, str, str]]]


def save_control_master(
    store: Store,
    laboratories: pd.DataFrame | None = None,
    systems: pd.DataFrame | None = None,
    lots: pd.DataFrame | None = None,
) -> None:
    """Register laboratories, systems and lots, or bring what is registered up to date.

    Parameters
    ----------
    laboratories : lab_code, region, hospital_level. systems : kind (instrument, reagent, calibrator), code, name_zh,
        name_en. lots : qc_lot, material, optional expires_on.
    """
    with store.writing() as connection:
        for table, frame, keys in (
            (LABORATORY, laboratories, ("lab_code",)),
            (SYSTEM_ITEM, systems, ("kind", "code")),
            (tables.CONTROL_LOT, lots, ("qc_lot",)),
        ):
            if frame is not None and len(frame):
                names = [c.name for c in table.columns if c.name in frame]
                upsert(connection, table, frame[names].to_dict("records"), keys)


def register_series(store: Store, series: pd.DataFrame) -> None:
    """Register which laboratory measures what with which system; rows that are there stay.

    Parameters
    ----------
    series : columns of CONTROL_SERIES without region and hospital level.

    Raises
    ------
    DataError
        naming every laboratory that is not registered.
    """
    with store.writing() as connection:
        series_numbers(connection, series)


def series_numbers(connection: Connection, rows: pd.DataFrame) -> pd.Series:
    """Number of the series of each row; new ones are made.

    Parameters
    ----------
    rows : with the columns of the series' key.
    """
    labs = numbers(connection, LABORATORY, "lab_id", "lab_code")
    keys = rows[list(SERIES_KEY)].astype(str)
    wanted = keys.drop_duplicates()
    unknown = sorted(set(wanted["lab_code"]) - set(labs))
    if unknown:
        problems = [Problem(f"laboratory {code!r} is not registered", column="lab_code") for code in unknown]
        raise DataError("Control series of unknown laboratories.", problems)
    known = _known_series(connection)
    place = wanted.assign(lab_id=wanted["lab_code"].map(labs))
    columns = ["lab_id", *SERIES_KEY[1:]]
    new = [row for row in place[columns].itertuples(index=False, name=None) if row not in known]
    if new:
        frame = pd.DataFrame(new, columns=columns).sort_values(columns)
        write_frame(connection, tables.CONTROL_SERIES, frame)
        known = _known_series(connection)
    of = {
        key: known[row]
        for key, row in zip(
            wanted.itertuples(index=False, name=None),
            place[columns].itertuples(index=False, name=None),
            strict=True,
        )
    }
    numbered = wanted.assign(series_id=[of[key] for key in wanted.itertuples(index=False, name=None)])
    found = keys.merge(numbered, on=list(SERIES_KEY), how="left")["series_id"]
    return found.set_axis(rows.index)


def _known_series(connection: Connection) -> dict[tuple[object, ...], int]:
    """Key with the laboratory's number -> number of the series."""
    columns = [tables.CONTROL_SERIES.c[name] for name in ("lab_id", *SERIES_KEY[1:])]
    rows = connection.execute(select(tables.CONTROL_SERIES.c.series_id, *columns))
    return {tuple(row[1:]): int(row[0]) for row in rows}


def control_series(store: Store) -> pd.DataFrame:
    """CONTROL_SERIES with series_id, sorted by key."""
    own = tables.CONTROL_SERIES.c
    statement = select(
        own.series_id,
        LABORATORY.c.lab_code,
        LABORATORY.c.region,
        LABORATORY.c.hospital_level,
        *(own[name] for name in SERIES_KEY[1:]),
    ).join_from(tables.CONTROL_SERIES, LABORATORY)
    with reading(store, arrow=False) as source:
        return read_frame(source, statement).sort_values(list(SERIES_KEY), ignore_index=True)


def control_master(store: Store) -> ControlMaster:
    """Everything that is registered."""
    with store.reading() as connection:
        labs = connection.execute(select(LABORATORY.c.lab_code)).scalars().all()
        systems = connection.execute(select(SYSTEM_ITEM.c.kind, SYSTEM_ITEM.c.code)).all()
        lots = connection.execute(select(tables.CONTROL_LOT.c.qc_lot)).scalars().all()
    of = {kind: frozenset(str(row[1]) for row in systems if row[0] == kind) for kind in KINDS}
    found: dict[tuple[str, str, str], set[tuple[str, str, str, str]]] = {}
    for row in control_series(store).itertuples():
        system = (row.instrument, row.reagent, row.sub_type, row.calibrator)
        for instrument in ("", row.instrument):
            found.setdefault((row.lab_code, row.analyte, instrument), set()).add(system)
    return ControlMaster(
        frozenset(map(str, labs)),
        of["instrument"],
        of["reagent"],
        of["calibrator"],
        frozenset(map(str, lots)),
        {key: frozenset(value) for key, value in found.items()},
    )


def save_control_targets(store: Store, targets: pd.DataFrame) -> None:
    """Set targets of lots; one that is there is replaced.

    Parameters
    ----------
    targets : CONTROL_TARGETS.

    Raises
    ------
    DataError
        naming every lot that is not registered and every SD that is not above zero.
    """
    rows = CONTROL_TARGETS.checked(targets)
    with store.writing() as connection:
        lots = numbers(connection, tables.CONTROL_LOT, "lot_id", "qc_lot")
        problems = [
            Problem(f"control lot {x!r} is not registered") for x in sorted(set(rows["qc_lot"]) - set(lots))
        ]
        problems += [
            Problem(f"the SD {r.sd} of {r.analyte} level {r.level} lot {r.qc_lot} is not above zero")
            for r in rows[~(rows["sd"] > 0)].itertuples()
        ]
        if problems:
            raise DataError("Targets refused.", problems)
        keyed = rows.assign(lot_id=rows["qc_lot"].map(lots)).drop(columns="qc_lot")
        key = ("lab_code", "analyte", "level", "lot_id", "instrument")
        upsert(connection, tables.CONTROL_TARGET, keyed.to_dict("records"), key)


def control_targets(store: Store) -> pd.DataFrame:
    """CONTROL_TARGETS, every target."""
    own = tables.CONTROL_TARGET.c
    names = ("lab_code", "analyte", "level", "instrument", "mean", "sd", "target_source")
    statement = select(*(own[n] for n in names), tables.CONTROL_LOT.c.qc_lot).join_from(
        tables.CONTROL_TARGET, tables.CONTROL_LOT
    )
    with reading(store, arrow=False) as source:
        return CONTROL_TARGETS.checked(read_frame(source, statement))
