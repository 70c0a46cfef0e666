"""The uncertainty a laboratory sends along with a result; whatever is wrong with it, the result is loaded."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import NamedTuple

from workbench.ingest.expectations import ExpectedAnalyte
from workbench.ingest.matching import UnitBook, folded
from workbench.ingest.numerals import read_number
from workbench.ingest.quantities import EMPTY_MARKS, Notes, Quantity, optional_text
from workbench.ingest.rows import Candidate

USUAL_COVERAGE = Decimal(2)
"""k of an expanded uncertainty that comes without one: about 95 % coverage, ISO 13528:2022, 9.7.1."""

COVERAGE_RANGE = (Decimal(1), Decimal(5))
"""Outside, the number is no coverage factor: 1 is one standard uncertainty, 4.3 is t at 2 degrees of freedom."""

AGREEMENT = Decimal("0.1")
"""U and k u may differ by so much of U: both are given with two figures or one."""

_EXACT = Context(prec=60)
_COVERAGE = re.compile(r"[(（\[,;，；、]?\s*k\s*[=＝]\s*([0-9]+(?:\.[0-9]+)?)\s*[)）\]]?", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[【（](.*?)[)\]】）]")
_RELATIVE = re.compile(r"相对|relative|rel\b", re.IGNORECASE)
_SIGNS = re.compile(r"^(?:±|\+/-|\+-)\s*")


class Uncertainty(NamedTuple):
    """Columns of a loaded row; `u_result` is a standard uncertainty in the programme's unit."""

    u_raw: str = ""
    u_result: float = math.nan
    coverage_factor: float = math.nan


class _Sent(NamedTuple):
    """One uncertainty cell: its number in the programme's unit, and a k written beside it or above it."""

    size: Decimal
    k: Decimal | None


class UncertaintyReader:
    """The rules on uncertainty cells, bound to the units of a programme's analytes.

    Parameters
    ----------
    units : analyte code -> its units.
    """

    def __init__(self, units: Mapping[str, UnitBook]) -> None:
        self.units = units

    def read(
        self, candidate: Candidate, analyte: ExpectedAnalyte, result: tuple[float, Quantity], notes: Notes
    ) -> Uncertainty:
        """What can be used of a candidate's uncertainty.

        Parameters
        ----------
        candidate : may hold `expanded_u_result`, `u_result` (standard) and `coverage_factor`.
        result : factor of the result's unit, and the result in the programme's unit.
        notes : what is wrong is flagged here; nothing about an uncertainty keeps a row out.

        Notes
        -----
        A number without a unit of its own is in the unit of the result as sent. A percentage is of the
        result, unless percent is a unit of the analyte and the heading does not say "relative".
        """
        names = [name for name in ("expanded_u_result", "u_result") if name in candidate.fields]
        texts = {name: optional_text(candidate.fields[name], notes) for name in names}
        texts = {name: text for name, text in texts.items() if text and folded(text) not in EMPTY_MARKS}
        if not texts or result[1].state == "not_returned":
            return Uncertainty()
        nothing = Uncertainty(" / ".join(texts.values()))
        if result[1].number is None or result[1].censor:
            notes.flag("uncertainty_without_result")
            return nothing
        sent = {
            name: self._sent(candidate, name, text, (analyte, *result), notes) for name, text in texts.items()
        }
        read = {name: one for name, one in sent.items() if one is not None}
        if len(read) < len(sent):
            return nothing
        k = _coverage_factor(candidate, read, notes)
        if k is None:
            return nothing
        return _combined(nothing, read, k, abs(result[1].number), notes)

    def _sent(
        self,
        candidate: Candidate,
        name: str,
        text: str,
        given: tuple[ExpectedAnalyte, float, Quantity],
        notes: Notes,
    ) -> _Sent | None:
        """One cell in the programme's unit; None after a flag."""
        analyte, factor, quantity = given
        heading = candidate.heading(name)
        stated = _COVERAGE.search(text) or _COVERAGE.search(heading)
        reading = read_number(_SIGNS.sub("", _COVERAGE.sub("", text).strip()))
        if reading.number is None or reading.censor or reading.reason:
            notes.flag("uncertainty_unreadable")
            return None
        if reading.number <= 0:
            notes.flag("uncertainty_not_positive")
            return None
        size = self._in_unit(analyte, reading.number, (reading.rest, heading, factor), quantity)
        if size is None:
            notes.flag("uncertainty_unit_unknown")
            return None
        if size[1]:
            notes.flag("uncertainty_relative")
        return _Sent(size[0], Decimal(stated[1]) if stated else None)

    def _in_unit(
        self,
        analyte: ExpectedAnalyte,
        number: Decimal,
        words: tuple[str, str, float],
        quantity: Quantity,
    ) -> tuple[Decimal, bool] | None:
        """The number in the programme's unit, and whether it was a percentage of the result."""
        rest, heading, factor = words
        units = self.units[analyte.analyte]
        unit = rest or _heading_unit(heading)
        known = units.find(unit) if unit else None
        percent = unit == "%" and known is not None and bool(known.reason)
        if percent or (_RELATIVE.search(heading) and unit in ("", "%")):
            share = _EXACT.divide(number, Decimal(100))
            return _EXACT.multiply(share, abs(quantity.number or Decimal(0))), True
        if known is not None and known.reason:
            return None
        used = known.unit.factor if known is not None else Decimal(repr(factor))
        return _EXACT.multiply(number, abs(used)), False


def _heading_unit(heading: str) -> str:
    """What the brackets of a heading hold besides a coverage factor; "" when nothing."""
    inner = (_COVERAGE.sub("", text).strip(" ,;，；") for text in _BRACKETS.findall(heading))
    return next((text for text in inner if text), "")


def _coverage_factor(candidate: Candidate, read: Mapping[str, _Sent], notes: Notes) -> Decimal | None:
    """k of this row, NaN for a standard uncertainty without one; None after a flag."""
    text = optional_text(candidate.fields.get("coverage_factor", ""), notes)
    beside = next((one.k for one in read.values() if one.k is not None), None)
    if text:
        found = read_number(re.sub(r"^\s*k\s*[=＝]\s*", "", text, flags=re.IGNORECASE))
        usable = found.number is not None and not found.rest and not found.censor
        beside = found.number if usable else Decimal(0)
    if beside is None:
        if "expanded_u_result" not in read:
            return Decimal("NaN")
        if "u_result" in read:
            return _EXACT.divide(read["expanded_u_result"].size, read["u_result"].size)
        notes.flag("coverage_factor_assumed")
        return USUAL_COVERAGE
    if not COVERAGE_RANGE[0] <= beside <= COVERAGE_RANGE[1]:
        notes.flag("coverage_factor_unusable")
        return None
    return beside


def _combined(
    nothing: Uncertainty, read: Mapping[str, _Sent], k: Decimal, result: Decimal, notes: Notes
) -> Uncertainty:
    """Standard uncertainty and k from what was read; U and u together must agree."""
    expanded, standard = read.get("expanded_u_result"), read.get("u_result")
    u = _EXACT.divide(expanded.size, k) if expanded else standard.size if standard else Decimal("NaN")
    if expanded and standard:
        apart = abs(expanded.size - _EXACT.multiply(k, standard.size))
        if apart > AGREEMENT * expanded.size or not COVERAGE_RANGE[0] <= k <= COVERAGE_RANGE[1]:
            notes.flag("uncertainty_conflict")
            return nothing
    if u > result:
        notes.flag("uncertainty_implausible")
    return Uncertainty(nothing.u_raw, float(u), float(k))
