"""Reading susceptibility results as written: category, MIC with its sign, zone; a whole panel in one cell."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

from workbench.parameters.breakpoints import dilution

CATEGORIES = ("S", "SDD", "I", "R")
_WORDS = {
    "敏感": "S",
    "SUSCEPTIBLE": "S",
    "剂量依赖性敏感": "SDD",
    "剂量依赖敏感": "SDD",
    "S-DD": "SDD",
    "中介": "I",
    "中敏": "I",
    "INTERMEDIATE": "I",
    "耐药": "R",
    "RESISTANT": "R",
}
_MIC = re.compile(r"(<=|>=|<|>|=)?(\d+(?:\.\d+)?)(?:/\d+(?:\.\d+)?)?(?:MG/L|UG/ML|ΜG/ML)?", re.IGNORECASE)
_ZONE = re.compile(r"(\d+(?:\.\d+)?)(?:MM)?", re.IGNORECASE)
_ITEM = re.compile(r"([^:=\s]+)(?:\s*[:=]\s*|\s+)(\S+)?\s*(.*)", re.DOTALL)
NO_ZONE, WIDEST = 6, 60
"""Zones of a 6 mm disk: 6 mm is no zone at all; nothing wider than 60 mm is a zone."""


def _narrow(text: object) -> str:
    missing = text is None or (isinstance(text, float) and math.isnan(text))
    bare = "" if missing else unicodedata.normalize("NFKC", str(text))
    return re.sub(r"\s+", "", bare).replace("≤", "<=").replace("≥", ">=").replace("μ", "u").replace("µ", "u")


@dataclass(frozen=True)
class ReadMic:
    """An MIC: the rung of the ladder, its sign, whether it was rounded up from a half step, or a reason."""

    step: int | None = None
    sign: str = ""
    rounded_up: bool = False
    reason: str = ""


def read_category(text: object) -> tuple[str, str]:
    """Category and reason: ("", "") when nothing is written.

    >>> read_category("耐药"), read_category(" sdd "), read_category("X")
    (('R', ''), ('SDD', ''), ('', 'category_unknown'))
    """
    word = _narrow(text).upper()
    found = _WORDS.get(word, word)
    if not found or found in CATEGORIES:
        return found, ""
    return "", "category_unknown"


def read_mic(text: object, *, half_steps: bool = False) -> ReadMic:
    """Read an MIC in mg/L; of a combination ("8/4") the first concentration counts.

    Parameters
    ----------
    half_steps : a gradient strip's value between two dilutions is taken as the next higher one.

    References
    ----------
    CLSI M100, introduction to the tables: gradient values between two-fold dilutions are rounded up.

    Examples
    --------
    >>> read_mic("≤0.5/9.5"), read_mic("3").reason, read_mic("3", half_steps=True).step
    (ReadMic(step=-1, sign='<=', rounded_up=False, reason=''), 'mic_off_ladder', 2)
    """
    bare = _narrow(text)
    if not bare:
        return ReadMic()
    match = _MIC.fullmatch(bare)
    if match is None or float(match[2]) <= 0:
        return ReadMic(reason="mic_unreadable")
    sign, value = (match[1] or "").removeprefix("="), float(match[2])
    step = dilution(value)
    if step is not None:
        return ReadMic(step, sign)
    above = dilution(2.0 ** math.ceil(math.log2(value)))
    if half_steps and above is not None and not sign:
        return ReadMic(above, sign, rounded_up=True)
    return ReadMic(reason="mic_off_ladder")


def read_zone(text: object) -> tuple[float, str]:
    """Zone in mm and reason; NaN when nothing is written.

    >>> read_zone("21 mm"), read_zone("3")[1], read_zone("big")[1]
    ((21.0, ''), 'zone_impossible', 'zone_unreadable')
    """
    bare = _narrow(text)
    if not bare:
        return math.nan, ""
    match = _ZONE.fullmatch(bare)
    if match is None:
        return math.nan, "zone_unreadable"
    value = float(match[1])
    return (value, "") if NO_ZONE <= value <= WIDEST else (math.nan, "zone_impossible")


@dataclass(frozen=True)
class PanelItem:
    """One drug of a panel written in one cell."""

    drug: str
    category: str
    measured: str


def read_panel(text: str) -> tuple[PanelItem, ...]:
    """Split a panel written in one cell: "AMP:R >=32; CIP:S <=0.25; FOX:R 12mm".

    Returns
    -------
    tuple of PanelItem
        In the order written; nothing is judged here, so nothing can be lost.

    Examples
    --------
    >>> read_panel("AMP:R ≥32; CIP=S <=0.25；MEM:S")
    (PanelItem(drug='AMP', category='R', measured='≥32'), PanelItem(drug='CIP', category='S', measured='<=0.25'), PanelItem(drug='MEM', category='S', measured=''))
    """
    parts = (part for part in re.split(r"[;；]", text.replace("：", ":")) if part.strip())
    return tuple(_panel_item(part.strip()) for part in parts)


def _panel_item(part: str) -> PanelItem:
    match = _ITEM.fullmatch(part)
    drug, category, measured = match.groups(default="") if match else (part, "", "")
    return PanelItem(drug.strip(), category, measured.strip())
