"""Who is behind a participant code: asked for with role, reason and the code typed again; logged first, shown shortly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.controls import button, labelled
from workbench.errors import DataError
from workbench.reports.sources import opened_names
from workbench.store import Access, LaboratoryName, laboratory_name
from workbench.wording import text

SHOWN = timedelta(minutes=15)
LEAST_REASON = 10


def unblinded(
    names: str, lab_code: str, typed: tuple[str, str, str], access: tuple[str, datetime], locale: str
) -> LaboratoryName:
    """The name behind a code, after the access was written into the log of the store of names.

    Parameters
    ----------
    names : URL of that store; "" when it is not connected. lab_code : of the laboratory chosen.
    typed : role, reason, the code again. access : user and time.

    Raises
    ------
    DataError
        when something of what was typed is missing or wrong, or the store has no such name.
    """
    role, reason, code = (word.strip() for word in typed)
    problems = (
        ("unblind_off", not names),
        ("unblind_role", not role),
        ("unblind_reason", len(reason) < LEAST_REASON),
        ("unblind_code", code != lab_code),
    )
    for key, wrong in problems:
        if wrong:
            raise DataError(text(f"app.failed.{key}", locale))
    user, at = access
    store = opened_names(names)
    try:
        return laboratory_name(store, lab_code, Access(f"{user} ({role})", reason, at.replace(tzinfo=None)))
    finally:
        store.close()


class Unblinding:
    """The fields, the button and the banner.

    Attributes
    ----------
    widget : to be folded away. banner : empty until a name is shown. ask : the button.
    """

    def __init__(self, names: str, user: str, now: Callable[[], datetime], locale: str) -> None:
        self.names, self.user, self.now, self.locale = names, user, now, locale
        self.role, self.reason, self.code = (
            widgets.Text(layout=widgets.Layout(width="100%")) for _ in range(3)
        )
        self.ask = button(text("app.failed.unblind", locale))
        self.hide_now = button(text("app.failed.hide", locale))
        self.name = ""
        self._until: datetime | None = None
        self._words = widgets.HTML()
        self.banner = widgets.HBox([self._words, self.hide_now], layout=widgets.Layout(display="none"))
        note = widgets.HTML(f'<div class="wb-note">{escape(text("app.failed.unblind_note", locale))}</div>')
        fields = [
            labelled(text(f"app.failed.{key}", locale), control)
            for key, control in (("role", self.role), ("reason", self.reason), ("code", self.code))
        ]
        self.widget = widgets.VBox([note, *fields, widgets.HBox([self.ask])])
        self.hide_now.on_click(lambda _button: self.hide())

    def show(self, lab_code: str) -> str:
        """Log the access, then show the name under a banner; returns role and reason for the log of the case.

        Raises
        ------
        DataError
            as `unblinded` does; nothing is shown then.
        """
        self.hide()
        typed = (self.role.value, self.reason.value, self.code.value)
        at = self.now()
        found = unblinded(self.names, lab_code, typed, (self.user, at), self.locale)
        self.name, self._until = found.name, at + SHOWN
        words = text("app.failed.banner", self.locale, until=self._until.strftime("%H:%M"), name=found.name)
        self._words.value = f'<div class="wb-status wb-stale" role="alert">{escape(words)}</div>'
        self.banner.layout.display = ""
        self.code.value = ""
        self._hide_later()
        return f"{typed[0].strip()}: {typed[1].strip()}"

    def hide(self, *_: Any) -> None:
        """Take the name away: after its time, by hand, or because another laboratory is looked at."""
        self.name, self._until, self._words.value = "", None, ""
        self.banner.layout.display = "none"

    def hide_if_over(self) -> None:
        """Take the name away when its time is over."""
        if self._until is not None and self.now() >= self._until:
            self.hide()

    def _hide_later(self) -> None:
        """Where an event loop runs, without anybody doing anything."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        loop.call_later(SHOWN.total_seconds() + 1.0, self.hide_if_over)
