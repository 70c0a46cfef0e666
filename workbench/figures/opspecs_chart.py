"""The normalised OPSpecs chart: which control procedure detects the critical shift of a method."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import data_table
from workbench.figures.sigma_chart import DOT_PT, HEIGHT_MM, RIGHT, TOP, normalised_plot
from workbench.figures.svg import Drawing, circles, width_of
from workbench.wording import printed, text

DASHES = ("", style.DASHED, style.DOTTED, "")
COLOURS = (style.OWN, style.OWN, style.OWN, style.LIMIT)


def opspecs_chart(
    dots: Sequence[tuple[float, float]], procedures: Sequence[tuple[str, float]], locale: str
) -> Figure:
    """The lines of some procedures among methods as dots, none of them named.

    Parameters
    ----------
    dots : 100 CV/TEa and 100 |bias|/TEa of each row, per cent of the allowable error.
    procedures : name and slope of each line, one to four: the bias allowed is 100 - slope x CV, as shares of TEa.

    Notes
    -----
    A method below a line is held by that procedure with the detection asked for.

    Raises
    ------
    ValueError
        for no line or more than four, which could not be told apart.
    """
    if not 1 <= len(procedures) <= len(DASHES):
        raise ValueError(f"one to {len(DASHES)} procedures can be told apart, not {len(procedures)}")
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = normalised_plot(drawing, locale)
    places = sorted((plot.x.clipped(x), plot.y.clipped(y)) for x, y in dots)
    drawing.path(circles(places, DOT_PT), fill=style.GROUP)
    for k, (name, slope) in enumerate(procedures):
        end = min(RIGHT, TOP / slope)
        drawing.line(plot.at(0.0, TOP), plot.at(end, TOP - slope * end), COLOURS[k], style.LINE_PT, DASHES[k])
        top = plot.y.end + 8 + 11 * k
        left = plot.x.end - 24 - width_of(name, style.SMALL_PT)
        drawing.text(name, (left, top), size=style.SMALL_PT)
        drawing.line((plot.x.end - 20, top), (plot.x.end, top), COLOURS[k], style.LINE_PT, DASHES[k])
    rows = [[name, printed(slope, 2), str(inside(dots, slope))] for name, slope in procedures]
    headings = [text(f"table.iqc.{key}", locale) for key in ("procedure", "slope", "inside")]
    lines = ", ".join(f"{row[0]} {row[2]}" for row in rows)
    table = data_table("opspecs", locale, headings, rows)
    alt = text("alt.opspecs", locale, n=len(dots), lines=lines)
    return Figure(
        "opspecs", drawing.svg(), alt, text("caption.opspecs", locale), style.HALF_MM, HEIGHT_MM, table
    )


def inside(dots: Sequence[tuple[float, float]], slope: float) -> int:
    """Dots on or below the line of a procedure.

    >>> inside([(10.0, 20.0), (40.0, 20.0)], 3.5)
    1
    """
    return sum(y <= TOP - slope * x for x, y in dots)
