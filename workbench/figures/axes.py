"""What figures share: axes with round numbers, marks at the edge, the table of data behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.display import Cell, Column, Table
from workbench.figures import style
from workbench.figures.labels import Taken
from workbench.figures.scales import Scale, tick_texts
from workbench.figures.svg import Drawing, width_of
from workbench.wording import MISSING, text

TICK_PT = 2.5
_NOT_IN_ANCHORS = re.compile(r"[^\w-]+")


@dataclass(frozen=True)
class Plot:
    """A drawing with its two scales."""

    drawing: Drawing
    x: Scale
    y: Scale

    @property
    def x_ends(self) -> tuple[float, float]:
        """Left and right (pt)."""
        return self.x.start, self.x.end

    @property
    def y_ends(self) -> tuple[float, float]:
        """Bottom and top (pt)."""
        return self.y.start, self.y.end

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place of a pair of values."""
        return self.x(x), self.y(y)


def figure_id(kind: str, *parts: str) -> str:
    """An anchor from printed names.

    >>> figure_id("G2", "镁 Mg", "2026111")
    'G2-镁-Mg-2026111'
    """
    return "-".join([kind, *(_NOT_IN_ANCHORS.sub("-", part).strip("-") for part in parts)])


def quantity_title(key: str, unit: str, locale: str) -> str:
    """Quantity and unit of an axis; the quantity alone where there is no unit."""
    return text(f"{key}_unit", locale, unit=unit) if unit else text(key, locale)


def x_axis(plot: Plot, ticks: Sequence[float], title: str, signed: bool = False) -> None:
    """Axis line below, ticks, their numbers, and the quantity under them; numbers that would touch are left out."""
    drawing, y = plot.drawing, plot.y.start
    drawing.horizontal(y, plot.x_ends, style.LIMIT, style.THIN_PT)
    reach = float("-inf")
    for tick, number in zip(ticks, tick_texts(ticks, signed), strict=True):
        x, half = plot.x(tick), width_of(number) / 2
        drawing.vertical(x, (y, y + TICK_PT), style.LIMIT, style.THIN_PT)
        if x - half > reach + 2:
            drawing.text(number, (x, y + TICK_PT + 5), anchor="middle", fill=style.LIMIT)
            reach = x + half
    middle = (plot.x.start + plot.x.end) / 2
    drawing.text(title, (middle, y + TICK_PT + 15), anchor="middle")


def y_axis(plot: Plot, ticks: Sequence[float], title: str, signed: bool = False) -> None:
    """Axis line at the left, ticks, their numbers, and the quantity turned beside them."""
    drawing, x = plot.drawing, plot.x.start
    drawing.vertical(x, plot.y_ends, style.LIMIT, style.THIN_PT)
    for tick, number in zip(ticks, tick_texts(ticks, signed), strict=True):
        y = plot.y(tick)
        drawing.horizontal(y, (x - TICK_PT, x), style.LIMIT, style.THIN_PT)
        drawing.text(number, (x - TICK_PT - 1.5, y), anchor="end", fill=style.LIMIT)
    if title:
        drawing.turned_text(title, (style.TEXT_PT / 2 + 0.5, (plot.y.start + plot.y.end) / 2))


def y_axis_room(ticks: Sequence[float], signed: bool = False) -> float:
    """Width (pt) the numbers and title of a y axis need."""
    widest = max((width_of(number) for number in tick_texts(ticks, signed)), default=0.0)
    return widest + TICK_PT + 2 + style.TEXT_PT + 4


def rows_axis(
    drawing: Drawing, names: Sequence[str], y_of: Sequence[float], x: float, bold: Iterable[int] = ()
) -> None:
    """Names of rows, right-aligned at `x`; the rows in `bold` stand in the own laboratory's colour."""
    own = set(bold)
    for index, (name, y) in enumerate(zip(names, y_of, strict=True)):
        drawing.text(name, (x, y), anchor="end", fill=style.OWN if index in own else style.INK)


def edge_value(plot: Plot, taken: Taken, x: float, value: float, number: str) -> None:
    """A value outside the y axis: a mark at the edge and its number beside it, ‹ below and › above."""
    high = value > plot.y.high
    edge, inwards = (plot.y.end, 1) if high else (plot.y.start, -1)
    plot.drawing.mark("triangle" if high else "down", (x, edge + 2.5 * inwards), 2.3, style.BAD)
    label = f"› {number}" if high else f"‹ {number}"
    width, half = width_of(label, style.SMALL_PT), style.SMALL_PT / 2
    right = [x + 4, x - 4 - width] if x + 4 + width <= plot.x.end else [x - 4 - width]
    places = [(left, edge + inwards * (3.0 + 7.5 * step)) for step in range(6) for left in right]
    found = taken.first_free((left, left + width, y - half, y + half) for left, y in places)
    plot.drawing.text(label, places[found or 0], size=style.SMALL_PT, fill=style.BAD)


def data_table(figure_id: str, locale: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """The numbers behind a figure; the first column is text, the others numbers."""
    columns = tuple(
        Column(f"c{index}", heading, align="decimal" if index else "left")
        for index, heading in enumerate(headings)
    )
    cells = tuple(tuple(Cell(value or MISSING) for value in row) for row in rows)
    return Table(f"{figure_id}-data", text("furniture.figure_data", locale), columns, cells)
