"""A submitted result corrected by the organiser: a new revision of the whole return, read like any file.

Nothing is overwritten: the revision before stays in the store, and why the new one was entered stands beside it
as a decision of kind `correct`.
"""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd

from workbench.errors import DataError, Problem
from workbench.frames import LABORATORIES, RESULTS
from workbench.ingest import DISPOSITIONS, Layout, read_submission_file
from workbench.parameters import Programme
from workbench.rounds.intake import Arrival, expectations, whole_return
from workbench.store import (
    Decision,
    SnapshotFrames,
    Store,
    Submissions,
    add_decision,
    add_submissions,
    with_decision,
)

_COLUMNS = ("lab_code", "device_id", "analyte", "sample", "value")
_STATED = ("u_raw", "u_result", "coverage_factor")
_NO_RESULT = ("not_returned", "unreadable")
_REFUSED = "The correction was not made."


@dataclass(frozen=True)
class Correction:
    """One result as it is to stand.

    Parameters
    ----------
    lab_code, device_id, analyte, sample : which result; it must have been reported.
    raw : the corrected result, written as a laboratory writes it, in the programme's unit.
    reason : why, one phrase; never empty.
    corrected_at : local time.
    by_role : role of who corrects, never a person's name.
    """

    lab_code: str
    analyte: str
    sample: str
    raw: str
    reason: str
    corrected_at: datetime
    device_id: str = ""
    by_role: str = "organiser"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """As the frame `results` is keyed."""
        return self.lab_code, self.device_id, self.analyte, self.sample


@dataclass(frozen=True)
class PreparedCorrection:
    """A correction that is ready to be entered, and the round as it will then be read.

    Attributes
    ----------
    load : the new revision, as the store takes it.
    decision : the record of why.
    inputs : the round with both.
    """

    correction: Correction
    load: Submissions
    decision: Decision
    inputs: SnapshotFrames


def prepare_correction(
    programme: Programme, inputs: SnapshotFrames, correction: Correction
) -> PreparedCorrection:
    """Read a corrected result the way a laboratory's file is read; nothing is written.

    Parameters
    ----------
    programme : its analytes, units and decimals.
    inputs : the round as it stands.

    Raises
    ------
    DataError
        when the reason is empty, no such result was reported, the new one cannot be read, or is the old one.

    Notes
    -----
    The new revision keeps the time of return, so that a correction makes nobody late; its other results, the
    uncertainty stated with the corrected one and the laboratory's remark stay.
    """
    held = _held(inputs, correction)
    home = inputs.laboratories.set_index("lab_code").loc[correction.lab_code]
    new = _read(programme, inputs, correction, home["returned_at"].to_pydatetime())
    new = new.assign(**{name: held[name] for name in _STATED})
    results = whole_return(inputs.results, new)
    head = {name: home[name] for name in ("returned_at", "received_on", "tested_on", "comment")}
    head |= {"lab_code": correction.lab_code, "by_role": correction.by_role}
    load = Submissions(
        pd.DataFrame([head]),
        results,
        source=f"correction: {correction.reason}",
        received_at=correction.corrected_at,
    )
    decision = Decision(
        "correct",
        f"{held['raw']} → {correction.raw}: {correction.reason}",
        correction.corrected_at,
        correction.lab_code,
        correction.analyte,
        correction.sample,
        correction.by_role,
    )
    after = with_decision(_revised(inputs, correction.lab_code, results), decision)
    return PreparedCorrection(correction, load, decision, after)


def enter_correction(store: Store, prepared: PreparedCorrection) -> int:
    """Enter a prepared correction as a new revision and return its number.

    Raises
    ------
    DataError
        when the store does not take it.
    """
    where = (prepared.inputs.round_code, prepared.inputs.programme_no)
    run = add_submissions(store, *where, prepared.load)
    add_decision(store, *where, prepared.decision)
    return run.revisions[prepared.correction.lab_code]


def _held(inputs: SnapshotFrames, correction: Correction) -> dict[str, object]:
    """The result as it stands."""
    results = inputs.results
    mine = results[(results[list(RESULTS.key)] == list(correction.key)).all(axis=1)]
    problems = []
    if not correction.reason.strip():
        problems.append(Problem("a correction needs its reason", column="reason"))
    if mine.empty or mine["result_state"].iloc[0] == "not_returned":
        shown = " / ".join(part for part in correction.key if part)
        problems.append(Problem(f"{shown}: no such result was reported, so none can be corrected"))
    elif mine["raw"].iloc[0] == correction.raw:
        problems.append(Problem(f"{correction.raw!r} is what stands there already", column="value"))
    if problems:
        raise DataError(_REFUSED, problems)
    return {str(name): value for name, value in mine.iloc[0].items()}


def _read(
    programme: Programme, inputs: SnapshotFrames, correction: Correction, returned_at: datetime
) -> pd.DataFrame:
    """The corrected result through the reader of laboratories' files: one row of the frame `results`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "correction.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(_COLUMNS)
            writer.writerow([*correction.key, correction.raw])
        expected = expectations(programme, inputs, Arrival(returned_at))
        report = read_submission_file(path, Layout(), expected)
    if len(report.loaded) != 1 or report.loaded["result_state"].iloc[0] in _NO_RESULT:
        codes = [str(reason) for reason in report.quarantined["reason"]]
        words = [DISPOSITIONS[c].message("en", raw=correction.raw) for c in codes] or ["is no result"]
        raise DataError(_REFUSED, [Problem(f"{correction.raw!r}: {each}", column="value") for each in words])
    return report.loaded[[name for name in RESULTS.names if name in report.loaded]]


def _revised(inputs: SnapshotFrames, lab_code: str, results: pd.DataFrame) -> SnapshotFrames:
    """The round as the store will read it with the new revision."""
    laboratories = inputs.laboratories.copy()
    mine = laboratories["lab_code"] == lab_code
    revision = int(laboratories.loc[mine, "revision"].iloc[0]) + 1
    laboratories.loc[mine, "revision"] = revision
    others = inputs.results[inputs.results["lab_code"] != lab_code]
    joined = pd.concat([others, results.assign(revision=revision)], ignore_index=True)
    ordered = joined.sort_values(list(RESULTS.key), kind="stable", ignore_index=True)
    return replace(inputs, laboratories=LABORATORIES.checked(laboratories), results=RESULTS.checked(ordered))
