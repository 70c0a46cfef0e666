"""G22: the normalised sigma chart: bias and CV as shares of the allowable error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, x_axis, y_axis, y_axis_room
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing, circles
from workbench.wording import text

HEIGHT_MM = 84.0
RIGHT, TOP = 50.0, 100.0
SIGMAS = (2, 3, 4, 5, 6)
LOW_SIGMA = 3.0
DOT_PT = 1.1


def sigma_chart(rows: Sequence[Mapping[str, Any]], locale: str) -> Figure:
    """The chart of all rows with a sigma.

    Parameters
    ----------
    rows : `sigma`, `tea`, `bias`, `cv`, `level` and `printed` of the twin.

    Notes
    -----
    Lines are those of equal sigma, 2 to 6. A point beyond the axes stands at the edge.
    """
    drawn = [row for row in rows if row["sigma"] is not None]
    plot = _plot(locale)
    _names(plot, 0.86, locale)
    drawing = plot.drawing
    for row in drawn:
        at = (
            plot.x.clipped(100 * row["cv"] / row["tea"]),
            plot.y.clipped(100 * abs(row["bias"]) / row["tea"]),
        )
        low = row["sigma"] < LOW_SIGMA
        drawing.mark("circle", at, style.MARK_PT + 0.5, style.BAD if low else style.OWN)
        drawing.text(str(row["level"]), (at[0] + 3.5, at[1] - 3), size=style.SMALL_PT)
    cells = [[row["printed"]["name"], row["printed"]["sigma"], row["printed"]["tea"]] for row in drawn]
    headings = [text(f"table.iqc.{key}", locale) for key in ("item", "sigma", "tea")]
    alt = text("alt.G22", locale, n=len(drawn), low=sum(row["sigma"] < LOW_SIGMA for row in drawn))
    table = data_table("G22", locale, headings, cells)
    return Figure("G22", drawing.svg(), alt, text("caption.G22", locale), style.HALF_MM, HEIGHT_MM, table)


def sigma_dots(dots: Sequence[tuple[float, float]], locale: str) -> Figure:
    """The chart of many laboratories as dots, none of them named.

    Parameters
    ----------
    dots : 100 CV/TEa and 100 |bias|/TEa of each row, per cent of the allowable error.
    """
    plot = _plot(locale)
    places = sorted((plot.x.clipped(x), plot.y.clipped(y)) for x, y in dots)
    plot.drawing.path(circles(places, DOT_PT), fill=style.GROUP)
    _names(plot, 0.62, locale)
    low = sum(100.0 - y < LOW_SIGMA * x for x, y in dots)
    alt, caption = text("alt.G22", locale, n=len(dots), low=low), text("caption.G22", locale)
    return Figure("G22-all", plot.drawing.svg(), alt, caption, style.HALF_MM, HEIGHT_MM)


def _plot(locale: str) -> Plot:
    """Axes and the lines of equal sigma."""
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = normalised_plot(drawing, locale)
    for sigma in SIGMAS:
        end = min(RIGHT, TOP / sigma)
        colour = style.BAD if sigma < LOW_SIGMA else style.LIMIT
        drawing.line(plot.at(0.0, TOP), plot.at(end, TOP - sigma * end), colour, style.THIN_PT)
    return plot


def _names(plot: Plot, part: float, locale: str) -> None:
    """The sigma of each line, beside the line after a part of its length."""
    for sigma in SIGMAS:
        end = min(RIGHT, TOP / sigma)
        at = plot.at(part * end, TOP - sigma * part * end)
        word, colour = (
            text("figure.iqc.sigma", locale, no=sigma),
            style.BAD if sigma < LOW_SIGMA else style.LIMIT,
        )
        plot.drawing.text(word, (at[0] + 3, at[1] - 3), size=style.SMALL_PT, fill=colour)


def normalised_plot(drawing: Drawing, locale: str) -> Plot:
    """Axes of CV and bias as shares of the allowable error."""
    ticks = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    plot = Plot(
        drawing,
        Scale(0.0, RIGHT, y_axis_room(ticks), drawing.width - 8),
        Scale(0.0, TOP, drawing.height - 25, 6),
    )
    x_axis(plot, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0], text("figure.iqc.norm_cv", locale))
    y_axis(plot, ticks, text("figure.iqc.norm_bias", locale))
    return plot
