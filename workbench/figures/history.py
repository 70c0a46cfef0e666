"""G4: one item's last twenty samples in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, edge_value, figure_id, y_axis, y_axis_room
from workbench.figures.labels import Taken
from workbench.figures.scales import Scale, finite
from workbench.figures.svg import Drawing, polyline, width_of
from workbench.wording import percent, printed, text

HEIGHT_MM = 50.0
SAMPLES_SHOWN = 20
WARNING, ACTION, LIMIT = 2.0, 3.0, 100.0


@dataclass(frozen=True)
class History:
    """One item's samples in order of time.

    Parameters
    ----------
    item : name as printed.
    values : D as % of allowed, or z; NaN where not scored.
    rounds : round code of each value.
    samples : sample code of each value.
    score : values are z scores.
    changes : number of a sample (from 0, within `values`) before which something changed, and what.
    """

    item: str
    values: Sequence[float]
    rounds: Sequence[str]
    samples: Sequence[str]
    score: bool = False
    changes: Sequence[tuple[int, str]] = ()

    @property
    def limit(self) -> float:
        """Where the dashed lines stand."""
        return ACTION if self.score else LIMIT

    def is_out(self, value: float) -> bool:
        """True beyond the allowed deviation, or for |z| of 3 and more."""
        return abs(value) >= ACTION if self.score else abs(value) > LIMIT

    def last(self) -> History:
        """The last twenty samples."""
        first = max(0, len(self.values) - SAMPLES_SHOWN)
        changes = [(at - first, what) for at, what in self.changes if at > first]
        parts = self.values[first:], self.rounds[first:], self.samples[first:]
        return History(self.item, *parts, self.score, changes)


def history(series: History, locale: str) -> Figure:
    """G4 of one item."""
    shown = series.last()
    anchor = figure_id("G4", shown.item)
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = _axes(drawing, shown, locale)
    _rounds(plot, shown)
    _changes(plot, shown)
    _line(plot, shown)
    _marks(plot, shown)
    n = len(finite(shown.values))
    caption = text("caption.G4_z" if shown.score else "caption.G4", locale, item=shown.item, n=n)
    return Figure(
        anchor,
        drawing.svg(),
        _alt(shown, locale),
        caption,
        style.HALF_MM,
        HEIGHT_MM,
        _data(shown, anchor, locale),
    )


def _axes(drawing: Drawing, series: History, locale: str) -> Plot:
    """Scales, limit lines and the y axis."""
    reach, ticks = (
        (4.5, [-3.0, -2.0, 0.0, 2.0, 3.0]) if series.score else (150.0, [-100.0, -50.0, 0.0, 50.0, 100.0])
    )
    left = y_axis_room(ticks, signed=True)
    x = Scale(-0.7, max(len(series.values), 2) - 0.3, left, drawing.width - 4)
    plot = Plot(drawing, x, Scale(-reach, reach, drawing.height - 23, 10))
    y_axis(
        plot,
        ticks,
        text("figure.z_score" if series.score else "figure.percent_allowed_short", locale),
        signed=True,
    )
    drawing.horizontal(plot.y(0.0), plot.x_ends, style.INK, style.LINE_PT)
    for sign in (-1, 1):
        drawing.horizontal(plot.y(sign * series.limit), plot.x_ends, style.LIMIT, style.LINE_PT, style.DASHED)
        if series.score:
            drawing.horizontal(plot.y(sign * WARNING), plot.x_ends, style.LIMIT, style.LINE_PT, style.DOTTED)
    middle = (plot.x.start + plot.x.end) / 2
    drawing.text(text("figure.samples_in_time", locale), (middle, drawing.height - 5), anchor="middle")
    return plot


def _rounds(plot: Plot, series: History) -> None:
    """Borders between rounds, and their codes where they have room."""
    drawing, y = plot.drawing, plot.y.start + 7
    starts = [i for i, code in enumerate(series.rounds) if i == 0 or code != series.rounds[i - 1]]
    reach = float("-inf")
    for start, end in zip(starts, [*starts[1:], len(series.rounds)], strict=True):
        if start:
            drawing.vertical(plot.x(start - 0.5), plot.y_ends, style.ALL_LINE, style.THIN_PT)
        code = series.rounds[start]
        middle, half = plot.x((start + end - 1) / 2), width_of(code, style.SMALL_PT) / 2
        if middle - half > reach + 2:
            drawing.text(code, (middle, y), anchor="middle", size=style.SMALL_PT, fill=style.LIMIT)
            reach = middle + half


def _changes(plot: Plot, series: History) -> None:
    """Changes of lot or method as ticks at the top with their words."""
    taken, half = Taken(), style.SMALL_PT / 2
    for at, what in series.changes:
        x, top = plot.x(at - 0.5), plot.y.end
        plot.drawing.vertical(x, (top, top + 6), style.INK, style.THICK_PT)
        width = width_of(what, style.SMALL_PT)
        left = min(max(x - width / 2, plot.x.start), plot.x.end - width)
        if taken.first_free([(left, left + width, top - 5 - half, top - 5 + half)]) == 0:
            plot.drawing.text(what, (left, top - 5), size=style.SMALL_PT)


def _line(plot: Plot, series: History) -> None:
    """A thin line from sample to sample, broken where nothing was scored."""
    run: list[tuple[float, float]] = []
    for i, value in enumerate([*series.values, float("nan")]):
        if value == value:
            run.append((plot.x(i), plot.y.clipped(value)))
        else:
            plot.drawing.path(polyline(run) if len(run) > 1 else "", stroke=style.GROUP, width=style.THIN_PT)
            run = []


def _marks(plot: Plot, series: History) -> None:
    """Samples: triangles beyond the limit, at the edge with their number when outside the axis."""
    taken = Taken()
    for i, value in enumerate(series.values):
        if value != value:
            continue
        if not plot.y.holds(value):
            edge_value(plot, taken, plot.x(i), value, printed(value, 1 if series.score else 0, signed=True))
        elif series.is_out(value) or (series.score and abs(value) > WARNING):
            bad = series.is_out(value)
            fill, line = (style.BAD, style.BAD) if bad else (style.PAPER, style.WARNING)
            plot.drawing.mark("triangle" if value > 0 else "down", plot.at(i, value), 2.5, fill, line)
        else:
            plot.drawing.mark("circle", plot.at(i, value), style.MARK_PT, style.OWN)


def _alt(series: History, locale: str) -> str:
    known = finite(series.values)
    out = sum(series.is_out(value) for value in known)
    last = series.values[-1] if series.values else None
    latest = printed(last, 2, signed=True) if series.score else percent(last, 0, signed=True)
    return text("alt.G4", locale, item=series.item, m=len(known), k=out, value=latest)


def _data(series: History, anchor: str, locale: str) -> Table:
    """One row a sample."""
    rows = [
        [sample, round_code, printed(value, 2 if series.score else 0, signed=True)]
        for sample, round_code, value in zip(series.samples, series.rounds, series.values, strict=True)
    ]
    value = text("figure.z_score" if series.score else "figure.percent_allowed", locale)
    return data_table(
        anchor, locale, [text("figure.sample", locale), text("figure.round", locale), value], rows
    )
