"""Laboratories compared with their group, by month and over the months of a lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.frames.control import CONTROL_COMPARISON
from workbench.iqc.allowed_errors import AllowedErrors
from workbench.iqc.control_table import SERIES_KEYS, ControlTable
from workbench.iqc.day_influence import without_worst_day
from workbench.iqc.grades import grade_numbers, grade_texts
from workbench.iqc.laboratory_cells import LaboratoryCells, cumulative, laboratory_cells, month_text
from workbench.iqc.moments import Moments, quotient
from workbench.iqc.peer_groups import GroupStatistics, group_statistics, group_sums, without_own
from workbench.iqc.sigma_metric import quality_goal_index, sigma_metric
from workbench.iqc.streams import FloatArray, IntArray, Integers
from workbench.parameters.iqc_schemes import ComparisonScheme

PER_LOT_MEAN = 100.0
"""Values compared over lots are per cent of the mean of their lot."""


@dataclass(frozen=True)
class PeerComparison:
    """Each cell beside its group; shape (c,) each.

    Parameters
    ----------
    group : number of the group. laboratories : in the group, its own one included.
    scale : factor the cell's values were multiplied by (1 within a lot).
    reference : statistics of the others (or of all) by cell, in scaled units.
    whole : statistics of all laboratories by group.
    """

    group: IntArray
    laboratories: IntArray
    scale: FloatArray
    reference: GroupStatistics
    whole: GroupStatistics

    def sdi(self, moments: Moments) -> FloatArray:
        """Difference from the group's mean in the group's SDs; NaN where the SD is zero or unknown."""
        return quotient(moments.mean * self.scale - self.reference.mean, self.reference.sd)

    def bias(self, moments: Moments) -> FloatArray:
        """Per cent of the group's mean."""
        apart = moments.mean * self.scale - self.reference.mean
        return PER_LOT_MEAN * quotient(apart, np.abs(self.reference.mean))

    def cvr(self, moments: Moments, scheme: ComparisonScheme) -> FloatArray:
        """CV over the CV of the group, by the scheme's choice of it."""
        return quotient(moments.cv, self.group_cv(scheme))

    def group_cv(self, scheme: ComparisonScheme) -> FloatArray:
        """The group's CV the scheme asks for, per cent."""
        return self.reference.cv_average if scheme.cvr_against == "average" else self.reference.cv_pooled


def combined_codes(columns: Sequence[Integers]) -> IntArray:
    """Rows numbered from 0 by their distinct combinations of codes, in order of the codes.

    Parameters
    ----------
    columns : shape (c,) each, not negative.
    """
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        key = key * (int(column.max(initial=0)) + 1) + column
    return np.unique(key, return_inverse=True)[1].astype(np.intp)


class CellKeys:
    """Codes of every dimension a stack may name, by cell.

    Parameters
    ----------
    table : gives the series. cells : whose keys they are.
    """

    def __init__(self, table: ControlTable, cells: LaboratoryCells) -> None:
        self._series, self._cells = table.series, cells
        self._known: dict[str, IntArray] = {}

    def of(self, dimension: str) -> IntArray:
        """Shape (c,): code of a column of the series, of ``qc_lot`` or of ``period``."""
        if dimension not in self._known:
            if dimension == "qc_lot":
                code = self._cells.lot.astype(np.intp)
            elif dimension == "period":
                code = self._cells.period.astype(np.intp) - int(self._cells.period.min(initial=0))
            else:
                code = pd.factorize(self._series[dimension])[0].astype(np.intp)[self._cells.series]
            self._known[dimension] = code
        return self._known[dimension]

    def groups(self, stack: Sequence[str]) -> IntArray:
        """Shape (c,): number of the group by analyte, level, period and a stack of dimensions."""
        return combined_codes([self.of(name) for name in ("analyte", "level", *stack, "period")])


def compare_cells(
    keys: CellKeys, moments: Moments, stack: Sequence[str], scheme: ComparisonScheme
) -> PeerComparison:
    """Every cell against its group.

    Parameters
    ----------
    keys, moments : of the cells. stack : dimensions that laboratories of a group share.

    Notes
    -----
    - A laboratory with several cells in a group (two instruments, two lots) counts once: its cells are joined first,
      and all of them are left out when it is compared with the others.
    - Without ``qc_lot`` in the stack values are taken in per cent of the mean of laboratory means of their lot (of
      the analyte, level and period), so that lots of different values can stand in one group.
    """
    scale = np.ones(len(moments.n))
    if "qc_lot" not in stack:
        lot = keys.groups(("qc_lot",))
        of_lot, lot_of_unit, _ = _laboratories_of(keys, moments, lot)
        sums = group_sums(of_lot, lot_of_unit, int(lot.max(initial=-1)) + 1, "laboratories")
        scale = PER_LOT_MEAN * quotient(scale, np.abs(sums.mean)[lot])
    group = keys.groups(stack)
    units, group_of_unit, unit = _laboratories_of(keys, moments.scaled(scale), group)
    sums = group_sums(units, group_of_unit, int(group.max(initial=-1)) + 1, scheme.weighting)
    whole = group_statistics(sums, scheme.weighting)
    if scheme.leave_one_out:
        others = without_own(sums, units, group_of_unit, scheme.weighting)
        reference = group_statistics(others, scheme.weighting).take(unit)
    else:
        reference = whole.take(group)
    return PeerComparison(group, whole.laboratories[group], scale, reference, whole)


def _laboratories_of(keys: CellKeys, moments: Moments, group: IntArray) -> tuple[Moments, IntArray, IntArray]:
    """Cells of a laboratory in a group joined: their moments, their groups, and the unit of each cell."""
    unit = combined_codes([group, keys.of("lab_code")])
    n_units = int(unit.max(initial=-1)) + 1
    group_of_unit = np.zeros(n_units, dtype=np.intp)
    group_of_unit[unit] = group
    return moments.merged(unit, n_units), group_of_unit, unit


def comparison_rows(
    table: ControlTable, scheme: ComparisonScheme, allowed: AllowedErrors, months: Sequence[int] = ()
) -> pd.DataFrame:
    """The comparison of every laboratory, month by month.

    Parameters
    ----------
    table : points of all laboratories. scheme : groups, statistics, grades. allowed : errors for sigma.
    months : months since 1970-01 that are wanted; empty: all.

    Returns
    -------
    CONTROL_COMPARISON, one row per laboratory x analyte x level x system x lot x month, sorted by these.

    Notes
    -----
    - The group is that of the first rung of the ladder with `laboratories_shown` laboratories in the month; in none,
      the row has its own numbers only. Cumulative indices use the same rung.
    - A group below `laboratories_graded` shows its mean, but neither SD, CV nor indices, and gives no grade.
    - `tea` is taken at the group's mean, at the laboratory's own mean where none is shown.
    """
    every = laboratory_cells(table)
    total = cumulative(every)
    wanted = np.ones(len(every), bool) if not len(months) else np.isin(every.period, np.asarray(months))
    cells, total = every.take(np.flatnonzero(wanted)), total.take(wanted)
    if not len(cells):
        return CONTROL_COMPARISON.empty()
    rows = _own_columns(table, cells, total)
    keys = CellKeys(table, cells)
    open_rows = np.ones(len(cells), dtype=bool)
    best = _unknown(len(cells))
    for stack in scheme.ladder:
        month = compare_cells(keys, cells.moments, stack, scheme)
        fit = open_rows & (month.laboratories >= scheme.laboratories_shown)
        if fit.any():
            over = compare_cells(keys, total, stack, scheme)
            _fill(best, fit, _indices(cells.moments, total, month, over, scheme))
            best["peer_group_level"][fit] = "+".join(stack)
            best["peer_group"][fit] = _group_names(table, cells, stack, fit)
        open_rows &= ~fit
    rows = rows.assign(**{name: column for name, column in best.items() if name not in _AUXILIARY})
    rows = _with_sigma(rows, allowed)
    return CONTROL_COMPARISON.checked(_graded(rows, best, _spared(table, cells, best), scheme))


_AUXILIARY = ("scaled_mean", "scale", "reference_mean", "reference_sd")


def _own_columns(table: ControlTable, cells: LaboratoryCells, total: Moments) -> pd.DataFrame:
    """Keys and the laboratory's own numbers."""
    rows = table.series.iloc[cells.series][list(SERIES_KEYS)].reset_index(drop=True)
    names = {int(p): month_text(int(p)) for p in np.unique(cells.period)}
    return rows.assign(
        qc_lot=np.asarray(table.lots, dtype=object)[cells.lot],
        month=[names[p] for p in cells.period.tolist()],
        n=cells.moments.n,
        mean=cells.moments.mean,
        sd=cells.moments.sd,
        cv=cells.moments.cv,
        cumulative_n=total.n,
        cumulative_mean=total.mean,
        cumulative_sd=total.sd,
    )


def _unknown(n: int) -> dict[str, np.ndarray]:
    """Columns of the comparison of rows that have none."""
    numbers = ("group_mean", "group_sd", "group_cv", "bias", "sdi", "cvr", "cumulative_sdi", "cumulative_cvr")
    found: dict[str, np.ndarray] = {name: np.full(n, np.nan) for name in (*numbers, *_AUXILIARY)}
    for name in ("group_laboratories", "group_points"):
        found[name] = np.zeros(n, dtype=np.int64)
    for name in ("peer_group_level", "peer_group"):
        found[name] = np.full(n, "", dtype=object)
    return found


def _indices(
    own: Moments, total: Moments, month: PeerComparison, over: PeerComparison, scheme: ComparisonScheme
) -> dict[str, np.ndarray]:
    """Columns of one rung; what may not be shown is NaN."""
    shown = month.laboratories >= scheme.laboratories_graded

    def hidden(x: FloatArray) -> FloatArray:
        return np.where(shown, x, np.nan)

    mean = quotient(month.reference.mean, month.scale)
    return {
        "group_laboratories": month.laboratories,
        "group_points": month.reference.points,
        "group_mean": mean,
        "group_sd": hidden(quotient(month.reference.sd, month.scale)),
        "group_cv": hidden(month.group_cv(scheme)),
        "bias": month.bias(own),
        "sdi": hidden(month.sdi(own)),
        "cvr": hidden(month.cvr(own, scheme)),
        "cumulative_sdi": hidden(over.sdi(total)),
        "cumulative_cvr": hidden(over.cvr(total, scheme)),
        "scale": month.scale,
        "reference_mean": month.reference.mean,
        "reference_sd": hidden(month.reference.sd),
    }


def _fill(best: dict[str, np.ndarray], fit: np.ndarray, found: dict[str, np.ndarray]) -> None:
    """Take the rows that fit."""
    for name, column in found.items():
        best[name][fit] = column[fit]


def _group_names(
    table: ControlTable, cells: LaboratoryCells, stack: Sequence[str], fit: np.ndarray
) -> np.ndarray:
    """Codes of the group joined by |, of the rows that fit."""
    places = np.flatnonzero(fit)
    series, lot = cells.series[places], cells.lot[places]
    pair = combined_codes([series, lot])
    first = np.unique(pair, return_index=True)[1]
    names = []
    for k in first.tolist():
        row = table.series.iloc[int(series[k])]
        names.append("|".join(table.lots[int(lot[k])] if d == "qc_lot" else str(row[d]) for d in stack))
    return np.asarray(names, dtype=object)[pair]


def _with_sigma(rows: pd.DataFrame, allowed: AllowedErrors) -> pd.DataFrame:
    """TEa at the group's mean, sigma and QGI."""
    target = rows["group_mean"].fillna(rows["mean"]).to_numpy(np.float64)
    analyte = rows["analyte"].to_numpy(object)
    tea = np.full(len(rows), np.nan)
    for code in set(analyte):
        mine = analyte == code
        tea[mine] = allowed.percent(code, target[mine])
    source = {code: allowed.source(code) for code in set(analyte)}
    bias, cv = rows["bias"].to_numpy(np.float64), rows["cv"].to_numpy(np.float64)
    return rows.assign(
        tea=tea,
        tea_source=[source[a] if t == t else "" for a, t in zip(analyte, tea, strict=True)],
        sigma=sigma_metric(tea, bias, cv),
        qgi=quality_goal_index(bias, cv),
    )


def _spared(table: ControlTable, cells: LaboratoryCells, best: dict[str, np.ndarray]) -> Moments:
    """The cells without the day that moved them most."""
    return without_worst_day(table, cells, quotient(best["reference_mean"], best["scale"]))[0]


def _graded(
    rows: pd.DataFrame, best: dict[str, np.ndarray], spared: Moments, scheme: ComparisonScheme
) -> pd.DataFrame:
    """Grades; where one is beyond the bands, the better one without the worst day if the scheme spares it."""
    sdi, cvr, sigma = (rows[name].to_numpy(np.float64) for name in ("sdi", "cvr", "sigma"))
    number = grade_numbers(sdi, cvr, sigma, scheme)
    one_day = np.zeros(len(rows), dtype=bool)
    if scheme.one_day == "left_out":
        apart = spared.mean * best["scale"] - best["reference_mean"]
        bias = PER_LOT_MEAN * quotient(apart, np.abs(best["reference_mean"]))
        group_cv = rows["group_cv"].to_numpy(np.float64)
        others = grade_numbers(
            quotient(apart, best["reference_sd"]),
            quotient(spared.cv, group_cv),
            sigma_metric(rows["tea"].to_numpy(np.float64), bias, spared.cv),
            scheme,
        )
        one_day = (number >= len(scheme.bands)) & (others >= 0) & (others < number)
        number = np.where(one_day, others, number)
    graded = rows["n"].to_numpy() >= scheme.points_graded
    graded &= rows["group_laboratories"].to_numpy() >= scheme.laboratories_graded
    return rows.assign(grade=grade_texts(number, graded, scheme), one_day=one_day & graded)
