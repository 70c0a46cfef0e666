"""G27: pass rates in force and proposed, row by row, the change between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, rows_axis, x_axis
from workbench.figures.scales import Scale, round_ticks
from workbench.figures.svg import Drawing, points, shortened, width_of
from workbench.wording import percent, text

ROW_MM, FRAME_MM = 5.0, 16.0
_NAME_PT = 150.0


@dataclass(frozen=True)
class RatePair:
    """One row: name, pass rates (%) in force and proposed, laboratories behind them."""

    name: str
    before: float
    after: float
    n: int


def rate_pairs(item: str, rows: Sequence[RatePair], locale: str) -> Figure:
    """Dots in force, rings proposed, joined where they differ.

    Parameters
    ----------
    item : what the figure is about. rows : at least one, in the order of printing.
    """
    height = FRAME_MM + ROW_MM * len(rows)
    drawing = Drawing(style.FULL_MM, height)
    names = [shortened(row.name, _NAME_PT) for row in rows]
    room = max(width_of(name) for name in names)
    start = min(10.0 * (min(min(row.before, row.after) for row in rows) // 10.0), 80.0)
    top, pitch = points(3.0), points(ROW_MM)
    bottom = top + pitch * len(rows)
    plot = Plot(drawing, Scale(start, 100.0, room + 12, drawing.width - 62), Scale(0.0, 1.0, bottom, top))
    heights = [top + pitch * (i + 0.5) for i in range(len(rows))]
    rows_axis(drawing, names, heights, room)
    for row, y in zip(rows, heights, strict=True):
        _row(plot, row, y)
    x_axis(plot, round_ticks(start, 100.0, 6), text("figure.pass_rate", locale))
    anchor = figure_id("G27", item)
    keys = ("figure.row", "impact.reading.before", "impact.reading.after", "figure.laboratories")
    cells = [[r.name, percent(r.before), percent(r.after), str(r.n)] for r in rows]
    data = data_table(anchor, locale, [text(key, locale) for key in keys], cells)
    worst = min(rows, key=lambda row: row.after - row.before)
    alt = text("alt.G27", locale, item=item, n=len(rows), name=worst.name,
               before=percent(worst.before), after=percent(worst.after))  # fmt: skip
    caption = text("caption.G27", locale, item=item)
    return Figure(anchor, drawing.svg(), alt, caption, style.FULL_MM, height, data)


def _row(plot: Plot, row: RatePair, y: float) -> None:
    """One pair and its change in words."""
    drawing, x = plot.drawing, plot.x
    colour = style.BAD if row.after < row.before else style.OWN
    if row.before != row.after:
        drawing.horizontal(y, (x(row.before), x(row.after)), colour, style.MEDIUM_PT)
    drawing.mark("circle", (x(row.before), y), 2.6, style.INK)
    drawing.mark("circle", (x(row.after), y), 3.2, style.PAPER, colour)
    change = percent(row.after - row.before, 1, signed=True)
    drawing.text(f"{percent(row.after)} ({change})", (x.end + 8, y), size=style.SMALL_PT, fill=style.LIMIT)
