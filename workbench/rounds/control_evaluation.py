"""A month, or everything, of internal quality control evaluated: comparison rows and rule hits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.frames.control import CONTROL_HITS
from workbench.iqc.allowed_errors import AllowedErrors, allowed_errors
from workbench.iqc.comparison import comparison_rows
from workbench.iqc.control_table import ControlTable, control_streams
from workbench.iqc.control_targets import targets_in_force
from workbench.iqc.laboratory_cells import month_number, month_of_day
from workbench.iqc.rule_engine import judge_points
from workbench.parameters import criteria
from workbench.parameters.control_rules import RuleSet
from workbench.parameters.iqc_items import control_analytes
from workbench.parameters.iqc_schemes import ComparisonScheme
from workbench.store import Store
from workbench.store.control_master import control_targets
from workbench.store.control_tables import read_control_table


@dataclass(frozen=True)
class EvaluatedControls:
    """What was found.

    Parameters
    ----------
    rows : CONTROL_COMPARISON. hits : CONTROL_HITS, of the months asked for. points : judged.
    """

    rows: pd.DataFrame
    hits: pd.DataFrame
    points: int


def allowed(scheme: ComparisonScheme) -> AllowedErrors:
    """Allowable errors of every analyte by the scheme's sources."""
    return allowed_errors(control_analytes().values(), scheme.tea, criteria())


def evaluate_controls(
    store: Store, month: str, rules: RuleSet, scheme: ComparisonScheme
) -> EvaluatedControls:
    """Compare and judge.

    Parameters
    ----------
    month : year and month; empty: all. Earlier points are read in any case: rules and cumulative figures need them.
    """
    table = read_control_table(store)
    months = [month_number(month)] if month else []
    rows = comparison_rows(table, scheme, allowed(scheme), months)
    wanted = np.ones(len(table), dtype=bool)
    if months:
        wanted = np.isin(month_of_day(table.day), months)
    hits = rule_hits(table, control_targets(store), rules, wanted)
    return EvaluatedControls(rows, hits, int(wanted.sum()))


def rule_hits(table: ControlTable, targets: pd.DataFrame, rules: RuleSet, wanted: np.ndarray) -> pd.DataFrame:
    """CONTROL_HITS of the points wanted.

    Parameters
    ----------
    wanted : shape (n,), true where a hit is asked for.
    """
    streams = control_streams(table, *targets_in_force(table, targets))
    found = judge_points(streams, rules)
    parts = []
    for line in rules.rules:
        places = np.flatnonzero(found.of(line.name) & wanted)
        parts.append(
            pd.DataFrame(
                {
                    "point_id": table.point[places],
                    "rule": line.name,
                    "action": line.action,
                    "z": streams.z[places],
                }
            )
        )
    hits = pd.concat(parts, ignore_index=True)
    return CONTROL_HITS.checked(hits.sort_values(["point_id", "rule"], ignore_index=True))
