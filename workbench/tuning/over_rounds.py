"""What follows from the verdicts of rows: laboratories in a round, and the status over rounds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import ObjectArray
from workbench.evaluation.history import persistence_status
from workbench.parameters.policy import EvaluationPolicy, Persistence
from workbench.tuning.judging import FAIL, NO_VERDICT, PASS, VERDICTS, Rejudged


def statuses(judged: Rejudged) -> ObjectArray:
    """Status over rounds of each row, from the rounds of the archive up to its own.

    Returns
    -------
    shape (E,): successful, unsuccessful or too_few.

    Notes
    -----
    Earlier rounds are judged by the same rule, which is what a change of rule would have meant.
    """
    archive = judged.archive
    width = len(archive.rounds)
    analyte = archive.analyte_of_block[archive.block]
    key = (analyte * len(archive.labs) + archive.lab) * len(archive.devices) + archive.device
    _, place = np.unique(key, return_inverse=True)
    table = np.full((int(place.max(initial=-1)) + 1, width), NO_VERDICT, dtype=np.uint8)
    round_ = archive.round_of_block[archive.block]
    table[place, round_] = judged.verdict
    out = np.full(archive.shape[1], "", dtype=object)
    for position, rule in enumerate(judged.rules):
        for last in range(width):
            mine = np.flatnonzero((analyte == position) & (round_ == last))
            out[mine] = _by_pattern(table[place[mine], : last + 1], rule.policy.persistence)
    return out


def _by_pattern(sequences: np.ndarray, rule: Persistence) -> ObjectArray:
    """The status of each sequence of verdicts; equal sequences are decided once."""
    patterns, which = np.unique(sequences, axis=0, return_inverse=True)
    found = [persistence_status([VERDICTS[code] for code in pattern], rule) for pattern in patterns]
    return np.array(found, dtype=object)[which.ravel()] if len(found) else np.zeros(0, dtype=object)


def laboratory_verdicts(judged: Rejudged, policy: EvaluationPolicy | None = None) -> pd.DataFrame:
    """One row per laboratory and round: all acceptable results over all graded ones.

    Parameters
    ----------
    policy : the programme's; by default its first analyte's.

    References
    ----------
    42 CFR 493.931(c)(5).
    """
    archive = judged.archive
    mark = (policy or judged.rules[0].policy).pass_mark
    labs = len(archive.labs)
    key = archive.round_of_block[archive.block] * labs + archive.lab
    size = len(archive.rounds) * labs
    counts = {
        "acceptable": np.bincount(key, weights=judged.acceptable, minlength=size),
        "graded": np.bincount(key, weights=judged.graded, minlength=size),
        "n_fail": np.bincount(key, weights=judged.verdict == FAIL, minlength=size),
        "n_pass": np.bincount(key, weights=judged.verdict == PASS, minlength=size),
    }
    there = np.bincount(key, minlength=size) > 0
    acceptable, graded = counts["acceptable"][there], counts["graded"][there]
    good = 100 * acceptable >= mark * graded
    words = np.where(graded == 0, "not_scored", np.where(good, "satisfactory", "unsatisfactory"))
    place = np.flatnonzero(there)
    return pd.DataFrame(
        {
            "round": np.array(archive.rounds, dtype=object)[place // labs],
            "lab_code": np.array(archive.labs, dtype=object)[place % labs],
            **{name: column[there].astype(np.int64) for name, column in counts.items()},
            "verdict": words,
        }
    )
