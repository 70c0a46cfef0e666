"""Figures: inline vector drawings with words for those who cannot see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape

from workbench.errors import RenderError

from .base import Displayed
from .escape import html_attribute, html_text, printable, typst_string, typst_text
from .structure import TEXT_WIDTH_MM
from .table import Table

_ROOT = re.compile(r"<svg\b[^>]*>", re.IGNORECASE)
_REPLACED = re.compile(
    r"\s(?:role|aria-label|aria-labelledby|width|height|style|id)\s*=\s*(?:\"[^\"]*\"|'[^']*')"
)
_FORBIDDEN = re.compile(
    r"<\s*(?:script|foreignObject|iframe|object|embed|animate|set|handler)\b|\son\w+\s*=|<!(?:DOCTYPE|ENTITY)"
    r"|(?:href|src)\s*=\s*[\"'](?!#|data:image/(?:png|jpeg);)|url\(\s*[\"']?(?!#)|javascript:|@import",
    re.IGNORECASE,
)
_PROLOGUE = re.compile(r"^\s*(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*>\s*)*", re.DOTALL)
_WORDS = re.compile(
    r'<text x="(?P<x>[\d.-]+)" y="(?P<y>[\d.-]+)" font-size="(?P<size>[\d.]+)" fill="(?P<fill>#\w+)"'
    r'(?: text-anchor="(?P<anchor>end|middle)")?>(?P<words>[^<]*)</text>'
)
_VIEW = re.compile(r'viewBox="0 0 (?P<width>[\d.]+) [\d.]+"')
_ID = re.compile(r"(\bid=[\"']|href=[\"']#|url\([\"']?#)")


@lru_cache(maxsize=256)
def _refused(svg: str) -> str:
    """What in a drawing could run or request something; empty when it is inert."""
    found = _FORBIDDEN.search(_PROLOGUE.sub("", svg, count=1))
    return found[0] if found else ""


@dataclass(frozen=True)
class Figure(Displayed):
    """A drawing with alternative text, caption and the numbers behind it.

    Parameters
    ----------
    id : anchor; also keeps the ids inside the drawing apart from those of other drawings.
    svg : hand-written or library SVG; its text in the family "Noto Sans SC".
    alt : what the figure shows, in words; never empty.
    caption : one sentence under the figure; "" inside a `FigureRow`.
    width_mm, height_mm : printed size (mm).
    data : the table behind it, folded away in HTML.

    Raises
    ------
    RenderError
        No alternative text, no SVG, or an SVG that could run or request something.
    """

    id: str
    svg: str
    alt: str
    caption: str
    width_mm: float
    height_mm: float
    data: Table | None = None

    def __post_init__(self) -> None:
        """Refuse a figure that is mute or not inert."""
        if not self.alt.strip():
            raise RenderError(f"Figure {self.id!r} has no alternative text.")
        refused = _refused(self.svg)
        if refused:
            raise RenderError(f"Figure {self.id!r} holds {refused!r}, which is not allowed in a drawing.")
        if not _ROOT.search(self.svg):
            raise RenderError(f"Figure {self.id!r} is not an SVG drawing.")

    def html(self) -> str:
        """A `<figure>` with inline SVG, caption and folded data."""
        caption = f"<figcaption>{html_text(self.caption)}</figcaption>\n" if self.caption else ""
        return f'<figure class="wb-figure" id={html_attribute(self.id)}>\n{self.html_drawing()}{caption}{self.html_data()}</figure>\n'

    def html_drawing(self) -> str:
        """The inline SVG, named by its alternative text, as wide as in print at most."""
        svg = _PROLOGUE.sub("", self.svg, count=1).strip()
        root = _ROOT.search(svg)
        assert root is not None  # __post_init__ saw it
        tag = _REPLACED.sub("", root[0])
        tag = f'{tag[:4]} role="img" aria-label={html_attribute(self.alt)}{tag[4:]}'
        prefix = re.sub(r"[^\w-]", "-", self.id)
        body = _ID.sub(rf"\g<1>{prefix}-", svg[root.end() :])
        return f'<div class="wb-plot" style="width:{self.width_mm:g}mm">{tag}{body}</div>\n'

    def html_data(self) -> str:
        """The numbers behind the figure, folded."""
        if self.data is None:
            return ""
        return (
            f'<details class="wb-data"><summary>{html_text(self.data.caption)}</summary>\n'
            f"{self.data.html()}</details>\n"
        )

    def typst(self) -> str:
        """An unbreakable figure with its alternative text in the tag."""
        return f"#wb-figure({self.typst_drawing()},{typst_text(self.caption)})\n"

    def typst_drawing(self, most_mm: float = TEXT_WIDTH_MM) -> str:
        """A Typst image expression, at most `most_mm` wide.

        The page sets the drawing's plain words itself, on top of the image: the engine's own way with
        words inside a drawing costs three times as much, and a report has a thousand of them.
        """
        width = min(self.width_mm, most_mm)
        height = self.height_mm * width / self.width_mm
        svg, words = self._words_apart(width)
        return f"wb-image({typst_string(svg)},{width:g}mm,{height:g}mm,{typst_string(printable(self.alt))},({words}))"

    def _words_apart(self, width_mm: float) -> tuple[str, str]:
        """The drawing without its plain words, and these as Typst tuples; groups may move words, so keep them."""
        view = _VIEW.search(self.svg)
        if view is None or "<g" in self.svg:
            return self.svg, ""
        scale = width_mm / float(view["width"])
        words = [
            f"({float(m['x']) * scale:.3f}mm,{float(m['y']) * scale:.3f}mm,{float(m['size']) * scale:.3f}mm,"
            f'"{m["fill"]}","{m["anchor"] or "start"}",{typst_string(unescape(m["words"]))}),'
            for m in _WORDS.finditer(self.svg)
        ]
        return _WORDS.sub("", self.svg), "".join(words)

    def plain(self) -> str:
        """Caption and alternative text."""
        return printable("\n".join(text for text in (self.caption, self.alt) if text))

    def printed_height_mm(self, width_mm: float) -> float:
        """Printed height with caption (mm)."""
        return self.height_mm * min(1.0, width_mm / self.width_mm) + (8 if self.caption else 2)


@dataclass(frozen=True)
class FigureRow(Displayed):
    """Small multiples side by side under one caption.

    Parameters
    ----------
    figures : drawn in order; as many beside each other as 175 mm hold.
    caption : one sentence for all.
    """

    figures: tuple[Figure, ...]
    caption: str

    def html(self) -> str:
        """One `<figure>`; each panel keeps its own name."""
        panels = "".join(
            f'<div class="wb-panel" id={html_attribute(figure.id)}>{figure.html_drawing()}</div>\n'
            for figure in self.figures
        )
        data = "".join(figure.html_data() for figure in self.figures)
        caption = f"<figcaption>{html_text(self.caption)}</figcaption>\n" if self.caption else ""
        return f'<figure class="wb-figure"><div class="wb-row">\n{panels}</div>\n{caption}{data}</figure>\n'

    def typst(self) -> str:
        """A grid of images in one unbreakable figure."""
        images = "".join(f"{figure.typst_drawing()}," for figure in self.figures)
        return f"#wb-figure-row({self.columns},({images}),{typst_text(self.caption)})\n"

    @property
    def columns(self) -> int:
        """Panels beside each other."""
        widest = max((figure.width_mm for figure in self.figures), default=TEXT_WIDTH_MM)
        return max(1, min(len(self.figures), int((TEXT_WIDTH_MM + 1) // (widest + 1))))

    def plain(self) -> str:
        """Caption and the alternative texts."""
        return "\n".join(
            printable(text) for text in (self.caption, *(figure.alt for figure in self.figures)) if text
        )

    def printed_height_mm(self, width_mm: float) -> float:
        """Rows of panels and caption (mm)."""
        tallest = max((figure.height_mm for figure in self.figures), default=0.0)
        return (tallest + 1) * -(-len(self.figures) // self.columns) + 8
