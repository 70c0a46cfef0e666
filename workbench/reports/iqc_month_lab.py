"""A laboratory's month of internal quality control; one method per section."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.display import Block, Box, Displayed, DocumentHead, FigureRow, Line, Prose, Section, Twin
from workbench.figures.control_chart import control_chart
from workbench.figures.control_months import control_months
from workbench.figures.sdi_plane import sdi_plane
from workbench.figures.sigma_chart import sigma_chart
from workbench.reports.iqc_evaluation import EvaluatedControls, evaluated_months, year_to
from workbench.reports.iqc_furniture import (
    criteria_section,
    iqc_head,
    note,
    provenance_section,
    reading_section,
    section,
    table_or_note,
)
from workbench.reports.iqc_meta import IqcIssue
from workbench.reports.iqc_month_twin import month_twin, sealed_iqc
from workbench.reports.iqc_new_lots import new_lot_displays
from workbench.tables.control import (
    corrective_table,
    cumulative_table,
    excluded_table,
    hits_table,
    rows_table,
)

CHARTS_SHOWN = 12
"""Rows whose chart is printed at most, worst first; the twin holds the points of all."""


def open_iqc_month(
    database: str, month: str, lab_code: str, issue: IqcIssue, rules: str = "twelve", scheme: str = "default"
) -> IqcMonthLab:
    """Open the report of one laboratory and month.

    Parameters
    ----------
    database : URL of the store; a relative SQLite path is taken from the project's folder.
    month : for example "2026-04". rules, scheme : names of the rule set and the comparison scheme.

    Raises
    ------
    DataError
        when there are no control points up to that month.
    """
    return IqcMonthLab(evaluated_months(database, year_to(month), rules, scheme), lab_code, issue)


@dataclass(frozen=True)
class IqcMonthLab:
    """One laboratory's report: its twin and the sections made from it."""

    evaluated: EvaluatedControls
    lab_code: str
    issue: IqcIssue

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed_iqc(month_twin(self.evaluated, self.lab_code, self.issue))

    @property
    def data(self) -> dict[str, Any]:
        """The twin: all that is printed, unrounded and in printed form."""
        return self._sealed[0]

    @property
    def locale(self) -> str:
        """Language of the report."""
        return self.issue.locale

    def twin(self) -> Twin:
        """The machine-readable copy; shows nothing, travels inside the files."""
        return Twin(self._sealed[1], self._sealed[2])

    def head(self) -> DocumentHead:
        """Title block and page furniture."""
        items = str(self.data["counts"]["items"])
        return iqc_head(self.data, self.data["month"], {"items": items}, self.locale)

    def conclusion(self) -> Section:
        """Counts, grades, and the rows that need attention."""
        lines = tuple(Line(line["text"], strong=line["strong"]) for line in self.data["conclusion"])
        return section(self.data, "conclusion", Box("", lines))

    def table(self) -> Section:
        """Every control material of the month."""
        rows = self.data["rows"] or self.data["missing"]
        return section(
            self.data, "table", rows_table(self.data, self.locale) if rows else note("no_rows", self.locale)
        )

    def plane(self) -> Section:
        """SDI against CVR, and the normalised sigma chart."""
        bands = [(b.sdi, b.cvr) for b in self.evaluated.scheme.bands]
        plane = sdi_plane(self.data["rows"], bands, self.locale)
        if all(row["sigma"] is None for row in self.data["rows"]):
            return section(self.data, "plane", plane)
        sigma = sigma_chart(self.data["rows"], self.locale)
        both = f"{plane.caption} {sigma.caption}"
        return section(self.data, "plane", FigureRow((plane, sigma), both))

    def charts(self) -> Section:
        """A chart of every row with a rejected point or a grade C or D, worst first."""
        order = {"D": 0, "C": 1}
        rows = [r for r in self.data["rows"] if r["grade"] in order or r["rejected"] or r["wrong_calls"]]
        rows.sort(key=lambda r: (order.get(r["grade"], 2), -r["rejected"]))
        parts: list[Displayed] = [self._block(row) for row in rows[:CHARTS_SHOWN]]
        hits = hits_table(self.data, self.locale)
        if not parts:
            return section(self.data, "charts", note("no_charts", self.locale))
        return section(self.data, "charts", *parts, hits)

    def _block(self, row: dict[str, Any]) -> Block:
        """Chart, twelve months and remark of one row."""
        shown = row["printed"]
        title = f"{shown['name']} {shown['material']} · {shown['system']} · {row['grade']}"
        name = f"chart-{row['analyte']}-{row['level']}-{row['qc_lot']}-{row['instrument']}"
        parts: list[Displayed] = [control_chart(row, self.locale)]
        if row["hint"]:
            parts.append(Prose((Line(row["hint"]),)))
        return Block(title, name, tuple(parts), unbreakable=True)

    def cumulative(self) -> Section:
        """Figures of the whole lot, and twelve months of the rows that need attention."""
        rows = [r for r in self.data["rows"] if len(r["months"]) > 1 and r["grade"] in ("C", "D")][:6]
        figures = [control_months(row, self.locale) for row in rows]
        pairs = [tuple(figures[k : k + 2]) for k in range(0, len(figures), 2)]
        shown = [FigureRow(pair, "") if len(pair) == 2 else pair[0] for pair in pairs]
        return section(self.data, "cumulative", cumulative_table(self.data, self.locale), *shown)

    def new_lots(self) -> Section:
        """Lots in their first values, by the immediate method."""
        shown = new_lot_displays(self.data["new_lots"], "7", self.locale)
        return section(self.data, "new-lots", *(shown or (note("no_new_lots", self.locale),)))

    def exclusions(self) -> Section:
        """Points left out of statistics, with the reason."""
        found = excluded_table(self.data, self.locale)
        return section(self.data, "exclusions", table_or_note(found, "no_excluded", self.locale))

    def criteria(self) -> Section:
        """Rules, conventions, groups and grades."""
        return criteria_section(self.data, "5")

    def signoff(self) -> Section:
        """Fields for causes, measures and signature."""
        return section(self.data, "signoff", corrective_table(self.data, self.locale))

    def provenance(self) -> Section:
        """What the figures were made from."""
        return provenance_section(self.data, self._sealed[1])

    def how_to_read(self) -> Section:
        """The constant text."""
        return reading_section(self.data)
