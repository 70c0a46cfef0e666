"""Keep two SQLite libraries in one process off the same file at the same time.

Python and the Arrow driver each carry an SQLite of their own. File locks belong to the process, so one
library cannot see the other's: closing a file in one drops the locks of the other, and the library
that believes itself alone deletes the write-ahead log that the other still writes to. So whoever
opens a file passes its gate: threads take turns, and Arrow is used only where nothing is open.

References
----------
sqlite.org, "How To Corrupt An SQLite Database File", 2.2.1.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import DataError


class Gate:
    """The gate of one file in this process."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._open = 0
        self._arrow = False

    @contextmanager
    def python(self) -> Iterator[None]:
        """Hold the file open with Python's library.

        Raises
        ------
        DataError
            inside an Arrow read of the same thread, which must end first.
        """
        with self._turn:
            if self._arrow:
                raise DataError("An Arrow read of this SQLite file is open; end it before opening another.")
            self._open += 1
            try:
                yield
            finally:
                self._open -= 1

    @contextmanager
    def arrow(self) -> Iterator[bool]:
        """Hold the file open with the Arrow driver; yields False where Python's library has it open."""
        with self._turn:
            free = not self._open and not self._arrow
            self._arrow = self._arrow or free
            try:
                yield free
            finally:
                self._arrow = self._arrow and not free


_GATES: dict[Path, Gate] = {}
_GATES_LOCK = threading.Lock()


def gate(path: str) -> Gate:
    """The gate of a file, the same for every store that names it."""
    with _GATES_LOCK:
        return _GATES.setdefault(Path(path).resolve(), Gate())
