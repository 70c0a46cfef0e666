"""G7, G10: which answers were given, by all laboratories and by the own group, with what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import data_table, figure_id
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing, bars, points, shortened, width_of
from workbench.wording import MISSING, percent, text

ROW_MM, FRAME_MM, WIDTH_MM, WIDE_MM = 4.6, 9.0, 57.0, 86.0
ANSWERS_MOST = 8
_NAME_PT, _WIDE_NAME_PT, _GAP_PT = 62.0, 130.0, 4.0


@dataclass(frozen=True)
class Answer:
    """One answer: its name, how often given by all and by the own group, and what it is.

    Attributes
    ----------
    own_group : None where the own group is all laboratories, or too small to be shown.
    expected, accepted, own : the expected answer, one that counts as right, the laboratory's own.
    """

    name: str
    count: int
    own_group: int | None = None
    expected: bool = False
    accepted: bool = False
    own: bool = False


@dataclass(frozen=True)
class Answers:
    """The answers on one sample of one item, in the order of printing; `wide` panels have room for long names."""

    item: str
    sample: str
    rows: Sequence[Answer]
    ordered: bool = False
    own: str = ""
    wide: bool = False


def needs_width(names: Iterable[str]) -> bool:
    """Whether some name is too long for a panel of a third of the page; then all panels take half of it."""
    return any(width_of(name) > _NAME_PT for name in names)


def answer_bars(given: Answers, locale: str) -> Figure:
    """One panel: a bar per answer, the expected one outlined, accepted ones shaded, the own one with ●.

    Notes
    -----
    An unordered list of more than eight answers keeps the eight most frequent, and always the expected and the own
    one; the others are counted in one row. Ordered answers keep their clinical order, never the alphabet's.
    """
    rows = _kept(given, locale)
    height = FRAME_MM + ROW_MM * len(rows)
    width_mm = WIDE_MM if given.wide else WIDTH_MM
    drawing = Drawing(width_mm, height)
    names = [shortened(row.name, _WIDE_NAME_PT if given.wide else _NAME_PT) for row in rows]
    room = max((width_of(name) for name in names), default=0.0) + 10
    most = max((row.count for row in rows), default=1) or 1
    x = Scale(0.0, float(most), room + _GAP_PT, drawing.width - 22)
    top, pitch = points(6.0), points(ROW_MM)
    drawing.text(given.sample, (x.start, points(2.8)), fill=style.LIMIT)
    for index, (row, name) in enumerate(zip(rows, names, strict=True)):
        _row(drawing, x, row, (name, top + pitch * (index + 0.5)))
    drawing.vertical(x.start, (top, top + pitch * len(rows)), style.LIMIT, style.THIN_PT)
    anchor = figure_id("G7" if given.ordered else "G10", given.item, given.sample)
    caption = text("caption.G7" if given.ordered else "caption.G10", locale, item=given.item)
    keys = ("figure.answer", "figure.all", "figure.own_group")
    cells = [
        [row.name, str(row.count), MISSING if row.own_group is None else str(row.own_group)] for row in rows
    ]
    data = data_table(anchor, locale, [text(key, locale) for key in keys], cells)
    return Figure(anchor, drawing.svg(), _alt(given, locale), caption, width_mm, height, data)


def _kept(given: Answers, locale: str) -> list[Answer]:
    """The rows that are drawn."""
    rows = list(given.rows)
    if given.ordered or len(rows) <= ANSWERS_MOST:
        return rows
    ranked = sorted(rows, key=lambda row: (not (row.expected or row.own), -row.count))[: ANSWERS_MOST - 1]
    kept = [row for row in rows if row in ranked]
    kept.sort(key=lambda row: (not row.expected, -row.count))
    others = sum(row.count for row in rows if row not in ranked)
    return [*kept, Answer(text("figure.other_answers", locale), others)]


def _row(drawing: Drawing, x: Scale, row: Answer, place: tuple[str, float]) -> None:
    """Name, bars and count of one answer."""
    name, y = place
    half = points(ROW_MM) * 0.34
    if row.accepted or row.expected:
        drawing.box((x.start, y - half - 1.2), (x.end - x.start + 20, 2 * half + 2.4), style.BAND)
    drawing.text(name, (x.start - _GAP_PT, y), anchor="end", fill=style.OWN if row.own else style.INK)
    if row.own:
        drawing.mark("circle", (points(1.2), y), 2.3, style.OWN)
    if row.count:
        whole = bars([(x.start, x(row.count), y - half, y + half)])
        drawing.path(whole, fill=style.ALL, stroke=style.ALL_LINE)
    if row.own_group:
        inner = bars([(x.start, x(row.own_group), y - half * 0.45, y + half * 0.45)])
        drawing.path(inner, fill=style.GROUP, stroke=style.GROUP_LINE)
    if row.expected:
        end = x(row.count) if row.count else x.start + 6
        outline = bars([(x.start, end, y - half, y + half)])
        drawing.path(outline, stroke=style.INK, width=style.THICK_PT)
    drawing.text(str(row.count), ((x(row.count) if row.count else x.start + 6) + 3, y), fill=style.LIMIT)


def _alt(given: Answers, locale: str) -> str:
    """What the panel shows, in words."""
    n = sum(row.count for row in given.rows)
    right = next((row for row in given.rows if row.expected), None)
    key = "alt.answers" if given.own else "alt.answers_no_own"
    return text(
        key,
        locale,
        item=given.item,
        sample=given.sample,
        n=n,
        k=right.count if right else 0,
        p=percent(100 * right.count / n) if right and n else MISSING,
        expected=right.name if right else text("target_method.none", locale),
        answer=given.own or MISSING,
    )
