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

    def sieve(self) -> Sieve:
        """The words, ready to be looked for in many files."""
        words = frozenset(word for group in self.codes.values() for word in group if word)
        shapes = sorted({_shape(word) for word in words})
        edges = (r"(?<![A-Za-z0-9])(?=(", r")(?![A-Za-z0-9]))")
        return Sieve(words, tuple(re.compile(shape.join(edges)) for shape in shapes))


@dataclass(frozen=True)
class Sieve:
    """Finds words among few shapes: a code is letters and digits in a pattern that all codes share.

    Parameters
    ----------
    words : what to find; one counts only when no letter or digit continues it.
    shapes : expressions that together match every word; each is searched by itself, overlaps included.
    """

    words: frozenset[str]
    shapes: tuple[re.Pattern[str], ...]

    def words_in(self, text: str) -> set[str]:
        """The words that stand in a text."""
        return {found for shape in self.shapes for found in shape.findall(text)} & self.words


def _shape(word: str) -> str:
    """An expression that matches every word of the same make.

    Examples
    --------
    >>> _shape("L0042"), _shape("A-137")
    ('[A-Z][0-9][0-9][0-9][0-9]', '[A-Z]\\\\-[0-9][0-9][0-9]')
    """
    classes = ((str.isdigit, "[0-9]"), (str.isupper, "[A-Z]"), (str.islower, "[a-z]"))
    return "".join(
        next((kind for is_kind, kind in classes if c.isascii() and is_kind(c)), re.escape(c)) for c in word
    )


def foreign_words(text: str, own: Iterable[str], sieve: Sieve) -> list[str]:
    """Identifying words in a text that are not the reader's own, sorted.

    >>> watch = Watch({"a": ("L0001",), "b": ("L0002",)})
    >>> foreign_words("EQA-LR-L0001-V1 and L0002", ["L0001"], watch.sieve())
    ['L0002']
    """
    return sorted(sieve.words_in(text) - set(own))


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


def refuse_leaks(files: Mapping[str, bytes], own: Iterable[str], sieve: Sieve) -> None:
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
        found = foreign_words(f"{name}\n{readable_text(name, content)}", own, sieve)
        if found:
            problems.append(Problem(f"{len(found)} identifying words of other participants", file=name))
    if problems:
        raise PublishError("Release stopped: a report names another participant.", problems)
