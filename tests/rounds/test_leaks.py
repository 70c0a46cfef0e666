"""The last look finds another participant in every kind of file and in file names."""

from __future__ import annotations

import io
import zipfile

import pytest

from workbench.errors import PublishError
from workbench.rounds.leaks import Watch, refuse_leaks

SIEVE = Watch({"L0001": ("L0001", "A-137"), "L0002": ("L0002", "B-200", "CANARY-xyz")}).sieve()
OWN = ("L0001", "A-137")


def workbook(text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        book.writestr("xl/sharedStrings.xml", f"<si>{text}</si>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("L0001.html", b"<p>see L0002</p>"),
        ("L0001.html", b"<p>see &#76;0002</p>"),
        ("L0001.json", b'{"x": "CANARY-xyz"}'),
        ("L0001.xlsx", workbook("B-200")),
        ("L0002.html", b"nothing"),
        ("L0001.html", "见L0002。".encode()),
    ],
)
def test_a_foreign_word_stops_the_release(name: str, content: bytes) -> None:
    with pytest.raises(PublishError) as caught:
        refuse_leaks({name: content}, OWN, SIEVE)
    assert "L0002" not in str(caught.value).replace(name, "")


def test_own_words_and_longer_words_pass() -> None:
    files = {
        "L0001.html": b"EQA-LR-2026-1-0101-L0001-V1 A-137 L00020 XL0002",
        "L0001.xlsx": workbook("L0001"),
    }
    refuse_leaks(files, OWN, SIEVE)


def test_words_that_overlap_are_all_found() -> None:
    sieve = Watch({"a": ("12-345",), "b": ("345-678",), "c": ("A-137-5", "A-137")}).sieve()
    assert sieve.words_in("12-345-678") == {"12-345", "345-678"}
    assert sieve.words_in("A-137-9") == {"A-137"}
