"""Worker processes with deadlines: a task that fails, hangs or kills its process spoils only itself.

Workers are spawned, not forked, and each keeps its imports for the next task. The parent owns the
queue, so a lost worker loses one task, which is reported, and a new worker takes the next one.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing as mp
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from workbench.errors import WorkbenchError

SINGLE_THREADED = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "PYTHONHASHSEED": "0",
}
"""Environment of workers and their kernels: one thread each (Arrow's allocator too, or a worker could
not fork), and hash order the same in every run."""

_LOOK_SECONDS = 0.5
_KILL_GRACE = 2.0


@dataclass(frozen=True)
class Outcome:
    """What became of one task.

    Parameters
    ----------
    task : the task as it was given.
    value : what the worker function returned; None after a failure.
    error : first line for the operator, empty after success.
    detail : traceback for the operator's log, never for a report.
    seconds : wall time in the worker.
    cpu_seconds : user and system time of the worker and its children; NaN when it did not live to tell.
    worker : address of the cluster's worker that did it; empty on this machine.
    """

    task: Any
    value: Any = None
    error: str = ""
    detail: str = ""
    seconds: float = 0.0
    cpu_seconds: float = math.nan
    worker: str = ""

    @property
    def ok(self) -> bool:
        """Whether the task was done."""
        return not self.error


@dataclass(frozen=True)
class Limits:
    """What one task may take, and how long a worker is kept.

    Parameters
    ----------
    deadline_seconds : wall time of one task, after which its process group is killed.
    memory_mb : resident memory of one process of a worker, after which its process group is killed;
        0: no limit. It is looked at twice a second, on Linux.
    tasks_per_worker : after so many tasks a worker is replaced, so that what libraries keep cannot pile
        up; 0: never.
    """

    deadline_seconds: float = 300.0
    memory_mb: int = 0
    tasks_per_worker: int = 0


class Process(Protocol):
    """What is asked of a worker's process; multiprocessing's own has it all."""

    @property
    def pid(self) -> int | None:
        """Its number, None before it was started."""

    @property
    def exitcode(self) -> int | None:
        """How it ended, None while it lives."""

    def is_alive(self) -> bool:
        """Whether it has not ended."""

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end, not longer than so many seconds."""

    def kill(self) -> None:
        """End it at once."""


@dataclass
class Worker:
    """A process that takes one task after the other through a pipe, and what it is at."""

    process: Process
    pipe: Connection
    task: Any = None
    started: float = 0.0
    looked: float = 0.0
    busy: bool = False
    done: int = 0


def run_tasks(
    work: Callable[[Any], Any],
    tasks: Sequence[Any],
    *,
    workers: int,
    limits: Limits = Limits(),
) -> Iterator[Outcome]:
    """Run every task once, in the order given as far as workers are free; yields as they finish.

    Parameters
    ----------
    work : module-level function of one task; runs in the worker.
    tasks : picklable values.
    workers : processes at the most; fewer are started for fewer tasks.
    limits : what one task may take.
    """
    queue = deque(tasks)
    crew: list[Worker] = []
    try:
        while queue or any(w.busy for w in crew):
            while queue and len(crew) < min(workers, len(tasks)):
                crew.append(spawned(work))
            _hand_out(crew, queue)
            yield from _collect(crew, limits)
    finally:
        for worker in crew:
            _stop(worker)


class Seat:
    """One worker kept from call to call, for a caller that is given its tasks one at a time.

    Parameters
    ----------
    start : starts the worker's process; called for the first task and after the process was lost.
    limits : what one task may take.
    """

    def __init__(self, start: Callable[[], Worker], limits: Limits) -> None:
        self.start, self.limits = start, limits
        self.crew: list[Worker] = []

    def do(self, task: Any) -> Outcome:
        """Run one task to its end; an error, a hang and a dead process are outcomes too."""
        if not self.crew:
            self.crew.append(self.start())
        _hand_out(self.crew, deque([task]))
        while True:
            if outcomes := list(_collect(self.crew, self.limits)):
                return outcomes[0]

    def leave(self) -> None:
        """End the process; a call of `do` in another thread then has its outcome, a lost process."""
        for worker in list(self.crew):
            if worker.busy:
                _kill(worker.process)
            else:
                self.crew.remove(worker)
                _stop(worker)


def spawned(work: Callable[[Any], Any]) -> Worker:
    """Spawn one worker in a process group of its own, with a single-threaded environment."""
    context = mp.get_context("spawn")
    ours, theirs = context.Pipe()
    before = dict(os.environ)
    os.environ.update(SINGLE_THREADED)
    try:
        process = context.Process(target=serve, args=(theirs, work), daemon=True)
        process.start()
    finally:
        os.environ.clear()
        os.environ.update(before)
    theirs.close()
    return Worker(process, ours)


def serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """Body of a worker: take a task, answer with the value or the error, until told to stop."""
    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            return
        if message is None:
            return
        task, started, cpu = message[0], time.monotonic(), _cpu_seconds()
        try:
            value, error, detail = work(task), "", ""
        except WorkbenchError as problem:
            value, error, detail = None, str(problem), traceback.format_exc()
        except Exception as problem:
            value, error, detail = None, f"{type(problem).__name__}: {problem}", traceback.format_exc()
        pipe.send((value, error, detail, time.monotonic() - started, _cpu_seconds() - cpu))


def _cpu_seconds() -> float:
    """Of this process and the children it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _hand_out(crew: list[Worker], queue: deque[Any]) -> None:
    for worker in crew:
        if not worker.busy and queue:
            worker.task, worker.busy = queue.popleft(), True
            worker.started = worker.looked = time.monotonic()
            worker.pipe.send((worker.task,))


def _collect(crew: list[Worker], limits: Limits) -> Iterator[Outcome]:
    """Outcomes of finished, dead and unbounded workers; the last two leave the crew, and the worn out."""
    busy = [w for w in crew if w.busy]
    ready = wait([w.pipe for w in busy], timeout=_LOOK_SECONDS)
    for worker in busy:
        if worker.pipe in ready:
            yield _answer(worker, crew)
            if worker in crew and worker.done == limits.tasks_per_worker:
                crew.remove(worker)
                _stop(worker)
        elif reason := _exceeded(worker, limits):
            crew.remove(worker)
            _stop(worker)
            yield Outcome(worker.task, error=reason, seconds=time.monotonic() - worker.started)


def _exceeded(worker: Worker, limits: Limits) -> str:
    """Which limit a task has passed; empty when none."""
    now = time.monotonic()
    if now - worker.started > limits.deadline_seconds:
        return f"stopped after {limits.deadline_seconds:g} s"
    if limits.memory_mb and now - worker.looked >= _LOOK_SECONDS and worker.process.pid:
        worker.looked = now
        used = max(resident_mb(worker.process.pid), default=0.0)
        if used > limits.memory_mb:
            return f"stopped at {used:.0f} MB of memory, {limits.memory_mb} MB are allowed"
    return ""


def resident_mb(pid: int) -> list[float]:
    """Resident memory in MB of a process and its descendants; empty where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return []
    own = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return [own, *(size for child in children for size in resident_mb(int(child)))]


def _answer(worker: Worker, crew: list[Worker]) -> Outcome:
    elapsed = time.monotonic() - worker.started
    try:
        value, error, detail, seconds, cpu_seconds = worker.pipe.recv()
    except (EOFError, OSError):
        crew.remove(worker)
        _stop(worker)
        code = worker.process.exitcode
        return Outcome(worker.task, error=f"worker process ended with code {code}", seconds=elapsed)
    worker.busy, worker.done = False, worker.done + 1
    return Outcome(worker.task, value, error, detail, seconds, cpu_seconds)


def _stop(worker: Worker) -> None:
    """End a worker and everything it started."""
    if not worker.busy and worker.process.is_alive():
        with contextlib.suppress(OSError):
            worker.pipe.send(None)
        worker.process.join(_KILL_GRACE)
    _kill(worker.process)
    worker.process.join(_KILL_GRACE)
    worker.pipe.close()


def _kill(process: Process) -> None:
    """End a process with its group, if it lives."""
    if process.is_alive() and process.pid:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError, AttributeError):
            process.kill()
