"""Which series of internal quality control move together: pairs of laboratories, levels or analytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import DataError
from workbench.iqc.control_table import ControlTable
from workbench.iqc.control_targets import FIRST_VALUES, targets_in_force
from workbench.iqc.correlations import bias_agreement, correlations, daily_means
from workbench.iqc.streams import control_z
from workbench.store import Store, evaluation_in_force
from workbench.store.control_master import control_targets
from workbench.store.control_tables import read_control_table
from workbench.store.eqa_biases import eqa_biases

FIXED = {
    "laboratories": ("analyte", "level"),
    "levels": ("analyte", "lab_code"),
    "analytes": ("level", "lab_code"),
}
"""By what is compared: what must be given. The other of laboratory, level and analyte tells the series apart."""
_NAMED = {"laboratories": "lab_code", "levels": "level", "analytes": "analyte"}


@dataclass(frozen=True)
class Wanted:
    """What is correlated: `by` laboratories, levels or analytes; the others fixed."""

    by: str
    analyte: str = ""
    level: str = ""
    lab_code: str = ""


def correlated_pairs(store: Store, wanted: Wanted) -> pd.DataFrame:
    """Every pair of series: first, second, n shared days, r, low, high; the strongest first.

    Notes
    -----
    Daily means of z, each point against the target of its own lot: a change of lot makes no correlation. Series are
    told apart by instrument where a laboratory has several. Pairs with fewer than ten shared days have no r.

    Raises
    ------
    DataError
        when `by` is unknown, something that must be given is not, or fewer than two series fit.
    """
    if wanted.by not in FIXED:
        raise DataError(f"Correlate {', '.join(FIXED)}, not {wanted.by!r}.")
    missing = [name for name in FIXED[wanted.by] if not getattr(wanted, name)]
    if missing:
        raise DataError(f"To correlate {wanted.by} give {' and '.join(missing)}.")
    analytes = [wanted.analyte] if wanted.by != "analytes" else []
    lab = wanted.lab_code if wanted.by != "laboratories" else ""
    table = read_control_table(store, analytes=analytes, lab_code=lab)
    fits = np.ones(len(table.series), dtype=bool)
    for name in FIXED[wanted.by]:
        fits &= (table.series[name] == getattr(wanted, name)).to_numpy()
    series = np.flatnonzero(fits)
    if len(series) < 2:
        raise DataError(f"Only {len(series)} series fit; two at least are needed.")
    mean, sd = targets_in_force(table, control_targets(store), own_from_first=FIRST_VALUES)
    _, columns = daily_means(table, control_z(table.value, mean, sd), series)
    return _pairs(_names(table, series, _NAMED[wanted.by]), columns)


def _names(table: ControlTable, series: np.ndarray, column: str) -> list[str]:
    """What tells the series apart; with the instrument where that alone does not."""
    chosen = table.series.iloc[series]
    names = chosen[column].astype(str)
    twice = names.duplicated(keep=False)
    return names.where(~twice, names + " " + chosen["instrument"].astype(str)).tolist()


def _pairs(names: list[str], columns: np.ndarray) -> pd.DataFrame:
    """The upper triangle as rows."""
    found = correlations(columns)
    one, other = np.triu_indices(len(names), 1)
    table = pd.DataFrame(
        {
            "first": np.asarray(names, dtype=object)[one],
            "second": np.asarray(names, dtype=object)[other],
            "n": found.n[one, other],
            "r": found.r[one, other],
            "low": found.low[one, other],
            "high": found.high[one, other],
        }
    )
    return table.sort_values("r", key=np.abs, ascending=False, na_position="last", ignore_index=True)


def bias_table(
    store: Store, round_code: str, programme_no: str, rows: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Bias in a round of external assessment beside that of internal control in a month.

    Parameters
    ----------
    rows : CONTROL_COMPARISON of the month.

    Returns
    -------
    Pairs: lab_code, analyte, eqa_bias, iqc_bias (mean over levels), per cent. Agreement: one row an analyte and one
    for all together (analyte empty): n, r, low, high, same_side, difference, difference_sd.

    Raises
    ------
    DataError
        when the round has no evaluation.
    """
    record = evaluation_in_force(store, round_code, programme_no)
    if record is None:
        raise DataError(
            f"Programme {programme_no} of round {round_code} has no evaluation; evaluate it first."
        )
    own = rows.groupby(["lab_code", "analyte"])["bias"].mean().rename("iqc_bias").reset_index()
    pairs = (
        eqa_biases(store, record)
        .merge(own, on=["lab_code", "analyte"])
        .dropna(subset=["eqa_bias", "iqc_bias"])
    )
    # Both centred on the laboratories that have both: what all share is target and material, not a laboratory.
    for name in ("eqa_bias", "iqc_bias"):
        pairs[name] -= pairs.groupby("analyte")[name].transform("median")
    parts = [("", pairs), *pairs.groupby("analyte", sort=True)]
    found = [
        {"analyte": code, **vars(bias_agreement(part["eqa_bias"].to_numpy(), part["iqc_bias"].to_numpy()))}
        for code, part in parts
    ]
    return pairs.drop(columns="samples").reset_index(drop=True), pd.DataFrame(found)
