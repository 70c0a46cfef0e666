"""How wide text is in print, known before typesetting.

Explicit column widths make typesetting fast and keep long numbers from touching. The advances are
those of Noto Sans SC (units per 1000 em); all its digits and U+2212 are 555 wide.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MM_PER_EM = 8 * 25.4 / 72
"""Millimetres of one em at the 8 pt of tables."""
BODY_MM_PER_EM = 9 * 25.4 / 72

_ASCII = (
    224, 323, 474, 555, 555, 921, 680, 278, 338, 338, 467, 555, 278, 347, 278, 392, 555, 555, 555,
    555, 555, 555, 555, 555, 555, 555, 278, 278, 555, 555, 555, 474, 946, 608, 657, 638, 688, 589,
    552, 689, 728, 293, 535, 646, 543, 812, 723, 742, 633, 742, 635, 596, 599, 721, 575, 878, 573,
    531, 603, 338, 392, 338, 555, 559, 606, 563, 618, 510, 620, 554, 325, 564, 607, 275, 275, 552,
    284, 926, 610, 606, 620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475, 338, 270, 338, 555,
)  # fmt: skip
_NARROW = {"\u2212": 0.555, "–": 0.536, "‹": 0.302, "›": 0.302, "°": 0.37}
_FULL_WIDTH_SIGNS = frozenset("±×·…△▽▲▼■◆□○●◇※‰℃≥≤√")
_TOKEN = re.compile(r"[^\s\u2e80-\uffff/\-–]+[/\-–]?|[\u2e80-\uffff]")
_LAST_NUMBER = re.compile(r"[0-9](?P<tail>(?:\.[0-9]+)?[^0-9]*)$")


@lru_cache(maxsize=8192)
def text_width(text: str) -> float:
    """Width of one line in em.

    Examples
    --------
    >>> round(text_width("12.5"), 3)
    1.943
    >>> text_width("镁")
    1.0
    """
    return sum((_advance(character) for character in text), 0.0)


def _advance(character: str) -> float:
    """Width of one character in em."""
    code = ord(character)
    if 32 <= code < 127:
        return _ASCII[code - 32] / 1000
    if character in _NARROW:
        return _NARROW[character]
    if character in _FULL_WIDTH_SIGNS or unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return 0.62


def longest_token(text: str, limit: int = 24) -> float:
    """Width (em) of the longest run that cannot break; runs over `limit` characters can."""
    return max((text_width(token[:limit]) for token in _TOKEN.findall(text)), default=0.0)


@lru_cache(maxsize=8192)
def tail_width(text: str) -> float | None:
    """Width (em) of what follows the units digit of the last number; None when there is none.

    Examples
    --------
    >>> round(tail_width("4.25"), 3)
    1.388
    >>> tail_width("12")
    0.0
    >>> tail_width("未回报") is None
    True
    """
    found = _LAST_NUMBER.search(text)
    return None if found is None else text_width(found["tail"])


def line_count(text: str, width_em: float) -> int:
    """Estimated number of lines of `text` in a column."""
    lines = 0
    for line in text.split("\n"):
        lines += max(1, int(-(-text_width(line) // max(width_em, 1.0))))
    return lines
