"""What surrounds one failure: earlier rounds, the laboratory's other analytes, peers on the same system."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import FloatArray
from workbench.evaluation.returns import DIMENSIONS
from workbench.investigation.clean_consensus import CleanTargets
from workbench.investigation.evidence import Earlier
from workbench.investigation.panel import Panel
from workbench.investigation.round_investigation import RoundInvestigation

DISCLOSURE_MINIMUM = 5
"""Fewest peers of which anything is shown."""


def history(investigation: RoundInvestigation, laboratory: int, analyte: int) -> pd.DataFrame:
    """One row per round the laboratory took part in, oldest first, the present one last.

    Returns
    -------
    round_back (0: present), bias and scatter (mean and SD of the deviations, per cent of the allowed
    one, against the clean consensus), acceptable, graded, failed. NaN with too few results.
    """
    panel = investigation.panel
    code = panel.rules[analyte].code
    now = Earlier(panel, investigation.targets)
    rounds = [*investigation.earlier, now]
    rows = []
    for back, each in zip(range(len(rounds) - 1, -1, -1), rounds, strict=True):
        row = each.row(panel.labs[laboratory], panel.devices[laboratory])
        if row is None or code not in [rule.code for rule in each.panel.rules]:
            continue
        rows.append({"round_back": back, **_round_row(each, row, each.panel.analyte(code))})
    columns = ["round_back", "bias", "scatter", "acceptable", "graded", "failed"]
    return pd.DataFrame(rows, columns=columns)


def _round_row(each: Earlier, row: int, analyte: int) -> dict[str, object]:
    """One round of one laboratory x analyte."""
    share = percent_allowed(each.panel, each.targets)[row, analyte]
    good = share[np.isfinite(share)]
    return {
        "bias": float(good.mean()) if good.size else np.nan,
        "scatter": float(good.std(ddof=1)) if good.size > 1 else np.nan,
        "acceptable": int(each.panel.acceptable[row, analyte]),
        "graded": int(each.panel.graded[row, analyte]),
        "failed": bool(each.panel.failed[row, analyte]),
    }


def percent_allowed(panel: Panel, targets: CleanTargets) -> FloatArray:
    """Shape (L, A, n), deviation from the clean consensus in per cent of the allowed one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(100 * (panel.value - targets.target) / targets.limit)


def same_system(
    investigation: RoundInvestigation, laboratory: int, analyte: int, by: tuple[str, ...] = ("instrument",)
) -> np.ndarray:
    """Shape (L,) flags of the other laboratories with the same codes; none where a code is missing."""
    columns = [DIMENSIONS.index(dimension) for dimension in by]
    codes = investigation.panel.system[:, analyte][:, columns]
    own = codes[laboratory]
    flags = (codes == own).all(axis=1) & bool((own != "").all())
    flags[laboratory] = False
    return np.asarray(flags)


def peers(
    investigation: RoundInvestigation, laboratory: int, analyte: int, by: tuple[str, ...] = ("instrument",)
) -> pd.DataFrame:
    """The same analyte on the same system, against all laboratories, one row per sample.

    Returns
    -------
    sample, own, peers, all: the laboratory's deviation and the medians of the others, per cent of the
    allowed one, all against the consensus of all laboratories; n_peers, n_all. NaN below five peers.

    Notes
    -----
    A deviation that the peers share is the system's, or the material's, and not the laboratory's.
    """
    panel, widest = investigation.panel, investigation.targets.groups[analyte][-1].target[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100 * (panel.value[:, analyte] - widest) / panel.limit[:, analyte]
    mine = same_system(investigation, laboratory, analyte, by)
    rows = []
    for sample, code in enumerate(panel.samples):
        found, whole = share[mine, sample], np.delete(share[:, sample], laboratory)
        found, whole = found[np.isfinite(found)], whole[np.isfinite(whole)]
        rows.append(
            {
                "sample": code,
                "own": float(share[laboratory, sample]),
                "peers": float(np.median(found)) if found.size >= DISCLOSURE_MINIMUM else np.nan,
                "all": float(np.median(whole)) if whole.size >= DISCLOSURE_MINIMUM else np.nan,
                "n_peers": int(found.size),
                "n_all": int(whole.size),
            }
        )
    return pd.DataFrame(rows)


def other_analytes(investigation: RoundInvestigation, laboratory: int, analyte: int) -> pd.DataFrame:
    """Bias and scatter of all analytes the laboratory measures on the instrument of this one.

    Returns
    -------
    analyte, bias, scatter (per cent of the allowed deviation), failed, in order of the form.
    """
    panel = investigation.panel
    place = DIMENSIONS.index("instrument")
    instrument = panel.system[laboratory, :, place]
    share = percent_allowed(panel, investigation.targets)[laboratory]
    rows = []
    for other, rule in enumerate(panel.rules):
        good = share[other][np.isfinite(share[other])]
        if instrument[other] != instrument[analyte] or not good.size:
            continue
        rows.append(
            {
                "analyte": rule.code,
                "bias": float(good.mean()),
                "scatter": float(good.std(ddof=1)) if good.size > 1 else np.nan,
                "failed": bool(panel.failed[laboratory, other]),
            }
        )
    return pd.DataFrame(rows, columns=["analyte", "bias", "scatter", "failed"])
