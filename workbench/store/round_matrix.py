"""How every programme of a round stands: counts of the evaluations in force, and what blocks the release."""

from __future__ import annotations

import pandas as pd

from workbench.parameters import programme_order
from workbench.store.connection import Store
from workbench.store.queries import query
from workbench.store.reading import read_frame, reading


def programme_counts(store: Store, round_code: str) -> pd.DataFrame:
    """One row per programme of a round, in catalogue order.

    Returns
    -------
    DataFrame
        Columns of the query `round_matrix`, and `blocking`: the codes of the level 3 findings that nobody has
        accepted with a reason, one for each item and sample they hold for, joined by ",".

    Notes
    -----
    `evaluation_id` is empty, and every count but `enrolled` 0, where a programme has not been evaluated.
    """
    asked = {"round": round_code}
    with reading(store, arrow=False) as source:
        counts = read_frame(source, query("round_matrix", store.dialect), asked)
        found = read_frame(source, query("round_blocking", store.dialect), asked)
        accepted = read_frame(source, query("round_acceptances", store.dialect), asked)
    reasons = set(accepted.itertuples(index=False, name=None))
    blocking: dict[str, str] = {}
    for place in sorted(set(found.itertuples(index=False, name=None)) - reasons):
        blocking[place[0]] = ",".join(filter(None, (blocking.get(place[0], ""), place[1])))
    counts["blocking"] = [blocking.get(programme_no, "") for programme_no in counts["programme_no"]]
    order = counts["programme_no"].map(programme_order)
    return counts.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
