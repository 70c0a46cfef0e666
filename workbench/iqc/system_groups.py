"""Measuring systems of a month side by side: the anonymous table of groups, and lots compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.iqc.control_table import ControlTable
from workbench.iqc.laboratory_cells import LaboratoryCells, laboratory_cells
from workbench.iqc.new_lots import lot_steps
from workbench.parameters.iqc_schemes import ComparisonScheme

SYSTEM = ("instrument", "reagent", "sub_type")
MATERIAL = ("analyte", "level", "qc_lot")


def system_groups(rows: pd.DataFrame, scheme: ComparisonScheme) -> pd.DataFrame:
    """Statistics of every measuring system on every material, from comparison rows of one month.

    Returns
    -------
    One row per analyte x level x lot x instrument x reagent x sub-type: laboratories, points, mean of laboratory
    means, sd of laboratory means, pooled_cv, cv_median, cv_p90, to_all (per cent of the mean of all systems), and the
    number of each grade as `grade_A` ...; sorted by material, laboratories descending.

    Notes
    -----
    Below `laboratories_shown` laboratories a row has its count only; below `laboratories_graded` no SD and no CVs. A
    laboratory with two instruments of one system counts once, by the mean of its means.
    """
    found = []
    for material, of_material in rows.groupby(list(MATERIAL), sort=True):
        every = of_material.groupby("lab_code")["mean"].mean()
        whole = float(every.mean()) if len(every) >= scheme.laboratories_shown else np.nan
        for system, part in of_material.groupby(list(SYSTEM), sort=True):
            keys = dict(zip((*MATERIAL, *SYSTEM), (*material, *system), strict=True))
            found.append(keys | _system(part, whole, scheme))
    columns = [*MATERIAL, *SYSTEM, "laboratories"]
    if not found:
        return pd.DataFrame(columns=columns)
    order = [*MATERIAL, "laboratories", *SYSTEM]
    return pd.DataFrame(found).sort_values(
        order, ascending=[True] * 3 + [False] + [True] * 3, ignore_index=True
    )


def _system(part: pd.DataFrame, whole: float, scheme: ComparisonScheme) -> dict[str, object]:
    """The numbers of one system on one material."""
    means = part.groupby("lab_code")["mean"].mean()
    n = len(means)
    shown, full = n >= scheme.laboratories_shown, n >= scheme.laboratories_graded
    mean = float(means.mean()) if shown else np.nan
    spread = part[part["n"] > 1]
    squares = ((spread["n"] - 1) * spread["sd"] ** 2).sum() / max(float((spread["n"] - 1).sum()), 1.0)
    cvs = part["cv"].dropna()
    grades = {f"grade_{g}": int((part["grade"] == g).sum()) for g in (*scheme.grades, scheme.not_graded)}
    return {
        "laboratories": n,
        "points": int(part["n"].sum()),
        "mean": mean,
        "sd": float(means.std(ddof=1)) if full else np.nan,
        "pooled_cv": 100.0 * np.sqrt(squares) / abs(mean) if full and mean else np.nan,
        "cv_median": float(cvs.median()) if full and len(cvs) else np.nan,
        "cv_p90": float(cvs.quantile(0.9)) if full and len(cvs) else np.nan,
        "to_all": 100.0 * (mean / whole - 1.0) if shown and whole else np.nan,
        **(grades if full else dict.fromkeys(grades, 0)),
    }


def lot_comparison(table: ControlTable, months: Sequence[int], scheme: ComparisonScheme) -> pd.DataFrame:
    """Pairs of lots that laboratories measured in the same month: analyte, level, old, new, laboratories, percent.

    Notes
    -----
    Median over laboratories of the difference of their own means, with the 10th and 90th percentile; below
    `laboratories_graded` laboratories the pair is left out.
    """
    steps = lot_steps(_of_months(laboratory_cells(table), months))
    names = np.asarray(table.lots, dtype=object)
    series = table.series.iloc[steps.series]
    frame = pd.DataFrame(
        {
            "analyte": series["analyte"].to_numpy(),
            "level": series["level"].to_numpy(),
            "lab_code": series["lab_code"].to_numpy(),
            "old": names[steps.old],
            "new": names[steps.new],
            "percent": steps.percent,
        }
    )
    columns = ["analyte", "level", "old", "new", "laboratories", "percent", "p10", "p90"]
    found = []
    for key, part in frame.groupby(["analyte", "level", "old", "new"], sort=True):
        of_lab = part.groupby("lab_code")["percent"].mean()
        if len(of_lab) >= scheme.laboratories_graded:
            spread = [float(of_lab.quantile(q)) for q in (0.5, 0.1, 0.9)]
            found.append((*key, len(of_lab), *spread))
    return pd.DataFrame(found, columns=columns)


def _of_months(cells: LaboratoryCells, months: Sequence[int]) -> LaboratoryCells:
    """Cells of some periods."""
    return cells.take(np.flatnonzero(np.isin(cells.period, np.asarray(months))))
