"""Counterfactual scores: what would verdict and score be if ... For display only, never a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import FloatArray, allowable_error, covers, exact
from workbench.investigation.analytical_causes import constant_bias, proportional_factor
from workbench.investigation.cell import Cell
from workbench.investigation.clean_consensus import N_MIN
from workbench.investigation.round_investigation import RoundInvestigation

COVERAGE = 2.0
"""A target is moved by twice its standard uncertainty."""

COLUMNS = ["what", "name", "amount", "acceptable", "graded", "passes", "better", "worse"]
"""One row per supposition; `better` and `worse` count results that turn over."""


@dataclass(frozen=True)
class Supposition:
    """Results, targets and limits as they might have been, shape (m,) each; name and amount describe it."""

    what: str
    value: FloatArray
    target: FloatArray
    limit: FloatArray
    name: str = ""
    amount: float = float("nan")


def what_if(investigation: RoundInvestigation, laboratory: int, analyte: int) -> pd.DataFrame:
    """The usual suppositions on one laboratory x analyte under the rule in force.

    Returns
    -------
    Columns `COLUMNS`: as_it_is; minus_bias; divided; without_worst (the worst sample at its target);
    target_low and target_high (by 2 u); clean_target; other_group (one row each); other_limit (one row per
    authority).

    Raises
    ------
    EvaluationError
        when the laboratory has fewer than two numeric results with a target.
    """
    cell = investigation.numeric_cell(laboratory, analyte)
    suppositions = [
        Supposition("as_it_is", cell.value, cell.judged_target, cell.judged_limit),
        *_corrected(cell),
        *_other_targets(investigation, laboratory, analyte, cell),
        *_other_limits(investigation, analyte, cell),
    ]
    return pd.DataFrame([_row(cell, each) for each in suppositions], columns=COLUMNS)


def corrected(
    investigation: RoundInvestigation,
    laboratory: int,
    analyte: int,
    *,
    factor: float = 1.0,
    minus: float = 0.0,
    order: tuple[int, ...] = (),
) -> pd.DataFrame:
    """One supposition of somebody's own: results / factor - minus, in another order of samples.

    Parameters
    ----------
    factor : above zero. minus : analyte's unit. order : for each numeric result the position it comes from.
    """
    cell = investigation.numeric_cell(laboratory, analyte)
    if factor <= 0 or (order and sorted(order) != list(range(cell.size))):
        raise ValueError("a factor above zero and an order of all numeric results are needed")
    value = cell.value[list(order)] if order else cell.value
    own = Supposition("own", value / factor - minus, cell.judged_target, cell.judged_limit)
    return pd.DataFrame([_row(cell, own)], columns=COLUMNS)


def _row(cell: Cell, each: Supposition) -> dict[str, object]:
    """Count and compare with what is."""
    now = np.abs(cell.value - cell.judged_target) <= cell.judged_limit * (1 + 1e-9)
    then = np.abs(each.value - each.target) <= each.limit * (1 + 1e-9)
    now, then = now & cell.counted, then & cell.counted
    acceptable = int(then.sum()) + cell.others
    return {
        "what": each.what,
        "name": each.name,
        "amount": each.amount,
        "acceptable": acceptable,
        "graded": cell.graded,
        "passes": acceptable >= cell.needed,
        "better": int((then & ~now).sum()),
        "worse": int((now & ~then).sum()),
    }


def _corrected(cell: Cell) -> Iterator[Supposition]:
    """The laboratory's own results without what is off."""
    in_force = cell.judged_target, cell.judged_limit
    bias = constant_bias(cell).parameters["bias"]
    yield Supposition("minus_bias", cell.value - bias, *in_force, amount=bias)
    factor, _ = proportional_factor(cell)
    if factor > 0:
        yield Supposition("divided", cell.value / factor, *in_force, amount=factor)
    worst = int(np.argmax(np.abs(cell.value - cell.target) / cell.limit))
    repaired = cell.value.copy()
    repaired[worst] = cell.judged_target[worst]
    yield Supposition("without_worst", repaired, *in_force, amount=float(cell.samples[worst] + 1))


def _other_targets(
    investigation: RoundInvestigation, laboratory: int, analyte: int, cell: Cell
) -> Iterator[Supposition]:
    """The organiser's side: the target moved by its uncertainty, without blunders, of another group."""
    kept = list(cell.samples)
    u = np.nan_to_num(investigation.panel.u_target[laboratory, analyte, kept])
    for what, sign in (("target_low", -COVERAGE), ("target_high", COVERAGE)):
        yield Supposition(what, cell.value, cell.judged_target + sign * u, cell.judged_limit)
    yield Supposition("clean_target", cell.value, cell.target, cell.limit)
    rung = int(investigation.targets.rung[laboratory, analyte])
    groups = investigation.targets.groups[analyte][rung]
    own = int(groups.code[laboratory]) if rung >= 0 else -1
    share = cell.limit / np.abs(cell.target)
    for group in np.flatnonzero(groups.n >= N_MIN):
        target = groups.target[group][kept]
        if group != own and np.isfinite(target).all():
            limit = share * np.abs(target)
            yield Supposition("other_group", cell.value, target, limit, name=groups.names[group])


def _other_limits(investigation: RoundInvestigation, analyte: int, cell: Cell) -> Iterator[Supposition]:
    """The same results under other authorities' limits."""
    rule = investigation.panel.rules[analyte]
    for criterion in rule.others:
        limits = []
        for target in cell.judged_target:
            value = exact(float(target))
            stated = criterion.kind not in ("sd", "qualitative") and covers(
                criterion, value, rule.analyte.unit
            )
            allowed = allowable_error(criterion, value) if value.is_finite() and stated else None
            limits.append(np.nan if allowed is None else float(allowed))
        if np.isfinite(limits).all():
            name = f"{criterion.authority} {criterion.edition} {criterion.raw_text}"
            yield Supposition("other_limit", cell.value, cell.judged_target, np.array(limits), name=name)
