"""What it would change to give the two sides of a split targets of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray
from workbench.statistics.ragged import group_values
from workbench.statistics.target_uncertainty import consensus_uncertainty
from workbench.statistics.winsorised_mean import algorithm_a_groups

MATTERS_SHARE = 0.25
"""Two targets differ enough to matter when they lie more than 0.25 delta_E apart: ISO 13528:2022, 10.3."""

_ON_THE_LIMIT = 1e-9


@dataclass(frozen=True)
class SplitEffect:
    """Both targets of every sample, and what follows from them.

    Attributes
    ----------
    target_low, target_high : shape (n_samples,), robust means of the two sides, unit of the results; NaN
        for a side without results.
    u_low, u_high : shape (n_samples,), their standard uncertainties; NaN where the scale is degenerate.
    matters : shape (n_samples,), the targets lie more than 0.25 delta_E apart.
    changed : shape (n_laboratories, n_samples), the verdict differs between common and own target.
    n_changed : verdicts that would change.
    """

    target_low: FloatArray
    target_high: FloatArray
    u_low: FloatArray
    u_high: FloatArray
    matters: BoolArray
    changed: BoolArray
    n_changed: int


def split_effect(
    results: ArrayLike, on_high_side: ArrayLike, targets: ArrayLike, allowable_errors: ArrayLike
) -> SplitEffect:
    """Give either side of a split its own target and count the verdicts that change.

    Use it after `split_by_fields` or `split_without_field` found two sides.

    Parameters
    ----------
    results : shape (n_laboratories, n_samples), unit of the results; NaN means "no result".
    on_high_side : shape (n_laboratories,), True for the upper side; a laboratory without a side (masked out
        by the caller) is not passed in.
    targets : shape (n_samples,), the common target in force, unit of the results.
    allowable_errors : shape (n_samples,), delta_E, unit of the results.

    Returns
    -------
    SplitEffect
        Unrounded; grain of `changed`: one entry per laboratory x sample.

    Raises
    ------
    ValueError
        When the shapes do not fit together.
    DataError
        When a result is infinite.

    Notes
    -----
    - A missing result changes nothing. A result exactly on its limit is acceptable (relative tolerance
      1e-9).
    - An allowable error in percent of the target belongs to the common target; the caller may repeat
      with others.
    - This is a description for the organiser: a difference on processed material is no proof of a
      difference on patients' samples.

    References
    ----------
    ISO 13528:2022, 10.3, C.3.1 and Formula (6).

    Examples
    --------
    >>> results = [[4.9], [5.0], [5.1], [5.9], [6.0], [6.1]]
    >>> found = split_effect(results, [False] * 3 + [True] * 3, [5.5], [0.45])
    >>> found.target_high.round(2).tolist(), found.matters.tolist(), found.n_changed
    ([6.0], [True], 4)
    """
    table = np.asarray(results, dtype=np.float64)
    high = np.asarray(on_high_side, dtype=bool)
    target, limit = np.asarray(targets, dtype=np.float64), np.asarray(allowable_errors, dtype=np.float64)
    if table.ndim != 2 or high.shape != table.shape[:1] or not target.shape == limit.shape == table.shape[1:]:
        raise ValueError(f"results {table.shape} do not fit {high.shape}, {target.shape}, {limit.shape}")
    n_samples = table.shape[1]
    code = 2 * np.arange(n_samples)[None, :] + high[:, None]
    found = algorithm_a_groups(group_values(table.ravel(), code.ravel(), 2 * n_samples))
    centre = found.location.reshape(n_samples, 2).T
    u = np.asarray(consensus_uncertainty(found.scale, found.n)).reshape(n_samples, 2).T
    own = np.where(high[:, None], centre[1], centre[0])
    edge = limit * (1.0 + _ON_THE_LIMIT)
    changed = ((np.abs(table - target) <= edge) != (np.abs(table - own) <= edge)) & ~np.isnan(table)
    matters = np.abs(centre[1] - centre[0]) > MATTERS_SHARE * limit
    return SplitEffect(centre[0], centre[1], u[0], u[1], matters, changed, int(changed.sum()))
