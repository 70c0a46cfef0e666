"""Results in: laboratories' files, the form they fill in, an organiser's own database."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from workbench.errors import DataError, WorkbenchError
from workbench.ingest import Layout, write_quarantine, write_template
from workbench.parameters import RoundPlan, catalogue, load_round
from workbench.rounds.intake import Arrival, Intake, expectations, intake_json, intake_lines, take_in
from workbench.rounds.planning import database_url
from workbench.rounds.year_terms import year_terms
from workbench.store import open_store, round_inputs


@dataclass(frozen=True)
class IngestRequest:
    """What `workbench ingest` was asked for; see its options."""

    files: tuple[Path, ...]
    plan_file: Path
    programme_no: str
    constants: tuple[str, ...]
    rejected: Path | None


def ingest_files(request: IngestRequest, as_json: bool) -> int:
    """Take in every file; a file that cannot be read does not stop the others.

    Returns
    -------
    Exit code: 0 when every row of every file was loaded, 3 when something was kept out.
    """
    plan = load_round(request.plan_file)
    store = open_store(database_url(plan))
    constants = _constants(request.constants)
    received_at = _moment(constants.pop("received", ""), plan)
    arrival = Arrival(received_at, plan.opening(request.programme_no))
    layout = Layout(constants=constants)
    intakes: list[Intake] = []
    unread: list[WorkbenchError] = []
    for path in request.files:
        try:
            intakes.append(take_in(store, plan.round, request.programme_no, path, arrival, layout))
        except WorkbenchError as error:
            unread.append(error)
    print("\n".join([intake_json(i) for i in intakes] if as_json else intake_lines(intakes)))
    for failure in unread:
        print(f"workbench: {failure}", file=sys.stderr)
    kept_out = [intake for intake in intakes if not intake.report.quarantined.empty]
    if kept_out and request.rejected:
        _write_rejected(request.rejected, kept_out)
    return DataError.exit_code if kept_out or unread else 0


def _constants(pairs: tuple[str, ...]) -> dict[str, str]:
    """`column=value` pairs as a mapping; every malformed one is named."""
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise DataError(f"--constant takes column=value, not {', '.join(map(repr, wrong))}.")
    return dict(pair.split("=", 1) for pair in pairs)


def _moment(text: str, plan: RoundPlan) -> datetime:
    """Time of arrival in the round's own time zone."""
    zone = plan.closing_at.tzinfo
    if not text:
        return datetime.now(zone).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(
            f"--constant received={text!r} is no ISO time; write e.g. 2026-04-20T09:00."
        ) from error
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _write_rejected(path: Path, intakes: list[Intake]) -> None:
    """One workbook a file; the second and later ones get a number."""
    for number, intake in enumerate(intakes, start=1):
        target = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        write_quarantine(target, intake.report, "zh_CN")
        print(f"rejected rows of {intake.report.file}: {target}")


def write_form(plan_file: Path, programme_no: str, out: Path, locale: str) -> None:
    """Write the Excel form of a programme-round."""
    plan = load_round(plan_file)
    store = open_store(database_url(plan))
    inputs = round_inputs(store, plan.round, programme_no)
    terms = year_terms(store, plan.round, catalogue()[programme_no])
    dates = Arrival(plan.closing(programme_no), plan.opening(programme_no))
    write_template(out, expectations(catalogue()[programme_no], inputs, dates, terms), locale)
    print(out)


def import_from_site(site: str, source: str, plan_file: Path, programme_no: str) -> None:
    """Bring a programme-round in from an organiser's own database."""
    from workbench.store import import_source

    plan = load_round(plan_file)
    print(import_source(open_store(database_url(plan)), site, source, plan.round, programme_no))
