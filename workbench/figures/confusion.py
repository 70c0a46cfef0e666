"""Which answers were given where which was expected: a heat table of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import data_table, figure_id
from workbench.figures.svg import Drawing, bars, points, shortened, width_of
from workbench.wording import MISSING, text

ROW_MM, HEAD_MM, COLUMN_MM = 6.0, 12.0, 21.0
_NAME_PT = 90.0
_TINTS = ("#FFFFFF", "#F1F4F7", "#DCE4ED", "#C3D3E4", "#A5BFD8")
"""Five steps of one hue, light enough for dark figures on top."""


@dataclass(frozen=True)
class Confusion:
    """Counts of answers by expected answer; rows expected, columns given, both in their order.

    Attributes
    ----------
    counts : (expected, given) -> results. right : pairs that count as right.
    """

    item: str
    expected: Sequence[str]
    given: Sequence[str]
    counts: Mapping[tuple[str, str], int]
    right: frozenset[tuple[str, str]]


def confusion(table: Confusion, locale: str) -> Figure:
    """The heat table; right pairs framed, every count printed, shade by share of the row."""
    names = [shortened(name, _NAME_PT) for name in table.expected]
    room = max((width_of(name) for name in names), default=0.0) + 8
    step = min(points(COLUMN_MM), (points(style.FULL_MM) - room - 4) / max(len(table.given), 1))
    width_mm = (room + step * len(table.given) + 4) / points(1.0)
    height = HEAD_MM + ROW_MM * len(table.expected) + 2
    drawing = Drawing(width_mm, height)
    top, pitch = points(HEAD_MM), points(ROW_MM)
    drawing.text(text("figure.given", locale), (room, points(2.5)), fill=style.LIMIT)
    for column, name in enumerate(table.given):
        drawing.text(shortened(name, step - 2), (room + step * (column + 0.5), top - 7), anchor="middle")
    for row, (key, name) in enumerate(zip(table.expected, names, strict=True)):
        drawing.text(name, (room - 6, top + pitch * (row + 0.5)), anchor="end")
        _row(drawing, table, key, (room, top + pitch * row, step, pitch))
    anchor = figure_id("CONF", table.item)
    rows = [
        [key, *(str(table.counts.get((key, given), 0)) for given in table.given)] for key in table.expected
    ]
    heads = [text("figure.expected", locale), *table.given]
    data = data_table(anchor, locale, heads, rows)
    caption = text("caption.confusion", locale, item=table.item)
    return Figure(anchor, drawing.svg(), _alt(table, locale), caption, round(width_mm, 1), height, data)


def _row(drawing: Drawing, table: Confusion, key: str, box: tuple[float, float, float, float]) -> None:
    """One expected answer."""
    left, top, step, pitch = box
    total = sum(table.counts.get((key, given), 0) for given in table.given) or 1
    for column, given in enumerate(table.given):
        count = table.counts.get((key, given), 0)
        x = left + step * column
        shade = _TINTS[0] if not count else _TINTS[min(4, 1 + int(3.999 * count / total))]
        drawing.box((x, top), (step, pitch), shade)
        right = (key, given) in table.right
        frame = bars([(x + 0.4, x + step - 0.4, top + 0.4, top + pitch - 0.4)])
        drawing.path(
            frame,
            stroke=style.INK if right else style.GRID,
            width=style.MEDIUM_PT if right else style.THIN_PT,
        )
        colour = style.BAD if count and not right else style.INK if count else style.ALL_LINE
        drawing.text(
            str(count) if count else "·", (x + step / 2, top + pitch / 2), anchor="middle", fill=colour
        )


def _alt(table: Confusion, locale: str) -> str:
    """Totals and the commonest confusion."""
    wrong = {pair: count for pair, count in table.counts.items() if pair not in table.right and count}
    total = sum(table.counts.values())
    worst = max(wrong, key=lambda pair: (wrong[pair], pair)) if wrong else None
    return text(
        "alt.confusion", locale, item=table.item, n=total, k=sum(wrong.values()),
        expected=worst[0] if worst else MISSING, given=worst[1] if worst else MISSING,
    )  # fmt: skip
