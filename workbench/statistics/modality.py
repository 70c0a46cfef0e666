"""How many peaks a set of results has (ISO 13528:2022, 10.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.ragged import finite

HEIGHT_SHARE = 0.05
"""A maximum lower than this share of the highest is not a mode: our choice, see standards on FFT noise."""
MASS_SHARE = 0.10
"""A mode holds at least this share of the results: our choice."""
LOOK_FACTOR = 0.9
"""Bandwidth 0.9 s*/p^0.2 for a look: ISO 13528:2022, 10.3.2."""
JUDGE_FACTOR = 0.75
"""Bandwidth 0.75 sigma_pt to judge whether groups matter: ISO 13528:2022, 10.3.2 (0.25 delta_E)."""

_POINTS_PER_BANDWIDTH = 10
_REACH = 4
"""Bandwidths around each result in which the density is evaluated."""
_CELLS = 4_000_000
"""Kernel values held in memory at once."""


@dataclass(frozen=True)
class DensityModes:
    """Modes of a kernel density, ascending.

    Parameters
    ----------
    location : shape (n_modes,), unit of the results.
    height : shape (n_modes,), density, per unit of the results.
    share : shape (n_modes,), proportion of results between the neighbouring valleys.
    bandwidth : standard deviation of the kernel, unit of the results; NaN when it was unusable.
    """

    location: FloatArray
    height: FloatArray
    share: FloatArray
    bandwidth: float

    def __len__(self) -> int:
        return len(self.location)


def look_bandwidth(scale: float, n: int) -> float:
    """Kernel bandwidth for a look at the shape of a group: 0.9 s*/p^0.2.

    Use it for pictures; to decide whether groups matter use `judging_bandwidth`.

    Parameters
    ----------
    scale : robust standard deviation s*, unit of the results; NaN or 0 means "degenerate".
    n : results.

    Returns
    -------
    float
        Standard deviation of the kernel, unit of the results, unrounded; NaN when the scale is not positive
        or there is no result.

    Notes
    -----
    It shrinks with the number of results, so a large group shows ever finer peaks.

    References
    ----------
    ISO 13528:2022, 10.3.2; Silverman, Density Estimation, 1986, 3.4.2.

    Examples
    --------
    >>> look_bandwidth(2.0, 32), look_bandwidth(0.0, 32)
    (0.9, nan)
    """
    return LOOK_FACTOR * scale / n**0.2 if n > 0 and scale > 0 else float("nan")


def judging_bandwidth(sigma_pt: float) -> float:
    """Kernel bandwidth to judge whether groups matter: 0.75 sigma_pt (0.25 delta_E).

    Use it before results are pooled: two peaks that survive it lie apart far enough to change verdicts.

    Parameters
    ----------
    sigma_pt : standard deviation for proficiency assessment, unit of the results; NaN where it is not set.

    Returns
    -------
    float
        Standard deviation of the kernel, unit of the results, unrounded; NaN for NaN.

    Notes
    -----
    It depends on the purpose, not on the results: more results do not make more peaks.

    References
    ----------
    ISO 13528:2022, 10.3.2.

    Examples
    --------
    >>> judging_bandwidth(0.5)
    0.375
    """
    return JUDGE_FACTOR * sigma_pt


def kernel_density(x: ArrayLike, bandwidth: float, at: ArrayLike) -> FloatArray:
    """Gaussian kernel density by direct summation.

    Use it to draw the shape of a group; to count its peaks use `density_modes`.

    Parameters
    ----------
    x : any shape, unit of the results; NaN means "no result" and is left out.
    bandwidth : standard deviation of the kernel, positive, unit of the results.
    at : any shape, where the density is wanted, unit of the results.

    Returns
    -------
    ndarray
        Shape of `at`, per unit of the results, unrounded; NaN where `at` is NaN, and throughout without
        results or with a bandwidth of zero or NaN.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    No Fourier transform: its rounding noise makes maxima where there are no results.

    References
    ----------
    ISO 13528:2022, 10.3.2; Rosenblatt, Ann Math Stat 1956;27:832.

    Examples
    --------
    >>> kernel_density([1.0, 3.0], 0.5, [1.0, 2.0, 3.0]).round(3).tolist()
    [0.399, 0.108, 0.399]
    """
    value, count = np.unique(finite(x), return_counts=True)
    place = np.asarray(at, dtype=np.float64)
    flat = place.ravel()
    out = np.empty(flat.size)
    rows = max(1, _CELLS // max(value.size, 1))
    for start in range(0, flat.size, rows):
        apart = (flat[start : start + rows, None] - value[None, :]) / bandwidth
        out[start : start + rows] = np.exp(-0.5 * apart * apart) @ count
    return (out / (count.sum() * bandwidth * np.sqrt(2.0 * np.pi))).reshape(place.shape)


def _grid(value: FloatArray, bandwidth: float) -> FloatArray:
    """Points every tenth of a bandwidth wherever a result is within four bandwidths."""
    step = bandwidth / _POINTS_PER_BANDWIDTH
    cell = np.unique(np.floor((value - value[0]) / step).astype(np.int64))
    reach = _REACH * _POINTS_PER_BANDWIDTH
    around = np.unique(cell[:, None] + np.arange(-reach, reach + 2)[None, :])
    return value[0] + around * step


def _peaks(density: FloatArray) -> tuple[FloatArray, FloatArray]:
    """First and last index of each flat-topped local maximum."""
    change = np.flatnonzero(np.diff(density) != 0)
    start, end = np.concatenate(([0], change + 1)), np.concatenate((change, [density.size - 1]))
    height = np.concatenate(([-np.inf], density[start], [-np.inf]))
    top = (height[1:-1] > height[:-2]) & (height[1:-1] > height[2:])
    return start[top], end[top]


def density_modes(x: ArrayLike, bandwidth: float) -> DensityModes:
    """Modes of a Gaussian kernel density that matter.

    Use it to ask whether a group hides several: `judging_bandwidth` to judge, `look_bandwidth` to look.

    A maximum counts when it is at least 5 % as high as the highest and at least 10 % of the results lie
    between its valleys.

    Parameters
    ----------
    x : shape (n,), unit of the results; NaN means "no result" and is left out.
    bandwidth : standard deviation of the kernel, unit of the results.

    Returns
    -------
    DensityModes
        Unit of the results, unrounded; empty without results or with a bandwidth that is not positive.

    Raises
    ------
    DataError
        When a result is infinite.

    Notes
    -----
    Flat tops count once, at their middle; the lowest point between two peaks parts their results.

    References
    ----------
    ISO 13528:2022, 10.3.

    Examples
    --------
    >>> modes = density_modes([1.0, 1.1, 0.9, 1.0, 5.0, 5.1, 4.9], 0.3)
    >>> modes.location.round(1).tolist(), modes.share.round(2).tolist()
    ([1.0, 5.0], [0.57, 0.43])
    """
    value = np.sort(finite(x))
    empty = np.empty(0)
    if not value.size or not bandwidth > 0 or not np.isfinite(bandwidth):
        return DensityModes(empty, empty, empty, float("nan"))
    grid = _grid(value, bandwidth)
    density = kernel_density(value, bandwidth, grid)
    start, end = _peaks(density)
    tall = density[start] >= HEIGHT_SHARE * density.max()
    start, end = start[tall], end[tall]
    valley = [grid[e + int(np.argmin(density[e : s + 1]))] for e, s in zip(end[:-1], start[1:], strict=True)]
    bounds = np.concatenate(([0], np.searchsorted(value, valley), [value.size]))
    share = np.diff(bounds) / value.size
    kept = share >= MASS_SHARE
    location = 0.5 * (grid[start] + grid[end])
    return DensityModes(location[kept], density[start][kept], share[kept], float(bandwidth))
