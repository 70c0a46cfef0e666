"""G23: the bias of each sample with its limit and the uncertainty of the reference value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, rows_axis, x_axis
from workbench.figures.scales import Scale, finite, round_ticks
from workbench.figures.svg import Drawing, points, width_of
from workbench.wording import MISSING, printed, text

ROW_MM, FRAME_MM = 7.0, 16.0


@dataclass(frozen=True)
class BiasRow:
    """One sample: bias, limit and expanded uncertainty of the reference value (%), E_n; None where there is none."""

    sample: str
    bias: float | None
    limit: float | None
    expanded_u: float | None = None
    en: float | None = None


def biases(item: str, rows: Sequence[BiasRow], locale: str) -> Figure:
    """One row a sample: dot at the bias, bar of the reference value's U around 0, limits dashed."""
    height = FRAME_MM + ROW_MM * len(rows)
    drawing = Drawing(style.HALF_MM, height)
    room = max((width_of(row.sample) for row in rows), default=0.0) + 8
    ends = finite(v for row in rows for v in (row.bias, row.limit, row.expanded_u))
    reach = max([abs(end) for end in ends] or [1.0]) * 1.15
    top, pitch = points(3.0), points(ROW_MM)
    x = Scale(-reach, reach, room, drawing.width - 10)
    plot = Plot(drawing, x, Scale(0.0, 1.0, top + pitch * len(rows), top))
    heights = [top + pitch * (i + 0.5) for i in range(len(rows))]
    drawing.vertical(x(0.0), plot.y_ends, style.INK, style.LINE_PT)
    for row, y in zip(rows, heights, strict=True):
        _row(plot, row, (y, pitch))
    rows_axis(drawing, [row.sample for row in rows], heights, room - 6)
    x_axis(plot, round_ticks(-reach, reach, 5), text("figure.bias", locale), signed=True)
    anchor = figure_id("G23", item)
    keys = ("table.smp.sample", "figure.bias", "figure.bias_limit", "figure.reference_u")
    cells = [
        [r.sample, printed(r.bias, 1, signed=True), printed(r.limit, 1), printed(r.expanded_u, 1)]
        for r in rows
    ]
    data = data_table(anchor, locale, [text(key, locale) for key in keys], cells)
    caption = text("caption.G23", locale, item=item)
    return Figure(anchor, drawing.svg(), _alt(item, rows, locale), caption, style.HALF_MM, height, data)


def _row(plot: Plot, row: BiasRow, place: tuple[float, float]) -> None:
    """Limits, uncertainty and dot of one sample."""
    drawing, x = plot.drawing, plot.x
    y, pitch = place
    if row.limit is not None:
        for end in (-row.limit, row.limit):
            ends = (y - pitch / 2, y + pitch / 2)
            drawing.vertical(x(end), ends, style.LIMIT, style.LINE_PT, style.DASHED)
    if row.expanded_u:
        half = pitch * 0.16
        drawing.box(
            (x(-row.expanded_u), y - half), (x(row.expanded_u) - x(-row.expanded_u), 2 * half), style.ALL
        )
    if row.bias is not None:
        out = row.limit is not None and abs(row.bias) > row.limit
        drawing.mark("circle", (x(row.bias), y), 3.0, style.BAD if out else style.OWN)


def _alt(item: str, rows: Sequence[BiasRow], locale: str) -> str:
    """Each sample's bias, limit and E_n in words."""
    parts = [
        text("alt.bias", locale, sample=row.sample, b=printed(row.bias, 1, signed=True),
             limit=printed(row.limit, 1), en=printed(row.en, 2) if row.en is not None else MISSING)
        for row in rows
    ]  # fmt: skip
    return f"{item}: {' '.join(parts)}"
