"""Untrusted text made safe for HTML and for Typst.

Laboratory comments, reagent names and results as sent may hold anything. Nothing here interprets
them: HTML gets entities, Typst gets string literals in code mode, never markup.
"""

from __future__ import annotations

import html
import re
import unicodedata

INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c\u180e")
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ", "0123456789+−=()n", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", "0123456789+−=()", strict=True))
LONGEST_TOKEN = 24

_RAISED = re.compile(f"([{''.join(map(re.escape, SUPERSCRIPTS))}]+)|([{''.join(SUBSCRIPTS)}]+)|(\n)")
_UNIT = re.compile(r"((?<![A-Za-z0-9])(?:[A-Za-zμ%]{1,5})?/(?:dL|mL|L|kg|g|min|h|s)(?![A-Za-z0-9/]))")
"""Units of a quotient, which must not be broken at the stroke."""
_LONG_TOKEN = re.compile(rf"[!-~\u00a1-\u024f\u0370-\u052f]{{{LONGEST_TOKEN + 1},}}")
_SAFE_LINK = re.compile(r"^(?:#[\w.:-]+|https?://[^\s]+|mailto:[^\s]+)$")
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff"
    + "".join(sorted(INVISIBLE))
    + "]"
)


def printable(text: str) -> str:
    """Text in which every character can be seen or is a space or a line feed.

    Invisible joiners and direction marks vanish; characters that would reorder or hide their
    neighbours (direction overrides, control characters) become visible as `[U+202E]`.

    Parameters
    ----------
    text : any string, trusted or not.

    Returns
    -------
    str, in composed form (NFC), so that one glyph stands for one letter.

    Examples
    --------
    >>> printable("1.2\\u200e3")
    '1.23'
    >>> printable("a\\u202eb")
    'a[U+202E]b'
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", _UNSAFE.sub(_visible, plain))


def _visible(found: re.Match[str]) -> str:
    """Nothing for a harmless invisible character, its number for any other."""
    character = found[0]
    return "" if character in INVISIBLE else f"[U+{ord(character):04X}]"


def html_text(text: str) -> str:
    """HTML of `text`: entities, real superscript and subscript runs, `<br>` for line feeds.

    Examples
    --------
    >>> html_text("10⁹/L <b>")
    '10<sup>9</sup>/L &lt;b&gt;'
    """

    def raised(found: re.Match[str]) -> str:
        over, under, _ = found.groups()
        if over:
            return "<sup>" + "".join(SUPERSCRIPTS[c] for c in over) + "</sup>"
        return "<sub>" + "".join(SUBSCRIPTS[c] for c in under) + "</sub>" if under else "<br>"

    return _RAISED.sub(raised, html.escape(printable(text)))


def has_long_token(text: str) -> bool:
    """Whether a run is too long to stay in one piece."""
    return len(text) > LONGEST_TOKEN and _LONG_TOKEN.search(text) is not None


def html_attribute(text: str) -> str:
    """`text` between double quotes, for an attribute."""
    return '"' + html.escape(printable(text).replace("\n", " ")) + '"'


def html_link(target: str, inner: str) -> str:
    """`inner` (HTML) as a link when `target` is a place in the page, a web or a mail address."""
    return f"<a href={html_attribute(target)}>{inner}</a>" if _SAFE_LINK.match(target) else inner


def typst_string(text: str) -> str:
    """A Typst string literal that holds exactly `text`, byte for byte once encoded.

    Examples
    --------
    >>> print(typst_string('say "#x" \\\\'))
    "say \\"#x\\" \\\\"
    """
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + plain.replace("\ufeff", "\\u{feff}").replace("\x00", "\\u{0}") + '"'


def typst_text(text: str) -> str:
    """A Typst code expression that shows `text`: literals joined with superscripts and breaks.

    Tokens longer than `LONGEST_TOKEN` characters may break anywhere, else they would leave the
    cell.

    Examples
    --------
    >>> typst_text("K")
    '"K"'
    >>> typst_text("10⁹/L"), typst_text("K mmol/L")
    ('("10"+super("9")+box("/L"))', '("K "+box("mmol/L"))')
    """
    parts: list[str] = []
    plain = printable(text)
    at = 0
    for found in _RAISED.finditer(plain):
        parts += _literals(plain[at : found.start()])
        over, under, _ = found.groups()
        if over:
            parts.append(f"super({typst_string(''.join(SUPERSCRIPTS[c] for c in over))})")
        elif under:
            parts.append(f"sub({typst_string(''.join(SUBSCRIPTS[c] for c in under))})")
        else:
            parts.append("linebreak()")
        at = found.end()
    parts += _literals(plain[at:])
    if not parts:
        return '""'
    return parts[0] if len(parts) == 1 else "(" + "+".join(parts) + ")"


def _literals(text: str) -> list[str]:
    """Literals of a run, with places to break in long tokens and none inside a unit."""
    if has_long_token(text):
        return ["+box()+".join(typst_string(piece) for piece in _broken(text))]
    pieces = _UNIT.split(text) if "/" in text else [text]
    return [
        f"box({typst_string(piece)})" if number % 2 else typst_string(piece)
        for number, piece in enumerate(pieces)
        if piece
    ]


def _broken(text: str) -> list[str]:
    """The text in pieces between which a line may break."""

    def chop(found: re.Match[str]) -> str:
        token = found[0]
        return "\x00".join(token[i : i + LONGEST_TOKEN] for i in range(0, len(token), LONGEST_TOKEN))

    return _LONG_TOKEN.sub(chop, text).split("\x00")
