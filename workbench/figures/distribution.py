"""G2: where the results of one sample lie, own group over all laboratories, target and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.display import Figure, FigureRow, Table
from workbench.figures import style
from workbench.figures.axes import data_table, figure_id
from workbench.figures.scales import Scale, finite
from workbench.figures.svg import Drawing, bars, circles, width_of
from workbench.wording import text

HEIGHT_MM = 30.0
DOTS_BELOW = 20
"""Fewer results are drawn one by one."""
LIMITS_SHOWN = 1.5
"""The axis reaches so many times the limit on each side of the target."""
TAIL_PT = 7.0
DOT_PT = 2.4
_LEFT, _RIGHT, _TOP, _BOTTOM = 11.0, 2.0, 19.0, 11.5


@dataclass(frozen=True)
class Distribution:
    """One panel: one item and sample.

    Parameters
    ----------
    analyte, sample : names as printed.
    edges : edges of the inner bins, one more than counts; empty when not disclosed.
    counts : results of all laboratories a bin.
    own_group : of them the own group's, or empty.
    tail_low, tail_high : results beyond the axis at either end.
    target, limit_low, limit_high : analyte's unit; None where there is none.
    own : the laboratory's own number; None without one or in anonymous reports.
    printed : printed forms: ``assigned_value``, ``limit_low``, ``limit_high``, ``value``,
        ``percentile``, ``verdict``.
    count_max : top of the count axis shared by the panels of one item; None: this panel's own.
    n_min : groups below it are not shown.
    modes : where the density of all results peaks, marked above the bars; analyte's unit.
    """

    analyte: str
    sample: str
    edges: Sequence[float]
    counts: Sequence[int]
    own_group: Sequence[int] = ()
    tail_low: int = 0
    tail_high: int = 0
    target: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None
    own: float | None = None
    printed: dict[str, str] = field(default_factory=dict)
    count_max: int | None = None
    n_min: int = 5
    modes: Sequence[float] = ()

    @property
    def n(self) -> int:
        """Results drawn."""
        return sum(self.counts) + self.tail_low + self.tail_high

    @property
    def tallest(self) -> int:
        """The largest count of a bin or tail."""
        return max([*self.counts, self.tail_low, self.tail_high], default=0)


def distribution_row(
    panels: Sequence[Distribution], item: str, locale: str, *, data: bool = True
) -> FigureRow:
    """The panels of one item side by side, with one count axis.

    Parameters
    ----------
    panels : one a sample, in vial order.
    item : the item's name as printed.
    data : put the counts behind each panel.
    """
    top = max((panel.tallest for panel in panels), default=0)
    own = any(panel.own_group or panel.own is not None for panel in panels)
    caption = text("caption.G2_row" if own else "caption.G2_row_all", locale, item=item)
    return FigureRow(tuple(_figure(panel, locale, top, data) for panel in panels), caption)


def distribution(panel: Distribution, locale: str) -> Figure:
    """One panel as a figure of its own."""
    return _figure(panel, locale, panel.count_max or panel.tallest, True)


def _figure(panel: Distribution, locale: str, top: int, data: bool) -> Figure:
    """Draw, describe and name one panel."""
    anchor = figure_id("G2", panel.analyte, panel.sample)
    drawing = _drawn(panel, locale, max(top, 1))
    caption = text("caption.G2", locale, analyte=panel.analyte, sample=panel.sample, n=panel.n)
    behind = _data(panel, anchor, locale) if data and panel.n else None
    return Figure(anchor, drawing.svg(), _alt(panel, locale), caption, style.PANEL_MM, HEIGHT_MM, behind)


def _drawn(panel: Distribution, locale: str, top: int) -> Drawing:
    """The panel from back to front."""
    drawing = Drawing(style.PANEL_MM, HEIGHT_MM)
    x = Scale(*_extent(panel), _LEFT + TAIL_PT, drawing.width - _RIGHT - TAIL_PT)
    y = Scale(0.0, float(top), drawing.height - _BOTTOM, _TOP)
    _band_and_limits(drawing, panel, x, y)
    if panel.n >= DOTS_BELOW:
        _bars(drawing, panel, x, y)
        _tail_counts(drawing, panel, y)
        _count_axis(drawing, y, top)
    _target_and_numbers(drawing, panel, x, y)
    if panel.n < DOTS_BELOW:
        _dots(drawing, panel, x, y)
    for place in panel.modes:
        if x.holds(place):
            drawing.mark("down", (x(place), y.end - 3.2), 2.4, style.PAPER, style.INK)
    _own(drawing, panel, x, y)
    _heading(drawing, panel, locale)
    return drawing


def _extent(panel: Distribution) -> tuple[float, float]:
    """Ends of the axis: 1.5 limits each side of the target, else the bins."""
    low, high, target = panel.limit_low, panel.limit_high, panel.target
    if low is not None and high is not None and target is not None and high > low:
        ends = target - LIMITS_SHOWN * (target - low), target + LIMITS_SHOWN * (high - target)
        inner = [*panel.edges[:1], *panel.edges[-1:]]
        return min([ends[0], *inner]), max([ends[1], *inner])
    known = finite([*panel.edges, target, panel.own]) or [0.0, 1.0]
    room = (max(known) - min(known)) * 0.1 or abs(known[0]) * 0.1 or 1.0
    return min(known) - room, max(known) + room


def _band_and_limits(drawing: Drawing, panel: Distribution, x: Scale, y: Scale) -> None:
    """Tinted band between dashed limits."""
    if panel.limit_low is None or panel.limit_high is None:
        return
    left, right = x.clipped(panel.limit_low), x.clipped(panel.limit_high)
    drawing.box((left, y.end), (right - left, y.start - y.end), style.BAND)
    for place in (left, right):
        drawing.vertical(place, (y.start, y.end), style.LIMIT, style.LINE_PT, style.DASHED)


def _boxes(
    panel: Distribution, counts: Sequence[int], x: Scale, y: Scale
) -> list[tuple[float, float, float, float]]:
    """Bars of counts above zero."""
    places = [x(edge) for edge in panel.edges]
    return [(places[i], places[i + 1], y(count), y.start) for i, count in enumerate(counts) if count]


def _bars(drawing: Drawing, panel: Distribution, x: Scale, y: Scale) -> None:
    """Histogram: all laboratories, own group over them, tails at the ends."""
    everyone = _boxes(panel, panel.counts, x, y)
    if panel.tail_low:
        everyone.append((_LEFT, x.start - 1, y(panel.tail_low), y.start))
    if panel.tail_high:
        everyone.append((x.end + 1, x.end + TAIL_PT, y(panel.tail_high), y.start))
    drawing.path(bars(everyone), fill=style.ALL, stroke=style.ALL_LINE)
    drawing.path(bars(_boxes(panel, panel.own_group, x, y)), fill=style.GROUP, stroke=style.GROUP_LINE)


def _dots(drawing: Drawing, panel: Distribution, x: Scale, y: Scale) -> None:
    """One dot a result, stacked in its bin; the own group's first."""
    radius = min(DOT_PT, (y.start - y.end) / 2 / max(panel.tallest, 1))
    everyone: list[tuple[float, float]] = []
    group: list[tuple[float, float]] = []
    own = panel.own_group or [0] * len(panel.counts)
    for i, (count, inside) in enumerate(zip(panel.counts, own, strict=True)):
        middle = (x(panel.edges[i]) + x(panel.edges[i + 1])) / 2
        stack = [(middle, y.start - (k + 0.5) * 2 * radius) for k in range(count)]
        group += stack[:inside]
        everyone += stack[inside:]
    for tail, place in ((panel.tail_low, _LEFT + TAIL_PT / 2), (panel.tail_high, x.end + TAIL_PT / 2)):
        everyone += [(place, y.start - (k + 0.5) * 2 * radius) for k in range(tail)]
    drawing.path(circles(everyone, radius * 0.9), fill=style.ALL, stroke=style.ALL_LINE)
    drawing.path(circles(group, radius * 0.9), fill=style.GROUP, stroke=style.GROUP_LINE)


def _tail_counts(drawing: Drawing, panel: Distribution, y: Scale) -> None:
    """Counts beyond the axis, above the end bins."""
    for count, place, mark, anchor in (
        (panel.tail_low, _LEFT + 0.5, "‹", "start"),
        (panel.tail_high, drawing.width - _RIGHT + 1, "›", "end"),
    ):
        if count:
            label = f"{mark}{count}" if mark == "‹" else f"{count}{mark}"
            above = (place, max(y(count) - 4.5, y.end + 4))
            drawing.text(label, above, anchor=anchor, size=style.SMALL_PT)


def _count_axis(drawing: Drawing, y: Scale, top: int) -> None:
    """The top of the count axis; its foot is the base line."""
    place = (_LEFT - 1.5, y.end + 3)
    drawing.text(str(top), place, anchor="end", size=style.SMALL_PT, fill=style.LIMIT)


def _target_and_numbers(drawing: Drawing, panel: Distribution, x: Scale, y: Scale) -> None:
    """Base line, target line; target and limits in numbers below as far as they do not touch."""
    drawing.horizontal(y.start, (_LEFT, drawing.width - _RIGHT), style.LIMIT, style.THIN_PT)
    if panel.target is None:
        return
    place = x.clipped(panel.target)
    drawing.vertical(place, (y.start, y.end), style.INK, style.MEDIUM_PT)
    below = y.start + 6.0
    taken: list[tuple[float, float]] = []
    for name, value in (
        ("assigned_value", panel.target),
        ("limit_low", panel.limit_low),
        ("limit_high", panel.limit_high),
    ):
        number = panel.printed.get(name, "")
        if value is None or not number:
            continue
        half = width_of(number, style.SMALL_PT) / 2
        middle = min(max(x.clipped(value), half + 0.5), drawing.width - half - 0.5)
        if all(middle + half + 1.5 < left or middle - half - 1.5 > right for left, right in taken):
            fill = style.INK if name == "assigned_value" else style.LIMIT
            drawing.text(number, (middle, below), anchor="middle", size=style.SMALL_PT, fill=fill)
            taken.append((middle - half, middle + half))


def _own(drawing: Drawing, panel: Distribution, x: Scale, y: Scale) -> None:
    """Own result: a dot on the axis and a triangle above; at the edge with its number when outside."""
    if panel.own is None:
        return
    if x.holds(panel.own):
        place = x(panel.own)
        drawing.mark("circle", (place, y.start), 2.5, style.OWN, style.PAPER)
        drawing.mark("down", (place, y.end - 3.2), 2.6, style.OWN)
        return
    low = panel.own < x.low
    number = panel.printed.get("value", "")
    label = f"‹ {number}" if low else f"{number} ›"
    edge = _LEFT if low else drawing.width - _RIGHT
    drawing.text(label, (edge, y.end - 3.2), anchor="start" if low else "end", fill=style.OWN)


def _heading(drawing: Drawing, panel: Distribution, locale: str) -> None:
    """Sample at the left, at the right n, or that it is too small to show."""
    drawing.text(panel.sample, (1.0, 5.0), size=style.SMALL_PT)
    count = f"n={panel.n}" if panel.n else text("state.suppressed", locale, n_min=panel.n_min)
    end = (drawing.width - 1.0, 5.0)
    drawing.text(count, end, anchor="end", size=style.SMALL_PT, fill=style.LIMIT)


def _alt(panel: Distribution, locale: str) -> str:
    """Alternative text from the template that fits."""
    names = {"analyte": panel.analyte, "sample": panel.sample}
    if not panel.n:
        return text("alt.G2_suppressed", locale, **names, n_min=panel.n_min)
    shown = {
        name: panel.printed.get(field_name) or "–"
        for name, field_name in (
            ("x_pt", "assigned_value"),
            ("lo", "limit_low"),
            ("hi", "limit_high"),
            ("result", "value"),
            ("pct", "percentile"),
            ("verdict", "verdict"),
        )
    }
    key = "alt.G2_no_own" if panel.own is None else "alt.G2"
    return text(key, locale, **names, n=panel.n, **shown)


def _data(panel: Distribution, anchor: str, locale: str) -> Table:
    """Counts a bin, empty bins left out."""
    own = panel.own_group
    headings = [text("figure.bin", locale), text("figure.all", locale)]
    headings += [text("figure.own_group", locale)] if own else []
    rows = []
    if panel.tail_low:
        rows.append([text("figure.below", locale, value=_number(panel.edges[0])), str(panel.tail_low)])
    for i, count in enumerate(panel.counts):
        if count:
            span = text("range", locale, low=_number(panel.edges[i]), high=_number(panel.edges[i + 1]))
            rows.append([span, str(count), *([str(own[i])] if own else [])])
    if panel.tail_high:
        rows.append([text("figure.above", locale, value=_number(panel.edges[-1])), str(panel.tail_high)])
    return data_table(anchor, locale, headings, [_filled(row, len(headings)) for row in rows])


def _filled(row: list[str], length: int) -> list[str]:
    """The row with dashes where a column has nothing."""
    return row + ["–"] * (length - len(row))


def _number(value: float) -> str:
    """An edge of a bin, six figures at most."""
    return f"{value:.6g}".replace("-", "\N{MINUS SIGN}")
