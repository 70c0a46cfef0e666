"""Calls of qualitative controls: is the signal on the side of the cut-off where the group says it must be?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from workbench.iqc.control_table import SERIES_KEYS, ControlTable
from workbench.iqc.laboratory_cells import month_of_day, month_text


def call_columns(table: ControlTable, rows: pd.DataFrame, cutoffs: Mapping[str, float]) -> pd.DataFrame:
    """Comparison rows with the number of calls and of wrong calls.

    Parameters
    ----------
    table : points; values are S/CO. rows : CONTROL_COMPARISON. cutoffs : analyte -> S/CO from which it is reactive.

    Notes
    -----
    A control of a lot must be reactive where the median over laboratories of their mean S/CO (all months, all kits) is
    at or above the cut-off. Every point counts, excluded ones too: a wrong call is an event, not an outlier. Analytes
    without a cut-off have no calls (0).
    """
    analyte = table.series["analyte"].to_numpy(object)
    cutoff = np.array([cutoffs.get(a, np.nan) for a in analyte], dtype=np.float64)[table.code]
    judged = np.isfinite(cutoff) & np.isfinite(table.value)
    if not judged.any() or rows.empty:
        return rows.assign(n_calls=0, wrong_calls=0)
    part = table.take(judged)
    keys = part.series.iloc[part.code][list(SERIES_KEYS)].reset_index(drop=True)
    months = {int(m): month_text(int(m)) for m in np.unique(month_of_day(part.day))}
    points = keys.assign(
        qc_lot=np.asarray(part.lots, dtype=object)[part.lot],
        month=[months[m] for m in month_of_day(part.day).tolist()],
        value=part.value,
        cutoff=cutoff[judged],
    )
    material = ["analyte", "level", "qc_lot"]
    of_lab = points.groupby([*material, "lab_code"], sort=False)["value"].mean()
    must = of_lab.groupby(level=material, sort=False).median().rename("middle").reset_index()
    points = points.merge(must, on=material, how="left")
    wrong = (points["value"] >= points["cutoff"]) != (points["middle"] >= points["cutoff"])
    by = [*SERIES_KEYS, "qc_lot", "month"]
    counted = (
        points.assign(wrong=wrong).groupby(by, sort=False)["wrong"].agg(n_calls="size", wrong_calls="sum")
    )
    found = rows.merge(counted.reset_index(), on=by, how="left")
    return found.assign(
        n_calls=found["n_calls"].fillna(0).astype("int64"),
        wrong_calls=found["wrong_calls"].fillna(0).astype("int64"),
    )
