"""Mean and SD in force at every control point."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.iqc.control_table import ControlTable
from workbench.iqc.moments import segment_moments, segment_starts
from workbench.iqc.streams import FloatArray

FIRST_VALUES = 20
"""Values of a lot that make its own mean and SD where no target was given."""


def targets_in_force(
    table: ControlTable, targets: pd.DataFrame, *, own_from_first: int = 0
) -> tuple[FloatArray, FloatArray]:
    """The target of each point.

    Parameters
    ----------
    targets : CONTROL_TARGETS. own_from_first : where no target was given, take mean and SD of this many first values
        of the lot (`FIRST_VALUES` is usual); 0: leave such points without a target.

    Returns
    -------
    Mean and SD, shape (n,), unit of the analyte; NaN where there is none.

    Notes
    -----
    The most specific target counts: the laboratory's for its instrument, the laboratory's, the maker's for the
    instrument, the maker's. With `own_from_first` the first values themselves stay without a target: they cannot be
    judged by what they made; a lot with fewer values has none.
    """
    mean, sd = np.full(len(table), np.nan), np.full(len(table), np.nan)
    if not len(table):
        return mean, sd
    starts = segment_starts(table.code, table.lot)
    length = np.diff(np.append(starts, len(table)))
    known = {
        (r.lab_code, r.analyte, r.level, r.qc_lot, r.instrument): (r.mean, r.sd) for r in targets.itertuples()
    }
    series = table.series[["lab_code", "analyte", "level", "instrument"]].to_numpy(object)
    for start, n in zip(starts.tolist(), length.tolist(), strict=True):
        lab, analyte, level, instrument = series[table.code[start]]
        lot = table.lots[table.lot[start]]
        for who, where in ((lab, instrument), (lab, ""), ("", instrument), ("", "")):
            found = known.get((who, analyte, level, lot, where))
            if found is not None:
                mean[start : start + n], sd[start : start + n] = found
                break
        else:
            if own_from_first:
                _own(table, slice(start, start + n), own_from_first, mean, sd)
    return mean, sd


def _own(table: ControlTable, place: slice, first: int, mean: FloatArray, sd: FloatArray) -> None:
    """Mean and SD of the first values of a lot for those after them."""
    values = table.value[place]
    counted = np.flatnonzero(np.isfinite(values) & table.counts[place])
    if len(counted) <= first:
        return
    made = segment_moments(values[counted[:first]], np.zeros(1, dtype=np.intp))
    after = place.start + counted[first - 1] + 1
    mean[after : place.stop], sd[after : place.stop] = made.mean[0], made.sd[0]
