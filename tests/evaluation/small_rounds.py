"""Small rounds built by hand for the tests: one programme, a few laboratories, planted results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from workbench.evaluation import Evaluation, RoundInputs, evaluate
from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.policy import CriterionRef, EvaluationPolicy
from workbench.parameters.programmes import Analyte, Programme

SPREAD = (-0.02, -0.01, -0.005, 0.0, 0.0, 0.005, 0.01, 0.02)
"""Relative deviations of eight ordinary laboratories; their median and mean are zero."""


def limit(analyte: str = "Glu", percent: str | None = "10", **changes: Any) -> Criterion:
    """A criterion of percent kind unless told otherwise."""
    given: dict[str, Any] = {
        "authority": "T",
        "document": "Test limits",
        "edition": "2026",
        "analyte": analyte,
        "matrix": "serum/plasma",
        "metric": "eqa",
        "kind": "percent",
        "percent": None if percent is None else Decimal(percent),
        "valid_from": date(2026, 1, 1),
        "verified": True,
        "trust": "high",
        "raw_text": f"±{percent}%",
        "unit": "mmol/L",
    }
    return Criterion(**(given | changes))


def analyte(code: str = "Glu", decimals: int = 2, **changes: Any) -> Analyte:
    """A quantitative analyte."""
    given: dict[str, Any] = {
        "analyte": code,
        "name_zh": code,
        "name_en": code,
        "result_type": "quantitative",
        "matrix": "serum/plasma",
        "unit": "mmol/L",
        "decimals": decimals,
    }
    return Analyte(**(given | changes))


def programme(analytes: Sequence[Analyte] | None = None, **policy: Any) -> Programme:
    """A programme judged by the test limits, all laboratories one group unless told otherwise."""
    policy.setdefault("criterion", CriterionRef(authority="T", metric="eqa"))
    return Programme(
        programme_no="1.1",
        category_no=1,
        category_zh="临床化学",
        category_en="Chemistry",
        name_zh="常规化学",
        name_en="Routine chemistry",
        rounds_per_year=3,
        evaluation=EvaluationPolicy(**policy),
        analytes=tuple(analytes or [analyte()]),
    )


@dataclass
class SmallRound:
    """A round under construction; `results` maps (lab, analyte) to one text per sample."""

    programme: Programme
    samples: tuple[str, ...] = ("S1", "S2", "S3", "S4", "S5")
    criteria: tuple[Criterion, ...] = field(default_factory=lambda: (limit(),))
    results: dict[tuple[str, str], Sequence[str | None]] = field(default_factory=dict)
    systems: dict[str, Mapping[str, str]] = field(default_factory=dict)
    enrolment_states: dict[tuple[str, str], str] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)
    not_enrolled: set[str] = field(default_factory=set)
    result_states: dict[tuple[str, str, str], str] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    round_code: str = "2026-1"

    def lab(self, code: str, texts: Sequence[str | None], analyte: str = "Glu", **system: str) -> SmallRound:
        """Add one laboratory's results; a device may be appended to the code after "/"."""
        self.results[code, analyte] = texts
        if system:
            self.systems[code] = system
        return self

    def crowd(
        self,
        levels: Sequence[float],
        spread: Sequence[float] = SPREAD,
        analyte: str = "Glu",
        prefix: str = "P",
        decimals: int = 3,
        **system: str,
    ) -> SmallRound:
        """Add ordinary laboratories; each sample takes the deviations in another order."""
        for i in range(len(spread)):
            texts = [
                f"{level * (1 + spread[(i + 3 * j) % len(spread)]):.{decimals}f}"
                for j, level in enumerate(levels)
            ]
            self.lab(f"{prefix}{i:02d}", texts, analyte, **system)
        return self

    def row(self, frame: str, **values: Any) -> SmallRound:
        """Add a row to any other frame."""
        self.rows.setdefault(frame, []).append(values)
        return self

    def frames(self) -> dict[str, pd.DataFrame]:
        """The snapshot frames."""
        codes = sorted({code.split("/")[0] for code, _ in self.results})
        sent = {
            code: any(
                t is not None for (c, _), ts in self.results.items() if c.split("/")[0] == code for t in ts
            )
            for code in codes
        }
        laboratories = [
            {
                "lab_code": code,
                "round_alias": f"A-{i:03d}",
                "region": "R",
                "hospital_level": "tertiary",
                "received_on": pd.Timestamp("2026-04-08"),
                "tested_on": pd.Timestamp("2026-04-20"),
                "returned_at": pd.Timestamp("2026-04-22") if sent[code] else pd.NaT,
                "revision": int(sent[code]),
                "late_days": self.late.get(code, 0),
                "comment": "",
            }
            for i, code in enumerate(codes)
        ]
        enrolments, results = [], []
        for (code, item), texts in self.results.items():
            lab_code, _, device = code.partition("/")
            who = {"lab_code": lab_code, "device_id": device, "analyte": item}
            system = {"method": "M1", "instrument": "I1", "reagent": "R1", "calibrator": "C1"} | dict(
                self.systems.get(code, {})
            )
            state = self.enrolment_states.get((code, item), "enrolled")
            if code not in self.not_enrolled:
                enrolments.append(who | system | {"enrolment_state": state, "reason": ""})
            for sample, text in zip(self.samples, texts, strict=True):
                if text is not None:
                    results.append(who | {"sample": sample} | self._result(code, item, sample, text))
        samples = [
            {
                "sample": s,
                "position": i,
                "material_lot": "L1",
                "matrix": "processed serum",
                "withdrawn": False,
                "reason": "",
            }
            for i, s in enumerate(self.samples, 1)
        ]
        out = {
            "laboratories": pd.DataFrame(laboratories),
            "enrolments": pd.DataFrame(enrolments),
            "samples": pd.DataFrame(samples),
        }
        if results:
            out["results"] = pd.DataFrame(results)
        return out | {name: pd.DataFrame(rows) for name, rows in self.rows.items()}

    def _result(self, code: str, item: str, sample: str, text: str) -> dict[str, Any]:
        censor = {"<": -1, ">": 1}.get(text[:1], 0)
        digits = text.lstrip("<>")
        try:
            value, state = float(digits), "reported"
        except ValueError:
            value, state = float("nan"), "unreadable"
        state = self.result_states.get((code, item, sample), state)
        decimals = len(digits.partition(".")[2])
        return {
            "raw": text, "value": value, "decimals": decimals, "censor": censor, "code": "",
            "result_state": state, "flags": "", "revision": 1,
        }  # fmt: skip

    def inputs(self) -> RoundInputs:
        """The round as the evaluation takes it."""
        return RoundInputs.of(self.programme, self.round_code, CriteriaBook(self.criteria), self.frames())

    def evaluation(self) -> Evaluation:
        """The round, evaluated."""
        return evaluate(self.inputs())


def of(table: pd.DataFrame, **key: Any) -> pd.DataFrame:
    """Rows of a table that match."""
    for name, value in key.items():
        table = table[table[name] == value]
    return table


def one(table: pd.DataFrame, **key: Any) -> pd.Series:
    """The one row of a table that matches."""
    found = of(table, **key)
    assert len(found) == 1, f"{len(found)} rows match {key}"
    return found.iloc[0]
