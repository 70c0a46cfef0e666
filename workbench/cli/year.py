"""The year: enrolment, dispatch, receipts, claims - files in, counts and problems out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.options import takes

PlanOption = Annotated[Path, typer.Option("--round", help="Plan of the round.")]
Files = Annotated[list[Path], typer.Argument(help="CSV, .xlsx or .xls files.")]
Locale = Annotated[str, typer.Option(help="Language of the problems: zh_CN or en.")]
Today = Annotated[str, typer.Option(help="YYYY-MM-DD; default: the clock's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON lines instead of text.")]

SOME_KEPT_OUT = 3
"""Exit code when rows were kept out, or a file could not be read; everything else is loaded."""


@dataclass(frozen=True)
class EnrolRequest:
    """What `workbench enrol` was asked for; one field an option."""

    files: Files
    year: Annotated[int, typer.Option(help="Year of the enrolment.")]
    plan_file: Annotated[
        Path | None,
        typer.Option("--round", help="A plan whose database is meant; default: the demonstration's."),
    ] = None
    url: Annotated[str, typer.Option(help="Database URL, instead of a plan.")] = ""
    register: Annotated[
        bool, typer.Option("--register", help="Take unknown laboratory codes as new laboratories.")
    ] = False
    today: Today = ""
    locale: Locale = "en"
    as_json: AsJson = False


@takes(EnrolRequest)
def enrol(request: EnrolRequest) -> None:
    """Enter enrolment by laboratory, programme and device: fee settled or not, designated or not.

    A row that differs from what is entered becomes a revision and needs a reason; nothing is overwritten.
    """
    from workbench.rounds.year_intake import take_enrolments
    from workbench.store import open_store

    store = open_store(_database(request.plan_file, request.url))
    moment, year, new = _moment(request.today), request.year, request.register
    _each(
        request.files,
        lambda path: take_enrolments(store, path, year, moment, new),
        request.locale,
        request.as_json,
    )


def dispatch(
    plan_file: Annotated[Path, typer.Argument(help="Plan of the round.")],
    on: Annotated[str, typer.Option(help="YYYY-MM-DD; default: opens_at of the plan.")] = "",
    programme: Annotated[
        list[str] | None, typer.Option(help="Programme number; repeatable; none: all.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why a recorded day is corrected.")] = "",
) -> None:
    """Enter who is enrolled for the year as participants of a round, and record that the parcels left."""
    from workbench.parameters import load_round
    from workbench.rounds.planning import database_url
    from workbench.rounds.year_intake import dispatch_round
    from workbench.store import open_store

    plan = load_round(plan_file)
    day = parsed_day(on, "--on") if on else None
    done = dispatch_round(open_store(database_url(plan)), plan, programme or (), day, reason)
    for number, (entered, sent) in done.items():
        print(f"{number:>5} participants entered {entered}, parcels recorded {sent}")


def receipts(
    files: Files, plan_file: PlanOption, today: Today = "", locale: Locale = "en", as_json: AsJson = False
) -> None:
    """Enter when parcels arrived and how: lab_code, programme_no, received_on, condition, reason."""
    from workbench.parameters import load_round
    from workbench.rounds.planning import database_url
    from workbench.rounds.year_intake import take_receipts
    from workbench.store import open_store

    plan, moment = load_round(plan_file), _moment(today)
    store = open_store(database_url(plan))
    _each(files, lambda path: take_receipts(store, path, plan, moment), locale, as_json)


def claims(
    files: Files, plan_file: PlanOption, today: Today = "", locale: Locale = "en", as_json: AsJson = False
) -> None:
    """Enter claims of damage or loss and the decisions on them: replaced, sample_fault or refused.

    A claim later than the calendar allows is kept out. A replacement dispatches again and moves the deadline as the
    calendar says; a sample fault becomes a decision on that laboratory and sample.
    """
    from workbench.parameters import load_round
    from workbench.rounds.planning import database_url
    from workbench.rounds.year_intake import take_claims
    from workbench.store import open_store

    plan, moment = load_round(plan_file), _moment(today)
    store = open_store(database_url(plan))
    _each(files, lambda path: take_claims(store, path, plan, moment), locale, as_json)


def add_year_commands(app: typer.Typer) -> None:
    """Put the four commands on the command line."""
    for command in (enrol, dispatch, receipts, claims):
        app.command()(command)


def _each(files: list[Path], take: Callable[[Path], object], locale: str, as_json: bool) -> None:
    """Take in every file; one that cannot be read does not stop the others."""
    from workbench.errors import WorkbenchError
    from workbench.rounds.year_intake import YearIntake

    kept_out = False
    for path in files:
        try:
            intake = take(path)
        except WorkbenchError as error:
            print(f"workbench: {error}", file=sys.stderr)
            kept_out = True
            continue
        assert isinstance(intake, YearIntake)
        print(intake.as_json() if as_json else "\n".join(intake.lines(locale)))
        kept_out |= intake.run.rows_rejected > 0
    if kept_out:
        sys.exit(SOME_KEPT_OUT)


def _database(plan_file: Path | None, url: str) -> str:
    """The database that is meant."""
    from workbench.parameters import load_round, project_root
    from workbench.rounds.planning import database_url

    if url:
        return url
    return database_url(
        load_round(plan_file or project_root() / "parameters" / "rounds" / "demo-2026-1.yaml")
    )


def _moment(today: str) -> datetime:
    """The day that was given at its start, or now."""
    return datetime.combine(parsed_day(today, "--today"), datetime.min.time()) if today else datetime.now()


def parsed_day(words: str, option: str) -> date:
    """A day as an option gives it.

    Raises
    ------
    ParameterError
        when it is none.
    """
    from workbench.errors import ParameterError

    try:
        return date.fromisoformat(words)
    except ValueError:
        raise ParameterError(f"{option} {words}: write a date as YYYY-MM-DD.") from None
