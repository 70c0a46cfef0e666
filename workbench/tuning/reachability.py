"""Rules that cannot do what they promise: warnings before a rule is used."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.statistics.thresholds import acceptable_needed, largest_self_included_score

COARSE_STEP = 0.4
"""Reporting step above this share of the limit: rounding alone begins to fail good laboratories."""

TIGHT_LIMIT = 3.0
"""Limit below so many SDs of a typical laboratory: tighter than the state of the art."""

FEW_SAMPLES = 5
"""With fewer samples and a mark of 80 per cent every sample must be acceptable."""


@dataclass(frozen=True)
class Plan:
    """What is known of a rule before it is used; None where it does not apply or is not known.

    Attributes
    ----------
    samples, pass_mark : of one event. peers : smallest group n that sets a target.
    z_limit : the rule is |z| <= z_limit. own_sigma : sigma_pt is the round's own spread.
    own_included : the laboratory's own result is part of target and spread.
    limit, step, typical_sd : allowed deviation, reporting step, SD of a typical laboratory; one unit.
    """

    samples: int
    pass_mark: float = 80.0
    peers: int | None = None
    z_limit: float | None = None
    own_sigma: bool = False
    own_included: bool = True
    limit: float | None = None
    step: float | None = None
    typical_sd: float | None = None


@dataclass(frozen=True)
class Guard:
    """One warning: `code` names it, `refuse` says that nobody can ever be failed, `numbers` fill the text."""

    code: str
    refuse: bool
    numbers: dict[str, float]


def guards(plan: Plan) -> tuple[Guard, ...]:
    """Everything that is wrong with a rule, most serious first.

    Returns
    -------
    Guards with the codes z_out_of_reach, all_must_be_acceptable, sigma_of_the_round, coarse_step,
    tighter_than_practice.

    References
    ----------
    Shiffler, Am Stat 1988;42:79: |z| <= (n - 1) / sqrt(n) where the value itself is included.
    """
    found = []
    reach = float(largest_self_included_score(plan.peers)) if plan.peers else None
    if plan.z_limit is not None and plan.own_sigma and plan.own_included and reach is not None:
        numbers = {"n": float(plan.peers or 0), "largest": reach, "limit": plan.z_limit}
        if plan.z_limit > reach:
            found.append(Guard("z_out_of_reach", True, numbers))
    if plan.samples < FEW_SAMPLES and acceptable_needed(plan.samples, plan.pass_mark) == plan.samples:
        found.append(Guard("all_must_be_acceptable", False, {"samples": float(plan.samples)}))
    if plan.own_sigma:
        found.append(Guard("sigma_of_the_round", False, {}))
    if plan.limit and plan.step and plan.step > COARSE_STEP * plan.limit:
        found.append(Guard("coarse_step", False, {"step": plan.step, "limit": plan.limit}))
    if plan.limit and plan.typical_sd and plan.limit < TIGHT_LIMIT * plan.typical_sd:
        numbers = {"limit": plan.limit, "sd": plan.typical_sd, "ratio": plan.limit / plan.typical_sd}
        found.append(Guard("tighter_than_practice", False, numbers))
    return tuple(found)
