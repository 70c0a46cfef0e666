"""A report made from an app, marked as a draft: its notebook run in a process of its own, its files handed back."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
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
asked = json.load(sys.stdin)
try:
    make_report(ControlReport(asked["notebook"], asked["parameters"], Path(asked["folder"]), "draft", True))
except WorkbenchError as error:
    sys.exit("cause: " + str(error))
"""


def draft_files(notebook: str, parameters: Mapping[str, Any]) -> dict[str, bytes]:
    """Run a report notebook and return its files by ending: html, pdf, json, csv, xlsx.

    Parameters
    ----------
    notebook : file name below notebooks/reports. parameters : of the notebook; its status should be preliminary.

    Raises
    ------
    RenderError
        with what went wrong in the report's own words.

    Notes
    -----
    A process of its own: a kernel has threads, and a fork of it could stand still.
    """
    with tempfile.TemporaryDirectory() as folder:
        asked = {"notebook": notebook, "parameters": dict(parameters), "folder": folder}
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM], input=json.dumps(asked), text=True, cwd=project_root(),
            capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            words = done.stderr.strip().splitlines() or ["no message"]
            cause = next((w.removeprefix("cause: ") for w in words if w.startswith("cause: ")), words[-1])
            raise RenderError(f"The draft could not be made: {cause}")
        return {path.suffix[1:]: path.read_bytes() for path in sorted(Path(folder).iterdir())}
