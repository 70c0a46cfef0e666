"""Findings: what a reader must know, as rows of data. This file: the rows, and findings on targets.

A finding on a group is written twice: for each laboratory judged by it (organiser_level 0), and once
for the organiser (level 0, no laboratory). A row with an empty laboratory and a level above 0 concerns
everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.evaluation.assigned_values import Materials
from workbench.evaluation.criteria import BoolArray
from workbench.evaluation.decisions import Decided
from workbench.evaluation.group_effects import GroupEffects
from workbench.evaluation.modes import SampleModes
from workbench.evaluation.params import params_text
from workbench.evaluation.patterns import Patterns
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.scores import ACTION, Round, Scores
from workbench.evaluation.stability import UNSTABLE, flip_probability
from workbench.evaluation.states import Counted
from workbench.statistics.target_uncertainty import consensus_uncertainty
from workbench.statistics.thresholds import acceptable_needed, largest_self_included_score

LEVELS: dict[str, tuple[int, int]] = {
    "F01": (2, 2),
    "F02": (3, 3),
    "F03": (2, 2),
    "F04": (3, 3),
    "F05": (2, 3),
    "F06": (2, 2),
    "F07": (0, 3),
    "F08": (1, 2),
    "F09": (3, 3),
    "F10": (2, 2),
    "F11": (3, 3),
    "F12": (2, 2),
    "F13": (1, 1),
    "F14": (2, 2),
    "F15": (0, 2),
    "F16": (1, 1),
    "F17": (2, 2),
    "F18": (2, 2),
    "F19": (0, 1),
    "F20": (2, 3),
    "F21": (3, 3),
    "F22": (0, 2),
    "F23": (1, 1),
    "F24": (2, 2),
    "F25": (2, 2),
    "F26": (3, 3),
    "F28": (1, 1),
    "F32": (1, 0),
    "F34": (0, 1),
    "F35": (2, 2),
    "F36": (2, 2),
    "F37": (2, 2),
    "F38": (0, 3),
    "F39": (0, 2),
    "F42": (0, 3),
    "F43": (1, 0),
    "F44": (1, 0),
    "F45": (3, 3),
    "F46": (1, 1),
}
"""Code -> level for the laboratory's report, level for the organiser's; 0: not shown there."""

Values = Callable[[int, int], dict[str, Any]]


@dataclass(frozen=True)
class Judged:
    """Everything a finding or a sentence may look at."""

    given: Round
    scored: Scores
    count: Counted
    decisions: Decided
    material: Materials
    seen: Patterns
    effects: GroupEffects
    modes: list[SampleModes]
    history: pd.DataFrame


@dataclass
class FindingRows:
    """Findings as they are collected; equal rows are kept once."""

    rows: dict[tuple[str, str, str, str, int, int, str], None] = field(default_factory=dict)

    def add(
        self,
        code: str,
        params: dict[str, Any],
        lab: str = "",
        analyte: str = "",
        sample: str = "",
        only: str = "",
    ) -> None:
        """Add one finding; `only` is "laboratory" or "organiser" where the other does not see the row."""
        level, organiser = LEVELS[code]
        level = 0 if only == "organiser" else level
        organiser = 0 if only == "laboratory" else organiser
        self.rows[lab, analyte, sample, code, level, organiser, params_text(**params)] = None

    def table(self, analytes: Sequence[str], samples: Sequence[str]) -> pd.DataFrame:
        """Programme-wide findings first, then by laboratory, catalogue order, vial order, code."""
        of_analyte = {code: place for place, code in enumerate(("", *analytes))}
        of_sample = {code: place for place, code in enumerate(("", *samples))}
        ordered = sorted(
            self.rows, key=lambda r: (r[0], of_analyte[r[1]], of_sample[r[2]], r[3], r[4], r[5], r[6])
        )
        names = ["lab_code", "analyte", "sample", "code", "level", "organiser_level", "params"]
        return pd.DataFrame(ordered, columns=names)


def per_row(rows: FindingRows, code: str, judged: Judged, mask: BoolArray, values: Values) -> None:
    """One finding per laboratory x analyte where a mask of shape (E, S) holds on every sample that
    counts, else one per sample; for the laboratory only."""
    returns = judged.given.returns
    wanted = np.isin(judged.given.cells.state, ["scored", "late", "censored", "unreadable", "not_scored"])
    for row in np.flatnonzero((mask & wanted).any(axis=1)).tolist():
        lab, analyte = returns.lab_codes[row], returns.analyte_codes[row]
        hit = np.flatnonzero(mask[row] & wanted[row]).tolist()
        if (mask[row] | ~wanted[row]).all():
            rows.add(code, values(row, hit[0]), lab, analyte, only="laboratory")
            continue
        for sample in hit:
            rows.add(code, values(row, sample), lab, analyte, returns.samples[sample], only="laboratory")


def per_group(rows: FindingRows, code: str, judged: Judged, mask: BoolArray, values: Values) -> None:
    """One finding per group that judges somebody, for the organiser; per sample unless all are hit."""
    groups, returns = judged.given.groups, judged.given.returns
    for group in np.unique(judged.given.chosen.group).tolist():
        analyte = returns.analytes[groups.analyte[group]]
        own = {"level": groups.level[group], "group": groups.name[group]}
        hit = np.flatnonzero(mask[group]).tolist()
        places = (
            [("", hit[0])] if hit and len(hit) == mask.shape[1] else [(returns.samples[s], s) for s in hit]
        )
        for name, sample in places:
            rows.add(code, values(group, sample) | own, analyte=analyte, sample=name, only="organiser")


def both(rows: FindingRows, code: str, judged: Judged, mask: BoolArray, values: Values) -> None:
    """A finding on groups (mask of shape (G, S), values by group and sample), for both readers."""
    chosen = judged.given.chosen.group
    per_group(rows, code, judged, mask, values)
    per_row(rows, code, judged, mask[chosen], lambda row, sample: values(int(chosen[row]), sample))


def group_size_findings(judged: Judged, rows: FindingRows) -> None:
    """F01 parent group used, F02 no group large enough."""
    given = judged.given
    groups, chosen, returns = given.groups, given.chosen, given.returns
    takes_consensus = ~given.targets.from_reference[chosen.group]
    present = np.isin(given.cells.state, ["scored", "late", "censored", "unreadable"])
    present |= (given.cells.state == "not_scored") & np.isfinite(given.returns.value)
    fell_back = (chosen.fallback_from != "") & chosen.reached & (takes_consensus & present).any(axis=1)
    seen: dict[tuple[int, int], dict[str, Any]] = {}
    for row in np.flatnonzero(fell_back).tolist():
        group, analyte = int(chosen.group[row]), int(returns.analyte[row])
        params = {
            "n": int(chosen.own_n[row]),
            "n_min": given.rules[analyte].policy.n_min,
            "level": groups.level[group],
            "N": int(given.stats.n[group].min()),
        }
        rows.add("F01", params, returns.lab_codes[row], returns.analyte_codes[row], only="laboratory")
        finest = int(groups.finest[row])
        seen[analyte, finest] = params | {"from_level": groups.level[finest], "group": groups.name[finest]}
    for (analyte, _), params in seen.items():
        rows.add("F01", params, analyte=returns.analytes[analyte], only="organiser")
    too_few = given.targets.reason == "NS-N"
    both(rows, "F02", judged, too_few, lambda group, sample: {"n": int(given.stats.n[group, sample])})


def uncertainty_findings(judged: Judged, rows: FindingRows) -> None:
    """F03 z' and widened limit, F04 target too uncertain, F07 unreachable signal, F09 no spread."""
    given = judged.given
    aims, stats = given.targets, given.stats
    free = aims.reason == ""

    def ratio(group: int, sample: int) -> dict[str, Any]:
        return {"ratio": float(aims.ratio[group, sample])}

    both(rows, "F03", judged, aims.prime & free, ratio)
    both(rows, "F04", judged, aims.reason == "NS-U", ratio)
    unusable = given.spread_unusable & np.isin(aims.reason, ["", "NS-D"])
    both(rows, "F09", judged, unusable, lambda g, s: {"p": 100.0 * float(stats.identical[g, s])})
    own_spread = _claims(given, lambda rule: rule.policy.sigma_pt.kind == "robust_sd")[given.groups.analyte]
    highest = largest_self_included_score(stats.n)
    unreachable = own_spread[:, None] & free & (stats.n >= 2) & (highest < ACTION)
    per_group(
        rows,
        "F07",
        judged,
        unreachable,
        lambda g, s: {"n": int(stats.n[g, s]), "zmax": float(highest[g, s]), "limit": ACTION},
    )


def rule_findings(judged: Judged, rows: FindingRows) -> None:
    """F06 all must be right, F08 sigma_pt of the round itself, F12 limit unverified, F34 early stop."""
    given, count = judged.given, judged.count
    graded = count.graded.sum(axis=1)
    most = np.zeros(len(given.rules), dtype=np.int64)
    np.maximum.at(most, given.returns.analyte, graded)
    strict = {
        analyte: {"k": int(k), "pass": given.rules[analyte].policy.pass_mark}
        for analyte, k in enumerate(most.tolist())
        if all_must_be_right(k, given.rules[analyte].policy.pass_mark)
    }
    _programme_or_analyte(rows, "F06", given, strict)
    for row in np.flatnonzero(graded < most[given.returns.analyte]).tolist():
        analyte = int(given.returns.analyte[row])
        mark = given.rules[analyte].policy.pass_mark
        if analyte not in strict and all_must_be_right(int(graded[row]), mark):
            params = {"k": int(graded[row]), "pass": mark}
            rows.add(
                "F06",
                params,
                given.returns.lab_codes[row],
                given.returns.analyte_codes[row],
                only="laboratory",
            )
    numbered = list(enumerate(given.rules))
    own: dict[int, dict[str, Any]] = {
        a: {} for a, rule in numbered if rule.policy.sigma_pt.kind == "robust_sd"
    }
    _programme_or_analyte(rows, "F08", given, own)
    early: dict[int, dict[str, Any]] = {
        a: {}
        for a, r in numbered
        if r.policy.stop == "three_figures" and r.policy.assigned_value == "algorithm_a"
    }
    _programme_or_analyte(rows, "F34", given, early)
    for rule in given.rules:
        if rule.criterion is not None and not rule.criterion.verified:
            rows.add("F12", {"analyte": rule.code, "document": rule.criterion.document}, analyte=rule.code)


def all_must_be_right(graded: int, pass_mark: float) -> bool:
    """Whether the pass mark leaves no room for one wrong result.

    Examples
    --------
    >>> [all_must_be_right(k, 80) for k in (3, 4, 5, 10)]
    [True, True, False, False]
    """
    return graded > 0 and acceptable_needed(graded, pass_mark) == graded


def _claims(given: Round, holds: Callable[[AnalyteRule], bool]) -> BoolArray:
    """Shape (A,), what holds for each analyte's rule."""
    return np.array([holds(rule) for rule in given.rules], dtype=bool)


def _programme_or_analyte(
    rows: FindingRows, code: str, given: Round, found: dict[int, dict[str, Any]]
) -> None:
    """One row for the programme when all analytes have the same finding, else one per analyte."""
    values = list(found.values())
    if values and len(values) == len(given.rules) and all(each == values[0] for each in values):
        rows.add(code, values[0])
        return
    for analyte, params in found.items():
        rows.add(code, params, analyte=given.returns.analytes[analyte])


def material_findings(judged: Judged, rows: FindingRows) -> None:
    """F10 homogeneity, F11 stability, F20 reference against consensus, F26 withdrawn."""
    given, material = judged.given, judged.material
    analytes, samples = given.returns.analytes, given.returns.samples
    uneven = np.zeros(material.s_s.shape, dtype=bool)
    for group in np.unique(given.chosen.group).tolist():
        uneven[given.groups.analyte[group]] |= given.targets.inhomogeneous[group]
    for a, s in np.argwhere(uneven).tolist():
        rows.add("F10", {"ss": float(material.s_s[a, s])}, analyte=analytes[a], sample=samples[s])
    for a, s in np.argwhere(material.unstable).tolist():
        params = {"sample": samples[s], "treatment": "not_scored"}
        rows.add("F11", params, analyte=analytes[a], sample=samples[s])
    for (analyte, sample), why in judged.decisions.withdrawal.items():
        if analyte in ("", *analytes):
            rows.add("F26", {"item": sample or analyte, "why": why}, analyte=analyte, sample=sample)
    for a, s in np.argwhere(_disagreeing(judged)).tolist():
        difference = float(material.reference[a, s] - given.stats.location[given.groups.widest[a], s])
        rows.add("F20", {"d": difference}, analyte=analytes[a], sample=samples[s])


def _disagreeing(judged: Judged) -> BoolArray:
    """Shape (A, S), reference and consensus of all laboratories differ by more than 2 sqrt(u1^2 + u2^2).

    ISO 13528:2022, 7.8, Formula (7).
    """
    given, material = judged.given, judged.material
    widest = given.groups.widest
    n_min = np.array([rule.policy.n_min for rule in given.rules])
    n = np.where(widest >= 0, given.stats.n[widest].T, 0).T
    u = consensus_uncertainty(given.stats.scale, given.stats.n)[widest]
    both_u = np.hypot(np.nan_to_num(material.u_reference), np.nan_to_num(u))
    with np.errstate(invalid="ignore"):
        apart = np.abs(material.reference - given.stats.location[widest]) > 2.0 * both_u
    return apart & (n >= n_min[:, None])


def distribution_findings(judged: Judged, rows: FindingRows) -> None:
    """F05 several modes, F15 censored share, F23 several methods on processed material, F28 small cells."""
    given = judged.given
    for each in judged.modes:
        if len(each.modes) > 1:
            listed = [
                {"location": float(place), "share": float(share)}
                for place, share in zip(each.modes.location, each.modes.share, strict=True)
            ]
            params = {"m": len(each.modes), "modes": listed, "factor": each.factor}
            rows.add(
                "F05",
                params,
                analyte=given.returns.analytes[each.analyte],
                sample=given.returns.samples[each.sample],
            )
    total = given.stats.n + given.stats.n_censored
    share = given.stats.n_censored / np.maximum(total, 1)
    most = np.array([rule.policy.censored_share_max for rule in given.rules])[given.groups.analyte]
    heavy = share > most[:, None]
    per_group(rows, "F15", judged, heavy, lambda g, s: {"p": 100.0 * float(share[g, s])})
    least = np.array([rule.policy.disclosure_min for rule in given.rules])[given.groups.analyte]
    if ((given.stats.n > 0) & (given.stats.n < least[:, None])).any():
        rows.add("F28", {"n_min": int(least.min())})


def stability_finding(judged: Judged, rows: FindingRows) -> None:
    """F38: verdicts that flip within the uncertainty of the target."""
    unstable = int((flip_probability(judged.given, judged.count) > UNSTABLE).sum())
    if unstable:
        rows.add("F38", {"k": unstable, "p": 100.0 * UNSTABLE})


def commutability_finding(judged: Judged, samples: pd.DataFrame, rows: FindingRows) -> None:
    """F23: several methods met material that is not declared native, fresh or commutable."""
    native = samples["matrix"].str.contains(r"native|fresh|commutable|新鲜|互通|互换", case=False, regex=True)
    methods = {
        (int(a), m)
        for a, m in zip(judged.given.returns.analyte, judged.given.returns.system[:, 0], strict=True)
        if m
    }
    several = len(methods) > len({analyte for analyte, _ in methods})
    if several and not native.all():
        rows.add("F23", {})
