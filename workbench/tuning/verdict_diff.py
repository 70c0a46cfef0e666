"""What a change of rules changes: which result and which verdict flips, which way, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.criteria import BoolArray
from workbench.tuning.judging import (
    ACCEPTABLE,
    FAIL,
    FAILED,
    NO_VERDICT,
    PASS,
    REASONS,
    SIGNALS,
    UNSCORED,
    VERDICTS,
    WARNED,
    Rejudged,
)
from workbench.tuning.over_rounds import laboratory_verdicts

CELL_COLUMNS = (
    "round",
    "analyte",
    "lab_code",
    "device_id",
    "sample",
    "value",
    "before",
    "after",
    "direction",
    "why",
    "target_before",
    "target_after",
    "limit_before",
    "limit_after",
    "peer_group_level_before",
    "peer_group_level_after",
    "reason_before",
    "reason_after",
)
"""One row per laboratory x device x analyte x round x sample whose counting changed."""


def outcome(judged: Rejudged) -> np.ndarray:
    """Shape (S, E), how a cell counts: 0 acceptable, 2 failed, 3 not scored; warnings are acceptable."""
    return np.where(judged.signal == WARNED, ACCEPTABLE, judged.signal)


def result_diff(before: Rejudged, after: Rejudged) -> pd.DataFrame:
    """Every result that counts otherwise than before.

    Returns
    -------
    Columns `CELL_COLUMNS`. `direction` is better, worse, unscored or scored. `why` is

    - grading: a reason not to score came or went;
    - peer_group, assigned_value, limit: that change alone turns the result over;
    - together: only target and limit together do;
    - rule: how the state or the score is judged.

    Raises
    ------
    EvaluationError
        when the two are not of one archive.
    """
    _refuse_strangers(before, after)
    changed = outcome(before) != outcome(after)
    cells = np.argwhere(changed.T)
    row, sample = cells[:, 0], cells[:, 1]
    archive = before.archive
    old, new = outcome(before)[sample, row], outcome(after)[sample, row]
    sides = [_side(each, row, sample) for each in (before, after)]
    block = archive.block[row]
    round_ = archive.round_of_block[block]
    codes = np.array([rule.code for rule in archive.rules], dtype=object)
    table = {
        "round": np.array(archive.rounds, dtype=object)[round_],
        "analyte": codes[archive.analyte_of_block[block]],
        "lab_code": np.array(archive.labs, dtype=object)[archive.lab[row]],
        "device_id": np.array(archive.devices, dtype=object)[archive.device[row]],
        "sample": [archive.samples[r][s] for r, s in zip(round_, sample, strict=True)],
        "value": archive.value[sample, row],
        "before": np.array(SIGNALS, dtype=object)[before.signal[sample, row]],
        "after": np.array(SIGNALS, dtype=object)[after.signal[sample, row]],
        "direction": _direction(old, new),
        "why": _why(archive.value[sample, row], sides, old, new),
    }
    for name in ("target", "limit", "peer_group_level", "reason"):
        table |= {f"{name}_before": sides[0][name], f"{name}_after": sides[1][name]}
    return pd.DataFrame(table, columns=list(CELL_COLUMNS))


def _refuse_strangers(before: Rejudged, after: Rejudged) -> None:
    if before.archive is not after.archive:
        raise EvaluationError("Verdicts can be compared on one archive only; judge the same archive twice.")


def _side(judged: Rejudged, row: np.ndarray, sample: np.ndarray) -> dict[str, np.ndarray]:
    """Target, limit, group and reason of some cells."""
    group = judged.estimated.group[row]
    return {
        "target": judged.exact_floats[group, sample],
        "limit": judged.targets.error[group, sample],
        "peer_group_level": judged.level[group],
        "peer_group": judged.group_name[group],
        "reason": np.array(REASONS, dtype=object)[judged.reason[sample, row]],
    }


def _direction(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    conditions = [new == UNSCORED, old == UNSCORED, new == FAILED]
    return np.select(conditions, ["unscored", "scored", "worse"], "better").astype(object)


def _why(
    value: np.ndarray, sides: list[dict[str, np.ndarray]], old: np.ndarray, new: np.ndarray
) -> np.ndarray:
    """The change that alone turns each result over."""
    a, b = sides
    bad = new == FAILED
    with np.errstate(invalid="ignore"):
        by_target = (np.abs(value - b["target"]) > a["limit"]) == bad
        by_limit = (np.abs(value - a["target"]) > b["limit"]) == bad
    same_target, same_limit = _equal(a["target"], b["target"]), _equal(a["limit"], b["limit"])
    other_group = (a["peer_group_level"] != b["peer_group_level"]) | (a["peer_group"] != b["peer_group"])
    unscored = (old == UNSCORED) | (new == UNSCORED)
    conditions = [
        unscored & (a["reason"] != b["reason"]),
        unscored | (same_target & same_limit),
        ~same_target & by_target & other_group,
        ~same_target & by_target,
        ~same_limit & by_limit,
    ]
    names = ["grading", "rule", "peer_group", "assigned_value", "limit"]
    return np.select(conditions, names, "together").astype(object)


def _equal(a: np.ndarray, b: np.ndarray) -> BoolArray:
    return np.asarray((a == b) | (np.isnan(a) & np.isnan(b)))


def verdict_diff(before: Rejudged, after: Rejudged) -> pd.DataFrame:
    """One row per laboratory x device x analyte x round whose verdict flips, with a and k before and after."""
    _refuse_strangers(before, after)
    row = np.flatnonzero(before.verdict != after.verdict)
    archive = before.archive
    block = archive.block[row]
    codes = np.array([rule.code for rule in archive.rules], dtype=object)
    words = np.array(VERDICTS, dtype=object)
    old, new = before.verdict[row], after.verdict[row]
    conditions = [new == NO_VERDICT, old == NO_VERDICT, new == PASS]
    return pd.DataFrame(
        {
            "round": np.array(archive.rounds, dtype=object)[archive.round_of_block[block]],
            "analyte": codes[archive.analyte_of_block[block]],
            "lab_code": np.array(archive.labs, dtype=object)[archive.lab[row]],
            "device_id": np.array(archive.devices, dtype=object)[archive.device[row]],
            "before": words[old],
            "after": words[new],
            "direction": np.select(conditions, ["unscored", "scored", "better"], "worse").astype(object),
            "acceptable_before": before.acceptable[row],
            "graded_before": before.graded[row],
            "acceptable_after": after.acceptable[row],
            "graded_after": after.graded[row],
            "peer_group_level": after.level[after.estimated.group[row]],
            "peer_group": after.group_name[after.estimated.group[row]],
        }
    )


def transitions(
    before: Rejudged, after: Rejudged, unit: str = "analyte", rows: BoolArray | None = None
) -> pd.DataFrame:
    """Counts before x after.

    Parameters
    ----------
    unit : "result", "analyte" (laboratory x device x analyte) or "programme" (laboratory).
    rows : shape (E,) flags of the rows to count, None for all; a laboratory counts when one of its rows does.

    Returns
    -------
    Square table, rows before, columns after: acceptable, failed, not_scored of results; pass, fail,
    not_scored of analytes; satisfactory, unsatisfactory, not_scored of laboratories.
    """
    _refuse_strangers(before, after)
    archive = before.archive
    kept = slice(None) if rows is None else rows
    if unit == "result":
        names = {ACCEPTABLE: "acceptable", FAILED: "failed", UNSCORED: "not_scored"}
        pair = [outcome(each)[:, kept].ravel() for each in (before, after)]
        return _crossed(pair[0], pair[1], names)
    if unit == "analyte":
        names = {PASS: "pass", FAIL: "fail", NO_VERDICT: "not_scored"}
        return _crossed(before.verdict[kept], after.verdict[kept], names)
    counted = {archive.labs[lab] for lab in np.unique(archive.lab[kept])}
    words = ["satisfactory", "unsatisfactory", "not_scored"]
    tables = [laboratory_verdicts(each) for each in (before, after)]
    codes = [
        table.loc[table["lab_code"].isin(counted), "verdict"].map(words.index).to_numpy(dtype=np.int64)
        for table in tables
    ]
    return _crossed(codes[0], codes[1], dict(enumerate(words)))


def _crossed(old: np.ndarray, new: np.ndarray, names: dict[int, str]) -> pd.DataFrame:
    """Counts of pairs of codes, in the order of the names."""
    size = 1 + max(names)
    counts = np.bincount(old.astype(np.int64) * size + new, minlength=size * size).reshape(size, size)
    order = list(names)
    return pd.DataFrame(
        counts[np.ix_(order, order)], index=list(names.values()), columns=list(names.values())
    )
