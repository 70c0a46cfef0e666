"""Control values from any source -> rows, or questions; every problem of a source at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import pandas as pd

from workbench.frames.control import CONTROL_POINTS
from workbench.ingest.numerals import read_number
from workbench.parameters import Analyte
from workbench.parameters.categories import categories_of

TRACKS = ("automatic", "manual")
ANSWERS = {"reactive": "reactive", "non-reactive": "non-reactive", "阳性": "reactive", "阴性": "non-reactive",
           "positive": "reactive", "negative": "non-reactive", "pos": "reactive", "neg": "non-reactive",
           "+": "reactive", "-": "non-reactive", "有反应": "reactive", "无反应": "non-reactive"}  # fmt: skip
"""What a qualitative control may be called -> answer."""

REASONS: Mapping[str, tuple[str, str]] = {
    "unknown_laboratory": ("实验室“{sent}”未登记", "laboratory {sent!r} is not registered"),
    "unknown_analyte": ("项目“{sent}”不在目录中", "analyte {sent!r} is not in the catalogue"),
    "unknown_instrument": ("仪器“{sent}”未登记，请先核对并登记", "instrument {sent!r} is not registered: which is it?"),
    "unknown_reagent": ("试剂“{sent}”未登记，请先核对并登记", "reagent {sent!r} is not registered: which is it?"),
    "unknown_calibrator": ("校准品“{sent}”未登记，请先核对并登记", "calibrator {sent!r} is not registered: which is it?"),
    "unknown_lot": ("质控品批号“{sent}”未登记，请先核对并登记", "control lot {sent!r} is not registered: which is it?"),
    "system_missing": ("未写明检测系统，登记的系统不止一个或没有", "no system given, and not exactly one is registered"),
    "level_missing": ("缺少质控水平", "the control level is missing"),
    "time_unreadable": ("检测时间“{sent}”无法识别", "time {sent!r} is not understood"),
    "run_unreadable": ("批次号或重复号“{sent}”无法识别", "run or replicate number {sent!r} is not understood"),
    "value_unreadable": ("结果“{sent}”不是数值", "value {sent!r} is no number"),
    "value_censored": ("结果“{sent}”带有＜或＞，不能用于统计", "value {sent!r} has < or > and cannot be used"),
    "unit_unknown": ("单位“{sent}”不能换算为目录单位", "unit {sent!r} cannot be turned into the catalogue's"),
    "answer_unreadable": ("定性结果“{sent}”无法识别", "answer {sent!r} is not understood"),
    "repeated": ("同一来源中重复的质控点，数值不同", "the same point twice in one source, with different values"),
    "patient_result": ("患者结果，不予读取", "a patient's result: not read"),
    "not_a_control": ("未标明为质控标本", "not marked as a control specimen"),
    "code_damaged": ("二维码内容不完整或校验不符", "the code's text is damaged: its check does not agree"),
    "not_understood": ("“{sent}”不是可识别的质控数据", "{sent!r} is no control data"),
}  # fmt: skip
"""Reason of a quarantined row -> words in Chinese and English."""

FIELDS = ("lab_code", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator", "qc_lot", "run_at", "run_no",
          "replicate", "value", "unit", "answer", "operator_flag", "track")  # fmt: skip


@dataclass(frozen=True)
class ControlRecord:
    """One control value as sent.

    Parameters
    ----------
    place : where it stands: row of a file, segment of a message, part of a code.
    fields : FIELDS -> text as sent; absent means empty.
    fault : a reason that keeps it out whatever it holds, else empty.
    """

    place: str
    fields: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True)
class ControlExpectations:
    """What may come: the master data, filled in before any value.

    Parameters
    ----------
    laboratories : participant codes. analytes : code -> catalogue entry.
    instruments, reagents, calibrators, lots : registered codes.
    systems : (laboratory, analyte, instrument or "") -> the registered (instrument, reagent, sub_type, calibrator).
    """

    laboratories: frozenset[str]
    analytes: Mapping[str, Analyte]
    instruments: frozenset[str]
    reagents: frozenset[str]
    calibrators: frozenset[str]
    lots: frozenset[str]
    systems: Mapping[tuple[str, str, str], frozenset[tuple[str, str, str, str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class ControlIntake:
    """What became of one source.

    Parameters
    ----------
    source, sha256 : name and hash of the source. points : CONTROL_POINTS, ready for the store; run_no 0 means the
        source does not number its runs.
    quarantined : place, reason, sent (the text at fault), content (JSON of the record as sent).
    read : records of the source; read = points + merged + quarantined. merged : exact copies of another record.
    """

    source: str
    sha256: str
    points: pd.DataFrame
    quarantined: pd.DataFrame
    read: int
    merged: int

    @property
    def kept_out(self) -> int:
        """Records of which no point was made."""
        return self.read - len(self.points) - self.merged

    def messages(self, locale: str) -> list[str]:
        """One line a quarantined row: place and reason in words."""
        side = 0 if locale == "zh_CN" else 1
        return [
            f"{row.place}: {REASONS[row.reason][side].format(sent=row.sent)}"
            for row in self.quarantined.itertuples()
        ]


def control_intake(
    source: str, sha256: str, records: Iterable[ControlRecord], expectations: ControlExpectations
) -> ControlIntake:
    """Judge every record of a source.

    Notes
    -----
    A record with several faults is listed under each, in the order of REASONS; nothing is guessed. Of a point sent
    twice in one source exact copies are merged, different values are both kept out.
    """
    rows: list[dict[str, object]] = []
    sources: list[ControlRecord] = []
    kept_out: list[dict[str, str]] = []
    places: _Places = {}
    read = 0
    for record in records:
        read += 1
        row, faults = _judged(record, expectations, places)
        if faults:
            kept_out += [_quarantined(record, reason, sent) for reason, sent in faults]
        else:
            rows.append(row)
            sources.append(record)
    rows, merged, twice = _settled(rows, sources)
    kept_out += twice
    points = pd.DataFrame(rows) if rows else CONTROL_POINTS.empty()
    columns = ["place", "reason", "sent", "content"]
    return ControlIntake(
        source, sha256, _checked(points), pd.DataFrame(kept_out, columns=columns), read, merged
    )


def _checked(points: pd.DataFrame) -> pd.DataFrame:
    """CONTROL_POINTS; the two tracks of a point may stand side by side."""
    tracks = [CONTROL_POINTS.checked(points[points["track"] == track]) for track in TRACKS]
    return pd.concat(tracks, ignore_index=True)


_System = tuple[str, str, str, str]
_Faults = list[tuple[str, str]]
_Places = dict[tuple[str, ...], tuple[_System, _Faults]]
"""Where a value belongs, as sent -> its system and the faults of it: the same in every run of a chart."""
_PLACE = ("lab_code", "analyte", "level", "instrument", "reagent", "sub_type", "calibrator", "qc_lot")


def _judged(
    record: ControlRecord, known: ControlExpectations, places: _Places
) -> tuple[dict[str, object], _Faults]:
    """The row of a record, and its faults: reason and the text at fault."""
    fields = record.fields
    sent = {name: fields[name].strip() if name in fields else "" for name in FIELDS}
    if record.fault:
        return {}, [(record.fault, sent["value"])]
    key = tuple([sent[name] for name in _PLACE])
    if key not in places:
        places[key] = _placed(sent, known)
    system, of_place = places[key]
    faults = list(of_place)
    run_at = read_moment(sent["run_at"])
    if run_at is None:
        faults.append(("time_unreadable", sent["run_at"]))
    numbers = {name: _count(sent[name]) for name in ("run_no", "replicate")}
    faults += [("run_unreadable", sent[name]) for name, number in numbers.items() if number is None]
    value, answer, of_value = _measured(sent, known.analytes.get(sent["analyte"]))
    faults += of_value
    row: dict[str, object] = {
        "lab_code": sent["lab_code"],
        "analyte": sent["analyte"],
        "level": sent["level"],
        "qc_lot": sent["qc_lot"],
        "operator_flag": sent["operator_flag"],
        "instrument": system[0],
        "reagent": system[1],
        "sub_type": system[2],
        "calibrator": system[3],
        "run_at": run_at,
        "run_no": numbers["run_no"],
        "replicate": numbers["replicate"] or 1,
        "raw": sent["value"] or sent["answer"],
        "value": value,
        "answer": answer,
        "track": sent["track"] if sent["track"] in TRACKS else "manual",
        "message_id": record.place,
    }
    return row, faults


def _placed(sent: Mapping[str, str], known: ControlExpectations) -> tuple[_System, _Faults]:
    """System of a value, and the faults of laboratory, analyte, system, lot and level."""
    faults: _Faults = []
    if sent["lab_code"] not in known.laboratories:
        faults.append(("unknown_laboratory", sent["lab_code"]))
    if sent["analyte"] not in known.analytes:
        faults.append(("unknown_analyte", sent["analyte"]))
    system, of_system = _system(sent, known)
    faults += of_system
    if sent["qc_lot"] not in known.lots:
        faults.append(("unknown_lot", sent["qc_lot"]))
    if not sent["level"]:
        faults.append(("level_missing", ""))
    return system, faults


def _system(sent: Mapping[str, str], known: ControlExpectations) -> tuple[_System, _Faults]:
    """Instrument, reagent, sub-type, calibrator; a part left out is filled in only from one registered system."""
    given = (sent["instrument"], sent["reagent"], sent["sub_type"], sent["calibrator"])
    faults = []
    for kind, code, codes in (
        ("instrument", given[0], known.instruments),
        ("reagent", given[1], known.reagents),
        ("calibrator", given[3], known.calibrators),
    ):
        if code and code not in codes:
            faults.append((f"unknown_{kind}", code))
    if faults or (given[0] and given[1]):
        return given, faults
    registered = known.systems.get((sent["lab_code"], sent["analyte"], given[0]), frozenset())
    fitting = [s for s in registered if all(g in ("", own) for g, own in zip(given, s, strict=True))]
    if len(fitting) == 1:
        return fitting[0], []
    return given, [("system_missing", given[0] or given[1])]


def _measured(sent: Mapping[str, str], analyte: Analyte | None) -> tuple[float, str, list[tuple[str, str]]]:
    """Number, answer and faults. Of a graded answer the number is its place on the scale, from 0 for the lowest."""
    if analyte is not None and not analyte.is_quantitative:
        text = sent["value"] or sent["answer"]
        scale = categories_of(analyte)
        code = scale.named(text)
        if not code:
            return float("nan"), "", [("answer_unreadable", text)]
        return float(scale.grades[code]), code, []
    value, faults = _value(sent, analyte)
    answer = ANSWERS.get(sent["answer"].casefold(), "")
    if sent["answer"] and not answer:
        faults.append(("answer_unreadable", sent["answer"]))
    return value, answer, faults


def _value(sent: Mapping[str, str], analyte: Analyte | None) -> tuple[float, list[tuple[str, str]]]:
    """The number in the analyte's unit; a qualitative control may have an answer only."""
    if not sent["value"] and sent["answer"]:
        return float("nan"), []
    reading = read_number(sent["value"])
    if reading.number is None:
        return float("nan"), [("value_unreadable", sent["value"])]
    if reading.censor:
        return float("nan"), [("value_censored", sent["value"])]
    number, unit = reading.number, sent["unit"]
    if analyte is None or not unit or unit == analyte.unit:
        return float(number), []
    for conversion in analyte.unit_conversions:
        if conversion.unit == unit:
            return float(number * conversion.factor + (conversion.offset or Decimal(0))), []
    return float("nan"), [("unit_unknown", unit)]


@lru_cache(maxsize=4096)
def _count(text: str) -> int | None:
    """A number of a run or replicate; 0 where none is given, None where it is no count."""
    if not text:
        return 0
    return int(text) if text.isdigit() and int(text) < 1000 else None


@lru_cache(maxsize=65_536)
def read_moment(text: str) -> datetime | None:
    """A time as written: ISO, 2026/4/12 8:05, or the digits of a message; None where it is none.

    >>> read_moment("2026-04-12 08:15"), read_moment("20260412081500"), read_moment("4/12/26")
    (datetime.datetime(2026, 4, 12, 8, 15), datetime.datetime(2026, 4, 12, 8, 15), None)
    """
    plain = text.strip().split("+")[0].removesuffix("Z")
    for pattern in _MOMENTS:
        try:
            return datetime.strptime(plain, pattern)
        except ValueError:
            continue
    return None


_MOMENTS = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d%H%M",
    "%Y%m%d",
)


def _quarantined(record: ControlRecord, reason: str, sent: str) -> dict[str, str]:
    return {"place": record.place, "reason": reason, "sent": sent, "content": _content(record)}


def _content(record: ControlRecord) -> str:
    """The record as sent."""
    return json.dumps(dict(record.fields), ensure_ascii=False, sort_keys=True)


def _settled(
    rows: list[dict[str, object]], sources: Sequence[ControlRecord]
) -> tuple[list[dict[str, object]], int, list[dict[str, str]]]:
    """Points once each: copies merged, contradictions kept out; `sources`: the record of each row."""
    names = (*CONTROL_POINTS.key, "track")
    keys = [tuple([row[name] for name in names]) for row in rows]
    by_key: dict[tuple[object, ...], list[int]] = {}
    for place, key in enumerate(keys):
        by_key.setdefault(key, []).append(place)
    kept: list[dict[str, object]] = []
    out: list[dict[str, str]] = []
    merged = 0
    for places in by_key.values():
        if len(places) == 1:
            kept.append(rows[places[0]])
            continue
        copies = {(rows[k]["raw"], rows[k]["answer"]) for k in places}
        if len(copies) == 1:
            kept.append(rows[places[0]])
            merged += len(places) - 1
            continue
        for k in places:
            row = rows[k]
            out.append(
                {
                    "place": str(row["message_id"]),
                    "reason": "repeated",
                    "sent": str(row["raw"]),
                    "content": _content(sources[k]),
                }
            )
    return kept, merged, out
