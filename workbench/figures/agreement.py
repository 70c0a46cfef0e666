"""G8: shares with their intervals, row by row: kits of an item, or sensitivity and specificity of a laboratory."""

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
class ShareRow:
    """One row: a of n with its Wilson interval (%); `own` is the laboratory's own group; `hollow` draws a ring."""

    name: str
    a: int
    n: int
    low: float
    high: float
    own: bool = False
    hollow: bool = False

    @property
    def share(self) -> float:
        """a of n (%)."""
        return 100 * self.a / self.n


def shares(
    rows: Sequence[ShareRow], item: str, locale: str, kind: str = "G8", mark: float | None = 80.0
) -> Figure:
    """Dots with 95 % Wilson intervals from 0 or the lowest interval to 100 %.

    Parameters
    ----------
    rows : in the order of printing; n > 0.
    item : what the figure is about; names its anchor.
    kind : `G8` for kits, `SENS` for a laboratory's sensitivity and specificity.
    mark : dotted line (%), None for none.
    """
    height = FRAME_MM + ROW_MM * len(rows)
    drawing = Drawing(style.FULL_MM, height)
    names = [shortened(row.name, _NAME_PT) for row in rows]
    room = max((width_of(name) for name in names), default=0.0)
    low = min((row.low for row in rows), default=0.0)
    start = min(10.0 * (low // 10.0), 70.0)
    top, pitch = points(3.0), points(ROW_MM)
    bottom = top + pitch * len(rows)
    x = Scale(start, 100.0, room + 12, drawing.width - 58)
    plot = Plot(drawing, x, Scale(0.0, 1.0, bottom, top))
    if mark is not None and x.holds(mark):
        drawing.vertical(x(mark), (bottom, top), style.LIMIT, style.LINE_PT, style.DOTTED)
    heights = [top + pitch * (i + 0.5) for i in range(len(rows))]
    rows_axis(drawing, names, heights, room, [i for i, row in enumerate(rows) if row.own])
    for row, y in zip(rows, heights, strict=True):
        _row(plot, row, y)
    x_axis(plot, round_ticks(start, 100.0, 6), text(f"figure.share_{kind}", locale))
    anchor = figure_id(kind, item)
    nobody = kind == "G8" and not any(row.own for row in rows)
    caption = text(f"caption.{kind}{'_no_own' if nobody else ''}", locale, item=item)
    keys = ("figure.group", "figure.right", "table.grp.n", "figure.share_low", "figure.share_high")
    cells = [[r.name, str(r.a), str(r.n), percent(r.low), percent(r.high)] for r in rows]
    data = data_table(anchor, locale, [text(key, locale) for key in keys], cells)
    return Figure(anchor, drawing.svg(), _alt(rows, item, locale, kind), caption, style.FULL_MM, height, data)


def _row(plot: Plot, row: ShareRow, y: float) -> None:
    """Interval, dot and counts of one row."""
    drawing, x = plot.drawing, plot.x
    colour = style.OWN if row.own else style.GROUP_LINE
    drawing.horizontal(y, (x.clipped(row.low), x.clipped(row.high)), colour, style.MEDIUM_PT)
    fill = style.PAPER if row.hollow else style.OWN if row.own else style.GROUP
    drawing.mark("circle", (x.clipped(row.share), y), 3.0 if row.own else 2.5, fill, colour)
    drawing.text(f"{row.a}/{row.n}", (x.end + 8, y), fill=style.LIMIT)


def _alt(rows: Sequence[ShareRow], item: str, locale: str, kind: str) -> str:
    """What the figure shows, in words."""
    low, high = min(row.share for row in rows), max(row.share for row in rows)
    values = {"item": item, "k": len(rows), "min": percent(low), "max": percent(high)}
    own = next((row for row in rows if row.own), None)
    if kind != "G8" or own is None:
        return text(f"alt.shares_{kind}", locale, **values)
    return text("alt.shares_own", locale, **values, own=percent(own.share), n=own.n)
