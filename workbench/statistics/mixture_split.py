"""Two groups hidden in one declared peer group where no recorded field tells them apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.group_splits import LEAST_SHARE, LEAST_SIDE
from workbench.statistics.ragged import finite

LARGEST_BACKGROUND = 0.15
"""Largest share of blunders, uniform over the range: without it the fit chases them (our choice)."""
LEAST_GAIN = 6.0
"""Flag when twice the gain in log-likelihood, less 2 ln n for two more parameters, exceeds this: our choice."""
LEAST_SEPARATION = 2.4
"""Flag when the means lie more than this many SDs apart: our choice."""

_QUANTILES = ((0.1, 0.6), (0.25, 0.75), (0.4, 0.9), (0.1, 0.9), (0.3, 0.5), (0.5, 0.7))
"""Where the two means start: six starts."""
_STEPS = 500
_STILL = 1e-9
_SD_FLOOR = 1e-6
"""Smallest SD as a share of the range, so that tied results give no infinite likelihood."""


@dataclass(frozen=True)
class MixtureSplit:
    """Two normals of one variance with a uniform background, against one normal with the background.

    Attributes
    ----------
    n : results used.
    mean_low, mean_high : means of the two normals, unit of the deviations; NaN without a fit.
    u_low, u_high : sd/sqrt(share n) of the two, unit of the deviations.
    sd : standard deviation common to both, unit of the deviations.
    share_high : share of the upper normal among both, 0 to 1.
    background : share of the uniform background, at most 0.15.
    gain : 2 (ln L of two - ln L of one) - 2 ln n.
    separation : (mean_high - mean_low)/sd, dimensionless.
    is_split : gain > 6, separation > 2.4, and both shares at least 15 %.
    reason : why nothing could be fitted: "too_few" or "no_scatter"; "tied" when the SD ran into its floor,
        so that the gain says nothing; "" otherwise.
    """

    n: int
    mean_low: float
    mean_high: float
    u_low: float
    u_high: float
    sd: float
    share_high: float
    background: float
    gain: float
    separation: float
    is_split: bool
    reason: str

    @property
    def degenerate(self) -> bool:
        """Whether nothing could be fitted, or ties stand in for scatter."""
        return self.reason != ""


@dataclass(frozen=True)
class _Fit:
    """Fits of one or two normals, one row a start."""

    mean: FloatArray
    sd: FloatArray
    weight: FloatArray
    log_likelihood: FloatArray


def split_without_field(deviations: ArrayLike) -> MixtureSplit:
    """Look for two targets in one group when no field explains them.

    Use it after `split_by_fields` found nothing: it says that there are two groups, not which
    laboratory belongs to which.

    Parameters
    ----------
    deviations : shape (n,), one number a laboratory, as from `laboratory_deviations`; NaN is left out.

    Returns
    -------
    MixtureSplit
        Unrounded. Deterministic: the six starts are fixed quantiles.

    Raises
    ------
    DataError
        When a deviation is infinite.

    Notes
    -----
    - Expectation maximisation from six starts; the best fit with at least 15 % in either normal counts.
    - The background is uniform over the range of the results and holds at most 15 % of them.
    - Fewer than twelve results: "too_few". All equal: "no_scatter". Ties that pull the SD to its floor:
      "tied", never flagged.

    References
    ----------
    ISO 13528:2022, 10.3; Dempster, Laird & Rubin, J R Stat Soc B 1977;39:1; McLachlan & Peel, Finite
    Mixture Models, 2000, 7.2 (uniform component for background noise).

    Examples
    --------
    >>> low, high = np.linspace(-0.02, 0.02, 20), np.linspace(0.18, 0.22, 10)
    >>> found = split_without_field([*low, *high, 3.0])
    >>> found.is_split, round(found.mean_high, 2), round(found.share_high, 2)
    (True, 0.2, 0.33)
    """
    y = np.sort(finite(deviations))
    if y.size < 2 * LEAST_SIDE:
        return _empty(y.size, "too_few")
    if y[-1] == y[0]:
        return _empty(y.size, "no_scatter")
    low, span = float(y[0]), float(y[-1] - y[0])
    unit = (y - low) / span
    one = _fit(unit, np.array([[np.median(unit)]]))
    two = _fit(unit, np.array([np.quantile(unit, start) for start in _QUANTILES]))
    share = two.weight[:, 1:3] / two.weight[:, 1:3].sum(axis=1, keepdims=True)
    admissible = np.where(share.min(axis=1) >= LEAST_SHARE, two.log_likelihood, -np.inf)
    best = int(np.argmax(admissible))
    if not np.isfinite(admissible[best]):
        best = int(np.argmax(two.log_likelihood))
    gain = 2.0 * float(two.log_likelihood[best] - one.log_likelihood[0]) - 2.0 * math.log(y.size)
    return _packed(two, best, gain, (low, span, y.size))


def _empty(n: int, reason: str) -> MixtureSplit:
    nan = math.nan
    return MixtureSplit(n, nan, nan, nan, nan, nan, nan, nan, nan, nan, False, reason)


def _packed(fit: _Fit, row: int, gain: float, frame: tuple[float, float, int]) -> MixtureSplit:
    """One start's fit in the unit of the deviations, the lower mean first."""
    low, span, n = frame
    order = np.argsort(fit.mean[row], kind="stable")
    mean, weight = fit.mean[row][order], fit.weight[row][1:][order]
    sd, share = float(fit.sd[row]), float(weight[1] / weight.sum())
    separation = float(mean[1] - mean[0]) / sd
    tied = sd <= _SD_FLOOR * 1.01
    enough = min(share, 1.0 - share) >= LEAST_SHARE
    error = sd * span / np.sqrt(np.maximum(weight * n, 1.0))
    return MixtureSplit(
        n=n,
        mean_low=low + span * float(mean[0]),
        mean_high=low + span * float(mean[1]),
        u_low=float(error[0]),
        u_high=float(error[1]),
        sd=sd * span,
        share_high=share,
        background=float(fit.weight[row][0]),
        gain=gain,
        separation=separation,
        is_split=bool(gain > LEAST_GAIN and separation > LEAST_SEPARATION and enough and not tied),
        reason="tied" if tied else "",
    )


def _fit(unit: FloatArray, mean: FloatArray) -> _Fit:
    """Expectation maximisation on results scaled to 0..1, where the background's density is 1.

    `mean` has one row a start and one column a normal; all starts run side by side.
    """
    k = mean.shape[1]
    sd = np.full(len(mean), max(1.4826 * float(np.median(np.abs(unit - np.median(unit)))) / k, 0.01))
    weight = np.tile(np.array([0.05, *[0.95 / k] * k]), (len(mean), 1))
    before = np.full(len(mean), -np.inf)
    for _ in range(_STEPS):
        part = _parts(unit, mean, sd, weight)
        total = part.sum(axis=1)
        now = np.log(total).sum(axis=1)
        if (np.abs(now - before) < _STILL * unit.size).all():
            break
        before = now
        mean, sd, weight = _improved(unit, part / total[:, None, :])
    return _Fit(mean, sd, weight, np.log(_parts(unit, mean, sd, weight).sum(axis=1)).sum(axis=1))


def _parts(unit: FloatArray, mean: FloatArray, sd: FloatArray, weight: FloatArray) -> FloatArray:
    """Weighted densities, shape (starts, 1 + normals, n); the background comes first."""
    scale = sd[:, None, None]
    apart = (unit[None, None, :] - mean[:, :, None]) / scale
    normal = np.exp(-0.5 * apart * apart) / (scale * math.sqrt(2.0 * math.pi))
    flat = np.ones((len(mean), 1, unit.size))
    return weight[:, :, None] * np.concatenate((flat, normal), axis=1) + 1e-300


def _improved(unit: FloatArray, belongs: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Means, common SD and weights from the shares in which each result belongs to each part."""
    held = belongs[:, 1:].sum(axis=2) + 1e-300
    mean = (belongs[:, 1:] * unit).sum(axis=2) / held
    apart = unit[None, None, :] - mean[:, :, None]
    variance = (belongs[:, 1:] * apart * apart).sum(axis=(1, 2)) / held.sum(axis=1)
    background = np.minimum(belongs[:, 0].mean(axis=1), LARGEST_BACKGROUND)
    rest = (1.0 - background)[:, None] * held / held.sum(axis=1, keepdims=True)
    return mean, np.maximum(np.sqrt(variance), _SD_FLOOR), np.concatenate((background[:, None], rest), axis=1)
