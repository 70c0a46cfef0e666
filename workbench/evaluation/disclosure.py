"""Small cells: which groups may be shown, and which others must then be hidden with them."""

from __future__ import annotations

import numpy as np

from workbench.evaluation.criteria import BoolArray
from workbench.evaluation.returns import IntArray
from workbench.evaluation.scores import Round


def disclosed(n: IntArray, minimum: int) -> BoolArray:
    """Return which sibling groups of one rung may be shown beside their total.

    Parameters
    ----------
    n : shape (g,), results of each group; empty groups hide nothing.
    minimum : fewest results of a group that may be shown.

    Notes
    -----
    When the hidden groups together hold fewer results than the minimum, they could be computed from
    the total; the smallest of the shown ones is then hidden too (the first of equals).

    Examples
    --------
    >>> disclosed(np.array([40, 12, 3]), 5).tolist()
    [True, False, False]
    >>> disclosed(np.array([40, 12, 3, 4]), 5).tolist()
    [True, True, False, False]
    """
    shown = n >= minimum
    hidden = int(n[~shown].sum())
    if 0 < hidden < minimum and shown.any():
        candidates = np.flatnonzero(shown)
        shown[candidates[np.argmin(n[candidates])]] = False
    return shown


def disclosed_groups(given: Round) -> BoolArray:
    """Shape (G, S), groups whose statistics may be shown; every rung is judged beside its total."""
    groups, n = given.groups, given.stats.n
    shown = np.zeros(n.shape, dtype=bool)
    for analyte, rule in enumerate(given.rules):
        for level in groups.levels:
            mine = np.flatnonzero((groups.analyte == analyte) & (groups.level == level))
            for sample in range(n.shape[1] if mine.size else 0):
                shown[mine, sample] = disclosed(n[mine, sample], rule.policy.disclosure_min)
    return shown
