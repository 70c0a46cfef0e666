"""Causes that touch several markers of a laboratory: its samples, its columns, its strips."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import log

import numpy as np

from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.investigation.coded_explanations import ordered_density, orders, put_back, swaps
from workbench.investigation.coded_marker_causes import Single
from workbench.investigation.coded_panel import CodedPanel, is_right
from workbench.investigation.coded_prediction import LabView, Predictions

EXTRA = 0.9
"""Probability that what was in the sample before is found in the next."""

NEIGHBOUR = 2.0
"""A neighbouring column of the form is so many times as likely to be taken as another one."""

PADS = 3
"""Fewest pads that must read low together."""

STRIP_STEPS = (1, 2)
"""Grades by which pads of a weak strip may read low."""


@dataclass(frozen=True)
class Shared:
    """One hypothesis about several markers.

    Attributes
    ----------
    cause : its name. touched : shape (C,), markers it speaks of. density : shape (C,), ln p of each of those
        markers' answers. weight : ln of its share among the alternatives of its cause.
    repaired : shape (C, n), answers as they would be. samples, parameters, reading : what fills its sentence.
    """

    cause: str
    touched: BoolArray
    density: FloatArray
    weight: float
    repaired: ObjectArray
    samples: tuple[int, ...] = ()
    parameters: dict[str, float] = field(default_factory=dict)
    reading: str = ""


def shared_causes(panel: CodedPanel, predictions: Predictions, view: LabView) -> list[Shared]:
    """Every alternative of every cause of several markers."""
    return [
        *_out_of_order(panel, view),
        *_columns_exchanged(panel, view),
        *_columns_shifted(panel, view),
        *_carried_over(panel, view),
        *_weak_strips(panel, predictions, view),
    ]


def _out_of_order(panel: CodedPanel, view: LabView) -> list[Shared]:
    """Samples exchanged or shifted in all analytes."""
    tested = [int(i) for i in np.flatnonzero(view.tested.any(axis=0))]
    names = {
        name: name if len(panel.analytes) == 1 else f"{name}_panel"
        for name in ("sample_swap", "shifted_order")
    }
    out = []
    for cause, source, weight, size in (*swaps(view.code.shape[1], tested), *orders(view.code.shape[1])):
        density = ordered_density(view.same, view.anything, source)
        repaired = put_back(view.code, source)
        moved = tuple(i for i, j in enumerate(source) if i != j) if cause == "sample_swap" else ()
        touched = np.asarray((repaired != view.code).any(axis=1), dtype=bool)
        if view.isolates is not None:
            # MICs move with their sample also where the categories happen to be the same.
            touched[list(view.isolates.columns)] = True
        out.append(Shared(names[cause], touched, density, weight, repaired, moved, size))
    return out


def _alike(panel: CodedPanel, one: int, other: int) -> bool:
    """Whether the answers of two markers could stand in each other's column."""
    return panel.markers[one].result_type == panel.markers[other].result_type


def _columns_exchanged(panel: CodedPanel, view: LabView) -> list[Shared]:
    """Two columns exchanged, or one copied into the other's place."""
    columns = panel.shape[1]
    tested: BoolArray = np.asarray(view.tested.any(axis=1), dtype=bool)
    out: list[Shared] = []
    for a in range(columns):
        total = sum(NEIGHBOUR if abs(a - b) == 1 else 1.0 for b in range(columns) if b != a)
        for b in range(a + 1, columns):
            if not (tested[a] or tested[b]) or not _alike(panel, a, b):
                continue
            if not (view.wrong[a].any() or view.wrong[b].any()):
                continue
            weight = log((NEIGHBOUR if b - a == 1 else 1.0) / total)
            out.append(_exchange_of(view, (a, b), weight, panel))
    return out


def _exchange_of(view: LabView, pair: tuple[int, int], weight: float, panel: CodedPanel) -> Shared:
    a, b = pair
    density = np.zeros(view.code.shape[0])
    density[a], density[b] = view.cross[a, b].sum(), view.cross[b, a].sum()
    touched = np.zeros(len(density), dtype=bool)
    touched[[a, b]] = True
    repaired = view.code.copy()
    repaired[[a, b]] = view.code[[b, a]]
    reading = "|".join(panel.name(c) for c in pair)
    return Shared("wrong_column", touched, density, weight, repaired, (), {}, reading)


def _columns_shifted(panel: CodedPanel, view: LabView) -> list[Shared]:
    """From some column on every answer stands one column off."""
    columns = panel.shape[1]
    if columns < 3 or not all(_alike(panel, 0, c) for c in range(1, columns)):
        return []
    out = []
    starts = range(columns - 2)
    for step in (1, -1):
        for start in starts:
            # The column of which an answer is: one before or after, from the start on.
            source = np.arange(columns)
            source[start:] += -step
            source[source >= columns] = -1
            source[start] = -1 if step == 1 else source[start]
            out.append(_shift_of(view, source, -log(2.0 * len(starts)), step))
    return out


def _shift_of(view: LabView, source: np.ndarray, weight: float, step: int) -> Shared:
    """Density of a shift of columns; answers of no column are anything, or one code filled down."""
    density = np.zeros(len(source))
    repaired = np.full(view.code.shape, "", dtype=object)
    for c, of in enumerate(source.tolist()):
        if of >= 0:
            density[c] = view.cross[c, of].sum()
            repaired[of] = view.code[c]
        else:
            filled = len(set(view.code[c][view.tested[c]].tolist())) <= 1
            density[c] = np.logaddexp(
                view.anything[c].sum(), -log(view.size[c]) if filled else -np.inf
            ) - log(2)
    touched = np.asarray(source != np.arange(len(source)))
    return Shared("column_shift", touched, density, weight, repaired, (), {"places": float(step)})


def _carried_over(panel: CodedPanel, view: LabView) -> list[Shared]:
    """One sample has what was in the sample before as well."""
    sided = [c for c, m in enumerate(panel.markers) if m.sides and not m.order]
    n = view.code.shape[1]
    out = []
    for i in range(1, n):
        hit = [
            c
            for c in sided
            if view.tested[c, i] and _is_positive(panel, c, view.expected[c, i - 1])
            and not _is_positive(panel, c, view.expected[c, i])
        ]  # fmt: skip
        found = [c for c in hit if _is_positive(panel, c, view.code[c, i]) and view.wrong[c, i]]
        if not found:
            continue
        density, repaired = np.zeros(panel.shape[1]), view.code.copy()
        touched = np.zeros(panel.shape[1], dtype=bool)
        touched[hit] = True
        for c in hit:
            density[c] = view.own[c].sum() - view.own[c, i] + log(EXTRA if c in found else 1 - EXTRA)
            repaired[c, i] = view.expected[c, i]
        out.append(Shared("carry_over", touched, density, -log(n - 1.0), repaired, (i,)))
    return out


def _is_positive(panel: CodedPanel, column: int, code: str) -> bool:
    return panel.markers[column].sides.get(code) in ("positive", "weak")


def _weak_strips(panel: CodedPanel, predictions: Predictions, view: LabView) -> list[Shared]:
    """Several pads low together: each pad low or ordinary, even odds."""
    pads = [c for c, m in enumerate(panel.markers) if m.order and m.sides and view.tested[c].any()]
    if len(pads) < PADS:
        return []
    out = []
    for steps in STRIP_STEPS:
        density, repaired = np.zeros(panel.shape[1]), view.code.copy()
        touched = np.zeros(panel.shape[1], dtype=bool)
        low_pads = 0
        for c in pads:
            single = Single(panel, predictions, view, c)
            low, fixed = _pad_low(single, steps)
            own = float(view.own[c].sum())
            density[c] = np.logaddexp(low, own) - log(2.0)
            touched[c] = True
            if low > own:
                repaired[c] = fixed
                low_pads += 1
        if low_pads >= PADS:
            out.append(
                Shared(
                    "weak_strips",
                    touched,
                    density,
                    -log(len(STRIP_STEPS)),
                    repaired,
                    (),
                    {"steps": float(steps)},
                )
            )
    return out


def _pad_low(single: Single, steps: int) -> tuple[float, ObjectArray]:
    """ln p of a pad's answers when its positives read so many grades low; the answers without that."""
    codes = sorted(single.marker.order, key=lambda code: single.marker.order[code])
    place = {code: k for k, code in enumerate(codes)}

    def low(seen: str) -> str:
        return codes[max(place[seen] - steps, 0)] if seen in place else seen

    positive = [i for i in single.tested if single.side(single.expected[i]) == "positive"]
    rest = [i for i in single.tested if i not in positive]
    fixed = single.code.copy()
    for i in positive:
        code = single.code[i]
        fixed[i] = codes[min(place[code] + steps, len(codes) - 1)] if code in place else code
    if not positive:
        return -np.inf, fixed
    return single.mapped(low, positive) + float(single.own[rest].sum()), fixed


def put_right(shared: Shared, panel: CodedPanel, view: LabView) -> int:
    """Wrong answers that a hypothesis about several markers puts right, less those it makes wrong."""
    columns = np.flatnonzero(shared.touched)
    tested = view.tested[columns] & (shared.repaired[columns] != "")
    before = ~is_right(panel, view.laboratory, view.code[columns], columns)
    after = ~is_right(panel, view.laboratory, shared.repaired[columns], columns)
    return int((before & view.tested[columns]).sum()) - int((after & tested).sum())
