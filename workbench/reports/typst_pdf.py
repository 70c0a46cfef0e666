"""Typst source to PDF; the only module that imports the typesetter.

The typesetter starts threads when it compiles: never call this in a process that will fork.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import typst

from workbench.errors import Problem, RenderError

from .fonts import FontSet

PDF_STANDARDS: Final[list[Any]] = ["a-3a", "ua-1"]
"""PDF/A-3a archives and allows attachments; PDF/UA-1 asks for tags, titles and alternative text."""
_EMPTY_ROOT = Path(__file__).parent / "templates"


class _Engine:
    """Whether this process has started the typesetter, whose threads no fork takes along."""

    started = False


def engine_has_started() -> bool:
    """True once this process has typeset something: a fork of it would wait for threads that it has not."""
    return _Engine.started


def compile_pdf(source: str, fonts: FontSet, issued_at: datetime) -> bytes:
    """Typeset a document.

    Parameters
    ----------
    source : Typst markup of the whole document.
    fonts : the only fonts it may use.
    issued_at : time-zone aware; written as the date of the file, so that bytes repeat.

    Returns
    -------
    bytes of a PDF/A-3a and PDF/UA-1 file; the same source and date give the same bytes.

    Raises
    ------
    RenderError
        The typesetter's message, its hints and the source line.
    """
    _Engine.started = True
    compiler = typst.Compiler(root=str(_EMPTY_ROOT), font_paths=_engine_fonts(fonts.folders, os.getpid()))
    try:
        result = compiler.compile(
            input=source.encode("utf-8"), format="pdf", pdf_standards=PDF_STANDARDS, timestamp=issued_at
        )
    except typst.TypstError as error:
        problems = [Problem(text) for text in (error.diagnostic, *error.hints) if text]
        raise RenderError(f"The PDF could not be typeset: {error.message}", problems[:6]) from error
    if not isinstance(result, bytes):
        raise RenderError("The PDF could not be typeset: the engine returned no single file.")
    return result


def compile_png(source: str, fonts: FontSet) -> bytes:
    """Typeset one page as a picture, a point a pixel, without metadata.

    Parameters
    ----------
    source : Typst markup of one page. fonts : the only fonts it may use.

    Raises
    ------
    RenderError
        The typesetter's message, or that the text needs more than one page.
    """
    _Engine.started = True
    compiler = typst.Compiler(root=str(_EMPTY_ROOT), font_paths=_engine_fonts(fonts.folders, os.getpid()))
    try:
        result = compiler.compile(input=source.encode("utf-8"), format="png", ppi=72.0)
    except typst.TypstError as error:
        problems = [Problem(text) for text in (error.diagnostic, *error.hints) if text]
        raise RenderError(f"The picture could not be typeset: {error.message}", problems[:6]) from error
    if not isinstance(result, bytes):
        raise RenderError("The picture does not fit one page.")
    return result


@lru_cache(maxsize=4)
def _engine_fonts(folders: tuple[Path, ...], process: int) -> typst.Fonts:
    """The engine's view of the fonts, once per process."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in folders],
    )
