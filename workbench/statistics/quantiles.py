"""Quantiles and tails of the usual distributions; what they need beyond `math` is loaded on first use only."""

from __future__ import annotations

import math


def normal_quantile(probability: float) -> float:
    """Standard normal quantile; infinite at 0 and 1."""
    if probability <= 0.0 or probability >= 1.0:
        return math.copysign(math.inf, probability - 0.5)
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


def normal_cdf(z: float) -> float:
    """Standard normal distribution function, accurate in the lower tail."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def student_quantile(probability: float, degrees: float) -> float:
    """Student's t quantile."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, probability))


def student_tail(t: float, degrees: float) -> float:
    """P(T > t) of Student's t, accurate for large t."""
    from scipy.special import betainc

    if math.isinf(t):
        return 0.0 if t > 0 else 1.0
    tail = 0.5 * float(betainc(0.5 * degrees, 0.5, degrees / (degrees + t * t)))
    return tail if t >= 0 else 1.0 - tail


def chi_square_quantile(probability: float, degrees: float) -> float:
    """Chi-square quantile."""
    from scipy.special import gammaincinv

    return 2.0 * float(gammaincinv(0.5 * degrees, probability))


def chi_square_cdf(x: float, degrees: float) -> float:
    """Chi-square distribution function."""
    from scipy.special import gammainc

    return float(gammainc(0.5 * degrees, 0.5 * x)) if x > 0 else 0.0


def chi_square_tail(x: float, degrees: float) -> float:
    """P(X > x) of chi-square."""
    from scipy.special import gammaincc

    return float(gammaincc(0.5 * degrees, 0.5 * x)) if x > 0 else 1.0


def f_quantile(probability: float, numerator: float, denominator: float) -> float:
    """Quantile of the F distribution."""
    from scipy.special import betaincinv

    upper = float(betaincinv(0.5 * denominator, 0.5 * numerator, 1.0 - probability))
    return denominator * (1.0 - upper) / (numerator * upper)


def f_tail(f: float, numerator: float, denominator: float) -> float:
    """P(F > f)."""
    from scipy.special import betainc

    return float(betainc(0.5 * denominator, 0.5 * numerator, denominator / (denominator + numerator * f)))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Quantile of the beta distribution."""
    from scipy.special import betaincinv

    return float(betaincinv(a, b, probability))
