"""G25: pass rate over the allowed error, all laboratories and each group, with the limits that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, quantity_title, x_axis, y_axis, y_axis_room
from workbench.figures.labels import Taken
from workbench.figures.scales import Scale, round_ticks
from workbench.figures.svg import Drawing, polyline, shortened, width_of
from workbench.wording import percent, significant, text

HEIGHT_MM = 62.0
POINTS = 160
"""Places at which each curve is drawn."""
_TICKS = (0.0, 20.0, 40.0, 60.0, 80.0, 100.0)
_NAME_PT = 132.0


@dataclass(frozen=True)
class CurveLine:
    """One curve: its name, the limits at which it is drawn and the pass rate (%) at each."""

    name: str
    limits: NDArray[np.float64]
    rates: NDArray[np.float64]


@dataclass(frozen=True)
class LimitMark:
    """A limit that is compared: its words, its place (typical target) and the pass rate (%) there."""

    words: str
    limit: float
    rate: float
    is_candidate: bool = False


def pass_curves(
    item: str, lines: Sequence[CurveLine], marks: Sequence[LimitMark], locale: str, unit: str = "%"
) -> Figure:
    """The first curve in bold, further ones thin and named at their ends.

    Parameters
    ----------
    lines : at least one; all over the same limits, ascending. marks : limits to be shown as vertical lines.
    unit : of the limits.
    """
    anchor = figure_id("G25", item)
    drawing = Drawing(style.FULL_MM, HEIGHT_MM)
    limits = lines[0].limits
    left = y_axis_room(_TICKS)
    right = drawing.width - (_NAME_PT + 8 if len(lines) > 1 else 8)
    x = Scale(float(min(limits)), float(max(limits)), left, right)
    plot = Plot(drawing, x, Scale(0.0, 100.0, drawing.height - 26, 20))
    y_axis(plot, _TICKS, text("figure.pass_rate", locale))
    x_axis(plot, round_ticks(x.low, x.high, 8), quantity_title("figure.allowed_error", unit, locale))
    for line in reversed(lines[1:]):
        _curve(plot, line, style.ALL_LINE, style.LINE_PT)
    _curve(plot, lines[0], style.OWN, style.THICK_PT)
    _names(plot, lines[1:])
    _marks(plot, marks)
    caption = text("caption.G25" if len(lines) > 1 else "caption.G25_all", locale, item=item)
    headings = [quantity_title("figure.allowed_error", unit, locale), *(line.name for line in lines)]
    places = np.unique(np.linspace(0, len(limits) - 1, 21).round().astype(int))
    rows = [
        [significant(float(limits[i]), 3), *(percent(float(line.rates[i])) for line in lines)] for i in places
    ]
    data = data_table(anchor, locale, headings, rows)
    alt = text(
        "alt.G25", locale, item=item, list="; ".join(f"{m.words}: {percent(m.rate)}" for m in marks) or "–"
    )
    return Figure(anchor, drawing.svg(), alt, caption, style.FULL_MM, HEIGHT_MM, data)


def _curve(plot: Plot, line: CurveLine, colour: str, width: float) -> None:
    """One curve."""
    places = [plot.at(float(a), float(b)) for a, b in zip(line.limits, line.rates, strict=True)]
    plot.drawing.path(polyline(places), stroke=colour, width=width)


def _names(plot: Plot, lines: Sequence[CurveLine]) -> None:
    """Names of the groups at the right ends of their curves, moved apart."""
    half, lowest = style.SMALL_PT / 2 + 0.7, plot.y.end
    ends = sorted((plot.y(float(line.rates[-1])), line.name) for line in lines)
    for y, name in ends:
        y = max(y, lowest)
        words = shortened(name, _NAME_PT, style.SMALL_PT)
        plot.drawing.text(words, (plot.x.end + 5, y), size=style.SMALL_PT, fill=style.LIMIT)
        lowest = y + 2 * half


def _marks(plot: Plot, marks: Sequence[LimitMark]) -> None:
    """Limits as vertical lines with their words above, moved apart."""
    taken, y = Taken(), plot.y.end
    for mark in marks:
        if not plot.x.holds(mark.limit):
            continue
        x, colour = plot.x(mark.limit), style.BAD if mark.is_candidate else style.LIMIT
        plot.drawing.vertical(x, plot.y_ends, colour, style.MEDIUM_PT, style.DASHED)
        plot.drawing.mark("circle", (x, plot.y(mark.rate)), 2.6, style.PAPER, colour)
        words = f"{mark.words} {significant(mark.limit, 3)}: {percent(mark.rate)}"
        width = width_of(words, style.SMALL_PT)
        left = min(max(x - width / 2, 0.0), plot.drawing.width - width)
        places = [(left, y - 5 - 8.5 * row) for row in range(2)]
        half = style.SMALL_PT / 2
        found = taken.first_free((a, a + width, b - half, b + half) for a, b in places)
        plot.drawing.text(words, places[found or 0], size=style.SMALL_PT, fill=colour)
