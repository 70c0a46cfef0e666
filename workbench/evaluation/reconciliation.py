"""Enrolled = scored + not scored + not returned + excused + not performed, or the release stops (F42)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import ObjectArray
from workbench.evaluation.states import Counted
from workbench.evaluation.verdicts import Gradable, excused_rows

OUTCOMES = ("scored", "not_scored", "not_returned", "excused", "not_performed")


def reconciliation_table(given: Gradable, count: Counted, enrolments: pd.DataFrame) -> pd.DataFrame:
    """One row per analyte, then one with an empty analyte for laboratories.

    Parameters
    ----------
    enrolments : the snapshot's table, counted independently of what was judged.

    Notes
    -----
    Results nobody is enrolled for are counted as scored, so that the two sides of the sum differ.
    """
    returns = given.returns
    outcome = outcomes(given, count)
    late = (outcome == "scored") & (returns.late_days[returns.lab] > 0)
    orphans = returns.orphans.drop_duplicates(["lab_code", "device_id", "analyte"])
    rows = []
    for code in returns.analytes:
        mine = returns.analyte_codes == code
        counts = {name: int((outcome[mine] == name).sum()) for name in OUTCOMES}
        counts["scored"] += int((orphans["analyte"] == code).sum())
        rows.append(
            {"analyte": code, "enrolled": int((enrolments["analyte"] == code).sum())}
            | counts
            | {"late": int(late[mine].sum())}
        )
    return pd.DataFrame([*rows, _laboratories(given, outcome, enrolments)])


def outcomes(given: Gradable, count: Counted) -> ObjectArray:
    """Shape (E,), the one outcome of each laboratory x device x analyte."""
    returns = given.returns
    sent = returns.state != "not_returned"
    graded_return = (count.graded & sent).any(axis=1)
    conditions = [
        returns.enrolment_state == "not_performed",
        excused_rows(given),
        ~sent.any(axis=1),
        graded_return,
    ]
    return np.select(conditions, ["not_performed", "excused", "not_returned", "scored"], "not_scored").astype(
        object
    )


def outcomes_table(given: Gradable, count: Counted) -> pd.DataFrame:
    """One row per laboratory x device x analyte: its one outcome, and whether the laboratory was late."""
    returns = given.returns
    return pd.DataFrame(
        {
            "lab_code": returns.lab_codes,
            "outcome": outcomes(given, count),
            "late": returns.late_days[returns.lab] > 0,
        }
    )


def laboratories_row(outcome: pd.DataFrame) -> dict[str, object]:
    """The row of laboratories over several parts of a programme: the best outcome any analyte has.

    Parameters
    ----------
    outcome : rows of `outcomes_table`.
    """
    rank = outcome["outcome"].map(OUTCOMES.index).astype("int64")
    best = rank.groupby(outcome["lab_code"]).min()
    late = outcome["late"].groupby(outcome["lab_code"]).any()
    counts: dict[str, object] = {name: int((best == place).sum()) for place, name in enumerate(OUTCOMES)}
    return {"analyte": "", "enrolled": len(best)} | counts | {"late": int(((best == 0) & late).sum())}


def _laboratories(given: Gradable, outcome: ObjectArray, enrolments: pd.DataFrame) -> dict[str, object]:
    """The row of laboratories: the best outcome any of its analytes has."""
    returns = given.returns
    rank = np.array([OUTCOMES.index(each) for each in outcome])
    best = np.full(len(returns.labs), len(OUTCOMES), dtype=np.int64)
    np.minimum.at(best, returns.lab, rank)
    known = set(enrolments.loc[enrolments["analyte"].isin(returns.analytes), "lab_code"])
    strangers = set(returns.orphans["lab_code"]) - known
    counts: dict[str, object] = {name: int((best == place).sum()) for place, name in enumerate(OUTCOMES)}
    scored = best == OUTCOMES.index("scored")
    return (
        {"analyte": "", "enrolled": len(known)}
        | counts
        | {
            "scored": int(scored.sum()) + len(strangers),
            "late": int((scored & (returns.late_days > 0)).sum()),
        }
    )


def discrepancies(table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose outcomes do not add up to the enrolled."""
    return table[table["enrolled"] != table[list(OUTCOMES)].sum(axis=1)]
