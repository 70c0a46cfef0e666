"""A whole programme-round: each result type judges its own analytes, and the tables are joined.

What is joined are tables and counts of acceptable results. A z score and a mark never meet in one mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError, Problem
from workbench.evaluation.history import (
    earlier_rounds,
    graded_verdict,
    persistence_status,
    programme_verdicts_before,
)
from workbench.evaluation.inputs import Evaluation, RoundInputs, checked_evaluation
from workbench.evaluation.params import params_text
from workbench.evaluation.parts import Part, ResultType
from workbench.evaluation.programme_history import programme_history
from workbench.evaluation.reconciliation import laboratories_row
from workbench.evaluation.result_types import RESULT_TYPES, result_type_of
from workbench.evaluation.sentences import PER_PROGRAMME
from workbench.evaluation.verdicts import PROGRAMME_WORDS, percent
from workbench.parameters.policy import CODED_POLICY
from workbench.parameters.programmes import Programme

_OF_ALL_ANALYTES = ("F06", "F08", "F34")
"""Findings that a part states once where they hold for each of its analytes."""

_SUMMED = ("acceptable", "graded", "n_pass", "n_fail", "n_not_scored")
_LISTED = {"S02": "list", "S03": "item", "S04": "item", "S05": "item"}
"""Sentences of several parts that become one: the placeholder whose lists are joined."""


def evaluate(inputs: RoundInputs) -> Evaluation:
    """Evaluate one programme-round, whatever its analytes are.

    Parameters
    ----------
    inputs : the round as it was frozen.

    Returns
    -------
    Evaluation
        The evaluation frames, each held to its contract. No verdict stands without its group, n, way of setting
        the target and limit or accepted answers beside it.

    Raises
    ------
    DataError
        when the snapshot contradicts itself.
    EvaluationError
        when an analyte has a type that nothing evaluates, or the round no samples or enrolments.

    Notes
    -----
    The programme's score is the count of acceptable results over that of graded ones. An error that vetoes fails
    the programme whatever the score.

    References
    ----------
    ISO 13528:2022, clauses 7 to 9 and 11; 42 CFR 493.931(c)(5).
    """
    kinds = types_of(inputs.programme)
    rounds = [(kind, _cut(inputs, kind)) for kind in kinds]
    # A type for whose analytes nobody is enrolled adds nothing; where no type is left, the first one says so.
    taken = [(kind, each) for kind, each in rounds if _has_enrolments(each)] or rounds[:1]
    parts = [_of_its_analytes(kind.evaluate(each), each, len(taken)) for kind, each in taken]
    if len(parts) == 1:
        return checked_evaluation(parts[0].frames)
    return checked_evaluation(_joined(inputs, parts))


def types_of(programme: Programme) -> tuple[ResultType, ...]:
    """The result types of a programme's analytes, in the order of `RESULT_TYPES`.

    Raises
    ------
    EvaluationError
        naming every analyte whose type nothing evaluates.
    """
    strangers = [a for a in programme.analytes if result_type_of(a.result_type) is None]
    if strangers:
        raise EvaluationError(
            f"Programme {programme.programme_no} cannot be evaluated.",
            [Problem(f"{a.analyte}: nothing evaluates the type {a.result_type!r}") for a in strangers],
        )
    served = {a.result_type for a in programme.analytes}
    return tuple(kind for kind in RESULT_TYPES if served & set(kind.serves))


def _cut(inputs: RoundInputs, kind: ResultType) -> RoundInputs:
    """The round of those analytes only that a type serves; everything when it serves them all."""
    analytes = tuple(a for a in inputs.programme.analytes if a.result_type in kind.serves)
    if len(analytes) == len(inputs.programme.analytes):
        return inputs
    return replace(inputs, programme=inputs.programme.model_copy(update={"analytes": analytes}))


def _has_enrolments(inputs: RoundInputs) -> bool:
    """Whether anybody is enrolled for an analyte of the programme as cut."""
    return bool(inputs.enrolments["analyte"].isin(inputs.programme.codes).any())


def _of_its_analytes(part: Part, inputs: RoundInputs, parts: int) -> Part:
    """A part of several, whose findings on all analytes alike name its own ones."""
    table = part.frames["findings"]
    hit = (table["analyte"] == "") & table["code"].isin(_OF_ALL_ANALYTES)
    if parts == 1 or not hit.any():
        return part
    named = (
        table[hit]
        .drop(columns="analyte")
        .merge(pd.DataFrame({"analyte": inputs.programme.codes}), how="cross")
    )
    findings = pd.concat([table[~hit], named[table.columns]], ignore_index=True)
    return replace(part, frames={**part.frames, "findings": findings})


def _joined(inputs: RoundInputs, parts: Sequence[Part]) -> dict[str, pd.DataFrame]:
    """Every frame of every part, in one order."""
    names = list(dict.fromkeys(name for part in parts for name in part.frames))
    tables = {name: _stacked([part.frames[name] for part in parts if name in part.frames]) for name in names}
    joined = {name: _ordered(table, inputs) for name, table in tables.items()}
    joined["laboratory_verdicts"] = _laboratory_verdicts(inputs, parts)
    joined["sentences"] = _sentences(inputs, joined["sentences"], _graded_parts(parts))
    outcome = pd.concat([part.outcomes for part in parts], ignore_index=True)
    counts = joined["reconciliation"]
    joined["reconciliation"] = pd.concat(
        [counts[counts["analyte"] != ""], pd.DataFrame([laboratories_row(outcome)])], ignore_index=True
    )
    joined["findings"] = joined["findings"].drop_duplicates(ignore_index=True)
    return joined


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of all tables; an empty one adds columns only."""
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else tables[0]


def _ordered(table: pd.DataFrame, inputs: RoundInputs) -> pd.DataFrame:
    """Rows by laboratory, device, catalogue order, vial order; otherwise as they came."""
    samples = inputs.samples.sort_values(["position", "sample"])["sample"].tolist()
    orders = {"analyte": ("", *inputs.programme.codes), "sample": ("", *samples)}
    keys = [name for name in ("lab_code", "device_id", "analyte", "sample") if name in table]
    ranks = [
        table[name].map({code: place for place, code in enumerate(orders[name])}).to_numpy(np.float64)
        if name in orders
        else pd.factorize(table[name].to_numpy(dtype=object), sort=True)[0]
        for name in keys
    ]
    return table.iloc[np.lexsort(ranks[::-1])].reset_index(drop=True) if keys else table


def _laboratory_verdicts(inputs: RoundInputs, parts: Sequence[Part]) -> pd.DataFrame:
    """One row per laboratory: counts of all parts, the programme's own rule on them."""
    tables = [part.frames["laboratory_verdicts"].set_index("lab_code") for part in parts]
    labs = tables[0].index
    sums = {name: sum(table[name].reindex(labs) for table in tables).to_numpy(np.int64) for name in _SUMMED}
    policy = inputs.programme.evaluation or CODED_POLICY
    vetoed = frozenset().union(*(part.critical_labs for part in parts))
    past = programme_history(inputs, earlier_rounds(inputs.history, inputs.round_code))
    before = programme_verdicts_before(past, policy.pass_mark)
    outcome = [
        "fail" if lab in vetoed else graded_verdict(int(a), int(k), policy.pass_mark)
        for lab, a, k in zip(labs, sums["acceptable"], sums["graded"], strict=True)
    ]
    return pd.DataFrame(
        {
            "lab_code": list(labs),
            **sums,
            "score_percent": percent(sums["acceptable"], sums["graded"]),
            "verdict": [PROGRAMME_WORDS[each] for each in outcome],
            "status": [
                persistence_status([*before.get(lab, []), now], policy.persistence)
                for lab, now in zip(labs, outcome, strict=True)
            ],
            "return_state": _return_states(list(labs), tables, parts),
        }
    )


def _return_states(labs: list[str], tables: Sequence[pd.DataFrame], parts: Sequence[Part]) -> list[str]:
    """returned, late, not_returned or excused, from the parts a laboratory is enrolled in."""
    enrolled = [set(part.outcomes["lab_code"]) for part in parts]
    out = []
    for lab in labs:
        said = [
            table.at[lab, "return_state"] for table, own in zip(tables, enrolled, strict=True) if lab in own
        ]
        if said and set(said) == {"excused"}:
            out.append("excused")
        else:
            out.append(next((word for word in ("late", "returned") if word in said), "not_returned"))
    return out


def _graded_parts(parts: Sequence[Part]) -> dict[str, int]:
    """Laboratory -> parts in which anything of it was graded."""
    tables = [part.frames["laboratory_verdicts"].set_index("lab_code")["graded"] > 0 for part in parts]
    return {str(lab): sum(bool(table.at[lab]) for table in tables) for lab in tables[0].index}


def _sentences(inputs: RoundInputs, table: pd.DataFrame, graded: Mapping[str, int]) -> pd.DataFrame:
    """Sentences on analytes as they are; those on the programme from all parts together.

    Parameters
    ----------
    graded : laboratory -> parts in which anything of it was graded.
    """
    own = table[table["analyte"] != ""]
    rows: list[dict[str, Any]] = []
    for lab, part in table[table["analyte"] == ""].groupby("lab_code", sort=True):
        said = [(code, json.loads(params)) for code, params in zip(part["code"], part["params"], strict=True)]
        merged = _merged(said, graded[str(lab)])[:PER_PROGRAMME]
        rows += [
            {
                "lab_code": lab,
                "device_id": "",
                "analyte": "",
                "position": n,
                "code": code,
                "params": params_text(**p),
            }
            for n, (code, p) in enumerate(merged, 1)
        ]
    return _ordered(_stacked([pd.DataFrame(rows, columns=list(table.columns)), own]), inputs)


def _merged(said: list[tuple[str, Mapping[str, Any]]], parts: int) -> list[tuple[str, dict[str, Any]]]:
    """One list of sentences: all passed only where every graded part says so; lists of items joined."""
    whole = [params for code, params in said if code == "S01"]
    out: dict[str, dict[str, Any]] = {}
    if len(whole) == parts:
        out["S01"] = {"k": sum(params["k"] for params in whole)}
    for place, (code, params) in enumerate(said):
        name = _LISTED.get(code)
        if code == "S01":
            continue
        if name is None:
            out[f"{code}/{place}"] = dict(params)
            continue
        joined = out.setdefault(code, dict(params) | {name: []})
        joined[name] = list(dict.fromkeys([*joined[name], *params[name]]))
        if "m" in joined:
            joined["m"] = len(joined[name])
    return [(key.partition("/")[0], params) for key, params in sorted(out.items())]
