"""G15: robust CV against level, one series a group, at most four."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.errors import RenderError
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, quantity_title, x_axis, y_axis, y_axis_room
from workbench.figures.labels import Taken, around
from workbench.figures.scales import Scale, log_ticks, padded, round_ticks
from workbench.figures.svg import Drawing, polyline, shortened, width_of
from workbench.wording import printed, significant, text
from workbench.wording.numbers import cv_text

HEIGHT_MM = 60.0
_LABEL_PT = 90.0


@dataclass(frozen=True)
class CvSeries:
    """One group: its name, the targets of the samples and the robust CV (%) at each."""

    name: str
    targets: Sequence[float]
    cvs: Sequence[float]

    @property
    def points(self) -> list[tuple[float, float]]:
        """Pairs of target and CV in rising order, those without a number left out."""
        pairs = zip(self.targets, self.cvs, strict=True)
        return sorted((t, cv) for t, cv in pairs if t == t and cv == cv and t > 0)


def cv_by_level(
    item: str, series: Sequence[CvSeries], locale: str, unit: str = "", limit: float | None = None
) -> Figure:
    """G15 of one item.

    Parameters
    ----------
    item : name as printed.
    series : one to four groups.
    unit : analyte's unit.
    limit : CV limit (%), where there is one.

    Raises
    ------
    RenderError
        for more than four groups, or no point above zero.
    """
    shown = [group for group in series if group.points]
    if not shown or len(shown) > len(style.GROUP_SERIES):
        raise RenderError(f"G15 of {item}: {len(shown)} groups with data; one to four can be drawn.")
    anchor = figure_id("G15", item)
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = _axes(drawing, shown, unit, locale, limit)
    taken = Taken([around(*plot.at(*point), 3.0) for group in shown for point in group.points])
    if limit is not None:
        _limit(plot, limit, locale, taken)
    for (shape, fill, line), group in zip(style.GROUP_SERIES, shown, strict=False):
        _series(plot, group, (shape, fill, line), taken if len(shown) > 1 else None)
    everyone = shown[0].points
    n = len({target for group in shown for target, _ in group.points})
    caption = text("caption.G15", locale, item=item, n=n)
    alt = text("alt.G15", locale, item=item, c1=cv_text(everyone[0][1]), c2=cv_text(everyone[-1][1]))
    return Figure(anchor, drawing.svg(), alt, caption, style.HALF_MM, HEIGHT_MM, _data(shown, anchor, locale))


def _axes(drawing: Drawing, series: Sequence[CvSeries], unit: str, locale: str, limit: float | None) -> Plot:
    """Logarithmic level, CV from zero."""
    targets = [target for group in series for target, _ in group.points]
    top = max([cv for group in series for _, cv in group.points] + [limit or 0.0]) * 1.15 or 1.0
    low, high = min(targets), max(targets)
    low, high = (low / 1.15, high * 1.15) if high > low else (padded(low, high)[0], padded(low, high)[1])
    ticks = round_ticks(0.0, top)
    x = Scale(low, high, y_axis_room(ticks), drawing.width - 6, log=True)
    plot = Plot(drawing, x, Scale(0.0, top, drawing.height - 25, 5))
    y_axis(plot, ticks, text("figure.cv", locale))
    x_axis(plot, log_ticks(low, high), quantity_title("figure.target_axis", unit, locale))
    return plot


def _limit(plot: Plot, limit: float, locale: str, taken: Taken) -> None:
    """Dashed limit with its words at the right end."""
    y = plot.y(limit)
    plot.drawing.horizontal(y, plot.x_ends, style.LIMIT, style.LINE_PT, style.DASHED)
    label = text("figure.cv_limit", locale, limit=printed(limit, 1))
    width = width_of(label, style.SMALL_PT)
    places = [(plot.x.end - width, y - 5), (plot.x.start + 3, y - 5), (plot.x.end - width, y + 5)]
    boxes = [(left, left + width, top - 3.5, top + 3.5) for left, top in places]
    at = places[taken.first_free(boxes) or 0]
    plot.drawing.text(label, at, size=style.SMALL_PT, fill=style.LIMIT)


def _series(plot: Plot, group: CvSeries, look: tuple[str, str, str], taken: Taken | None) -> None:
    """Line and marks of one group, its name near an end when there are several."""
    shape, fill, line = look
    places = [plot.at(target, cv) for target, cv in group.points]
    plot.drawing.path(polyline(places) if len(places) > 1 else "", stroke=line)
    for place in places:
        plot.drawing.mark(shape, place, style.MARK_PT + 0.4, fill, line)
    if taken is None:
        return
    label = shortened(group.name, _LABEL_PT, style.SMALL_PT)
    width = width_of(label, style.SMALL_PT)
    candidates = [
        (min(max(x - share * width, plot.x.start + 2), plot.x.end - width), y + rise)
        for x, y in (places[-1], places[0], *places[1:-1])
        for rise in (-7.0, 7.0, -12.0, 12.0)
        for share in (0.5, 1.0, 0.0)
    ]
    boxes = [(left, left + width, top - 3.5, top + 3.5) for left, top in candidates]
    found = taken.first_free(boxes)
    plot.drawing.text(label, candidates[found or 0], size=style.SMALL_PT, fill=line)


def _data(series: Sequence[CvSeries], anchor: str, locale: str) -> Table:
    """One row a group and sample."""
    rows = [
        [group.name, significant(target, 4), cv_text(cv)] for group in series for target, cv in group.points
    ]
    keys = ("figure.group", "figure.target_axis", "figure.cv")
    return data_table(anchor, locale, [text(key, locale) for key in keys], rows)
