"""T-GRP: the peer groups of one item beside its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns, dash_notes, item_cell
from workbench.wording import text

FALLBACK_MARK = "◇"

_COLUMNS = (
    ("peer_group", "left", 52.0),
    ("level", "center", 31.0),
    ("n", "right", 10.0),
    ("robust_mean", "decimal", 16.0),
    ("robust_sd", "decimal", 14.0),
    ("cv", "decimal", 11.0),
    ("u", "decimal", 13.0),
    ("percent_difference", "decimal", 14.0),
    ("pass_rate", "right", 14.0),
)
_FIELDS = ("n", "robust_mean", "robust_sd", "cv", "u", "percent_difference", "pass_rate")
_OVERVIEW = (
    ("item", "left", 42.0),
    ("peer_group", "left", 48.0),
    ("level", "left", 31.0),
    ("n", "right", 14.0),
    ("percent_difference", "decimal", 20.0),
    ("pass_rate", "right", 20.0),
)


def groups_table(entry: Mapping[str, Any], sample: str, number: str, locale: str) -> Table:
    """One row per group of one item x sample: own group first, then n descending.

    Parameters
    ----------
    entry : one element of the twin's `analytes`; its `groups` are already in the order of printing
        and already reduced to what may be disclosed.
    sample : sample code.
    number : running number of the table.
    locale : `zh_CN` or `en`.

    Notes
    -----
    Groups under the disclosure minimum stand in one line without statistics. A target taken from a
    wider group carries the mark ◇.
    """
    groups = [group for group in entry["groups"] if group["sample"] == sample]
    notes = [*dash_notes(groups, locale, _FIELDS)]
    if any(group["fallback"] for group in groups):
        notes.insert(0, text("table.grp.note_fallback", locale))
    if any(group["suppressed"] for group in groups):
        notes.append(text("table.grp.note_suppressed", locale, n_min=entry["disclosure_min"]))
    return Table(
        id=f"T-GRP-{number}",
        caption=caption(number, "grp", locale, item=entry["printed"]["name_and_unit"], sample=sample),
        columns=columns("grp", locale, *_COLUMNS),
        rows=tuple(_row(group) for group in groups),
        notes=tuple(notes),
    )


def _row(group: Mapping[str, Any]) -> tuple[Cell, ...]:
    printed, bold = group["printed"], bool(group["own"])
    mark = f" {FALLBACK_MARK}" if group["fallback"] else ""
    first = (Cell(printed["group"] + mark, bold=bold), Cell(printed["level"], bold=bold))
    return (*first, *(Cell(printed[field], bold=bold) for field in _FIELDS))


def all_groups_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample x group of one item in an anonymous report, samples in vial order."""
    groups = entry["groups"]
    (sample,) = columns("smp", locale, ("sample", "left", 17.0))
    specs = (("peer_group", "left", 40.0), ("level", "left", 26.0), *_COLUMNS[2:])
    notes = [*dash_notes(groups, locale, _FIELDS)]
    if any(group["suppressed"] for group in groups):
        notes.append(text("table.grp.note_suppressed", locale, n_min=entry["disclosure_min"]))
    return Table(
        id=f"T-GRP-{number}",
        caption=caption(number, "grp_all", locale, item=entry["printed"]["name_and_unit"]),
        columns=(sample, *columns("grp", locale, *specs)),
        rows=tuple((Cell(group["sample"]), *_row(group)) for group in groups),
        notes=tuple(notes),
    )


def own_groups_table(entries: Sequence[Mapping[str, Any]], number: str, locale: str) -> Table:
    """One row per item: the group it was judged by, over all samples of the round."""
    fields = ("peer_group", "level", "n", "percent_difference", "pass_rate")
    parts = [entry["own_group"] for entry in entries]
    rows = tuple(
        (item_cell(entry), *(Cell(part["printed"][field]) for field in fields))
        for entry, part in zip(entries, parts, strict=True)
    )
    return Table(
        id=f"T-GRP-{number}",
        caption=caption(number, "own_groups", locale),
        columns=columns("grp", locale, *_OVERVIEW),
        rows=rows,
        notes=dash_notes(parts, locale, fields),
    )
