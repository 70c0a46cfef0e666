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

import numpy as np

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
        words = {word.encode() for group in self.codes.values() for word in group if word}
        open_ended = {w for w in words if len(w) > 1 and _ALNUM[w[0]] and _ALNUM[w[-1]]}
        beginnings = np.zeros(1 << 16, dtype=bool)
        beginnings[[w[0] << 8 | w[1] for w in open_ended]] = True
        lengths = tuple(sorted({len(w) for w in open_ended}))
        return Sieve(frozenset(open_ended), lengths, beginnings, tuple(sorted(words - open_ended)))


@dataclass(frozen=True, eq=False)
class Sieve:
    """Finds many words in one pass over a text; a word counts only when no letter or digit continues it.

    Parameters
    ----------
    words : words that begin and end with an ASCII letter or digit, as UTF-8.
    lengths : their lengths in bytes.
    beginnings : shape (65536,); which pairs of first bytes they have. Few places of a text pass this,
        and only those are compared with the words.
    loose : all other words; each is looked for by itself.
    """

    words: frozenset[bytes]
    lengths: tuple[int, ...]
    beginnings: np.ndarray
    loose: tuple[bytes, ...]

    def words_in(self, text: str) -> set[str]:
        """The words that stand in a text."""
        data = b" " + text.encode("utf-8", "replace") + b" "
        found = {w for w in self.loose if w in data}
        for start in self._places(np.frombuffer(data, dtype=np.uint8)).tolist():
            for length in self.lengths:
                word = data[start : start + length]
                if word in self.words and not _ALNUM[data[start + length]]:
                    found.add(word)
        return {word.decode() for word in found}

    def _places(self, data: np.ndarray) -> np.ndarray:
        """Offsets at which a run of letters and digits begins as one of the words does."""
        alnum = _ALNUM[data]
        starts = np.flatnonzero(alnum[1:] & ~alnum[:-1]) + 1
        pairs = data[starts].astype(np.uint16) << 8 | data[starts + 1]
        return starts[self.beginnings[pairs]]


_ALNUM = np.array([byte < 128 and chr(byte).isalnum() for byte in range(256)])
"""Which bytes are ASCII letters or digits."""


def foreign_words(text: str, own: Iterable[str], sieve: Sieve) -> list[str]:
    """Identifying words in a text that are not the reader's own, sorted; outlines hold no words.

    >>> watch = Watch({"a": ("L0001",), "b": ("L0002",)})
    >>> foreign_words("EQA-LR-L0001-V1 and L0002", ["L0001"], watch.sieve())
    ['L0002']
    """
    found = sieve.words_in(text) - set(own)
    return sorted(found & sieve.words_in(_PATH_DATA.sub("", text))) if found else []


_PATH_DATA = re.compile(r"""\bd=\\?["'][MLHVCSQTAZmlhvcsqtaz0-9.,\s+-]*\\?["']""")
"""Outlines of drawings: letters and coordinates such as M-261 that are no words."""

_HIDING_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|#x27|#39);)")
"""An entity other than those that every escaped text has; these five hide no letter or digit."""


def readable_text(name: str, content: bytes) -> str:
    """All text inside a file: entries of a workbook are unpacked, entities of markup resolved."""
    if name.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            parts = [f"{entry}\n{book.read(entry).decode('utf-8', 'replace')}" for entry in book.namelist()]
        text = "\n".join(parts)
    else:
        text = content.decode("utf-8", "replace")
    if name.endswith((".html", ".svg", ".xlsx")) and _HIDING_ENTITY.search(text):
        return f"{text}\n{html.unescape(text)}"
    return text


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
