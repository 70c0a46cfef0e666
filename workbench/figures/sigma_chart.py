"""G22: the normalised sigma chart: bias and CV as shares of the allowable error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, x_axis, y_axis, y_axis_room
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing
from workbench.wording import text

HEIGHT_MM = 84.0
RIGHT, TOP = 50.0, 100.0
SIGMAS = (2, 3, 4, 5, 6)
LOW_SIGMA = 3.0


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
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    ticks = [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]
    plot = Plot(
        drawing,
        Scale(0.0, RIGHT, y_axis_room(ticks), drawing.width - 8),
        Scale(0.0, TOP, drawing.height - 25, 6),
    )
    for sigma in SIGMAS:
        end = min(RIGHT, TOP / sigma)
        colour = style.BAD if sigma < LOW_SIGMA else style.LIMIT
        drawing.line(plot.at(0.0, TOP), plot.at(end, TOP - sigma * end), colour, style.THIN_PT)
        at = plot.at(0.86 * end, TOP - sigma * 0.86 * end)
        drawing.text(
            text("figure.iqc.sigma", locale, no=sigma),
            (at[0] + 3, at[1] - 3),
            size=style.SMALL_PT,
            fill=colour,
        )
    x_axis(plot, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0], text("figure.iqc.norm_cv", locale))
    y_axis(plot, ticks, text("figure.iqc.norm_bias", locale))
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
