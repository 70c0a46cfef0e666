"""What leaves the monitor: drafts of monthly reports, the share card, grade table and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.controls import button, choice
from workbench.apps.downloads import link, workbook
from workbench.apps.frame import Frame
from workbench.apps.work import Progress, run_long
from workbench.errors import DataError
from workbench.iqc.laboratory_cells import month_of_day, month_text
from workbench.rounds.control_drafts import CardRequest, DraftRequest, draft_card, draft_files
from workbench.wording import text

if TYPE_CHECKING:
    from workbench.apps.monitor.app import IqcMonitor

_CARD_ROW = ("analyte", "level", "qc_lot", "instrument", "reagent")
MONTHS_OFFERED = 12


class ExportBar:
    """Buttons that prepare files, and the links to save them.

    Attributes
    ----------
    widget : what is shown. links : the links of what was prepared last.
    """

    def __init__(self, frame: Frame, app: IqcMonitor) -> None:
        self._frame, self._app, self._busy = frame, app, False
        locale = frame.locale
        self.month, month_box = choice(text("app.iqc.month", locale), [("", "")])
        words = {
            name: text(f"app.iqc.{name}", locale) for name in ("report", "report_group", "card", "table_file")
        }
        self.report, self.group, self.card, self.files = (button(words[n]) for n in words)
        self.group.layout.display = "none" if app.viewer.is_participant else ""
        self.links, self.said = widgets.HTML(), widgets.HTML()
        acts = {
            self.report: self._report,
            self.group: self._group,
            self.card: self._card,
            self.files: self._files,
        }
        for pressed, act in acts.items():
            pressed.on_click(frame.guarded(lambda _button, act=act: act()))
        row = widgets.HBox(
            [self.report, self.group, self.card, self.files], layout=widgets.Layout(flex_flow="row wrap")
        )
        self.address = widgets.HTML()
        self.widget = widgets.VBox([month_box, row, self.said, self.links, self.address])

    def stale(self) -> None:
        """What was prepared is of another state: take the links away, offer the months there are."""
        self.links.value = ""
        word = escape(text("app.link", self._frame.locale))
        self.address.value = f'<a class="wb-download" href="{escape(self._app.link())}">{word}</a>'
        days = self._app.archive.days.period
        months = sorted({int(m) for m in month_of_day(days)}, reverse=True)[:MONTHS_OFFERED]
        options = [(month_text(m), month_text(m)) for m in months]
        if list(self.month.options) != options:
            self.month.options = options
        cards = bool(self._app.draft()["cards"])
        self.card.disabled = not cards
        off = text("app.iqc.card_off", self._frame.locale)
        self.said.value = "" if cards else f'<div class="wb-note">{escape(off)}</div>'

    def request(self, lab_code: str) -> DraftRequest:
        """What a draft is made of; empty: the groups' report.

        Raises
        ------
        DataError
            when a participant asks for another's or the groups' report.
        """
        if not self._app.viewer.sees(lab_code):
            raise DataError(text("app.iqc.not_own", self._frame.locale))
        given = self._app.draft()
        names = ("locale", "organiser", "issued_at", "rules", "scheme")
        return DraftRequest(
            self._app.database, str(self.month.value), lab_code, **{n: given[n] for n in names}
        )

    def _own(self) -> dict[str, Any]:
        part = self._app.chosen
        if part is None:
            raise DataError(text("app.iqc.state.absent", self._frame.locale))
        return part

    def _report(self) -> None:
        self._start(self.request(self._own()["lab_code"]))

    def _group(self) -> None:
        self._start(self.request(""))

    def _start(self, request: DraftRequest) -> None:
        what = text("app.iqc.report_working", self._frame.locale)
        self._work(what, lambda: draft_files(request), self._show)

    def _card(self) -> None:
        part, given = self._own(), self._app.draft()
        row = {name: str(part[name]) for name in _CARD_ROW}
        card = CardRequest(row, given["cards"], given["card_folder"])
        request = self.request(part["lab_code"])
        what = text("app.iqc.card_working", self._frame.locale)
        self._work(what, lambda: draft_card(request, card), self._show_card)

    def _work(self, what: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Take the old links away, then prepare one thing after the other."""
        if self._busy:
            return
        self._busy, self.links.value = True, ""

        def body(progress: Progress) -> Any:
            try:
                progress(0, 1)
                return work()
            finally:
                self._busy = False

        run_long(self._frame, what, body, done)

    def _files(self) -> None:
        """Grade table and figures as they stand."""
        view = self._app.view
        if view is None:
            return
        found: dict[str, bytes] = {}
        if view.rows:
            table = view.grades(str(self._app.sort.value))
            found["iqc-grades.xlsx"] = workbook(table.caption, [("IQC", table)])
        for name in ("chart", "plane"):
            figure = self._app.figures.get(name)
            if figure is not None:
                found[f"iqc-{name}.svg"] = figure.svg.encode("utf-8")
        self._show(found)

    def _show_card(self, files: Mapping[str, bytes]) -> None:
        self._show(files)
        if not files:
            self._frame.say(text("app.iqc.card_none", self._frame.locale))

    def _show(self, files: Mapping[str, bytes]) -> None:
        """Links to the files."""
        self.links.value = " ".join(link(name, content, self._word(name)) for name, content in files.items())
        self._frame.say(text("app.exported", self._frame.locale))

    def _word(self, name: str) -> str:
        kind = {"png": "card", "svg": "chart"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
        return text(f"app.iqc.file.{'plane' if name == 'iqc-plane.svg' else kind}", self._frame.locale)
