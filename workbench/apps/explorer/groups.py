"""View 3: method, then instrument, then reagent, each group with n, robust mean, CV and its distance from the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.apps.explorer.naming import Naming, table, words
from workbench.apps.explorer.state import Opened
from workbench.display import Cell, Table
from workbench.parameters.policy import CODED_POLICY
from workbench.statistics.ragged import group_values
from workbench.statistics.winsorised_mean import algorithm_a_groups
from workbench.wording import MISSING, printed

TREE = ("method", "instrument", "reagent")
_INDENT = "\N{IDEOGRAPHIC SPACE}"


@dataclass(frozen=True)
class TreeNode:
    """One group of the tree.

    Attributes
    ----------
    codes : of method, instrument, reagent as far as the node goes; () for all laboratories.
    n : results in the statistics. robust_mean, robust_sd : analyte's unit, NaN without.
    percent_difference : robust mean against the members' mean target, %.
    percent_of_all : against the robust mean of all laboratories, %.
    acceptable : share of the members' graded results that are acceptable, NaN without.
    """

    codes: tuple[str, ...]
    n: int
    robust_mean: float
    robust_sd: float
    percent_difference: float
    percent_of_all: float
    acceptable: float


def group_tree(opened: Opened, analyte: str, sample: str) -> tuple[TreeNode, ...]:
    """All laboratories, then each method with its instruments with their reagents, large groups first.

    Notes
    -----
    Groups of every rung are estimated by Algorithm A, whether the programme's ladder uses them or not; devices of
    one laboratory count one by one. A device without a registered method, instrument or reagent leaves the tree there.

    References
    ----------
    ISO 13528:2022, 7.7 and C.3.1.
    """
    scores = opened.evaluation.scores
    mine = scores[(scores["analyte"] == analyte) & (scores["sample"] == sample)]
    keys = ["lab_code", "device_id", "analyte"]
    members = mine.merge(opened.inputs.enrolments[[*keys, *TREE]], on=keys, how="left")
    centre = _robust_means(members, ())
    nodes: list[TreeNode] = []
    _add(nodes, members, (), float(centre.get((), (np.nan,))[0]))
    return tuple(nodes)


def _robust_means(members: pd.DataFrame, rung: tuple[str, ...]) -> dict[tuple[str, ...], tuple[float, float]]:
    """Robust mean and SD of every group of a rung."""
    used = members[members["in_statistics"]]
    names = [tuple(row) for row in used[list(rung)].itertuples(index=False)] if rung else [()] * len(used)
    found = {name: place for place, name in enumerate(dict.fromkeys(names))}
    codes = np.array([found[name] for name in names], dtype=np.int64)
    estimates = algorithm_a_groups(group_values(used["value"].to_numpy(), codes, max(len(found), 1)))
    return {
        name: (float(estimates.location[place]), float(estimates.scale[place]))
        for name, place in found.items()
    }


def _add(nodes: list[TreeNode], members: pd.DataFrame, codes: tuple[str, ...], whole: float) -> None:
    """The node of some members, then its children by size."""
    mean, sd = _robust_means(members, ()).get((), (np.nan, np.nan))
    target = float(members.loc[members["in_statistics"], "assigned_value"].mean())
    graded = members[members["signal"] != "not_scored"]
    nodes.append(
        TreeNode(
            codes,
            int(members["in_statistics"].sum()),
            mean,
            sd,
            100 * (mean - target) / target if target else np.nan,
            100 * (mean - whole) / whole if whole else np.nan,
            float((graded["signal"] != "action").mean()) if len(graded) else np.nan,
        )
    )
    if len(codes) == len(TREE):
        return
    named = members[members[TREE[len(codes)]].fillna("") != ""]
    children = [(str(code), part) for code, part in named.groupby(TREE[len(codes)], sort=True)]
    for code, part in sorted(children, key=lambda child: -len(child[1])):
        _add(nodes, part, (*codes, code), whole)


def tree_table(naming: Naming, analyte: str, sample: str) -> Table:
    """The tree as a table, groups below the programme's minimum grey."""
    if naming.hides(analyte):
        hidden = (Cell(words("hidden", naming.locale)),)
        return table("tree", naming.locale, ("group",), [hidden], **_place(naming, analyte, sample))
    policy = naming.opened.programme.policy(analyte) or CODED_POLICY
    rows = []
    for node in group_tree(naming.opened, analyte, sample):
        tone = "not_scored" if node.n < policy.n_min else ""
        cv = 100 * node.robust_sd / node.robust_mean if node.robust_mean else np.nan
        numbers = (
            str(node.n),
            naming.number(analyte, node.robust_mean),
            naming.fixed(cv, 1),
            naming.fixed(node.percent_difference, 1, signed=True),
            naming.fixed(node.percent_of_all, 1, signed=True),
            MISSING if np.isnan(node.acceptable) else printed(100 * node.acceptable, 0),
        )
        name = Cell(_INDENT * len(node.codes) + _name(naming, node), bold=len(node.codes) < 2, tone=tone)
        rows.append((name, *(Cell(number, tone=tone) for number in numbers)))
    keys = (
        "group",
        "n:right",
        "robust_mean:right",
        "cv:right",
        "difference:right",
        "of_all:right",
        "rate:right",
    )
    return table("tree", naming.locale, keys, rows, **_place(naming, analyte, sample, policy.n_min))


def _place(naming: Naming, analyte: str, sample: str, n_min: int = 0) -> dict[str, object]:
    unit = naming.unit(analyte)
    return {"item": naming.item(analyte) + (f" ({unit})" if unit else ""), "sample": sample, "n_min": n_min}


def _name(naming: Naming, node: TreeNode) -> str:
    """The last code of a node in words."""
    if not node.codes:
        return words("all_laboratories", naming.locale)
    return naming.systems.of(TREE[len(node.codes) - 1], node.codes[-1])
