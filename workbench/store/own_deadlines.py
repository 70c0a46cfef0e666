"""Deadlines that a replacement moved, as the reports of an evaluation's round print them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, select

from workbench.store.reading import Reading, read_frame
from workbench.store.schema.evaluation import EVALUATION
from workbench.store.schema.programme_round import LABORATORY, PARTICIPATION
from workbench.store.schema.year import DISPATCH


def own_deadlines(source: Reading, evaluation_no: int, lab_code: str = "") -> dict[str, datetime]:
    """Laboratory -> last moment of its return in time, where it is not that of the round.

    Parameters
    ----------
    lab_code : only this laboratory, filtered by the database; empty for all.
    """
    later = DISPATCH.alias("later")
    newest = ~(
        select(later.c.revision)
        .where(
            later.c.participation_id == DISPATCH.c.participation_id, later.c.revision > DISPATCH.c.revision
        )
        .exists()
    )
    wanted = and_(EVALUATION.c.evaluation_no == evaluation_no, DISPATCH.c.due_at.is_not(None), newest)
    if lab_code:
        wanted = and_(wanted, LABORATORY.c.lab_code == lab_code)
    joined = (
        EVALUATION.join(PARTICIPATION, PARTICIPATION.c.programme_round_id == EVALUATION.c.programme_round_id)
        .join(LABORATORY, LABORATORY.c.lab_id == PARTICIPATION.c.lab_id)
        .join(DISPATCH, DISPATCH.c.participation_id == PARTICIPATION.c.participation_id)
    )
    statement = select(LABORATORY.c.lab_code, DISPATCH.c.due_at).select_from(joined).where(wanted)
    found = read_frame(source, statement)
    return {row.lab_code: row.due_at.to_pydatetime() for row in found.itertuples()}
