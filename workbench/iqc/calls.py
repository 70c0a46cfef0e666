"""Calls of qualitative and graded controls: is the answer where the laboratories together say it must be?"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from workbench.iqc.control_table import SERIES_KEYS, ControlTable
from workbench.iqc.laboratory_cells import month_of_day, month_text
from workbench.iqc.streams import FloatArray

STEP = 1.0
"""Steps on a graded scale that two answers may differ and still agree."""


def call_columns(
    table: ControlTable, rows: pd.DataFrame, cutoffs: Mapping[str, float], graded: Collection[str] = ()
) -> pd.DataFrame:
    """Comparison rows with the number of calls and of wrong calls.

    Parameters
    ----------
    table : points; values are S/CO, or places on a graded scale. rows : CONTROL_COMPARISON.
    cutoffs : analyte -> S/CO from which it is reactive. graded : analytes whose values are places on a scale.

    Notes
    -----
    What a control of a lot must be is the median over laboratories of their mean (all months, all kits): reactive
    where that is at or above the cut-off; on a graded scale within one step of it. Every point counts, excluded ones
    too: a wrong call is an event, not an outlier. Other analytes have no calls (0).
    """
    analyte = table.series["analyte"].to_numpy(object)
    border = np.array([cutoffs.get(a, np.nan) for a in analyte], dtype=np.float64)[table.code]
    on_scale = np.isin(analyte.astype(str), sorted(graded))[table.code]
    judged = (np.isfinite(border) | on_scale) & np.isfinite(table.value)
    if not judged.any() or rows.empty:
        return rows.assign(n_calls=0, wrong_calls=0)
    points = _points(table.take(judged), border[judged])
    material = ["analyte", "level", "qc_lot"]
    of_lab = points.groupby([*material, "lab_code"], sort=False)["value"].mean()
    must = of_lab.groupby(level=material, sort=False).median().rename("middle").reset_index()
    points = points.merge(must, on=material, how="left")
    apart = (points["value"] - points["middle"].round()).abs() > STEP
    wrong = ((points["value"] >= points["border"]) != (points["middle"] >= points["border"])).where(
        points["border"].notna(), apart
    )
    by = [*SERIES_KEYS, "qc_lot", "month"]
    counted = (
        points.assign(wrong=wrong).groupby(by, sort=False)["wrong"].agg(n_calls="size", wrong_calls="sum")
    )
    found = rows.merge(counted.reset_index(), on=by, how="left")
    return found.assign(
        n_calls=found["n_calls"].fillna(0).astype("int64"),
        wrong_calls=found["wrong_calls"].fillna(0).astype("int64"),
    )


def _points(part: ControlTable, border: FloatArray) -> pd.DataFrame:
    """Points with their keys, lot and month."""
    keys = part.series.iloc[part.code][list(SERIES_KEYS)].reset_index(drop=True)
    month = month_of_day(part.day)
    names = {int(m): month_text(int(m)) for m in np.unique(month)}
    return keys.assign(
        qc_lot=np.asarray(part.lots, dtype=object)[part.lot],
        month=[names[m] for m in month.tolist()],
        value=part.value,
        border=border,
    )


INDICES = (
    *("mean", "sd", "cv", "group_mean", "group_sd", "group_cv", "bias", "sdi", "cvr", "tea", "sigma", "qgi"),
    *("cumulative_mean", "cumulative_sd", "cumulative_sdi", "cumulative_cvr"),
)


def without_indices(rows: pd.DataFrame, graded: Collection[str], mark: str) -> pd.DataFrame:
    """Rows of graded answers without means and indices: places on a scale are no quantities.

    Parameters
    ----------
    mark : grade of a row that is not graded.
    """
    hidden = rows["analyte"].isin(sorted(graded))
    if not hidden.any():
        return rows
    blank = {name: rows[name].mask(hidden) for name in INDICES}
    return rows.assign(**blank, grade=rows["grade"].mask(hidden, mark), one_day=rows["one_day"] & ~hidden)
