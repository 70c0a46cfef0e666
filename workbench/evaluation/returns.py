"""The returns of a round as arrays: one row per laboratory x device x analyte, one column per sample."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import DataError, Problem
from workbench.evaluation.criteria import BoolArray, FloatArray, ObjectArray
from workbench.evaluation.inputs import RoundInputs

IntArray = NDArray[np.int64]

DIMENSIONS = ("method", "instrument", "reagent", "calibrator")


@dataclass(frozen=True)
class Returns:
    """Who is enrolled for what, and what came back.

    E rows (laboratory x device x analyte, sorted by laboratory, device, catalogue order), S samples in
    vial order, A analytes, L laboratories.

    Attributes
    ----------
    analytes, samples, labs : codes.
    lab, analyte : shape (E,), positions in `labs` and `analytes`.
    device, enrolment_state : shape (E,), text.
    system : shape (E, 4), codes of `DIMENSIONS`.
    late_days, returned : shape (L,).
    raw, value, decimals, censor, code, state : shape (E, S); state is RESULTS.result_state, "not_returned"
        where there is no row.
    u_result, coverage_factor : shape (E, S), standard uncertainty reported and the k it was expanded by;
        NaN without.
    orphans : rows of results nobody is enrolled for; they are not judged but counted (F42).
    """

    analytes: tuple[str, ...]
    samples: tuple[str, ...]
    labs: tuple[str, ...]
    lab: IntArray
    analyte: IntArray
    device: ObjectArray
    enrolment_state: ObjectArray
    system: ObjectArray
    late_days: IntArray
    returned: BoolArray
    raw: ObjectArray
    value: FloatArray
    decimals: IntArray
    censor: IntArray
    code: ObjectArray
    state: ObjectArray
    u_result: FloatArray
    coverage_factor: FloatArray
    orphans: pd.DataFrame

    @property
    def shape(self) -> tuple[int, int]:
        """(E, S)."""
        return self.value.shape[0], self.value.shape[1]

    @cached_property
    def numeric(self) -> BoolArray:
        """Shape (E, S): a plain number was reported."""
        return (self.state == "reported") & np.isfinite(self.value) & (self.censor == 0)

    @cached_property
    def lab_codes(self) -> ObjectArray:
        """Shape (E,), laboratory code of each row."""
        return np.array(self.labs, dtype=object)[self.lab]

    @cached_property
    def analyte_codes(self) -> ObjectArray:
        """Shape (E,), analyte code of each row."""
        return np.array(self.analytes, dtype=object)[self.analyte]


def natural_order(code: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key in which S2 stands before S10.

    Examples
    --------
    >>> sorted(["S10", "S2", "2025-2", "2025-10"], key=natural_order)
    ['2025-2', '2025-10', 'S2', 'S10']
    """
    parts = re.split(r"(\d+)", code)
    return tuple((0, int(part)) if part.isdecimal() else (1, part) for part in parts if part)


def returns_of(inputs: RoundInputs, analytes: tuple[str, ...]) -> Returns:
    """Lay the snapshot out as arrays.

    Parameters
    ----------
    inputs : the round. analytes : codes in catalogue order; rows of other analytes are left out.

    Raises
    ------
    DataError
        when an enrolment names a laboratory that is not there, or a result a sample that is not there.
    """
    samples = tuple(inputs.samples.sort_values(["position", "sample"])["sample"])
    labs = tuple(sorted(inputs.laboratories["lab_code"]))
    enrolments = inputs.enrolments[inputs.enrolments["analyte"].isin(analytes)]
    results = inputs.results[inputs.results["analyte"].isin(analytes)]
    _refuse_strangers(enrolments, results, labs, samples)
    enrolments = _sorted_enrolments(enrolments, labs, analytes)
    laboratories = inputs.laboratories.set_index("lab_code").loc[list(labs)]
    cells, orphans = _cells(enrolments, results, samples)
    return Returns(
        analytes=analytes,
        samples=samples,
        labs=labs,
        lab=_positions(enrolments["lab_code"], labs),
        analyte=_positions(enrolments["analyte"], analytes),
        device=_objects(enrolments["device_id"]),
        enrolment_state=_objects(enrolments["enrolment_state"]),
        system=np.column_stack([_objects(enrolments[name]) for name in DIMENSIONS]),
        late_days=laboratories["late_days"].to_numpy(np.int64),
        returned=laboratories["revision"].to_numpy(np.int64) > 0,
        orphans=orphans,
        **_grids(results, cells, (len(enrolments), len(samples))),
    )


def _objects(column: pd.Series) -> ObjectArray:
    return np.asarray(column.to_numpy(dtype=object))


def _positions(column: pd.Series, codes: tuple[str, ...]) -> IntArray:
    """Position of each entry in `codes`, -1 where it is not among them."""
    return np.asarray(pd.Index(codes, dtype=object).get_indexer(_objects(column)), dtype=np.int64)


def _refuse_strangers(
    enrolments: pd.DataFrame, results: pd.DataFrame, labs: tuple[str, ...], samples: tuple[str, ...]
) -> None:
    """Name every code that refers to nothing."""
    problems = [
        Problem(f"laboratory {code} is enrolled but not in the table of laboratories", sheet="enrolments")
        for code in sorted(set(enrolments["lab_code"]) - set(labs))
    ]
    problems += [
        Problem(f"sample {code} is not a sample of the round", sheet="results")
        for code in sorted(set(results["sample"]) - set(samples))
    ]
    if problems:
        raise DataError("The snapshot contradicts itself.", problems)


def _sorted_enrolments(
    enrolments: pd.DataFrame, labs: tuple[str, ...], analytes: tuple[str, ...]
) -> pd.DataFrame:
    """By laboratory, device, catalogue order."""
    keys = (
        _positions(enrolments["analyte"], analytes),
        pd.factorize(_objects(enrolments["device_id"]), sort=True)[0],
        _positions(enrolments["lab_code"], labs),
    )
    return enrolments.iloc[np.lexsort(keys)]


def _cells(
    enrolments: pd.DataFrame, results: pd.DataFrame, samples: tuple[str, ...]
) -> tuple[IntArray, pd.DataFrame]:
    """Flat cell (row x sample) of each result, -1 for orphans; and the orphans."""
    key = ["lab_code", "device_id", "analyte"]
    levels = [pd.Index(sorted(set(enrolments[name]) | set(results[name])), dtype=object) for name in key]
    ours, theirs = (_combined(table, key, levels) for table in (enrolments, results))
    order = np.argsort(ours, kind="stable")
    at = np.minimum(np.searchsorted(ours[order], theirs), max(len(ours) - 1, 0))
    found = ours[order][at] == theirs if len(ours) else np.zeros(len(theirs), dtype=bool)
    cells = np.full(len(theirs), -1, dtype=np.int64)
    sample = _positions(results["sample"], samples)
    cells[found] = order[at[found]] * len(samples) + sample[found]
    return cells, results.loc[~found].reset_index(drop=True)


def _combined(table: pd.DataFrame, key: list[str], levels: list[pd.Index]) -> IntArray:
    """One integer per row for several text columns."""
    code = np.zeros(len(table), dtype=np.int64)
    for name, level in zip(key, levels, strict=True):
        code = code * len(level) + level.get_indexer(_objects(table[name]))
    return code


def _grids(results: pd.DataFrame, cells: IntArray, shape: tuple[int, int]) -> dict[str, Any]:
    """The columns of results as (E, S) arrays."""
    kept = cells >= 0
    out: dict[str, Any] = {}
    for name, column, empty, dtype in (
        ("raw", "raw", "", object),
        ("value", "value", np.nan, np.float64),
        ("decimals", "decimals", 0, np.int64),
        ("censor", "censor", 0, np.int64),
        ("code", "code", "", object),
        ("state", "result_state", "not_returned", object),
        ("u_result", "u_result", np.nan, np.float64),
        ("coverage_factor", "coverage_factor", np.nan, np.float64),
    ):
        grid = np.full(shape[0] * shape[1], empty, dtype=dtype)
        grid[cells[kept]] = results[column].to_numpy(dtype=dtype)[kept]
        out[name] = grid.reshape(shape)
    return out
