"""Freeze rounds of one programme into an archive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from workbench.errors import EvaluationError, Problem
from workbench.evaluation import RoundInputs
from workbench.evaluation.assigned_values import Materials, materials
from workbench.evaluation.criteria import Reported
from workbench.evaluation.decisions import Decided, decided
from workbench.evaluation.returns import DIMENSIONS, Returns, natural_order, returns_of
from workbench.evaluation.rules import AnalyteRule, analyte_rules
from workbench.evaluation.states import states
from workbench.tuning.archive import (
    CENSORED,
    ENROLLED,
    EXCLUDED,
    EXCUSED,
    LATE,
    NUMERIC,
    REPORTED,
    STATES,
    Archive,
    ByteArray,
)


@dataclass(frozen=True)
class _Laid:
    """One round as arrays, before it is put beside the others."""

    returns: Returns
    decisions: Decided
    material: Materials
    levels: dict[str, str]


def freeze(rounds: Sequence[RoundInputs]) -> Archive:
    """Freeze rounds of one programme.

    Parameters
    ----------
    rounds : at least one, in any order; the rules in force are those of the newest.

    Returns
    -------
    Archive with the rounds oldest first.

    Raises
    ------
    EvaluationError
        when there is no round, a round is given twice, or they are not of one programme.

    Notes
    -----
    The reported text is dropped: what a float cannot give back digit for digit is kept as a decimal.
    """
    ordered = sorted(rounds, key=lambda each: natural_order(each.round_code))
    codes = tuple(each.round_code for each in ordered)
    if len({each.programme.programme_no for each in ordered}) != 1 or len(set(codes)) != len(codes):
        raise EvaluationError(
            "An archive holds different rounds of one programme.",
            [Problem("freeze each programme by itself")],
        )
    newest = ordered[-1]
    rules = analyte_rules(newest.programme, newest.criteria)
    analytes = tuple(rule.code for rule in rules)
    laid = [_laid(each, analytes) for each in ordered]
    return _joined(newest.programme.programme_no, rules, codes, laid)


def _laid(inputs: RoundInputs, analytes: tuple[str, ...]) -> _Laid:
    """Returns, decisions and materials of one round."""
    returns = returns_of(inputs, analytes)
    decisions = decided(returns, inputs.decisions, inputs.samples)
    material = materials(
        inputs.reference_values, inputs.material_checks, decisions.withdrawn, (analytes, returns.samples)
    )
    level = dict(zip(inputs.laboratories["lab_code"], inputs.laboratories["hospital_level"], strict=True))
    return _Laid(returns, decisions, material, level)


def _joined(
    programme_no: str, rules: tuple[AnalyteRule, ...], codes: tuple[str, ...], laid: list[_Laid]
) -> Archive:
    """All rounds side by side, blocks in order of analytes and rounds."""
    labs = tuple(sorted({lab for each in laid for lab in each.returns.labs}))
    devices = tuple(sorted({code for each in laid for code in each.returns.device}))
    systems = tuple(sorted({code for each in laid for code in each.returns.system.ravel() if code}))
    width = max(len(each.returns.samples) for each in laid)
    levels = {lab: level for each in laid for lab, level in each.levels.items()}
    rows = [
        (place, np.flatnonzero(each.returns.analyte == analyte))
        for analyte in range(len(rules))
        for place, each in enumerate(laid)
    ]

    def stacked(cells: list[np.ndarray], empty: object) -> np.ndarray:
        pieces = [_padded(cells[place][found], width, empty).T for place, found in rows]
        return np.ascontiguousarray(np.concatenate(pieces, axis=1))

    def row_wise(columns: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([columns[place][found] for place, found in rows])

    start = np.concatenate(([0], np.cumsum([found.size for _, found in rows]))).astype(np.int64)
    value = stacked([each.returns.value for each in laid], np.nan)
    raw = stacked([each.returns.raw for each in laid], "")
    flags = stacked([_flags(each) for each in laid], 0)
    censor = stacked([each.returns.censor for each in laid], 0)
    return Archive(
        programme_no=programme_no,
        rules=rules,
        rounds=codes,
        samples=tuple(each.returns.samples for each in laid),
        labs=labs,
        devices=devices,
        systems=systems,
        start=start,
        lab=_places(labs, row_wise([each.returns.lab_codes for each in laid])),
        device=_places(devices, row_wise([each.returns.device for each in laid])),
        system=_places(systems, row_wise([each.returns.system for each in laid])).reshape(
            -1, len(DIMENSIONS)
        ),
        value=value,
        state=stacked([_base_states(each) for each in laid], STATES.index("absent")),
        flags=flags,
        digits=_digits(value, raw, flags),
        bounds=_bounds(value, raw, flags, censor),
        material=_materials([each.material for each in laid], width),
        level=np.array([levels[lab] for lab in labs], dtype=object),
    )


def _padded(cells: np.ndarray, width: int, empty: object) -> np.ndarray:
    """Cells with columns added up to the longest round."""
    out = np.full((len(cells), width), empty, dtype=cells.dtype)
    out[:, : cells.shape[1]] = cells
    return out


def _places(codes: tuple[str, ...], found: np.ndarray) -> np.ndarray:
    """Positions, -1 for codes that are not there (an empty registration)."""
    return np.asarray(pd.Index(codes, dtype=object).get_indexer(found.ravel()), dtype=np.int64)


def _flags(laid: _Laid) -> ByteArray:
    """Shape (E, S), bits of each cell."""
    returns = laid.returns
    columns = np.ones(returns.shape, dtype=bool)
    bits = (
        (NUMERIC, returns.numeric),
        (ENROLLED, (returns.enrolment_state == "enrolled")[:, None] & columns),
        (EXCUSED, laid.decisions.left_out),
        (LATE, (returns.late_days[returns.lab] > 0)[:, None] & columns),
        (EXCLUDED, laid.decisions.excluded),
        (REPORTED, returns.state == "reported"),
        (CENSORED, (returns.state == "reported") & (returns.censor != 0)),
    )
    out = np.zeros(returns.shape, dtype=np.uint8)
    for bit, where in bits:
        out[where] |= bit
    return out


def _base_states(laid: _Laid) -> ByteArray:
    """Shape (E, S), states as they are where the target has no reason of its own."""
    returns = laid.returns
    found = states(returns, laid.decisions, np.full(returns.shape, "", dtype=object)).state
    return np.select([found == name for name in STATES], list(range(len(STATES)))).astype(np.uint8)


def _digits(value: np.ndarray, raw: np.ndarray, flags: ByteArray) -> dict[tuple[int, int], Decimal]:
    """Reported numbers that the shortest text of the float does not give back."""
    out = {}
    for sample, row in np.argwhere((flags & NUMERIC) != 0):
        number = float(value[sample, row])
        text = str(raw[sample, row]).strip()
        if text != repr(number):
            sent = Reported(value[sample, [row]], raw[sample, [row]], np.zeros(1, np.int64)).digits(0)
            if sent != Decimal(repr(number)):
                out[int(sample), int(row)] = sent
    return out


def _bounds(
    value: np.ndarray, raw: np.ndarray, flags: ByteArray, censor: np.ndarray
) -> dict[tuple[int, int], tuple[int, Decimal]]:
    """Sign and limit of "<" and ">" results that hold a number."""
    out = {}
    for sample, row in np.argwhere(((flags & CENSORED) != 0) & np.isfinite(value)):
        text = np.array([str(raw[sample, row]).strip().lstrip("<>≤≥＜＞= ")], dtype=object)
        sent = Reported(value[sample, [row]], text, np.zeros(1, np.int64)).digits(0)
        out[int(sample), int(row)] = (int(censor[sample, row]), sent)
    return out


def _materials(found: list[Materials], width: int) -> Materials:
    """Arrays of shape (A x R, S) in order of analytes and rounds."""
    empty: dict[str, object] = {
        "reference": np.nan,
        "u_reference": np.nan,
        "reference_method": "",
        "s_s": np.nan,
        "uneven": False,
        "unstable": False,
        "withdrawn": False,
    }

    def placed(name: str) -> np.ndarray:
        layers = [_padded(getattr(each, name), width, empty[name]) for each in found]
        return np.stack(layers, axis=1).reshape(-1, width)

    return Materials(**{name: placed(name) for name in empty})
