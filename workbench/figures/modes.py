"""G16: the density of all results of one sample, with its modes and their shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.display import Figure, Table
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, figure_id, quantity_title, x_axis
from workbench.figures.labels import Taken
from workbench.figures.scales import Scale, finite, round_ticks
from workbench.figures.svg import Drawing, polyline, width_of
from workbench.wording import join, printed, text

HEIGHT_MM = 60.0
_RUG_PT = 5.0


@dataclass(frozen=True)
class Density:
    """One item and sample.

    Parameters
    ----------
    item, sample, unit : as printed; unit "" where none.
    grid, density : the curve; analyte's unit and any common scale.
    modes : location (analyte's unit) and share (0-1) of each mode.
    results : values of the rug; at least the disclosure minimum of them.
    n : results behind the curve.
    target, limit_low, limit_high : analyte's unit.
    decimals : of locations in print.
    """

    item: str
    sample: str
    unit: str
    grid: Sequence[float]
    density: Sequence[float]
    modes: Sequence[tuple[float, float]]
    n: int
    results: Sequence[float] = field(default_factory=tuple)
    target: float | None = None
    limit_low: float | None = None
    limit_high: float | None = None
    decimals: int = 2

    def words(self, locale: str) -> list[str]:
        """Each mode as printed: location and share."""
        return [
            text(
                "figure.mode_share",
                locale,
                location=printed(at, self.decimals),
                share=printed(100 * share, 0),
            )
            for at, share in self.modes
        ]


def modes(density: Density, locale: str) -> Figure:
    """G16 of one item and sample."""
    anchor = figure_id("G16", density.item, density.sample)
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = _axes(drawing, density, locale)
    _limits(plot, density)
    _curve(plot, density)
    _labels(plot, density, locale)
    names = {"item": density.item, "sample": density.sample}
    caption = text("caption.G16", locale, **names, n=density.n)
    alt = text("alt.G16", locale, **names, m=len(density.modes), list=join(density.words(locale), locale))
    return Figure(
        anchor, drawing.svg(), alt, caption, style.HALF_MM, HEIGHT_MM, _data(density, anchor, locale)
    )


def _axes(drawing: Drawing, density: Density, locale: str) -> Plot:
    """Result below; the density needs no numbers."""
    ends = finite([density.limit_low, density.limit_high, density.target])
    low, high = min([*density.grid, *ends]), max([*density.grid, *ends])
    x = Scale(low, high, 8, drawing.width - 8)
    bottom = drawing.height - 25
    plot = Plot(drawing, x, Scale(0.0, max(density.density) * 1.3 or 1.0, bottom - _RUG_PT - 2, 5))
    below = Plot(drawing, x, Scale(0.0, 1.0, bottom, 5))
    x_axis(below, round_ticks(low, high), quantity_title("figure.result", density.unit, locale))
    places = "".join(
        f"M{x(value):.1f} {bottom:.1f}v{-_RUG_PT:.1f}" for value in density.results if x.holds(value)
    )
    drawing.path(places, stroke=style.ALL_LINE)
    return plot


def _limits(plot: Plot, density: Density) -> None:
    """Band between dashed limits, target solid."""
    drawing, (bottom, top) = plot.drawing, plot.y_ends
    if density.limit_low is not None and density.limit_high is not None:
        left, right = plot.x(density.limit_low), plot.x(density.limit_high)
        drawing.box((left, top), (right - left, bottom - top), style.BAND)
        for place in (left, right):
            drawing.vertical(place, (bottom, top), style.LIMIT, style.LINE_PT, style.DASHED)
    if density.target is not None:
        drawing.vertical(plot.x(density.target), (bottom, top), style.INK, style.MEDIUM_PT)


def _curve(plot: Plot, density: Density) -> None:
    """The curve over its base line, and a stem at each mode."""
    places = [plot.at(x, y) for x, y in zip(density.grid, density.density, strict=True)]
    plot.drawing.path(polyline(places), stroke=style.GROUP_LINE, width=style.THICK_PT)
    plot.drawing.horizontal(plot.y.start, plot.x_ends, style.GRID, style.THIN_PT)
    for at, _ in density.modes:
        top = plot.y(_height(density, at))
        plot.drawing.vertical(plot.x(at), (plot.y.start, top), style.GROUP_LINE, style.THIN_PT)
        plot.drawing.mark("circle", (plot.x(at), top), style.MARK_PT, style.GROUP, style.GROUP_LINE)


def _labels(plot: Plot, density: Density, locale: str) -> None:
    """Location and share above the curve, on higher lines where two would touch."""
    taken, top = Taken(), plot.y(max(density.density))
    for (at, _), label in zip(density.modes, density.words(locale), strict=True):
        width = width_of(label, style.SMALL_PT)
        left = min(max(plot.x(at) - width / 2, plot.x.start), plot.x.end - width)
        heights = [top - 7 - 8.5 * step for step in range(3)]
        boxes = [(left - 2, left + width + 2, height - 4, height + 4) for height in heights]
        height = heights[taken.first_free(boxes) or 0]
        ends = (plot.y(_height(density, at)) - 2, height + 4)
        plot.drawing.vertical(plot.x(at), ends, style.GROUP_LINE, style.THIN_PT, style.DOTTED)
        plot.drawing.box((left - 1, height - 4), (width + 2, 8.0), style.PAPER)
        plot.drawing.text(label, (left, height), size=style.SMALL_PT)


def _height(density: Density, at: float) -> float:
    """The curve's height at the grid point nearest to a mode."""
    nearest = min(range(len(density.grid)), key=lambda i: abs(density.grid[i] - at))
    return density.density[nearest]


def _data(density: Density, anchor: str, locale: str) -> Table:
    """One row a mode."""
    rows = [
        [str(number), printed(at, density.decimals), printed(100 * share, 0)]
        for number, (at, share) in enumerate(density.modes, 1)
    ]
    keys = ("table.modes.mode", "table.modes.location", "table.modes.share")
    return data_table(anchor, locale, [text(key, locale) for key in keys], rows)
