"""A simulated year of controls as the files a user has: master data once, then values by month and laboratories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.parameters.iqc_items import control_analytes
from workbench.rounds.control_demonstration import ANALYTES, master_frames
from workbench.rounds.control_intake import MASTER_FILES
from workbench.simulation.control_year import FIRST_DAY, ControlYear, control_points_frame

LABORATORIES_A_FILE = 50
COLUMNS = ("lab_code", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator", "qc_lot", "run_at",
           "run_no", "replicate", "value", "track")  # fmt: skip
"""Headings of the files of values."""


@dataclass(frozen=True)
class YearFiles:
    """What was written.

    Parameters
    ----------
    master : kind of `MASTER_FILES` -> file. points : files of values, in order of time.
    rows : of the files of values. copies, spoilt : of these, rows written twice and rows without a readable value.
    """

    master: dict[str, Path]
    points: tuple[Path, ...]
    rows: int
    copies: int
    spoilt: int


def year_analytes(number: int) -> tuple[str, ...]:
    """Quantities of the year: those of the small demonstration first, then others of the catalogue in its order.

    >>> year_analytes(3), len(year_analytes(20))
    (('K', 'Na', 'Glu'), 20)
    """
    others = [code for code, entry in control_analytes().items() if entry.is_quantitative]
    return tuple(dict.fromkeys([*ANALYTES, *others]))[:number]


def write_year_files(
    year: ControlYear, folder: Path, mistake_every: int = 0, laboratories_a_file: int = LABORATORIES_A_FILE
) -> YearFiles:
    """Write a year; the same year gives the same files.

    Parameters
    ----------
    mistake_every : one row in so many is written twice, and the value of one in as many cannot be read; 0: none.
    laboratories_a_file : of each month.
    """
    (folder / "points").mkdir(parents=True, exist_ok=True)
    master = {}
    for name, frame in (master_frames(year) | {"targets": year.targets}).items():
        master[name] = folder / f"{name}.csv"
        columns = [column for column in MASTER_FILES[name] if column in frame]
        frame[columns].to_csv(master[name], index=False)
    labs = list(dict.fromkeys(year.table.series["lab_code"]))
    groups = [labs[k : k + laboratories_a_file] for k in range(0, len(labs), laboratories_a_file)]
    paths, rows, copies, spoilt = [], 0, 0, 0
    for month, days in _months(year):
        values = control_points_frame(year, days).drop(columns="value").rename(columns={"raw": "value"})
        for number, group in enumerate(groups, start=1):
            own = values.loc[values["lab_code"].isin(group), list(COLUMNS)]
            own, twice, bad = _with_mistakes(own, mistake_every)
            paths.append(folder / "points" / f"{month}-{number:02d}.csv")
            own.to_csv(paths[-1], index=False)
            rows, copies, spoilt = rows + len(own), copies + twice, spoilt + bad
    return YearFiles(master, tuple(paths), rows, copies, spoilt)


def _with_mistakes(rows: pd.DataFrame, every: int) -> tuple[pd.DataFrame, int, int]:
    """Rows with copies and unreadable values at fixed places, and how many of each."""
    if not every:
        return rows, 0, 0
    places = np.arange(len(rows))
    bad = places % every == every // 2
    copied = rows[places % every == every - 1]
    spoilt = rows.assign(value=rows["value"].mask(bad, "<" + rows["value"]))
    return pd.concat([spoilt, copied]), len(copied), int(bad.sum())


def _months(year: ControlYear) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each month with points, and its first and last day from 0."""
    last = int(year.table.day.max())
    days = np.arange(FIRST_DAY, last + 1).astype("datetime64[D]")
    for month in np.unique(days.astype("datetime64[M]")):
        mine = np.flatnonzero(days.astype("datetime64[M]") == month)
        yield str(month), (int(mine[0]), int(mine[-1]))


def commands(database: str, files: YearFiles, month: str, kinds: Sequence[str] = ("lab",)) -> list[str]:
    """What a user types to bring files to reports."""
    options = " ".join(f"--{name} {path}" for name, path in files.master.items())
    wanted = " ".join(f"--kind {kind}" for kind in kinds)
    start = "workbench iqc"
    return [
        f"{start} register {database} {options}",
        f"{start} ingest {database} {files.points[0].parent}/*.csv",
        f"{start} evaluate {database} --month {month}",
        f"{start} report {database} --month {month} {wanted}",
    ]
