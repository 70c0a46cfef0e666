"""The parts of a twin that hold single results: a laboratory's own, or everybody's by alias."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from workbench.frames import ALL_LABORATORIES
from workbench.parameters import Criterion
from workbench.reports.printed import Scale, result_forms
from workbench.reports.reading import Reading, Row
from workbench.reports.twin import number
from workbench.store.disclosure import CONSENSUS

_QUANTITIES = (
    "assigned_value",
    "u_assigned_value",
    "sigma_pt",
    "allowable_error",
    "limit_low",
    "limit_high",
    "difference",
    "percent_difference",
    "percent_allowed",
    "score",
    "zeta_score",
    "en_score",
    "sdi",
    "percentile",
)
_UNCERTAINTY = ("u_result", "expanded_u_result")
_SILENT_STATES = ("not_returned", "not_performed", "excused", "sample_fault", "unreadable", "survey")
_PRINTED_OF = {
    "range": "limit_low",
    "bias": "difference",
    "n": "robust_mean",
    "zeta": "zeta_score",
    "en": "en_score",
}
"""Printed fields whose dash has the cause of another field."""


def result_part(reading: Reading, row: Row, bias_kind: str, scale: Scale) -> tuple[dict[str, Any], bool]:
    """One result of the twin, and whether its print needed an extra decimal.

    Parameters
    ----------
    reading : the view and the parameters.
    row : a row of the frame `scores`.
    bias_kind : `percent_difference` or `difference`, whichever the item's limit uses.
    scale : how the item's quantities are printed.
    """
    group = group_statistics(row, scale.disclosure_min)
    everyone = {"n": int(row["all_n"]), "robust_mean": number(row["all_robust_mean"])}
    part: dict[str, Any] = {
        "sample": row["sample"],
        "raw": row["raw"],
        "value": number(row["value"]),
        "censor": {-1: "<", 1: ">"}.get(int(row["censor"])),
        "state": row["state"],
        "reason": row["reason"] or None,
        "in_statistics": bool(row["in_statistics"]),
        "assigned_value_method": row["assigned_value_method"] or None,
        **{name: number(row[name]) for name in (*_QUANTITIES, *_UNCERTAINTY)},
        "score_kind": row["score_kind"] or None,
        "group": group,
        "all": everyone,
        "signal": row["signal"],
        "score_signal": row["score_signal"] or None,
        "on_limit": bool(row["on_limit"]),
        "bias_kind": bias_kind,
    }
    part["why"] = causes(part, row, scale.disclosure_min)
    part["histogram"] = histogram_part(reading, row)
    part["printed"], more = result_forms(part, scale)
    part["findings"] = []
    return part, more


def group_statistics(row: Mapping[str, Any], disclosure_min: int) -> dict[str, Any]:
    """Statistics of the group used; without numbers when it is smaller than may be shown."""
    n = int(row["peer_n"])
    shown = n >= disclosure_min
    names = ("robust_mean", "robust_sd", "cv")
    return {
        "level": row["peer_group_level"] or None,
        "group": row["peer_group"] or None,
        "n": n if shown else None,
        **{name: number(row[name]) if shown else None for name in names},
    }


def causes(part: Mapping[str, Any], row: Mapping[str, Any], disclosure_min: int) -> dict[str, str]:
    """For each field without a number the cause, one key of the wording `why.*`."""
    everything = {**part, **part["group"], "all_robust_mean": part["all"]["robust_mean"]}
    fields = ("value", *_QUANTITIES, "robust_mean", "robust_sd", "cv", "all_robust_mean")
    out = {name: _cause(name, part, row, disclosure_min) for name in fields if everything[name] is None}
    out |= {name: out[source] for name, source in _PRINTED_OF.items() if source in out}
    return out


def _cause(name: str, part: Mapping[str, Any], row: Mapping[str, Any], disclosure_min: int) -> str:
    """Why one field of a result has no number."""
    if name == "percentile" and 0 < int(row["all_n"]) < disclosure_min:
        return "suppressed"
    if name in ("robust_mean", "robust_sd", "cv", "all_robust_mean"):
        n = int(row["all_n"] if name == "all_robust_mean" else row["peer_n"])
        return "suppressed" if n else "no_results"
    if name in ("zeta_score", "en_score"):
        return _uncertainty_cause(name, part)
    if part["state"] in _SILENT_STATES and name in ("value", *_QUANTITIES[6:]):
        return str(part["state"])
    if part["assigned_value"] is None:
        return "suppressed" if _rests_on_few(row, disclosure_min) else "no_target"
    if part["state"] == "censored":
        return "censored"
    if part["reason"]:
        return "not_scored"
    if name == "percent_difference" and part["assigned_value"] == 0:
        return "zero_target"
    return "no_criterion" if part["allowable_error"] is None else "zero_spread"


def _rests_on_few(row: Mapping[str, Any], disclosure_min: int) -> bool:
    """Whether a row's target is the mean of a group too small to be shown."""
    return 0 < row["peer_n"] < disclosure_min and row["assigned_value_method"] in CONSENSUS


def _uncertainty_cause(name: str, part: Mapping[str, Any]) -> str:
    """Why there is no zeta or E_n."""
    if part["state"] in (*_SILENT_STATES, "censored"):
        return str(part["state"])
    if part["u_result"] is None:
        return "no_uncertainty"
    if name == "en_score" and part["zeta_score"] is not None:
        return "consensus_target"
    if part["assigned_value"] is None:
        return "no_target"
    return "no_target_uncertainty" if part["u_assigned_value"] is None else "not_scored"


def histogram_part(reading: Reading, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Counts of all laboratories and of the own group on one grid; None when not disclosed.

    Notes
    -----
    `edges` has one number more than `all`. Tail bins, which collect everything beyond 1.5 times the
    limit, stand apart in `tail_low` and `tail_high`.
    """
    code, sample = row["analyte"], row["sample"]
    everyone = reading.bins(code, sample)
    if not everyone:
        return None
    level, group = row["peer_group_level"], row["peer_group"]
    own = reading.bins(code, sample, level, group) if level not in ("", ALL_LABORATORIES) else []
    counts = {bin_["bin"]: int(bin_["count"]) for bin_ in own}
    inner = [bin_ for bin_ in everyone if not bin_["tail"]]
    part = {
        "edges": [*(number(bin_["low"]) for bin_ in inner), number(inner[-1]["high"])] if inner else [],
        "all": [int(bin_["count"]) for bin_ in inner],
        "own_group": [counts.get(bin_["bin"], 0) for bin_ in inner] if own else None,
    }
    return part | _tails(everyone, inner, "tail") | _tails(own, inner, "own_tail")


def _tails(bins: list[Row], inner: list[Row], name: str) -> dict[str, int]:
    """Counts beyond both ends of the grid."""
    first = inner[0]["bin"] if inner else math.inf
    low = sum(int(bin_["count"]) for bin_ in bins if bin_["tail"] and bin_["bin"] < first)
    high = sum(int(bin_["count"]) for bin_ in bins if bin_["tail"] and bin_["bin"] >= first)
    return {f"{name}_low": low, f"{name}_high": high}


def bias_kind(criterion: Criterion | None, result_type: str) -> str:
    """Whether the item's limit is a percentage or an amount; decides which bias is printed.

    Notes
    -----
    A percentage of a logarithm means nothing: results in log10 always print the difference.
    """
    absolute = criterion is not None and criterion.kind in ("absolute", "fixed_sigma", "sd")
    absolute = absolute or result_type == "quantitative_log10"
    return "difference" if absolute else "percent_difference"


def score_kind(results: list[dict[str, Any]]) -> str:
    """Head of the score column: `z_prime` when any sample needed z′, else `z`."""
    return "z_prime" if any(result["score_kind"] == "z_prime" for result in results) else "z"
