"""G1: every sample of every item as percent of the allowed deviation, one row an item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, rows_axis, x_axis
from workbench.figures.labels import Taken, around
from workbench.figures.scales import Scale, finite
from workbench.figures.svg import Drawing, points, shortened, width_of
from workbench.wording import MISSING, join, printed, text

ROW_MM, FRAME_MM = 5.0, 14.0
ROWS_PER_FIGURE = 40
AXIS_END = 150.0
LIMIT = 100.0
_NAME_PT = 128.0
_OUT_PT = 2.3
_GAP_PT = 3.6
_LANES = (0.0, -4.2, 4.2)
"""Heights at which marks of one row may stand so that they do not cover each other."""


@dataclass(frozen=True)
class DeviationRow:
    """One item.

    Parameters
    ----------
    name : as printed.
    deviations : D as % of the allowed deviation, a sample each; NaN or None where not scored.
    samples : short labels of the samples, e.g. the last digit.
    note : word that stands in the row when it has no mark, e.g. "not scored".
    """

    name: str
    deviations: Sequence[float | None]
    samples: Sequence[str]
    note: str = MISSING

    @property
    def known(self) -> list[tuple[float, str]]:
        """Deviation and label of the samples that have one, from low to high."""
        pairs = zip(self.deviations, self.samples, strict=True)
        return sorted((value, label) for value, label in pairs if value is not None and math.isfinite(value))

    @property
    def out(self) -> list[str]:
        """Labels of the samples beyond the limit."""
        return [label for value, label in self.known if abs(value) > LIMIT]

    @property
    def margins(self) -> tuple[str, str]:
        """What stands at the left and right edge for values outside the axis."""
        low = [pair for pair in self.known if pair[0] < -AXIS_END]
        high = [pair for pair in self.known if pair[0] > AXIS_END]
        return (f"‹ {_outside(low)}" if low else ""), (f"› {_outside(high)}" if high else "")


def deviation_strips(rows: Sequence[DeviationRow], locale: str) -> tuple[Figure, ...]:
    """G1, split after every forty rows; all parts have the same scale.

    Parameters
    ----------
    rows : items in the order of the summary table.
    """
    parts = -(-len(rows) // ROWS_PER_FIGURE)
    size = -(-len(rows) // max(parts, 1))
    slices = [rows[i : i + size] for i in range(0, len(rows), size or 1)]
    frame = _Frame.of(rows)
    return tuple(_figure(part, frame, locale, (number, parts)) for number, part in enumerate(slices, 1))


def deviation_strip(rows: Sequence[DeviationRow], locale: str) -> Figure:
    """G1 in one piece."""
    return _figure(rows, _Frame.of(rows), locale, (1, 1))


@dataclass(frozen=True)
class _Frame:
    """Room (pt) for names and for numbers outside the axis, shared by all parts."""

    names: float
    left: float
    right: float

    @classmethod
    def of(cls, rows: Sequence[DeviationRow]) -> _Frame:
        names = max((min(width_of(row.name), _NAME_PT) for row in rows), default=0.0)
        margins = [row.margins for row in rows]
        left = max((width_of(low, style.SMALL_PT) for low, _ in margins if low), default=0.0)
        right = max((width_of(high, style.SMALL_PT) for _, high in margins if high), default=0.0)
        return cls(names, left and left + 3, right and right + 3)


def _figure(rows: Sequence[DeviationRow], frame: _Frame, locale: str, part: tuple[int, int]) -> Figure:
    """One part, drawn, described and named."""
    height = FRAME_MM + ROW_MM * len(rows)
    drawing = Drawing(style.FULL_MM, height)
    pitch = points(ROW_MM)
    top = points(2.0)
    left = frame.names + frame.left + 6
    x = Scale(-AXIS_END, AXIS_END, left + 8, drawing.width - frame.right - 12)
    plot = Plot(drawing, x, Scale(0.0, 1.0, top + pitch * len(rows), top))
    _ground(plot, top, pitch, len(rows))
    heights = [top + pitch * (i + 0.5) for i in range(len(rows))]
    rows_axis(drawing, [shortened(row.name, _NAME_PT) for row in rows], heights, frame.names)
    for row, y in zip(rows, heights, strict=True):
        _row(plot, row, y, left)
    x_axis(
        plot, [-150.0, -100.0, -50.0, 0.0, 50.0, 100.0, 150.0], text("figure.percent_allowed", locale), True
    )
    figure_id = "G1" if part[1] == 1 else f"G1-{part[0]}"
    return Figure(
        figure_id,
        drawing.svg(),
        _alt(rows, locale),
        _caption(rows, locale, part),
        style.FULL_MM,
        height,
        _data(rows, figure_id, locale),
    )


def _ground(plot: Plot, top: float, pitch: float, n_rows: int) -> None:
    """Allowed band, row rules, limits and zero."""
    drawing, x = plot.drawing, plot.x
    bottom = top + pitch * n_rows
    drawing.box((x(-LIMIT), top), (x(LIMIT) - x(-LIMIT), bottom - top), style.BAND)
    for i in range(1, n_rows):
        drawing.horizontal(top + pitch * i, (0.0, drawing.width), style.GRID, style.THIN_PT)
    for limit in (-LIMIT, LIMIT):
        drawing.vertical(x(limit), (bottom, top), style.LIMIT, style.LINE_PT, style.DASHED)
    drawing.vertical(x(0.0), (bottom, top), style.INK, style.LINE_PT)


def _row(plot: Plot, row: DeviationRow, y: float, left: float) -> None:
    """Marks of one item, inside first, so that labels find the room they leave."""
    drawing, taken = plot.drawing, Taken()
    if not row.known:
        drawing.text(row.note, (plot.x(0.0) + 4, y), size=style.SMALL_PT, fill=style.LIMIT)
    inside = [(value, label) for value, label in row.known if abs(value) <= LIMIT]
    for value, _ in inside:
        place = (plot.x(value), _lane(taken, plot.x(value), y, style.MARK_PT))
        drawing.mark("circle", place, style.MARK_PT, style.OWN)
    for side in (1, -1):
        out = [(plot.x(side * size), label) for size, label in _beyond(row, side)]
        for cluster in _clusters(out, side):
            _cluster(drawing, taken, cluster, side, y)
    low, high = row.margins
    if low:
        drawing.text(low, (left, y), anchor="end", size=style.SMALL_PT, fill=style.BAD)
    if high:
        drawing.text(high, (plot.x.end + 6, y), size=style.SMALL_PT, fill=style.BAD)


def _lane(taken: Taken, x: float, y: float, radius: float) -> float:
    """A height for a mark where it covers no other; the middle when all are in use."""
    boxes = [around(x, y + lane, radius * 0.9) for lane in _LANES]
    free = taken.first_free(boxes)
    return y + _LANES[free or 0]


def _beyond(row: DeviationRow, side: int) -> list[tuple[float, str]]:
    """Size and label of the deviations of one sign between limit and end of axis, smallest first."""
    pairs = [(side * value, label) for value, label in row.known if LIMIT < side * value <= AXIS_END]
    return sorted(pairs)


def _clusters(out: Sequence[tuple[float, str]], side: int) -> list[list[tuple[float, str]]]:
    """Marks from the limit outwards, those too close for a label between them taken together."""
    clusters: list[list[tuple[float, str]]] = []
    for x, label in out:
        if clusters and side * (x - clusters[-1][-1][0]) < _label_width(clusters[-1]) + 2 * _GAP_PT:
            clusters[-1].append((x, label))
        else:
            clusters.append([(x, label)])
    return clusters


def _label_width(cluster: Sequence[tuple[float, str]]) -> float:
    return width_of(short_list([label for _, label in cluster]), style.SMALL_PT)


def _cluster(
    drawing: Drawing, taken: Taken, cluster: Sequence[tuple[float, str]], side: int, y: float
) -> None:
    """Marks beyond the limit and, outside of the last of them, the samples they belong to."""
    for x, _ in cluster:
        place = (x, _lane(taken, x, y, _OUT_PT))
        drawing.mark("triangle" if side > 0 else "down", place, _OUT_PT, style.BAD)
    label = short_list([label for _, label in cluster])
    at = (cluster[-1][0] + side * _GAP_PT, y)
    drawing.text(label, at, anchor="start" if side > 0 else "end", size=style.SMALL_PT, fill=style.BAD)


def short_list(labels: Sequence[str]) -> str:
    """Sample labels in order; three or more numbers in a row as a span.

    >>> short_list(["3", "1", "2"]), short_list(["5", "1"]), short_list(["1", "2", "4"])
    ('1–3', '1,5', '1,2,4')
    """
    ordered = sorted(labels, key=lambda label: (len(label), label))
    numbers = [int(label) for label in ordered if label.isdecimal()]
    in_a_row = len(numbers) == len(ordered) > 2 and numbers == list(
        range(numbers[0], numbers[0] + len(numbers))
    )
    return f"{ordered[0]}–{ordered[-1]}" if in_a_row else ",".join(ordered)


def _outside(pairs: Sequence[tuple[float, str]]) -> str:
    """``3: +212`` or ``1,2,3: +160…+212``: samples and their values outside the axis."""
    labels = short_list([label for _, label in pairs])
    low, high = (printed(value, 0, signed=True) for value in (pairs[0][0], pairs[-1][0]))
    return f"{labels}: {low}" if len(pairs) == 1 else f"{labels}: {low}…{high}"


def _counted(rows: Sequence[DeviationRow]) -> int:
    """Results drawn."""
    return sum(len(finite(row.deviations)) for row in rows)


def _caption(rows: Sequence[DeviationRow], locale: str, part: tuple[int, int]) -> str:
    if part[1] == 1:
        return text("caption.G1", locale, n=_counted(rows))
    return text("caption.G1_part", locale, n=_counted(rows), part=part[0], parts=part[1])


def _alt(rows: Sequence[DeviationRow], locale: str) -> str:
    """Which items and samples are beyond the limit."""
    listed = [
        text("alt.G1_item", locale, item=row.name, samples=short_list(row.out)) for row in rows if row.out
    ]
    if listed:
        return text("alt.G1", locale, n=len(rows), list=join(listed, locale))
    ends = {"first": rows[0].name, "last": rows[-1].name} if rows else {"first": MISSING, "last": MISSING}
    return text("alt.G1_none", locale, n=len(rows), **ends)


def _data(rows: Sequence[DeviationRow], figure_id: str, locale: str) -> Table:
    """One row an item, the deviations in one cell each."""
    most = max((len(row.samples) for row in rows), default=0)
    labels = next((row.samples for row in rows if len(row.samples) == most), ())
    cells = [
        [row.name, *(_percent(value) for value in row.deviations), *[MISSING] * (most - len(row.deviations))]
        for row in rows
    ]
    return data_table(figure_id, locale, [text("figure.item", locale), *labels], cells)


def _percent(value: float | None) -> str:
    return printed(value, 0, signed=True)
