"""Printed column widths, settled before typesetting."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Protocol

from .widths import MM_PER_EM, longest_token, tail_width, text_width

PADDING_MM = 2.4
"""1.2 mm on each side of a cell."""
SLACK_MM = 0.6
BOLD = 1.04
"""Bold text needs a little more room."""


class CellLike(Protocol):
    """What a width needs to know of a cell."""

    @property
    def text(self) -> str:
        """Printed text."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Superscripts."""

    @property
    def bold(self) -> bool:
        """Bold text is a little wider."""


class ColumnLike(Protocol):
    """What a width needs to know of a column."""

    @property
    def heading(self) -> str:
        """Header text."""

    @property
    def unit(self) -> str:
        """Unit under the header text."""

    @property
    def align(self) -> str:
        """left, right, center or decimal."""

    @property
    def width_mm(self) -> float | None:
        """Wanted width (mm)."""


def printed_widths(
    columns: Sequence[ColumnLike], rows: Sequence[Sequence[CellLike]], available_mm: float
) -> list[float]:
    """Widths (mm) of all columns, padding included, that fit the text width.

    Parameters
    ----------
    columns, rows : of one table.
    available_mm : text width (mm).

    Returns
    -------
    One width a column, rounded to 0.1 mm. A wanted width is kept unless a run that cannot break
    needs more; columns without one get what their longest line needs. When the sum is too wide,
    the columns without a wanted width give way first, then all, down to their longest unbreakable run.
    """
    least = [_least(column, [row[i] for row in rows]) for i, column in enumerate(columns)]
    natural = [
        max(column.width_mm, least[i])
        if column.width_mm is not None
        else max(least[i], _natural(column, [row[i] for row in rows]))
        for i, column in enumerate(columns)
    ]
    free = [column.width_mm is None for column in columns]
    natural = _fitted(natural, least, free, available_mm)
    natural = _fitted(natural, least, [True] * len(columns), available_mm)
    natural = _headings_unfolded(columns, natural, available_mm)
    if sum(natural) > available_mm:
        natural = [width * available_mm / sum(natural) for width in natural]
    return [int(width * 10 + 1e-6) / 10 for width in natural]


def _fitted(
    widths: list[float], least: list[float], may_give: list[bool], available_mm: float
) -> list[float]:
    """Take what is too much from the columns that may give, in proportion to what they can spare."""
    excess = sum(widths) - available_mm
    spare = [
        max(0.0, w - floor) if may else 0.0 for w, floor, may in zip(widths, least, may_give, strict=True)
    ]
    if excess <= 0 or not any(spare):
        return widths
    share = min(1.0, excess / sum(spare))
    return [width - share * give for width, give in zip(widths, spare, strict=True)]


def _headings_unfolded(
    columns: Sequence[ColumnLike], widths: list[float], available_mm: float
) -> list[float]:
    """Spend what is left of the text width on headings that would fold, cheapest first."""
    spare = available_mm - sum(widths)
    needs = [
        (text_width(column.heading) * BOLD * MM_PER_EM + PADDING_MM + SLACK_MM - width, i)
        for i, (column, width) in enumerate(zip(columns, widths, strict=True))
        if column.width_mm is None
    ]
    widths = list(widths)
    for need, i in sorted(needs):
        if 0 < need <= spare:
            widths[i] += need
            spare -= need
    return widths


def _natural(column: ColumnLike, cells: Sequence[CellLike]) -> float:
    """Width (mm) that keeps every cell on one line, the header on its own lines."""
    widest = max((_cell_em(cell, text_width(_longest_line(cell.text))) for cell in cells), default=0.0)
    if column.align == "decimal":
        widest = max(widest, _decimal_em(cells))
    heading = text_width(column.heading) * BOLD
    header = max(heading if heading <= widest + 1.6 else heading / 2 + 0.6, text_width(column.unit) * 0.95)
    return max(widest, header) * MM_PER_EM + PADDING_MM + SLACK_MM


def _least(column: ColumnLike, cells: Sequence[CellLike]) -> float:
    """Width (mm) below which a run would leave its cell."""
    widest = max((_cell_em(cell, _unbreakable(column, cell.text)) for cell in cells), default=0.0)
    if column.align == "decimal":
        widest = max(widest, _decimal_em(cells))
    header = max(longest_token(column.heading) * BOLD, longest_token(column.unit) * 0.9)
    return ceil((max(widest, header, 1.0) * MM_PER_EM + PADDING_MM) * 10) / 10


def _unbreakable(column: ColumnLike, text: str) -> float:
    """Em of what must stay together: a short number or range whole, else its longest run."""
    if column.align != "left" and len(text) <= 14:
        return text_width(text)
    return longest_token(text)


def _decimal_em(cells: Sequence[CellLike]) -> float:
    """Em of an aligned column: widest part before the point plus widest part after it."""
    tails = [tail_width(cell.text) for cell in cells]
    most = max((tail for tail in tails if tail is not None), default=0.0)
    return max(
        (
            _cell_em(cell, text_width(cell.text)) - tail + most
            for cell, tail in zip(cells, tails, strict=True)
            if tail is not None
        ),
        default=0.0,
    )


def _cell_em(cell: CellLike, width: float) -> float:
    """Em with bold strokes and superscripts."""
    return width * (BOLD if cell.bold else 1.0) + 0.6 * text_width(", ".join(cell.notes))


def _longest_line(text: str) -> str:
    """The widest line of a text with line feeds."""
    return max(text.split("\n"), key=text_width)
