"""A small SVG writer: points as units, attributes only, every text escaped, the same bytes every time.

Only what browsers and the PDF engine draw alike is offered: no style sheet, no ids, no baseline
attributes. Text is text, so that it can be searched and copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from workbench.display.escape import SUBSCRIPTS, SUPERSCRIPTS, printable
from workbench.display.widths import text_width
from workbench.figures import style

PT_PER_MM = 72 / 25.4
HALF_DIGIT = 0.37
"""Half the height of a digit (em): moves a baseline so that text is centred on a point."""

_RAISED, _LOWERED = "".join(map(re.escape, SUPERSCRIPTS)), "".join(SUBSCRIPTS)
_RUNS = re.compile(f"[{_RAISED}]+|[{_LOWERED}]+|[^{_RAISED}{_LOWERED}]+")


def points(mm: float) -> float:
    """Millimetres in points."""
    return mm * PT_PER_MM


def width_of(text: str, size: float = style.TEXT_PT) -> float:
    """Width of one line (pt)."""
    return text_width(text) * size


def shortened(text: str, width: float, size: float = style.TEXT_PT) -> str:
    """The text, cut with an ellipsis where it is wider than `width` (pt).

    >>> shortened("Alkaline phosphatase", 40.0)
    'Alkaline…'
    """
    if width_of(text, size) <= width:
        return text
    kept = text
    while kept and width_of(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


class Drawing:
    """Marks in drawing order.

    Parameters
    ----------
    width_mm, height_mm : printed size (mm). Coordinates are points, y downwards.
    """

    def __init__(self, width_mm: float, height_mm: float) -> None:
        self.width_mm, self.height_mm = width_mm, height_mm
        self.width, self.height = points(width_mm), points(height_mm)
        self._parts: list[str] = []

    def line(
        self, start: tuple[float, float], end: tuple[float, float], stroke: str, width: float, dash: str = ""
    ) -> None:
        """A straight line; dashed where `dash` says so."""
        self._parts.append(
            f'<path d="M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}" fill="none" '
            f'stroke="{stroke}" stroke-width="{width}"{_dashes(dash)}/>'
        )

    def vertical(
        self, x: float, ends: tuple[float, float], stroke: str, width: float, dash: str = ""
    ) -> None:
        """A vertical line between two heights."""
        self.line((x, ends[0]), (x, ends[1]), stroke, width, dash)

    def horizontal(
        self, y: float, ends: tuple[float, float], stroke: str, width: float, dash: str = ""
    ) -> None:
        """A horizontal line between two x."""
        self.line((ends[0], y), (ends[1], y), stroke, width, dash)

    def path(
        self,
        data: str,
        *,
        fill: str = "none",
        stroke: str = "none",
        width: float = style.THIN_PT,
        dash: str = "",
    ) -> None:
        """A path from its commands; none is drawn for an empty one."""
        if data:
            self._parts.append(
                f'<path d="{data}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"{_dashes(dash)}/>'
            )

    def box(self, corner: tuple[float, float], size: tuple[float, float], fill: str) -> None:
        """A filled rectangle without outline."""
        self._parts.append(
            f'<rect x="{corner[0]:.1f}" y="{corner[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}" fill="{fill}"/>'
        )

    def mark(
        self, shape: str, at: tuple[float, float], radius: float, fill: str, stroke: str = "none"
    ) -> None:
        """A mark: circle, square, diamond, triangle or down."""
        self._parts.append(
            f'<path d="{_SHAPES[shape](at[0], at[1], radius)}" fill="{fill}" stroke="{stroke}" '
            f'stroke-width="{style.LINE_PT}"/>'
        )

    def hover(self, at: tuple[float, float], radius: float, words: str) -> None:
        """An unseen disc that shows words under a pointer; the words are escaped."""
        self._parts.append(
            f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}" fill="{style.PAPER}" fill-opacity="0">'
            f"<title>{escape(printable(words))}</title></circle>"
        )

    def text(
        self,
        text: str,
        at: tuple[float, float],
        *,
        anchor: str = "start",
        size: float = style.TEXT_PT,
        fill: str = style.INK,
    ) -> None:
        """A line of text, centred vertically on the point; anchor start, middle or end."""
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1] + HALF_DIGIT * size:.1f}" font-size="{size}" '
            f'fill="{fill}"{where}>{text_runs(text, size)}</text>'
        )

    def turned_text(self, text: str, at: tuple[float, float], *, fill: str = style.INK) -> None:
        """A line of text read from below, centred on the point."""
        x, y = at[0] + HALF_DIGIT * style.TEXT_PT, at[1]
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{style.TEXT_PT}" fill="{fill}" text-anchor="middle" '
            f'transform="rotate(-90 {x:.1f} {y:.1f})">{text_runs(text, style.TEXT_PT)}</text>'
        )

    def svg(self) -> str:
        """The document."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width_mm:g}mm" height="{self.height_mm:g}mm" '
            f'viewBox="0 0 {self.width:.2f} {self.height:.2f}" font-family="{style.FONT}">'
            f"{''.join(self._parts)}</svg>"
        )


def text_runs(text: str, size: float) -> str:
    """Escaped text; superscript and subscript characters, which the font lacks, as raised or lowered digits.

    Examples
    --------
    >>> text_runs("10⁹/L", 8.0)
    '10<tspan dy="-2.8" font-size="5.6">9</tspan><tspan dy="2.8">/L</tspan>'
    """
    parts, shifted = [], 0.0
    for run in _RUNS.findall(printable(text)):
        table = SUPERSCRIPTS if run[0] in SUPERSCRIPTS else SUBSCRIPTS if run[0] in SUBSCRIPTS else None
        shift = 0.0 if table is None else (-0.35 if table is SUPERSCRIPTS else 0.15) * size
        plain = escape("".join(table[c] for c in run) if table else run)
        moved = f' dy="{shift - shifted:.1f}"' if shift != shifted else ""
        small = f' font-size="{0.7 * size:.1f}"' if table else ""
        parts.append(f"<tspan{moved}{small}>{plain}</tspan>" if moved or small else plain)
        shifted = shift
    return "".join(parts)


def bars(boxes: Iterable[tuple[float, float, float, float]]) -> str:
    """Path of rectangles given as left, right, top, bottom."""
    return "".join(
        f"M{left:.1f} {bottom:.1f}V{top:.1f}H{right:.1f}V{bottom:.1f}Z" for left, right, top, bottom in boxes
    )


def polyline(xy: Sequence[tuple[float, float]]) -> str:
    """Path through points in order."""
    return "".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(xy))


def circles(centres: Iterable[tuple[float, float]], radius: float) -> str:
    """Path of circles of one size."""
    return "".join(_circle(x, y, radius) for x, y in centres)


def _dashes(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _circle(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y:.1f}a{r:.2f} {r:.2f} 0 1 0 {2 * r:.2f} 0a{r:.2f} {r:.2f} 0 1 0 {-2 * r:.2f} 0Z"


def _square(x: float, y: float, r: float) -> str:
    return bars([(x - 0.9 * r, x + 0.9 * r, y - 0.9 * r, y + 0.9 * r)])


def _diamond(x: float, y: float, r: float) -> str:
    return polyline([(x, y - 1.3 * r), (x + 1.3 * r, y), (x, y + 1.3 * r), (x - 1.3 * r, y)]) + "Z"


def _triangle(x: float, y: float, r: float) -> str:
    return polyline([(x, y - 1.2 * r), (x + 1.2 * r, y + 0.9 * r), (x - 1.2 * r, y + 0.9 * r)]) + "Z"


def _down(x: float, y: float, r: float) -> str:
    return polyline([(x, y + 1.2 * r), (x + 1.2 * r, y - 0.9 * r), (x - 1.2 * r, y - 0.9 * r)]) + "Z"


_SHAPES = {"circle": _circle, "square": _square, "diamond": _diamond, "triangle": _triangle, "down": _down}
