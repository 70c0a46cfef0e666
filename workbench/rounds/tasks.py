"""One report to make: which notebook, for whom, in which language, and where the files go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ALL = "ALL"
"""Subject of a report that concerns every participant."""

LABORATORY_KIND, PROGRAMME_KIND = "LR", "PR"
SUMMARY_KIND, LABORATORY_YEAR, PROGRAMME_YEAR = "LS", "LA", "PA"
PERIOD_KINDS = (SUMMARY_KIND, LABORATORY_YEAR, PROGRAMME_YEAR)
"""Reports over several programmes or rounds; they have no table of results, hence no CSV."""
NOTEBOOKS = {
    LABORATORY_KIND: "lab_round.ipynb",
    PROGRAMME_KIND: "programme_round.ipynb",
    SUMMARY_KIND: "lab_round_summary.ipynb",
    LABORATORY_YEAR: "lab_year.ipynb",
    PROGRAMME_YEAR: "programme_year.ipynb",
}
SUMMARY_FOLDER = "summary"
PRIMARY_LOCALE = "zh_CN"


@dataclass(frozen=True)
class ReportTask:
    """Everything a worker needs to make one report in one language.

    Parameters
    ----------
    kind, programme_no, subject, locale : which report.
    version, report_number, issued_at : as they will be printed.
    content_key : hash of what the report depends on.
    parameters : the notebook's parameters, typed JSON literals.
    folder : the programme-round's folder below `outputs`.
    outputs : root of all outputs.
    formats : of html, pdf, xlsx, json, csv.
    watch_file : words that must not appear (see `leaks`); own words of the subject are allowed.
    reason : why the report is made: new, changed, damaged or forced.
    attempt : set where a report may be under way twice, as after a worker of a cluster was given up that
        still lives; each attempt has a staging folder of its own.
    """

    kind: str
    programme_no: str
    subject: str
    locale: str
    version: int
    report_number: str
    issued_at: str
    content_key: str
    parameters: Mapping[str, Any]
    folder: Path
    outputs: Path
    formats: tuple[str, ...]
    watch_file: Path
    reason: str
    attempt: str = ""

    @property
    def name(self) -> str:
        """Short name for messages: kind, programme, subject, language."""
        return f"{self.kind} {self.programme_no} {self.subject} {self.locale}"

    @property
    def staging(self) -> Path:
        """Folder for the unfinished files; one a report and attempt, so that workers never meet."""
        attempt = f"~{self.attempt}" if self.attempt else ""
        return self.folder / ".staging" / f"{self.kind}.{self.subject}.{self.locale}{attempt}"

    def file_name(self, ending: str) -> str:
        """Final name of one format: the primary language has the plain name.

        The house layout gives `labs/<code>.<ext>` and `programme.<ext>`; another language puts its
        name before the ending, `labs/<code>.en.<ext>`.
        """
        language = "" if self.locale == PRIMARY_LOCALE else f".{self.locale}"
        stem = "programme" if self.subject == ALL else self.subject
        return f"{stem}{language}.{ending}"

    def final_path(self, ending: str) -> str:
        """Final path relative to the outputs folder."""
        folder = self.folder if self.subject == ALL else self.folder / "labs"
        return (folder / self.file_name(ending)).relative_to(self.outputs).as_posix()
