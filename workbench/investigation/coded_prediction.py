"""What a laboratory with its kit would answer, from its peers without itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.returns import IntArray
from workbench.investigation.coded_isolates import IsolateDensity
from workbench.investigation.coded_panel import CodedPanel

EVERYBODY, EXPECTED = 4.0, 4.0
"""Answers that the share of all laboratories, and the expected answer, are worth beside those of the own kit."""

FLOOR, NEAR, PER_GRADE = 0.002, 0.02, 1.6
"""Weights of an answer nobody gave, and of a neighbouring grade: NEAR e^(-PER_GRADE |distance|)."""


@dataclass(frozen=True)
class LabView:
    """One laboratory's answers and how likely each of them is, wherever it might belong.

    C markers, n samples, K codes of the panel.

    Attributes
    ----------
    laboratory : position in the panel. code, expected : shape (C, n). tested, wrong : shape (C, n).
    probability : shape (C, n, K), predictive distribution of each cell.
    same : shape (C, n, n), ln p of the answer written at sample i if it belongs to sample j of its marker.
    cross : shape (C, C, n), ln p of the answer at marker a if it belongs to marker b of the same sample.
    anything : shape (C, n), ln p of an answer of which nothing is known; 0 where nothing was tested.
    size : shape (C,), codes each marker can have. misses : shape (C, n), share of the other laboratories that
        answer wrong. kit_misses : the same among laboratories with the kit, answers not given counted in; NaN
        with fewer than three of them.
    isolates : densities of drugs and MICs; None without.
    """

    laboratory: int
    code: ObjectArray
    expected: ObjectArray
    tested: BoolArray
    wrong: BoolArray
    probability: FloatArray
    same: FloatArray
    cross: FloatArray
    anything: FloatArray
    size: IntArray
    misses: FloatArray
    kit_misses: FloatArray
    isolates: IsolateDensity | None

    @cached_property
    def own(self) -> FloatArray:
        """Shape (C, n), ln p of each answer where it stands; 0 where nothing was tested."""
        return np.asarray(np.diagonal(self.same, axis1=1, axis2=2))


@dataclass(frozen=True)
class Predictions:
    """Counts of a panel's answers from which every laboratory's own are taken out again."""

    panel: CodedPanel

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Every code of the panel."""
        panel = self.panel
        found = set(panel.code.ravel()) | set(panel.expected.ravel())
        for marker in panel.markers:
            found |= set(marker.codes) | set(marker.exchange)
        return tuple(sorted(found - {""}))

    @cached_property
    def index(self) -> dict[str, int]:
        """Code -> its place on the last axis."""
        return {code: place for place, code in enumerate(self.codes)}

    @cached_property
    def _answer(self) -> IntArray:
        return self._indexed(self.panel.code)

    @cached_property
    def _target(self) -> IntArray:
        return self._indexed(self.panel.expected)

    def _indexed(self, codes: ObjectArray) -> IntArray:
        places = self.index | {"": -1}
        return np.array([places[code] for code in codes.ravel()], dtype=np.int64).reshape(codes.shape)

    @cached_property
    def alphabet(self) -> BoolArray:
        """Shape (C, K), codes a marker can have: those of its list, expected or answered."""
        out = np.zeros((self.panel.shape[1], len(self.codes)), dtype=bool)
        for c, marker in enumerate(self.panel.markers):
            for grid in (self._answer, self._target):
                found = np.unique(grid[:, c])
                out[c, found[found >= 0]] = True
            for code in marker.codes:
                out[c, self.index[code]] = True
        return out

    def _counts(self, laboratories: BoolArray, column: int) -> FloatArray:
        """Shape (n, K), answers of some laboratories on one marker."""
        chosen = self._answer[laboratories, column]
        hot = chosen[..., None] == np.arange(len(self.codes))
        return np.asarray(hot.sum(axis=0), dtype=np.float64)

    @cached_property
    def _all(self) -> FloatArray:
        everybody = np.ones(self.panel.shape[0], dtype=bool)
        return np.stack([self._counts(everybody, c) for c in range(self.panel.shape[1])])

    @cached_property
    def _kits(self) -> dict[tuple[int, str], FloatArray]:
        panel = self.panel
        return {
            (c, kit): self._counts(panel.kit[:, c] == kit, c)
            for c in range(panel.shape[1])
            for kit in set(panel.kit[:, c].tolist()) - {""}
        }

    def _others(self, laboratory: int, column: int) -> tuple[FloatArray, FloatArray]:
        """Counts of the kit and of all, without the laboratory (all its devices)."""
        panel = self.panel
        own = np.array([code == panel.labs[laboratory] for code in panel.labs], dtype=bool)
        kit = panel.kit[laboratory, column]
        everybody = self._all[column] - self._counts(own, column)
        if not kit:
            return np.zeros_like(everybody), everybody
        return self._kits[column, kit] - self._counts(own & (panel.kit[:, column] == kit), column), everybody

    def probability(self, laboratory: int) -> FloatArray:
        """Shape (C, n, K), predictive distribution of each cell of a laboratory."""
        panel = self.panel
        out = np.empty((panel.shape[1], panel.shape[2], len(self.codes)))
        for c in range(panel.shape[1]):
            kit, everybody = self._others(laboratory, c)
            total = np.maximum(everybody.sum(axis=1, keepdims=True), 1.0)
            weight = kit + EVERYBODY * everybody / total + EXPECTED * self._base(laboratory, c)
            out[c] = weight / (weight * self.alphabet[c]).sum(axis=1, keepdims=True)
        return out

    def _base(self, laboratory: int, column: int) -> FloatArray:
        """Shape (n, K), what is expected before any peer is looked at."""
        target = self._target[laboratory, column]
        base = np.full((len(target), len(self.codes)), FLOOR)
        known = np.flatnonzero(target >= 0)
        base[known, target[known]] += 1.0
        order = self.panel.markers[column].order
        if order:
            grade = np.array([order.get(code, np.nan) for code in self.codes], dtype=float)
            distance = np.abs(grade[None, :] - grade[target[known]][:, None])
            base[known] += np.where(np.isfinite(distance), NEAR * np.exp(-PER_GRADE * distance), 0.0)
        return base

    def _misses(self, laboratory: int) -> tuple[FloatArray, FloatArray]:
        """Shape (C, n) each: share of wrong answers of the others, and of those with the kit."""
        panel = self.panel
        other = np.array([code != panel.labs[laboratory] for code in panel.labs], dtype=bool)
        tested = panel.code != ""
        with np.errstate(invalid="ignore", divide="ignore"):
            general = (panel.wrong[other].sum(axis=0)) / np.maximum(tested[other].sum(axis=0), 1)
            kit = np.full(general.shape, np.nan)
            for c in range(panel.shape[1]):
                peers = other & (panel.kit[:, c] == panel.kit[laboratory, c]) & (panel.kit[:, c] != "")
                if peers.sum() >= 3:
                    lacking = panel.wrong[peers, c] | ~tested[peers, c]
                    kit[c] = lacking.mean(axis=0)
        return general, kit

    @cached_property
    def _isolates(self) -> IsolateDensity | None:
        return IsolateDensity.of(self.panel)

    def view(self, laboratory: int) -> LabView:
        """Everything about one laboratory."""
        panel = self.panel
        answer = self._answer[laboratory]
        tested = answer >= 0
        probability = self.probability(laboratory)
        logs = np.log(probability)
        size = self.alphabet.sum(axis=1)
        unknown = self._target[laboratory] < 0
        logs = np.where(unknown[:, :, None], -np.log(np.maximum(size, 2))[:, None, None], logs)
        column, place = np.arange(panel.shape[1]), np.arange(panel.shape[2])
        same = logs[column[:, None, None], place[None, None, :], answer[:, :, None]]
        cross = logs[:, place[None, :], answer].transpose(1, 0, 2)
        anything = np.repeat(-np.log(np.maximum(size, 2))[:, None], panel.shape[2], axis=1)
        isolates = self._isolates
        if isolates is not None:
            isolates.lay_over(laboratory, same, cross, anything)
        anything = np.where(tested, anything, 0.0)
        same = np.where(tested[:, :, None], same, 0.0)
        cross = np.where(tested[:, None, :], cross, 0.0)
        misses, kit_misses = self._misses(laboratory)
        return LabView(
            laboratory, panel.code[laboratory], panel.expected[laboratory], tested, panel.wrong[laboratory],
            probability, same, cross, anything, np.maximum(size, 2), misses, kit_misses, isolates,
        )  # fmt: skip
