"""Reads a tagged PDF the way an assistive reader does: elements of the structure tree with their text.

Every character is decoded through its font's own map, marked content by marked content, so a table comes
back as rows of cells and not as lines that happen to stand beside each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf


@dataclass(eq=False)
class Element:
    """One element of the structure tree: its tag, alternative text, children, marked contents."""

    tag: str
    alt: str = ""
    identifier: str = ""
    parts: list[Element | Run] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """This element and everything below it, in reading order."""
        yield self
        for part in self.parts:
            if isinstance(part, Element):
                yield from part.walk()

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.walk() if element.tag in tags]

    def runs(self) -> Iterator[Run]:
        for part in self.parts:
            yield from (part.runs() if isinstance(part, Element) else (part,))

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs())

    @property
    def pages(self) -> set[int]:
        return {run.page for run in self.runs()}


@dataclass(eq=False)
class Run:
    """One marked content: its page (from 0), its characters, where each text piece starts and its size."""

    page: int
    text: str
    glyphs: list[Glyph]


@dataclass(frozen=True)
class Glyph:
    """One shown character string: position and size (pt, origin bottom left), text, advances (pt)."""

    x: float
    y: float
    size: float
    text: str
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Report:
    """The structure of one PDF and the facts the tests ask about."""

    root: Element
    n_pages: int
    glyph_zero: int
    fonts: tuple[tuple[str, bool], ...]
    sizes: frozenset[float]
    line_widths: frozenset[float]
    dashes: frozenset[tuple[float, ...]]

    def tables(self) -> list[list[list[str]]]:
        """Every table as rows of cell texts, header rows first."""
        return [rows_of(table) for table in self.root.all("Table")]


def rows_of(table: Element) -> list[list[str]]:
    return [[cell.text for cell in row.all("TH", "TD")] for row in table.all("TR")]


@cache
def read(path: Path) -> Report:
    """Parse one file; the answer is kept, because many tests ask about the same file."""
    with pikepdf.open(path) as document:
        pages = [_Page(page) for page in document.pages]
        index = {page.obj.objgen: number for number, page in enumerate(document.pages)}
        root = Element("Root")
        _children(document.Root.StructTreeRoot, root, None, pages, index)
        return Report(
            root,
            len(pages),
            sum(page.zeros for page in pages),
            tuple(font for page in pages for font in page.embedded),
            frozenset(size for page in pages for size in page.sizes),
            frozenset(width for page in pages for width in page.line_widths),
            frozenset(dash for page in pages for dash in page.dashes),
        )


def _children(
    node: Any, element: Element, page: int | None, pages: list[_Page], index: dict[Any, int]
) -> None:
    kids = node.get("/K")
    if kids is None:
        return
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, int):
            assert page is not None
            element.parts.append(pages[page].run(kid, page))
        elif kid.get("/Type") == "/MCR":
            at = index[kid.Pg.objgen] if "/Pg" in kid else page
            assert at is not None
            element.parts.append(pages[at].run(int(kid.MCID), at))
        elif "/S" in kid:
            at = index[kid.Pg.objgen] if "/Pg" in kid else page
            child = Element(str(kid.S)[1:], str(kid.get("/Alt", "")), str(kid.get("/ID", "")))
            element.parts.append(child)
            _children(kid, child, at, pages, index)


class _Page:
    """Interprets one content stream, forms included: text by marked content, fonts, sizes, lines."""

    def __init__(self, page: pikepdf.Page) -> None:
        self.contents: dict[int, list[Glyph]] = {}
        self.zeros, self.sizes, self.line_widths = 0, set[float](), set[float]()
        self.dashes = set[tuple[float, ...]]()
        self.embedded: list[tuple[str, bool]] = []
        self._stack: list[int | None] = []
        self._walk(page, page.resources, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))

    def run(self, mcid: int, page: int) -> Run:
        glyphs = self.contents.get(mcid, [])
        return Run(page, "".join(glyph.text for glyph in glyphs), glyphs)

    def _walk(self, stream: Any, resources: Any, matrix: Matrix) -> None:
        """Follow the operators of a page or of a form."""
        fonts = {name: _font(font) for name, font in resources.get("/Font", {}).items()}
        self.embedded += [(font.name, font.embedded) for font in fonts.values()]
        state, saved = [matrix], []
        font, size, line = None, 0.0, 1.0
        place: Matrix = matrix
        for operands, operator in pikepdf.parse_content_stream(stream, OPERATORS):
            name = str(operator)
            if name == "q":
                saved.append((state[-1], line))
            elif name == "Q":
                state[-1], line = saved.pop()
            elif name == "cm":
                state[-1] = _times(tuple(float(o) for o in operands), state[-1])
            elif name == "w":
                line = round(float(operands[0]) * _scale(state[-1]), 3)
            elif name == "d" and len(operands[0]):
                self.dashes.add(tuple(round(float(o), 3) for o in operands[0]))
            elif name in ("S", "s", "B", "B*", "b", "b*"):
                self.line_widths.add(line)
            elif name == "Tf":
                font, size = fonts[str(operands[0])], float(operands[1])
            elif name == "Tm":
                place = _times(tuple(float(o) for o in operands), state[-1])
            elif name in ("Tj", "TJ"):
                self._show(operands[0], font, size, place)
            elif name == "BDC":
                properties = operands[1]
                known = isinstance(properties, pikepdf.Dictionary) and "/MCID" in properties
                self._stack.append(int(properties.MCID) if known else None)
            elif name == "BMC":
                self._stack.append(None)
            elif name == "EMC":
                self._stack.pop()
            elif name == "Do":
                form = resources.XObject[str(operands[0])]
                if form.get("/Subtype") == "/Form":
                    inner = tuple(float(o) for o in form.get("/Matrix", [1, 0, 0, 1, 0, 0]))
                    self._walk(form, form.get("/Resources", resources), _times(inner, state[-1]))

    def _show(self, shown: Any, font: _Font | None, size: float, place: Matrix) -> None:
        assert font is not None
        real = abs(size * _scale(place))
        text, widths = "", list[float]()
        for part in [shown] if isinstance(shown, pikepdf.String) else list(shown):
            if not isinstance(part, pikepdf.String):
                if widths:
                    widths[-1] -= float(part) / 1000 * real
                continue
            for code in font.codes_in(bytes(part)):
                characters = font.unicode.get(code, "\N{REPLACEMENT CHARACTER}")
                text += characters
                widths += [font.advance(code) * real, *([0.0] * (len(characters) - 1))]
                self.zeros += code == 0
        self.sizes.add(round(real, 2))
        mcid = next((m for m in reversed(self._stack) if m is not None), None)
        if mcid is not None:
            glyph = Glyph(place[4], place[5], real, text, tuple(widths))
            self.contents.setdefault(mcid, []).append(glyph)


Matrix = tuple[float, ...]
OPERATORS = "q Q cm w d S s B B* b b* Tf Tm Tj TJ BDC BMC EMC Do"
"""Outlines themselves are not read."""


def _times(a: Matrix, b: Matrix) -> Matrix:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    )


def _scale(matrix: Matrix) -> float:
    return abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) ** 0.5


@dataclass(frozen=True)
class _Font:
    name: str
    embedded: bool
    wide: bool
    unicode: dict[int, str]
    widths: dict[int, float]
    default_width: float

    def codes_in(self, shown: bytes) -> list[int]:
        step = 2 if self.wide else 1
        return [int.from_bytes(shown[i : i + step], "big") for i in range(0, len(shown), step)]

    def advance(self, code: int) -> float:
        """Width (em)."""
        return self.widths.get(code, self.default_width) / 1000


def _font(font: Any) -> _Font:
    wide = "/DescendantFonts" in font
    descendant = font.DescendantFonts[0] if wide else font
    descriptor = descendant.get("/FontDescriptor", {})
    held = any(f"/FontFile{n}" in descriptor for n in ("", "2", "3"))
    codes = _unicode_map(font.ToUnicode.read_bytes().decode("latin-1")) if "/ToUnicode" in font else {}
    widths = _widths(descendant.get("/W", []))
    name = str(descriptor.get("/FontName", ""))
    return _Font(name, held, wide, codes, widths, float(descendant.get("/DW", 1000)))


def _widths(array: Any) -> dict[int, float]:
    """The widths of a composite font: `c [w w ...]` or `first last w`."""
    widths: dict[int, float] = {}
    items = list(array)
    while items:
        first, second = int(items.pop(0)), items.pop(0)
        if isinstance(second, pikepdf.Array):
            widths |= {first + i: float(w) for i, w in enumerate(second)}
        else:
            widths |= dict.fromkeys(range(first, int(second) + 1), float(items.pop(0)))
    return widths


def _unicode_map(cmap: str) -> dict[int, str]:
    codes: dict[int, str] = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.S):
        for code, target in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            codes[int(code, 16)] = bytes.fromhex(target).decode("utf-16-be")
    for block in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.S):
        for low, high, target in re.findall(r"<(\w+)>\s*<(\w+)>\s*<(\w+)>", block):
            first = int(target, 16)
            for n in range(int(low, 16), int(high, 16) + 1):
                codes[n] = chr(first + n - int(low, 16))
    return codes
