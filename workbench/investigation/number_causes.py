"""Mistakes with numbers: units, decimal points, digits, rounding, range limits, copied results."""

from __future__ import annotations

from itertools import pairwise
from math import log

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.cell import Cell, Explanation, Repair, alternatives
from workbench.investigation.likelihood import student
from workbench.parameters.programmes import Analyte

SLIPS = {1: 0.38, -1: 0.38, 2: 0.08, -2: 0.08, 3: 0.04, -3: 0.04}
"""Places a decimal point moves, with their shares."""

ONE_SAMPLE, ALL_SAMPLES = 0.6, 0.4
"""A slip on one sample, or on all of them."""

MOVED, RETYPED, OTHER_DECIMALS = 0.68, 0.28, 0.04
"""Decimals shown after a slip: those that go with the moved point, the usual ones, others."""

USUAL, UNUSUAL = 0.97, 0.015
"""Decimals shown without one."""

NEEDS_MORE = 0.02
"""A corrected number with more decimals than the laboratory ever writes."""

_FACTOR_SDS = 3.0
"""A factor nearer to 1 than so many SDs of an ordinary ratio is no factor."""


def unit_factor(cell: Cell, analyte: Analyte) -> Explanation | None:
    """All results in another accepted unit, or converted where they should not have been."""
    noise = cell.noise
    near = _FACTOR_SDS * np.sqrt(noise.cv**2 / cell.size + noise.bias_cv**2)
    rows: list[Repair] = []
    for conversion in analyte.unit_conversions:
        factor, offset = float(conversion.factor), float(conversion.offset)
        if abs(log(factor)) <= near and not offset:
            continue
        for y, weight, direction in (
            (cell.value * factor + offset, cell.size * log(factor), 1.0),
            ((cell.value - offset) / factor, -cell.size * log(factor), -1.0),
        ):
            parameters = {"factor": float(1 / factor if direction > 0 else factor)}
            rows.append((y, weight, (), parameters, conversion.unit))
    count = log(max(len(rows), 1))
    packed = alternatives([(y, w - count, s, p, r) for y, w, s, p, r in rows])
    return packed.explained("unit_factor", cell)


def decimal_slip(cell: Cell) -> Explanation | None:
    """The decimal point moved on one sample, or on all."""
    rows: list[Repair] = []
    for k, share in SLIPS.items():
        scale = 10.0**k
        for i in np.flatnonzero(cell.value != 0):
            y = cell.value.copy()
            y[i] /= scale
            weight = log(ONE_SAMPLE / cell.size * share) - k * log(10) + _decimals_tell(cell, int(i), k)
            rows.append((y, weight, (int(i),), {"places": float(k)}, ""))
        if (cell.value != 0).all():
            weight = log(ALL_SAMPLES * share) - cell.size * k * log(10)
            rows.append((cell.value / scale, weight, (), {"places": float(k)}, ""))
    return alternatives(rows).explained("decimal_slip", cell)


def _decimals_tell(cell: Cell, i: int, k: int) -> float:
    """ln of the evidence in the decimals shown."""
    shown, digits = decimals_of(cell.text[i]), cell.text[i].replace(".", "").strip("+-")
    moved = max(cell.usual_decimals - k, 0)
    p = (MOVED if shown == moved else 0.0) + (RETYPED if shown == cell.usual_decimals else 0.0)
    ordinary = USUAL if shown == cell.usual_decimals else UNUSUAL
    tail = len(digits) - len(digits.rstrip("0"))
    wanted = max(shown + k - tail, 0)
    penalty = log(NEEDS_MORE) if wanted > cell.most_decimals else 0.0
    return log(max(p, OTHER_DECIMALS) / ordinary) + penalty


def decimals_of(text: str) -> int:
    """Decimals of a reported number.

    Examples
    --------
    >>> decimals_of("4.50"), decimals_of("12")
    (2, 0)
    """
    return len(text.partition(".")[2])


def digit_transposition(cell: Cell) -> Explanation | None:
    """Two neighbouring digits of one result exchanged."""
    rows: list[Repair] = []
    for i, text in enumerate(cell.text):
        exchanges = transposed(text)
        for other in exchanges:
            y = cell.value.copy()
            y[i] = float(other)
            weight = -log(cell.size * max(len(text.replace(".", "")) - 1, 1))
            rows.append((y, weight, (i,), {}, other))
    return alternatives(rows).explained("digit_transposition", cell)


def transposed(text: str) -> list[str]:
    """Every number that differs by one exchange of neighbouring digits, the decimal point staying.

    Examples
    --------
    >>> transposed("4.52")
    ['5.42', '4.25']
    """
    places = [p for p, c in enumerate(text) if c.isdigit()]
    out = []
    for a, b in pairwise(places):
        if text[a] != text[b]:
            letters = list(text)
            letters[a], letters[b] = letters[b], letters[a]
            out.append("".join(letters))
    return out


def digit_typo(cell: Cell) -> Explanation | None:
    """One digit of one of the two worst results replaced, dropped or doubled.

    Notes
    -----
    The three ways are equally likely, and so are the places and digits of each: a doubled digit has far
    fewer of them than a replaced one.
    """
    worst = np.argsort(-np.abs(cell.value - cell.target) / cell.limit)[:2]
    rows: list[Repair] = []
    for i in worst:
        for ways in retyped(cell.text[int(i)]):
            for other in ways:
                y = cell.value.copy()
                y[i] = float(other)
                rows.append((y, -log(3 * len(ways) * cell.size), (int(i),), {}, other))
    return alternatives(rows).explained("digit_typo", cell)


def retyped(text: str) -> tuple[list[str], list[str], list[str]]:
    """Numbers that become this one when a digit is replaced, dropped or doubled.

    Examples
    --------
    >>> [len(ways) for ways in retyped("7")], retyped("5.55")[2]
    ([9, 18, 0], ['5.5'])
    """
    places = [p for p, c in enumerate(text) if c.isdigit()]
    replaced = {text[:p] + digit + text[p + 1 :] for p in places for digit in _DIGITS if digit != text[p]}
    ends = [*places, places[-1] + 1] if places else []
    dropped = {text[:p] + digit + text[p:] for p in ends for digit in _DIGITS}
    doubled = {text[:p] + text[p + 1 :] for p in places if p and text[p - 1] == text[p]}
    replaced, dropped, doubled = (
        {each for each in ways if each not in ("", text) and not _leads_with_zero(each)}
        for ways in (replaced, dropped, doubled)
    )
    return sorted(replaced), sorted(dropped), sorted(doubled)


_DIGITS = "0123456789"


def _leads_with_zero(text: str) -> bool:
    digits = text.lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()


def rounding_coarse(cell: Cell) -> Explanation | None:
    """All results multiples of a step so large that rounding alone passes the limit."""
    from scipy.special import ndtr

    step = _coarse_step(cell)
    if step is None:
        return None
    sd = np.sqrt(np.diag(cell.covariance))
    up = ndtr((cell.value + step / 2 - cell.target) / sd)
    down = ndtr((cell.value - step / 2 - cell.target) / sd)
    mass = np.log(np.maximum(up - down, 1e-300)).sum()
    density = float(mass - cell.size * log(cell.noise.step))
    return Explanation("rounding_coarse", density, parameters={"step": step}, spread=True)


def _coarse_step(cell: Cell) -> float | None:
    """Largest step 1, 2 or 5 x 10^k that divides all results and is too coarse; None without."""
    top = float(np.abs(cell.value).max())
    if top <= 0 or (cell.value == cell.value[0]).all():
        return None
    for k in range(int(np.ceil(np.log10(top))), -7, -1):
        for lead in (5.0, 2.0, 1.0):
            step = lead * 10.0**k
            if step <= cell.noise.step * 1.5 or step / 2 <= 0.5 * cell.limit.min():
                continue
            if np.abs(cell.value / step - np.rint(cell.value / step)).max() < 1e-6:
                return step
    return None


def range_limits(cell: Cell) -> list[Explanation]:
    """The lowest (highest) results all the same number: the end of the measuring range."""
    out = []
    for cause, sign in (("reporting_floor", 1.0), ("reporting_ceiling", -1.0)):
        order = np.argsort(sign * cell.target, kind="stable")
        value, target = cell.value[order], cell.target[order]
        same = int(np.argmax(np.append(value != value[0], True)))
        if same < 2 or same == cell.size or not (sign * (value[:same] - target[:same]) >= 0).all():
            continue
        rest = order[same:]
        density = student(cell.value[rest], cell.target[rest], cell.covariance[np.ix_(rest, rest)])
        prior = -log(float(np.abs(cell.target).max())) - (same - 1) * log(cell.noise.step)
        places = tuple(sorted(int(i) for i in order[:same]))
        out.append(Explanation(cause, float(density) + prior, places, parameters={"limit": float(value[0])}))
    return out


def copied(cell: Cell, earlier: FloatArray | None) -> list[Explanation]:
    """One number on all samples, or the numbers of the previous round."""
    out = []
    step, top = cell.noise.step, float(np.abs(cell.target).max())
    if cell.size > 1 and (cell.value == cell.value[0]).all():
        out.append(Explanation("copied_within", -log(top) - (cell.size - 1) * log(step), spread=True))
    if earlier is not None and cell.size > 1 and np.array_equal(cell.value, earlier):
        out.append(Explanation("copied_previous_round", -cell.size * log(step), spread=True))
    return out


def dilution_forgotten(cell: Cell) -> Explanation | None:
    """The highest results not multiplied by their dilution."""
    order = np.argsort(-cell.target, kind="stable")
    factors = (2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 50.0, 100.0)
    rows: list[Repair] = []
    for k in range(1, cell.size):
        for factor in factors:
            y = cell.value.copy()
            y[order[:k]] *= factor
            weight = k * log(factor) - log(len(factors) * (cell.size - 1))
            places = tuple(sorted(int(i) for i in order[:k]))
            rows.append((y, weight, places, {"factor": factor}, ""))
    return alternatives(rows).explained("dilution_forgotten", cell)
