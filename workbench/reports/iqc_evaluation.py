"""Internal quality control evaluated for reports: comparison rows of a year, and the rule hits of every point."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.frames.control import CONTROL_HITS
from workbench.iqc.allowed_errors import AllowedErrors, allowed_errors
from workbench.iqc.calls import call_columns, without_indices
from workbench.iqc.comparison import comparison_rows
from workbench.iqc.control_table import SERIES_KEYS, ControlTable, control_streams
from workbench.iqc.control_targets import FIRST_VALUES, targets_in_force
from workbench.iqc.laboratory_cells import month_number, month_of_day, month_text
from workbench.iqc.rule_engine import RuleHits, judge_points
from workbench.iqc.streams import FloatArray, Integers
from workbench.parameters import criteria
from workbench.parameters.control_rules import RuleSet, rule_sets
from workbench.parameters.iqc_items import compared_items, control_analytes
from workbench.parameters.iqc_schemes import ComparisonScheme, comparison_schemes
from workbench.reports.sources import opened_store
from workbench.store import Store
from workbench.store.control_master import control_targets
from workbench.store.control_points import control_exclusions
from workbench.store.control_tables import control_state, read_control_table

MONTHS_SHOWN = 12
GROUP_KEYS = ("analyte", "level", "qc_lot", "peer_group_level", "peer_group")
"""What rows of laboratories that are compared with each other share in a month."""


@dataclass(frozen=True)
class EvaluatedControls:
    """What was found in some months.

    Parameters
    ----------
    months : months since 1970-01, ascending; the last one is reported. table : every point up to its end.
    rows : CONTROL_COMPARISON of the months, with n_calls and wrong_calls of qualitative items.
    mean, sd, z : shape (n,) of the points: target in force and deviation in SD. hits : of every point.
    scheme, rules : in force. reasons : point -> why it was left out of statistics.
    """

    months: tuple[int, ...]
    table: ControlTable
    rows: pd.DataFrame
    mean: FloatArray
    sd: FloatArray
    z: FloatArray
    hits: RuleHits
    scheme: ComparisonScheme
    rules: RuleSet
    reasons: Mapping[int, str]

    @cached_property
    def month(self) -> Integers:
        """Shape (n,): months since 1970-01 of the points."""
        return month_of_day(self.table.day)

    @cached_property
    def of_laboratory(self) -> dict[str, pd.DataFrame]:
        """Comparison rows by laboratory."""
        return {str(code): part for code, part in self.rows.groupby("lab_code", sort=False)}

    @cached_property
    def of_material(self) -> dict[tuple[str, ...], pd.DataFrame]:
        """Rows of the month reported, by material and group."""
        month = self.rows[self.rows["month"] == self.last]
        return {tuple(map(str, key)): part for key, part in month.groupby(list(GROUP_KEYS), sort=False)}

    @cached_property
    def series_of(self) -> dict[tuple[str, ...], int]:
        """Row of the table's series, by its key."""
        keys = self.table.series[list(SERIES_KEYS)].itertuples(index=False, name=None)
        return {key: k for k, key in enumerate(keys)}

    @cached_property
    def points_sha256(self) -> str:
        """Hash of the points the figures were made from."""
        digest = hashlib.sha256()
        for column in (self.table.point, self.table.value, self.table.counts):
            digest.update(np.ascontiguousarray(column).data)
        return digest.hexdigest()

    def warm(self) -> EvaluatedControls:
        """Make what every report asks for, once, before a batch forks."""
        for name in ("points_sha256", "series_of", "month", "of_laboratory", "of_material"):
            getattr(self, name)
        return self

    @property
    def last(self) -> str:
        """The month reported."""
        return month_text(self.months[-1])

    def bounds(self, series: int) -> tuple[int, int]:
        """Place of the first point of a series, and the place behind its last.

        Notes
        -----
        Sought in the type of the codes: with another one numpy copies the whole column at every call.
        """
        code = self.table.code
        first, end = np.searchsorted(code, np.array([series, series + 1], dtype=code.dtype)).tolist()
        return first, end

    def places(self, series: int, months: Sequence[int]) -> np.ndarray:
        """Places of the points of a series in some months."""
        first, end = self.bounds(series)
        return first + np.flatnonzero(np.isin(self.month[first:end], np.asarray(months)))

    def rules_at(self, place: int) -> list[str]:
        """Lines hit at a point, in the order of the set."""
        mask = int(self.hits.mask[place])
        return [line.name for k, line in enumerate(self.rules.rules) if mask >> k & 1]

    def hits_table(self, months: Sequence[int]) -> pd.DataFrame:
        """CONTROL_HITS of the points of some months; empty: all."""
        wanted = (
            np.ones(len(self.table), bool) if not len(months) else np.isin(self.month, np.asarray(months))
        )
        parts = []
        for line in self.rules.rules:
            places = np.flatnonzero(self.hits.of(line.name) & wanted)
            columns = {"point_id": self.table.point[places], "rule": line.name, "action": line.action}
            parts.append(pd.DataFrame({**columns, "z": self.z[places]}))
        hits = pd.concat(parts, ignore_index=True)
        return CONTROL_HITS.checked(hits.sort_values(["point_id", "rule"], ignore_index=True))


def allowed(scheme: ComparisonScheme) -> AllowedErrors:
    """Allowable errors of every analyte by the scheme's sources; none of signals."""
    signals = {item.item for item in compared_items().values() if item.kind == "signal"}
    analytes = [a for code, a in control_analytes().items() if code not in signals]
    return allowed_errors(analytes, scheme.tea, criteria())


def evaluate_controls(
    store: Store, months: Sequence[int], rules: RuleSet, scheme: ComparisonScheme
) -> EvaluatedControls:
    """Compare and judge.

    Parameters
    ----------
    months : months since 1970-01 wanted; empty: every month there is.

    Notes
    -----
    Points of earlier months are read too: rules and cumulative figures need them. Where no target was given, mean and
    SD of the first 20 values of the lot are used, and those values themselves are not judged.

    Raises
    ------
    DataError
        when there is no point at all.
    """
    end = (
        (int(np.datetime64(months[-1] + 1, "M").astype("datetime64[D]").astype(int)) - 1)
        if len(months)
        else None
    )
    table = read_control_table(store, days=None if end is None else (0, end))
    if not len(table):
        raise DataError(
            "There are no control points up to that month; take them in with `workbench iqc ingest`."
        )
    there = sorted(set(months) or set(np.unique(month_of_day(table.day)).tolist()))
    rows = comparison_rows(table, scheme, allowed(scheme), there)
    mean, sd = targets_in_force(table, control_targets(store), own_from_first=FIRST_VALUES)
    streams = control_streams(table, mean, sd)
    graded = {code for code, analyte in control_analytes().items() if not analyte.is_quantitative}
    cutoffs = {item.item: item.cutoff for item in compared_items().values() if item.cutoff}
    rows = without_indices(call_columns(table, rows, cutoffs, graded), graded, scheme.not_graded)
    hits = judge_points(streams, rules)
    reasons = control_exclusions(store)
    return EvaluatedControls(tuple(there), table, rows, mean, sd, streams.z, hits, scheme, rules, reasons)


def evaluated_months(database: str, months: tuple[str, ...], rules: str, scheme: str) -> EvaluatedControls:
    """The same by names, kept while the store holds the same: a batch of reports evaluates once, before it forks."""
    return _kept(database, months, rules, scheme, control_state(opened_store(database)))


@lru_cache(maxsize=2)
def _kept(
    database: str, months: tuple[str, ...], rules: str, scheme: str, state: tuple[object, ...]
) -> EvaluatedControls:
    numbers = tuple(sorted(month_number(month) for month in months))
    store = opened_store(database)
    return evaluate_controls(store, numbers, rule_sets()[rules], comparison_schemes()[scheme])


def year_to(month: str) -> tuple[str, ...]:
    """The twelve months that end with one.

    >>> year_to("2026-02")[0], len(year_to("2026-02"))
    ('2025-03', 12)
    """
    last = month_number(month)
    return tuple(month_text(k) for k in range(last - MONTHS_SHOWN + 1, last + 1))
