"""Which laboratories failed what in one evaluation, with codes: for the organiser's investigation, never a report."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import select

from workbench.store.connection import Store
from workbench.store.evaluations import EvaluationRecord
from workbench.store.reading import read_frame, reading
from workbench.store.schema.evaluation import ANALYTE_VERDICT, EVALUATION, SENTENCE
from workbench.store.schema.programme_round import PROGRAMME_ROUND

_KEYS = ("lab_code", "device_id", "analyte")
_SHOWN = ("acceptable", "graded", "verdict", "reason", "status", "mean_percent_allowed", "peer_group")
NEAR_LIMIT = "S17"
"""Sentence on an analyte that passed close to its limit."""


def failed_analytes(store: Store, record: EvaluationRecord) -> pd.DataFrame:
    """Failed analytes, one row per laboratory x device x analyte.

    Returns
    -------
    lab_code, device_id, analyte, acceptable, graded, verdict, reason, status (over rounds), mean_percent_allowed
    (NaN without one), peer_group; by analyte, then by laboratory.
    """
    own = ANALYTE_VERDICT.c
    statement = select(*(own[name] for name in (*_KEYS, *_SHOWN))).where(
        own.evaluation_no == record.evaluation_no, own.verdict == "fail"
    )
    with reading(store, arrow=False) as source:
        found = read_frame(source, statement)
    return found.sort_values(["analyte", "lab_code", "device_id"], ignore_index=True)


def borderline_analytes(store: Store, record: EvaluationRecord) -> pd.DataFrame:
    """Analytes that passed close to their limit: lab_code, device_id, analyte."""
    own = SENTENCE.c
    statement = select(*(own[name] for name in _KEYS)).where(
        own.evaluation_no == record.evaluation_no, own.code == NEAR_LIMIT
    )
    with reading(store, arrow=False) as source:
        found = read_frame(source, statement)
    return found.drop_duplicates().sort_values(["analyte", "lab_code", "device_id"], ignore_index=True)


def rounds_with_evaluation(store: Store) -> pd.DataFrame:
    """Programme-rounds with an evaluation: round, programme_no, closing_at; the latest first."""
    own = PROGRAMME_ROUND.c
    statement = (
        select(own.round, own.programme_no, own.closing_at)
        .where(own.programme_round_id.in_(select(EVALUATION.c.programme_round_id)))
        .order_by(own.closing_at.desc(), own.programme_no)
    )
    with reading(store, arrow=False) as source:
        return read_frame(source, statement)
