"""The assigned value x_pt and its standard uncertainty (ISO 13528:2022, clause 7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray, RobustEstimates
from workbench.statistics.hampel_mean import q_hampel_groups
from workbench.statistics.moments import mean_sd, mean_sd_groups, mean_sd_within_groups
from workbench.statistics.order_statistics import median_made_groups, median_niqr_groups
from workbench.statistics.pair_scales import qn_groups, sn_groups
from workbench.statistics.ragged import Groups, finite, one_group
from workbench.statistics.target_uncertainty import CONSENSUS_FACTOR, consensus_uncertainty
from workbench.statistics.winsorised_mean import algorithm_a_groups

INVESTIGATE = 2.0
"""ISO 13528:2022, 7.8: investigate beyond two standard uncertainties of the difference."""
BOOTSTRAP_REPLICATES = 1000
"""ISO 13528:2022, 7.7.6: at least 1,000."""


@dataclass(frozen=True)
class AssignedValue:
    """An assigned value with its standard uncertainty.

    Parameters
    ----------
    value, u_value : unit of the results; u is NaN where none can be given.
    rule : how it was obtained.
    n : results, differences or experts that went in.
    scale : standard deviation of them, unit of the results; NaN where there is none.
    """

    value: float
    u_value: float
    rule: str
    n: int
    scale: float

    @property
    def degenerate(self) -> bool:
        """No standard deviation could be derived, so there is no uncertainty either."""
        return not self.u_value > 0


def _algorithm_a_as_worded(groups: Groups) -> RobustEstimates:
    return algorithm_a_groups(groups, stop="three_figures")


CONSENSUS: dict[str, Callable[[Groups], RobustEstimates]] = {
    "algorithm_a": algorithm_a_groups,
    "algorithm_a_three_figures": _algorithm_a_as_worded,
    "median_niqr": median_niqr_groups,
    "median_made": median_made_groups,
    "median_qn": qn_groups,
    "median_sn": sn_groups,
    "q_hampel": q_hampel_groups,
    "mean_sd": mean_sd_groups,
    "mean_sd_within": mean_sd_within_groups,
}
"""Every way to form a consensus: groups in, location and scale out."""

_MEANS = ("mean_sd", "mean_sd_within")
"""Arithmetic means: their uncertainty is s/sqrt(n) without the factor for robust estimators."""


def consensus_groups(groups: Groups, estimator: str = "algorithm_a") -> tuple[RobustEstimates, FloatArray]:
    """Consensus of each group and its standard uncertainty; see `consensus`.

    Returns
    -------
    estimates : one entry per group.
    u_value : shape (n_groups,), unit of the results; NaN where degenerate.

    Raises
    ------
    ValueError
        For an unknown estimator.
    """
    if estimator not in CONSENSUS:
        raise ValueError(f"estimator is one of {', '.join(CONSENSUS)}, not {estimator!r}")
    found = CONSENSUS[estimator](groups)
    u = consensus_uncertainty(found.scale, found.n)
    return found, u / CONSENSUS_FACTOR if estimator in _MEANS else u


def consensus(x: ArrayLike, estimator: str = "algorithm_a") -> AssignedValue:
    """Assigned value from the results of the participants.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    estimator : a key of `CONSENSUS`.

    Returns
    -------
    AssignedValue
        u = 1.25 s*/sqrt(p), or s/sqrt(n) for arithmetic means; NaN where degenerate.

    References
    ----------
    ISO 13528:2022, 7.7.

    Examples
    --------
    >>> found = consensus([1.0, 2.0, 3.0, 4.0, 5.0], "median_niqr")
    >>> found.value, round(found.u_value, 4)
    (3.0, 0.8288)
    """
    found, u = consensus_groups(one_group(x), estimator)
    return AssignedValue(
        float(found.location[0]), float(u[0]), found.rule, int(found.n[0]), float(found.scale[0])
    )


def uncertainty_budget(u_char: float, u_hom: float = 0.0, u_trans: float = 0.0, u_stab: float = 0.0) -> float:
    """u(x_pt) from characterisation, heterogeneity, transport and instability, unit of the results.

    References
    ----------
    ISO 13528:2022, 7.2.2, Formula (3).

    Examples
    --------
    >>> uncertainty_budget(3.0, 4.0)
    5.0
    """
    return math.hypot(u_char, u_hom, u_trans, u_stab)


def value_by_reference(value: float, expanded_u: float, coverage_factor: float = 2.0) -> AssignedValue:
    """Assigned value from a reference measurement procedure or a certificate.

    Parameters
    ----------
    value, expanded_u : as certified, unit of the results.
    coverage_factor : k of the certificate.
    """
    return AssignedValue(value, expanded_u / coverage_factor, "reference", 1, math.nan)


def value_by_formulation(factors: ArrayLike, u_factors: ArrayLike, powers: ArrayLike) -> AssignedValue:
    """Assigned value of a material made up by mass or volume: a product of powers of what was weighed in.

    Parameters
    ----------
    factors, u_factors : shape (n,), quantities and their standard uncertainties, any units.
    powers : shape (n,), +1 for what multiplies (mass, purity), -1 for what divides (final volume).

    Returns
    -------
    AssignedValue
        Relative uncertainties combined in quadrature, as for independent factors.

    Raises
    ------
    EvaluationError
        When a factor is zero.

    References
    ----------
    ISO 13528:2022, 7.3; JCGM 100:2008, 5.1.6.

    Examples
    --------
    100 mg of purity 0.99 in 1 L, each known to 0.1 %:

    >>> found = value_by_formulation([100.0, 0.99, 1.0], [0.1, 0.00099, 0.001], [1, 1, -1])
    >>> round(found.value, 6), round(found.u_value, 4)
    (99.0, 0.1715)
    """
    q, u = np.asarray(factors, dtype=np.float64), np.asarray(u_factors, dtype=np.float64)
    power = np.asarray(powers, dtype=np.float64)
    if (q == 0).any():
        raise EvaluationError("A factor of the formulation is zero. Correct the weighing record.")
    value = float(np.prod(q**power))
    return AssignedValue(
        value, abs(value) * math.hypot(*(power * u / q).tolist()), "formulation", q.size, math.nan
    )


def value_by_crm_comparison(differences: ArrayLike, crm_value: float, u_crm: float) -> AssignedValue:
    """Assigned value carried over from a certified reference material in one laboratory.

    x_pt = x_CRM + mean(d), u^2 = s_d^2/n + u_CRM^2.

    Parameters
    ----------
    differences : shape (n,), d_i = average of the item minus average of the CRM in run i, n >= 2.
    crm_value, u_crm : certified value and standard uncertainty, unit of the results.

    Raises
    ------
    EvaluationError
        With fewer than two differences.

    References
    ----------
    ISO 13528:2022, 7.5.2, Formulae (4) and (5).

    Examples
    --------
    >>> found = value_by_crm_comparison([1.0, 3.0], 20.0, 0.5)
    >>> found.value, round(found.u_value, 4)
    (22.0, 1.118)
    """
    d = mean_sd(differences)
    if d.n < 2:
        raise EvaluationError(f"A comparison with a CRM needs at least 2 differences, {d.n} found.")
    u = math.hypot(d.scale / math.sqrt(d.n), u_crm)
    return AssignedValue(crm_value + d.location, u, "crm_comparison", d.n, d.scale)


def value_by_experts(values: ArrayLike, u_values: ArrayLike | None = None) -> AssignedValue:
    """Arithmetic mean of expert laboratories.

    Parameters
    ----------
    values : shape (n,), n >= 2, unit of the results.
    u_values : shape (n,), their standard uncertainties; None when not reported.

    Returns
    -------
    AssignedValue
        u is s/sqrt(n), or what the reported uncertainties give when that is larger: experts who agree
        by chance do not know the value better than they say. (The larger of the two is our choice.)

    Raises
    ------
    EvaluationError
        With fewer than two values.

    References
    ----------
    ISO 13528:2022, 7.6.

    Examples
    --------
    >>> value_by_experts([9.0, 10.0, 11.0], [3.0, 3.0, 3.0]).u_value  # doctest: +ELLIPSIS
    1.73205...
    """
    found = mean_sd(values)
    if found.n < 2:
        raise EvaluationError(f"A value from experts needs at least 2 laboratories, {found.n} found.")
    u = found.scale / math.sqrt(found.n)
    if u_values is not None:
        u = max(u, math.hypot(*np.asarray(u_values, dtype=np.float64).tolist()) / found.n)
    return AssignedValue(found.location, u, "experts", found.n, found.scale)


def bootstrap(
    x: ArrayLike,
    estimator: str = "algorithm_a",
    *,
    generator: np.random.Generator,
    replicates: int = BOOTSTRAP_REPLICATES,
) -> AssignedValue:
    """Consensus with its uncertainty from resampling the results.

    Use it where 1.25 s*/sqrt(p) does not hold: skewed results, few results, estimators with other
    efficiency. All resamples are estimated together as groups.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    estimator : a key of `CONSENSUS`.
    generator : seeded random generator: the same seed gives the same bytes.
    replicates : resamples; the standard asks for 1,000 or more.

    Returns
    -------
    AssignedValue
        The estimate of the results themselves, with the SD of the replicates as u.

    Notes
    -----
    The uncertainty carries a Monte-Carlo error of about 1/sqrt(2 replicates): 2 % at 1,000.

    References
    ----------
    ISO 13528:2022, 7.7.6.

    Examples
    --------
    >>> found = bootstrap([1.0, 2.0, 3.0, 4.0, 5.0], "mean_sd", generator=np.random.default_rng(1))
    >>> found.value, 0.58 < found.u_value < 0.69
    (3.0, True)
    """
    values = np.sort(finite(x))
    found = consensus(values, estimator)
    if not values.size:
        return AssignedValue(math.nan, math.nan, f"bootstrap:{found.rule}", 0, math.nan)
    drawn = np.sort(values[generator.integers(0, values.size, (replicates, values.size))], axis=1)
    samples = Groups(drawn.ravel(), np.arange(replicates + 1, dtype=np.intp) * values.size)
    replicate = CONSENSUS[estimator](samples).location
    u = mean_sd(replicate).scale
    return AssignedValue(found.value, u, f"bootstrap:{found.rule}", found.n, found.scale)


@dataclass(frozen=True)
class ReferenceCheck:
    """A consensus against an independent reference value.

    `difference` = reference - consensus and `u_difference` in the unit of the results; `ratio` is
    |difference|/u (NaN when u is not positive); `investigate` when the ratio exceeds 2.
    """

    difference: float
    u_difference: float
    ratio: float
    investigate: bool


def reference_check(reference: AssignedValue, consensus_value: AssignedValue) -> ReferenceCheck:
    """Compare a reference value with the consensus of the same item.

    References
    ----------
    ISO 13528:2022, 7.8, Formula (7).

    Examples
    --------
    >>> found = reference_check(value_by_reference(10.0, 0.6), AssignedValue(11.0, 0.4, "x", 20, 1.0))
    >>> found.ratio, found.investigate
    (2.0, False)
    """
    apart = reference.value - consensus_value.value
    u = math.hypot(reference.u_value, consensus_value.u_value)
    ratio = abs(apart) / u if u > 0 else math.nan
    return ReferenceCheck(apart, u, ratio, ratio > INVESTIGATE)
