"""The scores and the groups as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.reported_uncertainty import reported_uncertainty
from workbench.evaluation.scores import Round, Scores
from workbench.evaluation.states import Counted
from workbench.statistics.target_uncertainty import consensus_uncertainty


def scores_table(given: Round, scored: Scores, reason: ObjectArray) -> pd.DataFrame:
    """One row per laboratory x device x analyte x sample."""
    returns, aims, stats, chosen = given.returns, given.targets, given.stats, given.chosen
    rows, samples = returns.shape
    group = chosen.group
    widest = given.groups.widest[returns.analyte]
    hidden = _hidden(given)
    shown_target = ~np.isnan(scored.target)

    def of_group(values: np.ndarray, where: BoolArray | None = None) -> np.ndarray:
        found = values[group]
        return np.asarray(found if where is None else np.where(where, found, np.nan)).ravel()

    columns: dict[str, np.ndarray] = {
        "lab_code": np.repeat(returns.lab_codes, samples),
        "device_id": np.repeat(returns.device, samples),
        "analyte": np.repeat(returns.analyte_codes, samples),
        "sample": np.tile(np.array(returns.samples, dtype=object), rows),
        "raw": returns.raw.ravel(),
        "value": returns.value.ravel(),
        "decimals": returns.decimals.ravel(),
        "censor": returns.censor.ravel(),
        "state": given.cells.state.ravel(),
        "reason": reason.ravel(),
        "in_statistics": _in_statistics(given).ravel(),
        "assigned_value": scored.target.ravel(),
        "u_assigned_value": of_group(aims.u, where=shown_target),
        "assigned_value_method": of_group(aims.method),
        "sigma_pt": of_group(aims.sigma_pt, where=shown_target),
        "allowable_error": np.where(shown_target, aims.error[group], np.nan).ravel(),
        "limit_low": scored.low.ravel(),
        "limit_high": scored.high.ravel(),
        **{
            name: getattr(scored, name).ravel()
            for name in ("difference", "percent_difference", "percent_allowed", "score_kind", "score")
        },
        **{name: values.ravel() for name, values in vars(reported_uncertainty(given, scored)).items()},
        "sdi": scored.sdi.ravel(),
        "percentile": scored.percentile.ravel(),
        "peer_group_level": np.repeat(given.groups.level[group], samples),
        "peer_group": np.repeat(given.groups.name[group], samples),
        "peer_n": of_group(stats.n),
        "robust_mean": of_group(stats.location, where=~hidden[group]),
        "robust_sd": of_group(stats.scale, where=~hidden[group]),
        "cv": of_group(_cv(stats.location, stats.scale), where=~hidden[group]),
        "all_n": stats.n[widest].ravel(),
        "all_robust_mean": np.where(hidden[widest], np.nan, stats.location[widest]).ravel(),
        "signal": scored.signal.ravel(),
        "score_signal": scored.score_signal.ravel(),
        "on_limit": scored.on_limit.ravel(),
    }
    return pd.DataFrame(columns)


def _hidden(given: Round) -> BoolArray:
    """Shape (G, S), groups whose statistics no laboratory may see."""
    least = np.array([given.rules[a].policy.disclosure_min for a in given.groups.analyte])
    return given.stats.n < least[:, None]


def _in_statistics(given: Round) -> BoolArray:
    """Shape (E, S), whether a result took part in the group it stands beside."""
    taking_part = given.stats.taking_part
    out = np.zeros(given.returns.shape, dtype=bool)
    for rung in range(len(given.groups.levels)):
        here = given.groups.group[rung] == given.chosen.group
        out |= taking_part[rung] & here[:, None]
    return out


def _cv(location: FloatArray, scale: FloatArray) -> FloatArray:
    """100 s*/|x*|, NaN where the mean is zero."""
    size = np.abs(location)
    return np.divide(100.0 * scale, size, out=np.full(scale.shape, np.nan), where=size > 0)


def groups_table(given: Round, count: Counted) -> pd.DataFrame:
    """One row per analyte x sample x rung x group, in catalogue and vial order, wide rungs last."""
    stats, aims, groups = given.stats, given.targets, given.groups
    samples = np.array(given.returns.samples, dtype=object)
    total, columns = stats.n.shape
    graded, acceptable = _members(given, count)
    used = np.zeros(stats.n.shape, dtype=bool)
    used[given.chosen.group] = True
    table = pd.DataFrame(
        {
            "analyte": np.repeat(np.array(given.returns.analytes, dtype=object)[groups.analyte], columns),
            "sample": np.tile(samples, total),
            "peer_group_level": np.repeat(groups.level, columns),
            "peer_group": np.repeat(groups.name, columns),
            "n": stats.n.ravel(),
            "n_censored": stats.n_censored.ravel(),
            "robust_mean": stats.location.ravel(),
            "robust_sd": stats.scale.ravel(),
            "cv": _cv(stats.location, stats.scale).ravel(),
            "u": consensus_uncertainty(stats.scale, stats.n).ravel(),
            "estimator": np.repeat(stats.estimator, columns),
            "iterations": stats.iterations.ravel(),
            "degenerate": stats.degenerate.ravel(),
            "assigned_value": aims.value.ravel(),
            "u_assigned_value": aims.u.ravel(),
            "assigned_value_method": aims.method.ravel(),
            "sigma_pt": aims.sigma_pt.ravel(),
            "allowable_error": aims.error.ravel(),
            "n_acceptable": acceptable.ravel(),
            "n_graded": graded.ravel(),
            "used": used.ravel(),
        }
    )
    order = np.lexsort((np.tile(np.arange(columns), total), np.repeat(np.arange(total), columns)))
    by_analyte = np.argsort(np.repeat(groups.analyte, columns)[order], kind="stable")
    return table.iloc[order[by_analyte]]


def _members(given: Round, count: Counted) -> tuple[np.ndarray, np.ndarray]:
    """Graded and acceptable results of the members that returned one, shape (G, S)."""
    sent = np.isin(given.cells.state, ["scored", "censored", "unreadable"])
    out = []
    for counted_cells in (count.graded & sent, count.acceptable & sent):
        total = np.zeros(given.stats.n.shape, dtype=np.int64)
        for rung in range(len(given.groups.levels)):
            member = given.groups.group[rung] >= 0
            np.add.at(total, given.groups.group[rung][member], counted_cells[member].astype(np.int64))
        out.append(total)
    return out[0], out[1]
