"""Cells and sheets as every file reader hands them on: text, and what the file said beyond the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

SIGNIFICANT_DIGITS = 15
"""Decimal digits a binary64 number always carries; spreadsheets show no more."""

_LITERALS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_FIXED_DECIMALS = re.compile(r"^[#,]*0*(?:\.(0+))?%?$")


@dataclass(frozen=True)
class TypedCell:
    """A cell that is more than plain text.

    Parameters
    ----------
    kind : number, text, date, boolean, error or formula (a formula whose result was not saved).
    text : digits or words as the reader understands them; what a plain text cell would hold.
    flags : dispositions already known, e.g. formula, decimals_from_format.
    moment : the date of a date cell.
    covered : the cell lies inside a merged range and is not its first cell.
    """

    kind: str
    text: str
    flags: tuple[str, ...] = ()
    moment: datetime | None = None
    covered: bool = False

    def flagged(self, *flags: str) -> TypedCell:
        """The same cell with more flags."""
        return replace(self, flags=(*self.flags, *flags))


Cell = str | TypedCell
"""Plain text is a str (always so in text files); "" is an empty cell."""

MergedRange = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 1 and inclusive."""


@dataclass
class Sheet:
    """One sheet, or one text file, with rows of equal meaning but not always equal length.

    Parameters
    ----------
    name : of the sheet, "" for a text file.
    rows : row or line number from 1, and the cells up to the last filled one.
    sparse : rows without any content are left out of `rows`.
    hidden, hidden_rows, hidden_columns, merged : as the workbook says; numbers from 1.
    notes : codes of dispositions that concern the whole sheet.
    """

    name: str
    rows: list[tuple[int, Sequence[Cell]]]
    sparse: bool = False
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[MergedRange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def cell_text(cell: Cell) -> str:
    """The text of a cell without surrounding blanks."""
    return cell.strip() if isinstance(cell, str) else cell.text.strip()


def sent_text(cell: Cell) -> str:
    """The text exactly as sent; of a number cell the digits its file stores and shows."""
    return cell if isinstance(cell, str) else cell.text


def plain_digits(value: float, decimals: int) -> str:
    """A number with the decimals it was reported with, never in exponent form.

    >>> plain_digits(5.1, 2), plain_digits(1e-07, 8)
    ('5.10', '0.00000010')
    """
    return f"{Decimal(repr(value)):.{decimals}f}"


def number_cell(value: float | int, number_format: str) -> TypedCell:
    """A number cell as digits: shortest decimal text, trailing zeros from the number format.

    Parameters
    ----------
    value : the stored number.
    number_format : the cell's format code, e.g. "General", "0.00".

    Notes
    -----
    5.0999999999999996 is the same binary number as 5.1 and gives "5.1". A number of more than 15
    digits is an artefact of binary arithmetic, is cut to 15 and flagged. A format that shows more
    decimals restores trailing zeros; one that shows fewer never removes digits. A percent format
    gives the percentage with its sign.

    Examples
    --------
    >>> number_cell(5.1, "0.00").text, number_cell(0.1 + 0.2, "General").text, number_cell(7.0, "@").text
    ('5.10', '0.3', '7')
    """
    number = Decimal(repr(value))
    flags: list[str] = []
    if number.is_finite() and len(number.as_tuple().digits) > SIGNIFICANT_DIGITS and number != int(number):
        number = Decimal(format(value, f".{SIGNIFICANT_DIGITS}g"))
        flags.append("float_artefact")
    pattern = _LITERALS.sub("", number_format.split(";")[0]).strip()
    percent = "%" in pattern
    if percent:
        number *= 100
        flags.append("percent_format")
    if number == number.to_integral_value():
        number = number.quantize(Decimal(1)) if abs(number) < 10**SIGNIFICANT_DIGITS else number
    else:
        number = number.normalize()
    text, note = _with_format_decimals(number, pattern)
    return TypedCell("number", text + "%" * percent, (*flags, *note))


def _with_format_decimals(number: Decimal, pattern: str) -> tuple[str, tuple[str, ...]]:
    """Digits with the trailing zeros the format shows, and the flag that says so."""
    text = format(number, "f")
    shown = _FIXED_DECIMALS.match(pattern)
    if shown is None:
        return text, ()
    wanted, present = len(shown.group(1) or ""), len(text.partition(".")[2])
    if present < wanted:
        return f"{number:.{wanted}f}", ("decimals_from_format",)
    return text, ("more_digits_than_shown",) if present > wanted else ()


def expand_merged(sheet: Sheet) -> None:
    """Give every cell of a merged range the first cell's content and the flag merged_cell, in place.

    Notes
    -----
    Only rows that exist in the sheet are touched, and no row is made wider than the widest one, so
    that a range over the whole sheet costs nothing.
    """
    width = max((len(row) for _, row in sheet.rows), default=0)
    position = {number: index for index, (number, _) in enumerate(sheet.rows)}
    for first_row, first_column, last_row, last_column in sheet.merged:
        if first_row not in position:
            continue
        source = sheet.rows[position[first_row]][1]
        first = source[first_column - 1] if first_column <= len(source) else ""
        if cell_text(first) == "":
            continue
        for index in range(position[first_row], len(sheet.rows)):
            number, row = sheet.rows[index]
            if number > last_row:
                break
            filled = list(row) + [""] * (min(last_column, width) - len(row))
            for column in range(first_column, min(last_column, width) + 1):
                covered = (number, column) != (first_row, first_column)
                filled[column - 1] = _merged(first, covered)
            sheet.rows[index] = (number, filled)


def _merged(first: Cell, covered: bool) -> TypedCell:
    """The first cell's content as seen from any cell of its range."""
    cell = TypedCell("text", first) if isinstance(first, str) else first
    return replace(cell.flagged("merged_cell"), covered=covered)
