"""The app that looks into failed laboratories: a list of cases, facts, evidence, causes, suppositions, notes, dossier."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

import ipywidgets as widgets

from workbench.apps.controls import button, choice, labelled
from workbench.apps.downloads import link
from workbench.apps.drafts import Drafts
from workbench.apps.failed.case_book import FOLDER, CaseKey, case_book
from workbench.apps.failed.case_list import CaseList
from workbench.apps.failed.case_notes import CaseNotes, shown_moment
from workbench.apps.failed.model import (
    PANELS,
    Investigation,
    Listed,
    Own,
    causes,
    evidence,
    excluded,
    facts,
    failed_listed,
    open_investigation,
    suppositions,
)
from workbench.apps.failed.unblinding import Unblinding
from workbench.apps.frame import Frame, started
from workbench.apps.look import heading, shown
from workbench.apps.work import run_long
from workbench.display import Displayed
from workbench.errors import DataError
from workbench.reports.investigated_round import forget_rounds
from workbench.reports.investigation_case import Case
from workbench.reports.period_parts import programme_name
from workbench.reports.sources import opened_store
from workbench.wording import round_text, text

NOTEBOOK = "investigation_dossier.ipynb"
FORMATS = ("html", "pdf", "xlsx", "json", "csv")
PARAMETERS = {
    "database": "sqlite:///outputs/demo.sqlite", "round_code": "", "programme_no": "", "lab_code": "", "analyte": "",
    "locale": "zh_CN", "names": "", "cases": FOLDER,
}  # fmt: skip
"""Parameters of the app with their values where none are given: round and programme "" are the latest."""

_FROM_QUERY = ("database", "round_code", "programme_no", "lab_code", "analyte", "locale")


class InvestigationApp:
    """The app; shown where its notebook ends.

    Parameters
    ----------
    parameters : of `PARAMETERS`; those of `_FROM_QUERY` may be overruled by the query string of the page. The folder of
        notes and logs by the setting WORKBENCH_CASES, the store of names by WORKBENCH_NAMES.
    """

    def __init__(self, parameters: Mapping[str, Any], now: Any = None) -> None:
        given = PARAMETERS | dict(parameters)
        asked = started({name: given[name] for name in _FROM_QUERY}, os.environ.get("QUERY_STRING", ""))
        self.given: dict[str, Any] = given | asked
        self.locale = locale = str(self.given["locale"])
        self.now = now or (lambda: datetime.now().astimezone())
        user = os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
        self.frame = Frame("app.failed.title", locale)
        folder = os.environ.get("WORKBENCH_CASES") or str(self.given["cases"])
        self.notes = CaseNotes(case_book(folder), user, self.now, locale)
        self.unblinding = Unblinding(
            os.environ.get("WORKBENCH_NAMES") or str(self.given["names"]), user, self.now, locale
        )
        self.model: Investigation | None = None
        self.drafts = Drafts()
        self._seen: set[CaseKey] = set()
        self.cases = CaseList(locale)
        self.frame.controls.children = self.cases.widgets
        self._views()
        self._exports()
        self.frame.guarded(self._start)()

    def _ipython_display_(self) -> None:
        self.frame._ipython_display_()

    def _word(self, key: str, **values: object) -> str:
        return text(f"app.failed.{key}", self.locale, **values)

    def _views(self) -> None:
        """Facts, evidence, causes, suppositions, notes, log, unblinding."""
        self.facts, self.evidence, self.causes, self.excluded, self.ifs = (widgets.HTML() for _ in range(5))
        self.panel = widgets.ToggleButtons(
            options=[(self._word(f"panel.{name}"), name) for name in PANELS],
            style=widgets.ToggleButtonsStyle(button_width="auto"),
        )
        width = widgets.Layout(width="120px")
        self.factor, self.minus = widgets.FloatText(value=1.0, layout=width), widgets.FloatText(layout=width)
        self.order = widgets.Text(layout=widgets.Layout(width="160px"))
        self.try_it = button(self._word("try"))
        self._own = widgets.HBox(
            layout=widgets.Layout(flex_flow="row wrap", align_items="flex-end", grid_gap="8px")
        )
        folded = widgets.Accordion(
            [self.excluded, self.notes.record, self.unblinding.widget], selected_index=None
        )
        for place, key in enumerate(("excluded", "log", "unblind")):
            folded.set_title(place, self._word(key))
        titles = {
            key: widgets.HTML(heading(self._word(key))) for key in ("evidence", "causes", "suppositions")
        }
        self.frame.views.children = [
            self.unblinding.banner, self.facts, titles["causes"], self.causes, titles["suppositions"], self._own,
            self.ifs, titles["evidence"], self.panel, self.evidence, self.notes.widget, folded,
        ]  # fmt: skip

    def _exports(self) -> None:
        """Dossier, mark, link of this page's state."""
        languages = [("中文", "zh_CN"), ("English", "en")]
        self.language, language = choice(self._word("export_locale"), languages, self.locale)
        self.export, self.explain = button(self._word("export")), button(self._word("explained"))
        self.links, self.here = widgets.HTML(), widgets.HTML()
        row = widgets.HBox(
            [language, self.export, self.explain], layout=widgets.Layout(align_items="flex-end")
        )
        self.frame.exports.children = [row, self.links, self.here]

    def _watch(self) -> None:
        """What each control does."""
        frame = self.frame
        cases = self.cases
        frame.watch([cases.round], self._load)
        frame.watch([cases.kind, cases.family, cases.status, cases.typed], self._fill)
        frame.watch([cases.list], self._show)
        frame.watch([self.panel], self._show_evidence)
        for control, action in (
            (cases.reload, self._reload), (self.try_it, self._try),
            (self.notes.add, self._keep_note), (self.export, self._export), (self.explain, self._explain),
            (self.unblinding.ask, self._unblind),
        ):  # fmt: skip
            control.on_click(frame.guarded(lambda _button, action=action: action()))

    def _start(self) -> None:
        """Open the round that is asked for."""
        store = opened_store(str(self.given["database"]))
        self.cases.offer_rounds(store, str(self.given["round_code"]), str(self.given["programme_no"]))
        self._watch()
        self._load()

    def _load(self) -> None:
        """Open a round in the background; what is shown stays until it is there."""
        round_code, programme_no = self.cases.round.value
        if self.model is None:
            self.cases.preview(failed_listed(str(self.given["database"]), round_code, programme_no))
        database, locale = str(self.given["database"]), self.locale
        run_long(
            self.frame,
            self._word("loading"),
            lambda told: open_investigation(database, round_code, programme_no, locale, told),
            self._opened,
        )

    def _opened(self, model: Investigation) -> None:
        """A round is there: its list, and the case asked for or the first one."""
        self.model = model
        self.drafts.begin()
        record = model.round.record
        self.frame.scope(
            self._word(
                "scope",
                programme=programme_name(model.round.programme, self.locale),
                round=round_text(record.round, self.locale),
                evaluation=record.evaluation_id[:12],
                snapshot=record.snapshot_sha256[:12],
            )
        )
        if not self.cases.begin(model, str(self.given["lab_code"]), str(self.given["analyte"])):
            self.frame.say(self._word("none"))

    def _fill(self) -> None:
        """The list, after a filter was changed."""
        if self.model is not None and not self.cases.fill(self.model):
            self._empty()
            self.frame.say(self._word("nothing", filters=self.cases.filters()))

    def _empty(self) -> None:
        """Nothing is looked at."""
        for view in (self.facts, self.evidence, self.causes, self.excluded, self.ifs, self.links, self.here):
            view.value = ""
        self._own.children = ()

    def _case(self) -> Case | None:
        """The case looked at."""
        chosen = self.cases.chosen
        return self.model.case(chosen) if self.model and chosen else None

    def _show(self) -> None:
        """Everything about the case chosen."""
        chosen = self.cases.chosen
        if chosen is None or self.model is None:
            return
        self.unblinding.hide()
        self.notes.forbidden = ()
        self.links.value = ""
        key = self._key(chosen)
        self.notes.show(key)
        if key not in self._seen:
            self._seen.add(key)
            self.notes.log("opened")
        self._show_link(chosen)
        try:
            case = self.model.case(chosen)
        except DataError:
            self._empty()
            words = self._word("no_results", lab=chosen.who, analyte=chosen.analyte)
            self.facts.value = heading(chosen.label) + f"<p>{escape(words)}</p>"
            self.frame.say(words)
            return
        self._show_facts(case)
        self.causes.value = _html(causes(case))
        others = excluded(case)
        self.excluded.value = _html((others,)) if others else ""
        self._show_suppositions(case, None)
        self._show_evidence()
        if not self.model.is_current:
            self.frame.say(text("app.stale", self.locale), "stale")
        else:
            self.frame.say(self._word("looking", lab=chosen.who, analyte=chosen.analyte))

    def _show_facts(self, case: Case) -> None:
        """Heading with the mark of an explained case, then the facts."""
        mark = self.notes.explained()
        words = f"{case.who} · {case.entry['printed']['name']}"
        if mark:
            words += " · " + self._word("is_explained", at=shown_moment(mark))
        self.facts.value = heading(words) + _html(facts(case))

    def _show_evidence(self) -> None:
        """The panel chosen."""
        case = self._case()
        if case is not None:
            self.evidence.value = _html(evidence(case, self.panel.value))

    def _show_suppositions(self, case: Case, own: Own | None) -> None:
        """The counterfactual table and the fields for one's own."""
        table = suppositions(case, own)
        self.ifs.value = (
            _html((table,))
            if table
            else f'<div class="wb-note">{escape(text("dossier.no_suppositions", self.locale))}</div>'
        )
        if table is None:
            self._own.children = ()
        elif own is None:
            self.factor.value, self.minus.value, self.order.value = 1.0, 0.0, ""
            unit = case.reading.unit(case.analyte) or text("cell.none", self.locale)
            fields = (
                labelled(self._word("factor"), self.factor), labelled(self._word("minus", unit=unit), self.minus),
                labelled(self._word("order"), self.order),
            )  # fmt: skip
            for each in fields:
                each.layout.width = "auto"
            self._own.children = (*fields, self.try_it)

    def _show_link(self, chosen: Listed) -> None:
        """A link to this state; a database with a password is never part of it."""
        if self.model is None:
            return
        record = self.model.round.record
        state = {"round_code": record.round, "programme_no": record.programme_no, "lab_code": chosen.who}
        state |= {"analyte": chosen.analyte, "locale": self.locale}
        if "@" not in str(self.given["database"]):
            state["database"] = str(self.given["database"])
        words = escape(text("app.link", self.locale))
        self.here.value = f'<a class="wb-download" href="?{escape(urlencode(state))}">{words}</a>'

    def _try(self) -> None:
        """A supposition of the user's own."""
        case = self._case()
        if case is None:
            return
        own = Own(float(self.factor.value), float(self.minus.value), self.order.value)
        self._show_suppositions(case, own)
        table = suppositions(case, own)
        if table:
            row = table.rows[0]
            self.frame.say(self._word("tried", score=row[1].text, verdict=row[2].text))

    def _reload(self) -> None:
        """Read the database again."""
        forget_rounds()
        self._load()

    def _key(self, chosen: Listed) -> CaseKey:
        """The case in the book."""
        assert self.model is not None
        record = self.model.round.record
        return CaseKey(record.round, record.programme_no, chosen.who, chosen.analyte)

    def _keep_note(self) -> None:
        """Keep the note that is written."""
        if self.cases.chosen is not None:
            entry = self.notes.keep()
            self.frame.say(self._word("note_kept", n=entry.note, version=entry.version))

    def _explain(self) -> None:
        """Mark the case as explained."""
        case = self._case()
        if case is not None:
            self.notes.log("explained")
            self._show_facts(case)
            self.frame.say(self._word("marked", lab=case.who, analyte=case.analyte))

    def _unblind(self) -> None:
        """Show who is behind the code, after it was logged."""
        if self.cases.chosen is not None:
            said = self.unblinding.show(self.cases.chosen.lab_code)
            self.notes.forbidden = (self.unblinding.name,)
            self.notes.log("unblinded", said)

    def _export(self) -> None:
        """Make the dossier as a draft in a process of its own, then offer its files."""
        case = self._case()
        if case is None or self.model is None:
            return
        record, locale = self.model.round.record, self.language.value
        parameters = {
            "database": str(self.given["database"]), "round_code": record.round, "programme_no": record.programme_no,
            "lab_code": case.who, "analyte": case.analyte, "locale": locale, "notes": self.notes.for_dossier(),
            "release": "all", "status": "preliminary", "issued_at": self.now().isoformat(timespec="seconds"),
        }  # fmt: skip
        short = "zh" if locale == "zh_CN" else "en"
        name = f"ID_{record.round}_{record.programme_no.replace('.', '_')}_{case.subject}_draft_{short}"

        key = self.notes.key

        def done(files: dict[str, bytes]) -> None:
            self.drafts.begin()
            self.links.value = "".join(link(f"{name}.{end}", files[end], end.upper()) for end in FORMATS)
            self.notes.log("exported", name, key)
            self.frame.say(self._word("exported", lab=case.who, analyte=case.analyte))

        run_long(
            self.frame, self._word("exporting"), lambda _told: self.drafts.files(NOTEBOOK, parameters), done
        )


def _html(parts: tuple[Displayed, ...]) -> str:
    """Parts of a report below each other."""
    return f'<div class="wb-whole">{"".join(shown(part) for part in parts)}</div>'
