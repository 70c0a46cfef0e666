"""A limit beside others: authorities' limits, the state of the art, biological variation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import FloatArray
from workbench.evaluation.rules import AnalyteRule
from workbench.parameters.criteria import Criterion
from workbench.tuning.archive import Archive, select
from workbench.tuning.changes import RuleChange, changed_rules
from workbench.tuning.estimation import Estimated, estimate
from workbench.tuning.judging import NO_VERDICT, PASS, Rejudged, rejudge
from workbench.tuning.pass_rates import pass_curve

ONE_SIDED_95 = 1.65
"""Factor of the CV in the total error allowed by biological variation."""

VARIATION_LEVELS = {"optimum": 0.5, "desirable": 1.0, "minimum": 1.5}
"""Multiples of the desirable specification."""

CURVE_GOALS = (50.0, 80.0, 90.0, 95.0)
"""Per cent of laboratories whose limit is shown as the state of the art."""


def authorities(archive: Archive, analyte: str, estimated: Estimated | None = None) -> pd.DataFrame:
    """Every authority's limit on one analyte side by side, on the same results.

    Parameters
    ----------
    estimated : consensus of the one analyte, as `estimate(select(archive, [analyte]))` gives it.

    Returns
    -------
    One row per limit, the one in force first: authority, document, metric, limit (as written), trust,
    in_force, n, passed, pass_percent, better, worse (verdicts that differ from those in force).
    """
    part = select(archive, [analyte])
    estimated = estimate(part) if estimated is None else estimated
    rule = part.rules[0]
    base = rejudge(part, estimated=estimated)
    rows = []
    for criterion in _distinct(rule):
        rules = changed_rules(part.rules, RuleChange(limits={analyte: criterion}))
        rows.append(_authority_row(criterion, base, rejudge(part, rules, estimated)))
    return pd.DataFrame(rows, columns=_AUTHORITY_COLUMNS)


_AUTHORITY_COLUMNS = [
    "authority", "document", "metric", "limit", "trust", "in_force", "n", "passed", "pass_percent", "better", "worse",
]  # fmt: skip


def _distinct(rule: AnalyteRule) -> Sequence[Criterion]:
    own = [rule.criterion] if rule.criterion is not None else []
    return [*own, *(each for each in rule.others if each.kind != "qualitative")]


def _authority_row(criterion: Criterion, base: Rejudged, judged: Rejudged) -> dict[str, object]:
    n, passed = int((judged.verdict != NO_VERDICT).sum()), int((judged.verdict == PASS).sum())
    return {
        "authority": criterion.authority,
        "document": criterion.document,
        "metric": criterion.metric,
        "limit": criterion.raw_text,
        "trust": criterion.trust,
        "in_force": criterion == base.rules[0].criterion,
        "n": n,
        "passed": passed,
        "pass_percent": 100.0 * passed / n if n else np.nan,
        "better": int(((judged.verdict == PASS) & (base.verdict != PASS)).sum()),
        "worse": int(((judged.verdict != PASS) & (base.verdict == PASS)).sum()),
    }


def state_of_the_art(judged: Rejudged, passing: FloatArray | None = None) -> pd.DataFrame:
    """What laboratories reach, one row per analyte.

    Parameters
    ----------
    passing : shape (E,), what `passing_limits` gives, where the caller has it already.

    Returns
    -------
    analyte; group_cv: median robust CV of the groups in use, per cent; limit_percent: median allowed
    deviation, per cent of the target; limit_in_cv: their ratio; and the limits, per cent of the
    target, that 50, 80, 90 and 95 per cent of laboratories just pass.
    """
    archive, estimated = judged.archive, judged.estimated
    rows = []
    for position, rule in enumerate(judged.rules):
        used = archive.analyte_of_block[estimated.block] == position
        size = np.abs(estimated.location[used])
        with np.errstate(divide="ignore", invalid="ignore"):
            cv = 100.0 * estimated.scale[used] / size
            limit = 100.0 * judged.targets.error[used] / np.abs(judged.exact_floats[used])
        own = archive.analyte_of_block[archive.block] == position
        curve = pass_curve(judged, rows=own, passing=passing)
        middle = [_median(each) for each in (cv, limit)]
        rows.append(
            {
                "analyte": rule.code,
                "group_cv": middle[0],
                "limit_percent": middle[1],
                "limit_in_cv": middle[1] / middle[0] if middle[0] else np.nan,
                **{f"limit_for_{int(goal)}": curve.limit_for(goal) for goal in CURVE_GOALS},
            }
        )
    return pd.DataFrame(rows)


def _median(values: np.ndarray) -> float:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if kept.size else float("nan")


def variation_goals(cv_within: float, cv_between: float) -> dict[str, dict[str, float]]:
    """Specifications from biological variation.

    Parameters
    ----------
    cv_within, cv_between : within- and between-subject biological CV, per cent.

    Returns
    -------
    optimum, desirable, minimum -> cv, bias, total_error, per cent.

    References
    ----------
    Fraser et al. 1997: desirable CV 0.5 CV_I, bias 0.25 sqrt(CV_I^2 + CV_G^2), TE = 1.65 CV + bias.

    Examples
    --------
    >>> round(variation_goals(2.5, 5.1)["desirable"]["total_error"], 2)
    3.48
    """
    if cv_within < 0 or cv_between < 0:
        raise ValueError("biological CVs are not below zero")
    cv, bias = 0.5 * cv_within, 0.25 * float(np.hypot(cv_within, cv_between))
    return {
        name: {"cv": k * cv, "bias": k * bias, "total_error": k * (ONE_SIDED_95 * cv + bias)}
        for name, k in VARIATION_LEVELS.items()
    }
