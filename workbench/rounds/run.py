"""The round-end run: evaluate, plan, make, check, release, count. One command, unattended, resumable."""

from __future__ import annotations

import json
import math
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.parameters import RoundPlan, project_root
from workbench.rounds.planning import (
    ProgrammeRound,
    Wanted,
    database_url,
    freeze_plan,
    frozen_plan,
    plan_reports,
    reissued,
)
from workbench.rounds.pool import Limits, Outcome, run_tasks
from workbench.rounds.prepare import prepare_programme
from workbench.rounds.priority import by_priority
from workbench.rounds.progress import Silent, Watcher
from workbench.rounds.publish import publish, recover
from workbench.rounds.records import Record, load_records, write_atomically, write_manifest
from workbench.rounds.render import render
from workbench.rounds.run_log import RunLog, log_path
from workbench.rounds.summaries import summaries
from workbench.rounds.summary import summary_page
from workbench.rounds.tasks import ReportTask

REPORT_LIMITS = Limits(deadline_seconds=300.0, memory_mb=2048, tasks_per_worker=1000)
"""One report takes a fraction of a second and about 300 MB; what takes more than this is broken."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out.

    Parameters
    ----------
    wanted : which reports.
    workers : processes; 0 takes one for each core.
    dry_run : plan only, write nothing but the evaluation.
    watcher : receives progress.
    limits : what one report may take.
    cluster : address of a Dask scheduler whose workers make the reports; empty: this machine does.
    """

    wanted: Wanted = field(default_factory=Wanted)
    workers: int = 0
    dry_run: bool = False
    watcher: Watcher = field(default_factory=Silent)
    limits: Limits = REPORT_LIMITS
    cluster: str = ""


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
    ParameterError
        when the cluster does not answer or its workers cannot do what this machine can.
    """
    started = time.monotonic()
    outputs = (project_root() / plan.outputs).resolve()
    freeze_plan(plan, outputs)
    if options.cluster and not options.dry_run:
        _check_cluster(plan, options, outputs)
    ready = [prepare_programme(plan, number, outputs, options.watcher) for number in plan.programmes]
    ready += summaries(plan, ready, outputs)
    for programme in ready:
        recover(outputs, programme.folder, options.wanted.shard)
    tasks = _ordered_tasks(plan, ready, outputs, options.wanted)
    options.watcher.say("plan", reports=len(tasks), **_reasons(tasks))
    if options.dry_run:
        return RunResult(len(tasks), 0, 0, 0, (), (), None, time.monotonic() - started)
    label = options.wanted.shard.label
    log = RunLog(log_path(outputs, plan.round, label))
    crew = options.cluster or _workers(options)
    log.write("start", reports=len(tasks), workers=crew, shard=label, **_reasons(tasks))
    done = _make(tasks, options, log)
    manifests = tuple(write_manifest(p.folder, dict(p.manifest_head)) for p in ready)
    _tidy(ready, tasks, options.wanted)
    result = RunResult(
        planned=len(tasks),
        made=len(done.made),
        unchanged=done.unchanged,
        amended=sum(r.version > 1 for r in done.made),
        failures=tuple(done.failures),
        manifests=manifests,
        summary=outputs / plan.round / "summary" / f"run{label}.html",
        seconds=time.monotonic() - started,
    )
    _report_run(plan, ready, result, outputs)
    log.write("end", made=result.made, failed=len(result.failures), seconds=round(result.seconds, 3))
    return result


def _ordered_tasks(
    plan: RoundPlan, ready: Sequence[ProgrammeRound], outputs: Path, wanted: Wanted
) -> list[ReportTask]:
    """The plan of all programmes, what is waited for first."""
    tasks = [task for programme in ready for task in plan_reports(plan, programme, outputs, wanted)]
    failing = {programme.programme_no: programme.failing for programme in ready}
    return by_priority(tasks, failing, wanted.first)


def _check_cluster(plan: RoundPlan, options: RunOptions, outputs: Path) -> None:
    """Say before the evaluation, which takes its time, what would keep the cluster from its work."""
    from workbench.rounds.dask_run import check_cluster

    facts = check_cluster(options.cluster, frozen_plan(plan, outputs), database_url(plan))
    options.watcher.say("cluster", address=options.cluster, **facts)


def _workers(options: RunOptions) -> int:
    return options.workers or os.cpu_count() or 1


def _outcomes(tasks: Sequence[ReportTask], options: RunOptions) -> Iterator[Outcome]:
    """What becomes of the tasks, here or on the cluster."""
    if not options.cluster:
        return run_tasks(render, tasks, workers=_workers(options), limits=options.limits)
    from workbench.rounds.dask_run import run_on_cluster

    return run_on_cluster(tasks, options.cluster, options.limits)


@dataclass
class _Done:
    made: list[Record] = field(default_factory=list)
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)


def _reasons(tasks: Sequence[ReportTask]) -> dict[str, int]:
    return {reason: sum(t.reason == reason for t in tasks) for reason in sorted({t.reason for t in tasks})}


def _make(tasks: Sequence[ReportTask], options: RunOptions, log: RunLog) -> _Done:
    """Run all tasks; those that turn out to differ from what was issued run once more as a new version."""
    done = _Done()
    options.watcher.start(len(tasks))
    again = list(_round_of_tasks(tasks, options, done, log))
    if again:
        list(_round_of_tasks([reissued(task) for task in again], options, done, log))
    return done


def _round_of_tasks(
    tasks: Sequence[ReportTask], options: RunOptions, done: _Done, log: RunLog
) -> Iterator[ReportTask]:
    for outcome in _outcomes(tasks, options):
        known = len(done.failures), done.unchanged
        try:
            again = _settle(outcome, done)
        except Exception as error:
            done.failures.append(Failure(outcome.task.name, str(error), ""))
            again = False
        if again:
            _log_report(log, outcome, "again")
            yield outcome.task
            continue
        failed = len(done.failures) > known[0]
        _log_report(
            log, outcome, "failed" if failed else "unchanged" if done.unchanged > known[1] else "made"
        )
        options.watcher.step(not failed)


def _log_report(log: RunLog, outcome: Outcome, result: str) -> None:
    """One line on one report: which, why, what became of it, how long it took."""
    task: ReportTask = outcome.task
    facts: dict[str, object] = {"kind": task.kind, "programme": task.programme_no, "subject": task.subject}
    facts |= {"locale": task.locale, "version": task.version, "reason": task.reason, "result": result}
    facts["seconds"] = round(outcome.seconds, 3)
    if not math.isnan(outcome.cpu_seconds):
        facts["cpu_seconds"] = round(outcome.cpu_seconds, 3)
    if outcome.worker:
        facts["worker"] = outcome.worker
    if outcome.error:
        facts |= {"error": outcome.error, "detail": outcome.detail}
    log.write("report", **facts)


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


def _tidy(ready: Sequence[ProgrammeRound], tasks: Sequence[ReportTask], wanted: Wanted) -> None:
    """Remove working folders and the staged files of failed reports; a shard touches only its own."""
    if wanted.shard.label:
        for task in tasks:
            for attempt in task.staging.parent.glob(f"{task.staging.name}*"):
                shutil.rmtree(attempt, ignore_errors=True)
        return
    for programme in ready:
        for name in (".staging", ".intents"):
            shutil.rmtree(programme.folder / name, ignore_errors=True)


def _report_run(plan: RoundPlan, ready: Sequence[ProgrammeRound], result: RunResult, outputs: Path) -> None:
    """The organiser's page and the operator's log of failures."""
    assert result.summary is not None
    write_atomically(result.summary, summary_page(plan, ready, result, outputs))
    log = [{"report": f.report, "error": f.error, "detail": f.detail} for f in result.failures]
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in log)
    name = result.summary.name.replace("run", "failures").replace(".html", ".jsonl")
    write_atomically(result.summary.with_name(name), lines.encode())
