"""G24: the items of a round's material, each replicate a dot, against what the criterion allows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, quantity_title, y_axis, y_axis_room
from workbench.figures.scales import Scale, padded, round_ticks
from workbench.figures.svg import Drawing, width_of
from workbench.wording import text

HEIGHT_MM = 52.0
_ROOM_BELOW, _ROOM_ABOVE = 24.0, 16.0


@dataclass(frozen=True)
class MaterialItems:
    """One analyte's items in the order of measuring.

    Parameters
    ----------
    name, unit : as printed.
    items, values : labels and replicates; those of the end of the round come last.
    later : how many at the end belong to the end of the round.
    mean : general mean of the first study.
    allowed : 0.3 sigma_pt; NaN for none.
    outlier : number of the item (from 0) whose replicates scatter more; -1 for none.
    """

    name: str
    unit: str
    items: Sequence[str]
    values: Sequence[Sequence[float]]
    later: int
    mean: float
    allowed: float
    outlier: int = -1


def material_items(shown: MaterialItems, locale: str) -> Figure:
    """Replicates as dots, item means as dashes, the general mean as a line with the band mean ± 0.3 sigma_pt.

    Parameters
    ----------
    shown : at least one item. locale : zh_CN or en.
    """
    anchor = figure_id("G24", shown.name)
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = _axes(drawing, shown, locale)
    _band(plot, shown)
    _items(plot, shown)
    headings = [text(key, locale) for key in ("figure.material_item", "figure.mean", "figure.replicates")]
    rows = [
        [item, f"{_mean(values):.6g}", "  ".join(f"{value:.12g}" for value in values)]
        for item, values in zip(shown.items, shown.values, strict=True)
    ]
    data = data_table(anchor, locale, headings, rows)
    alt = text("alt.G24", locale, item=shown.name, n=len(shown.items), mean=f"{shown.mean:.6g}")
    return Figure(anchor, drawing.svg(), alt, shown.name, style.HALF_MM, HEIGHT_MM, data)


def _axes(drawing: Drawing, shown: MaterialItems, locale: str) -> Plot:
    """Both axes; the band is always seen whole."""
    everything = [value for values in shown.values for value in values]
    if not math.isnan(shown.allowed):
        everything += [shown.mean - shown.allowed, shown.mean + shown.allowed]
    low, high = padded(min(everything), max(everything), 0.08)
    ticks = round_ticks(low, high, 4)
    left = y_axis_room(ticks)
    x = Scale(-0.7, len(shown.items) - 0.3, left, drawing.width - 4)
    plot = Plot(drawing, x, Scale(low, high, drawing.height - _ROOM_BELOW, _ROOM_ABOVE))
    drawing.text(shown.name, (left, style.TEXT_PT / 2 + 1))
    y_axis(plot, ticks, quantity_title("figure.result", shown.unit, locale))
    drawing.horizontal(plot.y.start, plot.x_ends, style.LIMIT, style.THIN_PT)
    middle = (plot.x.start + plot.x.end) / 2
    drawing.text(text("figure.material_item", locale), (middle, drawing.height - 5), anchor="middle")
    _labels(plot, shown)
    return plot


def _labels(plot: Plot, shown: MaterialItems) -> None:
    """Labels of the items, left out where two would touch; a line where the end of the round begins."""
    reach = float("-inf")
    for number, item in enumerate(shown.items):
        x, half = plot.x(number), width_of(item, style.SMALL_PT) / 2
        plot.drawing.vertical(x, (plot.y.start, plot.y.start + 2), style.LIMIT, style.THIN_PT)
        if x - half > reach + 2:
            at = (x, plot.y.start + 8)
            plot.drawing.text(item, at, anchor="middle", size=style.SMALL_PT, fill=style.LIMIT)
            reach = x + half
    if shown.later:
        border = plot.x(len(shown.items) - shown.later - 0.5)
        plot.drawing.vertical(border, plot.y_ends, style.ALL_LINE, style.LINE_PT, style.DOTTED)


def _band(plot: Plot, shown: MaterialItems) -> None:
    """What the criterion allows around the general mean."""
    left, right = plot.x_ends
    if not math.isnan(shown.allowed):
        top, bottom = (plot.y(shown.mean + sign * shown.allowed) for sign in (1, -1))
        plot.drawing.box((left, top), (right - left, bottom - top), style.BAND)
        for y in (top, bottom):
            plot.drawing.horizontal(y, plot.x_ends, style.LIMIT, style.LINE_PT, style.DASHED)
    plot.drawing.horizontal(plot.y(shown.mean), plot.x_ends, style.INK, style.LINE_PT)


def _items(plot: Plot, shown: MaterialItems) -> None:
    """Dots of the first study, diamonds of the end of the round; the item that scatters more in red."""
    first_later = len(shown.items) - shown.later
    for number, values in enumerate(shown.values):
        x = plot.x(number)
        colour = style.BAD if number == shown.outlier else style.OWN
        reach = 0.25 * (plot.x(1.0) - plot.x(0.0))
        y = plot.y(_mean(values))
        plot.drawing.horizontal(y, (x - reach, x + reach), colour, style.THICK_PT)
        shape = "diamond" if number >= first_later else "circle"
        for value in values:
            plot.drawing.mark(shape, (x, plot.y(value)), style.MARK_PT, style.PAPER, colour)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
