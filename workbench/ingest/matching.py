"""Codes, names and units as laboratories spell them -> the programme's own codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.ingest.expectations import AcceptedUnit, ExpectedAnalyte

_WHOLE_FLOAT = re.compile(r"([0-9]+)\.0+")
_BLANKS = re.compile(r"\s+")
_UNIT_NOISE = re.compile(r"[\s^*×·()]|(?<![a-z])x(?=10)|(?<=10)e(?=[0-9])")


@dataclass(frozen=True)
class Match:
    """The code found, the liberties taken, or why nothing was found."""

    code: str
    flags: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class UnitMatch:
    """The unit found, the liberties taken, or why nothing was found."""

    unit: AcceptedUnit
    flags: tuple[str, ...] = ()
    reason: str = ""


def folded(text: str) -> str:
    """A spelling without width, case and blanks.

    >>> folded(" ＬＡＢ-００７ ")
    'lab-007'
    """
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def folded_unit(text: str) -> str:
    """A unit's spelling without case, width, blanks, exponent marks and the two code points of micro.

    >>> folded_unit("×10^9/L") == folded_unit("10⁹/l"), folded_unit("µmol/L") == folded_unit("umol/L")
    (True, True)
    """
    return _UNIT_NOISE.sub("", folded(text).replace("μ", "u"))


@dataclass
class CodeBook:
    """Known codes with all their spellings.

    Parameters
    ----------
    kind : lab_code, analyte, sample or code; begins the reason codes, e.g. "sample_unknown".
    spellings : pairs (code, spelling).
    anything_goes : accept every text as its own code.

    Notes
    -----
    Looked up in this order: the spelling itself; the spelling without width, case and blanks; a
    whole number that lost its leading zeros. The last two are flagged and hold only when exactly
    one code fits; two give the reason "..._ambiguous".
    """

    kind: str
    spellings: Iterable[tuple[str, str]]
    anything_goes: bool = False
    _exact: dict[str, set[str]] = field(default_factory=dict, init=False)
    _folded: dict[str, set[str]] = field(default_factory=dict, init=False)
    _stripped: dict[str, set[str]] = field(default_factory=dict, init=False)
    _seen: dict[str, Match] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for code, spelling in self.spellings:
            self._exact.setdefault(spelling, set()).add(code)
            plain = folded(spelling)
            self._folded.setdefault(plain, set()).add(code)
            if plain.isascii() and plain.isdigit():
                self._stripped.setdefault(plain.lstrip("0"), set()).add(code)

    def find(self, text: str) -> Match:
        """The code a text stands for."""
        match = self._seen.get(text)
        if match is None:
            match = self._seen[text] = self._find(text.strip())
        return match

    def _find(self, text: str) -> Match:
        if not text:
            return Match("", reason=f"{self.kind}_missing")
        if self.anything_goes:
            plain = unicodedata.normalize("NFKC", text)
            return Match(plain, () if plain == text else ("code_spelling",))
        plain = folded(text)
        if whole := _WHOLE_FLOAT.fullmatch(plain):
            plain = whole.group(1)
        for codes, flags in (
            (self._exact.get(text), ()),
            (self._folded.get(plain), ("code_spelling",)),
            (self._stripped.get(plain.lstrip("0")) if plain.isdigit() else None, ("zeros_restored",)),
        ):
            if codes and len(codes) == 1:
                return Match(next(iter(codes)), flags)
            if codes:
                return Match("", reason=f"{self.kind}_ambiguous")
        return Match("", reason=f"{self.kind}_unknown")


class UnitBook:
    """The units one analyte may be reported in; there is no other source of conversions."""

    def __init__(self, analyte: ExpectedAnalyte) -> None:
        self.own = AcceptedUnit(analyte.unit)
        self._exact: dict[str, set[AcceptedUnit]] = {}
        self._folded: dict[str, set[AcceptedUnit]] = {}
        for unit in (self.own, *analyte.accepted_units):
            self._exact.setdefault(unit.unit, set()).add(unit)
            self._folded.setdefault(folded_unit(unit.unit), set()).add(unit)
        self._seen: dict[str, UnitMatch] = {}

    def find(self, text: str) -> UnitMatch:
        """The unit a text stands for; the text is not empty unless the analyte has no unit."""
        match = self._seen.get(text)
        if match is None:
            match = self._seen[text] = self._find(text.strip())
        return match

    def _find(self, text: str) -> UnitMatch:
        for units, flags in (
            (self._exact.get(text), ()),
            (self._folded.get(folded_unit(text)), ("unit_spelling",)),
        ):
            effects = {(unit.factor, unit.offset) for unit in units or ()}
            if units and len(effects) == 1:
                unit = min(units, key=lambda candidate: candidate.unit)
                other = unit.unit != self.own.unit and not unit.converts
                noted = ("unit_spelling",) if other else flags
                return UnitMatch(unit, noted + (("unit_converted",) if unit.converts else ()))
            if units:
                return UnitMatch(self.own, reason="unit_ambiguous")
        return UnitMatch(self.own, reason="unit_unknown")
