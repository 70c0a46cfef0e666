"""Commands of the workbench. Each is a thin reading of options around one function of a room below."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.iqc import app as iqc
from workbench.cli.options import DemoRequest, Json, MaterialRequest, PlanFile, RunRequest, takes
from workbench.cli.year import add_year_commands, parsed_day

app = typer.Typer(
    name="workbench",
    help="Reporting workbench for external quality assessment of medical laboratories.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(iqc, name="iqc")
add_year_commands(app)

REPORTS_FAILED = 5
"""Exit code of a run in which some report failed; the others stand."""


@app.command()
@takes(DemoRequest)
def demo(request: DemoRequest) -> None:
    """Fill a database with a simulated province, evaluate it and write its reports.

    With --all: one simulated year of all programmes of the catalogue, in outputs/demo-all with a database of its
    own. As many rounds as the catalogue says are simulated and evaluated; of each programme's last round the
    programme's report and those of all its laboratories are made, in Chinese, as HTML and PDF. It may be
    stopped and started again, and ends with the count of every programme.
    """
    from workbench.cli.demonstration import run_demonstration, run_demonstration_year

    if request.all_programmes:
        sys.exit(0 if run_demonstration_year(request) else REPORTS_FAILED)
    _close(run_demonstration(request), request.as_json)


@app.command()
@takes(RunRequest)
def run(request: RunRequest) -> None:
    """Make every report of a round that is missing, changed or damaged; safe to repeat."""
    from workbench.cli.batch import run_batch

    _close(run_batch(request), request.as_json)


@app.command()
def bundle(plan_file: PlanFile, as_json: Json = False) -> None:
    """Pack the released reports: one ZIP a laboratory with a manifest of hashes, one archive of the round."""
    from workbench.cli.batch import bundle_reports

    bundle_reports(plan_file, as_json)


@app.command()
def evaluate(plan_file: PlanFile, as_json: Json = False) -> None:
    """Freeze and evaluate every programme of a round without making reports."""
    from workbench.parameters import load_round, project_root
    from workbench.rounds.prepare import prepare_programme
    from workbench.rounds.progress import watching

    plan = load_round(plan_file)
    with watching(as_json) as watcher:
        for programme_no in plan.programmes:
            prepare_programme(plan, programme_no, (project_root() / plan.outputs).resolve(), watcher)


@app.command()
def check(as_json: Json = False) -> None:
    """List what the organiser must settle: catalogue, units, limits that are missing or unverified."""
    from workbench.cli.catalogue import print_check

    print_check(as_json)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV, .xlsx or .xls files of results.")],
    plan_file: Annotated[Path, typer.Option("--round", help="Plan of the round.")],
    programme: Annotated[str, typer.Option(help="Programme number, for example 1.1.")],
    constant: Annotated[
        list[str] | None,
        typer.Option(
            help="column=value for a column the file has not, for example sample=2026111 or received=2026-04-20."
        ),
    ] = None,
    rejected: Annotated[Path | None, typer.Option(help="Where rejected rows are written as Excel.")] = None,
    as_json: Json = False,
) -> None:
    """Read laboratories' result files into the store; what is rejected is kept, listed and exported."""
    from workbench.cli.results import IngestRequest, ingest_files

    request = IngestRequest(tuple(files), plan_file, programme, tuple(constant or ()), rejected)
    sys.exit(ingest_files(request, as_json))


@app.command()
def template(
    plan_file: PlanFile,
    programme: Annotated[str, typer.Option(help="Programme number, for example 1.1.")],
    out: Annotated[Path, typer.Option(help="Excel file to write.")],
    locale: Annotated[str, typer.Option(help="zh_CN or en.")] = "zh_CN",
) -> None:
    """Write the Excel form a laboratory fills in for a programme-round."""
    from workbench.cli.results import write_form

    write_form(plan_file, programme, out, locale)


@app.command(name="import")
def import_site(
    site: Annotated[str, typer.Argument(help="Folder below sql/sources.")],
    source: Annotated[str, typer.Argument(help="URL of the organiser's database.")],
    plan_file: Annotated[Path, typer.Option("--round", help="Plan of the round.")],
    programme: Annotated[str, typer.Option(help="Programme number.")],
) -> None:
    """Bring a programme-round in from an organiser's own database."""
    from workbench.cli.results import import_from_site

    import_from_site(site, source, plan_file, programme)


@app.command()
def migrate(
    url: Annotated[str, typer.Argument(help="Database URL, for example sqlite:///eqa.sqlite.")],
) -> None:
    """Create the store's tables, or bring them up to date."""
    from workbench.store import upgrade

    upgrade(url)


@app.command()
@takes(MaterialRequest)
def homogeneity(request: MaterialRequest) -> None:
    """Judge homogeneity and stability of a round's material from its measurements."""
    from workbench.cli.homogeneity import print_homogeneity, write_material_report, write_material_template

    if request.template:
        write_material_template(request.file)
        return
    if request.report is not None:
        for path in write_material_report(request, request.report):
            typer.echo(str(path))
    print_homogeneity(request)


@app.command()
def calendar(
    year: Annotated[int | None, typer.Option(help="Year of the plan; default: that of today.")] = None,
    today: Annotated[str, typer.Option(help="YYYY-MM-DD; default: the clock's.")] = "",
    due: Annotated[
        bool, typer.Option("--due", help="Only what is due: dispatch, receipts, closing, claims.")
    ] = False,
    plan_file: Annotated[
        Path | None, typer.Option("--round", help="With --due: plan of a round in the store.")
    ] = None,
    locale: Annotated[str, typer.Option(help="zh_CN or en.")] = "en",
) -> None:
    """Print the year's dispatch: past, due, planned, and what is still to settle; with --due what is due today."""
    from datetime import date

    from workbench.cli.calendar import print_calendar, print_due

    day = parsed_day(today, "--today") if today else date.today()
    if due:
        print_due(plan_file, day, locale)
    else:
        print_calendar(year or day.year, day, locale)


@app.command()
def notice(
    year: Annotated[int, typer.Option(help="Year, planned in parameters/notices/<year>.yaml.")],
    locale: Annotated[list[str] | None, typer.Option(help="zh_CN or en; none: both.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default: outputs/<year>/notice.")] = None,
    preliminary: Annotated[
        bool, typer.Option("--preliminary", help="Not approved yet; watermarked.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why an issued notice is amended.")] = "",
) -> None:
    """Make the annual programme notice from the catalogue: HTML, PDF, JSON and CSV, without a database."""
    from datetime import datetime

    from workbench.cli.closing import print_reports
    from workbench.rounds.control_reports import make_reports
    from workbench.rounds.notices import NoticeRequest, notice_reports

    folder = out or Path("outputs") / str(year) / "notice"
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    request = NoticeRequest(year, locale or (), folder, now, preliminary, reason)
    wanted = notice_reports(request)
    if not wanted:
        print(f"The notice of {year} is made and unchanged: {folder}")
    if not print_reports(make_reports(wanted)):
        sys.exit(REPORTS_FAILED)


def _close(result: object, as_json: bool) -> None:
    """Say what was done and where it is; exit with 5 when a report failed."""
    from workbench.cli.closing import print_result
    from workbench.rounds.run import RunResult

    assert isinstance(result, RunResult)
    print_result(result, as_json)
    if not result.complete:
        sys.exit(REPORTS_FAILED)
