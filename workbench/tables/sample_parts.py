"""Tables with one column a sample: as many tables side by side as the page is wide."""

from __future__ import annotations

from dataclasses import replace

from workbench.display import Table
from workbench.wording import text

MOST_SAMPLES = 8
"""Columns of samples a page holds beside the names of the rows."""

WIDEST_MM = 26.0
"""A column of a sample is never wider."""


def parts_by_samples(table: Table, tails: int, locale: str) -> list[Table]:
    """The table itself, or several, each with some of the samples.

    Parameters
    ----------
    table : its first column names the rows; then one column a sample; then `tails` columns about all samples.
    tails : trailing columns; they, and the notes, stand in the last part.

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
    return [
        _part(table, (edges[k], edges[k + 1]), tails if k == n_parts - 1 else 0, locale)
        for k in range(n_parts)
    ]


def _part(table: Table, span: tuple[int, int], tails: int, locale: str) -> Table:
    """Some of the samples, in columns as wide as there is room now."""
    first, last = span
    kept = [0, *range(first, last), *range(len(table.columns) - tails, len(table.columns))]
    wider = (len(table.columns) - 1) / (last - first)
    columns = tuple(
        replace(column, width_mm=min(WIDEST_MM, column.width_mm * wider))
        if first <= at < last and column.width_mm
        else column
        for at, column in ((at, table.columns[at]) for at in kept)
    )
    ends = table.columns[first].heading, table.columns[last - 1].heading
    return replace(
        table,
        id=f"{table.id}-{ends[0]}",
        caption=text("caption.samples_part", locale, caption=table.caption, first=ends[0], last=ends[1]),
        columns=columns,
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
        notes=table.notes if last + tails == len(table.columns) else (),
    )
