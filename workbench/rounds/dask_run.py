"""The cells of a run on a Dask cluster: sent, made by its workers, counted; the only importer of Dask.

This process plans, evaluates and releases; a worker only makes the files of one report, in a staging
folder of that attempt on the shared storage. So a report that is made twice, because its worker was
given up and lived, is still released once, from whole files. A worker never makes a report in its own
process (see `seat_process`), and a lost worker's reports go to the others.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

from workbench.errors import ParameterError
from workbench.parameters import project_root
from workbench.parameters.home import HOME_VARIABLE
from workbench.reports.fonts import SETTING as FONTS
from workbench.rounds.pool import Limits, Outcome, Seat
from workbench.rounds.seat_process import start_process
from workbench.rounds.tasks import ReportTask
from workbench.rounds.versions import code_version

ANSWER_SECONDS = 10.0
"""How long a scheduler may take to answer, and then a first worker to be there."""

DESERTED_SECONDS = 60.0
"""How long a run waits while the cluster has no worker left before it gives up what is not made."""

_LOOK_SECONDS = 2.0
_FETCH_SECONDS = 60.0
_SCHEDULER_LOST = "the scheduler was lost before the report was made; start it and run again"
_WORKERS_LOST = "the cluster lost its last worker before the report was made; start some and run again"
_SCHEDULER_HINT = "Start one with `dask scheduler`, and on every machine `dask worker tcp://HOST:PORT`"


@dataclass(frozen=True)
class Crew:
    """What the workers' processes of one run have in common.

    Parameters
    ----------
    run : name of the run; processes of another run, with what they have read, are not used.
    limits : what one report may take.
    settings : environment that decides bytes, as on the machine that planned.
    """

    run: str
    limits: Limits
    settings: tuple[tuple[str, str], ...]


def check_cluster(address: str, plan_file: Path, database: str) -> dict[str, int]:
    """Whether a cluster can make the reports of a plan; returns its numbers of workers and threads.

    Parameters
    ----------
    address : of the scheduler.
    plan_file : the frozen plan in the outputs; every worker must see the same bytes there.
    database : URL of the store; the file of a SQLite one must be seen too.

    Raises
    ------
    ParameterError
        with what to install, start or mount.
    """
    wanted = expectations(plan_file, database)
    with _connected(address) as client:
        answers = client.run(differences, wanted, on_error="return")
        threads = sum(client.nthreads().values())
    problems = [f"{worker}: {_words(answer)}" for worker, answer in sorted(answers.items()) if answer]
    if problems:
        lines = "\n  ".join(problems)
        raise ParameterError(
            f"{len(problems)} of {len(answers)} workers of {address} cannot make these reports. They need "
            f"this program and the same paths on shared storage.\n  {lines}"
        )
    return {"workers": len(answers), "threads": threads}


def expectations(plan_file: Path, database: str) -> dict[str, str]:
    """What has to be the same on every worker: the program by version, files by hash or presence."""
    notebooks = project_root() / "notebooks" / "reports"
    wanted = {"program": code_version(), str(notebooks): "", str(plan_file): _digest(plan_file)}
    if database.startswith("sqlite:///"):
        wanted[database.removeprefix("sqlite:///").partition("?")[0]] = ""
    return wanted


def differences(wanted: Mapping[str, str]) -> str:
    """On a worker: what is missing or other than on the machine that planned; empty when nothing."""
    found = [] if hasattr(os, "killpg") else ["its system has no process groups; Linux is needed"]
    for name, value in wanted.items():
        if name == "program":
            if code_version() != value:
                found.append(f"program is {code_version()}, not {value}")
        elif not Path(name).exists():
            found.append(f"{name} is not there")
        elif value and _digest(Path(name)) != value:
            found.append(f"{name} is another file")
    return "; ".join(found)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _words(answer: object) -> str:
    return f"{type(answer).__name__}: {answer}" if isinstance(answer, BaseException) else str(answer)


def run_on_cluster(tasks: Sequence[ReportTask], address: str, limits: Limits) -> Iterator[Outcome]:
    """Make every report once on the cluster's workers; yields as they finish, like the pool.

    Parameters
    ----------
    tasks : the reports, in the order in which they are wanted.
    address : of the scheduler.
    limits : what one report may take.

    Raises
    ------
    ParameterError
        when the scheduler does not answer.

    Notes
    -----
    The task of an outcome names the attempt whose staged files are meant.
    A report whose worker is lost is made by another one; one that loses four workers has failed.
    Without any worker for a minute, or without the scheduler, what is left has failed, each by name.
    """
    if not tasks:
        return
    settings = {HOME_VARIABLE: str(project_root())}
    settings |= {FONTS: os.environ[FONTS]} if FONTS in os.environ else {}
    crew = Crew(token_hex(8), limits, tuple(settings.items()))
    with _connected(address) as client:
        pending = {
            client.submit(make_report, task, crew, pure=False, priority=-place): task
            for place, task in enumerate(tasks)
        }
        try:
            yield from _finished(client, pending, limits)
        finally:
            with suppress(Exception):
                client.cancel(list(pending))
                client.run(leave_seats, crew.run, on_error="ignore")


def _finished(client: Any, pending: dict[Any, ReportTask], limits: Limits) -> Iterator[Outcome]:
    """One outcome a report; `pending` shrinks, so that the cluster can forget what is counted."""
    ready: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for future in pending:
        future.add_done_callback(ready.put)
    staffed = time.monotonic()
    while pending:
        try:
            future = ready.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            lost = client.status != "running"
            if not lost and _staffed(client):
                staffed = time.monotonic()
            elif lost or time.monotonic() - staffed > DESERTED_SECONDS:
                yield from _given_up(client, pending)
                return
            continue
        staffed = time.monotonic()
        task = pending.pop(future)
        yield _outcome(future, task, limits)


def _staffed(client: Any) -> bool:
    """Whether there is a worker."""
    try:
        return bool(client.nthreads())
    except Exception:
        return False


def _given_up(client: Any, pending: dict[Any, ReportTask]) -> Iterator[Outcome]:
    reason = _WORKERS_LOST if client.status == "running" else _SCHEDULER_LOST
    for task in list(pending.values()):
        yield Outcome(task, error=reason)


def _outcome(future: Any, task: ReportTask, limits: Limits) -> Outcome:
    """What a cell answered; whatever else became of it is a failure with its name."""
    from distributed import CancelledError
    from distributed.scheduler import KilledWorker

    try:
        made: Outcome = future.result(timeout=limits.deadline_seconds + _FETCH_SECONDS)
        return made
    except CancelledError as error:
        return Outcome(task, error=_SCHEDULER_LOST, detail=str(error))
    except KilledWorker as error:
        return Outcome(task, error="every worker that tried it was lost", detail=str(error))
    except Exception as error:
        return Outcome(task, error=_words(error) or type(error).__name__, detail=traceback.format_exc())


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A client of a scheduler that answers and has a worker."""
    try:
        import distributed
    except ImportError as error:
        raise ParameterError("--dask needs `distributed`: pip install 'eqa-workbench[dask]'.") from error
    try:
        client = distributed.Client(address, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ParameterError(
            f"No Dask scheduler answers at {address} within {ANSWER_SECONDS:g} s. {_SCHEDULER_HINT}."
        ) from error
    try:
        _wait_for_worker(client, address)
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=ANSWER_SECONDS)


def _wait_for_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError as error:
        raise ParameterError(
            f"The Dask scheduler at {address} has no worker. Start one with `dask worker {address}`."
        ) from error


_SEATS: dict[int, tuple[str, Seat]] = {}
"""On a worker: thread -> the run and the process that makes its reports."""


def make_report(task: ReportTask, crew: Crew) -> Outcome:
    """On a worker: make one report in this thread's own process; never raises for what is the report's."""
    from distributed import get_worker

    attempt = replace(task, attempt=token_hex(4))
    return replace(_seat(crew).do(attempt), worker=get_worker().address)


def _seat(crew: Crew) -> Seat:
    """The process of this thread for a run, started when there is none; one of another run is ended."""
    thread = threading.get_ident()
    run, seat = _SEATS.get(thread, ("", None))
    if seat is not None and run == crew.run:
        return seat
    if seat is not None:
        seat.leave()
    seat = Seat(lambda: start_process(dict(crew.settings)), crew.limits)
    _SEATS[thread] = crew.run, seat
    return seat


def leave_seats(run: str) -> None:
    """On a worker: end the processes of a run."""
    for thread, (name, seat) in list(_SEATS.items()):
        if name == run:
            _SEATS.pop(thread, None)
            seat.leave()
