"""G21: SDI of one material month by month, with changes of the control lot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, y_axis, y_axis_room
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing, polyline, width_of
from workbench.wording import printed, text

HEIGHT_MM = 44.0
REACH = 3.0
TICKS = (-3.0, -2.0, 0.0, 2.0, 3.0)


def control_months(row: Mapping[str, Any], locale: str) -> Figure:
    """SDI of the months of one row.

    Parameters
    ----------
    row : `months` (month, sdi, qc_lot, grade) and `printed` of the twin.

    Notes
    -----
    A month without an index leaves a gap; beyond 3 the mark stands at the edge.
    """
    months = row["months"]
    shown = row["printed"]
    names = {"name": shown["name"], "material": shown["material"]}
    anchor = figure_id("G21", row["analyte"], row["level"], row["qc_lot"], row["instrument"])
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = Plot(
        drawing,
        Scale(-0.7, max(len(months), 2) - 0.3, y_axis_room(TICKS, signed=True), drawing.width - 4),
        Scale(-REACH, REACH, drawing.height - 22, 9),
    )
    for limit in (-2.0, 2.0):
        drawing.horizontal(plot.y(limit), plot.x_ends, style.LIMIT, style.LINE_PT, style.DASHED)
    drawing.horizontal(plot.y(0.0), plot.x_ends, style.INK, style.LINE_PT)
    y_axis(plot, TICKS, text("figure.iqc.sdi", locale), signed=True)
    _months(plot, months)
    middle = (plot.x.start + plot.x.end) / 2
    drawing.text(text("figure.iqc.month", locale), (middle, drawing.height - 4), anchor="middle")
    last = printed(months[-1]["sdi"] if months else None, 2, signed=True)
    rows = [[m["month"], printed(m["sdi"], 2, signed=True), printed(m["cvr"], 2)] for m in months]
    headings = [
        text("figure.iqc.month", locale),
        *(text(f"table.iqc.{key}", locale) for key in ("sdi", "cvr")),
    ]
    return Figure(
        anchor,
        drawing.svg(),
        text("alt.G21", locale, n=len(months), last=last, **names),
        text("caption.G21", locale, **names),
        style.HALF_MM,
        HEIGHT_MM,
        data_table(anchor, locale, headings, rows),
    )


def _months(plot: Plot, months: list[Mapping[str, Any]]) -> None:
    """Marks, the line between neighbours, numbers of months, borders of lots."""
    drawing = plot.drawing
    run: list[tuple[float, float]] = []
    for k, month in enumerate(months):
        number = month["month"][5:]
        drawing.text(
            number, (plot.x(k), plot.y.start + 7), anchor="middle", size=style.SMALL_PT, fill=style.LIMIT
        )
        if k and month["qc_lot"] != months[k - 1]["qc_lot"]:
            drawing.vertical(plot.x(k - 0.5), plot.y_ends, style.ALL_LINE, style.THIN_PT, style.DOTTED)
            lot = month["qc_lot"]
            left = min(plot.x(k - 0.5) + 2, plot.x.end - width_of(lot, style.SMALL_PT))
            drawing.text(lot, (left, plot.y.end - 4), size=style.SMALL_PT, fill=style.LIMIT)
        if month["sdi"] is None:
            drawing.path(polyline(run) if len(run) > 1 else "", stroke=style.GROUP, width=style.THIN_PT)
            run = []
        else:
            run.append((plot.x(k), plot.y.clipped(month["sdi"])))
    drawing.path(polyline(run) if len(run) > 1 else "", stroke=style.GROUP, width=style.THIN_PT)
    for k, month in enumerate(months):
        if month["sdi"] is not None:
            bad = abs(month["sdi"]) > 2
            at = (plot.x(k), plot.y.clipped(month["sdi"]))
            drawing.mark("square" if bad else "circle", at, style.MARK_PT, style.BAD if bad else style.OWN)
