"""Last look before release: no file of one laboratory may hold another participant's code or alias.

Every finished file is read as the text a reader could get out of it: HTML, JSON and CSV as they are,
the sheets and properties inside a workbook, and for a PDF the source it was set from (all its text,
alternative texts and properties; its attachments are the JSON and CSV). It fails closed.
"""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.errors import Problem, PublishError


@dataclass(frozen=True)
class Watch:
    """Words that identify participants of a programme-round.

    Parameters
    ----------
    codes : participant code -> its words (the code itself, the round's alias, its canaries).
    """

    codes: Mapping[str, tuple[str, ...]]

    def pattern(self) -> re.Pattern[str]:
        """One expression for all words; a word counts only when letters or digits do not continue it."""
        words = sorted({w for group in self.codes.values() for w in group if w}, key=len, reverse=True)
        if not words:
            return re.compile(r"(?!)")
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, words))})(?![A-Za-z0-9])")


def foreign_words(text: str, own: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    """Identifying words in a text that are not the reader's own, sorted.

    >>> foreign_words("EQA-LR-L0001-V1 and L0002", ["L0001"], Watch({"a": ("L0001",), "b": ("L0002",)}).pattern())
    ['L0002']
    """
    return sorted(set(pattern.findall(text)) - set(own))


_PATH_DATA = re.compile(r"""\bd=\\?["'][MLHVCSQTAZmlhvcsqtaz0-9.,\s+-]*\\?["']""")
"""Outlines of drawings: letters and coordinates such as M-261 that are no words."""


def readable_text(name: str, content: bytes) -> str:
    """All text inside a file: entries of a workbook are unpacked, entities of markup resolved."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = [f"{entry}\n{book.read(entry).decode('utf-8', 'replace')}" for entry in book.namelist()]
        return html.unescape("\n".join(parts))
    text = _PATH_DATA.sub("", content.decode("utf-8", "replace"))
    return f"{text}\n{html.unescape(text)}" if name.endswith((".html", ".svg")) else text


def refuse_leaks(files: Mapping[str, bytes], own: Iterable[str], pattern: re.Pattern[str]) -> None:
    """Check every file of one report, its name included.

    Raises
    ------
    PublishError
        naming each file and how many foreign words it holds; the words themselves stay out of the
        message, because messages end in logs.
    """
    own = list(own)
    problems = []
    for name, content in files.items():
        found = foreign_words(f"{name}\n{readable_text(name, content)}", own, pattern)
        if found:
            problems.append(Problem(f"{len(found)} identifying words of other participants", file=name))
    if problems:
        raise PublishError("Release stopped: a report names another participant.", problems)
