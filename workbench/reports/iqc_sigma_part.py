"""Sigma of a month of all laboratories: normalised charts with dots nobody is named by, and a table by material."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from workbench.display import Displayed, FigureRow, Table
from workbench.figures.opspecs_chart import inside, opspecs_chart
from workbench.figures.sigma_chart import sigma_dots
from workbench.iqc.sigma_metric import Z_95_ONE_SIDED, normalised_points, single_limit_shift
from workbench.parameters.iqc_items import control_analytes
from workbench.reports.iqc_evaluation import EvaluatedControls
from workbench.reports.iqc_rows import document_of
from workbench.reports.report_meta import localised
from workbench.reports.twin import number
from workbench.tables.cells import caption
from workbench.tables.control import simple_table
from workbench.wording import printed, text

LEVELS, DETECTION = 2, 0.9
"""Control values a run, and probability of detection the lines are drawn for."""
LIMITS = (2.0, 2.5, 3.0, 3.5)
"""Single limits, SD."""
BANDS = (3.0, 4.0, 5.0, 6.0)
"""Borders of the sigma classes, each belongs to the higher class."""


def sigma_part(evaluated: EvaluatedControls, locale: str) -> dict[str, Any]:
    """Dots, procedures and materials of the month reported.

    Notes
    -----
    Only rows compared in a group of the least number for grades count; a material with fewer laboratories than that is
    left out. Dots are rounded and sorted, without analyte: no order tells who is who.
    """
    least = evaluated.scheme.laboratories_graded
    rows = evaluated.rows
    rows = rows[(rows["month"] == evaluated.last) & (rows["group_laboratories"] >= least)]
    rows = rows[rows["sigma"].notna() & rows["bias"].notna()]
    at = normalised_points(*(rows[name].to_numpy(np.float64) for name in ("tea", "bias", "cv")))
    dots = sorted((round(float(x), 1), round(float(y), 1)) for x, y in zip(at.x, at.y, strict=True))
    slopes = [single_limit_shift(limit, LEVELS, DETECTION) + Z_95_ONE_SIDED for limit in LIMITS]
    named = [
        {"name": f"1-{limit:g}s, N={LEVELS}", "slope": slope, "inside": inside(dots, slope)}
        for limit, slope in zip(LIMITS, slopes, strict=True)
    ]
    found = [_material(part, locale) for part in _materials(rows, least)]
    return {"least": least, "dots": [list(dot) for dot in dots], "procedures": named, "materials": found}


def _materials(rows: pd.DataFrame, least: int) -> list[pd.DataFrame]:
    """Rows by analyte, level and source of the allowable error; those of enough laboratories."""
    parts = [part for _, part in rows.groupby(["analyte", "level", "tea_source"])]
    return [part for part in parts if part["lab_code"].nunique() >= least]


def _material(part: pd.DataFrame, locale: str) -> dict[str, Any]:
    """Counts of sigma classes of one material, and how they print."""
    first, sigma = part.iloc[0], part["sigma"].to_numpy(np.float64)
    analyte = control_analytes().get(str(first["analyte"]))
    classes = np.bincount(np.searchsorted(BANDS, sigma, side="right"), minlength=len(BANDS) + 1).tolist()
    median, worst = number(float(np.median(sigma))), number(float(np.quantile(sigma, 0.1)))
    level = text("iqc.material", locale, level=first["level"], lot="").strip(" ·")
    name = localised(analyte, "name", locale) if analyte else str(first["analyte"])
    document = document_of(str(first["tea_source"]))
    shown = {"item": f"{name} {level}", "labs": str(part["lab_code"].nunique()), "tea_source": document}
    shown |= {"sigma_median": printed(median, 1), "sigma_p10": printed(worst, 1)}
    shown |= {f"sigma_{k}": str(n) for k, n in enumerate(classes)}
    return {
        "analyte": first["analyte"], "level": first["level"], "tea_source": first["tea_source"],
        "laboratories": int(part["lab_code"].nunique()), "n": len(part), "median": median, "p10": worst,
        "classes": classes, "printed": shown,
    }  # fmt: skip


def sigma_displays(part: Mapping[str, Any], number_of: str, locale: str) -> tuple[Displayed, ...]:
    """Both charts and the table; nothing where no row has a sigma.

    Parameters
    ----------
    part : as of `sigma_part`. number_of : of the table.
    """
    if not part["dots"]:
        return ()
    dots = [(float(x), float(y)) for x, y in part["dots"]]
    procedures = [(line["name"], line["slope"]) for line in part["procedures"]]
    charts = (sigma_dots(dots, locale), opspecs_chart(dots, procedures, locale))
    row = FigureRow(charts, text("caption.sigma_pair", locale, least=part["least"]))
    return (row, _table(part, number_of, locale)) if part["materials"] else (row,)


def _table(part: Mapping[str, Any], number_of: str, locale: str) -> Table:
    """One row a material."""
    classes = [f"sigma_{k}" for k in range(len(BANDS) + 1)]
    specs: tuple[tuple[str, str, float | None], ...] = (
        ("item", "left", 42.0), ("labs", "right", 11.0), ("sigma_median", "decimal", 16.0),
        ("sigma_p10", "decimal", 14.0), *((name, "right", 12.0) for name in classes), ("tea_source", "left", 32.0),
    )  # fmt: skip
    keys = [key for key, _, _ in specs]
    cells = [[row["printed"][key] for key in keys] for row in part["materials"]]
    return simple_table("T-IG-SIGMA", caption(number_of, "iqc_sigma", locale), specs, cells, locale)
