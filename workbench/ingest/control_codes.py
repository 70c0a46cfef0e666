"""Control values in the text of a QR code: what an instrument's screen or a small form shows, checked end to end.

``IQC1;lab=L0001;at=2026-04-12T08:15;run=1;ins=INS0;rea=REA0;p=K,1,A,3.95;p=K,2,B,6.02;crc=1A2B3C4D``: keys and values,
one ``p`` a point (analyte, level, control lot, value, and if need be replicate and answer), and the CRC-32 of
everything before ``;crc=``. Semicolon, comma and per cent sign inside a value are written %3B, %2C, %25.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence

from workbench.ingest.control_rows import ControlExpectations, ControlIntake, ControlRecord, control_intake

OPENING = "IQC1"
KEYS: Mapping[str, str] = {
    "lab": "lab_code",
    "at": "run_at",
    "run": "run_no",
    "ins": "instrument",
    "rea": "reagent",
    "sub": "sub_type",
    "cal": "calibrator",
    "flag": "operator_flag",
    "track": "track",
}
POINT = ("analyte", "level", "qc_lot", "value", "replicate", "answer")
_ESCAPES = (("%", "%25"), (";", "%3B"), (",", "%2C"))


def control_code(shared: Mapping[str, str], points: Sequence[Mapping[str, str]]) -> str:
    """The text of a code.

    Parameters
    ----------
    shared : canonical column -> text that holds for all points. points : analyte, level, qc_lot, value of each.

    Examples
    --------
    >>> control_code({"lab_code": "L1", "run_at": "2026-04-12"}, [{"analyte": "K", "level": "1", "qc_lot": "A",
    ...     "value": "3.95"}])
    'IQC1;lab=L1;at=2026-04-12;p=K,1,A,3.95;crc=FEBF4009'
    """
    parts = [OPENING]
    parts += [f"{key}={_escaped(shared[name])}" for key, name in KEYS.items() if shared.get(name)]
    for point in points:
        texts = [_escaped(point.get(name, "")) for name in POINT]
        while not texts[-1] and len(texts) > 4:
            texts.pop()
        parts.append("p=" + ",".join(texts))
    body = ";".join(parts)
    return f"{body};crc={_check(body)}"


def read_control_code(text: str, expectations: ControlExpectations) -> ControlIntake:
    """Read the text of one code; damage and foreign codes are questions, not errors."""
    plain = text.strip()
    sha256 = hashlib.sha256(plain.encode()).hexdigest()
    return control_intake(f"QR {sha256[:12]}", sha256, code_records(plain), expectations)


def code_records(plain: str) -> list[ControlRecord]:
    """The points of a code, or one record that says why there are none."""
    body, found, check = plain.rpartition(";crc=")
    if not plain.startswith(f"{OPENING};"):
        return [ControlRecord("QR", {"value": plain[:80]}, "not_understood")]
    if not found or check.upper() != _check(body):
        return [ControlRecord("QR", {"value": plain[-20:]}, "code_damaged")]
    shared: dict[str, str] = {"track": "manual"}
    points: list[dict[str, str]] = []
    for part in body.split(";")[1:]:
        key, _, text = part.partition("=")
        if key == "p":
            points.append(dict(zip(POINT, map(_plain, text.split(",")), strict=False)))
        elif key in KEYS:
            shared[KEYS[key]] = _plain(text)
    return [ControlRecord(f"QR p{k}", {**shared, **point}) for k, point in enumerate(points, start=1)]


def _check(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08X}"


def _escaped(text: str) -> str:
    for sign, code in _ESCAPES:
        text = text.replace(sign, code)
    return text


def _plain(text: str) -> str:
    for sign, code in reversed(_ESCAPES):
        text = text.replace(code, sign)
    return text
