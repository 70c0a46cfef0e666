"""The monitor's list of alerts: what was found, and acknowledging it with a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.controls import WIDTH, button, choice, labelled
from workbench.apps.frame import Frame
from workbench.apps.look import heading
from workbench.apps.monitor.viewer import Viewer
from workbench.errors import DataError
from workbench.reports.iqc_month_twin import rule_name
from workbench.reports.sources import opened_store
from workbench.rounds.control_watch import SDI_CAUSE
from workbench.store.control_master import control_master
from workbench.store.control_watch import acknowledge_alert, control_alerts
from workbench.wording import printed, text

ALERTS_SHOWN = 100
NOTE_SHORTEST = 4
SHOWN = ("new", "warning", "all")
"""New ones that reject or compare; every new one; all."""


@dataclass(frozen=True)
class AlertBook:
    """Alerts of one analyte as one reader may see them.

    Parameters
    ----------
    database : URL. viewer : a participant has its own alerts only, and only these are read.
    """

    database: str
    analyte: str
    viewer: Viewer
    locale: str

    def rows(self, show: str, laboratories: Collection[str] | None = None) -> list[dict[str, Any]]:
        """Alerts, the newest first; notes that name another laboratory are not shown to a participant.

        Parameters
        ----------
        show : of `SHOWN`. laboratories : of these only; None: of all the reader sees.
        """
        store = opened_store(self.database)
        own = self.viewer.lab_code if self.viewer.is_participant else ""
        found = control_alerts(store, analyte=self.analyte, lab_code=own)
        if show != "all":
            found = found[found["state"] == "new"]
        if show == "new":
            found = found[found["action"] != "warning"]
        if laboratories is not None:
            found = found[found["lab_code"].isin(list(laboratories))]
        rows = found.sort_values(["moment", "alert_id"], ascending=False).to_dict("records")
        if own and any(row["note"] for row in rows):
            others = control_master(store).laboratories - {own}
            for row in rows:
                row["note"] = "" if any(code in row["note"] for code in others) else row["note"]
        return [{str(k): v for k, v in row.items()} for row in rows]

    def line(self, row: Mapping[str, Any]) -> str:
        """One alert in one line."""
        sdi = row["cause"] == SDI_CAUSE
        cause = text("app.iqc.alert_sdi", self.locale) if sdi else rule_name(row["cause"])
        action = (
            text(f"iqc.action.{row['action']}", self.locale) if row["action"] in ("reject", "warning") else ""
        )
        size = f"{'SDI' if sdi else 'z'} {printed(row['size'], 2, signed=True)}{self._limit(row)}"
        moment = datetime.fromtimestamp(int(row["moment"]), UTC).strftime("%Y-%m-%d %H:%M")
        code = text("app.iqc.own_line", self.locale) if self.viewer.is_participant else row["lab_code"]
        state = text(f"app.iqc.alert_state.{row['state']}", self.locale)
        cause = f"{cause} {action}".strip()
        return text(
            "app.iqc.alert_line", self.locale, moment=moment, code=code, level=row["level"], cause=cause,
            size=size, state=state,
        )  # fmt: skip

    def _limit(self, row: Mapping[str, Any]) -> str:
        """The limit an SDI went beyond and why it held; a participant is not told of the organiser's tags and groups."""
        if not row["limit_reason"]:
            return ""
        limit = json.loads(row["limit_reason"])
        size, locale = f"{limit['sdi']:g}", self.locale
        if self.viewer.is_participant:
            return text("app.iqc.alert_limit_own", locale, limit=size)
        kind, _, name = str(limit["source"]).partition(":")
        of = text(f"app.iqc.limit_of.{kind}", locale, name=name)
        wins = text(f"app.iqc.limit_wins.{limit['wins']}", locale, n=len(limit["fitting"]))
        return text("app.iqc.alert_limit", locale, limit=size, of=of, wins=wins)

    def acknowledge(self, alert_id: int, state: str, note: str) -> None:
        """Mark an alert ``read`` or ``handled`` with a text.

        Raises
        ------
        DataError
            without a text of four characters, and for an alert that the reader does not see.
        """
        said = note.strip()
        if len(said) < NOTE_SHORTEST:
            raise DataError(text("app.iqc.alert_short", self.locale, n=NOTE_SHORTEST))
        if alert_id not in {row["alert_id"] for row in self.rows("all")}:
            raise DataError(text("app.iqc.not_own", self.locale))
        acknowledge_alert(opened_store(self.database), alert_id, state, said)


class AlertPanel:
    """The list with its buttons.

    Attributes
    ----------
    widget : what is shown. list : the alerts.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame, self._book = frame, None  # type: tuple[Frame, AlertBook | None]
        self._group: Collection[str] = ()
        self.only = widgets.Checkbox(description=text("app.iqc.alerts_group", frame.locale), indent=False)
        frame.watch([self.only], self.refresh)
        locale = frame.locale
        options = [(text(f"app.iqc.alerts_state.{name}", locale), name) for name in SHOWN]
        self.show, show_box = choice(text("app.iqc.alerts_state", locale), options)
        self.count = widgets.HTML()
        self.list = widgets.Select(rows=8, layout=widgets.Layout(width="100%"))
        self.list.tooltip = text("app.iqc.alerts", locale)
        self.said = widgets.HTML()
        self.note = widgets.Textarea(
            placeholder=text("app.iqc.alert_hint", locale, n=NOTE_SHORTEST),
            layout=widgets.Layout(width="100%", height="58px"),
        )
        note_box = labelled(text("app.iqc.alert_note", locale), self.note)
        note_box.layout, self.note.layout.width = widgets.Layout(width="100%"), "calc(100% - 8px)"
        self.read = button(text("app.iqc.alert_read", locale))
        self.handle = button(text("app.iqc.alert_handle", locale))
        for pressed, state in ((self.read, "read"), (self.handle, "handled")):
            pressed.on_click(frame.guarded(self._acknowledging(state)))
        frame.watch([self.show], self.refresh)
        frame.watch([self.list], self._tell)
        show_box.layout = widgets.Layout(width=WIDTH)
        buttons = widgets.HBox([self.read, self.handle])
        title = widgets.HTML(heading(text("app.iqc.alerts", locale)))
        parts = [title, show_box, self.only, self.count, self.list, self.said, note_box, buttons]
        self.widget = widgets.VBox(parts, layout=widgets.Layout(flex="1 1 420px", min_width="0"))

    def open(self, book: AlertBook) -> None:
        """Show the alerts of another analyte."""
        self._book = book
        self.refresh()

    def compare(self, laboratories: Collection[str]) -> None:
        """Take note of the laboratories compared; the list follows where it is of these only."""
        self._group = laboratories
        if self.only.value:
            self.refresh()

    def refresh(self) -> None:
        """Read the alerts again."""
        if self._book is None:
            return
        rows = self._book.rows(self.show.value, self._group if self.only.value else None)
        self._rows = {int(row["alert_id"]): row for row in rows[:ALERTS_SHOWN]}
        before = self.list.value
        self.list.options = [(self._book.line(row), number) for number, row in self._rows.items()]
        if before in self._rows:
            self.list.value = before
        locale = self._frame.locale
        words = text("app.iqc.alerts_count", locale, n=len(rows), shown=len(self._rows))
        none = text("app.iqc.alerts_none", locale)
        self.count.value = f'<div class="wb-note">{escape(words if rows else none)}</div>'
        self._tell()

    def _tell(self) -> None:
        """The note of the chosen alert."""
        row = self._rows.get(self.list.value) if self.list.value is not None else None
        said = text("app.iqc.alert_said", self._frame.locale, note=row["note"]) if row and row["note"] else ""
        self.said.value = f'<div class="wb-note">{escape(said)}</div>' if said else ""

    def _acknowledging(self, state: str) -> Callable[[Any], None]:
        def acknowledged(_button: Any) -> None:
            locale = self._frame.locale
            if self._book is None or self.list.value is None:
                raise DataError(text("app.iqc.alert_choose", locale))
            self._book.acknowledge(int(self.list.value), state, self.note.value)
            self.note.value = ""
            self.refresh()
            word = text(f"app.iqc.alert_state.{state}", locale)
            self._frame.say(text("app.iqc.alert_done", locale, state=word))

        return acknowledged
