"""The monitor's small form: one control value typed in, or the text of a QR code; compared, never counted twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import ipywidgets as widgets
import pandas as pd

from workbench.apps.controls import button, labelled
from workbench.apps.frame import Frame
from workbench.apps.look import heading, shown
from workbench.apps.monitor.viewer import Viewer
from workbench.display import Table
from workbench.errors import DataError
from workbench.ingest.control_codes import control_code
from workbench.parameters.iqc_items import control_analytes
from workbench.reports.sources import opened_store
from workbench.rounds.control_intake import ControlArrival, take_code_text
from workbench.store.control_master import control_series
from workbench.store.control_points import CONTRADICTION, control_discrepancies
from workbench.tables.control import simple_table
from workbench.wording import join, text

NEEDED = ("lab_code", "level", "qc_lot", "run_at", "value")
"""Fields that must be filled in; the instrument only where a laboratory has several."""
_FIELD_PX, _WIDE = 200, "calc(100% - 8px)"
_LABELS = {"lab_code": "lab", "qc_lot": "lot", "run_at": "at", "run_no": "run", "instrument": "instrument", "value": "value"}  # fmt: skip
_COLUMNS: tuple[tuple[str, str, float | None], ...] = (
    ("code", "left", None), ("system", "left", None), ("day", "left", None), ("automatic", "right", None),
    ("manual", "right", None),
)  # fmt: skip


@dataclass(frozen=True)
class EntryDesk:
    """Takes values of one analyte in.

    Parameters
    ----------
    database : URL. viewer : a participant enters its own values only. locale : zh_CN or en.
    """

    database: str
    analyte: str
    viewer: Viewer
    locale: str

    def code_of(self, fields: Mapping[str, str]) -> str:
        """The text of a code that says what the form says.

        Raises
        ------
        DataError
            naming every field that is empty, and for another laboratory's code.
        """
        given = {name: value.strip() for name, value in fields.items()}
        missing = [name for name in NEEDED if not given.get(name)]
        if missing:
            names = join([field_label(name, self.analyte, self.locale) for name in missing], self.locale)
            raise DataError(text("app.iqc.entry_missing", self.locale, names=names))
        if not self.viewer.sees(given["lab_code"]):
            raise DataError(text("app.iqc.not_own", self.locale))
        point = {name: given[name] for name in ("level", "qc_lot", "value")} | {"analyte": self.analyte}
        shared = {name: given.get(name, "") for name in ("lab_code", "run_at", "run_no", "instrument")}
        return control_code(shared | {"track": "manual"}, [point])

    def enter(self, code: str, now: datetime) -> list[str]:
        """Take the text of a code in; what became of it, a sentence each.

        Raises
        ------
        DataError
            when the code is of another laboratory.
        """
        own = self.viewer.lab_code if self.viewer.is_participant else ""
        try:
            arrival = take_code_text(opened_store(self.database), code, now, own)
        except DataError as error:
            raise DataError(text("app.iqc.entry_foreign", self.locale) if own else str(error)) from error
        return self._told(arrival)

    def _told(self, arrival: ControlArrival) -> list[str]:
        run = arrival.run
        if run.repeated:
            return [text("app.iqc.entry_repeated", self.locale)]
        values = {"read": run.rows_read, "loaded": run.rows_loaded, "known": run.rows_known}
        said = [text("app.iqc.entry_done", self.locale, kept_out=run.rows_quarantined, **values)]
        said += arrival.intake.messages(self.locale)
        if run.rows_quarantined > arrival.intake.kept_out:
            said.append(text(f"app.iqc.{CONTRADICTION}", self.locale))
        return said

    def differences(self) -> Table | None:
        """Points of which both tracks are there with different values, the newest first; None without any."""
        store = opened_store(self.database)
        rows = control_discrepancies(store).merge(control_series(store), on="series_id")
        rows = rows[rows["analyte"] == self.analyte]
        if self.viewer.is_participant:
            rows = rows[rows["lab_code"] == self.viewer.lab_code]
        if rows.empty:
            return None
        cells = [self._difference(row) for row in rows.sort_values("run", ascending=False).to_dict("records")]
        return simple_table(
            "iqc-differences", text("app.iqc.differences", self.locale), _COLUMNS, cells, self.locale
        )

    def _difference(self, row: Mapping[Any, Any]) -> list[str]:
        day = pd.Timestamp(int(row["run"]) // 1000, unit="D").date().isoformat()
        code = text("app.iqc.own_line", self.locale) if self.viewer.is_participant else row["lab_code"]
        level = text("iqc.material", self.locale, level=row["level"], lot="").strip(" ·")
        return [code, f"{row['instrument']} {level}", day, row["automatic"], row["manual"]]


def field_label(name: str, analyte: str, locale: str) -> str:
    """The label of a field of the form."""
    if name == "level":
        return text("app.iqc.level", locale)
    unit = control_analytes()[analyte].unit if analyte in control_analytes() else ""
    return text(
        f"app.iqc.entry_{_LABELS[name]}", locale, **({"unit": unit or "1"} if name == "value" else {})
    )


class EntryPanel:
    """The form.

    Attributes
    ----------
    widget : what is shown. fields : name of a field -> its control. code : text of a QR code.
    """

    def __init__(self, frame: Frame, clock: Callable[[], datetime], entered: Callable[[], None]) -> None:
        self._frame, self._clock, self._entered = frame, clock, entered
        self._desk: EntryDesk | None = None
        locale = frame.locale
        names = ("lab_code", "level", "qc_lot", "instrument", "run_at", "run_no", "value")
        self.fields = {name: widgets.Text(layout=widgets.Layout(width="100%")) for name in names}
        self._labelled = {
            name: labelled(field_label(name, "", locale), box) for name, box in self.fields.items()
        }
        self.send = button(text("app.iqc.entry_send", locale))
        self.send.layout.align_self = "flex-start"
        self.code = widgets.Text(layout=widgets.Layout(width="100%"))
        self.scan = button(text("app.iqc.entry_scan", locale))
        self.scan.layout.align_self = "flex-start"
        self.send.on_click(frame.guarded(lambda _button: self._enter_form()))
        self.scan.on_click(frame.guarded(lambda _button: self._enter(self.code.value)))
        self.differences = widgets.HTML()
        hint = widgets.HTML(f'<div class="wb-note">{escape(text("app.iqc.entry_hint", locale))}</div>')
        grid = widgets.HBox(
            list(self._labelled.values()), layout=widgets.Layout(flex_flow="row wrap", grid_gap="0 12px")
        )
        for box in self._labelled.values():
            box.layout, box.children[1].layout.width = (
                widgets.Layout(width=f"{_FIELD_PX}px"),
                f"{_FIELD_PX - 8}px",
            )
        scanned = labelled(text("app.iqc.entry_code", locale), self.code)
        scanned.layout, self.code.layout.width = widgets.Layout(width="100%"), _WIDE
        title = widgets.HTML(heading(text("app.iqc.entry", locale)))
        parts = [title, hint, grid, self.send, scanned, self.scan, self.differences]
        self.widget = widgets.VBox(parts, layout=widgets.Layout(flex="1 1 420px", min_width="0"))

    def open(self, desk: EntryDesk, start: Mapping[str, str]) -> None:
        """Take values of another analyte; the fields begin with what is looked at.

        Parameters
        ----------
        start : name of a field -> text; a participant's code cannot be changed.
        """
        self._desk = desk
        for name, value in start.items():
            self.fields[name].value = value
        self.fields["lab_code"].disabled = desk.viewer.is_participant
        unit = field_label("value", desk.analyte, self._frame.locale)
        self._labelled["value"].children[0].value = f'<div class="wb-label">{escape(unit)}</div>'
        self._compare()

    def _enter_form(self) -> None:
        if self._desk is not None:
            self._enter(self._desk.code_of({name: str(box.value) for name, box in self.fields.items()}))

    def _enter(self, code: str) -> None:
        """Take a code in and say what became of it."""
        if self._desk is None:
            return
        said = self._desk.enter(code, self._clock())
        self._entered()
        self._compare()
        self._frame.say(" ".join(said))

    def _compare(self) -> None:
        table = self._desk.differences() if self._desk is not None else None
        none = f'<div class="wb-note">{escape(text("app.iqc.differences_none", self._frame.locale))}</div>'
        self.differences.value = shown(table) if table is not None else none
