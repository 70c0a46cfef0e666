"""The figures of the reports, drawn from the twin and numbered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.display import Displayed, Figure, FigureRow
from workbench.figures.deviation_strip import DeviationRow, deviation_strips
from workbench.figures.distribution import Distribution, distribution_row
from workbench.wording import text

_SHOWN = ("assigned_value", "limit_low", "limit_high", "value", "percentile", "verdict")


def numbered(figure: Figure, no: str, locale: str) -> Figure:
    """The figure with its number before the caption."""
    return replace(figure, caption=text("furniture.figure", locale, no=no, caption=figure.caption))


def numbered_row(row: FigureRow, no: str, locale: str) -> FigureRow:
    """The row of panels with its number before the caption."""
    return replace(row, caption=text("furniture.figure", locale, no=no, caption=row.caption))


def deviations(twin: Mapping[str, Any], locale: str) -> tuple[Figure, ...]:
    """G1: every sample of every item as % of the allowed deviation."""
    rows = [
        DeviationRow(
            _named(entry),
            [result["percent_allowed"] for result in entry["results"]],
            [short_sample(result["sample"]) for result in entry["results"]],
            entry["printed"]["verdict"] if not entry["graded"] else "–",
        )
        for entry in twin["analytes"]
    ]
    figures = deviation_strips(rows, locale)
    numbers = ["1"] if len(figures) == 1 else [f"1.{i}" for i in range(1, len(figures) + 1)]
    return tuple(numbered(figure, no, locale) for figure, no in zip(figures, numbers, strict=True))


def _named(entry: Mapping[str, Any]) -> str:
    """Name of an item with its device."""
    return " ".join(part for part in (entry["printed"]["name"], entry["device_id"]) if part)


def short_sample(sample: str) -> str:
    """What marks a sample in a crowded figure: its last character."""
    return sample[-1:]


def distributions(entry: Mapping[str, Any], no: int, locale: str) -> tuple[Displayed, ...]:
    """G2: the distribution of each sample of one item, own group and own result marked."""
    panels = [_panel(entry, result, result["group"]["n"] is not None) for result in entry["results"]]
    row = distribution_row(panels, entry["printed"]["name"], locale)
    return (numbered_row(row, f"2.{no}", locale),)


def anonymous_distributions(entry: Mapping[str, Any], no: int, locale: str) -> tuple[Displayed, ...]:
    """G2 of a programme's report: no own mark, no own group."""
    panels = [_panel(entry, sample, False) for sample in entry["samples"]]
    row = distribution_row(panels, entry["printed"]["name"], locale)
    return (numbered_row(row, f"2.{no}", locale),)


def _panel(entry: Mapping[str, Any], result: Mapping[str, Any], with_group: bool) -> Distribution:
    """One panel from one result of the twin."""
    histogram = result["histogram"] or {
        "edges": [],
        "all": [],
        "own_group": None,
        "tail_low": 0,
        "tail_high": 0,
    }
    return Distribution(
        analyte=entry["printed"]["name"],
        sample=result["sample"],
        edges=histogram["edges"],
        counts=histogram["all"],
        own_group=(histogram["own_group"] or ()) if with_group else (),
        tail_low=histogram["tail_low"],
        tail_high=histogram["tail_high"],
        target=result["assigned_value"],
        limit_low=result["limit_low"],
        limit_high=result["limit_high"],
        own=result.get("value"),
        printed={name: result["printed"].get(name, "") for name in _SHOWN},
        n_min=entry["disclosure_min"],
    )


def histories(
    entries: Sequence[Mapping[str, Any]], twin: Mapping[str, Any], locale: str
) -> tuple[Displayed, ...]:
    """G4: the last samples of each failed or watched item."""
    return ()


def groups(entry: Mapping[str, Any], sample: str, no: int, locale: str) -> tuple[Displayed, ...]:
    """G5: the groups of one item and sample."""
    return ()
