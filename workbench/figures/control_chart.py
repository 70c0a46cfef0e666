"""G19: the control chart of one material over a month, with lots and rule hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, x_axis, y_axis, y_axis_room
from workbench.figures.labels import Taken, around
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing, polyline, width_of
from workbench.wording import printed, text

HEIGHT_MM = 52.0
REACH = 4.5
TICKS = (-4.0, -3.0, -2.0, 0.0, 2.0, 3.0, 4.0)


def control_chart(row: Mapping[str, Any], locale: str) -> Figure:
    """Levey-Jennings chart of one row.

    Parameters
    ----------
    row : `points` (day, z, counts, rules, qc_lot; optional `hover`, shown over the point) and `printed` of the twin.

    Notes
    -----
    z beyond 4.5 SD stands at the edge. A point that hits a rule is a square, dark where the run is rejected; the rule
    is named where it is hit anew, of several the last of the set. A point left out of statistics is hollow. A point
    without a target is not drawn.
    """
    shown = row["printed"]
    names = {"name": shown["name"], "material": shown["material"]}
    anchor = figure_id("G19", row["analyte"], row["level"], row["qc_lot"], row["instrument"])
    drawing = Drawing(style.FULL_MM, HEIGHT_MM)
    points = [p for p in row["points"] if p["z"] is not None]
    plot = _axes(drawing, points, locale)
    _lots(plot, points)
    _line(plot, points)
    _marks(plot, points)
    for k, point in enumerate(points, start=1):
        if point.get("hover"):
            drawing.hover((plot.x(k), plot.y.clipped(point["z"])), style.MARK_PT + 1.5, point["hover"])
    hits = sum(bool(p["rules"]) for p in points)
    rows = [[p["day"], printed(p["value"], 3), printed(p["z"], 2, signed=True)] for p in points]
    headings = [text(f"table.iqc.{key}", locale) for key in ("day", "value", "z")]
    return Figure(
        anchor,
        drawing.svg(),
        text("alt.G19", locale, n=len(points), hits=hits, **names),
        text("caption.G19", locale, **names),
        style.FULL_MM,
        HEIGHT_MM,
        data_table(anchor, locale, headings, rows),
    )


def _axes(drawing: Drawing, points: Sequence[Mapping[str, Any]], locale: str) -> Plot:
    """Scales, limit lines at 1, 2 and 3 SD, both axes."""
    left = y_axis_room(TICKS, signed=True)
    plot = Plot(
        drawing,
        Scale(0.0, max(len(points), 2) + 1.0, left, drawing.width - 6),
        Scale(-REACH, REACH, drawing.height - 25, 8),
    )
    drawing.box(
        (plot.x.start, plot.y(2.0)), (plot.x.end - plot.x.start, plot.y(-2.0) - plot.y(2.0)), style.BAND
    )
    for limit, dash in ((1.0, style.DOTTED), (2.0, style.DASHED), (3.0, "")):
        for sign in (-1, 1):
            colour = style.BAD if limit == 3.0 else style.LIMIT
            drawing.horizontal(plot.y(sign * limit), plot.x_ends, colour, style.THIN_PT, dash)
    drawing.horizontal(plot.y(0.0), plot.x_ends, style.INK, style.LINE_PT)
    y_axis(plot, TICKS, text("figure.iqc.z", locale), signed=True)
    x_axis(plot, [], text("figure.iqc.day", locale))
    reach = float("-inf")
    begin = 8 if len({p["day"][:7] for p in points}) < 2 else 5
    for k, point in enumerate(points, start=1):
        day = point["day"][begin:]
        half = width_of(day, style.SMALL_PT) / 2
        if plot.x(k) - half > reach + 3:
            drawing.text(
                day, (plot.x(k), plot.y.start + 7), anchor="middle", size=style.SMALL_PT, fill=style.LIMIT
            )
            reach = plot.x(k) + half
    return plot


def _lots(plot: Plot, points: Sequence[Mapping[str, Any]]) -> None:
    """A dotted line and the name of the lot where it changes."""
    for k in range(1, len(points)):
        lot = points[k].get("qc_lot", "")
        if lot == points[k - 1].get("qc_lot", ""):
            continue
        x = plot.x(k + 0.5)
        plot.drawing.vertical(x, plot.y_ends, style.INK, style.LINE_PT, style.DOTTED)
        left = min(x + 2, plot.x.end - width_of(lot, style.SMALL_PT))
        plot.drawing.text(lot, (left, plot.y.start - 5), size=style.SMALL_PT, fill=style.INK)


def _line(plot: Plot, points: Sequence[Mapping[str, Any]]) -> None:
    """A thin line from point to point."""
    xy = [(plot.x(k), plot.y.clipped(p["z"])) for k, p in enumerate(points, start=1)]
    plot.drawing.path(polyline(xy) if len(xy) > 1 else "", stroke=style.GROUP, width=style.THIN_PT)


def _marks(plot: Plot, points: Sequence[Mapping[str, Any]]) -> None:
    """The points, and the rules that were hit for the first time in a row of hits."""
    places = [(plot.x(k), plot.y.clipped(p["z"])) for k, p in enumerate(points, start=1)]
    taken, before = Taken([around(*place, style.MARK_PT) for place in places]), frozenset[str]()
    for k, point in enumerate(points, start=1):
        x, y = plot.x(k), plot.y.clipped(point["z"])
        rules = frozenset(point["rules"])
        if not point["counts"]:
            plot.drawing.mark("circle", (x, y), style.MARK_PT, style.PAPER, style.LIMIT)
        elif rules:
            colour = style.BAD if point["rejected"] else style.WARNING
            plot.drawing.mark("square", (x, y), style.MARK_PT + 0.6, colour)
        else:
            plot.drawing.mark("circle", (x, y), style.MARK_PT, style.OWN)
        new = [r for r in point["rules"] if r not in before]
        if new and point["rejected"]:
            _name(plot, taken, (x, y), new[-1].split(":")[0].replace("_", "-"))
        before = rules


def _name(plot: Plot, taken: Taken, at: tuple[float, float], word: str) -> None:
    """A rule beside its point, where there is room."""
    width, half = width_of(word, style.SMALL_PT), style.SMALL_PT / 2
    away = -1 if at[1] < plot.y(0.0) else 1
    places = [(at[0] - width / 2, at[1] + away * d) for d in (8, -8, 15, -15, 22, -22)]
    inside = [(min(max(left, plot.x.start), plot.x.end - width), y) for left, y in places]
    inside = [(left, y) for left, y in inside if plot.y.end - 4 < y < plot.y.start]
    found = taken.first_free((left, left + width, y - half, y + half) for left, y in inside)
    if found is not None:
        plot.drawing.text(word, inside[found], size=style.SMALL_PT, fill=style.BAD)
