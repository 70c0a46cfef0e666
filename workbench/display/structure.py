"""Sections and blocks: what makes headings and bookmarks."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Displayed
from .document import EndMark
from .escape import html_attribute, html_text, printable, typst_text

HALF_PAGE_MM = 118.0
"""Half of the 255 mm of text on a page, less a margin: what is taller may break."""
THIRD_PAGE_MM = 85.0
"""A block starts a page when less than this is left."""
TEXT_WIDTH_MM = 175.0


@dataclass(frozen=True)
class Block(Displayed):
    """A part of a section with its own heading (h3), for example one analyte.

    Parameters
    ----------
    title, id : heading and its anchor.
    parts : what stands in it, in order.
    unbreakable : keep on one page if it is at most half a page tall (a taller one may break, else
        its end would leave the paper).
    """

    title: str
    id: str
    parts: tuple[Displayed, ...]
    unbreakable: bool = False

    def html(self) -> str:
        """A `<div>` with an h3."""
        inner = "".join(part.html() for part in self.parts)
        kept = " wb-whole" if self.unbreakable else ""
        return (
            f'<div class="wb-block{kept}" id={html_attribute(self.id)}>\n'
            f"<h3>{html_text(self.title)}</h3>\n{inner}</div>\n"
        )

    def typst(self) -> str:
        """A level-2 heading and the parts, in an unbreakable block when small."""
        inner = "".join(part.typst() for part in self.parts)
        whole = self.unbreakable and self.printed_height_mm(TEXT_WIDTH_MM) <= HALF_PAGE_MM
        room = min(THIRD_PAGE_MM, self.printed_height_mm(TEXT_WIDTH_MM))
        name = typst_text(self.title)
        head = f"#wb-whole({name})" if whole else f"#wb-block({name},{room:.4g}mm)"
        return head + f"[\n{inner}]\n"

    def plain(self) -> str:
        """Title and parts."""
        return "\n".join([printable(self.title), *(part.plain() for part in self.parts)])

    def printed_height_mm(self, width_mm: float) -> float:
        """Heading and parts."""
        return 10 + sum(part.printed_height_mm(width_mm) + 2 for part in self.parts)


@dataclass(frozen=True)
class Section(Displayed):
    """A section with its heading (h2); one bookmark of the PDF.

    Parameters
    ----------
    id : anchor in HTML.
    title : heading.
    parts : what stands in it, in order.
    page_break_before : start a page (annexes).
    landscape : print on landscape pages; set by itself when a table needs more than 175 mm.
    """

    id: str
    title: str
    parts: tuple[Displayed, ...]
    page_break_before: bool = False
    landscape: bool = False

    def html(self) -> str:
        """A `<section>` with an h2."""
        inner = "".join(part.html() for part in self.parts)
        page = " wb-page" if self.page_break_before else ""
        name = f"{self.id}-title"
        return (
            f'<section class="wb-section{page}" id={html_attribute(self.id)} aria-labelledby='
            f"{html_attribute(name)}>\n<h2 id={html_attribute(name)}>{html_text(self.title)}</h2>\n"
            f"{inner}</section>\n"
        )

    def typst(self) -> str:
        """A level-1 heading and the parts; with the end mark in it, all on one page."""
        inner = "".join(part.typst() for part in self.parts)
        if self.landscape or any(needed_width(part) > TEXT_WIDTH_MM for part in self.parts):
            return f"#wb-landscape({typst_text(self.title)})[\n{inner}]\n"
        ends = any(isinstance(part, EndMark) for part in self.parts)
        if ends and not self.page_break_before and self.printed_height_mm(TEXT_WIDTH_MM) <= HALF_PAGE_MM:
            return f"#wb-closing({typst_text(self.title)})[\n{inner}]\n"
        page = "true" if self.page_break_before else "false"
        return f"#wb-section({typst_text(self.title)},{page})\n{inner}"

    def plain(self) -> str:
        """Title and parts."""
        return "\n".join([printable(self.title), *(part.plain() for part in self.parts)])

    def printed_height_mm(self, width_mm: float) -> float:
        """Heading and parts."""
        return 12 + sum(part.printed_height_mm(width_mm) + 2 for part in self.parts)


def needed_width(part: Displayed) -> float:
    """Widest explicit table (mm) in a part."""
    if isinstance(part, Block):
        return max((needed_width(inner) for inner in part.parts), default=0.0)
    return float(getattr(part, "needed_width_mm", 0.0))
