"""The operator's log of runs: JSON lines, one event a report, kept from run to run.

It names laboratories and holds tracebacks, so it lies in a hidden folder of the round and is in no
report, archive or outbox.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LOG_FOLDER = ".log"


def log_path(outputs: Path, round_code: str, label: str = "") -> Path:
    """Where the log of a round stands below the outputs; a shard has its own."""
    return outputs / round_code / LOG_FOLDER / f"run{label}.jsonl"


class RunLog:
    """Appends one line an event; a line is written whole or not at all.

    Parameters
    ----------
    path : the file, made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, event: str, **facts: Any) -> None:
        """One event with the time and the run it belongs to."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = {"at": now, "run": self.run, "event": event, **facts}
        line = json.dumps(entry, ensure_ascii=False, default=str) + "\n"
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Every event of the log, oldest first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
