"""Sentences: paragraphs, boxes and pairs of label and value."""

from __future__ import annotations

from dataclasses import dataclass

from .base import Displayed
from .escape import html_attribute, html_text, printable, typst_text
from .widths import BODY_MM_PER_EM, line_count, text_width

TONES = ("", "bad", "warning", "not_scored")
SYMBOLS = frozenset("○△▽▲▼■◆□–◇")
LINE_MM = 4.8
TEXT_WIDTH_MM = 175.0
GUTTER_MM = 5.0


@dataclass(frozen=True)
class Line:
    """One sentence or one line of a box.

    Parameters
    ----------
    text : what the reader reads.
    code : sentence or finding code, kept in HTML as `data-code`.
    strong : bold.
    symbol_tone : colour of the symbol the text starts with: "", "bad", "warning", "not_scored".
    """

    text: str
    code: str = ""
    strong: bool = False
    symbol_tone: str = ""

    def html_inner(self) -> str:
        """The text as HTML, its symbol coloured."""
        symbol, rest = self._split()
        inner = html_text(rest)
        if symbol:
            inner = f'<span class="wb-{self.symbol_tone}">{html_text(symbol)}</span>{inner}'
        return f"<strong>{inner}</strong>" if self.strong else inner

    def html_code(self) -> str:
        """The `data-code` attribute, or nothing."""
        return f" data-code={html_attribute(self.code)}" if self.code else ""

    def typst_inner(self) -> str:
        """A Typst code expression."""
        symbol, rest = self._split()
        inner = typst_text(rest)
        if self.strong:
            inner = f"wb-strong({inner})"
        return f"(wb-{self.symbol_tone}({typst_text(symbol)})+{inner})" if symbol else inner

    def _split(self) -> tuple[str, str]:
        """The leading symbol (if it is to be coloured) and the rest."""
        if self.symbol_tone in TONES[1:] and self.text[:1] in SYMBOLS and self.text:
            return self.text[0], self.text[1:]
        return "", self.text


@dataclass(frozen=True)
class Prose(Displayed):
    """Paragraphs of body text.

    Parameters
    ----------
    paragraphs : one `Line` each.
    """

    paragraphs: tuple[Line, ...]

    def html(self) -> str:
        """One `<p>` a line."""
        return "".join(f"<p{line.html_code()}>{line.html_inner()}</p>\n" for line in self.paragraphs)

    def typst(self) -> str:
        """One paragraph a line."""
        return "".join(f"#par({line.typst_inner()})\n" for line in self.paragraphs)

    def plain(self) -> str:
        """One line each."""
        return "\n".join(printable(line.text) for line in self.paragraphs)

    def printed_height_mm(self, width_mm: float) -> float:
        """Lines of body text."""
        return lines_height(self.paragraphs, width_mm)


@dataclass(frozen=True)
class Box(Displayed):
    """A framed box that never splits: the conclusion, an amendment.

    Parameters
    ----------
    title : bold first line; "" for none.
    lines : the content.
    tone : colour of the left edge: "", "bad", "warning", "not_scored".
    """

    title: str
    lines: tuple[Line, ...]
    tone: str = ""

    def html(self) -> str:
        """A `<div role="note">`: its title is bold text, not a heading."""
        title = (
            f'<p class="wb-box-title"><strong>{html_text(self.title)}</strong></p>\n' if self.title else ""
        )
        body = "".join(f"<p{line.html_code()}>{line.html_inner()}</p>\n" for line in self.lines)
        tone = f" wb-edge-{self.tone}" if self.tone in TONES[1:] else ""
        return f'<div class="wb-box{tone}" role="note">{title}{body}</div>\n'

    def typst(self) -> str:
        """An unbreakable framed block."""
        lines = "".join(f"{line.typst_inner()}," for line in self.lines)
        tone = self.tone if self.tone in TONES[1:] else "plain"
        return f"#wb-box({typst_text(self.title)},({lines}),edge:wb-edge-{tone.replace('_', '-')})\n"

    def plain(self) -> str:
        """Title and lines."""
        return "\n".join(
            printable(text) for text in (self.title, *(line.text for line in self.lines)) if text
        )

    def printed_height_mm(self, width_mm: float) -> float:
        """Title, lines and padding."""
        return LINE_MM + 6 + lines_height(self.lines, width_mm - 8)


@dataclass(frozen=True)
class Facts(Displayed):
    """Pairs of label and value in columns: the title block.

    Parameters
    ----------
    pairs : (label, value); a pair with an empty label prints the value alone.
    columns : pairs side by side on paper.
    """

    pairs: tuple[tuple[str, str], ...]
    columns: int = 2

    def html(self) -> str:
        """A definition list."""
        items = "".join(
            f"<div><dt>{html_text(label)}</dt><dd>{html_text(value)}</dd></div>"
            for label, value in self.pairs
        )
        return f'<dl class="wb-facts wb-facts-{self.columns}">{items}</dl>\n'

    def typst(self) -> str:
        """A grid; labels in the secondary ink."""
        cells = "".join(self._typst_pair(label, value) for label, value in self.pairs)
        return f"#wb-facts({max(1, self.columns)},{cells})\n"

    def _typst_pair(self, label: str, value: str) -> str:
        """One cell; a pair too long for its column gets the whole width."""
        columns = max(1, self.columns)
        room = (TEXT_WIDTH_MM - GUTTER_MM * (columns - 1)) / columns
        if columns > 1 and (text_width(f"{label}{value}") + 0.7) * BODY_MM_PER_EM > room:
            return f"wb-long-fact({columns},{typst_text(label)},{typst_text(value)}),"
        return f"wb-fact({typst_text(label)},{typst_text(value)}),"

    def plain(self) -> str:
        """One pair a line."""
        return "\n".join(printable(f"{label} {value}".strip()) for label, value in self.pairs)

    def printed_height_mm(self, width_mm: float) -> float:
        """Rows of the grid."""
        return LINE_MM * -(-len(self.pairs) // max(1, self.columns))


def lines_height(lines: tuple[Line, ...], width_mm: float) -> float:
    """Estimated height (mm) of body lines."""
    em = width_mm / BODY_MM_PER_EM
    return sum(line_count(line.text, em) * LINE_MM + 1.2 for line in lines)
