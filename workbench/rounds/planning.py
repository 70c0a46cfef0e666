"""Which reports of a programme-round are to be made, and why: new, changed, damaged or forced.

A report is known by the hash of all it depends on. Reports whose hash stands in an intact record are
left alone, so that a run that was interrupted goes on where it stopped, and a correction re-issues
exactly the laboratories it touches, as a new version.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.parameters import RoundPlan, project_root
from workbench.reports.report_meta import report_number
from workbench.rounds.records import Record, load_records, write_atomically
from workbench.rounds.shards import WHOLE, Shard
from workbench.rounds.tasks import (
    ALL,
    LABORATORY_KIND,
    LABORATORY_YEAR,
    NOTEBOOKS,
    PERIOD_KINDS,
    PROGRAMME_KIND,
    PROGRAMME_YEAR,
    ReportTask,
)


@dataclass(frozen=True)
class ProgrammeRound:
    """One programme of the round, evaluated and ready to be reported.

    Parameters
    ----------
    programme_no : "1.1".
    folder : its folder below the outputs.
    evaluation_id : the evaluation in force.
    view_keys : participant code (or ALL) -> hash of what that reader's report depends on.
    watch_file : words that identify participants.
    manifest_head : what the manifest says of the evaluation.
    failing : laboratories with a failed analyte; their reports are made early.
    kinds : kind of the laboratories' reports and of the one over all; "" for none.
    """

    programme_no: str
    folder: Path
    evaluation_id: str
    view_keys: Mapping[str, str]
    watch_file: Path
    manifest_head: Mapping[str, Any]
    failing: frozenset[str] = frozenset()
    kinds: tuple[str, str] = (LABORATORY_KIND, PROGRAMME_KIND)


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for.

    Parameters
    ----------
    only : subjects (participant codes, programme numbers or ALL) the run is restricted to; empty: all.
    force : make reports again although nothing they depend on has changed, as after a change of layout;
        one whose bytes come out the same is left as issued, one that differs becomes a new version.
    first : subjects or programmes whose reports are made before all others.
    shard : the part of the plan that this machine makes.
    """

    only: frozenset[str] = frozenset()
    force: bool = False
    first: frozenset[str] = frozenset()
    shard: Shard = WHOLE


def plan_reports(
    plan: RoundPlan, ready: ProgrammeRound, outputs: Path, wanted: Wanted
) -> Iterator[ReportTask]:
    """Tasks of one programme-round, programme reports first, then laboratories in code order.

    Parameters
    ----------
    plan : the round.
    ready : the evaluated programme-round.
    outputs : root of all outputs.
    wanted : restrictions.
    """
    records = {(r.kind, r.subject, r.locale): r for r in load_records(ready.folder)}
    for kind, subject, locale in _reports(plan, ready, wanted):
        key = content_key(ready.view_keys[subject], kind, locale, plan)
        known = _of_subject(records.values(), kind, subject)
        reason = _reason(records.get((kind, subject, locale)), key, plan, outputs, wanted)
        if reason:
            version = _version(known, key, locale)
            yield _task(plan, ready, outputs, (kind, subject, locale, version, key, reason))


def database_url(plan: RoundPlan) -> str:
    """The plan's database; a relative SQLite path is taken from the project's root, wherever one stands."""
    prefix = "sqlite:///"
    path = plan.database.removeprefix(prefix)
    if path == plan.database or Path(path).is_absolute():
        return plan.database
    return f"{prefix}{project_root() / path}"


def frozen_plan(plan: RoundPlan, outputs: Path) -> Path:
    """Where the plan that a run used stands below its outputs."""
    return outputs / plan.round / "plan.yaml"


def freeze_plan(plan: RoundPlan, outputs: Path) -> None:
    """Keep the plan a run uses beside its reports; a password in the database's URL is left out."""
    hidden = plan.model_copy(update={"database": re.sub(r"(://[^:/@]+):[^@/]*@", r"\1@", plan.database)})
    write_atomically(frozen_plan(plan, outputs), hidden.model_dump_json(exclude_none=True, indent=1).encode())


def content_key(view_key: str, kind: str, locale: str, plan: RoundPlan) -> str:
    """Hash of all a report depends on, except the program: the view, the language, the round's plan."""
    facts = plan.model_dump_json(
        exclude={"database", "outputs", "laboratories", "languages", "formats", "programmes", "summaries"}
    )
    text = "\n".join([view_key, kind, locale, facts])
    return hashlib.sha256(text.encode()).hexdigest()


def _reports(plan: RoundPlan, ready: ProgrammeRound, wanted: Wanted) -> Iterator[tuple[str, str, str]]:
    """Kind, subject and language of every report of the programme-round that is asked for."""
    codes = plan.select_laboratories([c for c in ready.view_keys if c != ALL], ready.programme_no)
    programmes = {word for word in wanted.only if "." in word}
    if programmes and ready.programme_no not in programmes:
        return
    subjects = wanted.only - programmes

    def asked(subject: str) -> bool:
        named = not subjects or subject in subjects
        return named and wanted.shard.holds(ready.programme_no, subject)

    languages = plan.select_languages(codes)
    own, everybody = ready.kinds
    if everybody:
        yield from ((everybody, ALL, locale) for locale in languages if asked(ALL))
    for locale, chosen in languages.items() if own else ():
        yield from ((own, code, locale) for code in chosen if asked(code))


def _of_subject(records: Iterable[Record], kind: str, subject: str) -> list[Record]:
    return [r for r in records if r.kind == kind and r.subject == subject]


def _reason(record: Record | None, key: str, plan: RoundPlan, outputs: Path, wanted: Wanted) -> str:
    """Why a report has to be made; empty when it stands as it should."""
    if record is None:
        return "new"
    if record.content_key != key:
        return "changed"
    if not set(formats_of(plan, record.kind)) <= set(record.files) or not record.intact(outputs):
        return "damaged"
    return "forced" if wanted.force else ""


def formats_of(plan: RoundPlan, kind: str) -> tuple[str, ...]:
    """The formats a kind of report is made in."""
    return tuple(each for each in plan.formats if each != "csv" or kind not in PERIOD_KINDS)


def _version(known: list[Record], key: str, locale: str) -> int:
    """Version to print. Both languages of a subject carry the same version for the same content."""
    own = next((r for r in known if r.locale == locale), None)
    latest = max((r.version for r in known), default=1)
    if own is None or own.content_key == key:
        return own.version if own else latest
    return max(latest, own.version + 1)


def reissued(task: ReportTask) -> ReportTask:
    """The same report as the next version: for one whose bytes differ from those issued."""
    number = task.report_number.rpartition("-V")[0] + f"-V{task.version + 1}"
    status = "amended" if task.parameters["status"] == "final" else task.parameters["status"]
    parameters = dict(task.parameters) | {
        "version": task.version + 1,
        "status": status,
        "previous_twin": str(task.outputs / task.final_path("json")),
    }
    return replace(task, version=task.version + 1, report_number=number, parameters=parameters)


def _task(
    plan: RoundPlan, ready: ProgrammeRound, outputs: Path, report: tuple[str, str, str, int, str, str]
) -> ReportTask:
    kind, subject, locale, version, key, reason = report
    period = plan.round.partition("-")[0] if kind in (LABORATORY_YEAR, PROGRAMME_YEAR) else plan.round
    number = report_number(plan.organiser.short, kind, period, ready.programme_no, subject, version)
    task = ReportTask(
        kind=kind,
        programme_no=ready.programme_no,
        subject=subject,
        locale=locale,
        version=version,
        report_number=number,
        issued_at=plan.issued_at.isoformat(),
        content_key=key,
        parameters={},
        folder=ready.folder,
        outputs=outputs,
        formats=formats_of(plan, kind),
        watch_file=ready.watch_file,
        reason=reason,
    )
    return _with_parameters(task, plan)


def _with_parameters(task: ReportTask, plan: RoundPlan) -> ReportTask:
    """The notebook's parameters, as its `parameters` cell names them."""
    previous = task.outputs / task.final_path("json")
    parameters: dict[str, Any] = {
        "notebook": str(project_root() / "notebooks" / "reports" / NOTEBOOKS[task.kind]),
        "database": database_url(plan),
        "round_code": plan.round,
        "programme_no": task.programme_no,
        "locale": task.locale,
        "version": task.version,
        "status": "amended" if task.version > 1 and plan.status == "final" else plan.status,
        "issued_at": task.issued_at,
        "previous_twin": str(previous) if task.version > 1 and previous.exists() else "",
        "plan": str(frozen_plan(plan, task.outputs)),
    }
    if task.subject != ALL:
        parameters["lab_code"] = task.subject
    return replace(task, parameters=parameters)
