"""The target each group is judged by: assigned value, its uncertainty, sigma_pt, the limit, or why not.

A reference value replaces the consensus where the policy prefers it. A target whose uncertainty is
not negligible widens the limit and turns z into z'; above a bound it is not used at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.evaluation.consensus import Consensus
from workbench.evaluation.criteria import (
    FIXED_SIGMA_LIMIT,
    BoolArray,
    FloatArray,
    ObjectArray,
    allowable_error,
    covers,
    exact,
    rounded_target,
)
from workbench.evaluation.peer_groups import PeerGroups
from workbench.evaluation.rules import AnalyteRule
from workbench.statistics.scores import widened_allowable_error
from workbench.statistics.target_uncertainty import consensus_uncertainty

COVERAGE = 2.0
"""k of U(x_pt) in delta_E': ISO 13528:2022, 9.5.2."""

INHOMOGENEITY = 0.3
"""s_s above this share of sigma_pt is allowed for in the criterion: ISO 13528:2022, B.2.2 and B.3."""


@dataclass(frozen=True)
class Materials:
    """What is known of the samples, arrays of shape (A, S).

    Attributes
    ----------
    reference, u_reference : value not taken from participants, NaN without; analyte's unit.
    reference_method : "reference", "certified" ..., "" without.
    s_s : between-item SD of the homogeneity check, NaN without.
    uneven : the homogeneity check failed by its own limit.
    unstable : the stability check failed.
    withdrawn : the organiser withdrew the sample or the item.
    """

    reference: FloatArray
    u_reference: FloatArray
    reference_method: ObjectArray
    s_s: FloatArray
    uneven: BoolArray
    unstable: BoolArray
    withdrawn: BoolArray


def materials(
    reference_values: pd.DataFrame, checks: pd.DataFrame, withdrawn: BoolArray, codes: Sequence[Sequence[str]]
) -> Materials:
    """Lay reference values and material checks out by analyte and sample.

    Parameters
    ----------
    codes : analyte codes and sample codes, in the order of the arrays.
    """
    analytes, samples = (list(each) for each in codes)

    def placed(table: pd.DataFrame, column: str, empty: object, dtype: type) -> np.ndarray:
        out: np.ndarray = np.full(withdrawn.shape, empty, dtype=dtype)
        known = table[table["analyte"].isin(analytes) & table["sample"].isin(samples)]
        for row in known.itertuples():
            out[analytes.index(row.analyte), samples.index(row.sample)] = getattr(row, column)
        return out

    homogeneity, stability = (checks[checks["check"] == name] for name in ("homogeneity", "stability"))
    return Materials(
        reference=placed(reference_values, "assigned_value", np.nan, float),
        u_reference=placed(reference_values, "u_assigned_value", np.nan, float),
        reference_method=placed(reference_values, "assigned_value_method", "", object),
        s_s=placed(homogeneity, "s_s", np.nan, float),
        uneven=~placed(homogeneity, "passed", True, bool),
        unstable=~placed(stability, "passed", True, bool),
        withdrawn=withdrawn,
    )


@dataclass(frozen=True)
class Targets:
    """The target of every group on every sample, arrays of shape (G, S).

    Attributes
    ----------
    value, u : assigned value (unrounded) and its standard uncertainty, analyte's unit.
    method : estimator or kind of reference value. from_reference : the latter.
    sigma_pt : before any allowance for uncertainty or homogeneity.
    sigma_score : what D is divided by: sigma_pt, widened where z' or inhomogeneity asks for it.
    prime : u is not negligible: z' and a widened limit.
    ratio : u / sigma_pt.
    inhomogeneous : the between-item SD is allowed for.
    exact, allowed : Decimal, target as the limit is resolved at it, and allowed deviation; None without.
    error : `allowed` as a float, NaN without.
    inclusive : a deviation equal to the allowed one is acceptable.
    reason : "" or the NS code that keeps results from being scored.
    """

    value: FloatArray
    u: FloatArray
    method: ObjectArray
    from_reference: BoolArray
    sigma_pt: FloatArray
    sigma_score: FloatArray
    prime: BoolArray
    ratio: FloatArray
    inhomogeneous: BoolArray
    exact: ObjectArray
    allowed: ObjectArray
    error: FloatArray
    inclusive: BoolArray
    reason: ObjectArray


@dataclass(frozen=True)
class _Policies:
    """Numbers of the policies, repeated for each group: shape (G, 1)."""

    rules: tuple[AnalyteRule, ...]

    def number(self, name: str) -> FloatArray:
        return np.array([float(getattr(rule.policy, name)) for rule in self.rules])[:, None]

    def claim(self, claims: Sequence[bool]) -> BoolArray:
        return np.array(claims, dtype=bool)[:, None]


def targets(
    groups: PeerGroups, stats: Consensus, rules: Sequence[AnalyteRule], material: Materials
) -> Targets:
    """Set the target of every group.

    Notes
    -----
    A sigma_pt that is the round's own spread holds the inhomogeneity of the samples already; nothing
    is added to it, and the check's own limit says whether a sample is inhomogeneous.

    References
    ----------
    ISO 13528:2022, 7.7.3 Formula (6), 9.2.1 Formula (10), 9.5 (z', delta_E'), 8 (sigma_pt), B.3.
    """
    policies = _Policies(tuple(rules[a] for a in groups.analyte))
    at = groups.analyte
    prefers = policies.claim([rule.policy.prefer_reference for rule in policies.rules])
    from_reference = prefers & np.isfinite(material.reference[at])
    value = np.where(from_reference, material.reference[at], stats.location)
    u = np.where(from_reference, material.u_reference[at], consensus_uncertainty(stats.scale, stats.n))
    method = np.where(from_reference, material.reference_method[at], stats.estimator[:, None])
    exact_target, base = _limits(policies.rules, value, stats.scale)
    sigma = _sigma(policies.rules, value, stats.scale, base)
    base = _limits_of_sigma(policies.rules, sigma, base)
    with np.errstate(invalid="ignore"):
        ratio = np.divide(u, sigma, out=np.full(u.shape, np.nan), where=sigma > 0)
        loose = u >= policies.number("u_negligible_sigma") * sigma
        loose &= ~(u < policies.number("u_negligible_limit") * _floats(base))
        uneven = material.s_s[at] > INHOMOGENEITY * sigma
    own_spread = policies.claim([rule.policy.sigma_pt.kind == "robust_sd" for rule in policies.rules])
    s_s = np.where(uneven & ~own_spread, material.s_s[at], 0.0)
    allowed = _widened(base, np.where(loose, COVERAGE * u, 0.0), s_s)
    return Targets(
        value=value,
        u=u,
        method=method,
        from_reference=from_reference,
        sigma_pt=sigma,
        sigma_score=np.sqrt(sigma**2 + np.where(loose, u, 0.0) ** 2 + s_s**2),
        prime=loose,
        ratio=ratio,
        inhomogeneous=np.where(own_spread, material.uneven[at], uneven),
        exact=exact_target,
        allowed=allowed,
        error=_floats(allowed),
        inclusive=np.broadcast_to(policies.claim([_inclusive(rule) for rule in policies.rules]), u.shape),
        reason=_reasons(policies, stats, material, at, (from_reference, sigma, ratio, _floats(allowed))),
    )


def _inclusive(rule: AnalyteRule) -> bool:
    """Limits that are three sigma_pt are strict: |z| = 3 is action."""
    return rule.criterion is not None and rule.criterion.inclusive and rule.criterion.kind != "fixed_sigma"


def _floats(values: ObjectArray) -> FloatArray:
    flat = [np.nan if each is None else float(each) for each in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def _limits(
    rules: Sequence[AnalyteRule], value: FloatArray, scale: FloatArray
) -> tuple[ObjectArray, ObjectArray]:
    """Exact target and allowed deviation of each group on each sample, None where there is none."""
    exact_target = np.full(value.shape, None, dtype=object)
    allowed = np.full(value.shape, None, dtype=object)
    for group, sample in np.argwhere(np.isfinite(value)):
        rule = rules[group]
        target = rounded_target(float(value[group, sample]), rule.policy.target_decimals)
        exact_target[group, sample] = target
        if rule.criterion is not None and covers(rule.criterion, target, rule.analyte.unit):
            allowed[group, sample] = allowable_error(rule.criterion, target, float(scale[group, sample]))
    return exact_target, allowed


def _limits_of_sigma(rules: Sequence[AnalyteRule], sigma: FloatArray, allowed: ObjectArray) -> ObjectArray:
    """Three sigma_pt stand in where the score decides and no limit is known."""
    out = allowed.copy()
    for group, rule in enumerate(rules):
        if rule.criterion is None and rule.policy.score == "z":
            out[group] = [exact(FIXED_SIGMA_LIMIT * s) if s > 0 else None for s in sigma[group].tolist()]
    return out


def _sigma(
    rules: Sequence[AnalyteRule], value: FloatArray, scale: FloatArray, allowed: ObjectArray
) -> FloatArray:
    """sigma_pt of each group on each sample; NaN where it is zero or unknown."""
    limit = _floats(allowed)
    out = np.empty_like(value)
    for group, rule in enumerate(rules):
        out[group] = _SIGMA[rule.policy.sigma_pt.kind](rule, value[group], scale[group], limit[group])
    return np.where(out > 0, out, np.nan)


def sigma_at(rule: AnalyteRule, target: float) -> float:
    """sigma_pt that a rule gives at a target, unit of the analyte; NaN where the round's own spread makes it.

    Examples
    --------
    >>> from workbench.evaluation.rules import analyte_rules
    >>> from workbench.parameters import catalogue, criteria
    >>> sodium = next(r for r in analyte_rules(catalogue()["1.1"], criteria()) if r.code == "Na")
    >>> round(sigma_at(sodium, 140.0), 6)
    1.866667
    """
    value, spread = np.array([[target]]), np.array([[np.nan]])
    _, allowed = _limits([rule], value, spread)
    return float(_sigma([rule], value, spread, _limits_of_sigma([rule], spread, allowed))[0, 0])


def _by_limit(rule: AnalyteRule, value: FloatArray, scale: FloatArray, limit: FloatArray) -> FloatArray:
    if rule.criterion is not None and rule.criterion.kind == "fixed_sigma":
        return limit / FIXED_SIGMA_LIMIT
    return limit / float(rule.policy.sigma_pt.divisor)


def _by_spread(rule: AnalyteRule, value: FloatArray, scale: FloatArray, limit: FloatArray) -> FloatArray:
    return scale


def _fixed(rule: AnalyteRule, value: FloatArray, scale: FloatArray, limit: FloatArray) -> FloatArray:
    return np.full(value.shape, float(rule.policy.sigma_pt.value or 0))


def _fixed_percent(rule: AnalyteRule, value: FloatArray, scale: FloatArray, limit: FloatArray) -> FloatArray:
    return np.abs(value) * float(rule.policy.sigma_pt.value or 0) / 100.0


def _widened(base: ObjectArray, expanded: FloatArray, s_s: FloatArray) -> ObjectArray:
    """delta_E' where u is not negligible, and the same allowance of three s_s as sigma_pt' makes."""
    out = base.copy()
    for group, sample in np.argwhere((expanded > 0) | (s_s > 0)):
        if base[group, sample] is not None:
            wide = widened_allowable_error(float(base[group, sample]), expanded[group, sample])
            wide = np.hypot(wide, FIXED_SIGMA_LIMIT * s_s[group, sample])
            out[group, sample] = exact(float(wide))
    return out


def _reasons(
    policies: _Policies,
    stats: Consensus,
    material: Materials,
    at: np.ndarray,
    target: tuple[BoolArray, FloatArray, FloatArray, FloatArray],
) -> ObjectArray:
    """Why a group's results on a sample are not scored; "" where they are. The first reason wins."""
    from_reference, sigma, ratio, limit = target
    decides_z = policies.claim([rule.policy.score == "z" for rule in policies.rules])
    upper = policies.number("u_upper")
    too_many_equal = stats.identical > policies.number("identical_share_max")
    own_spread = policies.claim([rule.policy.sigma_pt.kind == "robust_sd" for rule in policies.rules])
    collapsed = (stats.degenerate | too_many_equal) & (own_spread | ~from_reference)
    with np.errstate(invalid="ignore"):
        conditions = [
            material.withdrawn[at],
            material.unstable[at],
            ~own_spread & (material.s_s[at] > upper * sigma),
            np.broadcast_to(policies.claim([not rule.gradable for rule in policies.rules]), stats.n.shape),
            ~from_reference & (stats.n < policies.number("n_min")),
            decides_z & (collapsed | ~(sigma > 0)),
            ratio > upper,
            ~decides_z & ~(limit > 0),
        ]
    reason = np.select(conditions, ["NS-E", "NS-S", "NS-H", "NS-X", "NS-N", "NS-D", "NS-U", "NS-X"], "")
    return reason.astype(object)


_SIGMA = {
    "allowable_error": _by_limit,
    "robust_sd": _by_spread,
    "fixed": _fixed,
    "fixed_percent": _fixed_percent,
}
