"""Worker processes with deadlines: a task that fails, hangs or kills its process spoils only itself.

Workers are spawned, not forked, and each keeps its imports for the next task. The parent owns the
queue, so a lost worker loses one task, which is reported, and a new worker takes the next one.
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

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

_LONGEST_WAIT = 0.5
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
    """

    task: Any
    value: Any = None
    error: str = ""
    detail: str = ""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the task was done."""
        return not self.error


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    task: Any = None
    started: float = 0.0
    busy: bool = field(default=False)


def run_tasks(
    work: Callable[[Any], Any],
    tasks: Sequence[Any],
    *,
    workers: int,
    deadline_seconds: float,
) -> Iterator[Outcome]:
    """Run every task once, in the order given as far as workers are free; yields as they finish.

    Parameters
    ----------
    work : module-level function of one task; runs in the worker.
    tasks : picklable values.
    workers : processes at the most; fewer are started for fewer tasks.
    deadline_seconds : wall time of one task, after which its process group is killed.
    """
    queue = deque(tasks)
    crew: list[_Worker] = []
    context = mp.get_context("spawn")
    try:
        while queue or any(w.busy for w in crew):
            while queue and len(crew) < min(workers, len(tasks)):
                crew.append(_start(context, work))
            _hand_out(crew, queue)
            yield from _collect(crew, deadline_seconds)
    finally:
        for worker in crew:
            _stop(worker)


def _start(context: Any, work: Callable[[Any], Any]) -> _Worker:
    """Spawn one worker in a process group of its own, with a single-threaded environment."""
    ours, theirs = context.Pipe()
    before = dict(os.environ)
    os.environ.update(SINGLE_THREADED)
    try:
        process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        process.start()
    finally:
        os.environ.clear()
        os.environ.update(before)
    theirs.close()
    return _Worker(process, ours)


def _serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
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
        task, started = message[0], time.monotonic()
        try:
            value, error, detail = work(task), "", ""
        except WorkbenchError as problem:
            value, error, detail = None, str(problem), traceback.format_exc()
        except Exception as problem:
            value, error, detail = None, f"{type(problem).__name__}: {problem}", traceback.format_exc()
        pipe.send((value, error, detail, time.monotonic() - started))


def _hand_out(crew: list[_Worker], queue: deque[Any]) -> None:
    for worker in crew:
        if not worker.busy and queue:
            worker.task, worker.started, worker.busy = queue.popleft(), time.monotonic(), True
            worker.pipe.send((worker.task,))


def _collect(crew: list[_Worker], deadline_seconds: float) -> Iterator[Outcome]:
    """Outcomes of finished, dead and overdue workers; the last two leave the crew."""
    busy = [w for w in crew if w.busy]
    ready = wait([w.pipe for w in busy], timeout=_LONGEST_WAIT)
    for worker in busy:
        elapsed = time.monotonic() - worker.started
        if worker.pipe in ready:
            yield _answer(worker, crew)
        elif elapsed > deadline_seconds:
            crew.remove(worker)
            _stop(worker)
            yield Outcome(worker.task, error=f"stopped after {deadline_seconds:g} s", seconds=elapsed)


def _answer(worker: _Worker, crew: list[_Worker]) -> Outcome:
    elapsed = time.monotonic() - worker.started
    try:
        value, error, detail, seconds = worker.pipe.recv()
    except (EOFError, OSError):
        crew.remove(worker)
        _stop(worker)
        code = worker.process.exitcode
        return Outcome(worker.task, error=f"worker process ended with code {code}", seconds=elapsed)
    worker.busy = False
    return Outcome(worker.task, value, error, detail, seconds)


def _stop(worker: _Worker) -> None:
    """End a worker and everything it started."""
    if not worker.busy and worker.process.is_alive():
        with contextlib.suppress(OSError):
            worker.pipe.send(None)
        worker.process.join(_KILL_GRACE)
    if worker.process.is_alive() and worker.process.pid:
        try:
            os.killpg(worker.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError, AttributeError):
            worker.process.kill()
    worker.process.join(_KILL_GRACE)
    worker.pipe.close()
