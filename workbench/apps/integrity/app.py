"""The screens for the role `integrity`: opened with a reason that is logged first, shown on aliases, never exported."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from workbench.apps.access_log import AccessLog
from workbench.apps.controls import button, labelled
from workbench.apps.frame import Frame
from workbench.apps.integrity.model import IntegrityScreen, declared_pairs, screen_programme
from workbench.apps.look import finding, shown
from workbench.apps.work import Progress, run_long
from workbench.display import Cell, Column, Table
from workbench.errors import ParameterError
from workbench.parameters import project_root
from workbench.reports.period_parts import programme_name
from workbench.reports.tuned_rounds import tuned_rounds
from workbench.wording import text

ROLE = "integrity"


class IntegrityApp:
    """The app.

    Parameters
    ----------
    database, programme_no : whose rounds are screened together. locale : zh_CN or en.
    log : where access is written; by default below the folder of outputs.
    """

    def __init__(self, database: str, programme_no: str, locale: str, log: AccessLog | None = None) -> None:
        self.frame, self.locale = Frame("app.integrity.title", locale), locale
        self._database, self._programme_no = database, programme_no
        self.log = log or AccessLog(project_root() / "outputs" / "access-log.jsonl")
        self.who, self.role = widgets.Text(), widgets.Text()
        self.reason, self.declared = widgets.Textarea(rows=3), widgets.Textarea(rows=4)
        self.open = button(text("app.integrity.open", locale), "220px")
        self.found, self.own = widgets.HTML(), widgets.HTML()
        self.frame.controls.children = (
            *(
                labelled(text(f"app.integrity.{name}", locale), control)
                for name, control in (
                    ("who", self.who), ("role", self.role), ("reason", self.reason), ("declared", self.declared),
                )
            ),
            self.open,
        )  # fmt: skip
        notice = widgets.HTML(finding(text("screen.notice", locale)))
        self.frame.views.children = (notice, self.found, self.own)
        self.open.on_click(self.frame.guarded(lambda _button: self.look()))

    def _ipython_display_(self) -> None:
        self.frame._ipython_display_()

    def look(self) -> None:
        """Write who looks and why, then screen.

        Raises
        ------
        ParameterError
            for another role, or without who and why.
        """
        if self.role.value.strip() != ROLE:
            raise ParameterError(text("app.integrity.not_allowed", self.locale, role=ROLE))
        what = {"action": "screen", "programme_no": self._programme_no}
        self.log.enter(self.who.value, ROLE, self.reason.value, what, self.locale)
        declared = declared_pairs(self.declared.value)

        def work(progress: Progress) -> IntegrityScreen:
            progress(0, 2)
            rounds = tuned_rounds(self._database, self._programme_no, (), self.locale)
            progress(1, 2)
            return screen_programme(rounds, declared)

        run_long(self.frame, text("app.integrity.title", self.locale), work, self._show)

    def _show(self, screen: IntegrityScreen) -> None:
        """Both tables, what the level means, and the reader's own entries in the log."""
        locale, rounds = self.locale, screen.rounds
        self.frame.scope(
            text("app.integrity.scope", locale, programme=programme_name(rounds.programme, locale),
                 first=rounds.archive.rounds[0], last=rounds.archive.rounds[-1], out=screen.left_out)
        )  # fmt: skip
        parts = [finding(screen.stated(locale)), shown(screen.pair_table(locale))]
        if len(screen.pairs.flags):
            parts.append(finding(text("screen.pair", locale)))
        self.found.value = "".join([*parts, shown(screen.single_table(locale))])
        self.own.value = shown(self._entries())
        self.frame.say(
            text("app.integrity.done", locale, pairs=len(screen.pairs.flags), single=len(screen.single.flags))
        )

    def _entries(self) -> Table:
        """What the log holds of the reader."""
        heads = ("at", "role", "reason")
        columns = tuple(Column(key, text(f"app.access.{key}", self.locale)) for key in heads)
        rows: list[tuple[Any, ...]] = [
            tuple(Cell(str(entry[key])) for key in heads) for entry in self.log.entries(self.who.value)
        ]
        return Table("access", text("app.access.caption", self.locale), columns, tuple(rows))
