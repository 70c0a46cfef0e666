"""Pass rates by whatever divides the rows, the limit each row just passes, and the curve over limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import FloatArray, ObjectArray
from workbench.evaluation.returns import IntArray
from workbench.tuning.archive import NUMERIC, REPORTED, STATES, Archive
from workbench.tuning.changes import RuleChange, changed_rules, draft_limit
from workbench.tuning.judging import (
    FAILED,
    NO_VERDICT,
    PASS,
    Rejudged,
    rejudge,
)

UNITS = ("percent", "absolute")
"""What a limit is measured in: per cent of the target, or the analyte's unit."""

Division = tuple[IntArray, Sequence[str]]

_WIDEST = 4_000_000
"""Combinations up to which rows are numbered through a table instead of by sorting."""

_DIGITS = 12
"""Significant digits of a ratio that are not binary noise."""


def pass_rates(
    judged: Rejudged,
    by: tuple[str, ...] = ("analyte",),
    rows: np.ndarray | None = None,
    divided_by: Rejudged | None = None,
) -> pd.DataFrame:
    """One row per combination of `by`: rows with a verdict, rows that pass, results graded and acceptable.

    Parameters
    ----------
    by : names out of `DIVISIONS`. rows : shape (E,) flags of the rows to count, None for all.
    divided_by : the judgement whose groups divide the rows; None for `judged` itself.

    Returns
    -------
    Columns of `by`, then n, passed, pass_percent, graded, acceptable, acceptable_percent; NaN per cent
    where nothing was graded.

    Raises
    ------
    KeyError
        when a name is none of `DIVISIONS`.
    """
    kept = np.arange(judged.archive.shape[1]) if rows is None else np.flatnonzero(rows)
    divided = [DIVISIONS[name](divided_by or judged) for name in by]
    key = np.zeros(kept.size, dtype=np.int64)
    for codes, names in divided:
        key = key * max(len(names), 1) + codes[kept]
    distinct, key = _numbered(key)
    counted = {
        "n": judged.verdict[kept] != NO_VERDICT,
        "passed": judged.verdict[kept] == PASS,
        "graded": judged.graded[kept],
        "acceptable": judged.acceptable[kept],
    }
    size = len(distinct)
    sums = pd.DataFrame(
        {name: np.bincount(key, values, size).astype(np.int64) for name, values in counted.items()}
    )
    for position in reversed(range(len(by))):
        parts = np.asarray(divided[position][1], dtype=object)
        distinct, code = np.divmod(distinct, max(len(parts), 1))
        sums[by[position]] = parts[code] if size else np.zeros(0, dtype=object)
    for name, part, whole in (
        ("pass_percent", "passed", "n"),
        ("acceptable_percent", "acceptable", "graded"),
    ):
        sums[name] = 100.0 * sums[part] / sums[whole].where(sums[whole] > 0)
    order = [*by, "n", "passed", "pass_percent", "graded", "acceptable", "acceptable_percent"]
    return sums[order]


def _numbered(key: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct keys in the order they first stand, and the number of each row's key."""
    size = int(key.max()) + 1 if key.size else 0
    if size > _WIDEST:
        distinct, first, code = np.unique(key, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty(len(order), dtype=np.int64)
        number[order] = np.arange(len(order))
        return distinct[order], number[code]
    first = np.full(size, -1, dtype=np.int64)
    first[key[::-1]] = np.arange(key.size)[::-1]
    there = np.flatnonzero(first >= 0)
    distinct = there[np.argsort(first[there])]
    number = np.zeros(size, dtype=np.int64)
    number[distinct] = np.arange(len(distinct))
    return distinct, number[key]


def _analytes(judged: Rejudged) -> Division:
    codes = tuple(rule.code for rule in judged.rules)
    return judged.archive.analyte_of_block[judged.archive.block], codes


def _rounds(judged: Rejudged) -> Division:
    return judged.archive.round_of_block[judged.archive.block], judged.archive.rounds


def _of_groups(judged: Rejudged, names: ObjectArray) -> Division:
    """Rows by a property of the group that judges them."""
    distinct, code = np.unique(names.astype(str), return_inverse=True)
    return code[judged.estimated.group], tuple(distinct.tolist())


def _levels(judged: Rejudged) -> Division:
    distinct, code = np.unique(judged.archive.level.astype(str), return_inverse=True)
    return code[judged.archive.lab], tuple(distinct.tolist())


DIVISIONS: dict[str, Callable[[Rejudged], Division]] = {
    "analyte": _analytes,
    "round": _rounds,
    "peer_group_level": lambda judged: _of_groups(judged, judged.level),
    "peer_group": lambda judged: _of_groups(judged, judged.group_name),
    "hospital_level": _levels,
    "lab_code": lambda judged: (judged.archive.lab, judged.archive.labs),
}
"""What rows can be divided by: number of each row's part, shape (E,), and the names of the parts."""


def needed(judged: Rejudged) -> np.ndarray:
    """Shape (E,), acceptable results a row needs to pass: the smallest m with 100 m >= mark x k."""
    archive = judged.archive
    mark = np.array([rule.policy.pass_mark for rule in judged.rules])[archive.analyte_of_block[archive.block]]
    m = np.floor(mark * judged.graded / 100).astype(np.int64)
    return m + (100 * m < mark * judged.graded)


def passing_limits(judged: Rejudged, unit: str = "percent") -> FloatArray:
    """The limit each row would just pass, its targets left as they are.

    Parameters
    ----------
    unit : percent (of the target's absolute value) or absolute (the analyte's unit).

    Returns
    -------
    shape (E,). Infinite where no limit helps: too many results missing, late or unreadable. NaN where
    nothing is graded.

    Notes
    -----
    The needed-th smallest deviation over the cells graded now, to 12 significant digits. A limit equal to it passes where limits
    include themselves. This is the bare limit: widening by the target's uncertainty or by inhomogeneity
    is not part of it, and the graded cells are those of now. `rejudged_curve` follows both. Results given with "<" or ">" keep the judgement they have.
    """
    if unit not in UNITS:
        raise ValueError(f"unit must be one of {UNITS}, found {unit!r}")
    ordered = np.sort(_sizes(judged, unit), axis=0)
    m = needed(judged)
    rows = np.arange(len(m))
    found = ordered[np.clip(m - 1, 0, len(ordered) - 1), rows]
    return np.where(judged.graded > 0, np.where(m > 0, found, 0.0), np.nan)


def _sizes(judged: Rejudged, unit: str) -> FloatArray:
    """Shape (S, E), the limit each graded cell just meets; infinite where it never counts as acceptable."""
    archive, group = judged.archive, judged.estimated.group
    out = np.full(archive.shape, np.inf)
    target = judged.exact_floats
    plain = _open_to_limits(archive, judged)
    for sample in range(archive.shape[0]):
        at = target[:, sample][group]
        size = np.abs(archive.value[sample] - at)
        if unit == "percent":
            size = np.divide(100.0 * size, np.abs(at), out=np.full(len(at), np.inf), where=at != 0)
        out[sample][plain[sample]] = without_noise(size[plain[sample]])
    fixed = (judged.state == STATES.index("censored")) & (judged.signal < FAILED)
    out[fixed] = 0.0
    credited = _credited(judged)
    out[credited] = 0.0
    return out


def _open_to_limits(archive: Archive, judged: Rejudged) -> np.ndarray:
    """Cells whose judgement is a comparison with the limit."""
    scores_late = np.array([rule.policy.late == "score" for rule in judged.rules])
    late = (judged.state == STATES.index("late")) & scores_late[archive.analyte_of_block[archive.block]]
    scored = (judged.state == STATES.index("scored")) | late
    return np.asarray(scored & ((archive.flags & NUMERIC) != 0))


def _credited(judged: Rejudged) -> np.ndarray:
    """Unscored cells that count as acceptable."""
    credits = np.array([rule.policy.not_scored == "credit" for rule in judged.rules])
    states = (STATES.index("not_scored"), STATES.index("censored"))
    rows = credits[judged.archive.analyte_of_block[judged.archive.block]]
    reported = (judged.archive.flags & REPORTED) != 0
    return np.asarray(np.isin(judged.state, states) & (judged.signal > FAILED) & rows & reported)


def without_noise(values: FloatArray) -> FloatArray:
    """Numbers to 12 significant digits, so that 4.95 against 4.50 is 10 per cent and not a little more.

    Examples
    --------
    >>> float(without_noise(np.array([100 * (4.95 - 4.5) / 4.5]))[0])
    10.0
    """
    size = np.abs(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(size)))
        out = np.round(values * scale) / scale
    return np.where((size > 0) & np.isfinite(size), out, values)


@dataclass(frozen=True)
class PassCurve:
    """How many rows pass at any limit.

    Attributes
    ----------
    limits : shape (n,), the limit each row with something graded just passes, ascending, infinite last.
    unit : what they are measured in.
    """

    limits: FloatArray
    unit: str

    def percent_at(self, limit: float | FloatArray) -> FloatArray:
        """Per cent of rows that pass at a limit that includes itself; NaN without rows.

        Examples
        --------
        >>> PassCurve(np.array([2.0, 5.0, 5.0, np.inf]), "percent").percent_at(np.array([1, 5, 9])).tolist()
        [0.0, 75.0, 75.0]
        """
        n = len(self.limits)
        passed = np.searchsorted(self.limits, limit, side="right")
        return np.asarray(100.0 * passed / n if n else np.full(np.shape(limit), np.nan))

    def limit_for(self, percent: float) -> float:
        """Smallest limit at which at least so many per cent pass; infinite where none is."""
        place = int(np.ceil(percent / 100.0 * len(self.limits) - 1e-9)) - 1
        return float(self.limits[max(place, 0)]) if len(self.limits) else float("nan")


def pass_curve(
    judged: Rejudged,
    unit: str = "percent",
    rows: np.ndarray | None = None,
    passing: FloatArray | None = None,
) -> PassCurve:
    """The whole curve of pass rates over limits, exact: every jump is a row's own limit.

    Parameters
    ----------
    rows : shape (E,) flags of the rows to count; None: all.
    passing : what `passing_limits` gives, where the caller has it already.
    """
    found = passing_limits(judged, unit) if passing is None else passing
    found = found[rows] if rows is not None else found
    return PassCurve(np.sort(found[~np.isnan(found)]), unit)


def rejudged_curve(judged: Rejudged, percents: Sequence[float], analytes: Sequence[str] = ()) -> pd.DataFrame:
    """Pass rates at chosen limits with all that follows from a limit: one judgement again for each.

    Parameters
    ----------
    percents : limits in per cent of the target. analytes : which limits change; none named means all.

    Returns
    -------
    limit, n (rows with a verdict), passed, pass_percent.

    Notes
    -----
    Not monotone where a tight limit is widened by the target's uncertainty, or keeps results from
    being scored at all.
    """
    rows = []
    for percent in percents:
        limits = {
            rule.code: draft_limit(rule.analyte, "percent", percent=repr(float(percent)))
            for rule in judged.rules
            if not analytes or rule.code in analytes
        }
        rules = changed_rules(judged.rules, RuleChange(limits=limits))
        again = rejudge(judged.archive, rules, judged.estimated)
        n, passed = int((again.verdict != NO_VERDICT).sum()), int((again.verdict == PASS).sum())
        rows.append({"limit": float(percent), "n": n, "passed": passed, "pass_percent": again.pass_rate})
    return pd.DataFrame(rows)
