"""G5: the robust mean of each group against the target, with its expanded uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, rows_axis, x_axis
from workbench.figures.scales import Scale, finite, round_ticks
from workbench.figures.svg import Drawing, points, shortened, width_of
from workbench.wording import MISSING, printed, text

ROW_MM, FRAME_MM = 5.0, 16.0
LIMITS_SHOWN = 2.0
"""The axis reaches at most so many times the limit."""
_NAME_PT = 170.0


@dataclass(frozen=True)
class GroupRow:
    """One group.

    Parameters
    ----------
    name : as printed.
    n : results in its statistics.
    bias : robust mean against the target (%); None where there is none.
    expanded : U (k = 2) of the robust mean (%).
    own : the laboratory's own group.
    """

    name: str
    n: int
    bias: float | None
    expanded: float | None = None
    own: bool = False


@dataclass(frozen=True)
class Groups:
    """The groups of one item and sample, in the order of printing; `limit` (%) is the allowed deviation."""

    item: str
    sample: str
    rows: Sequence[GroupRow]
    limit: float | None = None
    n: int = 0


def groups(comparison: Groups, locale: str) -> Figure:
    """G5 of one item and sample."""
    rows = comparison.rows
    height = FRAME_MM + ROW_MM * len(rows)
    anchor = figure_id("G5", comparison.item, comparison.sample)
    drawing = Drawing(style.FULL_MM, height)
    names = [shortened(text("figure.group_n", locale, group=row.name, n=row.n), _NAME_PT) for row in rows]
    room = max((width_of(name) for name in names), default=0.0)
    pitch, top = points(ROW_MM), points(3.0)
    reach = _reach(comparison)
    x = Scale(-reach, reach, room + 34, drawing.width - 30)
    plot = Plot(drawing, x, Scale(0.0, 1.0, top + pitch * len(rows), top))
    _ground(plot, comparison.limit)
    heights = [top + pitch * (i + 0.5) for i in range(len(rows))]
    rows_axis(drawing, names, heights, room, [i for i, row in enumerate(rows) if row.own])
    for row, y in zip(rows, heights, strict=True):
        _row(plot, row, y)
    x_axis(plot, round_ticks(-reach, reach, 8), text("figure.percent_difference_group", locale), signed=True)
    caption = text("caption.G5", locale, item=comparison.item, sample=comparison.sample, n=comparison.n)
    return Figure(
        anchor,
        drawing.svg(),
        _alt(comparison, locale),
        caption,
        style.FULL_MM,
        height,
        _data(rows, anchor, locale),
    )


def _reach(comparison: Groups) -> float:
    """Half the axis (%): bars and limit inside, at most twice the limit."""
    ends = [abs(row.bias) + (row.expanded or 0.0) for row in comparison.rows if row.bias is not None]
    widest = max(finite(ends), default=1.0) * 1.1 or 1.0
    if not comparison.limit:
        return widest
    return min(max(widest, comparison.limit * 1.1), comparison.limit * LIMITS_SHOWN)


def _ground(plot: Plot, limit: float | None) -> None:
    """Allowed band with dashed ends, and the target."""
    drawing, (bottom, top) = plot.drawing, plot.y_ends
    if limit:
        left, right = plot.x(-limit), plot.x(limit)
        drawing.box((left, top), (right - left, bottom - top), style.BAND)
        for place in (left, right):
            drawing.vertical(place, (bottom, top), style.LIMIT, style.LINE_PT, style.DASHED)
    drawing.vertical(plot.x(0.0), (bottom, top), style.INK, style.LINE_PT)


def _row(plot: Plot, row: GroupRow, y: float) -> None:
    """Bar and dot of one group; its number at the edge when outside."""
    drawing, x = plot.drawing, plot.x
    if row.bias is None:
        drawing.text(MISSING, (x(0.0) + 4, y), fill=style.LIMIT)
        return
    colour = style.OWN if row.own else style.GROUP_LINE
    if not x.holds(row.bias):
        number = printed(row.bias, 1, signed=True)
        low = row.bias < 0
        place = (x.start - 3 if low else x.end + 3, y)
        drawing.text(
            f"‹ {number}" if low else f"› {number}", place, anchor="end" if low else "start", fill=colour
        )
        return
    if row.expanded:
        ends = (x.clipped(row.bias - row.expanded), x.clipped(row.bias + row.expanded))
        drawing.horizontal(y, ends, colour, style.THICK_PT if row.own else style.MEDIUM_PT)
    fill = style.OWN if row.own else style.GROUP
    drawing.mark("circle", (x(row.bias), y), 3.0 if row.own else 2.3, fill, colour)


def _alt(comparison: Groups, locale: str) -> str:
    known = finite(row.bias for row in comparison.rows)
    spread = printed(max(known) - min(known), 1) if known else MISSING
    names = {"item": comparison.item, "sample": comparison.sample, "g": len(comparison.rows), "d": spread}
    own = next((row for row in comparison.rows if row.own), None)
    if own is None:
        return text("alt.G5_no_own", locale, **names)
    return text("alt.G5", locale, **names, b=printed(own.bias, 1, signed=True), n=own.n)


def _data(rows: Sequence[GroupRow], anchor: str, locale: str) -> Table:
    """One row a group."""
    keys = ("figure.group", "table.grp.n", "figure.percent_difference", "figure.expanded_uncertainty")
    cells = [
        [row.name, str(row.n), printed(row.bias, 1, signed=True), printed(row.expanded, 1)] for row in rows
    ]
    return data_table(anchor, locale, [text(key, locale) for key in keys], cells)
