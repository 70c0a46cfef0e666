"""Agreement of each laboratory with the targets over rounds: sensitivity, specificity, a-score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.coded_round import CodedRound
from workbench.statistics.agreement import proportion

_POSITIVE = ("positive", "weak")


@dataclass
class Tally:
    """What one laboratory got right of positive and negative samples, and what was to be expected of it."""

    rounds: set[str]
    positives: int = 0
    positives_found: int = 0
    negatives: int = 0
    negatives_found: int = 0
    right: int = 0
    expected: float = 0.0
    variance: float = 0.0


def a_score(right: int, expected: float, variance: float) -> float:
    """Right answers against what the group's rates make likely, on the scale of a z score.

    Parameters
    ----------
    right : right answers. expected, variance : sums of p and p (1 - p), p the share of right answers of all
        laboratories on each sample.

    Returns
    -------
    float
        (right - expected) / sqrt(variance); NaN where nobody, or everybody, is right on every sample.

    References
    ----------
    Binomial scores for qualitative schemes: Accred Qual Assur 2019;24:263.

    Examples
    --------
    >>> round(a_score(3, 4.5, 0.45), 2), a_score(5, 5.0, 0.0)
    (-2.24, nan)
    """
    return (right - expected) / math.sqrt(variance) if variance > 1e-12 else math.nan


def agreements_table(given: CodedRound, history: pd.DataFrame, round_code: str) -> pd.DataFrame:
    """One row per laboratory x device x analyte with a cut-off: this round and the earlier ones together.

    Parameters
    ----------
    history : the `answer_history` frame; rounds other than the present one count.
    """
    polarity = {
        code: grades.polarity
        for code, grades in zip(given.returns.analytes, given.grades, strict=True)
        if "negative" in grades.polarity.values()
    }
    answers = pd.concat(
        [history[history["round"] != round_code], _present(given, round_code)], ignore_index=True
    )
    answers = answers[answers["analyte"].isin(polarity) & answers["mark"].notna()]
    tallies: dict[tuple[str, str, str], Tally] = {}
    for (_, analyte, _), part in answers.groupby(["round", "analyte", "sample"], sort=True):
        _count(part, polarity[str(analyte)], tallies)
    enrolled = set(
        zip(given.returns.lab_codes, given.returns.device, given.returns.analyte_codes, strict=True)
    )
    rows = [(*key, *_row(tallies[key])) for key in sorted(tallies) if key in enrolled]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "lab_code",
    "device_id",
    "analyte",
    "rounds",
    "positives",
    "positives_found",
    "negatives",
    "negatives_found",
    "sensitivity",
    "sensitivity_low",
    "sensitivity_high",
    "specificity",
    "specificity_low",
    "specificity_high",
    "a_score",
)


def _present(given: CodedRound, round_code: str) -> pd.DataFrame:
    """This round's answers as rows of the history."""
    returns = given.returns
    rows, samples = np.nonzero(~np.isnan(given.mark))
    return pd.DataFrame(
        {
            "lab_code": returns.lab_codes[rows],
            "device_id": returns.device[rows],
            "analyte": returns.analyte_codes[rows],
            "round": round_code,
            "sample": np.array(returns.samples, dtype=object)[samples],
            "answer": given.grid("answer")[rows, samples],
            "target": given.grid("target")[rows, samples],
            "mark": given.mark[rows, samples],
        }
    )


def _count(part: pd.DataFrame, polarity: Mapping[str, str], out: dict[tuple[str, str, str], Tally]) -> None:
    """Add the answers on one sample of one round."""
    share = float((part["mark"] >= 1.0).mean())
    for row in part.itertuples():
        tally = out.setdefault((row.lab_code, row.device_id, row.analyte), Tally(set()))
        tally.rounds.add(row.round)
        tally.right += int(row.mark >= 1.0)
        tally.expected += share
        tally.variance += share * (1.0 - share)
        wanted, said = polarity.get(row.target, ""), polarity.get(row.answer, "")
        if wanted in _POSITIVE:
            tally.positives += 1
            tally.positives_found += int(said in _POSITIVE)
        elif wanted == "negative":
            tally.negatives += 1
            tally.negatives_found += int(said == "negative")


def _row(tally: Tally) -> tuple[float, ...]:
    """Counts, rates with Wilson intervals, a-score."""
    sensitivity = proportion(tally.positives_found, tally.positives)
    specificity = proportion(tally.negatives_found, tally.negatives)
    return (
        len(tally.rounds),
        tally.positives,
        tally.positives_found,
        tally.negatives,
        tally.negatives_found,
        *(sensitivity.value, *sensitivity.wilson),
        *(specificity.value, *specificity.wilson),
        a_score(tally.right, tally.expected, tally.variance),
    )
