"""What the sections of an indicator report show, for a laboratory and for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.display import Displayed, Figure, FigureRow
from workbench.figures.funnel import CURVE_POINTS, Funnel, funnel
from workbench.figures.percentile_strip import StripRow, percentile_strip
from workbench.reports.pictures import numbered, numbered_row
from workbench.statistics.funnel import funnel_limits
from workbench.tables.indicators import definitions_table, indicators_table, levels_table, sentences_table

LEVELS = (0.95, 0.998)
"""Two-sided probabilities of the funnel's limits."""


def own_summary(twin: Mapping[str, Any], locale: str) -> tuple[Displayed, ...]:
    """The table of own figures and what is to be said of them."""
    return indicators_table(twin["analytes"], locale), sentences_table(twin["analytes"], locale)


def own_strip(twin: Mapping[str, Any], locale: str) -> tuple[Figure, ...]:
    """G17 of every indicator that may be compared."""
    rows = []
    for entry in twin["analytes"]:
        part = entry["coded"]["indicator"]
        if part["percentiles"] is not None:
            forms = [part["printed"][f"p{p}"] for p in (5, 25, 50, 75, 95)]
            own = part["value"] if part["state"] in ("valid", "questioned") else None
            name = entry["name_zh" if locale == "zh_CN" else "name_en"]
            rows.append(
                StripRow(name, part["percentiles"], own, part["better"], forms, part["printed"]["value"])
            )
    return (numbered(percentile_strip(rows, locale), "1", locale),) if rows else ()


def own_funnels(twin: Mapping[str, Any], locale: str) -> tuple[FigureRow, ...]:
    """G18 of every rate of the laboratory that lies beyond chance, two beside each other."""
    figures = []
    for entry in twin["analytes"]:
        part = entry["coded"]["indicator"]
        if part["outside"] and part["centre"] and part["denominator"]:
            own = (part["denominator"], part["numerator"] / part["denominator"])
            figures.append(_funnel(entry, part["centre"], [], own, locale))
    return (numbered_row(figures, "2", locale),) if figures else ()


def all_funnels(entries: Sequence[Mapping[str, Any]], locale: str) -> tuple[FigureRow, ...]:
    """G18 of every rate over all laboratories, anonymous."""
    figures = [
        _funnel(entry, part["centre"], part["points"], None, locale)
        for entry in entries
        if (part := entry["coded"]["indicator"])["points"] and part["centre"]
    ]
    pairs = [figures[i : i + 2] for i in range(0, len(figures), 2)]
    return tuple(numbered_row(pair, f"1.{no}", locale) for no, pair in enumerate(pairs, 1))


def _funnel(
    entry: Mapping[str, Any],
    centre: float,
    points: Sequence[Sequence[float]],
    own: tuple[float, float] | None,
    locale: str,
) -> Figure:
    """One funnel with exact limits over the range of the denominators."""
    known = [point[0] for point in points] + ([own[0]] if own else [])
    low, high = max(min(known) * 0.6, 2.0), max(max(known) * 1.6, 4.0)
    grid = np.unique(np.round(np.geomspace(low, high, CURVE_POINTS)))
    inner, outer = (funnel_limits(grid, centre, level) for level in LEVELS)
    limits = np.column_stack([grid, inner[0], inner[1], outer[0], outer[1]]).tolist()
    name = entry["name_zh" if locale == "zh_CN" else "name_en"]
    return funnel(Funnel(name, centre, limits, [(d, s) for d, s in points], own), locale)


def definitions(twin: Mapping[str, Any], number: str, locale: str) -> tuple[Displayed, ...]:
    """What each indicator counts."""
    return (definitions_table(twin["analytes"], number, locale),)


def levels(twin: Mapping[str, Any], locale: str) -> tuple[Displayed, ...]:
    """Percentiles by hospital level."""
    return (levels_table(twin["analytes"], "2", locale),)
