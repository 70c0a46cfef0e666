"""T-SMP: the samples of one item, for a laboratory and for all participants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.display import Cell, Table
from workbench.tables.cells import caption, columns, dash_notes, plain, verdict_cell
from workbench.wording import join, text

_WIDTHS = (
    ("sample", "left", 13.0),
    ("result", "decimal", 15.0),
    ("assigned_value", "decimal", 13.0),
    ("range", "right", 25.0),
    ("bias", "decimal", 13.0),
    ("percent_allowed", "right", 11.0),
    ("score", "decimal", 12.0),
    ("n", "right", 9.0),
    ("robust_mean", "decimal", 13.0),
    ("cv", "decimal", 11.0),
    ("all_robust_mean", "decimal", 14.0),
    ("verdict", "left", 25.0),
)
_FIELDS = (
    "assigned_value",
    "range",
    "bias",
    "percent_allowed",
    "score",
    "n",
    "robust_mean",
    "cv",
    "all_robust_mean",
)
_WITH_UNCERTAINTY = {"zeta": "zeta_score", "en": "en_score"}
"""Columns that exist only where some sample has the score; ahead of the group's n."""
_NARROW = {
    "result": 14.0,
    "assigned_value": 12.0,
    "range": 21.0,
    "bias": 11.0,
    "score": 10.0,
    "robust_mean": 11.0,
    "cv": 10.0,
    "all_robust_mean": 12.0,
    "verdict": 21.0,
}
"""Widths (mm) beside columns of 10 mm for zeta and E_n: the table still fits a portrait page."""
_PROGRAMME = (
    ("sample", "left", 20.0),
    ("n", "right", 14.0),
    ("assigned_value", "decimal", 22.0),
    ("u", "decimal", 18.0),
    ("robust_sd", "decimal", 18.0),
    ("cv", "decimal", 16.0),
    ("range", "right", 34.0),
    ("acceptable", "right", 33.0),
)


def sample_detail_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample of one item; the last line gives score, pass mark and verdict.

    Parameters
    ----------
    entry : one element of the twin's `analytes`.
    number : running number of the table, e.g. `2.3`.
    locale : `zh_CN` or `en`.

    Notes
    -----
    The column of the bias is a percentage or a difference, whichever the limit uses; the column of
    the score says z or z′. ζ and E_n have columns only where some sample has them, which takes an
    uncertainty from the laboratory, for E_n also a target independent of participants. A dash is
    explained below the table, and so is each reason for not scoring.
    """
    results = entry["results"]
    specs, fields = _specs(entry), _fields(entry)
    notes = (
        *_uncertainty_notes(entry, locale),
        *_reason_notes(results),
        *dash_notes(results, locale, fields),
    )
    return Table(
        id=f"T-SMP-{number}",
        caption=caption(number, "smp", locale, item=entry["printed"]["name_and_unit"]),
        columns=columns("smp", locale, *specs),
        rows=tuple(_row(result, fields) for result in results),
        notes=(entry["printed"]["score_line"], *notes),
    )


def _uncertain(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Which of zeta and E_n some sample has: both need an uncertainty that the laboratory reported."""
    results = entry["results"]
    return tuple(
        key
        for key, name in _WITH_UNCERTAINTY.items()
        if any(result.get(name) is not None for result in results)
    )


def _fields(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """The printed fields between the own result and the verdict."""
    return (*_FIELDS[:5], *_uncertain(entry), *_FIELDS[5:])


def _specs(entry: Mapping[str, Any]) -> tuple[tuple[str, str, float | None], ...]:
    """Column heads with the kind of bias and the kind of score in words."""
    keys, more = {"bias": entry["bias_kind"], "score": entry["score_kind"]}, _uncertain(entry)
    widths = _NARROW if more else {}
    specs = tuple((keys.get(key, key), align, widths.get(key, width)) for key, align, width in _WIDTHS)
    return (*specs[:7], *((key, "decimal", 10.0) for key in more), *specs[7:])


def _uncertainty_notes(entry: Mapping[str, Any], locale: str) -> tuple[str, ...]:
    """The expanded uncertainties the laboratory reported, and what the scores made of them are for."""
    stated = [
        f"{result['sample']} {result['printed']['expanded_u_result']}"
        for result in entry["results"]
        if result.get("expanded_u_result") is not None
    ]
    scores = [text(f"table.smp.{key}", locale) for key in _uncertain(entry)]
    told = (("", "list", stated), ("_scores", "scores", scores))
    return tuple(
        text(f"table.smp.uncertainty{key}", locale, **{name: join(parts, locale)})
        for key, name, parts in told
        if parts
    )


def _row(result: Mapping[str, Any], fields: tuple[str, ...]) -> tuple[Cell, ...]:
    printed = result["printed"]
    verdict = verdict_cell(printed["verdict"], result["signal"], result["findings"])
    return (*plain(result["sample"], printed["value"], *(printed[field] for field in fields)), verdict)


def _reason_notes(results: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The reasons for not scoring, each once."""
    return tuple(dict.fromkeys(r["printed"]["reason"] for r in results if r["printed"].get("reason")))


def programme_sample_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample of one item over all participants: target, spread, limits, share acceptable."""
    samples = entry["samples"]
    fields = [key for key, _, _ in _PROGRAMME if key != "sample"]
    rows = tuple(
        plain(sample["sample"], *(sample["printed"][field] for field in fields)) for sample in samples
    )
    return Table(
        id=f"T-SMP-{number}",
        caption=caption(number, "pr_samples", locale, item=entry["printed"]["name_and_unit"]),
        columns=columns("pr_samples", locale, *_PROGRAMME),
        rows=rows,
        notes=(*_reason_notes(samples), *dash_notes(samples, locale, fields)),
    )
