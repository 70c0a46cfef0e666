"""The panel in which an officer proposes a decision, sees what it would change, and accepts it or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.controls import WIDTH, button, choice, labelled
from workbench.apps.explorer.drafts import Draft
from workbench.apps.explorer.model import ACTIONS, Proposal
from workbench.apps.explorer.naming import words
from workbench.apps.explorer.splits import field_name, split_fields
from workbench.apps.explorer.state import Opened, checklist, suspects
from workbench.apps.explorer.tables import kind_words
from workbench.apps.explorer.views import suspect_kind
from workbench.apps.look import heading, label
from workbench.apps.work import run_long

if TYPE_CHECKING:
    from workbench.apps.explorer.app import RoundExplorerApp

_FIELDS = {
    "correct": ("suspect", "laboratory", "item", "sample", "raw"),
    "withdraw": ("item", "sample"),
    "accept_finding": ("finding",),
    "split": ("item", "field"),
}
_USUAL = ("suspect", "laboratory", "item", "sample")
"""Controls each action needs; the rest is hidden."""


class DecisionPanel:
    """Suspect, action, place, reason; preview, accept, discard.

    Parameters
    ----------
    app : whose programme is decided on.
    """

    def __init__(self, app: RoundExplorerApp) -> None:
        self.app, self.locale = app, app.locale
        empty = [(self._words("all"), "")]
        self.suspect, suspect = choice(self._words("control.suspect"), [("–", "")])
        self.action, action = choice(
            self._words("control.action"), [(self._action(each), each) for each in ACTIONS]
        )
        self.laboratory, laboratory = choice(self._words("control.laboratory"), [("–", ("", ""))])
        self.item, item = choice(self._words("control.decision_item"), empty)
        self.sample, sample = choice(self._words("control.decision_sample"), empty)
        self.finding, finding = choice(self._words("control.finding"), [("–", "")])
        self.field, field = choice(self._words("control.field"), [("–", "")])
        self.raw = widgets.Text(layout=widgets.Layout(width="100%"))
        self.reason = widgets.Textarea(rows=2, layout=widgets.Layout(width="100%"))
        self._raw_label = widgets.HTML(label(self._words("control.new_result", unit="–")))
        raw = widgets.VBox([self._raw_label, self.raw], layout=widgets.Layout(width=WIDTH))
        reason = labelled(self._words("control.reason"), self.reason)
        self.boxes = {
            "suspect": suspect, "laboratory": laboratory, "item": item, "sample": sample, "raw": raw,
            "finding": finding, "field": field,
        }  # fmt: skip
        self.preview, self.accept, self.discard = (
            button(self._words(key)) for key in ("preview", "accept", "discard")
        )
        buttons = widgets.HBox(
            [self.preview, self.accept, self.discard], layout=widgets.Layout(flex_flow="row wrap")
        )
        title = widgets.HTML(heading(self._words("heading.decision")))
        fields = widgets.HBox([action, *self.boxes.values(), reason])
        fields.add_class("wb-side")
        self.widget = widgets.VBox([title, fields, buttons])
        self.widget.layout.display = "none"
        self._connect()

    def _words(self, key: str, **values: object) -> str:
        return words(key, self.locale, **values)

    def _action(self, name: str) -> str:
        return (
            kind_words(name, self.locale) if name != "accept_finding" else self._words("kind.accept_finding")
        )

    def _connect(self) -> None:
        """Buttons and controls that follow each other."""
        frame = self.app.frame
        self.preview.on_click(frame.guarded(lambda _button: self._preview()))
        self.accept.on_click(frame.guarded(lambda _button: self._accept()))
        self.discard.on_click(frame.guarded(lambda _button: self._discard()))
        self.accept.disabled = self.discard.disabled = True
        frame.watch([self.suspect], self._take_suspect)
        frame.watch([self.action, self.item], self._fit)
        places = [self.action, self.laboratory, self.item, self.sample, self.finding, self.field]
        frame.watch([*places, self.raw, self.reason], self._outdated)

    def offer(self) -> None:
        """Fill the lists with what the opened programme has."""
        naming = self.app.naming
        opened = naming.opened
        everything = (self._words("all"), "")
        found = sorted(suspects(opened), key=lambda each: bool(each.answer))
        self.suspect.options = [("–", ""), *((self._suspect_line(each), each) for each in found)]
        devices = opened.inputs.enrolments[["lab_code", "device_id"]].drop_duplicates()
        labs = [
            (" ".join(filter(None, (naming.who(lab), device))), (lab, device))
            for lab, device in devices.itertuples(index=False)
        ]
        self.laboratory.options = [("–", ("", "")), *sorted(labs)]
        self.item.options = [everything, *((naming.item(code), code) for code in opened.enrolled)]
        self.sample.options = [everything, *((code, code) for code in opened.samples)]
        points = [p for p in checklist(opened) if p.is_open and p.blocks and p.code not in ("F42", "stale")]
        lines = [
            (f"{p.code} {naming.item(p.analyte)} · {naming.sample(p.sample)}", (p.code, p.analyte, p.sample))
            for p in points
        ]
        self.finding.options = [("–", ""), *lines]
        self.reason.value = self.raw.value = ""
        self.accept.disabled = self.discard.disabled = True
        self.widget.layout.display = "" if naming.is_organiser else "none"
        self._fit()

    def _suspect_line(self, each: Any) -> str:
        naming = self.app.naming
        done = "✓ " if each.answer else ""
        raw = naming.answer(each.analyte, each.raw)
        return f"{done}{naming.who(each.lab_code)} {each.analyte} {each.sample}: {raw} ({suspect_kind(naming, each)})"

    def _take_suspect(self) -> None:
        """The place of the chosen suspect."""
        each = self.suspect.value
        if each:
            self.laboratory.value = (each.lab_code, each.device_id)
            self.item.value, self.sample.value = each.analyte, each.sample

    def _fit(self) -> None:
        """Show what the action needs, and the unit of the item."""
        wanted = _FIELDS.get(self.action.value, _USUAL)
        for name, box in self.boxes.items():
            box.layout.display = "" if name in wanted else "none"
        if self.app.opened is None:
            return
        code = self.item.value
        unit = self.app.naming.unit(code) if code else ""
        self._raw_label.value = label(self._words("control.new_result", unit=unit or "–"))
        fields = split_fields(self.app.opened, code) if code else []
        self.field.options = [(field_name(each, self.locale), each) for each in fields] or [("–", "")]

    def _proposal(self) -> Proposal:
        """As the controls stand."""
        lab_code, device_id = self.laboratory.value
        place = (lab_code, device_id, self.item.value, self.sample.value)
        finding = ""
        if self.action.value == "accept_finding" and self.finding.value:
            finding, analyte, sample = self.finding.value
            place = ("", "", analyte, sample)
        return Proposal(
            self.action.value, self.reason.value.strip(), *place, self.raw.value, finding, self.field.value
        )

    def _preview(self) -> None:
        """Evaluate with the proposal and show what changes."""
        opened, proposal, app = self.app.opened, self._proposal(), self.app
        if opened is None:
            return

        def work(_progress: object) -> Draft:
            return app.model.propose(opened, proposal, app.now())

        run_long(app.frame, self._words("drafting"), work, self._show)

    def _show(self, proposed: Draft) -> None:
        """The changes; accepting becomes possible. A draft of data that were left meanwhile is let go."""
        if proposed.opened is not self.app.opened:
            return
        self.app.show_draft(proposed)
        self.discard.disabled = False
        self.accept.disabled = self.action.value == "split"
        counts = {
            "n": len(proposed.results),
            "items": len(proposed.analytes),
            "labs": len(proposed.laboratories),
        }
        said = self._words("drafted", **counts)
        self.app.frame.say(f"{said} {self._words('split_how')}" if self.action.value == "split" else said)

    def _outdated(self) -> None:
        """A draft of something else may not be accepted."""
        if self.app.draft is not None:
            self._drop()

    def _drop(self) -> None:
        self.app.show_draft(None)
        self.accept.disabled = self.discard.disabled = True

    def _discard(self) -> None:
        """Forget the draft."""
        self._drop()
        self.app.frame.say(self._words("discarded"))

    def _accept(self) -> None:
        """Record the draft that is shown."""
        proposed, app = self.app.draft, self.app
        if proposed is None:
            app.frame.say(self._words("needs_draft"))
            return
        kind = self._action(self.action.value)
        self.accept.disabled = True

        def done(opened: Opened) -> None:
            app.take(opened)
            app.frame.say(self._words("accepted", kind=kind, command=app.model.command()), "stale")

        run_long(app.frame, kind, lambda _progress: app.model.accept(proposed), done)
