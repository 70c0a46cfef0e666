"""The assigned value x_pt from the participants, and its standard uncertainty (ISO 13528:2022, 7.7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray, RobustEstimates
from workbench.statistics.hampel_mean import q_hampel_groups
from workbench.statistics.moments import mean_sd, mean_sd_groups, mean_sd_within_groups
from workbench.statistics.order_statistics import median_made_groups, median_niqr_groups
from workbench.statistics.pair_scales import qn_groups, sn_groups
from workbench.statistics.ragged import Groups, finite, one_group
from workbench.statistics.target_uncertainty import CONSENSUS_FACTOR, consensus_uncertainty
from workbench.statistics.winsorised_mean import algorithm_a_groups

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

    Use it for a whole round: all groups of an analyte at once.

    Parameters
    ----------
    groups : results sorted into groups, in their own unit; `group_values` has left out the NaN.
    estimator : a key of `CONSENSUS`.

    Returns
    -------
    estimates : RobustEstimates
        One entry per group, unit of the results, unrounded.
    u_value : ndarray, shape (n_groups,)
        Standard uncertainty, unit of the results, unrounded; NaN where the group is degenerate.

    Raises
    ------
    ValueError
        For an unknown estimator.

    Notes
    -----
    Groups without results stay, with NaN. For arithmetic means u is s/sqrt(n).

    References
    ----------
    ISO 13528:2022, 7.7.3, Formula (6); Amd 1:2026 extends it to the estimators of C.5. Means: JCGM 100:2008,
    4.2.3.

    Examples
    --------
    >>> from workbench.statistics import group_values
    >>> groups = group_values([1.0, 2.0, 3.0, 4.0, 5.0, 7.0], [0, 0, 0, 0, 0, 1], 2)
    >>> found, u = consensus_groups(groups, "median_niqr")
    >>> found.location.tolist(), u.round(4).tolist()
    ([3.0, 7.0], [0.8288, nan])
    """
    if estimator not in CONSENSUS:
        raise ValueError(f"estimator is one of {', '.join(CONSENSUS)}, not {estimator!r}")
    found = CONSENSUS[estimator](groups)
    u = consensus_uncertainty(found.scale, found.n)
    return found, u / CONSENSUS_FACTOR if estimator in _MEANS else u


def consensus(x: ArrayLike, estimator: str = "algorithm_a") -> AssignedValue:
    """Assigned value from the results of the participants.

    Use it where no reference value exists; with few results or a strong minority choose ``q_hampel``.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    estimator : a key of `CONSENSUS`.

    Returns
    -------
    AssignedValue
        Unit of the results, unrounded; u = 1.25 s*/sqrt(p), or s/sqrt(n) for arithmetic means; NaN where
        degenerate.

    Raises
    ------
    ValueError
        For an unknown estimator.
    DataError
        When a result is infinite.

    Notes
    -----
    One result: u is NaN. No result: the value is NaN too. A consensus is only as true as its majority:
    compare it with a reference where there is one (`reference_check`).

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
        Unit of the results, unrounded: the estimate of the results themselves, with the SD of the replicates
        as u; NaN without results.

    Raises
    ------
    ValueError
        For an unknown estimator.
    DataError
        When a result is infinite.

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
