"""Who looked at what, and why: one JSON line an entry, written before anything is shown."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.errors import DataError, ParameterError
from workbench.wording import text

REASON_LEAST = 10
"""Fewest characters of a reason."""


@dataclass(frozen=True)
class AccessLog:
    """A file of entries; only ever added to.

    Parameters
    ----------
    path : the file; made with its folder at the first entry.
    """

    path: Path

    def enter(self, who: str, role: str, reason: str, what: Mapping[str, Any], locale: str = "en") -> None:
        """Write one entry through to the disk.

        Parameters
        ----------
        who, role : who asks and as what. reason : at least 10 characters. what : action and scope.

        Raises
        ------
        ParameterError
            when somebody does not say who, as what, or why.
        DataError
            when the entry cannot be written: then nothing may be shown.
        """
        if not who.strip() or not role.strip():
            raise ParameterError(text("app.access.who_missing", locale))
        if len(reason.strip()) < REASON_LEAST:
            raise ParameterError(text("app.access.reason_short", locale, n=REASON_LEAST))
        at = datetime.now().astimezone().isoformat(timespec="seconds")
        line = json.dumps({"at": at, "who": who, "role": role, "reason": reason, **what}, ensure_ascii=False)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(line + "\n")
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise DataError(f"The access log {self.path} cannot be written: {error}.") from error

    def entries(self, who: str) -> list[dict[str, Any]]:
        """One person's own entries, oldest first; nobody reads another's here."""
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry["who"] == who]
