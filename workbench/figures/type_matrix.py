"""G11: samples by types; found, missed, too many, rightly absent, outside the kit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import data_table, figure_id
from workbench.figures.svg import Drawing, points, polyline, shortened, width_of
from workbench.wording import text

ROW_MM, HEAD_MM, FOOT_MM = 5.5, 15.0, 8.0
_CELLS = ("hit", "missed", "extra", "negative", "outside", "not_tested")


@dataclass(frozen=True)
class TypeMatrix:
    """What happened to each type in each sample.

    Attributes
    ----------
    types, samples : columns and rows in the order of printing.
    cells : (sample, type) -> hit, missed, extra, negative, outside or not_tested; absent: not asked for.
    """

    item: str
    types: Sequence[str]
    samples: Sequence[str]
    cells: Mapping[tuple[str, str], str]


def type_matrix(given: TypeMatrix, locale: str) -> Figure:
    """The matrix; marks differ in shape, not in colour only; the legend stands below."""
    height = HEAD_MM + ROW_MM * len(given.samples) + FOOT_MM
    drawing = Drawing(style.FULL_MM, height)
    room = max((width_of(sample) for sample in given.samples), default=0.0) + 6
    step = (drawing.width - room - 4) / max(len(given.types), 1)
    top, pitch = points(HEAD_MM), points(ROW_MM)
    for column, name in enumerate(given.types):
        _heading(drawing, shortened(name, points(HEAD_MM) - 4), room + step * (column + 0.5), (top, step))
    for row, sample in enumerate(given.samples):
        y = top + pitch * (row + 0.5)
        drawing.text(sample, (room - 6, y), anchor="end")
        drawing.horizontal(y + pitch / 2, (room, drawing.width - 4), style.GRID, style.THIN_PT)
        for column, name in enumerate(given.types):
            _cell(drawing, given.cells.get((sample, name), ""), (room + step * (column + 0.5), y))
    _legend(drawing, room, top + pitch * len(given.samples) + points(4.5), locale)
    anchor = figure_id("G11", given.item)
    caption = text("caption.G11", locale, item=given.item)
    return Figure(
        anchor,
        drawing.svg(),
        _alt(given, locale),
        caption,
        style.FULL_MM,
        height,
        _data(given, anchor, locale),
    )


def _heading(drawing: Drawing, name: str, x: float, place: tuple[float, float]) -> None:
    """The name of a type: upright where it fits its column, else read from below."""
    top, step = place
    if width_of(name) <= step - 2:
        drawing.text(name, (x, top - 6), anchor="middle")
    else:
        drawing.turned_text(name, (x, top - 4 - width_of(name) / 2))


def _cell(drawing: Drawing, cell: str, at: tuple[float, float]) -> None:
    """The mark of one cell."""
    x, y = at
    if cell == "hit":
        drawing.mark("circle", at, 3.2, style.OWN)
    elif cell == "missed":
        drawing.mark("circle", at, 3.2, style.PAPER, style.BAD)
    elif cell == "extra":
        drawing.mark("triangle", at, 3.4, style.BAD)
    elif cell == "negative":
        drawing.mark("circle", at, 0.8, style.ALL_LINE)
    elif cell == "outside":
        for shift in (-3.0, 0.0, 3.0):
            line = polyline([(x + shift - 2.5, y + 3.5), (x + shift + 2.5, y - 3.5)])
            drawing.path(line, stroke=style.ALL_LINE, width=style.THIN_PT)
    elif cell == "not_tested":
        drawing.horizontal(y, (x - 2.5, x + 2.5), style.LIMIT, style.LINE_PT)


def _legend(drawing: Drawing, x: float, y: float, locale: str) -> None:
    """What each mark means."""
    at = x
    for cell in _CELLS:
        words = text(f"figure.cell_{cell}", locale)
        _cell(drawing, cell, (at + 5, y))
        drawing.text(words, (at + 13, y), fill=style.LIMIT)
        at += 26 + width_of(words)


def _counts(given: TypeMatrix) -> dict[str, int]:
    """How many cells of each kind."""
    found = list(given.cells.values())
    return {cell: found.count(cell) for cell in _CELLS}


def _alt(given: TypeMatrix, locale: str) -> str:
    counts = _counts(given)
    return text(
        "alt.type_matrix", locale, item=given.item, s=len(given.samples), t=len(given.types),
        miss=counts["missed"], extra=counts["extra"], ns=counts["outside"] + counts["not_tested"],
    )  # fmt: skip


def _data(given: TypeMatrix, anchor: str, locale: str) -> Table:
    """One row a sample, one column a type."""
    words = {cell: text(f"figure.cell_{cell}", locale) for cell in _CELLS}
    rows = [
        [sample, *(words.get(given.cells.get((sample, name), ""), "") for name in given.types)]
        for sample in given.samples
    ]
    return data_table(anchor, locale, [text("table.smp.sample", locale), *given.types], rows)
