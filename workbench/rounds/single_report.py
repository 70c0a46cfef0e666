"""One report made in a process of its own: `python -m workbench.rounds.single_report`, request on standard input."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from workbench.errors import WorkbenchError
from workbench.rounds.control_reports import ControlReport, make_report


def make_requested(request: dict[str, Any]) -> list[Path]:
    """Make the report of a request; returns its files.

    Parameters
    ----------
    request : notebook (below notebooks/reports), parameters, folder.

    Raises
    ------
    RenderError
        naming notebook, section and cause.
    """
    notebook = str(request["notebook"])
    name = f"{Path(notebook).stem}.{request['parameters']['locale']}"
    return make_report(ControlReport(notebook, request["parameters"], Path(request["folder"]), name))


def main() -> int:
    """Read the request, make the report; what went wrong is one line on standard error."""
    try:
        make_requested(json.load(sys.stdin))
    except WorkbenchError as error:
        print(str(error).replace("\n", " "), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
