"""Scores of older and other schemes: variance index (VIS, MRVIS, OMVIS) and the RIQAS target score.

The formulas of the variance index are published with worked examples; those of the target score
are second-hand: confirm them with the scheme before claiming conformity.
"""

from __future__ import annotations

import numpy as np

from workbench.statistics.estimates import ArrayLike, BoolArray, FloatArray

VIS_CAP = 400.0
VIS_ZERO_BELOW = 50.0
"""The UK form sets VIS to 0 for an index below 50; the Chinese form does not."""
RUNNING_WINDOW = 10
OVERALL_WINDOW = 40
TARGET_SCORE_POOR = 50.0
_TARGET_SCORE_FACTOR = 3.16
_TARGET_SCORE_CAP = 120.0
_TARGET_SCORE_FLOOR = 10.0


def variance_index(result: ArrayLike, target: ArrayLike, chosen_cv: ArrayLike) -> FloatArray:
    """VI = 100 V / CCV with V = 100 |x - T| / T; unrounded, elementwise.

    Parameters
    ----------
    result, target : unit of the results.
    chosen_cv : CCV, percent, one value per analyte fixed by the scheme.

    Returns
    -------
    ndarray
        Dimensionless; NaN where the target is zero or the CCV is not positive.

    References
    ----------
    Whitehead et al., Clin Chim Acta 1973.

    Examples
    --------
    Chloride: target 98, result 101, CCV 2.2.

    >>> round(float(variance_index(101.0, 98.0, 2.2)), 1)
    139.1
    """
    x, t = np.asarray(result, dtype=np.float64), np.asarray(target, dtype=np.float64)
    ccv = np.asarray(chosen_cv, dtype=np.float64)
    usable = (t != 0) & (ccv > 0)
    divisor = np.where(usable, np.abs(t) * ccv, 1.0)
    return np.where(usable, 1e4 * np.abs(x - t) / divisor, np.nan)[()]


def variance_index_score(index: ArrayLike, *, zero_below: float = 0.0, cap: float = VIS_CAP) -> FloatArray:
    """VIS: the index cut at `cap`, and zero below `zero_below`; unrounded (schemes print whole numbers).

    Examples
    --------
    >>> variance_index_score([30.0, 139.1, 900.0]).tolist()
    [30.0, 139.1, 400.0]
    >>> variance_index_score(30.0, zero_below=VIS_ZERO_BELOW).tolist()
    0.0
    """
    vi = np.asarray(index, dtype=np.float64)
    return np.where(vi < zero_below, 0.0, np.minimum(vi, cap))[()]


def overall_mean_score(scores: ArrayLike, window: int = OVERALL_WINDOW) -> float:
    """Mean of the latest `window` scores: OMVIS with 40, MRVIS with 10.

    Parameters
    ----------
    scores : shape (n,), oldest first; NaN is not a score and does not fill the window.

    Returns
    -------
    float
        NaN without any score.

    Examples
    --------
    >>> overall_mean_score([400.0, 50.0, 100.0], window=2)
    75.0
    """
    flat = np.asarray(scores, dtype=np.float64).ravel()
    latest = flat[~np.isnan(flat)][-window:]
    return float(latest.mean()) if latest.size else float("nan")


def target_score(result: ArrayLike, target: ArrayLike, allowed_percent: ArrayLike) -> FloatArray:
    """RIQAS target score: 100 log10(3.16 TDPA / |%D|), between 10 and 120.

    Parameters
    ----------
    result, target : unit of the results.
    allowed_percent : TDPA, the target deviation for performance assessment, percent.

    Returns
    -------
    ndarray
        Dimensionless; 50 where the deviation equals TDPA; NaN where the target is zero or TDPA is not
        positive.

    Examples
    --------
    >>> round(float(target_score(105.0, 100.0, 5.0)), 1)
    50.0
    """
    x, t = np.asarray(result, dtype=np.float64), np.asarray(target, dtype=np.float64)
    allowed = np.asarray(allowed_percent, dtype=np.float64)
    usable = (t != 0) & (allowed > 0) & ~np.isnan(x)
    deviation = 100.0 * np.abs(x - t) / np.where(usable, np.abs(t), 1.0)
    # The largest score is reached at this deviation; below it the logarithm is not needed.
    least = _TARGET_SCORE_FACTOR * allowed * 10.0 ** (-_TARGET_SCORE_CAP / 100.0)
    ratio = _TARGET_SCORE_FACTOR * allowed / np.where(usable, np.maximum(deviation, least), 1.0)
    score = 100.0 * np.log10(np.where(usable, ratio, 1.0))
    return np.where(usable, np.clip(score, _TARGET_SCORE_FLOOR, _TARGET_SCORE_CAP), np.nan)[()]


def target_score_is_poor(
    score: ArrayLike, sdi: ArrayLike, percent_difference: ArrayLike, limit_percent: ArrayLike
) -> BoolArray:
    """RIQAS: poor only when all three fail: score <= 50, |SDI| >= 2 and the deviation beyond its limit.

    NaN fails nothing: what was not scored cannot be poor.
    """
    low = np.asarray(score, dtype=np.float64) <= TARGET_SCORE_POOR
    far = np.abs(np.asarray(sdi, dtype=np.float64)) >= 2.0
    beyond = np.abs(np.asarray(percent_difference, dtype=np.float64)) > np.asarray(limit_percent)
    return (low & far & beyond)[()]
