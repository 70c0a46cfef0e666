"""Control values from HL7 v2 messages: ORU^R01 and OUL^R22 with control specimens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hl7

from workbench.errors import DataError, Problem
from workbench.ingest.control_rows import ControlExpectations, ControlIntake, ControlRecord, control_intake

CONTROL_ROLE = "Q"
"""HL7 tables 0369 (SPM-11) and 0065 (OBR-11): a control specimen."""
CONTROL_SUBSTANCE, REAGENTS, CALIBRATORS = "CO", ("SR", "MR"), ("CA",)
"""Kinds of substance in INV-3 (table 0384): control, single and multiple test reagent, calibrator."""
_TYPES = ("ORU^R01", "OUL^R21", "OUL^R22", "OUL^R23")

Place = tuple[str, int, int]


@dataclass(frozen=True)
class MessagePlaces:
    """Segment, field and component (both from 1) of what a site may send elsewhere.

    Attributes
    ----------
    lab_code : participant. level, qc_lot : of the control's INV segment. reagent, sub_type : of a reagent's INV.
    calibrator : of a calibrator's INV. run_no : empty where runs are not numbered.
    """

    lab_code: Place = ("MSH", 4, 1)
    level: Place = ("INV", 1, 2)
    qc_lot: Place = ("INV", 16, 1)
    reagent: Place = ("INV", 1, 1)
    sub_type: Place = ("INV", 1, 2)
    calibrator: Place = ("INV", 1, 1)
    run_no: Place | None = None


@dataclass
class _Context:
    """What the segments before an OBX said."""

    lab_code: str
    message_id: str
    is_control: bool = False
    patient: bool = False
    taken_at: str = ""
    run_no: str = ""
    substances: dict[str, str] = field(default_factory=dict)


def read_control_messages(
    path: Path | str, expectations: ControlExpectations, places: MessagePlaces | None = None
) -> ControlIntake:
    """Read a file of one or more messages.

    Parameters
    ----------
    path : text of messages, segments ended by CR, LF or both, framed (MLLP) or not.
    places : where this site sends what the standard leaves open.

    Raises
    ------
    DataError
        when the file cannot be read or holds no message.

    Notes
    -----
    Only results of specimens marked as controls (SPM-11 or OBR-11 is Q) are read. A message that holds a patient (a
    PID segment with an identifier or a name) is kept out whole: its content is not even stored. A result without
    its own time (OBX-19, OBX-14) has that of its OBR. Results of messages are of the automatic track.
    """
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as cause:
        raise DataError(f"{file.name} cannot be read.", [Problem(str(cause), file=file.name)]) from cause
    records = [*message_records(_decoded(content), places or MessagePlaces())]
    if not records:
        raise DataError(
            f"{file.name} holds no result.", [Problem("no OBX segment was found", file=file.name)]
        )
    return control_intake(file.name, hashlib.sha256(content).hexdigest(), records, expectations)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("gb18030", errors="replace")


def message_records(text: str, places: MessagePlaces) -> Iterator[ControlRecord]:
    """Every result of every message in a text."""
    plain = text.replace("\x0b", "").replace("\x1c", "").replace("\r\n", "\r").replace("\n", "\r").strip("\r")
    for k, part in enumerate(f"\r{plain}".split("\rMSH")[1:], start=1):
        try:
            message = hl7.parse(f"MSH{part}")
            yield from _message(message, k, places)
        except (hl7.HL7Exception, IndexError, KeyError) as cause:
            yield ControlRecord(f"message {k}", {"value": str(cause)[:80]}, "not_understood")


def _message(message: Any, number: int, places: MessagePlaces) -> Iterator[ControlRecord]:
    """The results of one message."""
    head = message.segment("MSH")
    kind = f"{_part(head, ('MSH', 9, 1))}^{_part(head, ('MSH', 9, 2))}"
    context = _Context(_part(head, places.lab_code), _part(head, ("MSH", 10, 1)) or str(number))
    if kind not in _TYPES:
        yield ControlRecord(f"message {number}", {"value": kind}, "not_understood")
        return
    for segment in message:
        name = str(segment[0])
        if name == "OBX":
            yield _result(segment, context, places)
        else:
            _notice(name, segment, context, places)


def _notice(name: str, segment: Any, context: _Context, places: MessagePlaces) -> None:
    """Take in what a segment says about the results after it."""
    if name == "PID":
        context.patient |= any(_part(segment, ("PID", n, 1)) for n in (2, 3, 5))
    elif name == "SPM":
        context.is_control = _part(segment, ("SPM", 11, 1)) == CONTROL_ROLE
        context.substances = {}
    elif name == "OBR":
        context.is_control |= _part(segment, ("OBR", 11, 1)) == CONTROL_ROLE
        context.taken_at = _part(segment, ("OBR", 7, 1)) or context.taken_at
        if places.run_no and places.run_no[0] == "OBR":
            context.run_no = _part(segment, places.run_no)
    elif name == "INV":
        kind = _part(segment, ("INV", 3, 1))
        if kind == CONTROL_SUBSTANCE:
            context.substances |= {
                "level": _part(segment, places.level),
                "qc_lot": _part(segment, places.qc_lot),
            }
        elif kind in REAGENTS:
            context.substances |= {
                "reagent": _part(segment, places.reagent),
                "sub_type": _part(segment, places.sub_type),
            }
        elif kind in CALIBRATORS:
            context.substances["calibrator"] = _part(segment, places.calibrator)


def _result(segment: Any, context: _Context, places: MessagePlaces) -> ControlRecord:
    """One OBX."""
    place = f"{context.message_id}/OBX-{_part(segment, ('OBX', 1, 1)) or '?'}"
    if context.patient:
        return ControlRecord(place, {}, "patient_result")
    if not context.is_control:
        return ControlRecord(place, {}, "not_a_control")
    sent = _part(segment, ("OBX", 5, 1))
    coded = _part(segment, ("OBX", 2, 1)) in ("CE", "CWE", "ST") and not _is_number(sent)
    fields: dict[str, str] = {
        "lab_code": context.lab_code,
        "analyte": _part(segment, ("OBX", 3, 1)),
        "instrument": _part(segment, ("OBX", 18, 1)),
        "run_at": _part(segment, ("OBX", 19, 1)) or _part(segment, ("OBX", 14, 1)) or context.taken_at,
        "run_no": context.run_no,
        "value": "" if coded else sent,
        "answer": sent if coded else "",
        "unit": _part(segment, ("OBX", 6, 1)),
        "operator_flag": _part(segment, ("OBX", 8, 1)),
        "track": "automatic",
        **context.substances,
    }
    return ControlRecord(place, fields)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _part(segment: Any, place: Place) -> str:
    """Text of a field's component; empty where it is not there."""
    _, number, component = place
    try:
        text = str(segment[number])
    except IndexError:
        return ""
    parts = text.split("~")[0].split("^")
    return parts[component - 1].strip() if component <= len(parts) else ""
