"""Fuzzed groups of many kinds, shared by the comparisons with independent packages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from workbench.statistics import Groups, group_values

N_GROUPS = 6000


@dataclass(frozen=True)
class Corpus:
    """The groups as plain arrays and as one ragged structure."""

    plain: list[np.ndarray]
    groups: Groups


def _one(rng: np.random.Generator, kind: int, n: int) -> np.ndarray:
    match kind:
        case 0:
            return rng.normal(size=n)
        case 1:
            return np.round(rng.normal(10.0, 0.3, n), 1)
        case 2:
            return np.round(rng.normal(7.4, 0.02, n), 2)
        case 3:
            return rng.standard_cauchy(n)
        case 4:
            return np.where(rng.random(n) < 0.7, 5.0, np.round(rng.normal(5.0, 1.0, n), 2))
        case 5:
            return rng.lognormal(0.0, 1.5, n)
        case 6:
            return np.where(rng.random(n) < 0.6, rng.normal(0.0, 1.0, n), rng.normal(8.0, 1.0, n))
        case _:
            return np.round(rng.normal(140.0, 2.0, n), 0)


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """6,000 groups of 2 to 40: normal, tied, heavy-tailed, bimodal; a third in tiny or huge units."""
    rng = np.random.default_rng(20260921)
    plain = []
    for k in range(N_GROUPS):
        unit = 10.0 ** int(rng.integers(-12, 13)) if k % 3 == 0 else 1.0
        plain.append(_one(rng, k % 8, int(rng.integers(2, 41))) * unit)
    codes = np.repeat(np.arange(N_GROUPS), [x.size for x in plain])
    order = rng.permutation(codes.size)
    groups = group_values(np.concatenate(plain)[order], codes[order], N_GROUPS)
    return Corpus(plain, groups)
