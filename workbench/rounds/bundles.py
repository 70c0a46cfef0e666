"""What leaves the house: one ZIP a laboratory over all programmes, and one archive of the round.

Only files that stand on disk with the hash of their release are taken, each is searched once more for
words of other participants, and the same reports give the same bytes. Sending is the site's own
business: the outbox is a folder with one file a laboratory and a manifest of their hashes.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from workbench.errors import Problem, PublishError
from workbench.parameters import RoundPlan, programme_folder
from workbench.rounds.leaks import Watch, refuse_leaks
from workbench.rounds.records import Record, as_json, load_records, sha256_of, write_atomically
from workbench.rounds.tasks import ALL, SUMMARY_FOLDER, SUMMARY_KIND

BUNDLE_FOLDER, OUTBOX = "bundles", "outbox"
_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""ZIP's earliest moment: the entries carry no time, because the time of packing says nothing."""
_READABLE_BY_ALL = 0o644 << 16
_UNIX = 3


@dataclass(frozen=True)
class Bundle:
    """One laboratory's ZIP in the outbox.

    Parameters
    ----------
    lab_code : whose reports it holds.
    file : name in the outbox.
    size, sha256 : of the ZIP.
    reports : report numbers inside, sorted.
    """

    lab_code: str
    file: str
    size: int
    sha256: str
    reports: tuple[str, ...]


@dataclass(frozen=True)
class Packed:
    """What `bundle_round` made: the folder of ZIPs with its manifest, and the archive."""

    outbox: Path
    bundles: tuple[Bundle, ...]
    archive: Path


def bundle_round(plan: RoundPlan, outputs: Path) -> Packed:
    """Pack the released reports of a round.

    Parameters
    ----------
    plan : the round; its programmes are packed.
    outputs : root of all outputs.

    Raises
    ------
    PublishError
        naming every file that is missing or differs from its release, or a report that names another
        participant; then nothing is packed.

    Notes
    -----
    A laboratory's ZIP holds its own reports in force, all languages and formats, in one folder a
    programme and one for its summary of the round, and `contents.json`. Programme reports speak of all participants and are not in it. The
    archive is the organiser's: every version of every report, manifests, plan, frozen inputs.
    """
    root = outputs / plan.round
    records = {n: load_records(root / programme_folder(n)) for n in plan.programmes}
    if SUMMARY_KIND in plan.summaries:
        records[SUMMARY_FOLDER] = load_records(root / SUMMARY_FOLDER)
    _refuse_incomplete(records, outputs)
    outbox = root / BUNDLE_FOLDER / OUTBOX
    codes = sorted({r.subject for found in records.values() for r in found} - {ALL})
    for name, found in records.items():
        folder = name if name == SUMMARY_FOLDER else programme_folder(name)
        _refuse_foreign_words(root / folder, found, outputs)
    bundles = tuple(_pack(plan, code, _own(code, records), outputs) for code in codes)
    for stray in set(outbox.glob("*.zip")) - {outbox / b.file for b in bundles}:
        stray.unlink()
    listed = {"round": plan.round, "laboratories": [asdict(b) for b in bundles]}
    write_atomically(outbox / "manifest.json", as_json(listed))
    archive = root / BUNDLE_FOLDER / f"{plan.round}.zip"
    write_zip(archive, _everything(root, outputs))
    return Packed(outbox, bundles, archive)


def _refuse_incomplete(records: Mapping[str, list[Record]], outputs: Path) -> None:
    """Every released file must stand as released."""
    broken = [
        Problem("missing or changed since its release", file=artefact.path)
        for found in records.values()
        for record in found
        for artefact in record.files.values()
        if sha256_of(outputs / artefact.path) != artefact.sha256
    ]
    nothing = [Problem("no report has been released", file=n) for n, found in records.items() if not found]
    if broken or nothing:
        raise PublishError("The round is not complete; `workbench run` completes it.", [*nothing, *broken])


def _refuse_foreign_words(folder: Path, records: Iterable[Record], outputs: Path) -> None:
    """Look through every laboratory's files of one programme once more."""
    words: Mapping[str, list[str]] = json.loads((folder / ".watch.json").read_bytes())
    sieve = Watch({code: tuple(own) for code, own in words.items()}).sieve()
    for record in records:
        if record.subject != ALL:
            files = {a.path: (outputs / a.path).read_bytes() for a in record.files.values()}
            refuse_leaks(files, words.get(record.subject, ()), sieve)


def _own(code: str, records: Mapping[str, list[Record]]) -> list[Record]:
    return [record for found in records.values() for record in found if record.subject == code]


def _folder(record: Record) -> str:
    """Folder of a report in a laboratory's archive: its programme's, or that of summaries."""
    return programme_folder(record.programme_no) if record.programme_no else SUMMARY_FOLDER


def _pack(plan: RoundPlan, code: str, records: Iterable[Record], outputs: Path) -> Bundle:
    """Write one laboratory's ZIP: its files in a folder a programme, and what they are."""
    records = list(records)
    artefacts = {
        f"{_folder(record)}/{Path(artefact.path).name}": artefact
        for record in records
        for artefact in record.files.values()
    }
    listed = [{"file": n, "size": a.size, "sha256": a.sha256} for n, a in sorted(artefacts.items())]
    numbers = sorted({record.report_number for record in records})
    index = {"round": plan.round, "laboratory": code, "reports": numbers, "files": listed}
    entries = [("contents.json", as_json(index))]
    entries += [(name, (outputs / a.path).read_bytes()) for name, a in sorted(artefacts.items())]
    path = outputs / plan.round / BUNDLE_FOLDER / OUTBOX / f"{plan.round}-{code}.zip"
    write_zip(path, ((name, io.BytesIO(content)) for name, content in entries))
    return Bundle(code, path.name, path.stat().st_size, str(sha256_of(path)), tuple(numbers))


def _everything(root: Path, outputs: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Every file of the round but working files (hidden names) and the bundles themselves."""
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        hidden = any(part.startswith(".") for part in parts)
        if path.is_file() and not hidden and parts[0] != BUNDLE_FOLDER and parts[0] != "summary":
            with path.open("rb") as stream:
                yield path.relative_to(outputs).as_posix(), stream


def write_zip(path: Path, entries: Iterable[tuple[str, BinaryIO]]) -> None:
    """Write a ZIP whose bytes depend on names and contents only; a reader sees the old one or the new.

    Parameters
    ----------
    path : the ZIP.
    entries : names with forward slashes and streams of their contents, in the order of the ZIP.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for name, content in entries:
                entry = zipfile.ZipInfo(name, _NO_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr, entry.create_system = _READABLE_BY_ALL, _UNIX
                with archive.open(entry, "w", force_zip64=False) as target:
                    while block := content.read(1 << 20):
                        target.write(block)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
