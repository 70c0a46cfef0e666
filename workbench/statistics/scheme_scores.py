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

    Use it where a scheme still reports VIS, or to compare with older rounds.

    Parameters
    ----------
    result, target : any broadcastable shapes, unit of the results; NaN means "no result".
    chosen_cv : CCV, percent, one value per analyte fixed by the scheme.

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; NaN where a result is missing, the target is zero or the
        CCV is not positive.

    Notes
    -----
    The sign of the deviation is lost. A negative target counts by its size.

    References
    ----------
    Whitehead, Browning & Gregory, J Clin Pathol 1973;26:435.

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
    """VIS: the variance index cut at a cap, and zero below a floor, elementwise.

    Use it on the numbers of `variance_index` before they are averaged, so that one blunder cannot decide.

    Parameters
    ----------
    index : any shape, dimensionless; NaN means "not scored" and stays NaN.
    zero_below : floor below which VIS is zero: 0 in the Chinese form, 50 in the UK form.
    cap : largest VIS, 400 in both.

    Returns
    -------
    ndarray
        Shape of the index, dimensionless, unrounded (schemes print whole numbers).

    Notes
    -----
    Exactly on the floor is not below it: 50 stays 50 in the UK form.

    References
    ----------
    Whitehead, Browning & Gregory, J Clin Pathol 1973;26:435; floor and cap as the schemes' handbooks have
    them.

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

    Use it for the running mean of a laboratory over analytes and rounds.

    Parameters
    ----------
    scores : any shape, oldest first, dimensionless; NaN is not a score and does not fill the window.
    window : latest scores averaged, at least 1.

    Returns
    -------
    float
        Dimensionless, unrounded; NaN without any score.

    Notes
    -----
    Fewer scores than the window: the mean of what there is.

    References
    ----------
    Whitehead, Browning & Gregory, J Clin Pathol 1973;26:435 (mean index); the windows of 10 and 40 are
    second-hand.

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

    Use it only to explain a RIQAS report: its formula is second-hand.

    Parameters
    ----------
    result, target : any broadcastable shapes, unit of the results; NaN means "no result".
    allowed_percent : TDPA, the target deviation for performance assessment, percent.

    Returns
    -------
    ndarray
        Broadcast shape, dimensionless, unrounded; 50 where the deviation equals TDPA; NaN where a result is
        missing, the target is zero or TDPA is not positive.

    Notes
    -----
    No deviation at all scores 120, the largest; very large ones score 10, the smallest.

    References
    ----------
    RIQAS user guide (acceptable above 50); the formula is not printed there.

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
    """RIQAS: poor only when target score, SDI and deviation all fail, elementwise.

    Use it together with `target_score`.

    Parameters
    ----------
    score, sdi : any broadcastable shapes, dimensionless; NaN means "not scored".
    percent_difference, limit_percent : percent of the target; NaN means "not scored" and "no limit".

    Returns
    -------
    ndarray of bool
        Broadcast shape; True when score <= 50, |SDI| >= 2 and |deviation| > limit. NaN fails nothing: what
        was not scored cannot be poor.

    Notes
    -----
    A deviation exactly on its limit does not fail; a score of exactly 50 and an SDI of exactly 2 do.

    References
    ----------
    RIQAS user guide (performance limits).

    Examples
    --------
    >>> target_score_is_poor([40.0, 40.0], [2.5, float("nan")], [6.0, 6.0], 5.0).tolist()
    [True, False]
    """
    low = np.asarray(score, dtype=np.float64) <= TARGET_SCORE_POOR
    far = np.abs(np.asarray(sdi, dtype=np.float64)) >= 2.0
    beyond = np.abs(np.asarray(percent_difference, dtype=np.float64)) > np.asarray(limit_percent)
    return (low & far & beyond)[()]
