"""Tables of coded items over all participants: samples, answers, drugs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.display import Cell, Column, Table
from workbench.tables.cells import caption, dash_notes
from workbench.tables.sample_parts import MOST_SAMPLES, parts_by_samples
from workbench.wording import text

_SAMPLES = (
    ("expected", "left", 40.0), ("method", "left", 25.0), ("n", "right", 12.0), ("agreement", "right", 28.0),
    ("common", "left", 53.0),
)  # fmt: skip
_WITHOUT_COMMON = ("susceptibility", "panel")
"""Families whose answers are many drugs or types: what was often wrong stands in their own table."""
_ANSWERS_MM = 120.0
"""Room for the columns of samples in the table of answers."""
_TOTALS = ("ca", "ea", "vme", "me", "minor")


def coded_samples_table(entry: Mapping[str, Any], number: str, locale: str) -> Table:
    """One row per sample of one coded item: expected answer, how it was set, n, agreement, common wrong answers."""
    specs = _SAMPLES if entry["family"] not in _WITHOUT_COMMON else _SAMPLES[:-1]
    fields = [key for key, _, _ in specs]
    samples = entry["samples"]
    rows = tuple(
        (Cell(part["sample"]), *(Cell(part["printed"][field]) for field in fields)) for part in samples
    )
    columns = (
        Column("sample", text("table.smp.sample", locale), width_mm=17.0),
        *(Column(key, text(f"table.coded_programme.{key}", locale), align=align, width_mm=width)
          for key, align, width in specs),
    )  # fmt: skip
    reasons = dict.fromkeys(part["printed"]["reason"] for part in samples if part["printed"].get("reason"))
    notes = (entry["coded"]["rule"], *reasons, *dash_notes(samples, locale, fields))
    title = caption(number, "coded_samples", locale, item=entry["printed"]["name"])
    return Table(f"T-SMP-{number}", title, columns, rows, notes=notes)


def answers_table(entry: Mapping[str, Any], number: str, locale: str) -> list[Table]:
    """One row per answer, one column per sample: how many laboratories gave it; the expected one in bold.

    Notes
    -----
    A sample with fewer answers than may be shown has dashes, explained below. Many samples take several tables.
    """
    samples = entry["samples"]
    width = min(24.0, _ANSWERS_MM / min(max(len(samples), 1), MOST_SAMPLES))
    columns = (
        Column("answer", text("figure.answer", locale), width_mm=50.0),
        *(Column(f"s{part['sample']}", part["sample"], align="right", width_mm=width) for part in samples),
    )
    rows = tuple(
        (Cell(part["name"]), *(_count_cell(count, sample, part["answer"])
                               for count, sample in zip(part["counts"], samples, strict=True)))
        for part in entry["coded"]["answers"]
    )  # fmt: skip
    hidden = any(sample["coded"]["counts"] is None for sample in samples)
    notes: tuple[str, ...] = (text("table.coded_programme.answers_note", locale),)
    if hidden:
        notes = (
            *notes,
            text("why.dash", locale, why=text("why.suppressed", locale, n_min=entry["disclosure_min"])),
        )
    title = caption(number, "coded_answers", locale, item=entry["printed"]["name"])
    return parts_by_samples(
        Table(f"T-ANS-{number}", title, columns, rows, notes=notes), 0, _ANSWERS_MM, locale
    )


def _count_cell(count: int | None, sample: Mapping[str, Any], answer: str) -> Cell:
    """One count; right answers in bold."""
    if count is None:
        return Cell("–")
    return Cell(
        str(count), bold=bool(count) and answer in (*sample["coded"]["accepted"], sample["coded"]["target"])
    )


def drug_totals_table(parts: Sequence[Mapping[str, Any]], number: str, locale: str) -> Table:
    """One row per drug over all participants: agreement and errors with their denominators."""
    columns = (
        Column("drug", text("table.coded.drug", locale), width_mm=37.0),
        *(
            Column(key, text(f"table.coded.total_{key}", locale), align="right", width_mm=27.0)
            for key in _TOTALS
        ),
    )
    rows = tuple((Cell(part["drug"]), *(Cell(part["printed"][key]) for key in _TOTALS)) for part in parts)
    title = caption(number, "coded_drug_totals", locale)
    return Table(f"T-AST-{number}", title, columns, rows, notes=dash_notes(parts, locale, _TOTALS))
