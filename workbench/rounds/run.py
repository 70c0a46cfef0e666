"""The round-end run: evaluate, plan, make, check, release, count. One command, unattended, resumable."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.parameters import RoundPlan, project_root
from workbench.rounds.planning import ProgrammeRound, Wanted, freeze_plan, plan_reports, reissued
from workbench.rounds.pool import Outcome, run_tasks
from workbench.rounds.prepare import prepare_programme
from workbench.rounds.progress import Silent, Watcher
from workbench.rounds.publish import publish, recover
from workbench.rounds.records import Record, load_records, write_atomically, write_manifest
from workbench.rounds.render import render
from workbench.rounds.summary import summary_page
from workbench.rounds.tasks import ReportTask

REPORT_SECONDS = 300.0
"""Longest time of one report before its process is ended."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out.

    Parameters
    ----------
    wanted : which reports.
    workers : processes; 0 takes one for each core.
    dry_run : plan only, write nothing but the evaluation.
    watcher : receives progress.
    """

    wanted: Wanted = field(default_factory=Wanted)
    workers: int = 0
    dry_run: bool = False
    watcher: Watcher = field(default_factory=Silent)


@dataclass(frozen=True)
class Failure:
    """One report that was not made: which, why, and the traceback for the operator."""

    report: str
    error: str
    detail: str


@dataclass(frozen=True)
class RunResult:
    """What a run did; counts are of files on disk and records, not of exit codes.

    Parameters
    ----------
    planned, made, unchanged, failed : reports.
    amended : of the made, those that replace an issued version.
    failures : one entry a failed report.
    manifests : one path a programme-round.
    seconds : wall time.
    """

    planned: int
    made: int
    unchanged: int
    amended: int
    failures: tuple[Failure, ...]
    manifests: tuple[Path, ...]
    summary: Path | None
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every report of the plan stands on disk."""
        return not self.failures


def run_round(plan: RoundPlan, options: RunOptions = RunOptions()) -> RunResult:
    """Make every report of a round that is missing, changed or damaged.

    Parameters
    ----------
    plan : the round.
    options : restrictions, workers, progress.

    Returns
    -------
    The result; a failed report never stops the others and is named in it.

    Raises
    ------
    DataError, EvaluationError
        when a programme cannot be read or evaluated at all.
    """
    started = time.monotonic()
    outputs = (project_root() / plan.outputs).resolve()
    freeze_plan(plan, outputs)
    ready = [prepare_programme(plan, number, outputs, options.watcher) for number in plan.programmes]
    for programme in ready:
        recover(outputs, programme.folder)
    tasks = [t for programme in ready for t in plan_reports(plan, programme, outputs, options.wanted)]
    options.watcher.say("plan", reports=len(tasks), **_reasons(tasks))
    if options.dry_run:
        return RunResult(len(tasks), 0, 0, 0, (), (), None, time.monotonic() - started)
    done = _make(tasks, options)
    manifests = tuple(write_manifest(p.folder, dict(p.manifest_head)) for p in ready)
    for programme in ready:
        _tidy(programme)
    result = RunResult(
        planned=len(tasks),
        made=len(done.made),
        unchanged=done.unchanged,
        amended=sum(r.version > 1 for r in done.made),
        failures=tuple(done.failures),
        manifests=manifests,
        summary=outputs / plan.round / "summary" / "run.html",
        seconds=time.monotonic() - started,
    )
    _report_run(plan, ready, result, outputs)
    return result


@dataclass
class _Done:
    made: list[Record] = field(default_factory=list)
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)


def _reasons(tasks: Sequence[ReportTask]) -> dict[str, int]:
    return {reason: sum(t.reason == reason for t in tasks) for reason in sorted({t.reason for t in tasks})}


def _make(tasks: Sequence[ReportTask], options: RunOptions) -> _Done:
    """Run all tasks; those that turn out to differ from what was issued run once more as a new version."""
    done = _Done()
    options.watcher.start(len(tasks))
    again = list(_round_of_tasks(tasks, options, done))
    if again:
        list(_round_of_tasks([reissued(task) for task in again], options, done))
    return done


def _round_of_tasks(tasks: Sequence[ReportTask], options: RunOptions, done: _Done) -> Iterator[ReportTask]:
    workers = options.workers or os.cpu_count() or 1
    for outcome in run_tasks(render, tasks, workers=workers, deadline_seconds=REPORT_SECONDS):
        try:
            again = _settle(outcome, done)
        except Exception as error:
            done.failures.append(Failure(outcome.task.name, str(error), ""))
            again = False
        if again:
            yield outcome.task
        else:
            options.watcher.step(outcome.ok)


def _settle(outcome: Outcome, done: _Done) -> bool:
    """Release one finished report; True when it must be made again as the next version."""
    task: ReportTask = outcome.task
    if not outcome.ok:
        done.failures.append(Failure(task.name, outcome.error, outcome.detail))
        return False
    previous = next((r for r in load_records_of(task)), None)
    if previous and previous.version == task.version:
        issued = {name: a.sha256 for name, a in previous.files.items()}
        if any(issued.get(n, a.sha256) != a.sha256 for n, a in outcome.value.items()):
            return True
        if task.reason == "forced":
            done.unchanged += 1
            return False
    record = Record(
        task.kind,
        task.programme_no,
        task.subject,
        task.locale,
        task.version,
        task.content_key,
        task.report_number,
        task.issued_at,
        outcome.value,
    )
    done.made.append(publish(task.outputs, task.folder, task.staging, record, previous))
    return False


def load_records_of(task: ReportTask) -> list[Record]:
    """The record of the report a task makes, if it has been issued."""
    name = f"{task.kind}.{task.subject}.{task.locale}.json"
    return load_records(task.folder, name)


def _tidy(programme: ProgrammeRound) -> None:
    """Remove empty working folders; staged files of failed reports go too."""
    for name in (".staging", ".intents"):
        shutil.rmtree(programme.folder / name, ignore_errors=True)


def _report_run(plan: RoundPlan, ready: Sequence[ProgrammeRound], result: RunResult, outputs: Path) -> None:
    """The organiser's page and the operator's log of failures."""
    assert result.summary is not None
    write_atomically(result.summary, summary_page(plan, ready, result, outputs))
    log = [{"report": f.report, "error": f.error, "detail": f.detail} for f in result.failures]
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in log)
    write_atomically(result.summary.with_name("failures.jsonl"), lines.encode())
