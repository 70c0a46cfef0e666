"""What the monitor of internal quality control knows and works out, without widgets: archive, wish, comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.iqc.allowed_errors import AllowedErrors, allowed_errors
from workbench.iqc.comparison import PER_LOT_MEAN, CellKeys, PeerComparison, compare_cells
from workbench.iqc.control_table import SERIES_KEYS, ControlTable
from workbench.iqc.control_targets import FIRST_VALUES, targets_in_force
from workbench.iqc.grades import grade_numbers, grade_texts
from workbench.iqc.laboratory_cells import LaboratoryCells, laboratory_cells
from workbench.iqc.moments import quotient
from workbench.iqc.sigma_metric import quality_goal_index, sigma_metric
from workbench.iqc.streams import BoolArray, FloatArray, IntArray
from workbench.iqc.window_cells import WindowCells, window_cells
from workbench.parameters import criteria
from workbench.parameters.iqc_items import compared_items, control_analytes
from workbench.parameters.iqc_schemes import ComparisonScheme, comparison_schemes
from workbench.parameters.policy import CriterionRef
from workbench.reports.sources import opened_store
from workbench.store.control_groups import laboratory_tags, last_received
from workbench.store.control_master import control_series, control_targets
from workbench.store.control_points import control_exclusions
from workbench.store.control_tables import control_state, read_control_table

DIMENSIONS = ("instrument", "reagent", "sub_type", "qc_lot", "calibrator", "hospital_level", "region", "tag")
"""What may be filtered by, in the order of the controls."""
TARGETS = ("group", "maker", "own")
"""Whose mean and SD the control chart and the bias are taken from."""
WINDOWS = (30, 60, 90, 180, 365)
"""Days a reader may look back."""


@dataclass(frozen=True, eq=False)
class ControlArchive:
    """Everything the monitor needs of one analyte.

    Parameters
    ----------
    table : points of all laboratories and levels. days : their moments by series, lot and day.
    targets : CONTROL_TARGETS. reasons : point -> why it was left out. tags : participant code -> tags.
    received_at : when values came last. state : another one whenever the store holds something else.
    """

    analyte: str
    table: ControlTable
    days: LaboratoryCells
    targets: pd.DataFrame
    reasons: Mapping[int, str]
    tags: Mapping[str, frozenset[str]]
    received_at: datetime | None
    state: tuple[object, ...]

    @property
    def levels(self) -> list[str]:
        """Control levels, sorted."""
        return sorted(set(self.table.series["level"]))

    @property
    def last_day(self) -> int:
        """Days since 1970-01-01 of the newest value."""
        return int(self.days.period.max(initial=0))

    @cached_property
    def laboratory(self) -> IntArray:
        """Shape (d,) of the days: number of the laboratory."""
        return self._codes("lab_code")[1]

    def _codes(self, column: str) -> tuple[list[str], IntArray]:
        """Values of a column of the series, and the code of each day."""
        code, names = pd.factorize(self.table.series[column], sort=True)
        return [str(name) for name in names], code.astype(np.intp)[self.days.series]

    @cached_property
    def values(self) -> dict[str, tuple[list[str], IntArray]]:
        """Dimension -> its values, and the code of each day; tags are kept apart."""
        found = {name: self._codes(name) for name in DIMENSIONS if name not in ("qc_lot", "tag")}
        return found | {"qc_lot": (list(self.table.lots), self.days.lot.astype(np.intp))}

    @cached_property
    def tagged(self) -> dict[str, BoolArray]:
        """Tag -> shape (d,) of the days: of a laboratory with it."""
        labs = self.table.series["lab_code"]
        every = sorted({tag for tags in self.tags.values() for tag in tags})
        of = {tag: np.array([tag in self.tags.get(code, ()) for code in labs], bool) for tag in every}
        return {tag: mask[self.days.series] for tag, mask in of.items()}

    def fits(self, dimension: str, value: str) -> BoolArray:
        """Shape (d,) of the days: those with a value of a dimension; none where it does not occur."""
        if dimension == "tag":
            return self.tagged.get(value, np.zeros(len(self.days), bool))
        names, code = self.values[dimension]
        return code == names.index(value) if value in names else np.zeros(len(self.days), bool)


@dataclass(frozen=True)
class Wanted:
    """What a reader has chosen.

    Parameters
    ----------
    filters : (dimension, value) pairs that laboratories of the group share. days : to look back.
    rules, scheme : names. target : of `TARGETS`. tea : place in the scheme's list of sources, -1: its order.
    """

    level: str
    filters: tuple[tuple[str, str], ...] = ()
    days: int = 90
    rules: str = "twelve"
    target: str = "group"
    tea: int = -1
    scheme: str = "default"

    def without(self, dimension: str) -> Wanted:
        """The same without the filter of one dimension."""
        return replace(self, filters=tuple(pair for pair in self.filters if pair[0] != dimension))


def analytes_of(database: str) -> list[str]:
    """Codes of quantitative analytes with controls, sorted.

    Raises
    ------
    DataError
        when there is none.
    """
    series = control_series(opened_store(database))
    known = control_analytes()
    found = [a for a in sorted(set(series["analyte"])) if a in known and known[a].is_quantitative]
    if not found:
        raise DataError("There are no control series; take values in with `workbench iqc ingest`.")
    return found


def open_archive(database: str, analyte: str) -> ControlArchive:
    """Read one analyte, or give what was read before if the store still holds the same."""
    return _archive(database, analyte, control_state(opened_store(database)))


@lru_cache(maxsize=4)
def _archive(database: str, analyte: str, state: tuple[object, ...]) -> ControlArchive:
    store = opened_store(database)
    table = read_control_table(store, analytes=[analyte])
    targets = control_targets(store)
    return ControlArchive(
        analyte,
        table,
        laboratory_cells(table, table.day),
        targets[targets["analyte"] == analyte],
        control_exclusions(store),
        laboratory_tags(store),
        last_received(store),
        state,
    )


def kept_days(archive: ControlArchive, wanted: Wanted, *, any_level: bool = False) -> BoolArray:
    """Shape (d,): the days inside window, level and filters."""
    kept = archive.days.period > archive.last_day - wanted.days
    if not any_level:
        level = (archive.table.series["level"] == wanted.level).to_numpy()
        kept &= level[archive.days.series]
    for dimension, value in wanted.filters:
        kept &= archive.fits(dimension, value)
    return np.asarray(kept, dtype=bool)


def remaining(archive: ControlArchive, wanted: Wanted, dimension: str) -> tuple[int, dict[str, int]]:
    """Laboratories without a filter of a dimension, and with each of its values, the other filters as they are.

    Returns
    -------
    Number without; value -> number, only values that occur and are not empty.
    """
    kept = kept_days(archive, wanted.without(dimension))
    labs = archive.laboratory[kept]
    if dimension == "tag":
        found = {tag: len(np.unique(labs[mask[kept]])) for tag, mask in archive.tagged.items()}
    else:
        names, code = archive.values[dimension]
        pairs = np.unique(code[kept].astype(np.int64) * (int(labs.max(initial=0)) + 1) + labs)
        counts = np.bincount(pairs // (int(labs.max(initial=0)) + 1), minlength=len(names))
        found = dict(zip(names, counts.tolist(), strict=True))
    return len(np.unique(labs)), {name: n for name, n in found.items() if n and name}


def usual_lot(archive: ControlArchive, wanted: Wanted) -> str:
    """The lot most laboratories have in the window; of equal ones the newest. Empty without any."""
    _, counts = remaining(archive, wanted, "qc_lot")
    return max(sorted(counts), key=lambda lot: (counts[lot], lot), default="")


def sources_of(archive: ControlArchive, scheme: ComparisonScheme) -> list[tuple[int, CriterionRef, str]]:
    """Sources of an allowable error that have one for the analyte: place in the scheme, reference, document."""
    found = [
        (k, ref, _errors(archive.analyte, (ref,)).source(archive.analyte)) for k, ref in enumerate(scheme.tea)
    ]
    return [row for row in found if row[2]]


def _errors(analyte: str, sources: tuple[CriterionRef, ...]) -> AllowedErrors:
    """The limit of an analyte; none for signals."""
    item = compared_items().get(analyte)
    known = [] if item is not None and item.kind == "signal" else [control_analytes()[analyte]]
    return allowed_errors(known, sources, criteria())


@dataclass(frozen=True, eq=False)
class Compared:
    """A wish answered.

    Parameters
    ----------
    window : days joined, all levels. peers : each cell beside its group. rows : of the wanted level, one row a
        laboratory x system x lot, columns as in CONTROL_COMPARISON with `cell`, the place in the window.
    laboratories, points : of the group at the wanted level.
    """

    archive: ControlArchive
    wanted: Wanted
    scheme: ComparisonScheme
    window: WindowCells
    peers: PeerComparison | None
    rows: pd.DataFrame
    laboratories: int
    points: int

    @property
    def disclosure(self) -> str:
        """``none``: nothing there; ``few``: too few to compare; ``mean``: SD and grades hidden; ``full``."""
        if not self.laboratories:
            return "none"
        if self.laboratories < self.scheme.laboratories_shown:
            return "few"
        return "mean" if self.laboratories < self.scheme.laboratories_graded else "full"


@lru_cache(maxsize=8)
def compare(archive: ControlArchive, wanted: Wanted) -> Compared:
    """Compare every laboratory of the group with the others in it.

    Notes
    -----
    SDI and CVR are always against the group; bias and sigma against the target wanted. Without a lot among the
    filters, values are compared in per cent of the mean of their lot. Below the least number of laboratories nothing
    of the group is given, below the next one neither SD, CV, indices nor grades.
    """
    scheme = comparison_schemes()[wanted.scheme]
    window = window_cells(archive.days, kept_days(archive, wanted, any_level=True))
    cells = window.cells
    mine = (archive.table.series["level"] == wanted.level).to_numpy()[cells.series]
    if not mine.any():
        return Compared(archive, wanted, scheme, window, None, pd.DataFrame(), 0, 0)
    stack = ("qc_lot",) if any(name == "qc_lot" for name, _ in wanted.filters) else ()
    peers = compare_cells(CellKeys(archive.table, cells), cells.moments, stack, scheme)
    labs, points = int(peers.laboratories[mine][0]), int(cells.moments.n[mine].sum())
    bare = Compared(archive, wanted, scheme, window, peers, pd.DataFrame(), labs, points)
    rows = _rows(bare).iloc[np.flatnonzero(mine)].reset_index(drop=True)
    return replace(bare, rows=rows)


def group_targets(compared: Compared) -> tuple[FloatArray, FloatArray]:
    """Mean and SD of the others in the unit of each cell's lot; NaN where they are not shown."""
    peers, scheme = compared.peers, compared.scheme
    if peers is None:
        return np.zeros(0), np.zeros(0)
    mean = np.where(peers.laboratories >= scheme.laboratories_shown, peers.reference.mean, np.nan)
    sd = np.where(peers.laboratories >= scheme.laboratories_graded, peers.reference.sd, np.nan)
    return quotient(mean, peers.scale), quotient(sd, peers.scale)


@lru_cache(maxsize=8)
def given_targets(archive: ControlArchive, target: str) -> tuple[FloatArray, FloatArray]:
    """Mean and SD at every point, of the maker or of the laboratory itself; NaN where there is none.

    Notes
    -----
    Own: what the laboratory has stated; else its first 20 values of the lot, which are not judged themselves.
    """
    makers = archive.targets["lab_code"] == ""
    chosen = archive.targets[makers if target == "maker" else ~makers]
    first = 0 if target == "maker" else FIRST_VALUES
    return targets_in_force(archive.table, chosen, own_from_first=first)


def cell_of_points(compared: Compared, table: ControlTable | None = None) -> IntArray:
    """Shape of a table's points: the cell of each point's series and lot, -1 where there is none.

    Parameters
    ----------
    table : some of the archive's points; None: all.
    """
    points, cells = table or compared.archive.table, compared.window.cells
    lots = len(points.lots) + 1
    known = cells.series.astype(np.int64) * lots + cells.lot
    asked = points.code.astype(np.int64) * lots + points.lot
    if not len(known):
        return np.full(len(asked), -1, dtype=np.intp)
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, place, -1).astype(np.intp)


def _given_centre(compared: Compared) -> FloatArray:
    """The newest target of each cell, of maker or laboratory."""
    mean, _ = given_targets(compared.archive, compared.wanted.target)
    place = cell_of_points(compared)
    found = np.full(len(compared.window.cells), np.nan)
    there = np.flatnonzero((place >= 0) & np.isfinite(mean))
    found[place[there]] = mean[there]
    return found


def _rows(compared: Compared) -> pd.DataFrame:
    """Every cell with its numbers, the group's and the grade."""
    peers, scheme, cells = compared.peers, compared.scheme, compared.window.cells
    assert peers is not None
    own, table = cells.moments, compared.archive.table
    shown = peers.laboratories >= scheme.laboratories_graded
    mean, sd = group_targets(compared)
    centre = mean if compared.wanted.target == "group" else _given_centre(compared)
    bias = PER_LOT_MEAN * quotient(own.mean - centre, np.abs(centre))
    tea, source = _allowed(compared, np.where(np.isfinite(mean), mean, own.mean))
    rows = table.series.iloc[cells.series][list(SERIES_KEYS)].reset_index(drop=True).assign(
        cell=np.arange(len(cells)), month="", qc_lot=np.asarray(table.lots, dtype=object)[cells.lot],
        n=own.n, mean=own.mean, sd=own.sd, cv=own.cv,
        peer_group_level="+".join(name for name, _ in compared.wanted.filters),
        group_laboratories=np.where(peers.laboratories >= scheme.laboratories_shown, peers.laboratories, 0),
        group_points=peers.reference.points, group_mean=mean, group_sd=sd,
        group_cv=np.where(shown, peers.group_cv(scheme), np.nan),
        bias=bias, sdi=np.where(shown, peers.sdi(own), np.nan), cvr=np.where(shown, peers.cvr(own, scheme), np.nan),
        tea=tea, tea_source=source, sigma=sigma_metric(tea, bias, own.cv), qgi=quality_goal_index(bias, own.cv),
        cumulative_n=0, cumulative_mean=np.nan, cumulative_sd=np.nan, cumulative_sdi=np.nan, cumulative_cvr=np.nan,
        n_calls=0, wrong_calls=0,
    )  # fmt: skip
    return _graded(compared, rows, centre)


def _allowed(compared: Compared, at: FloatArray) -> tuple[FloatArray, list[str]]:
    """TEa at each target, per cent, and its document."""
    analyte, sources = compared.archive.analyte, compared.scheme.tea
    chosen = sources if compared.wanted.tea < 0 else (sources[compared.wanted.tea],)
    allowed = _errors(analyte, chosen)
    tea = allowed.percent(analyte, at)
    return tea, [allowed.source(analyte) if t == t else "" for t in tea.tolist()]


def _graded(compared: Compared, rows: pd.DataFrame, centre: FloatArray) -> pd.DataFrame:
    """Grades; where one is beyond the bands, the better one without the worst day if the scheme spares it."""
    peers, scheme = compared.peers, compared.scheme
    assert peers is not None
    columns: dict[str, Any] = {
        name: rows[name].to_numpy(np.float64) for name in ("sdi", "cvr", "sigma", "tea")
    }
    number = grade_numbers(columns["sdi"], columns["cvr"], columns["sigma"], scheme)
    one_day = np.zeros(len(rows), dtype=bool)
    if scheme.one_day == "left_out":
        spared = compared.window.spared(quotient(peers.reference.mean, peers.scale))
        bias = PER_LOT_MEAN * quotient(spared.mean - centre, np.abs(centre))
        sigma = sigma_metric(columns["tea"], bias, spared.cv)
        others = grade_numbers(peers.sdi(spared), peers.cvr(spared, scheme), sigma, scheme)
        one_day = (number >= len(scheme.bands)) & (others >= 0) & (others < number)
        number = np.where(one_day, others, number)
    enough = rows["n"].to_numpy() >= scheme.points_graded
    enough &= peers.laboratories >= scheme.laboratories_graded
    return rows.assign(grade=grade_texts(number, enough, scheme), one_day=one_day & enough)
