"""Trueness verification: results of designated laboratories against reference values with their uncertainty.

There is no peer group and no consensus: a bias is judged against the bias limit, and what the uncertainty of the
reference value leaves open is said, not hidden.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.criteria import Reported, allowable_error, exact, judge
from workbench.parameters.criteria import Criterion
from workbench.statistics.scores import difference, en_score, percent_allowed, percent_difference

CONFORMITY = ("pass", "conditional_pass", "conditional_fail", "fail", "")
COVERAGE = 2.0
"""Coverage factor of expanded uncertainties, about 95 %."""
_NOISE = 1e-9
REQUIRED = ("lab_code", "analyte", "sample", "value")
OPTIONAL = ("raw", "decimals", "expanded_u")
_REFERENCE = ("analyte", "sample", "assigned_value", "u_assigned_value")


@dataclass(frozen=True)
class TruenessRule:
    """Decisions of the organiser.

    Attributes
    ----------
    u_share_max : largest expanded uncertainty of the reference value, as a share of the bias limit, that can still
        judge a bias.
    needs_all : every sample must be within the limit; else the mean bias decides.
    """

    u_share_max: float = 1.0
    needs_all: bool = True


def verify_trueness(
    results: pd.DataFrame,
    references: pd.DataFrame,
    limits: Mapping[str, Criterion | None],
    designated: Collection[str],
    rule: TruenessRule | None = None,
) -> pd.DataFrame:
    """Judge the bias of every result.

    Parameters
    ----------
    results : one row per laboratory x analyte x sample. ``lab_code``, ``analyte``, ``sample``, ``value`` (analyte's
        unit; the mean where replicates were asked for); ``raw`` (as sent) and ``expanded_u`` (U with k = 2, NaN
        where the laboratory gave none) as far as there are any.
    references : one row per analyte x sample. ``assigned_value``, ``u_assigned_value`` (standard uncertainty).
    limits : analyte -> bias limit in the analyte's unit, None or absent where there is none.
    designated : codes of the laboratories invited; others are kept and not scored.

    Returns
    -------
    DataFrame
        Same rows and index. ``assigned_value``, ``expanded_u_reference`` (k = 2), ``bias`` (analyte's unit),
        ``percent_bias``, ``limit`` (allowed bias, analyte's unit), ``percent_allowed`` (signed), ``signal``
        (acceptable, action, not_scored), ``on_limit``, ``conformity`` (pass: the limit holds whatever the
        reference value is within its uncertainty; conditional_pass and conditional_fail: it depends; fail),
        ``en_score`` (NaN unless the laboratory gave U), ``en_signal`` (|E_n| of 1 and more), ``reason``.

    Raises
    ------
    EvaluationError
        when columns are missing, or a sample has two reference values.

    Notes
    -----
    The limit is inclusive and judged on the digits sent. A U that is zero, negative or missing gives no E_n: it
    is never taken as zero. A reference value less certain than the limit cannot judge.

    References
    ----------
    ISO 13528:2022, 9.3 and 9.7 (Formula 20); JCGM 106:2012, 8.3 (conformity and uncertainty); WS/T 403-2024
    (bias limits).
    """
    settled = rule or TruenessRule()
    table = _joined(results, references)
    value = table["value"].to_numpy(dtype=float)
    target = table["assigned_value"].to_numpy(dtype=float)
    u_ref = COVERAGE * table["u_assigned_value"].to_numpy(dtype=float)
    allowed = _allowed(table["analyte"].tolist(), target, limits)
    limit = np.array([np.nan if a is None else float(a) for a in allowed], dtype=float)
    reason = _reasons(table, limit, u_ref, (designated, settled))
    scored = reason == ""
    reported = Reported(value, table["raw"].to_numpy(dtype=object), np.zeros(len(table), dtype=np.int64))
    targets = np.array([exact(t) if ok else None for t, ok in zip(target, scored, strict=True)], dtype=object)
    limits_used = np.array([a if ok else None for a, ok in zip(allowed, scored, strict=True)], dtype=object)
    found = judge(reported, targets, limits_used)
    bias = difference(value, target)
    en = np.where(scored, en_score(value, target, table["expanded_u"].to_numpy(dtype=float), u_ref), np.nan)
    return pd.DataFrame(
        {
            "assigned_value": target,
            "expanded_u_reference": u_ref,
            "bias": bias,
            "percent_bias": percent_difference(value, target),
            "limit": limit,
            "percent_allowed": percent_allowed(value, target, limit),
            "signal": np.select([~scored, found.inside], ["not_scored", "acceptable"], "action").astype(
                object
            ),
            "on_limit": found.on_limit,
            "conformity": np.where(scored, conformity(bias, limit, u_ref), ""),
            "en_score": en,
            "en_signal": np.abs(en) >= 1.0,
            "reason": reason,
        },
        index=results.index,
    )


def _joined(results: pd.DataFrame, references: pd.DataFrame) -> pd.DataFrame:
    """Results with the reference value of their sample."""
    for frame, names, what in ((results, REQUIRED, "results"), (references, _REFERENCE, "reference values")):
        missing = [name for name in names if name not in frame.columns]
        if missing:
            raise EvaluationError(f"The {what} of the trueness verification lack {', '.join(missing)}.")
    if references.duplicated(["analyte", "sample"]).any():
        raise EvaluationError("A sample has two reference values for one analyte. Keep one of them.")
    full = results.reindex(columns=[*REQUIRED, *OPTIONAL])
    return full.merge(references[list(_REFERENCE)], how="left", on=["analyte", "sample"])


def _allowed(
    analytes: list[str], target: np.ndarray, limits: Mapping[str, Criterion | None]
) -> list[Decimal | None]:
    """The allowed bias of each row, exactly; None without a limit or a reference value."""
    out: list[Decimal | None] = []
    for code, value in zip(analytes, target.tolist(), strict=True):
        criterion = limits.get(code)
        out.append(None if criterion is None or np.isnan(value) else allowable_error(criterion, value))
    return out


def _reasons(
    table: pd.DataFrame, limit: np.ndarray, u_ref: np.ndarray, how: tuple[Collection[str], TruenessRule]
) -> np.ndarray:
    """Why a row is not scored; "" where it is."""
    designated, rule = how
    conditions = [
        ~table["lab_code"].isin(list(designated)).to_numpy(),
        table["assigned_value"].isna().to_numpy(),
        np.isnan(limit),
        ~(np.nan_to_num(u_ref, nan=0.0) <= rule.u_share_max * limit),
        ~np.isfinite(table["value"].to_numpy(dtype=float)),
    ]
    names = ["not_designated", "no_reference_value", "no_limit", "reference_too_uncertain", "result_missing"]
    return np.select(conditions, names, "").astype(object)


def conformity(bias: np.ndarray, limit: np.ndarray, expanded_u: np.ndarray) -> np.ndarray:
    """What the uncertainty of the reference value leaves of a verdict.

    Parameters
    ----------
    bias, limit, expanded_u : shape (n,), analyte's unit; a missing uncertainty counts as none known: the verdict
        is then conditional.

    Returns
    -------
    ndarray of str
        pass, conditional_pass, conditional_fail, fail; "" where bias or limit is missing.

    References
    ----------
    JCGM 106:2012, 8.3: guarded acceptance and rejection.

    Examples
    --------
    >>> conformity(np.array([1.0, 1.8, 2.2, 3.0]), np.full(4, 2.0), np.full(4, 0.5)).tolist()
    ['pass', 'conditional_pass', 'conditional_fail', 'fail']
    """
    # A bias exactly on the limit is within it: binary noise counts in the laboratory's favour.
    size, u = np.abs(bias) * (1.0 - _NOISE), np.where(np.isnan(expanded_u), np.inf, expanded_u)
    unknown = np.isnan(size) | np.isnan(limit)
    with np.errstate(invalid="ignore"):
        conditions = [unknown, size + u <= limit, size <= limit, size - u <= limit]
    return np.select(conditions, ["", "pass", "conditional_pass", "conditional_fail"], "fail").astype(object)


def trueness_summary(
    results: pd.DataFrame, verified: pd.DataFrame, rule: TruenessRule | None = None
) -> pd.DataFrame:
    """Verdict per laboratory and analyte.

    Returns
    -------
    DataFrame
        Grain: one row per laboratory x analyte. ``n`` (samples scored), ``within`` (of them inside the limit),
        ``mean_percent_bias`` (signed), ``largest_percent_allowed`` (signed, the one farthest out), ``en_n`` and
        ``en_signals`` (E_n given, of them signals), ``same_direction`` (every bias has one sign, two samples or
        more), ``verdict`` (verified, not_verified, not_scored), ``reason`` (of the first row, when nothing was
        scored).
    """
    settled = rule or TruenessRule()
    # Rows belong together by position: an index may repeat.
    keys = results[["lab_code", "analyte"]].reset_index(drop=True)
    frame = pd.concat([keys, verified.reset_index(drop=True)], axis=1)
    rows = [
        (lab, analyte, *_summary(part, settled))
        for (lab, analyte), part in frame.groupby(["lab_code", "analyte"], sort=True)
    ]
    return pd.DataFrame(rows, columns=["lab_code", "analyte", *_SUMMARY])


_SUMMARY = (
    "n",
    "within",
    "mean_percent_bias",
    "largest_percent_allowed",
    "en_n",
    "en_signals",
    "same_direction",
    "verdict",
    "reason",
)


def _summary(part: pd.DataFrame, rule: TruenessRule) -> tuple[object, ...]:
    scored = part[part["signal"] != "not_scored"]
    if scored.empty:
        return 0, 0, np.nan, np.nan, 0, 0, False, "not_scored", part["reason"].iloc[0]
    within = int((scored["signal"] == "acceptable").sum())
    share = scored["percent_allowed"].to_numpy(dtype=float)
    mean_inside = abs(float(np.mean(share))) <= 100.0
    good = within == len(scored) if rule.needs_all else mean_inside
    signs = np.sign(scored["bias"].to_numpy(dtype=float))
    return (
        len(scored),
        within,
        float(scored["percent_bias"].mean()),
        float(share[np.argmax(np.abs(share))]),
        int(scored["en_score"].notna().sum()),
        int(scored["en_signal"].sum()),
        bool(len(scored) > 1 and abs(signs.sum()) == len(scored)),
        "verified" if good else "not_verified",
        "",
    )
