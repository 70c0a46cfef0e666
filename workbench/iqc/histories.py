"""Where the history of a rule begins: the points of one order cut into pieces that do not know each other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from workbench.iqc.streams import BoolArray, ControlStreams, FloatArray, IntArray
from workbench.parameters.control_rules import RuleSet

_CHUNK = 1 << 15
"""Points worked on at a time: their columns fit the processor's cache."""


@dataclass(frozen=True)
class Histories:
    """Points in the order of one scope.

    Parameters
    ----------
    z : shape (n,), SD.
    starts : shape (h,), ascending, first 0: where each history begins.
    places : shape (n,), position of each point in the streams; None when the order is theirs.
    """

    z: FloatArray
    starts: IntArray
    places: IntArray | None = None

    def chunks(self) -> list[tuple[int, int, IntArray]]:
        """Pieces of whole histories: first point, end, and starts counted from the first point."""
        edges = [0]
        n = len(self.z)
        while edges[-1] < n:
            later = int(np.searchsorted(self.starts, edges[-1] + _CHUNK))
            edges.append(int(self.starts[later]) if later < len(self.starts) else n)
        cuts = np.searchsorted(self.starts, edges)
        return [(a, b, self.starts[cuts[k] : cuts[k + 1]] - a) for k, (a, b) in enumerate(pairwise(edges))]

    def at(self, positions: IntArray) -> IntArray:
        """Positions of this order in the streams."""
        return positions if self.places is None else self.places[positions]


def material_histories(streams: ControlStreams, conventions: RuleSet) -> Histories:
    """Points of one material over runs.

    Notes
    -----
    A change of lot, mean or SD begins a new history unless the set says ``continues``. With ``missing_level:
    breaks`` so does a run of the chart in which the material was not measured.
    """
    begins = streams.new_series.copy()
    if conventions.lot_change == "restarts":
        begins |= streams.new_epoch
    if conventions.missing_level == "breaks":
        begins[1:] |= np.diff(streams.run) > 1
    return Histories(streams.z, np.flatnonzero(begins))


def replicate_histories(streams: ControlStreams, conventions: RuleSet) -> Histories:
    """Replicates of one material in one run, whatever the conventions."""
    return Histories(streams.z, np.flatnonzero(streams.new_run))


def across_histories(streams: ControlStreams, conventions: RuleSet) -> Histories:
    """Points of all materials of a chart, run after run, lower levels first.

    Notes
    -----
    The history restarts with the run in which any of the materials has another lot, mean or SD. With
    ``missing_level: breaks`` a run that lacks a material of the chart is a history of its own.
    """
    order = streams.by_run
    run, chart = streams.run[order], streams.chart[order]
    begins = np.ones(len(order), dtype=bool)
    np.not_equal(chart[1:], chart[:-1], out=begins[1:])
    first = np.ones(len(order), dtype=bool)
    np.not_equal(run[1:], run[:-1], out=first[1:])
    if conventions.lot_change == "restarts":
        changed = np.zeros(streams.n_runs, dtype=bool)
        changed[streams.run[streams.new_epoch]] = True
        begins |= first & changed[run]
    if conventions.missing_level == "breaks":
        lacking = _runs_that_lack_a_level(streams)
        after = np.zeros_like(lacking)
        after[1:] = lacking[:-1]
        begins |= first & (lacking | after)[run]
    return Histories(streams.z[order], np.flatnonzero(begins), order)


def _runs_that_lack_a_level(streams: ControlStreams) -> BoolArray:
    """By number of run: fewer materials than the chart has."""
    measured = np.bincount(streams.run[streams.new_run], minlength=streams.n_runs)
    expected = np.ones(streams.n_runs, dtype=np.intp)
    expected[streams.run] = streams.levels[streams.chart]
    return measured < expected


def run_ends(streams: ControlStreams) -> BoolArray:
    """Shape (n,), order of the streams: the last point of each run, by level."""
    order = streams.by_run
    run = streams.run[order]
    last = np.ones(len(order), dtype=bool)
    np.not_equal(run[1:], run[:-1], out=last[:-1])
    found = np.zeros(len(order), dtype=bool)
    found[order] = last
    return found
