"""How one laboratory returned its results: every revision, who sent it, what it changed."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import and_, select

from workbench.store.connection import Store
from workbench.store.reading import read_frame, reading
from workbench.store.schema.programme_round import (
    ANALYTE_ITEM,
    LABORATORY,
    PARTICIPATION,
    PROGRAMME_ROUND,
    SAMPLE,
)
from workbench.store.schema.submission import RESULT, SUBMISSION

_OF_REVISION = ("revision", "returned_at", "received_on", "tested_on", "by_role", "status")


def submission_log(
    store: Store, round_code: str, programme_no: str, lab_code: str, analyte: str
) -> pd.DataFrame:
    """Every return of one laboratory in one programme-round, the first one first.

    Returns
    -------
    revision, returned_at, received_on, tested_on, by_role, status, closing_at, and `changed`: results of the analyte
    that differ from the revision before, as text; 0 in the first one.

    Notes
    -----
    Filtered in SQL by the laboratory: no row of another one is read.
    """
    own, played, planned = SUBMISSION.c, PARTICIPATION.c, PROGRAMME_ROUND.c
    joined = (
        SUBMISSION.join(PARTICIPATION, own.participation_id == played.participation_id)
        .join(PROGRAMME_ROUND, played.programme_round_id == planned.programme_round_id)
        .join(LABORATORY, played.lab_id == LABORATORY.c.lab_id)
    )
    wanted = and_(
        planned.round == round_code,
        planned.programme_no == programme_no,
        LABORATORY.c.lab_code == lab_code,
    )
    returns = (
        select(*(own[name] for name in _OF_REVISION), planned.closing_at).select_from(joined).where(wanted)
    )
    cells = (
        select(own.revision, RESULT.c.device_id, SAMPLE.c.sample, RESULT.c.raw)
        .select_from(
            joined.join(RESULT, RESULT.c.submission_id == own.submission_id)
            .join(ANALYTE_ITEM, RESULT.c.item_id == ANALYTE_ITEM.c.item_id)
            .join(SAMPLE, RESULT.c.sample_id == SAMPLE.c.sample_id)
        )
        .where(wanted, ANALYTE_ITEM.c.analyte == analyte)
    )
    with reading(store, arrow=False) as source:
        found, sent = read_frame(source, returns), read_frame(source, cells)
    found = found.sort_values("revision", ignore_index=True)
    return found.assign(changed=_changes(sent, found["revision"].tolist()))


def _changes(sent: pd.DataFrame, revisions: list[int]) -> list[int]:
    """Results that each revision changed."""
    texts = {
        revision: {(row.device_id, row.sample): row.raw for row in part.itertuples()}
        for revision, part in sent.groupby("revision")
    }
    out, before = [], None
    for revision in revisions:
        now = texts.get(revision, {})
        known = now if before is None else before
        out.append(sum(known.get(key) != now.get(key) for key in known.keys() | now.keys()))
        before = now
    return out
