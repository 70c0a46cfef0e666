"""What moves together: laboratories, levels, analytes, and internal control with external assessment."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.iqc.control_table import ControlTable
from workbench.iqc.moments import quotient
from workbench.iqc.streams import FloatArray, IntArray, Integers


@dataclass(frozen=True)
class Correlations:
    """Correlation of every pair of columns; shape (k, k) each.

    Parameters
    ----------
    r : Pearson's, NaN with fewer than the least number of shared rows or a constant column.
    n : rows in which both columns have a number. low, high : interval by Fisher's transformation.
    """

    r: FloatArray
    n: IntArray
    low: FloatArray
    high: FloatArray


def daily_means(table: ControlTable, values: FloatArray, series: IntArray) -> tuple[Integers, FloatArray]:
    """Days and the mean of each series on each of them.

    Parameters
    ----------
    values : shape (n,) of the points: z for levels and analytes, or the value itself for laboratories on one lot.
    series : shape (k,), the series wanted: laboratories of a group, levels of a chart, or analytes of a laboratory.

    Returns
    -------
    Days since 1970-01-01, shape (d,), ascending; means, shape (d, k), NaN where there is no point that counts.
    """
    column = np.full(len(table.series), -1, dtype=np.intp)
    column[series] = np.arange(len(series))
    kept = (column[table.code] >= 0) & table.counts & np.isfinite(values)
    days, row = np.unique(table.day[kept], return_inverse=True)
    cell = row * len(series) + column[table.code[kept]]
    size = len(days) * len(series)
    n = np.bincount(cell, minlength=size).astype(np.float64)
    total = np.bincount(cell, values[kept], minlength=size).astype(np.float64)
    return days, quotient(total, n).reshape(len(days), len(series))


def correlations(columns: FloatArray, *, at_least: int = 10, confidence: float = 0.95) -> Correlations:
    """Pearson's correlation of every pair of columns over the rows they share.

    Parameters
    ----------
    columns : shape (d, k), NaN where there is no number.
    at_least : shared rows that are needed.

    Notes
    -----
    Each pair uses its own rows: the matrix need not be positive definite. Exactly +-1 has itself as interval.

    References
    ----------
    Fisher RA. Biometrika 1915;10:507-521.

    Examples
    --------
    >>> x = np.arange(12.0)
    >>> correlations(np.stack([x, -x], axis=1)).r.round(6).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    present = np.isfinite(columns).astype(np.float64)
    filled = np.where(present > 0, columns, 0.0)
    x = np.where(present > 0, filled - quotient(filled.sum(axis=0), present.sum(axis=0)), 0.0)
    n = present.T @ present
    total = x.T @ present
    squares = (x * x).T @ present
    across = n * (x.T @ x) - total * total.T
    spread = n * squares - total**2
    r = quotient(across, np.sqrt(np.maximum(spread, 0.0) * np.maximum(spread.T, 0.0)))
    r = np.where(n >= max(at_least, 4), np.clip(r, -1.0, 1.0), np.nan)
    low, high = fisher_interval(r, n, confidence)
    return Correlations(r, np.rint(n).astype(np.intp), low, high)


def fisher_interval(r: FloatArray, n: FloatArray, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Interval of a correlation from n pairs; NaN with fewer than four.

    >>> [round(float(x), 3) for x in fisher_interval(np.array(0.5), np.array(28.0))]
    [0.156, 0.736]
    """
    from scipy.special import ndtri

    half = float(ndtri(0.5 + confidence / 2.0)) / np.sqrt(np.where(n > 3, n - 3.0, np.nan))
    with np.errstate(divide="ignore"):
        z = np.arctanh(r)
    return np.tanh(z - half), np.tanh(z + half)


@dataclass(frozen=True)
class BiasAgreement:
    """Bias of external assessment beside that of internal control.

    Parameters
    ----------
    r, low, high : correlation and interval. n : pairs. same_side : share of pairs with biases on one side.
    difference, difference_sd : EQA minus internal control: median and robust SD (1.4826 MAD), per cent.
    """

    r: float
    low: float
    high: float
    n: int
    same_side: float
    difference: float
    difference_sd: float


def bias_agreement(eqa_bias: FloatArray, iqc_bias: FloatArray, *, at_least: int = 6) -> BiasAgreement:
    """How far internal control against its group tells what external assessment finds.

    Parameters
    ----------
    eqa_bias, iqc_bias : shape (m,), per cent of the target and of the group mean, one laboratory x analyte each in
        the same weeks; NaN: no pair. Both centred on the laboratories of the same group.
    at_least : pairs that are needed for a correlation.

    Notes
    -----
    The difference holds the materials (commutability) and the targets; a correlation is no proof of a cause.
    """
    both = np.isfinite(eqa_bias) & np.isfinite(iqc_bias)
    x, y = eqa_bias[both], iqc_bias[both]
    if not len(x):
        return BiasAgreement(math.nan, math.nan, math.nan, 0, math.nan, math.nan, math.nan)
    found = correlations(np.stack([x, y], axis=1), at_least=at_least)
    apart = x - y
    middle = float(np.median(apart))
    return BiasAgreement(
        float(found.r[0, 1]),
        float(found.low[0, 1]),
        float(found.high[0, 1]),
        len(x),
        float((np.sign(x) == np.sign(y)).mean()),
        middle,
        1.4826 * float(np.median(np.abs(apart - middle))),
    )
