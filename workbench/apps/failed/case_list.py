"""The list of cases in an app: which round, filters, type-ahead, the list itself, the next one."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import ipywidgets as widgets

from workbench.apps.controls import button, choice, labelled
from workbench.apps.failed.model import (
    FAILED,
    NO_RESULT,
    PASSED,
    UNRANKED,
    Investigation,
    Listed,
    Wanted,
)
from workbench.errors import DataError
from workbench.parameters import catalogue
from workbench.reports.period_parts import programme_name
from workbench.store import Store
from workbench.store.failures import rounds_with_evaluation
from workbench.wording import text

FAMILIES = ("report", "identity", "systematic", "random", "organiser", "none")
STATUSES = ("unsuccessful", "successful", "too_few")
ROWS = 14


class CaseList:
    """Controls that choose a round and one of its cases.

    Attributes
    ----------
    round, kind, family, status, typed, list : controls to be watched. next, clear, reload : buttons.
    widgets : all of them in order.
    """

    def __init__(self, locale: str) -> None:
        self.locale = locale
        everything = text("app.all", locale)
        kinds = [(self._word(f"kind.{name}"), name) for name in (FAILED, PASSED)]
        families = [(everything, ""), *((text(f"cause_family.{name}", locale), name) for name in FAMILIES)]
        families += [(self._word(f"family.{name}"), name) for name in (NO_RESULT, UNRANKED)]
        statuses = [(everything, ""), *((text(f"verdict.rounds.{name}", locale), name) for name in STATUSES)]
        self.round, rounds = choice(self._word("round"), [])
        self.kind, kind = choice(self._word("kind"), [*kinds, (self._word("kind.all"), "")])
        self.family, family = choice(self._word("family"), families)
        self.status, status = choice(self._word("status"), statuses)
        self.typed = widgets.Text(continuous_update=True, layout=widgets.Layout(width="100%"))
        self.list = widgets.Select(options=[], rows=ROWS, layout=widgets.Layout(width="100%"))
        self.count = widgets.HTML()
        self.next, self.clear = button(self._word("next")), button(self._word("clear"))
        self.reload = button(text("app.reload", locale))
        typed, cases = labelled(self._word("typed"), self.typed), labelled(self._word("list"), self.list)
        buttons = widgets.HBox([self.next, self.clear, self.reload])
        self.widgets = [rounds, kind, family, status, typed, cases, buttons, self.count]
        self.next.on_click(lambda _button: self.go_on())
        self.clear.on_click(lambda _button: self.reset())

    def _word(self, key: str, **values: object) -> str:
        return text(f"app.failed.{key}", self.locale, **values)

    def offer_rounds(self, store: Store, round_code: str, programme_no: str) -> None:
        """Offer the rounds there are; the one asked for is chosen, else the latest.

        Raises
        ------
        DataError
            when there is none, or not the one asked for.
        """
        known = catalogue()
        options: list[tuple[str, Any]] = [
            (
                f"{row.round} · {programme_name(known[str(row.programme_no)], self.locale)}",
                (row.round, row.programme_no),
            )
            for row in rounds_with_evaluation(store).itertuples()
            if row.programme_no in known
        ]
        wanted = (round_code, programme_no)
        fits = [v for _, v in options if all(w in ("", own) for w, own in zip(wanted, v, strict=True))]
        if not fits:
            raise DataError(text("app.empty", self.locale, filters=" · ".join(filter(None, wanted))))
        self.round.options = options
        self.round.value = fits[0]

    @property
    def chosen(self) -> Listed | None:
        """The case chosen."""
        found: Listed | None = self.list.value
        return found

    def preview(self, cases: Sequence[Listed]) -> None:
        """What failed, while the causes are still being looked for."""
        self.list.options = [(each.label, each) for each in cases]
        self.list.index = None

    def fill(self, model: Investigation) -> bool:
        """The cases that fit the filters; the one chosen stays where it still fits. Whether there is any."""
        wanted = Wanted(self.kind.value, self.family.value, self.status.value, self.typed.value)
        found, before = model.listed(wanted), self.chosen
        self.list.options = [(each.label, each) for each in found]
        same = [each for each in found if before and (each.who, each.analyte) == (before.who, before.analyte)]
        if same or (found and self.chosen is None):
            self.list.value = (same or found)[0]
        failed = sum(each.kind == FAILED for each in model.cases)
        words = self._word("count", n=len(found), failed=failed)
        self.count.value = f'<div class="wb-note">{escape(words)}</div>'
        return bool(found)

    def begin(self, model: Investigation, lab_code: str, analyte: str) -> bool:
        """A round was opened: its failed cases, else the others; the case asked for. Whether anything failed."""
        failed = any(each.kind == FAILED for each in model.cases)
        asked = [each for each in model.cases if lab_code in ("", each.who) and analyte in ("", each.analyte)]
        self.kind.value = asked[0].kind if asked else FAILED if failed else PASSED
        self.fill(model)
        if (lab_code or analyte) and asked and asked[0] in [value for _, value in self.list.options]:
            self.list.value = asked[0]
        return failed

    def filters(self) -> str:
        """The filters in use, as words."""
        used = [control.label for control in (self.kind, self.family, self.status) if control.value]
        return " · ".join(filter(None, [*used, self.typed.value]))

    def go_on(self) -> None:
        """The next case of the list; after the last one the first."""
        values = [value for _, value in self.list.options]
        if values:
            place = values.index(self.chosen) + 1 if self.chosen in values else 0
            self.list.value = values[place % len(values)]

    def reset(self) -> None:
        """No filters."""
        self.family.value = self.status.value = self.typed.value = ""
