"""The figures of the reports, drawn from the twin and numbered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.display import Figure, FigureRow
from workbench.figures import (
    CvSeries,
    Density,
    DeviationRow,
    Distribution,
    GroupRow,
    Groups,
    History,
    Levels,
    PassRate,
    cv_by_level,
    deviation_by_level,
    deviation_strips,
    distribution_row,
    history,
    modes,
    pass_rates,
)
from workbench.figures import groups as groups_figure
from workbench.figures.bias import BiasRow, biases
from workbench.wording import text

_SHOWN = ("assigned_value", "limit_low", "limit_high", "value", "percentile", "verdict")
_PATTERNS = {"S12": "constant", "S13": "proportional", "S14": "random"}
_CURVE_POINTS = 25
GROUPS_MOST = 14
"""A figure of groups shows so many; the table holds them all."""
SERIES_MOST = 4


def numbered(figure: Figure, no: str, locale: str) -> Figure:
    """The figure with its number before the caption."""
    return replace(figure, caption=text("furniture.figure", locale, no=no, caption=figure.caption))


def numbered_row(figures: Sequence[Figure], no: str, locale: str, caption: str = "") -> FigureRow:
    """Figures side by side under one caption: the one given, or their own joined."""
    joined = caption or " ".join(figure.caption for figure in figures)
    shown = tuple(replace(figure, caption="") for figure in figures)
    return FigureRow(shown, text("furniture.figure", locale, no=no, caption=joined))


def _split(figures: Sequence[Figure], no: str, locale: str) -> tuple[Figure, ...]:
    """Parts of one figure, numbered 1.1, 1.2 when there are several."""
    numbers = [no] if len(figures) == 1 else [f"{no}.{i}" for i in range(1, len(figures) + 1)]
    return tuple(numbered(figure, part, locale) for figure, part in zip(figures, numbers, strict=True))


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
    return _split(deviation_strips(rows, locale), "1", locale)


def _named(entry: Mapping[str, Any]) -> str:
    """Name of an item with its device."""
    return " ".join(part for part in (entry["printed"]["name"], entry.get("device_id")) if part)


def short_sample(sample: str) -> str:
    """What marks a sample in a crowded figure: its last character."""
    return sample[-1:]


def distributions(entry: Mapping[str, Any], no: int, locale: str) -> tuple[FigureRow, ...]:
    """G2: the distribution of each sample of one item, own group and own result marked."""
    panels = [_panel(entry, result, result["group"]["n"] is not None) for result in entry["results"]]
    row = distribution_row(panels, _named(entry), locale, data=False)
    return (numbered_row(row.figures, f"2.{no}", locale, row.caption),)


def anonymous_distributions(entry: Mapping[str, Any], no: int, locale: str) -> tuple[FigureRow, ...]:
    """G2 of a programme's report: no own mark, no own group."""
    panels = [_panel(entry, sample, False) for sample in entry["samples"]]
    row = distribution_row(panels, _named(entry), locale, data=False)
    return (numbered_row(row.figures, f"2.{no}", locale, row.caption),)


def _panel(entry: Mapping[str, Any], result: Mapping[str, Any], with_group: bool) -> Distribution:
    """One panel from one result of the twin."""
    nothing: dict[str, Any] = {"edges": [], "all": [], "own_group": None, "tail_low": 0, "tail_high": 0}
    histogram = result["histogram"] or nothing
    return Distribution(
        analyte=_named(entry),
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
) -> tuple[FigureRow, ...]:
    """G4 and G3 side by side for each failed or watched item."""
    rows = []
    for no, entry in enumerate(entries, 1):
        figures = [figure for figure in (_history(entry, twin, locale), _levels(entry, locale)) if figure]
        if figures:
            rows.append(numbered_row(figures, f"3.{no}", locale))
    return tuple(rows)


def _history(entry: Mapping[str, Any], twin: Mapping[str, Any], locale: str) -> Figure | None:
    """G4: the item's samples in order of time, this round's last."""
    now = [
        {"round": twin["round"], "sample": result["sample"], "percent_allowed": result["percent_allowed"]}
        for result in entry["results"]
    ]
    points = [*entry["sample_history"], *now]
    values = [math.nan if p["percent_allowed"] is None else p["percent_allowed"] for p in points]
    if all(math.isnan(value) for value in values):
        return None
    rounds, samples = [p["round"] for p in points], [p["sample"] for p in points]
    return history(History(_named(entry), values, rounds, samples), locale)


def _levels(entry: Mapping[str, Any], locale: str) -> Figure | None:
    """G3: deviation against level, this round."""
    absolute = entry["bias_kind"] == "difference"
    known = [r for r in entry["results"] if r[entry["bias_kind"]] is not None and r["assigned_value"]]
    if not known:
        return None
    known.sort(key=lambda result: result["assigned_value"])
    pattern = next((_PATTERNS[s["code"]] for s in entry["sentences"] if s["code"] in _PATTERNS), "none")
    return deviation_by_level(
        Levels(
            _named(entry),
            [result["assigned_value"] for result in known],
            [result[entry["bias_kind"]] for result in known],
            [False] * len(known),
            limit=list(_limit_curve(entry["criterion"], known, absolute)),
            unit=entry["printed"]["unit"],
            absolute=absolute,
            pattern=pattern,
        ),
        locale,
    )


def _limit_curve(
    criterion: Mapping[str, Any], results: Sequence[Mapping[str, Any]], absolute: bool
) -> Iterator[tuple[float, float]]:
    """Allowed deviation over the range of the targets, in the unit of the axis."""
    low, high = results[0]["assigned_value"], results[-1]["assigned_value"]
    if criterion["kind"] is None or low == high:
        return
    for i in range(_CURVE_POINTS + 1):
        target = low + (high - low) * i / _CURVE_POINTS
        allowed = _allowed(criterion, target)
        if allowed is not None:
            yield target, allowed if absolute else 100 * allowed / target


def _allowed(criterion: Mapping[str, Any], target: float) -> float | None:
    """The allowed deviation at a target, for drawing only; verdicts use exact decimals."""
    share = target * criterion["percent"] / 100 if criterion["percent"] is not None else None
    amount: float | None = criterion["absolute"]
    if criterion["kind"] == "breakpoint":
        return amount if target <= criterion["breakpoint"] else share
    if criterion["kind"] == "greater_of" and share is not None and amount is not None:
        return max(share, amount)
    return share if criterion["kind"] == "percent" else amount


def bias(entry: Mapping[str, Any], no: str, locale: str) -> tuple[Figure, ...]:
    """G23 of one item of a trueness verification."""
    rows = [
        BiasRow(p["sample"], p["percent_bias"], p["percent_limit"], p["percent_u"], p["en_score"])
        for p in entry["trueness"]
    ]
    return (numbered(biases(_named(entry), rows, locale), no, locale),)


def groups(entry: Mapping[str, Any], sample: str, no: int, locale: str) -> tuple[Figure, ...]:
    """G5: the groups of one item and sample against the target."""
    parts = [g for g in entry["groups"] if g["sample"] == sample and not g["suppressed"]]
    results = entry.get("results" if "own_group" in entry else "samples", ())
    result = next(result for result in results if result["sample"] == sample)
    target, allowed = result["assigned_value"], result["allowable_error"]
    rows = [
        GroupRow(
            part["printed"]["group"],
            part["n"],
            part["percent_difference"],
            200 * part["u"] / target if part["u"] is not None and target else None,
            part["own"],
        )
        for part in parts
        if part["percent_difference"] is not None
    ][:GROUPS_MOST]
    if not rows:
        return ()
    limit = 100 * allowed / target if allowed and target else None
    everyone = next((part["n"] for part in parts if part["level"] == "all"), 0)
    figure = groups_figure(Groups(_named(entry), sample, rows, limit, everyone), locale)
    return (numbered(figure, f"4.{no}", locale),)


def all_pass_rates(twin: Mapping[str, Any], locale: str) -> tuple[Figure, ...]:
    """G14: pass rate of every item with its interval, last round hollow."""
    rows = [
        PassRate(
            entry["printed"]["name"],
            entry["pass_rate"]["a"],
            entry["pass_rate"]["n"],
            entry["pass_rate"]["low"],
            entry["pass_rate"]["high"],
            entry["trend"][-2]["pass_rate"] if len(entry["trend"]) > 1 else None,
        )
        for entry in twin["analytes"]
        if entry["pass_rate"]["n"]
    ]
    mark = twin["analytes"][0]["criterion"]["pass_mark"] if twin["analytes"] else 80.0
    return _split(pass_rates(rows, locale, mark), "1", locale) if rows else ()


def spread_and_modes(entry: Mapping[str, Any], no: int, locale: str) -> tuple[FigureRow, ...]:
    """G15, and G16 for each sample with several modes, two beside each other."""
    figures = [figure for figure in (_spread(entry, locale), *_densities(entry, locale)) if figure]
    return (numbered_row(figures, f"5.{no}", locale),) if figures else ()


def _spread(entry: Mapping[str, Any], locale: str) -> Figure | None:
    """G15: robust CV against level, all laboratories first, then the largest groups."""
    chosen: dict[str, list[tuple[float, float]]] = {}
    targets = {sample["sample"]: sample["assigned_value"] for sample in entry["samples"]}
    for part in entry["groups"]:
        if not part["suppressed"] and part["cv"] is not None and targets[part["sample"]]:
            name = part["printed"]["group"]
            chosen.setdefault(name, []).append((targets[part["sample"]], part["cv"]))
    everyone = [name for name, _ in chosen.items()][:SERIES_MOST]
    series = [CvSeries(name, *map(list, zip(*chosen[name], strict=True))) for name in everyone]
    return cv_by_level(entry["printed"]["name"], series, locale, entry["printed"]["unit"]) if series else None


def _densities(entry: Mapping[str, Any], locale: str) -> Iterator[Figure]:
    """G16: density of the results of each sample that has several modes."""
    for sample in entry["samples"]:
        found = [mode for mode in entry["modes"] if mode["sample"] == sample["sample"]]
        curve = sample["density"]
        if len(found) < 2 or curve is None:
            continue
        yield modes(
            Density(
                entry["printed"]["name"],
                sample["sample"],
                entry["printed"]["unit"],
                curve["grid"],
                curve["density"],
                [(mode["location"], mode["share"]) for mode in found],
                sample["n"] or 0,
                target=sample["assigned_value"],
                limit_low=sample["limit_low"],
                limit_high=sample["limit_high"],
                decimals=entry["decimals"] + 1,
            ),
            locale,
        )
