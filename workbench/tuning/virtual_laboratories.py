"""Virtual laboratories: operating characteristics by simulation, where no closed form exists or to check one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.statistics.ragged import group_values
from workbench.statistics.winsorised_mean import algorithm_a_groups
from workbench.tuning.operating import Design, p_pass

_CHUNK = 1 << 15
"""Laboratories simulated at a time: their results stay in the cache."""

ONE_SIDED_95 = 1.65
"""Total error of a laboratory: |bias| + 1.65 SD."""


@dataclass(frozen=True)
class Simulated:
    """Share of virtual laboratories that pass, and its Monte-Carlo standard error."""

    p_pass: float
    standard_error: float
    laboratories: int


def simulate_pass(
    bias: float, sd: float, design: Design, laboratories: int, generator: np.random.Generator
) -> Simulated:
    """Let virtual laboratories of one bias and SD take part in one event.

    Parameters
    ----------
    bias, sd : unit of the design. laboratories : how many.

    Notes
    -----
    Single precision: its error is far below the Monte-Carlo error. Rounded results are exact.
    """
    passed = 0
    for first in range(0, laboratories, _CHUNK):
        size = min(_CHUNK, laboratories - first)
        good = np.zeros(size, dtype=np.uint8)
        shift = np.full(size, bias, dtype=np.float32)
        if design.u_target:
            shift -= np.float32(design.u_target) * generator.standard_normal(size, dtype=np.float32)
        for _ in range(design.samples):
            deviation = generator.standard_normal(size, dtype=np.float32)
            deviation *= np.float32(sd)
            deviation += shift
            good += _inside(deviation, design)
        passed += int(np.count_nonzero(good >= design.needed))
    p = passed / laboratories
    return Simulated(p, float(np.sqrt(max(p * (1 - p), 1 / laboratories) / laboratories)), laboratories)


def _inside(deviation: np.ndarray, design: Design) -> np.ndarray:
    """Whether each deviation is acceptable after rounding."""
    if design.step:
        steps = np.rint((deviation.astype(np.float64) + design.target) / design.step)
        deviation = np.abs(steps * design.step - design.target)
        slack = 1e-9 * design.step * (1 if design.inclusive else -1)
        return np.asarray(deviation <= design.limit + slack)
    np.abs(deviation, out=deviation)
    return np.asarray(deviation <= np.float32(design.limit))


@dataclass(frozen=True)
class Group:
    """A peer group: SD of its laboratories' biases, SD within a laboratory, number of laboratories."""

    bias_sd: float
    sd: float
    peers: int


def simulate_consensus(
    group: Group,
    design: Design,
    rounds: int,
    generator: np.random.Generator,
    *,
    z_limit: float | None = None,
) -> Simulated:
    """Let whole rounds take place: the target is Algorithm A of the group, the laboratory's own result in it.

    Parameters
    ----------
    group : the laboratories. rounds : rounds simulated.
    z_limit : judge by |x - x*| <= z_limit s* instead of the design's limit.

    Notes
    -----
    A robust consensus has no closed form: simulation only.
    """
    peers = group.peers
    passed = total = 0
    per_chunk = max(1, _CHUNK // peers)
    for first in range(0, rounds, per_chunk):
        size = min(per_chunk, rounds - first)
        bias = group.bias_sd * generator.standard_normal((size, 1, peers))
        result = bias + group.sd * generator.standard_normal((size, design.samples, peers))
        codes = np.repeat(np.arange(size * design.samples), peers)
        found = algorithm_a_groups(group_values(result.ravel(), codes, size * design.samples))
        centre = found.location.reshape(size, design.samples, 1)
        limit = design.limit if z_limit is None else z_limit * found.scale.reshape(centre.shape)
        good = (np.abs(result - centre) <= limit).sum(axis=1)
        passed += int(np.count_nonzero(good >= design.needed))
        total += size * peers
    p = passed / total
    return Simulated(p, float(np.sqrt(max(p * (1 - p), 1 / total) / total)), total)


@dataclass(frozen=True)
class RuleErrors:
    """How often a rule is wrong in a population of laboratories.

    Attributes
    ----------
    good : share of laboratories whose total error is within the true limit.
    false_fail : P(fail | good). false_pass : P(pass | not good). NaN where there are none such.
    chance_failures : share of all failures that fall on good laboratories, NaN without failures.
    p_pass : share that passes.
    """

    good: float
    false_fail: float
    false_pass: float
    chance_failures: float
    p_pass: float


def rule_errors(bias: FloatArray, sd: FloatArray, design: Design, true_limit: float) -> RuleErrors:
    """False failures and false passes over a population.

    Parameters
    ----------
    bias, sd : shape (n,), the true bias and SD of each laboratory, for example drawn from a round's own
        spread. true_limit : a laboratory is good when |bias| + 1.65 SD is within it.
    """
    p = p_pass(bias, sd, design)
    good = np.abs(bias) + ONE_SIDED_95 * np.asarray(sd) <= true_limit
    failures = 1 - p

    def mean(values: FloatArray, where: np.ndarray) -> float:
        return float(values[where].mean()) if where.any() else float("nan")

    total = float(failures.sum())
    return RuleErrors(
        good=float(good.mean()),
        false_fail=mean(failures, good),
        false_pass=mean(p, ~good),
        chance_failures=float(failures[good].sum() / total) if total > 0 else float("nan"),
        p_pass=float(p.mean()),
    )
