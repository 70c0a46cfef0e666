"""G18: a rate against its denominator, with exact limits around the common rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, x_axis, y_axis, y_axis_room
from workbench.figures.scales import Scale, log_ticks, round_ticks
from workbench.figures.svg import Drawing, points, polyline
from workbench.wording import MISSING, percent, text

HEIGHT_MM = 60.0
CURVE_POINTS = 60


@dataclass(frozen=True)
class Funnel:
    """One indicator.

    Attributes
    ----------
    centre : common share of all laboratories together.
    limits : (denominator, low 95, high 95, low 99.8, high 99.8), shares, in rising order.
    points : (denominator, share) of other laboratories; empty where they may not be shown.
    own : (denominator, share) of the laboratory; None in anonymous reports.
    """

    item: str
    centre: float
    limits: Sequence[tuple[float, float, float, float, float]]
    points: Sequence[tuple[float, float]] = ()
    own: tuple[float, float] | None = None


def funnel(given: Funnel, locale: str) -> Figure:
    """Rate (%) against denominator (log axis); no ranking: which laboratories lie beyond chance, nothing else."""
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    shares = [s for _, s in given.points] + ([given.own[1]] if given.own else [])
    top = (
        100 * max([*shares, *(row[2] for row in given.limits[len(given.limits) // 3 :]), given.centre]) * 1.08
    )
    top = min(max(top, 0.1), 100.0)
    y_ticks = round_ticks(0.0, top)
    left = y_axis_room(y_ticks)
    low, high = given.limits[0][0], given.limits[-1][0]
    x = Scale(low, high, left, drawing.width - 8, log=True)
    y = Scale(0.0, top, points(HEIGHT_MM) - 26, 8.0)
    plot = Plot(drawing, x, y)
    for low_at, high_at, dash in ((1, 2, style.DOTTED), (3, 4, style.DASHED)):
        for column in (low_at, high_at):
            curve = [(x(row[0]), y.clipped(100 * row[column])) for row in given.limits]
            drawing.path(polyline(curve), stroke=style.LIMIT, width=style.LINE_PT, dash=dash)
    drawing.horizontal(y(100 * given.centre), plot.x_ends, style.INK, style.LINE_PT)
    for denominator, share in given.points:
        drawing.mark(
            "circle", (x.clipped(denominator), y.clipped(100 * share)), 1.6, style.ALL, style.ALL_LINE
        )
    if given.own:
        drawing.mark("circle", (x.clipped(given.own[0]), y.clipped(100 * given.own[1])), 3.0, style.OWN)
    x_axis(plot, log_ticks(low, high), text("figure.denominator", locale))
    y_axis(plot, y_ticks, text("figure.rate", locale))
    anchor = figure_id("G18", given.item)
    caption = text("caption.G18", locale, item=given.item)
    heads = [text(f"figure.{key}", locale) for key in ("denominator", "rate")]
    rows = [[f"{d:.0f}", percent(100 * s)] for d, s in ([given.own] if given.own else given.points)]
    data = data_table(anchor, locale, heads, rows)
    return Figure(anchor, drawing.svg(), _alt(given, locale), caption, style.HALF_MM, HEIGHT_MM, data)


def _alt(given: Funnel, locale: str) -> str:
    """Own rate and where it lies, or how many points there are."""
    if given.own is None:
        return text(
            "alt.funnel_all", locale, item=given.item, n=len(given.points), centre=percent(100 * given.centre)
        )
    denominator, share = given.own
    row = min(given.limits, key=lambda each: abs(each[0] - denominator))
    place = (
        "inside" if row[1] <= share <= row[2] else "outside95" if row[3] <= share <= row[4] else "outside99"
    )
    return text(
        f"alt.funnel_{place}",
        locale,
        item=given.item,
        d=f"{denominator:.0f}" or MISSING,
        r=percent(100 * share),
    )
