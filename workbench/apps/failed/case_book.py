"""Notes and log of the cases under investigation: files of their own, to which lines are added and nothing else."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from workbench.errors import DataError
from workbench.parameters import programme_folder, project_root

_Made = Callable[[tuple["Entry", ...]], "Entry"]
NOTE = "note"
EVENTS = ("opened", "exported", "explained", "unblinded")
FOLDER = "outputs/investigations"


@dataclass(frozen=True)
class CaseKey:
    """Which case: round, programme, participant code (a device after `#`), analyte."""

    round_code: str
    programme_no: str
    lab_code: str
    analyte: str


@dataclass(frozen=True)
class Entry:
    """One line of a case.

    Attributes
    ----------
    kind : `note`, or one of `EVENTS`. at : ISO time. who : user or role.
    note, version : number of the note and how often it was written; 0 for events.
    """

    kind: str
    at: str
    who: str
    text: str
    note: int = 0
    version: int = 0


@dataclass(frozen=True)
class CaseBook:
    """All cases of one folder; one file a case, one JSON object a line.

    Notes
    -----
    A note that is written again is another line with the next version: the older one stays. Lines of several users
    are added under a lock of the file. Names of laboratories have no place here.
    """

    folder: Path

    def path(self, case: CaseKey) -> Path:
        """The file of a case; codes are written so that any of them is a file name."""
        name = f"{quote(case.lab_code, safe='')}_{quote(case.analyte, safe='')}.jsonl"
        return self.folder / quote(case.round_code, safe="") / programme_folder(case.programme_no) / name

    def entries(self, case: CaseKey) -> tuple[Entry, ...]:
        """Every line of a case in the order of writing.

        Raises
        ------
        DataError
            naming file and line that cannot be read.
        """
        path = self.path(case)
        if not path.is_file():
            return ()
        out = []
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            try:
                out.append(Entry(**json.loads(line)))
            except (ValueError, TypeError) as error:
                raise DataError(f"{path}, line {number} is no entry of a case; restore the file.") from error
        return tuple(out)

    def notes(self, case: CaseKey) -> tuple[Entry, ...]:
        """The last version of every note, in the order of their numbers."""
        last = {entry.note: entry for entry in self.entries(case) if entry.kind == NOTE}
        return tuple(last[number] for number in sorted(last))

    def events(self, case: CaseKey) -> tuple[Entry, ...]:
        """What was done with the case."""
        return tuple(entry for entry in self.entries(case) if entry.kind != NOTE)

    def write_note(self, case: CaseKey, text: str, who: str, at: datetime, note: int = 0) -> Entry:
        """Add a note, or the next version of one.

        Parameters
        ----------
        note : number of the note that is written again; 0 for a new one.

        Raises
        ------
        DataError
            when the text is empty, or the case has no such note.
        """
        words = " ".join(text.split())
        if not words:
            raise DataError("A note without words was not kept; write what was found or done.")

        def numbered(before: tuple[Entry, ...]) -> Entry:
            versions = [entry for entry in before if entry.kind == NOTE]
            if note and note not in {entry.note for entry in versions}:
                raise DataError(f"There is no note {note} to be written again.")
            number = note or max((entry.note for entry in versions), default=0) + 1
            version = sum(entry.note == number for entry in versions) + 1
            return Entry(NOTE, _moment(at), who, words, number, version)

        return self._add(case, numbered)

    def log(self, case: CaseKey, kind: str, who: str, at: datetime, text: str = "") -> Entry:
        """Add an event."""
        if kind not in EVENTS:
            raise DataError(f"Events are {', '.join(EVENTS)}, not {kind!r}.")
        return self._add(case, lambda _before: Entry(kind, _moment(at), who, " ".join(text.split())))

    def _add(self, case: CaseKey, made: _Made) -> Entry:
        """Add one line under the lock of the file."""
        path = self.path(case)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            entry = made(self.entries(case))
            os.write(handle, (json.dumps(asdict(entry), ensure_ascii=False) + "\n").encode("utf-8"))
            os.fsync(handle)
        finally:
            os.close(handle)
        return entry


def case_book(folder: str = FOLDER) -> CaseBook:
    """The cases below a folder, taken from the project's folder unless absolute."""
    return CaseBook(project_root() / folder)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
