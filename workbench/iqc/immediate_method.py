"""Immediate method: the first 3 to 20 values of a control material, before it has a mean and SD of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from workbench.statistics.outliers import grubbs_critical

FIRST, LAST = 3, 20
"""Values from which and up to which it is used; then the material has 20 values and a chart."""
WARNING_LEVEL, REJECTION_LEVEL = 0.05, 0.01
"""Levels of the one-sided Grubbs limits known as n2s and n3s."""


@dataclass(frozen=True)
class ImmediateStep:
    """One value judged with those before it.

    Parameters
    ----------
    position : of the value, from 1. n : values judged together.
    mean, sd : of these. upper, lower : (largest - mean)/sd and (mean - smallest)/sd.
    n2s, n3s : limits at this n; NaN below three values.
    state : ``collecting``, ``in_control``, ``warning``, ``out_of_control``, or ``chart`` beyond 20 values.
    """

    position: int
    n: int
    mean: float
    sd: float
    upper: float
    lower: float
    n2s: float
    n3s: float
    state: str


@lru_cache(maxsize=64)
def immediate_limits(n: int) -> tuple[float, float]:
    """Limits n2s and n3s: one-sided Grubbs at 5 % and 1 %.

    Parameters
    ----------
    n : values, 3 to 20.

    Notes
    -----
    A table in wide use prints 2.18 and 2.41 at n = 10; some copies of it are off by 0.02 there. Computed here.

    Examples
    --------
    >>> [tuple(round(limit, 2) for limit in immediate_limits(n)) for n in (3, 10, 20)]
    [(1.15, 1.15), (2.18, 2.41), (2.56, 2.88)]
    """
    return (
        grubbs_critical(n, WARNING_LEVEL, sides="one"),
        grubbs_critical(n, REJECTION_LEVEL, sides="one"),
    )


def immediate_method(values: ArrayLike, step: float = 0.0) -> tuple[ImmediateStep, ...]:
    """Judge the first values of a material one after the other.

    Parameters
    ----------
    values : shape (n,), oldest first, unit of the analyte, without NaN.
    step : reporting step of the analyte (0.01 for two decimals): the SD is taken to be at least this.

    Returns
    -------
    One step a value.

    Notes
    -----
    - A value that is out of control is left out of what follows, as it is measured again; a warning stays in.
    - On a limit is inside it. Equal values (SD zero) are in control.
    - Three values cannot tell much: their limits are 1.153 and 1.155, and two equal values with a third beside them
      always give 1.1547. `step` keeps a difference of one last digit from being out of control.

    References
    ----------
    Grubbs FE. Technometrics 1969;11:1-21; the method's Chinese name is 即刻性质控法 (即刻法).

    Examples
    --------
    >>> [step.state for step in immediate_method([5.0, 5.1, 5.05, 5.0, 9.0])]
    ['collecting', 'collecting', 'in_control', 'in_control', 'out_of_control']
    """
    kept: list[float] = []
    steps = []
    for position, value in enumerate(np.asarray(values, dtype=np.float64).ravel().tolist(), start=1):
        judged = _judged(position, [*kept, value], step)
        steps.append(judged)
        if judged.state != "out_of_control":
            kept.append(value)
    return tuple(steps)


def _judged(position: int, seen: list[float], step: float) -> ImmediateStep:
    """The newest of some values judged with the others."""
    n = len(seen)
    x = np.array(seen)
    mean = float(x.mean())
    sd = max(float(x.std(ddof=1)), step) if n > 1 else np.nan
    upper, lower = (float(x.max()) - mean, mean - float(x.min())) if n > 1 else (np.nan, np.nan)
    if n > 1 and sd > 0:
        upper, lower = upper / sd, lower / sd
    else:
        upper = lower = 0.0 if n > 1 else np.nan
    if n < FIRST:
        return ImmediateStep(position, n, mean, sd, upper, lower, np.nan, np.nan, "collecting")
    if n > LAST:
        return ImmediateStep(position, n, mean, sd, upper, lower, np.nan, np.nan, "chart")
    n2s, n3s = immediate_limits(n)
    farthest = max(upper, lower)
    state = "in_control"
    if farthest > n2s:
        state = "out_of_control" if farthest > n3s else "warning"
    return ImmediateStep(position, n, mean, sd, upper, lower, n2s, n3s, state)
