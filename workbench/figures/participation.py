"""Who returned what: one row an item, one column a laboratory, laboratories of one group side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import data_table, figure_id
from workbench.figures.svg import Drawing, bars, points, shortened, width_of
from workbench.wording import text

ROW_MM, HEAD_MM, CODES_MM, FOOT_MM = 3.4, 6.0, 12.0, 9.0
CODES_MOST = 45
"""Codes of so many laboratories can be told apart above their columns."""
_NAME_PT, _GAP_PT = 96.0, 0.3

CELLS: Mapping[str, tuple[str, float]] = {
    "returned": (style.GROUP, 0.35),
    "late": (style.WARNING, 0.6),
    "part": (style.BAD, 0.6),
    "not_returned": (style.BAD, 1.0),
    "excused": (style.LIMIT, 0.35),
}
"""Kind of cell -> colour and share of the row's height: they differ in size, not in colour only."""


@dataclass(frozen=True)
class Participation:
    """The grid of one programme-round.

    Parameters
    ----------
    subject : programme and round as printed.
    items : names, top to bottom.
    laboratories : codes or aliases, left to right, those of one group together.
    groups : name of the group of each laboratory.
    cells : shape items x laboratories, a key of `CELLS` or "" where the laboratory is not enrolled.
    """

    subject: str
    items: Sequence[str]
    laboratories: Sequence[str]
    groups: Sequence[str]
    cells: Sequence[Sequence[str]]

    def counts(self) -> dict[str, int]:
        """How many cells of each kind."""
        found = [cell for row in self.cells for cell in row]
        return {kind: found.count(kind) for kind in CELLS}

    @property
    def with_codes(self) -> bool:
        """Whether the columns are wide enough for codes."""
        return len(self.laboratories) <= CODES_MOST


def participation(given: Participation, locale: str) -> Figure:
    """The grid; what is missing stands out by height and colour, the legend stands below."""
    head = HEAD_MM + (CODES_MM if given.with_codes else 0.0)
    height = head + ROW_MM * max(len(given.items), 1) + FOOT_MM
    drawing = Drawing(style.FULL_MM, height)
    names = [shortened(item, _NAME_PT) for item in given.items]
    left = max((width_of(name) for name in names), default=0.0) + 6
    step = (drawing.width - left - 3) / max(len(given.laboratories), 1)
    top, pitch = points(head), points(ROW_MM)
    for row, name in enumerate(names):
        drawing.text(name, (left - 4, top + pitch * (row + 0.5)), anchor="end")
    _cells(drawing, given, (left, top), (step, pitch))
    _groups(drawing, given, (left, top), step)
    if given.with_codes:
        for column, code in enumerate(given.laboratories):
            drawing.turned_text(code, (left + step * (column + 0.5), points(HEAD_MM + CODES_MM / 2)))
    _legend(drawing, left, top + pitch * len(names) + points(4.5), locale)
    counts = given.counts()
    words = {"items": len(given.items), "n": len(given.laboratories), "missing": counts["not_returned"]}
    caption = text("caption.participation_grid", locale, subject=given.subject, **words)
    alt = text("alt.participation_grid", locale, **words, part=counts["part"], late=counts["late"])
    anchor = figure_id("participation", given.subject)
    data = _data(given, anchor, locale)
    return Figure(anchor, drawing.svg(), alt, caption, style.FULL_MM, height, data)


def _cells(
    drawing: Drawing, given: Participation, corner: tuple[float, float], size: tuple[float, float]
) -> None:
    """One path a kind of cell; cells of one kind beside each other are one box."""
    (left, top), (step, pitch) = corner, size
    for kind, (fill, share) in CELLS.items():
        boxes = [
            (left + step * a, left + step * b - _GAP_PT, bottom - (pitch - 1.2) * share, bottom)
            for row, cells in enumerate(given.cells)
            for a, b in _runs(cells, kind)
            for bottom in [top + pitch * (row + 1) - 0.6]
        ]
        drawing.path(bars(boxes), fill=fill)


def _runs(cells: Sequence[str], kind: str) -> Iterator[tuple[int, int]]:
    """First and last place of neighbours of one kind."""
    start = 0
    for found, members in groupby(cells):
        length = len(list(members))
        if found == kind:
            yield start, start + length
        start += length


def _groups(drawing: Drawing, given: Participation, corner: tuple[float, float], step: float) -> None:
    """A line at each change of the group, its name where there is room."""
    left, top = corner
    bottom = top + points(ROW_MM) * len(given.items)
    start = 0
    for name, members in groupby(given.groups):
        end = start + len(list(members))
        drawing.vertical(left + step * start, (bottom, points(1.0)), style.ALL_LINE, style.THIN_PT)
        room = step * (end - start) - 3
        label = shortened(name, room, style.SMALL_PT) if room > width_of("MM…", style.SMALL_PT) else ""
        if label:
            drawing.text(label, (left + step * start + 2, points(HEAD_MM / 2)), size=style.SMALL_PT)
        start = end


def _legend(drawing: Drawing, x: float, y: float, locale: str) -> None:
    """What each kind of cell means."""
    for kind, (fill, share) in CELLS.items():
        words = text(f"figure.participation_{kind}", locale)
        drawing.path(bars([(x, x + 6, y + 3.5 - 7.0 * share, y + 3.5)]), fill=fill)
        drawing.text(words, (x + 9, y), fill=style.LIMIT)
        x += 22 + width_of(words)


def _data(given: Participation, anchor: str, locale: str) -> Table:
    """One row an item: how many cells of each kind."""
    kinds = list(CELLS)
    rows = [
        [item, *(str(list(cells).count(kind)) for kind in kinds)]
        for item, cells in zip(given.items, given.cells, strict=True)
    ]
    heads = [text(f"figure.participation_{kind}", locale) for kind in kinds]
    return data_table(anchor, locale, [text("figure.participation_item", locale), *heads], rows)
