"""A laboratory's text for a quantity -> exact decimal, censoring, and a note of every liberty taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from workbench.ingest.cells import SIGNIFICANT_DIGITS

ABSURD = Decimal(10) ** 15
"""From here on binary64 no longer holds every integer; such a number is a pasted bar code."""

_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x00A0: 0x20,
    0x2212: 0x2D,
    0x2013: 0x2D,
    0x2014: 0x2D,
    0x3002: 0x2E,
    0x3001: 0x2C,
}
_CENSOR_SIGNS = (
    ("<=", -1, "or_equal"),
    (">=", 1, "or_equal"),
    ("=<", -1, "or_equal"),
    ("=>", 1, "or_equal"),
    ("≤", -1, "or_equal"),
    ("≥", 1, "or_equal"),
    ("⩽", -1, "or_equal"),
    ("⩾", 1, "or_equal"),
    ("<", -1, ""),
    (">", 1, ""),
    ("小于等于", -1, "or_equal"),
    ("大于等于", 1, "or_equal"),
    ("小于", -1, "censor_words"),
    ("低于", -1, "censor_words"),
    ("大于", 1, "censor_words"),
    ("高于", 1, "censor_words"),
)
_PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}")
_TIMES_TEN = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)\s*[×xX*]\s*10\s*\^\s*([+-]?[0-9]{1,3})")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_POINT_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+")
_ONE_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
_WITH_REST = re.compile(r"([+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?)\s*((?:[^\W\d_]|[%‰×]).*)")
_DATES = re.compile(
    r"[0-9]{1,2}月[0-9]{1,2}日|[0-9]{4}年[0-9]{1,2}月(?:[0-9]{1,2}日)?"
    r"|(?:19|20)[0-9]{2}([-/.])[0-9]{1,2}\1[0-9]{1,2}(?:[ T].*)?"
    r"|[0-9]{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?:-[0-9]{2,4})?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*-[0-9]{2,4}",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """What a text says as a quantity.

    Parameters
    ----------
    number : exact decimal in the unit as sent; None when the text is no number.
    censor : -1 for "<", +1 for ">", else 0.
    flags : liberties taken, see the table of dispositions.
    rest : text behind the number that may be its unit.
    reason : code of the quarantine when the text must not be read at all, else "".
    """

    number: Decimal | None
    censor: int = 0
    flags: tuple[str, ...] = ()
    rest: str = ""
    reason: str = ""


def read_number(text: str) -> Reading:
    """Read one quantity.

    Parameters
    ----------
    text : the cell's text.

    Returns
    -------
    Reading
        never raises; a text that is no number has `number` None and no reason.

    Notes
    -----
    Commas: groups of three twice or more, or followed by a decimal point, are thousands; one comma
    with other than three digits behind it, or a leading zero before it, is a decimal comma; a single
    "1,234" can be either and is quarantined. Nothing is guessed from the size of the number.

    Examples
    --------
    >>> read_number("＜０.５").number, read_number("1,5").number, read_number("1,234").reason
    (Decimal('0.5'), Decimal('1.5'), 'ambiguous_comma')
    """
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _finished(Decimal(text), 0, [])
    plain, flags = _narrow(text)
    censor, plain, flag = _censoring(plain)
    flags += [flag] if flag else []
    if plain[-1:] in ("↑", "↓"):
        plain, flags = plain[:-1].rstrip(), [*flags, "mark_removed"]
    if not censor and _DATES.fullmatch(plain):
        return Reading(None, flags=tuple(flags), reason="date_for_value")
    number, note, reason = _decimal(plain)
    if number is not None:
        return _finished(number, censor, flags + ([note] if note else []))
    split = _WITH_REST.fullmatch(plain)
    if split is None or reason:
        return Reading(None, censor, tuple(flags), reason=reason)
    number, note, reason = _decimal(split.group(1))
    if number is None:
        return Reading(None, censor, tuple(flags), rest=split.group(2) if reason else "", reason=reason)
    return _finished(number, censor, flags + ([note] if note else []), split.group(2))


def decimals_of(number: Decimal) -> int:
    """Decimals as written: 5.10 has two, 1.5E3 none.

    >>> decimals_of(Decimal("5.10")), decimals_of(Decimal("1.5E3"))
    (2, 0)
    """
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def looks_numeric(text: str) -> bool:
    """A plain number, as a person would have meant to store one."""
    return _PLAIN.fullmatch(text.strip()) is not None


def narrow(text: str) -> str:
    """Full-width digits, letters and signs as their ASCII twins; other characters stay."""
    return text.translate(_WIDE)


def _narrow(text: str) -> tuple[str, list[str]]:
    """Narrowed text and the flag when anything but blanks changed."""
    plain = narrow(text).strip()
    return plain, ["full_width"] if plain != text.replace("\u00a0", " ").replace(
        "\u3000", " "
    ).strip() else []


def _censoring(text: str) -> tuple[int, str, str]:
    """Censor, the text behind the sign, and the flag of an unusual sign."""
    for sign, censor, flag in _CENSOR_SIGNS:
        if text.startswith(sign):
            return censor, text[len(sign) :].strip(), flag
    return 0, text, ""


def _decimal(text: str) -> tuple[Decimal | None, str, str]:
    """Number, flag, reason of one bare numeral."""
    if _PLAIN.fullmatch(text):
        return Decimal(text), "", ""
    if _SCIENTIFIC.fullmatch(text):
        return Decimal(text), "scientific", ""
    if times := _TIMES_TEN.fullmatch(text):
        return Decimal(f"{times.group(1)}E{times.group(2)}"), "scientific", ""
    if _AMBIGUOUS.fullmatch(text):
        return None, "", "ambiguous_comma"
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(",", "")), "thousands_comma", ""
    if _POINT_GROUPED.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", ".")), "decimal_comma", ""
    if _ONE_COMMA.fullmatch(text):
        return Decimal(text.replace(",", ".")), "decimal_comma", ""
    return None, "", ""


def _finished(number: Decimal, censor: int, flags: list[str], rest: str = "") -> Reading:
    """Cut binary artefacts, refuse absurd sizes."""
    if number.adjusted() >= SIGNIFICANT_DIGITS:
        return Reading(None, censor, tuple(flags), rest, "absurd_value")
    if len(number.as_tuple().digits) > SIGNIFICANT_DIGITS:
        number = Decimal(format(float(number), f".{SIGNIFICANT_DIGITS}g"))
        flags.append("float_artefact")
    return Reading(number, censor, tuple(flags), rest)
