"""Trueness verification in a round: designated laboratories against reference values, within the bias limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from workbench.evaluation.inputs import RoundInputs
from workbench.evaluation.params import params_text
from workbench.evaluation.parts import Part, ResultType
from workbench.evaluation.programme_round import quantitative_round
from workbench.evaluation.result_types.trueness import COVERAGE, trueness_summary, verify_trueness
from workbench.parameters.policy import EvaluationPolicy
from workbench.parameters.programmes import Programme

NEVER_WIDENED = 1e9
UNCERTAIN = 1.5
"""Largest u(x_ref) as a share of sigma_pt, a third of the limit: U = 2 u then reaches the limit itself."""

_NO_REFERENCE = "无参考值 / no reference value"
_DETAIL = (
    "bias",
    "percent_bias",
    "limit",
    "percent_allowed",
    "expanded_u_reference",
    "conformity",
    "en_score",
    "on_limit",
    "reason",
)


def trueness_round(inputs: RoundInputs) -> Part:
    """Evaluate a round of trueness verification.

    Notes
    -----
    A restricted programme's designated laboratories are those enrolled. There is no consensus: an analyte without a
    reference value on a sample is withdrawn on it. The limit is never widened by the uncertainty of the reference
    value; what that leaves open stands in the detail of each answer (`conformity`). Where the laboratory states U,
    E_n stands beside.

    References
    ----------
    JCGM 106:2012, 8.3; ISO 13528:2022, 9.6 and 9.7.
    """
    judged = replace(
        inputs,
        programme=_by_reference(inputs.programme),
        decisions=pd.concat([inputs.decisions, _withdrawals(inputs)], ignore_index=True),
    )
    part = quantitative_round(judged)
    results, verified = _verified(inputs)
    frames = dict(part.frames)
    frames["answers"] = _answers(results, verified)
    frames["sentences"] = _sentences(part.frames["sentences"], results, verified, inputs.programme.codes)
    return Part(frames, part.critical_labs, part.outcomes)


def _by_reference(programme: Programme) -> Programme:
    """The programme under its own rules, but without consensus and without a widened limit."""

    def strict(policy: EvaluationPolicy) -> EvaluationPolicy:
        return policy.model_copy(
            update={
                "prefer_reference": True,
                "u_negligible_sigma": NEVER_WIDENED,
                "u_negligible_limit": NEVER_WIDENED,
                "u_upper": UNCERTAIN,
            }
        )

    own = {code: strict(policy) for code, policy in programme.analyte_evaluation.items()}
    return programme.model_copy(
        update={"evaluation": strict(programme.evaluation or EvaluationPolicy()), "analyte_evaluation": own}
    )


def _withdrawals(inputs: RoundInputs) -> pd.DataFrame:
    """A decision for every analyte x sample without a reference value."""
    known = set(zip(inputs.reference_values["analyte"], inputs.reference_values["sample"], strict=True))
    missing = [
        (code, sample)
        for code in inputs.programme.codes
        for sample in inputs.samples["sample"]
        if (code, sample) not in known
    ]
    first = int(inputs.decisions["decision_id"].max()) + 1 if len(inputs.decisions) else 1
    rows = [
        {
            "decision_id": first + number,
            "kind": "withdraw",
            "lab_code": "",
            "analyte": code,
            "sample": sample,
            "reason": _NO_REFERENCE,
            "decided_at": pd.NaT,
        }
        for number, (code, sample) in enumerate(missing)
    ]
    return pd.DataFrame(rows, columns=list(inputs.decisions.columns)).astype(
        inputs.decisions.dtypes.to_dict()
    )


def _verified(inputs: RoundInputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results of the programme's analytes, and what the verification says of each."""
    programme, codes = inputs.programme, set(inputs.programme.codes)
    enrolled = inputs.enrolments[inputs.enrolments["enrolment_state"] == "enrolled"]
    results = inputs.results[inputs.results["analyte"].isin(codes)]
    # Means depend on the order of summing in the last digit: one order for every snapshot.
    order = {code: place for place, code in enumerate(programme.codes)}
    results = results.assign(place=results["analyte"].map(order))
    results = results.sort_values(["lab_code", "device_id", "place", "sample"], ignore_index=True)
    results = results.assign(expanded_u=COVERAGE * results["u_result"])
    results.loc[(results["result_state"] != "reported") | (results["censor"] != 0), "value"] = math.nan
    limits = {code: programme.criterion(code, inputs.criteria) for code in codes}
    designated = set(enrolled["lab_code"])
    return results, verify_trueness(results, inputs.reference_values, limits, designated)


def _answers(results: pd.DataFrame, verified: pd.DataFrame) -> pd.DataFrame:
    """One row per result: the bias and what is left of the verdict within the uncertainty."""
    mark = verified["signal"].map({"acceptable": 1.0, "action": 0.0})
    return pd.DataFrame(
        {
            **{name: results[name] for name in ("lab_code", "device_id", "analyte", "sample")},
            "code": "",
            "answer": results["raw"],
            "target": "",
            "accepted": "",
            "target_method": "reference",
            "target_level": "all",
            "mark": mark,
            "kind": (verified["signal"] == "action").map({True: "beyond_limit", False: ""}),
            "critical": False,
            "distance": math.nan,
            "quantity": results["value"],
            "detail": [_described(row) for row in verified[list(_DETAIL)].to_dict("records")],
        }
    )


def _described(row: Mapping[Any, Any]) -> str:
    """Numbers JSON can hold; what is missing is null."""
    return params_text(**{str(name): value for name, value in row.items()})


def _sentences(
    table: pd.DataFrame, results: pd.DataFrame, verified: pd.DataFrame, codes: tuple[str, ...]
) -> pd.DataFrame:
    """S70 of every laboratory and analyte, behind the sentences that are there."""
    summary = trueness_summary(results, verified)
    open_ones = verified["conformity"].isin(["conditional_pass", "conditional_fail"])
    undecided = open_ones.groupby([results["lab_code"], results["analyte"]]).any().to_dict()
    said = table.groupby(["lab_code", "analyte"])["position"].max().to_dict()
    rows = []
    for row in summary[summary["verdict"] != "not_scored"].itertuples():
        params = {
            "limit": "within" if row.verdict == "verified" else "beyond",
            "uncertainty": "within" if undecided.get((row.lab_code, row.analyte)) else "beyond",
            "bias": row.mean_percent_bias,
        }
        place = said.get((row.lab_code, row.analyte), 0) + 1
        rows.append((row.lab_code, "", row.analyte, place, "S70", params_text(**params)))
    joined = pd.concat([table, pd.DataFrame(rows, columns=list(table.columns))], ignore_index=True)
    order = {code: place for place, code in enumerate(("", *codes))}
    rank = joined["analyte"].map(order)
    return (
        joined.assign(rank=rank)
        .sort_values(["lab_code", "rank", "device_id", "position"])
        .drop(columns="rank")
    )


TRUENESS = ResultType("trueness", ("trueness",), trueness_round)
