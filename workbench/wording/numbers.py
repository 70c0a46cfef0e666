"""Numbers as they stand on paper: rounded once, half to even, minus as U+2212, never against their class.

Every function takes the unrounded value and returns text. The decimal value rounded is the shortest
one that reads back as the same float, so 2.345 is 2.345 and not 2.34500000000000019984.

References
----------
GB/T 8170-2008, 3.2: one rounding, to the nearest, a half to the even digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from workbench.errors import WorkbenchError
from workbench.wording.catalogue import text

Number = float | int | Decimal

MISSING = "–"
"""What stands where there is no number; a note must say why."""

MINUS = "\N{MINUS SIGN}"
EXTRA_DECIMALS = 4
"""How many more decimals `consistent` may print."""
NOISE = Decimal("1e-9")
"""Relative distance from a boundary below which a computed value counts as being on it."""

_MODES = {"half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP}


def exact(value: Number) -> Decimal:
    """The decimal number a value stands for: that of its shortest text.

    >>> exact(0.1) + exact(0.2) == exact(0.3)
    True
    """
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


@lru_cache(maxsize=32)
def _unit(decimals: int) -> Decimal:
    """One unit in the last decimal."""
    return Decimal(1).scaleb(-decimals)


def _quantized(value: Decimal, decimals: int, rounding: str) -> str:
    """Rounded text without a negative zero."""
    result = value.quantize(_unit(decimals), rounding=rounding)
    return f"{result if result else abs(result):f}"


def rounded(value: Number, decimals: int, mode: str = "half_even") -> str:
    """The number rounded once, as ASCII text.

    Parameters
    ----------
    value : unrounded and finite.
    decimals : how many are kept, 0 or more.
    mode : ``"half_even"`` or ``"half_up"``.

    Raises
    ------
    WorkbenchError
        for an unknown mode.

    Notes
    -----
    There is no negative zero: -0.004 to two decimals is ``0.00``.

    References
    ----------
    GB/T 8170-2008, 3.2.

    Examples
    --------
    >>> rounded(2.345, 2), rounded(0.105, 2), rounded(2.355, 2), rounded(2.345, 2, "half_up")
    ('2.34', '0.10', '2.36', '2.35')
    """
    if mode not in _MODES:
        raise WorkbenchError(f"Rounding mode {mode!r} is not one of {', '.join(_MODES)}.")
    return _quantized(exact(value), decimals, _MODES[mode])


def _signed(number: str, signed: bool) -> str:
    """Print sign: U+2212 for minus; plus only in signed columns and never on a zero."""
    if number.startswith("-"):
        return MINUS + number[1:]
    return f"+{number}" if signed and number.strip("0.") else number


def is_missing(value: Number | None) -> bool:
    """True for None, NaN and infinities, which have no printed number."""
    return value is None or not math.isfinite(value)


def printed(
    value: Number | None,
    decimals: int,
    signed: bool = False,
    locale: str = "zh_CN",
    mode: str = "half_even",
) -> str:
    """The number as it stands in a table or sentence.

    Both languages print the same digits with a decimal point; `locale` is accepted so that a
    language with another custom needs no new signature. NaN and None print as an en dash.

    >>> printed(-1.005, 2), printed(0.004, 2, signed=True), printed(92.4, 0, signed=True)
    ('−1.00', '0.00', '+92')
    >>> printed(float("nan"), 2)
    '–'
    """
    if value is None or is_missing(value):
        return MISSING
    return _signed(rounded(value, decimals, mode), signed)


def _side(value: Decimal, limit: Decimal) -> int:
    """-1, 0 or +1: where the value stands to the limit; float noise counts as on it."""
    gap = value - limit
    return 0 if abs(gap) <= NOISE * abs(limit) else (1 if gap > 0 else -1)


def _contradicts(number: str, value: Decimal, limits: Sequence[Decimal]) -> bool:
    """True if the printed number stands to some boundary otherwise than the value does."""
    return any(_side(Decimal(number), limit) != _side(value, limit) for limit in limits)


def consistent(
    value: Number | None,
    decimals: int,
    boundaries: Iterable[Number],
    signed: bool = False,
    mode: str = "half_even",
) -> tuple[str, bool]:
    """A printed number that never contradicts its class.

    Parameters
    ----------
    value : unrounded; missing prints as a dash.
    decimals : the usual number of decimals.
    boundaries : every class boundary, e.g. ``(-3, -2, 2, 3)`` for z; missing ones are ignored.
    signed : print + on positive numbers.

    Returns
    -------
    The text, and True when more decimals than usual were needed (finding F33).

    Notes
    -----
    - A value on a boundary is printed so that it shows the boundary's number.
    - Up to four more decimals; if even those would reach the boundary, the last one is cut towards the
      value's own side instead of rounded.

    Examples
    --------
    >>> consistent(2.996, 2, (-3, -2, 2, 3)), consistent(3.0, 2, (2, 3))
    (('2.996', True), ('3.00', False))
    >>> consistent(2.99999999, 2, (2, 3))
    ('2.999999', True)
    """
    if value is None or is_missing(value):
        return MISSING, False
    own = exact(value)
    limits = [exact(limit) for limit in boundaries if not is_missing(limit)]
    for extra in range(EXTRA_DECIMALS + 1):
        number = rounded(own, decimals + extra, mode)
        if not _contradicts(number, own, limits):
            return _signed(number, signed), extra > 0
    above = Decimal(number) > own
    cut = _quantized(own, decimals + EXTRA_DECIMALS, ROUND_FLOOR if above else ROUND_CEILING)
    return _signed(cut, signed), True


def significant(value: Number | None, figures: int = 2) -> str:
    """The number to so many significant figures, never in powers of ten.

    >>> significant(0.00634), significant(0.0996), significant(1234.0), significant(0.0)
    ('0.0063', '0.10', '1200', '0')
    """
    if value is None or is_missing(value):
        return MISSING
    own = exact(value)
    if not own:
        return "0"
    once = own.quantize(Decimal(1).scaleb(own.adjusted() - figures + 1))
    result = own.quantize(Decimal(1).scaleb(once.adjusted() - figures + 1))
    return _signed(f"{result:f}", False)


def cv_text(value: Number | None) -> str:
    """A coefficient of variation in %: one decimal, two below 1%.

    >>> cv_text(2.13), cv_text(0.846), cv_text(0.9996)
    ('2.1', '0.85', '1.00')
    """
    if value is None or is_missing(value):
        return MISSING
    return printed(value, 2 if abs(exact(value)) < 1 else 1)


def percent(value: Number | None, decimals: int = 1, signed: bool = False) -> str:
    """A number in percent with its sign, no space before it.

    >>> percent(96.666), percent(None)
    ('96.7%', '–')
    """
    number = printed(value, decimals, signed)
    return number if number == MISSING else f"{number}%"


def score_text(value: Number | None, pass_mark: Number = 80) -> str:
    """A score in percent: no decimals if whole, else one; never printed as the pass mark it misses.

    >>> score_text(60.0), score_text(96.6667), score_text(79.96)
    ('60%', '96.7%', '79.96%')
    """
    if value is None or is_missing(value):
        return MISSING
    whole = exact(value) == exact(value).to_integral_value()
    return f"{consistent(value, 0 if whole else 1, (pass_mark,))[0]}%"


def count_rate(
    a: int, n: int, locale: str, interval: tuple[float, float] | None = None, prose: bool = False
) -> str:
    """A percentage of counts with its counts, and its 95% interval when one is given.

    Parameters
    ----------
    a, n : numerator and denominator; n = 0 gives a dash.
    interval : lower and upper limit in percent (Wilson), for n below 30.
    prose : full-width brackets in Chinese.

    Examples
    --------
    >>> count_rate(145, 150, "en")
    '96.7% (145/150)'
    >>> count_rate(3, 3, "en", (43.85, 100.0))
    '100% (3/3; 95% interval 43.8% to 100.0%)'
    """
    if n == 0:
        return MISSING
    key = "rate.count" + ("_interval" if interval else "") + ("_prose" if prose else "")
    low, high = interval if interval else (math.nan, math.nan)
    return text(
        key, locale, rate=score_text(100 * a / n, 100), a=a, n=n, low=percent(low), high=percent(high)
    )


def range_text(low: Number | None, high: Number | None, decimals: int, locale: str) -> str:
    """Two limits as a range; one dash when neither is there.

    >>> range_text(4.8876, 5.5124, 3, "zh_CN"), range_text(4.8876, 5.5124, 3, "en")
    ('4.888～5.512', '4.888 to 5.512')
    """
    return consistent_range(low, high, decimals, None, locale)[0]


def consistent_range(
    low: Number | None, high: Number | None, decimals: int, result: Number | None, locale: str
) -> tuple[str, bool]:
    """Two limits as a range that the laboratory's own result never contradicts.

    A result of 1.1843 within a limit of 1.1844 must not stand beside ``1.184``: the limit gets more
    decimals until result and limit are in the printed order they are in by value.

    Returns
    -------
    The text, and True when more decimals than usual were needed (finding F33).

    Examples
    --------
    >>> consistent_range(0.8755, 1.1844, 3, 1.1843, "en")
    ('0.876 to 1.1844', True)
    """
    if is_missing(low) and is_missing(high):
        return MISSING, False
    boundaries: list[Number] = [] if result is None else [result]
    low_text, low_more = consistent(low, decimals, boundaries)
    high_text, high_more = consistent(high, decimals, boundaries)
    return text("range", locale, low=low_text, high=high_text), low_more or high_more
