"""Scores that need the uncertainty a laboratory reported: zeta and E_n, and whether it is credible.

They inform; the verdict is the programme's own rule's. An uncertainty that was not reported is never
taken as zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation.assigned_values import COVERAGE
from workbench.evaluation.criteria import BoolArray, FloatArray
from workbench.evaluation.findings import FindingRows, Judged, per_row
from workbench.evaluation.scores import Round, Scores
from workbench.statistics.score_classes import uncertainty_flag
from workbench.statistics.scores import en_score, zeta_score


@dataclass(frozen=True)
class ReportedUncertainty:
    """Shape (E, S), analyte's unit for the first two; NaN where nothing usable was reported.

    Attributes
    ----------
    u_result : standard uncertainty. expanded_u_result : k u with the laboratory's own k, else k = 2.
    zeta_score : also NaN where the result has no z for want of a usable target.
    en_score : also NaN where the assigned value is a consensus of participants.
    """

    u_result: FloatArray
    expanded_u_result: FloatArray
    zeta_score: FloatArray
    en_score: FloatArray


def reported_uncertainty(given: Round, scored: Scores) -> ReportedUncertainty:
    """Zeta and E_n of every cell.

    Notes
    -----
    E_n compares two independent claims of 95 % coverage: U(x) is taken with the k the laboratory states
    (Annex E.4 has k = 1.732 beside 2), U(x_pt) with k = 2. A consensus holds the laboratory's own
    result, so that no E_n is given against one; zeta is, as for z. A target too uncertain to be used
    (NS-U) or of too few results (NS-N) gives neither.

    References
    ----------
    ISO 13528:2022, 9.6.1 Formula (19), 9.7.1 Formula (20).
    """
    returns, aims, group = given.returns, given.targets, given.chosen.group
    u = np.where(returns.numeric & (returns.u_result > 0), returns.u_result, np.nan)
    k = np.where(np.isfinite(returns.coverage_factor), returns.coverage_factor, COVERAGE)
    usable = np.isfinite(scored.difference) & (aims.reason[group] != "NS-U")
    value = np.where(usable, returns.value, np.nan)
    target, u_target = aims.value[group], aims.u[group]
    independent = np.where(aims.from_reference[group], value, np.nan)
    return ReportedUncertainty(
        u_result=u,
        expanded_u_result=k * u,
        zeta_score=np.asarray(zeta_score(value, target, u, u_target)),
        en_score=np.asarray(en_score(independent, target, k * u, COVERAGE * u_target)),
    )


def uncertainty_credibility(judged: Judged, rows: FindingRows) -> None:
    """F43 below the uncertainty of the assigned value, F44 above 1.5 times the robust SD of the group.

    References
    ----------
    ISO 13528:2022, 9.8.
    """
    given, group = judged.given, judged.given.chosen.group
    own = reported_uncertainty(given, judged.scored).u_result
    least = np.array([given.rules[a].policy.disclosure_min for a in given.groups.analyte])
    shown = (given.stats.n >= least[:, None])[group] & np.isfinite(judged.scored.difference)
    u_target, spread = given.targets.u[group], given.stats.scale[group]
    kind = uncertainty_flag(own, u_target, np.where(spread > 0, spread, np.nan))

    def told(code: str, mask: BoolArray, against: FloatArray) -> None:
        per_row(rows, code, judged, mask, lambda e, s: {"ratio": float(own[e, s] / against[e, s])})

    told("F43", (kind == "b") & np.isfinite(judged.scored.difference), u_target)
    told("F44", (kind == "c") & shown, spread)
