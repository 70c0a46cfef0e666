"""What an evaluation is made from and what it gives: the snapshot frames in, the evaluation frames out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

import pandas as pd

from workbench.frames import EVALUATION_FRAMES, SNAPSHOT_FRAMES
from workbench.parameters.criteria import CriteriaBook
from workbench.parameters.programmes import Programme

_FRAMES_OUT = {frame.name: frame for frame in EVALUATION_FRAMES}


@dataclass(frozen=True)
class RoundInputs:
    """One programme-round as it is evaluated: parameters and the snapshot frames of `workbench.frames`.

    Attributes
    ----------
    programme, round_code : what is evaluated, for example "2026-1".
    criteria : the limits of all authorities.
    closing_at : closing time of the round; lateness itself is `laboratories.late_days`.
    laboratories ... system_names : the snapshot frames, each as its contract says.
    """

    programme: Programme
    round_code: str
    criteria: CriteriaBook
    laboratories: pd.DataFrame
    enrolments: pd.DataFrame
    results: pd.DataFrame
    samples: pd.DataFrame
    material_checks: pd.DataFrame
    reference_values: pd.DataFrame
    decisions: pd.DataFrame
    history: pd.DataFrame
    sample_history: pd.DataFrame
    system_names: pd.DataFrame
    expected_answers: pd.DataFrame
    answer_history: pd.DataFrame
    closing_at: datetime | pd.Timestamp | None = None

    @classmethod
    def of(
        cls,
        programme: Programme,
        round_code: str,
        criteria: CriteriaBook,
        frames: Mapping[str, pd.DataFrame],
        closing_at: datetime | pd.Timestamp | None = None,
    ) -> RoundInputs:
        """Build from a mapping of frame name to table; frames that are not there are empty.

        Raises
        ------
        DataError
            when a table lacks columns of its contract or repeats its key.
        """
        tables = {
            frame.name: frame.checked(frames[frame.name]) if frame.name in frames else frame.empty()
            for frame in SNAPSHOT_FRAMES
        }
        return cls(programme, round_code, criteria, **tables, closing_at=closing_at)


@dataclass(frozen=True)
class Evaluation:
    """Everything an evaluation says, as the frames of `workbench.frames`, in a fixed order of rows."""

    scores: pd.DataFrame
    groups: pd.DataFrame
    analyte_verdicts: pd.DataFrame
    laboratory_verdicts: pd.DataFrame
    findings: pd.DataFrame
    sentences: pd.DataFrame
    histograms: pd.DataFrame
    modes: pd.DataFrame
    reconciliation: pd.DataFrame
    answers: pd.DataFrame
    answer_counts: pd.DataFrame
    agreements: pd.DataFrame

    def frames(self) -> dict[str, pd.DataFrame]:
        """Frame name -> table, in the order of the contract."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def checked_evaluation(tables: Mapping[str, pd.DataFrame]) -> Evaluation:
    """Hold every table to its contract and pack them; a table that is not there is empty."""
    return Evaluation(
        **{
            name: frame.checked(tables[name]) if name in tables else frame.empty()
            for name, frame in _FRAMES_OUT.items()
        }
    )
