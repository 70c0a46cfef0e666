"""Watch internal quality control: judge points as they arrive, tell what is found once, start again anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.iqc.alert_limits import LimitInForce, least_limit, limit_in_force
from workbench.iqc.moments import Moments
from workbench.iqc.peer_groups import group_statistics, group_sums, without_own
from workbench.iqc.watched_chart import judge_chart, points_needed
from workbench.parameters.control_rules import RuleSet
from workbench.parameters.iqc_schemes import ComparisonScheme
from workbench.rounds.alert_feed import tell
from workbench.store import Store
from workbench.store.control_groups import (
    control_groups,
    fits_stack,
    laboratory_tags,
    named_stacks,
    tags_of,
)
from workbench.store.control_master import control_series
from workbench.store.control_watch import (
    Alert,
    NewPoint,
    Session,
    chart_points,
    chart_targets,
    lot_names,
    new_points,
    reached,
    save_alerts,
    window_moments,
)

SDI_CAUSE = "sdi"
_CHART = ["lab_code", "analyte", "instrument", "reagent", "sub_type", "calibrator"]


@dataclass
class ControlWatch:
    """One watch over a store.

    Parameters
    ----------
    store : with the points. rules : the set charts are judged by. scheme : groups and thresholds of SDI alerts.
    feed : JSON-lines file that repeats the alerts of the store, None for none.
    name : a store may have several watches, each with its own place.

    Notes
    -----
    The place reached and the alerts of a step are one transaction: a watch that is killed and started again neither
    misses nor repeats an alert. The feed is written after it and mended from the store at the next step. Tags and named
    groups are those of the moment of judging; an alert keeps the limit it went beyond and why that one held.
    """

    store: Store
    rules: RuleSet
    scheme: ComparisonScheme
    feed: Path | None = None
    name: str = "watch"
    _series: _SeriesBook | None = field(default=None, init=False, repr=False)
    _lots: dict[int, str] = field(default_factory=dict, init=False, repr=False)

    def step(self, most: int = 500) -> int:
        """Judge the next points; returns how many there were.

        Parameters
        ----------
        most : points at a time.
        """
        with self.store.reading() as session:
            after = reached(session, self.name)
            new = new_points(session, after, most)
            book = self._known(new)
            alerts = self._judged(session, book, new) if book else []
        if not new:
            self._tell()
            return 0
        if book is None:
            book = self._renewed()
            with self.store.reading() as session:
                alerts = self._judged(session, book, new)
        with self.store.writing() as session:
            if reached(session, self.name) == after:
                quiet = self.scheme.alerts.quiet_hours * 3600
                save_alerts(session, self.name, new[-1].point.point_id, alerts, quiet)
        self._tell()
        return len(new)

    def run(self) -> int:
        """Judge everything there is; returns how many points there were."""
        total = 0
        with self.store.kept_open():
            while judged := self.step():
                total += judged
        return total

    def idle_limits(self) -> list[str]:
        """Tags and groups with a limit that the store does not have, as ``tag:`` or ``group:`` and the name."""
        tags = {tag for of_lab in laboratory_tags(self.store).values() for tag in of_lab}
        groups = control_groups(self.store)
        limits = self.scheme.alerts.limits
        return [each.source for each in limits if each.tag not in tags and each.group not in groups]

    def _tell(self) -> None:
        if self.feed is not None:
            tell(self.store, self.feed)

    def _known(self, new: Sequence[NewPoint]) -> _SeriesBook | None:
        """The series, if those of all new points are among them."""
        book = self._series
        return book if book and all(p.point.series_id in book.place for p in new) else None

    def _renewed(self) -> _SeriesBook:
        """The series as they are now."""
        self._series = _SeriesBook(control_series(self.store), self.scheme)
        return self._series

    def _judged(self, session: Session, book: _SeriesBook, new: Sequence[NewPoint]) -> list[Alert]:
        """Alerts of some points, in order of time."""
        alerts = self._rule_alerts(session, book, new) + self._sdi_alerts(session, book, new)
        return sorted(alerts, key=lambda a: (a.moment, a.point_id, a.cause))

    def _rule_alerts(self, session: Session, book: _SeriesBook, new: Sequence[NewPoint]) -> list[Alert]:
        """Hits of the rule set in the runs that have a new point."""
        moments = {p.point.run: p.moment for p in new}
        runs: dict[int, set[int]] = {}
        for p in new:
            if p.in_use:
                runs.setdefault(book.chart[p.point.series_id], set()).add(p.point.run)
        needed = points_needed(self.rules)
        alerts = []
        for chart, wanted in runs.items():
            levels = book.levels[chart]
            row = book.rows[book.place[next(iter(levels))]]
            most = needed + 2 * len(wanted) if needed else 0
            points = chart_points(session, levels, max(wanted), most)
            targets = chart_targets(session, row["lab_code"], row["analyte"], levels, row["instrument"])
            for hit in judge_chart(points, targets, self.rules, frozenset(wanted)):
                moment = moments[hit.run]
                alerts.append(Alert(hit.series_id, hit.point_id, hit.rule, hit.action, hit.z, moment))
        return alerts

    def _sdi_alerts(self, session: Session, book: _SeriesBook, new: Sequence[NewPoint]) -> list[Alert]:
        """Points up to which the mean of their series over the window lies too far from the others'."""
        found = (self._sdi(session, book, p) for p in new if p.in_use and p.point.value == p.point.value)
        return [alert for alert in found if alert is not None]

    def _sdi(self, session: Session, book: _SeriesBook, new: NewPoint) -> Alert | None:
        """The alert of one series, if there is one."""
        rule, series = self.scheme.alerts, new.point.series_id
        for stack in self.scheme.ladder:
            if "qc_lot" not in stack:
                continue
            group, labs, name = book.group(series, stack)
            if labs.max() + 1 < self.scheme.laboratories_graded:
                continue
            moments, on_days = window_moments(session, group, new.point, rule.window_days)
            own = group.index(series)
            if on_days[own] < rule.days:
                return None
            sdi = _sdi_of(moments, labs, own, self.scheme)
            if sdi is None:
                continue
            if abs(sdi) <= least_limit(rule):
                return None
            limit = self._limit(session, book.rows[book.place[series]], new.point.lot_id)
            if abs(sdi) <= limit.sdi:
                return None
            reason = json.dumps(limit.as_dict(), ensure_ascii=False)
            of = ("+".join(stack), name, limit.sdi, reason)
            return Alert(series, new.point.point_id, SDI_CAUSE, "compare", sdi, new.moment, *of)
        return None

    def _limit(self, session: Session, row: Mapping[str, object], lot_id: int) -> LimitInForce:
        """The limit of a series by the tags and named groups of now; read only where some limit is passed."""
        rule = self.scheme.alerts
        groups: dict[str, int] = {}
        if not rule.limits:
            return limit_in_force(rule, (), groups)
        tags = tags_of(session, str(row["lab_code"]))
        named = {limit.group for limit in rule.limits if limit.group}
        if named:
            if lot_id not in self._lots:
                self._lots = lot_names(session)
            values = {**row, "qc_lot": self._lots[lot_id]}
            stacks = named_stacks(session)
            fit = (n for n in named & set(stacks) if fits_stack(stacks[n], values, tags))
            groups = {name: len(stacks[name]) for name in fit}
        return limit_in_force(rule, tags, groups)


def _sdi_of(moments: Moments, labs: np.ndarray, own: int, scheme: ComparisonScheme) -> float | None:
    """SDI of one series against the other laboratories; None where they are too few."""
    units = moments.merged(labs, int(labs.max()) + 1)
    if int((units.n > 0).sum()) < scheme.laboratories_graded:
        return None
    group = np.zeros(len(units.n), dtype=np.intp)
    sums = group_sums(units, group, 1, scheme.weighting)
    place = int(labs[own]) if scheme.leave_one_out else 0
    if scheme.leave_one_out:
        sums = without_own(sums, units, group, scheme.weighting)
    found = group_statistics(sums, scheme.weighting)
    sdi = (moments.mean[own] - found.mean[place]) / found.sd[place] if found.sd[place] > 0 else np.nan
    return float(sdi) if np.isfinite(sdi) else None


class _SeriesBook:
    """Series by number, their charts and their groups, made once and kept.

    Attributes
    ----------
    rows : one mapping a series. place : series -> row. chart : series -> chart. levels : chart -> series -> level.
    """

    def __init__(self, series: pd.DataFrame, scheme: ComparisonScheme) -> None:
        self.rows = series.to_dict("records")
        self.place = {int(row["series_id"]): k for k, row in enumerate(self.rows)}
        code = series.groupby(_CHART, sort=False).ngroup().tolist()
        self.chart = dict(zip(series["series_id"].tolist(), code, strict=True))
        self.levels: dict[int, dict[int, str]] = {}
        for number, chart, level in zip(series["series_id"], code, series["level"], strict=True):
            self.levels.setdefault(chart, {})[int(number)] = str(level)
        self._groups: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = {}
        for stack in scheme.ladder:
            columns = tuple(name for name in stack if name != "qc_lot")
            found = self._groups.setdefault(columns, {})
            for row in self.rows:
                found.setdefault(self._key(row, columns), []).append(int(row["series_id"]))

    def group(self, series: int, stack: Sequence[str]) -> tuple[list[int], np.ndarray, str]:
        """Series of the group of one, the laboratory of each as a number from 0, and the group's name."""
        columns = tuple(name for name in stack if name != "qc_lot")
        row = self.rows[self.place[series]]
        key = self._key(row, columns)
        members = self._groups[columns][key]
        labs = [self.rows[self.place[s]]["lab_code"] for s in members]
        return members, np.unique(labs, return_inverse=True)[1].astype(np.intp), "|".join(key[2:])

    @staticmethod
    def _key(row: dict[str, object], columns: Sequence[str]) -> tuple[str, ...]:
        return tuple(str(row[name]) for name in ("analyte", "level", *columns))
