"""Which reports on internal quality control stand already: a batch that was interrupted goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.parameters import criteria
from workbench.parameters.control_rules import rule_sets
from workbench.parameters.iqc_schemes import comparison_schemes
from workbench.reports.sources import opened_store
from workbench.rounds.control_reports import FORMATS, ControlReport, make_reports
from workbench.rounds.records import write_atomically
from workbench.rounds.versions import program_version
from workbench.store.control_tables import control_state


@dataclass(frozen=True)
class ResumedBatch:
    """A batch of which some reports stand.

    Parameters
    ----------
    standing, standing_files : reports that stand, and their files. fresh : the others, made while it is read.
    """

    standing: tuple[ControlReport, ...]
    standing_files: tuple[Path, ...]
    fresh: Iterator[tuple[ControlReport, list[Path], str]]


def make_missing(
    reports: Sequence[ControlReport], database: str, workers: int, dated: bool = False
) -> ResumedBatch:
    """Make the reports that do not stand.

    Parameters
    ----------
    database : URL. workers : reports made at the same time. dated : the time of issue was asked for; one that is only
        the time of the run makes no report anew.
    """
    state = [control_state(opened_store(database)), program_version(), criteria().version]
    standing: list[ControlReport] = []
    missing: list[ControlReport] = []
    files: list[Path] = []
    for report in reports:
        own = standing_files(report, report_mark(report, state, dated))
        (standing if own else missing).append(report)
        files += own
    return ResumedBatch(tuple(standing), tuple(files), _made(missing, state, workers, dated))


def report_mark(report: ControlReport, state: Sequence[object], dated: bool) -> str:
    """A hash that changes whenever the report would read differently.

    Parameters
    ----------
    state : of the store, the program and the limits.
    """
    values = report.parameters
    set_and_scheme = (rule_sets()[values["rules"]], comparison_schemes()[values["scheme"]])
    kept = {k: v for k, v in values.items() if dated or k != "issued_at"}
    words = [
        report.notebook,
        kept,
        report.workbook,
        list(state),
        [m.model_dump_json() for m in set_and_scheme],
    ]
    return hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()


def standing_files(report: ControlReport, mark: str) -> list[Path]:
    """Files of a report that was made whole with this mark; empty when it has to be made."""
    made = mark_file(report)
    if not made.is_file() or made.read_text(encoding="utf-8") != mark:
        return []
    endings = (*FORMATS, "xlsx") if report.workbook else FORMATS
    files = [report.folder / f"{report.name}.{ending}" for ending in endings]
    return files if all(path.is_file() for path in files) else []


def _made(
    reports: Sequence[ControlReport], state: Sequence[object], workers: int, dated: bool
) -> Iterator[tuple[ControlReport, list[Path], str]]:
    """Make reports; the mark goes before a report's files are written and comes when they are whole."""
    for report in reports:
        mark_file(report).unlink(missing_ok=True)
    for report, files, trouble in make_reports(reports, workers):
        if files:
            write_atomically(mark_file(report), report_mark(report, state, dated).encode())
        yield report, files, trouble


def mark_file(report: ControlReport) -> Path:
    """Where the mark of a report lies: beside the folder of reports, which holds nothing but reports."""
    return report.folder.with_name(f".{report.folder.name}.made") / report.name
