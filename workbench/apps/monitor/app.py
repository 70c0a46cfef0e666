"""The monitor of internal quality control as widgets: filters on the left, views, alerts, form and exports."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import ipywidgets as widgets

from workbench.apps.controls import WIDTH, button, choice, labelled
from workbench.apps.frame import Frame, started
from workbench.apps.look import shown
from workbench.apps.monitor.alerts import AlertBook, AlertPanel
from workbench.apps.monitor.entry import EntryDesk, EntryPanel
from workbench.apps.monitor.exports import ExportBar
from workbench.apps.monitor.filters import FilterStack
from workbench.apps.monitor.model import (
    TARGETS,
    WINDOWS,
    ControlArchive,
    Wanted,
    analytes_of,
    compare,
    open_archive,
    sources_of,
    usual_lot,
)
from workbench.apps.monitor.viewer import Viewer, viewer_of
from workbench.apps.monitor.views import SORTS, MonitorView, Part
from workbench.display import Figure
from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_items import control_analytes
from workbench.parameters.iqc_schemes import comparison_schemes
from workbench.reports.iqc_rows import EPOCH
from workbench.reports.iqc_rule_words import localised_name
from workbench.reports.report_meta import localised
from workbench.reports.sources import opened_store
from workbench.store.control_groups import control_groups, save_control_group
from workbench.store.control_tables import control_state
from workbench.wording import text

PARAMETERS = (
    *("database", "role", "lab_code", "locale", "analyte", "level", "days", "rules", "target", "filters"),
    *("organiser", "cards", "card_folder"),
)
"""Parameters of the notebook."""
_LISTED = 9
_LOCKED = ("organiser", "cards", "card_folder")
"""Parameters of the notebook that the address of a page never changes."""
_STATE = ("analyte", "level", "days", "rules", "target")
"""What a link to the state holds besides the filters."""


def open_monitor(
    parameters: Mapping[str, Any], query: str = "", clock: Callable[[], datetime] = datetime.now
) -> IqcMonitor:
    """Open the app.

    Parameters
    ----------
    parameters : of the notebook: database, role, lab_code, locale; to begin with: analyte, level, days, rules, target,
        filters (dimension:value, parted by |); organiser, cards, card_folder.
    query : of the page; it may narrow what is seen, see `viewer_of`. clock : tells the time of what is entered.
    """
    viewer = viewer_of(parameters, started(parameters, query), os.environ)
    locked = _LOCKED if os.environ.get("WORKBENCH_ROLE") != "participant" else (*_LOCKED, "database")
    asked = started(parameters, query) | {name: parameters[name] for name in locked}
    return IqcMonitor(asked | {"query": query}, viewer, clock)


class IqcMonitor:
    """The app.

    Attributes
    ----------
    frame : title, status line. view : what is shown now. wanted : what is chosen.
    """

    def __init__(self, start: Mapping[str, Any], viewer: Viewer, clock: Callable[[], datetime]) -> None:
        self.viewer, self._start, self._clock = viewer, start, clock
        self.database, locale = str(start["database"]), str(start["locale"])
        self.frame, self._quiet = Frame("app.iqc.title", locale), False
        self.view: MonitorView | None = None
        self.frame.guarded(self._build)()

    def _ipython_display_(self) -> None:
        """Show the app where its notebook ends."""
        self.frame._ipython_display_()

    def _say(self, key: str, **values: object) -> str:
        return text(f"app.iqc.{key}", self.frame.locale, **values)

    def _build(self) -> None:
        """Controls, views and exports, then the first look."""
        self.filters = FilterStack(self.frame, self.viewer, self._refresh)
        self._build_choices()
        self._build_views()
        self.alerts = AlertPanel(self.frame)
        self.entry = EntryPanel(self.frame, self._clock, self._entered)
        self.exports = ExportBar(self.frame, self)
        pair = widgets.HBox(
            [self.alerts.widget, self.entry.widget],
            layout=widgets.Layout(flex_flow="row wrap", grid_gap="20px"),
        )
        self.frame.views.children = [*self.frame.views.children, pair]
        self.frame.exports.children = [self.exports.widget]
        self._open_analyte()
        self._watch()
        if self._start.get("filters"):
            pairs = [pair.partition(":") for pair in str(self._start["filters"]).split("|")]
            self._use({name: value for name, _, value in pairs})

    def _build_choices(self) -> None:
        """What stands on the left."""
        locale, start = self.frame.locale, self._start
        codes = analytes_of(self.database)
        known = control_analytes()
        names = [(f"{localised(known[code], 'name', locale)} {code}", code) for code in codes]
        self.analyte, analyte_box = choice(text("app.analyte", locale), names, start.get("analyte"))
        self.level, level_box = choice(self._say("level"), [("", "")])
        days = [(self._say("days", n=n), n) for n in WINDOWS]
        self.days, days_box = choice(self._say("window"), days, int(start.get("days") or 90))
        self.saved, saved_box = choice(self._say("saved"), [("", "")])
        self.name = widgets.Text(layout=widgets.Layout(width="100%"))
        self.save, self.clear = button(self._say("save"), WIDTH), button(self._say("clear"), WIDTH)
        self.laboratory = widgets.Select(rows=_LISTED, layout=widgets.Layout(width="100%"))
        self.laboratory.tooltip = self._say("laboratory")
        sets = [(localised_name(each, locale), code) for code, each in rule_sets().items()]
        self.rules, rules_box = choice(self._say("rules"), sets, start.get("rules") or "twelve")
        targets = [(self._say(f"target.{name}"), name) for name in TARGETS]
        self.target, target_box = choice(self._say("target"), targets, start.get("target") or "group")
        self.tea, tea_box = choice(self._say("tea"), [("", -1)])
        self.document = widgets.HTML()
        self.reload = button(text("app.reload", locale), WIDTH)
        listed = labelled(self._say("laboratory"), self.laboratory)
        named = labelled(self._say("save_name"), self.name)
        self.frame.controls.children = [
            analyte_box, level_box, days_box, listed, self.filters.widget, self.clear, saved_box, named, self.save,
            rules_box, target_box, tea_box, self.document, self.reload,
        ]  # fmt: skip

    def _build_views(self) -> None:
        """What stands on the right."""
        self.line, self.notice, self.plane, self.months, self.chart, self.listed, self.table = (
            widgets.HTML() for _ in range(7)
        )
        self.line.add_class("wb-group-line")
        for box in (self.plane, self.months):
            box.layout = widgets.Layout(flex="1 1 300px", min_width="0", max_width="460px")
        row = widgets.HBox(
            [self.plane, self.months], layout=widgets.Layout(flex_flow="row wrap", grid_gap="12px")
        )
        sorts = [(self._say(f"sort.{name}"), name) for name in SORTS]
        own = self.viewer.is_participant
        self.sort, sort_box = choice(self._say("sort"), sorts, "code" if own else "grade")
        sort_box.layout = widgets.Layout(width=WIDTH)
        self.frame.views.children = [
            self.line,
            self.notice,
            row,
            self.chart,
            self.listed,
            sort_box,
            self.table,
        ]

    def _watch(self) -> None:
        """Let the controls act."""
        self.frame.watch([self.analyte], self._open_analyte)
        self.frame.watch([self.level], self._begin)
        self.frame.watch([self.days, self.rules, self.target, self.tea], self._refresh)
        self.frame.watch([self.laboratory, self.sort], self._draw)
        self.frame.watch([self.saved], self._use_saved)
        for pressed, act in ((self.save, self._save), (self.clear, self._clear), (self.reload, self._reload)):
            pressed.on_click(self.frame.guarded(lambda _button, act=act: act()))

    @property
    def archive(self) -> ControlArchive:
        """What is known of the analyte."""
        return self._archive

    @property
    def wanted(self) -> Wanted:
        """What is chosen."""
        tea = -1 if self.tea.value is None else int(self.tea.value)
        chosen = (
            self.filters.chosen,
            int(self.days.value),
            str(self.rules.value),
            str(self.target.value),
            tea,
        )
        return Wanted(str(self.level.value), *chosen)

    def _open_analyte(self) -> None:
        """Read another analyte and begin anew."""
        self._archive = open_archive(self.database, str(self.analyte.value))
        self._quiet = True
        try:
            levels = self._archive.levels
            before = self.level.value or str(self._start.get("level") or "")
            self.level.options = [(level, level) for level in levels]
            self.level.value = before if before in levels else levels[0]
            sources = sources_of(self._archive, comparison_schemes()["default"])
            named = [(ref.authority, place) for place, ref, _ in sources]
            self.tea.options = [(self._say("tea_order"), -1), *named]
        finally:
            self._quiet = False
        self._fill_saved()
        self._begin()
        self.alerts.open(AlertBook(self.database, self._archive.analyte, self.viewer, self.frame.locale))

    def _begin(self) -> None:
        """Start with the lot most laboratories have."""
        if self._quiet:
            return
        self.filters.choose({})
        self.filters.refill(self._archive, self.wanted)
        self.filters.choose({"qc_lot": usual_lot(self._archive, self.wanted)})
        self._refresh()
        self._open_desk()

    def _refresh(self) -> None:
        """Compare anew."""
        if self._quiet:
            return
        self.filters.refill(self._archive, self.wanted)
        self.view = MonitorView(compare(self._archive, self.wanted), self.viewer, self.frame.locale)
        self._fill_laboratories()
        self.alerts.compare({part["lab_code"] for part in self.view.charted})
        self._tell_scope()
        self._draw()

    def _fill_laboratories(self) -> None:
        """Rows that may be chosen; the chosen one stays where it is there."""
        assert self.view is not None
        before, rows = self.laboratory.value, self.view.charted
        self._quiet = True
        try:
            self._parts = {_key(part): part for part in rows}
            self.laboratory.options = [(self.view.label(part), key) for key, part in self._parts.items()]
            worst = max(rows, key=lambda p: ("NABCD".find(p["grade"]), abs(p["sdi"] or 0)), default=None)
            if before in self._parts:
                self.laboratory.value = before
            elif worst is not None:
                self.laboratory.value = _key(worst)
        finally:
            self._quiet = False

    @property
    def chosen(self) -> Part | None:
        """The row that stands out."""
        return self._parts.get(self.laboratory.value)

    def _draw(self) -> None:
        """All views of what was compared."""
        if self._quiet or self.view is None:
            return
        view, part = self.view, self.chosen
        self.line.value = f'<div class="wb-heading">{escape(view.group_line())}</div>'
        self.notice.value = view.notice()
        plane = view.plane(part) if part else None
        months = view.months(part) if part else None
        figure, said = view.chart(part) if part else (None, "")
        self.figures = {"plane": plane, "months": months, "chart": figure}
        self.plane.value, self.months.value = _plot(plane), _plot(months)
        self.chart.value = _plot(figure) + said
        self.listed.value = view.rule_list()
        self.table.value = shown(view.grades(str(self.sort.value))) if view.rows else ""
        self._tell_document()
        self.exports.stale()
        stale = control_state(opened_store(self.database)) != self._archive.state
        self.frame.say(*((text("app.stale", self.frame.locale), "stale") if stale else (view.status(), "")))

    def _tell_document(self) -> None:
        """The document of the allowable error."""
        rows = self.view.charted if self.view else []
        source = next((part["tea_source"] for part in rows if part["tea_source"]), "")
        words = self._say("tea_document", document=source) if source else self._say("tea_none")
        self.document.value = f'<div class="wb-note">{escape(words)}</div>'

    def _tell_scope(self) -> None:
        """Role, analyte, how far the data reach."""
        archive = self._archive
        received = archive.received_at.isoformat(" ", "minutes") if archive.received_at else "–"
        day = (EPOCH + timedelta(days=archive.last_day)).isoformat()
        name = localised(control_analytes()[archive.analyte], "name", self.frame.locale)
        own = {"lab_code": self.viewer.lab_code} if self.viewer.is_participant else {}
        self.frame.scope(
            self._say(f"scope.{self.viewer.role}", analyte=name, day=day, received=received, **own)
        )

    def link(self) -> str:
        """Address of the page as it stands: what it was asked for, and the state."""
        given = dict(parse_qsl(str(self._start.get("query") or "")))
        state = {name: str(getattr(self, name).value) for name in _STATE}
        state["filters"] = "|".join(f"{name}:{value}" for name, value in self.filters.chosen)
        return "?" + urlencode(given | state | {"locale": self.frame.locale})

    def _owner(self) -> str:
        return self.viewer.lab_code if self.viewer.is_participant else ""

    def _fill_saved(self) -> None:
        """Saved groups."""
        self._groups = control_groups(opened_store(self.database), self._owner())
        self._quiet = True
        try:
            self.saved.options = [(self._say("saved_none"), ""), *((name, name) for name in self._groups)]
        finally:
            self._quiet = False

    def _use_saved(self) -> None:
        """Put a saved group in force."""
        if not self._quiet and self.saved.value:
            self._use(self._groups[str(self.saved.value)])

    def _use(self, stack: Mapping[str, str]) -> None:
        """Put a stack of filters in force."""
        self.filters.choose({})
        self.filters.refill(self._archive, self.wanted)
        self.filters.choose(stack)
        self._refresh()

    def _save(self) -> None:
        name = " ".join(str(self.name.value).split())
        save_control_group(
            opened_store(self.database), name, dict(self.filters.chosen), self._clock(), self._owner()
        )
        self._fill_saved()
        self.frame.say(self._say("saved_as", name=name))

    def _clear(self) -> None:
        self.filters.choose({})
        self._refresh()

    def _reload(self) -> None:
        """Read again what the store holds; controls keep their values."""
        self._archive = open_archive(self.database, str(self.analyte.value))
        self._refresh()
        self.alerts.refresh()

    def _entered(self) -> None:
        """A value has come in by the form."""
        self._reload()

    def _open_desk(self) -> None:
        """The form begins with what is looked at."""
        part = self.chosen
        start = {"lab_code": self.viewer.lab_code, "level": str(self.level.value), "run_no": "1"}
        if part is not None:
            start |= {name: str(part[name]) for name in ("lab_code", "qc_lot", "instrument")}
        desk = EntryDesk(self.database, self._archive.analyte, self.viewer, self.frame.locale)
        self.entry.open(desk, start)

    def draft(self) -> dict[str, Any]:
        """What a draft of the month is made of besides month and kind."""
        now = self._clock().astimezone().isoformat(timespec="seconds")
        own = {name: str(self._start.get(name) or "") for name in ("cards", "card_folder")}
        names = {"organiser": str(self._start.get("organiser") or "EQA"), "issued_at": now, **own}
        return names | {"rules": self.wanted.rules, "scheme": self.wanted.scheme, "locale": self.frame.locale}


def _plot(figure: Figure | None) -> str:
    """A figure as wide as its place; nothing where there is none."""
    return f'<div class="wb-wide">{shown(figure)}</div>' if figure else ""


def _key(part: Part) -> tuple[str, ...]:
    """What tells a row from all others."""
    names = ("lab_code", "instrument", "reagent", "sub_type", "calibrator", "qc_lot")
    return tuple(str(part[name]) for name in names)
