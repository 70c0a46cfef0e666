"""What earlier rounds, internal control and the other columns of the form add to one cell."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import log

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.evaluation.returns import DIMENSIONS
from workbench.investigation.clean_consensus import N_MIN, CleanTargets, clean_targets
from workbench.investigation.identity_causes import NEIGHBOUR, OtherTargets
from workbench.investigation.noise_model import NoiseModel
from workbench.investigation.number_causes import decimals_of
from workbench.investigation.panel import Panel

CODE_CHANGED, CODE_KEPT = 3.0, -1.5
"""ln of the evidence of last round's code for a wrong one now: it was the other group's, it was the same."""

CODE_CLIP = 3.0

GROUP_APART = 0.5
"""Groups nearer than so many limits on every sample cannot be told apart."""

DRIFT_SHAPE = (0.1, 0.5)
"""Size of a drifting bias two rounds and one round before, as shares of the present one."""


@dataclass(frozen=True)
class Earlier:
    """An earlier round of the same programme, with its clean targets."""

    panel: Panel
    targets: CleanTargets

    @classmethod
    def of(cls, panel: Panel) -> Earlier:
        """Estimate the targets of an earlier round."""
        return cls(panel, clean_targets(panel))

    def row(self, laboratory: str, device: str) -> int | None:
        """Position of a laboratory, None where it did not take part."""
        try:
            return self.panel.laboratory(laboratory, device)
        except KeyError:
            return None


@dataclass(frozen=True)
class ControlEvidence:
    """Internal control of one laboratory x analyte about the time of the round.

    Attributes
    ----------
    bias : mean of the controls against laboratories on the same lot, as a share of the allowed error.
    spread : SD over laboratories of EQA bias minus control bias, same unit.
    shifted : the control series has a change point before the round.
    """

    bias: float
    spread: float
    shifted: bool = False

    def log_factor(self, eqa_bias: float, *, handling: bool) -> float:
        """ln evidence for a true analytical bias, or for handling of the EQA material, against none."""
        if handling:
            return 0.0

        def normal(centre: float) -> float:
            return float(np.exp(-0.5 * ((self.bias - centre) / self.spread) ** 2))

        none = max(normal(0.0), 1e-300)
        return log(max(0.8 * normal(eqa_bias) + 0.2 * none, 1e-300) / none)


def earlier_biases(earlier: list[Earlier], laboratory: str, device: str, code: str) -> list[float]:
    """Median of x/T - 1 over the allowed share, each earlier round that has one, oldest first."""
    out = []
    for each in earlier:
        row = each.row(laboratory, device)
        if row is None or code not in [rule.code for rule in each.panel.rules]:
            continue
        analyte = each.panel.analyte(code)
        bias = relative_bias(
            each.panel.value[row, analyte],
            each.targets.target[row, analyte],
            each.targets.limit[row, analyte],
        )
        if np.isfinite(bias):
            out.append(bias)
    return out


def relative_bias(value: FloatArray, target: FloatArray, limit: FloatArray) -> float:
    """Median relative deviation over the median relative limit; NaN without results."""
    good = np.isfinite(value) & np.isfinite(limit) & (target != 0)
    if not good.any():
        return float("nan")
    share = np.median(limit[good] / np.abs(target[good]))
    return float(np.median(value[good] / target[good] - 1) / share)


def drift_evidence(before: list[float], now: float, noise: NoiseModel, share: float) -> float | None:
    """ln evidence of a drift against no earlier bias; None without two earlier rounds of one sign.

    Parameters
    ----------
    before : biases of earlier rounds, oldest first, in allowed shares. now : of this round.
    share : allowed deviation as a share of the target.
    """
    if len(before) < 2 or not all(np.sign(each) == np.sign(now) for each in before[-2:]):
        return None
    width = 1.6 * max(1.3 * noise.bias_cv / share, 0.1)
    total = 0.0
    for found, shape in zip(before[-2:], DRIFT_SHAPE, strict=True):
        total += -0.5 * ((found - shape * now) / width) ** 2 + 0.5 * (found / width) ** 2
    return total


def decimals(panel: Panel, row: int, analyte: int) -> tuple[int, int]:
    """Decimals a laboratory mostly and at most reports; ties go to the programme's own."""
    found = [decimals_of(text) for text in panel.text[row, analyte] if text]
    own = panel.rules[analyte].analyte.decimals or 0
    if not found:
        return own, own
    counts = Counter(found)
    usual = max(counts, key=lambda d: (counts[d], d == own))
    return usual, max(found)


def other_columns(
    panel: Panel,
    targets: CleanTargets,
    noises: tuple[NoiseModel, ...],
    place: tuple[int, int],
    kept: list[int],
) -> list[OtherTargets]:
    """Targets of the other analytes for this laboratory on the samples it reported.

    Parameters
    ----------
    place : laboratory and analyte. kept : positions of the samples.
    """
    row, analyte = place
    out = []
    for other, noise in enumerate(noises):
        found = targets.target[row, other, kept]
        if other != analyte and np.isfinite(found).all() and (found != 0).all():
            weight = log(NEIGHBOUR) if abs(other - analyte) == 1 else 0.0
            out.append(OtherTargets(panel.rules[other].code, found, noise, weight))
    return out


def other_groups(
    panel: Panel, targets: CleanTargets, noise: NoiseModel, place: tuple[int, int], earlier: Earlier | None
) -> list[OtherTargets]:
    """The other groups of the rung that gives this laboratory its target, with the evidence of codes."""
    row, analyte = place
    rung = int(targets.rung[row, analyte])
    if rung < 0 or not targets.groups[analyte][rung].rung:
        return []
    groups = targets.groups[analyte][rung]
    own = int(groups.code[row])
    kept = np.isfinite(panel.value[row, analyte]) & np.isfinite(targets.limit[row, analyte])
    out = []
    for group in np.flatnonzero(groups.n >= N_MIN):
        if group == own:
            continue
        apart = np.abs(groups.target[group] - groups.target[own]) / targets.limit[row, analyte]
        if not (apart[kept] > GROUP_APART).any():
            continue
        weight = _reagents_tell(panel, groups.rung, groups.code, (row, analyte), (own, int(group)))
        weight += _last_code_tells(panel, earlier, place, groups.rung, groups.names[group])
        out.append(OtherTargets(groups.names[group], groups.target[group][kept], noise, weight))
    return out


def _reagents_tell(
    panel: Panel, rung: tuple[str, ...], code: np.ndarray, place: tuple[int, int], pair: tuple[int, int]
) -> float:
    """ln of how common this laboratory's reagent is in the other group against its own."""
    row, analyte = place
    if "reagent" in rung:
        return 0.0
    reagent = panel.system[:, analyte, DIMENSIONS.index("reagent")]
    same = (reagent == reagent[row]) & (reagent != "")
    same[row] = False
    own, other = (int((same & (code == group)).sum()) for group in pair)
    return float(np.clip(log((other + 0.5) / (own + 0.5)), -CODE_CLIP, CODE_CLIP))


def _last_code_tells(
    panel: Panel, earlier: Earlier | None, place: tuple[int, int], rung: tuple[str, ...], name: str
) -> float:
    """ln of the evidence of the code registered in the last round."""
    row, analyte = place
    code = panel.rules[analyte].code
    if earlier is None or code not in [rule.code for rule in earlier.panel.rules]:
        return 0.0
    before = earlier.row(panel.labs[row], panel.devices[row])
    if before is None:
        return 0.0
    columns = [DIMENSIONS.index(dimension) for dimension in rung]
    last = "|".join(earlier.panel.system[before, earlier.panel.analyte(code)][columns])
    now = "|".join(panel.system[row, analyte][columns])
    if last == name:
        return CODE_CHANGED
    return CODE_KEPT if last == now else 0.0
