"""A laboratory's quarter or year of internal quality control; one method per section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.display import Box, DocumentHead, FigureRow, Line, Section, Twin
from workbench.figures.control_months import control_months
from workbench.iqc.laboratory_cells import laboratory_cells, month_number, month_text
from workbench.iqc.moments import Moments
from workbench.iqc.periods import period_change
from workbench.reports.iqc_evaluation import MONTHS_SHOWN, EvaluatedControls, evaluated_months, year_to
from workbench.reports.iqc_furniture import (
    criteria_section,
    iqc_head,
    note,
    provenance_section,
    reading_section,
    section,
)
from workbench.reports.iqc_meta import IqcIssue, provenance, report_head
from workbench.reports.iqc_month_twin import scheme_part, sealed_iqc
from workbench.reports.iqc_rows import months_of, row_part, series_number
from workbench.reports.iqc_rule_words import rule_parts
from workbench.reports.twin import number
from workbench.tables.cells import caption
from workbench.tables.control import simple_table
from workbench.wording import printed, text

FIGURES_SHOWN = 12
_MATERIAL = ["analyte", "level", "instrument", "reagent", "sub_type", "calibrator"]


def open_iqc_summary(
    database: str,
    period: tuple[str, int],
    lab_code: str,
    issue: IqcIssue,
    rules: str = "twelve",
    scheme: str = "default",
) -> IqcSummary:
    """Open the summary of one laboratory.

    Parameters
    ----------
    period : last month and number of months, for example ("2026-06", 3) for a quarter.
    """
    last, months = month_number(period[0]), period[1]
    names = tuple(month_text(k) for k in range(last - months + 1, last + 1))
    whole = year_to(period[0]) if months <= MONTHS_SHOWN else names
    return IqcSummary(evaluated_months(database, whole, rules, scheme), names, lab_code, issue)


@dataclass(frozen=True)
class IqcSummary:
    """One laboratory's summary: its twin and the sections made from it."""

    evaluated: EvaluatedControls
    months_wanted: tuple[str, ...]
    lab_code: str
    issue: IqcIssue

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed_iqc(summary_twin(self.evaluated, self.months_wanted, self.lab_code, self.issue))

    @property
    def data(self) -> dict[str, Any]:
        """The twin."""
        return self._sealed[0]

    @property
    def locale(self) -> str:
        """Language of the report."""
        return self.issue.locale

    def twin(self) -> Twin:
        """The machine-readable copy."""
        return Twin(self._sealed[1], self._sealed[2])

    def head(self) -> DocumentHead:
        """Title block and page furniture."""
        first, last = self.months_wanted[0], self.months_wanted[-1]
        period = text("iqc.period.span", self.locale, first=first, last=last)
        return iqc_head(self.data, period, {"items": str(self.data["counts"]["items"])}, self.locale)

    def conclusion(self) -> Section:
        """Submissions, grades, what changed."""
        counts = self.data["counts"]
        grades = " · ".join(f"{g} {n}" for g, n in counts["grades"].items())
        lines = (
            text("iqc.conclusion.submitted", self.locale, n=counts["submitted"], of=counts["months"]),
            text("iqc.conclusion.period_grades", self.locale, grades=grades),
            text("iqc.conclusion.changed", self.locale, n=counts["changed"]),
        )
        return section(self.data, "conclusion", Box("", tuple(Line(line) for line in lines)))

    def table(self) -> Section:
        """One row per control material."""
        specs: tuple[tuple[str, str, float | None], ...] = (
            ("item", "left", 34.0),
            ("material", "left", 26.0),
            ("months", "right", 15.0),
            ("grade_row", "left", 36.0),
            ("worst_sdi", "decimal", 20.0),
            ("mean_cvr", "decimal", 20.0),
            ("cn", "right", 24.0),
        )
        keys = ("name", "material", "months", "grades", "worst_sdi", "mean_cvr", "points")
        rows = [[row["printed"][k] for k in keys] for row in self.data["rows"]]
        if not rows:
            return section(self.data, "table", note("no_rows", self.locale))
        title = caption("1", "iqc_period", self.locale)
        return section(self.data, "table", simple_table("T-IS", title, specs, rows, self.locale))

    def months(self) -> Section:
        """SDI month by month, the most varying materials first."""
        rows = [row for row in self.data["rows"] if len(row["months"]) > 1]
        rows.sort(key=lambda row: -(row["worst_sdi"] or 0))
        figures = [control_months(row, self.locale) for row in rows[:FIGURES_SHOWN]]
        pairs = [figures[k : k + 2] for k in range(0, len(figures), 2)]
        shown = [
            FigureRow(tuple(p), " / ".join(f.caption for f in p)) if len(p) == 2 else p[0] for p in pairs
        ]
        return (
            section(self.data, "months", *shown)
            if shown
            else section(self.data, "months", note("no_rows", self.locale))
        )

    def change(self) -> Section:
        """First half against second half."""
        specs: tuple[tuple[str, str, float | None], ...] = (
            ("item", "left", 30.0),
            ("material", "left", 24.0),
            ("before", "decimal", 20.0),
            ("after", "decimal", 20.0),
            ("change", "decimal", 16.0),
            ("interval", "left", 30.0),
            ("sd_ratio", "left", 35.0),
        )
        keys = ("name", "material", "before", "after", "percent", "interval", "sd_ratio")
        rows = [
            [row["change"]["printed"].get(k) or row["printed"].get(k) for k in keys]
            for row in self.data["rows"]
            if row["change"]
        ]
        if not rows:
            return section(self.data, "change", note("no_rows", self.locale))
        title = caption("2", "iqc_change", self.locale)
        return section(self.data, "change", simple_table("T-IS-CHANGE", title, specs, rows, self.locale))

    def criteria(self) -> Section:
        """Rules, conventions, groups and grades."""
        return criteria_section(self.data, "3")

    def provenance(self) -> Section:
        """What the figures were made from."""
        return provenance_section(self.data, self._sealed[1])

    def how_to_read(self) -> Section:
        """The constant text."""
        return reading_section(self.data)


def summary_twin(
    evaluated: EvaluatedControls, months: tuple[str, ...], lab_code: str, issue: IqcIssue
) -> dict[str, Any]:
    """The twin of one laboratory's period."""
    own = evaluated.of_laboratory.get(lab_code, evaluated.rows.iloc[:0])
    mine = own[own["month"].isin(months)]
    rows = [
        _material(evaluated, part, months, issue.locale)
        for _, part in mine.groupby([*_MATERIAL, "qc_lot"], sort=True)
    ]
    names = (*evaluated.scheme.grades, evaluated.scheme.not_graded)
    return {
        **report_head("IS", f"{months[0]}_{months[-1]}", lab_code, issue),
        "months": list(months),
        "rows": rows,
        "counts": {
            "months": len(months),
            "submitted": int(mine["month"].nunique()),
            "items": int(mine["analyte"].nunique()),
            "grades": {g: int((mine["grade"] == g).sum()) for g in names},
            "changed": sum(bool(row["change"] and row["change"]["is_change"]) for row in rows),
        },
        "scheme": scheme_part(evaluated, issue.locale),
        "rule_set": rule_parts(evaluated.rules, issue.locale),
        "provenance": provenance(evaluated),
    }


def _material(
    evaluated: EvaluatedControls, part: pd.DataFrame, months: tuple[str, ...], locale: str
) -> dict[str, Any]:
    """One material and lot over the period."""
    last = part.sort_values("month").to_dict("records")[-1]
    row = row_part(last, locale)
    (parts,) = months_of(part).values()
    sdi = [abs(m["sdi"]) for m in parts if m["sdi"] is not None]
    cvr = [m["cvr"] for m in parts if m["cvr"] is not None]
    row["months"] = parts
    row["worst_sdi"], row["mean_cvr"] = (max(sdi) if sdi else None), (float(np.mean(cvr)) if cvr else None)
    row["printed"] |= {
        "months": f"{len(parts)}/{len(months)}",
        "grades": " ".join(m["grade"] for m in parts),
        "worst_sdi": printed(row["worst_sdi"], 2),
        "mean_cvr": printed(row["mean_cvr"], 2),
        "points": str(int(part["n"].sum())),
    }
    row["change"] = _change(evaluated, last, months, row)
    return row


def _change(
    evaluated: EvaluatedControls, last: Mapping[Any, Any], months: tuple[str, ...], row: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Daily means of the first half of the lot's days against the second half; None with fewer than 20 days."""
    table = evaluated.table
    places = evaluated.places(series_number(evaluated, last), [month_number(m) for m in months])
    places = places[np.asarray(table.lots, dtype=object)[table.lot[places]] == last["qc_lot"]]
    cells = laboratory_cells(table.take(places), table.day[places])
    if len(cells) < 20:
        return None
    half = len(cells) // 2
    ones = np.ones(len(cells), dtype=np.intp)
    days = Moments(ones, cells.moments.mean, np.zeros(len(cells)))
    side = (np.arange(len(cells)) >= half).astype(np.intp)
    both = days.merged(side, 2)
    found = period_change(both.take(np.array([0])), both.take(np.array([1])))
    values = {name: number(float(getattr(found, name)[0])) for name in found.__dataclass_fields__}
    places_of = len(row["printed"]["mean"].rpartition(".")[2])
    interval = f"{printed(values['percent_low'], 1, signed=True)} … {printed(values['percent_high'], 1, signed=True)}"
    ratio = f"{printed(values['sd_ratio'], 2)} ({printed(values['sd_ratio_low'], 2)}–{printed(values['sd_ratio_high'], 2)})"
    shown = {
        "before": printed(float(both.mean[0]), places_of),
        "after": printed(float(both.mean[1]), places_of),
        "percent": printed(values["percent"], 1, signed=True),
        "interval": interval,
        "sd_ratio": ratio,
    }
    low, high = values["low"], values["high"]
    is_change = low is not None and high is not None and (low > 0 or high < 0)
    return {**values, "is_change": is_change, "printed": shown}
