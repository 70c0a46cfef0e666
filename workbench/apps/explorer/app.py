"""The round explorer: matrix of the round, seven views of a programme, decisions that are tried before they are taken."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import ipywidgets as widgets

from workbench.apps.controls import button, choice
from workbench.apps.downloads import link
from workbench.apps.explorer.decision import DecisionPanel
from workbench.apps.explorer.drafts import Draft
from workbench.apps.explorer.model import VIEWS, RoundExplorer
from workbench.apps.explorer.naming import ADVISER, Naming, programme_name, words
from workbench.apps.explorer.state import Opened, checklist, counts_of
from workbench.apps.explorer.tables import draft_tables
from workbench.apps.explorer.views import Filters, home_instruments, pages
from workbench.apps.frame import Frame, started
from workbench.apps.look import heading, shown
from workbench.apps.work import run_long
from workbench.figures.participation import CELLS
from workbench.parameters import catalogue
from workbench.reports.sources import opened_store
from workbench.wording import text

ROLE_SETTING = "WORKBENCH_ROLE"
_DIGITS = 12


class RoundExplorerApp:
    """The app of one round.

    Parameters
    ----------
    parameters : database, round_code, programme_no, view, analyte, sample, role, locale. The page's query string
        overrules all but the role, which it can only lower.
    now : the clock.
    """

    def __init__(self, parameters: dict[str, Any], now: Callable[[], datetime] = datetime.now) -> None:
        given = started(parameters, os.environ.get("QUERY_STRING", ""))
        allowed = os.environ.get(ROLE_SETTING, str(parameters["role"]))
        role = ADVISER if ADVISER in (given["role"], allowed) else allowed
        self.locale, self.now = given["locale"], now
        self.frame = Frame("app.round_explorer.title", self.locale)
        self.opened: Opened | None = None
        self.draft: Draft | None = None
        self.judged: dict[str, dict[str, Any]] = {}
        self.filling = False
        self._build()
        self.wanted = {name: str(given.get(name, "")) for name in ("view", "analyte", "sample")}
        self.frame.guarded(self._start)(given, role)

    def _ipython_display_(self) -> None:
        """Show the app where its notebook ends."""
        self.frame._ipython_display_()

    def _words(self, key: str, **values: object) -> str:
        return words(key, self.locale, **values)

    def _build(self) -> None:
        """Controls, boxes of the views, exports."""
        everything = [(self._words("all"), "")]
        self.programme, programme = choice(self._words("control.programme"), [(self._words("choose"), "")])
        views = [(self._words(f"view.{name}"), name) for name in VIEWS]
        self.view, view = choice(self._words("control.view"), views)
        self.item, item = choice(self._words("control.item"), everything)
        self.sample, sample = choice(self._words("control.sample"), everything)
        self.instrument, instrument = choice(self._words("control.instrument"), everything)
        states = [(text(f"figure.participation_{kind}", self.locale), kind) for kind in CELLS]
        self.state, self._state_box = choice(self._words("control.state"), [*everything, *states])
        self.page, self._page_box = choice(self._words("control.page", n=1), [("1", 0)])
        filters = [view, item, sample, instrument, self._state_box, self._page_box]
        self.decision = DecisionPanel(self)
        self.frame.controls.children = [programme, *filters]
        self.frame.controls.add_class("wb-controls")
        self.matrix, self.stale, self.body, self.drafted = (widgets.HTML() for _ in range(4))
        self.frame.views.children = [
            self.matrix,
            self.stale,
            self.body,
            self.decision.widget,
            self.drafted,
        ]
        self.export, self.reload = button(self._words("export")), button(self._words("reload"))
        self.judge_all = button(self._words("judge_all"))
        self.saved, self.link = widgets.HTML(), widgets.HTML()
        self.frame.exports.children = [self.export, self.reload, self.judge_all, self.saved, self.link]
        self.judge_all.on_click(self.frame.guarded(lambda _button: self._judge_all()))
        self.export.on_click(self.frame.guarded(lambda _button: self._export()))
        self.reload.on_click(self.frame.guarded(lambda _button: self._open()))
        self.frame.watch([self.programme], self._open)
        controls = [self.view, self.item, self.sample, self.instrument, self.state, self.page]
        self.frame.watch(controls, self._changed)

    def _start(self, given: dict[str, Any], role: str) -> None:
        """The matrix at once, then the programme asked for."""
        store = opened_store(given["database"])
        self.model = RoundExplorer(store, given["round_code"], self.locale, role)
        rows = self.model.matrix()
        known = [row["programme_no"] for row in rows]
        options = [(programme_name(catalogue()[no], self.locale), no) for no in known]
        self.programme.options = [(self._words("choose"), ""), *options]
        self._show_matrix(rows)
        counted = {"round": self.model.round_code, "n": len(rows)}
        self.frame.scope(self._words("scope_round", role=self._words(f"role.{role}"), **counted))
        self.frame.say(self._words("status_round" if rows else "no_round", **counted))
        if given["programme_no"] in known:
            self.programme.value = given["programme_no"]

    def _show_matrix(self, rows: list[dict[str, Any]] | None = None) -> None:
        found = rows if rows is not None else self.model.matrix(self.judged)
        self.matrix.value = shown(self.model.matrix_table(found, self.programme.value))

    def _open(self) -> None:
        """Read and evaluate the chosen programme."""
        chosen = self.programme.value
        if not chosen:
            return
        name = programme_name(catalogue()[chosen], self.locale)
        what = self._words("opening", programme=name)
        run_long(self.frame, what, lambda _progress: self.model.open(chosen), self.take)

    @property
    def naming(self) -> Naming:
        """Names for this role at this moment."""
        assert self.opened is not None
        return self.model.naming(self.opened, self.now())

    def take(self, opened: Opened) -> None:
        """Show a programme that was read, or read again; one that is no longer chosen is let go."""
        if opened.programme.programme_no != self.programme.value:
            return
        fresh = self.opened is None or self.opened.programme != opened.programme
        self.opened, self.draft = opened, None
        self.judged[opened.programme.programme_no] = counts_of(opened)
        self._show_matrix()
        self._scope()
        if fresh:
            self.filling = True
            self._offer()
            self._restore()
            self.filling = False
        self.decision.offer()
        self.drafted.value = ""
        stale = self._words("stale" if opened.record else "not_evaluated", command=self.model.command())
        self.stale.value = _stale_line(stale) if opened.is_stale else ""
        self._status()
        self.show()

    def _judge_all(self) -> None:
        """Every programme of the round as its data stand."""
        numbers = [value for _, value in self.programme.options if value]
        if not numbers:
            self.frame.say(self._words("no_returns"))
            return

        def done(lines: dict[str, dict[str, Any]]) -> None:
            self.judged |= lines
            self._show_matrix()
            self.frame.say(self._words("judged", n=len(lines), total=len(numbers)))

        what = self._words("judging")
        run_long(self.frame, what, lambda progress: self.model.judge(numbers, progress), done)

    def _restore(self) -> None:
        """What the address of the page asked to be looked at, once."""
        wanted, self.wanted = self.wanted, {}
        pairs = {"view": self.view, "analyte": self.item, "sample": self.sample}
        for name, value in wanted.items():
            if value in [code for _, code in pairs[name].options]:
                pairs[name].value = value

    def _show_link(self) -> None:
        """An address that opens the page as it stands; the database is the page's own."""
        state = {
            "round_code": self.model.round_code,
            "programme_no": self.programme.value,
            "view": self.view.value,
            "analyte": self.item.value,
            "sample": self.sample.value,
            "role": self.model.role,
            "locale": self.locale,
        }
        address = escape("?" + urlencode({name: value for name, value in state.items() if value}))
        words_of = escape(self._words("link"))
        self.link.value = (
            f'<a class="wb-download" href="{address}" target="_blank" rel="noopener">{words_of}</a>'
        )

    def _scope(self) -> None:
        """Programme, snapshot, evaluation, role."""
        opened = self.naming.opened
        self.frame.scope(
            self._words(
                "scope",
                round=self.model.round_code,
                programme=programme_name(opened.programme, self.locale),
                snapshot=opened.sha256[:_DIGITS],
                evaluation=opened.record.evaluation_id[:_DIGITS] if opened.record else "–",
                role=self._words(f"role.{self.model.role}"),
            )
        )

    def _status(self) -> None:
        points = [point for point in checklist(self.naming.opened) if point.is_open]
        blocking = sum(point.blocks for point in points)
        name = programme_name(self.naming.opened.programme, self.locale)
        waiting = len(points) - blocking
        said = self._words("status", programme=name, open=blocking, waiting=waiting)
        empty = not self.judged[self.naming.opened.programme.programme_no]["returned"]
        self.frame.say(f"{said} {self._words('no_returns')}" if empty else said)

    def _offer(self) -> None:
        """Fill the filters with what this programme has."""
        naming = self.naming
        everything = (self._words("all"), "")
        self.item.options = [everything, *((naming.item(code), code) for code in naming.opened.enrolled)]
        self.sample.options = [everything, *((code, code) for code in naming.opened.samples)]
        used = sorted(set(home_instruments(naming).values()))
        named = [(naming.systems.of("instrument", code), code) for code in used]
        self.instrument.options = [everything, *named]
        total = pages(naming)
        self.page.options = [(str(n + 1), n) for n in range(total)]
        self._page_box.children[0].value = self._page_box.children[0].value.replace("1", str(total), 1)

    @property
    def filters(self) -> Filters:
        """As the controls stand."""
        return Filters(
            analyte=self.item.value or "",
            sample=self.sample.value or "",
            instrument=self.instrument.value or "",
            state=self.state.value or "",
            page=self.page.value or 0,
        )

    def _changed(self) -> None:
        """A filter was moved by hand, not by the app itself."""
        if not self.filling:
            self.show()

    def show(self) -> None:
        """Draw the chosen view."""
        if self.opened is None:
            return
        name = self.view.value
        self._show_link()
        self._state_box.layout.display = "" if name == "participation" else "none"
        self._page_box.layout.display = "" if name == "distributions" and not self.item.value else "none"
        if name == "splits":
            what = self._words("counting_splits")
            run_long(
                self.frame, what, lambda _progress: self._parts(name), lambda html: self._draw(name, html)
            )
            return
        self._draw(name, self._parts(name))

    def _parts(self, name: str) -> str:
        return "".join(map(shown, self.model.view(self.naming, name, self.filters)))

    def _draw(self, name: str, html: str) -> None:
        """The parts of a view, unless another one was chosen meanwhile."""
        if name != self.view.value:
            return
        self.body.value = heading(self._words(f"view.{name}")) + html
        if name == "splits":
            self._status()

    def show_draft(self, proposed: Draft | None) -> None:
        """A draft under the view, or nothing."""
        self.draft = proposed
        if proposed is None:
            self.drafted.value = ""
            return
        tables = [part for part in draft_tables(self.naming, proposed) if part.rows]
        first = draft_tables(self.naming, proposed)[0]
        parts = tables if tables and tables[0].id == first.id else [first, *tables]
        self.drafted.value = heading(self._words("heading.draft")) + "".join(map(shown, parts))

    def _export(self) -> None:
        """The tables as a workbook."""
        if self.opened is None:
            self.frame.say(self._words("choose"))
            return
        name = f"round-explorer-{self.model.round_code}-{self.opened.programme.programme_no}.xlsx"
        rows = self.model.matrix(self.judged)
        content = self.model.export(self.naming, self.filters, rows, self.draft)
        self.saved.value = link(name, content, self._words("save", name=name))
        self.frame.say(self._words("exported", name=name))


def _stale_line(said: str) -> str:
    """A yellow line that stays."""
    return f'<div class="wb-status wb-stale" role="status">{escape(said)}</div>'
