"""Sources of control values -> the store: files, messages, codes; questions answered by registering."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from workbench.errors import DataError, Problem, WorkbenchError
from workbench.ingest import ControlExpectations, ControlIntake, read_control_file, read_control_messages
from workbench.ingest.control_codes import OPENING, code_records, read_control_code
from workbench.ingest.control_rows import ControlRecord, control_intake
from workbench.parameters.iqc_items import control_analytes
from workbench.store import Store
from workbench.store.control_groups import save_laboratory_tags
from workbench.store.control_master import (
    control_master,
    register_series,
    save_control_master,
    save_control_targets,
)
from workbench.store.control_points import (
    ControlLoad,
    ControlRun,
    add_control_points,
    close_questions,
    control_questions,
)

MASTER_FILES: Mapping[str, tuple[str, ...]] = {
    "laboratories": ("lab_code", "region", "hospital_level"),
    "systems": ("kind", "code", "name_zh", "name_en"),
    "lots": ("qc_lot", "material"),
    "series": ("lab_code", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator"),
    "tags": ("lab_code", "tag"),
    "targets": ("lab_code", "analyte", "level", "qc_lot", "instrument", "mean", "sd", "target_source"),
}
"""Master data files by name, and their columns."""
_MESSAGE_STARTS = (b"MSH|", b"\x0bMSH|", b"FHS|", b"BHS|")


@dataclass(frozen=True)
class ControlArrival:
    """What became of one source: the reader's intake and the store's run."""

    intake: ControlIntake
    run: ControlRun


def register_master(store: Store, files: Mapping[str, Path]) -> dict[str, int]:
    """Register master data from CSV files with the headings of `MASTER_FILES`; returns rows by kind.

    Raises
    ------
    DataError
        naming every file that lacks a column.
    """
    frames, problems = {}, []
    for name, columns in MASTER_FILES.items():
        if name not in files:
            continue
        try:
            frame = pd.read_csv(files[name], dtype=str, keep_default_na=False)
        except (OSError, ValueError) as cause:
            raise DataError(f"{files[name].name} cannot be read.", [Problem(str(cause))]) from cause
        missing = [c for c in columns if c not in frame and c not in ("name_zh", "name_en", "material")]
        problems += [Problem(f"column {c!r} is missing", file=files[name].name, column=c) for c in missing]
        frames[name] = frame.assign(**{c: "" for c in columns if c not in frame})
    if problems:
        raise DataError("Master data refused.", problems)
    save_control_master(store, frames.get("laboratories"), frames.get("systems"), frames.get("lots"))
    if "series" in frames:
        register_series(store, frames["series"])
    if "tags" in frames:
        save_laboratory_tags(store, frames["tags"])
    if "targets" in frames:
        save_control_targets(store, frames["targets"].astype({"mean": float, "sd": float}))
    return {name: len(frame) for name, frame in frames.items()}


def control_expectations(store: Store) -> ControlExpectations:
    """What may come, by the master data of the store and the catalogue."""
    master = control_master(store)
    return ControlExpectations(
        master.laboratories,
        control_analytes(),
        master.instruments,
        master.reagents,
        master.calibrators,
        master.lots,
        master.systems,
    )


def take_control_file(
    store: Store, path: Path, received_at: datetime, constants: Mapping[str, str] | None = None
) -> ControlArrival:
    """Take in one file, whatever it is: table, messages, or texts of codes, one a line.

    Raises
    ------
    DataError
        when it cannot be read.
    """
    known = control_expectations(store)
    try:
        content = path.read_bytes()
    except OSError as cause:
        raise DataError(f"{path.name} cannot be read.", [Problem(str(cause), file=path.name)]) from cause
    if content.lstrip()[:5].startswith(_MESSAGE_STARTS):
        intake = read_control_messages(path, known)
    elif content.lstrip().startswith(OPENING.encode()):
        texts = [line.strip() for line in content.decode("utf-8", "replace").splitlines() if line.strip()]
        intake = take_codes(texts, path.name, known)
    else:
        intake = read_control_file(path, known, constants)
    return _stored(store, intake, received_at)


def take_codes(texts: Sequence[str], name: str, known: ControlExpectations) -> ControlIntake:
    """The points of several codes as one source."""
    records = [
        ControlRecord(f"{number} {record.place}", record.fields, record.fault)
        for number, text in enumerate(texts, start=1)
        for record in code_records(text)
    ]
    sha256 = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return control_intake(name, sha256, records, known)


def take_code_text(store: Store, code: str, received_at: datetime, lab_code: str = "") -> ControlArrival:
    """Take in the text of one code, as scanned or as a form writes it.

    Parameters
    ----------
    lab_code : the laboratory that sends it; empty: any. A code of another one is refused before anything is read.

    Raises
    ------
    DataError
        when the code is of another laboratory; the message does not say which.
    """
    plain = code.strip()
    named = {record.fields["lab_code"] for record in code_records(plain) if "lab_code" in record.fields}
    if lab_code and named - {lab_code}:
        raise DataError("This code is of another laboratory: nothing was taken in.")
    return _stored(store, read_control_code(plain, control_expectations(store)), received_at)


def _stored(store: Store, intake: ControlIntake, received_at: datetime) -> ControlArrival:
    load = ControlLoad(
        intake.points,
        intake.quarantined,
        intake.source,
        intake.sha256,
        intake.read,
        intake.merged,
        received_at,
    )
    return ControlArrival(intake, add_control_points(store, load))


def retry_questions(store: Store, received_at: datetime) -> ControlArrival | None:
    """Read every open question again with the master data of now; None where there is none.

    Notes
    -----
    A record that is still in question is asked about again, under this reading; the older question is closed.
    """
    asked = control_questions(store)
    if asked.empty:
        return None
    records: dict[tuple[int, str, str], ControlRecord] = {}
    for row in asked.itertuples():
        fields = {str(k): str(v) for k, v in json.loads(row.content).items()}
        fault = "" if fields and row.reason not in ("patient_result", "not_a_control") else row.reason
        records.setdefault((row.intake_id, row.place, row.content), ControlRecord(row.place, fields, fault))
    sha256 = hashlib.sha256(f"{sorted(records)} {received_at.isoformat()}".encode()).hexdigest()
    intake = control_intake("questions", sha256, records.values(), control_expectations(store))
    arrival = _stored(store, intake, received_at)
    close_questions(store, zip(asked["intake_id"].tolist(), asked["row_no"].tolist(), strict=True))
    return arrival


def take_folder(store: Store, folder: Path, received_at: datetime) -> list[ControlArrival | WorkbenchError]:
    """Take in every file of a folder; files that were read before change nothing, unreadable ones are told.

    Notes
    -----
    Files being written are best moved into the folder under their final name; hidden files and ``.part`` are left.
    """
    found: list[ControlArrival | WorkbenchError] = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".part":
            try:
                found.append(take_control_file(store, path, received_at))
            except WorkbenchError as error:
                found.append(error)
    return found
