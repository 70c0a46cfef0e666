"""A report made from an app, marked as a draft: its notebook run in a process of its own, its files handed back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.errors import RenderError
from workbench.parameters import project_root

SECONDS = 300.0
_PROGRAM = """
import json, sys
from pathlib import Path
from workbench.errors import WorkbenchError
from workbench.rounds.control_reports import ControlReport, make_report
from workbench.rounds.render import preload
preload()
words = sys.stdin.read()
if not words:
    sys.exit(0)
asked = json.loads(words)
try:
    make_report(ControlReport(asked["notebook"], asked["parameters"], Path(asked["folder"]), "draft", asked["workbook"]))
except WorkbenchError as error:
    sys.exit("cause: " + str(error))
"""


class Drafts:
    """Makes drafts in processes of its own: a kernel has threads, and a fork of it could stand still.

    Notes
    -----
    A process that has loaded everything waits for the next draft; it ends of itself when the app does, because its
    input ends.
    """

    def __init__(self) -> None:
        self._waiting: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Let a process load what a draft needs; nothing where no event loop runs (a script, a test)."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        with self._lock:
            self._waiting = self._waiting or _process()

    def files(
        self, notebook: str, parameters: Mapping[str, Any], *, workbook: bool = True
    ) -> dict[str, bytes]:
        """Run a report notebook and return its files by ending: html, pdf, json, csv, and xlsx if asked.

        Parameters
        ----------
        notebook : file name below notebooks/reports. parameters : of it; its status should be preliminary.
        workbook : with the report's fields for typing, where it has any.

        Raises
        ------
        RenderError
            with what went wrong in the report's own words.
        """
        with self._lock:
            process, self._waiting = self._waiting, None
        if process is None or process.poll() is not None:
            process = _process()
        with tempfile.TemporaryDirectory() as folder:
            asked = {
                "notebook": notebook,
                "parameters": dict(parameters),
                "folder": folder,
                "workbook": workbook,
            }
            try:
                _, told = process.communicate(json.dumps(asked), timeout=SECONDS)
            except subprocess.TimeoutExpired as error:
                process.kill()
                process.communicate()
                raise RenderError(f"The draft was not made within {SECONDS:.0f} seconds.") from error
            if process.returncode:
                words = told.strip().splitlines() or ["no message"]
                cause = next((w.removeprefix("cause: ") for w in words if w.startswith("cause: ")), words[-1])
                raise RenderError(f"The draft could not be made: {cause}")
            return {path.suffix[1:]: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def _process() -> subprocess.Popen[str]:
    """A process that loads, then waits for what it is asked for."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=pipe, stdout=subprocess.DEVNULL, stderr=pipe, text=True,
        cwd=project_root(),
    )  # fmt: skip
