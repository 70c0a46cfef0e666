"""The command line: `workbench COMMAND`."""

from __future__ import annotations

import sys

from workbench.errors import WorkbenchError


def main() -> None:
    """Entry point: an error of ours becomes its message and its exit code, never a traceback."""
    from workbench.cli.commands import app

    try:
        app(standalone_mode=True)
    except WorkbenchError as error:
        print(f"workbench: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
