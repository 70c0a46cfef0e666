"""What leaves an app: links that hold the file themselves, nothing is left on the server."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

from workbench.display import Table
from workbench.ingest.workbooks import write_table, written_workbook

TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv",
    "yaml": "text/plain",
    "zip": "application/zip",
}
_SHEET_NAME_LONGEST = 31


def link(name: str, content: bytes, words: str) -> str:
    """A link that saves the content under a name.

    Parameters
    ----------
    name : file name; its ending says the type, see `TYPES`. words : what the link says, escaped.

    Examples
    --------
    >>> link("a.csv", b"x", "Save")
    '<a class="wb-download" download="a.csv" href="data:text/csv;base64,eA==">Save</a>'
    """
    kind = TYPES[name.rpartition(".")[2]]
    data = base64.b64encode(content).decode("ascii")
    return f'<a class="wb-download" download="{escape(name)}" href="data:{kind};base64,{data}">{escape(words)}</a>'


def workbook(title: str, tables: Sequence[tuple[str, Table]]) -> bytes:
    """Tables as a workbook of text, one sheet each; no cell is a formula.

    Parameters
    ----------
    tables : sheet name, shortened to what a workbook allows, and table.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.xlsx"
        with written_workbook(path, title) as book:
            for name, table in tables:
                headings = [f"{c.heading} ({c.unit})" if c.unit else c.heading for c in table.columns]
                rows = [[cell.text for cell in row] for row in table.rows]
                write_table(book, _sheet_name(name), headings, rows)
        return path.read_bytes()


def _sheet_name(name: str) -> str:
    """Without the characters a workbook refuses."""
    return "".join("-" if c in "[]:*?/\\\\" else c for c in name)[:_SHEET_NAME_LONGEST]
