"""Over rounds: successful or not, by the rule of two consecutive or two of three."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.returns import natural_order
from workbench.parameters.policy import Persistence


def persistence_status(verdicts: Sequence[str], rule: Persistence) -> str:
    """Return the status after a sequence of rounds, oldest first, the present one last.

    Parameters
    ----------
    verdicts : "pass", "fail" or "not_scored"; rounds that were not scored are passed over.

    Returns
    -------
    "unsuccessful" when the last `consecutive` rounds all failed or `failures` of the last `window`
    did; "too_few" with fewer rounds than `consecutive`; else "successful".

    References
    ----------
    42 CFR 493.845(f): two consecutive or two out of three consecutive events.

    Examples
    --------
    >>> persistence_status(["fail", "pass", "fail"], Persistence())
    'unsuccessful'
    """
    graded = [verdict for verdict in verdicts if verdict != "not_scored"]
    if len(graded) < rule.consecutive:
        return "too_few"
    in_a_row = all(verdict == "fail" for verdict in graded[-rule.consecutive :])
    several = graded[-rule.window :].count("fail") >= rule.failures
    return "unsuccessful" if in_a_row or several else "successful"


def earlier_rounds(history: pd.DataFrame, round_code: str) -> pd.DataFrame:
    """The history without the present and later rounds, oldest round first, otherwise as it came."""
    codes = history["round"].unique()
    now = natural_order(round_code)
    past = {
        code: place
        for place, code in enumerate(sorted(codes, key=natural_order))
        if natural_order(code) < now
    }
    kept = history[history["round"].isin(past)]
    order = np.argsort(kept["round"].map(past).to_numpy(dtype=np.int64), kind="stable")
    return kept.iloc[order].reset_index(drop=True)


def verdicts_before(earlier: pd.DataFrame) -> dict[tuple[str, str, str], list[str]]:
    """Verdicts of earlier rounds, oldest first, by laboratory, device and analyte."""
    out: dict[tuple[str, str, str], list[str]] = {}
    for row in earlier.itertuples():
        out.setdefault((row.lab_code, row.device_id, row.analyte), []).append(row.verdict)
    return out


def programme_verdicts_before(earlier: pd.DataFrame, pass_mark: float) -> dict[str, list[str]]:
    """Programme verdicts of earlier rounds as pass or fail, oldest first, by laboratory.

    Notes
    -----
    The programme's score of a round is acceptable over graded results of all analytes; a round in
    which nothing was graded is "not_scored".
    """
    sums = earlier.groupby(["lab_code", "round"], sort=False)[["acceptable", "graded"]].sum().reset_index()
    out: dict[str, list[str]] = {}
    for row in sums.itertuples():
        out.setdefault(row.lab_code, []).append(graded_verdict(row.acceptable, row.graded, pass_mark))
    return out


def graded_verdict(acceptable: int, graded: int, pass_mark: float) -> str:
    """Pass, fail or not_scored of a counts over k; the mark itself passes.

    Examples
    --------
    >>> graded_verdict(4, 5, 80), graded_verdict(3, 4, 80), graded_verdict(0, 0, 80)
    ('pass', 'fail', 'not_scored')
    """
    if graded == 0:
        return "not_scored"
    return "pass" if 100 * acceptable >= pass_mark * graded else "fail"


def latest_means(earlier: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Mean PA % of the latest earlier round, by laboratory, device and analyte."""
    out: dict[tuple[str, str, str], float] = {}
    for row in earlier.itertuples():
        out[row.lab_code, row.device_id, row.analyte] = row.mean_percent_allowed
    return out
