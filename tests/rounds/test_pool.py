"""The pool isolates failures: an error, a hang and a dead process each spoil one task only."""

from __future__ import annotations

import os
import time

from workbench.errors import DataError
from workbench.rounds.pool import run_tasks


def work(task: str) -> str:
    if task == "error":
        raise DataError("no such sheet")
    if task == "crash":
        os._exit(9)
    if task == "hang":
        time.sleep(60)
    return task.upper()


def outcomes(tasks: list[str], **settings: float) -> dict[str, object]:
    options = {"workers": 2, "deadline_seconds": 20.0} | settings
    return {o.task: o for o in run_tasks(work, tasks, **options)}


def test_every_task_has_one_outcome_whatever_happens_to_its_worker() -> None:
    tasks = ["a", "error", "b", "crash", "c", "hang", "d"]
    found = outcomes(tasks, deadline_seconds=3.0)
    assert sorted(found) == sorted(tasks)
    assert {task: found[task].value for task in "abcd"} == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert found["error"].error == "no such sheet"
    assert "test_pool.py" in found["error"].detail
    assert "code 9" in found["crash"].error
    assert "stopped after 3 s" in found["hang"].error


def test_no_task_means_no_worker() -> None:
    assert outcomes([]) == {}
