"""The notes of a case in an app: written, written again, ticked for the dossier; and the log of the case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.controls import button, labelled
from workbench.apps.failed.case_book import CaseBook, CaseKey, Entry
from workbench.apps.look import heading
from workbench.errors import DataError
from workbench.reports.investigation_dossier import LOG_BELOW
from workbench.wording import text

Clock = Callable[[], datetime]


class CaseNotes:
    """Notes and log of one case at a time.

    Parameters
    ----------
    book : where they are kept. who : written beside each. now : the clock.

    Attributes
    ----------
    widget : notes. record : the log. add : the button that keeps a note. forbidden : words no note may hold.
    """

    def __init__(self, book: CaseBook, who: str, now: Clock, locale: str) -> None:
        self.book, self.who, self.now, self.locale = book, who, now, locale
        self.key: CaseKey | None = None
        self.forbidden: tuple[str, ...] = ()
        self.area = widgets.Textarea(layout=widgets.Layout(width="100%", height="64px"))
        self.version = widgets.Dropdown(options=[(text("app.failed.note_new", locale), 0)])
        self.version.layout.width = "100%"
        self.add = button(text("app.failed.note_add", locale))
        self.lines = widgets.VBox()
        self.record = widgets.HTML()
        self.version.observe(self._load, names="value")
        area = labelled(text("app.failed.note_text", locale), self.area)
        area.layout.width = "100%"
        as_what = labelled(text("app.failed.note_of", locale), self.version)
        row = widgets.HBox([as_what, self.add], layout=widgets.Layout(align_items="flex-end", grid_gap="8px"))
        title = widgets.HTML(heading(text("app.failed.notes", locale)))
        self.widget = widgets.VBox([title, self.lines, area, row])
        self._ticks: dict[int, Any] = {}

    def show(self, key: CaseKey) -> None:
        """The notes and the log of a case."""
        if key != self.key:
            self.key, self.area.value, self._ticks = key, "", {}
        self._refresh()

    def keep(self) -> Entry:
        """Keep what is written as a new note or another version.

        Raises
        ------
        DataError
            when nothing is written, or a name that was unblinded.
        """
        assert self.key is not None
        written = self.area.value
        if not written.strip():
            raise DataError(text("app.failed.note_empty", self.locale))
        if any(word and word in written for word in self.forbidden):
            raise DataError(text("app.failed.note_names", self.locale))
        entry = self.book.write_note(self.key, written, self.who, self.now(), self.version.value or 0)
        self.area.value = ""
        self._refresh()
        return entry

    def log(self, kind: str, words: str = "", key: CaseKey | None = None) -> None:
        """Put an event on record, of the case shown or of another one."""
        case = key or self.key
        assert case is not None
        self.book.log(case, kind, self.who, self.now(), words)
        self._refresh()

    def for_dossier(self) -> str:
        """The ticked notes a line each, below a line of hyphens the log."""
        assert self.key is not None
        notes = [self._line(note) for note in self.book.notes(self.key) if self._ticks[note.note].value]
        events = [self._event(event) for event in self.book.events(self.key)]
        return "\n".join([*notes, LOG_BELOW, *events]) if notes else "\n".join(["", LOG_BELOW, *events])

    def explained(self) -> str:
        """When the case was marked as explained; "" when it was not."""
        events = self.book.events(self.key) if self.key else ()
        return next((event.at for event in reversed(events) if event.kind == "explained"), "")

    def _refresh(self) -> None:
        """Notes with their ticks, the list of what can be written again, the log."""
        if self.key is None:
            return
        notes = self.book.notes(self.key)
        for note in notes:
            box = self._ticks.setdefault(
                note.note, widgets.Checkbox(value=True, indent=False, layout=widgets.Layout(width="28px"))
            )
            box.tooltip = text("app.failed.note_ticked", self.locale)
        rows = [
            widgets.HBox([self._ticks[note.note], widgets.HTML(escape(self._line(note)))]) for note in notes
        ]
        word = text("app.failed.note_ticked" if notes else "app.failed.no_notes", self.locale)
        self.lines.children = [*rows, widgets.HTML(f'<div class="wb-note">{escape(word)}</div>')]
        again = [(text("app.failed.note_again", self.locale, n=note.note), note.note) for note in notes]
        self.version.options = [(text("app.failed.note_new", self.locale), 0), *again]
        self.version.value = 0
        events = "".join(f"<div>{escape(self._event(event))}</div>" for event in self.book.events(self.key))
        self.record.value = f'<div class="wb-note">{events}</div>'

    def _load(self, _change: Any) -> None:
        """A note chosen to be written again stands in the box."""
        if self.key is not None and self.version.value:
            notes = {note.note: note.text for note in self.book.notes(self.key)}
            self.area.value = notes.get(self.version.value, "")

    def _line(self, note: Entry) -> str:
        return text(
            "app.failed.note_line", self.locale, n=note.note, at=shown_moment(note.at), who=note.who,
            version=note.version, text=note.text,
        )  # fmt: skip

    def _event(self, event: Entry) -> str:
        what = text(f"app.failed.log.{event.kind}", self.locale)
        at = shown_moment(event.at)
        return text(
            "app.failed.log_line", self.locale, at=at, who=event.who, what=what, text=event.text
        ).strip()


def shown_moment(at: str) -> str:
    """Day and minute of an ISO time.

    Examples
    --------
    >>> shown_moment("2026-05-20T10:02:33+08:00")
    '2026-05-20 10:02'
    """
    return at[:16].replace("T", " ")
