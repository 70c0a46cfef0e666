"""Tests for outlying results and variances (Grubbs, Dixon, Cochran).

Use them to find blunders before scoring; robust estimators need no further removal. A removed
result is still scored unless the mistake was the organiser's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import EvaluationError
from workbench.statistics.estimates import ArrayLike, FloatArray
from workbench.statistics.moments import mean_sd
from workbench.statistics.quantiles import f_quantile, f_tail, student_quantile, student_tail
from workbench.statistics.ragged import finite

SIDES = ("one", "two")


@dataclass(frozen=True)
class OutlierTest:
    """One test on the most extreme result or pair.

    Parameters
    ----------
    statistic, critical : dimensionless.
    p_value : probability of so extreme a statistic without an outlier; NaN where only tables exist.
    values : the suspected results.
    is_outlier : the test rejects.
    rule : name, sides and level.
    """

    statistic: float
    critical: float
    p_value: float
    values: tuple[float, ...]
    is_outlier: bool
    rule: str


def _enough(x: ArrayLike, least: int, name: str) -> FloatArray:
    values = np.sort(finite(x))
    if values.size < least or values[0] == values[-1]:
        raise EvaluationError(
            f"{name} needs at least {least} results that are not all equal, {values.size} found."
        )
    return values


def _tail(alpha: float, n: int, sides: str) -> float:
    if sides not in SIDES:
        raise ValueError(f"sides is one of {', '.join(SIDES)}, not {sides!r}")
    return alpha / n if sides == "one" else alpha / (2.0 * n)


def grubbs_critical(n: int, alpha: float = 0.05, *, sides: str = "two") -> float:
    """Critical value of Grubbs' test for one outlier.

    Use it for the line of a chart or a table; `grubbs` makes the test itself.

    Parameters
    ----------
    n : results, at least 3.
    alpha : level, 0 to 1.
    sides : ``two`` as tabulated in ISO 5725-2 (t at alpha/2n); ``one`` for R `outliers` and the immediate
        method of internal quality control (t at alpha/n).

    Returns
    -------
    float
        Dimensionless, unrounded, at most (n - 1)/sqrt(n); NaN with fewer than 3 results.

    Raises
    ------
    ValueError
        For unknown sides.

    Notes
    -----
    Many printed tables do not say which sides they mean; some have misprints.

    References
    ----------
    Grubbs, Technometrics 1969;11:1; ISO 5725-2:2019, 8.3.5 and Table 5.

    Examples
    --------
    >>> round(grubbs_critical(8, 0.05, sides="one"), 3)
    2.032
    """
    t = student_quantile(1.0 - _tail(alpha, n, sides), n - 2)
    return (n - 1) / math.sqrt(n) * math.sqrt(t * t / (n - 2 + t * t))


def grubbs(x: ArrayLike, alpha: float = 0.05, *, sides: str = "two") -> OutlierTest:
    """Grubbs' test of the result farthest from the mean.

    Use it for one suspected result among few; two on one side hide each other, see `grubbs_double`.

    Parameters
    ----------
    x : shape (n,), n >= 3, unit of the results, roughly normal; NaN is left out.
    alpha, sides : as for `grubbs_critical`.

    Returns
    -------
    OutlierTest
        Dimensionless, unrounded; the suspect in the unit of the results. p is never NaN.

    Raises
    ------
    EvaluationError
        With fewer than three results or all equal.
    ValueError
        For unknown sides.
    DataError
        When a result is infinite.

    Notes
    -----
    The p value is the Bonferroni bound, exact for large statistics, at most 1.

    References
    ----------
    Grubbs, Technometrics 1969;11:1; ISO 5725-2:2019, 8.3.5; ISO 13528:2022, 6.6.3.

    Examples
    --------
    >>> grubbs([199.31, 199.53, 200.19, 200.82, 201.92, 201.95, 202.18, 245.57]).values
    (245.57,)
    """
    values = _enough(x, 3, "Grubbs' test")
    n, found = values.size, mean_sd(values)
    deviation = np.abs(values - found.location)
    index = int(np.argmax(deviation))
    g = float(deviation[index]) / found.scale
    critical = grubbs_critical(n, alpha, sides=sides)
    # g^2 n/(n - 1)^2 = t^2/(n - 2 + t^2), solved for t.
    share = g * g * n / (n - 1) ** 2
    t = math.sqrt((n - 2) * share / (1.0 - share)) if share < 1 else math.inf
    p = min(1.0, n * (1 if sides == "one" else 2) * student_tail(t, n - 2))
    return OutlierTest(
        g, critical, p, (float(values[index]),), g > critical, f"grubbs:{sides}-sided:{alpha:g}"
    )


GRUBBS_DOUBLE = {
    0.05: (
        0.0002, 0.0090, 0.0349, 0.0708, 0.1101, 0.1492, 0.1864, 0.2213, 0.2537, 0.2836, 0.3112, 0.3367, 0.3603, 0.3822,
        0.4025, 0.4214, 0.4391, 0.4556, 0.4711, 0.4857, 0.4994, 0.5123, 0.5245, 0.5360, 0.5470, 0.5574, 0.5672,
    ),
    0.01: (
        0.0000, 0.0018, 0.0116, 0.0308, 0.0563, 0.0851, 0.1150, 0.1448, 0.1738, 0.2016, 0.2280, 0.2530, 0.2767, 0.2990,
        0.3200, 0.3398, 0.3585, 0.3761, 0.3927, 0.4085, 0.4234, 0.4376, 0.4510, 0.4638, 0.4759, 0.4875, 0.4985,
    ),
}  # fmt: skip
"""ISO 5725-2, Table 5 (double low or double high), n = 4 to 30; small values are significant."""


def grubbs_double(x: ArrayLike, alpha: float = 0.05) -> OutlierTest:
    """Grubbs' test of the two largest or the two smallest results, whichever pair is more extreme.

    Two outliers on one side hide each other from the single test.

    Use it after `grubbs` found nothing in a group with two results apart.

    Parameters
    ----------
    x : shape (n,), 4 <= n <= 30, unit of the results; NaN is left out.
    alpha : 0.05 or 0.01, over both sides (half of it on each, as the table is made).

    Returns
    -------
    OutlierTest
        Unrounded. The statistic is the sum of squares without the pair over the whole one, 0 to 1: small is
        extreme. p is NaN: only tables exist.

    Raises
    ------
    EvaluationError
        With fewer than 4 or more than 30 results, or all equal.
    ValueError
        For a level that is not tabulated.
    DataError
        When a result is infinite.

    Notes
    -----
    Pairs with one result at either end are not tested.

    References
    ----------
    ISO 5725-2:2019, 8.3.5 and Table 5.

    Examples
    --------
    >>> grubbs_double([1.0, 1.1, 0.9, 1.0, 1.05, 5.0, 5.2]).is_outlier
    True
    """
    if alpha not in GRUBBS_DOUBLE:
        raise ValueError(f"tabulated levels are {', '.join(map(str, GRUBBS_DOUBLE))}, not {alpha}")
    values = _enough(x, 4, "Grubbs' double test")
    if values.size > 30:
        raise EvaluationError(f"Grubbs' double test is tabulated up to 30 results, {values.size} found.")
    whole = float(np.sum((values - values.mean()) ** 2))
    share = [float(np.sum((kept - kept.mean()) ** 2)) / whole for kept in (values[2:], values[:-2])]
    pair = values[:2] if share[0] < share[1] else values[-2:]
    critical = GRUBBS_DOUBLE[alpha][values.size - 4]
    suspects = (float(pair[0]), float(pair[1]))
    return OutlierTest(
        min(share), critical, math.nan, suspects, min(share) < critical, f"grubbs_double:{alpha:g}"
    )


DIXON = {
    0.05: (
        0.941, 0.765, 0.642, 0.560, 0.507, 0.554, 0.512, 0.477, 0.576, 0.546, 0.521, 0.546,
        0.525, 0.507, 0.490, 0.475, 0.462, 0.450, 0.440, 0.430, 0.421, 0.413, 0.406,
    ),
    0.01: (
        0.988, 0.889, 0.780, 0.698, 0.637, 0.683, 0.635, 0.597, 0.679, 0.642, 0.615, 0.641,
        0.616, 0.595, 0.577, 0.561, 0.547, 0.535, 0.524, 0.514, 0.505, 0.497, 0.489,
    ),
}  # fmt: skip
"""Dixon 1951, one-sided, n = 3 to 25: r10 up to 7, r11 up to 10, r21 up to 13, r22 beyond."""


def _dixon_ratio(ascending: FloatArray) -> tuple[str, float]:
    """Gap over range for the largest result, with the form of the ratio that goes with n."""
    n = ascending.size
    name, gap, left = next(
        row
        for row, upto in zip(
            (("r10", 1, 0), ("r11", 1, 1), ("r21", 2, 1), ("r22", 2, 2)), (7, 10, 13, n), strict=True
        )
        if n <= upto
    )
    span = float(ascending[-1] - ascending[left])
    return name, float(ascending[-1] - ascending[-1 - gap]) / span if span > 0 else 0.0


def dixon(x: ArrayLike, alpha: float = 0.05) -> OutlierTest:
    """Dixon's test of the largest or the smallest result, whichever stands farther off.

    Use it for very few results, where Grubbs' SD would be made by the suspect.

    Parameters
    ----------
    x : shape (n,), 3 <= n <= 25, unit of the results; NaN is left out.
    alpha : 0.05 or 0.01, per side as tabulated.

    Returns
    -------
    OutlierTest
        The ratio, dimensionless and unrounded; the suspect in the unit of the results. p is NaN: only tables
        exist.

    Raises
    ------
    EvaluationError
        With fewer than 3 or more than 25 results, or all equal.
    ValueError
        For a level that is not tabulated.
    DataError
        When a result is infinite.

    Notes
    -----
    "Q = gap/range" is r10 only, n <= 7; for larger n the ratio leaves out results that could hide the
    suspect. The level is one-sided as printed; testing both ends doubles it.

    References
    ----------
    Dixon, Ann Math Stat 1951;22:68; Dean & Dixon, Anal Chem 1951;23:636.

    Examples
    --------
    >>> dixon([0.189, 0.167, 0.187, 0.183, 0.186, 0.182, 0.181]).rule
    'dixon:r10:0.05'
    """
    if alpha not in DIXON:
        raise ValueError(f"tabulated levels are {', '.join(map(str, DIXON))}, not {alpha}")
    values = _enough(x, 3, "Dixon's test")
    if values.size > 25:
        raise EvaluationError(f"Dixon's test is tabulated up to 25 results, {values.size} found.")
    name, high = _dixon_ratio(values)
    low = _dixon_ratio(-values[::-1])[1]
    ratio, suspect = (high, float(values[-1])) if high >= low else (low, float(values[0]))
    critical = DIXON[alpha][values.size - 3]
    return OutlierTest(ratio, critical, math.nan, (suspect,), ratio > critical, f"dixon:{name}:{alpha:g}")


@dataclass(frozen=True)
class CochranTest:
    """Test of the largest of several variances.

    Attributes
    ----------
    statistic : largest variance over the sum of all, dimensionless; NaN when nothing scatters.
    critical : value above which it is an outlier, dimensionless.
    p_value : at most 1, a Bonferroni bound; NaN when nothing scatters.
    index : where the largest SD stands, from 0.
    is_outlier : the test rejects; False when nothing scatters.
    """

    statistic: float
    critical: float
    p_value: float
    index: int
    is_outlier: bool


def cochran_critical(groups: int, replicates: int, alpha: float = 0.05) -> float:
    """Critical value of Cochran's C for k variances of n results each.

    Use it for tables; `cochran` makes the test itself.

    Parameters
    ----------
    groups : k variances, at least 2.
    replicates : n results behind each, at least 2.
    alpha : one-sided level, 0 to 1.

    Returns
    -------
    float
        Share of the sum of variances, unrounded; NaN with fewer than 2 groups or replicates.

    Notes
    -----
    From F at alpha/k with n - 1 and (k - 1)(n - 1) degrees: F/(F + k - 1).

    References
    ----------
    ISO 5725-2:2019, 8.3.4 and Table 4.

    Examples
    --------
    ISO 5725-2, Table 4, 5 %: p = 10, n = 2.

    >>> round(cochran_critical(10, 2), 3)
    0.602
    """
    f = f_quantile(1.0 - alpha / groups, replicates - 1, (groups - 1) * (replicates - 1))
    return f / (f + groups - 1)


def cochran(sds: ArrayLike, replicates: int, *, alpha: float = 0.05) -> CochranTest:
    """Cochran's test: does one laboratory or item scatter more than the others?

    Use it on the replicates of a homogeneity study before anything else, and on rounds with replicates.

    Parameters
    ----------
    sds : shape (k,), k >= 2, standard deviations of `replicates` results each, unit of the results; not
        negative. A NaN is refused.
    replicates : results behind each SD, at least 2.
    alpha : one-sided level, 0 to 1.

    Returns
    -------
    CochranTest
        Dimensionless, unrounded; statistic and p are NaN when no SD is above zero.

    Raises
    ------
    EvaluationError
        With fewer than 2 standard deviations or 2 replicates, or one that is negative or NaN.

    Notes
    -----
    Equal numbers of replicates are assumed. It looks at large variances only: too small ones show in
    Mandel's k.

    References
    ----------
    ISO 5725-2:2019, 8.3.4; ISO 13528:2022, B.2.1 c).

    Examples
    --------
    >>> cochran([1.0, 1.1, 0.9, 4.0], 3).index
    3
    """
    s = np.asarray(sds, dtype=np.float64).ravel()
    if s.size < 2 or replicates < 2 or not (s >= 0).all():
        raise EvaluationError(
            f"Cochran's test needs at least 2 standard deviations of 2 results, {s.size} found."
        )
    critical, index = cochran_critical(s.size, replicates, alpha), int(np.argmax(s))
    unit = float(s[index])
    if unit == 0:
        return CochranTest(math.nan, critical, math.nan, index, False)
    c = 1.0 / float(np.sum((s / unit) ** 2))
    f = (s.size - 1) * c / (1.0 - c) if c < 1 else math.inf
    p = s.size * f_tail(f, replicates - 1, (s.size - 1) * (replicates - 1)) if c < 1 else 0.0
    return CochranTest(c, critical, min(1.0, p), index, c > critical)
