"""The measurement uncertainty some laboratories send along: expanded, k = 2, mostly credible."""

from __future__ import annotations

import math

import numpy as np

from workbench.simulation.drafts import GROUP_SD, LABORATORY_SD, WITHIN_SD, Draft

STATING_SHARE = 0.15
"""Share of laboratories that state an uncertainty."""

COVERAGE_FACTOR = 2.0
CREDIBLE = math.hypot(GROUP_SD, LABORATORY_SD, WITHIN_SD)
"""Standard uncertainty that would be right, as a share of the allowed deviation."""

HABITS = ((0.7, 1.0, ""), (0.2, 0.1, "uncertainty_too_small"), (0.1, 2.5, "uncertainty_too_large"))
"""Share of the stating laboratories, how many times the right one they state, kind in the truth."""


def state_uncertainties(draft: Draft, rng: np.random.Generator) -> None:
    """Draw who states an uncertainty and by how much it is wrong; the truth names those far off.

    Parameters
    ----------
    draft : its `stated` is filled in: position of the laboratory -> times the right uncertainty.
    rng : a generator of its own, the same in every round of a programme, so that habits last.
    """
    labs = len(draft.lab_codes)
    states = rng.random(labs) < STATING_SHARE
    habit = rng.choice(len(HABITS), labs, p=[share for share, _, _ in HABITS])
    for lab in np.flatnonzero(states & draft.enrolled.any(axis=1)).tolist():
        _, times, kind = HABITS[habit[lab]]
        draft.stated[lab] = times
        if kind:
            draft.note(kind, lab, None, None, f"{times} x credible")


def stated_uncertainty(draft: Draft, lab: int, analyte: int, sample: int) -> tuple[str, float, float]:
    """What is written beside one result: text of U with two figures, standard uncertainty, k.

    Empty and NaN where the laboratory states none or the result is no usual one.
    """
    key = (lab, analyte, sample)
    usual = key not in draft.text and draft.states.get(key, "reported") == "reported"
    if lab not in draft.stated or not usual:
        return "", math.nan, math.nan
    size = COVERAGE_FACTOR * draft.stated[lab] * CREDIBLE * float(draft.allowed[analyte, sample])
    decimals = max(0, 1 - math.floor(math.log10(size)))
    raw = f"{size:.{decimals}f}"
    return raw, float(raw) / COVERAGE_FACTOR, COVERAGE_FACTOR
