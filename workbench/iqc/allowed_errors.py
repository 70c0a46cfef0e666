"""Allowable total error in per cent at many targets, with its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.iqc.moments import quotient
from workbench.iqc.streams import FloatArray
from workbench.parameters.criteria import CriteriaBook, Criterion
from workbench.parameters.policy import CriterionRef
from workbench.parameters.programmes import Analyte


@dataclass(frozen=True)
class AllowedErrors:
    """Allowable errors by analyte code, in the analyte's unit."""

    criteria: Mapping[str, Criterion]

    def percent(self, analyte: str, target: FloatArray) -> FloatArray:
        """TEa at each target, per cent; NaN where none is stated or the target is zero or NaN."""
        found = self.criteria.get(analyte)
        if found is None:
            return np.full(np.shape(target), np.nan)
        return allowed_percent(found, target)

    def source(self, analyte: str) -> str:
        """Document of the limit, empty where there is none; an authority's own word for it, not translated."""
        found = self.criteria.get(analyte)
        return "" if found is None else f"{found.document} {found.raw_text}".strip()


def allowed_percent(criterion: Criterion, target: FloatArray) -> FloatArray:
    """A limit as per cent of each target, shape of the targets.

    Notes
    -----
    In floats: for charts and sigma, not for judging results (`Criterion.allowed_deviation` is exact). The side that
    owns a breakpoint and the range for which the limit is stated are respected.

    Examples
    --------
    >>> from workbench.parameters import criteria
    >>> potassium = criteria().find("WS/T 403", "K", "serum/plasma", "tea")
    >>> allowed_percent(potassium, np.array([2.0, 4.0])).tolist()
    [10.0, 6.0]
    """
    level = np.abs(np.asarray(target, dtype=np.float64))
    share = np.full(level.shape, np.nan if criterion.percent is None else float(criterion.percent))
    absolute = np.nan if criterion.absolute is None else float(criterion.absolute)
    flat = 100.0 * quotient(np.full(level.shape, absolute), level)
    match criterion.kind:
        case "percent":
            found = share
        case "absolute":
            found = flat
        case "greater_of":
            found = np.fmax(share, flat)
        case "breakpoint":
            border = float(criterion.breakpoint or 0)
            low = target <= border if criterion.breakpoint_side == "low_owns" else target < border
            found = np.where(low, flat, share)
        case _:
            found = np.full(level.shape, np.nan)
    stated = np.isfinite(level) & (level > 0)
    if criterion.range_low is not None:
        stated &= level >= float(criterion.range_low)
    if criterion.range_high is not None:
        stated &= level <= float(criterion.range_high)
    return np.where(stated, found, np.nan)


def allowed_errors(
    analytes: Iterable[Analyte], sources: Iterable[CriterionRef], book: CriteriaBook
) -> AllowedErrors:
    """The first source that has a limit for each analyte, converted to the analyte's unit.

    Parameters
    ----------
    analytes : of the catalogue. sources : in order of preference, as in a comparison scheme.
    """
    wanted = tuple(sources)
    found: dict[str, Criterion] = {}
    for analyte in analytes:
        for source in wanted:
            row = book.for_reference(source, analyte)
            own = None if row is None else row.in_unit_of(analyte)
            if own is not None:
                found[analyte.analyte] = own
                break
    return AllowedErrors(found)
