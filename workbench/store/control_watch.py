"""What a watch reads and writes: new points, tails of charts, windows of groups, alerts and the place it has reached."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, bindparam, func, select

from workbench.iqc.control_table import RUNS_A_DAY
from workbench.iqc.moments import Moments
from workbench.iqc.watched_chart import ChartPoint
from workbench.store.connection import Store
from workbench.store.reading import read_frame, reading
from workbench.store.schema import control as tables
from workbench.store.schema.programme_round import LABORATORY
from workbench.store.writing import numbers, upsert

_POINT = tables.CONTROL_POINT.c
_COLUMNS = (_POINT.point_id, _POINT.series_id, _POINT.lot_id, _POINT.run, _POINT.replicate, _POINT.value)
_NEW = (
    select(*_COLUMNS, _POINT.second, _POINT.in_use)
    .where(_POINT.point_id > bindparam("after"))
    .order_by(_POINT.point_id)
    .limit(bindparam("most"))
)
_TAIL = (
    select(*_COLUMNS)
    .where(_POINT.series_id == bindparam("series"), _POINT.run <= bindparam("last"), _POINT.in_use)
    .order_by(_POINT.run.desc())
    .limit(bindparam("most"))
)
_WINDOW = (
    select(
        _POINT.series_id,
        func.count(_POINT.value),
        func.sum(_POINT.value - bindparam("base")),
        func.sum((_POINT.value - bindparam("base")) * (_POINT.value - bindparam("base"))),
        func.count(func.distinct(_POINT.run / RUNS_A_DAY)),
    )
    .where(
        _POINT.series_id.in_(bindparam("series", expanding=True)),
        _POINT.run.between(bindparam("first"), bindparam("last")),
        _POINT.lot_id == bindparam("lot"),
        _POINT.point_id <= bindparam("upto"),
        _POINT.in_use,
        _POINT.point_id.not_in(select(tables.CONTROL_EXCLUSION.c.point_id)),
    )
    .group_by(_POINT.series_id)
)
_TARGETS = select(
    tables.CONTROL_TARGET.c.lab_code,
    tables.CONTROL_TARGET.c.level,
    tables.CONTROL_TARGET.c.lot_id,
    tables.CONTROL_TARGET.c.instrument,
    tables.CONTROL_TARGET.c.mean,
    tables.CONTROL_TARGET.c.sd,
).where(
    tables.CONTROL_TARGET.c.lab_code.in_(("", bindparam("lab"))),
    tables.CONTROL_TARGET.c.analyte == bindparam("analyte"),
)
_TOLD = select(
    tables.CONTROL_ALERT.c.series_id,
    tables.CONTROL_ALERT.c.cause,
    tables.CONTROL_ALERT.c.point_id,
    tables.CONTROL_ALERT.c.moment,
).where(
    tables.CONTROL_ALERT.c.series_id.in_(bindparam("series", expanding=True)),
    tables.CONTROL_ALERT.c.moment >= bindparam("since"),
)
_NEW_ALERT = tables.CONTROL_ALERT.insert()
WHOLE_HISTORY = 1 << 30

Session = Connection
"""What the functions below read and write through: a transaction of `Store.reading` or `Store.writing`."""


@dataclass(frozen=True)
class NewPoint:
    """A point that has not been judged; moment in seconds since 1970-01-01."""

    point: ChartPoint
    moment: int
    in_use: bool


@dataclass(frozen=True)
class Alert:
    """One cause at one point.

    Parameters
    ----------
    cause : line of the rule set, or ``sdi``. action : reject, warning or compare. size : z or SDI.
    peer_group_level, peer_group : of an SDI, else empty. moment : seconds since 1970-01-01 of the point.
    size_limit, limit_reason : of an SDI, the limit it is beyond and why that one holds (JSON object).
    """

    series_id: int
    point_id: int
    cause: str
    action: str
    size: float
    moment: int
    peer_group_level: str = ""
    peer_group: str = ""
    size_limit: float | None = None
    limit_reason: str = ""


def reached(connection: Connection, watch: str) -> int:
    """The last point a watch has judged; 0 before the first."""
    own = tables.CONTROL_WATCH.c
    return int(connection.execute(select(own.last_point_id).where(own.watch == watch)).scalar() or 0)


def new_points(connection: Connection, after: int, most: int) -> list[NewPoint]:
    """Points that came after a point, in order of arrival."""
    rows = connection.execute(_NEW, {"after": after, "most": most}).all()
    return [NewPoint(_point(row), row[3] // RUNS_A_DAY * 86_400 + row[6], bool(row[7])) for row in rows]


def _point(row: Sequence[Any]) -> ChartPoint:
    return ChartPoint(row[0], row[1], row[2], row[3], row[4], math.nan if row[5] is None else row[5])


def chart_points(connection: Connection, series: Iterable[int], last: int, most: int) -> list[ChartPoint]:
    """The newest points of each series up to a run.

    Parameters
    ----------
    most : of each series; 0: all.
    """
    found: list[ChartPoint] = []
    for number in series:
        params = {"series": number, "last": last, "most": most or WHOLE_HISTORY}
        found += [_point(row) for row in connection.execute(_TAIL, params)]
    return found


def window_moments(
    connection: Connection, series: Sequence[int], at: ChartPoint, window_days: int
) -> tuple[Moments, np.ndarray]:
    """Moments of each series on the lot of a point in the days up to it, and on how many days it has points.

    Parameters
    ----------
    at : the point; nothing that came after it is looked at. window_days : days, that of the point included.

    Notes
    -----
    Order of `series`; a series without a point has n = 0. Excluded points are left out.
    """
    day, base = at.run // RUNS_A_DAY, at.value
    params = {
        "series": list(series),
        "lot": at.lot_id,
        "upto": at.point_id,
        "first": (day - window_days + 1) * RUNS_A_DAY,
        "last": (day + 1) * RUNS_A_DAY - 1,
        "base": base,
    }
    rows = {int(row[0]): row for row in connection.execute(_WINDOW, params)}
    nothing = (0, 0, 0.0, 0.0, 0)
    table = np.array([[float(x or 0) for x in rows.get(s, nothing)[1:]] for s in series]).reshape(-1, 4)
    n, total, squares, on_days = table.T
    with np.errstate(invalid="ignore"):
        mean = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    return (
        Moments(
            n.astype(np.intp),
            mean + base,
            np.where(n > 0, np.maximum(squares - n * np.nan_to_num(mean) ** 2, 0), 0.0),
        ),
        on_days,
    )


def chart_targets(
    connection: Connection, lab_code: str, analyte: str, levels: Mapping[int, str], instrument: str
) -> dict[tuple[int, int], tuple[float, float]]:
    """(Series, lot) -> mean and SD in force, the most specific first.

    Parameters
    ----------
    levels : series -> level of the chart's series.
    """
    rows = connection.execute(_TARGETS, {"lab": lab_code, "analyte": analyte}).all()
    # The more specific come last and stay.
    fitting = sorted((r for r in rows if r[3] in ("", instrument)), key=lambda r: (r[0] != "", r[3] != ""))
    return {
        (series, int(row[2])): (float(row[4]), float(row[5]))
        for row in fitting
        for series, level in levels.items()
        if level == row[1]
    }


def save_alerts(
    connection: Connection, watch: str, last_point_id: int, alerts: Sequence[Alert], quiet_seconds: int
) -> int:
    """Write alerts and the place reached, in the caller's transaction: both or neither.

    Parameters
    ----------
    quiet_seconds : a cause that was told of the same series within this time before or at the point is not repeated.

    Returns
    -------
    Alerts written.
    """
    fresh: list[dict[str, Any]] = []
    if alerts:
        told = _told(connection, alerts, quiet_seconds)
        for alert in alerts:
            same = told.setdefault((alert.series_id, alert.cause), [])
            earliest = alert.moment - quiet_seconds
            quiet = quiet_seconds and any(earliest <= moment <= alert.moment for _, moment in same)
            if quiet or any(point == alert.point_id for point, _ in same):
                continue
            same.append((alert.point_id, alert.moment))
            fresh.append(vars(alert))
    if fresh:
        connection.execute(_NEW_ALERT, fresh)
    upsert(connection, tables.CONTROL_WATCH, [{"watch": watch, "last_point_id": last_point_id}], ("watch",))
    return len(fresh)


def _told(
    connection: Connection, alerts: Sequence[Alert], quiet_seconds: int
) -> dict[tuple[int, str], list[tuple[int, int]]]:
    """(Series, cause) -> point and moment of what was told of these series lately."""
    params = {
        "series": sorted({a.series_id for a in alerts}),
        "since": min(a.moment for a in alerts) - quiet_seconds,
    }
    found: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for series, cause, point, moment in connection.execute(_TOLD, params):
        found.setdefault((series, cause), []).append((point, moment))
    return found


def control_alerts(store: Store, after: int = 0, *, analyte: str = "", lab_code: str = "") -> pd.DataFrame:
    """Alerts in order of writing, with what a reader needs to find the point.

    Parameters
    ----------
    after : number of the last alert that is known. analyte, lab_code : of these only; empty: of all.
    """
    alert, series, point = tables.CONTROL_ALERT, tables.CONTROL_SERIES, tables.CONTROL_POINT
    statement = (
        select(
            alert.c.alert_id,
            alert.c.point_id,
            LABORATORY.c.lab_code,
            *(series.c[n] for n in ("analyte", "level", "instrument", "reagent", "sub_type", "calibrator")),
            tables.CONTROL_LOT.c.qc_lot,
            *(alert.c[n] for n in ("cause", "action", "size", "peer_group_level", "peer_group", "moment", "state", "note")),
            *(alert.c[n] for n in ("size_limit", "limit_reason")),
        )
        .select_from(alert)
        .join(series, series.c.series_id == alert.c.series_id)
        .join(LABORATORY, LABORATORY.c.lab_id == series.c.lab_id)
        .join(point, point.c.point_id == alert.c.point_id)
        .join(tables.CONTROL_LOT, tables.CONTROL_LOT.c.lot_id == point.c.lot_id)
        .where(alert.c.alert_id > after)
        .order_by(alert.c.alert_id)
    )  # fmt: skip
    if analyte:
        statement = statement.where(series.c.analyte == analyte)
    if lab_code:
        statement = statement.where(LABORATORY.c.lab_code == lab_code)
    with reading(store, arrow=False) as source:
        return read_frame(source, statement)


def acknowledge_alert(store: Store, alert_id: int, state: str, note: str) -> None:
    """Mark an alert ``read`` or ``handled``, with what was done."""
    own = tables.CONTROL_ALERT
    with store.writing() as connection:
        connection.execute(own.update().where(own.c.alert_id == alert_id).values(state=state, note=note))


def lot_names(connection: Connection) -> dict[int, str]:
    """Number -> lot of control material."""
    return {
        number: str(name)
        for name, number in numbers(connection, tables.CONTROL_LOT, "lot_id", "qc_lot").items()
    }
