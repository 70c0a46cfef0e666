"""Relations between linked analytes that do not hold: evidence of a number or a column written down wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.linked_analytes import linked_findings
from workbench.evaluation.programme_round import LINKED_SHARE_MAX
from workbench.investigation.number_causes import decimals_of
from workbench.investigation.panel import Panel


def broken_relations(panel: Panel) -> frozenset[tuple[int, int]]:
    """Laboratory and analyte of every item in a relation that does not hold.

    Notes
    -----
    Where the relations that hold leave one analyte only, it alone is named. A relation that more than a quarter of
    the laboratories break tells of the material and is left out.
    """
    broken = linked_findings(_results(panel), {rule.code: rule.analyte.unit for rule in panel.rules})
    place = {rule.code: position for position, rule in enumerate(panel.rules)}
    reporting = np.asarray(np.isfinite(panel.value).any(axis=2), dtype=bool)
    out: set[tuple[int, int]] = set()
    for _, rows in broken.groupby("check", sort=True):
        items = [place[code] for code in str(rows["analytes"].iloc[0]).split(",")]
        laboratories = rows["lab_code"].nunique()
        if laboratories > LINKED_SHARE_MAX * int(reporting[:, items].all(axis=1).sum()):
            continue
        for lab, device, suspect in zip(rows["lab_code"], rows["device_id"], rows["suspect"], strict=True):
            row = panel.laboratory(str(lab), str(device))
            out |= {(row, item) for item in ([place[str(suspect)]] if suspect else items)}
    return frozenset(out)


def _results(panel: Panel) -> pd.DataFrame:
    """Plain numbers of the panel, one a row."""
    lab, analyte, sample = np.nonzero(np.isfinite(panel.value))
    return pd.DataFrame(
        {
            "lab_code": np.array(panel.labs, dtype=object)[lab],
            "device_id": np.array(panel.devices, dtype=object)[lab],
            "analyte": np.array([rule.code for rule in panel.rules], dtype=object)[analyte],
            "sample": np.array(panel.samples, dtype=object)[sample],
            "value": panel.value[lab, analyte, sample],
            "decimals": [decimals_of(str(text)) for text in panel.text[lab, analyte, sample]],
        }
    )
