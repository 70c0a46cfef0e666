"""One programme-round as grids of laboratory x analyte x sample: what an investigation looks at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.evaluation import RoundInputs
from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray, allowable_error, covers, exact
from workbench.evaluation.programme_round import judged_round
from workbench.evaluation.returns import DIMENSIONS, IntArray
from workbench.evaluation.rules import AnalyteRule
from workbench.evaluation.scores import scores
from workbench.evaluation.states import counted


@dataclass(frozen=True)
class Panel:
    """L laboratories (x device), A analytes, n samples in vial order.

    Attributes
    ----------
    rules : one per analyte. labs, devices, samples : codes.
    value : shape (L, A, n), analyte's unit, NaN where there is no plain number.
    text : shape (L, A, n), as sent.
    system : shape (L, A, 4), codes of method, instrument, reagent and calibrator, "" where not enrolled.
    target, limit, u_target : shape (L, A, n), assigned value, allowed deviation and standard uncertainty of
        the assigned value in force, NaN without.
    unacceptable : shape (L, A, n), results that were judged and failed.
    counted : shape (L, A, n), numeric results that were graded: others count for nothing, whatever they are.
    graded, acceptable : shape (L, A), k and a in force.
    late : shape (L,), returned or tested outside the window.
    """

    rules: tuple[AnalyteRule, ...]
    labs: tuple[str, ...]
    devices: tuple[str, ...]
    samples: tuple[str, ...]
    value: FloatArray
    text: ObjectArray
    system: ObjectArray
    target: FloatArray
    limit: FloatArray
    u_target: FloatArray
    unacceptable: BoolArray
    counted: BoolArray
    graded: IntArray
    acceptable: IntArray
    late: BoolArray

    @property
    def shape(self) -> tuple[int, int, int]:
        """(L, A, n)."""
        return self.value.shape[0], self.value.shape[1], self.value.shape[2]

    @property
    def failed(self) -> BoolArray:
        """Shape (L, A), graded below the pass mark."""
        marks = np.array([rule.policy.pass_mark for rule in self.rules])
        return np.asarray((self.graded > 0) & (100 * self.acceptable < marks * self.graded))

    def analyte(self, code: str) -> int:
        """Position of an analyte; KeyError when the panel has none of that code."""
        for position, rule in enumerate(self.rules):
            if rule.code == code:
                return position
        raise KeyError(f"the panel has no analyte {code!r}")

    def laboratory(self, code: str, device: str = "") -> int:
        """Position of a laboratory (x device); KeyError when it is not in the panel."""
        for position, found in enumerate(zip(self.labs, self.devices, strict=True)):
            if found[0] == code and (not device or found[1] == device):
                return position
        raise KeyError(f"the panel has no laboratory {code!r}")


def limits_at(rule: AnalyteRule, targets: FloatArray) -> FloatArray:
    """Allowed deviation at each target, NaN where there is none; any shape, analyte's unit."""
    flat, where = np.unique(np.asarray(targets, dtype=float).ravel(), return_inverse=True)
    found = np.array([_limit(rule, float(target)) for target in flat])
    return found[where].reshape(np.shape(targets)) if flat.size else np.zeros(np.shape(targets))


def _limit(rule: AnalyteRule, target: float) -> float:
    """One limit; kinds that need a group's SD have none here."""
    criterion = rule.criterion
    if criterion is None or not np.isfinite(target) or criterion.kind in ("sd", "qualitative"):
        return float("nan")
    value = exact(target)
    if not covers(criterion, value, rule.analyte.unit):
        return float("nan")
    allowed = allowable_error(criterion, value)
    return float("nan") if allowed is None else float(allowed)


def panel_of(inputs: RoundInputs) -> Panel:
    """Lay a round out for investigation, judged by the rules in force.

    Raises
    ------
    EvaluationError
        as `workbench.evaluation.evaluate` does.
    """
    given, _, _ = judged_round(inputs)
    scored = scores(given)
    count = counted(given.returns, given.cells, scored.signal, given.rules)
    returns = given.returns
    keys = sorted({(int(lab), str(device)) for lab, device in zip(returns.lab, returns.device, strict=True)})
    place = {key: position for position, key in enumerate(keys)}
    row = np.array([place[int(a), str(b)] for a, b in zip(returns.lab, returns.device, strict=True)])
    at = (row, returns.analyte)
    shape = (len(keys), len(given.rules), len(returns.samples))

    def grid(cells: np.ndarray, empty: object, size: tuple[int, ...] = shape) -> np.ndarray:
        out = np.full(size, empty, dtype=cells.dtype)
        out[at] = cells
        return out

    numeric = returns.numeric
    group = given.chosen.group
    late = returns.late_days > 0
    return Panel(
        rules=given.rules,
        labs=tuple(returns.labs[lab] for lab, _ in keys),
        devices=tuple(device for _, device in keys),
        samples=returns.samples,
        value=grid(np.where(numeric, returns.value, np.nan), np.nan),
        text=grid(np.where(numeric, returns.raw, ""), ""),
        system=grid(returns.system, "", (*shape[:2], len(DIMENSIONS))),
        target=grid(scored.target, np.nan),
        limit=grid(given.targets.error[group], np.nan),
        u_target=grid(given.targets.u[group], np.nan),
        unacceptable=grid(count.graded & ~count.acceptable & numeric, False),
        counted=grid(count.graded & numeric, False),
        graded=grid(count.graded.sum(axis=1), 0, shape[:2]),
        acceptable=grid(count.acceptable.sum(axis=1), 0, shape[:2]),
        late=np.array([bool(late[lab]) for lab, _ in keys]),
    )
