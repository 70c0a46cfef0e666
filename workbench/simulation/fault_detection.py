"""How soon planted faults are found, and how often rules cry wolf, beside what theory says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench.iqc.control_table import control_streams
from workbench.iqc.rule_engine import judge_points
from workbench.iqc.run_lengths import KNOWN, RuleChain, mean_delay, rule_chain
from workbench.iqc.streams import BoolArray, FloatArray, IntArray
from workbench.parameters.control_rules import RuleSet
from workbench.simulation.control_year import ControlYear

DETECTION_COLUMNS = (
    "kind",
    "size",
    "series",
    "found",
    "found_share",
    "found_theory",
    "mean_delay",
    "mean_delay_error",
    "delay_theory",
)


def fault_detection(year: ControlYear, rules: RuleSet) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge a simulated year by the lines of a set that look at one material.

    Parameters
    ----------
    year : with its truth. rules : lines of other scopes are left out: theory has nothing independent for them.

    Returns
    -------
    Detection: one row per kind of fault x size; `series` judged, `found` within the fault's days, share and mean delay
    in runs (the first run of the fault is 1) with its standard error, and what theory expects of both.
    False alarms: one row, of points before any fault of their series: points, hits, rate, rate_error, rate_theory.

    Notes
    -----
    Delays are of faults that were found; theory is taken over the same number of runs. Each level is a series of its
    own. A series with two faults at the same time is left out. Theory is NaN for rules it does not know.
    """
    lines = tuple(line for line in rules.rules if line.where == "material")
    alone = rules.model_copy(update={"rules": lines, "gate": "none"})
    streams = control_streams(year.table, year.mean, year.sd)
    hit = judge_points(streams, alone).mask != 0
    names = [line.rule for line in lines]
    strict = (rules.boundary, rules.two_of_three, rules.lot_change) == ("exceeds", "with_current", "restarts")
    chain = rule_chain(names) if set(names) <= KNOWN and strict else None
    faults = _single_faults(year)
    return _detection(year, hit, faults, chain), _false_alarms(year, hit, chain)


def _single_faults(year: ControlYear) -> pd.DataFrame:
    """One row per series x fault that meets no other fault; kind, size, series, from_day, to_day."""
    series = year.table.series.reset_index(names="series")
    truth = year.truth.reset_index(names="fault")
    keys = ["analyte", "instrument", "reagent"]
    own = truth[truth["lab_code"] != ""].merge(series, on=[*keys, "lab_code"])
    shared = truth[truth["lab_code"] == ""].drop(columns="lab_code").merge(series, on=keys)
    every = pd.concat([own, shared], ignore_index=True)[
        ["fault", "kind", "size", "series", "from_day", "to_day"]
    ]
    twice = every.duplicated("series", keep=False)
    return every[~twice].reset_index(drop=True)


def _detection(
    year: ControlYear, hit: BoolArray, faults: pd.DataFrame, chain: RuleChain | None
) -> pd.DataFrame:
    """One row per kind x size."""
    delays = _delays(year, hit, faults)
    rows = []
    for (kind, size), mine in faults.groupby(["kind", "size"]).groups.items():
        own = delays[np.asarray(mine)]
        runs = int((faults.loc[mine, "to_day"] - faults.loc[mine, "from_day"]).max()) + 1
        found = own[own > 0]
        error = found.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.nan
        expected = _expected(chain, str(kind), float(size), runs)
        share, delay = (float(expected.sum()), mean_delay(expected)) if len(expected) else (np.nan, np.nan)
        mean = found.mean() if len(found) else np.nan
        rows.append((kind, size, len(own), len(found), len(found) / len(own), share, mean, error, delay))
    return pd.DataFrame(rows, columns=list(DETECTION_COLUMNS))


def _expected(chain: RuleChain | None, kind: str, size: float, runs: int) -> FloatArray:
    """Probability of the first hit by run; empty without theory."""
    if chain is None:
        return np.zeros(0)
    paths: dict[str, Callable[[int], float]] = {
        "shift": lambda run: size,
        "reagent_lot": lambda run: size,
        "drift": lambda run: size * run,
        "sd_increase": lambda run: 0.0,
    }
    return chain.found_after(paths[kind], size if kind == "sd_increase" else 1.0, runs=runs)


def _delays(year: ControlYear, hit: BoolArray, faults: pd.DataFrame) -> IntArray:
    """Shape (faults,): run of the fault at which the first hit falls, from 1; 0 where there is none."""
    day, code = year.table.day, year.table.code
    edges = np.searchsorted(code, np.arange(len(year.table.series) + 1))
    found = np.zeros(len(faults), dtype=np.intp)
    for k, (series, first, last) in enumerate(
        faults[["series", "from_day", "to_day"]].itertuples(index=False)
    ):
        begin, end = edges[series], edges[series + 1]
        low = begin + np.searchsorted(day[begin:end], first)
        high = begin + np.searchsorted(day[begin:end], last, side="right")
        here = np.flatnonzero(hit[low:high])
        found[k] = here[0] + 1 if len(here) else 0
    return found


def _false_alarms(year: ControlYear, hit: BoolArray, chain: RuleChain | None) -> pd.DataFrame:
    """Hits among points of series that have no fault at all in the year."""
    series = year.table.series
    keys = ["analyte", "instrument", "reagent"]
    faulty = _touched(series, year.truth, keys)
    clean = ~faulty[year.table.code]
    points, hits = int(clean.sum()), int(hit[clean].sum())
    rate = hits / points if points else np.nan
    by_series = np.bincount(year.table.code[clean], hit[clean], len(series))[~faulty]
    counted = np.bincount(year.table.code[clean], minlength=len(series))[~faulty]
    error = by_series.std(ddof=1) * np.sqrt(len(by_series)) / points if len(by_series) > 1 else np.nan
    row: dict[str, Any] = {"series": len(counted), "points": points, "hits": hits, "rate": rate}
    row |= {"rate_error": error, "rate_theory": np.nan if chain is None else chain.false_alarms()}
    return pd.DataFrame([row])


def _touched(series: pd.DataFrame, truth: pd.DataFrame, keys: Sequence[str]) -> BoolArray:
    """Series that any fault touches."""
    own = set(map(tuple, truth.loc[truth["lab_code"] != "", [*keys, "lab_code"]].to_numpy(str)))
    shared = set(map(tuple, truth.loc[truth["lab_code"] == "", list(keys)].to_numpy(str)))
    rows = series[[*keys, "lab_code"]].to_numpy(str)
    return np.array([tuple(row) in own or tuple(row[:-1]) in shared for row in rows], dtype=bool)
