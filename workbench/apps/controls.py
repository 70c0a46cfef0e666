"""Controls with a visible label that names quantity and unit; numbers as a slider with a box beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from workbench.apps.look import label

WIDTH = "260px"
_INNER = "252px"
_BOX_PX = 84


class Number:
    """A number: slider and box that follow each other; fires on release only.

    Parameters
    ----------
    words : visible label. bounds : least, most, step. value : at the start.

    Attributes
    ----------
    widget : label, slider and box. box : the one to be watched.
    """

    def __init__(self, words: str, bounds: tuple[float, float, float], value: float) -> None:
        low, high, step = bounds
        self.box = widgets.BoundedFloatText(
            value=value, min=low, max=high, step=step, layout=widgets.Layout(width=f"{_BOX_PX}px")
        )
        self.slider = widgets.FloatSlider(
            value=value, min=low, max=high, step=step, continuous_update=False, readout=False,
            layout=widgets.Layout(width=f"calc(100% - {_BOX_PX + 12}px)"),
        )  # fmt: skip
        for control in (self.box, self.slider):
            control.tooltip = words
        widgets.jslink((self.slider, "value"), (self.box, "value"))
        row = widgets.HBox([self.slider, self.box])
        self.widget = widgets.VBox([widgets.HTML(label(words)), row], layout=widgets.Layout(width=WIDTH))

    @property
    def value(self) -> float:
        """The number as it stands in the box."""
        return float(self.box.value)

    @value.setter
    def value(self, number: float) -> None:
        if number > self.box.max:
            self.box.max = self.slider.max = number
        self.box.value = self.slider.value = number

    def disable(self, disabled: bool) -> None:
        """Leave the number as it is and show that it plays no part."""
        self.box.disabled = self.slider.disabled = disabled


def choice(words: str, options: Sequence[tuple[str, Any]], value: Any = None) -> tuple[Any, widgets.VBox]:
    """A list to choose one of; the control to watch and the labelled whole."""
    control = widgets.Dropdown(options=list(options), layout=widgets.Layout(width=_INNER), tooltip=words)
    if value is not None and value in [each for _, each in options]:
        control.value = value
    return control, labelled(words, control)


def several(words: str, options: Sequence[tuple[str, Any]], rows: int = 5) -> tuple[Any, widgets.VBox]:
    """A list to choose several of, none means all; the control to watch and the labelled whole."""
    control = widgets.SelectMultiple(
        options=list(options), rows=min(rows, max(len(options), 2)), layout=widgets.Layout(width=_INNER), tooltip=words
    )  # fmt: skip
    return control, labelled(words, control)


def labelled(words: str, control: Any) -> widgets.VBox:
    """A control under its label, no wider than the label: else its border would be cut."""
    if control.layout.width in (None, "100%"):
        control.layout.width = _INNER
    return widgets.VBox([widgets.HTML(label(words)), control], layout=widgets.Layout(width=WIDTH))


def button(words: str, width: str = "auto") -> widgets.Button:
    """A button that carries words, no icon."""
    return widgets.Button(description=words, tooltip=words, layout=widgets.Layout(width=width))
