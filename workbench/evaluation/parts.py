"""What a result type is to the evaluation: a name, the analytes it serves, a function from round to tables.

A mixed programme is evaluated part by part: each result type sees a programme of its own analytes only, and
`workbench.evaluation.combined` joins the tables. A z score and a mark never meet in one mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from workbench.evaluation.inputs import RoundInputs


@dataclass(frozen=True)
class Part:
    """What one result type gives for its analytes of a round.

    Attributes
    ----------
    frames : evaluation frame name -> table; a frame that is not there is empty.
    critical_labs : codes of laboratories with an error that fails the programme whatever the score.
    outcomes : one row per laboratory x device x analyte, see `reconciliation.outcomes_table`.
    """

    frames: Mapping[str, pd.DataFrame]
    critical_labs: frozenset[str] = frozenset()
    outcomes: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"lab_code": [], "outcome": [], "late": []})
    )


@dataclass(frozen=True)
class ResultType:
    """One way of judging results.

    Attributes
    ----------
    name : as in reports and file names.
    serves : `Analyte.result_type` of the analytes it judges.
    evaluate : from the round, its programme cut down to those analytes, to the part.
    """

    name: str
    serves: tuple[str, ...]
    evaluate: Callable[[RoundInputs], Part]
