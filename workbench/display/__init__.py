"""What a notebook cell shows: tables, figures, prose, sections, and the head of the document.

Every object holds plain data, escapes every text, and shows itself as HTML, Typst and plain text.
"""

from .base import CSV, DOCUMENT, HTML, PLAIN, TWIN, TYPST, Displayed
from .document import DocumentHead, EndMark, Twin
from .figure import Figure, FigureRow
from .prose import Box, Facts, Line, Prose
from .structure import Block, Section
from .table import Cell, Column, Table

__all__ = [
    "CSV",
    "DOCUMENT",
    "HTML",
    "PLAIN",
    "TWIN",
    "TYPST",
    "Block",
    "Box",
    "Cell",
    "Column",
    "Displayed",
    "DocumentHead",
    "EndMark",
    "Facts",
    "Figure",
    "FigureRow",
    "Line",
    "Prose",
    "Section",
    "Table",
    "Twin",
]
