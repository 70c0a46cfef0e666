"""G20: SDI against CVR, own rows among the others', zones by the scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Figure
from workbench.figures import style
from workbench.figures.axes import Plot, data_table, x_axis, y_axis, y_axis_room
from workbench.figures.scales import Scale
from workbench.figures.svg import Drawing, circles, width_of
from workbench.wording import text

HEIGHT_MM = 84.0
REACH, TOP = 3.0, 3.0
DOT_PT = 1.1


def sdi_plane(
    rows: Sequence[Mapping[str, Any]], bands: Sequence[tuple[float, float]], locale: str, *, own: bool = True
) -> Figure:
    """The plane of all rows.

    Parameters
    ----------
    rows : `sdi`, `cvr`, `level`, `dots` of the twin; rows without an index are not drawn.
    bands : largest |SDI| and CVR of zones 1 and 2.
    own : the rows are one laboratory's; else all are drawn as dots.
    """
    drawn = [row for row in rows if row["sdi"] is not None and row["cvr"] is not None]
    drawing = Drawing(style.HALF_MM, HEIGHT_MM)
    plot = _axes(drawing, bands, locale)
    others = {(a, b) for row in drawn for a, b in row.get("dots", ())}
    if not own:
        others |= {(row["sdi"], row["cvr"]) for row in drawn}
    places = sorted((plot.x.clipped(a), plot.y.clipped(b)) for a, b in others)
    drawing.path(circles(places, DOT_PT), fill=style.ALL_LINE if own else style.GROUP)
    for row in drawn if own else ():
        at = (plot.x.clipped(row["sdi"]), plot.y.clipped(row["cvr"]))
        drawing.mark("circle", at, style.MARK_PT + 0.5, style.BAD if _zone(row, bands) == 3 else style.OWN)
        drawing.text(str(row["level"]), (at[0] + 3.5, at[1] - 3), size=style.SMALL_PT)
    zones = [_zone(row, bands) for row in drawn]
    alt = text("alt.G20", locale, n=len(drawn), a=zones.count(1), b=zones.count(2), c=zones.count(3))
    cells = [
        [row["printed"]["name"], row["printed"]["sdi"], row["printed"]["cvr"]]
        for row in drawn
        if "printed" in row
    ]
    headings = [text(f"table.iqc.{key}", locale) for key in ("item", "sdi", "cvr")]
    return Figure(
        "G20",
        drawing.svg(),
        alt,
        text("caption.G20" if own else "caption.G20_all", locale),
        style.HALF_MM,
        HEIGHT_MM,
        data_table("G20", locale, headings, cells) if own else None,
    )


def _zone(row: Mapping[str, Any], bands: Sequence[tuple[float, float]]) -> int:
    """1, 2 or 3; a value on a border belongs to the better zone."""
    for number, (sdi, cvr) in enumerate(bands, start=1):
        if abs(row["sdi"]) <= sdi and row["cvr"] <= cvr:
            return number
    return 3


def _axes(drawing: Drawing, bands: Sequence[tuple[float, float]], locale: str) -> Plot:
    """Zones, axes with the borders as ticks."""
    borders = sorted({b[0] for b in bands})
    x_ticks = [-REACH, -2.0, *(-b for b in reversed(borders)), 0.0, *borders, 2.0, REACH]
    y_ticks = [0.0, *sorted({b[1] for b in bands}), 2.0, TOP]
    left = y_axis_room(y_ticks)
    plot = Plot(
        drawing,
        Scale(-REACH, REACH, left, drawing.width - 10),
        Scale(0.0, TOP, drawing.height - 25, 6),
    )
    for (sdi, cvr), fill in zip(reversed(bands), (style.BAND, style.GRID), strict=False):
        corner = (plot.x(-sdi), plot.y(cvr))
        drawing.box(corner, (plot.x(sdi) - plot.x(-sdi), plot.y(0.0) - plot.y(cvr)), fill)
        name = text("figure.iqc.zone", locale, no=1 + [b[0] for b in bands].index(sdi))
        drawing.text(
            name,
            (plot.x(sdi) - width_of(name, style.SMALL_PT) - 2, plot.y(cvr) + 6),
            size=style.SMALL_PT,
            fill=style.LIMIT,
        )
    drawing.vertical(plot.x(0.0), plot.y_ends, style.LIMIT, style.THIN_PT)
    x_axis(plot, x_ticks, text("figure.iqc.sdi", locale), signed=True)
    y_axis(plot, y_ticks, text("figure.iqc.cvr", locale))
    return plot
