"""Release of one finished report: all of its files or none, exactly once, nothing overwritten.

The staged files are described in an intent first (a redo log). Whatever moment the run is killed at,
`recover` finishes the moves that the intent describes: a report is never half there. An older version
is renamed `<name>.v<n>.<ext>` before the new one takes the plain name.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from workbench.errors import PublishError
from workbench.rounds.records import (
    Artefact,
    Record,
    as_json,
    save_record,
    sha256_of,
    write_atomically,
)
from workbench.rounds.shards import WHOLE, Shard

INTENT_FOLDER = ".intents"


def publish(outputs: Path, folder: Path, staged: Path, record: Record, previous: Record | None) -> Record:
    """Move a staged report to its final names.

    Parameters
    ----------
    outputs : root of all outputs; paths in the record are relative to it.
    folder : folder of the programme-round, below `outputs`.
    staged : folder that holds the finished files, named like their final names.
    record : the record to be, with `files` giving final paths and hashes of the staged files.
    previous : the record in force, kept under versioned names; None for a first issue.

    Raises
    ------
    PublishError
        if a staged file is missing or differs from its hash.
    """
    moves = _moves(staged, record, outputs)
    intent = {
        "record": asdict(record),
        "moves": moves,
        "keep": _keeps(previous, outputs) if previous and previous.version < record.version else [],
    }
    path = folder / INTENT_FOLDER / record.name
    write_atomically(path, as_json(intent))
    return _carry_out(outputs, folder, path)


def recover(outputs: Path, folder: Path, shard: Shard = WHOLE) -> int:
    """Finish every publication of a shard that was begun; returns how many.

    Those of other shards are left alone: their machine may be in the middle of them.
    """
    mine = []
    for path in sorted((folder / INTENT_FOLDER).glob("*.json")):
        record = json.loads(path.read_bytes())["record"]
        if shard.holds(record["programme_no"], record["subject"]):
            mine.append(path)
    for path in mine:
        _carry_out(outputs, folder, path)
    return len(mine)


def artefact_of(path: Path, final: str) -> Artefact:
    """Size and hash of a staged file under the path it will have."""
    content_hash = sha256_of(path)
    if content_hash is None:
        raise PublishError(f"Staged file {path.name} is missing; run the report again.")
    return Artefact(path=final, size=path.stat().st_size, sha256=content_hash)


def _moves(staged: Path, record: Record, outputs: Path) -> list[dict[str, str]]:
    """Staged path, final path and hash of each file; every one is checked before any is moved."""
    moves = []
    for artefact in record.files.values():
        source = staged / Path(artefact.path).name
        if sha256_of(source) != artefact.sha256:
            raise PublishError(f"Staged file {source.name} is missing or changed; run the report again.")
        moves.append(
            {"from": source.relative_to(outputs).as_posix(), "to": artefact.path, "sha256": artefact.sha256}
        )
    return moves


def _keeps(previous: Record, outputs: Path) -> list[dict[str, str]]:
    """Renames that keep the replaced version as it stands: `L0427.pdf` -> `L0427.v1.pdf`."""
    keeps = []
    for artefact in previous.files.values():
        found = sha256_of(outputs / artefact.path)
        if found:
            to = versioned(artefact.path, previous.version)
            keeps.append({"from": artefact.path, "to": to, "sha256": found})
    return keeps


def versioned(path: str, version: int) -> str:
    """Name of a replaced version: the version stands before the language and the ending.

    >>> versioned("2026-1/0101/labs/L0427.en.pdf", 1)
    '2026-1/0101/labs/L0427.v1.en.pdf'
    """
    folder, _, name = path.rpartition("/")
    stem, _, rest = name.partition(".")
    return f"{folder}/{stem}.v{version}.{rest}" if folder else f"{stem}.v{version}.{rest}"


def _carry_out(outputs: Path, folder: Path, intent_path: Path) -> Record:
    """Do what an intent says; safe to repeat after a kill at any point."""
    intent = json.loads(intent_path.read_bytes())
    for move in [*intent["keep"], *intent["moves"]]:
        _move(outputs / move["from"], outputs / move["to"], move["sha256"])
    fields = intent["record"]
    files = {name: Artefact(**artefact) for name, artefact in fields.pop("files").items()}
    record = Record(**fields, files=files)
    save_record(folder, record)
    intent_path.unlink(missing_ok=True)
    for source in {(outputs / move["from"]).parent for move in intent["moves"]}:
        shutil.rmtree(source, ignore_errors=True)
    return record


def _move(source: Path, target: Path, expected: str) -> None:
    """Rename once: nothing to do where the target already holds the expected bytes."""
    if sha256_of(target) == expected:
        return
    if sha256_of(source) != expected:
        raise PublishError(f"{source.name} is gone or changed before its release; run the report again.")
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
