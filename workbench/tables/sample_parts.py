"""Tables with one column a sample: as many tables side by side as the page is wide."""

from __future__ import annotations

from dataclasses import replace

from workbench.display import Table
from workbench.wording import text

MOST_SAMPLES = 8
"""Columns of samples a page holds beside the names of the rows."""

WIDEST_MM = 26.0
"""A column of a sample is never wider."""


def parts_by_samples(table: Table, tails: int, room_mm: float, locale: str) -> list[Table]:
    """The table itself, or several, each with some of the samples.

    Parameters
    ----------
    table : its first column names the rows; then one column a sample; then `tails` columns about all samples.
    tails : trailing columns; they, and the notes, stand in the last part.
    room_mm : room for the columns of samples together (mm).

    Notes
    -----
    The samples are spread evenly; the caption of a part names its first and last sample.
    """
    end = len(table.columns) - tails
    count = end - 1
    if count <= MOST_SAMPLES:
        return [table]
    n_parts = -(-count // MOST_SAMPLES)
    edges = [1 + count * k // n_parts for k in range(n_parts + 1)]
    width = min(WIDEST_MM, room_mm / -(-count // n_parts))
    columns = tuple(
        replace(column, width_mm=width) if 0 < at < end else column for at, column in enumerate(table.columns)
    )
    wide = replace(table, columns=columns)
    return [
        _part(wide, (edges[k], edges[k + 1]), tails if k == n_parts - 1 else 0, locale)
        for k in range(n_parts)
    ]


def _part(table: Table, span: tuple[int, int], tails: int, locale: str) -> Table:
    """Some of the samples."""
    first, last = span
    kept = [0, *range(first, last), *range(len(table.columns) - tails, len(table.columns))]
    ends = table.columns[first].heading, table.columns[last - 1].heading
    return replace(
        table,
        id=f"{table.id}-{ends[0]}",
        caption=text("caption.samples_part", locale, caption=table.caption, first=ends[0], last=ends[1]),
        columns=tuple(table.columns[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
        notes=table.notes if last + tails == len(table.columns) else (),
    )
