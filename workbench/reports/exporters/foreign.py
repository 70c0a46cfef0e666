"""Ordinary outputs - pandas tables, pictures, text - as display objects, so that any notebook prints.

Foreign HTML is never passed on: its tables are read as data, the rest as text. So no script, no
hidden data and no outside request can ride along.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from workbench.display import HTML, PLAIN, TYPST, Cell, Column, Displayed, Line, Prose, Table
from workbench.display.escape import html_attribute, html_text, printable, typst_string, typst_text

_NUMBER = re.compile(r"^[<>+\-\u2212]?\s*[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?\s*%?$")
_ADDRESS = re.compile(r"^<[\w.]+ (?:object )?at 0x[0-9a-fA-F]+>$|^<(?:Axes|Figure)[^>]*>$|^<[\w.]+ object>$")
_SVG_SIZE = re.compile(r"<svg\b[^>]*?\bwidth=[\"']([0-9.]+)(pt|px|mm|cm|in)?[\"']", re.IGNORECASE)
_MM = {"pt": 25.4 / 72, "px": 25.4 / 96, "": 25.4 / 96, "mm": 1.0, "cm": 10.0, "in": 25.4}
PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
TEXT_WIDTH_MM = 175.0
SKIPPED_TAGS = frozenset({"script", "style", "template", "head", "svg", "button"})


@dataclass(frozen=True)
class Picture(Displayed):
    """A picture made by a plotting library; inert, because it is shown as an image.

    Parameters
    ----------
    mime : one of `PICTURES`.
    data : SVG source, or base64 of a PNG or JPEG.
    alt : what it shows.
    width_mm : printed width (mm).
    """

    mime: str
    data: str
    alt: str
    width_mm: float

    def html(self) -> str:
        """An `<img>` with a data address."""
        encoded = self.data if self.mime != "image/svg+xml" else base64.b64encode(self.data.encode()).decode()
        source = f"data:{self.mime};base64,{''.join(encoded.split())}"
        return (
            f'<figure class="wb-figure"><img src="{source}" alt={html_attribute(self.alt)} '
            f'style="width:{self.width_mm:g}mm"></figure>\n'
        )

    def typst(self) -> str:
        """An image."""
        name = {"image/svg+xml": "svg", "image/png": "png", "image/jpeg": "jpg"}[self.mime]
        if name == "svg":
            data = typst_string(self.data)
        else:
            raw = base64.b64decode(self.data)
            data = f"({','.join(map(str, raw))},)"
        return f'#wb-figure(wb-picture({data},"{name}",{self.width_mm:g}mm,{typst_string(self.alt)}),"")\n'

    def plain(self) -> str:
        """The description."""
        return printable(self.alt)


@dataclass(frozen=True)
class Verbatim(Displayed):
    """Plain text output, line by line."""

    text: str

    def html(self) -> str:
        """A `<pre>`."""
        return f"<pre>{html_text(self.text.rstrip())}</pre>\n"

    def typst(self) -> str:
        """A marked block."""
        return f"#wb-verbatim({typst_text(self.text.rstrip())})\n"

    def plain(self) -> str:
        """The text."""
        return printable(self.text)


class _Reader(HTMLParser):
    """Tables (as rows of text) and other text of an HTML fragment."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[tuple[str, int, bool]]]] = []
        self.loose: list[str] = []
        self._skip = 0
        self._cell: list[str] | None = None
        self._span = 1
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell; count what is to be skipped."""
        if tag in SKIPPED_TAGS:
            self._skip += 1
        elif tag == "table":
            self._depth += 1
            self.tables.append([])
        elif tag == "tr" and self._depth:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self._depth:
            span = dict(attrs).get("colspan") or "1"
            self._cell, self._span = [], int(span) if span.isdigit() else 1
        elif tag in ("p", "div", "br", "li", "h1", "h2", "h3", "h4"):
            (self.loose if self._cell is None else self._cell).append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag in SKIPPED_TAGS:
            self._skip = max(0, self._skip - 1)
        elif tag == "table":
            self._depth = max(0, self._depth - 1)
        elif tag in ("td", "th") and self._cell is not None and self._depth:
            if not self.tables[-1]:
                self.tables[-1].append([])
            self.tables[-1][-1].append((" ".join("".join(self._cell).split()), self._span, tag == "th"))
            self._cell = None

    def handle_data(self, data: str) -> None:
        """Text of a cell, or loose text."""
        if not self._skip:
            (self.loose if self._cell is None else self._cell).append(data)


def from_html(source: str) -> list[Displayed]:
    """Display objects for a foreign HTML fragment: its tables, else its text.

    Notes
    -----
    Rows made of header cells only become the header (several are joined); an empty cell prints "–", a
    column without a name (an index) "#".
    """
    reader = _Reader()
    reader.feed(source)
    reader.close()
    tables = [_table(rows) for rows in reader.tables]
    shown: list[Displayed] = [table for table in tables if table is not None]
    loose = [" ".join(line.split()) for line in "".join(reader.loose).split("\n")]
    lines = tuple(Line(line) for line in loose if line)
    if lines:
        shown.insert(0, Prose(lines))
    return shown


def _table(rows: list[list[tuple[str, int, bool]]]) -> Table | None:
    """One foreign table as ours."""
    wide = [[(text, head) for text, span, head in row for _ in range(min(span, 60))] for row in rows if row]
    if not wide:
        return None
    count = max(len(row) for row in wide)
    heads = [row for row in wide if all(head for _, head in row)]
    body = [row for row in wide if not all(head for _, head in row)]
    headings = [
        " ".join(dict.fromkeys(row[i][0] for row in heads if i < len(row) and row[i][0]))
        for i in range(count)
    ]
    cells = [[row[i][0] if i < len(row) else "" for i in range(count)] for row in body]
    columns = tuple(
        Column(f"c{i}", heading or "#", align=_alignment([row[i] for row in cells]))
        for i, heading in enumerate(headings)
    )
    return Table("", "", columns, tuple(tuple(Cell(text or "–") for text in row) for row in cells))


def _alignment(texts: list[str]) -> str:
    """Decimal when the column holds numbers only."""
    filled = [text for text in texts if text]
    return "decimal" if filled and all(_NUMBER.match(text) for text in filled) else "left"


def from_output(data: Mapping[str, Any], metadata: Mapping[str, Any], alt: str) -> list[Displayed]:
    """Display objects for an ordinary output, best form first.

    Parameters
    ----------
    data, metadata : MIME bundle and metadata of the output.
    alt : description of a picture that brings none (`metadata["alt"]`).
    """
    from .markdown import Markdown

    for mime in PICTURES:
        if mime in data:
            return [_picture(mime, str(data[mime]), metadata, alt)]
    if HTML in data and TYPST not in data:
        shown = from_html(str(data[HTML]))
        if shown:
            return shown
    if "text/markdown" in data:
        return [Markdown(str(data["text/markdown"]))]
    text = str(data.get(PLAIN, data.get("text/latex", "")))
    return [] if not text.strip() or _ADDRESS.match(text.strip()) else [Verbatim(text)]


def _picture(mime: str, data: str, metadata: Mapping[str, Any], alt: str) -> Picture:
    """A picture with its description and printed width."""
    own = metadata.get(mime)
    details: Mapping[str, Any] = own if isinstance(own, Mapping) else {}
    words = str(details.get("alt") or metadata.get("alt") or alt)
    width = TEXT_WIDTH_MM
    if isinstance(details.get("width"), int | float):
        width = float(details["width"]) * 25.4 / 96
    elif mime == "image/svg+xml" and (found := _SVG_SIZE.search(data)):
        width = float(found[1]) * _MM[(found[2] or "").lower()]
    elif mime == "image/png":
        width = int.from_bytes(base64.b64decode(data[:64])[16:20], "big") * 25.4 / 100
    return Picture(mime, data, words, round(min(TEXT_WIDTH_MM, max(width, 20.0)), 1))
