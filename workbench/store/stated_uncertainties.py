"""The uncertainty that an organiser's database holds beside a result, as columns of the `results` frame."""

from __future__ import annotations

import numpy as np
import pandas as pd

USUAL_COVERAGE = 2.0
"""k of an expanded uncertainty that comes without one: about 95 % coverage, ISO 13528:2022, 9.7.1."""

LEAST_COVERAGE, MOST_COVERAGE = 1.0, 5.0
"""Outside, a number is no coverage factor."""


def with_uncertainties(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with `u_raw`, `u_result` and `coverage_factor`, and a flag where a statement cannot be used.

    Parameters
    ----------
    rows : texts of a site; `expanded_u_result` (U), or `u_result` (standard) where there is no U, and
        `coverage_factor` are optional, in the unit of the result. Has a column `flags` and `value`.

    Notes
    -----
    What is no positive number is kept in `u_raw` and not used; the result is taken all the same.

    Examples
    --------
    >>> site = pd.DataFrame({"value": [5.1, 5.1], "flags": "", "expanded_u_result": ["0.2", "-"]})
    >>> with_uncertainties(site)[["u_raw", "u_result", "coverage_factor", "flags"]].values.tolist()
    [['0.2', 0.1, 2.0, 'coverage_factor_assumed'], ['-', nan, nan, 'uncertainty_unreadable']]
    """
    blank = pd.Series("", index=rows.index, dtype="str")
    expanded, standard, stated = (
        rows[name].astype("str").str.strip() if name in rows else blank
        for name in ("expanded_u_result", "u_result", "coverage_factor")
    )
    raw = expanded.where(expanded != "", standard)
    size = pd.to_numeric(raw.where(raw != "", None), errors="coerce").astype("float64")
    k = pd.to_numeric(stated.where(stated != "", None), errors="coerce").astype("float64")
    assumed = (expanded != "") & (stated == "")
    k = k.where(~assumed, USUAL_COVERAGE)
    wrong_k = (stated != "") & ~k.between(LEAST_COVERAGE, MOST_COVERAGE)
    faults = {
        "uncertainty_unreadable": (raw != "") & ~np.isfinite(size),
        "uncertainty_not_positive": size <= 0,
        "coverage_factor_unusable": (raw != "") & wrong_k,
        "uncertainty_without_result": (raw != "") & rows["value"].isna(),
    }
    usable = (raw != "") & ~np.logical_or.reduce([mask.to_numpy() for mask in faults.values()])
    u = size.where(expanded == "", size / k).where(usable)
    flags = rows["flags"]
    for code, mask in (*faults.items(), ("coverage_factor_assumed", assumed & usable)):
        flags = flags.where(~mask, flags.where(flags == "", flags + ",") + code)
    return rows.assign(u_raw=raw, u_result=u, coverage_factor=k.where(usable), flags=flags)
