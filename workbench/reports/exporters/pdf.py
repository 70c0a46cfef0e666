"""Notebook to archival PDF: one Typst source from what the outputs already hold, typeset once."""

from __future__ import annotations

import html
import re
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode

from workbench.display.escape import printable, typst_string, typst_text
from workbench.display.widths import text_width
from workbench.reports.fonts import FontSet, find_fonts, require_glyphs
from workbench.reports.typst_pdf import compile_pdf
from workbench.wording import text

from .document import Document, read_document

PREAMBLE = Path(__file__).parent.parent / "templates" / "report.typ"
SVG_FAMILY = "Noto Sans SC"
_HEADING = re.compile(r"#wb-(?:heading\((\d),|(section|landscape|closing)\(|(block|whole)\()")
WATERMARK_MM = 190.0
SUBJECT_MM = 62.0
FURNITURE_MM_PER_EM = 7.5 * 25.4 / 72


class ReportPDFExporter(Exporter):
    """`jupyter nbconvert --to wbpdf executed.ipynb`, or `from_notebook_node` in a batch.

    Notes
    -----
    PDF/A-3a and PDF/UA-1: tagged, titled, with alternative text; the twin is attached. The same
    notebook gives the same bytes. Never export in a process that forks afterwards.
    """

    export_from_notebook = "PDF (workbench)"
    output_mimetype = "application/pdf"

    def _file_extension_default(self) -> str:
        """.pdf"""
        return ".pdf"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[bytes, dict[str, Any]]:
        """Typeset an executed notebook.

        Raises
        ------
        RenderError
            What the report may not hold, a character without a glyph, or the typesetter's message.
        """
        copied, resources = super().from_notebook_node(nb, resources, **kw)
        pdf, _ = pdf_of(read_document(copied))
        resources["output_extension"] = ".pdf"
        resources.setdefault("outputs", {})
        return pdf, resources


def pdf_of(document: Document) -> tuple[bytes, str]:
    """Typeset a document that was read; the PDF and the source it was set from.

    Raises
    ------
    RenderError
        A character without a glyph, or the typesetter's message.
    """
    fonts = find_fonts()
    require_glyphs(_texts(document))
    source = typst_source(document, fonts)
    return compile_pdf(source, fonts, document.issued_at), source


def _texts(document: Document) -> list[tuple[str, str]]:
    """Everything that will be drawn, with its place."""
    furniture = "".join(value for value in document.head.values())
    # a drawing may write a character as an entity
    return [("head", furniture)] + [
        (piece.where, html.unescape(piece.typst) if "&" in piece.typst else piece.typst)
        for piece in document.pieces
    ]


def typst_source(document: Document, fonts: FontSet) -> str:
    """The whole Typst document.

    Parameters
    ----------
    document : what to print.
    fonts : decides the family and how bold is drawn.
    """
    body = _without_gaps("\n".join(piece.typst for piece in document.pieces))
    if fonts.family != SVG_FAMILY:
        body = body.replace(SVG_FAMILY, fonts.family)
    title = "" if "#wb-title(" in body else f"#wb-title({typst_text(document.head['title'])})\n"
    return f"{_head(document, fonts)}\n{_preamble()}\n{_attachments(document)}{title}{body}\n"


@lru_cache(maxsize=1)
def _preamble() -> str:
    """The page design."""
    return PREAMBLE.read_text(encoding="utf-8")


def _head(document: Document, fonts: FontSet) -> str:
    """The dictionary the preamble works with."""
    head = document.head
    locale = head["locale"]
    words = text("furniture.page", locale, x="\x00", y="\x00").split("\x00")
    moment = document.issued_at.astimezone(UTC)
    fields = {
        "lang": typst_string("zh" if locale.startswith("zh") else "en"),
        "region": typst_string("cn" if locale.startswith("zh") else "gb"),
        "title": typst_string(head["title"]),
        "author": typst_string(head["organiser"]),
        "keywords": typst_string(head["report_number"]),
        "organiser": typst_string(printable(head["organiser"])),
        "short-title": typst_string(printable(head["short_title"])),
        "number": typst_string(printable(head["report_number"])),
        "subject": typst_string(printable(head["subject_line"])),
        "subject-width": f"{min(SUBJECT_MM, text_width(head['subject_line']) * FURNITURE_MM_PER_EM + 1):.4g}mm",
        "confidentiality": typst_string(printable(head["confidentiality"])),
        "page-words": "(" + ",".join(typst_string(word) for word in words) + ",)",
        "continued": typst_string(text("furniture.continued", locale)),
        "watermark": typst_string(head["watermark"]),
        "watermark-size": f"{_watermark_size(head['watermark']):.4g}pt",
        "family": typst_string(fonts.family),
        "bold-face": "true" if fonts.has_bold else "false",
        "leading": "0.77em" if locale.startswith("zh") else "0.67em",
        "issued": f"datetime(year:{moment.year},month:{moment.month},day:{moment.day},"
        f"hour:{moment.hour},minute:{moment.minute},second:{moment.second})",
    }
    return "#let wb-head = (" + ",".join(f"{name}:{value}" for name, value in fields.items()) + ")"


def _watermark_size(words: str) -> float:
    """Points that let the words fill the diagonal, 96 at most."""
    return min(96.0, WATERMARK_MM / max(text_width(words), 1.0) / 25.4 * 72)


def _attachments(document: Document) -> str:
    """The twin, attached byte for byte with relationship Data."""
    files = (
        ("report.json", document.twin_json, "application/json"),
        ("report.csv", document.twin_csv, "text/csv"),
    )
    return "".join(
        f'#pdf.attach("{name}",bytes({typst_string(data)}),relationship:"data",mime-type:"{mime}",'
        f'description:"{name}")\n'
        for name, data, mime in files
        if data
    )


def _without_gaps(body: str) -> str:
    """Heading levels of ordinary notebooks made to descend one at a time."""
    level = 0

    def settle(found: re.Match[str]) -> str:
        nonlocal level
        if found[1]:
            level = min(int(found[1]), level + 1)
            return f"#wb-heading({level},"
        level = 1 if found[2] else 2
        return found[0]

    return _HEADING.sub(settle, body)
