"""The same two exporters for a process that makes many reports: built once, warmed before a fork."""

from __future__ import annotations

from functools import lru_cache

import nbformat
from nbformat import NotebookNode

from workbench.reports.fonts import find_fonts

from .document import read_document
from .html import ReportHTMLExporter
from .pdf import pdf_of


@lru_cache(maxsize=1)
def _html_exporter() -> ReportHTMLExporter:
    """One exporter with its compiled template."""
    return ReportHTMLExporter()


def warm_exporters() -> None:
    """Do once, in the parent, what costs every forked child 0.15 s: read the font's characters and
    compile the template. Nothing here typesets, so no thread is started.
    """
    find_fonts()
    html_report(nbformat.v4.new_notebook())


def html_report(notebook: NotebookNode) -> bytes:
    """The HTML of an executed notebook, as `wbhtml` writes it.

    Raises
    ------
    RenderError
        As `ReportHTMLExporter`.
    """
    html, _ = _html_exporter().from_notebook_node(notebook)
    return html.encode("utf-8")


def pdf_report(notebook: NotebookNode) -> tuple[bytes, str]:
    """The PDF of an executed notebook, as `wbpdf` writes it, and the source it was set from.

    The source holds every text of the PDF in plain form, for the last look before release. Call it
    only in a process that will not fork any more.

    Raises
    ------
    RenderError
        As `ReportPDFExporter`.
    """
    return pdf_of(read_document(notebook))
