"""Delimited text files: encoding and delimiter detected, never guessed silently."""

from __future__ import annotations

import csv
import io
import unicodedata

from workbench.errors import DataError, Problem
from workbench.ingest.cells import Sheet
from workbench.ingest.layout import Layout, fold_heading

DELIMITERS = (",", "\t", ";", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_END_OF_FILE = b"\x1a"
_SNIFFED_LINES = 40
_STRANGE = {"Co", "Cn", "Cs"}


def decode(content: bytes, name: str, encoding: str = "") -> tuple[str, bool]:
    """Text of a file, and whether the encoding is a guess a person should check.

    Parameters
    ----------
    content : the whole file.
    name : for messages.
    encoding : given by the caller, or "" to detect.

    Raises
    ------
    DataError
        when no encoding fits.

    Notes
    -----
    In order: byte order mark; strict UTF-8; strict GB18030. Bytes of another code page can be valid
    GB18030 by chance: unassigned, private and control characters are then refused, and characters
    outside GB 2312 make the result a guess.
    """
    encodings = [encoding] if encoding else [code for mark, code in _BOMS if content.startswith(mark)]
    for candidate in encodings or ["utf-8", "gb18030"]:
        try:
            text = content.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        if _is_text(text):
            return text, candidate == "gb18030" and not encoding and not _within_gb2312(text)
    raise DataError(
        f"The encoding of {name} is not recognised.",
        [Problem("not UTF-8 and not GB18030 text; save it as CSV UTF-8 or as .xlsx", file=name)],
    )


def read_text(content: bytes, name: str, layout: Layout) -> Sheet:
    """The rows of a delimited text file; row numbers are line numbers.

    Raises
    ------
    DataError
        for an unknown encoding or quotes that are never closed.
    """
    text, guessed = decode(content.rstrip(_END_OF_FILE), name, layout.encoding)
    delimiter = layout.delimiter or _delimiter(text, layout)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as cause:
        raise DataError(
            f"{name} is not a well-formed text table.", [Problem(str(cause), file=name, row=start)]
        ) from cause
    return Sheet("", list(rows), notes=["encoding_guessed"] if guessed else [])


def _is_text(text: str) -> bool:
    """No control, private or unassigned characters."""
    for char in set(text):
        category = unicodedata.category(char)
        if category in _STRANGE or (category == "Cc" and char not in "\t\r\n\x0b\x0c"):
            return False
    return True


def _within_gb2312(text: str) -> bool:
    """Every character is one of GB 2312, or a unit sign it lacks."""
    try:
        "".join(sorted(set(text) - set("µ²³·–—•×"))).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _delimiter(text: str, layout: Layout) -> str:
    """The delimiter that recognises most headings in one of the first lines."""
    known = layout.headings()
    lines = text.splitlines()[:_SNIFFED_LINES]

    def recognised(delimiter: str) -> tuple[int, int]:
        counts = [
            (sum(fold_heading(part.strip('"')) in known for part in parts), len(parts))
            for parts in (line.split(delimiter) for line in lines)
        ]
        return max(counts, default=(0, 0))

    return max(DELIMITERS, key=recognised)
