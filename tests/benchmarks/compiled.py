"""The compiled floor: Algorithm A in closed-form steps, z and class, as one numba kernel."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit
def algorithm_a_compiled(x: np.ndarray) -> tuple[float, float]:
    """Fixed point of one ascending group; one pass per step."""
    n = x.size
    centre = 0.5 * (x[(n - 1) // 2] + x[n // 2])
    y = x - centre
    scale = 1.483 * np.median(np.abs(y))
    if scale <= 1e-12 * abs(centre):
        return centre, np.nan
    location, start = 0.0, scale
    below, above = -1, -1
    for _ in range(1000):
        low, high = location - 1.5 * scale, location + 1.5 * scale
        nl, nh, total, squares = 0, 0, 0.0, 0.0
        for v in y:
            if v < low:
                nl += 1
            elif v > high:
                nh += 1
            else:
                total += v
                squares += v * v
        if nl == below and nh == above:
            break
        m = n - nl - nh
        pull = 1.5 * (nh - nl) / m if m else 0.0
        divisor = (n - 1) / 1.134**2 - 2.25 * (nl + nh) - m * pull * pull
        if m and divisor > 0:
            below, above = nl, nh
            scale = np.sqrt(max(squares - total * total / m, 0.0) / divisor)
            location = total / m + pull * scale
        else:
            below, above = -1, -1
            mean = (total + nl * low + nh * high) / n
            spread = squares - 2 * mean * total + m * mean * mean
            spread += nl * (low - mean) ** 2 + nh * (high - mean) ** 2
            location, scale = mean, 1.134 * np.sqrt(spread / (n - 1))
        if scale < 1e-9 * start:
            return centre + location, np.nan
    return centre + location, scale


@numba.njit
def score_compiled(values: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """z and class of results in order of groups and values."""
    z = np.empty(values.size)
    signal = np.empty(values.size, dtype=np.int8)
    for g in range(offsets.size - 1):
        start, end = offsets[g], offsets[g + 1]
        if end == start:
            continue
        location, scale = algorithm_a_compiled(values[start:end])
        for i in range(start, end):
            z[i] = (values[i] - location) / scale
            size = abs(z[i])
            signal[i] = (1 if size > 2 else 0) + (1 if size >= 3 else 0)
    return z, signal
