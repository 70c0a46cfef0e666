"""Assigned values that need no participants, and the consensus against them (ISO 13528:2022, 7.3 to 7.8)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.assigned_value import AssignedValue
from workbench.statistics.estimates import ArrayLike
from workbench.statistics.moments import mean_sd

INVESTIGATE = 2.0
"""ISO 13528:2022, 7.8: investigate beyond two standard uncertainties of the difference."""


def uncertainty_budget(u_char: float, u_hom: float = 0.0, u_trans: float = 0.0, u_stab: float = 0.0) -> float:
    """u(x_pt) from characterisation, heterogeneity, transport and instability.

    Use it to complete an uncertainty that covers the characterisation only.

    Parameters
    ----------
    u_char, u_hom, u_trans, u_stab : standard uncertainties, unit of the results; 0 for a part that is
        negligible, NaN for one that is not known.

    Returns
    -------
    float
        Root of the sum of squares, unit of the results, unrounded; NaN when any part is NaN.

    Notes
    -----
    Independent parts are assumed. The consensus of a round already holds what the items differ by: do not
    add heterogeneity twice.

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

    Use it where a certificate or a reference laboratory gives a value with its expanded uncertainty.

    Parameters
    ----------
    value, expanded_u : as certified, unit of the results; a NaN for U means "not stated" and leaves u NaN.
    coverage_factor : k of the certificate, not zero.

    Returns
    -------
    AssignedValue
        u = U/k, unit of the results, unrounded; n is 1 and the scale NaN, for there are no single results.

    Notes
    -----
    Heterogeneity and instability of the items are not in a certified uncertainty: see `uncertainty_budget`.

    References
    ----------
    ISO 13528:2022, 7.4 and 7.5; JCGM 100:2008, 6.2.1.

    Examples
    --------
    >>> found = value_by_reference(10.0, 0.6)
    >>> found.value, found.u_value, found.rule
    (10.0, 0.3, 'reference')
    """
    return AssignedValue(value, expanded_u / coverage_factor, "reference", 1, math.nan)


def value_by_formulation(factors: ArrayLike, u_factors: ArrayLike, powers: ArrayLike) -> AssignedValue:
    """Assigned value of a material made up by mass or volume: a product of powers of what was weighed in.

    Use it for gravimetric mixtures of pure substances whose matrix is free of the measurand.

    Parameters
    ----------
    factors, u_factors : shape (n,), quantities and their standard uncertainties, any units. NaN means "not
        known" and makes the value, or its uncertainty, NaN.
    powers : shape (n,), no unit; +1 for what multiplies (mass, purity), -1 for what divides (final volume).

    Returns
    -------
    AssignedValue
        Value and u in the unit of the product, unrounded: relative uncertainties combined in quadrature, as
        for independent factors. The scale is NaN.

    Raises
    ------
    EvaluationError
        When a factor is zero.

    Notes
    -----
    Factors that are not independent (one balance, one flask) make u too small.

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

    Use it when items and a matching certified material can be measured side by side in several runs.

    Parameters
    ----------
    differences : shape (n,), d_i = average of the item minus average of the CRM in run i, unit of the
        results; n >= 2 without the NaN, which means "run without a result" and is left out.
    crm_value, u_crm : certified value and standard uncertainty, unit of the results.

    Returns
    -------
    AssignedValue
        Unit of the results, unrounded; the scale is s_d, the SD of the differences. u is NaN when u_crm is.

    Raises
    ------
    EvaluationError
        With fewer than two differences.

    Notes
    -----
    u_CRM is common to all runs: more runs do not make it smaller.

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

    Use it for the values of a few chosen laboratories; for many, `consensus` is robust.

    Parameters
    ----------
    values : shape (n,), unit of the results; NaN means "no value" and is left out; n >= 2 without them.
    u_values : shape (n,), their standard uncertainties, unit of the results; None when not reported. With a
        NaN among them none is used.

    Returns
    -------
    AssignedValue
        Unit of the results, unrounded; u is s/sqrt(n), or what the reported uncertainties give when that is
        larger: experts who agree by chance do not know the value better than they say. (The larger of the
        two is our choice.)

    Raises
    ------
    EvaluationError
        With fewer than two values.

    Notes
    -----
    Not robust: one wild expert moves the value. With credible, unequal uncertainties see
    `weighted_consensus`.

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


@dataclass(frozen=True)
class ReferenceCheck:
    """A consensus against an independent reference value.

    Attributes
    ----------
    difference : reference minus consensus, unit of the results.
    u_difference : standard uncertainty of it, unit of the results; NaN when either value has none.
    ratio : |difference|/u, dimensionless; NaN when u is not positive.
    investigate : the ratio exceeds 2.
    """

    difference: float
    u_difference: float
    ratio: float
    investigate: bool


def reference_check(reference: AssignedValue, consensus_value: AssignedValue) -> ReferenceCheck:
    """Compare a reference value with the consensus of the same item.

    Use it in every round with both values: a consensus may be precise and wrong.

    Parameters
    ----------
    reference, consensus_value : values of the same item with their standard uncertainties, in one unit; u is
        NaN where none is known.

    Returns
    -------
    ReferenceCheck
        Unrounded; with a NaN uncertainty the ratio is NaN and nothing is to be investigated on its strength.

    Notes
    -----
    Exactly 2 does not call for an investigation.

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
