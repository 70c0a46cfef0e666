"""G26: probability to pass over true bias and CV, as contour lines, with what laboratories are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, x_axis, y_axis, y_axis_room
from workbench.figures.scales import Scale, round_ticks
from workbench.figures.svg import Drawing, polyline, width_of
from workbench.wording import percent, printed, text

HEIGHT_MM = 66.0
CONTOURS = (0.99, 0.95, 0.80, 0.50)
"""Probabilities that are drawn."""


@dataclass(frozen=True)
class OperatingMap:
    """P(pass) on a grid.

    Parameters
    ----------
    biases, cvs : shape (b,) and (c,), per cent, ascending from 0. probability : shape (c, b).
    laboratories : name, |bias| and CV (per cent) of laboratories to be marked.
    """

    biases: NDArray[np.float64]
    cvs: NDArray[np.float64]
    probability: NDArray[np.float64]
    laboratories: Sequence[tuple[str, float, float]] = ()


def operating_map(item: str, before: OperatingMap | None, after: OperatingMap, locale: str) -> Figure:
    """Contours of the candidate in bold, of the rule in force thin and dashed.

    Parameters
    ----------
    before : on the same grid; None draws the candidate alone.
    """
    anchor = figure_id("G26", item)
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    top = float(after.cvs[-1])
    y_ticks = round_ticks(0.0, top, 5)
    x = Scale(0.0, float(after.biases[-1]), y_axis_room(y_ticks), drawing.width - 30)
    plot = Plot(drawing, x, Scale(0.0, top, drawing.height - 26, 8))
    y_axis(plot, y_ticks, text("figure.true_cv", locale))
    x_axis(plot, round_ticks(0.0, x.high, 5), text("figure.true_bias", locale))
    for level in CONTOURS:
        if before is not None:
            line = contour(before, level)
            plot.drawing.path(
                _drawn(plot, line), stroke=style.ALL_LINE, width=style.LINE_PT, dash=style.DASHED
            )
        line = contour(after, level)
        plot.drawing.path(_drawn(plot, line), stroke=style.OWN, width=style.MEDIUM_PT)
        _name(plot, line, percent(100 * level, 0))
    _laboratories(plot, after.laboratories)
    caption = text("caption.G26" if before is not None else "caption.G26_one", locale, item=item)
    alt = text("alt.G26", locale, item=item, list=_intercepts(after))
    return Figure(anchor, drawing.svg(), alt, caption, style.HALF_MM, HEIGHT_MM, _data(after, anchor, locale))


def contour(shown: OperatingMap, level: float) -> list[tuple[float, float]]:
    """(bias, CV) of one probability, CV rising; empty where even no bias passes less often.

    Notes
    -----
    At one CV the probability falls with the bias; a CV at which no bias reaches it ends the line.
    """
    places = []
    for cv, row in zip(shown.cvs, shown.probability, strict=True):
        below = np.flatnonzero(row < level)
        if row[0] < level:
            break
        if not below.size:
            continue
        right = int(below[0])
        high, low = row[right - 1], row[right]
        share = (high - level) / (high - low) if high > low else 0.0
        step = shown.biases[right] - shown.biases[right - 1]
        places.append((float(shown.biases[right - 1] + share * step), float(cv)))
    return places


def _drawn(plot: Plot, line: Sequence[tuple[float, float]]) -> str:
    return polyline([plot.at(*each) for each in line]) if len(line) > 1 else ""


def _name(plot: Plot, line: Sequence[tuple[float, float]], words: str) -> None:
    """The probability at the upper end of its contour, where the lines lie apart."""
    if line:
        x, y = plot.at(*line[-1])
        at = min(x + 2, plot.drawing.width - width_of(words, style.SMALL_PT))
        plot.drawing.text(words, (at, y - 5), size=style.SMALL_PT, fill=style.OWN)


def _laboratories(plot: Plot, laboratories: Sequence[tuple[str, float, float]]) -> None:
    """Typical laboratories: a dot and its words."""
    for number, (words, bias, cv) in enumerate(laboratories):
        if plot.x.holds(bias) and plot.y.holds(cv):
            at = plot.at(bias, cv)
            plot.drawing.mark("circle", at, 2.8, style.INK if number == 0 else style.PAPER, style.INK)
            plot.drawing.text(words, (at[0] + 5, at[1]), size=style.SMALL_PT)


def _intercepts(shown: OperatingMap) -> str:
    """Where each contour meets the axis of the bias, in words."""
    lines = ((level, contour(shown, level)) for level in CONTOURS)
    return "; ".join(f"{percent(100 * level, 0)}: {printed(line[0][0], 1)}%" for level, line in lines if line)


def _data(shown: OperatingMap, anchor: str, locale: str) -> Table:
    """P(pass) at some biases and CVs."""
    columns = np.unique(np.linspace(0, len(shown.biases) - 1, 6).round().astype(int))
    rows = np.unique(np.linspace(0, len(shown.cvs) - 1, 6).round().astype(int))
    headings = [text("figure.true_cv", locale), *(f"{shown.biases[c]:.3g}%" for c in columns)]
    cells = [
        [f"{shown.cvs[r]:.3g}", *(percent(100 * shown.probability[r, c]) for c in columns)] for r in rows
    ]
    return data_table(anchor, locale, headings, cells)
