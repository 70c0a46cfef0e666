"""G3: deviation against level, with the shape of the limit and a line where one is supported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.errors import RenderError
from workbench.figures import style
from workbench.figures.axes import (
    Plot,
    data_table,
    edge_value,
    figure_id,
    quantity_title,
    x_axis,
    y_axis,
    y_axis_room,
)
from workbench.figures.labels import Taken
from workbench.figures.scales import Scale, decimals_of, finite, padded, round_ticks
from workbench.figures.svg import Drawing, polyline
from workbench.wording import printed, significant, text

HEIGHT_MM = 60.0
LEAST_POINTS_FOR_FIT = 6
LIMITS_SHOWN = 1.6
"""The axis reaches so many times the largest limit; beyond, values stand at the edge."""


@dataclass(frozen=True)
class Levels:
    """One item's samples.

    Parameters
    ----------
    item : name as printed.
    targets, deviations : a sample each; D in percent, or in the analyte's unit.
    earlier : True for samples of earlier rounds, drawn hollow.
    limit : pairs of target and limit (> 0) in rising order; breakpoints give a bend or a step.
    unit : analyte's unit, "" where none.
    absolute : deviations are in the analyte's unit, not in percent.
    fit : intercept and slope, only when p < 0.05; drawn from six points on.
    pattern : none, constant, proportional or random: what the alternative text says.
    """

    item: str
    targets: Sequence[float]
    deviations: Sequence[float]
    earlier: Sequence[bool]
    limit: Sequence[tuple[float, float]] = ()
    unit: str = ""
    absolute: bool = False
    fit: tuple[float, float] | None = None
    pattern: str = "none"

    @property
    def fitted(self) -> tuple[float, float] | None:
        """The line that is drawn."""
        return self.fit if len(self.targets) >= LEAST_POINTS_FOR_FIT else None


def deviation_by_level(levels: Levels, locale: str) -> Figure:
    """G3 of one item; samples without a target or deviation must be left out by the caller.

    Raises
    ------
    RenderError
        for an item without samples.
    """
    if not levels.targets:
        raise RenderError(f"G3 of {levels.item}: no sample has a target and a result.")
    anchor = figure_id("G3", levels.item)
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = _axes(drawing, levels, locale)
    _limits(plot, levels)
    if levels.fitted:
        _fit(plot, levels, levels.fitted)
    _points(plot, levels)
    n = len(levels.targets)
    caption = text("caption.G3", locale, item=levels.item, n=n)
    return Figure(
        anchor,
        drawing.svg(),
        _alt(levels, locale),
        caption,
        style.HALF_MM,
        HEIGHT_MM,
        _data(levels, anchor, locale),
    )


def _axes(drawing: Drawing, levels: Levels, locale: str) -> Plot:
    """Scales, axes and their titles."""
    x_low, x_high = padded(min(levels.targets), max(levels.targets), 0.08)
    largest = max((limit for _, limit in levels.limit), default=0.0)
    reach = largest * LIMITS_SHOWN or max(map(abs, finite(levels.deviations)), default=1.0) * 1.1 or 1.0
    ticks = round_ticks(-reach, reach, 6)
    left = y_axis_room(ticks, signed=True)
    x = Scale(x_low, x_high, left, drawing.width - 4)
    plot = Plot(drawing, x, Scale(-reach, reach, drawing.height - 25, 5))
    percent_title = text("figure.percent_difference", locale)
    title = quantity_title("figure.difference", levels.unit, locale) if levels.absolute else percent_title
    y_axis(plot, ticks, title, signed=True)
    x_axis(plot, round_ticks(x_low, x_high), quantity_title("figure.target_axis", levels.unit, locale))
    return plot


def _limits(plot: Plot, levels: Levels) -> None:
    """Zero and both limit lines, extended to the ends of the axis."""
    plot.drawing.horizontal(plot.y(0.0), plot.x_ends, style.INK, style.LINE_PT)
    if not levels.limit:
        return
    line = [(plot.x.low, levels.limit[0][1]), *levels.limit, (plot.x.high, levels.limit[-1][1])]
    for sign in (1, -1):
        places = [(plot.x.clipped(target), plot.y.clipped(sign * limit)) for target, limit in line]
        plot.drawing.path(polyline(places), stroke=style.LIMIT, width=style.LINE_PT, dash=style.DASHED)


def _fit(plot: Plot, levels: Levels, fit: tuple[float, float]) -> None:
    """The fitted line over the range of the samples."""
    ends = min(levels.targets), max(levels.targets)
    places = [(plot.x(end), plot.y.clipped(fit[0] + fit[1] * end)) for end in ends]
    plot.drawing.path(polyline(places), stroke=style.OWN, width=style.LINE_PT)


def _points(plot: Plot, levels: Levels) -> None:
    """Samples: this round filled, earlier hollow; at the edge with their number when outside."""
    taken = Taken()
    rows = sorted(zip(levels.earlier, levels.targets, levels.deviations, strict=True), reverse=True)
    for earlier, target, deviation in rows:
        if not plot.y.holds(deviation):
            decimals = decimals_of(round(deviation, 2)) if levels.absolute else 0
            edge_value(plot, taken, plot.x(target), deviation, printed(deviation, decimals, signed=True))
            continue
        fill = style.PAPER if earlier else style.OWN
        plot.drawing.mark("circle", plot.at(target, deviation), style.MARK_PT + 0.4, fill, style.OWN)


def _alt(levels: Levels, locale: str) -> str:
    """Slope where a line is drawn, else the number of samples; and the pattern."""
    pattern = text(f"pattern.{levels.pattern}", locale)
    if levels.fitted:
        slope = significant(levels.fitted[1], 2)
        return text("alt.G3", locale, item=levels.item, slope=slope, pattern=pattern)
    return text("alt.G3_no_fit", locale, item=levels.item, n=len(levels.targets), pattern=pattern)


def _data(levels: Levels, anchor: str, locale: str) -> Table:
    """One row a sample."""
    rounds = {False: text("figure.this_round", locale), True: text("figure.earlier_round", locale)}
    rows = [
        [rounds[bool(earlier)], significant(target, 4), significant(deviation, 3)]
        for earlier, target, deviation in zip(levels.earlier, levels.targets, levels.deviations, strict=True)
    ]
    headings = [
        text("figure.round", locale),
        text("figure.target_axis", locale),
        text("term.difference", locale),
    ]
    return data_table(anchor, locale, headings, rows)
