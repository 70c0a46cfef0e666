"""Internal control of the laboratories about the time of a round: what it adds to the causes, and what is shown of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.investigation.control_shift import ControlStep, control_step
from workbench.investigation.evidence import ControlEvidence
from workbench.investigation.round_investigation import RoundInvestigation
from workbench.iqc.control_table import ControlTable
from workbench.iqc.control_targets import FIRST_VALUES, targets_in_force
from workbench.iqc.correlations import daily_means
from workbench.iqc.streams import FloatArray, IntArray, control_z
from workbench.store import Store
from workbench.store.control_master import control_series, control_targets
from workbench.store.control_tables import read_control_table

EPOCH = date(1970, 1, 1)
DAYS_OPEN = 16
"""Days from opening to deadline where the day of dispatch is not known."""

DAYS_BEFORE, DAYS_LOOKED_BACK = 3, 90
"""The mean begins three days before the opening; a step is looked for in the ninety days before that."""

LEAST_LABORATORIES = 6
LEAST_SPREAD = 0.05
"""Of EQA minus control, in allowed errors: rounding alone makes as much."""


@dataclass(frozen=True)
class RoundControls:
    """Controls of the analytes of a round.

    Attributes
    ----------
    table : points from ninety days before the round to its deadline. z : of each point.
    window : first and last day of the mean. means : one row per series x lot with its mean, the median of the
        laboratories on the same lot, their number and the bias (share).
    evidence : what each laboratory x analyte adds to the causes.
    """

    table: ControlTable
    z: FloatArray
    window: tuple[int, int]
    means: pd.DataFrame
    evidence: dict[tuple[str, str], ControlEvidence] = field(default_factory=dict)

    @cached_property
    def _series(self) -> dict[tuple[str, str], IntArray]:
        """Series of each laboratory x analyte."""
        keys = self.table.series[["lab_code", "analyte"]]
        return {
            (str(lab), str(analyte)): np.asarray(rows)
            for (lab, analyte), rows in keys.groupby(["lab_code", "analyte"]).indices.items()
        }

    def series(self, lab_code: str, analyte: str) -> IntArray:
        """Series of one laboratory x analyte, its levels in order."""
        return self._series.get((lab_code, analyte), np.zeros(0, dtype=np.intp))

    def step(self, lab_code: str, analyte: str) -> ControlStep | None:
        """The step in the controls of one laboratory x analyte before the end of the round."""
        rows = self.series(lab_code, analyte)
        if not rows.size:
            return None
        days, columns = daily_means(self.table, self.z, rows)
        with np.errstate(invalid="ignore"):
            some = np.isfinite(columns).any(axis=1)
            return control_step(days[some], np.nanmean(columns[some], axis=1)) if some.any() else None

    def points(self, series: int) -> list[dict[str, Any]]:
        """The points of one series as a chart takes them; beyond 3 SD the rule 1-3s is hit."""
        out = []
        for place in np.flatnonzero(self.table.code == series).tolist():
            z = float(self.z[place])
            hit = bool(np.isfinite(z) and abs(z) > 3.0)
            out.append(
                {
                    "day": (EPOCH + timedelta(days=int(self.table.day[place]))).isoformat(),
                    "qc_lot": self.table.lots[int(self.table.lot[place])],
                    "value": float(self.table.value[place]),
                    "z": z if np.isfinite(z) else None,
                    "counts": bool(self.table.counts[place]),
                    "rules": ["1_3s"] if hit else [],
                    "rejected": hit,
                }
            )
        return out


def round_controls(
    store: Store, investigation: RoundInvestigation, opened: datetime | None, closing: datetime
) -> RoundControls | None:
    """Internal control about a round; None where the store holds none of its analytes.

    Parameters
    ----------
    opened : day of dispatch; None: sixteen days before the deadline.
    """
    codes = [rule.code for rule in investigation.panel.rules]
    if not control_series(store)["analyte"].isin(codes).any():
        return None
    last = (closing.date() - EPOCH).days
    first = (opened.date() - EPOCH).days if opened else last - DAYS_OPEN
    window = (first - DAYS_BEFORE, last)
    table = read_control_table(store, days=(window[0] - DAYS_LOOKED_BACK, last), analytes=codes)
    mean, sd = targets_in_force(table, control_targets(store), own_from_first=FIRST_VALUES)
    means = window_means(table, window)
    found = RoundControls(table, control_z(table.value, mean, sd), window, means)
    for analyte in codes:
        found.evidence.update(_evidence(found, investigation, analyte))
    return found


def window_means(table: ControlTable, window: tuple[int, int]) -> pd.DataFrame:
    """Mean of each series x lot over some days, beside the laboratories on the same lot.

    Returns
    -------
    series, lab_code, analyte, level, instrument, qc_lot, n, mean, group (median over laboratories), n_group, bias
    (share). Group is that of the same instrument where six laboratories have it, else of all on the lot; NaN below six.
    """
    kept = table.counts & np.isfinite(table.value) & (table.day >= window[0]) & (table.day <= window[1])
    rows = pd.DataFrame({"series": table.code[kept], "lot": table.lot[kept], "value": table.value[kept]})
    means = rows.groupby(["series", "lot"])["value"].agg(["mean", "size"]).reset_index()
    named = table.series.iloc[means["series"]][["lab_code", "analyte", "level", "instrument"]].reset_index(
        drop=True
    )
    lots = np.asarray(table.lots, dtype=object)[means["lot"].to_numpy(np.intp)]
    out = named.assign(series=means["series"], qc_lot=lots, n=means["size"], mean=means["mean"])
    out["group"], out["n_group"] = np.nan, 0
    for keys in (["analyte", "level", "qc_lot"], ["analyte", "level", "qc_lot", "instrument"]):
        groups = out.groupby(keys)
        median, labs = groups["mean"].transform("median"), groups["lab_code"].transform("nunique")
        enough = labs >= LEAST_LABORATORIES
        out.loc[enough, "group"], out.loc[enough, "n_group"] = median[enough], labs[enough]
    return out.assign(bias=out["mean"] / out["group"] - 1.0)


def _evidence(
    controls: RoundControls, investigation: RoundInvestigation, analyte: str
) -> Iterable[tuple[tuple[str, str], ControlEvidence]]:
    """Evidence of every laboratory with controls of one analyte; none with fewer than six of them."""
    at = investigation.panel.analyte(analyte)
    own = controls.means[controls.means["analyte"] == analyte].dropna(subset=["bias"])
    if own["lab_code"].nunique() < LEAST_LABORATORIES:
        return
    allowed = _allowed_share(investigation, at)
    by_lab = own.groupby("lab_code")["bias"].mean() / allowed
    eqa = _eqa_biases(investigation, at, by_lab.index.tolist()) / allowed
    apart = (eqa - eqa.median()) - by_lab
    known = apart.dropna()
    if len(known) < LEAST_LABORATORIES:
        return
    spread = max(1.4826 * float((known - known.median()).abs().median()), LEAST_SPREAD)
    for lab, bias in by_lab.items():
        shifted = controls.step(str(lab), analyte) is not None
        yield (str(lab), analyte), ControlEvidence(float(bias), spread, shifted)


def _allowed_share(investigation: RoundInvestigation, analyte: int) -> float:
    """Allowed deviation as a share of the target, the median of the round."""
    targets = investigation.targets
    with np.errstate(divide="ignore", invalid="ignore"):
        share = targets.limit[:, analyte] / np.abs(targets.target[:, analyte])
    return float(np.nanmedian(share))


def _eqa_biases(investigation: RoundInvestigation, analyte: int, labs: list[str]) -> pd.Series:
    """Median relative deviation of some laboratories from the consensus of all."""
    panel, target = investigation.panel, investigation.targets.groups[analyte][-1].target[0]
    wanted = {lab: row for row, lab in enumerate(panel.labs) if lab in set(labs)}
    found = {}
    for lab, row in wanted.items():
        share = panel.value[row, analyte] / target - 1.0
        found[lab] = float(np.median(share[np.isfinite(share)])) if np.isfinite(share).any() else np.nan
    return pd.Series(found, dtype=float).reindex(labs)
