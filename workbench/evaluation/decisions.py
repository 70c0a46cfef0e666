"""The organiser's decisions laid over the returns: excuses, sample faults, withdrawals, exclusions from statistics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import BoolArray
from workbench.evaluation.returns import Returns


@dataclass(frozen=True)
class Decided:
    """What the organiser decided.

    Attributes
    ----------
    withdrawn : shape (A, S), sample or item withdrawn for everybody.
    withdrawal : reason of each withdrawal by (analyte or "", sample or "").
    excused, excluded, kept : shape (E, S).
    faulty : shape (E, S), the sample arrived damaged or not at all and was not replaced.
    excluded_why : reason of an exclusion by laboratory code and analyte ("" for all).
    """

    withdrawn: BoolArray
    withdrawal: dict[tuple[str, str], str]
    excused: BoolArray
    faulty: BoolArray
    excluded: BoolArray
    kept: BoolArray
    excluded_why: dict[tuple[str, str], str]

    @property
    def left_out(self) -> BoolArray:
        """Shape (E, S), cells that set no target whatever was sent."""
        return self.excused | self.faulty


def decided(returns: Returns, decisions: pd.DataFrame, samples: pd.DataFrame) -> Decided:
    """Apply the decisions in the order they were taken; the later one of a kind adds to the earlier.

    Notes
    -----
    An empty laboratory, analyte or sample means all. `keep` overrules an exclusion of the same results
    whatever the order. A withdrawal never depends on a laboratory.
    """
    rows, columns = returns.shape
    withdrawn = np.zeros((len(returns.analytes), columns), dtype=bool)
    masks = {
        kind: np.zeros((rows, columns), dtype=bool)
        for kind in ("excuse", "sample_fault", "exclude_from_statistics", "keep")
    }
    withdrawal: dict[tuple[str, str], str] = {}
    why: dict[tuple[str, str], str] = {}
    for sample in samples.loc[samples["withdrawn"]].itertuples():
        withdrawn[:, returns.samples.index(sample.sample)] = True
        withdrawal["", sample.sample] = sample.reason
    for row in decisions.sort_values(["decided_at", "decision_id"]).itertuples():
        columns_hit = np.array([not row.sample or row.sample == code for code in returns.samples])
        if row.kind == "withdraw":
            analytes_hit = np.array([not row.analyte or row.analyte == code for code in returns.analytes])
            withdrawn |= analytes_hit[:, None] & columns_hit
            withdrawal.setdefault((row.analyte, row.sample), row.reason)
        elif row.kind in masks:
            masks[row.kind] |= _rows_hit(returns, row.lab_code, row.analyte)[:, None] & columns_hit
        if row.kind == "exclude_from_statistics":
            why[row.lab_code, row.analyte] = row.reason
    excluded = masks["exclude_from_statistics"] & ~masks["keep"]
    return Decided(
        withdrawn, withdrawal, masks["excuse"], masks["sample_fault"], excluded, masks["keep"], why
    )


def _rows_hit(returns: Returns, lab_code: str, analyte: str) -> BoolArray:
    """Rows a decision on a laboratory and an analyte concerns."""
    hit = np.ones(returns.shape[0], dtype=bool)
    if lab_code:
        hit &= returns.lab_codes == lab_code
    if analyte:
        hit &= returns.analyte_codes == analyte
    return hit
