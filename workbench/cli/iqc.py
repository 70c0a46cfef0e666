"""`workbench iqc ...`: internal quality control compared between laboratories."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.cli.options import Json, Workers, takes
from workbench.errors import DataError, WorkbenchError

REPORTS_FAILED = 5
"""Exit code of a run in which some report failed; the others stand."""

app = typer.Typer(
    help="Internal quality control compared between laboratories.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Database = Annotated[str, typer.Argument(help="Database URL, for example sqlite:///eqa.sqlite.")]
RuleSetName = Annotated[str, typer.Option("--rules", help="Rule set of parameters/control_rules.")]
SchemeName = Annotated[str, typer.Option("--scheme", help="Scheme of parameters/iqc_schemes.")]


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)


@dataclass(frozen=True)
class RegisterRequest:
    """What `workbench iqc register` was asked for; one field an option."""

    database: Database
    laboratories: Annotated[Path | None, typer.Option(help="CSV: lab_code, region, hospital_level.")] = None
    systems: Annotated[Path | None, typer.Option(help="CSV: kind, code, name_zh, name_en.")] = None
    lots: Annotated[Path | None, typer.Option(help="CSV: qc_lot, material.")] = None
    series: Annotated[Path | None, typer.Option(help="CSV: who measures what with which system.")] = None
    targets: Annotated[Path | None, typer.Option(help="CSV: targets of lots.")] = None
    tags: Annotated[Path | None, typer.Option(help="CSV: lab_code, tag.")] = None


@app.command()
@takes(RegisterRequest)
def register(request: RegisterRequest) -> None:
    """Register laboratories, systems, lots and targets: they come before any value."""
    from workbench.rounds.control_intake import MASTER_FILES, register_master
    from workbench.store import upgrade

    given = {name: getattr(request, name) for name in MASTER_FILES}
    rows = register_master(upgrade(request.database), {name: path for name, path in given.items() if path})
    print(", ".join(f"{name} {n}" for name, n in rows.items()) or "nothing given")


@app.command()
def ingest(
    database: Database,
    files: Annotated[list[Path] | None, typer.Argument(help="CSV, Excel, HL7 or code files.")] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option(help="column=value for a column the file has not, e.g. lab_code=L0001."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Read the open questions again.")] = False,
    locale: Annotated[str, typer.Option(help="zh_CN or en.")] = "zh_CN",
    as_json: Json = False,
) -> None:
    """Take control values in; what names an unknown system or lot becomes a question."""
    from workbench.rounds.control_intake import retry_questions, take_control_file
    from workbench.store import open_store

    store, constants = open_store(database), _constants(constant or [])
    kept_out = 0
    for path in files or []:
        try:
            arrival = take_control_file(store, path, _now(), constants)
        except WorkbenchError as error:
            print(f"workbench: {error}", file=sys.stderr)
            kept_out += 1
            continue
        _say(arrival, locale, as_json)
        kept_out += arrival.run.rows_quarantined
    if again and (arrival_again := retry_questions(store, _now())) is not None:
        _say(arrival_again, locale, as_json)
        kept_out += arrival_again.run.rows_quarantined
    sys.exit(DataError.exit_code if kept_out else 0)


def _constants(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise DataError(f"--constant takes column=value, not {', '.join(map(repr, wrong))}.")
    return dict(pair.split("=", 1) for pair in pairs)


def _say(arrival: Any, locale: str, as_json: bool) -> None:
    run, intake = arrival.run, arrival.intake
    if as_json:
        print(json.dumps({"source": intake.source, **asdict(run)}, ensure_ascii=False))
        return
    again = " (read before)" if run.repeated else ""
    print(
        f"{intake.source}: read {run.rows_read} = loaded {run.rows_loaded} + known {run.rows_known} "
        f"+ quarantined {run.rows_quarantined}{again}"
    )
    for line in intake.messages(locale):
        print(f"  {line}")


@dataclass(frozen=True)
class DemoRequest:
    """What `workbench iqc demo` was asked for; one field an option."""

    database: Database
    laboratories: Annotated[int, typer.Option(help="Laboratories to simulate.", min=6)] = 40
    days: Annotated[int, typer.Option(help="Days from 1 January 2026.", min=30)] = 120
    analytes: Annotated[int, typer.Option(help="Quantities, each at two levels.", min=1)] = 6
    files: Annotated[
        Path | None,
        typer.Option(help="Write the year as CSV files into this folder instead, for register and ingest."),
    ] = None
    mistake_every: Annotated[
        int, typer.Option(help="With --files: one row in so many twice, one unreadable; 0: none.", min=0)
    ] = 0


@app.command()
@takes(DemoRequest)
def demo(request: DemoRequest) -> None:
    """Fill a store with simulated controls with planted faults, or write them as files; safe to repeat."""
    from workbench.rounds.control_demonstration import SIZE, fill_control_demonstration, simulated_year
    from workbench.rounds.control_year_files import commands, write_year_files, year_analytes
    from workbench.store import upgrade

    n = request.laboratories
    size = replace(SIZE, laboratories=n, days=request.days, instruments=max(1, n // 10))
    analytes = year_analytes(request.analytes)
    if request.files is None:
        year = fill_control_demonstration(upgrade(request.database), size, analytes)
        print(f"{len(year.table)} control points, {len(year.truth)} planted faults")
        return
    year = simulated_year(size, analytes)
    files = write_year_files(year, request.files, request.mistake_every)
    print(
        f"{len(files.points)} files, {files.rows} rows = {len(year.table)} control points + {files.copies} copies, "
        f"{files.spoilt} of them unreadable; {len(year.truth)} planted faults"
    )
    month = files.points[-1].stem[:7]
    print("\n".join(commands(request.database, files, month)))


@dataclass(frozen=True)
class WatchRequest:
    """What `workbench iqc watch` was asked for; one field an option."""

    database: Database
    folder: Annotated[Path | None, typer.Option(help="Folder whose files are taken in as they come.")] = None
    feed: Annotated[Path | None, typer.Option(help="JSON-lines file of alerts.")] = None
    rules: RuleSetName = "twelve"
    scheme: SchemeName = "default"
    interval: Annotated[float, typer.Option(help="Seconds between looks.", min=0.1)] = 5.0
    once: Annotated[bool, typer.Option("--once", help="Judge what there is and stop.")] = False


@app.command()
@takes(WatchRequest)
def watch(request: WatchRequest) -> None:
    """Judge new points as they arrive in the store or a folder; safe to stop and start at any moment."""
    from workbench.rounds.control_intake import take_folder
    from workbench.rounds.control_watch import ControlWatch
    from workbench.store import upgrade

    store = upgrade(request.database)
    watcher = ControlWatch(store, _rule_set(request.rules), _scheme(request.scheme), request.feed)
    for source in watcher.idle_limits():
        print(f"workbench: the limit of {source} holds for nobody: it is not in the store.", file=sys.stderr)
    with store.kept_open():
        while True:
            for arrival in take_folder(store, request.folder, _now()) if request.folder else []:
                if isinstance(arrival, WorkbenchError):
                    print(f"workbench: {arrival}", file=sys.stderr)
                elif not arrival.run.repeated:
                    _say(arrival, "zh_CN", False)
            judged = watcher.run()
            if judged:
                print(f"judged {judged}", flush=True)
            if request.once:
                return
            time.sleep(request.interval)


@app.command()
def evaluate(
    database: Database,
    month: Annotated[str, typer.Option(help="Year and month, for example 2026-04; empty: all.")] = "",
    out: Annotated[Path, typer.Option(help="Folder for comparison.csv and hits.csv.")] = Path("outputs/iqc"),
    rules: RuleSetName = "twelve",
    scheme: SchemeName = "default",
) -> None:
    """Compare every laboratory with its group and judge every point; write both as tables."""
    from workbench.iqc.laboratory_cells import month_number
    from workbench.reports.iqc_evaluation import evaluate_controls
    from workbench.store import open_store

    months = [month_number(month)] if month else []
    made = evaluate_controls(open_store(database), months, _rule_set(rules), _scheme(scheme))
    hits = made.hits_table(months)
    folder = out / (month or "all")
    folder.mkdir(parents=True, exist_ok=True)
    made.rows.to_csv(folder / "comparison.csv", index=False)
    hits.to_csv(folder / "hits.csv", index=False)
    grades = made.rows["grade"].value_counts().to_dict()
    print(f"{folder}: {len(made.rows)} rows, grades {grades}, {len(hits)} hits of {len(made.table)} points")


@dataclass(frozen=True)
class ReportRequest:
    """What `workbench iqc report` was asked for; one field an option."""

    database: Database
    month: Annotated[
        str, typer.Option(help="Year and month, for example 2026-04; the last one of a quarter or year.")
    ]
    kind: Annotated[list[str], typer.Option(help="lab, group, quarter or year; repeatable.")] = (
        "lab",
        "group",
    )  # type: ignore[assignment]
    lab: Annotated[list[str], typer.Option(help="Participant code; repeatable; none: every one.")] = ()  # type: ignore[assignment]
    locale: Annotated[str, typer.Option(help="zh_CN or en.")] = "zh_CN"
    organiser: Annotated[str, typer.Option(help="Name printed on the reports.")] = "EQA"
    issued_at: Annotated[str, typer.Option(help="ISO 8601 with offset; empty: now.")] = ""
    rules: RuleSetName = "twelve"
    scheme: SchemeName = "default"
    out: Annotated[Path, typer.Option(help="Folder below which a folder of the month is made.")] = Path(
        "outputs/iqc"
    )
    workers: Workers = 0
    cards: Annotated[str, typer.Option(help="Address where share links start; empty: no share cards.")] = ""


@app.command()
@takes(ReportRequest)
def report(request: ReportRequest) -> None:
    """Make the reports of a month, quarter or year as HTML, PDF, JSON and CSV, and share cards if asked.

    A report that was made whole from the same controls stands; run it again after an interruption.
    """
    from workbench.rounds.control_plan import ControlPlan, make_cards, planned_reports
    from workbench.rounds.control_resume import make_missing

    issued = request.issued_at or datetime.now().astimezone().isoformat(timespec="seconds")
    names = ("database", "month", "locale", "organiser", "rules", "scheme")
    common = {name: getattr(request, name) for name in names}
    folder = request.out / request.month
    plan = ControlPlan(
        kinds=tuple(request.kind), laboratories=tuple(request.lab), issued_at=issued, folder=folder, **common
    )
    _rule_set(request.rules), _scheme(request.scheme)
    start, reports = time.perf_counter(), planned_reports(plan)
    prepared = time.perf_counter() - start
    done = make_missing(
        reports, request.database, request.workers or os.cpu_count() or 1, bool(request.issued_at)
    )
    files, made, failed = [], 0, 0
    for planned, own, trouble in done.fresh:
        files += own
        made += not trouble
        if trouble:
            failed += 1
            print(f"workbench: {planned.name}: {trouble}", file=sys.stderr)
    seconds = max(time.perf_counter() - start - prepared, 1e-9)
    files += done.standing_files
    if request.cards:
        files += make_cards(folder, request.cards, files, issued)
    print(f"{folder}: {len(files)} files, {failed} reports failed")
    print(
        f"{len(reports)} reports = {made} made + {len(done.standing)} stood already + {failed} failed; evaluated in "
        f"{prepared:.1f} s, made in {seconds:.1f} s, {60 * made / seconds:.0f} a minute"
    )
    sys.exit(REPORTS_FAILED if failed else 0)


@app.command()
def correlate(
    database: Database,
    by: Annotated[
        str,
        typer.Option(
            help="laboratories (of one analyte, level and lot), levels or analytes (of one laboratory)."
        ),
    ],
    analyte: Annotated[str, typer.Option(help="Analyte code; with laboratories and levels.")] = "",
    level: Annotated[str, typer.Option(help="Control level; with laboratories and analytes.")] = "1",
    lab: Annotated[str, typer.Option(help="Participant code; with levels and analytes.")] = "",
    out: Annotated[Path, typer.Option(help="CSV file of pairs.")] = Path("outputs/iqc/correlations.csv"),
) -> None:
    """Correlate daily z of laboratories, levels or analytes; writes every pair with n and interval."""
    from workbench.rounds.control_correlation import Wanted, correlated_pairs
    from workbench.store import open_store

    pairs = correlated_pairs(open_store(database), Wanted(by, analyte, level, lab))
    out.parent.mkdir(parents=True, exist_ok=True)
    pairs.to_csv(out, index=False)
    print(f"{out}: {len(pairs)} pairs")


@app.command(name="eqa-bias")
def eqa_bias(
    database: Database,
    round_code: Annotated[str, typer.Option("--round", help="Round, for example 2026-1.")],
    programme: Annotated[str, typer.Option(help="Programme number, for example 1.1.")],
    month: Annotated[str, typer.Option(help="Month of internal control, for example 2026-04.")],
    out: Annotated[Path, typer.Option(help="Folder for eqa_bias_pairs.csv and eqa_bias.csv.")] = Path(
        "outputs/iqc"
    ),
) -> None:
    """Hold the bias of a round of external assessment against that of internal control in a month."""
    from workbench.iqc.laboratory_cells import month_number
    from workbench.reports.iqc_evaluation import evaluate_controls
    from workbench.rounds.control_correlation import bias_table
    from workbench.store import open_store

    store = open_store(database)
    made = evaluate_controls(store, [month_number(month)], _rule_set("twelve"), _scheme("default"))
    pairs, agreement = bias_table(store, round_code, programme, made.rows)
    out.mkdir(parents=True, exist_ok=True)
    pairs.to_csv(out / "eqa_bias_pairs.csv", index=False)
    agreement.to_csv(out / "eqa_bias.csv", index=False)
    print(f"{out}: {len(pairs)} pairs of laboratory and analyte")


def _rule_set(name: str) -> Any:
    from workbench.parameters.control_rules import rule_sets

    return _known(rule_sets(), name, "rule set")


def _scheme(name: str) -> Any:
    from workbench.parameters.iqc_schemes import comparison_schemes

    return _known(comparison_schemes(), name, "scheme")


def _known(book: Any, name: str, what: str) -> Any:
    if name not in book:
        raise DataError(f"There is no {what} {name!r}; known: {', '.join(book)}.")
    return book[name]
