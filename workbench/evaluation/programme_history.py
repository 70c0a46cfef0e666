"""What earlier rounds count for the programme's verdict over rounds: vetoes, and scores that count samples."""

from __future__ import annotations

import pandas as pd

from workbench.evaluation.inputs import RoundInputs
from workbench.parameters.policy import CODED_POLICY
from workbench.parameters.programmes import Programme


def programme_history(inputs: RoundInputs, earlier: pd.DataFrame) -> pd.DataFrame:
    """Earlier rounds as the programme's verdict counted them.

    Parameters
    ----------
    inputs : the round. earlier : rows of the `history` frame, oldest round first.

    Returns
    -------
    DataFrame
        The same rows; of a laboratory's round that a veto failed no result is acceptable. Where the programme
        counts samples, one row per laboratory x round with its samples as results (an empty analyte).

    Notes
    -----
    A veto shows in the history as an analyte that failed although its score reached the pass mark. A round of which
    no answer is on file keeps its counts of results.
    """
    counted = _by_sample(inputs, earlier) if _counts_samples(inputs.programme) else earlier
    vetoed = _vetoed(inputs.programme, earlier)
    if vetoed.empty:
        return counted
    hit = pd.MultiIndex.from_frame(counted[["lab_code", "round"]]).isin(vetoed)
    return counted.assign(acceptable=counted["acceptable"].where(~hit, 0))


def _counts_samples(programme: Programme) -> bool:
    return (programme.evaluation or CODED_POLICY).coded.counting == "samples"


def _vetoed(programme: Programme, earlier: pd.DataFrame) -> pd.MultiIndex:
    """Laboratory and round of every analyte that failed by veto."""
    marks = {
        code: policy.pass_mark
        for code in programme.codes
        if (policy := programme.policy(code) or CODED_POLICY).coded.veto
    }
    pass_mark = earlier["analyte"].map(marks).astype("float64")
    reached = 100.0 * earlier["acceptable"] >= pass_mark * earlier["graded"]
    hit = (earlier["verdict"] == "fail") & reached & (earlier["graded"] > 0)
    return pd.MultiIndex.from_frame(earlier.loc[hit, ["lab_code", "round"]].drop_duplicates())


def _by_sample(inputs: RoundInputs, earlier: pd.DataFrame) -> pd.DataFrame:
    """Samples wholly right and samples marked, by laboratory and round in the order of the history."""
    answers = inputs.answer_history[inputs.answer_history["mark"].notna()]
    if answers.empty:
        return earlier
    right = (answers["mark"] >= 1.0).groupby([answers["lab_code"], answers["round"], answers["sample"]]).all()
    sums = right.groupby(level=[0, 1]).agg(acceptable="sum", graded="count")
    keys = earlier[["lab_code", "round"]].drop_duplicates()
    known = keys.merge(sums.reset_index(), on=["lab_code", "round"], how="inner")
    answered = pd.MultiIndex.from_frame(known[["lab_code", "round"]])
    rest = earlier[~pd.MultiIndex.from_frame(earlier[["lab_code", "round"]]).isin(answered)]
    # The order of rounds is that of the history, whichever rows stand for them.
    order = {code: place for place, code in enumerate(earlier["round"].unique())}
    together = pd.concat([known.assign(device_id="", analyte="", verdict=""), rest], ignore_index=True)
    place = together["round"].map(order)
    return together.assign(place=place).sort_values("place", kind="stable").drop(columns="place")
