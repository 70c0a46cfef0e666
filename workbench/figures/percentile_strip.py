"""G17: where a laboratory's figures stand among its peers', one row per indicator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import data_table
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing, bars, points, shortened, width_of
from workbench.wording import MISSING, text

ROW_MM, FRAME_MM = 6.0, 10.0
_NAME_PT, _SIDE_PT = 150.0, 62.0


@dataclass(frozen=True)
class StripRow:
    """One indicator: percentiles 5, 25, 50, 75, 95 of the peers, own value, which side is better, printed forms."""

    name: str
    percentiles: Sequence[float]
    own: float | None
    better: str
    printed: Sequence[str]
    printed_own: str


def percentile_strip(rows: Sequence[StripRow], locale: str) -> Figure:
    """Each row on a scale of its own: line 5 to 95, bar 25 to 75, tick at the median, ▼ for the own figure.

    Notes
    -----
    An own figure beyond the line is drawn at the row's end. An arrow at the better end says which way is good.
    """
    height = FRAME_MM + ROW_MM * len(rows)
    drawing = Drawing(style.FULL_MM, height)
    names = [shortened(row.name, _NAME_PT) for row in rows]
    room = max((width_of(name) for name in names), default=0.0) + 8
    left, right = room + _SIDE_PT * 0.55, drawing.width - _SIDE_PT
    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        y = points(4.0) + points(ROW_MM) * (index + 0.5)
        drawing.text(name, (room - 6, y), anchor="end")
        _row(drawing, row, (left, right, y))
    legend = text("figure.strip_legend", locale)
    drawing.text(legend, (left, points(height) - 7), fill=style.LIMIT)
    keys = ("table.indicators.item", "figure.own", *(f"table.indicators.p{p}" for p in (5, 25, 50, 75, 95)))
    cells = [[row.name, row.printed_own, *row.printed] for row in rows]
    data = data_table("G17", locale, [text(key, locale) for key in keys], cells)
    caption = text("caption.G17", locale, n=len(rows))
    return Figure("G17", drawing.svg(), _alt(rows, locale), caption, style.FULL_MM, height, data)


def _row(drawing: Drawing, row: StripRow, place: tuple[float, float, float]) -> None:
    """Line, bar, tick, own mark and the two end numbers."""
    left, right, y = place
    low, high = row.percentiles[0], row.percentiles[-1]
    scale = Scale(low, high, left, right) if high > low else Scale(low - 0.5, high + 0.5, left, right)
    quarter = points(ROW_MM) * 0.22
    drawing.horizontal(y, (scale(low), scale(high)), style.ALL_LINE, style.MEDIUM_PT)
    box = bars([(scale(row.percentiles[1]), scale(row.percentiles[3]), y - quarter, y + quarter)])
    drawing.path(box, fill=style.ALL, stroke=style.ALL_LINE)
    drawing.vertical(scale(row.percentiles[2]), (y - quarter - 1, y + quarter + 1), style.INK, style.THICK_PT)
    drawing.text(row.printed[0], (left - 6, y), anchor="end", fill=style.LIMIT, size=style.SMALL_PT)
    drawing.text(row.printed[-1], (right + 6, y), fill=style.LIMIT, size=style.SMALL_PT)
    arrow = "←" if row.better == "low" else "→"
    drawing.text(arrow, (drawing.width - 12, y), anchor="middle", fill=style.LIMIT)
    if row.own is not None:
        at = min(max(scale(row.own), left - 3), right + 3)
        drawing.mark("down", (at, y - quarter - 3), 3.4, style.OWN)


def _alt(rows: Sequence[StripRow], locale: str) -> str:
    """Each indicator's figure and quartiles, in words."""
    parts = [
        text(
            "alt.G17", locale, indicator=row.name, value=row.printed_own or MISSING,
            q1=row.printed[1], q2=row.printed[2], q3=row.printed[3],
        )
        for row in rows
    ]  # fmt: skip
    return " ".join(parts)
