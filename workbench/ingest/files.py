"""The kind of a file by its content, and the reader for it."""

from __future__ import annotations

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Sheet
from workbench.ingest.layout import Layout
from workbench.ingest.text_files import read_text
from workbench.ingest.xls_files import read_xls
from workbench.ingest.xlsx_files import read_xlsx

_ZIP = b"PK\x03\x04"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"%pdf", b"{\\rtf")


def read_sheets(content: bytes, name: str, layout: Layout) -> list[Sheet]:
    """All sheets of a file; a text file is one sheet without a name.

    Raises
    ------
    DataError
        for an empty, encrypted, damaged file, or one that is neither workbook nor delimited text.
    """
    if not content.strip():
        raise DataError(f"{name} is empty.", [Problem("there is nothing in the file", file=name)])
    if content.startswith(_ZIP):
        return read_xlsx(content, name)
    if content.startswith(_COMPOUND):
        if _ENCRYPTED in content:
            raise DataError(
                f"{name} is encrypted.", [Problem("remove the password and send it again", file=name)]
            )
        return read_xls(content, name)
    if content.lstrip(b"\xef\xbb\xbf \r\n\t")[:10].lower().startswith(_MARKUP):
        raise DataError(
            f"{name} is a page or document, not a table.",
            [Problem("open it in Excel and save it as .xlsx or CSV UTF-8", file=name)],
        )
    return [read_text(content, name, layout)]
