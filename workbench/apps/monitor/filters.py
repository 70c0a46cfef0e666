"""The monitor's stack of filters: a list a dimension, each value with the laboratories that remain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import ipywidgets as widgets

from workbench.apps.controls import choice
from workbench.apps.frame import Frame
from workbench.apps.look import heading
from workbench.apps.monitor.model import DIMENSIONS, ControlArchive, Wanted, remaining
from workbench.apps.monitor.viewer import Viewer, offered
from workbench.apps.monitor.views import dimension_word, value_word
from workbench.wording import text

_HIDDEN_BELOW = 3
"""Fewer laboratories are not counted out for a participant."""


class FilterStack:
    """The lists.

    Attributes
    ----------
    widget : what is shown. lists : dimension -> its list.
    """

    def __init__(self, frame: Frame, viewer: Viewer, changed: Callable[[], None]) -> None:
        self._viewer, self._locale, self._quiet, self._changed = viewer, frame.locale, False, changed
        words = {name: dimension_word(name, frame.locale) for name in DIMENSIONS}
        made = {name: choice(word[:1].upper() + word[1:], [("", "")]) for name, word in words.items()}
        self.lists = {name: control for name, (control, _) in made.items()}
        frame.watch(list(self.lists.values()), self._told)
        title = widgets.HTML(
            heading(text("app.iqc.filters", frame.locale)), layout=widgets.Layout(width="100%")
        )
        self.widget = widgets.VBox([title, *(box for _, box in made.values())])
        self.widget.add_class("wb-controls")

    def _told(self) -> None:
        if not self._quiet:
            self._changed()

    @property
    def chosen(self) -> tuple[tuple[str, str], ...]:
        """(Dimension, value) pairs in force."""
        return tuple((name, box.value) for name, box in self.lists.items() if box.value)

    def choose(self, stack: Mapping[str, str]) -> None:
        """Put another stack in force; values that are not offered are left out. Tells nobody."""
        self._quiet = True
        try:
            for name, box in self.lists.items():
                value = stack.get(name, "")
                box.value = value if value in [each for _, each in box.options] else ""
        finally:
            self._quiet = False

    def refill(self, archive: ControlArchive, wanted: Wanted) -> None:
        """Count anew what remains under the filters in force."""
        self._quiet = True
        try:
            for name, box in self.lists.items():
                value = box.value
                every, counts = remaining(archive, replace(wanted, filters=self.chosen), name)
                counts = offered(archive, self._viewer, name, counts)
                if value and value not in counts:
                    counts[value] = 0
                options = [
                    (self._words("value", n, value_word(name, v, self._locale)), v) for v, n in counts.items()
                ]
                nothing = text("app.iqc.nothing_registered", self._locale)
                box.options = [(self._words("any", every) if counts else nothing, ""), *options]
                box.value = value
                box.disabled = not counts
        finally:
            self._quiet = False

    def _words(self, key: str, n: int, value: str = "") -> str:
        """A value and its number; small numbers are not told to a participant."""
        few = self._viewer.is_participant and n < _HIDDEN_BELOW
        shown = text("app.iqc.few_labs", self._locale) if few else str(n)
        return text(f"app.iqc.{key}", self._locale, n=shown, **({"value": value} if key == "value" else {}))
