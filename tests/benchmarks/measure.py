"""CPU seconds of whole process trees, and the entries of bench.json."""

from __future__ import annotations

import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
"""Linux prctl option: orphans of a process tree become our children, so their CPU time is counted."""


@dataclass(frozen=True)
class Entry:
    """One comparison: our figure, the peer's, and how many times better ours is."""

    ours: float
    peer: float
    ratio: float
    unit: str
    what: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def compared(ours: Sequence[float], peer: Sequence[float], unit: str, what: str) -> Entry:
    """Medians and their ratio (peer / ours)."""
    a, b = statistics.median(ours), statistics.median(peer)
    return Entry(round(a, 6), round(b, 6), round(b / a, 2), unit, what)


def tree_cpu(commands: Sequence[Sequence[str]], cwd: Path, env: Mapping[str, str] | None = None) -> float:
    """User and system seconds of commands run one after the other, with all their descendants.

    Compiled modules are kept as on a user's machine, whatever this one's environment says.

    Raises
    ------
    RuntimeError
        if a command fails: a benchmark of something that did not happen is worth nothing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    usual = {k: v for k, v in (env or os.environ).items() if k != "PYTHONDONTWRITEBYTECODE"}
    for command in commands:
        done = subprocess.run(command, cwd=cwd, env=usual, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    _reap_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def _reap_orphans(patience_seconds: float = 10.0) -> None:
    """Wait for what the commands left running, so that it is counted."""
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(0.05)


def cpu_of(function: Callable[[], object], repeats: int) -> list[float]:
    """CPU seconds of each of several calls in this process, after one call to warm up."""
    function()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return seconds
