"""Freeze the input of an evaluation: Parquet files whose bytes depend on nothing but the data."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import DataError, Problem
from workbench.frames import ANSWER_HISTORY, EXPECTED_ANSWERS, SNAPSHOT_FRAMES
from workbench.store.inputs import SnapshotFrames

MANIFEST = "snapshot.json"
NAME_DIGITS = 12
"""Digits of the hash in the folder's name, as reports print it."""

ROW_GROUP_ROWS = 150_000

LATER = frozenset({EXPECTED_ANSWERS.name, ANSWER_HISTORY.name})
"""Frames that snapshots of before do not have; they are then empty."""


@dataclass(frozen=True)
class Snapshot:
    """A frozen input: its folder, and the sha256 over everything in it."""

    path: Path
    sha256: str


def freeze(frames: SnapshotFrames, folder: str | Path) -> Snapshot:
    """Write a snapshot into `folder`, in a folder of its own named by its hash.

    The same data give the same bytes and the same hash; a snapshot that is there already is kept.
    It appears whole or not at all.

    Parameters
    ----------
    frames : what goes into an evaluation.
    folder : where snapshots of this programme-round stand; made when absent.
    """
    files = {frame.name: _parquet(frames.frames()[frame.name]) for frame in SNAPSHOT_FRAMES}
    manifest = _manifest(frames, files)
    home = Path(folder)
    path = home / manifest["sha256"][:NAME_DIGITS]
    if path.exists():
        load_snapshot(path, manifest["sha256"])
        return Snapshot(path, manifest["sha256"])
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".snapshot-") as name:
        made = Path(name) / path.name
        made.mkdir()
        for frame, content in files.items():
            (made / f"{frame}.parquet").write_bytes(content)
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        (made / MANIFEST).write_text(text + "\n", encoding="utf-8")
        _move(made, path)
    return Snapshot(path, manifest["sha256"])


def load_snapshot(path: str | Path, sha256: str | None = None) -> SnapshotFrames:
    """Read a snapshot back.

    Parameters
    ----------
    path : its folder.
    sha256 : the hash an evaluation recorded; None checks the snapshot against itself only.

    Raises
    ------
    DataError
        when a file is missing or was changed, or the hash is another one.
    """
    home = Path(path)
    manifest = _read_manifest(home)
    contents = _verified(home, manifest)
    if sha256 is not None and sha256 != manifest["sha256"]:
        raise DataError(f"Snapshot {home} is {manifest['sha256'][:NAME_DIGITS]}, not {sha256[:NAME_DIGITS]}.")
    frames = {
        frame.name: frame.checked(pq.read_table(io.BytesIO(contents[frame.name])).to_pandas())
        if frame.name in contents
        else frame.empty()
        for frame in SNAPSHOT_FRAMES
    }
    closing_at = datetime.fromisoformat(manifest["closing_at"])
    return SnapshotFrames(manifest["round"], manifest["programme_no"], closing_at, **frames)


def _parquet(frame: pd.DataFrame) -> bytes:
    """One frame as Parquet without the metadata that names library versions."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=ROW_GROUP_ROWS, version="2.6")
    return sink.getvalue()


def _manifest(frames: SnapshotFrames, files: dict[str, bytes]) -> dict[str, Any]:
    """Which round, the hash of every file, and the hash over all of that."""
    described: dict[str, Any] = {
        "round": frames.round_code,
        "programme_no": frames.programme_no,
        "closing_at": frames.closing_at.isoformat(),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    return {**described, "sha256": _hash(described)}


def _hash(described: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


def _read_manifest(home: Path) -> dict[str, Any]:
    """The manifest, if its own hash holds."""
    try:
        manifest: dict[str, Any] = json.loads((home / MANIFEST).read_text(encoding="utf-8"))
        described = {name: manifest[name] for name in ("round", "programme_no", "closing_at", "files")}
        stated = manifest["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{home} is no snapshot: {error}.") from error
    if _hash(described) != stated:
        raise DataError(f"Snapshot {home} was changed: its manifest does not match its hash.")
    return manifest


def _verified(home: Path, manifest: dict[str, Any]) -> dict[str, bytes]:
    """Contents of all files, each checked against the manifest."""
    contents: dict[str, bytes] = {}
    problems = []
    for frame in SNAPSHOT_FRAMES:
        if frame.name in LATER and frame.name not in manifest["files"]:
            continue
        path = home / f"{frame.name}.parquet"
        contents[frame.name] = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(contents[frame.name]).hexdigest() != manifest["files"].get(frame.name):
            problems.append(Problem("missing or changed after it was frozen", file=str(path)))
    if problems:
        raise DataError(f"Snapshot {home} cannot be used; freeze the round again.", problems)
    return contents


def _move(made: Path, path: Path) -> None:
    """Put the finished folder in its place; another process may have been first."""
    try:
        os.rename(made, path)
    except OSError:
        if not path.exists():
            raise
        shutil.rmtree(made)
