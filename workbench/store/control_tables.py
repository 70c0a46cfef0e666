"""Control points out: as the table of numbers that rules, comparison and watch are made from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, func, select

from workbench.frames.control import CONTROL_SERIES
from workbench.iqc.control_table import CHART_KEYS, RUNS_A_DAY, ControlTable
from workbench.store.connection import Store
from workbench.store.control_master import control_series
from workbench.store.reading import Reading, read_frame, reading
from workbench.store.schema import control as tables

POINT_COLUMNS = ("point_id", "series_id", "lot_id", "run", "replicate", "value")


def read_control_table(
    store: Store,
    *,
    days: tuple[int, int] | None = None,
    analytes: Sequence[str] = (),
    lab_code: str = "",
) -> ControlTable:
    """Points in use of the laboratories.

    Parameters
    ----------
    days : first and last day since 1970-01-01, inclusive; None: all. analytes : those wanted; empty: all.
    lab_code : one laboratory only; empty: all.

    Notes
    -----
    Excluded points are in the table and do not count. Numbers of points are those of the store.
    """
    series = control_series(store)
    kept = np.ones(len(series), dtype=bool)
    if len(analytes):
        kept &= series["analyte"].isin(list(analytes)).to_numpy()
    if lab_code:
        kept &= (series["lab_code"] == lab_code).to_numpy()
    chosen = series[kept]
    own = tables.CONTROL_POINT.c
    where: list[ColumnElement[bool]] = [own.in_use]
    if days is not None:
        where.append(own.run.between(days[0] * RUNS_A_DAY, (days[1] + 1) * RUNS_A_DAY - 1))
    if len(chosen) < len(series):
        where.append(own.series_id.in_(chosen["series_id"].tolist()))
    with reading(store) as source:
        return control_table_of(source, chosen, where)


def control_state(store: Store) -> tuple[object, ...]:
    """A short mark of what the store holds of controls: another mark whenever points, targets or exclusions change."""
    point, target = tables.CONTROL_POINT.c, tables.CONTROL_TARGET.c
    with store.reading() as connection:
        return (
            connection.execute(select(func.max(point.point_id))).scalar(),
            connection.execute(select(func.count()).select_from(tables.CONTROL_EXCLUSION)).scalar(),
            tuple(connection.execute(select(func.count(), func.sum(target.mean), func.sum(target.sd))).one()),
        )


def control_table_of(
    source: Reading, series: pd.DataFrame, where: Sequence[ColumnElement[bool]]
) -> ControlTable:
    """The table of some points.

    Parameters
    ----------
    series : with series_id. where : conditions on CONTROL_POINT.
    """
    points = read_frame(source, _points(where))
    lots = read_frame(source, select(tables.CONTROL_LOT.c.lot_id, tables.CONTROL_LOT.c.qc_lot))
    excluded = read_frame(source, select(tables.CONTROL_EXCLUSION.c.point_id))["point_id"].to_numpy()
    return assembled(points, series, lots, excluded)


def _points(where: Sequence[ColumnElement[bool]]) -> Select[tuple[int, ...]]:
    own = tables.CONTROL_POINT.c
    return select(*(own[name] for name in POINT_COLUMNS)).where(and_(*where))


def assembled(
    points: pd.DataFrame, series: pd.DataFrame, lots: pd.DataFrame, excluded: np.ndarray
) -> ControlTable:
    """A table from rows of the store, sorted as it must be."""
    ordered = series.sort_values([*CHART_KEYS, "level"], ignore_index=True)
    code = _place_of(points["series_id"].to_numpy(), ordered["series_id"].to_numpy())
    names = lots.sort_values("qc_lot", ignore_index=True)
    lot = _place_of(points["lot_id"].to_numpy(), names["lot_id"].to_numpy())
    run = points["run"].to_numpy(np.int64)
    order = np.lexsort((points["replicate"].to_numpy(), run, code))
    number = points["point_id"].to_numpy(np.int64)[order]
    return ControlTable(
        CONTROL_SERIES.checked(ordered),
        tuple(names["qc_lot"]),
        code[order].astype(np.int32),
        lot[order].astype(np.int32),
        run[order],
        points["value"].to_numpy(np.float64)[order],
        ~np.isin(number, excluded),
        number,
    )


def _place_of(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Place of each key among known ones, by a table of numbers."""
    place = np.full(int(known.max(initial=0)) + 1, -1, dtype=np.int64)
    place[known] = np.arange(len(known))
    return place[keys.astype(np.int64)]
