"""Rows against what the store holds: new, known, or a change that needs its reason. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

NEW, KNOWN, CHANGED = "new", "known", "changed"


def against_held(
    rows: pd.DataFrame, held: pd.DataFrame, key: Sequence[str], content: Sequence[str]
) -> pd.DataFrame:
    """Say of each row how it stands to the revision that holds.

    Parameters
    ----------
    rows : key and content columns; one row per key.
    held : the same with `revision`, one row per key.
    content : columns whose difference makes a new revision; two missing values are equal.

    Returns
    -------
    rows with `standing` (new, known, changed) and `revision`, the one a new or changed row will get.

    Examples
    --------
    >>> held = pd.DataFrame({"lab": ["A", "B"], "fee": [True, False], "revision": [1, 2]})
    >>> rows = pd.DataFrame({"lab": ["A", "B", "C"], "fee": [True, True, True]})
    >>> against_held(rows, held, ["lab"], ["fee"])[["standing", "revision"]].values.tolist()
    [['known', 1], ['changed', 3], ['new', 1]]
    """
    before = {
        tuple(row[name] for name in key): row for row in held[[*key, *content, "revision"]].to_dict("records")
    }
    standing, revision = [], []
    for row in rows[[*key, *content]].to_dict("records"):
        last = before.get(tuple(row[name] for name in key))
        if last is None:
            word, number = NEW, 1
        elif all(_same(row[name], last[name]) for name in content):
            word, number = KNOWN, int(last["revision"])
        else:
            word, number = CHANGED, int(last["revision"]) + 1
        standing.append(word)
        revision.append(number)
    return rows.assign(standing=standing, revision=pd.Series(revision, index=rows.index, dtype="int64"))


def _same(one: object, other: object) -> bool:
    """Equal, or both missing."""
    missing = pd.isna(one), pd.isna(other)
    return bool(missing[0] and missing[1]) if any(missing) else bool(one == other)
