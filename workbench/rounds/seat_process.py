"""A worker's process started as a program of its own, beside a process that may not fork.

A worker of a cluster has threads and is a daemon to multiprocessing, so neither it nor a child it forks
may make a report. It starts this program, whose process serves tasks as the pool's workers do: imports
kept warm, one forked child a report. Whatever happens to the owner, nothing of this outlives it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe

from workbench.rounds.pool import SINGLE_THREADED, Worker, serve

_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Program:
    """A started program with the few methods the pool asks of a process."""

    popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its number."""
        return self.popen.pid

    @property
    def exitcode(self) -> int | None:
        """How it ended, None while it lives."""
        return self.popen.poll()

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.popen.poll() is None

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, not longer than so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(timeout)

    def kill(self) -> None:
        """End it at once."""
        self.popen.kill()


def start_process(settings: Mapping[str, str]) -> Worker:
    """Start the program; it answers as a spawned worker of the pool does.

    Parameters
    ----------
    settings : variables added to the environment.
    """
    ours, theirs = Pipe()
    command = [sys.executable, "-P", "-m", __name__, str(theirs.fileno()), str(os.getpid())]
    environment = {**os.environ, **SINGLE_THREADED, **settings}
    popen = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),), close_fds=True
    )
    theirs.close()
    return Worker(Program(popen), ours)


def end_with(owner: int) -> None:
    """End this process's group, which `serve` makes, once the owner is gone; looked at every second.

    A timer's signal and no thread: a thread would forbid the fork.
    """

    def look(*_: object) -> None:
        if os.getppid() != owner:
            os.killpg(os.getpid(), signal.SIGKILL)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS, _LOOK_SECONDS)


def main(descriptor: int, owner: int) -> None:
    """Serve until the pipe is closed."""
    from workbench.rounds.render import render

    end_with(owner)
    serve(Connection(descriptor), render)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
