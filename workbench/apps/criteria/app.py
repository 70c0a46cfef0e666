"""The criteria laboratory: try a rule on every stored round, see which verdicts flip and why, save it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import numpy as np

from workbench.apps.controls import button, choice
from workbench.apps.criteria.controls import CriteriaControls
from workbench.apps.criteria.saving import SavePanel
from workbench.apps.downloads import link, workbook
from workbench.apps.frame import Frame
from workbench.apps.look import finding, heading, label, shown
from workbench.apps.work import Progress, run_long
from workbench.errors import DataError
from workbench.figures.operating_map import operating_map
from workbench.figures.pass_curve import pass_curves
from workbench.figures.rate_pairs import RatePair, rate_pairs
from workbench.reports.change_parts import (
    SORTS,
    TABLES,
    UNITS,
    flips_table,
    groups_table,
    guard_words,
    matrix_table,
    outcome_words,
    practice_table,
    precedent_table,
    summary_line,
    variation_table,
)
from workbench.reports.criteria_trial import CriteriaLaboratory, Trial
from workbench.reports.period_parts import programme_name
from workbench.reports.period_report import shown_table
from workbench.reports.tuned_rounds import TunedRounds, tuned_rounds
from workbench.tuning.stability import UNSTABLE, flip_probability
from workbench.wording import percent, text

OUTCOMES = ("acceptable", "failed", "not_scored")
SHORT_SHA = 12
SMALL = 60_000
"""Rows up to which the uncertainty of the targets is looked at with every change."""


class CriteriaApp:
    """The app.

    Parameters
    ----------
    database, programme_no : whose rounds are judged again. analyte : shown first; "" for the first.
    locale : zh_CN or en. rounds : where they are at hand already; else they are read.
    """

    def __init__(
        self,
        database: str,
        programme_no: str,
        locale: str,
        analyte: str = "",
        rounds: TunedRounds | None = None,
    ) -> None:
        self.database = database
        self.frame = Frame("app.tuning.title", locale)
        self.locale = locale
        self.trial: Trial | None = None
        self.chosen: tuple[str, str] | None = None
        self._views: dict[str, widgets.HTML] = {
            name: widgets.HTML()
            for name in ("matrix", "guards", "curve", "operating", "rounds", "groups", "flips", "authorities")
        }
        self.frame.guarded(self._open)(rounds, programme_no, analyte)

    def _ipython_display_(self) -> None:
        self.frame._ipython_display_()

    def _open(self, given: TunedRounds | None, programme_no: str, analyte: str) -> None:
        """Read the rounds, build the controls, show the rule in force."""
        rounds = given or tuned_rounds(self.database, programme_no, (), self.locale)
        if not rounds.archive.rules:
            raise DataError(text("app.tuning.no_quantities", self.locale, programme=programme_no))
        self.laboratory = CriteriaLaboratory(rounds)
        codes = [rule.code for rule in rounds.archive.rules]
        first = analyte if analyte in codes else codes[0]
        self.controls = CriteriaControls(self.laboratory, first, self.locale)
        self.saving = SavePanel(self)
        self._unit, unit_box = choice(
            text("app.tuning.unit", self.locale), [(text(f"unit_of_count.{u}", self.locale), u) for u in UNITS], UNITS[1]
        )  # fmt: skip
        sorts = [(text(f"app.tuning.sort.{name}", self.locale), name) for name in SORTS]
        self._sort, sort_box = choice(text("app.tuning.sort", self.locale), sorts)
        self._cells = self._buttons()
        self._stability = button(text("app.tuning.stability", self.locale), "220px")
        self._lay_out(unit_box, sort_box)
        self._wire()
        self.frame.scope(self._scope())
        self.update()

    def _lay_out(self, unit_box: Any, sort_box: Any) -> None:
        """Controls at the left, views in reading order."""
        views, locale = self._views, self.locale
        outcomes = [outcome_words(each, locale) for each in OUTCOMES]
        corner = [widgets.HTML(label(words)) for words in (text("app.tuning.cells", locale), *outcomes)]
        rows = [
            [widgets.HTML(label(words)), *row]
            for words, row in zip(outcomes, self._cells.values(), strict=True)
        ]
        grid = widgets.GridBox(
            [*corner, *(each for row in rows for each in row)],
            layout=widgets.Layout(grid_template_columns="170px repeat(3, 110px)", grid_gap="2px 6px"),
        )
        pair = widgets.HBox(
            [views["operating"], views["authorities"]],
            layout=widgets.Layout(flex_flow="row wrap", grid_gap="12px"),
        )
        heads = {
            name: widgets.HTML(heading(text(f"app.tuning.view.{name}", locale)))
            for name in ("matrix", "curve", "operating", "flips", "rounds", "groups")
        }
        self.frame.controls.children = tuple(self.controls.boxes)
        self.frame.views.children = (
            heads["matrix"], unit_box, views["matrix"], grid, views["guards"], self._stability, heads["curve"], views["curve"], heads["operating"], pair,
            heads["flips"], sort_box, views["flips"], heads["rounds"], views["rounds"], heads["groups"], views["groups"],
        )  # fmt: skip
        self.frame.exports.children = tuple(self.saving.parts)

    def _wire(self) -> None:
        """What happens when."""
        guarded, controls = self.frame.guarded, self.controls
        self.frame.watch(controls.watched, self._changed)
        self.frame.watch([controls.analyte], self._other_analyte)
        self.frame.watch([controls.preset_control()], self._preset)
        self.frame.watch([self._unit], self._show_matrix)
        self.frame.watch([self._sort], self._show_flips)
        controls.reset.on_click(guarded(lambda _button: self._other_analyte()))
        self._stability.on_click(guarded(lambda _button: self._look_at_stability()))

    def _buttons(self) -> dict[str, list[widgets.Button]]:
        """Nine buttons that choose the results of the table below; their words are old and new outcome."""
        rows: dict[str, list[widgets.Button]] = {}
        for old in OUTCOMES:
            rows[old] = []
            for new in OUTCOMES:
                each = button("", "104px")
                each.on_click(self.frame.guarded(self._chooser(old, new)))
                rows[old].append(each)
        return rows

    def _chooser(self, old: str, new: str) -> Callable[[Any], None]:
        def choose(_button: Any) -> None:
            self.chosen = None if self.chosen == (old, new) else (old, new)
            self._show_flips()

        return choose

    def _changed(self) -> None:
        if not self.controls.held:
            self.controls.enable()
            self.update()

    def _other_analyte(self) -> None:
        self.controls.start()
        self.chosen = None
        self.update()

    def _preset(self) -> None:
        if not self.controls.held:
            self.controls.take_preset()
            self.update()

    def _scope(self) -> str:
        """Programme, rounds, results, snapshot."""
        rounds = self.laboratory.rounds
        archive = rounds.archive
        return text(
            "app.tuning.scope", self.locale, programme=programme_name(rounds.programme, self.locale),
            first=archive.rounds[0], last=archive.rounds[-1], rows=archive.shape[1],
            sha=rounds.sha256[:SHORT_SHA],
        )  # fmt: skip

    def update(self) -> None:
        """Judge again and show everything."""
        self.trial = self.laboratory.trial(self.controls.candidate())
        self._show_matrix()
        self._show_guards()
        self._show_curve()
        self._show_flips()
        self._show_rates()
        self.frame.say(summary_line(self.trial, self.locale))

    @property
    def name(self) -> str:
        """Name of the analyte that is looked at."""
        return self.laboratory.name(self.controls.analyte.value, self.locale)

    def _trial(self) -> Trial:
        assert self.trial is not None
        return self.trial

    def _show_matrix(self) -> None:
        """Counts of the unit; programmes need all analytes to be judged."""
        trial, unit = self._trial(), self._unit.value
        counted = self.laboratory.trial(trial.candidate, whole=True) if unit == "programme" else trial
        self._views["matrix"].value = shown(shown_table(matrix_table(counted, unit, self.locale)))
        counts = trial.counts("result")
        for old, row in self._cells.items():
            for new, each in zip(OUTCOMES, row, strict=True):
                each.tooltip = f"{outcome_words(old, self.locale)} → {outcome_words(new, self.locale)}"
                each.description = str(int(counts.loc[old, new]))
                each.disabled = old == new or not counts.loc[old, new]

    def _show_guards(self) -> None:
        trial = self._trial()
        lines = [finding(guard_words(each, self.locale)) for each in trial.warnings()]
        if trial.archive.shape[1] <= SMALL and trial.after.rules[0].policy.score == "limit":
            p = flip_probability(trial.after)
            share = 100.0 * float(np.mean(p > UNSTABLE))
            lines.append(finding(text("app.tuning.uncertain", self.locale, p=percent(share))))
        self._views["guards"].value = "".join(lines)

    def _show_curve(self) -> None:
        """Curve and map; where nothing has a limit the words say so."""
        trial, locale = self._trial(), self.locale
        try:
            lines, marks = trial.curves(locale)
            self._views["curve"].value = shown(pass_curves(self.name, lines, marks, locale))
        except DataError as error:
            self._views["curve"].value = finding(error.message)
        try:
            drawn = operating_map(self.name, *trial.operating(locale), locale)
            self._views["operating"].value = shown(drawn)
        except DataError as error:
            self._views["operating"].value = finding(error.message)

    def _show_flips(self) -> None:
        part = flips_table(self._trial(), self.locale, self.chosen, self._sort.value)
        self._views["flips"].value = shown(shown_table(part))

    def _show_rates(self) -> None:
        """By round, by group, by authority."""
        trial, locale = self._trial(), self.locale
        rows = [
            RatePair(str(row["round"]), row["before"], row["after"], int(row["n"]))
            for row in trial.rates(("round",)).to_dict("records")
            if row["before"] == row["before"] and row["after"] == row["after"]
        ]
        self._views["rounds"].value = shown(rate_pairs(self.name, rows, locale)) if rows else ""
        groups = shown(shown_table(groups_table(trial, locale)))
        varied = variation_table(trial, locale)
        reached = shown(shown_table(practice_table(trial, locale)))
        self._views["groups"].value = groups + reached + (shown(shown_table(varied)) if varied else "")
        code = self.controls.analyte.value
        self._views["authorities"].value = shown(shown_table(precedent_table(trial, code, locale)))

    def _look_at_stability(self) -> None:
        """Long: what other admissible choices turn over."""
        from workbench.tuning.stability import verdict_stability

        trial = self._trial()

        def work(progress: Progress) -> Any:
            progress(0, 1)
            return verdict_stability(trial.after)

        def done(table: Any) -> None:
            scored = table["p_flip"].notna()
            numbers = {
                "n": int(scored.sum()),
                "borderline": int(table["borderline"].sum()),
                "p": int((table["p_flip"] > UNSTABLE).sum()),
                "alone": int((table["leave_one_out"] > 0).sum()),
                "estimators": int((table["estimators"] != "").sum()),
                "rounded": int(table["rounded"].sum()),
            }
            self.frame.say(text("app.tuning.stability_found", self.locale, **numbers))

        run_long(self.frame, text("app.tuning.stability", self.locale), work, done)

    def files(self) -> str:
        """Links to the views as drawings and to their numbers as a workbook."""
        trial, locale = self._trial(), self.locale
        tables = [(unit, shown_table(matrix_table(trial, unit, locale))) for unit in UNITS[:2]]
        tables += [(name, shown_table(make(trial, locale))) for name, make in TABLES.items()]
        stem = f"{trial.rounds.programme.programme_no}-{self.controls.analyte.value}"
        links = [link(f"{stem}.xlsx", workbook(stem, tables), text("app.tuning.download.tables", locale))]
        lines, marks = trial.curves(locale)
        curve = pass_curves(self.name, lines, marks, locale).svg
        links.append(link(f"{stem}-curve.svg", curve.encode(), text("app.tuning.download.curve", locale)))
        grid = operating_map(self.name, *trial.operating(locale), locale).svg
        links.append(link(f"{stem}-map.svg", grid.encode(), text("app.tuning.download.map", locale)))
        return "".join(links)
