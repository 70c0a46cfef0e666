"""Verdicts that hang on the uncertainty of the target (F38)."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from workbench.evaluation.criteria import FloatArray
from workbench.evaluation.scores import ACTION, Round
from workbench.evaluation.states import Counted

UNSTABLE = 0.2
"""A verdict that flips with a greater probability is counted."""

_NODES = 101
"""Equally likely standard-normal errors of the target that are tried."""
_ON_THE_LIMIT = 1e-9
"""Share of the allowed deviation within which a result lies on the limit, as far as binary numbers can tell."""


def flip_probability(given: Round, count: Counted) -> FloatArray:
    """Return the probability that each analyte verdict is another one within u(x_pt), shape (E,).

    Notes
    -----
    One common standard-normal error g moves the targets of all samples to x_pt + g u(x_pt): the targets
    of one group err together. The allowed deviation stays. Results that are no plain numbers keep their
    signal. Rows that are not graded have probability 0. A result exactly on a limit counts as its signal
    does: inside an inclusive limit, outside any other and outside an action limit of z, whatever the unit.

    Examples
    --------
    A single result half an uncertainty inside its limit flips with probability 1 - Phi(0.5) = 0.31.
    """
    returns, group = given.returns, given.chosen.group
    by_limit = np.array([rule.policy.score == "limit" for rule in given.rules])[returns.analyte]
    reach = np.where(by_limit[:, None], given.targets.error[group], ACTION * given.targets.sigma_score[group])
    mark = np.array([rule.policy.pass_mark for rule in given.rules])[returns.analyte]
    moved = count.graded & (given.cells.state == "scored") & returns.numeric & np.isfinite(reach)
    edge = np.where(by_limit[:, None] & given.targets.inclusive[group], _ON_THE_LIMIT, -_ON_THE_LIMIT)
    reach = np.where(moved, reach * (1.0 + edge), np.inf)
    difference = np.where(moved, returns.value - given.targets.value[group], 0.0)
    u = np.nan_to_num(given.targets.u[group])
    fixed = (count.acceptable & ~moved).sum(axis=1)
    graded = count.graded.sum(axis=1)
    now = 100 * count.acceptable.sum(axis=1) >= mark * graded
    flips = np.zeros(len(graded))
    for node in range(_NODES):
        g = NormalDist().inv_cdf((node + 0.5) / _NODES)
        inside = moved & (np.abs(difference - g * u) <= reach)
        flips += (100 * (fixed + inside.sum(axis=1)) >= mark * graded) != now
    return np.where(graded > 0, flips / _NODES, 0.0)
