"""How much an ordinary laboratory scatters and how far it is biased, read off the round itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.investigation.clean_consensus import MAD_FACTOR, CleanTargets
from workbench.investigation.panel import Panel

FEW_LABORATORIES = 20
"""With fewer laboratories the noise of an analyte is not readable from one round."""

_MIN_BIAS_SHARE = 0.3
"""Biases are at least this share of the within-laboratory CV: a round too small to show them has some."""

_ADDITIVE_SHARE = 0.7
"""SD of additive biases as a share of the additive within-laboratory SD."""

_LEAST_CV = 0.002


@dataclass(frozen=True)
class NoiseModel:
    """One analyte: s_w(T)^2 = (c T)^2 + A^2 + q^2 / 12.

    Attributes
    ----------
    cv : c, as a share of the target. additive : A, analyte's unit. step : reporting step q.
    bias_cv : SD of proportional biases, as a share. bias_additive : of additive ones, analyte's unit.
    laboratories : how many it was read from; few (below 20) make it a guess.
    """

    cv: float
    additive: float
    step: float
    bias_cv: float
    bias_additive: float
    laboratories: int

    def sd(self, target: FloatArray) -> FloatArray:
        """Within-laboratory SD at each target, analyte's unit."""
        return np.sqrt((self.cv * target) ** 2 + self.additive**2 + self.step**2 / 12)

    def covariance(self, target: FloatArray) -> FloatArray:
        """Of an ordinary laboratory's results, shape (n, n): noise, proportional and additive bias."""
        common = self.bias_cv**2 * np.outer(target, target) + self.bias_additive**2
        return np.diag(self.sd(target) ** 2) + common


def noise_models(panel: Panel, targets: CleanTargets) -> tuple[NoiseModel, ...]:
    """The noise of every analyte from one round."""
    return pooled_noise_models([(panel, targets)])


def pooled_noise_models(rounds: Sequence[tuple[Panel, CleanTargets]]) -> tuple[NoiseModel, ...]:
    """The noise of every analyte from all rounds of a programme-year together.

    Parameters
    ----------
    rounds : at least one; all of the same analytes.

    Notes
    -----
    Residuals of the relative deviations from the laboratory's own median, their robust SD for each
    sample, and a weighted line SD^2 = c^2 + (A / T)^2 through those with c, A >= 0.
    """
    analytes = rounds[0][0].shape[1]
    return tuple(_noise_model(rounds, analyte) for analyte in range(analytes))


def _noise_model(rounds: Sequence[tuple[Panel, CleanTargets]], analyte: int) -> NoiseModel:
    """One analyte over the rounds."""
    points, medians, counts = [], [], []
    for panel, targets in rounds:
        target = targets.target[:, analyte]
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = panel.value[:, analyte] / target - 1
        relative[targets.set_aside[:, analyte] | (target == 0)] = np.nan
        samples = relative.shape[1]
        whole = np.isfinite(relative).sum(axis=1) >= min(3, samples)
        if not whole.any():
            continue
        own = np.nanmedian(relative[whole], axis=1)
        residual = (relative[whole] - own[:, None]) * np.sqrt(samples / max(samples - 1.4, 0.6))
        medians.append(own)
        counts.append(int(whole.sum()))
        for sample in range(samples):
            spread = MAD_FACTOR * _median_size(residual[:, sample])
            points.append((float(np.nanmedian(np.abs(target[whole, sample]))), spread))
    rule = rounds[0][0].rules[analyte]
    if not points:
        return NoiseModel(0.02, rule.step, rule.step, 0.01, _ADDITIVE_SHARE * rule.step, 0)
    cv, additive = _line(np.array(points), rule.step)
    biases = np.concatenate(medians)
    shared = (MAD_FACTOR * _median_size(biases - np.median(biases))) ** 2
    n = rounds[0][0].shape[2]
    bias = np.sqrt(max(shared - cv**2 / n, (_MIN_BIAS_SHARE * cv) ** 2))
    return NoiseModel(cv, additive, rule.step, float(bias), _ADDITIVE_SHARE * additive, sum(counts))


def _median_size(values: FloatArray) -> float:
    kept = np.abs(values[np.isfinite(values)])
    return float(np.median(kept)) if kept.size else 0.0


def _line(points: FloatArray, step: float) -> tuple[float, float]:
    """c and A of SD^2 = c^2 + (A / T)^2, rounding taken off first; weights 1 / SD^4, not below zero."""
    level, spread = points[:, 0], points[:, 1]
    square = np.maximum(spread**2 - (step / level) ** 2 / 12, _LEAST_CV**2)
    x = 1 / level**2
    c2, a2 = float(np.median(square)), 0.0
    for _ in range(5):
        weight = 1 / np.maximum(c2 + a2 * x, _LEAST_CV**2) ** 2
        mean_x, mean_y = np.average(x, weights=weight), np.average(square, weights=weight)
        variance = np.average((x - mean_x) ** 2, weights=weight)
        slope = (
            np.average((x - mean_x) * (square - mean_y), weights=weight) / variance if variance > 0 else 0.0
        )
        a2 = max(float(slope), 0.0)
        c2 = float(mean_y - a2 * mean_x)
        if c2 < _LEAST_CV**2:
            c2 = _LEAST_CV**2
            a2 = max(float(np.average(square * x, weights=weight) / np.average(x * x, weights=weight)), 0.0)
    return float(np.sqrt(c2)), float(np.sqrt(a2))
