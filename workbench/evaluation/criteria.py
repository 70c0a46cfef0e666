"""Limits at a target, and the judgement of a result against them, exact on the reported digits.

A result printed exactly on its limit must not be judged by binary floats: 4.95 against 4.50 with
10 % fails as floats and is on the limit in fact. Far from the limit floats decide; within a millionth
of the allowed deviation the reported digits are compared in decimal arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

import numpy as np
from numpy.typing import NDArray

from workbench.errors import EvaluationError
from workbench.parameters.criteria import Criterion

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ObjectArray = NDArray[np.object_]

FIXED_SIGMA_LIMIT = 3
"""A limit given as sigma_pt allows three of it: ISO 13528:2022, 4.3.2."""

_TARGET_DIGITS = 12
"""Significant digits of a computed target that are its value; the rest is binary noise."""

NEAR_LIMIT = 1e-6
"""Relative distance from the limit within which digits are compared instead of floats."""


def exact(value: float | Decimal | str) -> Decimal:
    """Return a number as the decimal it stands for.

    Parameters
    ----------
    value : text or Decimal is kept digit for digit; a float is read to 12 significant digits, so that
        a computed mean of 4.499999999999999 is 4.5.

    Examples
    --------
    >>> exact(0.1 + 0.2), exact("4.50")
    (Decimal('0.3'), Decimal('4.50'))
    """
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        return Decimal(value.strip())
    return Decimal(f"{value:.{_TARGET_DIGITS}g}")


def rounded_target(target: float, decimals: int | None) -> Decimal:
    """The target a limit is resolved at: rounded half to even when the policy says so."""
    value = exact(target)
    if decimals is None:
        return value
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def _no_sd(criterion: Criterion) -> EvaluationError:
    return EvaluationError(
        f"The limit of {criterion.analyte} is a multiple of the group SD; give the SD of the group."
    )


def _by_document(criterion: Criterion, target: Decimal, sd: Decimal | None) -> Decimal | None:
    return criterion.allowed_deviation(target)


def _group_sds(criterion: Criterion, target: Decimal, sd: Decimal | None) -> Decimal | None:
    if sd is None:
        raise _no_sd(criterion)
    return criterion.absolute * sd if criterion.absolute is not None and sd.is_finite() else None


def _three_sigmas(criterion: Criterion, target: Decimal, sd: Decimal | None) -> Decimal | None:
    return None if criterion.absolute is None else FIXED_SIGMA_LIMIT * criterion.absolute


def _no_number(criterion: Criterion, target: Decimal, sd: Decimal | None) -> Decimal | None:
    return None


def allowable_error(
    criterion: Criterion, target: float | Decimal | str, group_sd: float | Decimal | None = None
) -> Decimal | None:
    """Return the deviation a criterion allows at a target, exactly.

    Parameters
    ----------
    criterion : with absolute figures in the target's unit.
    target : assigned value; text and Decimal digit for digit, a float to 12 digits.
    group_sd : SD of the peer group, needed by criteria of kind sd only.

    Returns
    -------
    Decimal, target's unit, unrounded; None when the criterion holds no number.

    Raises
    ------
    EvaluationError
        when a criterion of kind sd comes without the group's SD.

    Notes
    -----
    percent: of the absolute value of the target. greater_of: the larger of both figures. breakpoint:
    by the target alone, which is not the same (potassium, WS/T 403-2024: 0.2 at 3.30, 0.1986 at 3.31).
    sd: k group SDs. fixed_sigma: three of it. A NaN target gives None.

    Examples
    --------
    >>> from workbench.parameters import criteria
    >>> potassium = criteria().find("WS/T 403", "K", "serum/plasma", "tea")
    >>> allowable_error(potassium, "3.31")
    Decimal('0.1986')
    """
    value = exact(target)
    if not value.is_finite():
        return None
    sd = None if group_sd is None else exact(group_sd)
    return ALLOWED[criterion.kind](criterion, value, sd)


def covers(criterion: Criterion, target: Decimal, unit: str) -> bool:
    """Whether the document states the limit for this target.

    Parameters
    ----------
    unit : of the target. A range printed in another unit cannot be compared and excludes nothing.
    """
    if criterion.range_unit not in ("", unit):
        return True
    low, high = criterion.range_low, criterion.range_high
    if low is not None and (target < low or (target == low and criterion.range_low_strict)):
        return False
    return high is None or target <= high


@dataclass(frozen=True)
class Reported:
    """Results as sent: value (n,), raw text (n,), decimals of the number (n,)."""

    value: FloatArray
    raw: ObjectArray
    decimals: NDArray[np.int64]

    def digits(self, index: int) -> Decimal:
        """The reported number, digit for digit; after a unit conversion the number that came of it."""
        number = float(self.value[index])
        try:
            sent = Decimal(str(self.raw[index]).strip())
            if sent.is_finite() and np.isclose(float(sent), number, rtol=1e-12, atol=0.0):
                return sent
        except InvalidOperation:
            pass
        return exact(number)


@dataclass(frozen=True)
class Judgement:
    """Shape (n,): inside the limit, and exactly on a limit that is inclusive."""

    inside: BoolArray
    on_limit: BoolArray


def judge(
    reported: Reported, targets: ObjectArray, allowed: ObjectArray, *, inclusive: bool = True
) -> Judgement:
    """Judge results against their limits, exactly on the reported digits.

    Parameters
    ----------
    reported : shape (n,); a NaN value is never inside.
    targets, allowed : shape (n,), Decimal or None; None is never inside.
    inclusive : a deviation equal to the allowed one is inside.

    Returns
    -------
    Judgement of shape (n,).

    Notes
    -----
    Comparison in floats is final only further than a millionth of the allowed deviation (or of the
    target, for very tight limits) from the limit.

    References
    ----------
    CLIA and NCCL limits include the limit; ISO 13528:2022, 9.3 (D against delta_E) does not.
    """
    target = _as_floats(targets)
    limit = _as_floats(allowed)
    deviation = np.abs(reported.value - target)
    with np.errstate(invalid="ignore"):
        inside = deviation < limit
        near = np.abs(deviation - limit) <= NEAR_LIMIT * np.maximum(np.abs(limit), 1e-6 * np.abs(target))
    on_limit = np.zeros(len(target), dtype=bool)
    for index in np.flatnonzero(near):
        distance = abs(reported.digits(int(index)) - targets[index])
        on_limit[index] = inclusive and distance == allowed[index]
        inside[index] = distance < allowed[index] or on_limit[index]
    return Judgement(inside, on_limit)


def interval_signal(censor: int, bound: Decimal, low: Decimal, high: Decimal, *, inclusive: bool) -> str:
    """Judge "<5" or ">5" against an interval of acceptable values.

    Parameters
    ----------
    censor : -1 for "<", +1 for ">". bound : the stated limit. low, high : acceptable interval.
    inclusive : the ends of the interval are acceptable.

    Returns
    -------
    "acceptable" when every acceptable value agrees with the statement, "action" when none does,
    "not_scored" when the statement leaves it open.

    Notes
    -----
    "<5" is acceptable when the whole interval lies below 5, and wrong when it lies at or above 5.

    Examples
    --------
    >>> [interval_signal(-1, Decimal(5), Decimal(a), Decimal(b), inclusive=True)
    ...  for a, b in [(2, 4), (5, 7), (4, 6)]]
    ['acceptable', 'action', 'not_scored']
    """
    if censor > 0:
        bound, low, high = -bound, -high, -low
    if high < bound or (high == bound and not inclusive):
        return "acceptable"
    return "action" if low >= bound else "not_scored"


def _as_floats(values: ObjectArray) -> FloatArray:
    """Decimals as floats, None as NaN."""
    return np.array([np.nan if v is None else float(v) for v in values], dtype=np.float64)


ALLOWED: dict[str, Callable[[Criterion, Decimal, Decimal | None], Decimal | None]] = {
    "percent": _by_document,
    "absolute": _by_document,
    "greater_of": _by_document,
    "breakpoint": _by_document,
    "sd": _group_sds,
    "fixed_sigma": _three_sigmas,
    "qualitative": _no_number,
}
