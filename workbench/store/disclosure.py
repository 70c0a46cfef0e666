"""Small cells: which groups' statistics may be shown.

References
----------
The programme's confidentiality rule: statistics of a group are shown for n at or above the disclosure
minimum only; where a hidden group could be computed from a total, the next smallest hides too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from workbench.frames import ALL_LABORATORIES

CONSENSUS = ("algorithm_a", "q_hampel", "median_niqr", "median_made", "mean")
"""Ways of setting the assigned value that make it a statistic of the participants."""

OF_GROUP = ("robust_mean", "robust_sd", "cv", "sdi")
OF_TARGET = (
    "assigned_value",
    "u_assigned_value",
    "sigma_pt",
    "allowable_error",
    "limit_low",
    "limit_high",
    "difference",
    "percent_difference",
    "percent_allowed",
    "score",
    "zeta_score",
    "en_score",
)
"""Columns of the `scores` frame that hold, or together with the own result reveal, a statistic."""


def without_small_groups(scores: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Scores without the statistics of a group under the disclosure minimum; the verdict stays.

    Parameters
    ----------
    scores : the `scores` frame, or its form under aliases.
    minimum : smallest number of results whose statistics may be shown.

    Notes
    -----
    A consensus value is the mean of its group: where nobody is judged by it, it hides with the group, and
    so does everything it could be computed from. A target that judges is shown, because its reader must
    be able to check the verdict.
    """
    out = scores.copy()
    few = out["peer_n"] < minimum
    out.loc[few, list(OF_GROUP)] = float("nan")
    idle = few & (out["signal"] == "not_scored") & out["assigned_value_method"].isin(CONSENSUS)
    out.loc[idle, list(OF_TARGET)] = float("nan")
    out.loc[out["all_n"] < minimum, ["all_robust_mean", "percentile"]] = float("nan")
    return out


def suppressed_groups(sizes: Sequence[int], minimum: int) -> list[bool]:
    """Which groups of one partition stay hidden when the total of the partition is shown.

    Parameters
    ----------
    sizes : number of results in each group.
    minimum : smallest size that may be shown.

    Returns
    -------
    One flag a group. Groups under the minimum are hidden. If then only one hidden group holds anything,
    or all hidden ones together hold fewer than the minimum, total minus shown would reveal them: the
    smallest shown group is hidden too (the first of equals).

    Notes
    -----
    An empty group reveals nothing and needs no partner. A partition of one group under the minimum
    hides it alone; its total then is under the minimum as well.

    Examples
    --------
    >>> suppressed_groups([40, 3, 12, 8], 5)
    [False, True, False, True]
    >>> suppressed_groups([40, 3, 2, 8], 5)
    [False, True, True, False]
    >>> suppressed_groups([40, 2, 2, 8], 5)
    [False, True, True, True]
    >>> suppressed_groups([40, 0, 8], 5)
    [False, True, False]
    """
    numbers = np.asarray(sizes, dtype="int64")
    hidden = numbers < minimum
    _hide_partner(np.arange(len(numbers)), numbers, hidden, minimum)
    return [bool(flag) for flag in hidden]


def suppression(groups: pd.DataFrame, minimum: int) -> pd.Series:
    """Which rows of the `groups` frame stay hidden.

    Every rung is a partition of all results, and of each group of a coarser rung; all of these totals
    are on paper, so each partition obeys the rule. Hiding at one rung may uncover another: repeated
    until nothing changes.

    Parameters
    ----------
    groups : the `groups` frame.
    minimum : smallest size that may be shown.

    Returns
    -------
    One flag a row, indexed like `groups`.

    Notes
    -----
    The size of a group is the smaller of its results in the statistics and its graded results, as both
    carry printed figures; a group with neither is empty. A count of 0 graded results prints no rate.
    """
    table = groups.assign(size=_sizes(groups), hidden=False)
    hidden = (table["size"] < minimum).to_numpy(copy=True)
    sizes = table["size"].to_numpy()
    partitions = list(_partitions(table))
    before = -1
    while before != hidden.sum():
        before = int(hidden.sum())
        for rows in partitions:
            _hide_partner(rows, sizes, hidden, minimum)
    return pd.Series(hidden, index=groups.index)


def _hide_partner(rows: np.ndarray, sizes: np.ndarray, hidden: np.ndarray, minimum: int) -> None:
    """Hide the smallest shown group of a partition whose hidden groups could be computed."""
    inside = rows[hidden[rows] & (sizes[rows] > 0)]
    shown = rows[~hidden[rows]]
    revealed = len(inside) == 1 or 0 < sizes[inside].sum() < minimum
    if revealed and len(shown):
        hidden[shown[np.argmin(sizes[shown])]] = True


def _sizes(groups: pd.DataFrame) -> pd.Series:
    """Results behind the printed figures of a group."""
    graded = groups["n_graded"].where(groups["n_graded"] > 0, groups["n"])
    both = np.minimum(groups["n"], graded)
    return both.where(both > 0, groups[["n", "n_graded"]].max(axis=1).clip(upper=1))


def _partitions(groups: pd.DataFrame) -> Iterator[np.ndarray]:
    """Row positions of each set of groups whose total is printed."""
    places = np.arange(len(groups))
    cell = groups["analyte"] + "\x1f" + groups["sample"]
    for level in sorted(set(groups["peer_group_level"]) - {ALL_LABORATORIES}):
        rows = places[(groups["peer_group_level"] == level).to_numpy()]
        for parent in (ALL_LABORATORIES, *_coarser(level, groups)):
            key = cell.iloc[rows] + "\x1f" + _parent_group(groups["peer_group"].iloc[rows], level, parent)
            yield from (
                rows[chosen]
                for chosen in pd.Series(range(len(rows))).groupby(key.to_numpy()).indices.values()
            )


def _coarser(level: str, groups: pd.DataFrame) -> list[str]:
    """Rungs whose dimensions are some of those of `level`."""
    dimensions = set(level.split("+"))
    others = sorted(set(groups["peer_group_level"]) - {level, ALL_LABORATORIES})
    return [other for other in others if set(other.split("+")) < dimensions]


def _parent_group(peer_group: pd.Series, level: str, parent: str) -> pd.Series:
    """The group of the coarser rung that each group belongs to."""
    if parent == ALL_LABORATORIES:
        return pd.Series("", index=peer_group.index)
    dimensions = level.split("+")
    places = [dimensions.index(name) for name in parent.split("+")]
    return peer_group.map(lambda codes: "|".join(codes.split("|")[place] for place in places))
