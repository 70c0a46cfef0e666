"""Homogeneity, stability and reference values of the simulated materials."""

from __future__ import annotations

import pandas as pd

from workbench.frames import MATERIAL_CHECKS, REFERENCE_VALUES
from workbench.simulation.drafts import Draft

REFERENCE_ANALYTES = {"1.1": ("Glu", "Cre", "TC"), "1.4": ("HbA1c",), "1.6": ("TC", "TG")}
"""Analytes with values by a reference measurement procedure."""

NOT_HOMOGENEOUS = ("1.1", "CK", 2)
NOT_STABLE = ("1.6", "Lp(a)", 4)
REFERENCE_APART = ("1.1", "Cre", 4)
"""Programme, analyte and sample position of the planted faults of the last round."""

LIMIT_SHARE = 0.1
"""Between-item SD and instability must stay within 0.3 sigma_pt, a tenth of the allowed deviation.

References: ISO 13528:2022, B.2.2 and B.5."""


def _planted(draft: Draft, place: tuple[str, str, int]) -> tuple[int, int] | None:
    """Analyte and sample of a planted fault of this programme-round."""
    programme_no, code, sample = place
    fits = draft.is_last and draft.programme.programme_no == programme_no and code in draft.codes
    return (draft.codes.index(code), sample) if fits and sample < len(draft.samples) else None


def material_checks(draft: Draft) -> pd.DataFrame:
    """The MATERIAL_CHECKS frame: ten items in duplicate, each analyte and sample."""
    faults = {"homogeneity": _planted(draft, NOT_HOMOGENEOUS), "stability": _planted(draft, NOT_STABLE)}
    rows = []
    for check, fault in faults.items():
        for analyte, code in enumerate(draft.codes):
            for sample, name in enumerate(draft.samples):
                limit = LIMIT_SHARE * draft.allowed[analyte, sample]
                share = 1.6 if (analyte, sample) == fault else float(draft.rng.uniform(0.05, 0.75))
                found = share * limit
                n_items, n_replicates = (10, 2) if check == "homogeneity" else (3, 2)
                rows.append(
                    (code, name, check, n_items, n_replicates, found, 0.6 * limit, limit, found <= limit)
                )
        if fault is not None:
            kind = "not_homogeneous" if check == "homogeneity" else "not_stable"
            draft.note(kind, None, *fault, f"1.6 x {check} limit")
    return MATERIAL_CHECKS.checked(pd.DataFrame(rows, columns=MATERIAL_CHECKS.names))


def reference_values(draft: Draft) -> pd.DataFrame:
    """The REFERENCE_VALUES frame; one value lies apart from what laboratories find.

    Every analyte whose trueness is verified has reference values.
    """
    apart = _planted(draft, REFERENCE_APART)
    verified = (a.analyte for a in draft.programme.analytes if a.result_type == "trueness")
    rows = []
    for code in (*REFERENCE_ANALYTES.get(draft.programme.programme_no, ()), *verified):
        if code not in draft.codes:
            continue
        analyte = draft.codes.index(code)
        for sample, name in enumerate(draft.samples):
            allowed = draft.allowed[analyte, sample]
            share = 0.8 if (analyte, sample) == apart else float(draft.rng.normal(0.0, 0.03))
            value = draft.levels[analyte, sample] + share * allowed
            rows.append(
                (code, name, "reference", value, 0.05 * allowed, "参考测量程序 / reference procedure")
            )
    if apart is not None:
        draft.note("reference_apart", None, *apart, "+0.8 x limit")
    return REFERENCE_VALUES.checked(pd.DataFrame(rows, columns=REFERENCE_VALUES.names))
