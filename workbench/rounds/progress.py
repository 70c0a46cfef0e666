"""What the operator sees while a batch runs: a bar on a terminal, plain lines in a log, JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Watcher(Protocol):
    """Receives what happens in a run."""

    def say(self, event: str, **facts: Any) -> None:
        """Something worth a line happened."""

    def start(self, total: int) -> None:
        """So many reports are about to be made."""

    def step(self, ok: bool) -> None:
        """One report is finished or has failed."""


class Silent:
    """Watches without a word; for tests and for callers with a display of their own."""

    def say(self, event: str, **facts: Any) -> None:
        """Nothing."""

    def start(self, total: int) -> None:
        """Nothing."""

    def step(self, ok: bool) -> None:
        """Nothing."""


class JsonLines:
    """One JSON object a line, for programs."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def say(self, event: str, **facts: Any) -> None:
        """One line."""
        self.stream.write(json.dumps({"event": event, **facts}, ensure_ascii=False, default=str) + "\n")
        self.stream.flush()

    def start(self, total: int) -> None:
        """One line with the number planned."""
        self.say("start", reports=total)

    def step(self, ok: bool) -> None:
        """One line a report."""
        self.say("report", ok=ok)


class Bar:
    """A bar with counts, rate, time left and failures; lines above it for what is worth a line."""

    def __init__(self, progress: Progress) -> None:
        self.progress, self.failed = progress, 0
        self.task = progress.add_task("", total=None, visible=False, failed=0)

    def say(self, event: str, **facts: Any) -> None:
        """One line above the bar."""
        text = " ".join(f"{name}={value}" for name, value in facts.items())
        self.progress.console.print(f"{event}  {text}", highlight=False, markup=False, soft_wrap=True)

    def start(self, total: int) -> None:
        """Show the bar."""
        self.progress.reset(self.task, total=total, visible=True, failed=0)

    def step(self, ok: bool) -> None:
        """Advance by one."""
        self.failed += not ok
        self.progress.update(self.task, advance=1, failed=self.failed)


@contextmanager
def watching(as_json: bool, stream: TextIO | None = None) -> Iterator[Watcher]:
    """The watcher for the command line: JSON lines on request, else a bar."""
    if as_json:
        yield JsonLines(stream or sys.stdout)
        return
    columns = (
        TextColumn("reports"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("failed {task.fields[failed]}"),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    console = Console(file=stream or sys.stderr)
    with Progress(*columns, console=console, disable=False) as progress:
        yield Bar(progress)
