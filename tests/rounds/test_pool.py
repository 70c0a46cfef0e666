"""The pool isolates failures: an error, a hang and a dead process each spoil one task only."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter

import pytest

from workbench.errors import DataError
from workbench.rounds.pool import Limits, Outcome, run_tasks


def work(task: str) -> str:
    if task == "error":
        raise DataError("no such sheet")
    if task == "crash":
        os._exit(9)
    if task == "hang":
        time.sleep(60)
    if task == "burn":
        until = time.process_time() + 0.3
        while time.process_time() < until:
            pass
    if task == "hoard":
        if (child := os.fork()) == 0:
            kept = b"x" * 400_000_000
            time.sleep(60)
            os._exit(len(kept) % 7)
        os.waitpid(child, 0)
    if task.startswith("pid"):
        return str(os.getpid())
    return task.upper()


def outcomes(tasks: list[str], **settings: float) -> dict[str, Outcome]:
    limits = Limits(**{"deadline_seconds": 20.0} | settings)
    return {o.task: o for o in run_tasks(work, tasks, workers=2, limits=limits)}


def test_every_task_has_one_outcome_whatever_happens_to_its_worker() -> None:
    tasks = ["a", "error", "b", "crash", "c", "hang", "d"]
    found = outcomes(tasks, deadline_seconds=3.0)
    assert sorted(found) == sorted(tasks)
    assert {task: found[task].value for task in "abcd"} == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert found["error"].error == "no such sheet"
    assert "test_pool.py" in found["error"].detail
    assert "code 9" in found["crash"].error
    assert "stopped after 3 s" in found["hang"].error


def test_cpu_time_is_told_apart_from_waiting() -> None:
    found = outcomes(["burn", "a"])
    assert 0.25 < found["burn"].cpu_seconds < 2.0
    assert found["a"].cpu_seconds < 0.2


def test_workers_are_replaced_after_so_many_tasks() -> None:
    tasks = [f"pid{i}" for i in range(6)]
    found = outcomes(tasks, tasks_per_worker=2)
    used = Counter(found[task].value for task in tasks)
    assert sum(used.values()) == 6
    assert max(used.values()) <= 2
    assert len({o.value for o in outcomes(tasks).values()}) <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="memory of other processes is read from /proc")
def test_a_process_that_takes_too_much_memory_is_stopped_with_its_worker() -> None:
    found = outcomes(["hoard", "a", "b"], memory_mb=300)
    assert "300 MB are allowed" in found["hoard"].error
    assert [found[task].value for task in "ab"] == ["A", "B"]


def test_no_task_means_no_worker() -> None:
    assert outcomes([]) == {}
