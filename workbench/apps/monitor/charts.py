"""Points of the monitor judged by the rule set, and the rows its charts are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np

from workbench.apps.monitor.model import (
    Compared,
    ControlArchive,
    Wanted,
    cell_of_points,
    given_targets,
    group_targets,
    kept_days,
)
from workbench.iqc.comparison import CellKeys, combined_codes, compare_cells
from workbench.iqc.control_table import RUNS_A_DAY, ControlTable, control_streams
from workbench.iqc.grades import grade_numbers, grade_texts
from workbench.iqc.laboratory_cells import LaboratoryCells, month_of_day, month_text
from workbench.iqc.rule_engine import RuleHits, judge_points
from workbench.iqc.sigma_metric import sigma_metric
from workbench.iqc.streams import BoolArray, FloatArray, IntArray
from workbench.iqc.watched_chart import points_needed
from workbench.parameters.control_rules import RuleSet, rule_sets
from workbench.parameters.iqc_items import control_analytes
from workbench.parameters.iqc_schemes import ComparisonScheme
from workbench.reports.iqc_month_twin import rule_name
from workbench.reports.iqc_rows import EPOCH, row_part
from workbench.reports.twin import number
from workbench.wording import join, printed, text

POINTS_DRAWN = 240
"""Newest points of a chart that are drawn; older ones would stand too close to be told apart."""
MONTHS_SHOWN = 12
LOOKED_BACK_DAYS = 100
"""Days before the window that are judged too: more than the longest row of points of a rule, at a run a day."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Points of the charts compared, judged by a rule set.

    Parameters
    ----------
    table : the points that were looked at. z : shape (n,) of them, deviation from the target in force, SD; NaN
        without one. hits : of them.
    """

    table: ControlTable
    z: FloatArray
    hits: RuleHits
    rules: RuleSet

    def rules_at(self, place: int) -> list[str]:
        """Lines hit at a point, in the order of the set."""
        mask = int(self.hits.mask[place])
        return [line.name for k, line in enumerate(self.rules.rules) if mask >> k & 1]

    @property
    def rejecting(self) -> frozenset[str]:
        """Lines that reject a run."""
        return frozenset(line.name for line in self.rules.rules if line.action == "reject")


@lru_cache(maxsize=8)
def judged(compared: Compared) -> Judged:
    """Points judged by the target and rule set wanted; by the group's only where its SD may be shown.

    Notes
    -----
    Looked at are the charts of the group, all their levels, back to where the rules can reach.
    """
    archive, wanted = compared.archive, compared.wanted
    rules = rule_sets()[wanted.rules]
    kept = _looked_at(compared, rules)
    table = archive.table.take(kept)
    if wanted.target == "group":
        place = cell_of_points(compared, table)
        mean, sd = (np.append(column, np.nan)[place] for column in group_targets(compared))
    else:
        mean, sd = (column[kept] for column in given_targets(archive, wanted.target))
    streams = control_streams(table, mean, sd)
    return Judged(table, streams.z, judge_points(streams, rules), rules)


def _looked_at(compared: Compared, rules: RuleSet) -> BoolArray:
    """Points of the group's charts, back to where the rules can reach: a hundred days before the window."""
    table, chart = compared.archive.table, compared.archive.table.chart
    charts = np.zeros(int(chart.max(initial=-1)) + 1, dtype=bool)
    charts[chart[compared.window.cells.series]] = True
    kept = charts[chart][table.code]
    if points_needed(rules):
        kept &= table.day > compared.archive.last_day - compared.wanted.days - LOOKED_BACK_DAYS
    return np.asarray(kept, dtype=bool)


@dataclass(frozen=True)
class RowHits:
    """Hits of one row in the window.

    Parameters
    ----------
    rejected, warned : points with a rejecting line, and with warning lines only. lines : line of the set -> points.
    """

    rejected: int
    warned: int
    lines: Mapping[str, int]


def hits_of_rows(compared: Compared) -> list[RowHits]:
    """Hits by row of the comparison."""
    found = judged(compared)
    inside = found.table.day > compared.archive.last_day - compared.wanted.days
    place = np.where(inside, cell_of_points(compared, found.table), -1)
    n = len(compared.window.cells)

    def counted(points: BoolArray) -> IntArray:
        return np.bincount(place[points & (place >= 0)], minlength=n)

    lines = {line.name: found.hits.of(line.name) for line in found.rules.rules}
    rejected = found.hits.by_action("reject")
    warned = (found.hits.mask != 0) & ~rejected
    columns = {name: counted(mask) for name, mask in lines.items()}
    sums = counted(rejected), counted(warned)
    cells = compared.rows["cell"].tolist() if len(compared.rows) else []
    return [
        RowHits(
            int(sums[0][cell]), int(sums[1][cell]), {k: int(c[cell]) for k, c in columns.items() if c[cell]}
        )
        for cell in cells
    ]


def hits_text(hits: RowHits, rejecting: frozenset[str], locale: str) -> str:
    """Points rejected and the lines they hit; a dash where there is none."""
    names = " ".join(rule_name(name) for name in hits.lines if name in rejecting)
    if hits.rejected:
        return text("app.iqc.hits", locale, n=hits.rejected, names=names)
    return text("app.iqc.hits_warned", locale, n=hits.warned) if hits.warned else "–"


def parts(compared: Compared, locale: str) -> list[dict[str, Any]]:
    """Rows as the tables and figures of the reports take them, with `lab_code`, `cell` and `hits`."""
    rows = compared.rows.to_dict("records")
    found, rejecting = [], judged(compared).rejecting
    analyte = control_analytes().get(compared.archive.analyte)
    for row, hits in zip(rows, hits_of_rows(compared), strict=True):
        part = row_part({str(k): v for k, v in row.items()}, locale, analyte)
        part |= {"lab_code": row["lab_code"], "cell": row["cell"], "hits": hits}
        part["printed"]["hits"] = hits_text(hits, rejecting, locale)
        found.append(part)
    return found


def chart_part(compared: Compared, part: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """A row with the points of its control chart: the series over all its lots in the window.

    Notes
    -----
    Points left out of statistics stay. `hover` says day, value, z and what the rules hit mean.
    """
    archive, found = compared.archive, judged(compared)
    series = int(compared.window.cells.series[part["cell"]])
    first, end = np.searchsorted(found.table.code, [series, series + 1])
    inside = found.table.day[first:end] > archive.last_day - compared.wanted.days
    places = (first + np.flatnonzero(inside))[-POINTS_DRAWN:]
    points = [_point(archive, found, int(place), locale) for place in places]
    return {**part, "points": points}


def _point(archive: ControlArchive, found: Judged, place: int, locale: str) -> dict[str, Any]:
    """One point as `control_chart` takes it."""
    table, rules = found.table, found.rules_at(place)
    day = (EPOCH + timedelta(days=int(table.run[place]) // RUNS_A_DAY)).isoformat()
    value, z = number(float(table.value[place])), number(float(found.z[place]))
    names = join([rule_name(rule) for rule in rules], locale)
    said = {"day": day, "value": printed(value, 3), "z": printed(z, 2, signed=True)}
    reason = archive.reasons.get(int(table.point[place]), "")
    return {
        "day": day,
        "run": int(table.run[place]) % RUNS_A_DAY,
        "qc_lot": table.lots[int(table.lot[place])],
        "value": value,
        "z": z,
        "counts": bool(table.counts[place]),
        "reason": reason,
        "rules": rules,
        "rejected": bool(found.rejecting & set(rules)),
        "hover": " · ".join(filter(None, (text("app.iqc.point", locale, **said), names, reason))),
    }


def month_rows(compared: Compared, part: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The last twelve months of a row's series, each against the laboratories of its lot that pass the other filters."""
    archive, scheme = compared.archive, compared.scheme
    cells = _month_cells(archive, compared.wanted.without("qc_lot"))
    if not len(cells):
        return []
    moments = cells.moments
    peers = compare_cells(CellKeys(archive.table, cells), moments, ("qc_lot",), scheme)
    shown = peers.laboratories >= scheme.laboratories_graded
    sdi = np.where(shown, peers.sdi(moments), np.nan)
    cvr = np.where(shown, peers.cvr(moments, scheme), np.nan)
    enough = shown & (moments.n >= scheme.points_graded)
    sigma = sigma_metric(_tea_of(compared, part, len(cells)), peers.bias(moments), moments.cv)
    grades = grade_texts(grade_numbers(sdi, cvr, sigma, scheme), enough, scheme)
    series = int(compared.window.cells.series[part["cell"]])
    best: dict[int, int] = {}
    for k in np.flatnonzero(cells.series == series).tolist():
        month = int(cells.period[k])
        if month not in best or moments.n[k] > moments.n[best[month]]:
            best[month] = k
    return [
        {"month": month_text(m), "qc_lot": archive.table.lots[int(cells.lot[k])], "n": int(moments.n[k]),
         "sdi": number(float(sdi[k])), "cvr": number(float(cvr[k])), "grade": grades[k]}
        for m, k in sorted(best.items())[-MONTHS_SHOWN:]
    ]  # fmt: skip


def _tea_of(compared: Compared, part: Mapping[str, Any], n: int) -> FloatArray:
    """The allowable error of the row for all its months, per cent."""
    return np.full(n, np.nan if part["tea"] is None else float(part["tea"]))


@lru_cache(maxsize=4)
def _month_cells(archive: ControlArchive, wanted: Wanted) -> LaboratoryCells:
    """Moments by series, lot and month of the last twelve months, of series that pass the filters."""
    kept = kept_days(archive, replace(wanted, days=archive.last_day + 1))
    days = archive.days.take(np.flatnonzero(kept))
    month = month_of_day(days.period)
    into = combined_codes([days.series, days.lot, month])
    first = np.unique(into, return_index=True)[1]
    moments = days.moments.merged(into, len(first))
    cells = LaboratoryCells(days.series[first], days.lot[first], month[first], moments)
    return cells.take(np.flatnonzero(cells.period > int(cells.period.max(initial=0)) - MONTHS_SHOWN))


def plane_parts(
    compared: Compared, every: list[dict[str, Any]], chosen: Mapping[str, Any], label: str
) -> list[dict[str, Any]]:
    """The chosen row with the others as dots: rounded and sorted, so that no order tells who is who.

    Parameters
    ----------
    label : stands beside the chosen mark.
    """
    others = [p for p in every if p["lab_code"] != chosen["lab_code"] and None not in (p["sdi"], p["cvr"])]
    dots = sorted([round(float(p["sdi"]), 2), round(float(p["cvr"]), 2)] for p in others)
    return [{**chosen, "level": label, "dots": dots}]


def zones(scheme: ComparisonScheme) -> list[tuple[float, float]]:
    """Borders of zones 1 and 2."""
    return [(band.sdi, band.cvr) for band in scheme.bands]


def beyond(every: list[dict[str, Any]], limit: float) -> int:
    """Laboratories with a row whose |SDI| is above a limit."""
    return len({p["lab_code"] for p in every if p["sdi"] is not None and abs(p["sdi"]) > limit})
