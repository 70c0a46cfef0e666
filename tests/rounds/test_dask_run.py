"""A run on a real Dask cluster: a scheduler and two workers, one of them killed in the middle.

Clients are made in processes of their own: one would leave threads in this one, and others fork here.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.rounds.round_fixture import fill, hashes, write_plan
from tests.rounds.test_pool import work
from tests.rounds.test_shards import task as report_task
from workbench.errors import ParameterError
from workbench.parameters import load_round
from workbench.rounds import dask_run
from workbench.rounds.planning import Wanted
from workbench.rounds.pool import Limits, Outcome, Seat, spawned
from workbench.rounds.records import load_records
from workbench.rounds.run import RunOptions, run_round
from workbench.rounds.run_log import log_path, read_log

pytestmark = [
    pytest.mark.xdist_group("dask-run"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are found in /proc"),
]
PLACE = Path("2026-1") / "0104"
FORMATS = 5


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address and the workers' process groups."""

    address: str
    workers: list[subprocess.Popen[bytes]]


def until(met: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    note = folder / "scheduler.json"
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> None:
        command = [sys.executable, "-m", "dask", *words, "--no-dashboard"]
        with (folder / f"{len(started)}.log").open("wb") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(note))
    until(note.exists)
    address = json.loads(note.read_text())["address"]
    for _ in range(2):
        start("worker", address, "--nthreads", "1", "--local-directory", str(folder))
    until(lambda: all(b"Registered" in (folder / f"{i}.log").read_bytes() for i in (1, 2)))
    yield Cluster(address, started[1:])
    for process in reversed(started):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plan of a round that this machine has made alone."""
    path = fill(tmp_path_factory.mktemp("local"))
    assert run_round(load_round(path), RunOptions(workers=2)).complete
    return path


def elsewhere(finished: Path, folder: Path) -> Path:
    """The same plan on the same store with outputs of its own."""
    return write_plan(folder, load_round(finished).database)


def descendants(pid: int) -> set[int]:
    with contextlib.suppress(OSError):
        text = "".join(p.read_text() for p in Path(f"/proc/{pid}/task").glob("*/children"))
        own = {int(word) for word in text.split()}
        return own.union(*(descendants(child) for child in own))
    return set()


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_with_one_worker_killed_every_report_is_there_once_with_the_bytes_of_the_local_run(
    cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    plan = elsewhere(finished, tmp_path)
    command = [sys.executable, "-m", "workbench.cli", "run", str(plan), "--json", "--dask", cluster.address]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    folder, victim = tmp_path / "outputs" / PLACE, cluster.workers[0]

    def making() -> set[int]:
        """Processes of the victim, when one of them is a report's: nanny, worker, seat, report."""
        found = descendants(victim.pid)
        seats = [p for p in found if b"seat_process" in Path(f"/proc/{p}/cmdline").read_bytes()]
        return found if len(seats) > 1 and len(load_records(folder)) >= 2 else set()

    caught: set[int] = set()
    while not caught and run.poll() is None:
        with contextlib.suppress(OSError):
            caught = making()
    os.killpg(victim.pid, signal.SIGKILL)
    assert caught
    printed, errors = run.communicate(timeout=90)
    assert run.returncode == 0, errors[-2000:]

    events = [json.loads(line) for line in printed.splitlines()]
    n = next(e["reports"] for e in events if e["event"] == "plan")
    assert 8 <= n <= 16
    assert [e["ok"] for e in events if e["event"] == "report"] == [True] * n
    assert (events[-1]["made"], events[-1]["failed"]) == (n, 0)
    mine, theirs = (hashes(p.parent / "outputs" / PLACE) for p in (plan, finished))
    assert mine == theirs
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["counts"] == {"reports": n, "files": n * FORMATS, "amended": 0}
    log = [e for e in read_log(log_path(tmp_path / "outputs", "2026-1")) if e["event"] == "report"]
    assert set(Counter((e["kind"], e["subject"], e["locale"], e["result"]) for e in log).values()) == {1}
    assert len(log) == n
    assert {e["result"] for e in log} == {"made"}
    assert len({e["worker"] for e in log}) == 2
    assert len({e["worker"] for e in log[-3:]}) == 1
    assert not list(folder.glob(".staging")) + list(folder.glob(".intents"))
    until(lambda: not any(map(alive, caught)), 10.0)


SPOILT = """
import json, sys
from workbench.parameters import load_round
from workbench.rounds import planning
from workbench.rounds.planning import Wanted
from workbench.rounds.run import RunOptions, run_round
plan, address, *labs = sys.argv[1:]
real = planning._with_parameters
def spoilt(task, plan_):
    task = real(task, plan_)
    if task.subject == labs[1]:
        object.__setattr__(task, "parameters", dict(task.parameters) | {"programme_no": "9.9"})
    return task
planning._with_parameters = spoilt
result = run_round(load_round(plan), RunOptions(Wanted(frozenset(labs)), cluster=address))
print(json.dumps([result.planned, result.made, [[f.report, f.error, f.detail] for f in result.failures]]))
"""


def test_a_failed_report_is_named_with_its_traceback_and_planned_again(
    cluster: Cluster, finished: Path, tmp_path: Path
) -> None:
    plan = elsewhere(finished, tmp_path)
    records = load_records(finished.parent / "outputs" / PLACE)
    labs = [r.subject for r in records if (r.kind, r.locale) == ("LR", "zh_CN")][1:3]
    script = [sys.executable, "-c", SPOILT, str(plan), cluster.address, *labs]
    ran = subprocess.run(script, capture_output=True, text=True, check=True)
    planned, made, ((report, error, detail),) = json.loads(ran.stdout.splitlines()[-1])
    assert (planned, made) == (2, 1)
    assert labs[1] in report
    assert "lab_round.ipynb" in error
    for word in ("Traceback", "open_lab_round(", "9.9"):
        assert word in detail
    left = RunOptions(Wanted(frozenset(labs)), dry_run=True, cluster=cluster.address)
    assert run_round(load_round(plan), left).planned == 1
    whole, part = (hashes(p.parent / "outputs" / PLACE / "labs") for p in (finished, plan))
    assert len(part) == FORMATS
    assert {name: whole[name] for name in part} == part


NOBODY = """
import sys
from pathlib import Path
import distributed
from workbench.errors import ParameterError
from workbench.rounds import dask_run
dask_run.ANSWER_SECONDS = 0.5
def told(address):
    try:
        dask_run.check_cluster(address, Path(sys.argv[1]), "sqlite:///" + sys.argv[1] + ".missing")
    except ParameterError as error:
        print(str(error).replace("\\n", " "), flush=True)
if __name__ == "__main__":
    told("tcp://127.0.0.1:1")
    told("here://there")
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:
        told(cluster.scheduler_address)
        cluster.scale(1)
        dask_run.ANSWER_SECONDS = 10
        told(cluster.scheduler_address)
"""


def test_a_cluster_that_cannot_do_it_is_refused_with_what_to_do(finished: Path) -> None:
    script = [sys.executable, "-c", NOBODY, str(finished)]
    ran = subprocess.run(script, capture_output=True, text=True, check=True)
    silent, nonsense, deserted, blind = ran.stdout.splitlines()
    assert "No Dask scheduler answers at tcp://127.0.0.1:1 within 0.5 s" in silent
    assert "`dask scheduler`" in silent
    assert "No Dask scheduler answers at here://there" in nonsense
    assert "has no worker" in deserted
    assert "`dask worker inproc://" in deserted
    assert "1 of 1 workers" in blind
    assert "plan.yaml.missing is not there" in blind


def test_without_distributed_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParameterError, match=r"pip install 'eqa-workbench\[dask\]'"):
        dask_run.check_cluster("tcp://127.0.0.1:1", Path(__file__), "postgresql://db/eqa")


def test_workers_are_asked_for_the_program_and_the_same_bytes(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("round: 1")
    wanted = dask_run.expectations(plan, f"sqlite:///{tmp_path / 'eqa.sqlite'}?mode=ro")
    assert dask_run.differences(wanted) == f"{tmp_path / 'eqa.sqlite'} is not there"
    (tmp_path / "eqa.sqlite").touch()
    assert dask_run.differences(wanted) == ""
    plan.write_text("round: 2")
    assert dask_run.differences(wanted) == f"{plan} is another file"
    assert "not 0.0" in dask_run.differences({"program": "0.0"})


def test_a_seat_outlives_an_error_and_is_taken_again_after_its_process_was_lost() -> None:
    seat = Seat(lambda: spawned(work), Limits(deadline_seconds=20.0))
    try:
        first, error, second = (seat.do(task) for task in ("pid1", "error", "pid2"))
        crash, third = (seat.do(task) for task in ("crash", "pid3"))
    finally:
        seat.leave()
    assert error.error == "no such sheet"
    assert "code 9" in crash.error
    assert first.value == second.value != third.value
    assert seat.crew == []


def test_a_seat_that_is_left_while_its_process_is_at_work_ends_the_work() -> None:
    seat = Seat(lambda: spawned(work), Limits(deadline_seconds=50.0))
    found: list[Outcome] = []
    busy = threading.Thread(target=lambda: found.append(seat.do("hang")))
    busy.start()
    until(lambda: bool(seat.crew and seat.crew[0].busy))
    seat.leave()
    busy.join(10.0)
    assert not busy.is_alive()
    assert "worker process ended" in found[0].error
    assert seat.crew == []


def test_attempts_at_a_report_never_meet() -> None:
    task = report_task("1.1", "L0001")
    first, second = (replace(task, attempt=word) for word in ("a1", "b2"))
    assert len({task.staging, first.staging, second.staging}) == 3
    assert first.final_path("pdf") == second.final_path("pdf") == task.final_path("pdf")
