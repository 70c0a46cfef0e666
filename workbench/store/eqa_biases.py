"""Bias of laboratories in an external assessment, for the organiser's comparison with internal quality control."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Double, func, select

from workbench.store.connection import Store
from workbench.store.evaluations import EvaluationRecord
from workbench.store.reading import read_frame, reading
from workbench.store.schema.evaluation import SCORE


def eqa_biases(store: Store, record: EvaluationRecord) -> pd.DataFrame:
    """Mean difference from the target over the samples of a round, per cent: lab_code, analyte, eqa_bias, samples.

    Parameters
    ----------
    record : the evaluation, for example `evaluation_in_force`.

    Notes
    -----
    Only scored results; several devices of a laboratory are averaged. With codes: for the organiser, never a report.
    """
    own = SCORE.c
    statement = (
        select(
            own.lab_code,
            own.analyte,
            func.avg(own.percent_difference, type_=Double).label("eqa_bias"),
            func.count(own.percent_difference).label("samples"),
        )
        .where(own.evaluation_no == record.evaluation_no, own.state == "scored")
        .group_by(own.lab_code, own.analyte)
    )
    with reading(store, arrow=False) as source:
        found = read_frame(source, statement)
    return found.sort_values(["lab_code", "analyte"], ignore_index=True)
