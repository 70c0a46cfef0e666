"""Small rounds of coded answers built by hand: what each laboratory wrote, what was expected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tests.evaluation.small_rounds import SmallRound
from workbench.parameters.policy import CODED_POLICY, EvaluationPolicy
from workbench.parameters.programmes import Analyte, Programme


def coded(code: str, result_type: str, **changes: Any) -> Analyte:
    """A coded analyte."""
    given = {
        "analyte": code,
        "name_zh": code,
        "name_en": code,
        "result_type": result_type,
        "matrix": "serum/plasma",
    }
    return Analyte(**(given | changes))


def coded_programme(*analytes: Analyte, **policy: Any) -> Programme:
    """A programme of coded analytes under the usual rules, changed as told."""
    rules = EvaluationPolicy(**(CODED_POLICY.model_dump() | policy))
    return Programme(
        programme_no="3.1", category_no=3, category_zh="临床免疫", category_en="Immunology", name_zh="血清学",
        name_en="Serology", rounds_per_year=2, evaluation=rules, analytes=analytes,
    )  # fmt: skip


@dataclass
class CodedSmallRound(SmallRound):
    """A small round whose texts are answers; those of quantitative analytes are still numbers."""

    def _result(self, code: str, item: str, sample: str, text: str) -> dict[str, Any]:
        if self.programme.analyte(item).is_quantitative:
            return super()._result(code, item, sample, text)
        return {
            "raw": text, "value": float("nan"), "decimals": 0, "censor": 0, "code": "",
            "result_state": self.result_states.get((code, item, sample), "reported"), "flags": "", "revision": 1,
        }  # fmt: skip

    def expect(
        self,
        analyte: str,
        answers: Sequence[str],
        details: Mapping[str, Mapping[str, Any]] | None = None,
        accepted: str = "",
    ) -> CodedSmallRound:
        """Set the expected answer of every sample; an empty one leaves the sample to the participants."""
        for sample, answer in zip(self.samples, answers, strict=True):
            if answer:
                detail = (details or {}).get(sample, {})
                self.row(
                    "expected_answers", analyte=analyte, sample=sample, code=answer, accepted=accepted,
                    assigned_value_method="characterised", detail=json.dumps(detail) if detail else "",
                )  # fmt: skip
        return self

    def voices(
        self, analyte: str, answers: Sequence[str], n: int, prefix: str = "P", **system: str
    ) -> CodedSmallRound:
        """Add laboratories that all answer alike."""
        for i in range(n):
            self.lab(f"{prefix}{i:02d}", list(answers), analyte, **system)
        return self


def cell(table: pd.DataFrame, lab: str, sample: str, analyte: str | None = None) -> pd.Series:
    """One row of a table with laboratory and sample."""
    found = table[(table["lab_code"] == lab) & (table["sample"] == sample)]
    found = found if analyte is None else found[found["analyte"] == analyte]
    assert len(found) == 1, found
    return found.iloc[0]


def add_up(reconciliation: pd.DataFrame) -> bool:
    """Enrolled = scored + not scored + not returned + excused + not performed, in every row."""
    outcomes = ["scored", "not_scored", "not_returned", "excused", "not_performed"]
    return bool((reconciliation["enrolled"] == reconciliation[outcomes].sum(axis=1)).all())
