"""Defects as parts per million and on the sigma scale, with exact limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.errors import EvaluationError
from workbench.statistics.proportions import clopper_pearson_interval
from workbench.statistics.quantiles import normal_quantile

SHORT_TERM_SHIFT = 1.5
"""Shift between long-term defects and short-term sigma, by the convention of Six Sigma."""
MILLION = 1_000_000


@dataclass(frozen=True)
class ProcessSigma:
    """Share of defects on three scales, with exact limits.

    Attributes
    ----------
    defects, opportunities : the counts.
    share : defects over opportunities, 0 to 1; NaN without an opportunity.
    dpmo, dpmo_low, dpmo_high : defects per million opportunities and the ends of their interval.
    sigma : short-term sigma, dimensionless; infinite without a defect: print "above `sigma_low`", never a
        number; minus infinite when everything is defective.
    sigma_low, sigma_high : ends of the interval of sigma.
    """

    defects: int
    opportunities: int
    share: float
    dpmo: float
    dpmo_low: float
    dpmo_high: float
    sigma: float
    sigma_low: float
    sigma_high: float


def sigma_of_share(share: float, shift: float = SHORT_TERM_SHIFT) -> float:
    """Short-term sigma of a share of defects: the normal quantile of 1 - share, plus the shift.

    Use it for quality indicators that are reported on the sigma scale.

    Parameters
    ----------
    share : share of defects, 0 to 1; NaN means "no opportunity".
    shift : added for the short term, 1.5 by convention; 0 for the long term.

    Returns
    -------
    float
        Dimensionless, unrounded; inf for 0, -inf for 1, NaN for NaN.

    Notes
    -----
    One-tailed: 66,807 defects per million are 3 sigma (the two-tailed convention has 66,811).

    References
    ----------
    Nevalainen et al., Arch Pathol Lab Med 2000;124:516 (defects per million and sigma of laboratory
    processes).

    Examples
    --------
    >>> [round(sigma_of_share(dpmo / 1e6), 2) for dpmo in (308538, 66807, 6210, 233, 3.4)]
    [2.0, 3.0, 4.0, 5.0, 6.0]
    """
    return math.nan if math.isnan(share) else shift - normal_quantile(share)


def process_sigma(defects: int, opportunities: int, confidence: float = 0.95) -> ProcessSigma:
    """Share of defects, defects per million opportunities and sigma, with exact intervals.

    Use it for a laboratory's counts of an indicator; the interval tells how much they prove.

    Parameters
    ----------
    defects, opportunities : counts, 0 <= defects <= opportunities.
    confidence : two-sided level of the interval, 0 to 1.

    Returns
    -------
    ProcessSigma
        Unrounded; NaN throughout without an opportunity.

    Raises
    ------
    EvaluationError
        When the counts cannot be.

    Notes
    -----
    Without a defect (or without anything but defects) the interval is one-sided: n opportunities without a
    defect leave up to 1 - 0.05^(1/n) defects possible. Small n never proves six sigma.

    References
    ----------
    Clopper & Pearson, Biometrika 1934;26:404; sigma as for `sigma_of_share`.

    Examples
    --------
    >>> found = process_sigma(0, 300)
    >>> found.sigma, round(found.dpmo_high), round(found.sigma_low, 2)
    (inf, 9936, 3.83)
    """
    if not 0 <= defects <= opportunities:
        raise EvaluationError(
            f"{defects} defects of {opportunities} opportunities cannot be. Check the counts."
        )
    if opportunities == 0:
        return ProcessSigma(0, 0, *[math.nan] * 7)
    share = defects / opportunities
    low, high = clopper_pearson_interval(defects, opportunities, confidence)
    one_sided = (1.0 - confidence) ** (1.0 / opportunities)
    if defects == 0:
        high = 1.0 - one_sided
    elif defects == opportunities:
        low = one_sided
    return ProcessSigma(
        defects,
        opportunities,
        share,
        share * MILLION,
        low * MILLION,
        high * MILLION,
        sigma_of_share(share),
        sigma_of_share(high),
        sigma_of_share(low),
    )
