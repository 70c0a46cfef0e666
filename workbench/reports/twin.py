"""The machine-readable twin of a report: canonical JSON, long CSV, schema.

A report is built as one plain dictionary first; paper, screen and workbook are made from it. The JSON
holds the sha256 of the CSV, the printed report holds the sha256 of the JSON: nothing holds its own.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from workbench.errors import Problem, RenderError
from workbench.tables.annex import values_of

SCHEMA = "eqa-report/1.0"
SCHEMA_FILE = Path(__file__).parent / "schemas" / "eqa-report-1.0.json"

CSV_COLUMNS = (
    "report_number",
    "lab_code",
    "device_id",
    "programme_no",
    "round",
    "analyte",
    "sample",
    "raw",
    "value",
    "censor",
    "unit_ucum",
    "state",
    "reason",
    "assigned_value",
    "u_assigned_value",
    "limit_low",
    "limit_high",
    "difference",
    "percent_difference",
    "percent_allowed",
    "score_kind",
    "score",
    "peer_group_level",
    "peer_n",
    "robust_mean",
    "robust_sd",
    "signal",
    "expected_code",
    "reported_code",
    "mark",
    "mark_max",
)
RESULT_FIELDS = (
    "raw",
    "value",
    "censor",
    "state",
    "reason",
    "percent_allowed",
    "score_kind",
    "score",
    "signal",
    "printed_value",
    "printed_symbol",
)
"""What a programme's twin holds of each participant's result, one list a sample and field."""
CODED_FIELDS = ("censor", "state", "reason", "score_kind", "signal", "printed_symbol")
"""Of them those with few different words."""
_FORMULA_STARTS = ("=", "@", "\t", "\r")


def number(value: object) -> int | float | None:
    """A value of a frame as JSON can hold it: plain int or float, None where there is no number.

    Notes
    -----
    NaN and infinities give None; the caller says why in the `why` object beside it. Numpy scalars
    become Python numbers, whose shortest repr is what JSON prints.

    Examples
    --------
    >>> number(float("nan")), number(1.5), number(3)
    (None, 1.5, 3)
    """
    if value is None or isinstance(value, bool):
        return None if value is None else int(value)
    plain: Any = value.item() if hasattr(value, "item") else value
    if isinstance(plain, int):
        return plain
    if isinstance(plain, float) and math.isfinite(plain):
        return plain
    return None


def canonical_json(twin: Mapping[str, Any]) -> bytes:
    """The twin as UTF-8 bytes that depend on its content only.

    Raises
    ------
    RenderError
        when a NaN or an object JSON does not know is in the twin.

    Examples
    --------
    >>> canonical_json({"a": "钾", "b": None})
    b'{"a":"\\xe9\\x92\\xbe","b":null}\\n'
    """
    try:
        text = json.dumps(twin, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise RenderError(f"The report's twin cannot be written as JSON: {error}.") from error
    return (text + "\n").encode("utf-8")


def sha256(data: bytes) -> str:
    """Hexadecimal sha256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def long_rows(twin: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per result, in the columns of the CSV; unrounded, None where nothing is there."""
    programme = twin["programme"]
    for entry in twin["analytes"]:
        head = {
            "report_number": twin["report"]["number"],
            "lab_code": (twin["participant"] or {}).get("lab_code"),
            "programme_no": programme["programme_no"],
            "round": twin["round"],
            "analyte": entry["analyte"],
            "unit_ucum": entry["unit_ucum"],
            "device_id": entry.get("device_id"),
        }
        for result in results_of(entry):
            yield _long_row(head, entry, result)


def results_by_column(
    participants: list[Any], samples: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Any]:
    """Results of all participants, packed: one list per sample and field, in the participants' order.

    Parameters
    ----------
    participants : alias and device, a pair each.
    samples : sample -> one result per participant, with the names of `RESULT_FIELDS`.

    Notes
    -----
    A field that nobody has is left out; a printed value equal to what was sent is null; a field of few
    words holds them once, as `levels`, and a number for each participant, as `codes`.
    """
    packed = []
    for sample, results in samples.items():
        lists = {name: [result.get(name) for result in results] for name in RESULT_FIELDS}
        lists["printed_value"] = [
            None if shown == raw else shown
            for shown, raw in zip(lists["printed_value"], lists["raw"], strict=True)
        ]
        kept = {name: values for name, values in lists.items() if any(value is not None for value in values)}
        words = {name: coded(values) for name, values in kept.items() if name in CODED_FIELDS}
        packed.append({"sample": sample} | kept | words)
    return {"participants": participants, "samples": packed}


def coded(values: Sequence[str | None]) -> dict[str, Any]:
    """A list of few different words: the words once, and the place of each value's word among them.

    Examples
    --------
    >>> coded(["scored", None, "scored"])
    {'levels': ['scored', None], 'codes': [0, 1, 0]}
    """
    levels = list(dict.fromkeys(values))
    return {"levels": levels, "codes": [levels.index(value) for value in values]}


def results_of(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The results of one item as objects, however the kind of twin holds them; participants in order."""
    results = entry["results"]
    if not isinstance(results, Mapping):
        return list(results)
    out: list[Mapping[str, Any]] = []
    n = len(results["participants"])
    samples = [
        {"sample": part["sample"]} | {name: values_of(part, name, n) for name in RESULT_FIELDS}
        for part in results["samples"]
    ]
    for position, (alias, device) in enumerate(results["participants"]):
        for part in samples:
            own = {name: part[name][position] for name in RESULT_FIELDS}
            if own["printed_value"] is None:
                own["printed_value"] = own["raw"]
            out.append({"round_alias": alias, "device_id": device, "sample": part["sample"]} | own)
    return out


def _long_row(head: dict[str, Any], entry: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the CSV: what the result holds, completed from its group and its item."""
    group = result.get("group") or {}
    row = {name: result.get(name) for name in CSV_COLUMNS} | head
    row["lab_code"] = head["lab_code"] or result.get("round_alias")
    row["device_id"] = head["device_id"] or result.get("device_id")
    row["peer_group_level"] = group.get("level", (entry.get("peer_group") or {}).get("level"))
    row["peer_n"] = group.get("n")
    row["robust_mean"], row["robust_sd"] = group.get("robust_mean"), group.get("robust_sd")
    return row


def csv_bytes(twin: Mapping[str, Any]) -> bytes:
    r"""The long table: UTF-8 with byte-order mark, lines ended by \r\n, decimal points.

    Notes
    -----
    Text that a spreadsheet would take for a formula gets an apostrophe in front: what a laboratory
    typed must never run on somebody's desk. The JSON holds it as sent.
    """
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in long_rows(twin):
        writer.writerow({name: inert_text(value) for name, value in row.items()})
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def inert_text(value: object) -> object:
    """Text that no spreadsheet runs as a formula; numbers as they are; None as the empty text.

    Examples
    --------
    >>> inert_text("=1+1"), inert_text("-5.10"), inert_text("-cmd"), inert_text(None)
    ("'=1+1", '-5.10', "'-cmd", '')
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    signed_text = value[:1] in {"+", "-"} and not value[1:].replace(".", "", 1).isdigit()
    return f"'{value}" if value.startswith(_FORMULA_STARTS) or signed_text else value


def sealed(twin: dict[str, Any], table: bytes | None = None) -> tuple[dict[str, Any], bytes, bytes]:
    """The finished twin with its two files: (twin, JSON bytes, CSV bytes).

    Parameters
    ----------
    table : CSV of a report that holds no results; None makes the long table of results.

    Notes
    -----
    The sha256 of the CSV goes into `provenance.csv_sha256`; the sha256 of the JSON belongs on paper.
    """
    table = csv_bytes(twin) if table is None else table
    finished = twin | {"provenance": twin["provenance"] | {"csv_sha256": sha256(table)}}
    return finished, canonical_json(finished), table


@cache
def schema() -> dict[str, Any]:
    """The published JSON Schema of this major version."""
    loaded: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return loaded


def check_twin(twin: Mapping[str, Any]) -> None:
    """Hold a twin against the schema; used by the tests and before release.

    Raises
    ------
    RenderError
        naming every place that differs.
    """
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema()).iter_errors(twin), key=lambda e: list(map(str, e.path)))
    if errors:
        problems = [Problem(error.message[:200], column="/".join(map(str, error.path))) for error in errors]
        raise RenderError(f"The twin does not follow {SCHEMA}.", problems)
