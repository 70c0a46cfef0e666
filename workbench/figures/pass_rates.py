"""G14: the pass rate of each item with its interval, and the last round's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, rows_axis, x_axis
from workbench.figures.scales import Scale, finite, round_ticks
from workbench.figures.svg import Drawing, points, shortened, width_of
from workbench.wording import count_rate, percent, printed, text

ROW_MM, FRAME_MM = 4.5, 14.0
ROWS_PER_FIGURE = 44
_NAME_PT = 140.0


@dataclass(frozen=True)
class PassRate:
    """One item: a of n verdicts are passes; interval (Wilson) and last round in percent."""

    name: str
    a: int
    n: int
    low: float
    high: float
    previous: float | None = None

    @property
    def rate(self) -> float:
        """Pass rate (%)."""
        return 100 * self.a / self.n


def pass_rates(rows: Sequence[PassRate], locale: str, pass_mark: float = 80.0) -> tuple[Figure, ...]:
    """G14, highest rate first, split after 44 rows; items without a verdict are left out.

    Parameters
    ----------
    rows : items; equal rates keep the order given.
    pass_mark : dotted line (%).
    """
    ranked = sorted((row for row in rows if row.n), key=lambda row: -row.rate)
    parts = max(1, -(-len(ranked) // ROWS_PER_FIGURE))
    size = max(1, -(-len(ranked) // parts))
    shown = [value for row in ranked for value in (row.low, row.previous, pass_mark)]
    start = max(0.0, 10.0 * (min(finite(shown), default=0.0) // 10.0))
    slices = [ranked[i : i + size] for i in range(0, len(ranked), size)]
    return tuple(
        _figure(part, "G14" if len(slices) == 1 else f"G14-{number}", locale, (start, pass_mark))
        for number, part in enumerate(slices, 1)
    )


def _figure(rows: Sequence[PassRate], figure_id: str, locale: str, marks: tuple[float, float]) -> Figure:
    """One part."""
    start, pass_mark = marks
    height = FRAME_MM + ROW_MM * len(rows)
    drawing = Drawing(style.FULL_MM, height)
    names = [shortened(row.name, _NAME_PT) for row in rows]
    counts = [count_rate(row.a, row.n, locale) for row in rows]
    room = max((width_of(name) for name in names), default=0.0)
    right = max((width_of(count) for count in counts), default=0.0)
    pitch, top = points(ROW_MM), points(2.0)
    x = Scale(start, 100.0, room + 10, drawing.width - right - 10)
    plot = Plot(drawing, x, Scale(0.0, 1.0, top + pitch * len(rows), top))
    heights = [top + pitch * (i + 0.5) for i in range(len(rows))]
    drawing.vertical(x.clipped(pass_mark), plot.y_ends, style.LIMIT, style.MEDIUM_PT, style.DOTTED)
    rows_axis(drawing, names, heights, room)
    for row, count, y in zip(rows, counts, heights, strict=True):
        _row(plot, row, y)
        drawing.text(count, (drawing.width, y), anchor="end")
    x_axis(plot, round_ticks(start, 100.0, 6), text("figure.pass_rate", locale))
    caption = text("caption.G14", locale, pass_mark=printed(pass_mark, 0), n=sum(row.n for row in rows))
    alt = _alt(rows, locale, whole=figure_id == "G14")
    return Figure(
        figure_id, drawing.svg(), alt, caption, style.FULL_MM, height, _data(rows, figure_id, locale)
    )


def _row(plot: Plot, row: PassRate, y: float) -> None:
    """Row rule, interval, last round hollow, this round filled."""
    drawing, x = plot.drawing, plot.x
    drawing.horizontal(y, plot.x_ends, style.GRID, style.THIN_PT)
    drawing.horizontal(y, (x.clipped(row.low), x.clipped(row.high)), style.GROUP_LINE, style.MEDIUM_PT)
    if row.previous is not None and row.previous == row.previous:
        drawing.mark("circle", (x.clipped(row.previous), y), 2.7, style.PAPER, style.OWN)
    drawing.mark("circle", (x(row.rate), y), 2.0, style.OWN)


def _alt(rows: Sequence[PassRate], locale: str, whole: bool) -> str:
    ends = {
        "min": printed(min(row.rate for row in rows), 1),
        "max": printed(max(row.rate for row in rows), 1),
    }
    if whole:
        return text("alt.G14", locale, a=len(rows), **ends)
    return text("alt.G14_part", locale, a=len(rows), first=rows[0].name, last=rows[-1].name, **ends)


def _data(rows: Sequence[PassRate], figure_id: str, locale: str) -> Table:
    """One row an item."""
    keys = ("figure.item", "table.overview.pass_rate", "figure.interval", "figure.last_round")
    cells = [
        [
            row.name,
            count_rate(row.a, row.n, locale),
            text("range", locale, low=percent(row.low), high=percent(row.high)),
            percent(row.previous),
        ]
        for row in rows
    ]
    return data_table(figure_id, locale, [text(key, locale) for key in keys], cells)
