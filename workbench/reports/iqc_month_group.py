"""Groups of a month of internal quality control, anonymous; one method per section."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from workbench.display import Box, DocumentHead, Line, Section, Table, Twin
from workbench.figures.sdi_plane import sdi_plane
from workbench.iqc.laboratory_cells import month_number
from workbench.iqc.system_groups import lot_comparison, system_groups
from workbench.parameters.iqc_items import control_analytes
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
from workbench.reports.iqc_meta import IqcIssue, provenance, report_head
from workbench.reports.iqc_month_twin import scheme_part, sealed_iqc
from workbench.reports.iqc_rule_words import rule_parts
from workbench.reports.iqc_sigma_part import sigma_displays, sigma_part
from workbench.reports.report_meta import localised
from workbench.reports.twin import number
from workbench.tables.cells import DASH, caption
from workbench.tables.control import simple_table
from workbench.wording import printed, text

_NUMBERS = ("laboratories", "points", "mean", "sd", "pooled_cv", "cv_median", "cv_p90", "to_all")


def open_iqc_groups(
    database: str, month: str, issue: IqcIssue, rules: str = "twelve", scheme: str = "default"
) -> IqcMonthGroup:
    """Open the anonymous report of a month; see `open_iqc_month`."""
    return IqcMonthGroup(evaluated_months(database, year_to(month), rules, scheme), issue)


@dataclass(frozen=True)
class IqcMonthGroup:
    """The month of all laboratories: its twin and the sections made from it."""

    evaluated: EvaluatedControls
    issue: IqcIssue

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed_iqc(group_twin(self.evaluated, self.issue))

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
        facts = {"laboratories": str(self.data["counts"]["laboratories"])}
        return iqc_head(self.data, self.data["month"], facts, self.locale)

    def conclusion(self) -> Section:
        """Counts."""
        counts = self.data["counts"]
        lines = [text("iqc.conclusion.group", self.locale, **{k: counts[k] for k in _COUNTS})]
        if counts["silent"]:
            lines.append(text("iqc.conclusion.silent", self.locale, n=counts["silent"]))
        return section(self.data, "conclusion", Box("", tuple(Line(line) for line in lines)))

    def table(self) -> Section:
        """One table a material: measuring systems, the most frequent first."""
        materials: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for row in self.data["rows"]:
            materials.setdefault((row["analyte"], row["level"], row["qc_lot"]), []).append(row)
        tables = [self._systems(k, rows) for k, rows in enumerate(materials.values(), start=1)]
        return section(self.data, "table", *tables, None if tables else note("no_rows", self.locale))

    def _systems(self, number_of: int, rows: list[Mapping[str, Any]]) -> Table:
        """Systems of one material; those below the least number are counted only."""
        first = rows[0]
        least = self.evaluated.scheme.laboratories_shown
        shown = [row for row in rows if row["laboratories"] >= least]
        specs: tuple[tuple[str, str, float | None], ...] = (
            ("system", "left", 41.0),
            ("labs", "right", 11.0),
            ("points", "right", 13.0),
            ("mean", "decimal", 18.0),
            ("sd", "decimal", 15.0),
            ("pooled", "decimal", 14.0),
            ("cv_median", "decimal", 14.0),
            ("cv_p90", "decimal", 13.0),
            ("to_all", "decimal", 14.0),
            ("grades", "center", 21.0),
        )
        names = (
            "laboratories",
            "points",
            "mean",
            "sd",
            "pooled_cv",
            "cv_median",
            "cv_p90",
            "to_all",
            "grades",
        )
        cells = [[row["printed"][k] for k in ("system", *names)] for row in shown]
        values = {
            "name": first["printed"]["name"],
            "unit": first["unit"] or "1",
            "material": first["printed"]["material"],
        }
        title = caption(f"1.{number_of}", "iqc_groups", self.locale, **values)
        made = simple_table(f"T-IG-{number_of}", title, specs, cells or [[DASH] * len(specs)], self.locale)
        hidden = len(rows) - len(shown)
        note = text("iqc.note.hidden_systems", self.locale, n=hidden, least=least)
        return Table(made.id, made.caption, made.columns, made.rows, notes=(note,) if hidden else ())

    def plane(self) -> Section:
        """Every laboratory's rows as dots."""
        bands = [(b.sdi, b.cvr) for b in self.evaluated.scheme.bands]
        dots = [{"sdi": a, "cvr": b, "level": ""} for a, b in self.data["dots"]]
        return section(self.data, "plane", sdi_plane(dots, bands, self.locale, own=False))

    def sigma(self) -> Section:
        """Normalised sigma and OPSpecs charts, and sigma by material."""
        shown = sigma_displays(self.data["sigma"], "2", self.locale)
        return section(self.data, "sigma", *(shown or (note("no_sigma", self.locale),)))

    def lots(self) -> Section:
        """Lots measured side by side."""
        specs: tuple[tuple[str, str, float | None], ...] = (
            ("item", "left", 50.0),
            ("old", "left", 30.0),
            ("new", "left", 30.0),
            ("labs", "right", 15.0),
            ("step", "decimal", 22.0),
            ("range", "left", 28.0),
        )
        rows = [
            [lot["printed"][k] for k in ("item", "old", "new", "laboratories", "percent", "range")]
            for lot in self.data["lots"]
        ]
        title = caption("3", "iqc_lots", self.locale)
        table = simple_table("T-IG-LOTS", title, specs, rows, self.locale) if rows else None
        return section(self.data, "lots", table_or_note(table, "no_lots", self.locale))

    def criteria(self) -> Section:
        """Rules, conventions, groups and grades."""
        return criteria_section(self.data, "4")

    def provenance(self) -> Section:
        """What the figures were made from."""
        return provenance_section(self.data, self._sealed[1])

    def how_to_read(self) -> Section:
        """The constant text."""
        return reading_section(self.data)


_COUNTS = ("laboratories", "points", "groups", "hidden", "n")


def group_twin(evaluated: EvaluatedControls, issue: IqcIssue) -> dict[str, Any]:
    """The twin of a month of all laboratories; no code, no group below the least number."""
    month, scheme = evaluated.last, evaluated.scheme
    every = evaluated.rows
    rows = every[every["month"] == month]
    groups = system_groups(rows, scheme)
    earlier = set(every.loc[every["month"] < month, "lab_code"])
    pairs = (
        rows.loc[rows["group_laboratories"] >= scheme.laboratories_graded, ["sdi", "cvr"]].dropna().round(2)
    )
    return {
        **report_head("IG", month, "ALL", issue),
        "month": month,
        "rows": [_group(row, evaluated, issue.locale) for row in groups.to_dict("records")],
        "sigma": sigma_part(evaluated, issue.locale),
        "dots": sorted([float(a), float(b)] for a, b in pairs.to_numpy()),
        "lots": _lots(lot_comparison(evaluated.table, [month_number(month)], scheme), issue.locale),
        "counts": {
            "laboratories": int(rows["lab_code"].nunique()),
            "points": int(rows["n"].sum()),
            "groups": len(groups),
            "hidden": int((groups["laboratories"] < scheme.laboratories_shown).sum()),
            "n": scheme.laboratories_shown,
            "silent": len(earlier - set(rows["lab_code"])),
        },
        "scheme": scheme_part(evaluated, issue.locale),
        "rule_set": rule_parts(evaluated.rules, issue.locale),
        "provenance": provenance(evaluated),
    }


def _group(row: Mapping[Any, Any], evaluated: EvaluatedControls, locale: str) -> dict[str, Any]:
    """One system on one material, and how it prints."""
    analyte = control_analytes().get(str(row["analyte"]))
    places = (analyte.decimals or 0) + 1 if analyte else 3
    values = {name: number(row[name]) for name in _NUMBERS}
    names = (*evaluated.scheme.grades, evaluated.scheme.not_graded)
    grades = {g: int(row[f"grade_{g}"]) for g in names}
    full = row["laboratories"] >= evaluated.scheme.laboratories_graded
    shown = {name: printed(values[name], 2) for name in ("pooled_cv", "cv_median", "cv_p90")}
    shown |= {
        "laboratories": str(row["laboratories"]),
        "points": str(row["points"]),
        "mean": printed(values["mean"], places),
        "sd": printed(values["sd"], places + 1),
        "to_all": printed(values["to_all"], 1, signed=True),
        "system": " · ".join(str(row[k]) for k in ("instrument", "reagent", "sub_type") if row[k]),
        "grades": "/".join(str(n) for n in grades.values()) if full else DASH,
        "name": localised(analyte, "name", locale) if analyte else str(row["analyte"]),
        "material": text("iqc.material", locale, level=row["level"], lot=row["qc_lot"]),
    }
    keys = ("analyte", "level", "qc_lot", "instrument", "reagent", "sub_type")
    whole = {k: row[k] for k in keys} | {"unit": analyte.unit if analyte else ""} | values
    return whole | {"grades": grades if full else None, "printed": shown}


def _lots(pairs: pd.DataFrame, locale: str) -> list[dict[str, Any]]:
    """Pairs of lots, and how they print."""
    found = []
    for row in pairs.to_dict("records"):
        analyte = control_analytes().get(str(row["analyte"]))
        name = localised(analyte, "name", locale) if analyte else str(row["analyte"])
        level = text("iqc.material", locale, level=row["level"], lot="").strip(" ·")
        shown = {
            "item": f"{name} {level}",
            "old": row["old"],
            "new": row["new"],
            "laboratories": str(row["laboratories"]),
            "percent": printed(row["percent"], 1, signed=True),
            "range": f"{printed(row['p10'], 1, signed=True)} … {printed(row['p90'], 1, signed=True)}",
        }
        found.append({str(k): v for k, v in row.items()} | {"printed": shown})
    return found
