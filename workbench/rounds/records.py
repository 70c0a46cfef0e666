"""What has been published: one record per report and language, and the manifest made from them.

A record is written after every file of the report stands whole under its final name; it holds their
hashes. A record whose files are missing or changed is not trusted, so "published" always means
"on disk and intact".
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

RECORD_FOLDER = ".records"


@dataclass(frozen=True)
class Artefact:
    """One published file: its path below the outputs folder, bytes and hash."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Record:
    """One published report in one language.

    Parameters
    ----------
    kind, programme_no, subject, locale : which report; `subject` is the participant code or "ALL".
    version : 1 for the first issue, one more for each amendment.
    content_key : hash of all the report depends on (the limited view, not the program).
    report_number, issued_at : as printed.
    files : format -> artefact.
    """

    kind: str
    programme_no: str
    subject: str
    locale: str
    version: int
    content_key: str
    report_number: str
    issued_at: str
    files: dict[str, Artefact] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """File name of the record: unique per report and language."""
        return f"{self.kind}.{self.subject}.{self.locale}.json"

    def intact(self, outputs: Path) -> bool:
        """Whether every file stands there with the recorded hash."""
        return all(sha256_of(outputs / a.path) == a.sha256 for a in self.files.values())


def sha256_of(path: Path) -> str | None:
    """Hash of a file's bytes; None where there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{token_hex(4)}.tmp")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def as_json(value: Any) -> bytes:
    """Canonical JSON: sorted keys, UTF-8, one trailing line break."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def save_record(folder: Path, record: Record) -> None:
    """Put a record beside its reports; the last step of a publication."""
    write_atomically(folder / RECORD_FOLDER / record.name, as_json(asdict(record)))


def load_records(folder: Path, name: str = "*.json") -> list[Record]:
    """Records of one programme-round, ordered by name; none where nothing was published.

    Parameters
    ----------
    folder : the programme-round's folder.
    name : one record's file name, or a pattern.
    """
    return [_record(path) for path in sorted((folder / RECORD_FOLDER).glob(name))]


def _record(path: Path) -> Record:
    fields = json.loads(path.read_bytes())
    files = {name: Artefact(**artefact) for name, artefact in fields.pop("files").items()}
    return Record(**fields, files=files)


def write_manifest(folder: Path, head: dict[str, Any]) -> Path:
    """Write `manifest.json`: the evaluation, every report with version and hashes, the counts.

    Parameters
    ----------
    folder : the programme-round's folder.
    head : what identifies the evaluation (ids, hashes, versions) and the reconciliation.

    Notes
    -----
    Shards write it at the same time, each from all the records there are. Whoever writes last has read
    again afterwards, so the manifest ends complete.
    """
    path = folder / "manifest.json"
    records = load_records(folder)
    while True:
        write_atomically(path, as_json(_manifest(records, head)))
        written, records = records, load_records(folder)
        if records == written:
            return path


def _manifest(records: list[Record], head: dict[str, Any]) -> dict[str, Any]:
    return {
        **head,
        "reports": [asdict(record) for record in records],
        "counts": {
            "reports": len(records),
            "files": sum(len(record.files) for record in records),
            "amended": sum(record.version > 1 for record in records),
        },
    }
