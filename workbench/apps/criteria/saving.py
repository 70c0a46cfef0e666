"""Save what was tried as a draft, export the views, make the report on the change."""

from __future__ import annotations

from datetime import date, datetime
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from workbench.apps.controls import button, labelled
from workbench.apps.downloads import link
from workbench.apps.drafts import Drafts
from workbench.apps.work import Progress, run_long
from workbench.errors import ParameterError
from workbench.parameters import project_root
from workbench.reports.sources import located
from workbench.tuning.criteria_files import DraftFile, criteria_text, save_criteria
from workbench.wording import text

if TYPE_CHECKING:
    from workbench.apps.criteria.app import CriteriaApp

DRAFTS = "drafts"
"""Folder below parameters/criteria that the catalogue does not read: a second person moves a draft out of it."""
_FIELDS = ("authority", "document", "edition", "clause", "valid_from", "role")


class SavePanel:
    """The parts below the views.

    Parameters
    ----------
    app : whose candidate is saved.

    Attributes
    ----------
    parts : widgets for the export bar. fields, reason : the texts of the dialog.
    """

    def __init__(self, app: CriteriaApp) -> None:
        self._app, locale = app, app.locale
        self._drafts = Drafts()
        self._drafts.begin()
        self.folder = project_root() / "parameters" / "criteria" / DRAFTS
        self.fields = {name: widgets.Text(layout=widgets.Layout(width="100%")) for name in _FIELDS}
        self.fields["valid_from"].value = date.today().isoformat()
        self.reason = widgets.Textarea(rows=3, layout=widgets.Layout(width="100%"))
        self._preview, self._files = widgets.HTML(), widgets.HTML()
        boxes = [labelled(text(f"app.tuning.save.{name}", locale), self.fields[name]) for name in _FIELDS]
        boxes.append(labelled(text("app.tuning.save.reason", locale), self.reason))
        grid = widgets.HBox(boxes, layout=widgets.Layout(flex_flow="row wrap", grid_gap="8px"))
        names = ("preview", "save", "report")
        self.buttons = {name: button(text(f"app.tuning.save.{name}", locale)) for name in names}
        self.buttons["export"] = button(text("app.export", locale))
        row = widgets.HBox(
            list(self.buttons.values()), layout=widgets.Layout(flex_flow="row wrap", grid_gap="8px")
        )
        guarded = app.frame.guarded
        for name, function in (
            ("preview", self._show), ("save", self._save), ("report", self._report), ("export", self._export),
        ):  # fmt: skip
            self.buttons[name].on_click(guarded(_ignoring(function)))
        title = widgets.HTML(f'<div class="wb-heading">{escape(text("app.tuning.save.title", locale))}</div>')
        self.parts = [widgets.VBox([title, grid, row, self._preview, self._files])]

    def _draft(self) -> DraftFile:
        """What the dialog holds.

        Raises
        ------
        ParameterError
            when the day is not a date or the role is missing.
        """
        values = {name: field.value.strip() for name, field in self.fields.items()}
        try:
            day = date.fromisoformat(values["valid_from"])
        except ValueError:
            raise ParameterError(text("app.tuning.save.no_date", self._app.locale)) from None
        if not values["role"]:
            raise ParameterError(text("app.tuning.save.no_role", self._app.locale))
        reason = f"{self.reason.value.strip()} ({values['role']})" if self.reason.value.strip() else ""
        return DraftFile(
            values["authority"], values["document"], values["edition"], values["clause"], day, reason
        )

    def _limits(self) -> list[Any]:
        """The limits that are tried."""
        candidate = self._app.controls.candidate()
        return list(candidate.limits(self._app.laboratory.rounds.archive.rules).values())

    def _show(self) -> None:
        shown = escape(criteria_text(self._limits(), self._draft()))
        self._preview.value = f"<pre>{shown}</pre>"
        self._app.frame.say(text("app.tuning.save.previewed", self._app.locale))

    def _save(self) -> None:
        """Write the draft; nothing is overwritten and no issued score changes."""
        path = save_criteria(self.folder, self._limits(), self._draft())
        self._files.value = link(path.name, path.read_bytes(), path.name)
        self._app.frame.say(text("app.tuning.save.saved", self._app.locale, name=path.name))

    def _export(self) -> None:
        self._files.value = self._app.files()
        self._app.frame.say(text("app.exported", self._app.locale))

    def _report(self) -> None:
        """The report on the change as a draft; made by the notebook that the batch would run."""
        app = self._app
        candidate = app.controls.candidate()
        stem = f"CI-{app.laboratory.rounds.programme.programme_no}-{'-'.join(candidate.analytes)}"
        values = {
            "database": located(app.database),
            "programme_no": app.laboratory.rounds.programme.programme_no,
            "candidate": candidate.as_json(),
            "motive": self.reason.value.strip(),
            "locale": app.locale,
            "status": "preliminary",
            "issued_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        }

        def work(progress: Progress) -> dict[str, bytes]:
            progress(0, 1)
            return self._drafts.files("change_impact.ipynb", values, workbook=False)

        def done(files: dict[str, bytes]) -> None:
            self._files.value = "".join(
                link(f"{stem}.{kind}", content, f"{stem}.{kind}") for kind, content in files.items()
            )
            app.frame.say(text("app.exported", app.locale))

        run_long(app.frame, text("app.tuning.save.report", app.locale), work, done)


def _ignoring(function: Any) -> Any:
    """A function of nothing as the callback of a button."""
    return lambda _button: function()
