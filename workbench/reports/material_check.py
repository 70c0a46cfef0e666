"""MC: homogeneity and stability of a round's material, from its measurements."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.display import Displayed
from workbench.errors import DataError
from workbench.evaluation.rules import AnalyteRule, analyte_rules
from workbench.figures.material_items import MaterialItems, material_items
from workbench.ingest.material_files import read_material_file
from workbench.parameters import catalogue, criteria
from workbench.reports.material_parts import (
    coded_tables,
    conclusion_lines,
    homogeneity_tables,
    measurement_table,
    sigma_table,
    stability_tables,
    study_part,
)
from workbench.reports.material_study import checked_studies, sigmas_given
from workbench.reports.period_parts import period_twin, programme_name, section_part, table_part
from workbench.reports.period_report import PeriodReport
from workbench.reports.pictures import numbered_row
from workbench.reports.report_meta import Issue, period_meta, plan_of
from workbench.reports.twin import inert_text, sealed, sha256
from workbench.wording import join, text

KIND = "MC"
_COLUMNS = ("report_number", "analyte", "study", "item", "replicate", "value")


@dataclass(frozen=True)
class MaterialCheck(PeriodReport):
    """One report of kind MC; its CSV holds one row per replicate."""

    @cached_property
    def _sealed(self) -> tuple[dict[str, Any], bytes, bytes]:
        return sealed(dict(self.built), _long_table(self.built))

    def _secrecy(self) -> str:
        """The means are near the assigned values: nothing for participants before the round closes."""
        return text("material.internal", self.locale)

    def _figures(self, name: str) -> tuple[Displayed, ...]:
        """G24 of the analytes with numbers, two side by side."""
        if name != "items":
            return ()
        figures = [
            material_items(_items(each), self.locale)
            for each in self.data["studies"]
            if each["homogeneity"] is not None
        ]
        pairs = [figures[i : i + 2] for i in range(0, len(figures), 2)]
        names = [join([figure.caption for figure in pair], self.locale) for pair in pairs]
        captions = [text("caption.G24_row", self.locale, list=each) for each in names]
        return tuple(
            numbered_row(pair, str(no), self.locale, caption)
            for no, (pair, caption) in enumerate(zip(pairs, captions, strict=True), 1)
        )


def open_material_check(
    file: str,
    round_code: str,
    locale: str,
    issue: Issue | None = None,
    *,
    programme_no: str = "",
    sigma_pt: str = "",
) -> MaterialCheck:
    """Open the report on the material of a round.

    Parameters
    ----------
    file : CSV or Excel of measurements, as `workbench homogeneity --template` writes it.
    round_code : round the material is for; its plan gives organiser and roles.
    programme_no : whose names, units and criteria are used; "" for none.
    sigma_pt : "K=0.08; Na=1.5", in the unit of the file; goes before the file's own.

    Raises
    ------
    DataError
        naming every cell that could not be used: a report is made of whole files only.
    """
    issue = issue or Issue()
    path = Path(file)
    studies, problems = read_material_file(path)
    if problems:
        raise DataError(f"{path.name}: {len(problems)} cells could not be used.", problems)
    if not studies:
        raise DataError(f"{path.name} holds no measurements.")
    programme = catalogue()[programme_no] if programme_no else None
    rules: dict[str, AnalyteRule] = (
        {rule.code: rule for rule in analyte_rules(programme, criteria())} if programme else {}
    )
    given = sigmas_given([part for part in sigma_pt.replace(";", " ").split() if part])
    parts = [
        study_part(checked, rules.get(checked.study.analyte), locale)
        for checked in checked_studies(studies, given, rules)
    ]
    content = path.read_bytes()
    source = {"file": path.name, "sha256": sha256(content), "code_version": version("eqa-workbench")}
    subject = (round_code, programme_no, source["sha256"][:8].upper())
    meta = period_meta(plan_of(round_code, path=issue.plan), KIND, subject, issue, locale)
    twin = period_twin(KIND, meta, locale, round_code) | {
        "studies": parts,
        "sections": _sections(parts, source, locale),
        "provenance": source,
    }
    return MaterialCheck(twin, meta, programme_name(programme, locale) if programme else "")


def _sections(parts: list[dict[str, Any]], source: Mapping[str, str], locale: str) -> list[dict[str, Any]]:
    """All that is printed."""
    stable, coded = stability_tables(parts, locale), coded_tables(parts, locale)
    even = homogeneity_tables(parts, locale)
    troubles = [f"{each['name']}: {each['trouble']}" for each in parts if each["trouble"]]
    nothing = [text("material.homogeneity.none_measured", locale)] if not even else []
    rows = [(text(f"material.source.{name}", locale), value) for name, value in source.items()]
    columns = (("what", "left", 40.0), ("value", "left", 135.0))
    return [
        section_part("MC.conclusion", locale, conclusion_lines(parts, locale)),
        section_part("MC.homogeneity", locale, [*nothing, *troubles], [*even, *coded]),
        section_part(
            "MC.stability", locale, [] if stable else [text("material.stability.none", locale)], stable
        ),
        section_part("MC.items", locale),
        section_part("MC.measurements", locale, (), [measurement_table(parts, locale)]),
        section_part(
            "MC.methods",
            locale,
            [text(f"material.method.{no}", locale) for no in range(1, 6)],
            [sigma_table(parts, locale)],
        ),
        section_part("MC.provenance", locale, (), [table_part("MC_provenance", columns, rows, locale)]),
    ]


def _items(each: Mapping[str, Any]) -> MaterialItems:
    """What the figure of one analyte shows."""
    found, scatter = each["homogeneity"], each["cochran"]
    rows = each["measured"]
    return MaterialItems(
        each["name"],
        each["unit"],
        [row["item"] for row in rows],
        [row["values"] for row in rows],
        sum(row["study"] == "stability" for row in rows),
        found["mean"],
        found["criterion"] if found["criterion"] is not None else math.nan,
        scatter["index"] if scatter and scatter["is_outlier"] else -1,
    )


def _long_table(built: Mapping[str, Any]) -> bytes:
    """One row per replicate: UTF-8 with byte-order mark, nothing a spreadsheet would run."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows([inert_text(value) for value in row] for row in _long_rows(built))
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def _long_rows(built: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    """The replicates in the order of the file."""
    report = built["report"]["number"]
    for each in built["studies"]:
        for row in each["measured"]:
            for no, value in enumerate(row["values"], 1):
                yield report, each["analyte"], row["study"], row["item"], no, value
