"""Linked analytes: what one laboratory reports of one sample must fit together.

Run on every laboratory, passed or failed: a relation that breaks shows a transcription error that the limits do
not see. A tolerance comes from the rounding of the reported digits, never from the spread of the round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError
from workbench.evaluation.criteria import FloatArray

ROUNDING_SDS = 3.3
"""Standard deviations of rounding (uniform, step²/12) that a relation may be off: 1 in 1,000."""
RATIO_ALLOWANCE = 0.004
"""Added to a ratio's relative tolerance: instruments compute from unrounded values of their own."""
SUM_LEAST = 0.3
SUM_ALLOWANCE = 0.05
TRUNCATION_SAMPLES = 3
INR_SLOPES = (0.8, 1.5)
"""ISI of thromboplastins in use."""
INR_SAMPLES = 4
FRIEDEWALD_TG_MAX = 4.52
"""mmol/L; 400 mg/dL, above which the formula does not hold (Friedewald et al., Clin Chem 1972;18:499)."""
FRIEDEWALD_SHARE = 0.30
FRIEDEWALD_LEAST = 0.5
REQUIRED = ("lab_code", "analyte", "sample", "value", "decimals")
COLUMNS = (
    "lab_code",
    "device_id",
    "sample",
    "finding",
    "check",
    "analytes",
    "expected",
    "found",
    "difference_percent",
    "tolerance",
    "suspect",
)


@dataclass(frozen=True)
class Reports:
    """One laboratory's (device's) results, samples in rows.

    Attributes
    ----------
    value, step : analyte -> shape (S,), results and their rounding steps; NaN where there is no plain number.
    """

    value: Mapping[str, FloatArray]
    step: Mapping[str, FloatArray]
    n: int

    def has(self, *analytes: str) -> bool:
        """Whether every analyte was reported at all."""
        return all(code in self.value for code in analytes)


@dataclass(frozen=True)
class Break:
    """One relation that does not hold in one sample (by position, -1: over all samples)."""

    sample: int
    expected: float
    found: float
    tolerance: float
    suspect: str = ""


@dataclass(frozen=True)
class Check:
    """One relation: its name, the finding it leads to, the analytes it needs, the function that looks.

    Attributes
    ----------
    units : unit of each analyte for which the relation holds, "" for any.
    """

    name: str
    finding: str
    analytes: tuple[str, ...]
    units: tuple[str, ...]
    look: Callable[[Reports, tuple[str, ...]], Iterator[Break]]


def _relative_steps(reports: Reports, codes: Sequence[str]) -> FloatArray:
    """Relative standard deviation that rounding gives a product or quotient."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [(reports.step[code] / reports.value[code]) ** 2 / 12.0 for code in codes]
    return np.sqrt(np.sum(parts, axis=0))


def _ratio(scale: float) -> Callable[[Reports, tuple[str, ...]], Iterator[Break]]:
    """result = scale x numerator / denominator, for codes (result, numerator, denominator)."""

    def look(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
        result, numerator, denominator = (reports.value[code] for code in codes)
        with np.errstate(divide="ignore", invalid="ignore"):
            expected = np.where(denominator > 0, scale * numerator / denominator, np.nan)
            tolerance = ROUNDING_SDS * _relative_steps(reports, codes) + RATIO_ALLOWANCE
            off = np.abs(result / expected - 1.0) > tolerance
        for index in np.flatnonzero(off & np.isfinite(expected) & np.isfinite(result)):
            yield Break(
                int(index), float(expected[index]), float(result[index]), 100.0 * float(tolerance[index])
            )

    return look


def _sum_of_hundred(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
    """Fractions add up to 100 %; what digits cut off explain is told once, by `_truncated`."""
    total = np.sum([reports.value[code] for code in codes], axis=0)
    steps = np.array([reports.step[code] for code in codes])
    tolerance = np.maximum(SUM_LEAST, ROUNDING_SDS * np.sqrt(np.sum(steps**2, axis=0) / 12.0) + SUM_ALLOWANCE)
    lack = 100.0 - total
    explained = _cuts_digits(lack, steps) & (lack > 0) & (lack <= steps.sum(axis=0))
    for index in np.flatnonzero((np.abs(lack) > tolerance) & ~explained):
        yield Break(int(index), 100.0, float(total[index]), float(tolerance[index]))


def _cuts_digits(lack: FloatArray, steps: FloatArray) -> bool:
    """Whether sums lack about half a step per fraction in every sample, as when digits are cut off."""
    known = np.isfinite(lack)
    if known.sum() < TRUNCATION_SAMPLES or not (lack[known] > 0).all():
        return False
    typical = 0.5 * steps.sum(axis=0)[known]
    return bool(0.5 <= float(np.median(lack[known] / typical)) <= 1.5)


def _truncated(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
    """A laboratory that cuts digits off, told once over all samples."""
    total = np.sum([reports.value[code] for code in codes], axis=0)
    steps = np.array([reports.step[code] for code in codes])
    if _cuts_digits(100.0 - total, steps):
        usual, cut = float(np.nanmedian(total)), float(np.nanmedian(0.5 * steps.sum(axis=0)))
        yield Break(-1, 100.0, usual, cut)


def _part_of_whole(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
    """The parts (all codes but the last) together do not exceed the whole by more than one step."""
    *parts, whole = codes
    total = np.sum([reports.value[code] for code in parts], axis=0)
    step = np.max([reports.step[code] for code in codes], axis=0)
    limit = reports.value[whole] + step
    # Binary noise of a sum must not break a relation that holds on the digits.
    over = total > limit + 1e-9 * np.abs(limit)
    for index in np.flatnonzero(over & np.isfinite(total)):
        yield Break(int(index), float(reports.value[whole][index]), float(total[index]), float(step[index]))


def _difference(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
    """A reported difference: result = whole - part, for codes (result, whole, part)."""
    result, whole, part = (reports.value[code] for code in codes)
    steps = np.array([reports.step[code] for code in codes])
    tolerance = ROUNDING_SDS * np.sqrt(np.sum(steps**2, axis=0) / 12.0) + np.max(steps, axis=0) * 0.5
    expected = whole - part
    for index in np.flatnonzero(np.abs(result - expected) > tolerance):
        yield Break(int(index), float(expected[index]), float(result[index]), float(tolerance[index]))


def friedewald(total: FloatArray, hdl: FloatArray, triglycerides: FloatArray) -> FloatArray:
    """LDL cholesterol by Friedewald's formula, mmol/L: TC - HDL-C - TG/2.2; NaN above TG 4.52 mmol/L.

    References
    ----------
    Friedewald, Levy & Fredrickson, Clin Chem 1972;18:499 (TG/5 in mg/dL).

    Examples
    --------
    >>> float(friedewald(np.array([5.2]), np.array([1.3]), np.array([1.1]))[0])
    3.4
    """
    value = total - hdl - triglycerides / 2.2
    return np.where(triglycerides <= FRIEDEWALD_TG_MAX, np.round(value, 12), np.nan)


def _friedewald(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
    """Measured LDL far from the calculated one: a pointer, for methods differ by up to a fifth."""
    measured, total, hdl, triglycerides = (reports.value[code] for code in codes)
    expected = friedewald(total, hdl, triglycerides)
    tolerance = np.maximum(FRIEDEWALD_LEAST, FRIEDEWALD_SHARE * np.abs(expected))
    for index in np.flatnonzero(np.abs(measured - expected) > tolerance):
        yield Break(int(index), float(expected[index]), float(measured[index]), float(tolerance[index]))


def _inr(reports: Reports, codes: tuple[str, ...]) -> Iterator[Break]:
    """INR follows PT by ln INR = ISI (ln PT - ln MNPT), with the laboratory's own ISI and MNPT.

    The line goes through the two samples that leave the least median residual.
    """
    time, ratio = (np.where(reports.value[code] > 0, reports.value[code], np.nan) for code in codes)
    x, y = np.log(time), np.log(ratio)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    rounding = _relative_steps(reports, codes)
    best = _least_median_line(x[known], y[known])
    if known.size < INR_SAMPLES or best is None:
        return
    slope, intercept = best
    for index in known:
        expected = math.exp(slope * x[index] + intercept)
        tolerance = 4.0 * float(rounding[index]) + 0.02
        if abs(y[index] - math.log(expected)) > tolerance:
            yield Break(int(index), expected, float(ratio[index]), 100.0 * tolerance)


def _least_median_line(x: FloatArray, y: FloatArray) -> tuple[float, float] | None:
    """Slope and intercept of the line through a pair of points with the least median residual; None without one."""
    best: tuple[float, float, float] | None = None
    for i, j in combinations(range(x.size), 2):
        if x[i] == x[j]:
            continue
        slope = float((y[j] - y[i]) / (x[j] - x[i]))
        if not INR_SLOPES[0] <= slope <= INR_SLOPES[1]:
            continue
        intercept = float(y[i] - slope * x[i])
        spread = float(np.median(np.abs(y - slope * x - intercept)))
        if best is None or spread < best[0]:
            best = (spread, slope, intercept)
    return None if best is None else best[1:]


_DIFF = ("NEUT%", "LYM%", "MONO%", "EO%", "BASO%")
_SPE = ("SPE-ALB", "SPE-A1", "SPE-A2", "SPE-B", "SPE-G")
_PERCENT = ("%",) * 5

CHECKS: tuple[Check, ...] = (
    Check("mcv", "F36", ("MCV", "HCT", "RBC"), ("fL", "L/L", "10¹²/L"), _ratio(1000.0)),
    Check("mch", "F36", ("MCH", "Hb", "RBC"), ("pg", "g/L", "10¹²/L"), _ratio(1.0)),
    Check("mchc", "F36", ("MCHC", "Hb", "HCT"), ("g/L", "g/L", "L/L"), _ratio(1.0)),
    Check("differential", "F37", _DIFF, _PERCENT, _sum_of_hundred),
    Check("differential_truncated", "F37", _DIFF, _PERCENT, _truncated),
    Check("electrophoresis", "F37", _SPE, _PERCENT, _sum_of_hundred),
    Check("electrophoresis_truncated", "F37", _SPE, _PERCENT, _truncated),
    Check("inr", "F36", ("PT", "INR"), ("s", ""), _inr),
    Check("bilirubin", "F36", ("DBil", "TBil"), ("", ""), _part_of_whole),
    Check("psa", "F36", ("fPSA", "PSA"), ("", ""), _part_of_whole),
    Check("cholesterol", "F36", ("HDL-C", "LDL-C", "TC"), ("", "", ""), _part_of_whole),
    Check("hdl", "F36", ("HDL-C", "TC"), ("", ""), _part_of_whole),
    Check("albumin", "F36", ("Alb", "TP"), ("", ""), _part_of_whole),
    Check("iron", "F36", ("Fe", "TIBC"), ("", ""), _part_of_whole),
    Check("hbdh", "F36", ("HBDH", "LDH"), ("", ""), _part_of_whole),
    Check("globulin", "F36", ("GLB", "TP", "Alb"), ("", "", ""), _difference),
    Check("non_hdl", "F36", ("nonHDL-C", "TC", "HDL-C"), ("", "", ""), _difference),
    Check("uibc", "F36", ("UIBC", "TIBC", "Fe"), ("", "", ""), _difference),
    Check("friedewald", "F36", ("LDL-C", "TC", "HDL-C", "TG"), ("mmol/L",) * 4, _friedewald),
)
"""Every relation. A part may not exceed its whole; sums are 100 %; indices follow from what they are made of."""


def applicable_checks(units: Mapping[str, str]) -> tuple[Check, ...]:
    """The relations a programme's analytes allow.

    Parameters
    ----------
    units : analyte -> unit of the programme.

    Notes
    -----
    A relation between quantities of different units is left out rather than converted.

    Examples
    --------
    >>> [check.name for check in applicable_checks({"DBil": "μmol/L", "TBil": "μmol/L", "Alb": "g/L"})]
    ['bilirubin']
    """
    return tuple(check for check in CHECKS if _fits(check, units))


def _fits(check: Check, units: Mapping[str, str]) -> bool:
    if not all(code in units for code in check.analytes):
        return False
    named = all(wanted in ("", units[c]) for c, wanted in zip(check.analytes, check.units, strict=True))
    alike = any(check.units) or len({units[code] for code in check.analytes}) == 1
    return named and alike


def linked_findings(results: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """Relations that do not hold, of every laboratory.

    Parameters
    ----------
    results : one row per laboratory (x device) x analyte x sample. ``lab_code``, ``analyte``, ``sample``, ``value``
        (analyte's unit), ``decimals`` (of the reported number); ``device_id`` and ``censor`` as far as there are
        any. A "<" or ">" result takes part in nothing.
    units : analyte -> unit of the programme.

    Returns
    -------
    DataFrame
        Grain: one row per laboratory x device x sample x broken relation. ``lab_code``, ``device_id``, ``sample``
        (empty: over all samples), ``finding`` (F36, F37), ``check`` (name of the relation), ``analytes`` (joined by
        ","), ``expected`` and ``found`` (unit of the first analyte), ``difference_percent``, ``tolerance`` (per cent
        for ratios and INR, else in the analyte's unit), ``suspect`` (the analyte that broke it, where the relations
        that hold leave only one).

    Raises
    ------
    EvaluationError
        when a column is missing.

    Notes
    -----
    Missing results break nothing: a relation is looked at only where all its analytes are there.

    References
    ----------
    Wintrobe, J Lab Clin Med 1932;17:899 (red-cell indices); Friedewald et al., Clin Chem 1972;18:499; WHO TRS 889,
    annex 3 (INR).
    """
    missing = [name for name in REQUIRED if name not in results.columns]
    if missing:
        raise EvaluationError(f"Results for the consistency checks lack the columns {', '.join(missing)}.")
    checks = applicable_checks(units)
    wanted = {code for check in checks for code in check.analytes}
    frame = results[results["analyte"].isin(wanted)]
    if "device_id" not in frame.columns:
        frame = frame.assign(device_id="")
    if "censor" in frame.columns:
        frame = frame[frame["censor"] == 0]
    rows: list[tuple[object, ...]] = []
    for (lab, device), part in frame.groupby(["lab_code", "device_id"], sort=True):
        samples, reports = _reports(part)
        rows += [(lab, device, *row) for row in _look(reports, samples, checks)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _reports(part: pd.DataFrame) -> tuple[list[str], Reports]:
    """One laboratory's results side by side."""
    samples = list(dict.fromkeys(part["sample"]))
    place = {sample: index for index, sample in enumerate(samples)}
    value: dict[str, FloatArray] = {}
    step: dict[str, FloatArray] = {}
    columns = (part[name].tolist() for name in ("analyte", "sample", "value", "decimals"))
    for code, sample, number, decimals in zip(*columns, strict=True):
        blank = np.full(len(samples), np.nan)
        value.setdefault(code, blank.copy())[place[sample]] = number
        step.setdefault(code, blank)[place[sample]] = 10.0 ** -int(decimals)
    return samples, Reports(value, step, len(samples))


def _look(reports: Reports, samples: Sequence[str], checks: Iterable[Check]) -> Iterator[tuple[object, ...]]:
    """Rows of one laboratory, in the order of the checks and samples."""
    seen = [check for check in checks if reports.has(*check.analytes)]
    broken = [(check, found) for check in seen for found in check.look(reports, check.analytes)]
    for check, found in broken:
        suspect = _suspect(found.sample, seen, broken, reports)
        yield (
            samples[found.sample] if found.sample >= 0 else "",
            check.finding,
            check.name,
            ",".join(check.analytes),
            found.expected,
            found.found,
            100.0 * (found.found / found.expected - 1.0) if found.expected else math.nan,
            found.tolerance,
            suspect if suspect in check.analytes else "",
        )


def _suspect(
    sample: int, seen: Sequence[Check], broken: Sequence[tuple[Check, Break]], reports: Reports
) -> str:
    """The one analyte that is in every broken relation of a sample and in none that holds."""
    bad = [set(check.analytes) for check, found in broken if found.sample == sample]
    names = {check.name for check, found in broken if found.sample == sample}
    held = [
        set(check.analytes)
        for check in seen
        if check.name not in names and all(np.isfinite(reports.value[c][sample]) for c in check.analytes)
    ]
    if sample < 0 or not bad or len(bad) + len(held) < 2:
        return ""
    left = set.intersection(*bad).difference(*held)
    return next(iter(left)) if len(left) == 1 else ""
